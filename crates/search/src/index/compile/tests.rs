//! Conditions made by chance: an index of documents made by chance finds just those of which they hold, with the same
//! scores.

use std::collections::HashMap;

use emporion_catalog::finder::{BELOW, Document, FieldName, Labels, Piece, own_field};
use emporion_catalog::id::AccountId;
use emporion_catalog::registry::Registry;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tantivy::collector::TopDocs;
use tantivy::{Index, IndexWriter, Searcher};

use super::super::encode::encode;
use super::super::schema::schema;
use super::super::tokens;
use super::*;

const WORDS: &[&str] = &["sales", "Sale", "net", "orders", "ordering", "Größe", "売上高", "EU2", "x"];
const KINDS: &[&str] = &["table", "domain", "data_product"];
/// Fields of facts, of numbers and of times.
const FIELDS: &[&str] = &["name", "fqn", BELOW, "owner", "property.cost", "property.since"];
const IDS: u64 = 6;

fn id(n: u64) -> RecordId {
    format!("0192f0c0-0000-7000-8000-{n:012}").parse().expect("an id")
}

fn field() -> impl Strategy<Value = FieldName> {
    prop_oneof![select(FIELDS).prop_map(FieldName::Borrowed), Just(own_field("email"))]
}

fn text() -> impl Strategy<Value = String> {
    let words = vec((select(WORDS), select(&["_", ".", " ", ""][..])), 1..4);
    words.prop_map(|words| words.into_iter().flat_map(|(word, between)| [word, between]).collect())
}

fn form() -> impl Strategy<Value = Form> {
    let text = select(&["s", "S", "ale", "or", "gro", "上", "_", "2"][..]).prop_map(|text| Piece::Text(text.into()));
    vec(prop_oneof![text, Just(Piece::One), Just(Piece::Run)], 1..5).prop_map(Form::of)
}

fn number() -> impl Strategy<Value = f64> {
    select(vec![-2.5, -1.0, 0.0, 1.0, 7.5])
}

prop_compose! {
    fn document()(
        n in 0..IDS,
        kind in select(KINDS),
        at in (0_i64..9, 0_i64..9),
        texts in vec((select(&Tier::ALL[..]), text()), 0..4),
        facts in vec((select(FIELDS), text()), 0..5),
        leads in vec((select(FIELDS), 0..IDS), 0..3),
        numbers in vec((field(), number()), 0..2),
        times in vec((field(), 0_i64..9), 0..2),
        has in vec(field(), 0..3),
    ) -> Document {
        let mut document = Document {
            id: id(n),
            account: AccountId::fresh(),
            kind: Registry::standard().expect(kind),
            name: String::new(),
            fqn: String::new(),
            is_granted: false,
            linked: Vec::new(),
            standing: 0,
            created: at.0,
            updated: at.1,
            texts: Vec::new(),
            facts: Vec::new(),
            leads: Vec::new(),
            numbers,
            times,
            has,
            counted: Vec::new(),
        };
        texts.iter().for_each(|(tier, text)| document.text(*tier, "", text));
        facts.iter().for_each(|(field, text)| document.fact(field, text));
        leads.iter().for_each(|(field, to)| document.lead(field, id(*to), ""));
        document
    }
}

fn test() -> impl Strategy<Value = Test> {
    let word = |word: Option<WordTest>| word.expect("all texts have a word");
    let folded = || text().prop_map(|text| fold(&text).into_owned());
    let moment = || proptest::option::of(0_i64..9);
    let end = || proptest::option::of((number(), any::<bool>()));
    let time = prop_oneof![Just("created".into()), Just("updated".into()), field()];
    let labels =
        vec((select(FIELDS), (0..IDS).prop_map(id), select(&[Fit::Beginning, Fit::Stem, Fit::Word][..])), 0..3);
    let listed = |n: Vec<u64>| n.into_iter().map(|n| (id(n), Arc::from(""))).collect::<HashMap<_, _>>();
    prop_oneof![
        (text(), any::<bool>()).prop_map(move |(text, begins)| Test::Word(word(WordTest::word(&text, begins)))),
        text().prop_map(move |text| Test::Word(word(WordTest::phrase(&text)))),
        (text(), labels).prop_map(move |(text, labels)| {
            Test::Word(WordTest { labels: Labels::These(labels.into()), ..word(WordTest::phrase(&text)) })
        }),
        form().prop_map(Test::WordLike),
        (field(), text()).prop_map(|(field, text)| Test::Exact { field, text }),
        (field(), folded()).prop_map(|(field, text)| Test::Folded { field, text }),
        (field(), select(&["s", "sale", "or", "gro", ""][..]))
            .prop_map(|(field, text)| Test::Begins { field, text: text.to_owned() }),
        (field(), form()).prop_map(|(field, form)| Test::Like { field, form }),
        (field(), vec(0..IDS, 0..3))
            .prop_map(|(field, to)| Test::Leads { field, to: to.into_iter().map(id).collect() }),
        vec(select(KINDS), 0..2)
            .prop_map(|names| Test::Kinds(names.iter().map(|name| Registry::standard().expect(name)).collect())),
        (time, moment(), moment()).prop_map(|(field, from, to)| Test::Times { field, from, to }),
        (field(), end(), end()).prop_map(|(field, from, to)| Test::Numbers { field, from, to }),
        vec(0..IDS, 0..3).prop_map(|ids| Test::These(Arc::new(ids.into_iter().map(id).collect()))),
        vec(0..IDS, 0..3).prop_map(move |ids| Test::Listed { field: "product", of: Arc::new(listed(ids)) }),
        field().prop_map(Test::Has),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        1 => Just(Condition::Everything),
        1 => Just(Condition::Nothing),
        20 => test().prop_map(Condition::from),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..5).prop_map(Condition::All),
            vec(inner.clone(), 1..5).prop_map(Condition::Any),
            inner.prop_map(Condition::negated),
        ]
    })
}

/// One segment, so that documents stand as they were written.
fn indexed(documents: &[Document]) -> (Fields, Searcher) {
    let index = Index::create_in_ram(schema());
    tokens::register(index.tokenizers(), &index.schema());
    let fields = Fields::of(index.schema(), &schema()).expect("the fields of a new index");
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).expect("a writer");
    for document in documents {
        writer.add_document(encode(&fields, document)).expect("a document");
    }
    writer.commit().expect("a commit");
    (fields, index.reader().expect("a reader").searcher())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn an_index_finds_just_what_a_condition_holds_of(
        documents in vec(document(), 1..12),
        conditions in vec(condition(), 1..60),
    ) {
        let (fields, searcher) = indexed(&documents);
        let all = TopDocs::with_limit(documents.len()).order_by_score();
        for condition in &conditions {
            let query = compile(&fields, condition, &Steps::default());
            let found = searcher.search(&*query, &all).expect("an answer");
            let scores: HashMap<usize, u32> =
                found.into_iter().map(|(score, at)| (at.doc_id as usize, score as u32)).collect();
            for (at, document) in documents.iter().enumerate() {
                prop_assert_eq!(scores.get(&at).copied(), condition.score(document), "{:?} of {:?}", condition, document);
                prop_assert_eq!(scores.contains_key(&at), condition.holds(document));
            }
        }
    }
}
