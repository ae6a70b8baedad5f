//! What a sentence looks for: its words without those that only make it a sentence.

use emporion_catalog::finder::{WordTest, topic};
use emporion_catalog::registry::Registry;

use crate::document::kinds_called;
use crate::query::{At, Expr, Field, Form, Query, Value};

/// What a query that begins as a sentence does looks for, without the words that only ask, in the order in which it may be
/// meant: with the name of a kind as a kind ("the table with customers"), with that as a word of a name, and without it.
/// Then without the words that call it data or figures, which all of it is ("the data about net sales"). What begins
/// otherwise is looked for without the words that only hold it together ("orders of customers by region"). Nothing where it
/// has no other words, or all of them say something.
pub(super) fn sought(query: &Query, registry: &Registry) -> Vec<Query> {
    let mut each = in_sentence(query, registry);
    let whole = Some(query).filter(|_| each.is_empty());
    let asked: Vec<&Query> = each.iter().chain(whole).collect();
    let of_columns = |begins| asked.iter().filter_map(move |query| in_table(query, begins));
    let of_columns: Vec<Query> = of_columns(false).chain(of_columns(true)).collect();
    each.extend(of_columns);
    each
}

/// The same with a column beside its table, where a word names both: `orders.customer_id`; or with the beginning of one.
fn in_table(query: &Query, begins: bool) -> Option<Query> {
    let parts = match query.root.as_ref()? {
        Expr::All(parts) => parts.as_slice(),
        word => std::slice::from_ref(word),
    };
    let mut has_column = false;
    let mut split = Vec::with_capacity(parts.len() + 1);
    for part in parts {
        let named = match part {
            Expr::Word { text, prefix: false } => bare(text).rsplit_once('.'),
            _ => None,
        };
        let is_name = |name: &str| name.chars().any(char::is_alphanumeric);
        match named.filter(|(table, column)| is_name(table) && is_name(column)) {
            Some((table, column)) => {
                has_column = true;
                split.push(Expr::Word { text: table.to_owned(), prefix: false });
                split.push(if begins {
                    beginning("column", column.to_owned())
                } else {
                    is("column", column.to_owned())
                });
            }
            None => split.push(part.clone()),
        }
    }
    has_column.then_some(Query { root: Some(Expr::All(split)) })
}

/// A field that holds a name.
fn is(field: &str, text: String) -> Expr {
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || c == '_');
    valued(field, text, if is_plain { Form::Plain } else { Form::Folded })
}

fn beginning(field: &str, text: String) -> Expr {
    valued(field, text, Form::Prefix)
}

fn valued(field: &str, text: String, form: Form) -> Expr {
    Expr::Is { field: Field::named(field), at: At(0), values: vec![Value { at: At(0), text, form, alone: false }] }
}

fn in_sentence(query: &Query, registry: &Registry) -> Vec<Query> {
    let Some(Expr::All(parts)) = &query.root else { return Vec::new() };
    let beside = topic::said_beside(&query.to_string());
    let is_beside = |part: &&Expr| matches!(part, Expr::Word { text, prefix: false } if beside.contains(&*bare(text).to_lowercase()));
    if !beside.is_empty() {
        // What it is about is what stands beside them: one of them may be called as a kind is.
        let about: Vec<Expr> = parts.iter().filter(|part| !is_beside(part)).cloned().collect();
        return said(&about, None).or_else(|| all_of(about)).into_iter().collect();
    }
    let begins = parts.iter().find(|part| !is_vague(part));
    if !begins.is_some_and(only_asks) {
        return held_together(parts, registry);
    }
    let less: Vec<Expr> = parts.iter().filter(|part| !is_vague(part)).cloned().collect();
    let mut each: Vec<Query> = Vec::new();
    for parts in [parts, &less] {
        for one in meant(parts, registry) {
            if !each.contains(&one) {
                each.push(one);
            }
        }
    }
    each
}

/// Without the words that only hold others together, where there are any: with the name of a kind as a kind, and as a word.
fn held_together(parts: &[Expr], registry: &Registry) -> Vec<Query> {
    let is_filler = |part: &&Expr| {
        let Expr::Word { text, prefix: false } = part else { return false };
        topic::is_filler(&bare(text).to_lowercase())
    };
    if !parts.iter().any(|part| is_filler(&part)) {
        return Vec::new();
    }
    let kept: Vec<Expr> = parts.iter().filter(|part| !is_filler(part)).map(unsigned).collect();
    let named = kept.iter().enumerate().find_map(|(at, part)| Some((at, kind(part, registry)?)));
    let as_kind = named.filter(|_| kept.len() > 1).map(|(at, kind)| {
        let mut kept = kept.clone();
        kept[at] = kind;
        kept
    });
    as_kind.into_iter().chain([kept]).filter_map(all_of).collect()
}

/// A word without the signs that end a sentence.
fn unsigned(part: &Expr) -> Expr {
    match part {
        Expr::Word { text, prefix: false } => Expr::Word { text: bare(text).to_owned(), prefix: false },
        part => part.clone(),
    }
}

fn meant(parts: &[Expr], registry: &Registry) -> Vec<Query> {
    let named = parts.iter().enumerate().find_map(|(at, part)| Some((at, kind(part, registry)?)));
    let as_kind = named.clone().and_then(|(at, kind)| said(parts, Some((at, kind))));
    let as_word = named.and_then(|(at, _)| said(parts, Some((at, parts[at].clone()))));
    held(parts).into_iter().chain(as_kind).chain(as_word).chain(said(parts, None)).collect()
}

/// Words for whatever a catalogue is about, in the languages of the pages.
const VAGUE: [&str; 13] = [
    "data",
    "details",
    "figure",
    "figures",
    "info",
    "information",
    "number",
    "numbers",
    "angaben",
    "daten",
    "infos",
    "informationen",
    "zahlen",
];

/// Words for products, and for what they do with what they hold, in the languages of the pages.
const PRODUCTS: [&str; 8] =
    ["product", "products", "produkt", "produkte", "produkten", "datenprodukt", "datenprodukte", "datenprodukten"];
/// Words that ask for people.
const PEOPLE: [&str; 6] = ["who", "whom", "whose", "wer", "wen", "wem"];
const HOLDING: [&str; 32] = [
    "use",
    "uses",
    "using",
    "used",
    "contain",
    "contains",
    "containing",
    "hold",
    "holds",
    "holding",
    "have",
    "has",
    "include",
    "includes",
    "including",
    "need",
    "needs",
    "offer",
    "offers",
    "benutzen",
    "benutzt",
    "nutzen",
    "nutzt",
    "verwenden",
    "verwendet",
    "enthalten",
    "enthält",
    "haben",
    "hat",
    "brauchen",
    "braucht",
    "steckt",
];

/// What "which products use orders" looks for: products that hold what bears the name, then the name of one or of many.
fn held(parts: &[Expr]) -> Vec<Query> {
    let word = |part: &Expr| match part {
        Expr::Word { text, prefix: false } => Some(bare(text).to_owned()),
        _ => None,
    };
    let Some(words) = parts.iter().map(word).collect::<Option<Vec<String>>>() else { return Vec::new() };
    let folded: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let is = |of: &[&str], at: usize| folded.get(at).is_some_and(|word| of.contains(&&**word));
    let has = |of: &[&str]| (0..words.len()).any(|at| is(of, at));
    if !has(&PRODUCTS) || !has(&HOLDING) || has(&PEOPLE) {
        return Vec::new();
    }
    let only_asks = |at: usize| {
        let is_beside = folded[at].is_empty() || topic::is_said_beside(&folded[at]);
        is_beside || is(&PRODUCTS, at) || is(&HOLDING, at) || (folded[at] == "data" && is(&PRODUCTS, at + 1))
    };
    let said: Vec<&str> = (0..words.len()).filter(|at| !only_asks(*at)).map(|at| &*words[at]).collect();
    let name = said.join(" ");
    let others = WordTest::word(&name, false).map(|word| word.other_numbers).unwrap_or_default();
    let names = std::iter::once(name).chain(others).filter(|name| !name.is_empty());
    let holds = |name| Expr::All(vec![self::is("kind", "product".into()), self::is("holds", name)]);
    names.map(|name| Query { root: Some(holds(name)) }).collect()
}

/// The parts that say something, one of them in other words; `None` where they are all parts, or no words.
fn said(parts: &[Expr], instead: Option<(usize, Expr)>) -> Option<Query> {
    let mut kept = Vec::new();
    let mut has_words = false;
    for (at, part) in parts.iter().enumerate() {
        match (part, &instead) {
            (_, Some((there, instead))) if *there == at => kept.push(instead.clone()),
            (part, _) if only_asks(part) => {}
            (word @ Expr::Word { prefix: false, .. }, _) => {
                has_words = true;
                kept.push(unsigned(word));
            }
            (part, _) => kept.push(part.clone()),
        }
    }
    // Without a word, it would be everything of a kind.
    if !has_words || kept == *parts { None } else { all_of(kept) }
}

fn all_of(mut parts: Vec<Expr>) -> Option<Query> {
    let root = if parts.len() <= 1 { parts.pop()? } else { Expr::All(parts) };
    Some(Query { root: Some(root) })
}

/// Whether a part is a word that asks, or nothing but signs.
fn only_asks(part: &Expr) -> bool {
    let Expr::Word { text, prefix: false } = part else { return false };
    bare(text).is_empty() || topic::is_said_beside(&bare(text).to_lowercase())
}

fn is_vague(part: &Expr) -> bool {
    let Expr::Word { text, prefix: false } = part else { return false };
    VAGUE.contains(&&*bare(text).to_lowercase())
}

/// A word without the signs that end a sentence.
fn bare(word: &str) -> &str {
    word.trim_end_matches(['?', '!', ','])
}

/// A word that is what people call a kind.
fn kind(part: &Expr, registry: &Registry) -> Option<Expr> {
    let Expr::Word { text, prefix: false } = part else { return None };
    kinds_called(registry, text, false).ok()?;
    let value = Value { at: At(0), text: text.to_lowercase(), form: Form::Plain, alone: false };
    Some(Expr::Is { field: Field::named("kind"), at: At(0), values: vec![value] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn of(text: &str) -> Vec<String> {
        sought(&parse(text).unwrap(), &Registry::standard()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_only_makes_a_sentence_is_not_looked_for() {
        for (sentence, wanted) in [
            ("who owns orders", &["orders"][..]),
            ("who owns orders?", &["orders"]),
            ("where does daily_sales come from", &["daily_sales"]),
            (
                "where does daily_sales.net_sales come from?",
                &["daily_sales.net_sales", "daily_sales column:net_sales", "daily_sales column:net_sales*"],
            ),
            ("the table with customers", &["kind:table customers", "table customers", "customers"]),
            ("who owns user sessions", &["kind:user sessions", "user sessions"]),
            (
                "which data products use the table daily_sales?",
                &[
                    "kind:product holds:daily_sales",
                    "data kind:products daily_sales",
                    "data products daily_sales",
                    "data daily_sales",
                    "kind:products daily_sales",
                    "products daily_sales",
                    "daily_sales",
                ],
            ),
            ("the data about net sales", &["data net sales", "net sales"]),
            ("how fresh is orders?", &["orders"]),
            ("can I query payments", &["payments"]),
            ("can I query the order lines?", &["order lines"]),
            ("Data on net sales", &["Data net sales", "net sales"]),
            ("zeige mir die Zahlen zu Umsatz", &["Zahlen Umsatz", "Umsatz"]),
            ("show me all tables about net sales", &["kind:tables net sales", "tables net sales", "net sales"]),
            ("orders of customers by region", &["orders customers region"]),
            (
                "tables of customers by region",
                &["kind:tables customers region", "tables customers region", "customers region"],
            ),
            (
                "which table has e-mail addresses?",
                &["kind:table e-mail addresses", "table e-mail addresses", "e-mail addresses"],
            ),
        ] {
            assert_eq!(of(sentence), wanted, "{sentence}");
        }
    }

    #[test]
    fn what_all_is_called_is_demanded_no_longer_than_it_finds_something() {
        let each = of("which product has churn figures");
        let place = |wanted: &str| {
            each.iter().position(|query| query == wanted).unwrap_or_else(|| panic!("{wanted}: {each:?}"))
        };
        assert!(place("churn figures") < place("kind:product holds:churn"));
        assert!(place("kind:product churn") < place("churn") && place("churn") == each.len() - 1);
    }

    #[test]
    fn who_asks_for_people_asks_for_no_product() {
        let first = of("welche datenprodukt enthält orders").into_iter().next();
        assert_eq!(first.as_deref(), Some("kind:product holds:orders"));
        for sentence in ["who uses the product orders", "wer nutzt das produkt orders"] {
            assert!(of(sentence).iter().all(|query| !query.contains("holds:")), "{sentence}");
        }
    }

    #[test]
    fn what_says_something_is_demanded() {
        for text in [
            "orders",
            "net sales",
            "customer contact",
            "user sessions",
            "who",
            "the who",
            "who OR owns",
            "table",
            "the table",
            "-the orders",
            "the kind:table",
            "data",
            "customer data",
            "data lake",
            "net_sales.",
            ".net_sales",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
        let of_column = ["shop.orders column:customer_id", "shop.orders column:customer_id*"];
        assert_eq!(of("shop.orders.customer_id"), of_column);
    }
}
