//! The contract of a product, in the form of the Open Data Contract Standard: put together of what the caller may read
//! of it. What the catalogue does not know is left out, and so is what it does not show him.

mod columns;
mod servers;

use emporion_catalog::record::View;
use emporion_catalog::spelling::decode;
use emporion_products::read;
use serde_json::{Map, Value, json};

use self::columns::{Tables, tag_names};
use crate::catalogue::{Catalogue, segment};
use crate::outcome::Trouble;

const API_VERSION: &str = "v3.1.0";
/// What a table is read with.
const FIELDS: &str = "columns,tableConstraints,tags";

/// What was read of a product already.
pub struct Known<'a> {
    pub product: &'a View,
    /// The same as metadata; null where the caller sees none of it.
    pub entity: &'a Value,
    /// References to its tables.
    pub references: &'a Value,
    /// Its tables as the product names them, with what it was lent.
    pub assets: &'a Value,
}

pub async fn of(catalogue: &Catalogue, known: &Known<'_>) -> Result<Value, Trouble> {
    let Known { product, entity, .. } = known;
    let tables = lent(catalogue, known).await?;
    let mut contract = Map::new();
    contract.insert("apiVersion".to_owned(), API_VERSION.into());
    contract.insert("kind".to_owned(), "DataContract".into());
    contract.insert("id".to_owned(), product.id().to_string().into());
    contract.insert("name".to_owned(), product.record.name.as_str().into());
    contract.insert("version".to_owned(), product.record.revision.0.to_string().into());
    contract.insert("status".to_owned(), status(product, entity).into());
    put(&mut contract, "domain", text(&entity["domains"][0]["fullyQualifiedName"]).map(Value::from));
    contract.insert("dataProduct".to_owned(), product.record.name.as_str().into());
    put(&mut contract, "tags", tag_names(&entity["tags"]));
    let purpose = product.text("description").filter(|text| !text.trim().is_empty()).or(text(&entity["description"]));
    put(&mut contract, "description", purpose.map(|purpose| json!({"purpose": purpose})));
    put(&mut contract, "servers", some(servers::of(catalogue, &tables).await?));
    let sla = agreed(entity, &tables);
    put(&mut contract, "schema", some(Tables(&tables).printed()));
    put(&mut contract, "team", some(members(entity)).map(|members| json!({"members": members})));
    put(&mut contract, "slaProperties", some(sla));
    Ok(Value::Object(contract))
}

/// The tables that the product was lent and the caller sees, described as the product does.
async fn lent(catalogue: &Catalogue, known: &Known<'_>) -> Result<Vec<Value>, Trouble> {
    let mut tables = Vec::new();
    let fields = [("fields", FIELDS.to_owned())];
    for reference in entries(&known.references["data"]).filter(|one| one["type"] == "table") {
        let Some(id) = reference["id"].as_str() else { continue };
        let Some(mut table) = catalogue.metadata(&format!("/tables/{}", segment(id)), &fields).await? else { continue };
        let same: Vec<&Value> = entries(known.assets).filter(|asset| is_place(asset, &table)).collect();
        // Where two sources have a table of that name, both were lent or none is shown.
        if same.is_empty() || same.iter().any(|asset| asset["rows"] != "granted") {
            continue;
        }
        if let ([asset], Some(members)) = (&same[..], table.as_object_mut()) {
            put(members, "description", text(&asset["description"]).map(Value::from));
        }
        tables.push(table);
    }
    Ok(tables)
}

fn is_place(asset: &Value, table: &Value) -> bool {
    let is = |name: &str, of: &Value| match (text(&asset[name]), text(&of["name"])) {
        (Some(asset), Some(table)) => asset == decode(table),
        (asset, table) => asset == table,
    };
    is("tableName", table) && is("schemaName", &table["databaseSchema"]) && is("databaseName", &table["database"])
}

fn status(product: &View, entity: &Value) -> &'static str {
    match entity["lifecycleStage"].as_str() {
        Some("RETIRED") => "retired",
        Some("DEPRECATED") => "deprecated",
        _ if read::deployed_ms(product).is_some() => "active",
        Some("IDEATION" | "DESIGN") => "proposed",
        _ => "draft",
    }
}

fn members(entity: &Value) -> Vec<Value> {
    let mut team = Vec::new();
    for (list, role) in [("owners", "owner"), ("experts", "expert"), ("reviewers", "reviewer")] {
        for one in entries(&entity[list]) {
            let Some(username) = text(&one["name"]) else { continue };
            let mut member = Map::new();
            member.insert("username".to_owned(), username.into());
            put(&mut member, "name", text(&one["displayName"]).map(Value::from));
            member.insert("role".to_owned(), role.into());
            team.push(Value::Object(member));
        }
    }
    team
}

/// What is promised of the product, and how long its tables keep their rows.
fn agreed(entity: &Value, tables: &[Value]) -> Vec<Value> {
    let mut agreed = Vec::new();
    for (member, property, unit) in [
        ("tier", "tier", None),
        ("availability", "availability", Some("percent")),
        ("responseTime", "responseTime", Some("ms")),
        ("dataFreshness", "freshness", Some("minutes")),
        ("dataQuality", "dataQuality", Some("percent")),
    ] {
        let value = &entity["sla"][member];
        if !value.is_null() {
            let mut one = json!({"property": property, "value": value});
            put(one.as_object_mut().expect("it was made as one"), "unit", unit.map(Value::from));
            agreed.push(one);
        }
    }
    for table in tables {
        if let Some(period) = text(&table["retentionPeriod"]) {
            let name = decode(text(&table["name"]).unwrap_or_default());
            agreed.push(json!({"property": "retention", "value": period, "element": name}));
        }
    }
    agreed
}

/// A text that says something.
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

pub fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

pub fn some(list: Vec<Value>) -> Option<Value> {
    if list.is_empty() { None } else { Some(list.into()) }
}

pub fn put(into: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        into.insert(name.to_owned(), value);
    }
}
