//! Which model is chosen, and what a configuration is told.

use super::*;

fn catalogue(config: &ModelsConfig, keys: &WellKnownKeys) -> Catalogue {
    #[expect(
        clippy::disallowed_methods,
        reason = "the client of the product is not within reach of a unit test"
    )]
    let http = reqwest::Client::new();
    Catalogue::new(config, keys, http)
}

fn config(json: serde_json::Value) -> ModelsConfig {
    serde_json::from_value(json).unwrap()
}

fn key(text: &str) -> Option<SecretString> {
    Some(SecretString::from(text))
}

#[tokio::test]
async fn the_first_that_can_be_reached_is_chosen() {
    let check = async |config: &ModelsConfig, keys: &WellKnownKeys, expected: &str| {
        let chosen = catalogue(config, keys).choose().await.unwrap();
        assert_eq!(chosen.name(), expected);
    };
    let none = ModelsConfig::default();
    let all = WellKnownKeys {
        anthropic: key("a"),
        openai: key("o"),
        google: key("g"),
        ..WellKnownKeys::default()
    };
    check(&none, &all, "anthropic/claude-sonnet-5-5").await;
    let openai = WellKnownKeys {
        anthropic: None,
        ..all.clone()
    };
    check(&none, &openai, "openai/gpt-6.1-terra").await;
    let google = WellKnownKeys {
        openai: None,
        ..openai
    };
    check(&none, &google, "gemini/gemini-3.8-flash").await;
    let named = config(serde_json::json!({"default": "demo"}));
    check(&named, &all, "demo/planner").await;
    let own = config(serde_json::json!({"providers": {"box": {
        "kind": "openai_compatible", "base_url": "http://127.0.0.1:9/v1", "models": ["m/x"]}}}));
    check(&own, &WellKnownKeys::default(), "box/m/x").await;
    check(&own, &all, "anthropic/claude-sonnet-5-5").await;
    let other = config(
        serde_json::json!({"default": "openai/gpt-4o", "providers": {"openai": {
        "kind": "openai", "models": ["gpt-4o-mini"]}}}),
    );
    check(&other, &all, "openai/gpt-4o").await;
}

#[tokio::test]
async fn an_unknown_provider_is_answered_with_what_there_is() {
    let keys = WellKnownKeys {
        openai: key("o"),
        ..WellKnownKeys::default()
    };
    let catalogue = catalogue(&ModelsConfig::default(), &keys);
    let Err(error) = catalogue.model("acme/large").await else {
        panic!("there is no such provider");
    };
    assert_eq!(
        error.sentence(),
        "There is no model `acme/large` here. Pick one of these: `openai/gpt-6.1-terra`, `openai/gpt-6.1-sol`, `openai/gpt-6-luna`, `demo/planner`."
    );
    assert_eq!(
        catalogue.model("openai").await.unwrap().name(),
        "openai/gpt-6.1-terra"
    );
}

#[test]
fn a_key_found_in_the_environment_is_not_sent_to_a_configured_address() {
    let config = config(serde_json::json!({"providers": {
        "openai": {"kind": "openai", "base_url": "https://proxy.example/v1"},
        "anthropic": {"kind": "anthropic", "models": ["claude-opus-5-5"]},
    }}));
    let keys = WellKnownKeys {
        openai: key("o"),
        anthropic: key("a"),
        ..WellKnownKeys::default()
    };
    let providers = catalogue(&config, &keys).providers;
    assert!(providers["openai"].api_key.is_none());
    assert!(providers["anthropic"].api_key.is_some());
    assert_eq!(providers["anthropic"].models, ["claude-opus-5-5"]);
}

#[test]
fn an_installed_model_that_calls_tools_is_preferred() {
    let check = |installed: &[&str], expected: Option<&str>| {
        let installed: Vec<String> = installed.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(preferred(&installed), expected, "{installed:?}");
    };
    check(
        &["gemma3:4b", "qwen3:8b", "nomic-embed-text"],
        Some("qwen3:8b"),
    );
    check(&["openai/GPT-OSS-20b"], Some("openai/GPT-OSS-20b"));
    check(&["nomic-embed-text", "gemma3:4b"], Some("gemma3:4b"));
    check(&["nomic-embed-text"], None);
    check(&[], None);
}

#[test]
fn the_host_of_ollama_is_read_as_ollama_reads_it() {
    let check = |host, expected: Option<&str>| {
        assert_eq!(ollama_url(host).as_deref(), expected, "{host}");
    };
    check("0.0.0.0", Some("http://127.0.0.1:11434"));
    check("gpu-box", Some("http://gpu-box:11434"));
    check("127.0.0.1:8080", Some("http://127.0.0.1:8080"));
    check("https://ollama.example/", Some("https://ollama.example"));
    check(" ", None);
    check("http://", None);
}

#[test]
fn a_configuration_is_told_all_that_is_wrong() {
    let check = |json: serde_json::Value, expected: &[&str]| {
        assert_eq!(config(json).validate(), expected);
    };
    check(serde_json::json!({}), &[]);
    check(
        serde_json::json!({"default": "ollama/qwen3", "providers": {
            "anthropic": {"kind": "anthropic"},
            "lm_studio": {"kind": "openai_compatible", "models": ["x"]}}}),
        &[],
    );
    check(
        serde_json::json!({
            "default": "acme",
            "timeouts": {"total_timeout": "0s"},
            "providers": {
                "Big Box": {"kind": "ollama", "base_url": "ftp://x"},
                "demo": {"kind": "ollama", "base_url": "http://u:p@x", "models": [" "]},
                "mine": {"kind": "openai"},
                "other": {"kind": "openai_compatible", "api_key": " "},
            }
        }),
        &[
            "`models.providers.Big Box`: a provider's name has letters from a to z, digits, `-` and `_`.",
            "`models.providers.Big Box.base_url` must start with `https://` or `http://`.",
            "`models.providers.demo` is the name of the built-in model: pick another.",
            "`models.providers.demo.base_url` has a user or password in it: use `api_key`.",
            "`models.providers.demo.models` has an empty name: remove it.",
            "`models.providers.mine.api_key` is missing: OpenAI wants a key.",
            "`models.providers.other.base_url` is missing: say where the server is, such as `http://127.0.0.1:8000/v1`.",
            "`models.providers.other.api_key` is empty: set the key or remove the line.",
            "`models.default` is `acme`: write `provider/model`, with a provider of `models.providers`.",
            "`models.timeouts.total_timeout` is zero: give models some time, such as `\"60s\"`.",
        ],
    );
}

#[test]
fn a_key_is_not_printed() {
    let config =
        config(serde_json::json!({"providers": {"x": {"kind": "openai", "api_key": "sk-1"}}}));
    assert!(!format!("{config:?}").contains("sk-1"));
}
