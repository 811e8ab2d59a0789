//! Values without measure, and servers that mean harm: each costs its own call, and little memory.

use std::time::Duration;

use patchbay::tools::ToolSource as _;
use patchbay::tools::sources::redis::Limits;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::Db;
use crate::fakes::redis::Redis;

#[tokio::test]
async fn a_value_of_100_megabytes_is_shown_a_page_at_a_time() {
    let database = Redis::shared().database().await;
    database.run("SETRANGE huge 104857599 x").await;
    let db = Db::new(&database.reader());
    let before = resident();
    let page = db.key("huge").await;
    assert_eq!(
        (&page["bytes"], &page["next"]),
        (&json!(104_857_600), &json!("16384"))
    );
    let whole = json!({ "command": "GET", "arguments": ["huge"] });
    insta::assert_snapshot!(db.fails("run_command", whole).await, @"The answer is larger than I read at once, so I stopped. Ask for less: a smaller `limit`, or a part such as `GETRANGE key 0 999`.");
    let preview = db
        .preview("delete_keys", json!({ "keys": ["huge"] }))
        .await
        .unwrap();
    assert!(preview.contains("104857600 B"), "{preview}");
    let preview = Db::new(&database.owner());
    let preview = preview
        .preview("set_value", json!({ "key": "huge", "value": "x" }))
        .await
        .unwrap();
    assert!(preview.len() < 4_000, "{}", preview.len());
    assert!(
        resident().saturating_sub(before) < 32_000,
        "{before} -> {}",
        resident()
    );
    database.run("DEL huge").await;
}

/// A server that lets anybody in and answers everything else with `harm`, again and again when asked to.
async fn server(harm: &'static [u8], endless: bool) -> (Db, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (closed, closes) = mpsc::unbounded_channel();
    background(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let closed = closed.clone();
            background(async move {
                serve(socket, harm, endless).await.ok();
                closed.send(()).ok();
            });
        }
    });
    let mut db = Db::new(&format!("redis://127.0.0.1:{port}/0"));
    db.source = db.source.with_limits(Limits {
        time: Duration::from_millis(500),
        ..Limits::default()
    });
    (db, closes)
}

async fn serve(mut socket: TcpStream, harm: &[u8], endless: bool) -> std::io::Result<()> {
    let mut asked = vec![0; 4096];
    while socket.read(&mut asked).await? > 0 {
        loop {
            socket.write_all(harm).await?;
            if !endless {
                break;
            }
        }
    }
    Ok(())
}

fn background(work: impl Future<Output = ()> + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
    tokio::spawn(work);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_wrong_harms_its_own_call() {
    let deep: &[u8] = b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n";
    let before = resident();
    for (harm, endless) in [
        (
            &b"$1000000000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"[..],
            true,
        ),
        (b"*1000000000\r\n$-1\r\n$-1\r\n", true),
        (b"*9223372036854775807\r\n", true),
        (b"%9223372036854775807\r\n", true),
        (b"|9223372036854775807\r\n", true),
        (b"~-9223372036854775808\r\n", true),
        (b"=-1\r\n", true),
        (b"$-5\r\n", false),
        (b"$99999999999999999999999\r\n", false),
        (deep, true),
        (b"xxxxxxxxxxxxxxxxxxxxxxx", true),
        (b">3\r\n+message\r\n+a\r\n+b\r\n", true),
        (b">1\r\n:5\r\n", false),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", false),
        (b"+\xff\xfe\r\n", false),
        (b":5\r\n", false),
        (b"*2\r\n:0\r\n:0\r\n", false),
        (b"*2\r\n$1\r\n0\r\n:0\r\n", false),
        (b"*0\r\n", false),
        (b"%1\r\n+a\r\n,nan\r\n", false),
        (b"-LOADING \x07 <!channel> of `me`\r\n", false),
        (b"-ERR \r\n", false),
        (b"-\r\n", false),
        (b"!5\r\nabcde\r\n", false),
        (b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", false),
    ] {
        let (db, _closes) = server(harm, endless).await;
        let name = String::from_utf8_lossy(harm).into_owned();
        for (tool, arguments) in [
            ("find_keys", json!({})),
            ("read_key", json!({ "key": "a" })),
            ("server_info", json!({})),
            ("set_value", json!({ "key": "a", "value": "b" })),
            ("delete_keys", json!({ "keys": ["a"] })),
        ] {
            let call = tokio::time::timeout(Duration::from_secs(30), db.call(tool, arguments));
            let outcome = call
                .await
                .unwrap_or_else(|_| panic!("{tool} hangs: {name:?}"));
            let known = ["server_info", "delete_keys", "set_value"].contains(&tool);
            assert!(outcome.is_err() || known, "{tool}: {name:?}: {outcome:?}");
        }
        // What is asked for in the model's own words may come in any form.
        let any = json!({ "command": "GET", "arguments": ["a"] });
        let call = tokio::time::timeout(Duration::from_secs(30), db.call("run_command", any));
        call.await
            .unwrap_or_else(|_| panic!("a command hangs: {name:?}"))
            .ok();
        let check = tokio::time::timeout(Duration::from_secs(30), db.source.check(&db.target));
        check
            .await
            .unwrap_or_else(|_| panic!("a check hangs: {name:?}"))
            .ok();
    }
    assert!(
        resident().saturating_sub(before) < 100_000,
        "{before} -> {}",
        resident()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_up_and_the_connection_is_closed() {
    // Half an answer, and then nothing.
    let (mut db, mut closes) = server(b"$10\r\nabc", false).await;
    db.source = db.source.with_limits(Limits {
        time: Duration::from_millis(200),
        ..Limits::default()
    });
    insta::assert_snapshot!(db.fails("server_info", json!({})).await, @"The command took too long, so I closed the connection. Ask for less at once, such as fewer keys.");
    closes.recv().await.expect("the server sees it close");
    let change = json!({ "keys": ["a"] });
    insta::assert_snapshot!(db.fails("delete_keys", change).await, @"The database did not answer in time; it may have been done all the same. Look whether it was done before you try it again.");
    closes.recv().await.expect("the server sees it close");
    let one = db.source.clone().with_limits(Limits {
        time: Duration::from_secs(60),
        ..Limits::default()
    });
    let (tool, arguments) = (db.tool("server_info"), serde_json::Map::new());
    let dropped = tokio::time::timeout(
        Duration::from_millis(200),
        one.call(&db.target, &tool, &arguments),
    );
    dropped.await.unwrap_err();
    closes.recv().await.expect("the server sees it close");
}

/// Kilobytes of memory that this process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    number.unwrap_or(0)
}
