//! The tables of a contract with their columns, keys and references, in the standard's words.

use std::collections::HashMap;

use emporion_catalog::spelling::decode;
use serde_json::{Map, Value, json};

use crate::contract::{entries, put, some, text};

/// The classification whose confirmed tags say how a column is to be treated.
const PERSONAL: &str = "PII.";

/// The tables of one contract: references lead to these and no others.
pub struct Tables<'a>(pub &'a [Value]);

impl Tables<'_> {
    pub fn printed(&self) -> Vec<Value> {
        let columns = self.referable();
        self.0.iter().map(|table| object(table, &columns)).collect()
    }

    /// What the standard calls each column, by its full name, as far as that means one table alone.
    fn referable(&self) -> HashMap<&str, String> {
        let mut columns = HashMap::new();
        for table in self.0 {
            if self.0.iter().filter(|other| other["name"] == table["name"]).count() > 1 {
                continue;
            }
            for column in entries(&table["columns"]) {
                let names = [text(&table["name"]), text(&column["name"])];
                if let ([Some(table), Some(name)], Some(full)) = (names, text(&column["fullyQualifiedName"]))
                    && is_word(table)
                    && is_word(name)
                {
                    columns.insert(full, format!("{table}.{name}"));
                }
            }
        }
        columns
    }
}

/// Whether references may call it so.
fn is_word(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn object(table: &Value, columns: &HashMap<&str, String>) -> Value {
    let name = decode(text(&table["name"]).unwrap_or_default());
    let is_view = text(&table["tableType"]).is_some_and(|kind| kind.contains("View"));
    let mut object = Map::new();
    put(&mut object, "id", text(&table["id"]).map(Value::from));
    object.insert("name".to_owned(), (*name).into());
    object.insert("physicalName".to_owned(), (*name).into());
    put(&mut object, "businessName", text(&table["displayName"]).map(Value::from));
    object.insert("logicalType".to_owned(), "object".into());
    object.insert("physicalType".to_owned(), if is_view { "view" } else { "table" }.into());
    put(&mut object, "description", text(&table["description"]).map(Value::from));
    put(&mut object, "tags", tag_names(&table["tags"]));
    let server = text(&table["databaseSchema"]["fullyQualifiedName"]);
    let server = server.map(|server| json!([{"property": "server", "value": server}]));
    put(&mut object, "customProperties", server);
    let keys = Keys::of(table);
    let properties = entries(&table["columns"]).map(|column| property(column, &keys)).collect();
    put(&mut object, "properties", some(properties));
    put(&mut object, "relationships", some(relationships(table, columns)));
    Value::Object(object)
}

/// Keys of a table, declared by its columns or beside them.
#[derive(Default)]
struct Keys<'a> {
    primary: Vec<&'a str>,
    /// Whether `primary` stands in the order of the key.
    is_ordered: bool,
    /// Columns that are unique by themselves.
    unique: Vec<&'a str>,
}

impl Keys<'_> {
    fn of(table: &Value) -> Keys<'_> {
        let mut keys = Keys::default();
        for constraint in entries(&table["tableConstraints"]) {
            let columns: Vec<&str> = entries(&constraint["columns"]).filter_map(Value::as_str).collect();
            match (constraint["constraintType"].as_str(), &columns[..]) {
                (Some("PRIMARY_KEY"), _) => (keys.primary, keys.is_ordered) = (columns, true),
                (Some("UNIQUE"), [only]) => keys.unique.push(only),
                _ => {}
            }
        }
        let declared = |column: &&Value, what: &str| column["constraint"] == what;
        if keys.primary.is_empty() {
            let of_columns = entries(&table["columns"]).filter(|column| declared(column, "PRIMARY_KEY"));
            keys.primary = of_columns.filter_map(|column| column["name"].as_str()).collect();
        }
        let of_columns = entries(&table["columns"]).filter(|column| declared(column, "UNIQUE"));
        keys.unique.extend(of_columns.filter_map(|column| column["name"].as_str()));
        keys.is_ordered |= keys.primary.len() == 1;
        if let [only] = keys.primary[..] {
            keys.unique.push(only);
        }
        keys
    }
}

fn property(column: &Value, keys: &Keys<'_>) -> Value {
    let name = text(&column["name"]).unwrap_or_default();
    let mut property = Map::new();
    property.insert("name".to_owned(), decode(name).into());
    put(&mut property, "businessName", text(&column["displayName"]).map(Value::from));
    let logical = text(&column["dataType"]).and_then(logical_type);
    put(&mut property, "logicalType", logical.map(Value::from));
    let physical = text(&column["dataTypeDisplay"]).or(text(&column["dataType"]));
    put(&mut property, "physicalType", physical.map(Value::from));
    let position = keys.primary.iter().position(|key| *key == name);
    let required = match column["constraint"].as_str() {
        Some("NOT_NULL" | "PRIMARY_KEY") => Some(true),
        _ if position.is_some() => Some(true),
        Some("NULL") => Some(false),
        _ => None,
    };
    put(&mut property, "required", required.map(Value::from));
    if keys.unique.contains(&name) {
        property.insert("unique".to_owned(), true.into());
    }
    if let Some(position) = position {
        property.insert("primaryKey".to_owned(), true.into());
        put(&mut property, "primaryKeyPosition", keys.is_ordered.then(|| (position + 1).into()));
    }
    put(&mut property, "description", text(&column["description"]).map(Value::from));
    put(&mut property, "classification", classification(&column["tags"]).map(Value::from));
    put(&mut property, "tags", tag_names(&column["tags"]));
    if logical == Some("object") {
        let parts = entries(&column["children"]).map(|part| self::property(part, &Keys::default())).collect();
        put(&mut property, "properties", some(parts));
    }
    Value::Object(property)
}

/// Foreign keys whose both ends the contract has.
fn relationships(table: &Value, columns: &HashMap<&str, String>) -> Vec<Value> {
    let own = |name: &str| {
        let column = entries(&table["columns"]).find(|column| column["name"] == name)?;
        columns.get(column["fullyQualifiedName"].as_str()?)
    };
    let mut found = Vec::new();
    for constraint in entries(&table["tableConstraints"]).filter(|one| one["constraintType"] == "FOREIGN_KEY") {
        let names = |member: &str| entries(&constraint[member]).map(Value::as_str).collect::<Option<Vec<&str>>>();
        let (Some(from), Some(to)) = (names("columns"), names("referredColumns")) else { continue };
        let from: Option<Vec<&String>> = from.into_iter().map(own).collect();
        let to: Option<Vec<&String>> = to.into_iter().map(|full| columns.get(full)).collect();
        match (from.as_deref(), to.as_deref()) {
            (Some([from]), Some([to])) => found.push(json!({"type": "foreignKey", "from": from, "to": to})),
            (Some(from), Some(to)) if from.len() == to.len() && !from.is_empty() => {
                found.push(json!({"type": "foreignKey", "from": from, "to": to}));
            }
            _ => {}
        }
    }
    found
}

pub fn tag_names(labels: &Value) -> Option<Value> {
    some(entries(labels).filter_map(|label| text(&label["tagFQN"])).map(Value::from).collect())
}

/// A tag that a crawler proposes is no word of anybody yet.
fn classification(labels: &Value) -> Option<&str> {
    let confirmed = entries(labels).filter(|label| label["state"] != "Suggested");
    confirmed.filter_map(|label| text(&label["tagFQN"])).find(|tag| tag.starts_with(PERSONAL))
}

/// The standard's word for a type, where it has one.
#[rustfmt::skip]
fn logical_type(data_type: &str) -> Option<&'static str> {
    Some(match data_type {
        "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "BYTEINT" | "LONG" | "LARGEINT" | "UINT" | "YEAR" => "integer",
        "NUMBER" | "FLOAT" | "DOUBLE" | "DECIMAL" | "NUMERIC" | "FIXED" | "MONEY" => "number",
        "STRING" | "MEDIUMTEXT" | "TEXT" | "CHAR" | "VARCHAR" | "CLOB" | "NTEXT" | "UUID" | "ENUM" | "XML" | "INET"
        | "CIDR" | "MACADDR" | "IPV4" | "IPV6" => "string",
        "TIMESTAMP" | "TIMESTAMPZ" | "DATETIME" => "timestamp",
        "DATE" => "date",
        "TIME" => "time",
        "BOOLEAN" => "boolean",
        "STRUCT" | "RECORD" | "MAP" => "object",
        "ARRAY" => "array",
        _ => return None,
    })
}
