//! The keys of a table, as the catalogue knows them: those over one column stand at the column, others at the table.

use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::spelling::decode;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    pub primary: Vec<String>,
    pub unique: Vec<Vec<String>>,
    pub foreign: Vec<ForeignKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    /// The names of the table that it refers to, from that of its service on.
    pub to: [String; 4],
    pub to_columns: Vec<String>,
}

impl Keys {
    pub fn of(table: &Record) -> Keys {
        let list = |field: &str| table.body.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (columns, constraints) = (list("columns"), list("table_constraints"));
        let over_one = |kind: &str| -> Vec<String> {
            let columns = columns.iter().filter(|column| column["constraint"] == kind);
            columns.filter_map(|column| column["name"].as_str()).map(real).collect()
        };
        let over_many = |kind: &str| -> Vec<&Value> {
            constraints.iter().filter(|constraint| constraint["constraint_type"] == kind).collect()
        };
        let primary = match over_many("PRIMARY_KEY").first() {
            Some(constraint) => names(&constraint["columns"]),
            None => over_one("PRIMARY_KEY"),
        };
        let unique = over_many("UNIQUE").into_iter().map(|constraint| names(&constraint["columns"]));
        let unique = unique.chain(over_one("UNIQUE").into_iter().map(|column| vec![column])).collect();
        let foreign = over_many("FOREIGN_KEY").into_iter().filter_map(foreign_key).collect();
        Keys { primary, unique, foreign }
    }
}

/// The names of a table, from that of its service on.
pub fn path(table: &Record) -> Option<[String; 4]> {
    let parts: Vec<String> = name::split(&table.fqn)?.iter().map(|part| real(part)).collect();
    parts.try_into().ok()
}

/// A name of the catalogue as the source has it.
fn real(name: &str) -> String {
    decode(name).into_owned()
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(real).collect()
}

/// The columns that are referred to are FQNs of one table.
fn foreign_key(constraint: &Value) -> Option<ForeignKey> {
    let mut to_columns = Vec::new();
    let mut to = None;
    for parts in names(&constraint["referred_columns"]).into_iter().map(|fqn| name::split(&fqn)) {
        let parts: Vec<String> = parts?.iter().map(|part| real(part)).collect();
        let [service, database, schema, table, column] = <[String; 5]>::try_from(parts).ok()?;
        to_columns.push(column);
        to = Some([service, database, schema, table]);
    }
    Some(ForeignKey { columns: names(&constraint["columns"]), to: to?, to_columns })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_foreign_key_names_the_table_that_its_columns_stand_in() {
        let constraint = json!({
            "constraint_type": "FOREIGN_KEY",
            "columns": ["customer_id"],
            "referred_columns": ["warehouse.shop.sales.customers.id"],
        });
        let key = foreign_key(&constraint).expect("a key");
        assert_eq!(key.to, ["warehouse", "shop", "sales", "customers"]);
        assert_eq!((key.columns, key.to_columns), (vec!["customer_id".to_owned()], vec!["id".to_owned()]));
        assert!(foreign_key(&json!({"columns": ["a"], "referred_columns": ["short.name"]})).is_none());
    }
}
