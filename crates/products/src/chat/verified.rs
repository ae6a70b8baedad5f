//! A product's verified queries, as questions are matched with them.

use std::collections::HashMap;

use emporion_semantic::chat::ground::{FieldId, Type};
use emporion_semantic::chat::{Ground, ModelSource, Slot, TableKnown, Takes, Verified};
use emporion_semantic::model::{Common, Dataset, Expression, Field, Model};
use serde_json::Value;
use uuid::Uuid;

use crate::parts::spec::Fields;

/// The queries with their ids, the text of each statement, and what their slots take values of beside the models.
pub struct MatchableQueries {
    pub verified: Vec<Verified>,
    pub statements: HashMap<String, String>,
    pub columns: HashMap<String, Column>,
}

/// A column that no model speaks of, as a field of a ground of its own.
pub struct Column {
    pub ground: Ground,
    pub field: FieldId,
}

/// The table that a name means to the product, if its rows may be asked for.
pub trait OpenTables: Fn(&str) -> Option<TableKnown> {}

impl<F: Fn(&str) -> Option<TableKnown>> OpenTables for F {}

impl MatchableQueries {
    pub fn of<'a>(
        queries: impl Iterator<Item = (Uuid, &'a Fields)>,
        ground: &Ground,
        open: &dyn OpenTables,
    ) -> MatchableQueries {
        let mut kept = MatchableQueries { verified: Vec::new(), statements: HashMap::new(), columns: HashMap::new() };
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
            let slots =
                given.into_iter().flatten().filter_map(|parameter| kept.slot(parameter, ground, open)).collect();
            kept.statements.insert(id.to_string(), sql.to_owned());
            kept.verified.push(Verified { id: id.to_string(), questions, slots });
        }
        kept
    }

    fn slot(&mut self, parameter: &Value, ground: &Ground, open: &dyn OpenTables) -> Option<Slot> {
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
            _ => text("field").and_then(|field| self.values_of(field, ground, open)).unwrap_or(Takes::Quoted),
        };
        Some(Slot { name: text("name")?.to_owned(), takes })
    }

    /// What has the values of a slot: a field of the models, else a column. What a model hides, or what tells of persons,
    /// is looked up nowhere.
    fn values_of(&mut self, named: &str, ground: &Ground, open: &dyn OpenTables) -> Option<Takes> {
        if let Some(field) = field_called(ground, named) {
            return Some(Takes::ValueOf(field));
        }
        let key = named.to_lowercase();
        if !self.columns.contains_key(&key) {
            let column = Column::of(named, ground, open)?;
            self.columns.insert(key.clone(), column);
        }
        Some(Takes::ValueIn(key))
    }
}

/// The field of this path, or the only one whose path ends so.
fn field_called(ground: &Ground, named: &str) -> Option<FieldId> {
    let named = named.to_lowercase();
    let paths: Vec<String> = (0..ground.fields.len()).map(|at| ground.path(FieldId(at)).to_lowercase()).collect();
    if let Some(whole) = paths.iter().position(|path| *path == named) {
        return Some(FieldId(whole));
    }
    let end = format!(".{named}");
    let mut ending = paths.iter().enumerate().filter(|(_, path)| path.ends_with(&end));
    match (ending.next(), ending.next()) {
        (Some((at, _)), None) => Some(FieldId(at)),
        _ => None,
    }
}

impl Column {
    fn of(named: &str, spoken: &Ground, open: &dyn OpenTables) -> Option<Column> {
        let (table, column) = named.rsplit_once('.')?;
        let table = open(table)?;
        let column = table.columns.iter().map(|(name, _)| name).find(|name| name.eq_ignore_ascii_case(column))?;
        let is_kept_back = spoken.datasets.iter().any(|dataset| {
            let is_it = dataset.source == table.source && dataset.table == table.name;
            is_it && dataset.redacted.iter().any(|other| other.eq_ignore_ascii_case(column))
        });
        if is_kept_back {
            return None;
        }
        let common = |name: &str| Common { name: name.to_owned(), ..Common::default() };
        let quoted = format!("\"{}\"", column.replace('"', "\"\""));
        let field = Field { common: common("value"), expression: Expression::ansi(quoted), ..Field::default() };
        let dataset = Dataset {
            common: common("holder"),
            source: "holder".to_owned(),
            fields: vec![field],
            ..Dataset::default()
        };
        let model = Model { common: common("slots"), datasets: vec![dataset], ..Model::default() };
        let source = ModelSource { namespace: None, model: &model, is_generated: true };
        let (ground, _) = Ground::of(&[source], &|_: Option<&str>, _: &str| Some(table.clone()));
        let is_text = ground.fields.first()?.ty == Type::Text;
        is_text.then_some(Column { ground, field: FieldId(0) })
    }
}
