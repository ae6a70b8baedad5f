//! All lines that the page is asked for, as a file.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::id::Seq;
use emporion_catalog::reading::log::Line;
use emporion_catalog::timestamp;
use emporion_edge::answer::Answer;
use emporion_edge::stream::Stream;
use futures_util::stream;
use serde_json::Value;

use super::super::frame::admitted;
use super::{Asked, changes, newest};
use crate::fault::Fault;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

pub const ADDRESS: &str = "/admin/audit.csv";
const COLUMNS: [&str; 9] = ["at", "what", "kind", "record", "changes", "by", "through", "door", "line"];

/// Words of this program stand as programs have them, what a change has made of its record as its reader reads it.
pub async fn export(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "audit")?;
    let asked = Arc::new(Asked::of(&visit));
    let days = asked.days(visit.t).map_err(Fault::Malformed)?;
    let begin = Some((visit, asked, None, true));
    let pieces = stream::unfold(begin, move |state| async move {
        let (visit, asked, before, is_first) = state?;
        let (lines, next) = match piece(&visit, &asked, days, before).await {
            Ok(found) => found,
            // A file that breaks off has no last line: what is read of it is true.
            Err(_) => {
                tracing::warn!("an export of the log broke off");
                return None;
            }
        };
        let columns = COLUMNS.map(emporion_export::Column::named);
        let bytes = emporion_export::csv_piece(&columns, lines.into_iter(), is_first).ok()?;
        Some((Bytes::from(bytes), next.map(|next| (visit, asked, Some(next), false))))
    });
    Ok(headers::secured(Answer::streamed(200, "text/csv; charset=utf-8", Stream::of(pieces)))
        .with("content-disposition", &headers::attachment("audit", "changes.csv"))
        .with("cache-control", "no-store"))
}

async fn piece(
    visit: &Visit,
    asked: &Asked,
    days: (i64, i64),
    before: Option<Seq>,
) -> Result<(Vec<Vec<Value>>, Option<Seq>), Fault> {
    // One for each piece: none is held while it is sent.
    let reading = visit.reading().await?;
    let (lines, next) = newest(visit, &reading, asked, days, before).await?;
    let mut said = changes(visit, &reading, &lines).await?;
    let cells = |line: &Line| cells(line, &said.remove(&line.seq).unwrap_or_default());
    Ok((lines.iter().map(cells).collect(), next))
}

fn cells(line: &Line, changes: &[String]) -> Vec<Value> {
    let event = &line.event;
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    vec![
        timestamp::print(event.at.0).into(),
        event.what.name().into(),
        event.kind.name().into(),
        event.fqn.as_str().into(),
        changes.join("; ").into(),
        (*event.by.name).into(),
        text(event.by.through.as_deref()),
        text(event.by.door.as_deref()),
        line.seq.0.into(),
    ]
}
