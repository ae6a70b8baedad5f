//! Which roles there are on a product, and who may query the rows that it was lent.

use std::collections::HashSet;

use serde_json::Value;

use super::holding::is_owner;
use super::nominal;
use super::{Reader, RowsPermit};
use crate::boxed::Boxed;
use crate::caller::{Designation, EVERYBODY, Principal};
use crate::id::RecordId;
use crate::kinds::{TEAM, USER};
use crate::load;
use crate::problem::Problem;
use crate::record::{Edge, Record, View};
use crate::relation::{EDITOR, MEMBER, OWNER, OWNING_TEAM, Relation, STEWARDS, VIEWER};

/// The roles of people on a product, the highest first. They may bear filters.
pub const ROLES: [Relation; 3] = [OWNER, EDITOR, VIEWER];

/// Attribute of a viewer's edge: whether he may query. Absent means that he may.
pub const ALLOW_SQL: &str = "allow_sql";

/// Whether this is the role of a viewer who reads the description alone.
pub fn is_denied_rows(role: &Edge) -> bool {
    role.relation == VIEWER && role.attributes.get(ALLOW_SQL).and_then(Value::as_bool) == Some(false)
}

/// Whether rows are read by this role.
pub fn opens_rows(role: &Edge) -> bool {
    !role.is_nominal() && !is_denied_rows(role)
}

/// Whether a role on a product is given to this one: to people, and to teams but that of everybody, into which nobody is put
/// who is looked at.
pub fn may_bear(holder: &Record) -> bool {
    let is_somebody = holder.kind == USER || holder.kind == TEAM && holder.fqn != EVERYBODY;
    is_somebody && holder.state.is_alive()
}

/// Whether who is in a team by this edge has the rows that the team brings: as one who contributes to it or owns it, and put
/// there by one who has them.
pub fn is_in_with_rows(member: &Edge) -> bool {
    let designation = member.attributes.get("designation").and_then(Value::as_str);
    member.relation == MEMBER && !member.is_nominal() && Designation::parse(designation) >= Designation::Contributor
}

/// Who stands on a product for which role: those whom its edges name, users and teams, and for editors the owning team, or
/// stewards in its place. With whichever of them somebody comes, what holds for each of his roles holds for him; so roles in
/// name count as well.
///
/// The view has its edges to owners, editors, viewers and the owning team.
pub fn standing(product: &View) -> impl Iterator<Item = (Relation, RecordId)> + '_ {
    let by_edge = product.edges.iter().filter(|edge| edge.at.is_empty()).filter_map(|edge| {
        let role = if edge.relation == OWNING_TEAM { EDITOR } else { edge.relation };
        ROLES.contains(&role).then_some((role, edge.to))
    });
    let stewards = product.record.body.get(STEWARDS).and_then(Value::as_str).and_then(|team| team.parse().ok());
    by_edge.chain(stewards.map(|team| (EDITOR, team)))
}

/// The roles for which one user stands, or one team, each once.
pub fn of_holder(product: &View, holder: RecordId) -> Vec<Relation> {
    each_once(product, |other| other == holder)
}

/// The roles for which somebody stands: in person, and with the teams that bring him rows.
pub fn of_principal(product: &View, principal: &Principal) -> Vec<Relation> {
    each_once(product, |holder| principal.rows_holders().any(|own| own == holder))
}

fn each_once(product: &View, is_holder: impl Fn(RecordId) -> bool) -> Vec<Relation> {
    let has = |role: &Relation| standing(product).any(|(other, holder)| other == *role && is_holder(holder));
    ROLES.into_iter().filter(has).collect()
}

impl Reader<'_> {
    /// Whether the principal has a role on the product with which rows are read: administrators of the account, owners in
    /// person or through a team, editors and viewers likewise who were not denied it, owners and contributors of the owning
    /// team. That everybody sees an open product is no role. What was said of a viewer in person counts before what a team
    /// would bring that does not own the product.
    ///
    /// The view has its edges to owners, editors and viewers.
    pub fn may_query<'a>(&'a self, product: &'a View) -> Boxed<'a, Result<Option<RowsPermit>, Problem>> {
        Box::pin(async move { Ok(self.may_query_each(&[product]).await?.pop().flatten()) })
    }

    /// The same of several products, in their order, for as many questions as of one; one more for each that falls to
    /// stewards among whom the principal is.
    pub fn may_query_each<'a>(
        &'a self,
        products: &'a [&'a View],
    ) -> Boxed<'a, Result<Vec<Option<RowsPermit>>, Problem>> {
        Box::pin(async move {
            let by_edges: Vec<Option<bool>> = products.iter().map(|product| self.by_edges(product)).collect();
            let undecided = products.iter().zip(&by_edges).filter(|(_, decided)| decided.is_none());
            let undecided: Vec<&View> = undecided.map(|(product, _)| *product).collect();
            let by_team = self.by_owning_team(&undecided).await?;
            let decided = products.iter().zip(by_edges);
            let may = decided.map(|(product, by_edges)| by_edges.unwrap_or_else(|| by_team.contains(&product.id())));
            Ok(may.map(|may| may.then_some(RowsPermit(()))).collect())
        })
    }

    /// What the edges of a product say; `None` where it is for the owning team to say.
    fn by_edges(&self, product: &View) -> Option<bool> {
        let user = self.principal.user;
        if product.record.account != self.principal.account {
            return Some(false);
        }
        let edges = |relation| product.edges.iter().filter(move |edge| edge.relation == relation);
        let is_owner = edges(OWNER).any(|edge| is_owner(self.principal, edge));
        let is_editor = edges(EDITOR).any(|edge| edge.to == user && !edge.is_nominal());
        if self.principal.is_admin || is_owner || is_editor {
            return Some(true);
        }
        if let Some(viewer) = edges(VIEWER).find(|edge| edge.to == user) {
            return Some(opens_rows(viewer));
        }
        let by_team = |edge: &Edge| opens_rows(edge) && self.principal.rows_holders().any(|own| own == edge.to);
        edges(EDITOR).chain(edges(VIEWER)).any(by_team).then_some(true)
    }

    /// Those of the products of which the principal contributes to the owning team, or to the stewards in its place.
    async fn by_owning_team(&self, products: &[&View]) -> Result<HashSet<RecordId>, Problem> {
        let contributed = self.principal.teams.iter().filter(|membership| membership.brings_rows());
        let contributed: HashSet<RecordId> = contributed.map(|membership| membership.team).collect();
        let mut found = HashSet::new();
        if products.is_empty() || contributed.is_empty() {
            return Ok(found);
        }
        let ids: Vec<RecordId> = products.iter().map(|product| product.id()).collect();
        let named = load::named_teams(self.snapshot, self.principal.account, &ids).await?;
        for product in products {
            let is_among = |team: RecordId| contributed.contains(&team);
            let is_open = match named.get(&product.id()) {
                Some((edge, team)) => is_among(team.id) && !edge.is_nominal(),
                None => {
                    let has = |team: RecordId| is_among(team) && nominal::has_stewards(&product.record, team);
                    let may_be = contributed.iter().copied().any(has);
                    may_be && load::steward_team(self.snapshot, product).await?.is_some_and(|team| has(team.id))
                }
            };
            if is_open {
                found.insert(product.id());
            }
        }
        Ok(found)
    }
}
