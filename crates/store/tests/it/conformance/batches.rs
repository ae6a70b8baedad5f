//! Questions about many things at once: they are answered as the single ones are, straight and through a cache.

use std::collections::BTreeSet;

use emporion_catalog::cached_snapshot::CachedSnapshot;
use emporion_catalog::id::{EdgeId, RecordId, Revision};
use emporion_catalog::ports::{Around, Snapshot, Upward};
use emporion_catalog::query::ListQuery;
use emporion_catalog::questions::Questions;
use emporion_catalog::record::{Edge, Record};
use emporion_catalog::relation::{MEMBER, OWNER, UNDER_TEAM};

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    cards_come_with_all_above_where_that_is_asked
    a_relation_is_followed_to_its_end
    edges_come_with_what_they_lead_to
    edges_above_come_by_one_question
    past_states_come_with_their_edges
    lists_and_counts_answer_in_order
    a_cache_answers_as_the_snapshot_does_and_asks_nothing_twice
}

async fn cards_of(snapshot: &dyn Snapshot, ids: &[&Record], standing: &[&Record]) -> BTreeSet<RecordId> {
    let of = |records: &[&Record]| records.iter().map(|record| record.id).collect::<Vec<_>>();
    let account = ids.iter().chain(standing).next().expect("something is asked for").account;
    let found = snapshot.cards_and_above(account, &of(ids), &of(standing)).await.unwrap();
    let set: BTreeSet<RecordId> = found.iter().map(|card| card.id).collect();
    assert_eq!(set.len(), found.len(), "each once");
    set
}

fn set(records: &[&Record]) -> BTreeSet<RecordId> {
    records.iter().map(|record| record.id).collect()
}

async fn cards_come_with_all_above_where_that_is_asked(world: &World) {
    let top = domain("top");
    let middle = record("domain", Some(&top), "middle");
    let (p, q, nobody) = (product(&middle, "p"), product(&top, "q"), domain("nobody"));
    world.does(Set::new().put(&top).put(&middle).put(&p).put(&q)).await;
    let now = world.now().await;
    let known = CachedSnapshot::over(&*now);
    for snapshot in [&*now, &known as &dyn Snapshot, &known] {
        assert_eq!(cards_of(snapshot, &[&p, &nobody], &[]).await, set(&[&p]));
        assert_eq!(cards_of(snapshot, &[&q], &[&p]).await, set(&[&p, &q, &middle, &top]));
        // What is asked for by itself and stands above another is above it all the same.
        assert_eq!(cards_of(snapshot, &[&middle], &[&p, &nobody]).await, set(&[&p, &middle, &top]));
    }
    assert_eq!(now.cards_and_above(top.account, &[], &[]).await.unwrap(), []);
}

async fn a_relation_is_followed_to_its_end(world: &World) {
    let teams = [1, 2, 3, 4].map(|n| record("team", None, &format!("t{n}")));
    let users = [1, 2].map(|n| record("user", None, &format!("u{n}")));
    let mut edges =
        [(0, 1), (1, 2), (2, 0), (3, 2)].map(|(from, to)| edge(&teams[from], UNDER_TEAM, &teams[to])).to_vec();
    edges.push(edge(&teams[3], MEMBER, &users[0]));
    edges.push(edge(&teams[1], MEMBER, &users[0]));
    edges.push(edge(&teams[0], OWNER, &teams[3]));
    let set = teams.iter().chain(&users).fold(Set::new(), |set, record| set.put(record));
    world.does(edges.iter().fold(set, |set, edge| set.link(edge))).await;
    let now = world.now().await;
    let (from_first, from_last, with_member, of_member, of_nobody) =
        ([teams[0].id], [teams[3].id], [teams[0].id, domain("nobody").id], [users[0].id], [users[1].id]);
    type Case<'a> = (&'a [RecordId], &'a [RecordId], &'a [usize], &'a [usize]);
    let cases: [Case<'_>; 5] = [
        (&from_first, &[], &[0, 1, 2], &[0, 1, 2]),
        (&from_last, &[], &[0, 1, 2, 3], &[0, 1, 2, 3]),
        (&[], &of_member, &[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3]),
        (&with_member, &of_nobody, &[0, 1, 2], &[0, 1, 2]),
        (&[], &of_nobody, &[], &[]),
    ];
    for first in 0..cases.len() {
        let known = CachedSnapshot::over(&*now);
        for (ids, members, met, above) in cases.iter().cycle().skip(first).take(cases.len()) {
            let asked = Upward { ids, members, holding: MEMBER, relation: UNDER_TEAM };
            let questions = Questions::default();
            for snapshot in [&*now, &known as &dyn Snapshot, &known] {
                let (found, cards) = questions.during(snapshot.edges_up(teams[0].account, &asked)).await.unwrap();
                let ids: BTreeSet<EdgeId> = found.iter().map(|edge| edge.id).collect();
                assert_eq!(ids, met.iter().map(|at| edges[*at].id).collect(), "{asked:?}");
                assert_eq!(ids.len(), found.len(), "each once");
                let ids: BTreeSet<RecordId> = cards.iter().map(|card| card.id).collect();
                assert_eq!(ids, above.iter().map(|at| teams[*at].id).collect(), "{asked:?}");
            }
            assert!(questions.count() <= 2, "one of the engine and one of the cache, where they are counted");
        }
    }
}

/// Products below domains, one within the other, with edges from all of them.
struct Place {
    top: Record,
    middle: Record,
    p: Record,
    q: Record,
    edges: Vec<Edge>,
}

impl Place {
    async fn made(world: &World) -> Place {
        let top = domain("top");
        let middle = record("domain", Some(&top), "middle");
        let (p, q) = (product(&middle, "p"), product(&top, "q"));
        let edges = vec![
            edge(&p, OWNER, &q),
            edge(&p, UNDER_TEAM, &middle),
            edge(&q, OWNER, &top),
            edge(&q, UNDER_TEAM, &p),
            edge(&middle, OWNER, &q),
            edge(&top, UNDER_TEAM, &q),
        ];
        let set = Set::new().put(&top).put(&middle).put(&p).put(&q);
        world.does(edges.iter().fold(set, |set, edge| set.link(edge))).await;
        Place { top, middle, p, q, edges }
    }
}

async fn edges_come_with_what_they_lead_to(world: &World) {
    let Place { top, p, q, .. } = Place::made(world).await;
    let nobody = domain("nobody");
    let now = world.now().await;
    let (ids, nowhere) = ([p.id, nobody.id], [q.id]);
    let all = Around::default();
    let cases = [
        Around { ids: &ids, ..all },
        Around { ids: &ids, relations: Some(&[OWNER]), standing: &nowhere, ..all },
        Around { ids: &ids, relations: Some(&[OWNER, UNDER_TEAM]), places: &[UNDER_TEAM], ..all },
        Around { ids: &nowhere, relations: Some(&[UNDER_TEAM]), places: &[UNDER_TEAM], ..all },
        Around { ids: &[p.id, q.id], standing: &ids, places: &[OWNER], ..all },
        Around { ids: &ids, relations: Some(&[OWNER]), standing: &nowhere, above: &[OWNER], ..all },
        Around {
            ids: &nowhere,
            relations: Some(&[OWNER]),
            standing: &ids,
            places: &[UNDER_TEAM],
            above: &[UNDER_TEAM],
        },
        Around { ids: &ids, relations: Some(&[]), standing: &ids, above: &[OWNER, UNDER_TEAM], ..all },
    ];
    for first in 0..cases.len() {
        // From each of them on, so that the cache begins with other knowledge.
        let known = CachedSnapshot::over(&*now);
        for asked in cases.iter().cycle().skip(first).take(cases.len()) {
            let mut edges = now.edges_from(asked.ids, asked.relations).await.unwrap();
            let (targets, standing) = asked.split(&edges);
            let cards = now.cards_and_above(top.account, &targets, &standing).await.unwrap();
            let mut expected: BTreeSet<RecordId> = cards.iter().map(|card| card.id).collect();
            if !asked.above.is_empty() {
                let above: Vec<RecordId> = now
                    .cards_and_above(top.account, &[], &standing)
                    .await
                    .unwrap()
                    .iter()
                    .map(|card| card.id)
                    .collect();
                let mut farther = now.edges_from(&above, Some(asked.above)).await.unwrap();
                farther.retain(|edge| !edges.contains(edge));
                let (targets, standing) = asked.farther(&above).split(&farther);
                let cards = now.cards_and_above(top.account, &targets, &standing).await.unwrap();
                expected.extend(cards.iter().map(|card| card.id));
                edges.extend(farther);
            }
            for (name, snapshot) in [("the engine", &*now), ("the cache", &known as &dyn Snapshot)] {
                let (found, cards) = snapshot.surroundings(top.account, asked).await.unwrap();
                assert_eq!(found, edges, "{name}: {asked:?}");
                assert_eq!(cards.iter().map(|card| card.id).collect::<BTreeSet<_>>(), expected, "{name}: {asked:?}");
                assert_eq!(cards.len(), expected.len(), "each once");
            }
        }
    }
}

async fn edges_above_come_by_one_question(world: &World) {
    let Place { top, middle, p, q, edges } = Place::made(world).await;
    let now = world.now().await;
    let asked = Around {
        ids: &[q.id],
        relations: Some(&[OWNER]),
        standing: &[p.id],
        places: &[OWNER],
        above: &[OWNER, UNDER_TEAM],
    };
    let known = CachedSnapshot::over(&*now);
    let questions = Questions::default();
    for snapshot in [&*now, &known as &dyn Snapshot, &known] {
        let (found, cards) = questions.during(snapshot.surroundings(top.account, &asked)).await.unwrap();
        let found: BTreeSet<EdgeId> = found.iter().map(|edge| edge.id).collect();
        assert_eq!(
            found,
            [0, 1, 2, 4, 5].map(|at| edges[at].id).into(),
            "of q what was asked, of all above p the rest"
        );
        let cards: BTreeSet<RecordId> = cards.iter().map(|card| card.id).collect();
        assert_eq!(cards, set(&[&top, &middle, &p, &q]));
        assert!(questions.count() <= 2, "one of the engine and one of the cache, where they are counted");
    }
}

async fn past_states_come_with_their_edges(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let edge = edge(&p, OWNER, &d);
    world.does(Set::new().put(&d).put(&p).link(&edge)).await;
    let second = next(&p);
    world.does(Set::new().replace(&second).unlink(&edge, 2)).await;
    let now = world.now().await;
    let nobody = domain("nobody").id;
    let wanted = [(p.id, Revision(2)), (nobody, Revision(1)), (p.id, Revision(1)), (p.id, Revision(9))];
    let states = now.states(&wanted).await.unwrap();
    let shown: Vec<_> =
        states.iter().map(|state| state.as_ref().map(|(record, edges)| (record.revision.0, edges.len()))).collect();
    assert_eq!(shown, [Some((2, 0)), None, Some((1, 1)), Some((2, 0))]);
}

async fn lists_and_counts_answer_in_order(world: &World) {
    let (d, e) = (domain("d"), domain("e"));
    let products = [product(&d, "a"), product(&d, "b"), product(&e, "c")];
    world.does(products.iter().fold(Set::new().put(&d).put(&e), |set, product| set.put(product))).await;
    let now = world.now().await;
    let below =
        |parent: &Record| ListQuery { parent: Some(parent.id), ..ListQuery::of(d.account, kind("data_product")) };
    let queries = [below(&e), below(&d), ListQuery { limit: 1, ..below(&d) }];
    let names: Vec<Vec<String>> = now
        .lists(&queries)
        .await
        .unwrap()
        .into_iter()
        .map(|list| list.into_iter().map(|record| record.name).collect())
        .collect();
    assert_eq!(names, [vec!["c"], vec!["a", "b"], vec!["a"]]);
    assert_eq!(now.counts(&queries).await.unwrap(), [1, 2, 2]);
}

async fn a_cache_answers_as_the_snapshot_does_and_asks_nothing_twice(world: &World) {
    let d = domain("d");
    let (p, q, nobody) = (product(&d, "p"), product(&d, "q"), domain("nobody"));
    let edges = [edge(&p, OWNER, &d), edge(&p, UNDER_TEAM, &q), edge(&q, OWNER, &d)];
    let set = Set::new().put(&d).put(&p).put(&q);
    world.does(edges.iter().fold(set, |set, edge| set.link(edge))).await;
    let now = world.now().await;
    let known = CachedSnapshot::over(&*now);
    let ids = [q.id, nobody.id, p.id, q.id];
    let names = [p.fqn.as_str(), "nothing", &q.fqn, &p.fqn];
    let questions = Questions::default();
    for turn in 0..2 {
        questions
            .during(async {
                for relations in [Some(&[OWNER][..]), Some(&[OWNER, UNDER_TEAM]), None, Some(&[UNDER_TEAM])] {
                    let plain = now.edges_from(&ids, relations).await.unwrap();
                    assert_eq!(known.edges_from(&ids, relations).await.unwrap(), plain, "{relations:?}");
                }
                let named = now.by_fqn(d.account, p.kind, &names).await.unwrap();
                assert_eq!(known.by_fqn(d.account, p.kind, &names).await.unwrap(), named);
                assert_eq!(known.by_fqn(d.account, d.kind, &names).await.unwrap(), [None, None, None, None]);
                assert_eq!(known.by_id(d.account, &ids).await.unwrap(), now.by_id(d.account, &ids).await.unwrap());
                assert_eq!(known.cards(d.account, &ids).await.unwrap(), now.cards(d.account, &ids).await.unwrap());
                for limit in [1, 9] {
                    let to = now.edges_to(&[d.id, q.id], &[OWNER], limit).await.unwrap();
                    assert_eq!(known.edges_to(&[d.id, q.id], &[OWNER], limit).await.unwrap(), to);
                }
            })
            .await;
        let asked = questions.count();
        questions
            .during(async {
                drop(known.edges_from(&ids, None).await.unwrap());
                drop(known.by_fqn(d.account, p.kind, &names[1..]).await.unwrap());
            })
            .await;
        assert_eq!(questions.count(), asked, "turn {turn}: everything is known");
    }
    let fresh = CachedSnapshot::over(&*now);
    drop(fresh.by_fqn(d.account, p.kind, &names).await.unwrap());
    let again = Questions::default();
    again
        .during(async {
            drop(fresh.by_id(d.account, &[p.id, q.id]).await.unwrap());
            drop(fresh.cards(d.account, &[p.id, q.id]).await.unwrap());
        })
        .await;
    assert_eq!(again.count(), 0, "who holds a name is known");
}
