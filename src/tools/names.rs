//! The names that models know tools by.

use crate::domain::connection::ConnectionName;
use crate::domain::fingerprint::fingerprint;

/// What stands between a connection's name and a tool's in the name a model sees.
const SEPARATOR: &str = "__";
/// The longest name that all model providers take.
const LONGEST_NAME: usize = 64;

/// The name a model sees: `connection__tool`. What model providers do not take in a name is
/// replaced, and a fingerprint keeps apart what would then be the same.
pub fn full_name(connection: &ConnectionName, tool: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = format!("{connection}{SEPARATOR}{tool}");
    if name.len() <= LONGEST_NAME && name.chars().all(fits) {
        return name;
    }
    let mark = &fingerprint(tool.into())[..8];
    let plain = name.chars().map(|c| if fits(c) { c } else { '_' });
    let plain: String = plain.take(LONGEST_NAME - 1 - mark.len()).collect();
    format!("{plain}_{mark}")
}

/// The connection and the tool in such a name.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_models_see_fit_and_stay_apart() {
        let connection: ConnectionName = "a-connection-of-thirty-letters".parse().unwrap();
        let name = |tool: &str| full_name(&connection, tool);
        assert_eq!(
            name("get_order"),
            "a-connection-of-thirty-letters__get_order"
        );
        let odd = [
            "get.order",
            "get/order",
            "Grüße",
            &"x".repeat(33),
            &"x".repeat(128),
        ];
        let names: BTreeSet<String> = odd.into_iter().map(name).collect();
        assert_eq!(names.len(), 5);
        for name in names {
            assert!(name.len() <= LONGEST_NAME, "{name}");
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            assert!(name.chars().all(fits), "{name}");
            assert_eq!(split_name(&name).unwrap().0, connection.as_str());
        }
    }
}
