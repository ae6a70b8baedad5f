//! What doors ask, for people of all standings, against a plain look at every record.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::caller::Caller;
use emporion_catalog::finder::{
    Beyond, By, Condition, Finder, Form, KIND_ITSELF, Order, Piece, Sought, Test, own_field,
};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::Record;
use emporion_catalog::text::fold;
use emporion_search::document::{COUNTED, Document, is_found};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::brute_force::fill;
use crate::world::World;

const HAD: &[&str] = &["owner", "tag", "domain", "term"];

type Documents = HashMap<RecordId, (Record, Document)>;

fn form(text: &str) -> Form {
    let mut pieces = Vec::new();
    for c in text.chars() {
        match (c, pieces.last_mut()) {
            ('*', _) => pieces.push(Piece::Run),
            ('?', _) => pieces.push(Piece::One),
            (c, Some(Piece::Text(text))) => text.push(c),
            (c, _) => pieces.push(Piece::Text(c.to_string())),
        }
    }
    Form::of(pieces)
}

fn leaf(random: &mut StdRng, documents: &Documents) -> Condition {
    let some = |random: &mut StdRng| {
        let mut ids: Vec<RecordId> = documents.keys().copied().collect();
        ids.sort_unstable();
        documents[ids.choose(random).unwrap()].1.clone()
    };
    let one = |random: &mut StdRng, of: &[&str]| of.choose(random).unwrap().to_string();
    match random.random_range(0..13) {
        0 => Condition::word(&one(random, &["sales", "Orders", "売", "net_revenue", "pg.shop"]), false),
        1 => Condition::word(&one(random, &["cust", "GRÖ", "re", "insights_"]), true),
        2 => Condition::phrase(&one(random, &["net sales", "by region", "報告"])),
        3 => Test::WordLike(form(&one(random, &["*ale*", "*ers", "o?der*", "*上*", "?*2*", "*_*", "*öss*", "*(*"])))
            .into(),
        4 => Condition::like("fqn", form(&one(random, &["pg.*", "*.PUBLIC.*", "s?les*", "*2"]))),
        5 => Condition::is("fqn", some(random).fqn.to_uppercase()),
        6 => Condition::is("name", some(random).name),
        7 => Condition::is(own_field("email"), "ANNA@example.com"),
        8 => Condition::holding(&one(random, &["(dat", "sales by", "ustomer", "gro", "!", "e", "GIO"])),
        9 => Condition::created(Some(Millis(some(random).created)), None),
        10 => Condition::updated(None, Some(Millis(some(random).updated))),
        11 => Condition::these((0..3).map(|_| some(random).id).collect::<Vec<_>>()),
        _ => Condition::has(*HAD.choose(random).unwrap()),
    }
}

fn condition(random: &mut StdRng, documents: &Documents, depth: u32) -> Condition {
    if depth == 0 || random.random_bool(0.4) {
        return leaf(random, documents);
    }
    let parts = vec![condition(random, documents, depth - 1), condition(random, documents, depth - 1)];
    match random.random_range(0..4) {
        0 => Condition::any(parts),
        1 => Condition::all(vec![parts[0].clone(), parts[1].clone().negated()]),
        2 => parts[0].clone().negated(),
        _ => Condition::all(parts),
    }
}

/// What fits and is seen, in its order, each with its rank.
async fn plain<'d>(
    world: &World,
    caller: &Caller,
    documents: &'d Documents,
    condition: &Condition,
    order: Order,
) -> Vec<(&'d Document, u64)> {
    let reading = world.house.catalog.reading(caller).await.unwrap();
    let mut found = Vec::new();
    for (record, document) in documents.values() {
        let Some(score) = condition.score(document) else { continue };
        if reading.sees(record).await.unwrap() {
            found.push((document, (u64::from(score) << 3) + document.standing));
        }
    }
    found.sort_by(|(a, rank_a), (b, rank_b)| compare(order, (a, *rank_a), (b, *rank_b)));
    found
}

fn compare(order: Order, a: (&Document, u64), b: (&Document, u64)) -> Ordering {
    let turned = |ordering: Ordering| if order.descending { ordering.reverse() } else { ordering };
    let by_fqn = || turned(a.0.fqn.cmp(&b.0.fqn));
    let ordering = match order.by {
        By::Best => b.1.cmp(&a.1).then_with(|| fold(&a.0.name).cmp(&fold(&b.0.name))),
        By::Name => turned(fold(&a.0.name).cmp(&fold(&b.0.name))),
        By::Fqn => by_fqn(),
        By::Created => turned(a.0.created.cmp(&b.0.created)).then_with(by_fqn),
        By::Updated => turned(a.0.updated.cmp(&b.0.updated)).then_with(by_fqn),
    };
    ordering.then(a.0.id.cmp(&b.0.id))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_doors_find_is_what_a_plain_look_finds() {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(7);
    let people = fill(&world, &mut random).await;
    world.engine.caught_up().await.unwrap();
    world.settles().await;
    let documents = world.documents().await;
    let kinds: Vec<_> = world.house.catalog.registry().iter().filter(|kind| is_found(*kind)).collect();
    let (mut found_any, mut other) = (0, Condition::Everything);
    for _ in 0..400 {
        let condition = condition(&mut random, &documents, 2);
        let caller = world.house.caller(*people.choose(&mut random).unwrap()).await;
        let by = *[By::Best, By::Name, By::Fqn, By::Created, By::Updated].choose(&mut random).unwrap();
        let order = Order { by, descending: by != By::Best && random.random_bool(0.5) };
        let plain = plain(&world, &caller, &documents, &condition, order).await;
        let (from, limit) = (random.random_range(0..4), random.random_range(0..30));
        // Strictly behind a place that something has, or nothing.
        let beyond = match plain.choose(&mut random).filter(|_| by != By::Name && random.random_bool(0.5)) {
            None => None,
            Some((document, score)) if by == By::Best => {
                Some(Beyond::Fitting { score: *score, name: fold(&document.name).into_owned(), id: document.id })
            }
            Some((document, _)) => {
                let at = match by {
                    By::Created => Some(Millis(document.created)),
                    By::Updated => Some(Millis(document.updated)),
                    By::Best | By::Name | By::Fqn => None,
                };
                let end = if random.random_bool(0.3) { "!" } else { "" };
                let id = random.random_bool(0.5).then_some(document.id);
                Some(Beyond::Named { at, fqn: format!("{}{end}", document.fqn), id })
            }
        };
        let counted = COUNTED.iter().chain(&[KIND_ITSELF]).map(|field| (*field).to_owned()).collect();
        let sought = Sought { condition: condition.clone(), order, beyond: beyond.clone(), from, limit, counted };
        let reading = world.house.catalog.reading(&caller).await.unwrap();
        let also = [other, Condition::Nothing];
        let sighted = reading.seek_also(&sought, &also).await.unwrap();
        let told = format!("{condition:?} by {order:?} for {}", caller.principal.name);
        assert_eq!((sighted.total, sighted.is_exact), (plain.len() as u64, true), "{told}");
        let is_behind = |document: &Document, rank: u64| {
            let mut place = document.clone();
            match &beyond {
                None => return true,
                Some(Beyond::Fitting { score, name, id }) => {
                    (place.name, place.id) = (name.clone(), *id);
                    return compare(order, (document, rank), (&place, *score)).is_gt();
                }
                Some(Beyond::Named { at, fqn, id }) => {
                    place.fqn = fqn.clone();
                    place.created = at.map_or(0, |at| at.0);
                    place.updated = place.created;
                    place.id = id.unwrap_or(document.id);
                }
            }
            compare(order, (document, 0), (&place, 0)).is_gt()
        };
        let page: Vec<(RecordId, u64)> = plain
            .iter()
            .filter(|(document, rank)| is_behind(document, *rank))
            .map(|(document, rank)| (document.id, *rank))
            .skip(from)
            .take(limit)
            .collect();
        let hits: Vec<(RecordId, u64)> = sighted.hits.iter().map(|hit| (hit.id, hit.score)).collect();
        let ids = |page: &[(RecordId, u64)]| page.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert_eq!(ids(&hits), ids(&page), "{told} beyond {beyond:?}");
        assert!(by != By::Best || hits == page, "{told}");
        let fits = |id: &RecordId| also[0].holds(&documents[id].1);
        let fitting: HashSet<RecordId> = ids(&page).into_iter().filter(fits).collect();
        assert_eq!(sighted.also, [fitting, HashSet::new()], "{told}, and {:?}", also[0]);
        other = condition.clone();
        for facet in sighted.facets {
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for (document, _) in plain.iter().filter(|_| facet.field == KIND_ITSELF) {
                *counts.entry(document.kind.name()).or_default() += 1;
            }
            for (_, text) in
                plain.iter().flat_map(|(document, _)| &document.counted).filter(|(of, _)| *of == facet.field)
            {
                *counts.entry(text).or_default() += 1;
            }
            let values: BTreeMap<&str, u64> =
                facet.values.iter().map(|(text, count)| (text.as_str(), *count)).collect();
            assert_eq!((values, facet.others), (counts, 0), "{told}");
        }
        found_any += usize::from(!plain.is_empty());
        // Narrowed for nobody, to all that fit.
        let all: HashSet<RecordId> =
            documents.values().filter(|(_, document)| condition.holds(document)).map(|(_, d)| d.id).collect();
        let account = caller.account();
        let wanted = [(Vec::new(), condition.clone()), (kinds.clone(), condition)];
        let mut narrowed = world.engine.narrow(account, &wanted, all.len()).await.unwrap();
        let of_kinds = narrowed.pop().unwrap();
        assert_eq!(narrowed, [Some(HashMap::new())], "each has kinds of its own");
        let narrowed = of_kinds.unwrap_or_else(|| panic!("more than {} to narrow to: {told}", all.len()));
        let narrowed: HashSet<RecordId> = narrowed.into_values().flatten().collect();
        assert_eq!(narrowed, all, "{told}");
        if !all.is_empty() {
            let narrowed = world.engine.narrow(account, &wanted, all.len() - 1).await.unwrap();
            assert_eq!(narrowed, [Some(HashMap::new()), None]);
        }
    }
    assert!(found_any > 150, "{found_any}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_costs_what_it_is_held_against_and_one_that_is_too_long_is_refused() {
    let world = World::new().await;
    world.house.domain("sales").await;
    world.house.product("sales", "abracadabra").await;
    world.settles().await;
    let caller = world.house.caller(world.house.admin()).await;
    let reading = world.house.catalog.reading(&caller).await.unwrap();
    let found = async |condition| {
        let condition =
            Condition::All(vec![Condition::kinds(vec![world.house.catalog.kind("data_product")]), condition]);
        let sought = Sought { condition, order: Order::BEST, beyond: None, from: 0, limit: 10, counted: Vec::new() };
        world.engine.seek(&reading, &sought, &[]).await.map(|sighted| sighted.total)
    };
    let like = |text: &str| Condition::like("name", form(text));
    // Each of these would be a machine of many states.
    assert_eq!(found(like("*a??????????")).await.unwrap(), 1);
    let hard = |n: usize| Condition::from(Test::WordLike(form(&format!("*{}", "a*?".repeat(n)))));
    assert_eq!(found(Condition::any((1..400).map(|n| hard(n % 120 + 1)).collect())).await.unwrap(), 1);
    let refused = found(Test::WordLike(form(&format!("*{}", "a".repeat(500)))).into()).await.unwrap_err();
    assert!(refused.to_string().contains("at most 400 characters, which \"*aaaaa"), "{refused}");
    let begins = |n: usize| Condition::word(&"a_".repeat(n), true);
    assert!(found(begins(512)).await.is_ok());
    assert!(matches!(found(begins(513)).await, Err(emporion_catalog::Problem::Invalid(_))), "a part is a beginning");
}
