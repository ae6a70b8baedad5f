//! The tables that the caller's statements on a product may read, as statements call them.

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::reading::{Reading, SeenId, Through};
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::filters;
use emporion_semantic::guard::Dialect;
use serde_json::{Value, json};

use super::column_masks::{self, MaskedColumns};
use super::followed;
use super::{Reach, Rows};
use crate::asking;
use crate::assets::print::Columns;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// What the caller may query of a product.
pub struct QueryableTables {
    pub tables: Vec<QueryableTable>,
    /// How many tables the product has that he may not query.
    pub closed: usize,
}

pub struct QueryableTable {
    database: Option<String>,
    schema: Option<String>,
    name: String,
    /// As statements call it; `None` where none can.
    pub sql_name: Option<String>,
    pub(crate) dialect: Dialect,
    source: RecordId,
    /// He sees only rows that fulfil it.
    pub row_filter: Option<String>,
    /// Of these he sees something else than their values.
    pub masked: MaskedColumns,
    record: Option<Through>,
}

/// The tables of a product that the caller may query; those of one name alone where it is given.
///
/// Errors: 404, 403 for who may not query the product.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    wanted: Option<&str>,
) -> Result<QueryableTables, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &super::depth()).await?;
    list_in(products, &reading, &view, wanted).await
}

/// The same for who reads already, and has found the product with the depth of [`super::depth`].
///
/// Errors: 403 for who may not query the product.
pub async fn list_in(
    products: &Products,
    reading: &Reading<'_>,
    view: &View,
    wanted: Option<&str>,
) -> Result<QueryableTables, Failure> {
    let permit = reading.rows().may_query(view).await?;
    permit.ok_or_else(|| super::no_rows(view, "queries on the {product} are not allowed to you"))?;
    let cx = ReadContext { products, reading, product: SeenId::from(view) };
    let reached = super::of_product(&cx, view, ContentState::Live, Rows::Own).await?;
    let wanted = wanted.map(name::fold);
    let mut tables = Vec::new();
    for group in &reached.groups {
        let Some(service) = &group.service else { continue };
        let speech = asking::speech(products, Some(service));
        let near = group.tables.iter().filter(|reach| asking::is_near(&reach.relation, &speech));
        let named =
            near.filter(|reach| wanted.as_ref().is_none_or(|wanted| name::fold(&reach.relation.name) == *wanted));
        let dialect = speech.dialect;
        tables.extend(named.map(|reach| QueryableTable {
            database: reach.relation.database.clone(),
            schema: reach.relation.schema.clone(),
            name: reach.relation.name.clone(),
            sql_name: sql_name(reach, |part| dialect.written(part)),
            dialect,
            source: service.id,
            row_filter: followed::shown(reach.filter.as_deref(), &reach.links),
            masked: reach.masked.clone(),
            record: reach.relation.record.clone(),
        }));
    }
    Ok(QueryableTables { tables, closed: reached.closed.len() })
}

impl QueryableTable {
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// With its schema, where it has one.
    pub fn called(&self) -> String {
        self.schema.iter().chain([&self.name]).map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// Whether a row filter under this name is for it.
    pub fn is_meant_by(&self, given: &str) -> bool {
        filters::means(given, self.database.as_deref(), self.schema.as_deref(), &self.name)
    }

    /// How statements for its source are written.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The table in the catalogue.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    /// As doors and assistants show it.
    pub fn print(&self) -> Value {
        let mut printed = self.print_name();
        printed["columns"] = json!(self.record.as_deref().map(Columns));
        printed
    }

    /// The same without its columns.
    pub fn print_name(&self) -> Value {
        json!({
            "databaseName": self.database,
            "schemaName": self.schema,
            "tableName": self.name,
            "sqlName": self.sql_name,
            "dialect": self.dialect.name(),
            "dataSourceId": self.source.to_string(),
            "rowFilter": self.row_filter,
            "columnMasks": column_masks::printed(&self.masked),
        })
    }
}

/// `None` where no statement can name the table.
fn sql_name(reach: &Reach, written: impl Fn(&str) -> Option<String>) -> Option<String> {
    let parts = reach.relation.schema.as_deref().into_iter().chain([reach.relation.name.as_str()]);
    let written: Option<Vec<String>> = parts.map(written).collect();
    Some(written?.join("."))
}
