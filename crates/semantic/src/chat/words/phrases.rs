//! Lists of words and phrases, kept as data.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{LazyLock, OnceLock};

static LISTS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| lists(include_str!("phrases.txt")));

/// A list of `phrases.txt`.
#[derive(Debug)]
pub(in super::super) struct Phrases {
    name: &'static str,
    list: OnceLock<&'static [&'static str]>,
}

impl Phrases {
    pub const fn named(name: &'static str) -> Phrases {
        Phrases { name, list: OnceLock::new() }
    }
}

impl Deref for Phrases {
    type Target = [&'static str];

    fn deref(&self) -> &Self::Target {
        self.list.get_or_init(|| LISTS.get(self.name).map_or(&[], Vec::as_slice))
    }
}

fn lists(text: &'static str) -> HashMap<&'static str, Vec<&'static str>> {
    let mut lists: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut name = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words = match line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
            Some((named, words)) => {
                name = named;
                words
            }
            None => line,
        };
        let words = words.split('|').map(str::trim).filter(|word| !word.is_empty());
        lists.entry(name).or_default().extend(words);
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_go_over_lines() {
        let lists = lists("# said\n\na.B = one | two of it\n    | three |\n    four\nc.D = five");
        assert_eq!(lists["a.B"], ["one", "two of it", "three", "four"]);
        assert_eq!(lists["c.D"], ["five"]);
    }

    #[test]
    fn no_list_is_empty_and_none_is_there_twice() {
        let names: Vec<&str> =
            include_str!("phrases.txt").lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
        assert!(names.len() > 20 && names.len() == LISTS.keys().filter(|name| !name.is_empty()).count());
        assert!(LISTS.iter().all(|(name, list)| name.is_empty() || list.len() > 1));
    }
}
