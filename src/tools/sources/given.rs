//! What a source is given, and what it says where that is not what it needs.

use anyhow::anyhow;
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::text;
use crate::tools::Target;

/// An argument that is a text.
pub(super) fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    arguments.get(name).and_then(Value::as_str).ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            text!("The argument `{name}` is missing.", name),
        )
        .hint(text!("Send `{name}` as text.", name))
    })
}

/// A card or a tool came to the source of another `kind` of service, which is a fault of ours.
pub(super) fn misplaced(target: &Target, kind: &str) -> Error {
    Error::internal(anyhow!(
        "the card `{}` was given to the {kind} source with something that is not {kind}",
        target.card.name
    ))
}
