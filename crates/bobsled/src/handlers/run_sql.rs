//! `POST run-sql`: a query on the tables of a product, through the guard and the caller's row filters.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::States;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{EDITOR, HAS_ASSET, OWNER, SERVED_BY, VIEWER};
use serde_json::{Map, Value, json};

use super::data_assets;
use super::source_tests::place_of;
use crate::call::Call;
use crate::databases::{Question, Reach};
use crate::door::Door;
use crate::envelope::{Reply, Warning};
use crate::error::{Code, Failure, RULE_TYPE, Violation};
use crate::fields::{self, Checked};
use crate::message::Message;
use crate::parts::compositions::graph::{self, source_of};
use crate::parts::{compositions, item};
use crate::shapes::run_sql::{self as shapes, DEFAULT_ROWS, DEFAULT_TIMEOUT_MS, TIMEOUT_MS};
use crate::subject;
use crate::translate::holdings::Act;
use crate::translate::tables::Tables;
use crate::translate::users::{self, ALLOW_SQL, ROW_FILTERS};
use crate::translate::{data_source, refs, rights, sources};

fn depth() -> Depth {
    Depth::of(&[HAS_ASSET, SERVED_BY, OWNER, EDITOR, VIEWER], false)
}

/// What a request asks for, and how much of it.
struct Request {
    sql: String,
    parameters: Map<String, Value>,
    rows: u64,
    timeout: Duration,
    is_preview: bool,
    warnings: Vec<Warning>,
}

impl Request {
    fn parse(body: Value, strict: bool) -> Result<Request, Failure> {
        let also = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            for (name, value) in body.get("params").and_then(Value::as_object).into_iter().flatten() {
                if value.is_array() || value.is_object() {
                    let mut path = "/params".to_owned();
                    crate::mount::push_segment(&mut path, name);
                    broken.push(Violation::new(path, RULE_TYPE, "must be a text, a number, true, false or null"));
                }
            }
        };
        let checked = fields::check_all(&shapes::REQUEST, &[], body, strict, &also);
        let Checked { body, warnings } = checked.map_err(|failure| {
            // A time that no query can be given is a malformed request.
            let is_time = failure.violations.iter().any(|violation| violation.path == "/timeout");
            if is_time { Failure { code: Code::BAD_REQUEST, ..failure } } else { failure }
        })?;
        let number = |name: &str, default: i64| body.get(name).and_then(Value::as_i64).unwrap_or(default);
        let timeout_ms = number("timeout", DEFAULT_TIMEOUT_MS).clamp(*TIMEOUT_MS.start(), *TIMEOUT_MS.end());
        Ok(Request {
            sql: body.get("sql").and_then(Value::as_str).unwrap_or_default().to_owned(),
            parameters: body.get("params").and_then(Value::as_object).cloned().unwrap_or_default(),
            rows: u64::try_from(number("limit", DEFAULT_ROWS)).unwrap_or(1),
            timeout: Duration::from_millis(timeout_ms.unsigned_abs()),
            is_preview: body.get("preview").and_then(Value::as_bool).unwrap_or(false),
            warnings,
        })
    }
}

pub async fn run(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let request = Request::parse(call.body()?, call.is_strict())?;
    let (catalog, caller) = (&door.catalog, &call.caller);
    let snapshot = catalog.snapshot().await?;
    let view = subject::find(&door, &call, &*snapshot, &depth()).await?;
    let is_editor = rights::may(catalog, &*snapshot, caller, Action::EditAll, &view.record).await?;
    if !is_editor && request.is_preview {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    if !is_editor && !may_ask(&view, caller) {
        return Err(Failure::forbidden("queries on the {product} are not allowed to you"));
    }
    let service = sources::of_product(catalog, &*snapshot, &view)
        .await?
        .ok_or_else(|| Failure::new(Code::VALIDATION_FAILED, "the {product} has no data source that could be asked"))?;
    let mut asked = Asked { door: &door, caller, snapshot: &*snapshot, service: &service, tables: Vec::new() };
    asked.product(&view, request.is_preview).await?;
    asked.composed(view.id(), graph::MAX_DEPTH).await?;
    let tables = asked.tables;
    let place = place_of(&door, &*snapshot, &service).await?;
    let kind = data_source::source_type(&service).word();
    drop(snapshot);
    let (rows, timeout) = (request.rows, request.timeout);
    let question = Question { sql: request.sql, parameters: request.parameters, tables, rows, timeout };
    let answered = door.databases.run(&place, &question).await.map_err(|fault| fault.failure(&kind, timeout))?;
    let columns: Vec<Value> = answered.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    let data = json!({
        "columns": columns,
        "rowCount": answered.rows.len(),
        "rows": answered.rows,
        "executionTime": u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX),
        "truncated": answered.truncated,
        "limit": rows,
    });
    Ok(Reply::ok(data).warn(request.warnings))
}

/// Whether one who may not change the product may query it.
fn may_ask(view: &View, caller: &Caller) -> bool {
    let entry = users::entries(view).remove(&caller.principal.user);
    entry.and_then(|entry| entry.edge.attributes.get(ALLOW_SQL)?.as_bool()).unwrap_or(true)
}

/// Collects the tables that a query may read.
struct Asked<'a> {
    door: &'a Door,
    caller: &'a Caller,
    snapshot: &'a dyn Snapshot,
    service: &'a Record,
    tables: Vec<Reach>,
}

impl Asked<'_> {
    /// The tables of one product, each under the row filter that the caller has there.
    ///
    /// Errors: 403 when a filter is for none of the tables: it may be meant for one that would be open then.
    async fn product(&mut self, view: &View, is_preview: bool) -> Result<(), Failure> {
        let catalog = &self.door.catalog;
        let mut ids: Vec<RecordId> =
            view.targets(HAS_ASSET).filter(|(_, card)| card.kind.is("table")).map(|(edge, _)| edge.to).collect();
        if is_preview {
            let holdings = data_assets::holdings(self.door, self.caller, self.snapshot, view).await?;
            let mut drafted = Tables::below(Some(self.service.clone()), catalog, self.snapshot, self.caller);
            for act in holdings.pending_acts() {
                if let Act::Add { fields, .. } = act
                    && let Ok(table) = drafted.find(&fields).await?
                {
                    ids.push(table.id);
                }
            }
        }
        let entry = users::entries(view).remove(&self.caller.principal.user);
        let filters = entry.and_then(|entry| entry.edge.attributes.get(ROW_FILTERS)?.as_object().cloned());
        let mut filters = Filters::of(filters.unwrap_or_default());
        for record in self.snapshot.by_id(self.caller.account(), &ids).await?.into_iter().flatten() {
            if !record.state.is_alive() {
                continue;
            }
            let Some([service, database, schema, table]) = parts(&record.fqn) else { continue };
            if service != self.service.name {
                continue;
            }
            let columns = record.body.get("columns").and_then(Value::as_array).into_iter().flatten();
            let columns = columns.filter_map(|column| column.get("name")?.as_str()).map(str::to_owned).collect();
            let filter = filters.of_table([&database, &schema, &table]);
            self.tables.push(Reach { database, schema, name: table, columns, filter });
        }
        match filters.unused() {
            None => Ok(()),
            Some(name) => {
                let message = Message::with("your row filter for \"{}\" belongs to none of the tables", [name]);
                Err(Failure::forbidden(message))
            }
        }
    }

    /// The same for the live products that it is composed of, as far as the caller may ask them himself.
    async fn composed(&mut self, product: RecordId, levels: usize) -> Result<(), Failure> {
        let catalog = &self.door.catalog;
        let mut level = vec![product];
        for _ in 0..levels {
            let mut next = Vec::new();
            for product in std::mem::take(&mut level) {
                let part = &compositions::PART;
                let items = item::of_product(part, catalog, self.snapshot, self.caller, product).await?;
                for source in items.iter().filter_map(|item| source_of(&item.live.as_ref()?.body)) {
                    let target = refs::product_id(catalog, source);
                    match catalog.get_in(self.snapshot, self.caller, &target, States::Alive, &depth()).await {
                        Ok(view) if may_ask(&view, self.caller) => {
                            self.product(&view, false).await?;
                            next.push(source);
                        }
                        Ok(_) | Err(Problem::NotFound { .. }) => {}
                        Err(other) => return Err(other.into()),
                    }
                }
            }
            level = next;
        }
        Ok(())
    }
}

/// Service, database, schema and table.
fn parts(fqn: &str) -> Option<[String; 4]> {
    name::split(fqn)?.try_into().ok()
}

/// Row filters by the names that were given for their tables.
struct Filters(Vec<(String, String, bool)>);

impl Filters {
    fn of(given: Map<String, Value>) -> Filters {
        let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned(), false));
        Filters(given.into_iter().filter_map(text).collect())
    }

    /// Everything that was said for a table, under any form of its name.
    fn of_table(&mut self, [database, schema, table]: [&str; 3]) -> Option<String> {
        let forms = [table.to_owned(), format!("{schema}.{table}"), format!("{database}.{schema}.{table}")];
        let mut conditions = Vec::new();
        for (name, condition, is_used) in &mut self.0 {
            if forms.iter().any(|form| name::fold(form) == name::fold(name)) {
                *is_used = true;
                conditions.push(format!("({condition})"));
            }
        }
        if conditions.is_empty() { None } else { Some(conditions.join(" AND ")) }
    }

    fn unused(&self) -> Option<&str> {
        self.0.iter().find(|(_, _, is_used)| !is_used).map(|(name, _, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_found_under_every_form_of_a_tables_name_and_never_lost() {
        let given = json!({"Orders": "region = 'EU'", "sales.orders": "amount > 1", "customers": "id = 1"});
        let mut filters = Filters::of(given.as_object().expect("an object").clone());
        assert_eq!(filters.of_table(["shop", "sales", "orders"]).as_deref(), Some("(region = 'EU') AND (amount > 1)"));
        assert_eq!(filters.of_table(["shop", "sales", "other"]), None);
        assert_eq!(filters.unused(), Some("customers"));
    }

    #[test]
    fn a_request_is_bounded() {
        let parse = |more: Value| {
            let mut body = json!({"sql": "SELECT 1"});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            Request::parse(body, false)
        };
        assert_eq!(
            parse(json!({})).ok().map(|request| (request.rows, request.timeout.as_millis())),
            Some((1_000, 30_000))
        );
        assert_eq!(parse(json!({"timeout": 120_001})).err().map(|failure| failure.status()), Some(400));
        assert_eq!(parse(json!({"limit": 10_001})).err().map(|failure| failure.status()), Some(422));
        assert_eq!(parse(json!({"params": {"a": []}})).err().map(|failure| failure.status()), Some(400));
    }
}
