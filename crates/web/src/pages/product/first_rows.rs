//! A look at the first rows of one of a product's tables, read from its source by what the visitor may read.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::masks::Mask;
use emporion_edge::route::Route;
use emporion_products::chat::answer::{self, Table};
use emporion_products::databases::Answered;
use emporion_products::first_rows::{self, FirstRows};
use emporion_products::reach::column_masks::MaskedColumns;

use super::unanswered;
use crate::access::condition::{self, Condition};
use crate::access::masking::said;
use crate::answers::answer::Grid;
use crate::answers::figures::Column;
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::records::address::segment;
use crate::records::record::{Here, RecordPage, Top, below};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;
use crate::text::texts::Texts;

const MOST: u64 = 10;

#[derive(Template)]
#[template(path = "product/first_rows.html")]
struct Page {
    p: Shell,
    top: Top,
    t: Texts,
    title: String,
    filtered: Filtered,
    /// Columns of which he sees something else than their values, and what.
    masked: Vec<(String, &'static str)>,
    grid: Grid,
    faults: Vec<String>,
}

/// What his row filters make of the table.
#[derive(Default)]
struct Filtered {
    /// How they come to reach it, or that they do not.
    said: Option<String>,
    /// In words.
    conditions: Vec<Condition>,
    /// The exact condition, where words say how it comes to be.
    exact: Option<String>,
}

impl Filtered {
    fn of(visit: &Visit, view: &View, table: &str, condition: Option<&str>) -> Filtered {
        let (t, own) = (visit.t, Condition::all_yours(visit.t, view, &visit.caller().principal));
        match condition {
            None if own.is_empty() => Filtered::default(),
            None => Filtered { said: Some(t.say("first_rows.unreached")), ..Filtered::default() },
            Some(condition) if own.is_empty() || condition::rows(t, condition).is_some() => {
                Filtered { conditions: vec![Condition::yours(t, table, condition)], ..Filtered::default() }
            }
            // It follows the filters of other tables.
            Some(condition) => {
                Filtered { said: Some(t.say("first_rows.followed")), conditions: own, exact: Some(shown(condition)) }
            }
        }
    }
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![below(page, "rows/{table}", "product_rows", move |visit, view| show(page, visit, view))]
}

/// Where the rows of a table are looked at; `product` is the address of the product.
pub fn address(product: &str, table: RecordId) -> String {
    format!("{product}/rows/{}", segment(&table.to_string()))
}

async fn show(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let table: RecordId = visit.param("table").parse().map_err(|_| Fault::NoSuchPage)?;
    let name = view.targets(relation::HAS_ASSET).find(|(edge, _)| edge.to == table).map(|(_, card)| shown(&card.name));
    let name = name.ok_or(Fault::NoSuchPage)?;
    // No reading is held while the source is asked.
    let request = visit.about(view.id());
    let read = first_rows::read(&visit.door.calls.products, &request, table, MOST);
    let (status, rows, faults) = match visit.serve("product_rows", read).await {
        Ok(rows) => (200, Some(rows), Vec::new()),
        Err(refusal) => {
            let (status, faults) = unanswered::in_words(&visit, &refusal)?;
            (status, None, faults)
        }
    };
    let (mut filtered, mut masked, mut table) = (Filtered::default(), Vec::new(), Table::default());
    if let Some(rows) = rows {
        let FirstRows { answered, row_filter, masked: columns } = rows;
        filtered = Filtered::of(&visit, &view, &name, row_filter.as_deref());
        masked.extend(columns.iter().map(|(column, masked)| (shown(column), said(masked.mask))));
        table = table_of(answered, &columns);
    }
    let columns = Column::all(&table);
    let reading = visit.reading().await?;
    let here = Here { page, visit: &visit, reading: &reading, view: &view };
    let title = visit.t.with("first_rows.title", &[("table", &name)]);
    let page = Page {
        p: here.shell().below(title.clone(), None),
        top: here.top_of("assets").await?,
        t: visit.t,
        title,
        masked,
        filtered,
        grid: Grid::of_rows(&visit, &table, columns),
        faults,
    };
    Ok(headers::page(status, &page))
}

/// What is looked at is the beginning, and says so: that there is more is no news. Of a masked day its year is shown, which is
/// no day.
fn table_of(answered: Answered, masked: &MaskedColumns) -> Table {
    let column = |(name, ty): (String, &str)| answer::Column {
        label: name.clone(),
        ty: ty.to_owned(),
        grain: masked.get(&name).filter(|masked| masked.mask == Mask::Year).map(|_| "year".to_owned()),
        name,
        ..Default::default()
    };
    Table {
        row_count: answered.rows.len(),
        columns: answered.columns.into_iter().map(column).collect(),
        rows: answered.rows,
        ..Table::default()
    }
}
