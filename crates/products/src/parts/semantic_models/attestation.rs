//! What models say of columns that look personal: `"pii": false` of a field.
//!
//! A crawler proposes the tag by the name of a column, and a proposal is no one's word. Whoever holds the rows of the table
//! may say in a model that a column tells of nobody. This is kept with the model, by table and column: it stays when others
//! change the model, does not go over to another column, and is nobody's who only sends back what somebody else has
//! written. It outweighs a proposal and nothing else: not a
//! tag that somebody has set or confirmed, nor the name of a secret.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use emporion_catalog::rows::personal::Personal;
use emporion_semantic::model::{self, ComputedField, Model, Violation as Finding};
use serde_json::{Value, json};
use uuid::Uuid;

use super::columns::{self, Known};
use super::document::model_of;
use super::spec::SPEC;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Message;
use crate::parts::item;
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;
use crate::warning::Warning;

/// The field of the record.
pub const ATTESTATIONS: &str = "vouched";
/// What authors are told of fields that nobody is shown.
const NOT_SHOWN: &str = "PERSONAL_FIELD_NOT_SHOWN";

/// A column of a table, as the source spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attestation {
    pub table: RecordId,
    pub column: String,
}

pub fn of_fields(fields: &Fields) -> Vec<Attestation> {
    let kept = fields.get(ATTESTATIONS).and_then(Value::as_array);
    let read = |it: &Value| {
        let text = |name: &str| it.get(name).and_then(Value::as_str);
        Some(Attestation { table: text("table")?.parse().ok()?, column: text("column")?.to_owned() })
    };
    kept.into_iter().flatten().filter_map(read).collect()
}

/// Null where there are none: then nothing is kept.
pub fn print(attestations: &[Attestation]) -> Value {
    let print = |it: &Attestation| json!({"table": it.table.to_string(), "column": it.column});
    if attestations.is_empty() { Value::Null } else { attestations.iter().map(print).collect() }
}

/// The columns that the model calls harmless and whose rows the caller holds, and those that were attested before; with
/// a warning for each field that stays away from questions all the same.
pub async fn judged(
    cx: &ReadContext<'_>,
    model: &Model,
    known: &Known,
    before: Option<&Fields>,
) -> Result<(Vec<Attestation>, Vec<Finding>), Failure> {
    let plain = model::plain_columns(model);
    let said_before = before.and_then(model_of).map(|model| model::plain_columns(&model)).unwrap_or_default();
    let was_said = |field: &model::PlainColumn| {
        let same = |it: &model::PlainColumn| (&it.source, &it.column) == (&field.source, &field.column);
        said_before.iter().any(|it| it.is_harmless && same(it))
    };
    let before = before.map(of_fields).unwrap_or_default();
    let named = plain.iter().filter_map(|field| {
        let table = known.own_table(&field.source)?;
        let column = spelled(&table.column_names(), &field.column)?;
        Some((field, table.record.as_deref()?, column))
    });
    let named: Vec<(&model::PlainColumn, &Record, String)> = named.collect();
    let mut records: HashMap<RecordId, &Record> = HashMap::new();
    records.extend(named.iter().map(|(_, record, _)| (record.id, *record)));
    let made = model::harmless_computed(model);
    let computed = of_tables(&made, known);
    records.extend(computed.iter().map(|(_, record, _)| (record.id, *record)));
    let records: Vec<&Record> = records.into_values().collect();
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let reader = cx.reading.rows();
    let (held, personal): (HashSet<RecordId>, Vec<Personal>) =
        (reader.held(&ids).await?, reader.personal(&records).await?);
    let personal: HashMap<RecordId, Personal> = ids.into_iter().zip(personal).collect();
    let (mut attestations, mut reported) = (Vec::new(), Vec::new());
    for (field, record, column) in named {
        let it = Attestation { table: record.id, column };
        let is_known = before.contains(&it) || held.contains(&it.table) && !was_said(field);
        if field.is_harmless && is_known && !attestations.contains(&it) {
            attestations.push(it.clone());
        }
        let path = name::quote(&it.column);
        let Some(personal) = personal.get(&it.table).filter(|personal| personal.is_masked(&path)) else { continue };
        let why = match (personal.is_only_proposed(&path), field.is_harmless) {
            (true, true) if is_known => continue,
            (true, true) => {
                "a crawler proposed PII.Sensitive for its column, and \"pii\": false counts where it is written by who holds \
                 the rows of the table: let them take it out and write it again, or take the tag off"
            }
            (true, false) if !field.says_personal => {
                "a crawler proposed PII.Sensitive for its column: who holds the rows of the table may write \"pii\": false \
                 here, or take the tag off"
            }
            (false, _) if field.is_harmless || !field.says_personal => {
                "its column is personal by a tag that is confirmed, or holds secrets by its name"
            }
            _ => continue,
        };
        let message = format!("the field is not there to be asked about: {why}");
        reported.push(Finding { path: field.path.clone(), rule: NOT_SHOWN, message });
    }
    reported.extend(not_computed(&computed, &personal, &attestations));
    Ok((attestations, reported))
}

/// A computed field, the record of its table, and the columns that it is made of, as the source spells them.
type Computed<'a> = (&'a ComputedField, &'a Record, Vec<String>);

fn of_tables<'a>(made: &'a [ComputedField], known: &'a Known) -> Vec<Computed<'a>> {
    let of_table = |field: &'a ComputedField| {
        let table = known.own_table(&field.source)?;
        let names = table.column_names();
        let columns = field.columns.iter().filter_map(|column| spelled(&names, column)).collect();
        Some((field, table.record.as_deref()?, columns))
    };
    made.iter().filter_map(of_table).collect()
}

/// Fields that the model calls harmless and that stay away, as what they are made of does.
fn not_computed(
    computed: &[Computed<'_>],
    personal: &HashMap<RecordId, Personal>,
    attestations: &[Attestation],
) -> Vec<Finding> {
    let mut reported = Vec::new();
    for (field, record, columns) in computed {
        let is_kept_back = |column: &String| {
            let it = Attestation { table: record.id, column: column.clone() };
            let is_masked = |personal: &Personal| personal.is_masked(&name::quote(column));
            personal.get(&record.id).is_some_and(is_masked) && !attestations.contains(&it)
        };
        let kept_back: Vec<&str> = columns.iter().filter(|column| is_kept_back(column)).map(String::as_str).collect();
        if !kept_back.is_empty() {
            let message = format!(
                "the field is not there to be asked about: it is made of {}, which {} tagged as personal, and \"pii\": false \
                 counts for columns alone: write it to fields that are these columns, or take the tags off",
                kept_back.join(" and "),
                if kept_back.len() == 1 { "is" } else { "are" }
            );
            reported.push(Finding { path: field.path.clone(), rule: NOT_SHOWN, message });
        }
    }
    reported
}

/// A warning for each field of a model as it is stored that stays away from questions; `place` says where it stands.
pub async fn not_shown(
    cx: &ReadContext<'_>,
    fields: &Fields,
    known: &Known,
    place: impl Fn(&str) -> String,
) -> Result<Vec<Warning>, Failure> {
    let Some(model) = model_of(fields) else { return Ok(Vec::new()) };
    let (_, found) = judged(cx, &model, known, Some(fields)).await?;
    let warning = |one: Finding| Warning::new(NOT_SHOWN, Message::verbatim(one.message), Some(place(&one.path)));
    Ok(found.into_iter().map(warning).collect())
}

/// What stays away from questions of a model, drafted or live, each field by the names of its dataset and its own.
///
/// Errors: 404.
pub async fn kept_out(products: &Products, request: &ProductRequest, id: Uuid) -> Result<Vec<String>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, &reading, &view, id).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let Some(model) = model_of(item.fields()) else { return Ok(Vec::new()) };
    let known = columns::of(&cx, ContentState::Drafted, &[&model]).await?;
    let found = not_shown(&cx, item.fields(), &known, str::to_owned).await?;
    let named = |path: &str| {
        let mut at = path.strip_prefix("/datasets/")?.split("/fields/").map(str::parse::<usize>);
        let (dataset, field) = (at.next()?.ok()?, at.next()?.ok()?);
        let dataset = model.datasets.get(dataset)?;
        Some(format!("{}.{}", dataset.common.name, dataset.fields.get(field)?.common.name))
    };
    Ok(found.iter().filter_map(|one| named(one.path.as_deref()?)).collect())
}

/// The column that a name means: letter for letter, else the one that differs in case only.
fn spelled(columns: &[String], name: &str) -> Option<String> {
    if columns.iter().any(|column| column == name) {
        return Some(name.to_owned());
    }
    let mut same = columns.iter().filter(|column| column.eq_ignore_ascii_case(name));
    let only = same.next().cloned();
    only.filter(|_| same.next().is_none())
}
