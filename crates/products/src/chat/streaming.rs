//! Telling an answer, part by part, to who follows it.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::answer::Table;
use super::event::{Done, Event, TablePiece};
use super::event_stream::EventStream;
use super::opening::{Opened, answer};
use super::timings::since;
use super::wording::cut;
use crate::failure::Failure;
use crate::message::Nouns;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;

/// Rows of a table that are told.
const ROWS_FOLLOWED: usize = 500;
/// Bytes of a piece.
const PIECE: usize = 48 << 10;
/// What is put into one event of text.
const WORDS: usize = 400;

/// The words of whom an answer is told through.
pub trait Wording: Send + Sync {
    /// Why an answer could not be made.
    fn sentence(&self, failure: &Failure) -> String;

    /// A warning as an object with its code and its message.
    fn warning(&self, warning: &Warning) -> Value;
}

/// Of who calls a product what the catalogue calls it, and reads requests by their canonical names.
impl Wording for Nouns {
    fn sentence(&self, failure: &Failure) -> String {
        failure.sentence(self, str::to_owned)
    }

    fn warning(&self, warning: &Warning) -> Value {
        warning.printed(self, str::to_owned)
    }
}

/// Makes an answer, telling each part of it as it comes to be.
pub async fn follow(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    stream: &Arc<EventStream>,
    wording: &dyn Wording,
) {
    let begun = Instant::now();
    let placed = match answer(products, request, opened, begun, &|event| stream.report(&event)).await {
        Ok(placed) => placed,
        Err(failure) => {
            let is_retryable = failure.code.is_transient();
            for event in Event::failed(failure.code.name(), &wording.sentence(&failure), is_retryable, since(begun)) {
                stream.report(&event);
            }
            return;
        }
    };
    let mut data = placed.print();
    if let Some(table) = placed.answer.table.as_ref().filter(|_| placed.shows.table) {
        for piece in pieces(table) {
            stream.report(&Event::Table(piece));
        }
    }
    let chart = placed.answer.chart.as_ref().filter(|_| placed.shows.chart);
    let chart = chart.filter(|chart| json!(chart).to_string().len() <= PIECE);
    if let Some(chart) = chart {
        stream.report(&Event::Chart(chart.clone()));
    }
    if placed.shows.text {
        let text: Vec<char> = placed.answer.text.chars().collect();
        for delta in text.chunks(WORDS) {
            stream.report(&Event::TextDelta(delta.iter().collect()));
        }
    }
    if let Some(clarification) = &placed.answer.clarification {
        stream.report(&Event::Clarification(clarification.clone()));
    }
    let given = opened.question.warnings.iter().map(|warning| wording.warning(warning));
    for warning in given.chain(placed.warnings().map(|warning| json!(warning))) {
        stream.report(&Event::Warning(warning));
    }
    if !placed.answer.suggestions.is_empty() {
        stream.report(&Event::Suggestions(placed.answer.suggestions.clone()));
    }
    // The whole answer, but for its rows.
    if let Some(table) = data.get_mut("table").and_then(Value::as_object_mut) {
        table.shift_remove("rows");
    }
    // All of these were told by themselves, or stand in the thread.
    for part in ["chart", "sql", "interpretation", "quotes", "text"] {
        if data.to_string().len() > PIECE
            && let Some(data) = data.as_object_mut()
        {
            data.shift_remove(part);
        }
    }
    let usage = placed.usage;
    let is_chart_told = chart.is_some();
    let mut answer = placed.into_answer();
    // Followed answers are kept for a while: what was too long to be told is not kept either.
    answer.chart = answer.chart.filter(|_| is_chart_told);
    if let Some(table) = &mut answer.table {
        table.rows = Vec::new();
    }
    stream.report(&Event::Done(Box::new(Done { answer, usage, data })));
}

/// A table in pieces that fit an event each.
fn pieces(table: &Table) -> Vec<TablePiece> {
    let rows = &table.rows;
    let shown = &rows[..rows.len().min(ROWS_FOLLOWED)];
    let mut parts: Vec<Vec<Vec<Value>>> = vec![Vec::new()];
    let mut taken = 0;
    let mut is_cut = false;
    for row in shown {
        let row = fitting(row, &mut is_cut);
        let size = json!(row).to_string().len();
        if taken + size > PIECE && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
            taken = 0;
        }
        taken += size;
        parts.last_mut().expect("there is one").push(row);
    }
    let last = parts.len() - 1;
    let is_truncated = table.is_truncated || shown.len() < rows.len();
    let piece = |(number, rows): (usize, Vec<Vec<Value>>)| {
        let (columns, is_last) = (table.columns.clone(), number == last);
        TablePiece { columns, rows, number, is_last, is_truncated, is_cut }
    };
    parts.into_iter().enumerate().map(piece).collect()
}

/// The row, with its texts cut where it would not fit a piece.
fn fitting(cells: &[Value], is_cut: &mut bool) -> Vec<Value> {
    if json!(cells).to_string().len() <= PIECE {
        return cells.to_vec();
    }
    *is_cut = true;
    // A character is printed in six bytes at most, as an escape, or in four.
    let share = PIECE / cells.len().max(1) / 6;
    let cell = |cell: &Value| cell.as_str().map_or_else(|| cell.clone(), |text| cut(text, share).into());
    cells.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_in_pieces_that_fit() {
        let of = |rows: Vec<Vec<Value>>| -> Vec<Value> {
            pieces(&Table { rows, ..Table::default() }).iter().map(|piece| json!(piece)).collect()
        };
        let reported = of((0..700).map(|n| vec![json!(n), json!("x".repeat(300))]).collect());
        assert!(reported.len() > 1 && reported.iter().all(|piece| piece.to_string().len() < 64 << 10));
        let rows: usize = reported.iter().map(|piece| piece["rows"].as_array().map_or(0, Vec::len)).sum();
        assert_eq!(rows, ROWS_FOLLOWED);
        assert!(reported.iter().enumerate().all(|(at, piece)| piece["chunk"] == at && piece["truncated"] == true));
        assert_eq!(reported.iter().filter(|piece| piece["last"] == true).count(), 1);
        assert_eq!(of(Vec::new()).len(), 1);
        let long = vec![json!("\u{1}".repeat(100_000)), json!(5), json!("é".repeat(100_000))];
        let reported = of(vec![long, vec![json!("x"), json!(6), Value::Null]]);
        assert!(reported.iter().all(|piece| piece.to_string().len() < 64 << 10 && piece["cut"] == true));
        let rows: Vec<&Value> = reported.iter().flat_map(|piece| piece["rows"].as_array().unwrap()).collect();
        assert_eq!((rows.len(), &rows[0][1], rows[1]), (2, &json!(5), &json!(["x", 6, null])));
    }
}
