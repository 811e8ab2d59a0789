//! Cards are read, held to their schema, and refused with the line that is wrong.

use std::path::Path;

use patchbay::cards::{EMBEDDED, Registry, SCHEMA, argument_validator, lint, parse};
use patchbay::domain::card::{CardTool, ToolAction};

const GOOD: &str = r#"name: shop
title: Shop
icon: 🛒
description: Orders of the shop.
noun: shop
service:
  http:
    base_url: https://api.example.com
    auth:
      bearer: "{{ key }}"
    headers:
      X-Region: eu
    health:
      method: GET
      path: /me
fields:
  - name: key
    label: Key
    secret: true
  - name: region
    label: Region
tools:
  - name: get_order
    description: Reads one order by its number.
    risk: read
    input:
      type: object
      properties:
        id:
          type: integer
          description: The order's number.
        note:
          type: string
          description: Anything.
      additionalProperties: false
    run:
      http:
        method: GET
        path: /orders/{{ id }}
        query:
          note: "{{ note }}"
"#;

/// The good card with one text in place of another, and what is said about it.
fn problem(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    match parse("shop.yaml", &GOOD.replacen(from, to, 1)) {
        Ok(_) => format!("`{to}` was accepted"),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.to_string())
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

#[test]
fn the_embedded_cards_are_all_there_and_good() {
    let registry = Registry::embedded().unwrap();
    let cards = registry.all();
    let names: Vec<_> = cards.iter().map(|card| &*card.name).collect();
    let expected = [
        "postgres", "supabase", "github", "slack", "sqlite", "klaviyo", "redis", "mcp", "rest",
        "openapi", "graphql",
    ];
    assert_eq!(names, expected);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("run_cards");
    let report = lint(&folder);
    assert_eq!(report.problems, []);
    let files: Vec<_> = report.cards.iter().map(|(file, _)| &**file).collect();
    assert_eq!(files, EMBEDDED.map(|(file, _)| file));
    insta::assert_snapshot!(report, @r"
    github.yaml: GitHub, 22 repository tools
    graphql.yaml: GraphQL API, 3 GraphQL tools
    klaviyo.yaml: Klaviyo, 15 marketing tools
    mcp.yaml: MCP server, server tools of its own
    openapi.yaml: OpenAPI, API tools of its own
    postgres.yaml: PostgreSQL, 6 database tools
    redis.yaml: Redis, 7 Redis tools
    rest.yaml: REST API, 5 API tools
    slack.yaml: Slack, 14 workspace tools
    sqlite.yaml: SQLite, 6 database tools
    supabase.yaml: Supabase, 19 database tools
    11 good cards, 0 problems
    ");
    for (file, text) in EMBEDDED {
        let first = text.lines().next();
        let expected = Some("# yaml-language-server: $schema=card.schema.json");
        assert_eq!(first, expected, "{file}");
    }
}

/// What a model reads of an answer is written down for each tool that makes a request.
#[test]
fn every_http_tool_of_the_embedded_cards_has_a_test() {
    let registry = Registry::embedded().unwrap();
    let mut untested = Vec::new();
    for card in registry.all() {
        let http = |tool: &&CardTool| matches!(tool.run, ToolAction::Http(_));
        let without = card
            .tools
            .iter()
            .filter(http)
            .filter(|tool| tool.tests.is_empty());
        untested.extend(without.map(|tool| format!("{} of {}", tool.name, card.name)));
    }
    assert_eq!(untested, Vec::<String>::new());
}

#[test]
fn the_schema_is_one_and_says_what_the_types_say() {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = argument_validator(&schema).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    for (file, text) in EMBEDDED.into_iter().chain([("shop.yaml", GOOD)]) {
        let card: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        assert!(validator.is_valid(&card), "{file}");
        assert!(parse(file, text).is_ok(), "{file}");
        // What one of the two refuses as unknown, the other does too.
        for part in ["/", "/service", "/tools/0", "/tools/0/run"] {
            let mut changed = card.clone();
            let Some(at) = changed.pointer_mut(part.trim_end_matches('/')) else {
                // Its service tells of its tools.
                let tells = ["mcp.yaml", "openapi.yaml"].contains(&file);
                assert!(part.starts_with("/tools") && tells);
                continue;
            };
            at["surprise"] = true.into();
            assert!(!validator.is_valid(&changed), "{file}{part}");
            assert!(parse(file, &changed.to_string()).is_err(), "{file}{part}");
        }
    }
}

#[test]
fn tool_names_fit_behind_the_longest_connection_name() {
    let registry = Registry::embedded().unwrap();
    for tool in registry.all().iter().flat_map(|card| &card.tools) {
        assert!(30 + "__".len() + tool.name.len() <= 64, "{}", tool.name);
    }
    let long = "x".repeat(33);
    assert!(problem("name: get_order", &format!("name: {long}")).contains("shop.yaml:23:"));
}

#[test]
fn broken_cards_are_refused_with_file_line_and_reason() {
    assert!(parse("shop.yaml", GOOD).is_ok());
    let cases = [
        ("title: Shop", "titel: Shop"),
        ("title: Shop", "title: [Shop"),
        ("name: shop", "name: My Shop"),
        ("icon: 🛒", "icon: 🛒\nicon: 🛒"),
        ("risk: read", "risk: harmless"),
        ("method: GET", "method: FETCH"),
        ("title: Shop", "title: The shop around the corner"),
        ("base_url: https://", "base_url: http://"),
        (
            "base_url: https://api.example.com",
            "base_url: 'https://{% if region %}api.example.com/v1{% else %}evil.example/v1{% endif %}'",
        ),
        (
            "base_url: https://api.example.com",
            "base_url: 'https://api.example.com{{ region }}/'",
        ),
        (
            "method: GET\n      path: /me",
            "method: POST\n      path: /me",
        ),
        (
            "method: GET\n      path: /me",
            "method: DELETE\n      path: /me",
        ),
        ("{{ key }}", "{{ kee }}"),
        ("{{ key }}", "{{ key"),
        ("{{ key }}", "{{ key | shout }}"),
        ("X-Region", "Authorization"),
        ("bearer: \"{{ key }}\"", "bear: x"),
        ("risk: read", "risk: read\n    cost: {per_call: 0.002}"),
        ("risk: read", "risk: read\n    output: {type: 7}"),
        ("    base_url", "    base_uri: x\n    base_url"),
        (
            "service:\n",
            "service:\n  sql: {engine: sqlite, file: key}\n",
        ),
        (
            "service:\n",
            "service:\n  sql: {engine: postgres, url: region}\n",
        ),
        ("service:\n", "service:\n  sql: {engine: postgres}\n"),
        ("risk: read", "risk: write\n    cache: 60s"),
        ("risk: read", "risk: read\n    cache: 2h"),
        ("risk: read", "risk: read\n    idempotency: Key"),
        ("path: /orders", "pages: {by: link}\n        path: /orders"),
        (
            "query:\n          note: \"{{ note }}\"",
            "query: \"{{ note }}\"",
        ),
        ("query:\n          note: \"{{ note }}\"", "query: all"),
        (
            "bearer: \"{{ key }}\"",
            "header: {name: \"{{ key }}\", value: x}",
        ),
        ("name: region", "name: key"),
        ("name: region", "name: note"),
        ("secret: true", "secret: true\n    default: abc"),
        ("/orders/{{ id }}", "/orders/{{ key }}"),
        ("/orders/{{ id }}", "/orders/{{ number }}"),
        ("/orders/{{ id }}", "orders/{{ id }}"),
        ("method: GET\n        path", "method: DELETE\n        path"),
        ("type: integer", "type: whole"),
        ("type: integer", "type: integer\n          minimum: low"),
        ("type: integer", "type: integer\n          default: many"),
        ("      additionalProperties: false\n", ""),
        ("{{ note }}", "{{ key }}"),
        (
            "    run:\n      http:",
            "    run:\n      sql: list_tables\n    x:",
        ),
        (
            "note: \"{{ note }}\"",
            "note: \"{{ note }}\"\n        keep: {fields: {a: /a}, base64: [b]}",
        ),
        (
            "path: /orders",
            "headers: {X-Key: '{{ key }}'}\n        path: /orders",
        ),
        (
            "path: /orders",
            "headers: {authorization: x}\n        path: /orders",
        ),
        (
            "path: /orders",
            "body: {}\n        text: {type: a/b, content: x}\n        path: /orders",
        ),
        (
            "path: /orders",
            "keep: {at: '/{{ number }}'}\n        path: /orders",
        ),
        (
            "path: /orders",
            "keep: {links: {a: /a}}\n        path: /orders",
        ),
        (
            "path: /orders",
            "pages: {by: link}\n        keep: {named: a}\n        path: /orders",
        ),
        ("path: /me", "path: /me\n    refusal: {at: /ok, is: false}"),
    ];
    let said: Vec<_> = cases.iter().map(|(from, to)| problem(from, to)).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    shop.yaml:2: unknown field `titel`, expected one of name, title, icon, description, noun, popularity, service, fields, tools
    shop.yaml:3: illegal placement of ':' indicator
    shop.yaml:1: name: "My Shop" does not match "^[a-z0-9][a-z0-9-]{0,29}$"
    shop.yaml:4: duplicate mapping key: icon not allowed here
    shop.yaml:25: unknown variant `harmless`, expected one of read, write, destructive
    shop.yaml:14: unknown variant `FETCH`, expected one of GET, HEAD, POST, PUT, PATCH, DELETE
    shop.yaml:2: title: "The shop around the corner" is longer than 24 characters
    shop.yaml:8: base_url: "http://api.example.com" does not match "^(https://|\{\{)"
    shop.yaml:8: an address has no `{%` and no `{#`: one has to see where it leads
    shop.yaml:8: a server with a field in its name ends with what the card says, as in `https://{{ shop }}.example.com`
    shop.yaml:14: method: "POST" is not one of "GET" or "HEAD"
    shop.yaml:14: method: "DELETE" is not one of "GET" or "HEAD"
    shop.yaml:10: there is no field or argument `kee`
    shop.yaml:10: unexpected end of input, expected end of variable block
    shop.yaml:10: filter shout is unknown
    shop.yaml:12: `auth` fills the header `Authorization` already
    shop.yaml:10: unknown variant `bear`, expected one of none, header, bearer, basic, oauth
    shop.yaml:26: per_call: 0.002 is not of type "string"
    shop.yaml:26: this is not a JSON Schema: 7 is not valid under any of the schemas listed in the 'anyOf' keyword
    shop.yaml:8: unknown field `base_uri`, expected one of base_url, auth, headers, refusal, health, retries
    shop.yaml:7: `key` names a file, which is no secret
    shop.yaml:7: `region` holds a password, so it is `secret: true`
    shop.yaml:7: there is no field `url` that says where the database is
    shop.yaml:26: only what reads may be answered from memory
    shop.yaml:26: an answer is kept for a second at least and an hour at most
    shop.yaml:26: only an HTTP request that changes something has this
    shop.yaml:39: `pages` needs `keep`, which says where the list is
    shop.yaml:40: a query is a list of parameters, or exactly `{{ x }}` with an argument of `type: object`
    shop.yaml:40: query: "all" is not valid under any of the schemas listed in the 'oneOf' keyword
    shop.yaml:10: `key` is secret, and secrets only go into `auth` and `headers`
    shop.yaml:20: the field `key` is there twice
    shop.yaml:32: `note` is both a field and an argument
    shop.yaml:20: a secret field has no default
    shop.yaml:39: `key` is secret, and secrets only go into `auth` and `headers`
    shop.yaml:39: there is no field or argument `number`
    shop.yaml:39: path: "orders/{{ id }}" does not match "^/[^?#]*$"
    shop.yaml:25: a tool that uses DELETE has `risk: destructive`
    shop.yaml:30: type: "whole" is not one of "string", "integer" or 4 other candidates
    shop.yaml:26: this is not a JSON Schema: "low" is not of type "number"
    shop.yaml:31: the default of `id` does not fit its own schema
    shop.yaml:26: input: "additionalProperties" is a required property
    shop.yaml:41: `key` is secret, and secrets only go into `auth` and `headers`
    shop.yaml:38: unknown field `x`, expected one of name, description, risk, ask, cost, cache, idempotency, input, output, run, tests
    shop.yaml:42: `b` is not among the fields that are kept
    shop.yaml:39: `key` is secret, and secrets only go into `auth` and `headers`
    shop.yaml:39: `auth` fills the header `authorization` already
    shop.yaml:40: a request has a `body` or a `text`, not both
    shop.yaml:39: there is no field or argument `number`
    shop.yaml:39: `a` is not among the fields that are kept
    shop.yaml:39: an object with `named` members comes as one page
    shop.yaml:16: missing field `reason`
    "#);
    for (address, default) in [
        ("https://{{ region }}.example.com", "evil.example/"),
        ("https://{{ region }}/v1", "user@evil.example"),
        ("{{ region }}/v1", "https:"),
        ("{{ region }}", "https:///evil.example"),
        ("{{ region }}", "ftp://example.com"),
        ("{{ region }}", "https://example.com?x="),
    ] {
        let text = GOOD
            .replace("https://api.example.com", &format!("'{address}'"))
            .replace("Region\n", &format!("Region\n    default: '{default}'\n"));
        let said = parse("shop.yaml", &text).expect_err(default)[0].to_string();
        assert!(
            said.starts_with("shop.yaml:22: ") && said.contains("default"),
            "{said}"
        );
    }
    for default in ["https://example.com/v1", "http://127.0.0.1:8080"] {
        let text = GOOD
            .replace("https://api.example.com", "'{{ region }}'")
            .replace("Region\n", &format!("Region\n    default: '{default}'\n"));
        assert!(parse("shop.yaml", &text).is_ok(), "{default}");
    }
    let sql_tool = "    run:\n      sql: list_tables\n";
    let at = GOOD.find("    run:").unwrap();
    let problems = parse("shop.yaml", &format!("{}{sql_tool}", &GOOD[..at])).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "shop.yaml:36: the card has no `sql` service for this"
    );
    let twice = format!(
        "{GOOD}{}",
        &GOOD[GOOD.find("  - name: get_order").unwrap()..]
    );
    let problems = parse("shop.yaml", &twice).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "shop.yaml:42: the tool `get_order` is there twice"
    );
}

#[test]
fn a_directory_adds_and_overrides_and_its_broken_cards_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a-shop.yaml", GOOD);
    write("b-shop.yml", &GOOD.replace("title: Shop", "title: Second"));
    write("broken.yaml", "name: [");
    write("github.yaml", &GOOD.replace("name: shop", "name: github"));
    write("notes.txt", "not a card");
    write("huge.yaml", &"#".repeat(300 * 1024));
    let (registry, problems) = Registry::load(Some(folder.path()));
    assert_eq!(registry.all().len(), EMBEDDED.len() + 1);
    assert_eq!(registry.get("github").unwrap().title, "Shop");
    assert_eq!(registry.get("shop").unwrap().title, "Shop");
    let said: Vec<_> = problems.iter().map(|problem| problem.to_string()).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    b-shop.yml:1: a-shop.yaml already has a card named `shop`
    broken.yaml:1: unclosed bracket '['
    huge.yaml:1: cannot be read: it is larger than 256 KiB
    ");

    let (registry, problems) = Registry::load(Some(&folder.path().join("missing")));
    let found = (registry.all().len(), problems.len());
    assert_eq!(found, (EMBEDDED.len(), 1));
}

#[test]
fn a_directory_counts_as_it_is_now_and_a_broken_file_keeps_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("shop.yaml", GOOD);
    let (registry, problems) = Registry::load(Some(folder.path()));
    assert_eq!((problems.len(), registry.reload()), (0, false));
    let title = |name: &str| registry.get(name).map(|card| card.title.clone());
    let held = registry.get("shop").unwrap();

    write("shop.yaml", &GOOD.replace("title: Shop", "title: The shop"));
    write("more.yaml", &GOOD.replace("name: shop", "name: more"));
    assert!(registry.reload() && !registry.reload());
    assert_eq!(title("shop").as_deref(), Some("The shop"));
    assert_eq!(title("more").as_deref(), Some("Shop"));
    assert_eq!(
        held.title, "Shop",
        "whoever works with a card goes on with it"
    );

    write("shop.yaml", "name: [");
    assert!(registry.reload());
    assert_eq!(title("shop").as_deref(), Some("The shop"));
    let said: Vec<_> = registry
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(said, ["shop.yaml:1: unclosed bracket '['"]);
    // Still broken in another way, then whole again, then gone.
    write("shop.yaml", "name: [[");
    assert!(registry.reload());
    assert_eq!(title("shop").as_deref(), Some("The shop"));
    write("shop.yaml", &GOOD.replace("title: Shop", "title: Mended"));
    assert!(registry.reload());
    assert_eq!(title("shop").as_deref(), Some("Mended"));
    assert_eq!(registry.problems(), []);
    std::fs::remove_file(folder.path().join("shop.yaml")).unwrap();
    assert!(registry.reload());
    assert_eq!(title("shop"), None);

    let revision = registry.revision();
    let away = folder.path().with_extension("away");
    std::fs::rename(folder.path(), &away).unwrap();
    assert!(registry.reload());
    assert_eq!(
        title("more").as_deref(),
        Some("Shop"),
        "a folder that is away keeps its cards"
    );
    assert_eq!(
        (registry.problems().len(), registry.revision()),
        (1, revision + 1)
    );
    std::fs::rename(&away, folder.path()).unwrap();
    assert!(registry.reload());
    assert_eq!(registry.problems(), []);
}

#[test]
fn near_names_are_suggested() {
    let registry = Registry::embedded().unwrap();
    let check = |meant: &str, expected: Option<&str>| {
        let found = registry
            .installed()
            .suggest(meant)
            .map(|card| card.name.clone());
        assert_eq!(found.as_deref(), expected, "{meant}");
    };
    check("githb", Some("github"));
    check("GitHub", Some("github"));
    check("git", Some("github"));
    check("postgresql", Some("postgres"));
    check("postgrse", Some("postgres"));
    check("sqllite", Some("sqlite"));
    check("mongodb", None);
    check("g", None);
    check("", None);
}

#[test]
fn schemas_of_arguments_fetch_nothing_and_match_in_linear_time() {
    for reference in ["https://example.com/x.json", "file:///etc/passwd"] {
        let schema = serde_json::json!({ "$ref": reference });
        assert!(argument_validator(&schema).is_err(), "{reference}");
    }
    let slow = serde_json::json!({ "pattern": "^(a+)+$" });
    let begun = std::time::Instant::now();
    let text = format!("{}!", "a".repeat(5_000));
    assert!(!argument_validator(&slow).unwrap().is_valid(&text.into()));
    assert!(begun.elapsed().as_secs() < 2);
}
