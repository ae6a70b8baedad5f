//! The record that an address names, and what stands above each of its tabs.

use emporion_catalog::command::Ref;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;

use crate::edit::{self, Offer};
use crate::fault::Fault;
use crate::head::Head;
use crate::shell::{Crumb, Shell};
use crate::visit::Visit;
use crate::{address, headers, tabs};

pub enum Found {
    Here(Box<View>),
    /// It was named by its id, or by a part of its name.
    Elsewhere(Answer),
}

/// The record of one of these kinds that the address names, with all that belongs to it.
pub async fn find(visit: &Visit, reading: &Reading<'_>, kinds: &[&str]) -> Result<Found, Fault> {
    let named = visit.param("fqn");
    let mut missing = None;
    for kind in kinds {
        let kind = reading.catalog().kind(kind);
        let view = match reading.get(&target(kind, named), States::Alive, &Depth::full()).await {
            Err(problem @ Problem::NotFound { .. }) => {
                missing = Some(problem);
                continue;
            }
            found => found?,
        };
        let record = &view.record;
        let shown = if record.kind.is("user") { name::unquote(&record.fqn) } else { record.fqn.clone() };
        return Ok(match address::of(record.kind, &record.fqn) {
            Some(at) if shown != named => {
                let query = &visit.request.raw_query;
                let at = if query.is_empty() { at } else { format!("{at}?{query}") };
                Found::Elsewhere(headers::see_other(&at))
            }
            _ => Found::Here(Box::new(view)),
        });
    }
    Err(missing.map_or(Fault::NoSuchPage, Fault::Problem))
}

/// What the name or id in an address means.
pub fn target(kind: Kind, named: &str) -> Ref {
    match named.parse() {
        Ok(id) => Ref::Id(kind, id),
        Err(_) if kind.is("user") => Ref::Name(kind, name::quote(&name::fold(named))),
        Err(_) => Ref::Name(kind, named.to_owned()),
    }
}

/// What stands above every tab of a record's page.
pub struct Top {
    pub head: Head,
    /// What the visitor may change of it.
    pub offers: Vec<Offer>,
    pub tabs: Vec<tabs::Tab>,
}

impl Top {
    /// `noun` is what the texts of its tabs stand under.
    pub fn of(visit: &Visit, view: &View, noun: &str, names: &'static [&'static str]) -> Top {
        let head = Head::of(visit, view);
        Top { tabs: tabs::all(visit, &head.address, noun, names), head, offers: Vec::new() }
    }

    /// The same, with what the visitor may change.
    pub async fn with_offers(mut self, visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Top, Fault> {
        self.offers = edit::offers(visit, reading, view).await?;
        Ok(self)
    }
}

/// The surroundings of a record's page: the way down to it begins at the list of its kind.
pub fn shell(visit: &Visit, view: &View, section: &'static str) -> Shell {
    let mut shell = visit.shell(section);
    if !section.is_empty() {
        let name = visit.t.say(&format!("place.{section}"));
        shell.crumbs.push(Crumb { name, address: Some(format!("/{section}")) });
    }
    for card in view.ancestors.iter().rev() {
        shell = shell.below(crate::plain::shown(&card.name), address::of(card.kind, &card.fqn));
    }
    shell.below(crate::plain::shown(&view.record.name), None)
}
