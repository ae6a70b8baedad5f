//! The page of what went wrong, for who is signed in: also whom to ask, and what he had typed.

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::relation;
use emporion_edge::answer::Answer;

use crate::fault::Fault;
use crate::fault::wording::{FaultText, finished, reported};
use crate::forms::rejected::RejectedForm;
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, resolver};
use crate::request::headers;
use crate::request::visit::Visit;

/// Administrators that are named at once.
const MOST_NAMED: u32 = 5;

#[derive(Template)]
#[template(path = "fault.html")]
struct Inside<'a> {
    p: Shell,
    reported: &'a FaultText,
    whom: Option<Whom>,
    rejected: Option<RejectedForm>,
}

/// Who can help with what the visitor may not do, where he may know what it is about.
struct Whom {
    /// Whose it is to do, in a sentence.
    may: Option<&'static str>,
    /// Those who answer for it.
    people: Vec<Person>,
    /// Editors of a product, where they may as well.
    editors: Vec<Person>,
    /// Where he asks for what lets him.
    form: Option<String>,
}

/// Who may do something to a record by the rules that every account has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doer {
    Owners,
    Editors,
    /// It depends on other things.
    Others,
}

impl Doer {
    fn of(action: &str, kind: Kind) -> Doer {
        match Action::ALL.iter().find(|one| one.name() == action) {
            _ if !kind.has(relation::OWNER) => Doer::Others,
            Some(Action::EditOwners | Action::EditUsers | Action::EditPolicy | Action::EditRole | Action::Delete) => {
                Doer::Owners
            }
            Some(edit) if edit.is_edit() && kind.has(relation::EDITOR) => Doer::Editors,
            Some(edit) if edit.is_edit() => Doer::Owners,
            _ => Doer::Others,
        }
    }
}

/// For who is signed in.
pub async fn page(visit: &Visit, fault: &Fault) -> Answer {
    let reported = reported(visit.t, &visit.request, fault);
    let whom = match fault {
        // Whom to ask is no reason for another fault.
        Fault::Problem(Problem::Forbidden { kind: "account", .. }) => administrators(visit).await.unwrap_or_default(),
        Fault::Problem(Problem::Forbidden { action, .. }) => whom(visit, action).await.unwrap_or_default(),
        _ => None,
    };
    let rejected = RejectedForm::of(visit, fault).await;
    finished(
        headers::page(reported.status, &Inside { p: visit.shell(""), reported: &reported, whom, rejected }),
        &reported,
    )
}

/// Those who answer for what the address names, and may do to it what the visitor may not.
async fn whom(visit: &Visit, action: &str) -> Result<Option<Whom>, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    let folder = visit.request.raw_path.split('/').nth(1).unwrap_or_default();
    for kind in address::kinds_in(folder) {
        let target = resolver::target(visit.catalog().kind(kind), visit.param("fqn"));
        let depth = Depth::of(&[relation::OWNER, relation::OWNING_TEAM, relation::EDITOR], true);
        if let Ok(view) = reading.get(&target, States::Alive, &depth).await {
            let at = address::of(view.record.kind, &view.record.fqn).filter(|_| view.record.kind.is("data_product"));
            let doer = Doer::of(action, view.record.kind);
            let form = at.and_then(|at| match doer {
                Doer::Editors => Some(address::with_query(&at, &[("tab", "access"), ("wants", "editor")])),
                // Nobody asks for what only owners have.
                Doer::Owners => None,
                Doer::Others => Some(address::with_query(&at, &[("tab", "access")])),
            });
            let edits = view.targets(relation::EDITOR).filter(|(edge, _)| doer == Doer::Editors && !edge.is_nominal());
            let editors = edits.map(|(_, card)| Person::of(card)).collect();
            let may = match doer {
                Doer::Editors => Some("fault.editors_may"),
                Doer::Owners => Some("fault.owners_may"),
                Doer::Others => None,
            };
            let mut people = Person::owners(&view);
            if people.is_empty() {
                people.extend(Person::keeper(&reading, &view).await?);
            }
            return Ok(Some(Whom { may, people, editors, form }));
        }
    }
    Ok(None)
}

/// Those who administer the visitor's account, as far as he sees them.
async fn administrators(visit: &Visit) -> Result<Option<Whom>, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    let query = ListQuery {
        fields: vec![("is_admin", true.into()), ("is_bot", false.into()), ("disabled", false.into())],
        limit: MOST_NAMED,
        ..ListQuery::of(reading.account(), reading.catalog().kind("user"))
    };
    let found = reading.list(query, &Depth::bare()).await?;
    let people: Vec<Person> = found.views.iter().map(|view| Person::of_record(&view.record)).collect();
    Ok((!people.is_empty()).then_some(Whom { may: None, people, editors: Vec::new(), form: None }))
}
