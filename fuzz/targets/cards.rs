//! Run cards and what is made of them: a card that is accepted renders with whatever a model gives it,
//! and what it renders stays with the card's server and shows no secret.
//!
//! The input is a card and the arguments of its calls as JSON, with a line of `---` between them; the
//! name of a card that ships stands for that card.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use patchbay::cards::{EMBEDDED, argument_validator, parse};
use patchbay::domain::card::{Card, CardTool, ServiceKind};
use patchbay::error::{Error, Kind};
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::{Target, ToolSource as _};
use serde_json::{Map, Value};
use url::Url;

const SECRET: &str = "s3cr3t-t0ken";

static HTTP: LazyLock<HttpSource> = LazyLock::new(|| {
    HttpSource::new(guarded_client(&AddressPolicy::default()).expect("it has no settings"))
});

static SHIPPED: LazyLock<BTreeMap<&str, Arc<Card>>> = LazyLock::new(|| {
    let cards = EMBEDDED.iter().map(|(file, text)| {
        let card = parse(file, text).unwrap_or_else(|problems| panic!("{problems:?}"));
        (file.trim_end_matches(".yaml"), Arc::new(card))
    });
    cards.collect()
});

fuzz_target!(|text: &str| {
    let (card, arguments) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let card = match SHIPPED.get(card.trim()) {
        Some(card) => card.clone(),
        None => match parse("fuzz.yaml", card) {
            Ok(card) => Arc::new(card),
            Err(problems) => return judge_problems(card, &problems),
        },
    };
    let arguments = serde_json::from_str(arguments).unwrap_or_default();
    for tool in &card.tools {
        try_tool(&card, tool, &arguments);
    }
});

/// What is wrong is said in one line each, about a line that is there.
fn judge_problems(text: &str, problems: &[patchbay::cards::CardProblem]) {
    assert!(!problems.is_empty());
    // A carriage return ends a line of YAML as well.
    let lines = 1 + text.matches(['\n', '\r']).count();
    let lines = u64::try_from(lines).expect("it is short");
    for problem in problems {
        assert!(
            (1..=lines).contains(&problem.line),
            "{problem} of {lines} lines"
        );
        assert!(!problem.reason.contains(char::is_control), "{problem:?}");
        assert!(!problem.reason.trim().is_empty());
    }
}

fn try_tool(card: &Arc<Card>, tool: &CardTool, given: &Map<String, Value>) {
    if tool.run.kind() != ServiceKind::Http {
        return;
    }
    let Ok(schema) = argument_validator(&tool.input) else {
        panic!("the card was accepted with a schema that is none");
    };
    // As the executor does: what does not fit the schema never gets here.
    let Some(known) = tool.input["properties"].as_object() else {
        return;
    };
    let mut arguments = given.clone();
    arguments.retain(|name, _| known.contains_key(name));
    if !schema.is_valid(&Value::Object(arguments.clone())) {
        return;
    }
    let target = target(card, "https://api.example.com/base");
    let error = match preview(&target, tool, &arguments) {
        Ok(shown) => return judge_request(card, &shown),
        Err(error) => error,
    };
    let may_be = matches!(error.kind(), Kind::Denied(_) | Kind::Invalid);
    assert!(may_be, "{} of {}: {error:?}", tool.name, card.name);
}

/// A request stays with the card's server and below its address, and shows no secret.
fn judge_request(card: &Card, shown: &str) {
    let url = shown
        .split([' ', '\n'])
        .nth(1)
        .expect("a method and an address");
    let url: Url = url.parse().expect("an address");
    assert!(!shown.contains(SECRET), "{shown}");
    let service = card.service.http.as_ref().expect("it has one");
    if service.base_url.contains('{') {
        // Filled in by whoever connects: it is theirs to say where.
        return;
    }
    let base: Url = service.base_url.parse().expect("the card was accepted");
    assert_eq!(url.origin(), base.origin(), "{url} left {base}");
    let below = base.path().trim_end_matches('/');
    assert!(url.path().starts_with(below), "{url} left {base}");
}

fn target(card: &Arc<Card>, address: &str) -> Target {
    let (mut config, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for field in &card.fields {
        match field.secret {
            true => drop(secrets.insert(field.name.clone(), SECRET.into())),
            false => drop(config.insert(field.name.clone(), address.to_owned())),
        }
    }
    Target {
        card: card.clone(),
        config,
        secrets,
        key: None,
    }
}

/// A request as it would be shown before it is allowed. Nothing is waited for.
fn preview(
    target: &Target,
    tool: &CardTool,
    arguments: &Map<String, Value>,
) -> Result<String, Error> {
    let mut future = HTTP.preview(target, tool, arguments);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(shown) => {
            let shown = shown?.expect("HTTP always shows its request");
            let text = shown.text();
            Ok(text
                .strip_prefix("This is sent:\n")
                .expect("its heading")
                .to_owned())
        }
        Poll::Pending => panic!("building a request waited for something"),
    }
}
