//! No right outlives its revocation: what one of two catalogues has acknowledged, the other's next request obeys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::command::{Command, DoorRules, Draft, Effect, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::relation::{HAS_POLICY, HAS_ROLE};
use emporion_catalog::response_cache::CachePool;

use super::house::{House, ITS_POLICY, STEWARD, by_id, change, count_up, houses, named, often};
use crate::support::kind;

impl House {
    async fn person(&self, name: &str) -> RecordId {
        let mut draft = Draft { name: Some(name.into()), ..Draft::default() };
        draft.set("email", format!("{name}@example.com"));
        let rules = DoorRules::default();
        let made = self.run(Command::Create { kind: kind("user"), parent: None, draft, id: None, rules });
        made.await.unwrap().view.id()
    }

    /// Gives a user the role, or takes it.
    async fn steward(&self, user: RecordId, how: How) {
        let relate = change(Ref::Id(kind("user"), user), move |_| {
            let mut draft = Draft::default();
            draft.relate(HAS_ROLE, how, "roles", vec![Target::of(named("role", STEWARD))]);
            draft
        });
        self.run(relate).await.unwrap();
    }

    /// What the next request of the user comes to, whichever catalogue it reaches.
    async fn counts(&self, user: RecordId, id: RecordId) -> Result<Effect, Problem> {
        let catalog = self.catalog();
        let caller = catalog.caller(self.caller.account(), user).await?;
        Ok(catalog.execute(&caller, &count_up(id)).await?.effect)
    }
}

fn is_forbidden(answer: &Result<Effect, Problem>) -> bool {
    matches!(answer, Err(Problem::Forbidden { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_is_given_and_taken_for_both() {
    for house in houses(often()).await {
        let (engine, id) = (house.engine, house.product("p").await);
        let people = [house.person("ann").await, house.person("bob").await, house.person("cy").await];
        let mut may: BTreeMap<RecordId, bool> = people.iter().map(|user| (*user, false)).collect();
        let (mut allowed, mut refused) = (0, 0);
        for step in 0..120 {
            let user = people[usize::try_from(house.draw() % 3).unwrap()];
            if house.draw().is_multiple_of(3) {
                let now = !may[&user];
                house.steward(user, if now { How::Add } else { How::Remove }).await;
                may.insert(user, now);
                continue;
            }
            let answer = house.counts(user, id).await;
            if may[&user] {
                assert_eq!(answer, Ok(Effect::Updated), "{engine}, step {step}");
                allowed += 1;
            } else {
                assert!(is_forbidden(&answer), "{engine}, step {step}: {answer:?}");
                refused += 1;
            }
        }
        assert!(allowed > 10 && refused > 10, "{engine}: {allowed} and {refused}");
        let shown = house.get(&by_id(id)).await.unwrap();
        assert_eq!(
            shown.field("extension").and_then(|of| of["n"].as_u64()),
            Some(allowed),
            "{engine}: no update is lost"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_is_taken_from_its_role_decides_for_nobody_any_more() {
    for house in houses(often()).await {
        let (engine, id) = (house.engine, house.product("p").await);
        let ann = house.person("ann").await;
        house.steward(ann, How::Add).await;
        for round in 0..6 {
            for _ in 0..3 {
                assert_eq!(house.counts(ann, id).await, Ok(Effect::Updated), "{engine}, round {round}");
            }
            for how in [How::Remove, How::Add] {
                let relate = change(named("role", STEWARD), move |_| {
                    let mut draft = Draft::default();
                    draft.relate(HAS_POLICY, how, "policies", vec![Target::of(named("policy", ITS_POLICY))]);
                    draft
                });
                house.run(relate).await.unwrap();
                let answers = [house.counts(ann, id).await, house.counts(ann, id).await];
                assert_eq!(answers.iter().all(is_forbidden), how == How::Remove, "{engine}: {answers:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_through_one_is_nobody_to_the_other() {
    for house in houses(often()).await {
        let (account, id) = (house.caller.account(), house.product("p").await);
        let ann = house.person("ann").await;
        house.steward(ann, How::Add).await;
        for round in 0..6 {
            for catalog in &house.both {
                assert!(catalog.caller(account, ann).await.is_ok(), "{}, round {round}", house.engine);
            }
            for disabled in [true, false] {
                let set = change(Ref::Id(kind("user"), ann), move |_| {
                    let mut draft = Draft::default();
                    draft.set("disabled", disabled);
                    draft
                });
                house.run(set).await.unwrap();
                for catalog in &house.both {
                    let known = catalog.caller(account, ann).await;
                    assert_eq!(known.is_err(), disabled, "{}, round {round}", house.engine);
                }
                let answer = house.counts(ann, id).await;
                assert_eq!(matches!(answer, Err(Problem::Unauthenticated { .. })), disabled, "{}", house.engine);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_and_a_key_that_one_has_ended_are_refused_by_the_other() {
    for house in houses(often()).await {
        let engine = house.engine;
        let ann = house.person("ann").await;
        for round in 0..6 {
            let token = house.catalog().create_token(&house.caller, ann, "t", None).await.unwrap();
            let key = house.catalog().create_access_key(&house.caller, ann, "k").await.unwrap().public;
            for _ in 0..2 {
                for catalog in &house.both {
                    let caller = catalog.authenticate_token(&token.token, None).await.unwrap();
                    assert_eq!(caller.principal.user, ann, "{engine}, round {round}");
                    let held = catalog.access_key(&key).await.unwrap().expect("it was made");
                    assert_eq!(catalog.key_holder(&held).await.unwrap().principal.user, ann);
                }
            }
            house.catalog().revoke(&house.caller, token.id).await.unwrap();
            for catalog in &house.both {
                let refused = catalog.authenticate_token(&token.token, None).await;
                assert!(matches!(refused, Err(Problem::Unauthenticated { .. })), "{engine}, round {round}");
                assert!(catalog.access_key(&key).await.unwrap().is_some(), "{engine}: the key is another matter");
            }
            house.catalog().revoke_access_key(&house.caller, &key).await.unwrap();
            for catalog in &house.both {
                assert!(catalog.access_key(&key).await.unwrap().is_none(), "{engine}, round {round}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_is_not_read_again_while_nothing_takes_it() {
    for house in houses(|_| false).await {
        let ann = house.person("ann").await;
        let token = house.catalog().create_token(&house.caller, ann, "t", None).await.unwrap();
        let made = AtomicU64::new(0);
        let catalog = &house.both[0];
        for _ in 0..10 {
            let caller = catalog.authenticate_token(&token.token, None).await.unwrap();
            let epoch = caller.principal.epoch;
            let making = async {
                made.fetch_add(1, Ordering::Relaxed);
                // Rights are among what an answer is made of.
                let snapshot = catalog.unfiltered().await?;
                Ok::<_, Problem>(snapshot.access_epoch(caller.account()).await?)
            };
            let kept = catalog.remembered(CachePool::Answers, &caller, "epoch".to_owned(), |_| Some(8), making).await;
            assert_eq!(kept.unwrap(), epoch, "{}", house.engine);
        }
        assert!(made.load(Ordering::Relaxed) <= 2, "{}: {made:?}", house.engine);
    }
}
