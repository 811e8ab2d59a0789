//! What a key holds, whatever its type, a page at a time.

use redis::{Cmd, Pipeline, Value};
use serde_json::{Map, Value as Json, json};

use super::session::Session;
use super::{failure, keys, number, shown, text};
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};

const USUAL: u64 = 100;
const MOST: u64 = 1_000;
/// Bytes of a text that are one page.
const TEXT_PAGE: u64 = 16 * 1024;

/// A page of a key.
pub(super) struct Page {
    key: String,
    limit: u64,
    /// What the page before said comes next: where that is depends on the type.
    from: Option<String>,
}

/// What is known of a key.
pub(super) struct About {
    /// Its type, as the server calls it: `string`, `hash`, …
    pub(super) kind: String,
    /// When it goes away by itself, in seconds.
    pub(super) expires: Option<i64>,
    /// Bytes of a text, members of anything else; none where nobody can say.
    pub(super) size: Option<i64>,
}

impl Page {
    pub(super) fn read(arguments: &Map<String, Json>) -> Result<Self> {
        let from = arguments.get("from").and_then(Json::as_str);
        Ok(Self {
            key: text(arguments, "key")?.to_owned(),
            limit: number(arguments, "limit").unwrap_or(USUAL).clamp(1, MOST),
            from: from.map(str::to_owned),
        })
    }

    pub(super) async fn run(self, session: &mut Session) -> Result<ToolOutput> {
        let about = about(session, &self.key).await?.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("There is no key `{}`.", self.key))
                .hint("Find keys by a pattern first.")
        })?;
        let (value, next) = match about.kind.as_str() {
            "string" => self.string(session).await?,
            "list" => self.list(session).await?,
            "hash" => self.hash(session).await?,
            "set" => self.set(session).await?,
            "zset" => self.sorted_set(session).await?,
            "stream" => self.stream(session).await?,
            _ => (json!("(a type that I cannot show)"), None),
        };
        let rows = value.as_array().map(Vec::len);
        let rows = rows.or_else(|| value.as_object().map(Map::len));
        let mut answer = json!({ "key": self.key, "type": about.kind, "value": value });
        if let Some(size) = about.size {
            answer[if about.kind == "string" {
                "bytes"
            } else {
                "members"
            }] = json!(size);
        }
        if let Some(seconds) = about.expires {
            answer["expires_in_seconds"] = json!(seconds);
        }
        if let Some(next) = &next {
            answer["next"] = json!(next);
        }
        shown::output(&answer, rows.map(|rows| rows as u64), next.is_some())
    }

    async fn string(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        let from: u64 = self.place()?;
        let part = self.command("GETRANGE", |part| {
            part.arg(from).arg(from.saturating_add(TEXT_PAGE - 1));
        });
        let Value::BulkString(mut part) = session.ask(&part).await? else {
            return Err(failure::odd_answer());
        };
        let whole = (part.len() as u64) < TEXT_PAGE;
        if let Err(error) = str::from_utf8(&part)
            && error.error_len().is_none()
            && error.valid_up_to() > 0
            && !whole
        {
            // The page ends in the middle of a letter, which is left to the next one.
            part.truncate(error.valid_up_to());
        }
        let next = from.saturating_add(part.len() as u64);
        Ok((shown::bytes(&part), (!whole).then(|| next.to_string())))
    }

    async fn list(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        let from: u64 = self.place()?;
        // One more than is shown says whether there are more.
        let range = self.command("LRANGE", |range| {
            range.arg(from).arg(from.saturating_add(self.limit));
        });
        let mut items = list(session.ask(&range).await?)?;
        let next = self.rest(&mut items, 1, from);
        Ok((items.iter().map(shown::value).collect(), next))
    }

    async fn sorted_set(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        let from: u64 = self.place()?;
        let range = self.command("ZRANGE", |range| {
            range.arg(from).arg(from.saturating_add(self.limit));
            range.arg("WITHSCORES");
        });
        let mut items = list(session.ask(&range).await?)?;
        let next = self.rest(&mut items, 2, from);
        let members = pairs(&items).map(|(member, score)| {
            let score = shown::value(score);
            let number = score.as_str().and_then(|score| score.parse::<f64>().ok());
            let score = number
                .filter(|number| number.is_finite())
                .map_or(score, Json::from);
            json!({ "member": shown::value(member), "score": score })
        });
        Ok((members.collect(), next))
    }

    async fn hash(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        let (items, next) = self.scan(session, "HSCAN").await?;
        Ok((shown::object(pairs(&items)), next))
    }

    async fn set(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        let (items, next) = self.scan(session, "SSCAN").await?;
        Ok((items.iter().map(shown::value).collect(), next))
    }

    async fn stream(&self, session: &mut Session) -> Result<(Json, Option<String>)> {
        // The newest first, from before the last one of the page before.
        let from = self
            .from
            .as_ref()
            .map_or("+".to_owned(), |last| format!("({last}"));
        let range = self.command("XREVRANGE", |range| {
            range.arg(&from).arg("-").arg("COUNT").arg(self.limit);
        });
        let entries = list(session.ask(&range).await?)?;
        let mut shown = Vec::new();
        for entry in &entries {
            let Value::Array(parts) = entry else {
                return Err(failure::odd_answer());
            };
            let [Value::BulkString(id), Value::Array(fields)] = &parts[..] else {
                return Err(failure::odd_answer());
            };
            shown.push(json!({ "id": shown::bytes(id), "fields": shown::object(pairs(fields)) }));
        }
        let last = shown.last().and_then(|entry| entry["id"].as_str());
        let next = last
            .filter(|_| shown.len() as u64 == self.limit)
            .map(str::to_owned);
        Ok((Json::Array(shown), next))
    }

    async fn scan(
        &self,
        session: &mut Session,
        name: &str,
    ) -> Result<(Vec<Value>, Option<String>)> {
        let from: u64 = self.place()?;
        let scan = self.command(name, |scan| {
            scan.arg(from).arg("COUNT").arg(self.limit);
        });
        let (next, items) = keys::page(session.ask(&scan).await?)?;
        Ok((items, (next != 0).then(|| next.to_string())))
    }

    fn command(&self, name: &str, rest: impl FnOnce(&mut Cmd)) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(&self.key);
        rest(&mut command);
        command
    }

    /// Where the page begins, by number.
    fn place(&self) -> Result<u64> {
        let from = self.from.as_deref().unwrap_or("0");
        from.parse().map_err(|_| {
            Error::new(Kind::Invalid, "That `from` is not one of this key.")
                .hint("Send `next` of the answer before, or leave it out to begin.")
        })
    }

    /// Takes off what is there beyond the page, of members that are so many `items` each.
    fn rest(&self, items: &mut Vec<Value>, each: usize, from: u64) -> Option<String> {
        let most = self.limit as usize * each;
        let more = items.len() > most;
        items.truncate(most);
        more.then(|| from.saturating_add(self.limit).to_string())
    }
}

/// What is known of a key; `None` when there is none of that name.
pub(super) async fn about(session: &mut Session, key: &str) -> Result<Option<About>> {
    let mut first = Pipeline::new();
    first.cmd("TYPE").arg(key).cmd("TTL").arg(key);
    let answers = session.ask_all(&first).await?;
    let kind = match answers.first() {
        Some(Value::SimpleString(kind)) => kind.clone(),
        Some(Value::ServerError(refusal)) => return Err(failure::refused(refusal.clone().into())),
        _ => return Err(failure::odd_answer()),
    };
    let expires = match answers.get(1) {
        Some(Value::Int(seconds @ 0..)) => Some(*seconds),
        _ => None,
    };
    let length = match kind.as_str() {
        "none" => return Ok(None),
        "string" => "STRLEN",
        "list" => "LLEN",
        "hash" => "HLEN",
        "set" => "SCARD",
        "zset" => "ZCARD",
        "stream" => "XLEN",
        _ => {
            let size = None;
            return Ok(Some(About {
                kind,
                expires,
                size,
            }));
        }
    };
    let size = match session.ask(redis::cmd(length).arg(key)).await? {
        Value::Int(size) => Some(size),
        _ => return Err(failure::odd_answer()),
    };
    Ok(Some(About {
        kind,
        expires,
        size,
    }))
}

fn list(answer: Value) -> Result<Vec<Value>> {
    match answer {
        Value::Array(items) => Ok(items),
        _ => Err(failure::odd_answer()),
    }
}

fn pairs(items: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    items.as_chunks().0.iter().map(|[one, other]| (one, other))
}
