//! The ways from the page of a person, or of a team, to giving roles: to the form on the page of a product that the visitor gives
//! roles on, and for who administers the account to those of its roles, each with the person's name in it.

use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use emporion_catalog::record::Record;
use emporion_catalog::relation;
use emporion_catalog::rows::roles;

use crate::access::own::Products;
use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::pages::admin::policies::place;
use crate::records::address;
use crate::records::link::Link;
use crate::records::record::Here;
use crate::search::query;

/// Products that are looked at: those that changed last.
const MOST: u32 = 20;
const OWN: &str = "kind:data_product owner:mine";
const ALL: &str = "kind:data_product";

/// Where roles of the account are given, for who administers it: the list of them, with this name.
pub fn of_account(here: Here<'_>) -> Option<String> {
    let Here { visit, view, .. } = here;
    let is_offered = visit.caller().principal.is_admin && view.record.kind.is("user") && roles::may_bear(&view.record);
    is_offered.then(|| format!("{}#roles", address::with_query(place::PATH, &[("add", &view.record.name)])))
}

/// Products that the visitor owns, or administers, and may give roles on, each leading to its form; where there are more of his, how to find
/// them. None for himself, for the team of everybody, and for who is not there any more.
pub async fn offered(here: Here<'_>) -> Result<(Vec<Link>, Option<Rest>), Fault> {
    let Here { visit, reading, view, .. } = here;
    let person = &view.record;
    if !roles::may_bear(person) || person.id == visit.caller().principal.user {
        return Ok((Vec::new(), None));
    }
    let is_admin = visit.caller().principal.is_admin;
    let own = match is_admin {
        true => Products::all(reading, MOST, &Depth::bare()).await?,
        false => Products::of(visit, reading, MOST, &Depth::bare()).await?,
    };
    let mut links = Vec::new();
    for product in &own.views {
        if reading.may(Action::for_field(relation::VIEWER.name()), &product.record).await? {
            let name = if person.kind.is("user") { &person.name } else { &person.fqn };
            links.push(to_form(&product.record, name));
        }
    }
    links.sort_by(|one, other| one.name.cmp(&other.name));
    let rest = Rest::of_more(visit.t, links.len(), own.more);
    Ok((links, rest.map(|rest| rest.by(visit.t, "rest.search", query::address_of(if is_admin { ALL } else { OWN })))))
}

/// The form on a product's page that gives a role, with this name in it.
fn to_form(product: &Record, name: &str) -> Link {
    let form = address::with_query(&address::of_record(product), &[("tab", "access"), ("who", name)]);
    Link { address: Some(format!("{form}#who")), ..Link::of_record(product) }
}
