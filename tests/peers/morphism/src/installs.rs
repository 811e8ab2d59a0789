//! OAuth: a workspace by the library's own pages, an organisation and new tokens by its generic calls.

use std::sync::Mutex;

use anyhow::{Context as _, anyhow};
use axum::body::Body;
use axum::http::{Request, header};
use serde::Deserialize;
use slack_morphism::prelude::*;

use crate::{Client, Environment};

/// Where the browser goes back to; nobody listens there, the driver hands it over.
const HOST: &str = "http://127.0.0.1:9";

/// What the library's page for coming back was told last.
static INSTALLED: Mutex<Option<SlackOAuthV2AccessTokenResponse>> = Mutex::new(None);

fn config() -> SlackOAuthListenerConfig {
    SlackOAuthListenerConfig::new(
        "1234567890.0987654321".into(),
        "sim-client-secret".into(),
        "chat:write,users:read".into(),
        HOST.into(),
    )
    .with_user_scope("users:read".into())
    .with_redirect_callback_path("/callback".into())
}

fn pages(
    client: &Client,
) -> SlackEventsAxumListener<hyper_util::client::legacy::connect::HttpConnector> {
    let environment: Environment = SlackClientEventsListenerEnvironment::new(client.clone()).into();
    SlackEventsAxumListener::new(environment)
}

/// Where the library's page sends people who install the app.
pub async fn address(client: &Client) -> anyhow::Result<String> {
    let page = pages(client).slack_oauth_install(&config());
    let answer = page(Request::get("/auth/install").body(Body::empty())?).await;
    let location = answer.headers().get(header::LOCATION);
    let location = location.context("the page led nowhere")?;
    Ok(location.to_str()?.to_owned())
}

/// The browser comes back to the library's page; who the app is then, and in which workspace.
pub async fn installed(client: &Client, redirect: &str) -> anyhow::Result<String> {
    let page = pages(client).slack_oauth_callback(&config(), |response, _, _| async {
        if let Ok(mut installed) = INSTALLED.lock() {
            *installed = Some(response);
        }
    });
    page(Request::get(redirect).body(Body::empty())?).await;
    let installed = INSTALLED.lock().map_err(|error| anyhow!("{error}"))?.take();
    let installed = installed.context("the page had no tokens")?;
    let person = installed.authed_user.access_token;
    let person = who(client, person.context("no token of the person")?).await?;
    let bot = who(client, installed.access_token).await?;
    let team = installed.team.id;
    Ok(format!("installed in {team} as {bot} and {person}"))
}

/// What `SlackOAuthV2AccessTokenResponse` (src/api/oauth.rs) has no room for: no team, and tokens that end.
#[derive(Deserialize)]
struct Grant {
    access_token: SlackApiTokenValue,
    refresh_token: String,
    team: Option<Place>,
    enterprise: Option<Place>,
    authed_user: Option<Person>,
}

#[derive(Deserialize)]
struct Place {
    id: String,
}

#[derive(Deserialize)]
struct Person {
    access_token: Option<SlackApiTokenValue>,
}

/// The browser comes back with a code: tokens, then the same ones renewed as if they ran out.
pub async fn callback(client: &Client, redirect: &str) -> anyhow::Result<String> {
    let redirect: hyper::Uri = redirect.parse()?;
    let code = redirect.query().unwrap_or_default().split('&');
    let code = code.filter_map(|field| field.strip_prefix("code=")).next();
    let code = code.context("no code")?;
    let home = format!("{HOST}/callback");
    let first = access(client, &[("code", code), ("redirect_uri", &home)]).await?;
    let place = first.team.or(first.enterprise).context("nowhere")?.id;
    let person = first.authed_user.and_then(|person| person.access_token);
    let person = person.context("no token of the person")?;
    let (bot, person) = (
        who(client, first.access_token.clone()).await?,
        who(client, person).await?,
    );
    let renewal = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &first.refresh_token),
    ];
    let second = access(client, &renewal).await?.access_token;
    let renewed = second != first.access_token && who(client, second).await? == "patchbay";
    Ok(format!(
        "installed in {place} as {bot} and {person}, renewed: {renewed}"
    ))
}

async fn access(client: &Client, query: &[(&str, &str)]) -> anyhow::Result<Grant> {
    let connector = &client.http_api.connector;
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| (*name, Some(*value)))
        .collect();
    let method = connector.create_method_uri_path("oauth.v2.access")?;
    let address = SlackClientHttpApiUri::create_url_with_params(method, &query)?;
    let app = config();
    Ok(connector
        .http_get_with_client_secret(address, &app.client_id, &app.client_secret)
        .await?)
}

/// The name of whose token this is.
async fn who(client: &Client, token: SlackApiTokenValue) -> anyhow::Result<String> {
    let token = SlackApiToken::new(token);
    let answer = client.open_session(&token).auth_test().await?;
    answer.user.context("a nameless one")
}
