//! Metadata forms of products and assets: their types found, kept verbatim, printed as they were given.

use emporion_catalog::record::View;
use serde_json::{Map, Value, json};

use crate::allowed::Allowed;
use crate::asset_types::AssetType;
use crate::call::CallError;
use crate::error::ServiceError;
use crate::form_types::{self, FormType};
use crate::ids;
use crate::managed;
use crate::members::Members;
use crate::messages;
use crate::shapes::common::FORM_OUTPUT;
use crate::violations;

/// The `formsInput` of the request as the core keeps forms: `[{name, type, revision, content}]`. The core holds their
/// content against their types.
///
/// `asset_type` says which forms an asset must and may have; `read_only` are names of forms that nobody writes.
pub async fn find(
    here: &Allowed<'_, '_>,
    asset_type: Option<&AssetType>,
    read_only: &[String],
) -> Result<Value, CallError> {
    let inputs: Vec<Input<'_>> = here.call.input.list("formsInput").iter().map(Input::of).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut stored: Vec<Value> = Vec::new();
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
        let mut form = json!({ "name": input.name, "type": form_type.name, "revision": form_type.revision });
        if let Some(content) = input.content {
            form["content"] = json!(content);
        }
        stored.push(form);
    }
    refuse_missing(asset_type, &names)?;
    Ok(Value::Array(stored))
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

/// What clients give for a type that goes without saying.
const BY_NAME: &str = "default";

/// The type that a form must follow: the one that the asset type names, else the one that the form names, else the managed
/// one that is named like the form.
async fn type_of(
    here: &Allowed<'_, '_>,
    input: &Input<'_>,
    asset_type: Option<&AssetType>,
    at: &str,
) -> Result<FormType, CallError> {
    let slot = asset_type.and_then(|asset_type| asset_type.slots.get(input.name));
    let wanted = slot.map(|slot| {
        let text = |member: &str| slot.get(member).and_then(Value::as_str).unwrap_or_default();
        (text("type"), text("revision"))
    });
    let known = managed::type_of_form(input.name);
    let identifier = match (wanted, input.identifier.filter(|identifier| *identifier != BY_NAME)) {
        (_, Some(identifier)) => identifier,
        (Some((wanted, _)), None) => wanted,
        (None, None) => known.as_deref().ok_or_else(|| violations::one(at, "Member must not be null"))?,
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
    let older = slot.and_then(|slot| slot.get("older")).and_then(Value::as_bool).unwrap_or(false);
    if let Some((name, revision)) = wanted
        && (found.name != name || (found.revision != revision && !older))
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
