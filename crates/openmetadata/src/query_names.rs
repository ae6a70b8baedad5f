//! What queries are called that nobody has named. Crawlers send the text of a query alone, again and again, so the name
//! follows from the text: the same query is found again. It tells nothing of it, since it is made with a key of the server:
//! names are shown to everybody who sees the query, and the values in its text are not.
//!
//! Those who hold the rows of the service, and programs, share its queries. Others have names of their own, so that nobody
//! learns by writing a text whether a query has it.

mod of_old;

use emporion_catalog::Catalog;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::query::MADE_NAME;
use emporion_catalog::purpose_keys::DerivedKey;
use emporion_catalog::record::{Record, View};
use sha2::{Digest, Sha256};

use crate::create_request::CreateRequest;
use crate::errors::OmResult;
use crate::nouns::query::is_checksum;
use crate::operation::Call;

pub use of_old::{rename, rename_restored};

const PURPOSE: &str = "names of queries";

/// Names the queries among the requests that do not say their name.
///
/// Cost: none where there are none; else a question for each service, one more where the caller is no program and no
/// administrator, and one for all names.
pub async fn give<'r>(call: &Call, requests: impl Iterator<Item = &'r mut CreateRequest>) -> OmResult<()> {
    let mut unnamed: Vec<(&mut CreateRequest, String, Ref)> = requests
        .filter_map(|request| {
            let (text, service) = request.unnamed_query()?;
            let (text, service) = (text.to_owned(), service.clone());
            Some((request, text, service))
        })
        .collect();
    let Some((first, ..)) = unnamed.first() else { return Ok(()) };
    let kind = first.kind;
    let reading = call.reading().await?;
    let mut services: Vec<(Ref, Option<Record>)> = Vec::new();
    for (_, _, service) in &unnamed {
        if !services.iter().any(|(known, _)| known == service) {
            services.push((service.clone(), reading.find(service).await?));
        }
    }
    let principal = &call.caller.principal;
    let ids: Vec<RecordId> = services.iter().filter_map(|(_, found)| Some(found.as_ref()?.id)).collect();
    let held = if principal.is_trusted() { ids.into_iter().collect() } else { reading.rows().held(&ids).await? };
    let keys = call.door.catalog.keys_for(PURPOSE).now();
    let mut fqns: Vec<String> = Vec::new();
    let mut candidates: Vec<Vec<String>> = Vec::with_capacity(unnamed.len());
    for (_, text, service) in &unnamed {
        let service = services.iter().find(|(known, _)| known == service).and_then(|(_, found)| found.as_ref());
        let shares = service.is_some_and(|service| held.contains(&service.id));
        let own = Some(principal.user).filter(|_| !shares);
        let of = |key: &DerivedKey| name(key, service.map(|service| service.id), own, text);
        let all: Vec<String> = keys.all().map(of).collect();
        // A service that is not there is told of by whoever carries out the request.
        let above = service.map(|service| service.fqn.as_str());
        fqns.extend(all.iter().map(|name| kind.fqn(above, name, None)));
        candidates.push(all);
    }
    let fqns: Vec<&str> = fqns.iter().map(String::as_str).collect();
    let found = reading.by_fqn(kind, &fqns).await?;
    let mut rest = found.as_slice();
    for ((request, ..), all) in unnamed.iter_mut().zip(candidates) {
        let (of_it, others) = rest.split_at(all.len());
        rest = others;
        let is_there = |record: &Option<Record>| record.as_ref().is_some_and(|record| record.state.is_alive());
        let known = all.iter().zip(of_it).find(|(_, record)| is_there(record)).map(|(name, _)| name.clone());
        request.be_called(all.into_iter().next().unwrap_or_default(), known);
    }
    Ok(())
}

/// Another name for a query whose text becomes the one that its name is the checksum of.
pub fn follow(catalog: &Catalog, view: &View, draft: &mut Draft) {
    let text = draft.fields.get("query").and_then(|text| text.as_str());
    if text.is_some_and(|text| is_checksum(&view.record.name, text)) {
        draft.name = text.map(|text| of_its_own(catalog, &view.record, text));
    }
}

/// A name that no other query has, whatever its text.
fn of_its_own(catalog: &Catalog, record: &Record, text: &str) -> String {
    name(&catalog.keys_for(PURPOSE).now().newest, record.parent, Some(record.id), text)
}

/// Half of a digest that begins with the key: nothing can be added to what it was made of.
fn name(key: &DerivedKey, service: Option<RecordId>, own: Option<RecordId>, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(key);
    for id in [service, own] {
        digest.update(id.map(|id| *id.uuid().as_bytes()).unwrap_or_default());
    }
    digest.update(text);
    digest.finalize()[..MADE_NAME / 2].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use emporion_catalog::kinds::query::looks_made;

    use super::*;

    #[test]
    fn a_name_follows_from_the_text_and_tells_nothing_of_it() {
        let (key, other) = ([7; 32], [8; 32]);
        let (service, user) = (Some(RecordId::fresh()), Some(RecordId::fresh()));
        let shared = name(&key, service, None, "SELECT 1");
        assert_eq!(shared, name(&key, service, None, "SELECT 1"));
        assert!(looks_made(&shared) && !is_checksum(&shared, "SELECT 1"));
        for different in [
            name(&other, service, None, "SELECT 1"),
            name(&key, service, user, "SELECT 1"),
            name(&key, Some(RecordId::fresh()), None, "SELECT 1"),
            name(&key, service, None, "SELECT 2"),
        ] {
            assert_ne!(shared, different);
        }
    }
}
