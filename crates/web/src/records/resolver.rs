//! Resolver: the record that an address names.

use emporion_catalog::command::Ref;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use http::Method;

use crate::fault::Fault;
use crate::forms::bound;
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::Visit;

/// Of records that bear a name, those that are looked at.
const MOST_NAMESAKES: u32 = 100;

pub enum Resolved {
    Here(Box<View>),
    /// It was named by its id, or by a part of its name.
    Elsewhere(Answer),
}

/// The record that the address names, of the kinds whose pages lie in this folder, with all that belongs to it.
pub async fn resolve(visit: &Visit, reading: &Reading<'_>, folder: &str) -> Result<Resolved, Fault> {
    let view = match named(visit, reading, folder).await {
        Err(fault @ (Fault::NoSuchPage | Fault::Problem(Problem::NotFound { .. }))) => {
            // A form is sent to nothing but what it was made for.
            let other = match visit.request.method == Method::GET {
                true => in_another_case(visit, reading, folder).await?,
                false => None,
            };
            return other.map(|at| elsewhere(visit, at)).ok_or(fault);
        }
        found => found?,
    };
    let record = &view.record;
    let shown = if record.kind.is("user") { name::unquote(&record.fqn) } else { record.fqn.clone() };
    Ok(match address::of(record.kind, &record.fqn) {
        Some(at) if shown != visit.param("fqn") => elsewhere(visit, at),
        _ => Resolved::Here(view),
    })
}

/// The record that a form is about, at the address that it was sent to.
///
/// Errors: it is another record that is found there by now.
pub async fn sent_to(visit: &Visit, reading: &Reading<'_>, folder: &str) -> Result<Box<View>, Fault> {
    let view = named(visit, reading, folder).await?;
    match bound::of(&visit.form()) {
        Some(of) if of == view.id() => Ok(view),
        Some(_) => {
            Err(Fault::Another { name: naming::rendered_of(&view.record), address: address::of_record(&view.record) })
        }
        None => Err(Fault::Malformed(visit.t.say("edit.no_record"))),
    }
}

async fn named(visit: &Visit, reading: &Reading<'_>, folder: &str) -> Result<Box<View>, Fault> {
    let named = visit.param("fqn");
    let mut missing = None;
    for kind in address::kinds_in(folder) {
        let kind = reading.catalog().kind(kind);
        // A name may look like an id.
        let meant = target(kind, named);
        let name = matches!(meant, Ref::Id(..)).then(|| Ref::Name(kind, named.to_owned()));
        for target in std::iter::once(meant).chain(name) {
            match reading.get(&target, States::Alive, &Depth::full()).await {
                Err(problem @ Problem::NotFound { .. }) => missing = Some(problem),
                found => return Ok(Box::new(found?)),
            }
        }
    }
    Err(missing.map_or(Fault::NoSuchPage, Fault::Problem))
}

/// The page that is asked for, at the address of the record itself.
fn elsewhere(visit: &Visit, at: String) -> Resolved {
    let query = &visit.request.raw_query;
    let at = if query.is_empty() { at } else { format!("{at}?{query}") };
    Resolved::Elsewhere(headers::see_other(&at))
}

/// The address of what differs by its case alone from what is named, where the visitor sees one such record.
async fn in_another_case(visit: &Visit, reading: &Reading<'_>, folder: &str) -> Result<Option<String>, Fault> {
    let named = visit.param("fqn");
    let Some(last) = name::split(named).and_then(|mut names| names.pop()) else { return Ok(None) };
    let mut found = Vec::new();
    for kind in address::kinds_in(folder) {
        let kind = reading.catalog().kind(kind);
        let alike = reading.namesakes(kind, &name::fold(&last), States::Alive, MOST_NAMESAKES).await?;
        found.extend(alike.into_iter().filter(|record| name::fold(&record.fqn) == name::fold(named)));
    }
    Ok(match found.as_slice() {
        [one] => address::of(one.kind, &one.fqn),
        _ => None,
    })
}

/// What the name or id in an address means.
pub fn target(kind: Kind, named: &str) -> Ref {
    match named.parse() {
        Ok(id) => Ref::Id(kind, id),
        Err(_) if kind.is("user") => Ref::Name(kind, name::quote(&name::fold(named))),
        Err(_) => Ref::Name(kind, named.to_owned()),
    }
}
