//! Products whose members follow a query: what matches is a member from the commit on that makes it match, and none from the
//! one on that ends that ([decision 44](../../../docs/decisions/0044-members-follow-a-query-by-their-commit.md)).

mod affected;
mod follow;
mod given;
mod scan;

use std::sync::Arc;

pub(crate) use self::follow::{follow, is_anything_followed};
pub use self::given::{Given, Missed};
pub(crate) use self::given::{brought, keep};
pub(crate) use self::scan::{matching, scan, unchanged, unmet};
use crate::access;
use crate::action::Action;
use crate::catalog::Catalog;
use crate::context::Context;
use crate::denials::Denials;
use crate::member_language::{MemberLanguage, MemberQueries, Standing};
use crate::problem::Problem;
use crate::record::Record;
use crate::relation::{self, MEMBER_QUERY, MEMBERS_KEPT, Relation};

/// How many members of a product follow its query at most.
pub const MOST_MEMBERS: usize = 1_000;

/// What of a record's edges decides whether it matches.
const RELATIONS: &[Relation] =
    &[relation::OWNER, relation::OWNING_TEAM, relation::IN_DOMAIN, relation::TAGGED, relation::CERTIFIED_BY];

impl Catalog {
    /// From now on, queries of products are read in this language. The first stays.
    pub fn reads_member_queries(&self, language: &'static dyn MemberLanguage) {
        self.members.set(MemberQueries::read_by(language));
    }
}

/// The language of queries, where the program reads any.
fn language(cx: &Context<'_>) -> Option<&'static dyn MemberLanguage> {
    cx.members.get::<MemberQueries>().map(|queries| queries.language)
}

/// Whether the caller may edit a product, and so give it a query.
pub(crate) async fn may_edit(cx: &Context<'_>, product: &Record) -> Result<bool, Problem> {
    match Denials::aside(cx.access.may(cx, Action::EditAll, product)).await {
        Ok(_) => Ok(true),
        Err(Problem::Forbidden { .. }) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// The query of a product as it is stored; `None` where it has none.
pub(crate) fn standing_of(cx: &Context<'_>, product: &Record) -> Option<Standing> {
    let language = language(cx)?;
    let query = product.body.get(MEMBER_QUERY)?.as_str()?.to_owned();
    let kept = product.body.get(MEMBERS_KEPT)?;
    let giver = kept.get("by")?.as_str()?.parse().ok()?;
    let means = kept.get("means").map(given::means).unwrap_or_default();
    match language.condition(cx.registry, &query, &means) {
        Ok(condition) => Some(Standing::new(cx.registry, product.id, giver, condition)),
        Err(fault) => {
            tracing::warn!(product = %product.fqn, fault, "members no longer follow a query that cannot be read");
            None
        }
    }
}

/// All queries of the account. `is_planned`: such queries were planned and not stored.
async fn all_standing(cx: &Context<'_>, is_planned: bool) -> Result<Arc<[Standing]>, Problem> {
    let (account, epoch) = (cx.account(), cx.caller.principal.epoch);
    if is_planned {
        return load(cx).await;
    }
    let Some(queries) = cx.members.get::<MemberQueries>() else { return Ok(Arc::new([])) };
    if let Some(known) = queries.known(account, epoch) {
        return Ok(known);
    }
    let all: Arc<[Standing]> = match cx.access.followed(account, epoch) {
        Some(products) => products.iter().filter_map(|product| standing_of(cx, product)).collect(),
        None => load(cx).await?,
    };
    queries.keep(account, epoch, &all);
    Ok(all)
}

async fn load(cx: &Context<'_>) -> Result<Arc<[Standing]>, Problem> {
    let mut query = access::followed_query(cx.account());
    let mut all = Vec::new();
    loop {
        let page = cx.snapshot.list(&query).await?;
        query.after = page.last().filter(|_| page.len() == query.limit as usize).map(|last| query.keyset(last));
        all.extend(page.iter().filter_map(|product| standing_of(cx, product)));
        if query.after.is_none() {
            return Ok(all.into());
        }
    }
}
