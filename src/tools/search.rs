//! Finding tools by words, for people who have more tools than a model should read.
//!
//! BM25 over what is known of a tool: its name, its connection and card, its description, its arguments.
//! No language is taken for granted: a long word also counts by how it begins, which is where most
//! languages keep its meaning, and scripts without spaces fall into letters.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use unicode_segmentation::UnicodeSegmentation as _;

use super::BoundTool;

/// How soon more of the same word counts for little, and how much a long text is held against a tool:
/// the usual values.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.75;

/// What a word counts where it stands.
const IN_NAME: f32 = 3.0;
const IN_CONNECTION: f32 = 1.5;
const IN_DESCRIPTION: f32 = 1.0;
const IN_ARGUMENT: f32 = 0.7;

/// What it counts that a word only begins like another, and how many letters that are.
const BY_BEGINNING: f32 = 0.5;
const BEGINNING: usize = 5;

/// What it counts that a word only means about the same.
const BY_MEANING: f32 = 0.5;

/// How much more a tool counts of whose name the question has every word.
const WHOLE_NAME: f32 = 1.0;

/// The most words of a question that are looked at.
const MOST_WORDS: usize = 100;

/// Words that say nothing about a tool.
const EMPTY_WORDS: &str = "a an and are as at be by can do does for from has have how i in is it its me my of on or our please that the their this to us was we with you your";

/// What people say, and what tools say instead.
const SAME: [&str; 13] = [
    "delete remove drop close",
    "create add new open make file start",
    "list show all every see which what",
    "update change edit rename set modify close",
    "find search look",
    "get read fetch show view what",
    "pull request pr",
    "request ask invite",
    "repository repo project",
    "message post write say",
    "person user people member account who",
    "ticket issue bug problem",
    "workflow ci build pipeline job run",
];

/// Words of many tools, and where each of them stands. Tools are known by their place in the list.
#[derive(Debug, Default)]
pub struct Index {
    words: HashMap<String, Vec<(usize, f32)>>,
    names: Vec<Vec<String>>,
    lengths: Vec<f32>,
    mean: f32,
}

impl Index {
    /// Reads the tools.
    pub fn of(tools: &[BoundTool]) -> Self {
        let mut index = Self::default();
        for (place, tool) in tools.iter().enumerate() {
            let counts = counted(tool);
            index.lengths.push(counts.values().sum());
            index.names.push(words(&tool.tool.name).collect());
            for (word, count) in counts {
                index.words.entry(word).or_default().push((place, count));
            }
        }
        let most = index.lengths.len().max(1);
        index.mean = index.lengths.iter().sum::<f32>() / most as f32;
        index
    }

    /// The places of the tools that have to do with a question, the most likely first.
    pub fn find(&self, question: &str) -> Vec<usize> {
        let mut scores: BTreeMap<usize, f32> = BTreeMap::new();
        let asked = asked(question);
        for (word, weight) in &asked {
            let Some(standing) = self.words.get(word) else {
                continue;
            };
            let (all, with) = (self.lengths.len() as f32, standing.len() as f32);
            let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for (place, count) in standing {
                let length = self.lengths[*place] / self.mean;
                let held = SATURATION * (1.0 - LENGTH + LENGTH * length);
                let score = weight * rarity * count * (SATURATION + 1.0) / (count + held);
                *scores.entry(*place).or_default() += score;
            }
        }
        let whole = |place: usize| 1.0 + WHOLE_NAME * share(&self.names[place], &asked);
        let found = scores.into_iter();
        let mut found: Vec<(usize, f32)> = found
            .map(|(place, score)| (place, score * whole(place)))
            .collect();
        // Of equals, the first in the list.
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        found.into_iter().map(|(place, _)| place).collect()
    }
}

/// How much of a name a question has.
fn share(name: &[String], asked: &BTreeMap<String, f32>) -> f32 {
    let has = |word: &String| {
        let forms = forms(word.clone()).filter_map(|(form, much)| Some(asked.get(&form)? * much));
        forms.fold(0.0, f32::max)
    };
    name.iter().map(has).sum::<f32>() / name.len().max(1) as f32
}

/// How much each word counts for a tool.
fn counted(tool: &BoundTool) -> BTreeMap<String, f32> {
    let mut counts = BTreeMap::new();
    let mut count = |text: &str, weight: f32| {
        for (word, much) in words(text).flat_map(forms) {
            *counts.entry(word).or_default() += weight * much;
        }
    };
    count(&tool.tool.name, IN_NAME);
    count(tool.connection.name.as_str(), IN_CONNECTION);
    count(&tool.card.title, IN_CONNECTION);
    count(&tool.tool.description, IN_DESCRIPTION);
    for (name, schema) in tool.tool.input["properties"]
        .as_object()
        .into_iter()
        .flatten()
    {
        count(name, IN_ARGUMENT);
        let described = schema["description"].as_str().unwrap_or_default();
        count(described, IN_ARGUMENT / 2.0);
    }
    counts
}

/// The words of a question with those that mean the same, and how much each counts.
fn asked(question: &str) -> BTreeMap<String, f32> {
    let mut all: BTreeMap<String, f32> = BTreeMap::new();
    let mut ask = |word: String, weight: f32| {
        let held = all.entry(word).or_default();
        *held = held.max(weight);
    };
    let is_empty = |word: &String| EMPTY_WORDS.split(' ').any(|empty| empty == word);
    for word in words(question)
        .filter(|word| !is_empty(word))
        .take(MOST_WORDS)
    {
        let alike = SAME
            .iter()
            .filter(|group| group.split(' ').any(|same| same == word));
        for same in alike.flat_map(|group| group.split(' ')) {
            ask(same.to_owned(), BY_MEANING);
        }
        for (form, weight) in forms(word) {
            ask(form, weight);
        }
    }
    all
}

/// The words of a text in small letters; `createPullRequest` and `create_pull_request` are three.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut was_small = false;
    for letter in text.chars() {
        if letter.is_uppercase() && was_small {
            spaced.push(' ');
        }
        was_small = letter.is_lowercase();
        spaced.push(if matches!(letter, '_' | '.' | '\'') {
            ' '
        } else {
            letter
        });
    }
    let words: Vec<String> = spaced
        .unicode_words()
        .map(|word| singular(&word.to_lowercase()).into_owned())
        .collect();
    words.into_iter()
}

/// A word without the `s` of many.
fn singular(word: &str) -> Cow<'_, str> {
    match word.strip_suffix("ies") {
        Some(stem) if stem.len() > 2 => return Cow::Owned(format!("{stem}y")),
        _ => {}
    }
    let one = word
        .strip_suffix('s')
        .filter(|one| one.len() > 2 && !one.ends_with(['s', 'u', 'i']));
    Cow::Borrowed(one.unwrap_or(word))
}

/// A word, and how it begins.
fn forms(word: String) -> impl Iterator<Item = (String, f32)> {
    let beginning: String = word.chars().take(BEGINNING).collect();
    let is_long = beginning.chars().count() == BEGINNING;
    let beginning = is_long.then(|| (format!("{beginning}…"), BY_BEGINNING));
    std::iter::once((word, 1.0)).chain(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_in_names_and_in_many_scripts() {
        let read = |text: &str| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(read("createPullRequest"), "create pull request");
        assert_eq!(read("issues_list-comments"), "issue list comment");
        assert_eq!(read("Repositories' status"), "repository status");
        assert_eq!(read("Neue Bestellungen"), "neue bestellungen");
        assert_eq!(read("новые заказы"), "новые заказы");
        assert_eq!(read("注文を検索"), "注 文 を 検 索");
    }

    #[test]
    fn a_word_counts_by_how_it_begins_as_well() {
        let of = |word: &str| {
            forms(word.to_owned())
                .map(|(form, _)| form)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("заказы"), ["заказы", "заказ…"]);
        assert_eq!(of("pr"), ["pr"]);
        let common = of("creating")
            .iter()
            .any(|form| of("creation").contains(form));
        assert!(common);
    }
}
