//! Seeded roles in an account that is older than a kind.

use std::sync::Arc;

use emporion_authz::gate::CedarGate;
use emporion_authz::keyring::Keyring;
use emporion_authz::sealer::RingSealer;
use emporion_catalog::Problem;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::kind::{KindDef, PLAIN};
use emporion_catalog::ports::Store;
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::HAS_ROLE;
use emporion_catalog::testing::Trusting;
use emporion_store::MemoryStore;
use serde_json::{Value, json};

/// A kind that a later version has.
const GAUGE: KindDef = KindDef { name: "gauge", stewarded: true, ..PLAIN };

fn catalog(store: &Arc<MemoryStore>, registry: Registry) -> Catalog {
    Catalog::new(Parts {
        store: store.clone() as Arc<dyn Store>,
        registry,
        gate: Arc::new(CedarGate::default()),
        sealer: Arc::new(RingSealer::new(Keyring::from_environment(&"A".repeat(43)).unwrap())),
        authenticator: Arc::new(Trusting),
        clock: Millis::now,
    })
}

async fn edit_policy(catalog: &Catalog, account: AccountId, admin: RecordId, edit: fn(Value) -> Value) {
    let caller = catalog.caller(account, admin).await.unwrap();
    let change = move |view: &View| {
        let mut draft = Draft::default();
        draft.set("rules", edit(view.field("rules").cloned().unwrap_or_default()));
        Ok(draft)
    };
    let target = Ref::Name(catalog.kind("policy"), "DataStewardPolicy".into());
    let rules = DoorRules::default();
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(change), rules };
    catalog.execute(&caller, &command).await.unwrap();
}

async fn make_gauge(catalog: &Catalog, account: AccountId, user: RecordId, name: &str) -> Result<(), Problem> {
    let draft = Draft { name: Some(name.into()), ..Draft::default() };
    let (kind, rules) = (catalog.kind("gauge"), DoorRules::default());
    let command = Command::Create { kind, parent: None, draft, id: None, rules };
    catalog.execute(&catalog.caller(account, user).await.unwrap(), &command).await.map(drop)
}

async fn steward(catalog: &Catalog, account: AccountId, admin: RecordId) -> RecordId {
    let caller = catalog.caller(account, admin).await.unwrap();
    let (user, _) = catalog.create_user(&caller, "stella", None, false).await.unwrap();
    let change = |view: &View| {
        let mut draft = Draft::default();
        let role = Ref::Name(Registry::standard().expect("role"), "DataSteward".into());
        draft.relate(HAS_ROLE, How::Add, "roles", vec![Target::of(role)]);
        let _ = view;
        Ok(draft)
    };
    let (target, rules) = (Ref::Id(catalog.kind("user"), user), DoorRules::default());
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(change), rules };
    catalog.execute(&caller, &command).await.unwrap();
    user
}

#[tokio::test]
async fn stewards_make_what_a_later_version_has_unless_somebody_changed_their_rule() {
    let store = Arc::new(MemoryStore::default());
    let old = catalog(&store, Registry::standard());
    let first = old.initialise().await.unwrap();
    let admin = old.caller(first.account, first.admin).await.unwrap();
    let second = old.create_account(&admin, "second", None).await.unwrap();
    assert_eq!(old.renew_roles().await, Ok(0), "nothing has come since");
    // In the second account stewards were told to keep to tags.
    edit_policy(&old, second.account, second.admin, |mut rules| {
        rules[1]["resources"] = json!(["tag"]);
        rules
    })
    .await;

    let new = catalog(&store, Registry::standard().with(&GAUGE));
    let stella = steward(&new, first.account, first.admin).await;
    let other = steward(&new, second.account, second.admin).await;
    let refused = make_gauge(&new, first.account, stella, "g").await;
    assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
    assert_eq!(new.renew_roles().await, Ok(1));
    make_gauge(&new, first.account, stella, "g").await.unwrap();
    let refused = make_gauge(&new, second.account, other, "g").await;
    assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
    assert_eq!(new.renew_roles().await, Ok(0), "once is enough");
}
