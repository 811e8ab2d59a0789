//! What the app does about clicks, submissions and shortcuts, by slack-morphism's types of them.

use std::collections::HashMap;

use anyhow::Context as _;
use slack_morphism::prelude::{SlackViewSubmissionResponse as Answer, *};

use crate::screens::{home, note, text};
use crate::{BOT, Client, Outcome, later, post, tell, words};

/// Slack-morphism's callback for everything interactive.
pub async fn on_interaction(
    event: SlackInteractionEvent,
    client: Client,
    _: SlackClientEventsUserState,
) -> Outcome<SlackInteractionResponse> {
    match event {
        SlackInteractionEvent::ViewSubmission(event) => return Ok(submitted(event, client)),
        SlackInteractionEvent::BlockActions(event) => {
            later(async move { clicked(&client, event).await });
        }
        SlackInteractionEvent::MessageAction(event) => {
            later(async move { asked(&client, event).await });
        }
        SlackInteractionEvent::Shortcut(event) => later(async move {
            let open = SlackApiViewsOpenRequest::new(event.trigger_id, note("by a shortcut"));
            client.open_session(&BOT).views_open(&open).await?;
            Ok(())
        }),
        SlackInteractionEvent::ViewClosed(event) => {
            later(async move { tell(&client, &event.user.id, "closed the form").await });
        }
        SlackInteractionEvent::BlockSuggestion(event) => {
            return Ok(SlackInteractionResponse::BlockSuggestion(offered(&event)));
        }
        SlackInteractionEvent::DialogSubmission(_) => {}
    }
    Ok(SlackInteractionResponse::Empty)
}

fn offered(event: &SlackInteractionBlockSuggestionEvent) -> SlackBlockSuggestionResponse {
    let option = |end: &str| {
        let (words, value) = (
            format!("{} {end}", event.value),
            format!("{}-{end}", event.value),
        );
        SlackBlockChoiceItem::new(text(&words), value)
    };
    let options = ["map", "works"].map(option).to_vec();
    SlackBlockSuggestionResponse::Options(SlackBlockSuggestionOptions::new(options))
}

async fn clicked(client: &Client, event: SlackInteractionBlockActionsEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let actions = event.actions.context("a click without an action")?;
    let action = actions.first().context("a click without an action")?;
    match action.action_id.0.as_str() {
        "ping" => {
            let address = event.response_url.context("a click without an address")?;
            let pong =
                SlackApiPostWebhookMessageRequest::new(words("pong")).with_replace_original(true);
            client.respond_to_event(&address, &pong).await?;
        }
        "project" => {
            let address = event.response_url.context("a choice without an address")?;
            let chosen = action.selected_option.as_ref();
            let chosen = &chosen.context("a choice of nothing")?.value;
            let said = SlackApiPostWebhookMessageRequest::new(words(format!("chose {chosen}")))
                .with_replace_original(true);
            client.respond_to_event(&address, &said).await?;
        }
        "push" => {
            let push = SlackApiViewsPushRequest::new(event.trigger_id, note("pushed on top"));
            session.views_push(&push).await?;
        }
        "home_ping" => {
            let user = event.user.context("a click without a person")?;
            let publish = SlackApiViewsPublishRequest::new(user.id, home("home pong"));
            session.views_publish(&publish).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn asked(client: &Client, event: SlackInteractionMessageActionEvent) -> anyhow::Result<()> {
    let channel = event.channel.context("a shortcut without a channel")?.id;
    let message = event.message.context("a shortcut without a message")?;
    let text = message.content.text.unwrap_or_default();
    let asked = format!("asked about: {text}");
    post(client, &channel, Some(&message.origin.ts), asked).await?;
    Ok(())
}

fn submitted(
    event: SlackInteractionViewSubmissionEvent,
    client: Client,
) -> SlackInteractionResponse {
    let answer = match name_in(&event.view).as_str() {
        "bad" => {
            let errors = HashMap::from([("name".into(), "not that one".into())]);
            Answer::Errors(SlackViewSubmissionErrorsResponse::new(errors))
        }
        "update" => Answer::Update(SlackViewSubmissionUpdateResponse::new(note(
            "updated in place",
        ))),
        "push" => Answer::Push(SlackViewSubmissionPushResponse::new(note(
            "pushed by answer",
        ))),
        "clear" => Answer::Clear(SlackViewSubmissionClearResponse::new()),
        name => {
            let said = format!("saved: {name}");
            later(async move { tell(&client, &event.user.id, said).await });
            return SlackInteractionResponse::Empty;
        }
    };
    SlackInteractionResponse::ViewSubmission(answer)
}

fn name_in(view: &SlackStatefulView) -> String {
    let state = view.state_params.state.as_ref();
    let field = state.and_then(|state| state.values.get(&SlackBlockId::from("name")));
    let value = field.and_then(|field| field.get(&SlackActionId::from("value")));
    value
        .and_then(|value| value.value.clone())
        .unwrap_or_default()
}
