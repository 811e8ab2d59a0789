//! Finding keys by a pattern, a stretch of the database at a time, so that the server goes on meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::{Pipeline, Value};
use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;

use super::session::Session;
use super::{failure, number, shown};
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};

const USUAL: u64 = 100;
/// The most keys that are asked for, and the most that the server looks at in one go.
const MOST: u64 = 1_000;
/// The most stretches of one call, and how long it goes on to the next one.
const STRETCHES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(5);

/// Which keys are wanted, and where the last search stopped.
pub(super) struct Search {
    pattern: String,
    kind: Option<String>,
    limit: usize,
    cursor: u64,
}

impl Search {
    pub(super) fn read(arguments: &Map<String, Json>) -> Result<Self> {
        let text = |name: &str| arguments.get(name).and_then(Json::as_str);
        let cursor = text("cursor").unwrap_or("0").parse().map_err(|_| {
            Error::new(Kind::Invalid, "That `cursor` is not one.")
                .hint("Send `next` of the answer before, or leave it out to begin.")
        })?;
        Ok(Self {
            pattern: text("pattern").unwrap_or("*").to_owned(),
            kind: text("type").map(str::to_owned),
            limit: number(arguments, "limit").unwrap_or(USUAL).clamp(1, MOST) as usize,
            cursor,
        })
    }

    pub(super) async fn run(self, session: &mut Session) -> Result<ToolOutput> {
        let started = Instant::now();
        let mut found = BTreeSet::new();
        let mut cursor = self.cursor;
        let mut count = self.limit as u64;
        for _ in 0..STRETCHES {
            let (next, keys) = self.stretch(session, cursor, count).await?;
            // Where little fits, more is looked at in one go.
            count = if keys.is_empty() {
                (count * 2).min(MOST)
            } else {
                count
            };
            found.extend(keys);
            cursor = next;
            if cursor == 0 || found.len() >= self.limit || started.elapsed() > PATIENCE {
                break;
            }
        }
        let keys = described(session, found).await?;
        let mut answer = json!({ "keys": keys, "complete": cursor == 0 });
        if cursor != 0 {
            answer["next"] = json!(cursor.to_string());
        }
        shown::output(&answer, Some(keys.len() as u64), cursor != 0)
    }

    async fn stretch(
        &self,
        session: &mut Session,
        cursor: u64,
        count: u64,
    ) -> Result<(u64, Vec<Vec<u8>>)> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&self.pattern);
        scan.arg("COUNT").arg(count);
        if let Some(kind) = &self.kind {
            scan.arg("TYPE").arg(kind);
        }
        let (next, keys) = page(session.ask(&scan).await?)?;
        let keys = keys.into_iter().map(|key| match key {
            Value::BulkString(key) => Ok(key),
            _ => Err(failure::odd_answer()),
        });
        Ok((next, keys.collect::<Result<_>>()?))
    }
}

/// An answer of `SCAN` and its kin: where the next one begins, 0 at the end, and what was found.
pub(super) fn page(answer: Value) -> Result<(u64, Vec<Value>)> {
    let Value::Array(parts) = answer else {
        return Err(failure::odd_answer());
    };
    let Ok([Value::BulkString(next), Value::Array(items)]) = <[Value; 2]>::try_from(parts) else {
        return Err(failure::odd_answer());
    };
    let next = str::from_utf8(&next)
        .ok()
        .and_then(|next| next.parse().ok());
    Ok((next.ok_or_else(failure::odd_answer)?, items))
}

/// The keys with their types and when they go away; keys that are gone by now are left out.
async fn described(session: &mut Session, keys: BTreeSet<Vec<u8>>) -> Result<Vec<Json>> {
    let mut about = Pipeline::new();
    for key in &keys {
        about.cmd("TYPE").arg(key).cmd("TTL").arg(key);
    }
    let answers = session.ask_all(&about).await?;
    let described = keys
        .iter()
        .zip(answers.chunks(2))
        .filter_map(|(key, about)| {
            let mut shown = json!({ "key": shown::bytes(key) });
            match about {
                [Value::SimpleString(kind), _] if kind == "none" => return None,
                // Who may not ask for it finds the key all the same.
                [Value::SimpleString(kind), _] => shown["type"] = json!(kind),
                _ => {}
            }
            if let [_, Value::Int(seconds @ 0..)] = about {
                shown["expires_in_seconds"] = json!(seconds);
            }
            Some(shown)
        });
    Ok(described.collect())
}
