//! What a store holds, as one stream of rows that either engine gives and either takes: how a store gets from one to the
//! other, and into a backup. What an engine keeps for itself alone (numbers of commits, work in turns, keys that nodes share,
//! layouts of observations) is no part of it.

use std::fmt;

use uuid::Uuid;

/// Rows that are handed on at once, and how long their texts are then at most, roughly.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;
/// Batches under way: whoever gives is no further ahead of whoever takes.
pub const AHEAD: usize = 4;

/// How far a stream has come: whole tables, and rows of the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkpoint {
    pub table: usize,
    pub rows: u64,
}

/// Hears how many rows are done, and of how many. Where it says no, the work ends.
pub type Progress<'a> = &'a dyn Fn(u64, u64) -> bool;

/// What a column holds; every engine has a type for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Id,
    /// Where there is none, a file has an empty one and a database one of noughts.
    IdOrNone,
    Int,
    Text,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Id(Uuid),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Null | Value::Id(_) | Value::Int(_) => 16,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("none"),
            Value::Id(id) => id.fmt(f),
            Value::Int(number) => number.fmt(f),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

pub type Row = Vec<Value>;

/// A part of the stream. One that ends without `End` was broken off, and is nothing.
#[derive(Debug)]
pub enum Part {
    Rows(&'static Table, Vec<Row>),
    End,
}

/// A table that all engines have, with the columns that all of them have.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Sort)],
    /// In which order its rows are given; in none where they are best taken as they lie.
    pub order: &'static str,
}

impl Table {
    pub fn columns(&self) -> String {
        let quoted: Vec<String> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        quoted.join(", ")
    }

    pub fn select(&self) -> String {
        let order = if self.order.is_empty() { String::new() } else { format!(" ORDER BY {}", self.order) };
        format!("SELECT {} FROM {}{order}", self.columns(), self.name)
    }

    /// What tells a row from others, to be shown.
    pub fn naming(&self, row: &[Value]) -> String {
        let key: Vec<&str> = if self.order.is_empty() { vec!["id"] } else { self.order.split(", ").collect() };
        let named = self.columns.iter().zip(row).filter(|((name, _), _)| key.contains(name));
        named.map(|((name, _), value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    }
}

/// Rows on their way into a part.
pub struct Batch {
    table: &'static Table,
    rows: Vec<Row>,
    bytes: usize,
}

impl Batch {
    pub fn of(table: &'static Table) -> Batch {
        Batch { table, rows: Vec::new(), bytes: 0 }
    }

    /// Adds a row. Answers a part where there are enough.
    pub fn push(&mut self, row: Row) -> Option<Part> {
        self.bytes += row.iter().map(Value::bytes).sum::<usize>();
        self.rows.push(row);
        (self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES).then(|| self.take())
    }

    pub fn take(&mut self) -> Part {
        self.bytes = 0;
        Part::Rows(self.table, std::mem::take(&mut self.rows))
    }
}

use Sort::{Bytes, Id, IdOrNone, Int, Text};

/// All of them, in the order of the stream.
pub const TABLES: &[Table] = &[
    Table {
        name: "records",
        columns: &[
            ("id", Id),
            ("account", Id),
            ("kind", Text),
            ("parent", Id),
            ("name", Text),
            ("folded", Text),
            ("fqn", Text),
            ("state", Int),
            ("deleted_with", Id),
            ("revision", Int),
            ("version", Int),
            ("content_revision", Int),
            ("created_at", Int),
            ("created_by", Id),
            ("created_by_name", Text),
            ("updated_at", Int),
            ("updated_by", Id),
            ("updated_by_name", Text),
            ("updated_through", Text),
            ("updated_door", Text),
            ("visibility", Int),
            ("change", Text),
            ("body", Text),
        ],
        order: "",
    },
    Table {
        name: "revisions",
        columns: &[
            ("id", Id),
            ("account", Id),
            ("kind", Text),
            ("parent", Id),
            ("name", Text),
            ("fqn", Text),
            ("state", Int),
            ("revision", Int),
            ("version", Int),
            ("content_revision", Int),
            ("created_at", Int),
            ("created_by", Id),
            ("created_by_name", Text),
            ("updated_at", Int),
            ("updated_by", Id),
            ("updated_by_name", Text),
            ("updated_through", Text),
            ("updated_door", Text),
            ("visibility", Int),
            ("change", Text),
            ("body", Text),
        ],
        order: "",
    },
    Table {
        name: "edges",
        columns: &[
            ("id", Id),
            ("source", Id),
            ("relation", Text),
            ("place", Text),
            ("ord", Int),
            ("target", Id),
            ("attributes", Text),
            ("since", Int),
        ],
        order: "source, relation, place, ord, id",
    },
    Table {
        name: "past_edges",
        columns: &[
            ("source", Id),
            ("until", Int),
            ("since", Int),
            ("id", Id),
            ("relation", Text),
            ("place", Text),
            ("ord", Int),
            ("target", Id),
            ("attributes", Text),
        ],
        order: "source, until, since, id",
    },
    Table {
        name: "aliases",
        columns: &[("account", Id), ("space", Text), ("value", Text), ("id", Id)],
        order: "account, space, value",
    },
    Table {
        name: "secrets",
        columns: &[("record", Id), ("path", Text), ("sealed", Bytes), ("fingerprint", Bytes)],
        order: "record, path",
    },
    Table {
        name: "credentials",
        columns: &[
            ("id", Id),
            ("account", Id),
            ("user", Id),
            ("class", Text),
            ("public", Text),
            ("label", Text),
            ("secret", Bytes),
            ("created_at", Int),
            ("expires_at", Int),
            ("made_with", Id),
        ],
        order: "id",
    },
    Table {
        name: "answers",
        columns: &[
            ("account", Id),
            ("scope", Text),
            ("key", Text),
            ("fingerprint", Bytes),
            ("status", Int),
            ("body", Bytes),
            ("at", Int),
        ],
        order: "account, scope, key",
    },
    Table {
        name: "events",
        columns: &[
            ("seq", Int),
            ("account", Id),
            ("at", Int),
            ("by_id", Id),
            ("by_name", Text),
            ("by_through", Text),
            ("by_door", Text),
            ("what", Text),
            ("kind", Text),
            ("id", Id),
            ("fqn", Text),
            ("revision", Int),
            ("detail", Text),
        ],
        order: "seq",
    },
    Table {
        name: "audit_events",
        columns: &[
            ("account", Id),
            ("at", Int),
            ("id", Id),
            ("by_id", Id),
            ("by_name", Text),
            ("by_through", Text),
            ("by_door", Text),
            ("what", Text),
            ("about", Id),
            ("detail", Text),
        ],
        order: "account, at, id",
    },
    Table { name: "epochs", columns: &[("account", Id), ("epoch", Int)], order: "account" },
    Table {
        name: "tallies",
        columns: &[("account", Id), ("kind", Text), ("state", Int), ("n", Int)],
        order: "account, kind, state",
    },
    Table {
        name: "holdings",
        columns: &[("account", Id), ("kind", Text), ("parent", IdOrNone), ("visibility", Int), ("n", Int)],
        order: "account, kind, parent, visibility",
    },
    Table {
        name: "follower_states",
        columns: &[("follower", Text), ("key", Text), ("account", Id), ("position", Int), ("data", Text)],
        order: "follower, key",
    },
    Table {
        name: "observation_series",
        columns: &[("id", Int), ("account", Id), ("record", Id), ("name", Text), ("item", Text)],
        order: "id",
    },
    Table { name: "observations", columns: &[("series", Int), ("at", Int), ("value", Text)], order: "series, at" },
];
