//! Lists and counts: a query becomes one statement, put together from fixed fragments with bound values. Which index
//! serves it is left to the server, which has statistics.

use emporion_model::id::{Millis, RecordId};
use emporion_model::query::{DeletedWith, Keyset, KeysetKey, ListQuery, Order, States};
use emporion_model::record::Record;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::error::PostgresError;
use super::read::{Reader, is_nowhere, storable, uuids};
use crate::listed::{self, below, is_held, shown_by, states};
use crate::rows::{self, ALIVE, Columns, RECORD};

/// Records that are read at once where it shows only then which of them are meant.
const PAGE: u32 = 1_000;

impl Reader<'_> {
    pub async fn list(&self, query: &ListQuery) -> Result<Vec<Record>, PostgresError> {
        self.session.plan_for_values().await?;
        if !query.containing.is_empty() {
            return self.containing(query).await;
        }
        let sql = Sql::list(query);
        self.session.all(&sql.text, &sql.values(), |row| self.codec.record(row)).await
    }

    /// What is filtered after it was read comes page by page: no more than until enough is found.
    async fn containing(&self, query: &ListQuery) -> Result<Vec<Record>, PostgresError> {
        let limit = query.limit as usize;
        let mut page = ListQuery { limit: PAGE, ..query.clone() };
        let mut found = Vec::new();
        while found.len() < limit {
            let sql = Sql::list(&page);
            let (mut read, mut last) = (0, None);
            let take = |row: &Row| {
                read += 1;
                if read == PAGE {
                    last = Some(place(row, query.order)?);
                }
                if contains(row, &query.containing, (4, 18))? {
                    found.push(self.codec.record(row)?);
                }
                Ok(found.len() < limit)
            };
            self.session.each(&sql.text, &sql.values(), take).await?;
            match last {
                Some(last) => page.after = Some(last),
                None => break,
            }
        }
        Ok(found)
    }

    pub async fn count(&self, query: &ListQuery) -> Result<u64, PostgresError> {
        let mut total = 0;
        if query.is_whole_kind() {
            for state in states(query.states) {
                total += self.tally(query.account, query.kind, *state).await?;
            }
        } else if states(query.states) == [ALIVE] && is_held(query) {
            total = self.held(query).await?;
        } else {
            total = self.counted(query).await?;
        }
        Ok(u64::try_from(total).unwrap_or(0))
    }

    pub async fn lists(&self, queries: &[ListQuery]) -> Result<Vec<Vec<Record>>, PostgresError> {
        try_join_all(queries.iter().map(|query| self.list(query))).await
    }

    pub async fn counts(&self, queries: &[ListQuery]) -> Result<Vec<u64>, PostgresError> {
        try_join_all(queries.iter().map(|query| self.count(query))).await
    }

    /// How many there are of a list by the tallies of what stands below records. Those that not everybody sees are
    /// counted one by one for somebody.
    async fn held(&self, query: &ListQuery) -> Result<i64, PostgresError> {
        self.session.plan_for_values().await?;
        let sql = Sql::held(query);
        let sums = self.session.first(&sql.text, &sql.values(), |row| Ok([row.int(0)?, row.int(1)?])).await?;
        let [open, closed] = sums.unwrap_or([0, 0]);
        match query.visible_to {
            None => Ok(open + closed),
            Some(_) if closed == 0 => Ok(open),
            Some(_) => Ok(open + self.counted(&ListQuery { hidden: true, ..query.clone() }).await?),
        }
    }

    async fn counted(&self, query: &ListQuery) -> Result<i64, PostgresError> {
        self.session.plan_for_values().await?;
        if query.containing.is_empty() {
            let sql = Sql::of("count(*)", query);
            return Ok(self.session.first(&sql.text, &sql.values(), |row| row.int(0)).await?.unwrap_or(0));
        }
        let sql = Sql::of("name, body", query);
        let mut total = 0;
        let count = |row: &Row| {
            total += i64::from(contains(row, &query.containing, (0, 1))?);
            Ok(true)
        };
        self.session.each(&sql.text, &sql.values(), count).await?;
        Ok(total)
    }
}

/// Where the record of a row stands in the order.
fn place(row: &Row, order: Order) -> Result<Keyset, PostgresError> {
    let key = match order {
        Order::Name => KeysetKey::Name(rows::text(row, 4)?.to_owned()),
        Order::Created => KeysetKey::At(Millis(row.int(10)?)),
        Order::Updated => KeysetKey::At(Millis(row.int(13)?)),
    };
    Ok(Keyset { key, id: rows::id(row, 0)? })
}

fn contains(row: &Row, parts: &[String], (name, body): (usize, usize)) -> Result<bool, PostgresError> {
    listed::contains(rows::text(row, name)?, || rows::text(row, body), parts)
}

/// A statement under construction.
struct Sql {
    text: String,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Sql {
    fn list(query: &ListQuery) -> Sql {
        let mut sql = Sql::of(RECORD, query);
        let key = match query.order {
            Order::Name => "name",
            Order::Created => "created_at",
            Order::Updated => "updated_at",
        };
        let (beyond, direction) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
        if let Some(place) = &query.after {
            let value = match &place.key {
                KeysetKey::Name(name) => sql.text(name.clone()),
                KeysetKey::At(at) => sql.bind(at.0),
            };
            let id = sql.bind(place.id.uuid());
            sql.push(&format!(" AND ({key}, id) {beyond} ({value}, {id})"));
        }
        sql.push(&format!(" ORDER BY {key} {direction}, id {direction}"));
        let limit = sql.bind(i64::from(query.limit));
        sql.push(&format!(" LIMIT {limit}"));
        sql
    }

    fn held(query: &ListQuery) -> Sql {
        let sums = "SELECT coalesce(sum(n) FILTER (WHERE visibility = 0), 0)::bigint, \
                    coalesce(sum(n) FILTER (WHERE visibility <> 0), 0)::bigint FROM holdings WHERE ";
        let mut sql = Sql { text: sums.to_owned(), values: Vec::new() };
        let account = sql.bind(query.account.uuid());
        let kind = sql.bind(query.kind.name());
        sql.push(&format!("account = {account} AND kind = {kind}"));
        if let Some(parent) = query.parent {
            let parent = sql.bind(parent.uuid());
            sql.push(&format!(" AND parent = {parent}"));
        }
        if query.roots_only {
            let none = sql.bind(uuid::Uuid::nil());
            sql.push(&format!(" AND parent = {none}"));
        }
        if let Some(fqn) = &query.within {
            let (from, to) = below(fqn);
            let (itself, from, to) = (sql.text(fqn.clone()), sql.text(from), sql.text(to));
            let places = sql.bind(query.kind.0.parents.to_vec());
            sql.push(&format!(
                " AND parent IN (SELECT id FROM records WHERE account = {account} AND kind = ANY({places}) \
                 AND state < 2 AND fqn >= {itself} AND fqn < {to} AND (fqn = {itself} OR fqn >= {from}))"
            ));
        }
        sql
    }

    fn of(columns: &str, query: &ListQuery) -> Sql {
        let mut sql = Sql { text: format!("SELECT {columns} FROM records WHERE "), values: Vec::new() };
        let account = sql.bind(query.account.uuid());
        // In the words of the indexes that are of one kind alone.
        sql.push(&format!("account = {account} AND kind = '{}'", query.kind));
        match states(query.states) {
            [state] => sql.push(&format!(" AND state = {state}")),
            several => sql.push(&format!(
                " AND state IN ({})",
                several.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
            )),
        }
        sql.places(query);
        sql.links(query);
        if let Some(name) = &query.name {
            let name = sql.text(name.clone());
            sql.push(&format!(" AND name = {name}"));
        }
        if let Some(since) = query.since {
            let since = sql.bind(since.0);
            sql.push(&format!(" AND created_at >= {since}"));
        }
        if let Some(ids) = &query.ids {
            let ids = sql.ids(ids);
            sql.push(&format!(" AND id = ANY({ids})"));
        }
        if query.hidden {
            sql.push(" AND visibility <> 0");
        }
        match query.deleted_with {
            Some(DeletedWith::Nothing) => sql.push(" AND deleted_with IS NULL"),
            Some(DeletedWith::Record(root)) => {
                let root = sql.bind(root.uuid());
                sql.push(&format!(" AND deleted_with = {root}"));
            }
            None => {}
        }
        if let Some(ids) = &query.visible_to {
            let ids = sql.ids(ids);
            let edges = format!("SELECT 1 FROM edges WHERE source = records.id AND relation IN ({})", shown_by());
            sql.push(&format!(" AND (visibility = 0 OR EXISTS ({edges} AND target = ANY({ids})))"));
        }
        for (field, value) in &query.fields {
            sql.field(field, value);
        }
        sql
    }

    /// Where it stands.
    fn places(&mut self, query: &ListQuery) {
        if let Some(parent) = query.parent {
            let parent = self.bind(parent.uuid());
            self.push(&format!(" AND parent = {parent}"));
        }
        if query.roots_only {
            self.push(" AND parent IS NULL");
        }
        if let Some(fqn) = &query.within {
            let (from, to) = below(fqn);
            let (from, to) = (self.text(from), self.text(to));
            // What the index of whole names is limited to, in its own words.
            let held = if query.states == States::Dead { "" } else { " AND state < 2" };
            self.push(&format!("{held} AND fqn >= {from} AND fqn < {to}"));
        }
    }

    /// What leads from it and to it.
    fn links(&mut self, query: &ListQuery) {
        if let Some((source, relation)) = &query.linked_from {
            let (source, relation) = (self.bind(source.uuid()), self.bind(relation.name()));
            self.push(&format!(
                " AND id IN (SELECT target FROM edges WHERE source = {source} AND relation = {relation})"
            ));
        }
        for (relation, targets) in &query.linked {
            let (relation, targets) = (self.bind(relation.name()), self.ids(targets));
            self.push(&format!(
                " AND id IN (SELECT source FROM edges WHERE relation = {relation} AND target = ANY({targets}))"
            ));
        }
        for relation in &query.unlinked {
            let relation = self.bind(relation.name());
            self.push(&format!(
                " AND NOT EXISTS (SELECT 1 FROM edges WHERE source = records.id AND relation = {relation})"
            ));
        }
    }

    /// Members are compared as the texts that they were printed as; numbers by their values. The name of the member
    /// stands in the text, since an index knows an expression by its letters: it is one of the core's constants.
    fn field(&mut self, field: &str, value: &Value) {
        let found = format!("body_member(body, '{}')", field.replace('\'', "''"));
        match value {
            Value::Null => self.push(&format!(" AND coalesce({found}, 'null') = 'null'")),
            // An absent one is false.
            Value::Bool(false) => self.push(&format!(" AND coalesce({found}, 'null') IN ('false', 'null')")),
            Value::Number(number) => {
                let number = self.bind(number.to_string());
                let equals = format!("{found}::numeric = {number}::text::numeric");
                self.push(&format!(" AND CASE WHEN {found} ~ '^[-0-9]' THEN {equals} ELSE false END"));
            }
            Value::Bool(true) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                let text = self.bind(value.to_string().replace("\\u0000", "\\ufffd"));
                self.push(&format!(" AND {found} = {text}"));
            }
        }
    }

    fn ids(&mut self, ids: &[RecordId]) -> String {
        self.bind(uuids(ids))
    }

    fn push(&mut self, fragment: &str) {
        self.text.push_str(fragment);
    }

    /// Keeps a text that may come from anybody, between two conditions. Where no column can hold it, nothing is found.
    fn text(&mut self, text: String) -> String {
        if is_nowhere(&text) {
            self.push(" AND false");
        }
        self.bind(storable(&text).into_owned())
    }

    /// Keeps a value and answers its mark.
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}
