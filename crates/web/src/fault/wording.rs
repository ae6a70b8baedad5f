//! What a page says of what went wrong: what happened, which rule said so, and what to do next.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::{Problem, Violation};
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;

use crate::access::action_labels;
use crate::fault::Fault;
use crate::forms::wrong::Wrong;
use crate::records::address;
use crate::request::{headers, preferences};
use crate::text::plain;
use crate::text::texts::{Texts, field_name};

/// What the rule says to somebody who would give himself what he has asked for.
const BY_HIMSELF: &str = "nobody gives himself what he has asked for: take the request back first";

pub struct FaultText {
    pub status: u16,
    pub title: String,
    pub text: String,
    /// What to search for instead.
    pub words: Option<String>,
    pub faults: Vec<String>,
    /// What can be meant: names and addresses.
    pub those: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "fault_outside.html")]
struct Outside<'a> {
    t: Texts,
    theme: Option<&'static str>,
    reported: &'a FaultText,
}

/// For whoever it is.
pub fn page_for_anybody(request: &Request, fault: &Fault) -> Answer {
    let t = Texts::of(request);
    let reported = reported(t, request, fault);
    finished(
        headers::page(reported.status, &Outside { t, theme: preferences::theme(request), reported: &reported }),
        &reported,
    )
}

pub fn finished(answer: Answer, reported: &FaultText) -> Answer {
    if reported.status == 503 { answer.with("retry-after", "1") } else { answer }
}

pub fn reported(t: Texts, request: &Request, fault: &Fault) -> FaultText {
    let of = |status: u16, key: &str, text: String| FaultText {
        status,
        title: t.say(&format!("fault.{key}")),
        text,
        words: None,
        faults: Vec::new(),
        those: Vec::new(),
    };
    let plainly = |status, key: &str| of(status, key, t.say(&format!("fault.{key}_text")));
    match fault {
        Fault::NoSuchPage => FaultText { words: words(request), ..plainly(404, "no_page") },
        Fault::WrongMethod => plainly(405, "method"),
        Fault::NoSuchState => plainly(404, "no_state"),
        Fault::Forged => plainly(403, "forged"),
        Fault::TooLarge { limit } => {
            of(413, "too_large", t.with("fault.too_large_text", &[("n", &t.number(*limit as u64))]))
        }
        Fault::TooMany => of(413, "too_large", t.say("fault.too_many_text")),
        Fault::Malformed(reason) => of(400, "malformed", plain::shown(&t.translated(reason))),
        Fault::Unavailable(reason) => of(503, "unavailable", plain::shown(&t.translated(reason))),
        Fault::Broken => of(500, "broken", t.with("fault.broken_text", &[("id", &request.request_id)])),
        Fault::Problem(problem) => of_problem(t, request, problem, &of),
        Fault::Another { name, address } => {
            FaultText { those: vec![(name.clone(), address.clone())], ..plainly(409, "another") }
        }
        Fault::Refused(refusal) => {
            let (status, key) = match refusal.status {
                403 => (403, "forbidden"),
                429 => (429, "throttled"),
                502..=504 => (503, "unavailable"),
                409 | 412 => (409, "conflict"),
                _ => (400, "invalid"),
            };
            let faults = refusal.details.iter().map(|detail| plain::shown(detail)).collect();
            FaultText { faults, ..of(status, key, plain::shown(&refusal.message)) }
        }
    }
}

fn of_problem(
    t: Texts,
    request: &Request,
    problem: &Problem,
    of: &dyn Fn(u16, &str, String) -> FaultText,
) -> FaultText {
    let rendered = plain::shown(&t.translated(&problem.to_string()));
    match problem {
        Problem::Unauthenticated { .. } => of(401, "signed_out", t.say("fault.signed_out_text")),
        Problem::Forbidden { why: Some(why), .. } if why == BY_HIMSELF => {
            let those = vec![(t.say("fault.own_requests"), "/requests".to_owned())];
            FaultText { those, ..of(403, "forbidden", t.say("fault.by_himself")) }
        }
        Problem::Forbidden { action, kind, why, .. } => {
            let (what, rule) = forbidden(t, action, kind, why.as_deref());
            FaultText { faults: rule.into_iter().collect(), ..of(403, "forbidden", what) }
        }
        Problem::NotFound { .. } => {
            FaultText { words: words(request), ..of(404, "not_found", t.say("fault.not_found_text")) }
        }
        Problem::Ambiguous { candidates, .. } => {
            let folder = request.raw_path.split('/').nth(1).unwrap_or_default();
            let one = |fqn: &String| (plain::shown(fqn), format!("/{folder}/{}", address::segment(fqn)));
            let those = candidates.iter().map(one).collect();
            FaultText { those, ..of(404, "ambiguous", t.say("fault.ambiguous_text")) }
        }
        Problem::Invalid(violations) => {
            let faults = violations.iter().map(|v| broken_rule(t, &v.field, &t.translated(&v.rule))).collect();
            FaultText { faults, ..of(400, "invalid", t.say("fault.invalid_text")) }
        }
        Problem::UnknownReference { .. } => of(400, "invalid", rendered),
        Problem::Stale { .. } | Problem::Overtaken => of(409, "stale", t.say("fault.stale_text")),
        Problem::NameTaken { .. }
        | Problem::AliasTaken { .. }
        | Problem::NotEmpty { .. }
        | Problem::InUse { .. }
        | Problem::Conflict { .. }
        | Problem::KeyReused
        | Problem::Quota { .. } => of(409, "conflict", rendered),
        Problem::Throttled { .. } => of(429, "throttled", t.say("fault.throttled_text")),
        Problem::StorageFull => of(507, "full", t.say("fault.full_text")),
        Problem::Unavailable { .. } => of(503, "unavailable", t.say("fault.unavailable_text")),
        Problem::Internal { detail } => {
            tracing::error!(detail, request_id = request.request_id, "a page could not be made");
            of(500, "broken", t.with("fault.broken_text", &[("id", &request.request_id)]))
        }
    }
}

/// What somebody may not do, and by which rule, where that is told.
fn forbidden(t: Texts, action: &str, kind: &str, why: Option<&str>) -> (String, Option<String>) {
    let what = match kind {
        // Rights do not open these to anybody else.
        "access_request" => t.say("fault.forbidden_request"),
        "account" => t.say("fault.forbidden_account"),
        kind => {
            let named = t.find(&format!("kind.{kind}")).map_or_else(|| kind.replace('_', " "), str::to_owned);
            let key = match action {
                "Create" => "fault.forbidden_create",
                "EditAll" => "fault.forbidden_edit",
                _ => "fault.forbidden_text",
            };
            t.with(key, &[("action", &action_labels::rendered(t, action)), ("kind", &named)])
        }
    };
    let rule = why.map(|why| t.with("fault.forbidden_rule", &[("rule", &plain::shown(&t.translated(why)))]));
    let goes_by_rules = !["access_request", "account"].contains(&kind);
    (what, rule.or_else(|| goes_by_rules.then(|| t.say("fault.no_rule"))))
}

/// What a form says of a change that its sender may not make.
pub fn denied(t: Texts, problem: &Problem) -> String {
    match problem {
        Problem::Forbidden { action, kind, why, .. } => {
            let (what, rule) = forbidden(t, action, kind, why.as_deref());
            std::iter::once(what).chain(rule).collect::<Vec<_>>().join(" ")
        }
        other => plain::shown(&t.translated(&other.to_string())),
    }
}

/// What a form says of a change that was refused for what was typed: status and sentences.
///
/// Errors: what has nothing to do with what was typed.
pub fn in_form(t: Texts, problem: Problem) -> Result<(u16, Vec<String>), Fault> {
    let (status, wrong) = in_fields(t, problem)?;
    Ok((status, wrong.into_iter().map(|one| one.said).collect()))
}

/// The same, each with the field that it is about.
pub fn in_fields(t: Texts, problem: Problem) -> Result<(u16, Vec<Wrong>), Fault> {
    let rendered = plain::shown(&t.translated(&problem.to_string()));
    match problem {
        Problem::Invalid(violations) => {
            let wrong = |v: &Violation| Wrong::of_field(&*v.field, broken_rule(t, &v.field, &t.translated(&v.rule)));
            Ok((400, violations.iter().map(wrong).collect()))
        }
        Problem::UnknownReference { field, .. } => Ok((400, vec![Wrong::of_field(field, rendered)])),
        Problem::NameTaken { name, is_deleted, existing, .. } => {
            let key = if is_deleted { "fault.name_of_deleted" } else { "fault.name_taken" };
            let wrong = Wrong::of_field("name", t.with(key, &[("name", &plain::shown(&name))]));
            Ok((409, vec![Wrong { deleted: existing.filter(|_| is_deleted), ..wrong }]))
        }
        Problem::Conflict { field, .. } => {
            Ok((409, vec![Wrong { field: field.map(str::to_owned), ..Wrong::from(rendered) }]))
        }
        Problem::Quota { .. } | Problem::InUse { .. } => Ok((409, vec![rendered.into()])),
        other => Err(other.into()),
    }
}

/// A field, and what it has to be like in the reader's words.
pub fn broken_rule(t: Texts, field: &str, rule: &str) -> String {
    let name = field_name(t, field);
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    plain::shown(&format!("{first}{}: {rule}", letters.as_str()))
}

/// The words of an address, for a search.
fn words(request: &Request) -> Option<String> {
    let parts: Vec<&str> = request.raw_path.split('/').filter(|part| !part.is_empty()).collect();
    // Nobody looks for an id by its digits.
    if parts.iter().any(|part| part.parse::<RecordId>().is_ok()) {
        return None;
    }
    // Of a record's address the folder says nothing; of another all that was typed counts.
    let named = match parts.split_first()? {
        (folder, below) if !below.is_empty() && address::kinds_in(folder).next().is_some() => below[0].to_owned(),
        _ => parts.join(" "),
    };
    let text = percent_encoding::percent_decode_str(&named).decode_utf8_lossy();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // What the language of searches means something by is a word here.
    let words: Vec<String> = words
        .map(|word| if ["AND", "OR", "NOT"].contains(&word) { word.to_lowercase() } else { word.to_owned() })
        .collect();
    (!words.is_empty()).then(|| words.join(" ").chars().take(80).collect())
}
