//! Words of a question and names of a database, and how much one sounds like the other.

/// A sure match of two words.
const SAME: u32 = 100;
/// One is the beginning of the other.
const BEGINNING: u32 = 40;
/// One is a slip of the pen away from the other.
const SLIP: u32 = 35;
/// They mean about the same; what comes later in a group is a little further off.
const MEANING: u32 = 30;
/// Below this, words have nothing to do with each other.
pub const ENOUGH: u32 = 15;

/// Words that stand for each other, the most telling first.
const MEANINGS: [&[&str]; 8] = [
    &[
        "user", "customer", "person", "account", "member", "client", "contact",
    ],
    &["product", "item", "good", "article"],
    &["order", "purchase", "sale"],
    &["employee", "staff", "worker", "colleague"],
    &["revenue", "sale", "total", "amount", "turnover", "price"],
    &["price", "cost", "amount", "value", "total"],
    &["date", "time", "day", "created", "updated"],
    &["state", "status"],
];

/// The words of a text in lower case: letters and digits, and a dot within a number.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let in_number = c == '.'
            && word.ends_with(|c: char| c.is_ascii_digit())
            && chars.peek().is_some_and(char::is_ascii_digit);
        if c.is_alphanumeric() || in_number {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The words within a name such as `sales.order_items` or `orderItems`, without its schema.
pub fn name_words(name: &str) -> Vec<String> {
    let own = name.rsplit('.').next().unwrap_or(name);
    let mut spaced = String::with_capacity(own.len() + 4);
    let mut after_lower = false;
    for c in own.chars() {
        if c.is_uppercase() && after_lower {
            spaced.push(' ');
        }
        after_lower = c.is_lowercase();
        spaced.push(c);
    }
    words(&spaced)
}

/// A word without its plural.
pub fn singular(word: &str) -> String {
    match word {
        "people" => return "person".to_owned(),
        "children" => return "child".to_owned(),
        "men" => return "man".to_owned(),
        "women" => return "woman".to_owned(),
        _ => {}
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes", "zes", "uses"] {
        if word.ends_with(ending)
            && let Some(stem) = word.strip_suffix("es")
        {
            return stem.to_owned();
        }
    }
    let plural = word.ends_with('s')
        && word.len() > 2
        && !["ss", "us", "is"]
            .iter()
            .any(|ending| word.ends_with(ending));
    match word.strip_suffix('s') {
        Some(stem) if plural => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// How much two words sound like each other, from nothing to [`SAME`].
pub fn similarity(one: &str, other: &str) -> u32 {
    let (one, other) = (singular(one), singular(other));
    if one == other {
        return SAME;
    }
    let (short, long) = match one.len() <= other.len() {
        true => (&one, &other),
        false => (&other, &one),
    };
    if short.chars().count() >= 4 && long.starts_with(short.as_str()) {
        return BEGINNING;
    }
    if short.chars().count() >= 4 && is_slip(short, long) {
        return SLIP;
    }
    meaning(&one, &other)
}

fn meaning(one: &str, other: &str) -> u32 {
    MEANINGS
        .iter()
        .filter_map(|group| {
            let one = group.iter().position(|word| *word == one)?;
            let other = group.iter().position(|word| *word == other)?;
            u32::try_from(one.abs_diff(other)).ok()
        })
        .map(|distance| MEANING.saturating_sub(distance))
        .max()
        .unwrap_or(0)
}

/// One letter more, other or swapped with its neighbour.
fn is_slip(short: &str, long: &str) -> bool {
    let (short, long): (Vec<char>, Vec<char>) = (short.chars().collect(), long.chars().collect());
    let head = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[head..], &long[head..]);
    match (short, long) {
        (short, [_, rest @ ..]) if short == rest => true,
        ([_, short @ ..], [_, long @ ..]) if short == long => true,
        ([a, b, short @ ..], [c, d, long @ ..]) => a == d && b == c && short == long,
        _ => false,
    }
}

/// How well a name fits the words of a question: all of its words count, and a longer name that
/// fits wholly is the better one.
pub fn fit(name: &str, nouns: &[String]) -> u32 {
    let parts = name_words(name);
    let Ok(count @ 1..) = u32::try_from(parts.len()) else {
        return 0;
    };
    let best: Vec<u32> = parts
        .iter()
        .map(|part| {
            let scores = nouns.iter().map(|noun| similarity(part, noun));
            scores.max().unwrap_or(0)
        })
        .collect();
    if best.iter().all(|score| *score >= ENOUGH) {
        return best.iter().sum::<u32>() / count + count;
    }
    best.iter().max().map_or(0, |score| score * 6 / 10)
}

/// Whether a word of the question is what a name is about.
pub fn covers(name: &str, noun: &str) -> bool {
    name_words(name)
        .iter()
        .any(|part| similarity(part, noun) >= ENOUGH)
}

/// The best fit of several names, the first of equals.
pub fn best<'a>(names: impl Iterator<Item = &'a str>, nouns: &[String]) -> Option<(&'a str, u32)> {
    names
        .map(|name| (name, fit(name, nouns)))
        .filter(|(_, score)| *score >= ENOUGH)
        .fold(None, |best, next| match best {
            Some((_, score)) if score >= next.1 => best,
            _ => Some(next),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plural_is_its_singular() {
        let check = |word, expected| assert_eq!(singular(word), expected);
        check("users", "user");
        check("categories", "category");
        check("addresses", "address");
        check("status", "status");
        check("statuses", "status");
        check("boxes", "box");
        check("people", "person");
        check("s", "s");
        check("", "");
        check("является", "является");
    }

    #[test]
    fn names_are_found_by_what_people_call_them() {
        let tables = [
            "customers",
            "orders",
            "order_items",
            "Products",
            "crm.EmployeeBadges",
        ];
        let check = |question: &str, expected: Option<&str>| {
            let found = best(tables.into_iter(), &words(question));
            assert_eq!(found.map(|(name, _)| name), expected, "{question}");
        };
        check("users", Some("customers"));
        check("customer", Some("customers"));
        check("order items", Some("order_items"));
        check("order_items", Some("order_items"));
        check("orders", Some("orders"));
        check("prodcuts", Some("Products"));
        check("badges", Some("crm.EmployeeBadges"));
        check("staff badges", Some("crm.EmployeeBadges"));
        check("weather", None);
        check("заказы", None);
        check("", None);
    }

    #[test]
    fn numbers_keep_their_dot() {
        assert_eq!(
            words("Over 9.99, or 5. Größe's"),
            ["over", "9.99", "or", "5", "größe", "s"]
        );
        assert!(words("...  !").is_empty());
    }
}
