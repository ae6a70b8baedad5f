//! Before somebody gets a new password, is let in no more, or again: what of his ends or comes back with it, and what stays.

use askama::Template;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::problem::Problem;

use super::admitted;
use crate::layout::shell::Shell;
use crate::records::people::Person;
use crate::records::{address, resolver};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::shown;

/// What is asked about, as the form calls it.
pub const ACTIONS: [&str; 3] = ["reset", "disable", "enable"];

#[derive(Template)]
#[template(path = "admin/ending.html")]
struct Page {
    p: Shell,
    person: Person,
    user: String,
    action: &'static str,
    title: String,
    /// Above what ends, or comes back.
    heading: String,
    ends: Vec<String>,
    stays: Vec<String>,
    then: String,
}

/// Where it is asked.
pub fn at(action: &str, user: &str) -> String {
    address::with_query("/admin/users", &[("ask", action), ("user", user)])
}

pub async fn ask(visit: &Visit, action: &'static str) -> Shown {
    let (p, _) = admitted(visit, "users")?;
    let named = visit.query("user");
    let reading = visit.reading().await?;
    let target = resolver::target(reading.catalog().kind("user"), &named);
    let record = reading.find(&target).await?.ok_or(Problem::NotFound { kind: "user", what: named })?;
    drop(reading);
    let t = visit.t;
    let held = visit.catalog().credentials(visit.caller(), record.id).await?;
    let lasting = |one: &&Credential| one.expires.is_none_or(|at| at > visit.now);
    let count = |class| held.iter().filter(lasting).filter(|one| one.class == class).count();
    let some = |key: &str, class| Some(count(class)).filter(|n| *n > 0).map(|n| t.count(key, n));
    let password = (count(CredentialClass::Password) > 0).then(|| t.say("ending.password"));
    let logins = some("ending.logins", CredentialClass::Session);
    let tokens = some("ending.tokens", CredentialClass::Token);
    let keys = some("ending.keys", CredentialClass::AccessKey);
    let (ends, stays) = match action {
        "enable" => (vec![Some(t.say("ending.coming_back"))], Vec::new()),
        "reset" => (vec![password, logins], vec![tokens, keys]),
        _ => (vec![Some(t.say("ending.coming_in")), logins, tokens, keys], vec![Some(t.say("ending.owned"))]),
    };
    let title = t.say(&format!("admin.{action}"));
    answer(&Page {
        p: p.below(title.clone(), None),
        person: Person::of_record(&record),
        user: shown(&record.name),
        action,
        heading: t.say(if action == "enable" { "ending.back" } else { "ending.ends" }),
        title,
        ends: ends.into_iter().flatten().collect(),
        stays: stays.into_iter().flatten().collect(),
        then: t.say(&format!("ending.then_{action}")),
    })
}
