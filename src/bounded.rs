//! Maps of what was learned on the way, which may not grow for ever.

use std::collections::HashMap;
use std::hash::Hash;

/// Makes room for one more in a map of at most `most`: what is not fresh is forgotten, and all of it
/// where that is not enough. What is forgotten is learned again.
pub fn make_room<K: Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    most: usize,
    is_fresh: impl Fn(&V) -> bool,
) {
    if map.len() >= most {
        map.retain(|_, value| is_fresh(value));
    }
    if map.len() >= most {
        map.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stale_goes_first_and_everything_where_that_is_not_enough() {
        let mut map: HashMap<i32, bool> = (0..4).map(|key| (key, key % 2 == 0)).collect();
        make_room(&mut map, 5, |fresh| *fresh);
        assert_eq!(map.len(), 4);
        make_room(&mut map, 4, |fresh| *fresh);
        assert_eq!(map.len(), 2);
        make_room(&mut map, 2, |fresh| *fresh);
        assert!(map.is_empty());
    }
}
