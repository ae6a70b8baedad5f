//! One request to the management interface: who makes it, and what its body says.

use std::ops::Deref;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::Millis;
use emporion_catalog::problem::Violation;
use emporion_edge::request::Request;
use serde_json::{Map, Value};

use crate::lifetime::Lifetime;
use crate::members::Members;

pub struct Call {
    pub caller: Caller,
    pub request: Request,
    pub body: Body,
}

impl Call {
    /// When a token made now ends: as the request says, else after the usual time, or with the token that asks for it.
    ///
    /// Errors: `Invalid` for a time that cannot be, or that is later than the caller's own.
    pub fn ending(&self, now: Millis) -> Result<Option<i64>, Problem> {
        let refused = |rule| Problem::invalid("expires", rule);
        let Some(said) = self.body.text("expires")? else {
            return Ok(self.caller.bounded(Lifetime::default().ends(now)));
        };
        let ends = said.parse::<Lifetime>().map_err(refused)?.ends(now);
        self.caller.may_make_until(ends).map_err(refused)?;
        Ok(ends)
    }
}

/// The members of a body. One that is `null` is as one that is not there.
pub struct Body(Map<String, Value>);

impl Deref for Body {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl Body {
    /// What a request says. A body that is not there is an empty one.
    ///
    /// Errors: `Invalid` that names every member which is not one of `members`: what is not understood is not done, either.
    pub fn of(request: &Request, members: &[&str]) -> Result<Body, Problem> {
        if request.body.is_empty() {
            return Ok(Body(Map::new()));
        }
        let parsed = emporion_edge::json::parse(&request.body);
        let parsed = parsed.map_err(|error| Problem::invalid("body", error.to_string()))?;
        let Value::Object(body) = parsed else { return Err(Problem::invalid("body", "must be an object")) };
        let unknown = body.keys().filter(|member| !members.contains(&member.as_str()));
        let unknown: Vec<Violation> = unknown.map(|member| Violation::new(member, "is not a known field")).collect();
        if unknown.is_empty() { Ok(Body(body)) } else { Err(Problem::Invalid(unknown)) }
    }

    pub fn text(&self, member: &str) -> Result<Option<&str>, Problem> {
        self.one(|members| members.text(member))
    }

    /// A text that has to be there.
    pub fn needed(&self, member: &str) -> Result<&str, Problem> {
        self.one(|members| members.needed(member))
    }

    pub fn texts(&self, member: &str) -> Result<Vec<String>, Problem> {
        self.one(|members| members.texts(member).into_iter().map(str::to_owned).collect())
    }

    pub fn flag(&self, member: &str) -> Result<bool, Problem> {
        self.one(|members| members.flag(member))
    }

    fn one<'a, T>(&'a self, read: impl FnOnce(&mut Members<'a>) -> T) -> Result<T, Problem> {
        let mut members = Members::of(&self.0);
        let value = read(&mut members);
        members.end(value)
    }
}
