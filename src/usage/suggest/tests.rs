//! Each rule just below its threshold and at it.

use super::*;
use crate::domain::connection::ConnectionStatus;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::usage::TokenUsage;
use crate::ids::{ConnectionId, TeamId, UserId};

fn at(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::Duration::days(day)
}

/// `made` and `used` are days; the thirty days begin at day 100.
fn connection(name: &str, card: &str, made: i64, used: Option<i64>) -> Connection {
    Connection {
        id: ConnectionId::generate(),
        owner: Principal::new(TeamId::new("T1"), UserId::new("U1")),
        name: name.parse().unwrap(),
        card: card.to_owned(),
        config: std::collections::BTreeMap::new(),
        credential: None,
        secret_fields: Default::default(),
        status: ConnectionStatus::Active,
        tools: Vec::new(),
        created_at: at(made),
        last_used: used.map(at),
        usage_count: 0,
    }
}

fn tool(connection: &str, service: &str, tool: &str, calls: i64) -> ToolRecord {
    ToolRecord {
        connection: connection.parse().unwrap(),
        service: service.to_owned(),
        tool: tool.to_owned(),
        calls,
        result_tokens: 0,
        recent: 0,
        recent_failed: 0,
    }
}

fn used(model: &str, questions: i64, input: i64) -> ModelRecord {
    let tokens = TokenUsage {
        input,
        ..TokenUsage::default()
    };
    ModelRecord {
        model: model.to_owned(),
        questions,
        tokens,
        cost: Prices::built_in().cost(model, &tokens).amount(),
    }
}

fn advised(
    connections: &[Connection],
    tools: &[ToolRecord],
    models: &[ModelRecord],
) -> Vec<Suggestion> {
    let others = [
        "openai/gpt-4o",
        "openai/gpt-4o-mini",
        "openai/gpt-4.1-nano",
        "ollama/qwen3",
        "house/any",
    ];
    let facts = Facts {
        since: at(100),
        connections,
        tools,
        models,
        model: "openai/gpt-4o",
        others: &others.map(str::to_owned),
        prices: &Prices::built_in(),
        is_direct: &|card, _| matches!(card, "postgres" | "sqlite"),
    };
    suggestions(&facts)
}

#[test]
fn nothing_is_said_to_whom_nothing_can_be_said() {
    assert_eq!(advised(&[], &[], &[]), []);
}

#[test]
fn more_than_ten_queries_through_an_api_are_worth_a_database_connection() {
    let check = |counts: &[(&str, &str, i64)], cards: &[&str], expected: Option<i64>| {
        let connections: Vec<Connection> = cards
            .iter()
            .map(|card| connection(card, card, 120, None))
            .collect();
        let tools = counts.iter();
        let tools: Vec<ToolRecord> = tools
            .map(|(service, name, calls)| tool(service, service, name, *calls))
            .collect();
        let found = advised(&connections, &tools, &[]);
        let queries = found.iter().find_map(|it| match it {
            Suggestion::Direct { queries, .. } => Some(*queries),
            _ => None,
        });
        assert_eq!(queries, expected, "{counts:?} {cards:?}");
    };
    check(&[("supabase", "execute_sql", 10)], &["supabase"], None);
    check(&[("supabase", "execute_sql", 11)], &["supabase"], Some(11));
    let both = [
        ("supabase", "execute_sql", 6),
        ("supabase", "list_tables", 5),
    ];
    check(&both, &["supabase"], Some(11));
    check(&[("supabase", "list_buckets", 50)], &["supabase"], None);
    check(&both, &["supabase", "postgres"], None);
    check(&[("postgres", "execute_sql", 50)], &["postgres"], None);
    let apart = [("supabase", "execute_sql", 6), ("other", "execute_sql", 6)];
    check(&apart, &["supabase", "other"], None);
}

#[test]
fn a_tool_that_fails_every_second_time_is_told() {
    let check = |recent: i64, recent_failed: i64, told: bool| {
        let failing = ToolRecord {
            recent,
            recent_failed,
            ..tool("shop", "sqlite", "execute_sql", 100)
        };
        let found = advised(&[], &[failing], &[]);
        assert_eq!(!found.is_empty(), told, "{recent_failed} of {recent}");
    };
    check(4, 4, false);
    check(5, 3, true);
    check(6, 3, true);
    check(7, 3, false);
    check(100, 0, false);
}

#[test]
fn long_results_are_told_where_there_are_several() {
    let check = |calls: i64, result_tokens: i64, expected: Option<i64>| {
        let long = ToolRecord {
            result_tokens,
            ..tool("shop", "sqlite", "execute_sql", calls)
        };
        let found = advised(&[], &[long], &[]);
        let tokens = found.iter().find_map(|it| match it {
            Suggestion::Narrower { tokens, .. } => Some(*tokens),
            _ => None,
        });
        assert_eq!(tokens, expected, "{calls} {result_tokens}");
    };
    check(4, 400_000, None);
    check(5, 39_999, None);
    check(5, 40_000, Some(8_000));
    check(0, 40_000, None);
}

#[test]
fn a_cheaper_model_is_told_where_it_is_worth_it() {
    let check = |models: &[ModelRecord], expected: Option<&str>| {
        let found = advised(&[], &[], models);
        let model = found.iter().find_map(|it| match it {
            Suggestion::Cheaper { model, .. } => Some(model.as_str()),
            _ => None,
        });
        assert_eq!(model, expected, "{models:?}");
    };
    // A dollar is 400,000 tokens of gpt-4o.
    check(
        &[used("openai/gpt-4o", 20, 400_000)],
        Some("openai/gpt-4o-mini"),
    );
    check(&[used("openai/gpt-4o", 19, 400_000)], None);
    check(&[used("openai/gpt-4o", 20, 399_999)], None);
    // Not the one that answers now.
    check(&[used("openai/gpt-4", 20, 400_000)], None);
    let unpriced = ModelRecord {
        cost: None,
        ..used("openai/gpt-4o", 20, 400_000)
    };
    check(&[unpriced], None);
}

#[test]
fn connections_that_nobody_used_for_thirty_days_are_told_together() {
    let connections = [
        connection("old", "github", 50, None),
        connection("once", "github", 50, Some(99)),
        connection("lately", "github", 50, Some(100)),
        connection("new", "github", 100, None),
    ];
    let found = advised(&connections, &[], &[]);
    let connections = vec!["old".to_owned(), "once".to_owned()];
    assert_eq!(found, [Suggestion::Unused { connections }]);
    let words = found[0].text("/mcp").to(Language::English);
    assert!(
        words.contains("`old`, `once`") && words.contains("them"),
        "{words}"
    );
}
