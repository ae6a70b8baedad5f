//! Making a product.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, Target};
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Verdict;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::relation;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::{self, Fault};
use crate::pages::product::deleting;
use crate::plain::shown;
use crate::shell::Shell;
use crate::visit::{Shown, Visit, change};
use crate::{address, headers};

const MOST_DOMAINS: u32 = 500;
/// Domains that are asked about where it turns on the domain.
const FIRST_DOMAINS: u32 = 20;

#[derive(Template)]
#[template(path = "new_product.html")]
struct Page {
    p: Shell,
    name: String,
    description: String,
    domains: Vec<Choice>,
    faults: Vec<String>,
}

struct Choice {
    fqn: String,
    name: String,
    is_chosen: bool,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change("/products", "create_product", create)]
}

/// Whether the visitor may make one in any of the first domains.
pub async fn may(visit: &Visit, reading: &Reading<'_>) -> Result<bool, Fault> {
    let catalog = reading.catalog();
    let kind = catalog.kind("data_product");
    match catalog.verdict_of_kind(visit.caller(), Action::Create, kind) {
        Verdict::Always => return Ok(true),
        Verdict::Never { .. } => return Ok(false),
        Verdict::Depends => {}
    }
    let query = ListQuery { limit: FIRST_DOMAINS, ..ListQuery::of(reading.account(), catalog.kind("domain")) };
    for domain in reading.list(query, &Depth::of(&[relation::OWNER], true)).await?.views {
        match reading.ask_create(kind, &domain, None).await {
            Ok(()) => return Ok(true),
            Err(Problem::Forbidden { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(false)
}

pub async fn form(visit: &Visit) -> Shown {
    let reading = visit.reading().await?;
    page(visit, &reading, 200, Vec::new()).await
}

async fn page(visit: &Visit, reading: &Reading<'_>, status: u16, faults: Vec<String>) -> Result<Answer, Fault> {
    let sent = visit.form();
    let asked = visit.query("domain");
    let chosen = if sent.text("domain").is_empty() { asked.as_str() } else { sent.text("domain") };
    let query = ListQuery { limit: MOST_DOMAINS, ..ListQuery::of(reading.account(), reading.catalog().kind("domain")) };
    let found = reading.list(query, &Depth::bare()).await?.views;
    let mut domains: Vec<Choice> = found
        .into_iter()
        .map(|view| Choice {
            is_chosen: view.record.fqn == chosen,
            name: shown(&view.record.fqn),
            fqn: view.record.fqn,
        })
        .collect();
    domains.sort_by(|a, b| a.fqn.cmp(&b.fqn));
    let page = Page {
        p: visit
            .shell("products")
            .below(visit.t.say("place.products"), Some("/products".into()))
            .below(visit.t.say("edit.new_product"), None),
        name: sent.text("name").to_owned(),
        description: sent.prose("description"),
        domains,
        faults,
    };
    Ok(headers::page(status, &page))
}

async fn create(visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    if sent.text("edit") == "restore" {
        return deleting::restore(&visit, &sent).await;
    }
    let (name, description) = (sent.trimmed("name").to_owned(), sent.prose("description"));
    let reading = visit.reading().await?;
    let catalog = reading.catalog();
    let mut faults = Vec::new();
    if name.is_empty() {
        faults.push(visit.t.say("edit.name_missing"));
    }
    if sent.text("domain").is_empty() {
        faults.push(visit.t.say("edit.domain_missing"));
    }
    if !faults.is_empty() {
        return page(&visit, &reading, 400, faults).await;
    }
    let mut draft = Draft { name: Some(name), ..Draft::default() };
    if !description.trim().is_empty() {
        draft.set("description", description);
    }
    // Whoever makes it answers for it.
    let maker = Target::of(Ref::Id(catalog.kind("user"), visit.caller().principal.user));
    draft.relate(relation::OWNER, How::Add, "owners", vec![maker]);
    let command = Command::Create {
        kind: catalog.kind("data_product"),
        parent: Some(Ref::Name(catalog.kind("domain"), sent.text("domain").to_owned())),
        draft,
        id: None,
        rules: DoorRules::default(),
    };
    match reading.execute(&command).await {
        Ok(outcome) => {
            let record = &outcome.view.record;
            let at = address::of_record(record);
            Ok(headers::see_other(&address::with_query(&at, &[("done", "created")])))
        }
        Err(problem) => {
            let (status, faults) = fault::in_form(visit.t, problem)?;
            let reading = visit.reading().await?;
            page(&visit, &reading, status, faults).await
        }
    }
}
