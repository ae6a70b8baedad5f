//! What tables are joined with. Tables that the reader does not see, or that are not there, are left out, and with them what
//! was counted of them.

use std::collections::HashSet;

use emporion_catalog::kinds::TABLE;
use emporion_catalog::name;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use serde_json::Value;

use crate::errors::OmResult;

/// Names in the FQN of a table; what follows names a column.
const TO_A_TABLE: usize = 4;

/// Takes out of counts what the reader does not see, in the words of the core. Asks once for all of them.
pub async fn keep_seen(reading: &Reading<'_>, counts: &mut [&mut Value]) -> OmResult<()> {
    let mut named: Vec<String> =
        counts.iter_mut().flat_map(|counted| joined(counted)).flatten().filter_map(|join| table(join)).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = named.iter().map(String::as_str).collect();
    let found = reading.by_fqn(TABLE, &names).await?;
    let is_alive = |found: &Option<Record>| found.as_ref().is_some_and(|table| table.state.is_alive());
    let seen: HashSet<&str> =
        names.iter().zip(&found).filter(|(_, found)| is_alive(found)).map(|(name, _)| *name).collect();
    for counted in counts.iter_mut() {
        for list in joined(counted) {
            list.retain(|join| table(join).is_some_and(|table| seen.contains(table.as_str())));
        }
        if let Some(columns) = counted.get_mut("column_joins").and_then(Value::as_array_mut) {
            columns.retain(|column| column["joined_with"].as_array().is_none_or(|joined| !joined.is_empty()));
        }
    }
    Ok(())
}

/// The lists of what was joined: of whole tables, and of each column.
fn joined(counted: &mut Value) -> Vec<&mut Vec<Value>> {
    let Some(counted) = counted.as_object_mut() else { return Vec::new() };
    let mut lists = Vec::new();
    for (member, value) in counted.iter_mut() {
        let Value::Array(list) = value else { continue };
        match member.as_str() {
            "direct_table_joins" => lists.push(list),
            "column_joins" => {
                let columns = list.iter_mut().filter_map(|column| column.get_mut("joined_with"));
                lists.extend(columns.filter_map(Value::as_array_mut));
            }
            _ => {}
        }
    }
    lists
}

/// The FQN of the table that was joined, or that the joined column is of.
fn table(join: &Value) -> Option<String> {
    let names = name::split(join.get("fqn")?.as_str()?)?;
    let table = names.get(..TO_A_TABLE)?;
    Some(table.iter().map(|name| name::quote(name)).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_join_names_a_table_by_itself_or_by_a_column() {
        let of = |fqn: &str| table(&json!({"fqn": fqn}));
        assert_eq!(of("w.d.s.t").as_deref(), Some("w.d.s.t"));
        assert_eq!(of("w.d.s.\"a.b\".c.d").as_deref(), Some("w.d.s.\"a.b\""));
        assert_eq!((of("w.d.s"), table(&json!({}))), (None, None));
        let mut counted = json!({"day_count": 1, "direct_table_joins": [{"fqn": "a"}],
                                 "column_joins": [{"column_name": "c", "joined_with": [{"fqn": "b"}, {"fqn": "c"}]}]});
        assert_eq!(joined(&mut counted).iter().map(|list| list.len()).sum::<usize>(), 3);
    }
}
