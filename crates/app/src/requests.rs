//! Requests for access, as the management interface and the command line speak of them.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Decision, Ref, Term};
use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::kinds::access_request::{APPROVED, OPEN, REJECTED, WITHDRAWN};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::Card;
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::requests::{AccessRequest, Ask, Asked, Wanted, Which};
use emporion_catalog::timestamp;
use serde_json::{Value, json};

use crate::call::Body;
use crate::lifetime::Lifetime;
use crate::records::reference;

/// What a new request may say.
pub const MADE_OF: &[&str] = &["product", "wants", "assets", "reason", "until"];
/// What an approval may say, and what other decisions may.
pub const APPROVAL: &[&str] = &["words", "until", "revision"];
pub const DECISION: &[&str] = &["words", "revision"];
/// How many one answer lists, and at most.
const PAGE: usize = 100;
const LONGEST: usize = 500;

/// Makes a request. Assets are named by their ids or their fully qualified names.
pub async fn create(catalog: &Catalog, caller: &Caller, body: &Body) -> Result<Value, Problem> {
    let (product, reason, wants) = (body.needed("product")?, body.needed("reason")?, body.needed("wants")?);
    let named = body.texts("assets")?;
    let until = match body.text("until")? {
        None => None,
        Some(said) => match ending(said, catalog.now())? {
            Term::Until(until) => Some(until),
            _ => None,
        },
    };
    let product = reference(catalog.kind("data_product"), product);
    let wanted = match wants {
        "rows" => Wanted::Rows(assets(catalog, caller, &product, &named).await?),
        "viewer" | "editor" if !named.is_empty() => {
            return Err(Problem::invalid("assets", "has no meaning beside a role"));
        }
        "viewer" => Wanted::Viewer,
        "editor" => Wanted::Editor,
        _ => return Err(Problem::invalid("wants", "must be one of [viewer, editor, rows]")),
    };
    let ask = Ask { product, wanted, reason: reason.to_owned(), until };
    Ok(shown(&catalog.ask_for_access(caller, &ask).await?))
}

/// The assets of a visible product that a request names.
async fn assets(catalog: &Catalog, caller: &Caller, product: &Ref, named: &[String]) -> Result<Vec<RecordId>, Problem> {
    let depth = Depth::of(&[HAS_ASSET], false);
    let view = catalog.get(caller, product, States::Alive, &depth).await?;
    let asset = |name: &String| {
        let id = name.parse::<RecordId>().ok();
        let mut held = view.targets(HAS_ASSET).map(|(_, card)| card);
        held.find(|card| Some(card.id) == id || card.fqn == *name).map(|card| card.id)
    };
    let found: Option<Vec<RecordId>> = named.iter().map(asset).collect();
    found.ok_or_else(|| Problem::invalid("assets", "must be assets of the product, by their ids or full names"))
}

/// A page of requests: `{"requests", "total", "next"}`.
pub async fn list(
    catalog: &Catalog,
    caller: &Caller,
    query: impl Fn(&str) -> Option<String>,
) -> Result<Value, Problem> {
    let which = match query("which").as_deref() {
        None | Some("all") => Which::All,
        Some("mine") => Which::Mine,
        Some("waiting") => Which::Waiting,
        Some(_) => return Err(Problem::invalid("which", "must be one of [mine, waiting, all]")),
    };
    let state = query("state");
    if state.as_deref().is_some_and(|state| ![OPEN, APPROVED, REJECTED, WITHDRAWN].contains(&state)) {
        return Err(Problem::invalid("state", "must be one of [open, approved, rejected, withdrawn]"));
    }
    let limit = match query("limit").map(|text| text.parse()) {
        None => PAGE,
        Some(Ok(limit)) if limit > 0 => LONGEST.min(limit),
        Some(_) => return Err(Problem::invalid("limit", "must be a whole number from 1 on")),
    };
    let after = match query("after").map(|text| text.parse()) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return Err(Problem::invalid("after", "must be the id of a request")),
    };
    let product = match query("product") {
        None => None,
        Some(named) => {
            let target = reference(catalog.kind("data_product"), &named);
            Some(catalog.get(caller, &target, States::Alive, &Depth::bare()).await?.id())
        }
    };
    let asked = Asked { which, product, state: state.as_deref(), after, limit };
    let reading = catalog.reading(caller).await?;
    let page = reading.access_requests(&asked).await?;
    let total = match after {
        None if !page.more => page.requests.len(),
        _ => reading.number_of_requests(&asked).await?,
    };
    let next = page.requests.last().filter(|_| page.more).map(|last| last.id.to_string());
    let requests: Vec<Value> = page.requests.iter().map(shown).collect();
    Ok(json!({"requests": requests, "total": total, "next": next}))
}

pub async fn get(catalog: &Catalog, caller: &Caller, id: &str) -> Result<Value, Problem> {
    Ok(shown(&catalog.reading(caller).await?.access_request(known(id)?).await?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Reject,
    Withdraw,
}

pub async fn decide(
    catalog: &Catalog,
    caller: &Caller,
    id: &str,
    verdict: Verdict,
    body: &Body,
) -> Result<Value, Problem> {
    let request = known(id)?;
    let words = body.text("words")?;
    let seen = match body.get("revision") {
        None | Some(Value::Null) => None,
        Some(number) => {
            let number = number.as_u64().ok_or_else(|| Problem::invalid("revision", "must be a whole number"))?;
            Some(Revision(number))
        }
    };
    let decision = match verdict {
        Verdict::Approve => Decision::Approve(match body.text("until")? {
            Some(said) => ending(said, catalog.now())?,
            None => Term::AsAsked,
        }),
        Verdict::Reject => Decision::Reject,
        Verdict::Withdraw => Decision::Withdraw,
    };
    Ok(shown(&catalog.decide_access(caller, request, seen, decision, words).await?))
}

fn known(id: &str) -> Result<RecordId, Problem> {
    id.parse().map_err(|_| Problem::NotFound { kind: "access_request", what: id.to_owned() })
}

/// An end as people write it: a number of days, a day (the whole of it still counts), a time, or `never`.
fn ending(said: &str, now: Millis) -> Result<Term, Problem> {
    if let Ok(lifetime) = said.parse::<Lifetime>() {
        return Ok(lifetime.ends(now).map_or(Term::Endless, |until| Term::Until(Millis(until))));
    }
    let day = |said: &str| timestamp::parse(&format!("{said}T23:59:59.999Z"));
    let until = timestamp::parse(said).or_else(|| day(said));
    until.map(|until| Term::Until(Millis(until))).ok_or_else(|| Problem::invalid("until", AN_END))
}

const AN_END: &str = "must be a number of days such as 30d, a day such as 2030-12-31, a time in RFC 3339, or never";

/// An end that can be read, for the command line.
pub fn said_end(said: &str) -> Result<String, &'static str> {
    ending(said, Millis(0)).map(|_| said.to_owned()).map_err(|_| AN_END)
}

/// A request as whoever sees it may know it.
fn shown(request: &AccessRequest) -> Value {
    let id = |card: &Option<Arc<Card>>| card.as_ref().map(|card| card.id.to_string());
    let name = |card: &Option<Arc<Card>>| card.as_ref().map(|card| card.name.clone());
    let mut shown = json!({
        "id": request.id.to_string(),
        "state": request.state,
        "wants": request.wanted.name(),
        "product": request.product.as_ref().map(|card| card.fqn.clone()),
        "requester": name(&request.requester),
        "reason": request.reason,
        "until": request.until.map(|until| timestamp::print(until.0)),
        "askedAt": request.asked_at.0,
        "decidedBy": name(&request.decided_by),
        "decidedAt": request.decided_at.map(|at| at.0),
        "words": request.words,
        "mayDecide": request.may_decide,
        "revision": request.revision.0,
        "productId": id(&request.product),
        "requesterId": id(&request.requester),
    });
    if matches!(request.wanted, Wanted::Rows(_)) {
        shown["assets"] = request.assets.iter().map(|card| card.fqn.clone()).collect();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_number_of_days_a_day_a_time_or_never() {
        let now = Millis(0);
        assert_eq!(ending("2d", now).unwrap(), Term::Until(Millis(2 * 86_400_000)));
        assert_eq!(ending("1970-01-02", now).unwrap(), Term::Until(Millis(2 * 86_400_000 - 1)));
        assert_eq!(ending("1970-01-01T00:00:01Z", now).unwrap(), Term::Until(Millis(1_000)));
        assert_eq!(ending("never", now).unwrap(), Term::Endless);
        for broken in ["", "soon", "0d", "1970-02-30", "1970-01-01T00:00:01"] {
            assert!(ending(broken, now).is_err(), "{broken}");
        }
    }
}
