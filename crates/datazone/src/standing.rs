//! Standing in projects. What a project owns, its inventory, is there for those who belong to the project; the domain's
//! owners and the account's administrators stand in every project. What no project owns is the whole domain's.
//!
//! This comes beside visibility, which is a property of the record and the same in every door.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::caller::{Caller, Designation};
use emporion_catalog::facet::Facet;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{EDITOR, OWNER, OWNING_TEAM, Relation, STEWARD, VIEWER};

use crate::asset_kinds;

/// What standing depends on, of a record.
const READ: &[Relation] = &[OWNING_TEAM, OWNER, EDITOR, VIEWER];

/// Where a caller stands within a domain.
#[derive(Debug, Clone)]
pub struct Standing {
    everywhere: bool,
    user: RecordId,
    teams: HashMap<RecordId, Designation>,
}

impl Standing {
    /// `domain` must have been read with its owners and stewards.
    pub fn of(caller: &Caller, domain: &View) -> Standing {
        let principal = &caller.principal;
        let teams = principal.teams.iter().map(|member| (member.team, member.designation)).collect();
        let mut standing = Standing { everywhere: principal.is_admin, user: principal.user, teams };
        let stewards = domain.targets(STEWARD).map(|(edge, _)| edge.to);
        let mut holders = domain.targets(OWNER).map(|(edge, _)| edge.to).chain(stewards);
        standing.everywhere |= holders.any(|holder| standing.is_one_of(holder));
        standing
    }

    pub fn in_project(&self, project: RecordId) -> bool {
        self.everywhere || self.teams.contains_key(&project)
    }

    /// Whether the caller has a business with the record, which was read to [`Standing::depth`].
    pub fn reaches(&self, view: &View) -> bool {
        if self.everywhere || !is_inventory(view.record.kind) {
            return true;
        }
        let Some(project) = view.targets(OWNING_TEAM).next().map(|(edge, _)| edge.to) else { return true };
        self.teams.contains_key(&project)
            || view.targets(OWNER).any(|(edge, _)| self.is_one_of(edge.to))
            || view.targets(EDITOR).chain(view.targets(VIEWER)).any(|(edge, _)| self.is_one_of(edge.to))
    }

    /// Whether records of the kind have to be looked at one by one.
    pub fn narrows(&self, kind: Kind) -> bool {
        !self.everywhere && is_inventory(kind)
    }

    /// A depth with what has to be known besides.
    pub fn depth(wanted: &Depth) -> Depth {
        let mut depth = wanted.clone();
        if let Some(relations) = &mut depth.relations {
            let missing: Vec<Relation> =
                READ.iter().copied().filter(|relation| !relations.contains(relation)).collect();
            relations.extend(missing);
        }
        depth
    }

    /// The user himself, or a team in whose name he acts.
    fn is_one_of(&self, holder: RecordId) -> bool {
        holder == self.user || self.teams.get(&holder).is_some_and(|designation| *designation > Designation::Viewer)
    }
}

/// Whether a caller is told of a record, in whatever state it is: he sees it, and has a business with it.
pub async fn is_told_of(reading: &Reading<'_>, id: RecordId) -> Result<bool, Problem> {
    let Some(record) = reading.in_any_state(&[id]).await?.pop() else { return Ok(false) };
    if !is_inventory(record.kind) {
        return Ok(true);
    }
    let view = reading.view(record, &Standing::depth(&Depth::bare())).await?;
    let above = view.ancestors.last().filter(|top| top.kind == kinds::DOMAIN).cloned();
    let domain = match above {
        Some(top) => Some(top),
        None => reading.effective_domain(&view).await?,
    };
    let Some(domain) = domain else { return Ok(reading.caller().principal.is_admin) };
    let Some(domain) = reading.record(domain.id).await? else { return Ok(false) };
    let domain = reading.view(domain, &Depth::of(&[OWNER, STEWARD], false)).await?;
    Ok(Standing::of(reading.caller(), &domain).reaches(&view))
}

/// Whether a project keeps such records to itself. Glossaries and types serve the whole domain, and what a crawl found
/// belongs to no project.
fn is_inventory(kind: Kind) -> bool {
    kind.has_facet(Facet::OwningTeam) && (kind == kinds::DATA_PRODUCT || asset_kinds::is_asset(kind))
}
