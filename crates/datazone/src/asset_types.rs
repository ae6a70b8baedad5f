//! Asset types: which forms the assets of a type carry.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::provided::ProvidedAsset;
use emporion_catalog::record::View;
use emporion_catalog::relation::{OF_TYPE, OWNING_TEAM, USES_FORM};
use serde_json::{Map, Value, json};

use crate::allowed::Allowed;
use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::form_types::{self, Owner};
use crate::glossaries::{self, named_by};
use crate::ids::MANAGED_NAMESPACE;
use crate::in_domain::InDomain;
use crate::managed;
use crate::members::Members;
use crate::messages::{self, ASSET_TYPE};
use crate::spelling::Spelling;

const KIND: Kind = kinds::ASSET_TYPE;

/// The most forms that an asset type has.
const MOST_FORMS: usize = 10;

/// An asset type at one revision.
#[derive(Debug, Clone)]
pub struct AssetType {
    pub name: String,
    pub revision: String,
    /// `{formName: {type, revision, required}}`.
    pub slots: Map<String, Value>,
    /// `None` for a managed type.
    pub record: Option<RecordId>,
    /// Its assets come from a crawl and cannot be made.
    pub is_derived: bool,
}

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let name = call.input.required_text("name").to_owned();
    if name.starts_with(&format!("{MANAGED_NAMESPACE}.")) || name.starts_with("emporion.") {
        return Err(form_types::reserved_namespace().into());
    }
    let (project, allowed) = here.may_create_in_project(KIND).await?;
    let mut slots = Map::new();
    let mut uses: Vec<Target> = Vec::new();
    for (form, entry) in call.input.object("formsInput").into_iter().flatten() {
        let text = |member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
        let (identifier, revision) = (text("typeIdentifier"), text("typeRevision"));
        let Some(found) = form_types::find(&allowed, identifier, Some(revision)).await? else {
            let domain = here.spelling(Vec::new()).await?.domain(here.id());
            return Err(messages::form_type_not_found(&domain, identifier, revision).into());
        };
        if found.is_disabled {
            return Err(ServiceError::validation(format!("FormType {identifier} is DISABLED")).into());
        }
        let required = entry.get("required").and_then(Value::as_bool).unwrap_or(false);
        slots.insert(form.clone(), json!({ "type": found.name, "revision": found.revision, "required": required }));
        uses.extend(found.record.map(|id| Target::of(Ref::AnyOf(&["form_type"], id))));
    }
    let (common, slot) = managed::common_form();
    if !slots.contains_key(&common) && slots.len() < MOST_FORMS {
        slots.insert(common, slot);
    }
    let printer = AssetTypePrinter::of(&here, [project.id(), call.caller.principal.user]).await?;
    let owner = Owner::of(&here, project.id());
    let domain = here.id();
    let mut draft = Draft::default();
    draft.set("form_slots", slots);
    draft.set("description", call.input.text("description").map_or(Value::Null, Value::from));
    draft.relate(USES_FORM, How::Replace, "formsInput", uses);
    glossaries::own(&here, &mut draft, project.id());
    drop(here);
    let command = owner.upsert(KIND, domain, name, draft);
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let missing = || messages::does_not_exist(ASSET_TYPE);
    let (identifier, revision) = (call.input.required_text("identifier"), call.input.text("revision"));
    if let Some(present) = form_types::record(&here, KIND, identifier).await? {
        let view = form_types::at_revision(&here, present, revision).await?.ok_or_else(missing)?;
        let printer = AssetTypePrinter::of(&here, named_by(&here, &view)).await?;
        return Ok(Reply::Json(printer.members(&view).answer(call.shapes.output)));
    }
    let found = call.catalog().registry().provided().asset(identifier).ok_or_else(missing)?;
    let revision = found.revisions.find(revision).ok_or_else(missing)?;
    let printer = AssetTypePrinter::of(&here, []).await?;
    Ok(Reply::Json(printer.managed_members(found, revision).answer(call.shapes.output)))
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let target = form_types::deletable(&here, KIND, call.input.required_text("identifier")).await?;
    let target = target.ok_or_else(|| messages::not_in_domain(ASSET_TYPE))?;
    drop(here);
    let how = Deletion { frees_name: true, refuse_if_used: &[OF_TYPE], ..Deletion::SOFT };
    let target = Ref::Id(KIND, target);
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

/// The asset type of that name: the domain's own, else a managed one.
pub async fn find(
    here: &Allowed<'_, '_>,
    identifier: &str,
    revision: Option<&str>,
) -> Result<Option<AssetType>, Problem> {
    let slots = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(present) = form_types::record(here, KIND, identifier).await? {
        let Some(view) = form_types::at_revision(here, present, revision).await? else { return Ok(None) };
        return Ok(Some(AssetType {
            name: view.record.name.clone(),
            revision: view.record.content_revision.to_string(),
            slots: slots(view.field("form_slots")),
            record: Some(view.id()),
            is_derived: false,
        }));
    }
    let found = here.call.catalog().registry().provided().asset(identifier);
    Ok(found.and_then(|found| {
        Some(AssetType {
            slots: slots(Some(&found.slots)),
            name: found.name.clone(),
            revision: found.revisions.find(revision)?,
            record: None,
            is_derived: found.is_derived,
        })
    }))
}

fn print_slots(slots: Option<&Map<String, Value>>) -> Map<String, Value> {
    let printed = slots.into_iter().flatten().map(|(form, slot)| {
        let printed = json!({
            "typeName": slot["type"],
            "typeRevision": slot["revision"],
            "required": slot["required"],
        });
        (form.clone(), printed)
    });
    printed.collect()
}

/// Prints asset types.
pub struct AssetTypePrinter {
    domain: RecordId,
    /// As long as the domain is there, so are the managed types.
    since: Millis,
    steward: Option<RecordId>,
    spelling: Spelling,
}

impl AssetTypePrinter {
    pub async fn of(
        here: &InDomain<'_>,
        named: impl IntoIterator<Item = RecordId>,
    ) -> Result<AssetTypePrinter, Problem> {
        let named = named.into_iter().chain(here.steward()).collect();
        let spelling = here.spelling(named).await?;
        Ok(AssetTypePrinter {
            domain: here.id(),
            since: here.domain.record.created.at,
            steward: here.steward(),
            spelling,
        })
    }

    /// An asset type that the server provides.
    pub fn managed_members(&self, asset: &ProvidedAsset, revision: String) -> Members {
        let mut members = managed::members(&self.spelling.domain(self.domain), self.since);
        members.set("name", asset.name.as_str());
        members.set("revision", revision);
        members.set("formsOutput", print_slots(asset.slots.as_object()));
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
        members.set("formsOutput", print_slots(view.field("form_slots").and_then(Value::as_object)));
        members.set("owningProjectId", project.as_str());
        members.set("originProjectId", project);
        members.set("domainId", domain.as_str());
        members.set("originDomainId", domain);
        members.time("createdAt", record.created.at);
        members.set("createdBy", self.spelling.id(record.created.by.id));
        members.time("updatedAt", record.updated.at);
        members.set("updatedBy", self.spelling.id(record.updated.by.id));
        members
    }
}
