//! The tables that datasets stand for: `table`, `schema.table` or `database.schema.table`, with parts in quotes where a
//! name is no word. Quotes within are escaped as in the catalogue's names, which sources are.

/// A name as a part of a source: quoted where it would read as more than one part, or not as a name.
pub(super) fn part(name: &str) -> String {
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// The names that a source is made of, without quotes; a quote that is never closed goes to the end.
pub(crate) fn parts(source: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = source.chars();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        let last = parts.last_mut().expect("there is a first one");
        match letter {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => last.extend(letters.next()),
            '.' if !is_quoted => parts.push(String::new()),
            other => last.push(other),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_together_is_taken_apart_again() {
        for names in [vec!["orders"], vec!["shop", "orders"], vec!["d.b", "o.ther dß", "b\"c\\d"]] {
            let source = names.iter().map(|name| part(name)).collect::<Vec<_>>().join(".");
            assert_eq!(parts(&source), names, "{source}");
        }
        assert_eq!(parts("\"never closed.x"), ["never closed.x"]);
    }
}
