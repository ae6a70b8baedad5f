//! The tables that the caller's statements on a product may read, as statements call them.

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::reading::{Reading, SeenId, Through};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::MODEL_LINKS;
use emporion_catalog::rows::cross_product_links::CrossProductLink;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::role_terms::{self, NOW};
use emporion_catalog::spelling::decode;
use emporion_semantic::guard::Dialect;
use serde_json::{Value, json};

use super::column_masks::{self, MaskedColumns};
use super::followed;
use super::following::Reference;
use super::{Reach, Rows};
use crate::asking;
use crate::assets::keys::{self, Keys};
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
    /// Its source can be asked at all.
    pub is_connected: bool,
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

/// The tables of a product that the caller may query, and which of them refer to which by columns of which he sees the values.
///
/// Errors: as [`list`].
pub async fn related(
    products: &Products,
    request: &ProductRequest,
) -> Result<(Vec<QueryableTable>, Vec<Reference>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &super::depth()).await?;
    let tables = list_in(products, &reading, &view, None).await?.tables;
    let references = references(&view, &tables);
    Ok((tables, references))
}

/// As foreign keys say it, and the relations of models that are deployed.
fn references(view: &View, tables: &[QueryableTable]) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut add = |from: Option<usize>, to: Option<usize>, columns: Vec<String>, to_columns: Vec<String>| {
        let Some((from, to)) = from.zip(to) else { return };
        let is_shown = tables[from].shows(&columns) && tables[to].shows(&to_columns);
        let one = Reference { from, to, columns, to_columns };
        if is_shown && one.columns.len() == one.to_columns.len() && !found.contains(&one) {
            found.push(one);
        }
    };
    let paths: Vec<_> = tables.iter().map(|table| table.record().and_then(keys::path)).collect();
    for (from, table) in tables.iter().enumerate() {
        for key in table.record().map(Keys::of).unwrap_or_default().foreign {
            let to = paths.iter().position(|path| path.as_ref() == Some(&key.to));
            add(Some(from), to, key.columns, key.to_columns);
        }
    }
    let place = |name: &str| tables.iter().position(|table| table.is_meant_by(name));
    for (from, links) in role_terms::read_links(view.field(MODEL_LINKS).and_then(|links| links.get(NOW))) {
        links.into_iter().for_each(|link| add(place(&from), place(&link.to), link.columns, link.to_columns));
    }
    let of_record = |id: RecordId| tables.iter().position(|table| table.record().is_some_and(|record| record.id == id));
    for link in CrossProductLink::of(&view.record) {
        add(of_record(link.from), of_record(link.to), link.columns, link.to_columns);
    }
    found
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
        let is_connected = asking::is_connected(products, service);
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
            is_connected,
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

    /// Whether it has all of these columns, and none is masked.
    fn shows(&self, columns: &[String]) -> bool {
        let described = self.record().and_then(|record| record.body.get("columns")).and_then(Value::as_array);
        let names: Vec<_> = described.into_iter().flatten().filter_map(|column| column["name"].as_str()).collect();
        let has = |column: &String| names.iter().any(|name| decode(name) == *column);
        !columns.is_empty() && columns.iter().all(|column| has(column) && !self.is_masked(column))
    }

    /// Its primary key and its unique keys, but for those of which he does not see the values.
    pub fn keys(&self) -> Keys {
        let mut keys = self.record().map(Keys::of).unwrap_or_default();
        if !self.shows(&keys.primary) {
            keys.primary.clear();
        }
        keys.unique.retain(|key| self.shows(key));
        keys
    }

    /// Whether something else is read in place of the values of the column.
    pub fn is_masked(&self, column: &str) -> bool {
        self.masked.keys().any(|masked| column_masks::is_same(masked, column))
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
