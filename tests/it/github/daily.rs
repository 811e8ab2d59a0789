//! What people do on GitHub every day: comment, label, close, branch, write, merge.

use patchbay::error::Kind;
use serde_json::json;

use super::Connected;
use crate::fakes::github::HEAD;

#[tokio::test]
async fn an_issue_is_commented_labelled_and_closed() {
    let github = Connected::new().await;
    github
        .github
        .has_issue("acme/shop", "Cart is slow", &["bug"]);
    let issue = |more: serde_json::Value| {
        let mut all = json!({ "owner": "acme", "repo": "shop", "number": 1 });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let said = json!({ "body": "Same \"here\" {{ token }}" });
    github.asks("comment_on_issue", issue(said)).await;
    let (comments, output) = github.asks("get_issue_comments", issue(json!({}))).await;
    assert_eq!(comments[0]["body"], "Same \"here\" {{ token }}");
    assert_eq!(
        (comments[0]["author"].as_str(), output.rows),
        (Some("octocat"), Some(1))
    );
    let labels = json!({ "labels": ["cart"] });
    let (labels, _) = github.asks("add_labels", issue(labels)).await;
    assert_eq!(labels, json!([{ "name": "bug" }, { "name": "cart" }]));
    let close = json!({ "state": "closed", "reason": "not_planned" });
    let (closed, _) = github.asks("update_issue", issue(close)).await;
    assert_eq!(
        (&closed["state"], &closed["title"]),
        (&json!("closed"), &json!("Cart is slow"))
    );
    // What was not given stays, and labels that are given take the place of all.
    let relabel = json!({ "labels": ["done"] });
    let (changed, _) = github.asks("update_issue", issue(relabel)).await;
    assert_eq!(
        (&changed["labels"], &changed["state"]),
        (&json!(["done"]), &json!("closed"))
    );
    let shop = json!({ "owner": "acme", "repo": "shop" });
    let (open, _) = github.asks("get_issues", shop).await;
    assert_eq!(open, json!([]));
    let nothing = json!({ "owner": "acme", "repo": "shop", "number": 9, "state": "closed" });
    assert_eq!(
        github.fails("update_issue", nothing).await.0,
        Kind::NotFound
    );
}

#[tokio::test]
async fn a_file_is_written_on_a_branch_and_merged() {
    let github = Connected::new().await;
    github
        .github
        .has_file("acme/shop", "docs/a b.md", b"# Hi\n");
    let shop = || json!({ "owner": "acme", "repo": "shop" });
    let (branches, _) = github.asks("list_branches", shop()).await;
    assert_eq!(
        branches,
        json!([{ "name": "main", "sha": HEAD, "protected": true }])
    );
    let branch = json!({ "owner": "acme", "repo": "shop", "branch": "docs/hi", "sha": HEAD });
    let (made, _) = github.asks("create_branch", branch.clone()).await;
    assert_eq!(made["ref"], "refs/heads/docs/hi");
    let (kind, sentence) = github.fails("create_branch", branch).await;
    assert_eq!(kind, Kind::Invalid);
    assert!(sentence.contains("Reference already exists"), "{sentence}");

    let read = json!({ "owner": "acme", "repo": "shop", "path": "docs/a b.md" });
    let (file, _) = github.asks("get_file_content", read.clone()).await;
    let write = |sha: serde_json::Value| {
        json!({
            "owner": "acme", "repo": "shop", "path": "docs/a b.md", "content": "# Grüße\n",
            "message": "Say hi", "branch": "docs/hi", "sha": sha,
        })
    };
    let (_, sentence) = github.fails("write_file", write(json!(null))).await;
    assert!(sentence.contains("\"sha\" wasn't supplied"), "{sentence}");
    let (_, sentence) = github.fails("write_file", write(json!("abcdef0"))).await;
    assert!(sentence.contains("does not match"), "{sentence}");
    let (written, _) = github.asks("write_file", write(file["sha"].clone())).await;
    assert_eq!(written["path"], "docs/a b.md");
    let (file, _) = github.asks("get_file_content", read).await;
    assert_eq!(
        (&file["content"], &file["sha"]),
        (&json!("# Grüße\n"), &written["sha"])
    );

    github
        .github
        .has_pull_request("acme/shop", "Say hi", "docs/hi");
    let pull = |more: serde_json::Value| {
        let mut all = json!({ "owner": "acme", "repo": "shop", "number": 1 });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let (kind, sentence) = github
        .fails("merge_pull_request", pull(json!({ "sha": "abcdef0" })))
        .await;
    assert_eq!(kind, Kind::Invalid);
    assert!(sentence.contains("Head branch was modified"), "{sentence}");
    let (seen, _) = github.asks("get_pull_requests", pull(json!({}))).await;
    let newest = json!({ "sha": seen["sha"], "method": "squash" });
    let (merged, _) = github.asks("merge_pull_request", pull(newest)).await;
    assert_eq!(merged["merged"], true);
    let (_, sentence) = github.fails("merge_pull_request", pull(json!({}))).await;
    assert!(sentence.contains("not mergeable"), "{sentence}");
}

/// Whoever opens, changes or merges is asked first, and whoever reads is not.
#[test]
fn only_what_changes_something_asks_first() {
    let card = patchbay::cards::Registry::embedded()
        .unwrap()
        .get("github")
        .unwrap();
    let asking = card.tools.iter().filter(|tool| tool.asks_first());
    let asking: Vec<_> = asking.map(|tool| tool.name.as_str()).collect();
    let expected = [
        "create_issue",
        "create_pr",
        "comment_on_issue",
        "update_issue",
        "add_labels",
        "merge_pull_request",
        "create_branch",
        "write_file",
    ];
    assert_eq!(asking, expected);
}
