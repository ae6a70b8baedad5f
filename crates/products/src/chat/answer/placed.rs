//! An answer with its place in a thread, and its form as JSON: as it is kept, and as it is shown.

use emporion_catalog::id::RecordId;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Answer, AnswerWarning, Method, Quote, Refusal, RefusalReason, Usage};

/// An answer with its place in a thread.
#[derive(Debug, Clone)]
pub struct Placed {
    pub thread: RecordId,
    pub message: RecordId,
    pub answer: Answer,
    /// What is to be said of the request, beside what the answer says.
    pub warnings: Vec<AnswerWarning>,
    pub usage: Usage,
    pub shows: Shows,
    /// It was asked, and kept, before.
    pub is_again: bool,
}

/// The parts of an answer that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shows {
    pub text: bool,
    pub table: bool,
    pub chart: bool,
    pub sql: bool,
}

impl Placed {
    /// The warnings of the answer and those of the request.
    pub fn warnings(&self) -> impl Iterator<Item = &AnswerWarning> {
        self.answer.warnings.iter().chain(&self.warnings)
    }

    /// The answer alone, with all that is to be said beside it.
    pub fn into_answer(self) -> Answer {
        let Placed { mut answer, warnings, .. } = self;
        answer.warnings.extend(warnings);
        answer
    }

    /// What was asked for of it.
    pub fn print(&self) -> Value {
        let mut members = Members::of(self).0;
        for (part, is_shown) in [("chart", self.shows.chart), ("sql", self.shows.sql)] {
            if !is_shown {
                members.shift_remove(part);
            }
        }
        if !self.shows.text {
            members.insert("text".to_owned(), "".into());
        }
        // Not kept: what the model has, the thread's owner may not see one day.
        members.extend(self.answer.trace.clone().map(|trace| ("trace".to_owned(), trace)));
        let table = self.answer.table.as_ref().filter(|_| self.shows.table);
        members.extend(table.map(|table| ("table".to_owned(), json!(table))));
        Value::Object(members)
    }

    /// What a thread keeps of it, and its text there. Values of rows stand in no thread: not in a table, and not in a
    /// chart. Nor does what documents say, which can be taken away, also from who has read it.
    pub fn kept(&self) -> (Map<String, Value>, String) {
        let mut placed = Placed { answer: Answer { table: None, chart: None, ..self.answer.clone() }, ..self.clone() };
        let quotes = placed.answer.quotes.take();
        if quotes.is_some() {
            placed.answer.suggestions.clear();
        }
        let quotes = quotes.filter(|quotes| !quotes.is_empty());
        if let Some(quotes) = &quotes {
            placed.answer.text = cited(quotes);
        }
        let mut members = Members::of(&placed);
        if let Some(quotes) = &quotes {
            members.put("quotes", quotes.iter().map(place).collect::<Vec<Value>>());
        }
        (members.0, placed.answer.text)
    }
}

/// Where passages were quoted from.
fn cited(quotes: &[Quote]) -> String {
    let mut citations: Vec<String> = quotes.iter().map(|quote| quote.citation(false)).collect();
    citations.dedup();
    format!("Quoted from {}.", citations.join("; "))
}

fn place(quote: &Quote) -> Value {
    json!({
        "documentId": quote.document_id,
        "name": quote.name,
        "dataProductId": quote.data_product_id,
        "alias": quote.alias,
        "page": quote.page,
        "index": quote.index,
    })
}

/// Members in the order in which clients get them.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    /// All but the table and the trace, which come last.
    fn of(placed: &Placed) -> Members {
        let answer = &placed.answer;
        let mut members = Members::default();
        members.put("threadId", placed.thread.to_string());
        members.put("messageId", placed.message.to_string());
        members.put("status", answer.status);
        match (&answer.refusal, &answer.clarification, answer.method()) {
            (Some(refusal), ..) => members.refusal(refusal, placed),
            (None, Some(clarification), _) => {
                members.put("text", &answer.text);
                members.put("clarification", clarification);
                members.some("provenance", answer.provenance.as_ref());
            }
            (None, None, Some(Method::DocumentQuote)) => members.quoted(answer),
            (None, None, Some(method)) => members.figures(answer, method),
            (None, None, None) => {
                members.put("text", &answer.text);
                members.some("provenance", answer.provenance.as_ref());
            }
        }
        members.put("suggestions", &answer.suggestions);
        members.put("warnings", placed.warnings().collect::<Vec<_>>());
        members.put("usage", placed.usage);
        members
    }

    fn refusal(&mut self, refusal: &Refusal, placed: &Placed) {
        let answer = &placed.answer;
        let terms = Some(&refusal.unknown_terms).filter(|_| refusal.reason == RefusalReason::UnknownTerms);
        let is_of_documents = answer.provenance.as_ref().is_none_or(|provenance| provenance.origin.is_none());
        let is_first = refusal.instead_of.unwrap_or(refusal.reason) == RefusalReason::UnknownTerms;
        self.some("unknownTerms", terms.filter(|_| is_first && !is_of_documents));
        self.put("reason", refusal.reason);
        self.put("text", &answer.text);
        self.put("suggestions", &answer.suggestions);
        self.some("quotes", answer.quotes.as_ref());
        self.some("unknownTerms", terms.filter(|_| is_of_documents));
        if !answer.warnings.is_empty() {
            self.put("warnings", placed.warnings().collect::<Vec<_>>());
        }
        self.some("provenance", answer.provenance.as_ref());
        self.some("unknownTerms", terms);
    }

    fn quoted(&mut self, answer: &Answer) {
        self.put("text", &answer.text);
        self.put("sources", &answer.sources);
        self.some("quotes", answer.quotes.as_ref());
        self.some("interpretation", answer.interpretation.as_ref());
        self.some("provenance", answer.provenance.as_ref());
        self.some("confidence", answer.confidence.as_ref());
    }

    fn figures(&mut self, answer: &Answer, method: Method) {
        self.some("provenance", answer.provenance.as_ref());
        self.some("confidence", answer.confidence.as_ref());
        let is_stated = matches!(method, Method::VerifiedQuery | Method::LlmSql);
        self.some("interpretation", answer.interpretation.as_ref().filter(|_| !is_stated));
        self.some("sql", answer.sql.as_ref());
        self.put("text", &answer.text);
        // Of a query that was run, it is told that there is nothing to draw.
        if !is_stated && answer.table.is_some() {
            self.put("chart", &answer.chart);
        } else {
            self.some("chart", answer.chart.as_ref());
        }
        self.some("interpretation", answer.interpretation.as_ref());
    }

    fn put(&mut self, name: &str, value: impl Serialize) {
        self.0.insert(name.to_owned(), json!(value));
    }

    fn some(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }
}

#[cfg(test)]
#[path = "placed_tests.rs"]
mod tests;
