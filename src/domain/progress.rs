//! What a run has to show while it is being worked on, for whoever watches.

use super::split::closing;

/// How far a run is. A watcher may miss states in between, never the latest one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// What the model has written so far, all its replies: hostile until rendered.
    pub text: String,
    /// Where in `text` its latest reply begins, in bytes; what is before that was said on the way.
    pub begins: usize,
    /// The tool calls of the run, in the order in which they were begun.
    pub tasks: Vec<Task>,
}

impl Progress {
    /// The latest reply breaks off, and another model writes it anew below: what was read stays, and
    /// code that is open does not take in what comes.
    pub fn break_off(&mut self) {
        let closes = closing(self.text.get(self.begins..).unwrap_or_default());
        self.text.push_str(closes.trim_end());
    }
}

/// One tool call as a watcher sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Which call.
    pub call_id: String,
    /// The name from the tool list, `connection__tool`.
    pub name: String,
    /// Where in the text it came up, in bytes.
    pub at: usize,
    /// Where it stands.
    pub state: TaskState,
}

/// Where a tool call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It was sent.
    Running,
    /// It came back; rows where they mean something.
    Done {
        /// How many rows it returned.
        rows: Option<u64>,
    },
    /// It did not work.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_breaks_off_leaves_no_code_open() {
        let check = |text: &str, expected: &str| {
            let mut progress = Progress {
                text: text.to_owned(),
                ..Progress::default()
            };
            progress.break_off();
            assert_eq!(progress.text, expected);
        };
        check("Three th", "Three th");
        check("See:\n```rust\nlet x", "See:\n```rust\nlet x\n```");
        check("````\n```\n", "````\n```\n````");
        check("~~~\n```\n~~~\nand", "~~~\n```\n~~~\nand");
        check("```\na\n```\n", "```\na\n```\n");
        check("a ``` b", "a ``` b");
        check("```a```\n", "```a```\n");
    }
}
