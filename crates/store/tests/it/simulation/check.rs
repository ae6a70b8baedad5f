//! Whether what clients were answered can have been so: each answer against the states that the store was in while it was
//! asked, each state against who has made it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use emporion_catalog::id::{CredentialId, RecordId, Revision};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::State;
use emporion_catalog::relation::HAS_ROLE;
use serde_json::Value;

use super::clients::{Answer, Client, KEYS, Operation, ProductState, Request, SCOPE, count_in};
use super::installation::Installation;
use super::jobs::KEPT;
use super::network::RecordedState;
use crate::support::kind;

/// A state of the store, as far as schedules know it.
struct CatalogState {
    moment: u64,
    head: u64,
    products: Vec<Product>,
    /// The steward is enabled; he holds his role.
    is_enabled: bool,
    has_role: bool,
    /// By which he is known.
    tokens: Vec<CredentialId>,
    /// What was asked under a key.
    keys: BTreeMap<u64, Vec<u8>>,
    /// What the job has kept: by whom, and how far he had come.
    job: Option<(u64, u64)>,
}

#[derive(Clone, PartialEq)]
struct Product {
    shown: ProductState,
    name: String,
    state: State,
    /// The number of the request that changed it last.
    by: u64,
}

impl CatalogState {
    async fn of(installation: &Installation, seen: &RecordedState) -> CatalogState {
        let mut listed = Vec::new();
        for states in [States::Alive, States::Dead] {
            let products = ListQuery::of(installation.account, kind("data_product"));
            let products = ListQuery { states, limit: 1_000, ..products };
            listed.extend(seen.state.list(&products).await.expect("memory"));
        }
        let products = listed.into_iter().map(|record| {
            let extension = record.body.get("extension").cloned().unwrap_or_default();
            Product {
                shown: ProductState { id: record.id, revision: record.revision, count: count_in(&extension) },
                name: record.name,
                state: record.state,
                by: extension["by"].as_u64().unwrap_or(0),
            }
        });
        let steward = installation.steward;
        let user = seen.state.by_id(installation.account, &[steward]).await.expect("memory").pop().flatten();
        let is_enabled = user.is_some_and(|user| user.body.get("disabled") != Some(&Value::Bool(true)));
        let has_role = !seen.state.edges_from(&[steward], Some(&[HAS_ROLE])).await.expect("memory").is_empty();
        let held = seen.state.credentials_of(steward).await.expect("memory");
        let tokens = held.into_iter().map(|held| held.id).collect();
        let mut keys = BTreeMap::new();
        for key in 0..KEYS {
            let answer = seen.state.answer_for(installation.account, SCOPE, &key.to_string()).await.expect("memory");
            keys.extend(answer.map(|answer| (key, answer.fingerprint)));
        }
        let kept = seen.state.follower_states(KEPT.0, Some(KEPT.1)).await.expect("memory").pop();
        let job = kept.map(|kept| (kept.data["by"].as_u64().unwrap_or(0), kept.position.0));
        CatalogState {
            moment: seen.moment,
            head: seen.head.0,
            products: products.collect(),
            is_enabled,
            has_role,
            tokens,
            keys,
            job,
        }
    }

    /// Whether who asks is somebody.
    fn knows(&self, request: &Request) -> bool {
        request.who == Client::Admin || (self.is_enabled && self.tokens.contains(&request.token))
    }

    fn may_write(&self, request: &Request) -> bool {
        request.who == Client::Admin || (self.is_enabled && self.has_role)
    }

    fn holder(&self, name: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.name == name && product.state.holds_name())
    }

    fn living(&self, name: &str) -> Option<&Product> {
        self.holder(name).filter(|product| product.state.is_alive())
    }

    fn by_id(&self, id: RecordId) -> Option<&Product> {
        self.products.iter().find(|product| product.shown.id == id)
    }

    /// The product that a request is about, if it is there to be asked about.
    fn target(&self, operation: &Operation) -> Option<&Product> {
        match operation {
            Operation::Create { name }
            | Operation::Upsert { name }
            | Operation::Count { name }
            | Operation::Rename { name, .. }
            | Operation::Delete { name, .. }
            | Operation::CreateOnce { name, .. }
            | Operation::Read { name }
            | Operation::ReadKept { name } => self.living(name),
            Operation::CountFrom { id, .. } => self.by_id(*id).filter(|product| product.state.is_alive()),
            Operation::Restore { id } => self.by_id(*id),
            Operation::Role { .. } | Operation::Disable { .. } | Operation::Token | Operation::Revoke { .. } => None,
        }
    }
}

/// Everything that cannot have been so.
pub async fn violations(installation: &Installation, seen: &[RecordedState], requests: &[Request]) -> Vec<String> {
    let mut worlds = Vec::with_capacity(seen.len());
    for seen in seen {
        worlds.push(CatalogState::of(installation, seen).await);
    }
    let mut check = Check { worlds, found: Vec::new() };
    requests.iter().for_each(|request| check.answer(request));
    check.writers(requests);
    check.names();
    check.keys(requests);
    check.job();
    check.found
}

struct Check {
    worlds: Vec<CatalogState>,
    found: Vec<String>,
}

impl Check {
    fn wrong(&mut self, request: &Request, what: impl std::fmt::Display) {
        self.found.push(format!("request {} {what}: {request}", request.number));
    }

    /// The states that were while the request was asked.
    fn during(&self, request: &Request) -> RangeInclusive<usize> {
        let last_at = |moment: u64| self.worlds.partition_point(|world| world.moment <= moment) - 1;
        last_at(request.began)..=last_at(request.ended)
    }

    fn answer(&mut self, request: &Request) {
        let during = self.during(request);
        let any = |holds: &dyn Fn(&CatalogState) -> bool| self.worlds[during.clone()].iter().any(holds);
        match &request.answer {
            Answer::Unknown => {}
            Answer::Made(token) => {
                let is_revoked = matches!(request.operation, Operation::Revoke { .. });
                if !any(&|world| world.tokens.contains(token) != is_revoked) {
                    self.wrong(request, "was not stored while it was asked");
                }
            }
            Answer::Shown(shown) => {
                let was = any(&|world| world.target(&request.operation).is_some_and(|product| product.shown == *shown));
                let might = any(&|world| world.knows(request));
                if !was {
                    self.wrong(request, "shows what was not so");
                }
                if !might {
                    self.wrong(request, "is answered without the right");
                }
            }
            Answer::Replayed(_) => {
                if !any(&|world| world.knows(request)) {
                    self.wrong(request, "is answered without the right");
                }
            }
            Answer::Refused(problem) => {
                if !any(&|world| is_justified(world, request, problem)) {
                    self.wrong(request, "is refused for no reason");
                }
            }
            Answer::Written(shown, None) => {
                let is_same = |world: &CatalogState| {
                    let product = world.target(&request.operation);
                    product.is_none_or(|product| product.shown == *shown)
                };
                if !any(&is_same) {
                    self.wrong(request, "says that nothing differs, where something did");
                }
            }
            Answer::Written(shown, Some(seq)) => match self.worlds.iter().position(|world| world.head >= seq.0) {
                Some(at) if at > *during.start() && at <= *during.end() => self.written(request, shown, at),
                _ => self.wrong(request, "was not stored while it was asked"),
            },
        }
    }

    /// A request that was carried out by the commit that made this state.
    fn written(&mut self, request: &Request, shown: &ProductState, at: usize) {
        let (before, after) = (&self.worlds[at - 1], &self.worlds[at]);
        let was = before.by_id(shown.id).cloned();
        let is = after.by_id(shown.id).cloned();
        let (may, own) = (before.may_write(request), request.number);
        let counts = |was: &Option<Product>, is: &Option<Product>| match (was, is) {
            (Some(was), Some(is)) => {
                was.shown.count + 1 == is.shown.count
                    && was.shown.revision.next() == is.shown.revision
                    && is.by == own
                    && is.shown == *shown
            }
            _ => false,
        };
        let is_new = was.is_none() && is.as_ref().is_some_and(|is| is.by == own && is.shown == *shown);
        let is_right = match &request.operation {
            Operation::Create { .. } | Operation::CreateOnce { .. } => is_new,
            Operation::Upsert { .. } => is_new || counts(&was, &is),
            Operation::Count { name } => counts(&was, &is) && was.as_ref().is_some_and(|was| was.name == **name),
            Operation::CountFrom { revision, .. } => {
                counts(&was, &is) && was.as_ref().is_some_and(|was| was.shown.revision == *revision)
            }
            Operation::Rename { to, .. } => counts(&was, &is) && is.as_ref().is_some_and(|is| is.name == **to),
            Operation::Delete { hard: false, .. } => is.as_ref().is_some_and(|is| !is.state.is_alive()),
            Operation::Delete { hard: true, .. } => was.is_some() && is.is_none(),
            Operation::Restore { .. } => {
                was.is_some_and(|was| !was.state.is_alive()) && is.is_some_and(|is| is.state.is_alive())
            }
            Operation::Role { has } => after.has_role == *has,
            Operation::Disable { disabled } => after.is_enabled != *disabled,
            Operation::Read { .. } | Operation::ReadKept { .. } | Operation::Token | Operation::Revoke { .. } => false,
        };
        if !is_right {
            self.wrong(request, "changes what it did not see");
        }
        if !may {
            self.wrong(request, "is carried out without the right");
        }
    }

    /// Each change of a product is some request's, and no request's twice.
    fn writers(&mut self, requests: &[Request]) {
        let mut done: BTreeMap<u64, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for pair in self.worlds.windows(2) {
            for product in &pair[1].products {
                let was = pair[0].by_id(product.shown.id);
                if was.is_some_and(|was| was.by == product.by) {
                    continue;
                }
                *done.entry(product.by).or_default() += 1;
                let request = requests.iter().find(|request| request.number == product.by);
                let is_known = request.is_none_or(|request| match &request.answer {
                    // A client that is still asking when the schedule ends was answered nothing.
                    Answer::Unknown => true,
                    Answer::Written(_, seq) => seq.is_some(),
                    _ => false,
                });
                if !is_known {
                    found.push(format!("request {} was not answered so, but has written", product.by));
                }
                if was.is_some_and(|was| was.shown.revision.next() != product.shown.revision) {
                    found.push(format!("a revision is left out by request {}", product.by));
                }
            }
        }
        found.extend(done.iter().filter(|(_, times)| **times > 1).map(|(by, _)| format!("request {by} is done twice")));
        self.found.append(&mut found);
    }

    /// No two records bear one name.
    fn names(&mut self) {
        for world in &self.worlds {
            let mut names: Vec<&str> =
                world.products.iter().filter(|p| p.state.holds_name()).map(|p| &*p.name).collect();
            names.sort_unstable();
            if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                self.found.push(format!("at {} two records bear {:?}", world.moment, pair[0]));
                return;
            }
        }
    }

    /// What is asked under one key is done once, and answered alike.
    fn keys(&mut self, requests: &[Request]) {
        let mut by_key: BTreeMap<u64, Vec<&Request>> = BTreeMap::new();
        for request in requests {
            if let Operation::CreateOnce { key, .. } = &request.operation {
                by_key.entry(*key).or_default().push(request);
            }
        }
        for (key, requests) in by_key {
            let mut records: Vec<String> = requests.iter().filter_map(|request| answered(&request.answer)).collect();
            records.sort_unstable();
            records.dedup();
            let written = requests.iter().filter(|request| matches!(request.answer, Answer::Written(..))).count();
            if records.len() > 1 || written > 1 {
                self.found.push(format!("what is asked under the key {key} is carried out twice"));
            }
        }
    }

    /// The job goes on step by step, and never returns to an owner that another one has followed.
    fn job(&mut self) {
        let mut owners: Vec<u64> = Vec::new();
        let mut place = 0;
        for world in &self.worlds {
            let Some((by, position)) = world.job.filter(|(_, position)| *position != place) else { continue };
            if position != place + 1 {
                self.found
                    .push(format!("at {} the owner of the job, {by}, goes from {place} to {position}", world.moment));
                return;
            }
            place = position;
            if owners.last() == Some(&by) {
                continue;
            }
            if owners.contains(&by) {
                self.found.push(format!("at {} an owner whom others have followed does the job: {by}", world.moment));
                return;
            }
            owners.push(by);
        }
    }
}

/// The record that was made under a key, as it is answered.
fn answered(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Written(shown, _) => Some(shown.id.to_string()),
        Answer::Replayed(body) => Some(String::from_utf8_lossy(body).into_owned()),
        _ => None,
    }
}

/// Whether the request had to be refused so in that state.
fn is_justified(world: &CatalogState, request: &Request, problem: &Problem) -> bool {
    let target = world.target(&request.operation);
    match (problem, &request.operation) {
        (Problem::Unauthenticated { .. }, _) => !world.knows(request),
        (Problem::Forbidden { .. }, _) => !world.may_write(request),
        (Problem::NameTaken { existing, .. }, operation) => {
            let wanted = match operation {
                Operation::Create { name } | Operation::CreateOnce { name, .. } | Operation::Upsert { name } => {
                    Some(*name)
                }
                Operation::Rename { to, .. } => Some(*to),
                Operation::Restore { id } => world.by_id(*id).map(|product| &*product.name).map(|name| known(name)),
                _ => None,
            };
            let holder = wanted.and_then(|name| world.holder(name));
            holder.is_some_and(|holder| existing.is_none_or(|id| id == holder.shown.id))
        }
        (Problem::KeyReused, Operation::CreateOnce { name, key }) => {
            world.keys.get(key).is_some_and(|asked| asked != name.as_bytes())
        }
        (Problem::Conflict { .. }, Operation::Token) => !world.is_enabled,
        (Problem::NotFound { .. }, Operation::Revoke { token }) => !world.tokens.contains(token),
        // Whoever takes the name of what is deleted takes its place.
        (Problem::NotFound { .. }, Operation::Restore { id }) => {
            world.by_id(*id).is_none_or(|product| !product.state.holds_name())
        }
        (Problem::NotFound { .. }, _) => target.is_none(),
        (Problem::Stale { current, .. }, Operation::CountFrom { revision, .. }) => {
            *current != revision.0 && target.is_some_and(|product| product.shown.revision == Revision(*current))
        }
        _ => false,
    }
}

/// One of the names that schedules know, for as long as they last.
fn known(name: &str) -> &'static str {
    super::clients::NAMES.into_iter().find(|known| *known == name).unwrap_or_default()
}
