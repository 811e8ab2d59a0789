//! The two ways in: slack-morphism's Socket Mode listener, and its routes for the Events API.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::anyhow;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use slack_morphism::prelude::*;
use tokio::net::TcpListener;

use crate::{APP, Environment, SIGNING_SECRET, commands, events, interactions, ready};

/// Listens on Socket Mode until the process ends.
pub async fn over_sockets(environment: Environment) -> anyhow::Result<()> {
    let callbacks = SlackSocketModeListenerCallbacks::new()
        .with_hello_events(|_, _, _| std::future::ready(()))
        .with_command_events(commands::on_command)
        .with_interaction_events(interactions::on_interaction)
        .with_push_events(events::on_event);
    let config = SlackClientSocketModeConfig::new();
    let listener = SlackClientSocketModeListener::new(&config, environment, callbacks);
    listener.listen_for(&APP).await?;
    ready();
    listener.serve().await;
    Ok(())
}

/// Serves the three paths of an app until the process ends.
pub async fn over_http(environment: Environment, port: u16) -> anyhow::Result<()> {
    let secret = SlackSigningSecret::new(SIGNING_SECRET.into());
    let push = Arc::new(
        SlackPushEventsListenerConfig::new(secret.clone()).with_events_path("/slack/events".into()),
    );
    let interaction = Arc::new(
        SlackInteractionEventsListenerConfig::new(secret.clone())
            .with_events_path("/slack/interactivity".into()),
    );
    let command = Arc::new(
        SlackCommandEventsListenerConfig::new(secret).with_events_path("/slack/commands".into()),
    );
    let listener = SlackClientEventsHyperListener::new(environment);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = TcpListener::bind(address).await?;
    ready();
    loop {
        let (stream, _) = server.accept().await?;
        let routes = chain_service_routes_fn(
            listener.push_events_service_fn(push.clone(), events::on_push),
            chain_service_routes_fn(
                listener.interaction_events_service_fn(
                    interaction.clone(),
                    interactions::on_interaction,
                ),
                chain_service_routes_fn(
                    listener.command_events_service_fn(command.clone(), commands::on_command),
                    elsewhere,
                ),
            ),
        );
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(routes));
        crate::later(async { connection.await.map_err(|error| anyhow!(error)) });
    }
}

async fn elsewhere(
    _request: Request<Incoming>,
) -> AnyStdResult<
    Response<http_body_util::combinators::BoxBody<hyper::body::Bytes, std::convert::Infallible>>,
> {
    let mut answer = Response::new(Empty::new().boxed());
    *answer.status_mut() = HttpStatusCode::NOT_FOUND;
    Ok(answer)
}
