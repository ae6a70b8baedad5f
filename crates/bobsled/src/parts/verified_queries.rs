//! Verified queries: a question, and the query that a person says answers it.

use std::collections::BTreeSet;

use emporion_catalog::name;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use serde_json::{Map, Value, json};

use super::item::{Item, Shown};
use super::part::{Fields, Life, Maker, PLAIN, Part, Tally, Verb};
use super::sql_text;
use crate::error::{Code, Failure, Violation};
use crate::message::Message;
use crate::shapes::common::{COUNT, DESCRIPTION, TEXT_OR_NULL, TIME, TIME_OR_NULL, UUID_OR_NULL};

const QUESTION: Shape = Shape::Text(Text::between(1, 500));
const SQL: Shape = Shape::Text(Text::between(1, 50_000));
const NAME_TEXT: Shape = Shape::Text(Text::between(0, 200));
const NAME: Shape = Shape::Nullable(&NAME_TEXT);
const PARAMETER_NAME: Shape = Shape::Text(Text::between(1, 50).matching("^[a-z][a-z0-9_]{0,49}$", is_parameter_name));
const PARAMETER_TYPES: &[&str] = &["string", "number", "date", "dateRange", "enum"];
const STATES: &[&str] = &["ok", "broken", "unchecked"];

static PARAMETER: Struct = Struct {
    name: "VerifiedQueryParameter",
    members: &[
        Member::required("name", PARAMETER_NAME),
        Member::required("type", Shape::Enumeration(PARAMETER_TYPES)),
        Member::optional("required", Shape::Boolean),
        Member::optional("default", Shape::Json),
        Member::optional("values", Shape::List { of: &Shape::Json, min: 0, max: 1_000 }),
        Member::optional("field", Shape::Text(Text::between(1, 255))),
    ],
    open: true,
};

const PARAMETERS: Shape = Shape::List { of: &Shape::Struct(&PARAMETER), min: 0, max: 20 };
const ALTERNATES: Shape = Shape::List { of: &QUESTION, min: 0, max: 20 };

static CREATE: Struct = Struct {
    name: "VerifiedQueryCreate",
    members: &[
        Member::required("question", QUESTION),
        Member::required("sql", SQL),
        Member::optional("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("alternateQuestions", ALTERNATES),
        Member::optional("parameters", PARAMETERS),
        Member::optional("useAsOnboardingQuestion", Shape::Boolean),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static RESULT_COLUMN: Struct = Struct {
    name: "ResultColumn",
    members: &[Member::required("name", TEXT), Member::required("type", TEXT)],
    open: true,
};

static OBJECT: Struct = Struct {
    name: "VerifiedQuery",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("question", TEXT),
        Member::required("sql", TEXT),
        Member::required("name", TEXT_OR_NULL),
        Member::required("description", TEXT_OR_NULL),
        Member::required("alternateQuestions", ALTERNATES),
        Member::required("parameters", PARAMETERS),
        Member::required("useAsOnboardingQuestion", Shape::Boolean),
        Member::required("status", Shape::Enumeration(STATES)),
        Member::required("resultColumns", Shape::List { of: &Shape::Struct(&RESULT_COLUMN), min: 0, max: usize::MAX }),
        Member::required("lastRun", Shape::Nullable(&Shape::Object)),
        Member::required("usageCount", COUNT),
        Member::required("verifiedBy", UUID_OR_NULL),
        Member::required("verifiedAt", TIME_OR_NULL),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

pub static PART: Part = Part {
    kind: "verified_query",
    word: "verified_queries",
    section: "Verified Queries",
    folder: "verified-queries",
    label: "verifiedQueryId",
    one: "verifiedQuery",
    many: "verifiedQueries",
    noun: "verified query",
    nouns: "verified queries",
    life: Life::Drafted,
    verbs: &[Verb::List, Verb::Create, Verb::Get, Verb::Revise, Verb::Delete],
    create: &CREATE,
    object: &OBJECT,
    search: &["question", "display_name", "description"],
    also,
    refuse,
    complete,
    clash,
    print,
    count,
    ..PLAIN
};

fn is_parameter_name(text: &str) -> bool {
    text.len() <= 50
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn parameters(body: &Map<String, Value>) -> impl Iterator<Item = (usize, &Value)> {
    body.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn also(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    let mut known = BTreeSet::new();
    for (index, parameter) in parameters(body) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        if !known.insert(name) {
            let message = "the parameter stands twice in the list";
            broken.push(Violation::new(format!("/parameters/{index}/name"), "unique", message));
        }
        let has_values = parameter.get("values").and_then(Value::as_array).is_some_and(|values| !values.is_empty());
        if parameter.get("type").is_some_and(|kind| kind == "enum") && !has_values {
            broken.push(Violation::new(format!("/parameters/{index}/values"), "required", "is required for an enum"));
        }
    }
    let question = body.get("question").and_then(Value::as_str).unwrap_or_default();
    for name in slots(question).filter(|name| !known.contains(name)) {
        let message = Message::with("names the parameter \"{}\", which is not declared", [name]);
        broken.push(Violation::new("/question", "undeclared_parameter", message));
    }
}

/// The names that stand as `{name}` in a question.
fn slots(question: &str) -> impl Iterator<Item = &str> {
    let braced = question.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    braced.map(|(name, _)| name).filter(|name| is_parameter_name(name))
}

fn refuse(fields: &Fields) -> Result<(), Failure> {
    let sql = fields.get("sql").and_then(Value::as_str).unwrap_or_default();
    let mut broken: Vec<Violation> =
        sql_text::broken(sql).into_iter().map(|(rule, message)| Violation::new("/sql", rule, message)).collect();
    let mut declared = BTreeSet::new();
    for (_, parameter) in parameters(fields) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        if parameter.get("type").is_some_and(|kind| kind == "dateRange") {
            declared.extend([format!("{name}_start"), format!("{name}_end")]);
        } else {
            declared.insert(name.to_owned());
        }
    }
    for name in sql_text::parameters(sql).difference(&declared) {
        let message = Message::with("uses the parameter \":{}\", which is not declared", [name]);
        broken.push(Violation::new("/sql", "undeclared_parameter", message));
    }
    let Some(first) = broken.first() else { return Ok(()) };
    let message = Message::with("the query is not allowed ({})", [first.rule.as_str()]);
    let rule = first.rule.clone();
    Err(Failure::new(Code::SQL_NOT_ALLOWED, message).detail("rule", rule).violating(broken))
}

fn complete(fields: &mut Fields, maker: &Maker<'_>) {
    fields.insert("verified_by".to_owned(), maker.user.to_string().into());
    fields.insert("verified_at".to_owned(), maker.now_ms.into());
}

/// Two live queries that answer the same question leave open which one counts.
fn clash(fields: &Fields, others: &[&Fields]) -> Option<Violation> {
    let own = normalised(fields)?;
    others.iter().any(|other| normalised(other).as_ref() == Some(&own)).then(|| {
        let message = Message::with("a deployed verified query answers \"{}\" already", [own]);
        Violation::new("/question", "unique", message)
    })
}

/// The question without case, punctuation at its end, and blanks that say nothing.
fn normalised(fields: &Fields) -> Option<String> {
    let question = name::fold(fields.get("question")?.as_str()?);
    let words: Vec<&str> = question.trim_end_matches(['?', '.', '!', ' ']).split_whitespace().collect();
    Some(words.join(" "))
}

fn print(_: &Shown<'_>, member: &str) -> Option<Value> {
    match member {
        // What a source says of a query is learned by running it.
        "status" => Some("unchecked".into()),
        "usageCount" => Some(0.into()),
        _ => None,
    }
}

fn count(_: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
    counters.insert("verifiedQueries".to_owned(), json!({"promoted": tally.promoted}));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn a_date_range_declares_its_two_ends() {
        let query = |parameters: Value| {
            fields(json!({"sql": "SELECT 1 WHERE d >= :p_start AND d < :p_end", "parameters": parameters}))
        };
        assert!(refuse(&query(json!([{"name": "p", "type": "dateRange"}]))).is_ok());
        let refused = refuse(&query(json!([{"name": "p", "type": "date"}]))).expect_err("two are not declared");
        assert_eq!((refused.code, refused.violations.len()), (Code::SQL_NOT_ALLOWED, 2));
    }

    #[test]
    fn questions_are_the_same_without_case_and_final_punctuation() {
        let one = fields(json!({"question": "How many  orders?"}));
        let other = fields(json!({"question": "how many orders"}));
        assert!(clash(&one, &[&other]).is_some());
        assert!(clash(&one, &[&fields(json!({"question": "how many customers"}))]).is_none());
    }

    #[test]
    fn slots_of_a_question_must_be_declared() {
        let mut broken = Vec::new();
        also(&fields(json!({"question": "Sales in {period} {Not one}", "parameters": []})), &mut broken);
        assert_eq!(broken.iter().map(|b| b.rule.as_str()).collect::<Vec<_>>(), ["undeclared_parameter"]);
    }
}
