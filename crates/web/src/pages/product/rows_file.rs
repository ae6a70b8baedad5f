//! The rows of an answer as a file, all that a question may get: read again, by what the visitor may read now.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::apart::apart;
use emporion_edge::route::Route;
use emporion_edge::stream::Stream;
use emporion_export::{Origin, Table};
use emporion_products::chat::answer;
use emporion_products::limits::MAX_ROWS;
use emporion_products::threads::Role;
use futures_util::stream;

use super::ask;
use crate::access::condition;
use crate::answers::answer::{is_partial, warning};
use crate::answers::figures;
use crate::door::Door;
use crate::fault::Fault;
use crate::records::address::{self, segment};
use crate::records::naming;
use crate::records::record::RecordPage;
use crate::records::resolver::{self, Resolved};
use crate::request::visit::{Shown, Visit};
use crate::request::{handlers, headers};
use crate::text::plain::shown_prose;

/// Rows that are written at a time.
const AT_ONCE: usize = 250;
/// Characters of the question in the name of a file.
const MOST_OF_QUESTION: usize = 60;
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Clone, Copy)]
enum File {
    Csv,
    Workbook,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    let row = |ending: &str, operation: &'static str, file: File| {
        let path = format!("/{}/{{fqn}}/answers/{{message}}/rows.{ending}", page.folder);
        handlers::page(path, operation, move |visit| show(page, visit, file))
    };
    vec![row("csv", "answer_csv", File::Csv), row("xlsx", "answer_workbook", File::Workbook)]
}

/// Below the address of a product.
pub fn address(product: &str, thread: &str, message: &str, ending: &str) -> String {
    address::with_query(&format!("{product}/answers/{}/rows.{ending}", segment(message)), &[("thread", thread)])
}

async fn show(page: &'static RecordPage, visit: Arc<Visit>, file: File) -> Shown {
    // No reading is held while the source is asked.
    let view = match resolver::resolve(&visit, &visit.reading().await?, page.folder).await? {
        Resolved::Here(view) => view,
        Resolved::Elsewhere(_) => return Err(Fault::NoSuchPage),
    };
    let message = visit.param("message").parse().map_err(|_| Fault::NoSuchPage)?;
    let thread = visit.query("thread");
    let ending = if matches!(file, File::Csv) { "csv" } else { "xlsx" };
    let answer = ask::again(&visit, view.id(), &thread, message, (MAX_ROWS, Some(ending))).await?;
    let messages = ask::messages(&visit, view.id(), &thread).await?;
    let asked = messages.iter().take_while(|one| one.id != message).filter(|one| one.role == Role::User).last();
    let asked = asked.map(|one| one.text.clone()).unwrap_or_default();
    let called = [view.record.name.as_str(), &file_name_part(&asked)].join("-");
    let is_partial = is_partial(&answer);
    let before = messages.iter().find(|one| one.id == message).and_then(|one| one.reading.as_ref());
    let before = before.iter().flat_map(|read| &read.before).map(|read| read.text.as_str());
    let questions: Vec<&str> = before.chain([asked.as_str()]).collect();
    let origin = origin(&visit, &view, &answer, &questions);
    let rows = answer.table.ok_or(Fault::NoSuchPage)?;
    let (name, is_cut) = (view.record.name.clone(), rows.is_truncated);
    let answer = match file {
        File::Csv => Answer::streamed(200, "text/csv; charset=utf-8", Stream::of(pieces(rows))),
        File::Workbook => Answer::bytes(200, WORKBOOK, written(rows, name, origin).await?),
    };
    // A file that was cut, or holds only what a row filter leaves, says so by its name.
    let yours = if is_partial { "filtered-" } else { "" };
    let ending =
        if is_cut { format!("first-{MAX_ROWS}-{yours}rows.{ending}") } else { format!("{yours}rows.{ending}") };
    Ok(headers::secured(answer)
        .with("content-disposition", &headers::attachment(called.trim_end_matches('-'), &ending))
        .with("cache-control", "no-store"))
}

/// Where the rows come from: what was asked of which product and when, what was taken for granted, and of which rows it is.
fn origin(visit: &Visit, view: &View, answer: &answer::Answer, questions: &[&str]) -> Origin {
    let t = visit.t;
    let at = visit.moment(visit.now).exact;
    let mut lines: Vec<(String, String)> =
        questions.iter().map(|one| (t.say("file.question"), shown_prose(one))).collect();
    lines.push((t.say("file.product"), naming::rendered_of(&view.record)));
    lines.push((t.say("file.at"), at));
    let mut tell = |key: &str, told: String| lines.push((t.say(key), told));
    let taken = answer.interpretation.iter().flat_map(|read| &read.assumptions);
    taken.for_each(|one| tell("ask.assumed", shown_prose(one)));
    if is_partial(answer) {
        tell("file.note", t.say("ask.of_some"));
        let yours = condition::all_yours_in_words(t, view, &visit.caller().principal);
        yours.into_iter().for_each(|filter| tell("file.note", filter));
    }
    let others = answer.warnings.iter().filter_map(|one| warning(t, answer.table.as_ref(), one));
    others.for_each(|said| tell("file.note", said));
    Origin { name: t.say("file.about"), lines }
}

/// A question in the name of a file: its words, as far as names are readable.
fn file_name_part(question: &str) -> String {
    let words: Vec<&str> = question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(MOST_OF_QUESTION).collect();
    name.trim_end_matches('-').to_owned()
}

/// Comma-separated values, made while they are sent: what has gone is let go of.
fn pieces(rows: answer::Table) -> impl futures_util::Stream<Item = Bytes> + Send + 'static {
    // Spreadsheets take a file without this mark for one in the letters of their country.
    let mark = Bytes::from_static("\u{feff}".as_bytes());
    let pieces = emporion_export::csv_pieces(figures::exported(&rows), rows.rows, AT_ONCE);
    // Nothing fails that is written into memory.
    stream::iter([mark].into_iter().chain(pieces.map_while(Result::ok).map(Bytes::from)))
}

/// A workbook is an archive, of which the directory comes last: it is made at once.
async fn written(rows: answer::Table, name: String, origin: Origin) -> Result<Vec<u8>, Fault> {
    let made = apart(move |_| {
        let table = Table { columns: figures::exported(&rows), rows: &rows.rows };
        emporion_export::workbook(&table, &name, &origin)
    });
    made.await?.map_err(|error| {
        // It is written into memory, and no answer has more rows than a sheet.
        tracing::error!(%error, "the rows of an answer could not be written");
        Fault::Broken
    })
}
