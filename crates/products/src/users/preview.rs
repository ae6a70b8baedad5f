//! What row filters would leave, before anybody has them: counted in the sources, as the one who sets them may read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_catalog::rows::masks::Masks;
use emporion_catalog::rows::role_terms::Links;
use emporion_semantic::guard::{Dialect, Time};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::filter_check::{self, Checked, Related};
use super::operation::{RoleMasks, Terms, UserOperation, Verb, Who};
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::{Code, Failure, Violation, push_segment};
use crate::message::Message;
use crate::patch::Patch;
use crate::query::{self, Query};
use crate::reach::following;
use crate::reach::queryable::QueryableTable;
use crate::reach::shown_elsewhere::{self, ShownElsewhere};
use crate::reach::unfiltered_views::Names;
use crate::reach::{column_masks, queryable};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{rights, subject};

/// Nobody waits longer for all of it, nor for one table.
const ALL: Duration = Duration::from_secs(20);
const ONE: Duration = Duration::from_secs(8);
/// Tables that are counted, and columns of which values are read.
const MOST: usize = 10;
/// Rows whose values of a column are looked at, and values of which it is told what they become.
const LOOKED_AT: u64 = 50;
const MOST_VALUES: usize = 3;

pub struct Preview {
    /// The tables of which a part is left, by name.
    pub counted: Vec<(String, Option<Left>)>,
    /// Tables that none of the filters is for: all their rows are seen.
    pub whole: Vec<String>,
    /// Of these, those that refer to a filtered table and do not follow it.
    pub uncovered: Vec<Uncovered>,
    /// Tables that show what would be hidden.
    pub elsewhere: Vec<ShownElsewhere>,
    /// What the masks would make of some values.
    pub masked: Vec<MaskedValues>,
}

/// Values of a column as the one who sets its mask reads them, each with what is read instead; `None`: nothing.
pub struct MaskedValues {
    pub table: String,
    pub column: String,
    /// `None` where none could be read.
    pub values: Option<Vec<(String, Option<String>)>>,
}

/// A table of which all rows are seen, also those that refer to hidden ones: joined, these are one group without a name.
pub struct Uncovered {
    pub table: String,
    pub filtered: String,
    /// Of its rows those that refer to what is seen.
    pub left: Option<Left>,
}

/// Of the rows of a table that the one who sets the filter sees, those that it leaves.
pub struct Left {
    pub rows: u64,
    pub of: u64,
}

/// What conditions, by the names of their tables, would leave of what the caller reads of the product, where tables that
/// refer to those follow them, or not. Where a source does not count in time, or it is too much for it, it is not said. Of
/// the tables of `masks` columns would be masked: of some of their values it is said how.
///
/// Errors: 404; 403 for who gives no roles or queries no rows, and for a condition on a column that is masked from him; 422
/// for conditions that cannot be read.
pub async fn of(
    products: &Products,
    request: &ProductRequest,
    filters: &BTreeMap<String, String>,
    masks: &BTreeMap<String, Masks>,
    follows: bool,
) -> Result<Preview, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::EditUsers, &view.record).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let checked = checked(&cx, filters, masks).await?;
    let filters = &checked;
    let named = || filters.iter().filter(|(_, condition)| !condition.is_empty()).map(|(name, _)| name);
    let related = match named().next() {
        Some(_) => Related::of(&cx, &relations::of_product(&cx, ContentState::Live).await?).await?,
        None => Related::default(),
    };
    let (links, uncovered) = (related.links(named()), related.uncovered(named()));
    // What follows a filter hides rows, too, and a view of it shows them.
    let following = links.keys().filter(|_| follows);
    let names: Names = named().chain(following).chain(masks.keys()).cloned().collect();
    let elsewhere = shown_elsewhere::of(&cx, &names).await?;
    let relations = match masks.is_empty() {
        true => Vec::new(),
        false => relations::of_product(&cx, ContentState::Live).await?,
    };
    drop(reading);
    let tables = queryable::list(products, request, None).await?.tables;
    let conditions = Conditions { tables: &tables, filters, links: &links };
    let mut counting = Counting { products, request, begun: Instant::now(), counted: 0, looked_at: 0 };
    let mut preview =
        Preview { counted: Vec::new(), whole: Vec::new(), uncovered: Vec::new(), elsewhere, masked: Vec::new() };
    counting.all(&conditions, &uncovered, follows, &mut preview).await?;
    let masking = Masking { tables: &tables, relations: &relations, thrown_away: Uuid::new_v4() };
    preview.masked = masking.values(masks, &mut counting).await;
    Ok(preview)
}

/// What masks of a product would make of values of its tables.
struct Masking<'a> {
    tables: &'a [QueryableTable],
    relations: &'a [Relation],
    /// What the hashes are made with, of this one preview.
    thrown_away: Uuid,
}

impl Masking<'_> {
    async fn values(&self, masks: &BTreeMap<String, Masks>, counting: &mut Counting<'_>) -> Vec<MaskedValues> {
        let mut masked = Vec::new();
        for (name, columns) in masks {
            let Some(table) = self.tables.iter().find(|table| table.is_meant_by(name)) else { continue };
            let is_it = |relation: &&Relation| table.is_meant_by(&following::full_name(relation));
            let Some(relation) = self.relations.iter().find(is_it) else { continue };
            // What is masked from himself he does not see here either.
            for (column, mask) in columns.iter().filter(|(column, _)| !table.is_masked(column)) {
                let time = match table.dialect {
                    // Its times are texts.
                    Dialect::Sqlite => Time::Text,
                    _ => column_masks::time(relation, column).unwrap_or(Time::Text),
                };
                let with_shown = |value: String| {
                    let shown = column_masks::example(self.thrown_away, time, *mask, &value);
                    (value, shown)
                };
                let values = counting.values(table, column).await;
                let values = values.map(|values| values.into_iter().map(with_shown).collect());
                masked.push(MaskedValues { table: name.clone(), column: column.clone(), values });
            }
        }
        masked
    }
}

/// The conditions as they would be kept: what is refused when they are saved is refused here.
async fn checked(
    cx: &ReadContext<'_>,
    filters: &BTreeMap<String, String>,
    masks: &BTreeMap<String, Masks>,
) -> Result<BTreeMap<String, String>, Failure> {
    let given = filters.iter().filter(|(_, condition)| !condition.is_empty());
    let given: Map<String, Value> = given.map(|(table, text)| (table.clone(), text.as_str().into())).collect();
    let row_filters = if given.is_empty() { Patch::Keep } else { Patch::Set(given) };
    let column_masks = if masks.is_empty() { Patch::Keep } else { Patch::Set(masks.clone()) };
    let terms = Terms { row_filters, column_masks, ..Terms::default() };
    let verb = Verb::Change { role: None, terms };
    let who = Who::Id(String::new());
    let mut operations = [UserOperation { who, beside: None, verb, path: String::new() }];
    let Checked { broken, .. } = filter_check::check(cx, &mut operations, &mut RoleMasks::new()).await?;
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let [UserOperation { verb: Verb::Change { terms, .. }, .. }] = operations else { return Ok(BTreeMap::new()) };
    let Patch::Set(kept) = terms.row_filters else { return Ok(BTreeMap::new()) };
    Ok(kept.into_iter().filter_map(|(table, text)| Some((table, text.as_str()?.to_owned()))).collect())
}

/// Conditions on tables, and the links by which others follow them.
struct Conditions<'a> {
    tables: &'a [QueryableTable],
    filters: &'a BTreeMap<String, String>,
    links: &'a Links,
}

impl<'a> Conditions<'a> {
    fn meant(&self, at: usize) -> Vec<(&'a String, &'a String)> {
        let meant = |name: &String| self.tables[at].is_meant_by(name);
        self.filters.iter().filter(|(name, condition)| !condition.is_empty() && meant(name)).collect()
    }

    /// One that ends in a comment ends before the bracket.
    fn own(&self, at: usize) -> Vec<String> {
        self.meant(at).iter().map(|(_, condition)| format!("({condition}\n)")).collect()
    }

    /// That rows refer to what is seen of the tables ahead; `None` where what they refer by is masked from the caller, or
    /// cannot be named.
    fn linked(&self, at: usize, way: &mut Vec<usize>) -> Option<Vec<String>> {
        let table = &self.tables[at];
        let own = self.links.iter().filter(|(name, _)| table.is_meant_by(name)).flat_map(|(_, links)| links);
        let mut all = Vec::new();
        for link in own {
            let Some(to) = (0..self.tables.len()).find(|to| self.tables[*to].is_meant_by(&link.to)) else { continue };
            if way.contains(&to) {
                continue;
            }
            let target = &self.tables[to];
            let is_masked =
                |of: &QueryableTable, columns: &[String]| columns.iter().any(|column| of.masked.contains_key(column));
            if is_masked(table, &link.columns) || is_masked(target, &link.to_columns) {
                return None;
            }
            let list = |of: &QueryableTable, columns: &[String]| -> Option<String> {
                let written: Option<Vec<String>> = columns.iter().map(|column| of.dialect.written(column)).collect();
                Some(written?.join(", "))
            };
            way.push(to);
            let ahead: Vec<String> = self.own(to).into_iter().chain(self.linked(to, way)?).collect();
            way.pop();
            let wheres = if ahead.is_empty() { String::new() } else { format!(" WHERE {}", ahead.join(" AND ")) };
            let (columns, to_columns) = (list(table, &link.columns)?, list(target, &link.to_columns)?);
            all.push(format!("({columns}) IN (SELECT {to_columns} FROM {}{wheres})", target.sql_name.as_ref()?));
        }
        Some(all)
    }
}

/// What is counted, for so long, of so many tables.
struct Counting<'a> {
    products: &'a Products,
    request: &'a ProductRequest,
    begun: Instant,
    counted: usize,
    /// Columns of which values were read.
    looked_at: usize,
}

impl Counting<'_> {
    /// Of each table what its conditions leave; of those that have none, whether they refer to what is hidden.
    async fn all(
        &mut self,
        conditions: &Conditions<'_>,
        uncovered: &[(&Relation, &Relation)],
        follows: bool,
        preview: &mut Preview,
    ) -> Result<(), Failure> {
        for (at, table) in conditions.tables.iter().enumerate() {
            let meant = conditions.meant(at);
            let own = conditions.own(at);
            let linked = conditions.linked(at, &mut vec![at]);
            if column_masks::names(&own.join(" AND "), &table.masked) {
                let message = "a row filter for \"{}\" would read a column that is masked from you";
                return Err(Failure::forbidden(Message::with(message, [table.called()])));
            }
            let all: Vec<String> = own.iter().chain(linked.iter().flatten().filter(|_| follows)).cloned().collect();
            if all.is_empty() {
                preview.whole.push(table.called());
                let of_table = |one: &&(&Relation, &Relation)| table.is_meant_by(&following::full_name(one.0));
                if let Some((_, filtered)) = uncovered.iter().find(of_table) {
                    let left = match &linked {
                        Some(linked) => self.left(table, linked, &meant).await?,
                        None => None,
                    };
                    preview.uncovered.push(Uncovered { table: table.called(), filtered: filtered.called(), left });
                }
                continue;
            }
            let left = match follows && linked.is_none() {
                true => None,
                false => self.left(table, &all, &meant).await?,
            };
            preview.counted.push((table.called(), left));
        }
        Ok(())
    }

    /// Some values of a column, of those that the source answers first; `None` where it does not, or not in time, which is
    /// no reason not to save the mask.
    async fn values(&mut self, table: &QueryableTable, column: &str) -> Option<Vec<String>> {
        let left = ALL.saturating_sub(self.begun.elapsed());
        let written = table.sql_name.as_ref().zip(table.dialect.written(column));
        let (name, column) = written.filter(|_| self.looked_at < MOST && !left.is_zero())?;
        self.looked_at += 1;
        let sql = format!("SELECT {column} FROM {name} WHERE {column} IS NOT NULL");
        let query = Query { sql, parameters: Map::new(), rows: LOOKED_AT, timeout: left.min(ONE), is_preview: false };
        let answered = query::preview(self.products, self.request, &query, "row_filters").await.ok()?;
        let values: BTreeSet<String> = answered.rows.iter().filter_map(|row| text(row.first()?)).collect();
        Some(values.into_iter().take(MOST_VALUES).collect())
    }

    async fn left(
        &mut self,
        table: &QueryableTable,
        conditions: &[String],
        meant: &[(&String, &String)],
    ) -> Result<Option<Left>, Failure> {
        let left = ALL.saturating_sub(self.begun.elapsed());
        let Some(name) = table.sql_name.as_ref().filter(|_| self.counted < MOST && !left.is_zero()) else {
            return Ok(None);
        };
        self.counted += 1;
        let condition = conditions.join(" AND ");
        let sql = format!("SELECT COUNT(*), COUNT(CASE WHEN {condition} THEN 1 END) FROM {name}");
        let query = Query { sql, parameters: Map::new(), rows: 1, timeout: left.min(ONE), is_preview: false };
        // Beside a form: it counts as no reading.
        match query::preview(self.products, self.request, &query, "row_filters").await {
            Ok(answered) => Ok(numbers(&answered.rows)),
            Err(failure) if failure.code.is_transient() => Ok(None),
            Err(failure) if failure.code == Code::SQL_NOT_ALLOWED => Err(at_its_table(failure, meant)),
            Err(failure) => Err(failure),
        }
    }
}

/// A value as it is read as a text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What is wrong with a condition, said of the table that it is for: nobody sees the statement that it was counted with.
fn at_its_table(failure: Failure, meant: &[(&String, &String)]) -> Failure {
    let Some((table, _)) = meant.first() else { return failure };
    let mut path = "/rowFilters".to_owned();
    push_segment(&mut path, table);
    let of = |one: Violation| Violation { path: path.clone(), ..one };
    Failure::invalid(failure.violations.into_iter().map(of).collect())
}

fn numbers(rows: &[Vec<Value>]) -> Option<Left> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let [of, rows] = rows.first()?.as_slice() else { return None };
    Some(Left { rows: number(rows)?, of: number(of)? })
}
