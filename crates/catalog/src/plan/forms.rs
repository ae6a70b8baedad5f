//! Metadata forms hold what their types ask for, whichever door they come through.
//!
//! What was stored already stays as it is, so that a form type can move on while it is in use.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::planning::Planning;
use crate::alias::CLOUD_ID;
use crate::facet::Facet;
use crate::form_models::ModelKey;
use crate::id::{EdgeId, RecordId, Revision};
use crate::kind::Kind;
use crate::kinds::{DOMAIN, GLOSSARY, GLOSSARY_TERM};
use crate::load::{self, Depth};
use crate::problem::{Problem, Violation};
use crate::record::{Card, Edge, Record, View};
use crate::relation::{IN_DOMAIN, OF_TYPE, USES_FORM};
use crate::resolve;

const FORM_TYPE: &str = "form_type";

/// Looks at the forms that the plan adds or changes, names their types and revisions in full, and links the record to
/// the form types that it uses. Faults are named `forms.<form>.type`, `.revision` and `.content.<path>`.
///
/// Cost: nothing where forms and type stay; else a few reads per changed form.
pub async fn check(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let is_concerned = plan.kind.has_facet(Facet::Forms)
        && ["forms", "type_name", "type_revision"].into_iter().any(|field| plan.differs(field));
    if !is_concerned {
        return Ok(());
    }
    let asset_type = AssetType::of(plan).await?;
    let mut forms = list(Some(&plan.after));
    let before = list(plan.before.as_ref());
    let mut names: Vec<String> = Vec::new();
    let mut uses: Vec<RecordId> = Vec::new();
    let mut domain = None;
    for form in forms.iter_mut().filter_map(Value::as_object_mut) {
        // What is no form at all is refused with the body.
        let Some(name) = text(form, "name").map(str::to_owned) else { continue };
        if names.contains(&name) {
            plan.refuse(&format!("forms.{name}"), "stands twice");
            continue;
        }
        let stored = before.iter().find(|stored| stored["name"] == name.as_str()).and_then(Value::as_object);
        let slot = asset_type.as_ref().and_then(|asset_type| asset_type.slots.get(&name));
        complete(form, slot.and_then(Value::as_object), stored);
        let is_stored = stored == Some(form);
        names.push(name.clone());
        let Some(wanted) = text(form, "type") else {
            plan.refuse(&format!("forms.{name}.type"), "must not be null");
            continue;
        };
        if domain.is_none() {
            domain = Some(top_domain(plan).await?);
        }
        let found = find(plan, domain.as_ref().and_then(Option::as_deref), wanted, text(form, "revision")).await?;
        let found = match found {
            Ok(found) => found,
            Err(_) if is_stored => continue,
            Err(missing) => {
                plan.refuse(&format!("forms.{name}.{}", missing.field), missing.rule);
                continue;
            }
        };
        uses.extend(found.record);
        if let (Some(slot), Some(asset_type)) = (slot, &asset_type)
            && (slot["type"] != found.name.as_str() || !takes(slot, &found.revision))
        {
            let (wanted, revision) = (plain(&slot["type"]), plain(&slot["revision"]));
            let rule = format!("must be {wanted} at revision {revision}, as the asset type {} says", asset_type.name);
            plan.refuse(&format!("forms.{name}.type"), rule);
        }
        if is_stored {
            continue;
        }
        if found.is_disabled {
            plan.refuse(&format!("forms.{name}.type"), "is disabled");
        }
        if plan.cx.registry.provided().derives(plan.kind, &name) {
            plan.refuse(&format!("forms.{name}"), "is derived from the record and cannot be written");
        }
        let faults = content_faults(plan, &found, &format!("forms.{name}.content"), text(form, "content")).await?;
        plan.violations.extend(faults);
        form.insert("type".into(), found.name.into());
        form.insert("revision".into(), found.revision.into());
    }
    for missing in asset_type.iter().flat_map(|asset_type| asset_type.missing(&names)) {
        plan.refuse(&format!("forms.{missing}"), "is missing but its asset type requires it");
    }
    if !forms.is_empty() {
        plan.after.record.body.insert("forms".into(), Value::Array(forms));
    }
    link(plan, &uses);
    Ok(())
}

fn list(view: Option<&View>) -> Vec<Value> {
    view.and_then(|view| view.field("forms")).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text<'v>(object: &'v Map<String, Value>, member: &str) -> Option<&'v str> {
    object.get(member).and_then(Value::as_str)
}

/// Whether a slot of an asset type takes a form of this revision.
fn takes(slot: &Value, revision: &str) -> bool {
    let older = slot.get("older").and_then(Value::as_bool).unwrap_or(false);
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    slot["revision"] == revision || older && number(revision) <= number(plain(&slot["revision"]))
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What a form does not say of its type: first as the asset type has it, else as it is stored.
fn complete(form: &mut Map<String, Value>, slot: Option<&Map<String, Value>>, stored: Option<&Map<String, Value>>) {
    let Some(known) = slot.or(stored) else { return };
    for member in ["type", "revision"] {
        let is_of_known_type = text(form, "type").is_none_or(|given| text(known, "type") == Some(given));
        if let Some(value) = known.get(member).filter(|_| is_of_known_type && text(form, member).is_none()) {
            form.insert(member.into(), value.clone());
        }
    }
}

/// The type of an asset at the revision that the asset has.
struct AssetType {
    name: String,
    slots: Map<String, Value>,
}

impl AssetType {
    async fn of(plan: &Planning<'_>) -> Result<Option<AssetType>, Problem> {
        let Some(name) = plan.after.text("type_name").map(str::to_owned) else { return Ok(None) };
        let slots = match plan.after.targets(OF_TYPE).next() {
            Some((edge, _)) => {
                let revision = plan.after.text("type_revision").and_then(|text| text.parse().ok());
                let record = at_revision(plan, edge.to, revision).await?;
                record.and_then(|record| record.body.get("form_slots").cloned())
            }
            None => plan.cx.registry.provided().asset(&name).map(|asset| asset.slots.clone()),
        };
        let slots = slots.and_then(|slots| slots.as_object().cloned()).unwrap_or_default();
        Ok(Some(AssetType { name, slots }))
    }

    fn missing<'t>(&'t self, given: &'t [String]) -> impl Iterator<Item = &'t String> {
        let is_required = |slot: &Value| slot.get("required").and_then(Value::as_bool).unwrap_or(false);
        let missing = self.slots.iter().filter(move |(name, slot)| is_required(slot) && !given.contains(name));
        missing.map(|(name, _)| name)
    }
}

/// A form type at one revision.
struct Found {
    name: String,
    revision: String,
    model: String,
    is_disabled: bool,
    /// `None` for a provided type.
    record: Option<RecordId>,
    key: ModelKey,
}

/// The form type of that name: the domain's own, else a provided one.
async fn find(
    plan: &Planning<'_>,
    domain: Option<&Card>,
    name: &str,
    revision: Option<&str>,
) -> Result<Result<Found, Violation>, Problem> {
    let no_revision = || Violation::new("revision", format!("is no revision of {name}"));
    let kind = plan.cx.registry.expect(FORM_TYPE);
    if let Some(domain) = domain {
        let fqn = kind.fqn(Some(&domain.fqn), name, None);
        let found = plan.cx.snapshot.by_fqn(plan.cx.account(), kind, &[&fqn]).await?.into_iter().next().flatten();
        if let Some(present) = found.filter(|record| record.state.is_alive()) {
            let number = match revision {
                None => Some(present.content_revision),
                Some(text) => text.parse().ok().filter(|number: &u32| number.to_string() == text),
            };
            let Some(number) = number else { return Ok(Err(no_revision())) };
            let is_present = number == present.content_revision;
            let id = present.id;
            let record = if is_present { Some(present) } else { at_revision(plan, id, Some(number)).await? };
            return Ok(record.map(|record| of_record(&record)).ok_or_else(no_revision));
        }
    }
    let Some(form) = plan.cx.registry.provided().form(name) else {
        let place = domain.map_or_else(String::new, |domain| format!(" of the domain {}", domain.fqn));
        return Ok(Err(Violation::new("type", format!("is no form type{place}"))));
    };
    let Some(revision) = form.revisions.find(revision) else { return Ok(Err(no_revision())) };
    Ok(Ok(Found {
        name: form.name.clone(),
        revision,
        model: form.model.clone(),
        is_disabled: false,
        record: None,
        key: ModelKey::Provided { name: form.name.clone(), is_open: form.is_open },
    }))
}

fn of_record(record: &Record) -> Found {
    Found {
        name: record.name.clone(),
        revision: record.content_revision.to_string(),
        model: record.body.get("model").map(plain).unwrap_or_default().to_owned(),
        is_disabled: record.body.get("disabled").and_then(Value::as_bool).unwrap_or(false),
        record: Some(record.id),
        key: ModelKey::Record(record.id, record.content_revision),
    }
}

/// A living record as it was at a content revision; without one, as it is.
async fn at_revision(plan: &Planning<'_>, id: RecordId, revision: Option<u32>) -> Result<Option<Record>, Problem> {
    let present = plan.cx.record(id).await?.filter(|record| record.state.is_alive());
    match (present, revision) {
        (Some(present), Some(number)) if number != present.content_revision => {
            Ok(load::content_state(plan.cx.snapshot, id, number).await?)
        }
        (present, _) => Ok(present),
    }
}

/// The top domain that the record will stand in, whose form types it uses.
async fn top_domain(plan: &Planning<'_>) -> Result<Option<Arc<Card>>, Problem> {
    let (cx, after) = (plan.cx, &plan.after);
    if let Some(top) = after.ancestors.last().filter(|card| card.kind == DOMAIN) {
        return Ok(Some(top.clone()));
    }
    let own = after.targets(IN_DOMAIN).find(|(edge, _)| edge.at.is_empty()).map(|(edge, _)| edge.to);
    let mut domain = match (own, after.record.parent) {
        (Some(own), _) => cx.snapshot.cards(cx.account(), &[own]).await?.into_iter().flatten().next(),
        (None, Some(parent)) => match cx.record(parent).await? {
            Some(parent) => {
                let above = load::view(cx.snapshot, parent, &Depth::bare()).await?;
                load::effective_domain(cx.snapshot, &above).await?
            }
            None => None,
        },
        (None, None) => load::domain_of_last_resort(cx.snapshot, cx.account()).await?,
    };
    while let Some(above) = domain.as_ref().and_then(|card| card.parent) {
        domain = cx.snapshot.cards(cx.account(), &[above]).await?.into_iter().flatten().next();
    }
    Ok(domain)
}

/// What the content breaks of its type, terms that do not exist included.
async fn content_faults(
    plan: &Planning<'_>,
    form_type: &Found,
    at: &str,
    content: Option<&str>,
) -> Result<Vec<Violation>, Problem> {
    let (models, provided) = (plan.cx.forms, plan.cx.registry.provided());
    let model = models
        .get(provided, form_type.key.clone(), &form_type.model, &form_type.name)
        .map_err(|fault| Problem::internal(format!("a stored form type does not parse: {fault}")))?;
    let references = match model.check(at, content) {
        Ok(references) => references,
        Err(faults) => return Ok(faults),
    };
    let mut faults = Vec::new();
    for reference in references {
        let term = named(plan, GLOSSARY_TERM, &reference.term).await?;
        let glossary = named(plan, GLOSSARY, &reference.glossary).await?;
        let fits = match (term, glossary) {
            (Some(term), Some(glossary)) => {
                let term = load::view(plan.cx.snapshot, term, &Depth::bare()).await?;
                term.ancestors.iter().any(|card| card.id == glossary.id)
            }
            _ => false,
        };
        if !fits {
            faults.push(Violation::new(reference.field, format!("is not a term of glossary {}", reference.glossary)));
        }
    }
    Ok(faults)
}

/// The living record that the caller sees under an id or an imported id.
async fn named(plan: &Planning<'_>, kind: Kind, text: &str) -> Result<Option<Record>, Problem> {
    let target = crate::command::Ref::Alias { kind, space: CLOUD_ID.name, value: text.to_owned() };
    let cx = plan.cx;
    let found = resolve::find_seen(cx.snapshot, cx.access, &cx.caller.principal, &target).await?;
    Ok(found.filter(|record| record.state.is_alive()))
}

/// Leads the record to the form types that it uses, and to no others.
fn link(plan: &mut Planning<'_>, uses: &[RecordId]) {
    plan.after.edges.retain(|edge| edge.relation != USES_FORM || uses.contains(&edge.to));
    for to in uses {
        if !plan.after.edges.iter().any(|edge| edge.relation == USES_FORM && edge.to == *to) {
            plan.after.edges.push(Edge {
                id: EdgeId::fresh(),
                from: plan.after.record.id,
                relation: USES_FORM,
                at: String::new(),
                ord: 0,
                to: *to,
                attributes: Map::new(),
                since: Revision::FIRST,
                until: None,
            });
        }
    }
}
