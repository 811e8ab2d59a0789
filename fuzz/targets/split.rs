//! Cutting long Markdown: nothing is lost or moved, every part keeps its limit, and no code stays open.

#![no_main]

use libfuzzer_sys::fuzz_target;
use patchbay::domain::split::{Shape, closing, parts};

/// The rooms that messages have, and the least that any is given.
const ROOMS: [usize; 4] = [500, 1_000, 4_000, 11_000];

/// How often a text is made longer, so that it has to be cut at all.
const MOST_COPIES: usize = 64;

fuzz_target!(|input: (u8, u8, &str)| {
    let (room, copies, text) = input;
    let room = ROOMS[usize::from(room) % ROOMS.len()];
    let text = text.repeat(1 + usize::from(copies) % MOST_COPIES);
    // Code behind so many marks is no code that anybody means, and is not closed and opened again.
    if ["`".repeat(60), "~".repeat(60)]
        .iter()
        .any(|marks| text.contains(marks))
    {
        return;
    }
    let shape = Shape::of(&text);
    let parts = parts(&text, room);
    let ends = parts.iter().skip(1).map(|(from, _)| *from);
    let mut sent = 0;
    for ((from, part), to) in parts.iter().zip(ends.chain([text.len()])) {
        assert!(*from < to || text.is_empty(), "part {from} holds nothing");
        let (opens, closes) = (shape.seam_at(*from).opens, shape.seam_at(to).closes);
        let closes = if to < text.len() { &closes } else { "" };
        let whole = format!("{opens}{}{closes}", &text[*from..to]);
        assert_eq!(*part, whole, "part {from} holds something else");
        let length = part.chars().count();
        assert!(length <= room, "part {from} has {length} of {room}");
        sent += part.len();
        if to < text.len() {
            assert_eq!(closing(part), "", "part {from} leaves code open: {part:?}");
        }
    }
    assert_eq!(parts[0].0, 0, "the beginning is missing");
    assert!(
        sent <= 1_000 + 3 * text.len(),
        "{} became {sent}",
        text.len()
    );
});
