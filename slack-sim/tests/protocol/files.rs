//! Files: uploaded in three steps, shared, read with the token, opened by people, deleted.

use serde_json::{Value, json};
use slack_sim::{Fault, FaultKind, Sim};

use crate::app::{call, connected, modal, post, start, trigger};

/// Asks for an upload and gives its address and the file's id.
async fn announced(sim: &Sim, name: &str, length: usize) -> (String, String) {
    let args = json!({"filename": name, "length": length});
    let answer = call(sim, "files.getUploadURLExternal", args).await;
    assert_eq!(answer["ok"], true, "{answer}");
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (text("upload_url"), text("file_id"))
}

async fn upload(sim: &Sim, name: &str, content: &str) -> String {
    let (url, id) = announced(sim, name, content.len()).await;
    let sent = reqwest::Client::new().post(url).body(content.to_owned());
    let response = sent.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.text().await.unwrap(),
        format!("OK - {}", content.len())
    );
    id
}

async fn share(sim: &Sim, args: Value) -> Value {
    let answer = call(sim, "files.completeUploadExternal", args).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["files"].clone()
}

/// A body as browsers and `curl -F` send it.
fn multipart(fields: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file, content) in fields {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.push_str(&format!(
            "--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        ));
    }
    body + "--edge--\r\n"
}

const MULTIPART: &str = "multipart/form-data; boundary=edge";

#[tokio::test]
async fn a_file_is_shared_in_a_thread_with_a_comment() {
    let (sim, mut app) = connected().await;
    let root = post(&sim, json!({"channel": "general", "text": "root"})).await;
    app.take().await;
    let id = upload(&sim, "answer.md", "# One\n\nTwo").await;
    let files = share(
        &sim,
        json!({
            "files": [{"id": id, "title": "The answer"}],
            "channel_id": "C0GENERAL1",
            "thread_ts": root,
            "initial_comment": "here it is",
        }),
    )
    .await;
    assert_eq!(files[0]["title"], "The answer");
    assert_eq!(files[0]["filetype"], "markdown");
    assert_eq!(files[0]["mode"], "snippet");
    assert_eq!(files[0]["size"], 10);
    let shares = &files[0]["shares"]["public"]["C0GENERAL1"];
    assert_eq!(shares[0]["thread_ts"], root.as_str());

    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["subtype"], "file_share");
    assert_eq!(event["text"], "here it is");
    assert_eq!(event["files"][0]["id"], id.as_str());
    let thread = sim.thread("bob", "general", &root).unwrap();
    assert_eq!(thread[1].files[0]["preview"], "# One\n\nTwo");
    assert_eq!(sim.open_file("bob", &id).unwrap(), "# One\n\nTwo");
    let replies = call(
        &sim,
        "conversations.replies",
        json!({"channel": "C0GENERAL1", "ts": root}),
    )
    .await;
    assert_eq!(replies["messages"][1]["files"][0]["id"], id.as_str());
}

#[tokio::test]
async fn an_upload_may_be_a_form_and_happens_once() {
    let sim = start().await;
    let (url, id) = announced(&sim, "rows.csv", 4).await;
    let send = |body: String| {
        let request = reqwest::Client::new().post(&url);
        request.header("content-type", MULTIPART).body(body).send()
    };
    let wrong = send(multipart(&[("filename", Some("rows.csv"), "a,b\n1")])).await;
    assert_eq!(wrong.unwrap().status(), 400);
    let form = multipart(&[
        ("note", None, "no file"),
        ("file", Some("rows.csv"), "a,b\n"),
    ]);
    assert_eq!(send(form.clone()).await.unwrap().status(), 200);
    assert_eq!(send(form).await.unwrap().status(), 400);
    let files = share(&sim, json!({"files": [{"id": id}]})).await;
    assert_eq!(files[0]["name"], "rows.csv");
    assert_eq!(files[0]["channels"], json!([]));
}

#[tokio::test]
async fn arguments_may_come_as_multipart() {
    let sim = start().await;
    let blocks = json!([{"type": "divider"}]).to_string();
    let body = multipart(&[
        ("token", None, "xoxb-sim"),
        ("channel", None, "general"),
        ("text", None, "grüße"),
        ("blocks", None, &blocks),
    ]);
    let response = reqwest::Client::new()
        .post(format!("{}chat.postMessage", sim.api_url()))
        .header("content-type", MULTIPART)
        .body(body)
        .send();
    let answer: Value = response.await.unwrap().json().await.unwrap();
    assert_eq!(answer["message"]["text"], "grüße", "{answer}");
    assert_eq!(answer["message"]["blocks"][0]["type"], "divider");
}

#[tokio::test]
async fn what_cannot_be_uploaded_or_shared_has_its_code() {
    let sim = start().await;
    sim.add_channel("secret", false).unwrap();
    let ask =
        async |args: Value| call(&sim, "files.getUploadURLExternal", args).await["error"].clone();
    assert_eq!(ask(json!({"filename": "x"})).await, "missing_argument");
    assert_eq!(
        ask(json!({"filename": "x", "length": 0})).await,
        "missing_argument"
    );
    let huge = json!({"filename": "x", "length": 1_000_000_000_000_u64});
    assert_eq!(ask(huge).await, "file_upload_size_restricted");
    let long = json!({"filename": "x", "length": 1, "alt_txt": "x".repeat(1_001)});
    assert_eq!(ask(long).await, "alt_txt_too_large");

    let (_, waiting) = announced(&sim, "x.txt", 1).await;
    let id = upload(&sim, "x.txt", "x").await;
    let cases = [
        (json!({}), "invalid_arguments"),
        (json!({"files": [{"id": "F1"}]}), "file_not_found"),
        (json!({"files": [{"id": waiting}]}), "file_not_found"),
        (
            json!({"files": [{"id": id}], "channel_id": "C1"}),
            "channel_not_found",
        ),
        (
            json!({"files": [{"id": id}], "channel_id": "general"}),
            "channel_not_found",
        ),
        (
            json!({"files": [{"id": id}], "channel_id": "C0SECRET1"}),
            "not_in_channel",
        ),
        (
            json!({"files": [{"id": id}], "channel_id": "C0GENERAL1", "thread_ts": "1.000001"}),
            "thread_not_found",
        ),
        (
            json!({"files": [{"id": id}], "blocks": [{"type": "nonsense"}]}),
            "invalid_blocks",
        ),
    ];
    for (args, code) in cases {
        let answer = call(&sim, "files.completeUploadExternal", args).await;
        assert_eq!(answer["error"], code, "{answer}");
    }
    // None of that has used the upload up.
    share(
        &sim,
        json!({"files": [{"id": id}], "channel_id": "C0GENERAL1"}),
    )
    .await;
    let again = json!({"files": [{"id": id}]});
    let again = call(&sim, "files.completeUploadExternal", again).await;
    assert_eq!(again["error"], "file_not_found");
}

#[tokio::test]
async fn a_private_address_wants_the_token() {
    let sim = start().await;
    let id = upload(&sim, "Ünique page.html", "<script>").await;
    share(
        &sim,
        json!({"files": [{"id": id}], "channel_id": "U0ALICE01"}),
    )
    .await;
    let info = call(&sim, "files.info", json!({"file": id})).await;
    let url = info["file"]["url_private_download"].as_str().unwrap();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for token in [None, Some("xoxb-no")] {
        let mut request = http.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
    }
    let response = http.get(url).bearer_auth("xoxb-sim").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert!(
        header("content-disposition")
            .starts_with("attachment; filename*=UTF-8''%C3%9Cnique%20page")
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(response.text().await.unwrap(), "<script>");
    assert!(
        sim.open_file("bob", &id).is_err(),
        "it is in alice's messages"
    );
    let theirs = format!("{}/sim/files/{id}?user=bob", sim.url());
    assert_eq!(reqwest::get(theirs).await.unwrap().status(), 400);
}

#[tokio::test]
async fn people_share_files_and_the_app_reads_them() {
    let (sim, mut app) = connected().await;
    let url = format!("{}/sim/upload?user=alice&channel=dm&text=look", sim.url());
    let send = |origin: &'static str| {
        let body = multipart(&[("file", Some("a.txt"), "aa"), ("file", Some("b.png"), "bb")]);
        let request = reqwest::Client::new().post(&url).header("origin", origin);
        request.header("content-type", MULTIPART).body(body).send()
    };
    assert_eq!(send("https://evil.example").await.unwrap().status(), 403);
    assert_eq!(send("http://127.0.0.1:8701").await.unwrap().status(), 200);
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["subtype"], "file_share");
    assert_eq!(event["text"], "look");
    assert_eq!(event["channel_type"], "im");
    let names: Vec<_> = event["files"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[1]["mimetype"], "image/png");
    let private = names[0]["url_private"].as_str().unwrap();
    let read = reqwest::Client::new().get(private).bearer_auth("xoxb-sim");
    assert_eq!(read.send().await.unwrap().text().await.unwrap(), "aa");
    let foreign = json!({"file": names[0]["id"]});
    let foreign = call(&sim, "files.delete", foreign).await;
    assert_eq!(foreign["error"], "cant_delete_file");
}

#[tokio::test]
async fn a_deleted_file_leaves_a_mark() {
    let sim = start().await;
    let id = upload(&sim, "x.txt", "x").await;
    share(
        &sim,
        json!({"files": [{"id": id}], "channel_id": "C0GENERAL1"}),
    )
    .await;
    let all = call(&sim, "files.list", json!({"channel": "C0GENERAL1"})).await;
    assert_eq!(all["files"][0]["id"], id.as_str(), "{all}");
    assert_eq!(
        call(&sim, "files.delete", json!({"file": id})).await["ok"],
        true
    );
    assert_eq!(
        call(&sim, "files.info", json!({"file": id})).await["error"],
        "file_deleted"
    );
    assert_eq!(
        call(&sim, "files.info", json!({"file": "F1"})).await["error"],
        "file_not_found"
    );
    let seen = &sim.messages("alice", "general").unwrap()[0];
    assert_eq!(seen.files[0]["mode"], "tombstone");
    let all = call(&sim, "files.list", json!({})).await;
    assert_eq!(all["paging"]["total"], 0);
}

#[tokio::test]
async fn uploads_can_fail() {
    let sim = start().await;
    let (url, id) = announced(&sim, "x.txt", 1).await;
    sim.fault(Fault::new("upload", FaultKind::Http500));
    let send = || reqwest::Client::new().post(&url).body("x").send();
    assert_eq!(send().await.unwrap().status(), 500);
    sim.fault(Fault::new("upload", FaultKind::OkFalse).error("not today"));
    let refused = send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.text().await.unwrap(), "not today");
    sim.fault(Fault::new("upload", FaultKind::LostReply));
    assert_eq!(send().await.unwrap().status(), 500);
    // It was taken all the same.
    assert_eq!(send().await.unwrap().status(), 400);
    share(&sim, json!({"files": [{"id": id}]})).await;
}

#[tokio::test]
async fn a_form_takes_files_and_gives_them_to_the_app() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Import");
    let label = json!({"type": "plain_text", "text": "Rows"});
    let element =
        json!({"type": "file_input", "action_id": "file", "filetypes": ["csv"], "max_files": 1});
    view["blocks"] =
        json!([{"type": "input", "block_id": "rows", "label": label, "element": element}]);
    let args = json!({"trigger_id": trigger(&sim, &mut app).await, "view": view});
    let opened = call(&sim, "views.open", args).await;
    assert_eq!(opened["ok"], true, "{opened}");
    let id = opened["view"]["id"].as_str().unwrap().to_owned();

    let url = format!("{}/sim/upload?user=alice", sim.url());
    let body = multipart(&[("file", Some("a.csv"), "a,b"), ("file", Some("b.png"), "?")]);
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", MULTIPART)
        .body(body);
    let uploaded: Value = request.send().await.unwrap().json().await.unwrap();
    let (rows, picture) = (&uploaded["files"][0], &uploaded["files"][1]);
    let unseen = call(&sim, "files.info", json!({"file": rows})).await;
    assert_eq!(unseen["error"], "file_not_found");

    let submit = async |files: Value| sim.submit("alice", &id, json!({"rows": files})).await;
    assert_eq!(
        submit(json!([])).await.errors["rows"],
        "Please complete this required field."
    );
    assert_eq!(
        submit(json!([rows, picture])).await.errors["rows"],
        "Choose 1 files at most."
    );
    assert_eq!(
        submit(json!([picture])).await.errors["rows"],
        "Choose files of these kinds: csv."
    );
    let foreign = submit(json!(["F1"])).await.error.unwrap();
    assert_eq!(foreign, "There is no file F1 of this person.");
    let (submitted, envelope) = tokio::join!(submit(json!([rows])), app.take());
    assert!(submitted.ok, "{submitted:?}");
    let held = &envelope["payload"]["view"]["state"]["values"]["rows"]["file"];
    assert_eq!(held["type"], "file_input");
    let private = held["files"][0]["url_private"].as_str().unwrap();
    let read = reqwest::Client::new().get(private).bearer_auth("xoxb-sim");
    assert_eq!(read.send().await.unwrap().text().await.unwrap(), "a,b");
}
