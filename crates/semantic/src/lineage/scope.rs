//! Scopes: what names mean at one place of a query.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::Ident;

use super::ColumnName;
use crate::guard::Dialect;

/// The columns that something is made of; `None` where that cannot be known.
pub type Origins = Option<Rc<BTreeSet<Rc<ColumnName>>>>;

/// A column of a query's answer, or of a table.
#[derive(Clone)]
pub struct Output {
    /// Its name in the form that names are compared in; `None` where it has none that could be told.
    pub key: Option<String>,
    pub from: Origins,
    /// The text that makes it, where that is no column alone.
    pub function: Option<Rc<str>>,
    /// A value that the statement writes is in it.
    pub is_written: bool,
}

impl Output {
    pub fn unknown(key: Option<String>) -> Output {
        Output { key, from: None, function: None, is_written: false }
    }

    /// A column of a table.
    pub fn stored(dialect: Dialect, origin: ColumnName) -> Output {
        let key = Some(dialect.stored_key(&origin.column));
        Output { key, from: Some(Rc::new([Rc::new(origin)].into())), function: None, is_written: false }
    }
}

/// The columns of a table or a query in order; `None` where they are not known.
pub type Outputs = Option<Rc<Vec<Output>>>;

/// What can stand before the dot of a column.
#[derive(Clone)]
pub enum Name {
    Alias(String),
    /// A table without an alias may be named in full.
    Table {
        schema: Option<String>,
        table: String,
    },
    /// A sub-query without an alias.
    None,
}

#[derive(Clone)]
pub struct Source {
    pub name: Name,
    pub columns: Outputs,
}

/// What a FROM clause, or a part of it, brings.
#[derive(Default)]
pub struct Joined {
    pub sources: Vec<Source>,
    /// The columns of `*`, which are those that need no qualifier; columns that were joined by name are one.
    pub visible: Vec<Output>,
    /// Some columns are not known.
    pub is_partial: bool,
}

impl Joined {
    pub fn of(source: Source) -> Joined {
        let visible = source.columns.as_ref().map(|columns| columns.to_vec());
        Joined { is_partial: visible.is_none(), visible: visible.unwrap_or_default(), sources: vec![source] }
    }
}

/// A place in a query: what its FROM brings, and what is around it.
pub struct Scope<'s> {
    pub joined: &'s Joined,
    pub outer: Option<&'s Scope<'s>>,
}

impl Scope<'_> {
    /// The column that a name means. `None`: it cannot be told.
    pub fn column(&self, dialect: Dialect, parts: &[Ident]) -> Option<Output> {
        let (name, qualifier) = parts.split_last()?;
        let key = dialect.key(name);
        if !qualifier.is_empty() {
            return only(&self.source(dialect, qualifier)?.columns.as_ref()?[..], &key).cloned();
        }
        let mut found = self.joined.visible.iter().filter(|column| column.key.as_ref() == Some(&key));
        match (found.next(), found.next()) {
            (Some(column), None) => Some(column.clone()),
            (None, _) if !self.joined.is_partial => self.outer?.column(dialect, parts),
            _ => None,
        }
    }

    /// The one source that a qualifier names, at the nearest place where any does.
    pub fn source(&self, dialect: Dialect, qualifier: &[Ident]) -> Option<&Source> {
        let mut found = self.joined.sources.iter().filter(|source| source.is_named(dialect, qualifier));
        match (found.next(), found.next()) {
            (Some(source), None) => Some(source),
            (None, _) => self.outer?.source(dialect, qualifier),
            _ => None,
        }
    }
}

impl Source {
    fn is_named(&self, dialect: Dialect, qualifier: &[Ident]) -> bool {
        let keys: Vec<String> = qualifier.iter().map(|ident| dialect.key(ident)).collect();
        match (&self.name, keys.as_slice()) {
            (Name::Alias(alias), [key]) => alias == key,
            (Name::Table { table, .. }, [key]) => table == key,
            (Name::Table { schema, table }, [.., of, key]) => table == key && schema.as_ref() == Some(of),
            _ => false,
        }
    }
}

/// The one column of that name.
pub fn only<'c>(columns: &'c [Output], key: &str) -> Option<&'c Output> {
    let mut found = columns.iter().filter(|column| column.key.as_deref() == Some(key));
    found.next().filter(|_| found.next().is_none())
}
