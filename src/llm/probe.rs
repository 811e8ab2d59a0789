//! Whether a model server answers on this machine, and what is installed there.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A local server answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// The models installed in the Ollama at `base_url`; nothing when none answers.
pub async fn ollama(http: &reqwest::Client, base_url: &str) -> Option<Vec<String>> {
    let tags: Tags = get(http, base_url, "api/tags").await?;
    Some(tags.models.into_iter().map(|tag| tag.name).collect())
}

/// The models that a server such as LM Studio offers at `base_url`; nothing when none answers.
pub async fn openai_compatible(http: &reqwest::Client, base_url: &str) -> Option<Vec<String>> {
    let listing: Listing = get(http, base_url, "models").await?;
    Some(listing.data.into_iter().map(|model| model.id).collect())
}

async fn get<T: DeserializeOwned>(http: &reqwest::Client, base_url: &str, path: &str) -> Option<T> {
    let url = format!("{}/{path}", base_url.trim_end_matches('/'));
    // Why it does not answer matters to nobody: the next provider is tried.
    let response = http.get(url).timeout(PATIENCE).send().await.ok()?;
    response.error_for_status().ok()?.json().await.ok()
}
