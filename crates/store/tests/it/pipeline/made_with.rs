//! What somebody makes with a token or a key ends with it, at the next request to whichever catalogue.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::lease::Ownership;
use emporion_catalog::problem::Problem;

use super::house::{House, change, houses, often};
use crate::support::kind;

const HOUR_MS: i64 = 60 * 60 * 1000;

impl House {
    async fn somebody(&self, name: &str, of: &[&'static str]) -> RecordId {
        let mut draft = Draft { name: Some(name.into()), ..Draft::default() };
        draft.set("email", format!("{name}@example.com"));
        for flag in of {
            draft.set(flag, true);
        }
        let rules = DoorRules::default();
        let made = self.run(Command::Create { kind: kind("user"), parent: None, draft, id: None, rules });
        made.await.unwrap().view.id()
    }

    async fn set(&self, user: RecordId, field: &'static str, value: bool) {
        let set = change(Ref::Id(kind("user"), user), move |_| {
            let mut draft = Draft::default();
            draft.set(field, value);
            draft
        });
        self.run(set).await.unwrap();
    }

    /// The caller behind a token, as each catalogue knows him; the second time he is remembered.
    async fn by(&self, token: &str) -> Option<Caller> {
        let mut found = Vec::new();
        for catalog in self.both.iter().chain(&self.both) {
            found.push(match catalog.authenticate_token(token, None).await {
                Ok(caller) => Some(caller),
                Err(Problem::Unauthenticated { .. }) => None,
                Err(problem) => panic!("{problem:?}"),
            });
        }
        assert!(found.iter().all(|one| one.is_some() == found[0].is_some()), "{}: they differ", self.engine);
        found.pop().flatten()
    }

    async fn is_key(&self, id: &str) -> bool {
        let mut answers = Vec::new();
        for catalog in self.both.iter().chain(&self.both) {
            answers.push(catalog.access_key(id).await.unwrap().is_some());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{}: they differ", self.engine);
        answers[0]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_with_a_token_ends_with_it() {
    for house in houses(often()).await {
        let engine = house.engine;
        let (admin, ann) = (house.caller.principal.user, house.somebody("ann", &[]).await);
        let token = async |by: &Caller, user| house.catalog().create_token(by, user, "t", None).await.unwrap();
        for ended in 0..3 {
            // By a login the first; by that the second, for somebody else; by that a third and two keys.
            let first = token(&house.caller, admin).await;
            let by_first = house.by(&first.token).await.expect("it counts");
            let second = token(&by_first, ann).await;
            let by_second = house.by(&second.token).await.expect("it counts");
            let third = token(&by_second, ann).await;
            let key = house.catalog().create_access_key(&by_second, ann, "k").await.unwrap();
            let ends = Millis(house.catalog().now().0 + HOUR_MS);
            let for_a_while = house.catalog().create_session_key(&by_second, ann, "s", ends).await.unwrap();
            let beside = token(&house.caller, ann).await;
            assert!(house.by(&third.token).await.is_some(), "{engine}");
            assert!(house.is_key(&key.public).await && house.is_key(&for_a_while.public).await, "{engine}");

            match ended {
                0 => house.catalog().revoke(&house.caller, first.id).await.unwrap(),
                1 => house.catalog().revoke(&house.caller, second.id).await.unwrap(),
                _ => house.catalog().log_out(&house.caller, &first.token).await.unwrap(),
            }
            assert_eq!(house.by(&first.token).await.is_some(), ended == 1, "{engine}");
            for gone in [&second, &third] {
                assert!(house.by(&gone.token).await.is_none(), "{engine}, {ended}");
            }
            assert!(!house.is_key(&key.public).await && !house.is_key(&for_a_while.public).await, "{engine}, {ended}");
            assert!(house.by(&beside.token).await.is_some(), "{engine}: a login has made it");
            // What counts no more is not listed, either.
            let held = house.catalog().credentials(&house.caller, ann).await.unwrap();
            let gone = [second.id, third.id, key.id, for_a_while.id];
            assert!(held.iter().all(|held| !gone.contains(&held.id)), "{engine}, {ended}");
            // Who was let in before has nothing more to give.
            let late = house.catalog().create_token(&by_second, ann, "late", None).await.unwrap();
            assert!(house.by(&late.token).await.is_none(), "{engine}: made after its maker's token had ended");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_disabled_maker_has_made_ends_with_him() {
    for house in houses(often()).await {
        let (engine, ann) = (house.engine, house.somebody("ann", &[]).await);
        let maker = house.somebody("maker", &["is_admin"]).await;
        let own = house.catalog().create_token(&house.caller, maker, "own", None).await.unwrap();
        let by_own = house.by(&own.token).await.expect("it counts");
        let made = house.catalog().create_token(&by_own, ann, "made", None).await.unwrap();
        let key = house.catalog().create_access_key(&by_own, ann, "k").await.unwrap();
        assert!(house.by(&made.token).await.is_some() && house.is_key(&key.public).await, "{engine}");
        // Nothing comes back when he is enabled again.
        for disabled in [true, false, true] {
            house.set(maker, "disabled", disabled).await;
            assert!(house.by(&own.token).await.is_none(), "{engine}");
            assert!(house.by(&made.token).await.is_none(), "{engine}");
            assert!(!house.is_key(&key.public).await, "{engine}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_takes_a_new_token_has_it_from_whom_it_had_the_old_one() {
    for house in houses(often()).await {
        let (engine, admin) = (house.engine, house.caller.principal.user);
        let bot = house.somebody("bot", &["is_bot"]).await;
        let token = async |by: &Caller, user| house.catalog().create_token(by, user, "t", None).await.unwrap();
        let of_admin = token(&house.caller, admin).await;
        let by_admin = house.by(&of_admin.token).await.expect("it counts");
        let mut old = token(&by_admin, bot).await;
        for round in 0..3 {
            let by_bot = house.by(&old.token).await.expect("it counts");
            let key = house.catalog().create_access_key(&by_bot, bot, "k").await.unwrap();
            let new = token(&by_bot, bot).await;
            assert!(house.by(&old.token).await.is_none(), "{engine}, {round}: a bot has one token");
            assert!(!house.is_key(&key.public).await, "{engine}, {round}: it was made with the old one");
            old = new;
            assert_eq!(house.by(&old.token).await.expect("it counts").by.map(|by| by.generation), Some(1), "{engine}");
        }
        house.catalog().revoke(&house.caller, of_admin.id).await.unwrap();
        assert!(house.by(&old.token).await.is_none(), "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_of_the_signing_key_revokes_nothing() {
    for house in houses(|_| false).await {
        let (engine, admin) = (house.engine, house.caller.principal.user);
        let bot = house.somebody("bot", &["is_bot"]).await;
        let token = async |by: &Caller, user| house.catalog().create_token(by, user, "t", None).await.unwrap();
        let one = token(&house.caller, admin).await;
        let by_one = house.by(&one.token).await.expect("it counts");
        let two = token(&by_one, admin).await;
        let by_two = house.by(&two.token).await.expect("it counts");
        let of_bot = token(&by_two, bot).await;
        let key = house.catalog().create_access_key(&by_two, admin, "k").await.unwrap();
        let by_bot = house.by(&of_bot.token).await.expect("it counts");
        let key_of_bot = house.catalog().create_access_key(&by_bot, bot, "k").await.unwrap();

        let beyond = house.catalog().beyond_the_old_key(&by_two).await.unwrap();
        assert_eq!(beyond.by, None, "{engine}: both tokens end");
        let beyond = house.catalog().beyond_the_old_key(&by_bot).await.unwrap();
        assert_eq!(beyond.by, by_bot.by, "{engine}: a bot keeps its own");
        house.catalog().renew_tokens(&Ownership::alone()).await.unwrap();
        assert!(house.by(&one.token).await.is_none() && house.by(&two.token).await.is_none(), "{engine}");
        assert!(house.is_key(&key.public).await && house.is_key(&key_of_bot.public).await, "{engine}");
        let renewed = house.catalog().bot_token(&house.caller, bot).await.unwrap().expect("signed anew");
        assert!(house.by(&renewed.token).await.is_some(), "{engine}");
        // What stays is still bound to what stays.
        house.catalog().revoke(&house.caller, of_bot.id).await.unwrap();
        assert!(!house.is_key(&key_of_bot.public).await && house.is_key(&key.public).await, "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_chain_of_tokens_grows_without_end() {
    for house in houses(|_| false).await {
        let admin = house.caller.principal.user;
        let mut by = house.caller.clone();
        let mut made = 0;
        let refused = loop {
            match house.catalog().create_token(&by, admin, "t", None).await {
                Ok(token) => by = house.by(&token.token).await.expect("it counts"),
                Err(problem) => break problem,
            }
            made += 1;
        };
        assert_eq!(made, 65, "{}", house.engine);
        assert!(matches!(refused, Problem::Conflict { .. }), "{}: {refused:?}", house.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_token_of_another_account_ends_with_that_of_its_maker() {
    for house in houses(often()).await {
        let (engine, admin) = (house.engine, house.caller.principal.user);
        let own = house.catalog().create_token(&house.caller, admin, "own", None).await.unwrap();
        let by_own = house.by(&own.token).await.expect("it counts");
        let other = house.catalog().create_account(&by_own, "other", None).await.unwrap();
        let by_other = house.by(&other.admin_token).await.expect("it counts");
        assert_eq!(by_other.account(), other.account, "{engine}");
        assert!(house.is_key(&other.access_key_id).await, "{engine}");
        // Its administrator has no say in the account of his maker.
        let refused = house.catalog().revoke(&by_other, own.id).await;
        assert!(matches!(refused, Err(Problem::NotFound { .. })), "{engine}: {refused:?}");
        house.catalog().revoke(&house.caller, own.id).await.unwrap();
        assert!(house.by(&other.admin_token).await.is_none() && !house.is_key(&other.access_key_id).await, "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_for_a_while_says_that_it_is_over_and_its_maker_bounds_it() {
    for house in houses(often()).await {
        let engine = house.engine;
        let ann = house.somebody("ann", &[]).await;
        let now = house.catalog().now().0;
        let short = house.caller.clone().ending(Some(Millis(now + HOUR_MS)));
        let late = house.catalog().create_session_key(&short, ann, "s", Millis(now + HOUR_MS + 1)).await;
        assert!(matches!(late.map(|_| ()), Err(Problem::Invalid(_))), "{engine}");
        for (ends, is_over) in [(now + HOUR_MS, false), (now - 1, true)] {
            let made = house.catalog().create_session_key(&short, ann, "s", Millis(ends)).await.unwrap();
            for catalog in house.both.iter().chain(&house.both) {
                let key = catalog.access_key(&made.public).await.unwrap().expect("it is known, over or not");
                let session = key.session.as_ref().expect("a session");
                assert_eq!(Some(&*session.token), made.session_token.as_deref(), "{engine}");
                assert_eq!((&*key.secret, session.ends.0 < now), (made.secret.as_str(), is_over), "{engine}");
            }
            house.catalog().revoke_access_key(&house.caller, &made.public).await.unwrap();
            assert!(!house.is_key(&made.public).await, "{engine}");
        }
    }
}
