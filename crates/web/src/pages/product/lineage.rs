//! Where what a product holds comes from, and what is made of it.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::View;
use emporion_catalog::relation;

use super::{answer, shell, top};
use crate::found::Top;
use crate::lineage::Lineage;
use crate::shell::Shell;
use crate::visit::{Shown, Visit};

#[derive(Template)]
#[template(path = "lineage.html")]
struct Page {
    p: Shell,
    top: Top,
    lineage: Lineage,
}

pub async fn tab(visit: &Visit, reading: &Reading<'_>, view: &View) -> Shown {
    let assets: Vec<RecordId> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
    let mut starts = vec![SeenCard::from(&view.record)];
    starts.extend(reading.cards(&assets).await?);
    let lineage = Lineage::around(visit, reading, &starts, Some(view.id())).await?;
    answer(&Page { p: shell(visit, view), top: top(visit, reading, view).await?, lineage })
}
