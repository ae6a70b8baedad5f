//! Deleting a product: what goes with it is shown first, by name and number.

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::composed::COMPOSITION;
use emporion_catalog::rows::roles::ROLES;

use super::components;
use crate::fault::{Fault, wording};
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

/// What below a product is somebody's work, and told by its number.
const PARTS: &[&str] =
    &["semantic_model", "verified_query", "unstructured_asset", "front_page", "chat_thread", "draft", "access_request"];
/// How others refer to a product.
const REFERS: &[Relation] = &[relation::INPUT_PORT, relation::OUTPUT_PORT, relation::COMPOSED_OF];
const MOST_REFERRING: u32 = 100;

#[derive(Template)]
#[template(path = "product/deleting.html")]
struct Page {
    p: Shell,
    name: String,
    address: String,
    revision: u64,
    /// What goes, each with its number.
    parts: Vec<String>,
    people: Vec<Person>,
    /// What stays, and is lent no more.
    assets: Option<String>,
    /// Products that are composed of it, which hold it: where it is taken out of them.
    holding: Vec<Link>,
    /// There are such that the visitor does not see, or more than are named.
    holding_more: bool,
    referring: Vec<Link>,
    referring_rest: Option<Rest>,
    faults: Vec<String>,
}

pub const FORM: OwnForm = OwnForm {
    name: "delete",
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: Some(FormPage {
        offered: Some((|_| "deleting.do", Group::Removal)),
        action: Action::Delete,
        show: |here| Box::pin(page(here, 200, Vec::new())),
    }),
};

async fn page(here: Here<'_>, status: u16, faults: Vec<String>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let mut parts = Vec::new();
    for kind in PARTS {
        let count = reading.count_parts(view, reading.catalog().kind(kind)).await?;
        if count > 0 {
            parts.push(t.count(&format!("deleting.{kind}"), count));
        }
    }
    let assets = view.targets(relation::HAS_ASSET).count();
    let people = ROLES.into_iter().flat_map(|role| view.targets(role)).map(|(_, card)| Person::of(card));
    let sources = reading.sources(&[view], REFERS, MOST_REFERRING).await?;
    let (composing, others): (Vec<&Record>, Vec<&Record>) =
        sources.records.values().partition(|record| record.kind.is(COMPOSITION));
    let above: Vec<RecordId> = composing.iter().filter_map(|part| part.parent).collect();
    let cards = if above.is_empty() { Vec::new() } else { reading.cards(&above).await? };
    let holder = |card: &SeenCard| {
        let at = address::of(card.kind, &card.fqn).map(|at| components::address_of(&at));
        Link { address: at, ..Link::of(card) }
    };
    let mut holding: Vec<Link> = cards.iter().map(holder).collect();
    holding.sort_by(|a, b| a.name.cmp(&b.name));
    let mut referring: Vec<Link> = others.into_iter().map(Link::of_record).collect();
    let referring_rest = Rest::of_more(t, referring.len(), sources.is_cut);
    referring.sort_by(|a, b| a.name.cmp(&b.name));
    let page = Page {
        p: here.shell(),
        name: naming::rendered_of(&view.record),
        address: here.address(),
        revision: view.record.revision.0,
        parts,
        people: people.collect(),
        assets: (assets > 0).then(|| t.count("count.assets", assets)),
        holding_more: holding.len() < above.len(),
        holding,
        referring,
        referring_rest,
        faults,
    };
    Ok(headers::page(status, &page))
}

/// Deletes it, as it was looked at.
async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Shown {
    reading.ask_delete(&view.record).await?;
    let seen =
        sent.text("revision").parse().map(Revision).map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))?;
    let command = Command::Delete {
        target: Ref::Id(view.record.kind, view.id()),
        guard: Guard::Revisions(vec![seen.0]),
        how: Deletion { recursive: true, refuse_if_used: &[relation::COMPOSED_OF], ..Deletion::SOFT },
    };
    match reading.execute(&command).await {
        Ok(_) => {
            let id = view.id().to_string();
            let pairs = [("done", "deleted"), ("deleted", id.as_str())];
            Ok(headers::see_other(&address::with_query("/products", &pairs)))
        }
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } => (409, vec![visit.t.say("fault.stale_text")]),
                Problem::InUse { .. } => (409, vec![visit.t.say("deleting.held")]),
                problem => wording::in_form(visit.t, problem)?,
            };
            let reading = visit.reading().await?;
            page(Here { page: record_page, visit, reading: &reading, view }, status, faults).await
        }
    }
}
