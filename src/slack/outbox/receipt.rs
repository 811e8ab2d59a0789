//! The lines below an answer: which tools ran, which model answered, what it cost, what people allowed.

use crate::domain::hidden::spelled;
use crate::domain::language::Language;
use crate::domain::post::{AskedUnseen, CallEnd, Decided, Receipt, ToolReceipt};
use crate::domain::text::Text;
use crate::domain::tool::Refusal;
use crate::slack::blocks::clipped;
use crate::slack::mrkdwn::{code, escape};
use crate::tools::split_name;
use crate::{counted, text};

/// The most decisions that are shown one by one.
const MOST_DECISIONS: usize = 5;

/// What ran, and below it what people decided.
pub(in crate::slack) fn lines(language: Language, receipt: &Receipt) -> Vec<String> {
    let mut lines = vec![line(language, receipt)];
    let shown = receipt.decisions.iter().take(MOST_DECISIONS);
    lines.extend(shown.map(|decided| decision(language, decided)));
    let more = receipt.decisions.len().saturating_sub(MOST_DECISIONS);
    if more > 0 {
        let more = counted!(
            more,
            "and {count} more decision",
            "and {count} more decisions"
        );
        lines.push(more.to(language));
    }
    lines
}

/// The question is gone once it is answered: this says what it was and who answered.
fn decision(language: Language, decided: &Decided) -> String {
    let who = format!("<@{}>", decided.by);
    let (tool, connection) = (code(&decided.tool), code(&decided.connection));
    let arguments = code(&spelled(&decided.arguments));
    let words = if decided.allowed {
        text!(
            "✅ {who} allowed {tool} on {connection} with {arguments}",
            who,
            tool,
            connection,
            arguments
        )
    } else {
        text!(
            "🚫 {who} did not allow {tool} on {connection} with {arguments}",
            who,
            tool,
            connection,
            arguments
        )
    };
    words.to(language)
}

/// `shop` list_tables, get_schema ×7, execute_sql (5 rows) · model · tokens · cost; and above it
/// that another model should have answered.
fn line(language: Language, receipt: &Receipt) -> String {
    let mut uses: Vec<Use<'_>> = Vec::new();
    for call in &receipt.tools {
        let (connection, tool) = split_name(&call.name).unwrap_or(("", &call.name));
        match uses
            .iter_mut()
            .find(|known| (known.connection, known.tool) == (connection, tool))
        {
            Some(known) => known.count(call),
            None => {
                let mut first = Use {
                    connection,
                    tool,
                    times: 0,
                    others: Vec::new(),
                    rows: None,
                };
                first.count(call);
                uses.push(first);
            }
        }
    }
    let mut parts = Vec::new();
    for used in uses.chunk_by(|one, next| one.connection == next.connection) {
        let tools: Vec<String> = used.iter().map(|used| used.words(language)).collect();
        parts.push(format!("{} {}", code(used[0].connection), tools.join(", ")));
    }
    parts.push(escape(&receipt.model));
    parts.push(text!("{tokens} tokens", tokens = receipt.tokens).to(language));
    parts.push(match receipt.cost {
        Some(cost) => cost.to_string(),
        None => text!("unpriced").to(language),
    });
    let line = parts.join(" · ");
    let line = match &receipt.instead_of {
        Some(silent) => {
            let note = text!(
                "_Your model {model} did not answer, so the default did._",
                model = code(silent)
            );
            format!("{}\n{line}", note.to(language))
        }
        None => line,
    };
    let line = match &receipt.asked {
        Some(AskedUnseen { by, question }) => {
            let question = clipped(
                &question.split_whitespace().collect::<Vec<_>>().join(" "),
                300,
            );
            let asked = text!(
                "{who} asked: {question}",
                who = format!("<@{by}>"),
                question = escape(&question)
            );
            format!("{}\n{line}", asked.to(language))
        }
        None => line,
    };
    clipped(&line, 2_000)
}

/// One tool in a receipt, however often it was called.
struct Use<'a> {
    connection: &'a str,
    tool: &'a str,
    times: usize,
    /// How the calls ended that did not run through, in words, and how many of each.
    others: Vec<(Text, usize)>,
    rows: Option<u64>,
}

impl Use<'_> {
    fn count(&mut self, call: &ToolReceipt) {
        self.times += 1;
        self.rows = call.rows;
        let Some(words) = other_than_ran(call.end) else {
            return;
        };
        match self.others.iter_mut().find(|(known, _)| *known == words) {
            Some((_, times)) => *times += 1,
            None => self.others.push((words, 1)),
        }
    }

    fn words(&self, language: Language) -> String {
        let times = if self.times > 1 {
            format!(" ×{}", self.times)
        } else {
            String::new()
        };
        let rows = match self.rows {
            Some(rows) if self.times == 1 => {
                let rows = counted!(rows, "{count} row", "{count} rows");
                format!(" ({})", rows.to(language))
            }
            Some(_) | None => String::new(),
        };
        let others = match self.others.as_slice() {
            [] => String::new(),
            [(words, all)] if *all == self.times => format!(" {}", words.to(language)),
            some => {
                let some = some
                    .iter()
                    .map(|(words, times)| format!("{times} {}", words.to(language)));
                format!(" ({})", some.collect::<Vec<_>>().join(", "))
            }
        };
        format!("{}{times}{rows}{others}", escape(self.tool))
    }
}

/// How a call ended, where it is worth a word.
fn other_than_ran(end: CallEnd) -> Option<Text> {
    Some(match end {
        CallEnd::Ran => return None,
        CallEnd::Failed => text!("failed"),
        CallEnd::NotMade(Refusal::Denied) => text!("🚫 not allowed"),
        CallEnd::NotMade(Refusal::Expired) => text!("⌛ not allowed in time"),
        CallEnd::NotMade(Refusal::Skipped) => text!("⏭️ not run"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_says_how_it_ended() {
        let check = |ends: &[CallEnd], expected: &str| {
            let tools = ends.iter().map(|end| ToolReceipt {
                name: "shop__sell".to_owned(),
                end: *end,
                rows: None,
                millis: 1,
            });
            let receipt = Receipt {
                tools: tools.collect(),
                ..Receipt::default()
            };
            let line = line(Language::English, &receipt);
            let tool = line.split(" · ").next().unwrap_or_default();
            assert_eq!(tool, format!("`shop` {expected}"));
        };
        let [denied, expired, skipped] =
            [Refusal::Denied, Refusal::Expired, Refusal::Skipped].map(CallEnd::NotMade);
        check(&[CallEnd::Ran], "sell");
        check(&[CallEnd::Failed; 2], "sell ×2 failed");
        check(&[denied], "sell 🚫 not allowed");
        check(&[expired], "sell ⌛ not allowed in time");
        check(
            &[CallEnd::Ran, skipped, CallEnd::Failed, skipped],
            "sell ×4 (2 ⏭️ not run, 1 failed)",
        );
    }
}
