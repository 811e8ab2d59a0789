//! What the card keeps of answers is where GitHub's own description of its API says that it is.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use patchbay::cards::Registry;
use patchbay::domain::card::{HttpMethod, ToolAction};
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::{Target, ToolSource};
use serde_json::{Map, Value, json};

/// GitHub's documented examples, served by a program that others wrote; it ends with its input.
struct Documented {
    process: Child,
    url: String,
}

impl Documented {
    fn start() -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/github.mjs");
        let mut process = Command::new("node")
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests of GitHub need Node, and `npm ci --prefix tests/peers`");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("listening on ")?.1.to_owned()))
            .expect("it says where it listens");
        Self { process, url }
    }
}

impl Drop for Documented {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the documented examples have no value for, or a list in which nothing is: the tool, and the
/// member as the card calls it.
const WITHOUT_EXAMPLE: [(&str, &str); 4] = [
    ("get_issues", "closed_at"),
    ("get_pull_request_files", "was"),
    ("list_workflow_runs", "conclusion"),
    ("list_my_repos", "language"),
];

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_kept_is_in_the_documented_examples() {
    let documented = Documented::start();
    let address = documented.url.trim_start_matches("http://");
    let policy = AddressPolicy::new(vec![address.parse().unwrap()]);
    let source = HttpSource::new(guarded_client(&policy).unwrap());
    let card = Registry::embedded().unwrap().get("github").unwrap();
    let target = Target {
        card: card.clone(),
        config: [("base_url".to_owned(), documented.url.clone())].into(),
        secrets: [("token".to_owned(), "ghp_any".into())].into(),
        key: None,
    };
    let mut wrong = Vec::new();
    let mut seen = 0;
    for tool in &card.tools {
        let ToolAction::Http(request) = &tool.run else {
            continue;
        };
        let Some(keep) = request
            .keep
            .as_ref()
            .filter(|_| request.method == HttpMethod::Get)
        else {
            continue;
        };
        let mut missing: BTreeSet<&String> = keep.fields.keys().collect();
        for test in &tool.tests {
            let mut arguments = test.arguments.clone();
            // The one file that is documented.
            let path = arguments
                .get_mut("path")
                .filter(|_| tool.name == "get_file_content");
            path.into_iter().for_each(|path| *path = json!("README.md"));
            let output = source.call(&target, tool, &arguments).await;
            let output = output.unwrap_or_else(|error| panic!("{}: {error}", tool.name));
            let answer: Value = serde_json::from_str(&output.text).unwrap();
            let items = match &answer {
                Value::Array(items) => items.clone(),
                Value::Object(all) => match all.get("items") {
                    Some(items) => items.as_array().unwrap().clone(),
                    None => vec![answer.clone()],
                },
                other => panic!("{}: {other}", tool.name),
            };
            let kept = items.iter().filter_map(Value::as_object);
            let kept: Vec<&Map<String, Value>> = kept.collect();
            missing.retain(|name| !kept.iter().any(|item| item.contains_key(*name)));
            seen += 1;
        }
        let known = |name: &&String| {
            let pair = (tool.name.as_str(), name.as_str());
            !WITHOUT_EXAMPLE.contains(&pair)
        };
        wrong.extend(
            missing
                .into_iter()
                .filter(known)
                .map(|name| json!([tool.name, name])),
        );
    }
    assert_eq!(Value::from(wrong), json!([]));
    assert!(seen >= 15, "only {seen} requests were made");
}
