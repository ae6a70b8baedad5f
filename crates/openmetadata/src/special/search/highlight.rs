//! Where in a document the words stand that were looked for, as pages of this protocol put them into their HTML: so what
//! people wrote is escaped, and the marks alone are tags.

use std::ops::Range;

use emporion_catalog::finder::{self, Condition, Piece};
use serde_json::{Map, Value};

use super::query::{Clause, Query, TEXT_FIELDS, Test, values};

const BEGINS: &str = "<span class=\"text-highlighter\">";
const ENDS: &str = "</span>";
/// Where words are marked, and whether that is one of the places that words without a field are looked for in, or one in
/// which the index looks beside them.
const MARKED: &[(&str, bool)] = &[
    ("name", true),
    ("displayName", true),
    ("description", true),
    ("columns.name", false),
    ("columns.description", false),
];
/// Of a long text, so much around a mark is shown, and so many pieces.
const WHOLE: usize = 300;
const AROUND: usize = 80;
const MOST: usize = 5;

/// What is looked for in which field.
pub struct Highlights(Vec<(&'static str, Condition)>);

impl Highlights {
    pub fn of(query: &Query) -> Highlights {
        let of_field = |(field, is_own): &(&'static str, bool)| {
            let mut words = Vec::new();
            collect(query, field, *is_own, &mut words);
            (!words.is_empty()).then(|| (*field, Condition::any(words)))
        };
        Highlights(MARKED.iter().filter_map(of_field).collect())
    }

    /// The fields of a document with their pieces. Nothing is marked that it does not show.
    pub fn in_document(
        &self,
        document: &Value,
        marks: &dyn Fn(&str, &Condition) -> Vec<Range<usize>>,
    ) -> Map<String, Value> {
        let mut found = Map::new();
        for (field, words) in &self.0 {
            let texts = values(document, field);
            let pieces = texts.iter().flat_map(|text| pieces(text, &marks(text, words)));
            let pieces: Vec<Value> = pieces.take(MOST).map(Value::from).collect();
            if !pieces.is_empty() {
                found.insert((*field).to_owned(), Value::from(pieces));
            }
        }
        found
    }
}

fn collect(query: &Query, field: &str, is_own: bool, words: &mut Vec<Condition>) {
    match query {
        Query::All(of) | Query::Any(of) | Query::Test(Clause::Least { of, .. }) => {
            of.iter().for_each(|part| collect(part, field, is_own, words));
        }
        Query::Test(Clause::Field { path, test }) if path == field => words.extend(looked_for(test)),
        Query::Test(Clause::Fields { paths, test }) => {
            let is_meant = paths.iter().any(|path| path == field) || (!is_own && paths == TEXT_FIELDS);
            words.extend(is_meant.then(|| looked_for(test)).flatten());
        }
        Query::Test(Clause::Nested { query, .. }) => collect(query, field, is_own, words),
        _ => {}
    }
}

fn looked_for(test: &Test) -> Option<Condition> {
    match test {
        Test::Phrase { text, begins: false } => Some(Condition::phrase(text)),
        Test::Phrase { text, .. } => Some(Condition::word(text, true)),
        Test::Is(text) | Test::Holds(text) => {
            Some(Condition::any(text.split_whitespace().map(|word| Condition::word(word, false)).collect()))
        }
        Test::Like(pattern) => Some(match pattern.pieces() {
            [Piece::Run] => return None,
            [Piece::Text(text), Piece::Run] => Condition::word(text, true),
            _ => finder::Test::WordLike(pattern.clone()).into(),
        }),
        Test::Exists | Test::Between(_) => None,
    }
}

/// The pieces of a text in which something is marked.
fn pieces(text: &str, marks: &[Range<usize>]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = marks;
    while let Some(first) = rest.first() {
        let (from, mut to) = match text.len() <= WHOLE {
            true => (0, text.len()),
            false => (
                text.floor_char_boundary(first.start.saturating_sub(AROUND)),
                text.ceil_char_boundary((first.end + AROUND).min(text.len())),
            ),
        };
        let count = rest.iter().take_while(|mark| mark.start < to).count();
        to = to.max(rest[count - 1].end);
        pieces.push(marked(text, from..to, &rest[..count]));
        rest = &rest[count..];
    }
    pieces
}

fn marked(text: &str, within: Range<usize>, marks: &[Range<usize>]) -> String {
    let mut marked = String::new();
    let mut at = within.start;
    for mark in marks {
        escape(&text[at..mark.start], &mut marked);
        marked.push_str(BEGINS);
        escape(&text[mark.clone()], &mut marked);
        marked.push_str(ENDS);
        at = mark.end;
    }
    escape(&text[at..within.end], &mut marked);
    marked
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#x27;"),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lucene::{self, Reading};
    use super::*;

    /// Marks every place where a word of the condition stands as it is typed.
    fn plain(text: &str, words: &Condition) -> Vec<Range<usize>> {
        match words {
            Condition::Test(finder::Test::Word(word)) => {
                text.match_indices(&word.whole).map(|(at, word)| at..at + word.len()).collect()
            }
            Condition::Any(parts) => {
                let mut marks: Vec<_> = parts.iter().flat_map(|part| plain(text, part)).collect();
                marks.sort_by_key(|mark| mark.start);
                marks
            }
            _ => Vec::new(),
        }
    }

    fn highlight(q: &str, document: &Value) -> Value {
        let query = lucene::parse(q, &Reading::default()).expect(q);
        Value::Object(Highlights::of(&query).in_document(document, &plain))
    }

    #[test]
    fn what_people_wrote_is_escaped_and_marks_are_not() {
        let document = json!({"name": "sales", "description": "<img src=x onerror='sales()'> & \"sales\""});
        let told = highlight("sales", &document);
        assert_eq!(told["name"], json!(["<span class=\"text-highlighter\">sales</span>"]));
        assert_eq!(
            told["description"],
            json!(["&lt;img src=x onerror=&#x27;<span class=\"text-highlighter\">sales</span>()&#x27;&gt; &amp; \
                    &quot;<span class=\"text-highlighter\">sales</span>&quot;"])
        );
    }

    #[test]
    fn words_are_marked_where_they_were_looked_for() {
        let document = json!({"name": "a", "description": "a b", "columns": [{"name": "a"}, {"name": "c"}]});
        let fields = |q: &str| highlight(q, &document).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields("a"), ["name", "description", "columns.name"]);
        assert_eq!(fields("description:a"), ["description"]);
        assert_eq!(fields("a AND NOT description:a"), ["name", "description", "columns.name"]);
        assert!(fields("NOT a").is_empty() && fields("*").is_empty() && fields("").is_empty());
    }

    #[test]
    fn of_long_texts_a_few_pieces_are_shown() {
        let long = "é".repeat(200);
        let document = json!({"description": format!("{long} a {long}").repeat(9)});
        let told = highlight("description:a", &document);
        let pieces = told["description"].as_array().unwrap();
        assert_eq!(pieces.len(), MOST);
        assert!(pieces.iter().all(|piece| piece.as_str().unwrap().len() < 300), "{pieces:?}");
    }
}
