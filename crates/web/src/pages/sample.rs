//! Rows that a profiler left beside a table, for those who may read them.

use askama::Template;
use emporion_catalog::name;
use emporion_catalog::observation::SAMPLE_DATA;
use emporion_catalog::rows::personal::MASK;
use serde_json::Value;

use crate::access::holders::{self, Part};
use crate::layout::shell::Shell;
use crate::pages::product::first_rows;
use crate::products::unconnected::Unconnected;
use crate::records::link::Link;
use crate::records::record::{Here, Top};
use crate::request::visit::{Shown, answer};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};

/// Rows on the page.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "sample.html")]
struct Page {
    p: Shell,
    top: Top,
    may: bool,
    at: Option<Moment>,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    is_masked: bool,
    /// The products by which the visitor may query its rows; and, where it is not shown, those where he can ask for that.
    queried: Vec<Queried>,
    asking: Vec<Link>,
}

/// A product by which the visitor may query the rows.
struct Queried {
    link: Link,
    /// Where he looks at the first of them.
    look: Option<String>,
}

struct Cell {
    text: String,
    /// `num`, `none` or nothing.
    class: &'static str,
}

/// The right is asked for before anything is read.
pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let (p, top, record) = (here.shell(), here.top().await?, &view.record);
    let sight = reading.rows().sights(&[record]).await?.remove(&record.id).unwrap_or_default();
    let mut page = Page {
        p,
        top,
        may: sight.sample,
        at: None,
        columns: Vec::new(),
        rows: Vec::new(),
        is_masked: false,
        queried: Vec::new(),
        asking: Vec::new(),
    };
    let is_out = Unconnected::of(visit, reading, [record.fqn.as_str()].into_iter()).await?.holds(&record.fqn);
    // What is hidden is neither queried by the visitor nor asked for: loans to it are no matter here.
    for holder in holders::of(visit, reading, view, &[], Part::FIRST).await?.shown {
        page.asking.extend(holder.asked());
        if holder.queries {
            let product = holder.link.address.as_deref().filter(|_| !is_out);
            let look = product.map(|product| first_rows::address(product, record.id));
            page.queried.push(Queried { link: holder.link, look });
        }
    }
    if sight.sample {
        let personal = reading.rows().personal(&[record]).await?.pop().unwrap_or_default();
        let newest = reading.newest_observations(&[record], &[SAMPLE_DATA]).await?;
        if let Some(sample) = newest.into_iter().find(|one| one.item.is_empty()) {
            let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
            let columns = list(sample.value.get("columns"));
            let columns: Vec<&str> = columns.iter().map(|name| name.as_str().unwrap_or_default()).collect();
            let is_masked = |name: &&str| {
                let path = name::quote(name);
                !sight.holds && (personal.is_masked(&path) || sight.masks(&path))
            };
            let masked: Vec<bool> = columns.iter().map(is_masked).collect();
            page.is_masked = masked.contains(&true);
            page.at = Some(visit.moment(sample.at));
            for row in list(sample.value.get("rows")).iter().take(MOST) {
                let values = row.as_array().map(Vec::as_slice).unwrap_or_default();
                // What has no column has no name that could be asked about.
                page.rows.push(values.iter().zip(&masked).map(|(value, masked)| cell(value, *masked)).collect());
            }
            page.columns = columns.into_iter().map(shown).collect();
        }
    }
    answer(&page)
}

fn cell(value: &Value, is_masked: bool) -> Cell {
    match value {
        _ if is_masked => Cell { text: MASK.to_owned(), class: "none" },
        Value::Null => Cell { text: "—".into(), class: "none" },
        Value::String(text) => Cell { text: shown_prose(text), class: "" },
        Value::Number(number) => Cell { text: number.to_string(), class: "num" },
        other => Cell { text: shown_prose(&other.to_string()), class: "" },
    }
}
