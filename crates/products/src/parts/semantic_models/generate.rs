//! A first model out of what the catalogue knows of the product's tables.

use std::collections::{HashMap, HashSet};

use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::{Record, View};
use emporion_catalog::spelling::decode;
use emporion_semantic::model::{self, Metric, Model, SourceColumn, SourceForeignKey, SourceTable};
use serde_json::Value;
use uuid::Uuid;

use super::part::SemanticModels;
use super::samples::{self, Asked, Sample, Samples};
use super::shapes::is_name;
use super::spec::{DOCUMENT, NAME, SOURCE_FORMAT, SPEC};
use super::{body, examine, hidden, write};
use crate::assets::keys::{ForeignKey, Keys};
use crate::assets::on_demand;
use crate::assets::relations::{self, Relation};
use crate::assets::row_counts::RowCounts;
use crate::content_state::ContentState;
use crate::failure::{Failure, Violation};
use crate::idempotency::{Idempotent, StoredAnswer};
use crate::message::Message;
use crate::parts::change::{self, Stored, Writing};
use crate::parts::item::{self, Item};
use crate::parts::spec::Fields;
use crate::problems::RULE_EXISTS;
use crate::reach::{self, Rows};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;
use crate::warning::Warning;

const DEFAULT_ROWS: u64 = 1_000;

/// What a first model is made of.
pub struct Sketch {
    /// `None`: one is made of the name of the product.
    pub name: Option<String>,
    /// Ids of the data assets that are meant; `None`: all.
    pub assets: Option<Vec<Uuid>>,
    /// How many rows of each table are looked at.
    pub sample_rows: u64,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch { name: None, assets: None, sample_rows: DEFAULT_ROWS }
    }
}

/// Makes a draft, for people to complete.
///
/// Errors: 403, 404; 422 for assets that are not the product's, and where nothing is known of any.
pub async fn generate(
    products: &Products,
    request: &ProductRequest,
    sketch: Sketch,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let is_stored = stored.is_some();
    let prepare = |product| draft(products, request, product, sketch, is_stored);
    change::write(&SemanticModels, products, request, prepare, stored).await
}

/// A model of the tables that are wanted, as far as the catalogue and their source describe them. `is_stored`: its
/// answer is, and may be given again when the caller sees less.
async fn draft(
    products: &Products,
    request: &ProductRequest,
    product: SeenId,
    Sketch { name, assets: wanted, sample_rows }: Sketch,
    is_stored: bool,
) -> Result<Writing, Failure> {
    // Drafts name tables before a deploy takes them in.
    let is_wanted = |relation: &Relation| wanted.as_ref().is_none_or(|wanted| wanted.contains(&relation.asset));
    let why = on_demand::unknown(products, request, is_wanted).await?;
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &reach::depth()).await?;
    let cx = ReadContext { products, reading: &reading, product };
    let mut relations = relations::of_view(&cx, &view, ContentState::Drafted).await?;
    if let Some(wanted) = &wanted {
        let unknown = |(at, id): (usize, &Uuid)| {
            let is_known = relations.iter().any(|relation| relation.asset == *id);
            let message = "there is no such asset in the {product}";
            (!is_known).then(|| Violation::new(format!("/dataAssetIds/{at}"), RULE_EXISTS, message))
        };
        let broken: Vec<Violation> = wanted.iter().enumerate().filter_map(unknown).collect();
        if !broken.is_empty() {
            return Err(Failure::invalid(broken));
        }
        relations.retain(|relation| wanted.contains(&relation.asset));
    }
    let unknown = left_out(&mut relations, &why)?;
    let present = item::of_product(&SPEC, cx.reading, product).await?;
    let records: Vec<&Record> = relations.iter().filter_map(|relation| relation.record.as_deref()).collect();
    let uncounted = reading.rows().uncounted(&records).await?;
    let counts = RowCounts::of_relations(&cx, relations.iter()).await?;
    let (asked, left_out) = sampled(&cx, &view, &relations, sample_rows).await?;
    drop(reading);
    let mut samples = Samples::new();
    let mut warnings = unknown;
    warnings.extend(left_out);
    for asked in &asked {
        let (found, reported) = samples::of(products, asked, &counts, sample_rows).await;
        samples.extend(found);
        warnings.extend(reported);
    }
    let name = name.unwrap_or_else(|| slug(&view.record.name));
    let name = free(&name, &present);
    let is_counted =
        |relation: &Relation| relation.record.as_ref().is_some_and(|record| !uncounted.contains(&record.id));
    let count = |relation: &Relation| counts.of_relation(relation).filter(|_| is_counted(relation));
    let tables: Vec<SourceTable> =
        relations.iter().map(|relation| table(relation, &relations, count(relation), &samples)).collect();
    let mut model = model::generate(&name, &tables);
    warnings.extend(without_taken(&mut model, &present));
    warnings.extend(model::unread_times(&tables).into_iter().map(unread_time));
    let mut fields = Fields::new();
    fields.insert(DOCUMENT.to_owned(), model::print(&model));
    fields.insert(NAME.to_owned(), name.into());
    fields.insert(SOURCE_FORMAT.to_owned(), "osi".into());
    // Printed and read again: what the catalogue holds may be no model.
    let content = Box::new(move |_: Option<&Fields>| body::edited(fields.clone(), |_| {}).map(write::content));
    Ok(Writing { warnings, annotation: is_stored.then(hidden::everything), ..Writing::of(None, content) })
}

/// Takes the tables out of which nothing is known, with a warning for each.
///
/// Errors: 422 that says why, where there is nothing else.
fn left_out(relations: &mut Vec<Relation>, why: &HashMap<Uuid, String>) -> Result<Vec<Warning>, Failure> {
    if relations.is_empty() {
        let message = "the {product} has no data assets that a model could be made of";
        return Err(Failure::invalid(vec![Violation::new("", RULE_EXISTS, message)]));
    }
    let (known, unknown): (Vec<_>, Vec<_>) =
        std::mem::take(relations).into_iter().partition(|relation| relation.columns().next().is_some());
    let reported = |relation: &Relation| {
        let reason = why.get(&relation.asset).map_or("the data source shows none", String::as_str);
        let message = Message::with("no columns of \"{}\" are known: {}", [relation.name.as_str(), reason]);
        (relation.asset, message)
    };
    if known.is_empty() {
        let violation = |relation| {
            let (asset, message) = reported(relation);
            Violation::new("", RULE_EXISTS, message).of_entity("dataAsset", asset.to_string())
        };
        return Err(Failure::invalid(unknown.iter().map(violation).collect()));
    }
    *relations = known;
    Ok(unknown.iter().map(|relation| Warning::new("TABLE_LEFT_OUT", reported(relation).1, None)).collect())
}

/// The name, or the first with a number that no model of the product has, live or drafted.
fn free(wanted: &str, present: &[Item]) -> String {
    let short: String = wanted.chars().take(90).collect();
    let numbered = (2_usize..).map(|number| format!("{short}_{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(|name| !present.iter().any(|item| examine::is_called(item, name))).unwrap_or_default()
}

/// Leaves out the metrics that other models of the product have: a deploy would refuse both.
fn without_taken(model: &mut Model, present: &[Item]) -> Vec<Warning> {
    let taken: HashSet<String> = present.iter().flat_map(Item::contents).flat_map(examine::metric_names).collect();
    let (left_out, metrics): (Vec<_>, Vec<_>) = std::mem::take(&mut model.metrics)
        .into_iter()
        .partition(|metric| taken.contains(&name::fold(&metric.common.name)));
    model.metrics = metrics;
    let warning = |metric: Metric| {
        let message = "the metric \"{}\" is left out: another model of the {product} has one of that name";
        Warning::new("METRIC_LEFT_OUT", Message::with(message, [metric.common.name]), None)
    };
    left_out.into_iter().map(warning).collect()
}

fn unread_time((table, column): (&str, &str)) -> Warning {
    let message = "\"{}\" of \"{}\" is taken for no time: its values are neither days nor periods that are all written in one \
                   way, such as 2024-01, 2024-Q1, Jan 2024 or 01/2024";
    Warning::new("TIME_NOT_READ", Message::with(message, [column, table]), None)
}

/// The sources that are asked for values of these tables, as far as the caller may see their rows.
async fn sampled(
    cx: &ReadContext<'_>,
    view: &View,
    relations: &[Relation],
    rows: u64,
) -> Result<(Vec<Asked>, Vec<Warning>), Failure> {
    if rows == 0 {
        return Ok(Default::default());
    }
    let mut groups = reach::of_product(cx, view, ContentState::Drafted, Rows::Own).await?.groups;
    for group in &mut groups {
        group.tables.retain(|reach| relations.iter().any(|relation| relation.asset == reach.relation.asset));
    }
    samples::allowed(cx, groups).await
}

/// The product's name as a model's.
fn slug(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    let words: String = letters.collect();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("_");
    slug.truncate(80);
    if is_name(&slug) { slug } else { format!("model_{slug}").trim_end_matches('_').to_owned() }
}

/// A table as the catalogue describes it.
fn table(relation: &Relation, among: &[Relation], rows: Option<u64>, samples: &Samples) -> SourceTable {
    let body = relation.record.as_ref().map(|record| &record.body);
    let text = |name: &str| body.and_then(|body| body.get(name)?.as_str()).map(str::to_owned);
    let Keys { primary, unique, foreign } = relation.record.as_deref().map(Keys::of).unwrap_or_default();
    let is_namesake = |other: &Relation| {
        other.database != relation.database && (&other.schema, &other.name) == (&relation.schema, &relation.name)
    };
    SourceTable {
        database: relation.database.clone().filter(|_| among.iter().any(is_namesake)),
        schema: relation.schema.clone(),
        name: relation.name.clone(),
        description: text("description"),
        columns: relation.columns().map(|described| column(relation.asset, described, samples)).collect(),
        primary_key: primary,
        unique_keys: unique,
        foreign_keys: foreign.into_iter().map(foreign_key).collect(),
        rows,
        data_asset_id: Some(relation.asset.to_string()),
        is_view: text("table_type").is_some_and(|kind| kind.ends_with("View")),
    }
}

fn column(asset: Uuid, column: &Value, samples: &Samples) -> SourceColumn {
    let text = |name: &str| column.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = real(&text("name").unwrap_or_default());
    let Sample { values, complete } = samples.get(&(asset, name.clone())).cloned().unwrap_or_default();
    SourceColumn {
        name,
        data_type: text("data_type").unwrap_or_default(),
        native_type: text("data_type_display"),
        is_required: matches!(text("constraint").as_deref(), Some("NOT_NULL" | "PRIMARY_KEY")),
        description: text("description"),
        sample_values: values,
        complete,
    }
}

/// A name of the catalogue as the source has it.
fn real(name: &str) -> String {
    decode(name).into_owned()
}

fn foreign_key(key: ForeignKey) -> SourceForeignKey {
    let ForeignKey { columns, to: [_, _, schema, table], to_columns } = key;
    SourceForeignKey { columns, to_schema: Some(schema), to_table: table, to_columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_after_the_product() {
        assert_eq!(slug("Retail – Orders 2026!"), "retail_orders_2026");
        assert_eq!(slug("2026"), "model_2026");
        assert_eq!(slug("—"), "model");
        assert!(is_name(&slug(&"x y ".repeat(100))));
    }
}
