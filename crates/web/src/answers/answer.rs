//! An answer of a thread as its page shows it: what was asked, what it was taken for, and what came of it.

use emporion_catalog::id::Millis;
use emporion_catalog::rows::masks::Mask;
use emporion_products::chat::answer::{
    self, AnswerWarning, ClarificationOption, ConfidenceLevel, Method, Sql, Status, Table, Used,
};
use emporion_products::chat::restated::Restated;
use emporion_products::databases::{COLUMNS_MASKED, ROWS_FILTERED};
use emporion_products::limits::MAX_ROWS;
use emporion_products::threads::thread::ThreadMessage;
use serde_json::Value;

use crate::access::masking;
use crate::answers::chart::{self, Chart, periods};
use crate::answers::figures::{self, Column};
use crate::following::questions;
use crate::records::address;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::moment::{Moment, date};
use crate::text::plain::{shown, shown_prose};
use crate::text::sentence::Sentence;
use crate::text::texts::Texts;

/// Rows that stand on the page.
const MOST_ROWS: usize = 200;

pub struct Answer {
    pub message: String,
    /// The question, with the words marked that were taken for something.
    pub asked: Vec<Piece>,
    pub question: String,
    /// Questions that came with it, which it refines.
    pub refines: Vec<String>,
    /// What asks the same elsewhere.
    pub restated: Option<Restated>,
    pub status: Status,
    /// What became of it, where it is no plain answer.
    pub state: Option<String>,
    pub text: String,
    pub grid: Option<Grid>,
    /// One for each unit.
    pub charts: Vec<Chart>,
    pub options: Vec<Choice>,
    pub unknown: Vec<String>,
    /// What is searched for instead of a question that has no answer. Whether that finds anything, who shows it asks.
    pub search: Option<String>,
    pub suggestions: Vec<String>,
    pub quotes: Vec<Quote>,
    pub used: Vec<(String, String)>,
    pub assumptions: Vec<String>,
    pub confidence: Option<String>,
    pub warnings: Vec<String>,
    /// It was made of those rows only that the row filters of its reader leave.
    pub is_partial: bool,
    pub sql: Option<Statement>,
    pub method: Option<String>,
    pub as_of: Option<Moment>,
    /// The latest moment in the data of these tables: when it was computed says nothing of their age.
    pub newest: Option<Moment>,
    /// Ids that the product gives to the tables that it was read from, and what they are called.
    pub tables: Vec<String>,
    pub sources: Vec<Link>,
    /// Where its rows can be looked at again.
    pub rows_at: Option<String>,
    /// Why its rows are not shown though they were asked for.
    pub trouble: Option<String>,
    pub rating: Option<String>,
    /// It may not be told any more, unless it is read again.
    pub is_withheld: bool,
    /// It is a single figure, which can be held against a bound.
    pub is_figure: bool,
    /// What that is counted in.
    pub unit: Option<String>,
    /// Nothing of it is still to come.
    pub is_whole: bool,
}

/// A part of a question, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub meaning: Option<String>,
    pub is_unknown: bool,
}

pub struct Choice {
    pub id: String,
    pub label: String,
    pub description: String,
}

pub struct Quote {
    pub text: String,
    pub place: String,
}

pub struct Statement {
    pub text: String,
    pub parameters: Vec<(String, String)>,
}

pub struct Grid {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<String>>>,
    pub left_off: Option<String>,
    /// What is said of a copy of these rows, where they are not all.
    pub copied: Option<String>,
}

impl Answer {
    /// Of what the thread kept of it, or of the whole answer. `questions` are all that were asked up to it, oldest first.
    pub fn of(visit: &Visit, message: &str, answer: &answer::Answer, questions: &[String]) -> Answer {
        let t = visit.t;
        let texts = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| shown_prose(text)).collect() };
        let unknown = answer.refusal.as_ref().map(|refusal| &*refusal.unknown_terms).unwrap_or_default();
        let interpretation = answer.interpretation.as_ref();
        let used = interpretation.and_then(|read| read.used.as_deref()).unwrap_or_default();
        let origin = answer.provenance.as_ref().and_then(|provenance| provenance.origin.as_ref());
        let columns = answer.table.as_ref().map(Column::all).unwrap_or_default();
        let unsure = answer.confidence.as_ref().and_then(|confidence| {
            let level = match confidence.level {
                ConfidenceLevel::High => return None,
                ConfidenceLevel::Medium => t.say("ask.confidence.medium"),
                ConfidenceLevel::Low => t.say("ask.confidence.low"),
            };
            Some([vec![level], texts(&confidence.reasons)].concat().join(" · "))
        });
        let question = questions.last().cloned().unwrap_or_default();
        Answer {
            message: message.to_owned(),
            asked: pieces(&question, used, unknown),
            refines: Vec::new(),
            restated: Some(Restated { question: question.clone(), ..Restated::default() }),
            status: answer.status,
            state: state(t, answer),
            text: figure_told(t, answer, &columns)
                .unwrap_or_else(|| figures::in_notation(t, &shown_prose(&answer.text))),
            charts: charts(t, answer, &columns),
            grid: answer.table.as_ref().and_then(|table| Grid::of(visit, table, columns)),
            options: answer.clarification.iter().flat_map(|asked| &asked.options).map(Choice::of).collect(),
            unknown: texts(unknown),
            search: (answer.status == Status::NotAnswerable).then(|| question.clone()),
            suggestions: texts(&answer.suggestions),
            quotes: answer.quotes.iter().flatten().map(|quote| Quote::of(visit, quote)).collect(),
            used: used.iter().map(|one| (shown_prose(&one.words), shown_prose(&one.meaning))).collect(),
            assumptions: interpretation.map(|read| texts(&read.assumptions)).unwrap_or_default(),
            confidence: unsure,
            warnings: answer.warnings.iter().filter_map(|one| warning(t, answer.table.as_ref(), one)).collect(),
            is_partial: is_partial(answer),
            sql: answer.sql.as_ref().map(Statement::of),
            method: answer.method().map(|method| t.say(&format!("ask.method.{}", method.word()))),
            as_of: origin.and_then(|origin| origin.as_of).map(|at| visit.moment(Millis(at.0))),
            newest: None,
            tables: origin.map(|origin| origin.data_assets.clone()).unwrap_or_default(),
            sources: Vec::new(),
            rows_at: None,
            trouble: None,
            rating: None,
            is_withheld: false,
            is_figure: questions::figure(answer).is_some(),
            unit: questions::unit(answer).map(|unit| shown(&unit)),
            is_whole: true,
            question,
        }
    }

    /// Learns what the last of these messages, which it is, was asked with.
    pub fn restate(&mut self, messages: &[ThreadMessage]) {
        let reading = messages.last().and_then(|message| message.reading.as_ref());
        self.refines = reading.iter().flat_map(|read| &read.before).map(|read| shown_prose(&read.text)).collect();
        self.restated = Restated::of(messages);
    }

    /// The sentence, with the values of the table in it.
    pub fn rendered(&self) -> Sentence {
        let cells = self.grid.iter().flat_map(|grid| grid.rows.iter().flatten().flatten());
        Sentence::of(&self.text, cells.map(String::as_str))
    }

    /// What is not known is told beside the question where it cannot be marked in it.
    pub fn is_unmarked(&self) -> bool {
        !self.unknown.is_empty() && !self.asked.iter().any(|piece| piece.is_unknown)
    }

    /// Leaves nothing of it but that it was given: its reader sees something else now, and can ask again.
    pub fn withhold(&mut self, t: Texts) {
        self.forget();
        self.unknown.clear();
        self.options.clear();
        (self.state, self.search, self.is_withheld) = (Some(t.say("ask.withheld")), None, true);
    }

    /// Leaves nothing of it that was read of rows or documents.
    pub fn forget(&mut self) {
        self.text.clear();
        self.quotes.clear();
        self.charts.clear();
        self.used.clear();
        self.assumptions.clear();
        self.warnings.clear();
        self.suggestions.clear();
        (self.grid, self.sql, self.rows_at, self.is_figure) = (None, None, None, false);
        self.is_partial = false;
    }

    pub fn is_answered(&self) -> bool {
        self.is_whole && matches!(self.status, Status::Answered | Status::ExecutedEmpty)
    }
}

/// Whether an answer was made of those rows only that the row filters of its reader leave.
pub fn is_partial(answer: &answer::Answer) -> bool {
    answer.warnings.iter().any(|warning| warning.code == ROWS_FILTERED)
}

/// The single figure of a verified query, which is told bare, as figures of other answers are.
fn figure_told(t: Texts, answer: &answer::Answer, columns: &[Column]) -> Option<String> {
    let rows = &answer.table.as_ref().filter(|_| answer.method() == Some(Method::VerifiedQuery))?.rows;
    let ([row], [column]) = (rows.as_slice(), columns) else { return None };
    let told = column.with_unit(t, row.first().filter(|_| column.is_figure)?)?;
    Some(format!("{}: {told}.", shown_prose(&column.label)))
}

fn charts(t: Texts, answer: &answer::Answer, columns: &[Column]) -> Vec<Chart> {
    let Some(chart) = &answer.chart else { return Vec::new() };
    match answer.table.as_ref().and_then(|table| periods::over_time(&chart.spec, table)) {
        Some((spec, place, grain)) => {
            let mut columns = columns.to_vec();
            columns.iter_mut().filter(|column| column.name == place).for_each(|column| column.grain = Some(grain));
            chart::all(t, &spec, &columns)
        }
        None => chart::all(t, &chart.spec, columns),
    }
}

/// A warning in the reader's language, where pages know what it says. Of what filters leave pages tell with the filters
/// themselves.
pub fn warning(t: Texts, table: Option<&answer::Table>, warning: &AnswerWarning) -> Option<String> {
    let columns = table.iter().flat_map(|table| &table.columns);
    let masked = columns.filter_map(|column| {
        let mask = column.mask.as_deref().and_then(Mask::parse)?;
        let (label, mask) = (shown(&column.label), t.say(masking::said(mask)));
        Some(t.with("masks.of_column", &[("column", &label), ("mask", &mask)]))
    });
    let masked: Vec<String> = masked.collect();
    match (warning.code.as_str(), warning.day.as_deref()) {
        (ROWS_FILTERED, _) => None,
        // What was computed of a masked column bears another name.
        (COLUMNS_MASKED, _) if masked.is_empty() => Some(match masking::told(t, &warning.columns) {
            Some(columns) => t.with("ask.of_masked_columns", &[("columns", &columns)]),
            None => t.say("ask.of_masked"),
        }),
        (COLUMNS_MASKED, _) => Some(t.with("ask.masked", &[("columns", &masked.join(", "))])),
        (answer::DATA_ENDS, Some(day)) => Some(t.with("ask.data_ends", &[("day", &day_said(t, day))])),
        (answer::DATA_BEGINS, Some(day)) => Some(t.with("ask.data_begins", &[("day", &day_said(t, day))])),
        _ => Some(shown_prose(&warning.message)),
    }
}

/// A day as other days of the page are said.
fn day_said(t: Texts, day: &str) -> String {
    day.parse().map_or_else(|_| shown(day), |day| date(t, day))
}

impl Choice {
    fn of(option: &ClarificationOption) -> Choice {
        Choice {
            id: option.id.clone(),
            label: shown_prose(&option.label),
            description: shown_prose(option.description.as_deref().unwrap_or_default()),
        }
    }
}

impl Quote {
    fn of(visit: &Visit, quote: &answer::Quote) -> Quote {
        let page = quote.page.map(|page| visit.t.with("ask.page", &[("n", &visit.t.number(u64::from(page)))]));
        let place = [Some(shown_prose(&quote.name)), quote.heading.as_deref().map(shown_prose), page];
        Quote { text: shown_prose(&quote.text), place: place.into_iter().flatten().collect::<Vec<_>>().join(" · ") }
    }
}

impl Statement {
    fn of(sql: &Sql) -> Statement {
        let parameters = sql.parameters.iter().map(|one| {
            let value = one.value.as_str().map_or_else(|| one.value.to_string(), str::to_owned);
            (shown(&one.name), shown_prose(&value))
        });
        Statement { text: shown_prose(&sql.text), parameters: parameters.collect() }
    }
}

impl Grid {
    fn of(visit: &Visit, table: &Table, columns: Vec<Column>) -> Option<Grid> {
        // One figure is in the sentence already.
        let is_told = table.rows.is_empty() || table.rows.len() == 1 && columns.len() == 1;
        (!is_told).then(|| {
            let grid = Grid::of_rows(visit, table, columns);
            let most = visit.t.number(MAX_ROWS.unsigned_abs());
            let of_files = |more: String| visit.t.with("ask.files_have", &[("more", &with_stop(more)), ("n", &most)]);
            Grid { left_off: grid.left_off.map(of_files), ..grid }
        })
    }

    /// Of one that may hold a single figure, too.
    pub fn of_rows(visit: &Visit, table: &Table, columns: Vec<Column>) -> Grid {
        let cell =
            |row: &[Value], (at, column): (usize, &Column)| column.cell(visit.t, row.get(at).unwrap_or(&Value::Null));
        let row = |row: &Vec<Value>| columns.iter().enumerate().map(|column| cell(row, column)).collect();
        let shown_rows: Vec<Vec<Option<String>>> = table.rows.iter().take(MOST_ROWS).map(row).collect();
        // Of one that is still told, not all rows are there.
        let all = table.row_count.max(table.rows.len());
        let number = |rows: usize| visit.t.number(rows as u64);
        let shown = number(shown_rows.len());
        let (left_off, copied) = match (all > MOST_ROWS, table.is_truncated) {
            (true, false) => (
                Some(visit.t.count("ask.more_rows", all - MOST_ROWS)),
                Some(visit.t.with("ask.copied_part", &[("shown", &shown), ("all", &number(all))])),
            ),
            (_, true) => {
                (Some(visit.t.say("ask.truncated")), Some(visit.t.with("ask.copied_first", &[("shown", &shown)])))
            }
            _ => (None, None),
        };
        Grid { columns, rows: shown_rows, left_off, copied }
    }
}

fn with_stop(text: String) -> String {
    if text.ends_with('.') { text } else { text + "." }
}

/// What became of a question, where that is no plain answer.
fn state(t: Texts, answer: &answer::Answer) -> Option<String> {
    match (answer.status, &answer.refusal) {
        (Status::Answered, _) => None,
        (Status::NotAnswerable, Some(refusal)) => Some(t.say(&format!("ask.reason.{}", refusal.reason.word()))),
        (status, _) => Some(t.say(&format!("ask.status.{}", status.word()))),
    }
}

/// A question in pieces. Words have their places in bytes; where these do not fit the question (it was completed by what was
/// chosen), nothing is marked.
fn pieces(question: &str, used: &[Used], unknown: &[String]) -> Vec<Piece> {
    let mut marks: Vec<(usize, usize, Option<String>)> = Vec::new();
    for one in used {
        if question.get(one.from..one.to).is_some_and(|words| words == one.words) {
            marks.push((one.from, one.to, Some(shown(&one.meaning))));
        }
    }
    for term in unknown.iter().filter(|term| !term.is_empty()) {
        // As it is written, or in small letters: other forms are told below.
        let found =
            question.find(term.as_str()).or_else(|| question.to_ascii_lowercase().find(&term.to_ascii_lowercase()));
        marks.extend(found.map(|from| (from, from + term.len(), None)));
    }
    marks.sort_by_key(|(from, to, _)| (*from, *to));
    let mut pieces = Vec::new();
    let mut at = 0;
    let plain = |text: &str| Piece { text: shown_prose(text), meaning: None, is_unknown: false };
    for (from, to, meaning) in marks {
        if from < at || question.get(from..to).is_none() {
            continue;
        }
        if from > at {
            pieces.push(plain(&question[at..from]));
        }
        pieces.push(Piece { text: shown_prose(&question[from..to]), is_unknown: meaning.is_none(), meaning });
        at = to;
    }
    if at < question.len() {
        pieces.push(plain(&question[at..]));
    }
    pieces
}

/// Where the rows of an answer are looked at again.
pub fn rows_at(product: &str, thread: &str, message: &str) -> String {
    let at = address::with_query(product, &[("tab", "ask"), ("thread", thread), ("at", message)]);
    format!("{at}#m-{message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_question_are_marked_where_they_stand() {
        let used = [("turnover", 0, 8, "Net sales"), ("per area", 9, 17, "by region")];
        let used = used.map(|(words, from, to, meaning)| {
            let (words, meaning) = (words.to_owned(), meaning.to_owned());
            Used { words, from, to, meaning }
        });
        let marked = pieces("turnover per area of Zürich", &used, &["zürich".to_owned(), "of".to_owned()]);
        let rendered: Vec<(&str, Option<&str>, bool)> =
            marked.iter().map(|one| (one.text.as_str(), one.meaning.as_deref(), one.is_unknown)).collect();
        assert_eq!(
            rendered,
            [
                ("turnover", Some("Net sales"), false),
                (" ", None, false),
                ("per area", Some("by region"), false),
                (" ", None, false),
                ("of", None, true),
                (" ", None, false),
                ("Zürich", None, true),
            ]
        );
        let elsewhere = pieces("EU", &used, &[]);
        assert_eq!(elsewhere, [Piece { text: "EU".into(), meaning: None, is_unknown: false }]);
    }
}
