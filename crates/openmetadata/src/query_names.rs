//! What queries are called that nobody has named. Crawlers send the text of a query alone, again and again, so the name
//! follows from the text: the same query is found again. It tells nothing of it, since it is made with a key of the server:
//! names are shown to everybody who sees the query, and the values in its text are not.
//!
//! Those who hold the rows of the service, and programs, share its queries. Others have names of their own, so that nobody
//! learns by writing a text whether a query has it.

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::purpose_keys::DerivedKey;
use emporion_catalog::record::Record;
use sha2::{Digest, Sha256};

use crate::create_request::CreateRequest;
use crate::errors::OmResult;
use crate::generic::Cx;
use crate::nouns::query::checksum;

const PURPOSE: &str = "names of queries";

/// Names the queries among the requests that do not say their name.
///
/// Cost: none where there are none; else a question for each service, one more where the caller is no program and no
/// administrator, and one for all names.
pub async fn give<'r>(cx: &Cx, requests: impl Iterator<Item = &'r mut CreateRequest>) -> OmResult<()> {
    let mut unnamed: Vec<(&mut CreateRequest, String, Ref)> = requests
        .filter_map(|request| {
            let (text, service) = request.unnamed_query()?;
            let (text, service) = (text.to_owned(), service.clone());
            Some((request, text, service))
        })
        .collect();
    let Some((first, ..)) = unnamed.first() else { return Ok(()) };
    let kind = first.kind;
    let reading = cx.reading().await?;
    let mut services: Vec<(Ref, Option<Record>)> = Vec::new();
    for (_, _, service) in &unnamed {
        if !services.iter().any(|(known, _)| known == service) {
            services.push((service.clone(), reading.find(service).await?));
        }
    }
    let principal = &cx.caller.principal;
    let ids: Vec<RecordId> = services.iter().filter_map(|(_, found)| Some(found.as_ref()?.id)).collect();
    let held = if principal.is_trusted() { ids.into_iter().collect() } else { reading.rows().held(&ids).await? };
    let keys = cx.door.catalog.keys_for(PURPOSE).now();
    let mut fqns: Vec<String> = Vec::new();
    let mut candidates: Vec<Vec<String>> = Vec::with_capacity(unnamed.len());
    for (_, text, service) in &unnamed {
        let service = services.iter().find(|(known, _)| known == service).and_then(|(_, found)| found.as_ref());
        let shares = service.is_some_and(|service| held.contains(&service.id));
        let own = Some(principal.user).filter(|_| !shares);
        let of = |key: &DerivedKey| name(key, service.map(|service| service.id), own, text);
        let mut all: Vec<String> = keys.all().map(of).collect();
        // What older servers called it.
        all.extend(shares.then(|| checksum(text)));
        // A service that is not there is told of by whoever carries out the request.
        let above = service.map(|service| service.fqn.as_str());
        fqns.extend(all.iter().map(|name| kind.fqn(above, name, None)));
        candidates.push(all);
    }
    let fqns: Vec<&str> = fqns.iter().map(String::as_str).collect();
    let mut found = reading.by_fqn(kind, &fqns).await?.into_iter();
    for ((request, ..), all) in unnamed.iter_mut().zip(candidates) {
        let mut known = all.iter().filter(|_| found.next().flatten().is_some_and(|record| record.state.is_alive()));
        let first = known.next().cloned();
        known.for_each(drop);
        let newest = all.into_iter().next().unwrap_or_default();
        request.be_called(newest, first);
    }
    Ok(())
}

/// Half of a digest that begins with the key: nothing can be added to what it was made of.
fn name(key: &DerivedKey, service: Option<RecordId>, own: Option<RecordId>, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(key);
    for id in [service, own] {
        digest.update(id.map(|id| *id.uuid().as_bytes()).unwrap_or_default());
    }
    digest.update(text);
    digest.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_the_text_and_tells_nothing_of_it() {
        let (key, other) = ([7; 32], [8; 32]);
        let (service, user) = (Some(RecordId::fresh()), Some(RecordId::fresh()));
        let shared = name(&key, service, None, "SELECT 1");
        assert_eq!(shared, name(&key, service, None, "SELECT 1"));
        assert!(shared.len() == 32 && shared != checksum("SELECT 1"));
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
