//! The domain that a request stands in: whether the caller may be there, and what belongs to it.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{OWNER, OWNING_TEAM, STEWARD};

use crate::call::{Call, CallError};
use crate::ids::Reference;
use crate::messages;
use crate::spelling::Spelling;
use crate::standing::Standing;

/// One consistent state of the catalogue, seen from a domain. It holds a connection of the store: let it go before
/// anything is written.
pub struct InDomain<'c> {
    pub call: &'c Call,
    pub reading: Reading<'c>,
    pub domain: View,
    pub standing: Standing,
}

impl<'c> InDomain<'c> {
    /// Errors: 403 for a domain that is unknown or in which the caller has no standing.
    pub async fn open(call: &'c Call, text: &str) -> Result<InDomain<'c>, CallError> {
        let catalog = call.catalog();
        let target = match Reference::to_domain(text) {
            Reference::Id(id) => Ref::Id(kinds::DOMAIN, RecordId::from_uuid(id)),
            Reference::Alias(alias) => {
                Ref::Alias { kind: kinds::DOMAIN, space: CLOUD_ID.name, value: alias.to_owned() }
            }
        };
        let reading = catalog.reading(&call.caller).await?;
        let depth = Depth::of(&[OWNER, STEWARD], false);
        let denied = || messages::not_permitted(call.operation.name, None);
        let domain = match reading.get(&target, States::Alive, &depth).await {
            Ok(view) if view.record.parent.is_none() => view,
            Ok(_) | Err(Problem::NotFound { .. }) => return Err(denied().into()),
            Err(problem) => return Err(problem.into()),
        };
        if !has_standing(&reading, &domain).await? {
            return Err(denied().into());
        }
        let standing = Standing::of(&call.caller, &domain);
        Ok(InDomain { call, reading, domain, standing })
    }

    pub fn id(&self) -> RecordId {
        self.domain.id()
    }

    /// Whether it is the domain that takes what names no other.
    pub async fn is_default(&self) -> Result<bool, Problem> {
        self.reading.is_default_domain(&self.domain.record).await
    }

    /// The team that holds what no other team does.
    pub fn steward(&self) -> Option<RecordId> {
        self.domain.targets(STEWARD).next().map(|(_, card)| card.id)
    }

    /// The project that a record is shown under.
    pub fn owning_project(&self, view: &View) -> RecordId {
        let own = view.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
        // A domain whose stewards were deleted still has to name somebody.
        own.or(self.steward()).unwrap_or(self.domain.id())
    }

    /// A record of one of the kinds that the caller may see, wherever in the account it stands.
    pub async fn find_anywhere(&self, kinds: Kinds, text: &str, depth: &Depth) -> Result<Option<View>, Problem> {
        let catalog = self.call.catalog();
        let targets: Vec<Ref> = match Reference::to_entity(text) {
            Reference::Id(id) => vec![Ref::AnyOf(&[], RecordId::from_uuid(id))],
            Reference::Alias(alias) => catalog
                .registry()
                .iter()
                .filter(|kind| CLOUD_ID.kinds.contains(&kind.name()) && kinds.holds(*kind))
                .map(|kind| Ref::Alias { kind, space: CLOUD_ID.name, value: alias.to_owned() })
                .collect(),
        };
        for target in targets {
            match self.reading.get(&target, States::Alive, depth).await {
                Ok(view) if kinds.holds(view.record.kind) => return Ok(Some(view)),
                Ok(_) | Err(Problem::NotFound { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(None)
    }

    /// Many assets at once, by text: those that exist and that the caller may see, or that are `held` already.
    pub async fn assets_anywhere(&self, texts: &[&str], held: &[RecordId]) -> Result<HashMap<String, Record>, Problem> {
        let mut named: Vec<(&str, RecordId)> = Vec::with_capacity(texts.len());
        for text in texts {
            match Reference::to_entity(text) {
                Reference::Id(id) => named.push((text, RecordId::from_uuid(id))),
                Reference::Alias(alias) => {
                    let id = self.reading.id_of_alias(CLOUD_ID.name, alias).await?;
                    named.extend(id.map(|id| (*text, id)));
                }
            }
        }
        let ids: Vec<RecordId> = named.iter().map(|(_, id)| *id).collect();
        let records = self.reading.records(&ids, States::Alive).await?;
        let records: HashMap<RecordId, Record> = records.into_iter().map(|record| (record.id, record)).collect();
        let mut found = HashMap::with_capacity(texts.len());
        for (text, id) in named {
            if let Some(record) = records.get(&id)
                && Kinds::Assets.holds(record.kind)
                && (held.contains(&record.id) || self.reaches(record).await?)
            {
                found.insert(text.to_owned(), record.clone());
            }
        }
        Ok(found)
    }

    /// A record of one of the kinds that belongs to this domain, and to no project in which the caller has no standing.
    pub async fn find(&self, kinds: Kinds, text: &str, depth: &Depth) -> Result<Option<View>, Problem> {
        match self.find_anywhere(kinds, text, depth).await? {
            Some(view) if self.holds(&view).await? && self.reaches(&view.record).await? => Ok(Some(view)),
            _ => Ok(None),
        }
    }

    /// Whether the caller has standing in the project that owns the record.
    async fn reaches(&self, record: &Record) -> Result<bool, Problem> {
        if !self.standing.narrows(record.kind) {
            return Ok(true);
        }
        let depth = Depth { alone: true, ..Standing::depth(&Depth::bare()) };
        let view = self.reading.view(record.clone(), &depth).await?;
        Ok(self.standing.reaches(&view))
    }

    /// Whether a record belongs to this domain: through its parents, its own domains, its parents' domains, or because
    /// it has none.
    pub async fn holds(&self, view: &View) -> Result<bool, Problem> {
        if view.record.kind == kinds::DOMAIN {
            return Ok(is_within(&self.domain.record.fqn, &view.record.fqn));
        }
        belongs(&self.reading, view, &self.domain.record).await
    }

    /// A project: a team of type Group.
    pub async fn project(&self, text: &str, depth: &Depth) -> Result<Option<View>, Problem> {
        Ok(self.find(Kinds::One(kinds::TEAM), text, depth).await?.filter(is_project))
    }

    /// A domain unit; the root unit is the domain itself.
    pub async fn unit(&self, text: &str, depth: &Depth) -> Result<Option<View>, Problem> {
        let Reference::Id(id) = Reference::to_domain_unit(text) else { return Ok(None) };
        let target = Ref::Id(kinds::DOMAIN, RecordId::from_uuid(id));
        match self.reading.get(&target, States::Alive, depth).await {
            Ok(view) if is_within(&self.domain.record.fqn, &view.record.fqn) => Ok(Some(view)),
            Ok(_) | Err(Problem::NotFound { .. }) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// How ids are spelled: those given and the domain's.
    pub async fn spelling(&self, mut ids: Vec<RecordId>) -> Result<Spelling, Problem> {
        ids.push(self.id());
        Spelling::of(&self.reading, ids).await
    }
}

/// Which kinds a reference may lead to.
#[derive(Debug, Clone, Copy)]
pub enum Kinds {
    One(Kind),
    /// Everything that is an asset here.
    Assets,
}

impl Kinds {
    pub fn holds(self, kind: Kind) -> bool {
        match self {
            Kinds::One(one) => kind == one,
            Kinds::Assets => crate::asset_kinds::is_asset(kind),
        }
    }
}

pub fn is_project(team: &View) -> bool {
    team.text("team_type") == Some("Group")
}

/// Whether an FQN is another's or lies below it.
pub fn is_within(domain: &str, fqn: &str) -> bool {
    fqn.strip_prefix(domain).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether the caller is at home in a domain: an administrator, one of its owners, or a member of one of its projects.
pub async fn has_standing(reading: &Reading<'_>, domain: &View) -> Result<bool, Problem> {
    let principal = &reading.caller().principal;
    let owns = |id: RecordId| id == principal.user || principal.teams.iter().any(|member| member.team == id);
    if principal.is_admin
        || domain.targets(OWNER).any(|(_, card)| owns(card.id))
        || principal.teams.iter().any(|member| is_within(&domain.record.fqn, &member.fqn))
    {
        return Ok(true);
    }
    for team in reading.own_teams().await? {
        if is_project(&team) && belongs(reading, &team, &domain.record).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn belongs(reading: &Reading<'_>, view: &View, domain: &Record) -> Result<bool, Problem> {
    if let Some(top) = view.ancestors.last()
        && top.kind == kinds::DOMAIN
    {
        return Ok(top.id == domain.id);
    }
    // A term has no domain but its glossary's.
    let domains = reading.domains_along(view, view.record.kind != kinds::GLOSSARY_TERM).await?;
    if domains.is_empty() {
        return reading.is_default_domain(domain).await;
    }
    Ok(domains.iter().any(|found| is_within(&domain.fqn, &found.fqn)))
}
