//! Roles and policies in words, and what they come to for somebody and something.

mod deleting;
pub mod held;
pub mod place;
mod policy_form;
mod role_form;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_edge::route::Route;
use serde_json::Value;

pub use self::place::PATH;
use self::place::form;
use super::frame::{Frame, admitted};
use crate::access::policy_rules;
use crate::access::simulator::{self, Simulation};
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::paging::Paged;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::handlers::{change, page};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::{first_line, shown, shown_prose};
use crate::text::texts::Texts;

const MOST: u32 = 200;

#[derive(Template)]
#[template(path = "admin/policies.html")]
struct Page {
    p: Shell,
    frame: Frame,
    simulation: Simulation,
    /// Who is to have one of the roles.
    adding: String,
    roles: Vec<Role>,
    roles_next: Option<String>,
    policies: Vec<Policy>,
    policies_next: Option<String>,
}

struct Role {
    name: String,
    anchor: String,
    form: String,
    /// The form with who is to have it.
    giving: String,
    line: String,
    is_off: bool,
    policies: Vec<(String, String)>,
}

struct Policy {
    name: String,
    anchor: String,
    form: String,
    line: String,
    is_off: bool,
    rules: Vec<Rule>,
}

struct Rule {
    name: String,
    is_allowing: bool,
    rendered: String,
    condition: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(PATH, "admin_policies", show), change(PATH, "change_rights", change_rights)]
}

async fn change_rights(visit: Arc<Visit>) -> Shown {
    admitted(&visit, "policies")?;
    let sent = visit.form();
    if sent.text("do") == deleting::DELETE {
        return deleting::delete(&visit).await;
    }
    match sent.text("form") {
        "policy" => policy_form::change(&visit).await,
        "role" => role_form::change(&visit).await,
        _ => Err(Fault::NoSuchPage),
    }
}

async fn show(visit: Arc<Visit>) -> Shown {
    let (p, frame) = admitted(&visit, "policies")?;
    if visit.query("ask") == deleting::DELETE {
        return deleting::show(&visit).await;
    }
    match (visit.request.query_value("policy"), visit.request.query_value("role")) {
        (Some(_), _) => return policy_form::show(&visit).await,
        (_, Some(_)) => return role_form::show(&visit).await,
        _ => {}
    }
    let reading = visit.reading().await?;
    let of = |kind: &'static str| ListQuery {
        limit: MOST,
        ..ListQuery::of(reading.account(), reading.catalog().kind(kind))
    };
    let (roles_after, after) = (visit.query("roles"), visit.query("after"));
    let adding = visit.query("add");
    let at =
        |roles: &str, after: &str| address::with_query(PATH, &[("roles", roles), ("after", after), ("add", &adding)]);
    let depth = Depth::of(&[relation::HAS_POLICY], false);
    let roles = Paged::after(&roles_after, &reading, of("role"), &depth, |next| at(next, &after)).await?;
    let next = |next: &str| at(&roles_after, next);
    let policies = Paged::after(&after, &reading, of("policy"), &Depth::bare(), next).await?;
    let simulation = simulator::of(&visit, &reading).await?;
    let page = Page {
        p,
        frame,
        simulation,
        roles: roles.views.iter().map(|view| role(view, &adding)).collect(),
        roles_next: roles.next.map(|next| format!("{next}#roles")),
        policies: policies.views.iter().map(|view| policy(visit.t, view)).collect(),
        policies_next: policies.next.map(|next| format!("{next}#policies")),
        adding: shown(&adding),
    };
    answer(&page)
}

fn anchor(card: &Card) -> String {
    format!("{}-{}", card.kind.name(), card.id)
}

fn line(view: &View) -> String {
    first_line(view.text("description").unwrap_or_default())
}

fn role(view: &View, adding: &str) -> Role {
    let policies = view.targets(relation::HAS_POLICY).map(|(_, card)| (shown(&card.name), anchor(card)));
    Role {
        name: shown(&view.record.name),
        anchor: anchor(&Card::of(&view.record)),
        form: form("role", &view.record.fqn),
        giving: address::with_query(PATH, &[("role", &view.record.fqn), ("add", adding)]),
        line: line(view),
        is_off: !held::is_on(view),
        policies: policies.collect(),
    }
}

fn policy(t: Texts, view: &View) -> Policy {
    let rules = view.field("rules").and_then(Value::as_array).into_iter().flatten();
    Policy {
        name: shown(&view.record.name),
        anchor: anchor(&Card::of(&view.record)),
        form: form("policy", &view.record.fqn),
        line: line(view),
        is_off: !held::is_on(view),
        rules: rules.map(|one| rule(t, one)).collect(),
    }
}

/// `allow`, `EditTags` and `ViewAll` on `table`: what it lets do, and to what.
fn rule(t: Texts, reply: &Value) -> Rule {
    Rule {
        name: shown(reply["name"].as_str().unwrap_or_default()),
        is_allowing: policy_rules::is_allowing(reply),
        rendered: policy_rules::lets(t, reply),
        condition: shown_prose(reply["condition"].as_str().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let t = Texts::by_code("en").expect("English");
        let reply = json!({"name": "r", "effect": "deny", "operations": ["EditGlossaryTerms", "Delete"],
            "resources": ["databaseSchema"], "condition": "isOwner()"});
        let rendered = rule(t, &reply);
        assert!(!rendered.is_allowing && rendered.condition == "isOwner()");
        assert!(
            rendered.rendered.contains("edit glossary terms, delete") && rendered.rendered.contains("on schema"),
            "{}",
            rendered.rendered
        );
        assert!(rule(t, &json!({"operations": ["All"], "resources": ["all"]})).rendered.contains("everything"));
    }
}
