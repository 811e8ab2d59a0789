//! An answer that is very long, as a file below its beginning: uploaded, then shared in the thread.

use super::{CallError, noted, pages};
use crate::app::App;
use crate::domain::hidden::spelled;
use crate::domain::language::Language;
use crate::slack::blocks::clipped;
use crate::slack::standing::is_about_the_token;
use crate::store::{FileState, Outgoing};
use crate::text;

/// What people who download it get.
const NAME: &str = "answer.md";
/// Characters of the question in its title.
const TITLE: usize = 80;
/// After that many unheard tries, about a quarter of a minute of them, the answer goes as messages.
const MOST_TRIES: i64 = 5;
/// From that try on a file that Slack does not know, nor shows in the thread, is taken for lost.
const LOST_AFTER: i64 = 3;
/// Slack's code for an upload that it does not know, or that was finished before.
const GONE: &str = "file_not_found";

/// Whether the whole answer is, or is to be, in a file. One that goes on in several messages already
/// stays there.
pub(super) fn holds(outgoing: &Outgoing) -> bool {
    outgoing.stream_offset == 0
        && outgoing.file_state != FileState::Refused
        && outgoing
            .post
            .0
            .answer()
            .is_some_and(|answer| answer.chars().count() > pages::LONGEST)
}

/// Whether Slack has its content and it is not known to be in the thread.
pub(super) fn is_to_be_shared(outgoing: &Outgoing) -> bool {
    holds(outgoing) && outgoing.file_state == FileState::Uploaded
}

/// Brings the content to Slack, where nobody sees it yet: done twice, one of the two is forgotten.
pub(super) async fn upload(app: &App, outgoing: &mut Outgoing) -> Result<(), CallError> {
    let answer = match outgoing.post.0.answer() {
        Some(answer) if holds(outgoing) && outgoing.file_state == FileState::None => answer,
        Some(_) | None => return Ok(()),
    };
    if outgoing.attempts > MOST_TRIES {
        return refused(app, outgoing, "too many tries").await;
    }
    match app.slack.upload(NAME, answer.as_bytes()).await {
        Ok(id) => is_now(app, outgoing, FileState::Uploaded, Some(id)).await,
        Err(error) if is_final(&error, outgoing) => {
            refused(app, outgoing, &error.to_string()).await
        }
        Err(error) => Err(error),
    }
}

/// Shows it in the thread. `resumed` says that an earlier try may have done so.
pub(super) async fn share(
    app: &App,
    language: Language,
    outgoing: &mut Outgoing,
    resumed: bool,
) -> Result<(), CallError> {
    let Some(id) = outgoing.file_id.clone() else {
        return is_now(app, outgoing, FileState::None, None).await;
    };
    if resumed && is_there(app, outgoing, &id).await? {
        return is_now(app, outgoing, FileState::Shared, Some(id)).await;
    }
    if outgoing.attempts > MOST_TRIES {
        return refused(app, outgoing, "too many tries").await;
    }
    let question = app.store.question_of(&outgoing.run).await;
    let title = title(language, &question.ok().flatten().unwrap_or_default());
    let (channel, thread) = (&outgoing.channel, &outgoing.thread);
    match app
        .slack
        .share_file(channel, Some(thread), &id, &title)
        .await
    {
        Ok(()) => is_now(app, outgoing, FileState::Shared, Some(id)).await,
        Err(CallError::Refused(code)) if code == GONE && resumed => {
            if outgoing.attempts >= LOST_AFTER {
                is_now(app, outgoing, FileState::None, None).await?;
            }
            // Slack may show it a moment after it was told to.
            Err(CallError::Unheard("the file is not in the thread"))
        }
        Err(error) if is_final(&error, outgoing) => {
            refused(app, outgoing, &error.to_string()).await
        }
        Err(error) => Err(error),
    }
}

/// Whether the thread shows it. Where Slack will not tell, it is shared again.
async fn is_there(app: &App, outgoing: &Outgoing, id: &str) -> Result<bool, CallError> {
    let with_it = |message: &serde_json::Value| {
        let files = message["files"].as_array().map_or(&[][..], Vec::as_slice);
        files.iter().any(|file| file["id"] == id)
    };
    let (channel, thread) = (&outgoing.channel, outgoing.thread());
    match app.slack.find_message(channel, thread, with_it).await {
        Err(CallError::Refused(_)) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

/// Whether the answer goes as messages now: Slack said no, or nothing that helps for too long.
fn is_final(error: &CallError, outgoing: &Outgoing) -> bool {
    let last = outgoing.attempts >= MOST_TRIES;
    match error {
        CallError::RateLimited(_) => false,
        error if error.passes() => last,
        CallError::Refused(code) => !is_about_the_token(code),
        CallError::Unheard(_) => last,
    }
}

async fn refused(app: &App, outgoing: &mut Outgoing, why: &str) -> Result<(), CallError> {
    tracing::warn!(run.id = %outgoing.run, "a long answer goes as messages and not as a file: {why}");
    is_now(app, outgoing, FileState::Refused, None).await
}

async fn is_now(
    app: &App,
    outgoing: &mut Outgoing,
    state: FileState,
    id: Option<String>,
) -> Result<(), CallError> {
    noted(app.store.file_is(outgoing, state, id.as_deref()).await)?;
    (outgoing.file_state, outgoing.file_id) = (state, id);
    Ok(())
}

/// The question, as one line of plain text that refers to nobody.
fn title(language: Language, question: &str) -> String {
    let words = spelled(question);
    let words: Vec<&str> = words.split_whitespace().collect();
    let line = words.join(" ").replace('<', "‹").replace('>', "›");
    match line.as_str() {
        "" => text!("The answer").to(language),
        line => clipped(line, TITLE),
    }
}

#[cfg(test)]
mod tests {
    use super::title;
    use crate::domain::language::Language;

    #[test]
    fn a_title_is_one_short_line_that_refers_to_nobody() {
        let titled = |question: &str| title(Language::English, question);
        assert_eq!(titled(" list\n all  orders "), "list all orders");
        assert_eq!(titled("<!channel> a < b"), "‹!channel› a ‹ b");
        assert_eq!(titled("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(titled(""), "The answer");
        assert_eq!(titled(&"x".repeat(500)).chars().count(), 80);
    }
}
