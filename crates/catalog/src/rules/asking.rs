//! A request asks in the name of whoever makes it, for what there is and he does not have, and for each thing once at a
//! time. It begins open: what becomes of it, a decision says.

use async_trait::async_trait;

use crate::change_set::{Expect, Write};
use crate::id::{Millis, RecordId};
use crate::kinds::access_request::*;
use crate::load::{self, Depth};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::relation::HAS_ASSET;
use crate::requests::{self, MOST_A_DAY, MOST_ASSETS, MOST_OPEN, OPEN_SPACE, Wanted};
use crate::timestamp::DAY_MILLIS;

pub struct Asking;

#[async_trait]
impl Hooks for Asking {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.is_new() {
            return Ok(());
        }
        let cx = plan.cx;
        let requester = cx.caller.principal.user;
        let body = &mut plan.after.record.body;
        body.insert(REQUESTER.into(), requester.to_string().into());
        body.insert(STATE.into(), OPEN.into());
        for decided in [DECIDED_BY, DECIDED_AT, WORDS] {
            body.shift_remove(decided);
        }
        if plan.after.text(REASON).is_some_and(|reason| reason.trim().is_empty()) {
            plan.refuse(REASON, "must not be blank");
        }
        let until = plan.after.field(UNTIL).and_then(serde_json::Value::as_i64).map(Millis);
        if until.is_some_and(|until| until <= cx.now) {
            plan.refuse(UNTIL, "must lie in the future");
        }
        let (Some(wanted), Some(product)) = (Wanted::of(&plan.after.record), plan.after.record.parent) else {
            // The check of fields says what is missing.
            return Ok(());
        };
        let product = cx.record(product).await?.ok_or_else(|| Problem::internal("a parent without a record"))?;
        let product = load::view(cx.snapshot, product, &Depth::of(&requests::READ_WITH, true)).await?;
        let named = plan.after.field(ASSETS).and_then(serde_json::Value::as_array).map_or(0, Vec::len);
        match &wanted {
            Wanted::Rows(assets) => {
                if named == 0 {
                    plan.refuse(ASSETS, "must name the assets whose rows are asked for");
                }
                if named > MOST_ASSETS {
                    plan.refuse(ASSETS, format!("must name at most {MOST_ASSETS}"));
                }
                let is_asset = |id: &RecordId| product.targets(HAS_ASSET).any(|(edge, _)| edge.to == *id);
                if assets.len() != named || !assets.iter().all(is_asset) {
                    plan.refuse(ASSETS, "must be assets of the product, by their ids");
                }
            }
            _ if named > 0 => plan.refuse(ASSETS, "has no meaning beside a role"),
            _ => {}
        }
        if !plan.violations.is_empty() {
            return Ok(());
        }
        let principal = &*cx.caller.principal;
        if requests::has_already((cx.access, cx.snapshot), principal, &product, &wanted, until).await? {
            return Err(Problem::conflict(match wanted {
                Wanted::Rows(_) => "the rows are lent to the product already",
                Wanted::Viewer => "you may query the product already",
                Wanted::Editor => "you are an editor of the product already, or more",
            }));
        }
        let id = plan.after.record.id;
        let account = cx.account();
        // Whoever gives somebody a role, or takes him into a team, looks at all that he waits for.
        let own = ListQuery {
            fields: vec![(REQUESTER, requester.to_string().into())],
            ..ListQuery::of(account, plan.after.record.kind)
        };
        let mut open = own.clone();
        open.fields.push((STATE, OPEN.into()));
        if cx.snapshot.count(&open).await? >= MOST_OPEN {
            return Err(Problem::conflict(format!(
                "{MOST_OPEN} requests of yours wait for a decision: take one back first"
            )));
        }
        let lately = ListQuery { since: Some(Millis(cx.now.0 - DAY_MILLIS)), ..own };
        if cx.snapshot.count(&lately).await? >= MOST_A_DAY {
            return Err(Problem::conflict(format!("you have made {MOST_A_DAY} requests within a day: wait a while")));
        }
        let mut aliases = wanted.aliases(product.id(), requester);
        aliases.sort_unstable();
        aliases.dedup();
        for value in aliases {
            if let Some(other) = cx.snapshot.by_alias(account, OPEN_SPACE, &value).await? {
                return Err(Problem::conflict(format!(
                    "you have asked for that already: request {other} waits for a decision"
                )));
            }
            plan.expect.push(Expect::AliasFree { account, space: OPEN_SPACE, value: value.clone() });
            plan.writes.push(Write::Alias { account, space: OPEN_SPACE, value, id });
        }
        Ok(())
    }
}
