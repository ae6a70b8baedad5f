//! What somebody has on a product by which he reads no rows of it, what is missing, and who can give it.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::rows::roles::{self, ROLES};

use crate::access::role;
use crate::layout::icon::Icon;
use crate::records::address;
use crate::records::people::Person;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Of those who can give it, so many are named.
const MOST_OWNERS: usize = 5;

#[derive(Template)]
#[template(path = "parts/no_rows.html")]
pub struct NoRows {
    pub t: Texts,
    pub said: String,
    pub owners: Vec<Person>,
    /// Where it is asked for.
    pub at: String,
}

impl HtmlSafe for NoRows {}

impl NoRows {
    /// Nothing for who may query the product. The view has its edges to who has a role on it, with those from above.
    pub fn of(visit: &Visit, view: &View, may_query: bool) -> Option<NoRows> {
        let at = || address::with_query(&address::of_record(&view.record), &[("tab", "access")]);
        // Who owns it in name has no rows to give.
        let owners = || Person::owners(view).into_iter().filter(|owner| !owner.is_in_name).take(MOST_OWNERS).collect();
        let said = || why(visit, view).unwrap_or_else(|| visit.t.say("product.no_role"));
        (!may_query).then(|| NoRows { t: visit.t, said: said(), owners: owners(), at: at() })
    }
}

/// The highest role in person of somebody who may not query the product, else that of a team of his; and why it brings him no
/// rows. Nothing for who has none.
pub fn why(visit: &Visit, view: &View) -> Option<String> {
    let (t, principal) = (visit.t, &visit.caller().principal);
    let of = |is_his: &dyn Fn(&Edge) -> bool| {
        let each = ROLES.iter().flat_map(|role| view.targets(*role).map(|(edge, _)| edge));
        each.into_iter().find(|edge| edge.at.is_empty() && is_his(edge))
    };
    if let Some(edge) = of(&|edge| edge.to == principal.user) {
        let key = if roles::is_denied_rows(edge) { "product.role_without_rows" } else { "product.role_in_name" };
        return Some(t.with(key, &[("role", &role::rendered(t, edge.relation))]));
    }
    let team = |edge: &Edge| principal.teams.iter().find(|team| team.team == edge.to);
    let edge = of(&|edge| team(edge).is_some())?;
    let team = team(edge)?;
    let key = if roles::is_denied_rows(edge) {
        "product.team_role_without_rows"
    } else if edge.is_nominal() {
        "product.team_role_in_name"
    } else {
        "product.team_without_rows"
    };
    Some(t.with(key, &[("role", &role::rendered(t, edge.relation)), ("team", &shown(&team.fqn))]))
}
