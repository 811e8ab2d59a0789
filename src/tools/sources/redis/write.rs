//! Setting, expiring and deleting keys, each allowed by somebody who saw what is there now.

use redis::{Cmd, Value};
use serde_json::json;

use super::session::Session;
use super::{failure, read, shown};
use crate::domain::preview::{Preview, PreviewPart};
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::{counted, text};

/// The most keys that one call deletes: so many can be read before they are.
const MOST_KEYS: usize = 50;
/// Bytes that are shown of the text that a key holds now.
const SHOWN: u64 = 500;

/// One change.
pub(super) enum Change {
    /// A text under a key. Without `expire` the key keeps the expiry that it has.
    Set {
        key: String,
        value: String,
        expire: Option<u64>,
    },
    /// When a key goes away; without `seconds` it stays.
    Expire { key: String, seconds: Option<u64> },
    /// Some keys with all they hold.
    Delete { keys: Vec<String> },
}

impl Change {
    /// Without these keys, each named once.
    pub(super) fn delete(mut keys: Vec<String>) -> Result<Self> {
        keys.sort();
        keys.dedup();
        if !(1..=MOST_KEYS).contains(&keys.len()) {
            return Err(Error::new(
                Kind::Invalid,
                text!("One call deletes 1 to {most} keys.", most = MOST_KEYS),
            )
            .hint(text!("Name the keys, fewer at once.")));
        }
        Ok(Self::Delete { keys })
    }

    fn keys(&self) -> &[String] {
        match self {
            Self::Set { key, .. } | Self::Expire { key, .. } => std::slice::from_ref(key),
            Self::Delete { keys } => keys,
        }
    }

    /// What is there now and what becomes of it. How long a key still lives is left out: an approval
    /// holds for what was shown, and that number changes with every second.
    pub(super) async fn preview(self, session: &mut Session) -> Result<Preview> {
        let mut rows = Vec::new();
        let mut kind = None;
        let mut expires = false;
        for key in self.keys() {
            let Some(about) = read::about(session, key).await? else {
                continue;
            };
            let size = about
                .size
                .map_or_else(String::new, |size| match about.kind.as_str() {
                    "string" => format!("{size} B"),
                    _ => size.to_string(),
                });
            let lives = if about.expires.is_some() { "yes" } else { "no" };
            rows.push(vec![
                key.clone(),
                about.kind.clone(),
                size,
                lives.to_owned(),
            ]);
            (kind, expires) = (Some(about.kind), about.expires.is_some());
        }
        let mut parts = Vec::new();
        if !rows.is_empty() {
            parts.push(PreviewPart::Note(text!("This is there now:")));
            let columns = ["key", "type", "size", "expires"].map(str::to_owned);
            let columns = columns.to_vec();
            let missing = self.keys().len() - rows.len();
            parts.push(PreviewPart::Rows { columns, rows });
            if missing > 0 {
                parts.push(PreviewPart::Note(counted!(
                    missing,
                    "{count} key of these is not there.",
                    "{count} keys of these are not there."
                )));
            }
        }
        match (&self, &kind) {
            (Self::Set { .. }, None) => {
                parts.push(PreviewPart::Note(text!("There is no such key yet.")));
            }
            (Self::Set { key, expire, .. }, Some(kind)) => {
                if kind != "string" {
                    return Err(not_a_text());
                }
                let start = redis::cmd("GETRANGE").arg(key).arg(0).arg(SHOWN - 1).take();
                let start = shown::value(&session.ask(&start).await?);
                let start = start
                    .as_str()
                    .map_or_else(|| start.to_string(), str::to_owned);
                parts.push(PreviewPart::Note(text!("It begins so, and is replaced:")));
                parts.push(PreviewPart::Exact(start));
                if expires && expire.is_none() {
                    parts.push(PreviewPart::Note(text!(
                        "It still goes away when it would have."
                    )));
                }
            }
            (Self::Expire { .. } | Self::Delete { .. }, None) => return Err(no_such_key()),
            (Self::Expire { seconds, .. }, Some(_)) => {
                parts.push(PreviewPart::Note(match seconds {
                    Some(seconds) => counted!(
                        *seconds,
                        "{count} second after your yes it is gone, with all it holds.",
                        "{count} seconds after your yes it is gone, with all it holds."
                    ),
                    None => text!("It no longer goes away by itself."),
                }));
            }
            (Self::Delete { .. }, Some(_)) => {
                parts.push(PreviewPart::Note(text!(
                    "They are deleted with all they hold, which cannot be undone."
                )));
            }
        }
        Ok(Preview { parts })
    }

    pub(super) async fn make(self, session: &mut Session) -> Result<ToolOutput> {
        match self {
            Self::Set { key, value, expire } => set(session, &key, &value, expire).await,
            Self::Expire { key, seconds } => {
                let change = match seconds {
                    Some(seconds) => redis::cmd("EXPIRE").arg(&key).arg(seconds).take(),
                    None => redis::cmd("PERSIST").arg(&key).take(),
                };
                match sent(session, &change).await? {
                    Value::Int(changed) => {
                        shown::output(&json!({ "key": key, "changed": changed == 1 }), None, false)
                    }
                    _ => Err(failure::odd_answer()),
                }
            }
            Self::Delete { keys } => {
                let change = redis::cmd("UNLINK").arg(&keys).take();
                match sent(session, &change).await? {
                    Value::Int(count) => {
                        let rows = u64::try_from(count).ok();
                        shown::output(&json!({ "deleted": count }), rows, false)
                    }
                    _ => Err(failure::odd_answer()),
                }
            }
        }
    }
}

/// Sets a text, unless the key came to hold something else meanwhile.
async fn set(
    session: &mut Session,
    key: &str,
    value: &str,
    expire: Option<u64>,
) -> Result<ToolOutput> {
    session.ask(redis::cmd("WATCH").arg(key)).await?;
    let about = read::about(session, key).await?;
    if about.is_some_and(|about| about.kind != "string") {
        return Err(not_a_text());
    }
    session.ask(&redis::cmd("MULTI")).await?;
    let mut set = redis::cmd("SET");
    set.arg(key).arg(value);
    match expire {
        Some(seconds) => set.arg("EX").arg(seconds),
        None => set.arg("KEEPTTL"),
    };
    session.ask(&set).await?;
    match sent(session, &redis::cmd("EXEC")).await? {
        Value::Nil => Err(Error::new(
            Kind::Conflict,
            text!("Somebody else changed the key at the same moment, so it was left as it is."),
        )
        .hint(text!("Try again in a moment."))),
        Value::Array(done) if matches!(done[..], [Value::Okay]) => {
            shown::output(&json!({ "key": key, "set": true }), None, false)
        }
        _ => Err(failure::odd_answer()),
    }
}

/// Sends what changes something: when nothing comes back it may have been done.
async fn sent(session: &mut Session, change: &Cmd) -> Result<Value> {
    let answer = session.ask(change).await;
    answer.map_err(|error| match error.kind() {
        Kind::Upstream => failure::may_have_been_done().source(error),
        _ => error,
    })
}

fn not_a_text() -> Error {
    Error::new(
        Kind::Conflict,
        text!("The key holds something else than a text."),
    )
    .hint(text!("Choose another key, or delete this one first."))
}

fn no_such_key() -> Error {
    Error::new(Kind::NotFound, text!("There is no such key."))
        .hint(text!("Find keys by a pattern first."))
}
