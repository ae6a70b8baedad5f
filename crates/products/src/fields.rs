//! The check of a request body: broken rules refuse it, unknown members only warn, unless the client asks for strictness.

use emporion_edge::check;
use emporion_edge::shape::{Location, Struct};
use serde_json::{Map, Value};

use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::warning::Warning;

/// A body that keeps to its shape, with canonical names.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub body: Map<String, Value>,
    /// Members that were ignored.
    pub warnings: Vec<Warning>,
}

/// What one look at the request finds beside the shapes of its members. It meets members of any type: what is wrong
/// with those is told already.
pub type BodyCheck<'a> = &'a dyn Fn(&Map<String, Value>, &mut Vec<Violation>);

/// Checks a canonical body, and what `check_body` says of it: everything that is wrong is told at once.
///
/// What `echoed` lists is taken without effect, so that a client may send back what it has read; the answer warns of
/// what it shows otherwise.
///
/// Errors: 400 when a value has the wrong type, 422 for every other broken rule, all of them at once; `UNKNOWN_FIELD`
/// when `strict`.
pub fn check_all(
    shape: &Struct,
    echoed: &[&Struct],
    body: Value,
    strict: bool,
    check_body: BodyCheck<'_>,
) -> Result<Checked, Failure> {
    let broken = broken(shape, &body, check_body);
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    taken(shape, echoed, body, strict)
}

/// Everything that is wrong with a body.
fn broken(shape: &Struct, body: &Value, check_body: BodyCheck<'_>) -> Vec<Violation> {
    let mut broken: Vec<Violation> = check::check(shape, Location::Body, body).iter().map(violation).collect();
    let reported = broken.len();
    check_body(body.as_object().unwrap_or(&Map::new()), &mut broken);
    // Of two faults of one member, the shape's is the plainer one.
    let shapes: Vec<String> = broken[..reported].iter().map(|violation| violation.path.clone()).collect();
    let mut place = 0;
    broken.retain(|violation| {
        place += 1;
        place <= reported || !shapes.contains(&violation.path)
    });
    broken
}

/// A body in which nothing is wrong, with what is ignored of it.
fn taken(shape: &Struct, echoed: &[&Struct], body: Value, strict: bool) -> Result<Checked, Failure> {
    let (shown, unknown): (Vec<_>, Vec<_>) = check::unknown_members(shape, &body)
        .into_iter()
        .partition(|found| echoed.iter().any(|answer| answer.member(found.member()).is_some()));
    let unknown: Vec<String> = unknown.iter().map(emporion_edge::violation::Violation::pointer).collect();
    if strict && !unknown.is_empty() {
        return Err(Failure::unknown_fields(&unknown));
    }
    let unknown = unknown
        .into_iter()
        .map(|path| Warning::new("UNKNOWN_FIELD", "this member is not known here and was ignored", Some(path)));
    let read_only = shown.iter().filter_map(|found| {
        let (member, sent) = (found.member(), body.get(found.member())?);
        (found.pointer() == format!("/{member}")).then(|| Warning::read_only(member, sent))
    });
    let warnings = unknown.chain(read_only).collect();
    // The check has refused everything but an object and null, which counts as an empty one.
    let body = if let Value::Object(body) = body { body } else { Map::new() };
    Ok(Checked { body, warnings })
}

/// Limits that values of a change break, of members that may have been set beyond them elsewhere: what is there already
/// may stay, so they are held against the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds(Vec<(String, Violation)>);

impl Bounds {
    /// Takes the broken limits of these members out of what is wrong with a body.
    fn out_of(broken: &mut Vec<Violation>, body: &Map<String, Value>, members: &[&str]) -> Bounds {
        let sent = |violation: &Violation| {
            let member = violation.path.strip_prefix('/').filter(|member| members.contains(member))?;
            let is_limit = ["maxLength", "pattern"].contains(&violation.rule.as_str());
            body.get(member).and_then(Value::as_str).filter(|_| is_limit).map(str::to_owned)
        };
        let (bounds, others) =
            std::mem::take(broken).into_iter().map(|it| (sent(&it), it)).partition(|(sent, _)| sent.is_some());
        let others: Vec<(Option<String>, Violation)> = others;
        let bounds: Vec<(Option<String>, Violation)> = bounds;
        *broken = others.into_iter().map(|(_, violation)| violation).collect();
        Bounds(bounds.into_iter().filter_map(|(sent, violation)| Some((sent?, violation))).collect())
    }

    /// `present` is what the record has for a member.
    ///
    /// Errors: 422 for values that break a limit and are not what is there already.
    pub fn hold<'a>(&self, present: impl Fn(&str) -> Option<&'a str>) -> Result<(), Failure> {
        let is_there =
            |sent: &str, violation: &Violation| present(violation.path.trim_start_matches('/')) == Some(sent);
        let broken = self.0.iter().filter(|(sent, violation)| !is_there(sent, violation));
        let broken: Vec<Violation> = broken.map(|(_, violation)| violation.clone()).collect();
        if broken.is_empty() { Ok(()) } else { Err(Failure::invalid(broken)) }
    }
}

/// [`check_all`] for a change: limits of these members are for values that it changes, and so for later.
pub fn check_change(
    shape: &Struct,
    echoed: &[&Struct],
    body: Value,
    strict: bool,
    check_body: BodyCheck<'_>,
    members: &[&str],
) -> Result<(Checked, Bounds), Failure> {
    let mut broken = broken(shape, &body, check_body);
    let bounds = Bounds::out_of(&mut broken, body.as_object().unwrap_or(&Map::new()), members);
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    Ok((taken(shape, echoed, body, strict)?, bounds))
}

/// The same where the shapes say everything.
pub fn check(shape: &Struct, echoed: &[&Struct], body: Value, strict: bool) -> Result<Checked, Failure> {
    check_all(shape, echoed, body, strict, &|_, _| {})
}

/// The rule that a body without members breaks, where there must be some.
pub fn says_nothing(body: &Map<String, Value>, message: &'static str, broken: &mut Vec<Violation>) {
    if body.is_empty() {
        broken.push(Violation::new("", "minProperties", message));
    }
}

/// The rule that nulls break where a member can be changed but not removed.
pub fn cannot_be_removed(body: &Map<String, Value>, names: &[&str], broken: &mut Vec<Violation>) {
    let removed = names.iter().filter(|name| body.get(**name).is_some_and(Value::is_null));
    broken.extend(removed.map(|name| Violation::new(format!("/{name}"), "required", "cannot be removed")));
}

/// A broken shape rule as a violation.
pub fn violation(broken: &emporion_edge::violation::Violation) -> Violation {
    Violation::new(broken.pointer(), broken.rule.name(), Message::verbatim(broken.rule.to_string()))
}

/// The same for a query parameter, which has a name instead of a place in a body.
pub fn query_violation(broken: &emporion_edge::violation::Violation) -> Violation {
    let message = Message::verbatim(broken.rule.to_string());
    Violation::new(format!("?{}", broken.member()), broken.rule.name(), message)
}

/// Other names under which clients may send a member, with the name that the shapes know first.
pub type Aliases = &'static [(&'static str, &'static [&'static str])];

/// The names that a client really used: (ours, the client's).
#[derive(Debug, Default)]
pub struct Spelling(Vec<(&'static str, &'static str)>);

impl Spelling {
    /// Renames aliases of top-level members in place.
    ///
    /// Errors: 400 `CONFLICTING_FIELDS` when two names of one member are present and differ.
    pub fn unify(body: &mut Value, aliases: Aliases) -> Result<Spelling, Failure> {
        let mut used = Vec::new();
        let Value::Object(members) = body else {
            return Ok(Spelling(used));
        };
        for (ours, others) in aliases {
            for theirs in *others {
                let Some(value) = members.remove(*theirs) else { continue };
                match members.get(*ours) {
                    Some(present) if *present == value => {}
                    Some(_) => return Err(Failure::conflicting_fields(format!("/{theirs}"), ours, theirs)),
                    None => {
                        members.insert((*ours).to_owned(), value);
                        used.push((*ours, *theirs));
                    }
                }
            }
        }
        Ok(Spelling(used))
    }

    /// Puts the client's names back into the places that a failure names.
    pub fn restore(&self, mut failure: Failure) -> Failure {
        for violation in &mut failure.violations {
            violation.path = self.restored(&violation.path);
        }
        failure
    }

    fn restored(&self, pointer: &str) -> String {
        for (ours, theirs) in &self.0 {
            if let Some(rest) = pointer.strip_prefix('/').and_then(|inner| inner.strip_prefix(*ours))
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return format!("/{theirs}{rest}");
            }
        }
        pointer.to_owned()
    }
}
