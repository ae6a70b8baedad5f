//! The condition of a row filter, or of a metric, in words, where they say all of it, with the exact one beside them; else
//! that one alone.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::caller::Principal;
use emporion_catalog::record::View;
use emporion_catalog::rows::filters;
use emporion_semantic::guard::{How, Plain, Test, Value, plain};
use emporion_semantic::model::is_of_one;

use crate::text::plain::shown;
use crate::text::sentence::Sentence;
use crate::text::texts::Texts;

/// Marks that stand around what is quoted: a value that bears one could end the quotation.
const QUOTES: [char; 7] = ['“', '”', '„', '‟', '«', '»', '″'];

/// What the filter of a table or a metric says.
#[derive(Template)]
#[template(path = "parts/condition.html")]
pub struct Condition {
    t: Texts,
    /// Of what it is the filter.
    table: String,
    rendered: Option<Sentence>,
    /// The exact one is folded away below the words.
    is_folded: bool,
    exact: String,
}

impl HtmlSafe for Condition {}

/// Words for a condition, and the values that stand in them.
struct Words {
    text: String,
    values: Vec<String>,
}

impl Condition {
    pub fn of(t: Texts, table: &str, condition: &str) -> Condition {
        Condition::with(t, table, condition, Words::of(t, condition))
    }

    /// Of a filter of a metric, which may be over several tables: words do not say whose a column is.
    pub fn of_metric(t: Texts, metric: &str, condition: &str) -> Condition {
        let words = if is_of_one(condition) { Words::of(t, condition) } else { None };
        Condition::with(t, metric, condition, words)
    }

    fn with(t: Texts, of: &str, condition: &str, words: Option<Words>) -> Condition {
        let rendered = words.map(|words| words.rows(t));
        Condition { is_folded: rendered.is_some(), rendered, t, table: shown(of), exact: shown(condition) }
    }

    /// The filters under which somebody reads a product, each as a sentence.
    pub fn all_yours(t: Texts, product: &View, reader: &Principal) -> Vec<Condition> {
        let filters = filters::of_principal(product, reader).into_iter();
        filters.map(|(table, condition)| Condition::yours(t, &table, &condition)).collect()
    }

    /// Of the reader's own filter, as a sentence.
    pub fn yours(t: Texts, table: &str, condition: &str) -> Condition {
        let (words, table) = (Words::of(t, condition), shown(table));
        let is_folded = words.is_some();
        let (text, mut values) = match words {
            Some(Words { text, values }) => {
                (t.with("access.your_filter", &[("table", &table), ("condition", &text)]), values)
            }
            None => (t.with("access.your_filter_exact", &[("table", &table)]), Vec::new()),
        };
        values.push(table.clone());
        let rendered = Some(Sentence::of(&text, values.iter().map(String::as_str)));
        Condition { t, table, rendered, is_folded, exact: shown(condition) }
    }
}

/// The filters under which somebody reads a product, each as a plain text.
pub fn all_yours_in_words(t: Texts, product: &View, reader: &Principal) -> Vec<String> {
    let rendered = |(table, condition): (String, String)| {
        let table = shown(&table);
        match Words::of(t, &condition) {
            Some(words) => t.with("access.your_filter", &[("table", &table), ("condition", &words.text)]),
            None => format!("{} {}", t.with("access.your_filter_exact", &[("table", &table)]), shown(&condition)),
        }
    };
    filters::of_principal(product, reader).into_iter().map(rendered).collect()
}

/// The rows for which a condition holds, in words alone.
pub fn rows(t: Texts, condition: &str) -> Option<Sentence> {
    Words::of(t, condition).map(|words| words.rows(t))
}

/// That a filter of a table goes: the words, and the condition itself behind them.
pub fn goes(t: Texts, table: &str, condition: &str) -> String {
    let (table, exact) = (shown(table), shown(condition));
    match Words::of(t, condition) {
        Some(words) => {
            t.with("taking.filter_said", &[("table", &table), ("words", &words.text), ("condition", &exact)])
        }
        None => t.with("taking.filter", &[("table", &table), ("condition", &exact)]),
    }
}

impl Words {
    fn of(t: Texts, condition: &str) -> Option<Words> {
        let mut values = Vec::new();
        let text = rendered(t, &plain(condition)?, &mut values)?;
        Some(Words { text, values })
    }

    fn rows(&self, t: Texts) -> Sentence {
        let text = t.with("condition.rows", &[("words", &self.text)]);
        Sentence::of(&text, self.values.iter().map(String::as_str))
    }
}

/// A group inside another one stands in brackets.
fn rendered(t: Texts, plain: &Plain, values: &mut Vec<String>) -> Option<String> {
    let (parts, between) = match plain {
        Plain::Test(test) => return tested(t, test, values),
        Plain::All(parts) => (parts, t.say("condition.and")),
        Plain::Any(parts) => (parts, t.say("condition.or")),
    };
    let mut sides = Vec::new();
    for part in parts {
        let side = rendered(t, part, values)?;
        sides.push(if matches!(part, Plain::Test(_)) { side } else { format!("({side})") });
    }
    Some(sides.join(&format!(" {between} ")))
}

fn tested(t: Texts, test: &Test, values: &mut Vec<String>) -> Option<String> {
    let column = called(t, &test.column)?;
    let with: Vec<String> = test.values.iter().map(|value| valued(t, value)).collect::<Option<_>>()?;
    // Where a comma is part of numbers, something else stands between them.
    let apart = if with.iter().any(|value| value.contains(',')) { "; " } else { ", " };
    let listed = with.join(apart);
    let at = |index: usize| with.get(index).map_or("", String::as_str);
    let blanks = [("column", &*column), ("value", at(0)), ("values", &*listed), ("low", at(0)), ("high", at(1))];
    let text = t.with(&format!("condition.{}", key(test.how)), &blanks);
    values.push(column);
    values.extend(with);
    Some(text)
}

fn key(how: How) -> &'static str {
    match how {
        How::Is => "is",
        How::Other => "other",
        How::OneOf => "one_of",
        How::NoneOf => "none_of",
        How::More => "more",
        How::Less => "less",
        How::AtLeast => "at_least",
        How::AtMost => "at_most",
        How::Between => "between",
        How::From => "from",
        How::Before => "before",
        How::Begins => "begins",
        How::NotBegins => "not_begins",
        How::Ends => "ends",
        How::NotEnds => "not_ends",
        How::Contains => "contains",
        How::NotContains => "not_contains",
        How::Empty => "empty",
        How::Filled => "filled",
    }
}

fn valued(t: Texts, value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => quoted(t, text),
        Value::Number(digits) => Some(t.decimal(digits)),
        Value::Boolean(true) => Some(t.say("condition.true")),
        Value::Boolean(false) => Some(t.say("condition.false")),
        Value::Day(day) => Some(day.clone()),
    }
}

/// A column by its name as it stands, if that is one word.
fn called(t: Texts, column: &str) -> Option<String> {
    let is_word = column.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_word { Some(shown(column)) } else { quoted(t, column) }
}

/// A text between quotation marks: nobody takes it for the words around it, for a number or for a truth.
fn quoted(t: Texts, text: &str) -> Option<String> {
    let text = shown(text);
    (!text.contains(QUOTES)).then(|| t.with("condition.quoted", &[("text", &text)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Texts {
        Texts::by_code(code).expect("it is spoken")
    }

    fn rendered(code: &str, condition: &str) -> Option<String> {
        rows(texts(code), condition).map(|rendered| rendered.to_string())
    }

    #[test]
    fn a_condition_is_said_in_words() {
        for (condition, english, german) in [
            (
                "region = 'EMEA' AND amount > 100",
                "rows where region is “EMEA” and amount is more than 100",
                "Zeilen, bei denen region „EMEA“ ist und amount größer als 100 ist",
            ),
            (
                "region IN ('EMEA', 'South America')",
                "rows where region is one of “EMEA”, “South America”",
                "Zeilen, bei denen region eines von „EMEA“, „South America“ ist",
            ),
            (
                "region <> 'EMEA' OR region IS NULL",
                "rows where region has a value other than “EMEA” or region has no value",
                "Zeilen, bei denen region einen anderen Wert als „EMEA“ hat oder region keinen Wert hat",
            ),
            (
                "amount BETWEEN 0.5 AND 5 AND (open OR name LIKE 'a%')",
                "rows where amount is from 0.5 to 5 and (open is true or name begins with “a”)",
                "Zeilen, bei denen amount im Bereich von 0,5 bis 5 liegt und (open wahr ist oder name mit „a“ beginnt)",
            ),
            (
                "rate IN (0.5, 1.5)",
                "rows where rate is one of 0.5, 1.5",
                "Zeilen, bei denen rate eines von 0,5; 1,5 ist",
            ),
            (
                "amount >= -5000000.25 OR code IN (1000, 20)",
                "rows where amount is at least -5,000,000.25 or code is one of 1,000; 20",
                "Zeilen, bei denen amount mindestens -5.000.000,25 ist oder code eines von 1.000, 20 ist",
            ),
            (
                "status = 'true' OR status = 'or' OR open",
                "rows where status is “true” or status is “or” or open is true",
                "Zeilen, bei denen status „true“ ist oder status „or“ ist oder open wahr ist",
            ),
            (
                "code = '100' AND day >= '2025-01-31' AND name NOT LIKE '%x%'",
                "rows where code is “100” and day is from 2025-01-31 on and name has a value that does not contain “x”",
                "Zeilen, bei denen code „100“ ist und day ab 2025-01-31 liegt und name einen Wert ohne „x“ hat",
            ),
        ] {
            assert_eq!(rendered("en", condition).as_deref(), Some(english), "{condition}");
            assert_eq!(rendered("de", condition).as_deref(), Some(german), "{condition}");
        }
    }

    #[test]
    fn a_value_does_not_pass_for_words() {
        let rendered = |condition: &str| rendered("en", condition);
        let quoted = "rows where region is “EU or amount is more than 1”";
        assert_eq!(rendered("region = 'EU or amount is more than 1'").as_deref(), Some(quoted));
        for mark in QUOTES {
            let ending = format!("region = 'EU{mark} or region is {mark}US'");
            assert_eq!(rendered(&ending), None, "it would end its own quotation");
        }
        assert_eq!(rendered("name = 'שלום'").as_deref(), Some("rows where name is <bdi>“שלום”</bdi>"));
        assert_eq!(rendered("name = '<b>'").as_deref(), Some("rows where name is “&#60;b&#62;”"));
    }

    #[test]
    fn the_condition_itself_stands_beside_its_words_and_alone_where_there_are_none() {
        let of = |condition| Condition::of(texts("en"), "orders", condition).to_string();
        let both = of("region = 'EU'");
        assert!(both.contains(">rows where region is “EU”</span><details"), "{both}");
        assert!(both.contains("region = &#39;EU&#39;"), "{both}");
        let alone = of("lower(region) = 'eu' AND id = 1");
        assert!(alone.contains("lower(region) = &#39;eu&#39; AND id = 1"), "{alone}");
        assert!(!alone.contains("<details") && !alone.contains("id is 1"), "{alone}");
        let of_metric = |condition| Condition::of_metric(texts("en"), "sales", condition).to_string();
        let one = of_metric("orders.status = 'paid' AND orders.open");
        assert!(one.contains(">rows where status is “paid” and open is true</span><details"), "{one}");
        let several = of_metric("orders.region = 'EU' AND customers.region = 'US'");
        assert!(!several.contains("rows where"), "whose region is which, words would not say: {several}");
        let yours = Condition::yours(texts("en"), "orders", "region = 'EU'").to_string();
        assert!(yours.contains(">You see only those rows of orders where region is “EU”.</span>"), "{yours}");
    }
}
