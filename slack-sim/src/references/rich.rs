//! Rich text, in which every reference is an element of its own and text is only text.

use serde_json::{Map, Value};

use super::Found;
use super::ReferenceKind::{Broadcast, Channel, Date, Group, Link, User};

impl Found {
    /// Reads a `rich_text` block or anything in it.
    pub(super) fn rich(&mut self, fields: &Map<String, Value>, at: &str) {
        let field = |name: &str| fields.get(name).and_then(Value::as_str);
        let named = |name: &str| field(name).unwrap_or_default();
        match named("type") {
            "user" => self.add(User, named("user_id"), None, at),
            "usergroup" => self.add(Group, named("usergroup_id"), None, at),
            "channel" => self.add(Channel, named("channel_id"), None, at),
            "broadcast" => self.add(Broadcast, named("range"), None, at),
            "link" => self.add(Link, named("url"), field("text"), at),
            "date" => {
                let time = fields.get("timestamp").map(Value::to_string);
                self.add(Date, &time.unwrap_or_default(), field("fallback"), at);
                if let Some(url) = field("url") {
                    self.add(Link, url, field("fallback"), at);
                }
            }
            _ => {
                let elements = fields.get("elements").and_then(Value::as_array);
                for (index, element) in elements.into_iter().flatten().enumerate() {
                    if let Some(inner) = element.as_object() {
                        self.rich(inner, &format!("{at}/elements/{index}"));
                    }
                }
            }
        }
    }
}
