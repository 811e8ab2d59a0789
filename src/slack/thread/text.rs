//! What of a reply goes out when: whole lines and words, cut where a message is full; and how a tool
//! call looks while it runs.

use serde_json::{Value, json};

use crate::domain::language::Language;
use crate::domain::progress::{Progress, Task, TaskState};
use crate::slack::blocks::clipped;
use crate::slack::mrkdwn::code;
use crate::tools::split_name;
use crate::{counted, text};

/// As much of a reply as later text will not make look different: whole lines, and of the last one
/// whole words as long as nothing in it begins a link or code.
pub(super) fn stable(progress: &Progress) -> &str {
    let text = progress.text.as_str();
    // A reply that is over stays as it is, and a call ends what was said before it.
    let last_call = progress.tasks.last().map_or(0, |task| task.at);
    let over = progress.begins.max(last_call);
    let Some(open) = text.get(over..) else {
        return text;
    };
    let line = open.rfind('\n').map_or(0, |at| at + 1);
    let last = &open[line..];
    if last.contains(['[', '<', '!', '`', '|', '*', '_', '~', '\\']) {
        return &text[..over + line];
    }
    let word = last.rfind(' ').map_or(0, |at| at + 1);
    &text[..over + line + word]
}

/// Where to cut `text` so that at most `room` characters come after `from`: the end, else the last
/// line or word that fits.
pub(super) fn cut(text: &str, from: usize, room: usize) -> usize {
    let rest = &text[from..];
    let Some((end, _)) = rest.char_indices().nth(room) else {
        return text.len();
    };
    let fits = &rest[..end];
    let at = fits
        .rfind("\n\n")
        .map(|at| at + 2)
        .or_else(|| fits.rfind('\n').map(|at| at + 1))
        .or_else(|| fits.rfind(' ').map(|at| at + 1));
    from + at.unwrap_or(end)
}

pub(super) fn task_chunk(language: Language, task: &Task) -> Value {
    let (connection, tool) = split_name(&task.name).unwrap_or(("", &task.name));
    let title = if connection.is_empty() {
        tool.to_owned()
    } else {
        text!("{tool} on {connection}", tool, connection).to(language)
    };
    let mut chunk = json!({
        "type": "task_update", "id": task.call_id, "title": clipped(&title, 100),
        "status": match task.state {
            TaskState::Running => "in_progress",
            TaskState::Done { .. } => "complete",
            TaskState::Failed => "error",
        },
    });
    if let TaskState::Done { rows: Some(rows) } = task.state {
        let rows = counted!(rows, "{count} row", "{count} rows");
        chunk["output"] = json!(rows.to(language));
    }
    chunk
}

/// A tool call in a message that is brought up to date.
pub(super) fn task_line(task: &Task) -> String {
    let mark = match task.state {
        TaskState::Running => "◌",
        TaskState::Done { .. } => "✓",
        TaskState::Failed => "✕",
    };
    format!("{mark} {}", code(&task.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writing(text: &str) -> Progress {
        Progress {
            text: text.to_owned(),
            ..Progress::default()
        }
    }

    #[test]
    fn only_what_stays_as_it_is_goes_out() {
        let check = |text, expected| assert_eq!(stable(&writing(text)), expected);
        check("", "");
        check("There are two tab", "There are two ");
        check("One line.\nAnd a [link](https://exa", "One line.\n");
        check("One line.\nAnd plain wor", "One line.\nAnd plain ");
        check("a `code", "");
        let over = Progress {
            begins: 8,
            ..writing("a `code`and `mo")
        };
        assert_eq!(stable(&over), "a `code`");
    }

    #[test]
    fn a_cut_loses_nothing_and_prefers_the_end_of_a_paragraph() {
        let text = "First paragraph.\n\nSecond one goes on.\nAnd on.";
        assert_eq!(&text[..cut(text, 0, 30)], "First paragraph.\n\n");
        assert_eq!(cut(text, 0, 1_000), text.len());
        let (mut from, mut parts) = (0, String::new());
        while from < text.len() {
            let upto = cut(text, from, 7);
            assert!(upto > from);
            parts.push_str(&text[from..upto]);
            from = upto;
        }
        assert_eq!(parts, text);
        assert_eq!(cut("äöüß", 0, 2), "äö".len());
    }
}
