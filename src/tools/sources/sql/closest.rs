//! "Did you mean": the names closest to one that does not exist.

/// Up to three names of those there are, closest first; none that are far off.
pub(super) fn closest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| Some((distance(&wanted, &name.to_lowercase())?, name)))
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Edits between the two, if they are few; a name that holds the other whole is near as well.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let bare = name.rsplit('.').next().unwrap_or(name);
    let edits =
        strsim::damerau_levenshtein(wanted, bare).min(strsim::damerau_levenshtein(wanted, name));
    let most = (wanted.chars().count() / 3).max(1);
    let holds = wanted.len() >= 3 && (bare.contains(wanted) || wanted.contains(bare));
    (edits <= most || holds).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_names_come_first_and_far_ones_not_at_all() {
        let names = [
            "customers",
            "orders",
            "order_items",
            "sales.orders",
            "users",
        ];
        assert_eq!(closest("ordrs", names), ["orders", "sales.orders"]);
        assert_eq!(closest("Customer", names), ["customers"]);
        assert_eq!(
            closest("order", names),
            ["orders", "sales.orders", "order_items"]
        );
        assert!(closest("invoices", names).is_empty());
    }
}
