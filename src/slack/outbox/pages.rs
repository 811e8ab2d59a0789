//! A long answer in several messages: what each holds, and where the next begins.

use super::{file, receipt_line, render};
use crate::domain::language::Language;
use crate::domain::post::{Post, Receipt};
use crate::slack::blocks::{MARKDOWN_TEXT, Message, clipped, context, markdown};
use crate::slack::markdown::harmless;
use crate::slack::mrkdwn::escape;
use crate::slack::split::{self, Shape};
use crate::store::Outgoing;
use crate::text;

/// The most text that is put into one message; made harmless it may become longer.
const ROOM: usize = 11_000;
/// The most of an answer that stands above the file with all of it.
const BEGINNING: usize = 4_000;
/// More text than this goes into a file, where it begins here: it would take more than four messages.
pub(super) const LONGEST: usize = 4 * ROOM;
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
pub(super) fn page(language: Language, outgoing: &Outgoing) -> Page {
    let mut page = here(language, outgoing);
    if let (Some(channel), 0) = (&outgoing.instead_of, outgoing.stream_offset) {
        let why = text!(
            "I cannot write in {channel}, where you asked this. Invite me there if you want me to answer in it.",
            channel = format!("<#{channel}>")
        );
        page.message.blocks.insert(0, context(&why.to(language)));
    }
    page
}

fn here(language: Language, outgoing: &Outgoing) -> Page {
    let Post::Answer {
        markdown: answer,
        receipt,
        outdated,
    } = &outgoing.post.0
    else {
        let message = render(language, &outgoing.post.0);
        return Page {
            message,
            next: None,
        };
    };
    let from = usize::try_from(outgoing.stream_offset).unwrap_or(0);
    let in_a_file = file::holds(outgoing);
    let (mut message, next) = self::answer(language, answer, from, in_a_file, receipt, *outdated);
    if next.is_none() {
        message = crate::slack::feedback::below(message, outgoing);
    }
    Page {
        message,
        next: next.map(|next| i64::try_from(next).unwrap_or(i64::MAX)),
    }
}

/// The message that holds an answer from a place in it on, and where the next one begins.
pub(super) fn answer(
    language: Language,
    answer: &str,
    from: usize,
    in_a_file: bool,
    receipt: &Receipt,
    outdated: bool,
) -> (Message, Option<usize>) {
    let room = if in_a_file { BEGINNING } else { ROOM };
    let (text, next) = text(answer, answer.floor_char_boundary(from), room);
    let next = next.filter(|_| !in_a_file);
    let mut message = match text.trim() {
        "" => Message {
            text: text!("The answer is above.").to(language),
            blocks: Vec::new(),
        },
        _ => Message {
            text: clipped(&escape(&text), 3_000),
            blocks: vec![markdown(&text)],
        },
    };
    if in_a_file {
        let where_it_is = text!("📄 It goes on: the whole answer is in the file below.");
        message.blocks.push(context(&where_it_is.to(language)));
    }
    if next.is_none() {
        if outdated {
            let old = text!(
                "✏️ The question was edited since. This answers it as it was before; the new answer is below."
            );
            message.blocks.push(context(&old.to(language)));
        }
        message
            .blocks
            .push(context(&receipt_line(language, receipt)));
    }
    (message, next)
}

/// The text of the message that begins here, and where the next one does; `room` is in characters.
fn text(answer: &str, from: usize, mut room: usize) -> (String, Option<usize>) {
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
    loop {
        let seam = split::seam(&shape, from, from, room);
        let text = format!("{opens}{}{}", &answer[from..seam.at], seam.closes);
        if fits(&text) || room <= LEAST_ROOM {
            return (text, Some(seam.at).filter(|at| *at < answer.len()));
        }
        room /= 2;
    }
}
