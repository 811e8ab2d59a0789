//! What a server says of itself, the part that people ask for.

use redis::Value;
use serde_json::{Map, Value as Json, json};

use super::session::Session;
use super::{failure, shown};
use crate::domain::tool::ToolOutput;
use crate::error::Result;

/// Its own name for each, in the order in which they are shown.
const SHOWN: [&str; 19] = [
    "redis_version",
    "valkey_version",
    "redis_mode",
    "role",
    "uptime_in_seconds",
    "connected_clients",
    "blocked_clients",
    "used_memory_human",
    "used_memory_peak_human",
    "maxmemory_human",
    "maxmemory_policy",
    "mem_fragmentation_ratio",
    "rdb_last_bgsave_status",
    "aof_enabled",
    "instantaneous_ops_per_sec",
    "keyspace_hits",
    "keyspace_misses",
    "expired_keys",
    "evicted_keys",
];

pub(super) async fn read(session: &mut Session) -> Result<ToolOutput> {
    let said = match session.ask(&redis::cmd("INFO")).await? {
        Value::BulkString(said) => String::from_utf8_lossy(&said).into_owned(),
        Value::VerbatimString { text, .. } => text,
        _ => return Err(failure::odd_answer()),
    };
    shown::output(&picked(&said), None, false)
}

/// `name:value` on each line, and for each database `db0:keys=3,expires=1,avg_ttl=0`.
fn picked(said: &str) -> Json {
    let lines = || said.lines().filter_map(|line| line.split_once(':'));
    let mut answer = Map::new();
    for name in SHOWN {
        let value = lines().find(|(known, _)| *known == name);
        answer.extend(value.map(|(_, value)| (name.to_owned(), json!(value))));
    }
    let is_database = |name: &str| {
        let number = name.strip_prefix("db");
        number.is_some_and(|number| number.parse::<u16>().is_ok())
    };
    let databases = lines().filter(|(name, _)| is_database(name));
    let databases = databases.map(|(name, value)| {
        let counts = value.split(',').filter_map(|part| part.split_once('='));
        let counts = counts.map(|(what, count)| (what.to_owned(), json!(count)));
        (name.to_owned(), Json::Object(counts.collect()))
    });
    answer.insert("databases".to_owned(), Json::Object(databases.collect()));
    Json::Object(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_ask_for_is_picked() {
        let said = "# Server\r\nredis_version:7.0.15\r\nconfig_file:/etc/x\r\nrole:master\r\n\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=0\r\n";
        let expected = json!({
            "redis_version": "7.0.15",
            "role": "master",
            "databases": { "db0": { "keys": "3", "expires": "1", "avg_ttl": "0" } },
        });
        assert_eq!(picked(said), expected);
    }
}
