//! The rules for addresses: whoever reads one sees where it leads, and what it leads to by default.

use url::Url;

use super::{Finding, Scope, finding};
use crate::cards::address::{self, Address, fits_in_host};
use crate::domain::card::Card;

impl Scope {
    /// Checks the address of a service, and what counts for its fields where they are left empty.
    pub(super) fn check_address(
        &self,
        card: &Card,
        pointer: String,
        text: &str,
        found: &mut Vec<Finding>,
    ) {
        if let Some(wrong) = self.check_text(pointer.clone(), text, &self.open) {
            found.push(wrong);
            return;
        }
        let is_in_it = |name: &String, address: &Address| match address {
            Address::Fixed(_) => false,
            Address::Within { fields, .. } => fields.contains(name),
            Address::Field(field) => field == name,
        };
        let address = match address::read(text) {
            Ok(address) => address,
            Err(reason) => {
                found.push(finding(pointer, reason));
                return;
            }
        };
        for (index, field) in card.fields.iter().enumerate() {
            let default = field.default.as_deref();
            let default = default.filter(|_| is_in_it(&field.name, &address));
            let wrong = default.and_then(|default| wrong_default(&address, default));
            found.extend(wrong.map(|reason| finding(format!("/fields/{index}/default"), reason)));
        }
    }
}

fn wrong_default(address: &Address, default: &str) -> Option<&'static str> {
    match address {
        Address::Fixed(_) => None,
        Address::Within { .. } => (!fits_in_host(default))
            .then_some("a default within the name of a server has letters, digits, `.` and `-`"),
        Address::Field(_) => (!is_address(default))
            .then_some("the default of an address looks like `https://api.example.com`"),
    }
}

/// Whether it is a whole address by itself, so that what comes behind it is its path. One with `http`
/// leads only where the operator allows that, as one that a person fills in.
fn is_address(default: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| default.strip_prefix(scheme));
    let named = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    named && !default.contains(['{', '?', '#', '@', '\\']) && default.parse::<Url>().is_ok()
}
