//! A product's verified queries, as questions are matched with them.

use std::collections::HashMap;

use emporion_semantic::chat::ground::FieldId;
use emporion_semantic::chat::{Ground, Slot, Takes, Verified};
use serde_json::Value;
use uuid::Uuid;

use crate::parts::spec::Fields;

/// The queries with their ids, and the text of each statement.
pub fn of<'a>(
    queries: impl Iterator<Item = (Uuid, &'a Fields)>,
    ground: &Ground,
) -> (Vec<Verified>, HashMap<String, String>) {
    let (mut verified, mut statements) = (Vec::new(), HashMap::new());
    for (id, fields) in queries {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let (Some(question), Some(sql)) = (text("question"), text("sql")) else { continue };
        // One that its source does not take answers nothing.
        if text("status") == Some("broken") {
            continue;
        }
        let others = fields.get("alternate_questions").and_then(Value::as_array);
        let others = others.into_iter().flatten().filter_map(Value::as_str);
        let questions = std::iter::once(question).chain(others).map(str::to_owned).collect();
        let given = fields.get("parameters").and_then(Value::as_array);
        let slots = given.into_iter().flatten().filter_map(|parameter| slot(parameter, ground)).collect();
        statements.insert(id.to_string(), sql.to_owned());
        verified.push(Verified { id: id.to_string(), questions, slots });
    }
    (verified, statements)
}

fn slot(parameter: &Value, ground: &Ground) -> Option<Slot> {
    let text = |name: &str| parameter.get(name).and_then(Value::as_str);
    let takes = match text("type")? {
        "number" => Takes::Number,
        "date" => Takes::Date,
        "dateRange" => Takes::Period,
        "enum" => {
            let values = parameter.get("values").and_then(Value::as_array);
            let values = values.into_iter().flatten().filter_map(Value::as_str);
            Takes::OneOf(values.map(str::to_owned).collect())
        }
        _ => {
            let field = text("field")?;
            let path = |at: &usize| ground.path(FieldId(*at)).eq_ignore_ascii_case(field);
            Takes::ValueOf(FieldId((0..ground.fields.len()).find(path)?))
        }
    };
    Some(Slot { name: text("name")?.to_owned(), takes })
}
