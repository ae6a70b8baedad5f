//! Functions in FROM: those that make rows of their arguments, and which columns they have.

use sqlparser::ast::{
    Expr, FunctionArg, Ident, JsonTableColumn, JsonTableColumnErrorHandling, ObjectName, Spanned, TableAlias,
    TableFactor, Value, ValueWithSpan,
};

use super::dialect::Dialect;
use super::names::idents;
use super::refusal::{Refusal, Rule, brief, unsupported};
use super::scope::{OutColumn, SMALL_ROWS, Shape, Source};
use super::walk::Walk;
use super::{functions, joins, series, types};

/// How the columns of a function's rows are called.
enum Names {
    /// These.
    Own(&'static [&'static str]),
    /// One for each argument, and the only one is called like the alias.
    Alias(usize),
    /// As the alias declares them, with their types.
    Declared,
}

const JSON_EACH: &[&str] = &["key", "value", "type", "atom", "id", "parent", "fullkey", "path"];

fn names(dialect: Dialect, function: &str) -> Option<Names> {
    match dialect {
        Dialect::PostgreSql => match function {
            "generate_series"
            | "unnest"
            | "generate_subscripts"
            | "json_object_keys"
            | "jsonb_object_keys"
            | "jsonb_path_query"
            | "regexp_matches"
            | "regexp_split_to_table"
            | "string_to_table" => Some(Names::Alias(1)),
            "json_array_elements"
            | "json_array_elements_text"
            | "jsonb_array_elements"
            | "jsonb_array_elements_text" => Some(Names::Own(&["value"])),
            "json_each" | "json_each_text" | "jsonb_each" | "jsonb_each_text" => Some(Names::Own(&["key", "value"])),
            "json_to_record" | "json_to_recordset" | "jsonb_to_record" | "jsonb_to_recordset" => Some(Names::Declared),
            _ => None,
        },
        Dialect::Sqlite => match function {
            "generate_series" => Some(Names::Own(&["value"])),
            "json_each" | "json_tree" => Some(Names::Own(JSON_EACH)),
            _ => None,
        },
        Dialect::MySql => None,
    }
}

/// Whether a function makes rows where it stands in the SELECT list, too.
pub(super) fn in_the_list(dialect: Dialect, function: &str) -> bool {
    dialect == Dialect::PostgreSql
        && matches!(
            function,
            "json_array_elements"
                | "json_array_elements_text"
                | "json_object_keys"
                | "jsonb_array_elements"
                | "jsonb_array_elements_text"
                | "jsonb_object_keys"
                | "jsonb_path_query"
                | "regexp_matches"
                | "regexp_split_to_table"
                | "string_to_table"
                | "unnest"
        )
}

fn refused(what: &str) -> Refusal {
    Refusal::new(Rule::TableFunctionNotAllowed, format!("`{}` answers rows and is not allowed", brief(what)))
}

impl Walk<'_> {
    /// `name(args) WITH ORDINALITY AS alias (columns)`.
    pub fn function_source(
        &mut self,
        name: &ObjectName,
        args: &mut [FunctionArg],
        alias: Option<&mut TableAlias>,
        with_ordinality: bool,
        links: &mut joins::Links,
    ) -> Result<(), Refusal> {
        let dialect = self.policy.dialect();
        let at = |refusal: Refusal| refusal.or_at(name.span());
        let parts = idents(name)?;
        let [ident] = parts.as_slice() else {
            let message = "a function that answers rows is not allowed";
            return Err(Refusal::at(Rule::TableFunctionNotAllowed, name.span(), message));
        };
        let function = dialect.key(ident);
        let columns = names(dialect, &function).ok_or_else(|| at(refused(&ident.value)))?;
        // With the values of parameters.
        functions::arguments(args, false, self).map_err(at)?;
        let small = match function.as_str() {
            "generate_series" => series::rows(args).filter(|rows| *rows <= series::MAX_ROWS).map_or_else(
                || {
                    let message = format!(
                        "a series has plain bounds, numbers or dates, a plain step, and at most {} rows",
                        series::MAX_ROWS
                    );
                    Err(Refusal::at(Rule::TableFunctionNotAllowed, name.span(), message))
                },
                |rows| Ok(rows <= SMALL_ROWS as f64),
            )?,
            _ => true,
        };
        self.made(ident, columns, alias, with_ordinality, small, links).map_err(at)
    }

    /// `UNNEST(array, …)`, which the parser knows apart.
    pub fn unnest(
        &mut self,
        arrays: &mut [Expr],
        alias: Option<&mut TableAlias>,
        with_ordinality: bool,
        links: &mut joins::Links,
    ) -> Result<(), Refusal> {
        if self.policy.dialect() != Dialect::PostgreSql || self.plain {
            return Err(refused("unnest"));
        }
        self.exprs(arrays)?;
        self.made(&Ident::new("unnest"), Names::Alias(arrays.len()), alias, with_ordinality, true, links)
    }

    fn made(
        &mut self,
        function: &Ident,
        names: Names,
        alias: Option<&mut TableAlias>,
        with_ordinality: bool,
        small: bool,
        links: &mut joins::Links,
    ) -> Result<(), Refusal> {
        if with_ordinality && (self.policy.dialect() != Dialect::PostgreSql || matches!(names, Names::Declared)) {
            return Err(unsupported("WITH ORDINALITY"));
        }
        let called = alias.as_ref().map_or_else(|| function.clone(), |alias| alias.name.clone());
        let plain = |name: &str| OutColumn { key: name.to_owned(), name: name.to_owned() };
        let mut columns: Vec<OutColumn> = match names {
            Names::Own(names) => names.iter().copied().map(plain).collect(),
            Names::Alias(1) => vec![self.named(&called)],
            Names::Alias(several) => vec![plain("unnest"); several],
            Names::Declared => Vec::new(),
        };
        // In PostgreSQL, a row of one column is that column's value.
        let is_value = columns.len() == 1 && !with_ordinality && self.policy.dialect() == Dialect::PostgreSql;
        if with_ordinality {
            columns.push(plain("ordinality"));
        }
        if let Some(alias) = alias {
            if matches!(names, Names::Declared) {
                for column in &alias.columns {
                    let declared = column.data_type.as_ref().ok_or_else(|| unsupported("a column without a type"))?;
                    types::check(declared)?;
                }
            } else {
                self.alias(alias)?;
            }
            let more = alias.columns.iter().map(|column| self.named(&column.name)).collect::<Vec<_>>();
            let rest = columns.split_off(more.len().min(columns.len()));
            columns = more.into_iter().chain(rest).collect();
        }
        self.beside(links);
        let key = self.policy.dialect().key(&called);
        self.add(Source { alias: Some(key), table: None, shape: Shape { columns: Some(columns), small }, is_value })
    }

    /// `JSON_TABLE(expr, 'path' COLUMNS (…)) AS alias`.
    pub fn json_table(&mut self, factor: &mut TableFactor, links: &mut joins::Links) -> Result<(), Refusal> {
        let TableFactor::JsonTable { json_expr, json_path, columns, alias: Some(alias) } = factor else {
            return Err(unsupported("this source of rows"));
        };
        if self.policy.dialect() != Dialect::MySql || self.plain {
            return Err(refused("json_table"));
        }
        self.expr(json_expr)?;
        text(json_path)?;
        let mut names = Vec::new();
        self.json_columns(columns, &mut names)?;
        self.alias(alias)?;
        self.beside(links);
        let key = self.policy.dialect().key(&alias.name);
        let shape = Shape { columns: Some(names), small: true };
        self.add(Source { alias: Some(key), table: None, shape, is_value: false })
    }

    fn json_columns(&self, columns: &[JsonTableColumn], names: &mut Vec<OutColumn>) -> Result<(), Refusal> {
        for column in columns {
            match column {
                JsonTableColumn::Named(column) => {
                    types::check(&column.r#type)?;
                    text(&column.path)?;
                    for handling in [&column.on_empty, &column.on_error].into_iter().flatten() {
                        if let JsonTableColumnErrorHandling::Default(value) = handling {
                            text(value)?;
                        }
                    }
                    names.push(self.named(&column.name));
                }
                JsonTableColumn::ForOrdinality(name) => names.push(self.named(name)),
                JsonTableColumn::Nested(nested) => {
                    text(&nested.path)?;
                    self.json_columns(&nested.columns, names)?;
                }
            }
        }
        Ok(())
    }

    /// What comes next may read the sources before it, so it is no cross join.
    fn beside(&mut self, links: &mut joins::Links) {
        let at = self.scope.frame().sources.len();
        links.all(at.saturating_sub(1), at + 1);
    }
}

fn text(value: &ValueWithSpan) -> Result<(), Refusal> {
    match value.value {
        Value::SingleQuotedString(_) | Value::DoubleQuotedString(_) => Ok(()),
        _ => Err(unsupported("this literal").or_at(value.span)),
    }
}
