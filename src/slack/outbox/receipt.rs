//! The line below an answer: which tools ran, which model answered, what it cost.

use crate::domain::post::{Receipt, ToolReceipt};
use crate::slack::blocks::clipped;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::screens::plural;
use crate::tools::split_name;

/// `shop` list_tables, get_schema ×7, execute_sql (5 rows) · model · tokens · cost
pub(in crate::slack) fn line(receipt: &Receipt) -> String {
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
                    failed: 0,
                    rows: None,
                };
                first.count(call);
                uses.push(first);
            }
        }
    }
    let mut parts = Vec::new();
    for used in uses.chunk_by(|one, next| one.connection == next.connection) {
        let tools: Vec<String> = used.iter().map(Use::words).collect();
        parts.push(format!("{} {}", code(used[0].connection), tools.join(", ")));
    }
    parts.push(escape(&receipt.model));
    parts.push(format!("{} tokens", receipt.tokens));
    parts.push(
        receipt
            .cost
            .map_or("unpriced".to_owned(), |cost| cost.to_string()),
    );
    clipped(&parts.join(" · "), 2_000)
}

/// One tool in a receipt, however often it was called.
struct Use<'a> {
    connection: &'a str,
    tool: &'a str,
    times: usize,
    failed: usize,
    rows: Option<u64>,
}

impl Use<'_> {
    fn count(&mut self, call: &ToolReceipt) {
        self.times += 1;
        self.failed += usize::from(!call.ok);
        self.rows = call.rows;
    }

    fn words(&self) -> String {
        let times = if self.times > 1 {
            format!(" ×{}", self.times)
        } else {
            String::new()
        };
        let rows = match self.rows {
            Some(rows) if self.times == 1 => format!(" ({rows} {})", plural(rows as usize, "row")),
            Some(_) | None => String::new(),
        };
        let failed = match self.failed {
            0 => String::new(),
            some if some == self.times => " failed".to_owned(),
            some => format!(" ({some} failed)"),
        };
        format!("{}{times}{rows}{failed}", escape(self.tool))
    }
}
