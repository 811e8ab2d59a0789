//! A person types into an external select: the app is asked what there is to choose.

use serde::Serialize;
use serde_json::{Value, json};

use super::click::Target;
use super::place;
use crate::blocks::{self, Element, Wanted};
use crate::dispatch::{self, Answer, Attempt, Kind, Outgoing};
use crate::error::Refused;
use crate::payloads::{self, Asked};
use crate::sim::Sim;
use crate::state::Workspace;

/// How much has to be typed where the app does not say.
const LEAST: u64 = 3;

/// What the app offers to choose from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Suggestions {
    /// Whether the app offered anything that Slack takes.
    pub ok: bool,
    /// The options it offered.
    pub options: Vec<Value>,
    /// The groups of options it offered instead.
    pub option_groups: Vec<Value>,
    /// Why there is nothing: `operation_timeout`, `no_app`, `dispatch_failed`, or a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Suggestions {
    fn failed(error: &str) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }

    /// What the app answered, as far as Slack would show it.
    fn from_answer(answer: Option<&Value>) -> Self {
        let answer = answer.unwrap_or(&Value::Null);
        let list = |name: &str| answer[name].as_array().cloned();
        let (options, option_groups) = (list("options"), list("option_groups"));
        if options.is_none() && option_groups.is_none() {
            return Self::failed("The app answered with neither `options` nor `option_groups`.");
        }
        let problems = blocks::suggestion_problems(answer);
        if !problems.is_empty() {
            return Self::failed(&format!(
                "The app offered what Slack does not take: {}",
                problems.join("; ")
            ));
        }
        Self {
            ok: true,
            options: options.unwrap_or_default(),
            option_groups: option_groups.unwrap_or_default(),
            error: None,
        }
    }
}

impl Sim {
    /// A person types into the external select with this action id: `sim.suggest("alice", &view, "project", "road")`.
    pub async fn suggest(
        &self,
        user: &str,
        target: impl Into<Target>,
        action_id: &str,
        typed: &str,
    ) -> Suggestions {
        let target = target.into();
        let payload = self
            .team()
            .look(|ws| prepare(ws, user, &target, action_id, typed));
        let payload = match payload {
            Ok(payload) => payload,
            Err(refused) => return Suggestions::failed(&refused.to_string()),
        };
        let outgoing = Outgoing {
            kind: Kind::Interaction,
            payload,
        };
        match dispatch::send(self.team(), &outgoing, &Attempt::default()).await {
            Answer::Acked { payload, .. } => Suggestions::from_answer(payload.as_ref()),
            Answer::Silent => Suggestions::failed("operation_timeout"),
            Answer::NoApp => Suggestions::failed("no_app"),
            Answer::Refused { .. } => Suggestions::failed("dispatch_failed"),
        }
    }
}

fn prepare(
    ws: &Workspace,
    user: &str,
    target: &Target,
    action_id: &str,
    typed: &str,
) -> Result<Value, Refused> {
    match target {
        Target::Message { channel, ts } => {
            let (user, channel) = place(ws, user, channel)?;
            let post = ws
                .find_post(&channel, ts)
                .filter(|post| post.is_visible_to(&user))
                .ok_or_else(|| Refused(format!("There is no message {ts} to choose in.")))?;
            let block_id = field(&post.blocks, action_id, typed)?;
            let channel = ws.channel_for(&user, &channel)?;
            let asked = asked(&user, block_id, action_id, typed);
            Ok(payloads::suggestion_in_message(ws, &asked, channel, post))
        }
        Target::View(id) => {
            let user = ws.person(user)?.id.clone();
            let view = ws
                .view_of(&user, id)
                .ok_or_else(|| Refused(format!("There is no open view {id} to choose in.")))?;
            let contents = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
            let block_id = field(contents, action_id, typed)?;
            let asked = asked(&user, block_id, action_id, typed);
            Ok(payloads::suggestion_in_view(ws, &asked, view))
        }
    }
}

fn asked<'a>(user: &'a str, block_id: &'a str, action_id: &'a str, value: &'a str) -> Asked<'a> {
    Asked {
        user,
        block_id,
        action_id,
        value,
    }
}

/// The block of an external select, if enough was typed into it.
fn field<'a>(contents: &'a [Value], action_id: &str, typed: &str) -> Result<&'a str, Refused> {
    let wanted = Wanted::Action(action_id.to_owned());
    let found = blocks::find(contents, None, &wanted);
    let Some(Element { block_id, element }) = found.filter(|found| {
        let kind = &found.element["type"];
        *kind == json!("external_select") || *kind == json!("multi_external_select")
    }) else {
        return Err(Refused(format!(
            "There is no external select `{action_id}`."
        )));
    };
    let least = element["min_query_length"].as_u64().unwrap_or(LEAST);
    if u64::try_from(typed.chars().count()).unwrap_or(u64::MAX) < least {
        return Err(Refused(format!("Type at least {least} characters.")));
    }
    Ok(block_id)
}
