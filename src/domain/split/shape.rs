//! Where the blocks, items, rows and links of a Markdown text are, and what it takes to cut between
//! them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{Fit, Seam};

/// The most characters that are repeated of each: the lists that something is in, the header of its table,
/// the line that opens its code. Whoever writes more of it means to fill messages.
const MOST_REPEATED: usize = 120;

/// What there is to know of a text for cutting it.
pub struct Shape<'a> {
    text: &'a str,
    places: Vec<(usize, Fit)>,
    fences: Vec<Fence>,
    tables: Vec<Table>,
    items: Vec<Item>,
    /// Links, pictures and code within a line: never cut.
    solid: Vec<Range<usize>>,
    emphasis: Vec<Range<usize>>,
    /// What words may be cut in: paragraphs and the text of items.
    prose: Vec<Range<usize>>,
}

/// A block of code between fences.
struct Fence {
    range: Range<usize>,
    /// Where its first line of code begins.
    body: usize,
    opens: String,
    closes: String,
    /// Whether its end is there.
    ended: bool,
}

impl Fence {
    /// Whether what follows the text would be code as well.
    fn goes_on(&self, text: &str) -> bool {
        !self.ended && text[self.range.end..].trim().is_empty()
    }
}

struct Table {
    range: Range<usize>,
    /// Where its first row begins.
    body: usize,
    /// Its header and the line below that.
    head: String,
}

/// An item of a list, with what it takes to go on in it.
struct Item {
    range: Range<usize>,
    lead: String,
}

impl<'a> Shape<'a> {
    /// Looks a text over.
    pub fn of(text: &'a str) -> Self {
        let mut shape = Self {
            text,
            places: Vec::new(),
            fences: Vec::new(),
            tables: Vec::new(),
            items: Vec::new(),
            solid: Vec::new(),
            emphasis: Vec::new(),
            prose: Vec::new(),
        };
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        // How many blocks the parser is in, whether the block before was a heading, and whether the
        // next row of a table is its first.
        let (mut depth, mut after_heading, mut first_row) = (0_usize, false, false);
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(tag) => {
                    if let Some(fit) = fit(&tag, depth, after_heading, first_row) {
                        shape.places.push((shape.line_of(range.start), fit));
                    }
                    first_row = matches!(tag, Tag::TableHead);
                    if is_block(&tag) {
                        after_heading = false;
                    }
                    shape.note(&tag, range);
                    depth += usize::from(is_block(&tag));
                }
                Event::End(end) => {
                    depth -= usize::from(is_block_end(end));
                    after_heading = matches!(end, TagEnd::Heading(_));
                }
                Event::SoftBreak | Event::HardBreak => {
                    shape
                        .places
                        .push((shape.line_after(range.start), Fit::Line));
                }
                Event::Code(_) | Event::InlineHtml(_) => shape.solid.push(range),
                _ => {}
            }
        }
        shape
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Places between lines and blocks.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, Fit)> + '_ {
        let in_code = self.fences.iter().flat_map(|fence| {
            let body = self.text.get(fence.body..fence.range.end).unwrap_or("");
            let lines = body.match_indices('\n');
            let starts = lines.map(|(at, _)| fence.body + at + 1);
            starts.filter(|at| *at < fence.range.end).map(|at| {
                match self.text[..at].ends_with("\n\n") {
                    true => (at, Fit::Inner),
                    false => (at, Fit::Line),
                }
            })
        });
        let elsewhere = self.places.iter().filter(|(at, _)| !self.is_solid(*at));
        let elsewhere = elsewhere.map(|(at, fit)| match self.is_emphasised(*at) {
            true => (*at, Fit::Emphasis),
            false => (*at, *fit),
        });
        elsewhere.chain(in_code)
    }

    /// Whether a link, a picture or code within a line would be cut here.
    pub(super) fn is_solid(&self, at: usize) -> bool {
        within(&self.solid, at)
    }

    pub(super) fn is_emphasised(&self, at: usize) -> bool {
        within(&self.emphasis, at)
    }

    pub(super) fn is_prose(&self, at: usize) -> bool {
        within(&self.prose, at)
    }

    /// What it takes to cut here.
    pub fn seam_at(&self, at: usize) -> Seam {
        let at_line = at == 0 || self.text[..at].ends_with('\n');
        // At the end of a text that is still written, what is open there goes on.
        let last = at == self.text.len();
        let inside = |range: &Range<usize>| {
            range.start < at && (at < range.end || (last && at == range.end && !at_line))
        };
        let (mut closes, mut opens) = (String::new(), String::new());
        for item in self.items.iter().filter(|item| inside(&item.range)) {
            if opens.ends_with('…') {
                opens.push('\n');
            }
            opens.push_str(&item.lead);
            opens.push('…');
        }
        if is_long(&opens) {
            opens.clear();
        }
        if !opens.is_empty() {
            opens.push(if at_line { '\n' } else { ' ' });
        }
        let fence = self.fences.iter().find(|fence| {
            fence.body <= at && (at < fence.range.end || (last && fence.goes_on(self.text)))
        });
        if let Some(fence) = fence {
            if !at_line {
                closes.push('\n');
            }
            closes.push_str(&fence.closes);
            opens.push_str(&fence.opens);
        }
        let table = self.tables.iter().find(|table| {
            table.body <= at && (at < table.range.end || (last && at == table.range.end))
        });
        if let Some(table) = table {
            opens.push_str(&table.head);
        }
        Seam { at, closes, opens }
    }

    fn note(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
                let line = &self.text[range.start..];
                let line = line.lines().next().unwrap_or_default();
                let mark = line.chars().next().unwrap_or('`');
                let fence: String = line.chars().take_while(|c| *c == mark).collect();
                let before = self.before(range.start);
                let last = self.text[range.clone()].trim_end().lines().next_back();
                let last = last
                    .unwrap_or_default()
                    .trim_start_matches([' ', '>', '\t']);
                let body = self.line_after(range.start);
                if is_long(&format!("{before}{fence}")) {
                    return;
                }
                let line = if is_long(line) { &fence } else { line };
                self.fences.push(Fence {
                    ended: body < range.end && last.starts_with(&fence),
                    body,
                    opens: format!("{before}{line}\n"),
                    closes: format!("{before}{fence}\n"),
                    range,
                });
            }
            Tag::Table(_) => {
                let lines: Vec<&str> = self.text[range.start..range.end]
                    .split_inclusive('\n')
                    .take(2)
                    .collect();
                let body = range.start + lines.iter().map(|line| line.len()).sum::<usize>();
                let head = format!("{}{}", self.before(range.start), lines.concat());
                self.tables.push(Table {
                    head: if is_long(&head) { String::new() } else { head },
                    body,
                    range,
                });
            }
            Tag::Item => {
                let line = &self.text[range.start..];
                let marker: String = line
                    .chars()
                    .take_while(|c| !c.is_whitespace())
                    .take(12)
                    .collect();
                let before = self.before(range.start);
                self.prose.push(range.clone());
                self.items.push(Item {
                    lead: format!("{before}{marker} "),
                    range,
                });
            }
            Tag::Paragraph => self.prose.push(range),
            Tag::Link { .. } | Tag::Image { .. } => self.solid.push(range),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => self.emphasis.push(range),
            _ => {}
        }
    }

    /// What stands before this on its line, as it would on a further line: quotes and spaces.
    fn before(&self, at: usize) -> String {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = self.text[line..at].chars();
        before
            .map(|c| match c {
                '>' | '\t' => c,
                _ => ' ',
            })
            .collect()
    }

    /// The beginning of this line where nothing but space stands before this, else this.
    fn line_of(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        match self.text[line..at].chars().all(|c| c == ' ' || c == '>') {
            true => line,
            false => at,
        }
    }

    /// The beginning of the next line.
    fn line_after(&self, at: usize) -> usize {
        let rest = self.text[at..].find('\n');
        rest.map_or(self.text.len(), |end| at + end + 1)
    }
}

fn is_long(repeated: &str) -> bool {
    repeated.chars().count() > MOST_REPEATED
}

/// How good it is to cut before this.
fn fit(tag: &Tag<'_>, depth: usize, after_heading: bool, first_row: bool) -> Option<Fit> {
    match tag {
        Tag::TableRow if first_row => None,
        Tag::TableRow => Some(Fit::Line),
        Tag::TableHead | Tag::TableCell => None,
        Tag::Item if depth <= 1 => Some(Fit::Item),
        _ if !is_block(tag) => None,
        _ if after_heading => Some(Fit::Heading),
        _ if depth == 0 => Some(Fit::Block),
        _ => Some(Fit::Inner),
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    is_block_end(tag.to_end())
}

fn is_block_end(end: TagEnd) -> bool {
    match end {
        TagEnd::Emphasis
        | TagEnd::Strong
        | TagEnd::Strikethrough
        | TagEnd::Superscript
        | TagEnd::Subscript
        | TagEnd::Link
        | TagEnd::Image
        | TagEnd::TableHead
        | TagEnd::TableRow
        | TagEnd::TableCell => false,
        TagEnd::Paragraph
        | TagEnd::Heading(_)
        | TagEnd::BlockQuote(_)
        | TagEnd::CodeBlock
        | TagEnd::HtmlBlock
        | TagEnd::List(_)
        | TagEnd::Item
        | TagEnd::FootnoteDefinition
        | TagEnd::DefinitionList
        | TagEnd::DefinitionListTitle
        | TagEnd::DefinitionListDefinition
        | TagEnd::Table
        | TagEnd::MetadataBlock(_) => true,
    }
}

/// Whether one of these, which are in order of where they begin, is cut here.
fn within(ranges: &[Range<usize>], at: usize) -> bool {
    ranges
        .iter()
        .take_while(|range| range.start < at)
        .any(|range| at < range.end)
}
