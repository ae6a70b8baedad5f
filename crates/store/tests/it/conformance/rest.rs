//! What stands beside records and edges: aliases, secrets, credentials, answers, events, accounts.

use emporion_catalog::change_set::{
    Credential, CredentialClass, Event, EventKind, RememberedAnswer, SealedSecret, Write,
};
use emporion_catalog::id::{AccountId, CredentialId, Millis, RecordId, Seq};
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::Record;
use serde_json::json;

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    aliases_stand_for_records
    the_greatest_alias_is_one_of_the_living
    secrets_are_replaced_together
    credentials_are_found_by_what_they_show
    credentials_end_by_class_and_are_sealed_anew
    credentials_end_with_what_they_were_made_with
    what_is_sealed_is_found_page_by_page
    a_new_credential_takes_the_place_of_what_shows_the_same
    answers_are_kept_to_the_byte
    events_come_back_as_they_were_told
    accounts_never_see_one_another
}

async fn aliases_stand_for_records(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    let alias = |space, value: &str, id| Write::Alias { account: ACCOUNT, space, value: value.into(), id };
    let set = Set::new().put(&a).put(&b).write(alias("s", "2", a.id)).write(alias("s", "1", b.id));
    world.does(set.write(alias("t", "1", a.id)).write(alias("s", "3", a.id))).await;
    let now = world.now().await;
    assert_eq!(now.by_alias(ACCOUNT, "s", "1").await.unwrap(), Some(b.id));
    assert_eq!(now.by_alias(ACCOUNT, "t", "1").await.unwrap(), Some(a.id));
    assert_eq!(now.by_alias(ACCOUNT, "t", "2").await.unwrap(), None);
    let found = now.aliases("s", &[b.id, a.id]).await.unwrap();
    assert_eq!(found, [(a.id, "2".into()), (a.id, "3".into()), (b.id, "1".into())]);
    assert_eq!(now.aliases("s", &[]).await.unwrap(), []);
    let gone = Write::Unalias { account: ACCOUNT, space: "s", value: "2".into() };
    world.does(Set::new().write(gone).write(alias("s", "2", b.id))).await;
    assert_eq!(world.now().await.by_alias(ACCOUNT, "s", "2").await.unwrap(), Some(b.id));
}

async fn the_greatest_alias_is_one_of_the_living(world: &World) {
    let (a, b, c) = (domain("a"), domain("b"), domain("c"));
    let alias = |space, value: &str, id| Write::Alias { account: ACCOUNT, space, value: value.into(), id };
    let set = Set::new().put(&a).put(&b).put(&c).write(alias("s", "1", a.id)).write(alias("s", "2", b.id));
    world.does(set.write(alias("s", "3", c.id)).write(alias("t", "4", a.id))).await;
    let greatest = async |account, kind_name, space, beneath| {
        world.now().await.greatest_alias(account, kind(kind_name), space, beneath).await.unwrap()
    };
    assert_eq!(greatest(ACCOUNT, "domain", "s", None).await, Some((c.id, "3".into())));
    assert_eq!(greatest(ACCOUNT, "domain", "s", Some("3")).await, Some((b.id, "2".into())));
    assert_eq!(greatest(ACCOUNT, "domain", "u", None).await, None);
    assert_eq!(greatest(ACCOUNT, "table", "s", None).await, None);
    assert_eq!(greatest(OTHER, "domain", "s", None).await, None);
    world.does(Set::new().replace(&deleted(&c, true))).await;
    assert_eq!(greatest(ACCOUNT, "domain", "s", None).await, Some((b.id, "2".into())));
}

async fn secrets_are_replaced_together(world: &World) {
    let a = domain("a");
    let secret = |path: &str, byte| SealedSecret { path: path.into(), sealed: vec![byte, 0], fingerprint: vec![byte] };
    let put = |secrets| Write::PutSecrets { id: a.id, secrets };
    world.does(Set::new().put(&a).write(put(vec![secret("/b", 1), secret("/a", 2)]))).await;
    assert_eq!(world.now().await.secrets(a.id).await.unwrap(), [secret("/a", 2), secret("/b", 1)]);
    world.does(Set::new().write(put(vec![secret("/c", 3)]))).await;
    assert_eq!(world.now().await.secrets(a.id).await.unwrap(), [secret("/c", 3)]);
    world.does(Set::new().write(put(vec![]))).await;
    assert_eq!(world.now().await.secrets(a.id).await.unwrap(), []);
}

fn credential(user: RecordId, class: CredentialClass, public: &str) -> Credential {
    Credential {
        id: CredentialId::fresh(),
        account: ACCOUNT,
        user,
        class,
        public: public.into(),
        label: "l".into(),
        secret: vec![0, 255],
        created: Millis(1),
        expires: Some(Millis(2)),
        made_with: None,
    }
}

async fn credentials_are_found_by_what_they_show(world: &World) {
    let ann = record("user", None, "ann");
    let mut all: Vec<Credential> =
        CredentialClass::ALL.iter().map(|class| credential(ann.id, *class, "same")).collect();
    all[1].expires = None;
    let set = all.iter().fold(Set::new().put(&ann), |set, c| set.write(Write::PutCredential(Box::new(c.clone()))));
    world.does(set).await;
    let now = world.now().await;
    for one in &all {
        assert_eq!(now.credential(one.class, "same").await.unwrap().as_ref(), Some(one));
        assert_eq!(now.credential_by_id(one.id).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(now.credential(CredentialClass::Token, "other").await.unwrap(), None);
    assert_eq!(now.credentials_of(ann.id).await.unwrap(), all);
    world.does(Set::new().write(Write::DropCredential { id: all[0].id })).await;
    assert_eq!(world.now().await.credentials_of(ann.id).await.unwrap(), all[1..]);
}

async fn credentials_end_by_class_and_are_sealed_anew(world: &World) {
    let (ann, bob) = (record("user", None, "ann"), record("user", None, "bob"));
    let held: Vec<Credential> =
        CredentialClass::ALL.iter().map(|class| credential(ann.id, *class, class.name())).collect();
    let other = credential(bob.id, CredentialClass::Session, "bob");
    let put = |c: &Credential| Write::PutCredential(Box::new(c.clone()));
    world.does(held.iter().fold(Set::new().put(&ann).put(&bob).write(put(&other)), |set, c| set.write(put(c)))).await;
    let classes = &[CredentialClass::Session, CredentialClass::Refresh];
    let ended = held.iter().find(|c| c.class == CredentialClass::Session).unwrap();
    let kept = held.iter().find(|c| c.class == CredentialClass::AccessKey).unwrap();
    let reseal = |c: &Credential| Write::ResealCredential { id: c.id, secret: vec![7] };
    world.does(Set::new().write(Write::DropCredentials { user: ann.id, classes }).write(reseal(ended))).await;
    world.does(Set::new().write(reseal(kept))).await;
    let now = world.now().await;
    assert_eq!(now.credential_by_id(ended.id).await.unwrap(), None, "what has ended does not come back");
    assert_eq!(now.credential_by_id(kept.id).await.unwrap(), Some(Credential { secret: vec![7], ..kept.clone() }));
    assert_eq!(now.credentials_of(ann.id).await.unwrap().len(), held.len() - 2);
    assert_eq!(now.credentials_of(bob.id).await.unwrap(), [other]);
}

async fn credentials_end_with_what_they_were_made_with(world: &World) {
    let (ann, bob) = (record("user", None, "ann"), record("user", None, "bob"));
    let put = |c: &Credential| Write::PutCredential(Box::new(c.clone()));
    let made = |user: &Record, class, public: &str, with: Option<&Credential>| Credential {
        made_with: with.map(|above| above.id),
        ..credential(user.id, class, public)
    };
    // a, and by it b of another user, by that c, by that d; e stands alone.
    let a = made(&ann, CredentialClass::Token, "a", None);
    let b = made(&bob, CredentialClass::BotToken, "b", Some(&a));
    let c = made(&ann, CredentialClass::AccessKey, "c", Some(&b));
    let d = made(&bob, CredentialClass::Token, "d", Some(&c));
    let e = made(&bob, CredentialClass::Token, "e", None);
    let all = [&a, &b, &c, &d, &e];
    let set = all.iter().fold(Set::new().put(&ann).put(&bob), |set, c| set.write(put(c)));
    world.does(set).await;
    assert_eq!(world.now().await.credential_by_id(d.id).await.unwrap().as_ref(), Some(&d));
    let left = async || {
        let now = world.now().await;
        let mut left = Vec::new();
        for one in all {
            left.extend(now.credential_by_id(one.id).await.unwrap().map(|held| held.public));
        }
        left.concat()
    };
    world.does(Set::new().write(Write::DropCredential { id: c.id })).await;
    assert_eq!(left().await, "abe");
    world.does(Set::new().write(put(&c)).write(put(&d))).await;
    world.does(Set::new().write(Write::DropCredentials { user: bob.id, classes: &[CredentialClass::BotToken] })).await;
    assert_eq!(left().await, "ae");
    world.does(Set::new().write(put(&b)).write(put(&c)).write(put(&d))).await;
    // What is bound to something else stays; what is gone does not come back.
    let rebind = |of: &Credential, made_with| Write::RebindCredential { id: of.id, made_with };
    world.does(Set::new().write(rebind(&c, Some(e.id))).write(Write::DropCredential { id: a.id })).await;
    assert_eq!(left().await, "cde");
    world.does(Set::new().write(rebind(&a, None)).write(rebind(&d, None))).await;
    assert_eq!(left().await, "cde");
    world.does(Set::new().write(Write::DropSubtree { root: bob.id })).await;
    assert_eq!(left().await, "", "a purged user's token ends what it has made for others");
}

async fn what_is_sealed_is_found_page_by_page(world: &World) {
    let mut records: Vec<Record> = (0..5).map(|n| record("database_service", None, &format!("s{n}"))).collect();
    records[2].account = OTHER;
    records.sort_by_key(|record| record.id);
    let secret = |path: &str| SealedSecret { path: path.into(), sealed: vec![1], fingerprint: vec![2] };
    let (ann, class) = (record("user", None, "ann"), CredentialClass::Token);
    let mut held: Vec<Credential> = (0..5).map(|n| credential(ann.id, class, &n.to_string())).collect();
    held.sort_by_key(|credential| credential.id);
    let set = records.iter().fold(Set::new().put(&ann), |set, record| {
        let secrets = vec![secret("/a"), secret("/b")];
        set.put(record).write(Write::PutSecrets { id: record.id, secrets })
    });
    world.does(held.iter().fold(set, |set, c| set.write(Write::PutCredential(Box::new(c.clone()))))).await;
    let now = world.now().await;
    let expected: Vec<_> = records.iter().map(|record| (record.account, record.id)).collect();
    assert_eq!(now.with_secrets_after(None, 2).await.unwrap(), expected[..2]);
    assert_eq!(now.with_secrets_after(Some(expected[1].1), 9).await.unwrap(), expected[2..]);
    assert_eq!(now.credentials_after(None, 3).await.unwrap(), held[..3]);
    assert_eq!(now.credentials_after(Some(held[2].id), 9).await.unwrap(), held[3..]);
}

async fn a_new_credential_takes_the_place_of_what_shows_the_same(world: &World) {
    let ann = record("user", None, "ann");
    let (old, new) =
        (credential(ann.id, CredentialClass::Password, "ann"), credential(ann.id, CredentialClass::Password, "ann"));
    let put = |c: &Credential| Write::PutCredential(Box::new(c.clone()));
    world.does(Set::new().put(&ann).write(put(&old))).await;
    world.does(Set::new().write(put(&new))).await;
    let changed = Credential { secret: vec![9], ..new };
    world.does(Set::new().write(put(&changed))).await;
    assert_eq!(world.now().await.credentials_of(ann.id).await.unwrap(), [changed]);
}

async fn answers_are_kept_to_the_byte(world: &World) {
    let answer = RememberedAnswer {
        account: ACCOUNT,
        scope: "scope".into(),
        key: "key".into(),
        fingerprint: vec![1, 2],
        status: 201,
        body: (0..=255).collect::<Vec<u8>>().into(),
        at: Millis::now(),
    };
    world.does(Set::new().put(&domain("a")).write(Write::PutKey(Box::new(answer.clone())))).await;
    let now = world.now().await;
    assert_eq!(now.answer_for(ACCOUNT, "scope", "key").await.unwrap(), Some(answer));
    assert_eq!(now.answer_for(ACCOUNT, "other", "key").await.unwrap(), None);
    assert_eq!(now.answer_for(OTHER, "scope", "key").await.unwrap(), None);
}

async fn events_come_back_as_they_were_told(world: &World) {
    let a = domain("a");
    let events: Vec<Event> = EventKind::ALL
        .iter()
        .enumerate()
        .map(|(at, what)| Event {
            detail: (at % 2 == 0).then(|| json!({"z": 1, "a": [null, "ü"]})),
            at: Millis(at as i64),
            ..event(*what, &a)
        })
        .collect();
    let mut set = Set::new();
    set.0.events.clone_from(&events);
    world.does(set).await;
    let now = world.now().await;
    let all = now.events(Seq(0), 99).await.unwrap();
    assert_eq!(all.iter().map(|(seq, _)| seq.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(all.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), events);
    assert_eq!(now.events(Seq(2), 2).await.unwrap(), all[2..4]);
    assert_eq!(now.events(Seq(5), 2).await.unwrap(), []);
}

async fn accounts_never_see_one_another(world: &World) {
    let mine = domain("same");
    let theirs = Record { account: OTHER, ..domain("same") };
    let alias = |account, id| Write::Alias { account, space: "s", value: "v".into(), id };
    world.does(Set::new().put(&mine).write(alias(ACCOUNT, mine.id))).await;
    world.does(Set::new().put(&theirs).write(alias(OTHER, theirs.id))).await;
    let now = world.now().await;
    for (account, own, foreign) in [(ACCOUNT, &mine, &theirs), (OTHER, &theirs, &mine)] {
        let found = now.by_id(account, &[own.id, foreign.id]).await.unwrap();
        assert_eq!(found, [Some(own.clone()), None]);
        assert_eq!(now.by_id(account, &[foreign.id]).await.unwrap(), [None]);
        assert_eq!(now.by_fqn(account, own.kind, &["same"]).await.unwrap(), [Some(own.clone())]);
        assert_eq!(now.by_folded_name(account, own.kind, "same", 9).await.unwrap(), std::slice::from_ref(own));
        assert_eq!(now.by_alias(account, "s", "v").await.unwrap(), Some(own.id));
        let all = ListQuery::of(account, own.kind);
        assert_eq!(now.count(&all).await.unwrap(), 1);
        let queries = [
            all.clone(),
            ListQuery { ids: Some(vec![own.id, foreign.id]), ..all.clone() },
            ListQuery { name: Some("same".into()), ..all.clone() },
            ListQuery { containing: vec!["same".into()], ..all },
        ];
        for query in queries {
            assert_eq!(now.list(&query).await.unwrap(), std::slice::from_ref(own));
            assert_eq!(now.count(&query).await.unwrap(), 1);
        }
    }
    assert_eq!(now.by_id(AccountId::GLOBAL, &[mine.id]).await.unwrap(), [None]);
}
