//! A long answer in several messages: what each holds, and where the next begins.

use super::{OUTDATED, receipt_line, render};
use crate::domain::post::Post;
use crate::slack::blocks::{MARKDOWN_TEXT, Message, clipped, context, markdown};
use crate::slack::markdown::harmless;
use crate::slack::mrkdwn::escape;
use crate::slack::split::{self, Shape};
use crate::store::Outgoing;

/// The most text that is put into one message; made harmless it may become longer.
const ROOM: usize = 11_000;
/// Less is never put into one.
const LEAST_ROOM: usize = 500;

/// One message of a run.
pub(super) struct Page {
    /// As it should look.
    pub(super) message: Message,
    /// Where in the answer the next one begins, if there is more.
    pub(super) next: Option<i64>,
}

/// The message that begins where the row says.
pub(super) fn page(outgoing: &Outgoing) -> Page {
    let Post::Answer {
        markdown: answer,
        receipt,
        outdated,
    } = &outgoing.post.0
    else {
        let message = render(&outgoing.post.0);
        return Page {
            message,
            next: None,
        };
    };
    let from = usize::try_from(outgoing.stream_offset).unwrap_or(0);
    let (text, next) = text(answer, answer.floor_char_boundary(from));
    let mut message = match text.trim() {
        "" => Message {
            text: "The answer is above.".to_owned(),
            blocks: Vec::new(),
        },
        _ => Message {
            text: clipped(&escape(&text), 3_000),
            blocks: vec![markdown(&text)],
        },
    };
    if next.is_none() {
        message.blocks.extend(outdated.then(|| context(OUTDATED)));
        message.blocks.push(context(&receipt_line(receipt)));
        message = crate::slack::feedback::below(message, outgoing);
    }
    Page {
        message,
        next: next.map(|next| i64::try_from(next).unwrap_or(i64::MAX)),
    }
}

/// The text of the message that begins here, and where the next one does.
fn text(answer: &str, from: usize) -> (String, Option<usize>) {
    let shape = Shape::of(answer);
    let opens = shape.seam_at(from).opens;
    let fits = |text: &str| harmless(text).chars().count() <= MARKDOWN_TEXT;
    // Where the answer ends in the message before, nothing is to be opened.
    let rest = match &answer[from..] {
        "" => String::new(),
        rest => format!("{opens}{rest}"),
    };
    if fits(&rest) {
        return (rest, None);
    }
    let mut room = ROOM;
    loop {
        let seam = split::seam(&shape, from, from, room);
        let text = format!("{opens}{}{}", &answer[from..seam.at], seam.closes);
        if fits(&text) || room <= LEAST_ROOM {
            return (text, Some(seam.at).filter(|at| *at < answer.len()));
        }
        room /= 2;
    }
}
