//! Expressions that stand in no query: their names are those of columns that they are given.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::Expr;

use super::compared::Asked;
use super::query::Work;
use super::scope::{Joined, Name, Output, Scope, Source};
use super::{ColumnName, Known, inputs, named_once};
use crate::guard::{Dialect, TableName};

/// Names are one without regard to case.
const DIALECT: Dialect = Dialect::Sqlite;

/// What rows of several sources hold, each source under a name of its own.
pub struct Row {
    work: Work<'static>,
    sources: Vec<Joined>,
    /// All of them side by side, once that was asked for.
    whole: Option<Joined>,
}

/// An expression names no tables.
struct Nothing;

impl Known for Nothing {
    fn table(&self, _: &TableName) -> Option<(TableName, Vec<String>)> {
        None
    }
}

impl Row {
    pub fn new() -> Row {
        let mut work = Work::new(DIALECT, &Nothing);
        work.asked = Asked::values(BTreeSet::new());
        Row { work, sources: Vec::new(), whole: None }
    }

    /// One more source, with the columns of a table.
    pub fn add(&mut self, name: &str, columns: impl Iterator<Item = ColumnName>) {
        let columns = columns.map(|column| Output::stored(DIALECT, column)).collect();
        let name = Name::Alias(DIALECT.stored_key(name));
        self.sources.push(Joined::of(Source { name, columns: Some(Rc::new(columns)) }));
        self.whole = None;
    }

    /// A name in one of the sources for what an expression over it tells, beside what the name stands for already. Says
    /// whether that is anything new.
    pub fn name(&mut self, source: usize, name: &str, expr: &Expr) -> bool {
        let joined = &self.sources[source];
        let told = inputs::of(&mut self.work, expr, &Scope { joined, outer: None }, &[]);
        let Some(from) = told.from else { return false };
        let key = DIALECT.stored_key(name);
        let mut columns = joined.visible.clone();
        match columns.iter_mut().find(|column| column.key.as_ref() == Some(&key)) {
            Some(present) => {
                let before = present.from.clone().unwrap_or_default();
                if from.is_subset(&before) {
                    return false;
                }
                present.from = Some(Rc::new(before.union(&from).cloned().collect()));
            }
            None => {
                let (key, is_written) = (Some(key), told.is_written);
                columns.push(Output { key, from: Some(from), function: None, is_written });
            }
        }
        let joined = &mut self.sources[source];
        joined.sources[0].columns = Some(Rc::new(columns.clone()));
        joined.visible = columns;
        self.whole = None;
        true
    }

    /// The names of a source, with the columns whose values they tell.
    pub fn names(&self, source: usize) -> impl Iterator<Item = (String, Vec<ColumnName>)> {
        let named = |column: &Output| Some((column.key.clone()?, named_once(&**column.from.as_ref()?)));
        self.sources[source].visible.iter().filter_map(named)
    }

    /// The columns that an expression over one source, or over all of them, compares with values written in it.
    pub fn compared(&mut self, source: Option<usize>, expr: &Expr) -> Vec<ColumnName> {
        let joined = match source {
            Some(source) => &self.sources[source],
            None => self.whole.get_or_insert_with(|| beside(&self.sources)),
        };
        self.work.look(expr, &Scope { joined, outer: None });
        named_once(&self.work.asked.compared())
    }
}

fn beside(sources: &[Joined]) -> Joined {
    let mut whole = Joined::default();
    for one in sources {
        whole.visible.extend(one.visible.iter().cloned());
        whole.sources.extend(one.sources.iter().cloned());
    }
    whole
}
