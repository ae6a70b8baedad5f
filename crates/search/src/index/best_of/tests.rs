use tantivy::schema::{Field, Schema, TEXT};
use tantivy::{Index, IndexWriter, Searcher, TERMINATED, Term, doc};

use super::*;

const DOCS: u32 = 3_000;

fn words(doc: u32) -> Vec<String> {
    let every = [("all", 1), ("half", 2), ("third", 3), ("it", 200), ("few", 500), ("rare", 700)];
    let mut words: Vec<String> =
        every.iter().filter(|(_, step)| doc.is_multiple_of(*step)).map(|(word, _)| (*word).to_owned()).collect();
    words.push(format!("pair{:02}", doc % 40));
    words
}

fn searched() -> (Searcher, Field) {
    let mut schema = Schema::builder();
    let field = schema.add_text_field("words", TEXT);
    let index = Index::create_in_ram(schema.build());
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 20 << 20).unwrap();
    for doc in 0..DOCS {
        writer.add_document(doc!(field => words(doc).join(" "))).unwrap();
    }
    writer.commit().unwrap();
    (index.reader().unwrap().searcher(), field)
}

/// Clauses with what they are worth, what has to be there, and what must not be.
type Asked<'a> = (&'a [(u32, &'a str)], &'a [&'a str], &'a [&'a str]);

fn plainly((clauses, within, without): Asked<'_>) -> Vec<(DocId, Score)> {
    let fits = |doc: u32, text: &str| {
        words(doc).iter().any(|word| word == text || text.strip_suffix('*').is_some_and(|text| word.starts_with(text)))
    };
    let best = |doc: u32| clauses.iter().filter(|(_, text)| fits(doc, text)).map(|(score, _)| *score).max();
    let is_left = |doc: u32| within.iter().all(|text| fits(doc, text)) && !without.iter().any(|text| fits(doc, text));
    (0..DOCS).filter(|doc| is_left(*doc)).filter_map(|doc| Some((doc, best(doc)? as Score))).collect()
}

#[test]
fn what_is_found_is_what_a_plain_look_finds_whether_there_is_much_or_little() {
    let (searcher, field) = searched();
    let clause = |text: &str| match text.strip_suffix('*') {
        Some(text) => Clause::Between(
            Term::from_field_text(field, text),
            Term::from_field_text(field, &format!("{text}\u{10ffff}")),
        ),
        None => Clause::Term(Term::from_field_text(field, text)),
    };
    let one = |text: &&str| BestOf::new(vec![(0, clause(text))], &Steps::default());
    let asked: &[Asked<'_>] = &[
        (&[], &[], &[]),
        (&[(5, "none")], &[], &[]),
        (&[(5, "rare")], &[], &[]),
        (&[(5, "half"), (7, "third"), (7, "few")], &[], &[]),
        (&[(5, "rare"), (9, "few")], &[], &[]),
        (&[(5, "rare"), (9, "few")], &["half"], &[]),
        (&[(5, "rare"), (9, "few")], &[], &["third"]),
        (&[(5, "rare"), (9, "few")], &["pair0*"], &["rare"]),
        (&[(1, "all"), (2, "half")], &["few"], &[]),
        (&[(1, "all"), (2, "half")], &["third", "half"], &["pair1*"]),
        (&[(1, "all")], &["rare"], &["few"]),
        (&[(1, "all")], &["none"], &[]),
        (&[(3, "pair*"), (4, "pair2*"), (4, "pair39")], &[], &["rare", "few"]),
        (&[(0, "all")], &["half", "rare"], &["few"]),
        (&[(0, "all"), (0, "half")], &["it"], &[]),
        (&[(0, "all"), (0, "half")], &["none"], &[]),
        (&[(0, "half")], &["all", "third", "few"], &["rare"]),
    ];
    let mut kinds = [false; 2];
    for asked in asked {
        let clauses = asked.0.iter().map(|(score, text)| (*score, clause(text))).collect();
        let query = BestOf::new(clauses, &Steps::default())
            .among(asked.1.iter().map(one).collect(), Vec::new())
            .among(Vec::new(), asked.2.iter().map(one).collect());
        let wanted = plainly(*asked);
        let weight = query.weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
        let levels = query.levels(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
        let (mut each_one, mut stepped, mut sought) = (Vec::new(), Vec::new(), Vec::new());
        for (place, reader) in searcher.segment_readers().iter().enumerate() {
            assert_eq!(place, 0, "one segment, so that documents stand as they were written");
            kinds[usize::from(matches!(levels.found(reader).unwrap(), Matches::Few(_)))] = true;
            weight.for_each(reader, &mut |doc, score| each_one.push((doc, score))).unwrap();
            let mut scorer = weight.scorer(reader, 1.0).unwrap();
            while scorer.doc() != TERMINATED {
                stepped.push((scorer.doc(), scorer.score()));
                scorer.advance();
            }
            for target in (0..DOCS).step_by(7) {
                let mut scorer = weight.scorer(reader, 1.0).unwrap();
                if scorer.seek(target.max(scorer.doc())) == target {
                    sought.push((target, scorer.score()));
                }
            }
        }
        assert_eq!(each_one, wanted, "{asked:?}");
        assert_eq!(stepped, wanted, "{asked:?}");
        let wanted: Vec<(DocId, Score)> = wanted.into_iter().filter(|(doc, _)| doc % 7 == 0).collect();
        assert_eq!(sought, wanted, "{asked:?}");
    }
    assert_eq!(kinds, [true; 2], "both ways of finding were looked at");
}

/// What is not to be there is found within something else: a few documents are held against all of it.
#[test]
fn of_a_few_documents_all_of_a_group_is_looked_at() {
    let (searcher, field) = searched();
    let one = |score: u32, text: &str| {
        BestOf::new(vec![(score, Clause::Term(Term::from_field_text(field, text)))], &Steps::default())
    };
    let found = |query: BestOf| {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
        let mut docs = Vec::new();
        weight.for_each(&searcher.segment_readers()[0], &mut |doc, _| docs.push(doc)).unwrap();
        docs
    };
    let group = || one(0, "half").among(vec![one(0, "third")], Vec::new());
    for score in [0, 5] {
        let rare = || one(score, "rare");
        assert_eq!(found(rare().among(Vec::new(), vec![group()])), [700, 1_400, 2_800]);
        assert_eq!(found(rare().among(vec![group()], Vec::new())), [0, 2_100]);
    }
    let half_but_not_third = one(0, "half").among(Vec::new(), vec![one(0, "third")]);
    assert_eq!(
        found(one(0, "all").among(vec![one(0, "few"), half_but_not_third], Vec::new())),
        [500, 1_000, 2_000, 2_500]
    );
}
