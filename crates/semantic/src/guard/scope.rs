//! Scopes: which names mean what at one place of the statement.

use sqlparser::ast::Ident;

use super::dialect::Dialect;

/// Fewer rows than this may be joined with everything.
pub(super) const SMALL_ROWS: u64 = 1_000;

/// A column that a query answers or a source offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutColumn {
    pub key: String,
    pub name: String,
}

impl OutColumn {
    /// A column of a table, as its source has it.
    pub fn stored(name: &str, dialect: Dialect) -> OutColumn {
        OutColumn { key: dialect.stored_key(name), name: name.to_owned() }
    }
}

/// What is known about the rows of a query or source.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// `None`: the columns are not known, so every name may be one.
    pub columns: Option<Vec<OutColumn>>,
    /// At most about a thousand rows: it may be joined without a condition.
    pub small: bool,
}

/// One thing in a FROM clause.
#[derive(Debug)]
pub(super) struct Source {
    /// The key of the alias; `None` where it has none.
    pub alias: Option<String>,
    /// The table's place in the policy, where it is one.
    pub table: Option<usize>,
    pub shape: Shape,
    /// Its alias alone means a value: that of the only column of a function's rows.
    pub is_value: bool,
}

/// The names of one SELECT.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub sources: Vec<Source>,
    /// Keys of what the SELECT list names; ORDER BY, GROUP BY and HAVING may use them.
    pub outputs: Vec<String>,
    /// Every name may be meant here: the columns of something below are not known.
    pub open: bool,
    /// A USING or NATURAL join merges columns, so what `*` shows is for the source to say.
    pub merged: bool,
}

/// A common table expression that is in reach.
#[derive(Debug)]
pub(super) struct Cte {
    pub key: String,
    /// As it was declared: references are printed with this spelling, so that no server folds them differently.
    pub ident: Ident,
    pub shape: Shape,
    /// Set while its own body is walked.
    pub inside: bool,
    pub refers_to_itself: bool,
}

/// Where an unqualified column comes from.
pub(super) enum Found {
    /// The place of the source in the innermost frame.
    Here(usize),
    /// An outer frame, a name of the SELECT list, or a place that cannot be told.
    Somewhere,
    Nowhere,
}

#[derive(Debug, Default)]
pub(super) struct Scope {
    pub frames: Vec<Frame>,
    pub ctes: Vec<Cte>,
}

impl Scope {
    pub fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        self.frames.last_mut().expect("a frame was pushed above")
    }

    /// The last declared of that name: an inner one hides an outer one.
    pub fn cte(&mut self, key: &str) -> Option<&mut Cte> {
        self.ctes.iter_mut().rev().find(|cte| cte.key == key)
    }

    pub fn column(&self, key: &str) -> Found {
        for (depth, frame) in self.frames.iter().rev().enumerate() {
            let holders = || frame.sources.iter().enumerate();
            let has = |source: &Source| {
                source.shape.columns.as_ref().is_some_and(|columns| columns.iter().any(|column| column.key == key))
            };
            let mut known = holders().filter(|(_, source)| has(source));
            match (known.next(), known.next()) {
                (Some((at, _)), None) if depth == 0 => return Found::Here(at),
                (Some(_), _) => return Found::Somewhere,
                (None, _) => {}
            }
            let mut unknown = holders().filter(|(_, source)| source.shape.columns.is_none());
            match (unknown.next(), unknown.next()) {
                (Some((at, _)), None) if depth == 0 && !frame.outputs.iter().any(|output| output == key) => {
                    return Found::Here(at);
                }
                (Some(_), _) => return Found::Somewhere,
                (None, _) => {}
            }
            if frame.open || frame.outputs.iter().any(|output| output == key) {
                return Found::Somewhere;
            }
        }
        Found::Nowhere
    }

    /// The source an alias means: how many frames out, and its place there.
    pub fn source(&self, key: &str) -> Option<(usize, usize)> {
        self.frames.iter().rev().enumerate().find_map(|(depth, frame)| {
            let at = frame.sources.iter().position(|source| source.alias.as_deref() == Some(key))?;
            Some((depth, at))
        })
    }

    pub fn source_at(&self, (depth, at): (usize, usize)) -> &Source {
        &self.frames[self.frames.len() - 1 - depth].sources[at]
    }

    /// The alias under which a table of the policy is read, nearest first.
    pub fn alias_of(&self, table: usize) -> Option<(usize, usize)> {
        self.frames.iter().rev().enumerate().find_map(|(depth, frame)| {
            let at = frame.sources.iter().position(|source| source.table == Some(table))?;
            Some((depth, at))
        })
    }
}

/// The columns after `AS t(a, b)`: the first ones are renamed.
pub(super) fn renamed(columns: Option<Vec<OutColumn>>, named: Option<Vec<OutColumn>>) -> Option<Vec<OutColumn>> {
    match (columns, named) {
        (columns, None) => columns,
        (None, Some(named)) => Some(named),
        (Some(columns), Some(mut named)) => {
            let rest = columns.into_iter().skip(named.len());
            named.extend(rest);
            Some(named)
        }
    }
}
