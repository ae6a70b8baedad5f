//! What a client may say of a data source when it makes or changes one.

use emporion_products::connection;
use emporion_products::data_sources::manage::{DataSourceChange, DataSourceDraft};
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields;
use emporion_products::patch::Patch;
use emporion_products::source_type::SourceType;
use emporion_products::warning::Warning;
use serde_json::{Map, Value};

use crate::shapes::data_source;

#[derive(Debug, Clone, PartialEq)]
pub struct DataSourceCreate {
    pub draft: DataSourceDraft,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DataSourcePatch {
    pub change: DataSourceChange,
    pub warnings: Vec<Warning>,
}

impl DataSourceCreate {
    pub fn parse(body: Value, strict: bool) -> Result<DataSourceCreate, Failure> {
        let echoed = [&data_source::DATA_SOURCE];
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            let source = body.get("type").and_then(Value::as_str).and_then(SourceType::parse);
            let config = body.get("connectionConfig").and_then(Value::as_object);
            if let (Some(source), Some(config)) = (source, config)
                && let Err(failure) = connection::read(&source, config, None)
            {
                broken.extend(failure.violations);
            }
        };
        let fields::Checked { body, warnings } =
            fields::check_all(&data_source::CREATE, &echoed, body, strict, &check_body)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let source = SourceType::parse(text("type")).expect("the check of shapes lets only known types pass");
        let empty = Map::new();
        let config = body.get("connectionConfig").and_then(Value::as_object).unwrap_or(&empty);
        let draft = DataSourceDraft {
            name: text("name").to_owned(),
            connection: connection::read(&source, config, None)?,
            source,
            description: Some(text("description").to_owned()).filter(|text| !text.is_empty()),
            is_default: body.get("isDefault").and_then(Value::as_bool).unwrap_or(false),
        };
        Ok(DataSourceCreate { draft, warnings })
    }
}

impl DataSourcePatch {
    pub fn parse(body: Value, strict: bool) -> Result<DataSourcePatch, Failure> {
        let echoed = [&data_source::DATA_SOURCE];
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            fields::says_nothing(body, "say what to change", broken);
            fields::cannot_be_removed(body, &["name", "connectionConfig", "isDefault"], broken);
        };
        let (fields::Checked { body, warnings }, bounds) =
            fields::check_change(&data_source::PATCH, &echoed, body, strict, &check_body, &["name", "description"])?;
        let change = DataSourceChange {
            name: body.get("name").and_then(Value::as_str).map(str::to_owned),
            config: body.get("connectionConfig").and_then(Value::as_object).cloned(),
            description: Patch::text(&body, "description"),
            is_default: body.get("isDefault").and_then(Value::as_bool),
            bounds,
        };
        Ok(DataSourcePatch { change, warnings })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_create_is_read() {
        let body =
            json!({"name": "Shop", "type": "sqlite", "connectionConfig": {"path": "shop.db"}, "isDefault": true});
        let create = DataSourceCreate::parse(body, true).expect("a good body").draft;
        assert_eq!((create.name.as_str(), create.source), ("Shop", SourceType::Sqlite));
        assert_eq!(create.connection.config["databaseMode"], "shop.db");
        assert!(create.is_default);
    }

    #[test]
    fn a_create_that_breaks_rules_names_them() {
        let rule = |body: Value| {
            let violation = DataSourceCreate::parse(body, false).expect_err("a broken rule").violations.remove(0);
            (violation.path, violation.rule)
        };
        let known = |extra: Value| json!({"name": "a", "type": "sqlite", "connectionConfig": extra});
        assert_eq!(rule(json!({"name": "a", "type": "oracle", "connectionConfig": {}})).1, "enum");
        assert_eq!(rule(json!({"type": "csv", "connectionConfig": {}})).0, "/name");
        assert_eq!(rule(known(json!({}))).0, "/connectionConfig/path");
        assert_eq!(rule(known(json!("x"))), ("/connectionConfig".to_owned(), "type".to_owned()));
    }

    #[test]
    fn a_patch_is_read_and_cannot_remove_the_name() {
        let patch = DataSourcePatch::parse(json!({"isDefault": true, "description": null}), true).expect("a patch");
        let patch = patch.change;
        assert_eq!((patch.name, patch.is_default, patch.description), (None, Some(true), Patch::Clear));
        assert!(DataSourcePatch::parse(json!({"name": null}), false).is_err());
        assert!(DataSourcePatch::parse(json!({}), false).is_err());
    }
}
