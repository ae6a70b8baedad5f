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
    fn every_list_that_is_asked_for_is_there() {
        fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => sources(&path, found),
                    false => found.push(path),
                }
            }
        }
        let (mut files, asked_for) = (Vec::new(), concat!("Phrases::", "named(\""));
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat"), &mut files);
        let texts = files.iter().filter(|path| path.extension().is_some_and(|it| it == "rs"));
        let texts: Vec<String> = texts.map(|path| std::fs::read_to_string(path).expect("a file")).collect();
        let names =
            texts.iter().flat_map(|text| text.split(asked_for).skip(1)).filter_map(|rest| rest.split('"').next());
        let names: Vec<&str> = names.collect();
        assert!(names.len() > 30);
        let missing: Vec<&&str> = names.iter().filter(|name| !LISTS.contains_key(**name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn no_list_is_empty_and_none_is_there_twice() {
        let names: Vec<&str> =
            include_str!("phrases.txt").lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
        assert!(names.len() > 20 && names.len() == LISTS.keys().filter(|name| !name.is_empty()).count());
        assert!(LISTS.iter().all(|(name, list)| name.is_empty() || list.len() > 1));
    }
}
