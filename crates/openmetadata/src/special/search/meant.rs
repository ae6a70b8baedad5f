//! What the index can say of a query: all of it, or that nothing else can match, so that less has to be looked at.

use emporion_catalog::finder::{Condition, Piece, own_field};

use super::query::{Query, TEXT_FIELDS, Test};

/// A query as the index takes it.
pub struct Meant {
    pub condition: Condition,
    /// What the index does not know for certain, and documents have to be looked at for.
    pub rest: Option<Query>,
}

impl Meant {
    pub fn of(query: &Query) -> Meant {
        let (mut all, mut rest) = (Vec::new(), Vec::new());
        for must in query.musts() {
            let (condition, is_certain) = of(must);
            all.push(condition);
            if !is_certain {
                rest.push(must.clone());
            }
        }
        let rest = if rest.is_empty() { None } else { Some(Query::And(rest)) };
        Meant { condition: Condition::all(all), rest }
    }
}

/// What can match, and whether that is just what does.
fn of(query: &Query) -> (Condition, bool) {
    match query {
        Query::All => (Condition::Everything, true),
        Query::Nothing => (Condition::Nothing, true),
        Query::And(of) => several(of, Condition::all),
        Query::Or { of, least } => {
            let (condition, is_certain) = several(of, Condition::any);
            match least {
                0 => (Condition::Everything, true),
                1 => (condition, is_certain),
                _ => (condition, false),
            }
        }
        Query::Not(inner) => match of(inner) {
            (condition, true) => (condition.negated(), true),
            (_, false) => (Condition::Everything, false),
        },
        Query::Ids(ids) => (Condition::These(ids.iter().filter_map(|id| id.parse().ok()).collect()), true),
        Query::Field { path, test } => of_field(path, test),
        // What one object must have, the document has.
        Query::Nested { query, .. } => {
            let fields = query.musts().into_iter().filter(|must| matches!(must, Query::Field { .. }));
            (Condition::all(fields.map(|field| of(field).0).collect()), false)
        }
        Query::Fields { paths, test } if paths == TEXT_FIELDS => anywhere(test),
        Query::Fields { paths, test } => {
            let (condition, _) = several_of(paths.iter().map(|path| of_field(path, test)), Condition::any);
            (condition, false)
        }
    }
}

fn several(of: &[Query], put: fn(Vec<Condition>) -> Condition) -> (Condition, bool) {
    several_of(of.iter().map(self::of), put)
}

fn several_of(
    parts: impl Iterator<Item = (Condition, bool)>,
    put: fn(Vec<Condition>) -> Condition,
) -> (Condition, bool) {
    let (conditions, certain): (Vec<Condition>, Vec<bool>) = parts.unzip();
    (put(conditions), certain.into_iter().all(|is| is))
}

/// Words that name no field: as everybody looks for words.
fn anywhere(test: &Test) -> (Condition, bool) {
    let is_certain = !matches!(test, Test::Phrase { begins: true, .. });
    let condition = match test {
        Test::Is(text) | Test::Holds(text) => {
            let word = |text: &str| Condition::Word { text: text.to_owned(), begins: false };
            let words = text.split_whitespace().map(word).collect();
            Condition::any(vec![Condition::all(words), Condition::Is { field: own_field("email"), text: text.clone() }])
        }
        Test::Phrase { text, begins: false } => Condition::Phrase(text.clone()),
        // Each of its words may be the beginning of one.
        Test::Phrase { text, .. } => Condition::Word { text: text.clone(), begins: true },
        Test::Like(pattern) => match pattern.pieces() {
            [Piece::Text(text), Piece::Run] => Condition::Word { text: text.clone(), begins: true },
            pieces => {
                let of = |field| Condition::Like { field, form: pieces.to_vec() };
                Condition::any(vec![Condition::WordLike(pieces.to_vec()), of("name".into()), of("fqn".into())])
            }
        },
        Test::Between(_) => return (Condition::Everything, false),
        Test::Exists => Condition::Everything,
    };
    (condition, is_certain)
}

/// What has the longest piece that is known of a text.
fn holding_most(pieces: &[Piece]) -> Condition {
    let known = pieces.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
    known.max_by_key(|text| text.len()).map_or(Condition::Everything, |text| Condition::holding(text))
}

fn of_field(path: &str, test: &Test) -> (Condition, bool) {
    // What is absent counts as false.
    if test.is_false() {
        return (Condition::Everything, false);
    }
    let own = |field: &'static str| match test {
        Test::Is(text) => (Condition::is(field, text.as_str()), true),
        Test::Like(pattern) => (Condition::Like { field: field.into(), form: pattern.pieces().to_vec() }, true),
        Test::Holds(text) | Test::Phrase { text, .. } => (Condition::holding(text), false),
        Test::Between(_) => (Condition::Everything, false),
        Test::Exists => (Condition::Everything, true),
    };
    match (path, test) {
        ("fullyQualifiedName", Test::Holds(_) | Test::Phrase { .. }) => (Condition::Everything, false),
        ("fullyQualifiedName", _) => own("fqn"),
        ("name" | "displayName" | "description", Test::Like(pattern)) => (holding_most(pattern.pieces()), false),
        ("name", _) => own("name"),
        ("displayName" | "description", Test::Is(text) | Test::Holds(text) | Test::Phrase { text, .. }) => {
            (Condition::holding(text), false)
        }
        ("id", Test::Is(text)) => (Condition::These(text.parse().ok().into_iter().collect()), true),
        ("email", Test::Is(text)) => (Condition::Is { field: own_field("email"), text: text.clone() }, false),
        ("service.name" | "service.fullyQualifiedName", Test::Is(text)) => {
            (Condition::is("source", text.as_str()), false)
        }
        ("owners.name" | "owners.fullyQualifiedName", Test::Is(text)) => (Condition::is("owner", text.as_str()), false),
        ("owners.id", Test::Is(text)) => {
            (Condition::Leads { field: "owner", to: text.parse().ok().into_iter().collect() }, false)
        }
        _ => (Condition::Everything, false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lucene::{self, Reading};
    use super::*;

    fn meant(text: &str) -> (Condition, bool) {
        let meant = Meant::of(&lucene::parse(text, &Reading::default()).expect(text));
        (meant.condition, meant.rest.is_none())
    }

    fn fqn(text: &str) -> Condition {
        Condition::is("fqn", text)
    }

    fn word(text: &str, begins: bool) -> Condition {
        Condition::Word { text: text.into(), begins }
    }

    fn anywhere(text: &str) -> Condition {
        let email = Condition::Is { field: own_field("email"), text: text.into() };
        Condition::Any(vec![word(text, false), email])
    }

    #[test]
    fn what_the_index_knows_is_left_to_it() {
        for (text, condition) in [
            ("", Condition::Everything),
            ("fullyQualifiedName:Svc.db.sc.T", fqn("svc.db.sc.t")),
            ("NOT fullyQualifiedName:a", fqn("a").negated()),
            ("fullyQualifiedName:a OR fullyQualifiedName:b", Condition::Any(vec![fqn("a"), fqn("b")])),
            ("name.keyword:orders", Condition::is("name", "orders")),
            ("cust*", word("cust", true)),
            ("\"Net Sales\"", Condition::Phrase("Net Sales".into())),
            ("-a b", Condition::All(vec![anywhere("b"), anywhere("a").negated()])),
        ] {
            assert_eq!(meant(text), (condition, true), "{text}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_looked_at_in_what_it_leaves() {
        let source = Condition::is("source", "pg");
        assert_eq!(meant("service.name:pg AND tableType:View"), (source, false));
        assert_eq!(meant("fullyQualifiedName:a AND isBot:false"), (fqn("a"), false));
        assert_eq!(meant("NOT tableType:View"), (Condition::Everything, false));
        assert_eq!(meant("fullyQualifiedName:a OR tableType:View"), (Condition::Everything, false));
        assert_eq!(meant("name:a*net_sales"), (Condition::holding("net_sales"), false));
        assert_eq!(meant("service.name:false").0, Condition::Everything, "what is absent counts as false");
    }
}
