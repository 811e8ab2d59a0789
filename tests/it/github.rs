//! The GitHub card, run against a GitHub on loopback: every tool, and every way it can fail.

use patchbay::cards::Registry;
use patchbay::domain::tool::ToolOutput;
use patchbay::error::{Error, Kind};
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::{Target, ToolSource};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fakes::github::{GitHub, TOKEN, Trouble};

mod daily;
mod shapes;

/// The card's tools, connected to a GitHub of our own.
struct Connected {
    github: GitHub,
    source: HttpSource,
    target: Target,
}

impl Connected {
    async fn new() -> Self {
        let github = GitHub::start().await;
        github.has_repo("acme/shop", 12, "The web shop");
        github.has_repo("acme/shop-api", 40, "The shop behind the shop");
        github.has_repo("acme/wiki", 3, "Notes");
        let policy = AddressPolicy::new(vec![github.address().parse().unwrap()]);
        let card = Registry::embedded().unwrap().get("github").unwrap();
        let target = Target {
            card,
            config: [("base_url".to_owned(), github.url.clone())].into(),
            secrets: [("token".to_owned(), TOKEN.into())].into(),
            key: None,
        };
        Self {
            source: HttpSource::new(guarded_client(&policy).unwrap()),
            github,
            target,
        }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<ToolOutput, Error> {
        let tool = self.target.card.tool(tool).unwrap();
        let arguments = arguments.as_object().unwrap();
        self.source.call(&self.target, tool, arguments).await
    }

    /// Calls a tool that works, and returns what a model would read.
    async fn asks(&self, tool: &str, arguments: Value) -> (Value, ToolOutput) {
        let output = self.call(tool, arguments).await.unwrap();
        (serde_json::from_str(&output.text).unwrap(), output)
    }

    /// Calls a tool that fails, and returns the kind and the sentence.
    async fn fails(&self, tool: &str, arguments: Value) -> (Kind, String) {
        let error = self.call(tool, arguments).await.unwrap_err();
        (error.kind().clone(), error.sentence())
    }

    /// Path and query of the last request.
    fn last_target(&self) -> String {
        self.github.requests().pop().unwrap().target
    }
}

#[tokio::test]
async fn search_finds_repositories_and_says_how_many() {
    let github = Connected::new().await;
    let asked = json!({ "query": "shop", "sort": "stars", "limit": 1 });
    let (found, output) = github.asks("search_repos", asked).await;
    insta::assert_json_snapshot!(found, @r#"
    {
      "total": 2,
      "items": [
        {
          "default_branch": "main",
          "description": "The shop behind the shop",
          "language": "Rust",
          "name": "acme/shop-api",
          "open_issues": 0,
          "private": false,
          "stars": 40,
          "updated_at": "2026-11-20T09:30:00Z",
          "url": "https://github.com/acme/shop-api"
        }
      ]
    }
    "#);
    assert_eq!((output.rows, output.truncated), (Some(1), true));
    let expected = "/search/repositories?per_page=1&q=shop&sort=stars";
    assert_eq!(github.last_target(), expected);
    let (found, output) = github
        .asks("search_repos", json!({ "query": "a&sort=b #1" }))
        .await;
    assert_eq!(
        (found["total"].clone(), output.truncated),
        (json!(0), false)
    );
    let expected = "/search/repositories?per_page=10&q=a%26sort%3Db+%231";
    assert_eq!(github.last_target(), expected);
}

#[tokio::test]
async fn issues_are_listed_without_pull_requests_and_read_one_by_one() {
    let github = Connected::new().await;
    github
        .github
        .has_issue("acme/shop", "Cart is slow", &["bug", "cart"]);
    github
        .github
        .has_pull_request("acme/shop", "Faster cart", "cart");
    github.github.has_issue("acme/shop", "Add coupons", &[]);
    let shop = json!({ "owner": "acme", "repo": "shop" });
    let (issues, output) = github.asks("get_issues", shop).await;
    insta::assert_json_snapshot!(issues, @r#"
    [
      {
        "assignees": [],
        "author": "octocat",
        "comments": 0,
        "created_at": "2026-11-20T09:30:00Z",
        "labels": [],
        "number": 3,
        "state": "open",
        "title": "Add coupons",
        "url": "https://github.com/acme/shop/issues/3"
      },
      {
        "assignees": [],
        "author": "octocat",
        "comments": 0,
        "created_at": "2026-11-20T09:30:00Z",
        "labels": [
          "bug",
          "cart"
        ],
        "number": 1,
        "state": "open",
        "title": "Cart is slow",
        "url": "https://github.com/acme/shop/issues/1"
      }
    ]
    "#);
    assert_eq!((output.rows, output.truncated), (Some(2), false));
    let expected = "/repos/acme/shop/issues?page=1&per_page=30&state=open";
    assert_eq!(github.last_target(), expected);

    let labelled =
        json!({ "owner": "acme", "repo": "shop", "labels": "bug,cart", "assignee": null });
    let (issues, _) = github.asks("get_issues", labelled).await;
    assert_eq!(issues[0]["title"], "Cart is slow");
    let one = json!({ "owner": "acme", "repo": "shop", "number": 3 });
    let (issue, output) = github.asks("get_issues", one).await;
    assert_eq!(
        (issue["title"].as_str(), output.rows),
        (Some("Add coupons"), None)
    );
    let page = json!({ "owner": "acme", "repo": "shop", "limit": 1 });
    let (_, output) = github.asks("get_issues", page).await;
    assert!(output.truncated);
}

#[tokio::test]
async fn an_issue_is_created_with_typed_values() {
    let github = Connected::new().await;
    let asked = json!({
        "owner": "acme", "repo": "shop", "title": "Login \"fails\" {{ token }}", "labels": ["bug"],
    });
    let (issue, _) = github.asks("create_issue", asked).await;
    let expected = json!({
        "number": 1, "state": "open", "title": "Login \"fails\" {{ token }}",
        "url": "https://github.com/acme/shop/issues/1",
    });
    assert_eq!(issue, expected);
    let request = github.github.requests().pop().unwrap();
    assert_eq!(request.method, Method::POST);
    let expected = json!({ "title": "Login \"fails\" {{ token }}", "labels": ["bug"] });
    assert_eq!(request.body, expected);
    let header = |name: &str| request.headers[name].to_str().unwrap();
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(header("accept"), "application/vnd.github+json");
    assert_eq!(header("content-type"), "application/json");
    assert!(header("user-agent").starts_with("patchbay/"));
}

#[tokio::test]
async fn pull_requests_are_created_listed_and_read() {
    let github = Connected::new().await;
    let asked = json!({
        "owner": "acme", "repo": "shop", "title": "Coupons", "head": "coupons", "base": "main",
        "draft": true,
    });
    let (pull, _) = github.asks("create_pr", asked).await;
    assert_eq!(
        (pull["number"].clone(), pull["draft"].clone()),
        (json!(1), json!(true))
    );
    assert_eq!(
        github.github.requests().pop().unwrap().body["draft"],
        json!(true)
    );
    let shop = json!({ "owner": "acme", "repo": "shop" });
    let (pulls, output) = github.asks("get_pull_requests", shop).await;
    insta::assert_json_snapshot!(pulls, @r#"
    [
      {
        "additions": 3,
        "author": "octocat",
        "changed_files": 1,
        "commits": 1,
        "created_at": "2026-11-20T09:30:00Z",
        "deletions": 1,
        "draft": true,
        "from": "coupons",
        "into": "main",
        "labels": [],
        "mergeable": true,
        "number": 1,
        "reviewers": [],
        "sha": "6dcb09b",
        "state": "open",
        "title": "Coupons",
        "url": "https://github.com/acme/shop/pull/1"
      }
    ]
    "#);
    assert_eq!(output.rows, Some(1));
    let one = json!({ "owner": "acme", "repo": "shop", "number": 1 });
    let (pull, _) = github.asks("get_pull_requests", one).await;
    assert_eq!(pull["mergeable"], true);

    let empty =
        json!({ "owner": "acme", "repo": "shop", "title": "x", "head": "main", "base": "main" });
    let (kind, sentence) = github.fails("create_pr", empty).await;
    assert_eq!(kind, Kind::Invalid);
    insta::assert_snapshot!(sentence, @"GitHub could not do that. It said: “Validation Failed; No commits between main and main”. Change what is asked for and try again.");
}

#[tokio::test]
async fn files_are_decoded_and_directories_listed() {
    let github = Connected::new().await;
    let readme = "# Shop\n\nÜber uns: ".repeat(20);
    github
        .github
        .has_file("acme/shop", "docs/a guide.md", readme.as_bytes());
    github
        .github
        .has_file("acme/shop", "logo.png", &[0xff, 0, 0xff]);
    let ask = |path: &str| json!({ "owner": "acme", "repo": "shop", "path": path });
    let (file, _) = github
        .asks("get_file_content", ask("docs/a guide.md"))
        .await;
    assert_eq!(file["content"], readme);
    assert_eq!(
        github.last_target(),
        "/repos/acme/shop/contents/docs/a%20guide.md"
    );
    let (file, _) = github.asks("get_file_content", ask("logo.png")).await;
    assert_eq!(file["content"], "(binary, 3 bytes)");
    let shop = json!({ "owner": "acme", "repo": "shop", "ref": "v1/x" });
    let (listing, output) = github.asks("get_file_content", shop).await;
    let names: Vec<_> = listing
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["path"])
        .collect();
    assert_eq!(
        (names, output.rows),
        (vec![&json!("docs"), &json!("logo.png")], Some(2))
    );
    assert_eq!(
        github.last_target(),
        "/repos/acme/shop/contents/?ref=v1%2Fx"
    );
}

#[tokio::test]
async fn arguments_cannot_leave_their_place_in_the_path() {
    let github = Connected::new().await;
    for (tool, owner, path) in [
        ("get_issues", "..", ""),
        ("get_issues", "", ""),
        ("get_file_content", "acme", "../../../user"),
        ("get_file_content", "acme", "docs/../../secrets"),
    ] {
        let asked = json!({ "owner": owner, "repo": "shop", "path": path });
        let (kind, _) = github.fails(tool, asked).await;
        assert_eq!(kind, Kind::Denied("path"), "{owner} {path}");
    }
    assert!(github.github.requests().is_empty());
    let asked = json!({ "owner": "acme/shop/issues?x=", "repo": "shop" });
    github.fails("get_issues", asked).await;
    assert!(
        github
            .last_target()
            .starts_with("/repos/acme%2Fshop%2Fissues%3Fx%3D/shop/issues?")
    );
}

#[tokio::test]
async fn a_renamed_repository_is_followed_within_the_same_server() {
    let github = Connected::new().await;
    github.github.has_issue("acme/shop", "Cart is slow", &[]);
    github.github.has_renamed("acme/store", "acme/shop");
    let one = json!({ "owner": "acme", "repo": "store", "number": 1 });
    let (issue, _) = github.asks("get_issues", one).await;
    assert_eq!(issue["title"], "Cart is slow");
    let write = json!({ "owner": "acme", "repo": "store", "title": "x" });
    let (kind, _) = github.fails("create_issue", write).await;
    assert_eq!(kind, Kind::Invalid);
    github.github.has_renamed("acme/shop", "acme/store");
    let before = github.github.requests().len();
    let (kind, _) = github
        .fails("get_issues", json!({ "owner": "acme", "repo": "shop" }))
        .await;
    assert_eq!(
        (kind, github.github.requests().len() - before),
        (Kind::Invalid, 4)
    );
}

#[tokio::test]
async fn failures_say_what_happened_and_what_to_do() {
    let shop = || json!({ "owner": "acme", "repo": "shop" });
    let mut said = Vec::new();
    let github = Connected::new().await;
    let nowhere = json!({ "owner": "acme", "repo": "nothing" });
    said.push(github.fails("get_issues", nowhere).await);
    for trouble in [
        Trouble::RateLimited,
        Trouble::NoPermission,
        Trouble::BadGateway,
        Trouble::SentElsewhere,
        Trouble::Flood,
        Trouble::EchoesToken,
    ] {
        github.github.is_in(trouble);
        said.push(github.fails("get_issues", shop()).await);
    }
    let mut off = Connected::new().await;
    off.target
        .config
        .insert("base_url".to_owned(), "http://169.254.169.254".to_owned());
    said.push(off.fails("get_issues", shop()).await);
    off.target
        .secrets
        .insert("token".to_owned(), "ghp_a\r\nX-Evil: 1".into());
    said.push(off.fails("get_issues", shop()).await);
    off.target.secrets.clear();
    said.push(off.fails("get_issues", shop()).await);
    let lines: Vec<_> = said
        .iter()
        .map(|(kind, text)| format!("{kind:?}: {text}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    NotFound: GitHub has no such thing, or hides it from this credential. It said: “Not Found”. Check the spelling, and that the credential may see it.
    RateLimited { retry_after: Some(90s) }: GitHub says that this is too many requests. Try again in 2 minutes.
    Forbidden: GitHub does not let this credential do that. It said: “Resource not accessible by personal access token”. Give the credential that permission, or use one that has it.
    Upstream: GitHub had a problem of its own (502). Try again in a minute.
    Invalid: GitHub sent the request on to another address, where I do not follow. Check that the connection's address is that of its API.
    Upstream: GitHub answered with more than 1 MB, which is more than I read. Ask for less at once.
    Unauthenticated: GitHub does not accept this credential. It said: “Bad credentials •••”. Connect again with `/mcp connect github`.
    Invalid: Only https addresses can be used. Write it like `https://api.example.com`.
    Invalid: A value of this connection holds characters that cannot be sent, such as a line break. Connect again and paste the value in one line.
    Unauthenticated: This GitHub connection has lost its “Access token”. Connect again with `/mcp connect github`.
    ");
    assert!(off.github.requests().is_empty());
}

#[tokio::test]
async fn a_write_of_unknown_outcome_is_not_to_be_repeated_unseen() {
    let github = Connected::new().await;
    let issue = json!({ "owner": "acme", "repo": "shop", "title": "Cart is slow" });
    for trouble in [Trouble::BadGateway, Trouble::Flood] {
        github.github.is_in(trouble);
        let (_, sentence) = github.fails("create_issue", issue.clone()).await;
        assert!(
            sentence.ends_with("It may have been done all the same: look before you try again.")
        );
    }
    github.github.is_in(Trouble::NoPermission);
    let (_, sentence) = github.fails("create_issue", issue).await;
    assert!(!sentence.contains("may have been done"));
}

#[tokio::test]
async fn the_check_tells_a_good_token_from_a_bad_one() {
    let mut github = Connected::new().await;
    github.source.check(&github.target).await.unwrap();
    assert_eq!(github.last_target(), "/");
    github
        .target
        .secrets
        .insert("token".to_owned(), "ghp_wrong".into());
    let error = github.source.check(&github.target).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unauthenticated);
    insta::assert_snapshot!(error.sentence(), @"GitHub does not accept this credential. It said: “Bad credentials”. Connect again with `/mcp connect github`.");
}
