//! Lists and counts: a query becomes one statement per state, put together from fixed fragments with bound values.

mod path;

use std::fmt::Write;

use emporion_model::id::RecordId;
use emporion_model::query::{DeletedWith, KeysetKey, ListQuery, Order};
use emporion_model::record::Record;
use rusqlite::types::Value as Bound;
use rusqlite::{Row, params_from_iter};
use serde_json::Value;

use self::path::{FEW, Path};
use super::error::SqliteError;
use super::read::Reader;
use crate::listed::{self, SHOWN_BY, below, is_held, shown_by, states};
use crate::rows::{self, ALIVE, DELETED_FREED, RECORD};

impl Reader<'_> {
    pub fn list(&self, query: &ListQuery) -> Result<Vec<Record>, SqliteError> {
        let limit = query.limit as usize;
        let path = self.path(query)?;
        let states = states(query.states);
        let mut found = Vec::new();
        for state in states {
            let sql = Sql::list(query, *state, path);
            let mut statement = self.connection.prepare_cached(&sql.text)?;
            let mut rows = statement.query(params_from_iter(&sql.values))?;
            let mut room = limit;
            while room > 0
                && let Some(row) = rows.next()?
            {
                if !contains(row, &query.containing, (4, 18))? {
                    continue;
                }
                found.push(self.record(row)?);
                room -= 1;
            }
        }
        if states.len() > 1 {
            found.sort_by(|a, b| query.compare(a, b));
            found.truncate(limit);
        }
        Ok(found)
    }

    pub fn count(&self, query: &ListQuery) -> Result<u64, SqliteError> {
        let mut total = 0;
        let path = self.path_of_count(query)?;
        for state in states(query.states) {
            total += if query.is_whole_kind() {
                self.tally(query.account, query.kind, *state)?
            } else if *state == ALIVE && is_held(query) {
                self.held(query, path)?
            } else {
                self.count_state(query, *state, path)?
            };
        }
        Ok(u64::try_from(total).unwrap_or(0))
    }

    /// How many there are of a list by the tallies of what stands below records. Where it has records that not everybody
    /// sees, those that show to somebody are found among these, or by their edges, where either are few, and else among all.
    fn held(&self, query: &ListQuery, path: Path) -> Result<i64, SqliteError> {
        let [open, closed] = self.held_by_visibility(query)?;
        let Some(ids) = &query.visible_to else { return Ok(open + closed) };
        if closed == 0 {
            return Ok(open);
        }
        if self.records_hidden(query)? < FEW {
            let hidden = ListQuery { hidden: true, ..query.clone() };
            return Ok(open + self.count_state(&hidden, ALIVE, Path::Hidden)?);
        }
        let mut edges = 0;
        for relation in SHOWN_BY {
            edges += self.links_to(relation, ids)?;
        }
        if edges >= FEW {
            return self.count_state(query, ALIVE, path);
        }
        let mut sql = Sql::of("count(*)", query, ALIVE, Path::Ids);
        sql.push(" AND visibility = 1");
        sql.only_shown(ids);
        let shown: Option<i64> = self.first(&sql.text, params_from_iter(sql.values), |row| Ok(row.get(0)?))?;
        Ok(open + shown.unwrap_or(0))
    }

    /// Those that everybody in the account sees, and the others.
    fn held_by_visibility(&self, query: &ListQuery) -> Result<[i64; 2], SqliteError> {
        let sums = "SELECT coalesce(sum(n) FILTER (WHERE visibility = 0), 0), \
                    coalesce(sum(n) FILTER (WHERE visibility <> 0), 0) FROM holdings WHERE ";
        let mut sql = Sql { text: sums.to_owned(), values: Vec::new() };
        let account = sql.bind(query.account.as_bytes().to_vec());
        let kind = sql.bind(query.kind.name().to_owned());
        sql.push(&format!("account = {account} AND kind = {kind}"));
        if let Some(parent) = query.parent {
            let parent = sql.bind(parent.as_bytes().to_vec());
            sql.push(&format!(" AND parent = {parent}"));
        }
        if query.roots_only {
            sql.push(" AND parent = X''");
        }
        if let Some(fqn) = &query.within {
            let (from, to) = below(fqn);
            let (itself, from, to) = (sql.bind(fqn.clone()), sql.bind(from), sql.bind(to));
            let place = |place: &&str| {
                format!(
                    "SELECT id FROM records INDEXED BY records_by_fqn WHERE account = {account} AND kind = '{place}' \
                     AND state < 2 AND fqn >= {itself} AND fqn < {to} AND (fqn = {itself} OR fqn >= {from})"
                )
            };
            let places: Vec<String> = query.kind.0.parents.iter().map(place).collect();
            sql.push(&format!(" AND parent IN ({})", places.join(" UNION ALL ")));
        }
        let sums = self.first(&sql.text, params_from_iter(sql.values), |row| Ok([row.get(0)?, row.get(1)?]))?;
        Ok(sums.unwrap_or([0, 0]))
    }

    fn count_state(&self, query: &ListQuery, state: i64, path: Path) -> Result<i64, SqliteError> {
        let sql = Sql::count(query, state, path);
        let mut statement = self.connection.prepare_cached(&sql.text)?;
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        if query.containing.is_empty() {
            return Ok(rows.next()?.map(|row| row.get(0)).transpose()?.unwrap_or(0));
        }
        let mut total = 0;
        while let Some(row) = rows.next()? {
            total += i64::from(contains(row, &query.containing, (0, 1))?);
        }
        Ok(total)
    }
}

/// Ids as a JSON list of hex texts: one parameter for any number of them.
fn hex(ids: &[RecordId]) -> String {
    let mut json = String::with_capacity(ids.len() * 35 + 2);
    json.push('[');
    for (place, id) in ids.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(json, "{comma}\"{}\"", id.uuid().simple());
    }
    json.push(']');
    json
}

/// Whether the folded name or description holds each of the texts.
fn contains(row: &Row<'_>, parts: &[String], (name, body): (usize, usize)) -> Result<bool, SqliteError> {
    Ok(parts.is_empty() || listed::contains(rows::text(row, name)?, || rows::text(row, body), parts)?)
}

/// A statement under construction.
struct Sql {
    text: String,
    values: Vec<Bound>,
}

impl Sql {
    fn list(query: &ListQuery, state: i64, path: Path) -> Sql {
        let mut sql = Sql::of(RECORD, query, state, path);
        let key = match query.order {
            Order::Name => "name",
            Order::Created => "created_at",
            Order::Updated => "updated_at",
        };
        let (beyond, direction) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
        if let Some(place) = &query.after {
            let value: Bound = match &place.key {
                KeysetKey::Name(name) => name.clone().into(),
                KeysetKey::At(at) => at.0.into(),
            };
            let (value, id) = (sql.bind(value), sql.bind(place.id.as_bytes().to_vec()));
            sql.push(&format!(" AND ({key}, id) {beyond} ({value}, {id})"));
        }
        sql.push(&format!(" ORDER BY {key} {direction}, id {direction}"));
        // What is filtered after reading has no limit here.
        if query.containing.is_empty() {
            let limit = sql.bind(i64::from(query.limit));
            sql.push(&format!(" LIMIT {limit}"));
        }
        sql
    }

    fn count(query: &ListQuery, state: i64, path: Path) -> Sql {
        let columns = if !query.containing.is_empty() { "name, body" } else { "count(*)" };
        Sql::of(columns, query, state, path)
    }

    fn of(columns: &str, query: &ListQuery, state: i64, path: Path) -> Sql {
        let mut sql = Sql {
            text: format!("SELECT {columns} FROM records INDEXED BY {} WHERE ", path.index(query.kind)),
            values: Vec::new(),
        };
        let account = sql.bind(query.account.as_bytes().to_vec());
        let kind = sql.bind(query.kind.name().to_owned());
        sql.push(&format!("account = {account} AND kind = {kind} AND state = {state}"));
        if state < DELETED_FREED && path == Path::Within {
            sql.push(" AND state < 2");
        }
        // What the index is limited to, in its own words.
        if path == Path::Deleted {
            sql.push(" AND state > 0");
        }
        if let Path::Field(_) = path {
            sql.push(&format!(" AND kind = '{}'", query.kind));
        }
        if let Some(parent) = query.parent {
            let parent = sql.bind(parent.as_bytes().to_vec());
            sql.push(&format!(" AND parent = {parent}"));
        }
        if query.roots_only {
            sql.push(" AND parent IS NULL");
        }
        if let Some(fqn) = &query.within {
            sql.only_below(fqn);
        }
        if let Some(name) = &query.name {
            let name = sql.bind(name.clone());
            sql.push(&format!(" AND name = {name}"));
        }
        if let Some(since) = query.since {
            let since = sql.bind(since.0);
            sql.push(&format!(" AND created_at >= {since}"));
        }
        if let Some(ids) = &query.ids {
            let ids = sql.bind(hex(ids));
            sql.push(&format!(" AND id IN (SELECT unhex(value) FROM json_each({ids}))"));
        }
        if let Some((source, relation)) = &query.linked_from {
            let source = sql.bind(source.as_bytes().to_vec());
            let relation = sql.bind(relation.name().to_owned());
            sql.push(&format!(
                " AND id IN (SELECT target FROM edges WHERE source = {source} AND relation = {relation})"
            ));
        }
        for (place, (relation, targets)) in query.linked.iter().enumerate() {
            let relation = sql.bind(relation.name().to_owned());
            let targets = sql.bind(hex(targets));
            let edges = format!(
                "FROM edges WHERE relation = {relation} AND target IN (SELECT unhex(value) FROM json_each({targets}))"
            );
            if path == Path::Linked(place) {
                sql.push(&format!(" AND id IN (SELECT source {edges})"));
            } else {
                sql.push(&format!(" AND EXISTS (SELECT 1 {edges} AND source = records.id)"));
            }
        }
        for relation in &query.unlinked {
            let relation = sql.bind(relation.name().to_owned());
            sql.push(&format!(
                " AND NOT EXISTS (SELECT 1 FROM edges WHERE source = records.id AND relation = {relation})"
            ));
        }
        if query.hidden {
            sql.push(" AND visibility <> 0");
        }
        match query.deleted_with {
            Some(DeletedWith::Nothing) => sql.push(" AND deleted_with IS NULL"),
            Some(DeletedWith::Record(root)) => {
                let root = sql.bind(root.as_bytes().to_vec());
                sql.push(&format!(" AND deleted_with = {root}"));
            }
            None => {}
        }
        if let Some(ids) = &query.visible_to {
            let ids = sql.bind(hex(ids));
            sql.push(&format!(
                " AND (visibility = 0 OR EXISTS (SELECT 1 FROM edges WHERE source = records.id \
                 AND relation IN ({}) AND target IN (SELECT unhex(value) FROM json_each({ids}))))",
                shown_by()
            ));
        }
        for (field, value) in &query.fields {
            sql.field(field, value, path);
        }
        sql
    }

    /// PostgreSQL: `body -> field` compared with jsonb, absent and null made one by `coalesce`.
    fn field(&mut self, field: &str, value: &Value, path: Path) {
        // An index knows an expression by its letters.
        let path = match path {
            Path::Field(listed) if listed == field => format!("'$.\"{field}\"'"),
            _ => self.bind(format!("$.\"{field}\"")),
        };
        let found = format!("json_extract(body, {path})");
        match value {
            Value::Null => self.push(&format!(" AND {found} IS NULL")),
            // Booleans are extracted as 0 and 1; an absent one is false.
            Value::Bool(flag) => self.push(&format!(" AND coalesce({found}, 0) = {}", i64::from(*flag))),
            Value::Number(number) => {
                let number = match number.as_i64() {
                    Some(integer) => self.bind(integer),
                    None => self.bind(number.as_f64().unwrap_or(f64::NAN)),
                };
                self.push(&format!(" AND {found} = {number}"));
            }
            Value::String(text) => {
                let text = self.bind(text.clone());
                self.push(&format!(" AND {found} = {text}"));
            }
            // Lists and objects are extracted as compact JSON, which is how they were stored.
            Value::Array(_) | Value::Object(_) => {
                let text = self.bind(value.to_string());
                self.push(&format!(" AND {found} = {text}"));
            }
        }
    }

    /// At any depth.
    fn only_below(&mut self, fqn: &str) {
        let (from, to) = below(fqn);
        let (from, to) = (self.bind(from), self.bind(to));
        self.push(&format!(" AND fqn >= {from} AND fqn < {to}"));
    }

    /// Those with an edge that shows them, found by it.
    fn only_shown(&mut self, ids: &[RecordId]) {
        let ids = self.bind(hex(ids));
        self.push(&format!(
            " AND id IN (SELECT source FROM edges WHERE relation IN ({}) \
             AND target IN (SELECT unhex(value) FROM json_each({ids})))",
            shown_by()
        ));
    }

    fn push(&mut self, fragment: &str) {
        self.text.push_str(fragment);
    }

    /// Keeps a value and answers its mark.
    fn bind(&mut self, value: impl Into<Bound>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}
