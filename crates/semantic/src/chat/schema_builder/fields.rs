//! The fields of datasets: those that can be shown, with their types and what is known of their values.

use std::ops::ControlFlow;

use serde_json::Value;
use sqlparser::ast::{Expr, Query};

use super::super::ground::{DatasetId, Field, FieldId, Names, Type};
use super::super::{speech, units};
use super::{Layer, LayerId, LeftOut, Making, folded, names, text_of, types, written_times};
use crate::guard::Dialect;
use crate::model::time_format::{self, TimeFormat};
use crate::model::{self, Granularity};
use crate::visit::{self, Visitor};

impl Making<'_> {
    pub(super) fn fields(&mut self) {
        for dataset in (0..self.ground.datasets.len()).map(DatasetId) {
            let first = self.ground.fields.len();
            for layer in self.layers_of(dataset).collect::<Vec<_>>() {
                for at in 0..self.layer(layer).fields.len() {
                    self.spent.set(0);
                    match self.field(layer, at, first) {
                        Ok(Some(field)) => self.ground.fields.push(field),
                        Ok(None) => {
                            let kept_back = self.kept_back(layer, at);
                            self.ground.kept_back.extend(kept_back);
                        }
                        Err(reason) => {
                            let part = self.part(dataset, &self.layer(layer).fields[at].common.name);
                            self.left_out.push(LeftOut { part, reason });
                        }
                    }
                }
            }
            self.ground.datasets[dataset.0].default_time = self.default_time(dataset, first);
            self.ground.datasets[dataset.0].redacted = self.redacted(dataset);
        }
    }

    fn part(&self, dataset: DatasetId, field: &str) -> String {
        format!("{}.{field}", self.ground.dataset(dataset).names.name)
    }

    /// What a field is called that is left out because it tells of persons. Of composed products nothing is told.
    fn kept_back(&self, layer: LayerId, at: usize) -> Option<Names> {
        let &Layer { dataset, ref fields, .. } = self.layer(layer);
        let (written, is_own) = (fields[at], !self.ground.dataset(dataset).names.name.contains('.'));
        let is_hidden = written.common.extension["hidden"] == true || self.is_hidden_below(layer, at, 0);
        let expr = self.apart(|| self.field_tree(layer, at, 0)).ok()?;
        let is_told = is_own && !is_hidden && self.is_personal(layer, at, &expr);
        is_told.then(|| names(&written.common, written.label.as_ref()))
    }

    /// `None` for what is not to be shown, and for what is there already: the fields of the dataset from `first` on.
    fn field(&self, layer: LayerId, at: usize, first: usize) -> Result<Option<Field>, String> {
        let &Layer { dataset, ref fields, .. } = self.layer(layer);
        let written = fields[at];
        let extension = &written.common.extension;
        if extension["hidden"] == true {
            return Ok(None);
        }
        let expr = self.field_tree(layer, at, 0)?;
        if self.is_personal(layer, at, &expr) || self.is_hidden_below(layer, at, 0) {
            return Ok(None);
        }
        if aggregates(&expr) {
            return Err("a field is of one row, and this one aggregates".to_owned());
        }
        let TypedExpression { text, ty, is_time, format } = self.typed(dataset, written, expr)?;
        let is_it = |field: &&Field| folded(&field.names.name) == folded(&written.common.name);
        match self.ground.fields[first..].iter().find(is_it) {
            // Said once more of what it is over.
            Some(same) if same.expression == text => return Ok(None),
            // Figures over it are of what their own model says.
            Some(_) => return Err("the dataset that it is over has another field of this name".to_owned()),
            None => {}
        }
        // What stands in the texts is no value of the time.
        let samples = extension["sampleValues"].as_array().filter(|_| format.is_none());
        let values = samples.cloned().unwrap_or_default();
        let mut value_synonyms = synonyms(&extension["valueSynonyms"]);
        value_synonyms.extend(explained(written.common.description.as_deref(), &values));
        Ok(Some(Field {
            dataset,
            names: names(&written.common, written.label.as_ref()),
            expression: text,
            ty,
            is_time,
            finest: format.as_ref().map_or(Granularity::Day, TimeFormat::finest),
            is_key: false,
            is_enumerated: extension["enumerated"] == true && format.is_none(),
            values,
            value_synonyms,
            unit: text_of(&extension["unit"])
                .or_else(|| said_unit(&written.common.name, ty))
                .or_else(|| described_unit(written.common.description.as_deref().filter(|_| ty == Type::Number)?)),
            format: text_of(&extension["format"]),
        }))
    }

    /// The expression of a field as questions use it, and what its values are.
    fn typed(&self, dataset: DatasetId, written: &model::Field, expr: Expr) -> Result<TypedExpression, String> {
        let known = self.ground.dataset(dataset);
        let column = match &expr {
            Expr::Identifier(ident) => self.tables[dataset.0].columns.iter().find(|(name, _)| *name == ident.value),
            _ => None,
        };
        let column = column.map(|(_, word)| word.as_str());
        let held = types::of(None, column, &expr, known.dialect);
        if let Some(format) = format_of(written, held)? {
            let expr = written_times::first_day(speech::of(known.dialect), expr, held == Type::Number, &format);
            return Ok(TypedExpression { text: expr.to_string(), ty: Type::Date, is_time: true, format: Some(format) });
        }
        let says_time = written.time_dimension == Some(true);
        let ty = types::of(written.data_type.as_deref(), column, &expr, known.dialect);
        // What the model calls a time and is of no known type is read as a text of one.
        let ty = if says_time && ty == Type::Other { Type::Text } else { ty };
        let is_time = says_time && matches!(ty, Type::Date | Type::Timestamp | Type::Text)
            || written.time_dimension.is_none() && matches!(ty, Type::Date | Type::Timestamp);
        let mut text = expr.to_string();
        if known.dialect == Dialect::PostgreSql
            && ty == Type::Timestamp
            && column.is_some_and(types::has_zone)
            && let Some(zone) = zone(&self.ground.calendar.timezone)
        {
            // Days begin where the product is.
            text = format!("{text} AT TIME ZONE '{zone}'");
        }
        Ok(TypedExpression { text, ty, is_time, format: None })
    }

    fn default_time(&self, dataset: DatasetId, first: usize) -> Option<FieldId> {
        let name = self.declared_time(dataset)?;
        let is_it = |id: &FieldId| {
            let field = self.ground.field(*id);
            field.is_time && folded(&field.names.name) == folded(&name)
        };
        (first..self.ground.fields.len()).map(FieldId).find(is_it)
    }

    fn declared_time(&self, dataset: DatasetId) -> Option<String> {
        self.declared.get(dataset.0).cloned().flatten()
    }
}

/// What a field is.
struct TypedExpression {
    /// Its expression.
    text: String,
    ty: Type,
    is_time: bool,
    /// How times stand in texts, or in digits.
    format: Option<TimeFormat>,
}

/// How the time stands in a text or a number: as the model says, else as its samples are written. `None` of what holds times
/// as its source compares them, or no times.
///
/// Errors: a format that is none.
fn format_of(field: &model::Field, held: Type) -> Result<Option<TimeFormat>, String> {
    if !matches!(held, Type::Text | Type::Number | Type::Other) {
        return Ok(None);
    }
    time_format::of_field(field)
}

fn synonyms(value: &Value) -> Vec<(String, Vec<String>)> {
    let words = |value: &Value| match value {
        Value::Array(words) => words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        Value::String(word) => vec![word.clone()],
        _ => Vec::new(),
    };
    value.as_object().into_iter().flatten().map(|(value, synonyms)| (value.clone(), words(synonyms))).collect()
}

fn said_unit(name: &str, ty: Type) -> Option<String> {
    let words: Vec<String> = model::name_words(name).iter().map(|word| word.to_lowercase()).collect();
    let unit = units::of_name(&words).filter(|_| ty == Type::Number);
    unit.map(str::to_owned)
}

/// "minutes late at departure", "Length in kilometres": the unit that a description begins or ends with.
fn described_unit(description: &str) -> Option<String> {
    const SHORTEST: usize = 4;
    let first = description.split([',', ';', '.', '(', ':']).next()?.to_lowercase();
    let words: Vec<&str> = first.split_whitespace().collect();
    let said = match words.as_slice() {
        [.., "in", last] => Some(*last),
        [one] => Some(*one),
        [one, next, ..] if ["in", "of", "from", "late", "between", "spent"].contains(next) => Some(*one),
        _ => None,
    };
    said.filter(|word| word.len() >= SHORTEST).and_then(units::unit).map(str::to_owned)
}

/// "F = female, M = male": what a description says of values that are codes.
fn explained(description: Option<&str>, values: &[Value]) -> Vec<(String, Vec<String>)> {
    let pairs = description.unwrap_or_default().split([',', ';', '.', '(', ')', '|', '\n']);
    let of = |pair: &str| {
        let (code, meaning) =
            pair.split_once('=').or_else(|| pair.split_once(" - ")).or_else(|| pair.split_once(": "))?;
        let code = code.split_whitespace().last()?.trim_matches(|c: char| "'\"`".contains(c)).to_owned();
        let meaning = meaning.trim().trim_matches(|c: char| "'\"`".contains(c)).to_owned();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_value = values.iter().any(|value| text(value) == code);
        let is_name = !meaning.is_empty() && meaning.split_whitespace().count() <= 3;
        (is_value && is_name).then(|| (code, vec![meaning]))
    };
    pairs.filter_map(of).collect()
}

/// A timezone's name that can stand in a literal.
fn zone(name: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '-');
    (!name.is_empty() && name.len() < 60 && name.chars().all(is_plain)).then_some(name)
}

fn aggregates(expr: &Expr) -> bool {
    struct Look;
    impl Visitor for Look {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(function) => {
                    let name = function.name.to_string().to_ascii_lowercase();
                    let is_choice = matches!(name.as_str(), "min" | "max");
                    match crate::guard::known_function(&name) == Some(true) && !is_choice || function.over.is_some() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    visit::look(expr, &mut Look).is_break()
}

pub(super) fn declared_time(dataset: &model::Dataset) -> Option<String> {
    let name = text_of(&dataset.common.extension["defaultTimeField"])?;
    // It may be written with its dataset.
    Some(name.rsplit('.').next().unwrap_or(&name).to_owned())
}
