//! The tools, one per file.

mod ask;
mod product;
mod queryable;
mod search;
mod sql;

use emporion_edge::shape::{Member, Shape, Text};
use serde_json::Value;

use crate::bounds;
use crate::tool::Tool;

pub static ALL: &[&Tool] = &[&search::TOOL, &product::TOOL, &queryable::TOOL, &ask::TOOL, &sql::TOOL];

const PRODUCT: Member = Member::required("product", Shape::Text(Text::between(1, 200)));
const PRODUCT_MEANS: &str = "The id of the product, as search_products shows it, its external id, or its name where only one that you see has it.";
/// Of what describes: about 25,000 tokens.
const METADATA_BYTES: usize = 96 << 10;
/// Of rows.
const ROW_BYTES: usize = 64 << 10;

pub fn named(name: &str) -> Option<&'static Tool> {
    ALL.iter().copied().find(|tool| tool.name == name)
}

/// Keeps the rows of a table that there is room for, and says in the table that there are more. Answers how many were
/// left off.
fn rows_left_off(table: Option<&mut Value>, bytes: usize) -> usize {
    let Some(table) = table else { return 0 };
    let Some(rows) = table.get_mut("rows").and_then(Value::as_array_mut) else { return 0 };
    let left_off = bounds::keep_rows(rows, bytes);
    if left_off > 0 {
        let kept = rows.len();
        table["rowCount"] = kept.into();
        table["truncated"] = true.into();
    }
    left_off
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_argument_says_what_it_means() {
        for tool in ALL {
            assert_eq!(tool.arguments.shape.members.len(), tool.arguments.meaning.len(), "{}", tool.name);
            assert!(!tool.arguments.shape.open, "{}", tool.name);
            let printed = tool.described().schema_as_json_value().to_string();
            assert!(!printed.contains("$ref"), "{printed}");
        }
    }

    #[test]
    fn names_are_those_of_one_tool_each() {
        for tool in ALL {
            assert!(std::ptr::eq(named(tool.name).expect("it is there"), *tool));
        }
        assert!(named("nothing").is_none());
    }

    #[test]
    fn a_table_says_that_rows_were_left_off() {
        let mut table = json!({"rows": [["x".repeat(50)], ["y"]], "rowCount": 2, "truncated": false});
        assert_eq!(rows_left_off(Some(&mut table), 1_000), 0);
        assert_eq!(table["truncated"], false);
        assert_eq!(rows_left_off(Some(&mut table), 60), 1);
        assert_eq!((&table["rowCount"], &table["truncated"]), (&json!(1), &json!(true)));
        assert_eq!(rows_left_off(None, 1), 0);
    }
}
