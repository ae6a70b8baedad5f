//! Wording of what was found out: the parts of an answer.

use std::iter::repeat;

use emporion_semantic::chat::ground::{DatasetId, Join, JoinId, MaskShows, Names};
use emporion_semantic::chat::query::Value as Literal;
use emporion_semantic::chat::reading::{self, About, Level, Reason};
use emporion_semantic::chat::{Ground, TableColumn, numbers};
use emporion_semantic::guard::{self, Dialect, Parameters};
use serde_json::Value;

use super::answer::{
    Answer, AnswerWarning, Clarification, ClarificationKind, ClarificationOption, Column, Confidence, ConfidenceLevel,
    Interpretation, Parameter, Refusal, RefusalReason, Sql, Status, Table, Used,
};
use super::memory::{Read, WAY};
use super::outcome::Outcome;
use crate::databases::Answered;

/// Characters of one value that a sentence tells: the table has it whole.
const MOST_OF_VALUE: usize = 200;
/// Suggestions that are shown.
const SUGGESTIONS: usize = 5;

/// Asks back what is meant.
pub fn asked_back(asked: &reading::Clarification, read: Read) -> Outcome {
    let kind = match asked.about {
        About::Metric => ClarificationKind::Metric,
        About::Dimension => ClarificationKind::Dimension,
        About::Value => ClarificationKind::Value,
        About::Time => ClarificationKind::Time,
        About::JoinPath => ClarificationKind::JoinPath,
        About::Scope => ClarificationKind::Scope,
    };
    let options = asked.options.iter().map(|option| ClarificationOption::new(&option.id, &option.label));
    clarified(kind, &asked.question, options.collect(), read)
}

/// The id of an option that is a way between tables.
pub fn way_id(ground: &Ground, way: &[JoinId]) -> String {
    let names: Vec<&str> = way.iter().map(|join| ground.join(*join).names.name.as_str()).collect();
    format!("{WAY}{}", names.join("+"))
}

pub fn which_way(ground: &Ground, from: DatasetId, ways: &[Vec<JoinId>], read: Read) -> Outcome {
    let options =
        ways.iter().map(|way| ClarificationOption::new(way_id(ground, way), way_described(ground, from, way)));
    let question = "The tables hang together in several ways. Which one is meant?";
    clarified(ClarificationKind::JoinPath, question, options.collect(), read)
}

/// As the model describes its relationships; where it does not, by the things on the way: "vessels of sailings of incidents".
pub fn way_described(ground: &Ground, from: DatasetId, way: &[JoinId]) -> String {
    let joins = || way.iter().map(|join| ground.join(*join));
    let is_described = |names: &Names| names.description.is_some() || names.label.is_some();
    let is_chain = joins().try_fold(from, |at, join| match (join.from == at, join.to == at) {
        (true, _) => Some(join.to),
        (_, true) => Some(join.from),
        (false, false) => None,
    });
    if is_chain.is_none() || joins().all(|join| is_described(&join.names)) {
        let described = joins().map(|join| join.names.description.as_deref().unwrap_or(join.names.shown()));
        return described.collect::<Vec<_>>().join(", then ");
    }
    let shown = |of: DatasetId| ground.dataset(of).names.shown().to_lowercase();
    let mut at = from;
    let mut things = vec![shown(from)];
    for join in joins() {
        at = if join.from == at { join.to } else { join.from };
        // What the relationship is called beside the thing that it leads to, where others lead there from here as well.
        let is_same = |other: &&Join| (other.from, other.to) == (join.from, join.to);
        let is_alone = ground.joins.iter().filter(is_same).count() == 1;
        let called = join.names.synonyms.first().map_or_else(|| join.names.name.replace('_', " "), Clone::clone);
        things.push(if is_alone { shown(at) } else { format!("{} ({called})", shown(at)) });
    }
    things.reverse();
    things.join(" of ")
}

pub fn clarified(kind: ClarificationKind, question: &str, options: Vec<ClarificationOption>, read: Read) -> Outcome {
    let asked = Clarification { kind, question: question.to_owned(), options, allow_free_text: true, id: None };
    let answer = Answer { clarification: Some(asked), ..Answer::new(Status::NeedsClarification, question) };
    Outcome::new(answer, read)
}

pub fn refused(reason: Reason, mut suggestions: Vec<String>, read: Read) -> Outcome {
    suggestions.truncate(SUGGESTIONS);
    let text = match &reason {
        Reason::UnknownTerms(terms) => {
            let quoted: Vec<String> = terms.iter().map(|term| format!("\u{201c}{term}\u{201d}")).collect();
            format!("Nothing here is called {}.", quoted.join(" or "))
        }
        Reason::OutsideModel(sentence) => sentence.clone(),
        Reason::OpenEnded => "No figure answers that. Ask for one, or for a break-down.".to_owned(),
    };
    let refusal = match reason {
        Reason::UnknownTerms(terms) => Refusal::new(RefusalReason::UnknownTerms, terms),
        Reason::OutsideModel(_) => Refusal::new(RefusalReason::OutsideModel, Vec::new()),
        Reason::OpenEnded => Refusal::new(RefusalReason::OpenEnded, Vec::new()),
    };
    let answer = Answer { refusal: Some(refusal), suggestions, ..Answer::new(Status::NotAnswerable, text) };
    Outcome::new(answer, read)
}

/// What a field is called that is kept out of answers, where the words name one.
pub fn kept_back(ground: &Ground, terms: &[String]) -> Option<String> {
    let words = |text: &str| text.to_lowercase().split(['_', ' ', '.']).map(str::to_owned).collect::<Vec<_>>();
    let said: Vec<String> = terms.iter().flat_map(|term| words(term)).collect();
    let is_said = |name: &str| words(name).iter().all(|word| said.contains(word));
    let mut named = ground.kept_back.iter().filter(|names| {
        let called = [&names.name].into_iter().chain(&names.label).chain(&names.synonyms);
        called.into_iter().any(|name| is_said(name))
    });
    named.next().map(|names| names.shown().to_owned())
}

/// What reading has to say beside the planner.
pub fn complete(interpretation: &mut Interpretation, how: &reading::Interpretation) {
    for assumption in &how.assumptions {
        if !interpretation.assumptions.contains(assumption) {
            interpretation.assumptions.push(assumption.clone());
        }
    }
    for repair in &how.repairs {
        let sentence = format!("read \u{201c}{}\u{201d} as {}", repair.written, repair.read);
        interpretation.assumptions.push(sentence);
    }
    let used = how.used.iter().map(|used| Used {
        words: used.words.clone(),
        from: used.from,
        to: used.to,
        meaning: used.meaning.clone(),
    });
    interpretation.used = Some(used.collect());
    interpretation.is_follow_up = Some(how.is_follow_up);
}

pub fn confidence(how: &reading::Interpretation) -> Confidence {
    let level = match how.confidence.level {
        Level::High => ConfidenceLevel::High,
        Level::Medium => ConfidenceLevel::Medium,
        Level::Low => ConfidenceLevel::Low,
    };
    Confidence { level, score: how.confidence.score, reasons: how.confidence.reasons.clone() }
}

/// An answer with its rows in words and in a table, and what is to be said beside them.
pub fn with_rows(answer: Answer, text: String, columns: Vec<Column>, answered: Answered) -> Answer {
    Answer {
        status: if answered.rows.is_empty() { Status::ExecutedEmpty } else { Status::Answered },
        text,
        warnings: answered.warnings.iter().map(AnswerWarning::from).collect(),
        table: Some(table(columns, answered)),
        ..answer
    }
}

pub fn table(columns: Vec<Column>, answered: Answered) -> Table {
    Table {
        columns,
        row_count: answered.rows.len(),
        rows: answered.rows,
        is_truncated: answered.truncated,
        took_ms: u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX),
    }
}

pub fn sql(text: &str, dialect: Dialect, bound: &Parameters) -> Sql {
    let parameters = bound.iter().map(|(name, value)| Parameter { name: name.clone(), value: described(value) });
    Sql { text: text.to_owned(), dialect: dialect.name().to_owned(), parameters: parameters.collect() }
}

/// The beginning of a text, where it is longer than so many characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The columns of an answer: named as a rendering names them, of the types that the source has told.
pub fn columns(named: Vec<TableColumn>, answered: &Answered) -> Vec<Column> {
    let types = answered.columns.iter().map(|(_, ty)| *ty).chain(repeat("VARCHAR"));
    let column = |(column, ty): (TableColumn, &str)| {
        let TableColumn { name, label, format, unit, grain, mask, .. } = column;
        let mask = mask.map(|shows| mask_of(shows).to_owned());
        Column { name, label, ty: ty.to_owned(), format, unit, grain: grain.map(str::to_owned), mask }
    };
    named.into_iter().zip(types).map(column).collect()
}

/// What is shown in place of values, as masks are named.
const fn mask_of(shows: MaskShows) -> &'static str {
    match shows {
        MaskShows::Year => "year",
        MaskShows::Hash(_) => "hashed",
        MaskShows::Beginning => "firstLetters",
        MaskShows::Nothing => "hidden",
    }
}

/// Of a column that the guard masks.
pub const fn shows(mask: &guard::Mask) -> MaskShows {
    match mask {
        guard::Mask::Year(_) => MaskShows::Year,
        guard::Mask::Hashed(_) => MaskShows::Hash(0),
        guard::Mask::FirstLetters => MaskShows::Beginning,
        guard::Mask::Hidden => MaskShows::Nothing,
    }
}

/// `are`: what several rows are said to be.
pub fn rows_text(answered: &Answered, are: &str) -> String {
    match (answered.rows.as_slice(), answered.columns.as_slice()) {
        ([], _) => "The query is right, and there are no such rows.".to_owned(),
        ([row], [(name, _)]) => {
            let value = row.first().unwrap_or(&Value::Null);
            let shown = match value {
                Value::String(text) => cut(text, MOST_OF_VALUE),
                // Not grouped: it may be a year.
                number => numbers::shown(number, None, None).replace(',', ""),
            };
            format!("{name}: {shown}.")
        }
        (rows, _) => format!("{} rows {are}.", rows.len()),
    }
}

/// Makes figures of fractions with more digits than a client's number holds: a quotient or an average is no exact figure.
pub fn round(answered: &mut Answered) {
    for row in &mut answered.rows {
        for (value, (_, ty)) in row.iter_mut().zip(&answered.columns) {
            let text = value.as_str().filter(|text| *ty == "NUMBER" && text.contains('.'));
            if let Some(number) = text.and_then(|text| text.parse().ok()).and_then(serde_json::Number::from_f64) {
                *value = Value::Number(number);
            }
        }
    }
}

pub fn described(value: &guard::Literal) -> Value {
    match value {
        guard::Literal::Null => Value::Null,
        guard::Literal::Boolean(flag) => (*flag).into(),
        guard::Literal::Number(digits) => serde_json::from_str(digits).unwrap_or_else(|_| digits.as_str().into()),
        guard::Literal::Text(text) => text.as_str().into(),
    }
}

pub fn literal(value: &Literal) -> guard::Literal {
    match value {
        Literal::Text(text) => guard::Literal::Text(text.clone()),
        Literal::Number(digits) => guard::Literal::Number(digits.clone()),
        Literal::Boolean(flag) => guard::Literal::Boolean(*flag),
        Literal::Date(date) => guard::Literal::Text(date.to_string()),
    }
}
