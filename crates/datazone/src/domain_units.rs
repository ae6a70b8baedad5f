//! Domain units: a domain and the sub-domains below it. The root unit is the domain's own record under its plain id.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Designation;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNER;
use serde_json::{Value, json};

use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::in_domain::InDomain;
use crate::inventory::{place_from, place_value};
use crate::members::Members;
use crate::messages::{self, DOMAIN_UNIT};
use crate::page;
use crate::shapes::domain_unit::DOMAIN_UNIT_SUMMARY;
use crate::spelling::Spelling;

const KIND: Kind = kinds::DOMAIN;
/// How deep units may stand below the root unit. What another door has nested deeper is shown.
const MOST_LEVELS: usize = 5;
/// As many as an answer may hold.
const MOST_OWNERS: usize = 20;

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let parent = here.unit(call.input.required_text("parentDomainUnitIdentifier"), &Depth::full()).await?;
    let Some(parent) = parent else {
        return Err(here.missing_place(KIND, messages::does_not_exist(DOMAIN_UNIT)).await);
    };
    here.may_create(KIND, &parent, None).await?;
    if parent.ancestors.len() >= MOST_LEVELS {
        return Err(messages::too_deep(MOST_LEVELS).into());
    }
    let printer = DomainUnitPrinter::of(&here, &parent, call.caller.principal.user).await?;
    drop(here);
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    draft.set("domain_type", "Aggregate");
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    let command = Command::Create {
        kind: KIND,
        parent: Some(Ref::Id(KIND, parent.id())),
        draft,
        id: None,
        rules: DoorRules::default(),
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let unit = requested(&here).await?;
    let printer = DomainUnitPrinter::of(&here, &unit, unit.record.created.by.id).await?;
    Ok(Reply::Json(printer.members(&unit).answer(call.shapes.output)))
}

pub async fn update(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let unit = requested(&here).await?;
    here.may_change(&unit, &["name", "description"]).await?;
    call.hold_to(&json!({ "name": unit.record.name, "description": unit.text("description") }))?;
    let printer = DomainUnitPrinter::of(&here, &unit, unit.record.created.by.id).await?;
    drop(here);
    let mut draft = Draft { name: call.input.text("name").map(str::to_owned), ..Draft::default() };
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    let command = Command::Change {
        target: Ref::Id(KIND, unit.id()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let unit = requested(&here).await?;
    here.may_delete(&unit).await?;
    if unit.id() == here.id() {
        return Err(ServiceError::validation("The root domain unit can't be deleted").into());
    }
    drop(here);
    let how = Deletion { frees_name: true, ..Deletion::SOFT };
    let target = Ref::Id(KIND, unit.id());
    let command = Command::Delete { target, guard: Guard::None, how };
    call.catalog().execute(&call.caller, &command).await?;
    Ok(Reply::Empty)
}

pub async fn list_for_parent(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let page = call.page()?;
    let parent = here.unit(call.input.required_text("parentDomainUnitIdentifier"), &Depth::bare()).await?;
    let parent = parent.ok_or_else(|| messages::does_not_exist(DOMAIN_UNIT))?;
    let after = match &page.after {
        None => None,
        Some(value) => Some(place_from(Order::Name, value).ok_or_else(page::invalid_token)?),
    };
    let query = ListQuery {
        parent: Some(parent.id()),
        after,
        limit: u32::try_from(page.size).unwrap_or(u32::MAX),
        ..ListQuery::of(call.caller.account(), KIND)
    };
    let found = here.reading.list(query, &Depth::bare()).await?;
    let mut answer = Members::new();
    if found.more
        && let Some(last) = found.views.last()
    {
        answer.set("nextToken", page.next_token(call.page_keys(), &place_value(Order::Name, &last.record)));
    }
    let items = found.views.iter().map(|view| {
        let mut members = Members::new();
        members.set("id", view.id().to_string());
        members.set("name", view.record.name.as_str());
        members.fit(&DOMAIN_UNIT_SUMMARY)
    });
    answer.set("items", items.collect::<Vec<Value>>());
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

async fn requested(here: &InDomain<'_>) -> Result<View, CallError> {
    let unit = here.unit(here.call.input.required_text("identifier"), &Depth::full()).await?;
    Ok(unit.ok_or_else(|| messages::does_not_exist(DOMAIN_UNIT))?)
}

struct DomainUnitPrinter {
    domain: RecordId,
    /// Of the unit's surroundings, where it has no owners of its own.
    owners: Vec<Value>,
    spelling: Spelling,
}

impl DomainUnitPrinter {
    /// For `view` or for a unit to be made below it.
    async fn of(here: &InDomain<'_>, view: &View, creator: RecordId) -> Result<DomainUnitPrinter, Problem> {
        let own: Vec<_> = view.targets(OWNER).chain(view.inherited_targets(OWNER)).map(|(_, card)| card).collect();
        let people = [creator, view.record.updated.by.id, here.call.caller.principal.user];
        let stewards = if own.is_empty() { stewards(here).await? } else { Vec::new() };
        let named = own.iter().map(|card| card.id).chain(people).chain(stewards.iter().copied());
        let spelling = here.spelling(named.collect()).await?;
        let owner = |is_team: bool, id: RecordId| {
            let id = spelling.id(id);
            if is_team { json!({ "group": { "groupId": id } }) } else { json!({ "user": { "userId": id } }) }
        };
        let owners = own
            .iter()
            .map(|card| owner(card.kind == kinds::TEAM, card.id))
            .chain(stewards.iter().map(|id| owner(false, *id)))
            .take(MOST_OWNERS)
            .collect();
        Ok(DomainUnitPrinter { domain: here.id(), owners, spelling })
    }

    fn members(&self, view: &View) -> Members {
        let record = &view.record;
        let ancestors: Vec<Value> = view.ancestors.iter().map(|card| json!(card.id.to_string())).collect();
        let mut members = Members::new();
        members.set("id", record.id.to_string());
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("name", record.name.as_str());
        members.value("parentDomainUnitId", ancestors.first());
        members.text("description", view.text("description"));
        members.set("owners", self.owners.clone());
        members.set("ancestorDomainUnitIds", ancestors);
        members.time("createdAt", record.created.at);
        members.time("lastUpdatedAt", record.updated.at);
        members.set("createdBy", self.spelling.id(record.created.by.id));
        members.set("lastUpdatedBy", self.spelling.id(record.updated.by.id));
        members
    }
}

/// The people who answer for what nobody else owns.
async fn stewards(here: &InDomain<'_>) -> Result<Vec<RecordId>, Problem> {
    let edges = here.reading.stewards(&here.domain).await?;
    let owns = |designation: Option<&str>| Designation::parse(designation) == Designation::Owner;
    Ok(edges
        .iter()
        .filter(|edge| owns(edge.attributes.get("designation").and_then(Value::as_str)))
        .map(|edge| edge.to)
        .collect())
}
