//! What a question asks of a database, read off its words.

use crate::llm::demo::words::words;

/// A question, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// What is wanted.
    pub ask: Ask,
    /// Its words before any "by" or "where".
    pub words: Vec<String>,
    /// What it is about: those of the words that are no part of the phrasing.
    pub nouns: Vec<String>,
    /// After "by" or "per".
    pub by: Vec<String>,
    /// After "where" or "with".
    pub condition: Vec<String>,
    /// How many are wanted.
    pub limit: Option<usize>,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ask {
    /// Rows of a table.
    #[default]
    Rows,
    /// Which tables there are.
    Tables,
    /// The columns of a table.
    Schema,
    /// How many rows.
    Count,
    /// One figure over a column.
    Figure(Figure),
    /// The rows with the most, or the least, of something.
    Top {
        /// The least instead.
        least: bool,
    },
    /// The rows that came last, or first.
    Latest {
        /// The first instead.
        oldest: bool,
    },
}

/// A figure over a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The mean.
    Average,
    /// All together.
    Sum,
    /// The largest.
    Most,
    /// The smallest.
    Least,
}

/// Phrases and what they ask for; earlier ones win. A phrase is no noun of the question.
const PHRASES: [(&[&str], Ask); 40] = [
    (&["describe"], Ask::Schema),
    (&["schema"], Ask::Schema),
    (&["columns"], Ask::Schema),
    (&["fields"], Ask::Schema),
    (&["structure"], Ask::Schema),
    (&["how", "many"], Ask::Count),
    (&["total", "number", "of"], Ask::Count),
    (&["number", "of"], Ask::Count),
    (&["count"], Ask::Count),
    (&["how", "much"], Ask::Figure(Figure::Sum)),
    (&["average"], Ask::Figure(Figure::Average)),
    (&["avg"], Ask::Figure(Figure::Average)),
    (&["mean"], Ask::Figure(Figure::Average)),
    (&["sum"], Ask::Figure(Figure::Sum)),
    (&["most", "recent"], LATEST),
    (&["latest"], LATEST),
    (&["newest"], LATEST),
    (&["recent"], LATEST),
    (&["last"], LATEST),
    (&["oldest"], Ask::Latest { oldest: true }),
    (&["earliest"], Ask::Latest { oldest: true }),
    (&["most", "expensive"], TOP),
    (&["best", "selling"], TOP),
    (&["most", "popular"], TOP),
    (&["most", "sold"], TOP),
    (&["top"], TOP),
    (&["best"], TOP),
    (&["cheapest"], Ask::Top { least: true }),
    (&["bottom"], Ask::Top { least: true }),
    (&["maximum"], Ask::Figure(Figure::Most)),
    (&["max"], Ask::Figure(Figure::Most)),
    (&["highest"], Ask::Figure(Figure::Most)),
    (&["largest"], Ask::Figure(Figure::Most)),
    (&["biggest"], Ask::Figure(Figure::Most)),
    (&["minimum"], Ask::Figure(Figure::Least)),
    (&["min"], Ask::Figure(Figure::Least)),
    (&["lowest"], Ask::Figure(Figure::Least)),
    (&["smallest"], Ask::Figure(Figure::Least)),
    (&["total"], Ask::Figure(Figure::Sum)),
    (&["tables"], Ask::Tables),
];

const LATEST: Ask = Ask::Latest { oldest: false };
const TOP: Ask = Ask::Top { least: false };

/// Words of phrasing, which name nothing.
const PHRASING: &str = "a about all an and any are as at available be been can contents could data \
    database databases db dbs display do does every everything fetch find first for from get give had has \
    have hello hey hi i in inside into is it its kind kinds know let list like look me mine my now of \
    off on only or our out please pull query read record records return rows run s see select show \
    some something sort sorted table tables tell than thanks that the their them then there these \
    they thing things this those to up us use using want was we were what whats which \
    who will within would you your";

/// Words for small numbers.
const NUMBERS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

impl Question {
    /// Takes a question apart; any text at all gives one.
    pub fn parse(text: &str) -> Self {
        let words = words(text);
        let [mut head, by, condition] = split(&words);
        let implied = implied(&head);
        let ask = take_ask(&mut head);
        let limit = head.iter().find_map(|word| number(word));
        let about = nouns(&head);
        let mut by = nouns(&by);
        if by.is_empty() {
            by.extend(implied.map(str::to_owned));
        }
        Self {
            ask: refine(ask, &about, &by),
            words: head,
            nouns: about,
            by,
            condition,
            limit,
        }
    }
}

/// What some words sort by without saying so.
fn implied(words: &[String]) -> Option<&'static str> {
    words.iter().find_map(|word| match word.as_str() {
        "cheapest" | "expensive" => Some("price"),
        "selling" | "popular" | "sold" => Some("quantity"),
        _ => None,
    })
}

/// What comes before, after "by" and after "where".
fn split(words: &[String]) -> [Vec<String>; 3] {
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    let mut at = 0;
    for word in words {
        match word.as_str() {
            "by" | "per" | "each" => at = 1,
            "where" | "whose" | "with" | "having" => at = 2,
            "group" | "grouped" | "sorted" | "ordered" | "broken" | "down" if at == 0 => {}
            _ => parts[at].push(word.clone()),
        }
    }
    parts
}

/// Finds the first phrase that asks for something and takes it out of the words.
fn take_ask(head: &mut Vec<String>) -> Ask {
    for (phrase, ask) in PHRASES {
        let found = head
            .windows(phrase.len())
            .position(|window| window.iter().eq(phrase.iter()));
        if let Some(at) = found {
            head.drain(at..at + phrase.len());
            return ask;
        }
    }
    Ask::Rows
}

/// What only the rest of the question decides.
fn refine(ask: Ask, nouns: &[String], by: &[String]) -> Ask {
    match ask {
        // "The largest orders by total" wants rows, "the largest total" one figure.
        Ask::Figure(Figure::Most) if !by.is_empty() => TOP,
        Ask::Figure(Figure::Least) if !by.is_empty() => Ask::Top { least: true },
        // "The tables of orders" is about orders.
        Ask::Tables if !nouns.is_empty() => Ask::Rows,
        // "What is in my database?"
        Ask::Rows if nouns.is_empty() => Ask::Tables,
        // "Describe my database."
        Ask::Schema if nouns.is_empty() => Ask::Tables,
        other => other,
    }
}

fn nouns(words: &[String]) -> Vec<String> {
    words
        .iter()
        .filter(|word| !is_phrasing(word) && number(word).is_none())
        .cloned()
        .collect()
}

fn is_phrasing(word: &str) -> bool {
    PHRASING.split_whitespace().any(|phrasing| phrasing == word)
}

fn number(word: &str) -> Option<usize> {
    let number = match NUMBERS.iter().position(|name| *name == word) {
        Some(number) => number,
        None => word.parse().ok()?,
    };
    (1..=100_000).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_taken_apart() {
        let check = |text: &str, ask: Ask, nouns: &str, by: &str, limit: Option<usize>| {
            let question = Question::parse(text);
            assert_eq!(question.ask, ask, "{text}");
            assert_eq!(question.nouns.join(" "), nouns, "{text}");
            assert_eq!(question.by.join(" "), by, "{text}");
            assert_eq!(question.limit, limit, "{text}");
        };
        let figure = Ask::Figure;
        check(
            "Show me all users from my database",
            Ask::Rows,
            "users",
            "",
            None,
        );
        check(
            "first 5 customers please",
            Ask::Rows,
            "customers",
            "",
            Some(5),
        );
        check("which tables are there?", Ask::Tables, "", "", None);
        check("What's in my database?", Ask::Tables, "", "", None);
        check("schema of orders", Ask::Schema, "orders", "", None);
        check(
            "Describe the order_items table",
            Ask::Schema,
            "order items",
            "",
            None,
        );
        check("how many orders are there", Ask::Count, "orders", "", None);
        check(
            "count orders by status",
            Ask::Count,
            "orders",
            "status",
            None,
        );
        check(
            "How many orders does each customer have?",
            Ask::Count,
            "orders",
            "customer",
            None,
        );
        check("total number of orders", Ask::Count, "orders", "", None);
        check(
            "average price of products",
            figure(Figure::Average),
            "price products",
            "",
            None,
        );
        check(
            "average order total",
            figure(Figure::Average),
            "order total",
            "",
            None,
        );
        check(
            "total revenue per country",
            figure(Figure::Sum),
            "revenue",
            "country",
            None,
        );
        check(
            "what is the highest price",
            figure(Figure::Most),
            "price",
            "",
            None,
        );
        check("top 5 products by price", TOP, "products", "price", Some(5));
        check(
            "the three cheapest products",
            Ask::Top { least: true },
            "products",
            "price",
            Some(3),
        );
        check("most expensive products", TOP, "products", "price", None);
        check("best selling products", TOP, "products", "quantity", None);
        check("largest orders by total", TOP, "orders", "total", None);
        check("latest orders", LATEST, "orders", "", None);
        check("the most recent ten orders", LATEST, "orders", "", Some(10));
        check("orders by status", Ask::Rows, "orders", "status", None);
        check("", Ask::Tables, "", "", None);
        check(
            "покажи пользователей",
            Ask::Rows,
            "покажи пользователей",
            "",
            None,
        );
    }

    #[test]
    fn a_condition_is_kept_apart() {
        let question = Question::parse("how many orders with status pending per country");
        assert_eq!(question.condition, ["status", "pending"]);
        assert_eq!(question.by, ["country"]);
        assert_eq!(question.nouns, ["orders"]);
    }
}
