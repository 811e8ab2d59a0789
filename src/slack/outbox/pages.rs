//! A long answer in several messages: what each holds, and where the next begins.

use super::{file, receipt_lines, render};
use crate::domain::language::Language;
use crate::domain::post::{Post, Receipt};
use crate::domain::split::{self, Shape};
use crate::slack::blocks::{MARKDOWN_TEXT, Message, PLAIN_TEXT, clipped, context, markdown};
use crate::slack::markdown::harmless;
use crate::slack::mrkdwn::escape;
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
    let (mut message, next) = match &outgoing.post.0 {
        Post::Answer {
            markdown: answer,
            receipt,
            outdated,
        } => {
            let (from, in_a_file) = (offset(outgoing), file::holds(outgoing));
            self::answer(language, answer, from, in_a_file, receipt, *outdated)
        }
        post => (render(language, post), None),
    };
    if next.is_none() {
        message = crate::slack::feedback::below(language, message, outgoing);
    }
    if let Some(why) = instead(language, outgoing) {
        message.blocks.insert(0, context(&why));
    }
    Page::new(message, next)
}

/// The same without blocks, where Slack does not take them: less fits, so the next begins sooner.
pub(super) fn plain(language: Language, outgoing: &Outgoing) -> Page {
    let Post::Answer {
        markdown: answer,
        receipt,
        outdated,
    } = &outgoing.post.0
    else {
        return Page::new(page(language, outgoing).message.without_blocks(), None);
    };
    let in_a_file = file::holds(outgoing);
    let (above, last) = (
        instead(language, outgoing),
        below(language, true, in_a_file, receipt, *outdated),
    );
    let around = above.iter().chain(&last);
    let around: usize = around.map(|line| line.chars().count() + 1).sum();
    let fits = |text: &str| escape(text).chars().count() + around <= PLAIN_TEXT;
    let (text, next) = text(answer, offset(outgoing), PLAIN_TEXT, fits);
    let next = next.filter(|_| !in_a_file);
    let mut lines = Vec::from_iter(above);
    lines.extend(Some(escape(&text)).filter(|text| !text.trim().is_empty()));
    lines.extend(below(
        language,
        next.is_none(),
        in_a_file,
        receipt,
        *outdated,
    ));
    Page::new(Message::plain(&lines.join("\n")), next)
}

impl Page {
    fn new(message: Message, next: Option<usize>) -> Self {
        let next = next.map(|next| i64::try_from(next).unwrap_or(i64::MAX));
        Self { message, next }
    }
}

fn offset(outgoing: &Outgoing) -> usize {
    usize::try_from(outgoing.stream_offset).unwrap_or(0)
}

/// Why it stands in the asker's conversation with the bot, at the beginning of what does.
fn instead(language: Language, outgoing: &Outgoing) -> Option<String> {
    let channel = outgoing.instead_of.as_ref();
    let channel = channel.filter(|_| outgoing.stream_offset == 0)?;
    let why = text!(
        "I cannot write in {channel}, where you asked this. Invite me there if you want me to answer in it.",
        channel = format!("<#{channel}>")
    );
    Some(why.to(language))
}

/// The lines below a part of an answer.
fn below(
    language: Language,
    is_last: bool,
    in_a_file: bool,
    receipt: &Receipt,
    outdated: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    if in_a_file {
        let where_it_is = text!("📄 It goes on: the whole answer is in the file below.");
        lines.push(where_it_is.to(language));
    }
    if is_last {
        if outdated {
            let old = text!(
                "✏️ The question was edited since. This answers it as it was before; the new answer is below."
            );
            lines.push(old.to(language));
        }
        lines.extend(receipt_lines(language, receipt));
    }
    lines
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
    let fits = |text: &str| harmless(text).chars().count() <= MARKDOWN_TEXT;
    let (text, next) = text(answer, from, room, fits);
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
    let below = below(language, next.is_none(), in_a_file, receipt, outdated);
    message
        .blocks
        .extend(below.iter().map(|line| context(line)));
    (message, next)
}

/// The text of the message that begins here, and where the next one does; `room` is in characters.
fn text(
    answer: &str,
    from: usize,
    mut room: usize,
    fits: impl Fn(&str) -> bool,
) -> (String, Option<usize>) {
    let from = answer.floor_char_boundary(from);
    let shape = Shape::of(answer);
    let opens = shape.seam_at(from).opens;
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
