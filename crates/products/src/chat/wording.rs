//! What was found out, as the members of an answer.

use emporion_semantic::chat::ground::JoinId;
use emporion_semantic::chat::query::Value as Literal;
use emporion_semantic::chat::reading::{About, Clarification, Interpretation, Level, Reason};
use emporion_semantic::chat::{Ground, numbers};
use emporion_semantic::guard::{self, Parameters};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::memory::{Read, WAY};
use crate::databases::Answered;

/// Characters of one value that a sentence tells: the table has it whole.
const MOST_OF_VALUE: usize = 200;
/// Suggestions that are shown.
const SUGGESTIONS: usize = 5;

/// Words of an answer that was asked back about, or refused, and the same in the parts of the answer.
pub fn asked_back(asked: &Clarification, read: Read) -> Answer {
    let kind = match asked.about {
        About::Metric => "metric",
        About::Dimension => "dimension",
        About::Value => "value",
        About::Time => "time",
        About::JoinPath => "join_path",
        About::Scope => "scope",
    };
    let options: Vec<Value> =
        asked.options.iter().map(|option| json!({"id": option.id, "label": option.label})).collect();
    clarified(kind, &asked.question, options, read)
}

/// The id of an option that is a way between tables.
pub fn way_id(ground: &Ground, way: &[JoinId]) -> String {
    let names: Vec<&str> = way.iter().map(|join| ground.join(*join).names.name.as_str()).collect();
    format!("{WAY}{}", names.join("+"))
}

pub fn which_way(ground: &Ground, ways: &[Vec<JoinId>], read: Read) -> Answer {
    let options = ways.iter().map(|way| {
        let said: Vec<&str> = way
            .iter()
            .map(|join| {
                let names = &ground.join(*join).names;
                names.description.as_deref().unwrap_or(names.shown())
            })
            .collect();
        json!({"id": way_id(ground, way), "label": said.join(", then ")})
    });
    clarified("join_path", "The tables hang together in several ways. Which one is meant?", options.collect(), read)
}

pub fn clarified(kind: &str, question: &str, options: Vec<Value>, read: Read) -> Answer {
    let mut members = Map::new();
    members.insert("text".into(), question.into());
    members.insert(
        "clarification".into(),
        json!({
            "kind": kind,
            "question": question,
            "options": options,
            "allowFreeText": true,
        }),
    );
    Answer { status: "needs_clarification", members, read }
}

pub fn refused(reason: Reason, mut suggestions: Vec<String>, read: Read) -> Answer {
    let mut members = Map::new();
    suggestions.truncate(SUGGESTIONS);
    let text = match &reason {
        Reason::UnknownTerms(terms) => {
            let quoted: Vec<String> = terms.iter().map(|term| format!("\u{201c}{term}\u{201d}")).collect();
            members.insert("unknownTerms".into(), terms.iter().map(String::as_str).collect());
            format!("Nothing here is called {}.", quoted.join(" or "))
        }
        Reason::OutsideModel(sentence) => sentence.clone(),
        Reason::OpenEnded => "No figure answers that. Ask for one, or for a break-down.".to_owned(),
    };
    let word = match reason {
        Reason::UnknownTerms(_) => "unknown_terms",
        Reason::OutsideModel(_) => "outside_model",
        Reason::OpenEnded => "open_ended",
    };
    members.insert("reason".into(), word.into());
    members.insert("text".into(), text.into());
    members.insert("suggestions".into(), suggestions.into());
    Answer { status: "not_answerable", members, read }
}

/// What reading has to say beside the planner.
pub fn complete(interpretation: &mut Value, how: &Interpretation) {
    let Some(members) = interpretation.as_object_mut() else { return };
    let mut assumptions: Vec<Value> = members.get("assumptions").and_then(Value::as_array).cloned().unwrap_or_default();
    for assumption in &how.assumptions {
        let assumption = Value::from(assumption.as_str());
        if !assumptions.contains(&assumption) {
            assumptions.push(assumption);
        }
    }
    for repair in &how.repairs {
        assumptions.push(format!("read \u{201c}{}\u{201d} as {}", repair.written, repair.read).into());
    }
    members.insert("assumptions".into(), assumptions.into());
    let used = how
        .used
        .iter()
        .map(|used| json!({"words": used.words, "from": used.from, "to": used.to, "meaning": used.meaning}));
    members.insert("used".into(), used.collect());
    members.insert("isFollowUp".into(), how.is_follow_up.into());
}

pub fn confidence(how: &Interpretation) -> Value {
    let level = match how.confidence.level {
        Level::High => "high",
        Level::Medium => "medium",
        Level::Low => "low",
    };
    json!({"level": level, "score": how.confidence.score, "reasons": how.confidence.reasons})
}

pub fn table(columns: Vec<Value>, answered: &Answered) -> Value {
    json!({
        "columns": columns,
        "rows": answered.rows,
        "rowCount": answered.rows.len(),
        "truncated": answered.truncated,
        "executionTime": u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// The beginning of a text, where it is longer than so many characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
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

pub fn parameters(bound: &Parameters) -> Value {
    bound.iter().map(|(name, value)| json!({"name": name, "value": said(value)})).collect()
}

pub fn said(value: &guard::Literal) -> Value {
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

/// Adds a sentence to what was taken for granted.
pub fn assume(interpretation: &mut Value, sentence: String) {
    if let Some(assumptions) = interpretation.get_mut("assumptions").and_then(Value::as_array_mut) {
        assumptions.push(sentence.into());
    }
}
