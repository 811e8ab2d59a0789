//! What tells whether two pieces of JSON are the same.

use serde_json::Value;

/// SHA-256 in hex. Members are sorted first, since a database may give them back reordered.
pub fn fingerprint(mut value: Value) -> String {
    value.sort_all_objects();
    let text = value.to_string();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
