//! Edges: from and to records, living and past.

use emporion_catalog::id::{EdgeId, Millis, Revision};
use emporion_catalog::ports::Ending;
use emporion_catalog::record::{Edge, Record, State};
use emporion_catalog::relation::{
    CERTIFIED_BY, EDITOR, ENDING, EXPERT, FOLLOWER, HAS_ASSET, OWNER, ROW_FILTERS, TAGGED, VIEWER,
};
use serde_json::json;

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    edges_come_in_the_order_of_their_source
    edges_of_many_relations_are_found_beside_few_others_and_beside_many
    edges_to_a_record_are_limited
    edges_that_bear_something_are_told_apart
    records_with_edges_that_end_are_found_the_soonest_first
    a_past_state_has_the_edges_of_its_time
    an_edge_can_say_something_else
    ending_an_edge_twice_is_ending_it_once
}

async fn edges_come_in_the_order_of_their_source(world: &World) {
    let d = domain("d");
    let (p, q) = (product(&d, "p"), product(&d, "q"));
    let mut edges = [
        Edge { ord: 1, ..edge(&p, OWNER, &d) },
        Edge { ord: 0, ..edge(&p, OWNER, &q) },
        Edge { at: "columns/b".into(), ..edge(&p, TAGGED, &d) },
        Edge { at: "columns/a".into(), ord: 9, ..edge(&p, TAGGED, &d) },
        edge(&p, EXPERT, &d),
        edge(&q, OWNER, &d),
    ];
    edges[2].attributes = json!({"b": [1, {"c": null}], "a": "ü"}).as_object().unwrap().clone();
    let set = edges.iter().fold(Set::new().put(&d).put(&p).put(&q), |set, edge| set.link(edge));
    world.does(set).await;
    let now = world.now().await;
    let ids = |edges: Vec<Edge>| edges.into_iter().map(|edge| edge.id).collect::<Vec<EdgeId>>();
    let of_p = [&edges[4], &edges[1], &edges[0], &edges[3], &edges[2]].map(|edge| edge.id);
    let expected: Vec<EdgeId> = of_p.into_iter().chain([edges[5].id]).collect();
    assert_eq!(ids(now.edges_from(&[q.id, p.id, p.id], None).await.unwrap()), expected);
    let owners = now.edges_from(&[p.id], Some(&[OWNER])).await.unwrap();
    assert_eq!(owners, [edges[1].clone(), edges[0].clone()]);
    let tags = now.edges_from(&[p.id, q.id], Some(&[TAGGED, FOLLOWER, HAS_ASSET])).await.unwrap();
    assert_eq!(tags, [edges[3].clone(), edges[2].clone()]);
    assert_eq!(now.edges_from(&[p.id], Some(&[])).await.unwrap(), []);
    assert_eq!(now.edges_from(&[], None).await.unwrap(), []);
    let many: Vec<_> = (0..2_500).map(|_| domain("x").id).chain([p.id]).collect();
    assert_eq!(now.edges_from(&many, None).await.unwrap().len(), 5);
}

async fn edges_of_many_relations_are_found_beside_few_others_and_beside_many(world: &World) {
    let d = domain("d");
    let (p, q) = (product(&d, "p"), product(&d, "q"));
    // In the order of their names, with those that nobody asks for in between.
    let wanted = [EXPERT, FOLLOWER, OWNER, TAGGED];
    let of = |source: &Record| wanted.map(|relation| edge(source, relation, &d));
    let (of_p, of_q) = (of(&p), of(&q));
    let others = (0..200).map(|ord| Edge { ord, ..edge(&p, HAS_ASSET, &d) });
    let others: Vec<Edge> = others.chain([edge(&q, HAS_ASSET, &d)]).collect();
    let set = Set::new().put(&d).put(&p).put(&q);
    world.does(of_p.iter().chain(&of_q).chain(&others).fold(set, |set, edge| set.link(edge))).await;
    let mut expected = [(p.id, of_p), (q.id, of_q)];
    expected.sort_by_key(|(source, _)| *source);
    let expected: Vec<Edge> = expected.into_iter().flat_map(|(_, edges)| edges).collect();
    // Asked again, they can be known.
    for _ in 0..3 {
        assert_eq!(world.now().await.edges_from(&[q.id, d.id, p.id], Some(&wanted)).await.unwrap(), expected);
    }
}

async fn edges_to_a_record_are_limited(world: &World) {
    let d = domain("d");
    let products: Vec<Record> = (0..10).map(|n| product(&d, &n.to_string())).collect();
    let edges: Vec<Edge> = products.iter().map(|product| edge(product, OWNER, &d)).collect();
    let mut set = Set::new().put(&d);
    for (product, edge) in products.iter().zip(&edges) {
        set = set.put(product).link(edge);
    }
    world.does(set.link(&edge(&products[0], EXPERT, &d))).await;
    let now = world.now().await;
    assert_eq!(now.edges_to(&[d.id], &[OWNER], 100).await.unwrap(), edges);
    assert_eq!(now.edges_to(&[d.id, products[0].id], &[OWNER], 3).await.unwrap(), edges[..3]);
    assert_eq!(now.edges_to(&[d.id], &[OWNER, EXPERT], u32::MAX).await.unwrap().len(), 11);
    assert_eq!(now.edges_to(&[d.id], &[], 3).await.unwrap(), []);
    assert_eq!(now.edges_to(&[products[0].id], &[OWNER], 3).await.unwrap(), []);
}

async fn edges_that_bear_something_are_told_apart(world: &World) {
    let d = domain("d");
    let products: Vec<Record> = (0..4).map(|n| product(&d, &n.to_string())).collect();
    let mut edges: Vec<Edge> = products.iter().map(|product| edge(product, OWNER, &d)).collect();
    let bearing = |what: serde_json::Value| what.as_object().unwrap().clone();
    edges[1].attributes = bearing(json!({"row_filters": {"orders": "a = 1"}, "nominal": true}));
    edges[2].attributes = bearing(json!({"nominal": "row_filters", "description": {"row_filters": 1}}));
    edges[3].attributes = bearing(json!({"row_filters": null}));
    let viewer = Edge { attributes: edges[1].attributes.clone(), ..edge(&products[3], VIEWER, &d) };
    let mut set = Set::new().put(&d).link(&viewer);
    for (product, edge) in products.iter().zip(&edges) {
        set = set.put(product).link(edge);
    }
    world.does(set).await;
    let now = world.now().await;
    let ids = [d.id, products[0].id];
    assert_eq!(now.edges_bearing(ROW_FILTERS, &ids, &[OWNER]).await.unwrap(), [edges[1].clone()]);
    assert_eq!(now.edges_bearing(ROW_FILTERS, &ids, &[OWNER, VIEWER]).await.unwrap().len(), 2);
    assert_eq!(now.edges_bearing("nominal", &ids, &[OWNER]).await.unwrap(), edges[1..3]);
    assert_eq!(now.edges_bearing(ROW_FILTERS, &[products[0].id], &[OWNER]).await.unwrap(), []);
    assert_eq!(now.edges_bearing(ROW_FILTERS, &[], &[OWNER]).await.unwrap(), []);
}

async fn records_with_edges_that_end_are_found_the_soonest_first(world: &World) {
    let d = domain("d");
    let products: Vec<Record> = (0..5).map(|n| product(&d, &n.to_string())).collect();
    let until = |at: serde_json::Value| json!({"until": at}).as_object().unwrap().clone();
    let ending =
        |from: &Record, relation, at: serde_json::Value| Edge { attributes: until(at), ..edge(from, relation, &d) };
    let mut gone = products[4].clone();
    gone.state = State::Deleted { holds_name: false };
    let set = Set::new().put(&d).put(&gone);
    let set = products[..4].iter().fold(set, |set, product| set.put(product));
    world
        .does(
            set.link(&ending(&products[0], VIEWER, json!(30)))
                .link(&Edge { ord: 1, ..ending(&products[0], HAS_ASSET, json!(50)) })
                .link(&ending(&products[1], EDITOR, json!(20)))
                .link(&ending(&products[2], VIEWER, json!("10")))
                .link(&ending(&products[3], OWNER, json!(10)))
                .link(&ending(&gone, VIEWER, json!(10))),
        )
        .await;
    let of = |product: &Record, at: i64| Ending { at: Millis(at), account: product.account, record: product.id };
    let now = world.now().await;
    assert_eq!(
        now.ending(ENDING, 9).await.unwrap(),
        [of(&products[1], 20), of(&products[0], 30), of(&products[0], 50)]
    );
    assert_eq!(now.ending(&[HAS_ASSET], 1).await.unwrap().len(), 1);
    assert_eq!(now.ending(&[CERTIFIED_BY], 9).await.unwrap(), []);
    assert_eq!(now.ending(ENDING, 1).await.unwrap(), [of(&products[1], 20)]);
}

async fn a_past_state_has_the_edges_of_its_time(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let stays = edge(&p, OWNER, &d);
    let goes = Edge { ord: 1, ..edge(&p, OWNER, &p) };
    world.does(Set::new().put(&d).put(&p).link(&stays).link(&goes)).await;
    let second = next(&p);
    let comes = Edge { ord: 2, ..edge(&second, OWNER, &p) };
    world.does(Set::new().replace(&second).link(&comes)).await;
    let third = next(&second);
    world.does(Set::new().replace(&third).unlink(&goes, 3)).await;
    let now = world.now().await;
    let past = Edge { until: Some(Revision(3)), ..goes };
    let ever = async |to: &Record, relation, of: &Record, limit| {
        now.edges_ever_to(to.id, &[relation], of.kind, limit).await.unwrap()
    };
    assert_eq!(ever(&p, OWNER, &p, 9).await, [comes.clone(), past.clone()]);
    assert_eq!(ever(&p, OWNER, &p, 1).await, std::slice::from_ref(&comes));
    assert_eq!(ever(&d, OWNER, &p, 9).await, std::slice::from_ref(&stays));
    assert_eq!(ever(&p, VIEWER, &p, 9).await, []);
    assert_eq!(ever(&p, OWNER, &d, 9).await, [], "from records of another kind");
    assert_eq!(now.edges_at(p.id, Revision(1)).await.unwrap(), [stays.clone(), past.clone()]);
    assert_eq!(now.edges_at(p.id, Revision(2)).await.unwrap(), [stays.clone(), past, comes.clone()]);
    assert_eq!(now.edges_at(p.id, Revision(3)).await.unwrap(), [stays.clone(), comes.clone()]);
    assert_eq!(now.edges_from(&[p.id], None).await.unwrap(), [stays, comes]);
}

async fn an_edge_can_say_something_else(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let before = edge(&p, OWNER, &d);
    world.does(Set::new().put(&d).put(&p).link(&before)).await;
    let second = next(&p);
    let after = Edge {
        attributes: json!({"designation": "owner"}).as_object().unwrap().clone(),
        since: Revision(2),
        ..before.clone()
    };
    world.does(Set::new().replace(&second).unlink(&before, 2).link(&after)).await;
    let now = world.now().await;
    assert_eq!(now.edges_from(&[p.id], None).await.unwrap(), std::slice::from_ref(&after));
    assert_eq!(now.edges_at(p.id, Revision(2)).await.unwrap(), [after]);
    let past = Edge { until: Some(Revision(2)), ..before };
    assert_eq!(now.edges_at(p.id, Revision(1)).await.unwrap(), [past]);
}

async fn ending_an_edge_twice_is_ending_it_once(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let edge = edge(&p, OWNER, &d);
    world.does(Set::new().put(&d).put(&p).link(&edge)).await;
    world.does(Set::new().replace(&next(&p)).unlink(&edge, 2)).await;
    world.does(Set::new().replace(&next(&next(&p))).unlink(&edge, 3)).await;
    let now = world.now().await;
    assert_eq!(now.edges_at(p.id, Revision(1)).await.unwrap().len(), 1);
    assert_eq!(now.edges_at(p.id, Revision(2)).await.unwrap(), []);
    // Begun and ended within one revision: it never was.
    let brief = Edge { since: Revision(4), ..crate::support::edge(&p, OWNER, &d) };
    world.does(Set::new().replace(&next(&next(&next(&p)))).link(&brief).unlink(&brief, 4)).await;
    assert_eq!(world.now().await.edges_at(p.id, Revision(4)).await.unwrap(), []);
}
