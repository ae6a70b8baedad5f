//! Metadata forms of products and assets: held against their types, kept verbatim, printed as they were given.

use emporion_catalog::Problem;
use emporion_catalog::command::{Ref, Target};
use emporion_catalog::record::View;
use serde_json::{Map, Value, json};

use crate::allowed::Allowed;
use crate::asset_types::AssetType;
use crate::call::Fault;
use crate::error::ServiceError;
use crate::form_types::{self, FormType};
use crate::ids;
use crate::in_domain::{InDomain, Kinds};
use crate::members::Members;
use crate::messages;
use crate::shapes::common::FORM_OUTPUT;
use crate::smithy;
use crate::terms;
use crate::violations;
use emporion_catalog::load::Depth;

/// Forms that passed.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    /// As the core keeps them: `[{name, type, revision, content}]`.
    pub stored: Value,
    /// The form types of the domain that they use.
    pub uses: Vec<Target>,
}

/// Checks the `formsInput` of the request.
///
/// `asset_type` says which forms an asset must and may have; `read_only` are names of forms that nobody writes.
pub async fn check(
    here: &Allowed<'_, '_>,
    asset_type: Option<&AssetType>,
    read_only: &[String],
) -> Result<Forms, Fault> {
    let inputs: Vec<Input<'_>> = here.call.input.list("formsInput").iter().map(Input::of).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut stored: Vec<Value> = Vec::new();
    let mut uses: Vec<Target> = Vec::new();
    let mut faults: Vec<String> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let at = |member: &str| format!("formsInput.{}.member.{member}", index + 1);
        if names.contains(&input.name) {
            return Err(violations::one(&at("formName"), "Member must be unique within the list").into());
        }
        names.push(input.name);
        if read_only.iter().any(|name| name == input.name) {
            let text = format!("Form {} is derived from the source and can't be written", input.name);
            return Err(ServiceError::validation(text).into());
        }
        let form_type = type_of(here, input, asset_type, &at("typeIdentifier")).await?;
        faults.extend(content_faults(here, input, &form_type).await?);
        let mut form = json!({ "name": input.name, "type": form_type.name, "revision": form_type.revision });
        if let Some(content) = input.content {
            form["content"] = json!(content);
        }
        stored.push(form);
        uses.extend(form_type.record.map(|id| Target::of(Ref::AnyOf(&["form_type"], id))));
    }
    if !faults.is_empty() {
        return Err(smithy::content_error(&faults).into());
    }
    refuse_missing(asset_type, &names)?;
    Ok(Forms { stored: Value::Array(stored), uses })
}

/// One entry of `formsInput`.
struct Input<'i> {
    name: &'i str,
    identifier: Option<&'i str>,
    revision: Option<&'i str>,
    content: Option<&'i str>,
}

impl<'i> Input<'i> {
    fn of(value: &'i Value) -> Input<'i> {
        let text = |member: &str| value.get(member).and_then(Value::as_str);
        Input {
            name: text("formName").unwrap_or_default(),
            identifier: text("typeIdentifier"),
            revision: text("typeRevision"),
            content: text("content"),
        }
    }
}

/// The type that a form must follow: the one that the asset type names, else the one that the form names.
async fn type_of(
    here: &Allowed<'_, '_>,
    input: &Input<'_>,
    asset_type: Option<&AssetType>,
    at: &str,
) -> Result<FormType, Fault> {
    let slot = asset_type.and_then(|asset_type| asset_type.slots.get(input.name));
    let wanted = slot.map(|slot| {
        let text = |member: &str| slot.get(member).and_then(Value::as_str).unwrap_or_default();
        (text("type"), text("revision"))
    });
    let identifier = match (wanted, input.identifier) {
        (Some((wanted, _)), None) => wanted,
        (_, Some(identifier)) => identifier,
        (None, None) => return Err(violations::one(at, "Member must not be null").into()),
    };
    let revision = input.revision.or(wanted.map(|(_, revision)| revision));
    let domain = here.spelling(Vec::new()).await?.domain(here.id());
    let found = form_types::find(here, identifier, revision).await?;
    let Some(found) = found else {
        let text = match revision {
            Some(revision) => messages::form_type_not_found(&domain, identifier, revision),
            None => messages::does_not_exist(messages::FORM_TYPE),
        };
        return Err(ServiceError::validation(text.message).into());
    };
    if let Some((name, revision)) = wanted
        && (found.name != name || found.revision != revision)
    {
        let (expected, given) =
            (ids::qualified_with_hash(&domain, name), ids::qualified_with_hash(&domain, &found.name));
        return Err(
            messages::form_revision_differs(input.name, (&expected, revision), (&given, &found.revision)).into()
        );
    }
    if found.is_disabled {
        return Err(ServiceError::validation(format!("FormType {} is DISABLED", found.name)).into());
    }
    Ok(found)
}

/// What the content breaks of its type, terms that do not exist included.
async fn content_faults(here: &InDomain<'_>, input: &Input<'_>, form_type: &FormType) -> Result<Vec<String>, Problem> {
    let models = &here.call.door.form_models;
    let model = models
        .get(form_type.key.clone(), &form_type.model, &form_type.name)
        .map_err(|fault| Problem::internal(format!("a stored form type does not parse: {fault}")))?;
    let content = match model.check(input.name, input.content) {
        Ok(content) => content,
        Err(faults) => return Ok(faults),
    };
    let mut faults = Vec::new();
    for reference in model.term_references(input.name, &content) {
        let term = here.find(Kinds::One(terms::KIND), &reference.term, &Depth::bare()).await?;
        let glossary = term.as_ref().and_then(|term| term.ancestor("glossary"));
        let fits = match glossary {
            Some(glossary) => here.spelling(vec![glossary.id]).await?.id(glossary.id) == reference.glossary,
            None => false,
        };
        if !fits {
            faults.push(format!("{}: is not a term of glossary {}", reference.path, reference.glossary));
        }
    }
    Ok(faults)
}

fn refuse_missing(asset_type: Option<&AssetType>, given: &[&str]) -> Result<(), ServiceError> {
    let Some(asset_type) = asset_type else { return Ok(()) };
    let is_required = |slot: &Value| slot.get("required").and_then(Value::as_bool).unwrap_or(false);
    let missing: Vec<&str> = asset_type
        .slots
        .iter()
        .filter(|(name, slot)| is_required(slot) && !given.contains(&name.as_str()))
        .map(|(name, _)| name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ServiceError::validation(format!(
        "AssetType {} requires the forms [{}], which are missing",
        asset_type.name,
        missing.join(", ")
    )))
}

/// The forms of a record as `formsOutput`.
pub fn print(view: &View) -> Vec<Value> {
    let forms = view.field("forms").and_then(Value::as_array);
    forms.into_iter().flatten().filter_map(Value::as_object).map(print_one).collect()
}

fn print_one(form: &Map<String, Value>) -> Value {
    let mut members = Members::new();
    members.set("formName", form.get("name").cloned().unwrap_or_default());
    members.value("typeName", form.get("type"));
    members.value("typeRevision", form.get("revision"));
    members.value("content", form.get("content"));
    members.fit(&FORM_OUTPUT)
}
