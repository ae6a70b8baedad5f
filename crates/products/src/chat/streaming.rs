//! Telling an answer, part by part, to who follows it.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::answer::Table;
use super::event::Event;
use super::event_stream::EventStream;
use super::opening::{Opened, answer};
use super::timings::since;
use super::wording::cut;
use crate::failure::Failure;
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

/// Makes an answer, telling each part of it as it comes to be.
pub async fn follow(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    stream: &Arc<EventStream>,
    wording: &dyn Wording,
) {
    let begun = Instant::now();
    let placed = match answer(products, request, opened, begun, &|event| stream.tell(&event)).await {
        Ok(placed) => placed,
        Err(failure) => {
            let is_retryable = failure.status() >= 500 || failure.status() == 429;
            for event in Event::failed(failure.code.text, &wording.sentence(&failure), is_retryable, since(begun)) {
                stream.tell(&event);
            }
            return;
        }
    };
    let mut data = placed.print();
    if let Some(table) = placed.answer.table.as_ref().filter(|_| placed.shows.table) {
        for piece in pieces(table) {
            stream.tell(&Event::new("table", piece));
        }
    }
    if let Some(chart) = data.get("chart").filter(|chart| chart.is_object() && chart.to_string().len() <= PIECE) {
        stream.tell(&Event::new("chart", chart.clone()));
    }
    let text: Vec<char> = data["text"].as_str().unwrap_or_default().chars().collect();
    for delta in text.chunks(WORDS) {
        stream.tell(&Event::new("text_delta", json!({"delta": delta.iter().collect::<String>()})));
    }
    if let Some(clarification) = data.get("clarification").filter(|asked| asked.is_object()) {
        stream.tell(&Event::new("clarification", clarification.clone()));
    }
    let given: Vec<Value> = opened.question.warnings.iter().map(|warning| wording.warning(warning)).collect();
    for warning in given.iter().chain(data["warnings"].as_array().into_iter().flatten()) {
        stream.tell(&Event::new("warning", warning.clone()));
    }
    if let Some(items) = data["suggestions"].as_array().filter(|items| !items.is_empty()) {
        stream.tell(&Event::new("suggestions", json!({"items": items})));
    }
    let usage = data["usage"].clone();
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
    stream.tell(&Event::new("done", json!({"status": data["status"], "usage": usage, "data": data})));
}

/// A table in pieces that fit an event each.
fn pieces(table: &Table) -> Vec<Value> {
    let rows = &table.rows;
    let shown = &rows[..rows.len().min(ROWS_FOLLOWED)];
    let mut parts: Vec<Vec<Value>> = vec![Vec::new()];
    let mut taken = 0;
    let mut is_cut = false;
    for row in shown {
        let row = fitting(row, &mut is_cut);
        let size = row.to_string().len();
        if taken + size > PIECE && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
            taken = 0;
        }
        taken += size;
        parts.last_mut().expect("there is one").push(row);
    }
    let last = parts.len() - 1;
    let is_truncated = table.is_truncated || shown.len() < rows.len();
    let piece = |(at, rows): (usize, Vec<Value>)| {
        json!({
            "columns": table.columns,
            "rows": rows,
            "chunk": at,
            "last": at == last,
            "truncated": is_truncated,
            "cut": is_cut,
        })
    };
    parts.into_iter().enumerate().map(piece).collect()
}

/// The row, with its texts cut where it would not fit a piece.
fn fitting(cells: &[Value], is_cut: &mut bool) -> Value {
    let row = json!(cells);
    if row.to_string().len() <= PIECE {
        return row;
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
        let of = |rows: Vec<Vec<Value>>| pieces(&Table { rows, ..Table::default() });
        let told = of((0..700).map(|n| vec![json!(n), json!("x".repeat(300))]).collect());
        assert!(told.len() > 1 && told.iter().all(|piece| piece.to_string().len() < 64 << 10));
        let rows: usize = told.iter().map(|piece| piece["rows"].as_array().map_or(0, Vec::len)).sum();
        assert_eq!(rows, ROWS_FOLLOWED);
        assert!(told.iter().enumerate().all(|(at, piece)| piece["chunk"] == at && piece["truncated"] == true));
        assert_eq!(told.iter().filter(|piece| piece["last"] == true).count(), 1);
        assert_eq!(of(Vec::new()).len(), 1);
        let long = vec![json!("\u{1}".repeat(100_000)), json!(5), json!("é".repeat(100_000))];
        let told = of(vec![long, vec![json!("x"), json!(6), Value::Null]]);
        assert!(told.iter().all(|piece| piece.to_string().len() < 64 << 10 && piece["cut"] == true));
        let rows: Vec<&Value> = told.iter().flat_map(|piece| piece["rows"].as_array().unwrap()).collect();
        assert_eq!((rows.len(), &rows[0][1], rows[1]), (2, &json!(5), &json!(["x", 6, null])));
    }
}
