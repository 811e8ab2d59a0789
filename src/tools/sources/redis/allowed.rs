//! Which commands a model may send by itself: those that only read, as a list. What is not on it is
//! refused, whatever the server says of it.

use redis::Cmd;

use crate::error::{Error, Kind, Result};

/// The most that one scan looks at, and the most that is drawn at random: the server does nothing else
/// meanwhile.
const MOST_AT_ONCE: u64 = 10_000;

/// What else must hold of a command on the list.
enum Rule {
    /// Nothing: in every form it only reads.
    Any,
    /// Its first argument is one of these.
    First(&'static [&'static str]),
    /// It does not have that argument.
    Without(&'static str),
    /// It says at most [`MOST_AT_ONCE`] after `COUNT`.
    Scan,
    /// Its second argument, if there is one, is between 0 and [`MOST_AT_ONCE`]: below 0 it may be
    /// more than there are.
    Random,
}

use Rule::{Any, First, Random, Scan, Without};

/// Not here although they read: what blocks the connection or the whole server (`BLPOP`, `KEYS`, `WAIT`),
/// what runs programs, what shows how the server is run (`CONFIG GET`, `ACL LIST`), `PFCOUNT`, which
/// writes down what it counted, `SORT_RO`, which lays a sorted set out anew, `LCS`, whose memory is the
/// product of two lengths, and `TOUCH`.
const ALLOWED: [(&str, Rule); 77] = [
    ("ACL", First(&["WHOAMI"])),
    ("BITCOUNT", Any),
    ("BITFIELD_RO", Any),
    ("BITPOS", Any),
    ("DBSIZE", Any),
    ("ECHO", Any),
    ("EXISTS", Any),
    ("EXPIRETIME", Any),
    ("GEODIST", Any),
    ("GEOHASH", Any),
    ("GEOPOS", Any),
    ("GEORADIUSBYMEMBER_RO", Any),
    ("GEORADIUS_RO", Any),
    ("GEOSEARCH", Any),
    ("GET", Any),
    ("GETBIT", Any),
    ("GETRANGE", Any),
    ("HEXISTS", Any),
    ("HGET", Any),
    ("HGETALL", Any),
    ("HKEYS", Any),
    ("HLEN", Any),
    ("HMGET", Any),
    ("HPTTL", Any),
    ("HRANDFIELD", Random),
    ("HSCAN", Scan),
    ("HSTRLEN", Any),
    ("HTTL", Any),
    ("HVALS", Any),
    ("INFO", Any),
    ("LASTSAVE", Any),
    ("LINDEX", Any),
    ("LLEN", Any),
    ("LPOS", Any),
    ("LRANGE", Any),
    ("MEMORY", First(&["USAGE"])),
    ("MGET", Any),
    (
        "OBJECT",
        First(&["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"]),
    ),
    ("PEXPIRETIME", Any),
    ("PING", Any),
    ("PTTL", Any),
    ("RANDOMKEY", Any),
    ("SCAN", Scan),
    ("SCARD", Any),
    ("SDIFF", Any),
    ("SINTER", Any),
    ("SINTERCARD", Any),
    ("SISMEMBER", Any),
    ("SMEMBERS", Any),
    ("SMISMEMBER", Any),
    ("SRANDMEMBER", Random),
    ("SSCAN", Scan),
    ("STRLEN", Any),
    ("SUNION", Any),
    ("TIME", Any),
    ("TTL", Any),
    ("TYPE", Any),
    ("XINFO", First(&["CONSUMERS", "GROUPS", "STREAM"])),
    ("XLEN", Any),
    ("XPENDING", Any),
    ("XRANGE", Any),
    ("XREAD", Without("BLOCK")),
    ("XREVRANGE", Any),
    ("ZCARD", Any),
    ("ZCOUNT", Any),
    ("ZDIFF", Any),
    ("ZINTER", Any),
    ("ZINTERCARD", Any),
    ("ZLEXCOUNT", Any),
    ("ZMSCORE", Any),
    ("ZRANDMEMBER", Random),
    ("ZRANGE", Any),
    ("ZRANK", Any),
    ("ZREVRANK", Any),
    ("ZSCAN", Scan),
    ("ZSCORE", Any),
    ("ZUNION", Any),
];

/// A command on the list, with its arguments.
#[derive(Debug)]
pub(super) struct ReadOnlyCommand {
    name: &'static str,
    arguments: Vec<String>,
}

impl ReadOnlyCommand {
    /// `command` is a name, or a name with the first argument (`OBJECT ENCODING`).
    pub(super) fn parse(command: &str, arguments: Vec<String>) -> Result<Self> {
        let mut words = command.split_ascii_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_uppercase();
        let before: Vec<String> = words.map(str::to_owned).collect();
        if before.len() > 1 || before.iter().any(|word| !is_word(word)) {
            return Err(refused(
                "Only the name of the command goes into `command`.".to_owned(),
                "Send each of the rest as a text of its own in `arguments`.",
            ));
        }
        let Some((name, rule)) = ALLOWED.iter().find(|(allowed, _)| *allowed == name) else {
            return Err(not_allowed(&name));
        };
        let arguments: Vec<String> = before.into_iter().chain(arguments).collect();
        rule.check(name, &arguments)?;
        Ok(Self { name, arguments })
    }

    pub(super) fn into_command(self) -> Cmd {
        let mut command = redis::cmd(self.name);
        for argument in self.arguments {
            command.arg(argument);
        }
        command
    }
}

impl Rule {
    fn check(&self, name: &str, arguments: &[String]) -> Result<()> {
        match self {
            Any => Ok(()),
            First(words) => {
                let first = arguments.first().map_or("", String::as_str);
                if words.iter().any(|word| first.eq_ignore_ascii_case(word)) {
                    return Ok(());
                }
                let forms: Vec<_> = words
                    .iter()
                    .map(|word| format!("`{name} {word}`"))
                    .collect();
                Err(refused(
                    format!("Of `{name}` only some forms are let through."),
                    &format!("They are {}.", forms.join(", ")),
                ))
            }
            Without(word) => match arguments.iter().any(|a| a.eq_ignore_ascii_case(word)) {
                false => Ok(()),
                true => Err(refused(
                    format!("`{name}` with `{word}` is not let through: it waits."),
                    "Leave that out.",
                )),
            },
            Scan => {
                let counts = arguments.windows(2);
                let mut counts = counts.filter(|pair| pair[0].eq_ignore_ascii_case("COUNT"));
                match counts.all(|pair| is_few(&pair[1])) {
                    true => Ok(()),
                    false => Err(too_many(name)),
                }
            }
            Random => match arguments.get(1).is_none_or(|count| is_few(count)) {
                true => Ok(()),
                false => Err(too_many(name)),
            },
        }
    }
}

fn is_few(count: &str) -> bool {
    count.parse().is_ok_and(|count: u64| count <= MOST_AT_ONCE)
}

fn is_word(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphabetic())
}

fn too_many(name: &str) -> Error {
    refused(
        format!("`{name}` looks at {MOST_AT_ONCE} at once at most."),
        "Ask for a count between 0 and that.",
    )
}

fn not_allowed(name: &str) -> Error {
    let instead = match name {
        "KEYS" => "Use the tool that finds keys: it does not block the server.",
        "BITFIELD" => "Use `BITFIELD_RO`.",
        "GEORADIUS" | "GEORADIUSBYMEMBER" => "Use `GEOSEARCH`.",
        "ZRANGEBYSCORE" | "ZRANGEBYLEX" | "ZREVRANGE" | "ZREVRANGEBYSCORE" | "ZREVRANGEBYLEX" => {
            "Use `ZRANGE` with `BYSCORE`, `BYLEX` or `REV`."
        }
        "SET" | "EXPIRE" | "PERSIST" | "DEL" | "UNLINK" => {
            "Use the tools that set, expire and delete keys: they ask the person first."
        }
        _ => "Use a command that only reads, such as `GET`, `HGETALL`, `LRANGE` or `ZRANGE`.",
    };
    let name: String = name
        .chars()
        .filter(|c| is_word(&c.to_string()) || *c == '_')
        .take(30)
        .collect();
    refused(
        format!("`{name}` is not among the commands that only read."),
        instead,
    )
}

fn refused(message: String, hint: &str) -> Error {
    Error::new(Kind::Denied("read_only_command"), message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<ReadOnlyCommand> {
        let (command, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let arguments = arguments.split_whitespace().map(str::to_owned);
        ReadOnlyCommand::parse(command, arguments.collect())
    }

    #[test]
    fn the_list_is_in_order_and_names_no_command_twice() {
        assert!(ALLOWED.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn what_reads_is_let_through_and_nothing_else() {
        for line in [
            "get a",
            "GeT a",
            "OBJECT encoding a",
            "XREAD COUNT 2 STREAMS s 0",
            "SCAN 0 COUNT 10000",
            "SRANDMEMBER s",
            "SRANDMEMBER s 3",
            "HSCAN h 0 MATCH a* COUNT 5",
            "MEMORY USAGE a",
            "BITFIELD_RO b GET u8 0",
        ] {
            assert!(parsed(line).is_ok(), "{line}");
        }
        for line in [
            "",
            "SET a 1",
            "GETSET a 1",
            "GETDEL a",
            "GETEX a EX 5",
            "SORT l STORE x",
            "SORT l",
            "SORT_RO l",
            "GEORADIUS g 0 0 1 km STORE x",
            "BITFIELD b SET u8 0 1",
            "OBJECT HELP",
            "OBJECT",
            "DEBUG SLEEP 5",
            "CONFIG GET *",
            "CONFIG SET a b",
            "SCRIPT LOAD x",
            "EVAL x 0",
            "EVAL_RO x 0",
            "FCALL_RO f 0",
            "SUBSCRIBE c",
            "MONITOR",
            "BLPOP l 0",
            "BRPOP l 0",
            "XREAD BLOCK 0 STREAMS s $",
            "xread block 0 streams s $",
            "XREADGROUP GROUP g c STREAMS s >",
            "WAIT 1 0",
            "CLIENT KILL ID 1",
            "AUTH x",
            "SELECT 1",
            "HELLO 3",
            "QUIT",
            "RESET",
            "MULTI",
            "KEYS *",
            "SCAN 0 COUNT 10001",
            "SCAN 0 COUNT -1",
            "SRANDMEMBER s -1000000",
            "SHUTDOWN",
            "HRANDFIELD h 99999999",
            "PFCOUNT p",
            "MEMORY PURGE",
            "ACL LIST",
            "XINFO HELP",
            "LCS a b",
            "ZRANGESTORE a b 0 1",
            "SINTERSTORE a b",
            "COPY a b",
            "TOUCH a",
            "SLOWLOG GET",
            "PING\n x",
            "GET\u{0}",
            "FLUSHALL",
            "INFO\u{a0}x",
        ] {
            assert!(
                parsed(line).is_err() || line.starts_with("PING\n"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_command_is_not_taken_apart_into_words() {
        let error = ReadOnlyCommand::parse("GET \"a b\"", Vec::new()).unwrap_err();
        assert!(error.sentence().contains("`arguments`"), "{error}");
        assert!(ReadOnlyCommand::parse("OBJECT ENCODING", vec!["a".to_owned()]).is_ok());
    }
}
