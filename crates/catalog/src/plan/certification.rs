//! What a record is newly certified with: a tag of the classification that certifies, for no longer than certifications
//! hold.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::planning::Planning;
use crate::id::{EdgeId, Revision};
use crate::kinds::TAG;
use crate::kinds::shared::{CERTIFICATION, CERTIFIED_FOR_MS, CERTIFYING};
use crate::name;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record, View};
use crate::relation::{CERTIFIED_BY, UNTIL};

/// How far the clock of a door may be ahead.
const AHEAD_MS: i64 = 60_000;

/// Looks at a certification that the plan says and the record had not, and leads to the tag for as long as it holds.
///
/// Cost: one read where there is one, none otherwise.
pub async fn check(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let field = CERTIFICATION.name;
    if !plan.differs(field) {
        return Ok(());
    }
    plan.after.edges.retain(|edge| edge.relation != CERTIFIED_BY);
    if let Some(said) = plan.after.field(field).cloned()
        && let Some((tag, ends)) = named(plan, &said).await?
    {
        link(&mut plan.after, tag, ends);
    }
    Ok(())
}

/// The tag, and when that ends; `None` where the certification is refused, or over.
async fn named(plan: &mut Planning<'_>, said: &Value) -> Result<Option<(Record, i64)>, Problem> {
    let field = CERTIFICATION.name;
    // What is not whole is of another form, which is looked at later.
    let tag = said.pointer("/tag_label/tag_fqn").and_then(Value::as_str).and_then(name::canonical);
    let date = |member: &str| said.get(member).and_then(Value::as_i64);
    let (Some(tag), Some(applied), Some(ends)) = (tag, date("applied_date"), date("expiry_date")) else {
        return Ok(None);
    };
    let cx = plan.cx;
    if !matches!(name::split(&tag).as_deref(), Some([above, _]) if above == CERTIFYING) {
        plan.refuse(field, format!("must be a tag of {CERTIFYING}"));
        return Ok(None);
    }
    if applied > cx.now.0 + AHEAD_MS || ends <= applied || ends - applied > CERTIFIED_FOR_MS {
        let days = CERTIFIED_FOR_MS / (24 * 60 * 60 * 1000);
        plan.refuse(field, format!("must not begin in the future, and end at most {days} days after it began"));
        return Ok(None);
    }
    let kind = TAG;
    let found = cx.snapshot.by_fqn(cx.account(), kind, &[&tag]).await?.into_iter().next().flatten();
    match found.filter(|tag| tag.state.is_alive()) {
        // One that is over already leads nowhere.
        Some(found) if cx.access.sees(cx, &found).await? => Ok((ends > cx.now.0).then_some((found, ends))),
        _ => Err(Problem::UnknownReference { field: field.to_owned(), kind: kind.name(), value: tag }),
    }
}

fn link(view: &mut View, tag: Record, ends: i64) {
    let to = tag.id;
    view.cards.insert(to, Arc::new(Card::of(&tag)));
    view.edges.push(Edge {
        id: EdgeId::fresh(),
        from: view.record.id,
        relation: CERTIFIED_BY,
        at: String::new(),
        ord: 0,
        to,
        attributes: Map::from_iter([(UNTIL.to_owned(), ends.into())]),
        since: Revision(0),
        until: None,
    });
}
