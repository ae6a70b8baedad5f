//! Expectations: each holds or is lost, and a set that loses one writes nothing.

use std::sync::Arc;

use emporion_catalog::change_set::{Expect, NameScope, REMEMBERED_MS, RememberedAnswer, Write};
use emporion_catalog::dependency::Dependency;
use emporion_catalog::id::{AccountId, Millis, Revision};
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::relation::{HAS_ASSET, INPUT_PORT, OWNER};

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    revisions
    whole_names
    folded_names
    names_below
    aliases
    keys
    life
    edges
    uses
    children
    counts
    epochs
    what_was_read
    a_set_that_loses_writes_nothing
    later_sets_see_earlier_ones
    of_two_faults_the_first_is_told
}

/// Asks whether an expectation holds.
async fn holds(world: &World, expect: Expect) -> bool {
    match world.tries(Set::new().expect(expect.clone())).await {
        Ok(_) => true,
        Err(lost) => {
            assert_eq!(lost.0, expect);
            false
        }
    }
}

async fn revisions(world: &World) {
    let a = domain("a");
    world.puts(&a).await;
    assert!(holds(world, Expect::RevisionIs { id: a.id, revision: Revision(1) }).await);
    assert!(!holds(world, Expect::RevisionIs { id: a.id, revision: Revision(2) }).await);
    assert!(!holds(world, Expect::RevisionIs { id: domain("b").id, revision: Revision(1) }).await);
}

fn free(account: AccountId, scope: NameScope, except: Option<&Record>) -> Expect {
    Expect::NameFree { account, kind: kind("data_product"), scope, except: except.map(|record| record.id) }
}

async fn whole_names(world: &World) {
    let d = domain("d");
    let (p, q) = (product(&d, "p"), product(&d, "q"));
    world.does(Set::new().put(&d).put(&p).put(&q)).await;
    world.does(Set::new().replace(&deleted(&p, true))).await;
    world.does(Set::new().replace(&deleted(&q, false))).await;
    let fqn = |fqn: &str| NameScope::Fqn(fqn.into());
    assert!(!holds(world, free(ACCOUNT, fqn("d.p"), None)).await, "deleted, but holding its name");
    assert!(holds(world, free(ACCOUNT, fqn("d.p"), Some(&p))).await);
    assert!(holds(world, free(ACCOUNT, fqn("d.q"), None)).await);
    assert!(holds(world, free(ACCOUNT, fqn("d.P"), None)).await, "names compare exactly");
    assert!(holds(world, free(OTHER, fqn("d.p"), None)).await);
}

async fn folded_names(world: &World) {
    let d = domain("d");
    let p = product(&d, "Ünique");
    world.does(Set::new().put(&d).put(&p)).await;
    let folded = || NameScope::Folded(name::fold("ÜNIQUE"));
    assert!(!holds(world, free(ACCOUNT, folded(), None)).await);
    assert!(holds(world, free(ACCOUNT, folded(), Some(&p))).await);
    assert!(holds(world, free(OTHER, folded(), None)).await);
    world.does(Set::new().replace(&deleted(&p, true))).await;
    assert!(holds(world, free(ACCOUNT, folded(), None)).await, "only what lives is in the way of a wider scope");
}

async fn names_below(world: &World) {
    let (d, dd) = (domain("d"), domain("dd"));
    let sub = record("domain", Some(&d), "sub");
    let p = product(&sub, "p");
    world.does(Set::new().put(&d).put(&dd).put(&sub).put(&p)).await;
    let within = |fqn: &str, name: &str| NameScope::Within { fqn: fqn.into(), name: name.into() };
    assert!(!holds(world, free(ACCOUNT, within("d", "p"), None)).await);
    assert!(!holds(world, free(ACCOUNT, within("d.sub", "p"), None)).await);
    assert!(holds(world, free(ACCOUNT, within("d", "p"), Some(&p))).await);
    assert!(holds(world, free(ACCOUNT, within("d", "P"), None)).await);
    assert!(holds(world, free(ACCOUNT, within("dd", "p"), None)).await);
    assert!(holds(world, free(ACCOUNT, within("d.su", "p"), None)).await);
    assert!(holds(world, free(OTHER, within("d", "p"), None)).await);
}

async fn aliases(world: &World) {
    let d = domain("d");
    let alias = |account, space, value: &str| Expect::AliasFree { account, space, value: value.into() };
    let give = Write::Alias { account: ACCOUNT, space: "s", value: "v".into(), id: d.id };
    world.does(Set::new().put(&d).write(give.clone())).await;
    assert!(!holds(world, alias(ACCOUNT, "s", "v")).await);
    assert!(holds(world, alias(ACCOUNT, "t", "v")).await);
    assert!(holds(world, alias(ACCOUNT, "s", "V")).await);
    assert!(holds(world, alias(OTHER, "s", "v")).await);
    // Without an expectation the set loses all the same.
    assert_eq!(world.loses(Set::new().write(give)).await, alias(ACCOUNT, "s", "v"));
}

async fn keys(world: &World) {
    let answer = RememberedAnswer {
        account: ACCOUNT,
        scope: "POST /x".into(),
        key: "k".into(),
        fingerprint: vec![1],
        status: 201,
        body: vec![0, 255].into(),
        at: Millis::now(),
    };
    let since = answer.oldest();
    let unused = |account, key: &str| Expect::KeyUnused { account, scope: "POST /x".into(), key: key.into(), since };
    assert!(holds(world, unused(ACCOUNT, "k")).await);
    world.does(Set::new().write(Write::PutKey(Box::new(answer.clone())))).await;
    assert!(!holds(world, unused(ACCOUNT, "k")).await);
    assert!(holds(world, unused(ACCOUNT, "l")).await);
    assert!(holds(world, unused(OTHER, "k")).await);
    let again = world.loses(Set::new().write(Write::PutKey(Box::new(answer.clone())))).await;
    assert_eq!(again, unused(ACCOUNT, "k"));

    let in_a_day = |ms| Millis(answer.at.0 + REMEMBERED_MS + ms);
    let later = RememberedAnswer { at: in_a_day(1), status: 202, ..answer.clone() };
    let free = Expect::KeyUnused { account: ACCOUNT, scope: "POST /x".into(), key: "k".into(), since: later.oldest() };
    assert!(holds(world, free).await, "after a day the key is free again");
    world.does(Set::new().write(Write::PutKey(Box::new(later.clone())))).await;
    assert_eq!(world.now().await.answer_for(ACCOUNT, "POST /x", "k").await.unwrap(), Some(later));
}

async fn life(world: &World) {
    let d = domain("d");
    assert!(!holds(world, Expect::Alive { id: d.id }).await);
    world.puts(&d).await;
    assert!(holds(world, Expect::Alive { id: d.id }).await);
    world.does(Set::new().replace(&deleted(&d, true))).await;
    assert!(!holds(world, Expect::Alive { id: d.id }).await);
}

async fn edges(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let edge = edge(&p, OWNER, &d);
    world.does(Set::new().put(&d).put(&p).link(&edge)).await;
    assert!(holds(world, Expect::EdgeExists { id: edge.id }).await);
    world.does(Set::new().replace(&next(&p)).unlink(&edge, 2)).await;
    assert!(!holds(world, Expect::EdgeExists { id: edge.id }).await);
}

async fn uses(world: &World) {
    let d = domain("d");
    let (p, asset) = (product(&d, "p"), record("asset", Some(&d), "a"));
    let edge = edge(&p, HAS_ASSET, &asset);
    world.does(Set::new().put(&d).put(&p).put(&asset).link(&edge)).await;
    let unused = |relations| Expect::NoEdgeTo { id: asset.id, relations };
    assert!(!holds(world, unused(&[INPUT_PORT, HAS_ASSET])).await);
    assert!(holds(world, unused(&[INPUT_PORT])).await);
    assert!(holds(world, unused(&[])).await);
    world.does(Set::new().replace(&deleted(&p, true))).await;
    assert!(holds(world, unused(&[HAS_ASSET])).await, "a deleted record is in nobody's way");
}

async fn children(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    world.puts(&d).await;
    assert!(holds(world, Expect::NoChildren { id: d.id }).await);
    world.puts(&p).await;
    assert!(!holds(world, Expect::NoChildren { id: d.id }).await);
    world.does(Set::new().replace(&deleted(&p, true))).await;
    assert!(holds(world, Expect::NoChildren { id: d.id }).await);
}

async fn counts(world: &World) {
    let below = |limit| Expect::CountBelow { account: ACCOUNT, kind: kind("domain"), limit };
    let make = |name: &str, limit| Set::new().expect(below(limit)).put(&domain(name)).0;
    let answers = world.store.commit(vec![make("a", 2), make("b", 2), make("c", 2)]).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    assert!(!holds(world, below(2)).await);
    assert!(holds(world, below(3)).await);
}

async fn epochs(world: &World) {
    let is = |epoch| Expect::AccessEpochIs { account: ACCOUNT, epoch };
    assert!(holds(world, is(0)).await);
    world.does(Set::new().write(Write::RaiseEpoch { account: ACCOUNT })).await;
    world.does(Set::new().write(Write::RaiseEpoch { account: ACCOUNT })).await;
    assert!(holds(world, is(2)).await);
    assert!(!holds(world, is(1)).await);
    assert_eq!(world.now().await.access_epoch(OTHER).await.unwrap(), 0);
}

/// What a snapshot has read is expected to be unchanged: it is until a commit changes it, or an earlier set of the same
/// call does.
async fn what_was_read(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    world.does(Set::new().put(&a).put(&b)).await;
    let since = world.now().await.version().await.unwrap().expect("every engine counts its commits");
    let unchanged = |id| {
        let dependencies: Arc<[Dependency]> = Arc::new([Dependency::record(id)]);
        Expect::Unchanged { since, dependencies }
    };
    assert!(world.store.unchanged_until(since, &[Dependency::record(a.id)]).await.unwrap().is_some());
    let rows = vec![Set::new().replace(&next(&a)).0, Set::new().expect(unchanged(a.id)).put(&domain("c")).0];
    let stored = world.store.commit(rows).await.unwrap();
    assert_eq!(stored.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    assert!(!holds(world, unchanged(a.id)).await);
    assert!(world.store.unchanged_until(since, &[Dependency::record(a.id)]).await.unwrap().is_none());
    let since = world.now().await.version().await.unwrap().unwrap();
    let anew = |id| Expect::Unchanged { since, dependencies: Arc::new([Dependency::record(id)]) };
    assert!(holds(world, anew(a.id)).await);
    let raise = Set::new().write(Write::RaiseEpoch { account: ACCOUNT });
    world.does(raise).await;
    assert!(world.store.unchanged_until(since, &[Dependency::rights(ACCOUNT)]).await.unwrap().is_none());
}

async fn a_set_that_loses_writes_nothing(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    world.puts(&a).await;
    let alias = Write::Alias { account: ACCOUNT, space: "s", value: "v".into(), id: a.id };
    let lost = Expect::RevisionIs { id: a.id, revision: Revision(9) };
    let set = Set::new().expect(lost).put(&b).write(alias).write(Write::RaiseEpoch { account: ACCOUNT });
    world.loses(set).await;
    let now = world.now().await;
    assert_eq!(world.get(b.id).await, None);
    assert_eq!(now.by_alias(ACCOUNT, "s", "v").await.unwrap(), None);
    assert_eq!(now.access_epoch(ACCOUNT).await.unwrap(), 0);
    assert_eq!(now.head().await.unwrap().0, 1);
}

async fn later_sets_see_earlier_ones(world: &World) {
    let d = domain("d");
    let p = product(&d, "p");
    let sets = vec![
        Set::new().put(&d).0,
        Set::new().expect(Expect::Alive { id: d.id }).put(&p).0,
        Set::new().expect(Expect::NoChildren { id: d.id }).replace(&deleted(&d, false)).0,
        Set::new().expect(Expect::RevisionIs { id: p.id, revision: Revision(1) }).replace(&next(&p)).0,
    ];
    let answers = world.store.commit(sets).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(world.get(p.id).await.unwrap().revision, Revision(2));
}

/// A set that cannot be written for two reasons is lost by the one that stands first in it.
async fn of_two_faults_the_first_is_told(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    let alias = |value: &str| Write::Alias { account: ACCOUNT, space: "s", value: value.into(), id: b.id };
    world.does(Set::new().put(&a).put(&b).write(alias("v"))).await;
    let taken = |value: &str| Expect::AliasFree { account: ACCOUNT, space: "s", value: value.into() };
    let again = domain("a");
    let named = Expect::NameFree {
        account: ACCOUNT,
        kind: kind("domain"),
        scope: NameScope::Fqn("a".into()),
        except: Some(again.id),
    };
    assert_eq!(world.loses(Set::new().write(alias("v")).put(&again)).await, taken("v"));
    assert_eq!(world.loses(Set::new().put(&again).write(alias("v"))).await, named);
    let other = domain("c");
    assert_eq!(world.loses(Set::new().put(&other).write(alias("v")).put(&again)).await, taken("v"));
    assert_eq!(world.loses(Set::new().write(alias("w")).put(&other).put(&again).write(alias("v"))).await, named);
    assert_eq!(world.get(other.id).await, None);
}
