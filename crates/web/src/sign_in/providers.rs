//! By whose word people sign in: a provider, and what the operator lets its people do.

use emporion_catalog::provider_logins::{Arrival, Unwelcome, Welcome};
use emporion_openid::{Failure, Identity, Provider};

use crate::text::plain;
use crate::text::texts::Texts;

/// A provider as the page of logins offers it.
#[derive(Debug)]
pub struct SignIn {
    /// A part of its addresses.
    pub name: String,
    /// What stands on its button.
    pub label: String,
    pub provider: Provider,
    pub welcome: Welcome,
}

/// A provider on the page of logins.
pub struct Button {
    pub name: String,
    pub says: String,
}

pub fn buttons(t: Texts, all: &[SignIn]) -> Vec<Button> {
    let button = |by: &SignIn| Button { name: by.name.clone(), says: t.with("login.with", &[("name", &by.label)]) };
    all.iter().map(button).collect()
}

/// What the page says of a failure: status and sentence.
pub fn failed(t: Texts, by: &SignIn, failure: &Failure) -> (u16, String) {
    let name = [("name", by.label.as_str())];
    match failure.is_passing() {
        true => (503, t.with("login.p_away", &name)),
        false => (401, t.with("login.p_bad", &name)),
    }
}

/// The same where it is proven who somebody is.
///
/// Errors: what has nothing to do with him.
pub fn unwelcome(t: Texts, by: &SignIn, why: Unwelcome) -> Result<(u16, String), emporion_catalog::problem::Problem> {
    let name = ("name", by.label.as_str());
    Ok(match why {
        Unwelcome::Unknown => (403, t.with("login.p_unknown", &[name])),
        Unwelcome::Gone => (403, t.say("login.p_gone")),
        Unwelcome::Program => (403, t.say("login.p_program")),
        Unwelcome::Another => (403, t.with("login.p_another", &[name])),
        Unwelcome::NameTaken(taken) => (403, t.with("login.p_name", &[("user", &plain::shown(&taken))])),
        Unwelcome::AddressTaken(taken) => (403, t.with("login.p_address", &[("user", &plain::shown(&taken))])),
        Unwelcome::Nameless => (403, t.with("login.p_nameless", &[name])),
        Unwelcome::Unfit(why) => (403, t.with("login.p_unfit", &[name, ("why", &plain::shown(&why))])),
        Unwelcome::Problem(problem) => return Err(problem),
    })
}

pub fn arrival(identity: Identity, door: Option<&'static str>) -> Arrival {
    let Identity { issuer, subject, name, display_name, verified_email, groups } = identity;
    Arrival { issuer, subject, name, display_name, verified_email, groups, door }
}
