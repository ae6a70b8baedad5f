//! Glossaries of a domain.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, NameDemand, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNING_TEAM;
use serde_json::{Value, json};

use crate::call::{Call, CallError, Reply};
use crate::in_domain::{InDomain, Kinds};
use crate::members::Members;
use crate::messages::{self, GLOSSARY};
use crate::spelling::Spelling;

const KIND: Kind = kinds::GLOSSARY;

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let (project, _) = here.may_create_in_project(KIND).await?;
    let printer = GlossaryPrinter::of(&here, [project.id(), call.caller.principal.user]).await?;
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    take(&call, &mut draft);
    if let Some(restrictions) = call.input.get("usageRestrictions") {
        draft.set("usage_restrictions", restrictions.clone());
    }
    own(&here, &mut draft, project.id());
    let domain = here.id();
    drop(here);
    let command = Command::Create {
        kind: KIND,
        parent: Some(Ref::Id(kinds::DOMAIN, domain)),
        draft,
        id: None,
        rules: DoorRules { names_free: vec![NameDemand::InTopDomain], ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let glossary = requested(&here).await?.ok_or_else(|| messages::does_not_exist(GLOSSARY))?;
    let printer = GlossaryPrinter::of(&here, named_by(&here, &glossary)).await?;
    Ok(Reply::Json(printer.members(&glossary).answer(call.shapes.output)))
}

pub async fn update(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let glossary = requested(&here).await?.ok_or_else(|| messages::does_not_exist(GLOSSARY))?;
    here.may_change(&glossary, &["name", "description", "disabled"]).await?;
    call.hold_to(&json!({ "name": glossary.record.name, "description": glossary.text("description") }))?;
    let named = named_by(&here, &glossary).into_iter().chain([call.caller.principal.user]);
    let printer = GlossaryPrinter::of(&here, named).await?;
    drop(here);
    let mut draft = Draft { name: call.input.text("name").map(str::to_owned), ..Draft::default() };
    take(&call, &mut draft);
    let command = Command::Change {
        target: Ref::Id(KIND, glossary.id()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules { names_free: vec![NameDemand::InTopDomain], may_rename: true, ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

/// A glossary goes when it is out of use and empty.
pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let glossary = requested(&here).await?.ok_or_else(|| messages::not_in_domain(GLOSSARY))?;
    here.may_delete(&glossary).await?;
    drop(here);
    if !is_disabled(&glossary) {
        return Err(messages::glossary_must_be_disabled().into());
    }
    let command = Command::Delete {
        target: Ref::Id(KIND, glossary.id()),
        // Enabled again meanwhile, it must stay.
        guard: Guard::Revisions(vec![glossary.record.revision.0]),
        how: Deletion { frees_name: true, ..Deletion::SOFT },
    };
    match call.catalog().execute(&call.caller, &command).await {
        Ok(_) => Ok(Reply::Empty),
        Err(Problem::NotEmpty { .. }) => Err(messages::glossary_has_terms().into()),
        Err(problem) => Err(problem.into()),
    }
}

/// Members that creation and update have in common.
fn take(call: &Call, draft: &mut Draft) {
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    if let Some(status) = call.input.text("status") {
        draft.set("disabled", disabled(status));
    }
}

/// How glossaries, terms and types are that are in use.
pub const ENABLED: &str = "ENABLED";

/// The core's field for a status; absent is enabled.
pub fn disabled(status: &str) -> Value {
    if status == "DISABLED" { Value::Bool(true) } else { Value::Null }
}

pub fn is_disabled(view: &View) -> bool {
    view.field("disabled").and_then(Value::as_bool).unwrap_or(false)
}

pub fn status(view: &View) -> &'static str {
    if is_disabled(view) { "DISABLED" } else { ENABLED }
}

/// Names the owning project. The stewards own by default, and never by a link.
pub fn own(here: &InDomain<'_>, draft: &mut Draft, project: RecordId) {
    if here.steward() != Some(project) {
        let team = Target::of(Ref::Id(kinds::TEAM, project));
        draft.relate(OWNING_TEAM, How::Add, "owningProjectIdentifier", vec![team]);
    }
}

async fn requested(here: &InDomain<'_>) -> Result<Option<View>, Problem> {
    let text = here.call.input.required_text("identifier");
    here.find(Kinds::One(KIND), text, &Depth::of(&[OWNING_TEAM], false)).await
}

pub fn named_by(here: &InDomain<'_>, view: &View) -> Vec<RecordId> {
    let record = &view.record;
    vec![record.id, here.owning_project(view), record.created.by.id, record.updated.by.id]
}

/// Prints glossaries.
pub struct GlossaryPrinter {
    domain: RecordId,
    steward: Option<RecordId>,
    spelling: Spelling,
}

impl GlossaryPrinter {
    pub async fn of(
        here: &InDomain<'_>,
        named: impl IntoIterator<Item = RecordId>,
    ) -> Result<GlossaryPrinter, Problem> {
        let named = named.into_iter().chain(here.steward()).collect();
        Ok(GlossaryPrinter { domain: here.id(), steward: here.steward(), spelling: here.spelling(named).await? })
    }

    pub fn members(&self, view: &View) -> Members {
        let record = &view.record;
        let own = view.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
        let mut members = Members::new();
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("id", self.spelling.id(record.id));
        members.set("name", record.name.as_str());
        members.set("owningProjectId", self.spelling.id(own.or(self.steward).unwrap_or(self.domain)));
        members.text("description", view.text("description"));
        members.set("status", status(view));
        members.value("usageRestrictions", view.field("usage_restrictions"));
        members.time("createdAt", record.created.at);
        members.set("createdBy", self.spelling.id(record.created.by.id));
        members.time("updatedAt", record.updated.at);
        members.set("updatedBy", self.spelling.id(record.updated.by.id));
        members
    }
}
