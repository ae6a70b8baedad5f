//! All lines that the page is asked for, as a file.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::id::Seq;
use emporion_catalog::reading::log::Line;
use emporion_catalog::timestamp;
use emporion_edge::answer::Answer;
use emporion_edge::stream::Stream;
use futures_util::stream;
use serde_json::{Value, json};

use super::super::frame::admitted;
use super::super::trail::note_export;
use super::{Asked, changes, newest};
use crate::fault::Fault;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::texts::Texts;

pub const TABLE: &str = "/admin/audit.csv";
pub const LINES: &str = "/admin/audit.jsonl";
const COLUMNS: [&str; 9] = ["at", "what", "kind", "record", "changes", "by", "through", "door", "line"];

/// A table, or a line of JSON for each. Words of this program stand as programs have them; what a change has made of its
/// record, and in a table the door, as its reader reads it.
pub async fn export(visit: Arc<Visit>, is_table: bool) -> Shown {
    admitted(&visit, "audit")?;
    let asked = Arc::new(Asked::of(&visit, &visit.reading().await?).await?);
    let days = asked.days(visit.t).map_err(Fault::Malformed)?;
    note_export(&visit, "changes", is_table);
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
        let bytes = match is_table {
            true => {
                let rows = lines.iter().map(|(line, changes)| cells(visit.t, line, changes));
                emporion_export::csv_piece(&columns, rows, is_first).ok()?
            }
            false => {
                let printed = lines.iter().map(|(line, changes)| printed(line, changes).to_string() + "\n");
                printed.collect::<String>().into()
            }
        };
        Some((Bytes::from(bytes), next.map(|next| (visit, asked, Some(next), false))))
    });
    let (kind, name) = match is_table {
        true => ("text/csv; charset=utf-8", "changes.csv"),
        false => ("application/x-ndjson", "changes.jsonl"),
    };
    Ok(headers::secured(Answer::streamed(200, kind, Stream::of(pieces)))
        .with("content-disposition", &headers::attachment("audit", name))
        .with("cache-control", "no-store"))
}

/// Lines with what each change has made of its record, and where to go on.
async fn piece(
    visit: &Visit,
    asked: &Asked,
    days: (i64, i64),
    before: Option<Seq>,
) -> Result<(Vec<(Line, Vec<String>)>, Option<Seq>), Fault> {
    // One for each piece: none is held while it is sent.
    let reading = visit.reading().await?;
    let (lines, next) = newest(visit, &reading, asked, days, before).await?;
    let mut said = changes(visit, &reading, &lines).await?;
    let told = |line: Line| {
        let changes = said.remove(&line.seq).unwrap_or_default();
        (line, changes)
    };
    Ok((lines.into_iter().map(told).collect(), next))
}

fn printed(line: &Line, changes: &[String]) -> Value {
    let event = &line.event;
    json!({
        "at": timestamp::print(event.at.0), "what": event.what.name(), "kind": event.kind.name(),
        "record": event.fqn, "id": event.id.to_string(), "changes": changes, "by": &*event.by.name,
        "through": event.by.through.as_deref(), "door": event.by.door.as_deref(), "line": line.seq.0,
    })
}

fn cells(t: Texts, line: &Line, changes: &[String]) -> Vec<Value> {
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
        text(event.by.door.as_deref().map(|door| t.door(door)).as_deref()),
        line.seq.0.into(),
    ]
}
