//! The page of what went wrong, for who is signed in: also whom to ask, and what he had typed.

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;

use crate::access::who_may::{Refused, WhoMay};
use crate::fault::Fault;
use crate::fault::wording::{FaultText, finished, reported};
use crate::forms::rejected::RejectedForm;
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, resolver};
use crate::request::headers;
use crate::request::visit::Visit;

/// Kinds that new records stand in, as addresses of forms say it.
const ABOVE: [&str; 3] = ["domain", "glossary", "classification"];

#[derive(Template)]
#[template(path = "fault.html")]
struct Inside<'a> {
    p: Shell,
    reported: &'a FaultText,
    whom: Option<WhoMay>,
    rejected: Option<RejectedForm>,
}

/// For who is signed in.
pub async fn page(visit: &Visit, fault: &Fault) -> Answer {
    let reported = reported(visit.t, &visit.request, fault);
    let whom = match fault {
        // Whom to ask is no reason for another fault.
        // What somebody has asked for himself is his to take back.
        Fault::Problem(Problem::Forbidden { kind: "access_request", .. }) => None,
        Fault::Problem(Problem::Forbidden { kind: "account", .. }) => administrators(visit).await.ok(),
        // Of another kind than what the address names it is a right over the account.
        Fault::Problem(Problem::Forbidden { kind: "policy", .. }) => administrators(visit).await.ok(),
        Fault::Problem(Problem::Forbidden { action, why, .. }) => {
            whom(visit, Refused { action, is_forbidden: why.is_some() }).await.ok()
        }
        _ => None,
    };
    let rejected = RejectedForm::of(visit, fault).await;
    finished(
        headers::page(reported.status, &Inside { p: visit.shell(""), reported: &reported, whom, rejected }),
        &reported,
    )
}

/// Those who answer for what the address names, or for what it says that something is to stand in, and may do to it what the
/// visitor may not; where it names nothing that he sees, those who can let him.
async fn whom(visit: &Visit, refused: Refused) -> Result<WhoMay, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    let folder = visit.request.raw_path.split('/').nth(1).unwrap_or_default();
    let depth = Depth::of(WhoMay::READ, true);
    let itself = address::kinds_in(folder).map(|kind| (kind, visit.param("fqn").to_owned()));
    let above = ABOVE.into_iter().map(|kind| (kind, visit.query(kind)));
    for (kind, named) in itself.chain(above).filter(|(_, named)| !named.is_empty()) {
        let target = resolver::target(visit.catalog().kind(kind), &named);
        if let Ok(view) = reading.get(&target, States::Alive, &depth).await {
            let keeper = match Person::owners(&view).is_empty() {
                true => Person::keeper(&reading, &view).await?,
                false => None,
            };
            return WhoMay::of(visit.t, &reading, &[refused], &view, keeper).await;
        }
    }
    WhoMay::by_account(visit.t, &reading, "").await
}

/// Those who administer the visitor's account.
async fn administrators(visit: &Visit) -> Result<WhoMay, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    WhoMay::by_account(visit.t, &reading, "").await
}
