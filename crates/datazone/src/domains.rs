//! Domains: records of kind `domain` without a parent.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Ref};
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::record::View;
use emporion_catalog::relation::{OWNER, STEWARD};
use serde_json::{Value, json};

use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::ids;
use crate::in_domain::{self, InDomain};
use crate::inventory::{place_from, place_value};
use crate::members::Members;
use crate::page;
use crate::shapes::domain::DOMAIN_SUMMARY;
use crate::spelling::Spelling;

/// Members that are kept as they are and have no effect: `(member, field)`.
const ECHOED: &[(&str, &str)] = &[
    ("description", "description"),
    ("singleSignOn", "sign_on"),
    ("domainExecutionRole", "execution_role"),
    ("serviceRole", "service_role"),
    ("kmsKeyIdentifier", "encryption_key"),
    ("tags", "labels"),
    ("domainVersion", "domain_version"),
];

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    draft.set("domain_type", "Aggregate");
    take_echoed(&call, &mut draft);
    let command = Command::Create { kind: kinds::DOMAIN, parent: None, draft, id: None, rules: DoorRules::default() };
    let (printer, output) = (DomainPrinter::new(&call, Spelling::default()), call.shapes.output);
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter_by("identifier").await?;
    let printer = DomainPrinter::new(&call, here.spelling(Vec::new()).await?);
    Ok(Reply::Json(printer.members(&here.domain).answer(call.shapes.output)))
}

pub async fn update(call: Call) -> Result<Reply, CallError> {
    let here = call.enter_by("identifier").await?;
    let fields: Vec<&str> = std::iter::once("name").chain(ECHOED.iter().map(|(_, field)| *field)).collect();
    here.may_change(&here.domain, &fields).await?;
    let (target, spelling) = (here.id(), here.spelling(Vec::new()).await?);
    drop(here);
    let mut draft = Draft { name: call.input.text("name").map(str::to_owned), ..Draft::default() };
    take_echoed(&call, &mut draft);
    let command = Command::Change {
        target: Ref::Id(kinds::DOMAIN, target),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    let (printer, output) = (DomainPrinter::new(&call, spelling), call.shapes.output);
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter_by("identifier").await?;
    here.may_delete(&here.domain).await?;
    if call.input.flag("skipDeletionCheck") != Some(true) && holds_something(&here).await? {
        let text = "Domain can't be deleted while it is not empty; delete what it holds or set skipDeletionCheck";
        return Err(ServiceError::conflict(text).into());
    }
    let target = Ref::Id(kinds::DOMAIN, here.id());
    drop(here);
    let how = Deletion { recursive: true, frees_name: true, ..Deletion::SOFT };
    let command = Command::Delete { target, guard: Guard::None, how };
    call.commit(&command, |_| json!({ "status": "DELETED" })).await
}

/// Whether anything but the stewards' team stands below the domain.
async fn holds_something(here: &InDomain<'_>) -> Result<bool, Problem> {
    let registry = here.call.catalog().registry();
    for kind in registry.iter().filter(|kind| kind.0.parents.contains(&"domain")) {
        if here.reading.has_below(&here.domain, kind, here.steward().as_slice()).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The domains in which the caller has standing.
pub async fn list(call: Call) -> Result<Reply, CallError> {
    let page = call.page()?;
    let after = match &page.after {
        None => None,
        Some(value) => Some(place_from(Order::Name, value).ok_or_else(page::invalid_token)?),
    };
    let mut rows: Vec<View> = Vec::new();
    // Where his teams stand is asked once, not for each domain.
    let reading = call.catalog().reading(&call.caller).await?.remembering();
    // Domains are there or they are not; no other status lasts.
    if call.input.text("status").is_none_or(|status| status == "AVAILABLE") {
        let mut query = ListQuery {
            roots_only: true,
            after,
            limit: u32::try_from(page.size + 1).unwrap_or(u32::MAX),
            ..ListQuery::of(call.caller.account(), kinds::DOMAIN)
        };
        let depth = Depth::of(&[OWNER, STEWARD], false);
        loop {
            let found = reading.list(query.clone(), &depth).await?;
            query.after = found.views.last().map(|view| query.keyset(&view.record));
            for view in found.views {
                if in_domain::has_standing(&reading, &view).await? {
                    rows.push(view);
                }
            }
            if rows.len() > page.size || !found.more {
                break;
            }
        }
    }
    let mut answer = Members::new();
    if rows.len() > page.size {
        rows.truncate(page.size);
        let last = &rows[page.size - 1].record;
        answer.set("nextToken", page.next_token(call.page_keys(), &place_value(Order::Name, last)));
    }
    let spelling = Spelling::of(&reading, rows.iter().map(View::id).collect()).await?;
    let printer = DomainPrinter::new(&call, spelling);
    let items: Vec<Value> = rows.iter().map(|view| printer.members(view).fit(&DOMAIN_SUMMARY)).collect();
    answer.set("items", items);
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

fn take_echoed(call: &Call, draft: &mut Draft) {
    for (member, field) in ECHOED {
        if let Some(value) = call.input.get(member) {
            draft.set(field, value.clone());
        }
    }
}

/// Prints domains as their account shows them.
struct DomainPrinter {
    region: String,
    account: String,
    portal: String,
    spelling: Spelling,
}

impl DomainPrinter {
    fn new(call: &Call, spelling: Spelling) -> DomainPrinter {
        DomainPrinter {
            region: call.region.clone(),
            account: call.caller.account().number(),
            portal: call.door.options.public_url.clone(),
            spelling,
        }
    }

    fn members(&self, view: &View) -> Members {
        let record = &view.record;
        let id = self.spelling.domain(record.id);
        let mut members = Members::new();
        members.set("domainExecutionRole", ids::default_execution_role(&self.account));
        members.set("domainVersion", "V1");
        for (member, field) in ECHOED {
            members.value(member, view.field(field));
        }
        members.set("singleSignOn", sign_on(view));
        members.set("arn", ids::domain_arn(&self.region, &self.account, &id));
        members.set("id", id);
        members.set("rootDomainUnitId", record.id.to_string());
        members.set("name", record.name.as_str());
        members.set("managedAccountId", self.account.as_str());
        members.set("status", "AVAILABLE");
        members.set("portalUrl", self.portal.as_str());
        members.time("createdAt", record.created.at);
        members.time("lastUpdatedAt", record.updated.at);
        members
    }
}

/// Clients look at its type without asking whether it is there.
fn sign_on(domain: &View) -> Value {
    let mut sign_on = domain.field("sign_on").and_then(Value::as_object).cloned().unwrap_or_default();
    sign_on.entry("type").or_insert_with(|| json!("DISABLED"));
    Value::Object(sign_on)
}
