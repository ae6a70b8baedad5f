//! The trail: written apart from the log, read from its newest line on, ended by its age.

use emporion_catalog::audit_event::{AuditCursor, AuditEvent, AuditEventKind, AuditSpan};
use emporion_catalog::change_set::Write;
use emporion_catalog::id::{AccountId, AuditEventId, Millis, RecordId};
use emporion_catalog::record::Actor;
use serde_json::json;

use super::for_every_engine;
use crate::support::{ACCOUNT, Set, World};

for_every_engine! {
    lines_of_an_account_are_told_newest_first_from_any_place_on
    the_oldest_lines_end_whosever_they_are_and_no_more_than_was_asked
}

const LAST: AuditCursor = (Millis(i64::MAX), AuditEventId::from_uuid(uuid::Uuid::nil()));

fn event(account: AccountId, at: i64, what: AuditEventKind) -> AuditEvent {
    let by = Actor { name: "ada\u{1}".into(), door: Some("bobsled".into()), ..Actor::nobody() };
    let detail = json!({"tables": ["a\u{0}", "b"], "rows": 7}).as_object().cloned().unwrap();
    let about = (at % 2 == 0).then(RecordId::fresh);
    AuditEvent { id: AuditEventId::fresh(), account, at: Millis(at), by, what, about, detail }
}

async fn told(world: &World, account: AccountId, since: i64, before: AuditCursor, limit: u32) -> Vec<AuditEvent> {
    let span = AuditSpan { since: Millis(since), before };
    world.now().await.audit_events(account, &span, limit).await.unwrap()
}

async fn lines_of_an_account_are_told_newest_first_from_any_place_on(world: &World) {
    let before = world.now().await.head().await.unwrap();
    let elsewhere = AccountId::from_uuid(uuid::Uuid::from_u128(77));
    let mut own: Vec<AuditEvent> =
        AuditEventKind::ALL.iter().zip(1..).map(|(what, at)| event(ACCOUNT, at / 2, *what)).collect();
    let mut all = own.clone();
    all.push(event(elsewhere, 2, AuditEventKind::Question));
    world.does(Set::new().write(Write::Note(all))).await;
    assert_eq!(world.now().await.head().await.unwrap(), before, "the log does not tell of it");
    own.reverse();
    assert_eq!(told(world, ACCOUNT, i64::MIN, LAST, 100).await, own);
    assert_eq!(told(world, ACCOUNT, i64::MIN, LAST, 2).await, own[..2]);
    let place = (own[2].at, own[2].id);
    assert_eq!(told(world, ACCOUNT, i64::MIN, place, 100).await, own[3..]);
    assert_eq!(told(world, ACCOUNT, 3, LAST, 100).await.len(), own.iter().filter(|event| event.at.0 >= 3).count());
    assert_eq!(told(world, ACCOUNT, 9, place, 100).await, []);
    assert_eq!(told(world, elsewhere, i64::MIN, LAST, 100).await.len(), 1);
}

async fn the_oldest_lines_end_whosever_they_are_and_no_more_than_was_asked(world: &World) {
    let elsewhere = AccountId::from_uuid(uuid::Uuid::from_u128(77));
    let lines = [(ACCOUNT, 5), (elsewhere, 1), (ACCOUNT, 2), (ACCOUNT, 9)];
    let lines = lines.map(|(account, at)| event(account, at, AuditEventKind::Statement));
    world.does(Set::new().write(Write::Note(lines.to_vec()))).await;
    let times = async |account| {
        told(world, account, i64::MIN, LAST, 9).await.iter().map(|event| event.at.0).collect::<Vec<_>>()
    };
    world.does(Set::new().write(Write::EndAuditEvents { before: Millis(9), most: 2 })).await;
    assert_eq!((times(ACCOUNT).await, times(elsewhere).await), (vec![9, 5], vec![]));
    world.does(Set::new().write(Write::EndAuditEvents { before: Millis(9), most: 100 })).await;
    assert_eq!(times(ACCOUNT).await, [9]);
}
