//! Technical forms of what a crawl found: derived from the record, shown read-only, never stored.

use emporion_catalog::field::FieldType;
use emporion_catalog::kind::Kind;
use emporion_catalog::provided::Revisions;
use emporion_catalog::record::View;
use serde_json::{Map, Value, json};

/// The revisions of derived types, of forms and of assets.
pub const REVISIONS: Revisions = Revisions(1);

/// How assets of a kind appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub asset_type: String,
    pub form: String,
    pub form_type: String,
}

impl Derived {
    pub fn of(kind: Kind) -> Derived {
        if kind.is("table") {
            return Derived {
                asset_type: "amazon.datazone.RelationalTableAssetType".into(),
                form: "RelationalTableForm".into(),
                form_type: "amazon.datazone.RelationalTableFormType".into(),
            };
        }
        let noun = camel(kind.name(), true);
        Derived {
            asset_type: format!("emporion.{noun}AssetType"),
            form: format!("{noun}Form"),
            // Names of form types know no namespace but one.
            form_type: format!("Emporion{noun}FormType"),
        }
    }

    /// The Smithy text of the form type.
    pub fn model(&self, kind: Kind) -> String {
        let name = self.form_type.rsplit('.').next().unwrap_or(&self.form_type);
        if kind.is("table") {
            return format!("{}\n\n{TABLE_PARTS}", structure(name, TABLE_MEMBERS));
        }
        let mut members = vec!["fullyQualifiedName: String".to_owned()];
        let mut has_list = false;
        for field in shown_fields(kind) {
            let Some(ty) = smithy_type(field.ty) else { continue };
            has_list |= matches!(field.ty, FieldType::Texts { .. });
            members.push(format!("{}: {ty}", camel(field.name, false)));
        }
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let list = if has_list { "\n\nlist Texts {\n  member: String\n}" } else { "" };
        format!("{}{list}", structure(name, &members))
    }

    /// The form of one record, as an answer prints it.
    pub fn form(&self, view: &View) -> Value {
        let content = if view.record.kind.is("table") { table(view) } else { general(view) };
        json!({
            "formName": self.form,
            "typeName": self.form_type,
            "typeRevision": REVISIONS.present(),
            "content": content.to_string(),
        })
    }
}

const TABLE_MEMBERS: &[&str] = &[
    "tableName: String",
    "schemaName: String",
    "databaseName: String",
    "serviceName: String",
    "fullyQualifiedName: String",
    "tableType: String",
    "columns: RelationalColumns",
];

const TABLE_PARTS: &str = "list RelationalColumns {\n  member: RelationalColumn\n}\n\nstructure RelationalColumn {\n  \
                           @required\n  columnName: String\n  dataType: String\n  description: String\n}";

fn structure(name: &str, members: &[&str]) -> String {
    format!("structure {name} {{\n  {}\n}}", members.join("\n  "))
}

fn table(view: &View) -> Value {
    let mut content = Map::new();
    let mut text = |member: &str, value: Option<&str>| {
        if let Some(value) = value {
            content.insert(member.to_owned(), json!(value));
        }
    };
    let above = |kind: &str| view.ancestor(kind).map(|card| card.name.as_str());
    text("tableName", Some(&view.record.name));
    text("schemaName", above("database_schema"));
    text("databaseName", above("database"));
    text("serviceName", above("database_service"));
    text("fullyQualifiedName", Some(&view.record.fqn));
    text("tableType", view.text("table_type"));
    let mut columns = Vec::new();
    flatten(view.field("columns"), "", &mut columns);
    content.insert("columns".to_owned(), Value::Array(columns));
    Value::Object(content)
}

/// Nested columns follow the one that holds them, with a dotted name.
fn flatten(columns: Option<&Value>, prefix: &str, out: &mut Vec<Value>) {
    for column in columns.and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| column.get(key).and_then(Value::as_str);
        let name = format!("{prefix}{}", text("name").unwrap_or_default());
        let mut printed = json!({ "columnName": name });
        if let Some(data_type) = text("data_type_display").or(text("data_type")) {
            printed["dataType"] = json!(data_type);
        }
        if let Some(description) = text("description").filter(|text| !text.is_empty()) {
            printed["description"] = json!(description);
        }
        out.push(printed);
        flatten(column.get("children"), &format!("{name}."), out);
    }
}

fn general(view: &View) -> Value {
    let mut content = Map::new();
    content.insert("fullyQualifiedName".to_owned(), json!(view.record.fqn));
    for field in shown_fields(view.record.kind) {
        if smithy_type(field.ty).is_some()
            && let Some(value) = view.field(field.name)
        {
            // Lists of structures are shown as the document they are, in this API's spelling.
            content.insert(camel(field.name, false), respelled(value));
        }
    }
    Value::Object(content)
}

/// What the kind itself declares and keeps, but for what only machines read.
fn shown_fields(kind: Kind) -> impl Iterator<Item = &'static emporion_catalog::field::Field> {
    kind.0.fields.iter().filter(|field| !field.silent)
}

fn smithy_type(ty: FieldType) -> Option<&'static str> {
    Some(match ty {
        FieldType::Text { .. } | FieldType::Choice(_) | FieldType::Formed(_) => "String",
        FieldType::Integer | FieldType::Count | FieldType::Millis => "Long",
        FieldType::Number | FieldType::Within { .. } => "Double",
        FieldType::Boolean => "Boolean",
        FieldType::Texts { .. } | FieldType::Filled => "Texts",
        FieldType::Struct(_) | FieldType::Structs(_) | FieldType::Object => "Document",
        FieldType::Opaque => return None,
    })
}

fn respelled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (camel(key, false), respelled(value))).collect())
        }
        Value::Array(entries) => Value::Array(entries.iter().map(respelled).collect()),
        other => other.clone(),
    }
}

/// `pipeline_location` as `pipelineLocation` or `PipelineLocation`.
fn camel(name: &str, mut is_start: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '_' => is_start = true,
            _ if is_start => {
                out.extend(character.to_uppercase());
                is_start = false;
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use emporion_catalog::registry::Registry;

    use super::*;
    use crate::asset_kinds;
    use crate::form_model::SmithyModel;
    use crate::patterns;

    #[test]
    fn every_kind_has_legal_names_and_a_model_that_parses() {
        let registry = Registry::standard();
        for kind in registry.iter().filter(|kind| asset_kinds::is_derived(*kind)) {
            let derived = Derived::of(kind);
            assert!((patterns::TYPE_IDENTIFIER.matches)(&derived.asset_type), "{derived:?}");
            assert!((patterns::FORM_TYPE_NAME.matches)(&derived.form_type), "{derived:?}");
            assert!((patterns::FORM_NAME.matches)(&derived.form), "{derived:?}");
            let model = derived.model(kind);
            SmithyModel::parse(&model, &derived.form_type).unwrap_or_else(|fault| panic!("{fault}\n{model}"));
        }
    }

    #[test]
    fn nested_columns_are_listed_after_their_holder() {
        let columns = json!([
            { "name": "place", "data_type": "STRUCT", "children": [{ "name": "city", "data_type": "TEXT" }] },
            { "name": "id", "data_type": "INT", "data_type_display": "int", "description": "the key" },
        ]);
        let mut found = Vec::new();
        flatten(Some(&columns), "", &mut found);
        assert_eq!(
            Value::Array(found),
            json!([
                { "columnName": "place", "dataType": "STRUCT" },
                { "columnName": "place.city", "dataType": "TEXT" },
                { "columnName": "id", "dataType": "int", "description": "the key" },
            ])
        );
    }

    #[test]
    fn names_are_respelled() {
        assert_eq!(camel("pipeline_location", false), "pipelineLocation");
        assert_eq!(camel("storage_container", true), "StorageContainer");
    }
}
