//! Cuts long Markdown where it hurts least, so that each part reads well by itself.
//!
//! Nothing of the text is lost or moved. A part may begin and end with a little more than its piece of
//! the text: the header of the table that it continues, the fence of its code, the list it is in.

mod shape;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

pub use shape::Shape;

/// A place between two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seam {
    /// Where the part before it ends and the one after it begins, in bytes of the text.
    pub at: usize,
    /// What the part before it ends with.
    pub closes: String,
    /// What the part after it begins with.
    pub opens: String,
}

/// What a text that breaks off at its end is to end with: open code would take in what follows.
pub fn closing(text: &str) -> String {
    Shape::of(text).seam_at(text.len()).closes
}

/// How good a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Between words of something emphasised.
    Emphasis,
    /// Between words.
    Word,
    /// Between sentences.
    Sentence,
    /// After a heading.
    Heading,
    /// Between lines of a paragraph, of code or of a table.
    Line,
    /// At an empty line in code, or at a block within another.
    Inner,
    /// Between items of a list.
    Item,
    /// Between blocks.
    Block,
}

/// The end of a part that begins at `from`: the best place at or after `least` with which the part,
/// with what it begins and ends with, has at most `room` characters. Where `room` is too small for
/// anything, one letter more than `least` goes in all the same.
pub fn seam(shape: &Shape<'_>, from: usize, least: usize, room: usize) -> Seam {
    let text = shape.text();
    let begins = shape.seam_at(from).opens.chars().count();
    let left = room.saturating_sub(begins);
    let most = text[from..]
        .char_indices()
        .nth(left)
        .map_or(text.len(), |(at, _)| from + at);
    let fits = |at: usize| {
        let seam = shape.seam_at(at);
        text[from..at].chars().count() + seam.closes.chars().count() <= left
    };
    let usable = |at: usize| at > from && at >= least && at <= most && at < text.len();
    let half = from + (most - from) / 2;
    let mut places: Vec<(usize, Fit)> = shape
        .places()
        .chain(words(shape, from.max(least), most))
        .chain([(least, Fit::Word)])
        .filter(|(at, _)| usable(*at))
        .collect();
    // The best of the second half, else of all; of equals the last.
    places.sort_by_key(|(at, fit)| (*at >= half, *fit, *at));
    let best = places.iter().rev().find(|(at, _)| fits(*at));
    let at = best.map_or_else(|| letter(shape, from, least, most, &fits), |(at, _)| *at);
    shape.seam_at(at)
}

/// Places between words, within two bounds.
fn words<'a>(
    shape: &'a Shape<'a>,
    from: usize,
    to: usize,
) -> impl Iterator<Item = (usize, Fit)> + 'a {
    let slice = shape.text().get(from..to).unwrap_or_default();
    let spaces = slice.match_indices(' ').map(move |(at, _)| from + at + 1);
    spaces.filter_map(move |at| {
        if !shape.is_prose(at) || shape.is_solid(at) {
            return None;
        }
        let before = shape.text()[..at - 1].chars().next_back();
        let fit = match before {
            _ if shape.is_emphasised(at) => Fit::Emphasis,
            Some('.' | '!' | '?' | ':' | ';' | '。') => Fit::Sentence,
            _ => Fit::Word,
        };
        Some((at, fit))
    })
}

/// The last place between two letters, outside links and code where there is one.
fn letter(
    shape: &Shape<'_>,
    from: usize,
    least: usize,
    most: usize,
    fits: &dyn Fn(usize) -> bool,
) -> usize {
    let text = shape.text();
    let least = least.max(from);
    let ends: Vec<usize> = text[least..]
        .grapheme_indices(true)
        .map(|(at, letter)| least + at + letter.len())
        .take_while(|at| *at <= most)
        .collect();
    let usable = |at: &&usize| **at < text.len() && fits(**at);
    let outside = ends
        .iter()
        .rev()
        .filter(usable)
        .find(|at| !shape.is_solid(**at));
    let any = || ends.iter().rev().find(usable);
    let next = || GraphemeCursor::new(least, text.len(), true).next_boundary(text, 0);
    match outside.or_else(any) {
        Some(at) => *at,
        None => next().ok().flatten().unwrap_or(text.len()),
    }
}

/// The text in parts of at most `room` characters each, with where each begins.
pub fn parts(text: &str, room: usize) -> Vec<(usize, String)> {
    let shape = Shape::of(text);
    let (mut parts, mut from) = (Vec::new(), 0);
    loop {
        let opens = shape.seam_at(from).opens;
        let rest = &text[from..];
        if opens.chars().count() + rest.chars().count() <= room {
            parts.push((from, opens + rest));
            return parts;
        }
        let seam = seam(&shape, from, from, room);
        let piece = format!("{opens}{}{}", &text[from..seam.at], seam.closes);
        parts.push((from, piece));
        from = seam.at;
        if from >= text.len() {
            return parts;
        }
    }
}

#[cfg(test)]
mod tests;
