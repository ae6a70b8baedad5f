//! What the index can say of a query: all of it, or that nothing else can match, so that less has to be looked at.

use emporion_catalog::finder::{self, Condition, Piece, own_field};

use super::indexed_fields::IndexedFields;
use super::query::{Clause, Query, TEXT_FIELDS, Test, musts};

/// A query as the index takes it.
pub struct IndexQuery {
    pub condition: Condition,
    /// What the index does not know for certain, and documents have to be looked at for.
    pub rest: Option<Query>,
}

impl IndexQuery {
    pub fn of(query: &Query, known: &IndexedFields) -> IndexQuery {
        let (mut all, mut rest) = (Vec::new(), Vec::new());
        for must in musts(query) {
            let (condition, is_certain) = meant(must, known);
            all.push(condition);
            if !is_certain {
                rest.push(must.clone());
            }
        }
        let rest = if rest.is_empty() { None } else { Some(Query::All(rest)) };
        IndexQuery { condition: Condition::all(all), rest }
    }
}

/// What can match, and whether that is just what does.
pub fn meant(query: &Query, known: &IndexedFields) -> (Condition, bool) {
    query.bounded(&|clause| of_clause(clause, known))
}

fn of_clause(clause: &Clause, known: &IndexedFields) -> (Condition, bool) {
    match clause {
        Clause::Ids(ids) => (Condition::these(ids.iter().filter_map(|id| id.parse().ok())), true),
        // Among what was looked at.
        Clause::Found(ids) => (Condition::these(ids.iter().copied()), false),
        Clause::Field { path, test } => of_field(path, test, known),
        Clause::Least { least: 0, .. } => (Condition::Everything, true),
        Clause::Least { of, .. } => (Condition::any(of.iter().map(|query| meant(query, known).0).collect()), false),
        // What one object must have, the document has; where it is one thing alone, some object has it.
        Clause::Nested { path, query } => match musts(query)[..] {
            [Query::Test(Clause::Field { path: inner, test })] if is_below(inner, path) && !test.is_false() => {
                of_field(inner, test, known)
            }
            ref musts => {
                let fields = musts.iter().filter(|must| matches!(must, Query::Test(Clause::Field { .. })));
                (Condition::all(fields.map(|field| meant(field, known).0).collect()), false)
            }
        },
        Clause::Fields { paths, test } if paths == TEXT_FIELDS => anywhere(test),
        Clause::Fields { paths, test } => {
            (Condition::any(paths.iter().map(|path| of_field(path, test, known).0).collect()), false)
        }
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

/// Words that name no field: as everybody looks for words.
fn anywhere(test: &Test) -> (Condition, bool) {
    let is_certain = !matches!(test, Test::Phrase { begins: true, .. });
    let condition = match test {
        Test::Is(text) | Test::Holds(text) => {
            let words = text.split_whitespace().map(|word| Condition::word(word, false)).collect();
            Condition::any(vec![Condition::all(words), Condition::is(own_field("email"), text)])
        }
        Test::Phrase { text, begins: false } => Condition::phrase(text),
        // Each of its words may be the beginning of one.
        Test::Phrase { text, .. } => Condition::word(text, true),
        Test::Like(pattern) => match pattern.pieces() {
            [Piece::Text(text), Piece::Run] => Condition::word(text, true),
            _ => {
                let of = |field: &'static str| Condition::like(field, pattern.clone());
                Condition::any(vec![finder::Test::WordLike(pattern.clone()).into(), of("name"), of("fqn")])
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

fn of_field(path: &str, test: &Test, known: &IndexedFields) -> (Condition, bool) {
    // What is absent counts as false.
    if test.is_false() && path != "deleted" {
        return (Condition::Everything, false);
    }
    let own = |field: &'static str| match test {
        Test::Is(text) => (Condition::is(field, text.as_str()), true),
        Test::Like(pattern) => (Condition::like(field, pattern.clone()), true),
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
        ("id", Test::Is(text)) => (Condition::these(text.parse().ok()), true),
        _ => known.condition(path, test),
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::finder::{BELOW, DOMAIN_CALLED};
    use emporion_catalog::id::Millis;

    use super::super::lucene::{self, Reading};
    use super::*;

    fn meant(text: &str) -> (Condition, bool) {
        meant_of(text, &["table"])
    }

    fn meant_of(text: &str, kinds: &[&str]) -> (Condition, bool) {
        let meant =
            IndexQuery::of(&lucene::parse(text, &Reading::default()).expect(text), &IndexedFields::of_kinds(kinds));
        (meant.condition, meant.rest.is_none())
    }

    fn fqn(text: &str) -> Condition {
        Condition::is("fqn", text)
    }

    fn word(text: &str, begins: bool) -> Condition {
        Condition::word(text, begins)
    }

    fn anywhere(text: &str) -> Condition {
        let email = Condition::is(own_field("email"), text);
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
            ("\"Net Sales\"", Condition::phrase("Net Sales")),
            ("-a b", Condition::All(vec![anywhere("b"), anywhere("a").negated()])),
        ] {
            assert_eq!(meant(text), (condition, true), "{text}");
        }
    }

    fn kinds(names: &[&str]) -> Condition {
        let of = |name: &&str| emporion_catalog::registry::Registry::standard().expect(name);
        Condition::kinds(names.iter().map(of).collect())
    }

    #[test]
    fn so_are_fields_of_which_it_knows_what_each_noun_says() {
        let has_label = || Condition::Any(vec![Condition::has("tag"), Condition::has("term")]);
        let view = || Condition::is("type", "view");
        let named_sales = || Condition::is(DOMAIN_CALLED, "sales");
        for (text, of, condition) in [
            ("entityType:table", &["table"][..], Condition::Everything),
            ("entityType.keyword:Table", &["table", "user"], kinds(&["table"])),
            ("deleted:false", &["table", "user"], Condition::Everything),
            ("deleted:true", &["table"], Condition::Nothing),
            ("tableType:View", &["table"], view()),
            ("NOT tableType:View", &["table"], view().negated()),
            ("tableType:View", &["table", "database"], Condition::All(vec![kinds(&["table"]), view()])),
            ("serviceType:Postgres", &["database_service"], Condition::is("type", "postgres")),
            ("domains.fullyQualifiedName:Sales", &["table"], named_sales()),
            ("domain.fullyQualifiedName:Sales", &["table", "data_product"], named_sales()),
            ("_exists_:owners", &["table"], Condition::has("owner")),
            ("NOT _exists_:tags", &["table"], has_label().negated()),
            ("tags.tagFQN:*", &["table"], has_label()),
            (
                "owners.id:0192f0c0-0000-7000-8000-000000000001",
                &["table"],
                Condition::leads("owner", vec!["0192f0c0-0000-7000-8000-000000000001".parse().expect("an id")]),
            ),
            ("email:a@example.com", &["user"], Condition::is(own_field("email"), "a@example.com")),
            ("nobodyHasIt:x", &["table", "user"], Condition::Nothing),
            ("updatedAt:[5 TO 9}", &["table"], Condition::updated(Some(Millis(5)), Some(Millis(8)))),
        ] {
            assert_eq!(meant_of(text, of), (condition, true), "{text}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_looked_at_in_what_it_leaves() {
        let of_view = Condition::All(vec![Condition::is("source", "pg"), Condition::is("type", "view")]);
        assert_eq!(meant("service.name:pg AND tableType:View"), (of_view, false), "a name that was not looked up");
        assert_eq!(meant_of("fullyQualifiedName:a AND isBot:false", &["user"]), (fqn("a"), false));
        assert_eq!(meant("NOT sourceUrl:x"), (Condition::Everything, false));
        assert_eq!(meant("fullyQualifiedName:a OR sourceUrl:x"), (Condition::Everything, false));
        assert_eq!(meant("name:a*net_sales"), (Condition::holding("net_sales"), false));
        assert_eq!(meant("service.name:false").0, Condition::Everything, "what is absent counts as false");
        let tagged = Condition::any(vec![Condition::is("tag", "a.b"), Condition::is("term", "a.b")]);
        assert_eq!(meant("tags.tagFQN:a.b"), (tagged.clone(), false));
        assert_eq!(meant("tier.tagFQN:a.b"), (tagged, false));
        assert_eq!(meant("columns.name:Id"), (Condition::is("column", "id"), false));
        assert_eq!(meant("columns.children.name:Id"), (Condition::is("column", "id"), false));
        assert_eq!(meant("columns.tags.tagFQN:a.b"), (Condition::Everything, false));
        assert_eq!(meant("certification.tagLabel.tagFQN:a.b"), (Condition::Everything, false), "it can be over");
        assert_eq!(meant("database.fullyQualifiedName:s.d"), (Condition::is(BELOW, "s.d"), false));
        assert_eq!(meant("tableType:V*"), (Condition::Everything, false), "it can be a word of one");
    }
}
