//! Projects: teams of type Group that belong to a domain.

use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, NameDemand, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::Order;
use emporion_catalog::record::View;
use emporion_catalog::relation::{MEMBER, OWNING_TEAM, STEWARD, TAGGED};
use serde_json::{Map, Value, json};

use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::in_domain::{InDomain, is_project};
use crate::inventory::{self, Inventory, Wanted, place_from, place_value};
use crate::members::Members;
use crate::memberships::{self, Seat};
use crate::messages::{self, PROJECT};
use crate::page;
use crate::people;
use crate::shapes::project::PROJECT_SUMMARY;
use crate::spelling::Spelling;
use crate::term_labels;

const KIND: Kind = kinds::TEAM;
/// What an update can change.
const CHANGED: &[&str] = &["name", "parent", "description", "labels", "tagged"];
/// Parts of the team's field `labels`.
const RESOURCE_TAGS: &str = "resource_tags";
const CATEGORY: &str = "category";

pub async fn create(call: Call) -> Result<Reply, CallError> {
    refuse_profiles(&call)?;
    let here = call.enter().await?;
    let parent = match call.input.text("domainUnitId") {
        None => here.domain.clone(),
        Some(unit) => match here.unit(unit, &Depth::bare()).await? {
            Some(unit) => unit,
            None => {
                return Err(here.missing_place(KIND, messages::does_not_exist(messages::DOMAIN_UNIT)).await);
            }
        },
    };
    let allowed = here.may_create(KIND, &parent, None).await?;
    let creator = call.caller.principal.user;
    let mut seats = vec![Seat::owner(creator)];
    for assignment in call.input.list("membershipAssignments") {
        let seat = memberships::requested(&allowed, assignment).await?;
        seats.retain(|other| other.user != seat.user || other.user == creator);
        if seat.user != creator {
            seats.push(seat);
        }
    }
    let terms = term_labels::find(&allowed, &call.input.texts("glossaryTerms"), &[]).await?;
    let printer = ProjectPrinter::of(&here, terms.iter().copied().chain([creator])).await?;
    drop(here);

    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    draft.set("team_type", "Group");
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    if let Some(labels) = labels(&call, None) {
        draft.set("labels", labels);
    }
    let members = seats.iter().map(Seat::target).collect();
    draft.relate(MEMBER, How::Add, "membershipAssignments", members);
    draft.relate(TAGGED, How::Add, "glossaryTerms", term_labels::replaced(None, &terms));
    let command = Command::Create {
        kind: KIND,
        parent: Some(Ref::Id(parent.record.kind, parent.id())),
        draft,
        id: None,
        rules: DoorRules { names_free: vec![NameDemand::InTopDomain], ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let project = requested(&here).await?;
    let printer = ProjectPrinter::of(&here, named_by(&project)).await?;
    Ok(Reply::Json(printer.members(&project).answer(call.shapes.output)))
}

pub async fn update(call: Call) -> Result<Reply, CallError> {
    refuse_profiles(&call)?;
    let here = call.enter().await?;
    let project = requested(&here).await?;
    let allowed = here.may_change(&project, CHANGED).await?;
    call.hold_to(&json!({ "name": project.record.name, "description": project.text("description") }))?;
    let printer = ProjectPrinter::of(&here, named_by(&project)).await?;
    let moved = match call.input.text("domainUnitId") {
        Some(unit) if unit != printer.unit(&project) => {
            let unit = allowed.unit(unit, &Depth::bare()).await?;
            let unit = unit.ok_or_else(|| messages::does_not_exist(messages::DOMAIN_UNIT))?;
            Some(Ref::Id(unit.record.kind, unit.id()))
        }
        _ => None,
    };
    let attached = term_labels::attached(&project);
    let terms = match call.input.get("glossaryTerms") {
        Some(_) => Some(term_labels::find(&allowed, &call.input.texts("glossaryTerms"), &attached).await?),
        None => None,
    };
    let more = terms.iter().flatten().copied().chain([call.caller.principal.user]);
    let printer = ProjectPrinter::of(&here, named_by(&project).into_iter().chain(more)).await?;
    drop(here);

    let target = Ref::Id(KIND, project.id());
    let (input, output) = (call.input.clone(), call.shapes.output);
    let edit = move |view: &View| {
        let name = input.text("name").map(str::to_owned);
        let mut draft = Draft { name, parent: moved.clone(), ..Draft::default() };
        if let Some(description) = input.text("description") {
            draft.set("description", description);
        }
        if let Some(tags) = input.get("resourceTags") {
            let mut labels = view.field("labels").and_then(Value::as_object).cloned().unwrap_or_default();
            labels.insert(RESOURCE_TAGS.to_owned(), tags.clone());
            draft.set("labels", labels);
        }
        if let Some(terms) = &terms {
            draft.relate(TAGGED, How::ReplaceAt, "glossaryTerms", term_labels::replaced(Some(view), terms));
        }
        Ok(draft)
    };
    let rules = DoorRules { names_free: vec![NameDemand::InTopDomain], may_rename: true, ..DoorRules::default() };
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules };
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

/// A project that owns products goes only with the skip flag; the stewards hold its products then.
pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let project = requested(&here).await?;
    here.may_delete(&project).await?;
    if here.steward() == Some(project.id()) {
        return Err(ServiceError::validation("The stewards of a domain can't be deleted").into());
    }
    drop(here);
    let skips = call.input.flag("skipDeletionCheck") == Some(true);
    let how = Deletion {
        frees_name: true,
        refuse_if_used: if skips { &[STEWARD] } else { &[STEWARD, OWNING_TEAM] },
        ..Deletion::SOFT
    };
    let target = Ref::Id(KIND, project.id());
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

pub async fn list(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let page = call.page()?;
    let after = match &page.after {
        None => None,
        Some(value) => Some(place_from(Order::Name, value).ok_or_else(page::invalid_token)?),
    };
    let user = match call.input.text("userIdentifier") {
        None => None,
        // Nobody of that name is in no project.
        Some(text) => Some(people::find(&here, text).await?.map(|user| user.id())),
    };
    let name = call.input.text("name").map(str::to_owned);
    let category = call.input.text("projectCategory").map(str::to_owned);
    let is_nobody = call.input.text("groupIdentifier").is_some() || user == Some(None);
    let user = user.flatten();
    // Who belongs to a project is known to those who do; where he himself belongs everybody knows.
    let is_told = |project: RecordId| {
        user.is_none_or(|user| user == call.caller.principal.user) || here.standing.in_project(project)
    };
    let test = |view: &View| {
        is_project(view)
            && is_told(view.id())
            && name.as_ref().is_none_or(|name| view.record.name == *name)
            && user.is_none_or(|user| view.targets(MEMBER).any(|(edge, _)| edge.to == user))
            && category
                .as_deref()
                .is_none_or(|category| label(view, CATEGORY).and_then(Value::as_str) == Some(category))
            && !is_nobody
    };
    let depth = if user.is_some() { Depth::of(&[MEMBER], false) } else { Depth::bare() };
    let wanted =
        Wanted { order: Order::Name, descending: false, after, size: page.size, depth, among: None, test: Some(&test) };
    let mut teams = Inventory::of(&here, KIND).await?;
    if let Some(name) = &name {
        teams.named(name);
    }
    let (views, more) = inventory::page(&here, &[teams], &wanted).await?;
    let printer = ProjectPrinter::of(&here, views.iter().flat_map(named_by).collect::<Vec<_>>()).await?;
    let mut answer = Members::new();
    if more && let Some(last) = views.last() {
        answer.set("nextToken", page.next_token(call.page_keys(), &place_value(Order::Name, &last.record)));
    }
    let items = views.iter().map(|view| printer.members(view).fit(&PROJECT_SUMMARY));
    answer.set("items", items.collect::<Vec<Value>>());
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

async fn requested(here: &InDomain<'_>) -> Result<View, CallError> {
    let project = here.project(here.call.input.required_text("identifier"), &Depth::of(&[TAGGED], false)).await?;
    Ok(project.ok_or_else(|| messages::does_not_exist(PROJECT))?)
}

fn refuse_profiles(call: &Call) -> Result<(), ServiceError> {
    for member in ["projectProfileId", "projectProfileVersion", "projectProfileAction", "userParameters"] {
        if call.input.get(member).is_some() {
            return Err(ServiceError::validation(format!("{member} is not supported by this server")));
        }
    }
    Ok(())
}

fn labels(call: &Call, present: Option<Map<String, Value>>) -> Option<Value> {
    let mut labels = present.unwrap_or_default();
    for (member, part) in [("resourceTags", RESOURCE_TAGS), ("projectCategory", CATEGORY)] {
        if let Some(value) = call.input.get(member) {
            labels.insert(part.to_owned(), value.clone());
        }
    }
    (!labels.is_empty()).then_some(Value::Object(labels))
}

fn label<'v>(view: &'v View, part: &str) -> Option<&'v Value> {
    view.field("labels")?.get(part)
}

fn named_by(project: &View) -> Vec<RecordId> {
    let mut named = term_labels::attached(project);
    named.extend([project.id(), project.record.created.by.id]);
    named
}

struct ProjectPrinter {
    domain: RecordId,
    spelling: Spelling,
}

impl ProjectPrinter {
    async fn of(here: &InDomain<'_>, named: impl IntoIterator<Item = RecordId>) -> Result<ProjectPrinter, CallError> {
        Ok(ProjectPrinter { domain: here.id(), spelling: here.spelling(named.into_iter().collect()).await? })
    }

    /// A project that stands nowhere in particular is shown in the root unit.
    fn unit(&self, project: &View) -> String {
        let parent = project.parent().filter(|card| card.kind == kinds::DOMAIN);
        parent.map_or(self.domain, |card| card.id).to_string()
    }

    fn members(&self, project: &View) -> Members {
        let record = &project.record;
        let mut members = Members::new();
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("id", self.spelling.id(record.id));
        members.set("name", record.name.as_str());
        members.text("description", project.text("description"));
        members.set("projectStatus", "ACTIVE");
        members.set("createdBy", self.spelling.id(record.created.by.id));
        members.iso_time("createdAt", record.created.at);
        members.iso_time("lastUpdatedAt", record.updated.at);
        members.iso_time("updatedAt", record.updated.at);
        members.set("domainUnitId", self.unit(project));
        members.value("projectCategory", label(project, CATEGORY));
        let tags = label(project, RESOURCE_TAGS).and_then(Value::as_object);
        let tag = |(key, value): (&String, &Value)| json!({ "key": key, "value": value, "source": "PROJECT" });
        members.list("resourceTags", tags.into_iter().flatten().map(tag).collect());
        members.list("glossaryTerms", term_labels::print(&term_labels::attached(project), &self.spelling));
        members
    }
}
