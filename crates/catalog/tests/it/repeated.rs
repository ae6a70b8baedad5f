//! Requests that are sent again under their idempotency key.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use emporion_catalog::Problem;
use emporion_catalog::command::{Idempotency, Once};
use emporion_catalog::id::Millis;
use emporion_store::MemoryStore;
use serde_json::json;

use crate::house::House;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn key(fingerprint: u8) -> Idempotency {
    Idempotency {
        scope: "POST /x".into(),
        key: "k".into(),
        fingerprint: vec![fingerprint],
        print: Arc::new(|outcome| (201, outcome.view.record.name.clone().into())),
    }
}

#[tokio::test]
async fn an_answer_is_repeated_for_a_day_and_then_the_key_is_free() {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    let house = House::at(Arc::new(MemoryStore::default()), || Millis(NOW.load(Ordering::Relaxed))).await;
    let caller = house.caller(house.admin()).await;
    let default = house.name("domain", "default");
    let make = |name: &str| house.create("data_product", Some(&default), name, json!({}), &[]);
    let (p, q) = (make("p"), make("q"));
    assert!(matches!(house.catalog.execute_once(&caller, &p, &key(1)).await, Ok(Once::Done { status: 201, .. })));

    NOW.fetch_add(DAY_MS, Ordering::Relaxed);
    let again = house.catalog.execute_once(&caller, &p, &key(1)).await;
    assert!(matches!(again, Ok(Once::Replayed { status: 201, body }) if body == "p"));
    assert!(matches!(house.catalog.execute_once(&caller, &q, &key(2)).await, Err(Problem::KeyReused)));
    // A door that asks before it looks at anything else is told the same.
    let answered = async |fingerprint: u8| house.catalog.answered(&caller, "POST /x", "k", &[fingerprint]).await;
    assert_eq!(answered(1).await, Ok(Some((201, "p".into()))));
    assert_eq!(answered(2).await, Err(Problem::KeyReused));

    NOW.fetch_add(1, Ordering::Relaxed);
    assert_eq!((answered(1).await, answered(2).await), (Ok(None), Ok(None)));
    let taken = house.catalog.execute_once(&caller, &p, &key(1)).await;
    assert!(matches!(taken, Err(Problem::NameTaken { .. })), "the same request is a new one now");
    assert!(matches!(house.catalog.execute_once(&caller, &q, &key(2)).await, Ok(Once::Done { .. })));
    let again = house.catalog.execute_once(&caller, &q, &key(2)).await;
    assert!(matches!(again, Ok(Once::Replayed { body, .. }) if body == "q"));
}
