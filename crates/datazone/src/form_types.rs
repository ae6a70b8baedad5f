//! Form types: the schemas of metadata forms, made in a domain or provided by the server.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::provided::ProvidedForm;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::{OWNING_TEAM, USES_FORM};
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::glossaries::{self, named_by};
use crate::ids::{MANAGED_NAMESPACE, Reference, TypeReference};
use crate::in_domain::InDomain;
use crate::managed;
use crate::members::Members;
use crate::messages::{self, FORM_TYPE};
use crate::revisions;
use crate::spelling::Spelling;

const KIND: Kind = kinds::FORM_TYPE;

/// A form type at one revision.
#[derive(Debug, Clone)]
pub struct FormType {
    pub name: String,
    pub revision: String,
    pub is_disabled: bool,
    /// `None` for a managed type.
    pub record: Option<RecordId>,
}

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let name = call.input.required_text("name").to_owned();
    let model = call.input.object("model").and_then(|model| model.get("smithy")).and_then(Value::as_str);
    let Some(model) = model.map(str::to_owned) else {
        return Err(ServiceError::validation("The model must have exactly one member: smithy").into());
    };
    if name.starts_with(MANAGED_NAMESPACE) {
        return Err(reserved_namespace().into());
    }
    let (project, _allowed) = here.may_create_in_project(KIND).await?;
    let printer = FormTypePrinter::of(&here, [project.id(), call.caller.principal.user]).await?;
    let owner = Owner::of(&here, project.id());
    let domain = here.id();
    let mut draft = Draft::default();
    draft.set("model", model);
    draft.set("description", call.input.text("description").map_or(Value::Null, Value::from));
    draft.set("disabled", glossaries::disabled(call.input.text("status").unwrap_or_default()));
    glossaries::own(&here, &mut draft, project.id());
    drop(here);
    let command = owner.upsert(KIND, domain, name, draft);
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let missing = || messages::does_not_exist(FORM_TYPE);
    let identifier = call.input.required_text("formTypeIdentifier");
    let revision = call.input.text("revision");
    if let Some(present) = record(&here, KIND, identifier).await? {
        let view = at_revision(&here, present, revision).await?.ok_or_else(missing)?;
        let printer = FormTypePrinter::of(&here, named_by(&here, &view)).await?;
        return Ok(Reply::Json(printer.members(&view).answer(call.shapes.output)));
    }
    let form = call.catalog().registry().provided().form(identifier).ok_or_else(missing)?;
    let revision = form.revisions.find(revision).ok_or_else(missing)?;
    let printer = FormTypePrinter::of(&here, []).await?;
    Ok(Reply::Json(printer.managed_members(form, revision).answer(call.shapes.output)))
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let target = deletable(&here, KIND, call.input.required_text("formTypeIdentifier")).await?;
    let target = target.ok_or_else(|| messages::not_in_domain(FORM_TYPE))?;
    drop(here);
    let how = Deletion { frees_name: true, refuse_if_used: &[USES_FORM], ..Deletion::SOFT };
    let target = Ref::Id(KIND, target);
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

/// A type that can be deleted; what the server provides cannot.
pub async fn deletable(here: &InDomain<'_>, kind: Kind, identifier: &str) -> Result<Option<RecordId>, CallError> {
    if let Some(present) = record(here, kind, identifier).await? {
        return Ok(Some(present.id()));
    }
    let provided = here.call.catalog().registry().provided();
    if provided.form(identifier).is_some() || provided.asset(identifier).is_some() {
        return Err(messages::not_permitted(here.call.operation.name, Some("the type is managed")).into());
    }
    Ok(None)
}

/// The form type of that name: the domain's own, else a managed one.
pub async fn find(
    here: &Allowed<'_, '_>,
    identifier: &str,
    revision: Option<&str>,
) -> Result<Option<FormType>, Problem> {
    if let Some(present) = record(here, KIND, identifier).await? {
        let Some(view) = at_revision(here, present, revision).await? else { return Ok(None) };
        let number = view.record.content_revision;
        return Ok(Some(FormType {
            name: view.record.name.clone(),
            revision: number.to_string(),
            is_disabled: glossaries::is_disabled(&view),
            record: Some(view.id()),
        }));
    }
    let form = here.call.catalog().registry().provided().form(identifier);
    Ok(form.and_then(|form| {
        let revision = form.revisions.find(revision)?;
        Some(FormType { name: form.name.clone(), revision, is_disabled: false, record: None })
    }))
}

/// The record of a form or asset type that the domain itself holds.
pub async fn record(here: &InDomain<'_>, kind: Kind, identifier: &str) -> Result<Option<View>, Problem> {
    let name = match TypeReference::parse(identifier) {
        TypeReference::Bare(name) | TypeReference::Dotted(name) => name,
        TypeReference::OfDomain { domain, name } if is_here(here, domain).await? => name,
        TypeReference::OfDomain { .. } | TypeReference::Managed(_) => return Ok(None),
    };
    let fqn = kind.fqn(Some(&here.domain.record.fqn), name, None);
    let depth = Depth::of(&[OWNING_TEAM], false);
    let target = Ref::Name(kind, fqn);
    match here.reading.get(&target, States::Alive, &depth).await {
        // A name that leads nowhere here may be borne elsewhere.
        Ok(view) if view.record.parent == Some(here.id()) => Ok(Some(view)),
        Ok(_) | Err(Problem::NotFound { .. } | Problem::Ambiguous { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn is_here(here: &InDomain<'_>, text: &str) -> Result<bool, Problem> {
    match Reference::to_domain(text) {
        Reference::Id(id) => Ok(here.id().uuid() == id),
        Reference::Alias(alias) => Ok(here.spelling(Vec::new()).await?.domain(here.id()) == alias),
    }
}

/// A record as it was at a revision; without one, as it is.
pub async fn at_revision(here: &InDomain<'_>, present: View, revision: Option<&str>) -> Result<Option<View>, Problem> {
    let Some(revision) = revision else { return Ok(Some(present)) };
    match revisions::parse(revision) {
        Some(number) if number == present.record.content_revision => Ok(Some(present)),
        Some(number) => {
            let past = revisions::past(&here.reading, &present.record, number).await?;
            Ok(past.map(|(view, _)| view))
        }
        None => Ok(None),
    }
}

pub fn reserved_namespace() -> ServiceError {
    ServiceError::validation(format!("The namespace {MANAGED_NAMESPACE} is reserved"))
}

/// Who may make the next revision of a type.
pub struct Owner {
    project: RecordId,
    steward: Option<RecordId>,
}

impl Owner {
    pub fn of(here: &InDomain<'_>, project: RecordId) -> Owner {
        Owner { project, steward: here.steward() }
    }

    /// A new type, or the next revision of the one that bears the name, if the same project owns it.
    pub fn upsert(self, kind: Kind, domain: RecordId, name: String, draft: Draft) -> Command {
        let edit = move |present: Option<&View>| {
            if let Some(view) = present {
                let own = view.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
                if own.or(self.steward) != Some(self.project) {
                    let name = view.record.fqn.clone();
                    return Err(Problem::NameTaken {
                        kind: kind.name(),
                        name,
                        existing: Some(view.id()),
                        is_deleted: false,
                    });
                }
            }
            Ok(draft.clone())
        };
        Command::Upsert {
            kind,
            parent: Some(Ref::AnyOf(&["domain"], domain)),
            name,
            edit: Arc::new(edit),
            rules: DoorRules { always_revise: true, ..DoorRules::default() },
        }
    }
}

/// Prints form types.
pub struct FormTypePrinter {
    domain: RecordId,
    /// As long as the domain is there, so are the managed types.
    since: Millis,
    steward: Option<RecordId>,
    spelling: Spelling,
}

impl FormTypePrinter {
    pub async fn of(
        here: &InDomain<'_>,
        named: impl IntoIterator<Item = RecordId>,
    ) -> Result<FormTypePrinter, Problem> {
        let named = named.into_iter().chain(here.steward()).collect();
        let spelling = here.spelling(named).await?;
        Ok(FormTypePrinter {
            domain: here.id(),
            since: here.domain.record.created.at,
            steward: here.steward(),
            spelling,
        })
    }

    /// A form type that the server provides, as it is seen from the domain.
    pub fn managed_members(&self, form: &ProvidedForm, revision: String) -> Members {
        let mut members = managed::members(&self.spelling.domain(self.domain), self.since);
        members.set("name", form.name.as_str());
        members.set("revision", revision);
        members.set("model", json!({ "smithy": form.model }));
        members.set("status", glossaries::ENABLED);
        members
    }

    pub fn members(&self, view: &View) -> Members {
        let record = &view.record;
        let own = view.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
        let project = self.spelling.id(own.or(self.steward).unwrap_or(self.domain));
        let domain = self.spelling.domain(self.domain);
        let mut members = Members::new();
        members.set("name", record.name.as_str());
        members.set("revision", record.content_revision.to_string());
        members.text("description", view.text("description"));
        members.set("model", json!({ "smithy": view.text("model").unwrap_or_default() }));
        members.set("status", glossaries::status(view));
        members.set("owningProjectId", project.as_str());
        members.set("originProjectId", project);
        members.set("domainId", domain.as_str());
        members.set("originDomainId", domain);
        members.time("createdAt", record.updated.at);
        members.set("createdBy", self.spelling.id(record.updated.by.id));
        members
    }
}
