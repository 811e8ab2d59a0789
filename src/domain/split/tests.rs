//! Whatever is cut wherever: nothing lost, in order, each part valid by itself and within its limit.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;

/// What a reader gets of a text, by what it is.
#[derive(Debug, Default, PartialEq)]
struct Read {
    prose: String,
    code: String,
    cells: Vec<String>,
    links: Vec<(String, String)>,
}

/// Reads a text; of one that goes on from another, the repeated header of a table is left out.
fn read(markdown: &str, into: &mut Read, goes_on: bool) {
    let (mut code, mut head, mut cell, mut link) = (false, false, None::<String>, None);
    let mut tables = 0;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Start(Tag::Table(_)) => tables += 1,
            Event::Start(Tag::TableHead) => {
                head = goes_on && tables == 1 && markdown.trim_start().starts_with('|');
            }
            Event::End(TagEnd::TableHead) => head = false,
            Event::Start(Tag::TableCell) => cell = Some(String::new()),
            Event::End(TagEnd::TableCell) => {
                let cell = cell.take().unwrap();
                // The rows of a table are filled up to its columns.
                if !head && !cell.is_empty() {
                    into.cells.push(cell);
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some((dest_url.to_string(), String::new()));
            }
            Event::End(TagEnd::Link) => into.links.push(link.take().unwrap()),
            Event::Text(text) | Event::Code(text) => {
                let place = match (&mut cell, &mut link) {
                    _ if code => &mut into.code,
                    (Some(cell), _) => cell,
                    (None, Some((_, words))) => words,
                    (None, None) => &mut into.prose,
                };
                place.push_str(&text);
            }
            _ => {}
        }
    }
}

/// Words alone: where a line or a sentence ends is for the parts to say.
fn words(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '…')
        .collect()
}

fn check(text: &str, room: usize) {
    let parts = parts(text, room);
    let mut whole = Read::default();
    read(text, &mut whole, false);
    let mut read_in_parts = Read::default();
    let mut from = 0;
    for (number, (at, part)) in parts.iter().enumerate() {
        assert!(part.chars().count() <= room, "{room}: {part}");
        assert!(number == 0 || *at > from, "{parts:#?}");
        from = *at;
        let goes_on = number > 0 && !text[*at..].starts_with("| Name");
        read(part, &mut read_in_parts, goes_on);
    }
    let context = || format!("cut at {room}:\n{text}\n===\n{parts:#?}");
    assert_eq!(
        words(&read_in_parts.prose),
        words(&whole.prose),
        "{}",
        context()
    );
    assert_eq!(
        words(&read_in_parts.code),
        words(&whole.code),
        "{}",
        context()
    );
    assert_eq!(read_in_parts.cells, whole.cells, "{}", context());
    assert_eq!(read_in_parts.links, whole.links, "{}", context());
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, range: Range<u64>) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        range.start + (self.0 >> 33) % (range.end - range.start)
    }

    fn sentence(&mut self) -> String {
        let words = self.roll(3..14);
        let words: Vec<String> = (0..words)
            .map(|_| match self.roll(0..16) {
                0 => format!(
                    "[see l{}](https://example.com/{})",
                    self.roll(0..99),
                    self.roll(0..99)
                ),
                1 => format!("**strong s{}**", self.roll(0..99)),
                2 => format!("`code c{}`", self.roll(0..99)),
                3 => "👩‍👩‍👧‍👦".to_owned(),
                _ => format!("word{}", self.roll(0..9_999)),
            })
            .collect();
        words.join(" ") + "."
    }

    fn block(&mut self) -> String {
        let many = self.roll(2..9);
        let kind = self.roll(0..7);
        let mut lines = |line: &mut dyn FnMut(&mut Self, u64) -> String| -> String {
            (0..many).map(|number| line(self, number)).collect()
        };
        match kind {
            0 => lines(&mut |dice, _| dice.sentence() + "\n"),
            1 => lines(&mut |dice, number| format!("{}. {}\n", number + 1, dice.sentence())),
            2 => lines(&mut |dice, number| match number % 3 {
                0 => format!("- {}\n", dice.sentence()),
                _ => format!("  - nested {}\n", dice.sentence()),
            }),
            3 => {
                let code = lines(&mut |dice, number| match number % 4 {
                    3 => "\n".to_owned(),
                    _ => format!("let x{} = \"{}\";\n", number, dice.roll(0..9_999)),
                });
                format!("```rust\n{code}```\n")
            }
            4 => {
                let rows = lines(&mut |dice, number| {
                    format!(
                        "| r{number} | cell {} | `c{number}` |\n",
                        dice.roll(0..9_999)
                    )
                });
                format!("| Name | Value | Code |\n| --- | ---: | --- |\n{rows}")
            }
            5 => lines(&mut |dice, _| format!("> {}\n", dice.sentence())),
            _ => format!("## Heading {many}\n\n{}\n", self.sentence()),
        }
    }
}

#[test]
fn whatever_is_cut_wherever_nothing_is_lost_and_every_part_is_valid() {
    for seed in 0..150 {
        let mut dice = Dice(seed * 77 + 5);
        let blocks: Vec<String> = (0..dice.roll(3..12)).map(|_| dice.block()).collect();
        let text = blocks.join("\n");
        for room in [160, 240, 400, 900, 4_000] {
            check(&text, room);
        }
    }
}

#[test]
fn parts_begin_and_end_with_what_they_need() {
    let shown = |text: &str, room: usize| {
        let parts = parts(text, room).into_iter().map(|(_, part)| part);
        parts.collect::<Vec<_>>().join("-----\n")
    };
    let code: String = (0..8).map(|n| format!("line {n};\n")).collect();
    insta::assert_snapshot!(shown(&format!("Look:\n\n```js\n{code}```\nDone."), 70), @r#"
    Look:

    ```js
    line 0;
    line 1;
    line 2;
    line 3;
    line 4;
    line 5;
    ```
    -----
    ```js
    line 6;
    line 7;
    ```
    Done.
    "#);
    let rows: String = (0..6).map(|n| format!("| {n} | row |\n")).collect();
    insta::assert_snapshot!(shown(&format!("| N | What |\n| --- | --- |\n{rows}"), 70), @r#"
    | N | What |
    | --- | --- |
    | 0 | row |
    | 1 | row |
    | 2 | row |
    -----
    | N | What |
    | --- | --- |
    | 3 | row |
    | 4 | row |
    | 5 | row |
    "#);
    let list =
        "1. One is short.\n2. Two is long. It goes on and on, and on, and on, and on.\n3. Three.\n";
    insta::assert_snapshot!(shown(list, 45), @r#"
    1. One is short.
    2. Two is long. -----
    2. … It goes on and on, and on, and on, and -----
    2. … on.
    3. Three.
    "#);
}

#[test]
fn what_has_no_place_to_cut_is_cut_between_letters() {
    let family = "👩‍👩‍👧‍👦";
    for (_, part) in parts(&family.repeat(30), 100) {
        assert!(part.chars().count() <= 100);
        assert_eq!(part.replace(family, ""), "");
    }
    let link = format!(
        "{} [a link](https://example.com/{}) end",
        "x".repeat(50),
        "y".repeat(30)
    );
    let whole = parts(&link, 70).iter().any(|(_, part)| {
        part.contains(&format!("[a link](https://example.com/{})", "y".repeat(30)))
    });
    assert!(whole, "{:#?}", parts(&link, 70));
    // Longer than any part, it has to be cut all the same, and it ends.
    let endless = format!("[a](https://example.com/{})", "y".repeat(500));
    let parts = parts(&endless, 50);
    let joined: String = parts.iter().map(|(_, part)| part.as_str()).collect();
    assert_eq!(joined, endless);
}

#[test]
fn code_that_ended_with_its_item_is_not_closed_again() {
    let ended = "- a\n\n  ```sh\n  ls\n\nAnd then.\n";
    assert_eq!(closing(ended), "");
    assert_eq!(closing("- a\n\n  ```sh\n  ls\n"), "  ```\n");
    assert_eq!(closing("```sh\nls"), "\n```\n");
}

#[test]
fn what_would_be_repeated_without_measure_is_not() {
    let long = "x".repeat(13_000);
    let deep = |depth: usize| "- ".repeat(depth) + &"word ".repeat(2_000);
    let table = format!("| {long} |\n| --- |\n{}", "| row |\n".repeat(500));
    let code = format!("```{long}\n{}```\n", "line;\n".repeat(2_000));
    let fence = "`".repeat(600);
    let marks = format!("{fence}\n{}{fence}\n", "line;\n".repeat(2_000));
    for text in [table, code, marks, deep(12), deep(80)] {
        let parts = parts(&text, 500);
        let longest = parts.iter().map(|(_, part)| part.chars().count()).max();
        assert!(longest <= Some(500), "{longest:?} of {text:.60}");
        let all: usize = parts.iter().map(|(_, part)| part.len()).sum();
        assert!(
            all < 3 * text.len(),
            "{all} of {} in {text:.60}",
            text.len()
        );
    }
}
