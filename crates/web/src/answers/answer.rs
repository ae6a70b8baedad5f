//! An answer of a thread as its page shows it: what was asked, what it was taken for, and what came of it.

use emporion_catalog::id::Millis;
use emporion_edge::timestamp;
use serde_json::Value;

use crate::answers::chart::{self, Chart};
use crate::answers::figures::Column;
use crate::records::address;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};
use crate::text::sentence::Sentence;

/// Rows that stand on the page.
const MOST_ROWS: usize = 200;
/// Statuses with words of their own.
const STATUSES: &[&str] =
    &["answered", "executed_empty", "needs_clarification", "not_answerable", "needs_llm", "refused", "failed"];
const REASONS: &[&str] = &["unknown_terms", "outside_model", "open_ended"];
const METHODS: &[&str] = &["semantic_parse", "verified_query", "document_quote", "llm_plan", "llm_sql"];

pub struct Answer {
    pub message: String,
    /// The question, with the words marked that were taken for something.
    pub asked: Vec<Piece>,
    pub question: String,
    pub status: &'static str,
    /// What became of it, where it is no plain answer.
    pub state: Option<String>,
    pub text: String,
    pub grid: Option<Grid>,
    pub chart: Option<Chart>,
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
    pub sql: Option<Statement>,
    pub method: Option<String>,
    pub as_of: Option<Moment>,
    /// Ids that the product gives to the tables that it was read from, and what they are called.
    pub tables: Vec<String>,
    pub sources: Vec<Link>,
    /// Where its rows can be looked at again.
    pub rows_at: Option<String>,
    /// Why its rows are not shown though they were asked for.
    pub trouble: Option<String>,
    pub rating: Option<String>,
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
}

impl Answer {
    /// Of what the thread kept of it, or of the whole answer. `questions` are all that were asked up to it, oldest first.
    pub fn of(visit: &Visit, message: &str, answer: &Value, questions: &[String]) -> Answer {
        let t = visit.t;
        let text = |value: &Value| shown_prose(value.as_str().unwrap_or_default());
        let texts = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
        let known = |value: &Value, of: &'static [&'static str]| of.iter().copied().find(|one| *one == value);
        let status = known(&answer["status"], STATUSES).unwrap_or("failed");
        let reason = known(&answer["reason"], REASONS);
        let state = match (status, reason) {
            ("answered", _) => None,
            ("not_answerable", Some(reason)) => Some(t.say(&format!("ask.reason.{reason}"))),
            _ => Some(t.say(&format!("ask.status.{status}"))),
        };
        let interpretation = &answer["interpretation"];
        let used = interpretation["used"].as_array().map(Vec::as_slice).unwrap_or_default();
        let unknown = texts(&answer["unknownTerms"]);
        let provenance = &answer["provenance"];
        let as_of = provenance["asOf"].as_str().and_then(timestamp::parse).map(|at| visit.moment(Millis(at)));
        let table = &answer["table"];
        let columns = Column::all(table);
        let confidence = answer["confidence"]["level"].as_str().filter(|level| *level != "high").map(|level| {
            let level = if level == "medium" { t.say("ask.confidence.medium") } else { t.say("ask.confidence.low") };
            [vec![level], texts(&answer["confidence"]["reasons"])].concat().join(" · ")
        });
        let question = questions.last().cloned().unwrap_or_default();
        Answer {
            message: message.to_owned(),
            asked: pieces(&question, used, &answer["unknownTerms"]),
            status,
            state,
            text: text(&answer["text"]),
            chart: chart::of(t, &answer["chart"]["spec"], &columns),
            grid: Grid::of(visit, table, columns),
            options: answer["clarification"]["options"].as_array().into_iter().flatten().map(Choice::of).collect(),
            unknown,
            search: (status == "not_answerable").then(|| question.clone()),
            suggestions: texts(&answer["suggestions"]),
            quotes: answer["quotes"].as_array().into_iter().flatten().map(|quote| Quote::of(visit, quote)).collect(),
            used: used.iter().map(|one| (text(&one["words"]), text(&one["meaning"]))).collect(),
            assumptions: texts(&interpretation["assumptions"]),
            confidence,
            warnings: answer["warnings"].as_array().into_iter().flatten().map(|one| text(&one["message"])).collect(),
            sql: Statement::of(&answer["sql"]),
            method: known(&provenance["method"], METHODS).map(|method| t.say(&format!("ask.method.{method}"))),
            as_of,
            tables: provenance["dataAssets"].as_array().into_iter().flatten().map(text).collect(),
            sources: Vec::new(),
            rows_at: None,
            trouble: None,
            rating: None,
            is_whole: true,
            question,
        }
    }

    /// The sentence, with the values of the table in it.
    pub fn said(&self) -> Sentence {
        let cells = self.grid.iter().flat_map(|grid| grid.rows.iter().flatten().flatten());
        Sentence::of(&self.text, cells.map(String::as_str))
    }

    /// What is not known is told beside the question where it cannot be marked in it.
    pub fn is_unmarked(&self) -> bool {
        !self.unknown.is_empty() && !self.asked.iter().any(|piece| piece.is_unknown)
    }

    pub fn is_answered(&self) -> bool {
        self.is_whole && matches!(self.status, "answered" | "executed_empty")
    }
}

impl Choice {
    fn of(option: &Value) -> Choice {
        let text = |name: &str| option[name].as_str().unwrap_or_default();
        Choice {
            id: text("id").to_owned(),
            label: shown_prose(text("label")),
            description: shown_prose(text("description")),
        }
    }
}

impl Quote {
    fn of(visit: &Visit, quote: &Value) -> Quote {
        let text = |name: &str| quote[name].as_str().map(shown_prose);
        let page = quote["page"].as_u64().map(|page| visit.t.with("ask.page", &[("n", &visit.t.number(page))]));
        let place = [text("name"), text("heading"), page];
        Quote {
            text: text("text").unwrap_or_default(),
            place: place.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        }
    }
}

impl Statement {
    fn of(sql: &Value) -> Option<Statement> {
        let text = shown_prose(sql["text"].as_str()?);
        let parameter = |one: &Value| {
            let value = one["value"].as_str().map_or_else(|| one["value"].to_string(), str::to_owned);
            (shown(one["name"].as_str().unwrap_or_default()), shown_prose(&value))
        };
        let parameters = sql["parameters"].as_array().into_iter().flatten().map(parameter).collect();
        Some(Statement { text, parameters })
    }
}

impl Grid {
    fn of(visit: &Visit, table: &Value, columns: Vec<Column>) -> Option<Grid> {
        let rows = table["rows"].as_array().filter(|rows| !rows.is_empty())?;
        // One figure is in the sentence already.
        if rows.len() == 1 && columns.len() == 1 {
            return None;
        }
        let row = |row: &Value| columns.iter().enumerate().map(|(at, column)| column.cell(&row[at])).collect();
        let shown_rows: Vec<Vec<Option<String>>> = rows.iter().take(MOST_ROWS).map(row).collect();
        let all = table["rowCount"].as_u64().and_then(|all| usize::try_from(all).ok()).unwrap_or(rows.len());
        let left_off = match (all > MOST_ROWS, table["truncated"] == true) {
            (true, false) => Some(visit.t.count("ask.more_rows", all - MOST_ROWS)),
            (_, true) => Some(visit.t.say("ask.truncated")),
            _ => None,
        };
        Some(Grid { columns, rows: shown_rows, left_off })
    }
}

/// A question in pieces. Words have their places in bytes; where these do not fit the question (it was completed by what was
/// chosen), nothing is marked.
fn pieces(question: &str, used: &[Value], unknown: &Value) -> Vec<Piece> {
    let mut marks: Vec<(usize, usize, Option<String>)> = Vec::new();
    for one in used {
        let place = |name: &str| one[name].as_u64().and_then(|at| usize::try_from(at).ok());
        let (Some(from), Some(to)) = (place("from"), place("to")) else { continue };
        if question.get(from..to).is_some_and(|words| Some(words) == one["words"].as_str()) {
            marks.push((from, to, one["meaning"].as_str().map(shown)));
        }
    }
    for term in unknown.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|term| !term.is_empty()) {
        // As it is written, or in small letters: other forms are told below.
        let found = question.find(term).or_else(|| question.to_ascii_lowercase().find(&term.to_ascii_lowercase()));
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
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_a_question_are_marked_where_they_stand() {
        let used = [
            json!({"words": "turnover", "from": 0, "to": 8, "meaning": "Net sales"}),
            json!({"words": "per area", "from": 9, "to": 17, "meaning": "by region"}),
        ];
        let marked = pieces("turnover per area of Zürich", &used, &json!(["zürich", "of"]));
        let said: Vec<(&str, Option<&str>, bool)> =
            marked.iter().map(|one| (one.text.as_str(), one.meaning.as_deref(), one.is_unknown)).collect();
        assert_eq!(
            said,
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
        let elsewhere = pieces("EU", &used, &json!(null));
        assert_eq!(elsewhere, [Piece { text: "EU".into(), meaning: None, is_unknown: false }]);
    }
}
