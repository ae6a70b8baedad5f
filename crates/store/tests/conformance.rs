//! What every engine promises behind `ports::Store`, asked of each of them.

mod support;

use support::*;

#[tokio::test]
async fn what_is_put_is_found_by_id_and_name() {
    let world = sqlite();
    let record = domain("a");
    let seq = put(&*world.store, &record).await;
    assert_eq!(seq.0, 1);
    let snapshot = world.store.snapshot().await.unwrap();
    assert_eq!(snapshot.by_id(ACCOUNT, &[record.id]).await.unwrap(), [Some(record.clone())]);
    assert_eq!(snapshot.by_fqn(ACCOUNT, record.kind, &["a"]).await.unwrap(), [Some(record)]);
}
