//! What differs between what was expected and what came, line by line.

use std::io::IsTerminal as _;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const PLAIN: &str = "\u{1b}[0m";

/// Lines that were expected and did not come begin with `-`, those that came instead with `+`;
/// they are coloured where somebody looks.
pub fn diff(expected: &str, came: &str) -> String {
    lines(expected, came, std::io::stdout().is_terminal())
}

fn lines(expected: &str, came: &str, coloured: bool) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), came.lines().collect());
    // How many lines two ends have in common, by the longest common subsequence.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let mark = |sign: char, line: &str| match (sign, coloured) {
        ('-', true) => format!("{RED}-{line}{PLAIN}"),
        ('+', true) => format!("{GREEN}+{line}{PLAIN}"),
        _ => format!("{sign}{line}"),
    };
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(mark(' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(mark('-', old[i]));
            i += 1;
        } else {
            out.push(mark('+', new[j]));
            j += 1;
        }
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        assert_eq!(lines("a\nb\nc", "a\nx\nc\nd", false), " a\n-b\n+x\n c\n+d");
        assert_eq!(
            lines("a", "b", true),
            "\u{1b}[31m-a\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m"
        );
        assert_eq!(lines("", "", true), "");
    }
}
