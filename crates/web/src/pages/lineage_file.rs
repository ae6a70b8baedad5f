//! The picture of a record's lineage as a file of its own.

use std::sync::Arc;

use emporion_catalog::facet::Facet;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::lineage::Lineage;
use crate::lineage::picture::file::File;
use crate::records::{address, resolver};
use crate::request::handlers::page;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = Vec::new();
    for kind in kinds::ALL.iter().map(|kind| Kind(kind)).filter(|kind| kind.has_facet(Facet::Lineage)) {
        let Some(folder) = address::folder_of(kind).filter(|_| kind.0.asset != Asset::Container) else { continue };
        let path = format!("/{folder}/{{fqn}}/lineage.svg");
        rows.push(page(path, format!("{kind}_lineage"), move |visit| show(visit, kind.name())));
    }
    rows
}

async fn show(visit: Arc<Visit>, kind: &'static str) -> Shown {
    let reading = visit.reading().await?;
    let target = resolver::target(reading.catalog().kind(kind), visit.param("fqn"));
    let view = reading.get(&target, States::Alive, &Depth::full()).await?;
    let lineage = Lineage::of_record(&visit, &reading, &view).await?;
    let (picture, left_off) = lineage.picture().ok_or(Fault::NoSuchPage)?;
    let record = &view.record;
    let title = visit.t.with("lineage.file_title", &[("name", &shown(&record.fqn))]);
    let (caption, now) = (visit.t.say("lineage.caption_file"), visit.moment(visit.now).exact);
    let rendered: Vec<&str> = [Some(caption.as_str()), left_off, Some(now.as_str())].into_iter().flatten().collect();
    let text = File::of(picture, title, rendered.join(" ")).text().map_err(|error| {
        // Templates write into memory; what they call does not fail.
        tracing::error!(%error, "a picture could not be written");
        Fault::Broken
    })?;
    Ok(headers::secured(Answer::bytes(200, "image/svg+xml", text))
        .with("content-disposition", &headers::attachment(&record.name, "lineage.svg"))
        .with("cache-control", "no-store"))
}
