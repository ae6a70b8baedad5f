//! Names of databases, schemas, tables and columns as the catalogue spells them.
//!
//! Clients replace what a name may not hold by tokens before they send it, and put it back when they read one. Whoever
//! else writes names of a source spells them the same, or one table would have two records; whoever asks the source takes
//! the tokens out again.

use std::borrow::Cow;

/// `data_product` as `dataProduct`.
pub fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

const TOKENS: &[(&str, &str)] = &[
    ("::", "__reserved__colon__"),
    (">", "__reserved__arrow__"),
    ("\"", "__reserved__quote__"),
    ("\n", "__reserved__newline__"),
    ("\r", "__reserved__carriage_return__"),
    ("\t", "__reserved__tab__"),
];

/// The source's name as the catalogue spells it.
pub fn encode(name: &str) -> Cow<'_, str> {
    replaced(name, TOKENS.iter().copied())
}

/// The name that the source knows. A name that has a token of its own cannot be told from one that was spelled.
pub fn decode(name: &str) -> Cow<'_, str> {
    replaced(name, TOKENS.iter().map(|(text, token)| (*token, *text)))
}

fn replaced<'a>(name: &'a str, pairs: impl Iterator<Item = (&'static str, &'static str)>) -> Cow<'a, str> {
    pairs.fold(Cow::Borrowed(name), |name, (from, to)| match name.contains(from) {
        true => Cow::Owned(name.replace(from, to)),
        false => name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_clients_do_and_read_back() {
        for (name, spelled) in [
            ("Tä.ble \"x\"", "Tä.ble __reserved__quote__x__reserved__quote__"),
            ("a::b", "a__reserved__colon__b"),
            ("a:b", "a:b"),
            ("a->b", "a-__reserved__arrow__b"),
            ("nl\nx\r\t", "nl__reserved__newline__x__reserved__carriage_return____reserved__tab__"),
            ("plain", "plain"),
        ] {
            assert_eq!(encode(name), spelled);
            assert_eq!(decode(spelled), name);
            assert_eq!(encode(spelled), spelled);
        }
    }
}
