//! From how a request names a record to the record.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt};

use crate::access::Access;
use crate::caller::Principal;
use crate::command::Ref;
use crate::denials::{Denial, Denials};
use crate::id::{AccountId, RecordId};
use crate::kind::{Kind, Naming};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::Record;

/// How many namesakes are looked at.
const NAMESAKES: u32 = 1_000;
/// How many of them an error lists.
const CANDIDATES: usize = 20;

/// The record that a request names, deleted ones included, whoever asks. `None` when there is none in the account.
///
/// Errors: `Ambiguous` for a bare name that several living records bear.
pub async fn find(snapshot: &dyn Snapshot, account: AccountId, target: &Ref) -> Result<Option<Record>, Problem> {
    for spelling in spellings(target) {
        if let Some(record) = exactly(snapshot, account, target, spelling.as_deref()).await? {
            return Ok(Some(record));
        }
    }
    only(namesakes(snapshot, account, target).await?, target)
}

/// The same as the caller sees it: what is hidden from him is not there, and makes no name ambiguous.
pub async fn find_seen(
    snapshot: &dyn Snapshot,
    access: &Access,
    principal: &Principal,
    target: &Ref,
) -> Result<Option<Record>, Problem> {
    for spelling in spellings(target) {
        let Some(record) = exactly(snapshot, principal.account, target, spelling.as_deref()).await? else { continue };
        if access.sees_in(snapshot, principal, &record).await? {
            return Ok(Some(record));
        }
        let (kind, id) = (record.kind.name(), record.id);
        Denials::note(|| Denial::Hidden { kind, fqn: record.fqn, id });
    }
    let namesakes = namesakes(snapshot, principal.account, target).await?;
    only(access.seen(snapshot, principal, namesakes).await?, target)
}

/// The records behind those of the references that are ids, in one read.
pub async fn by_ids<'a>(
    snapshot: &dyn Snapshot,
    account: AccountId,
    targets: impl Iterator<Item = &'a Ref>,
) -> Result<HashMap<RecordId, Record>, Problem> {
    let mut ids: Vec<RecordId> = targets.filter_map(Ref::id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = snapshot.by_id(account, &ids).await?;
    Ok(found.into_iter().flatten().map(|record| (record.id, record)).collect())
}

/// The records behind those of the references that are names, by what the request said: where a name is meant as it is
/// meant most often. One read for each kind.
pub async fn by_names<'a>(
    snapshot: &dyn Snapshot,
    account: AccountId,
    targets: impl Iterator<Item = &'a Ref>,
) -> Result<HashMap<(Kind, String), Record>, Problem> {
    let mut by_kind: HashMap<Kind, Vec<(String, String)>> = HashMap::new();
    for target in targets {
        if let Ref::Name(kind, text) = target
            && let Some(Some(spelling)) = spellings(target).into_iter().next()
        {
            by_kind.entry(*kind).or_default().push((text.clone(), spelling));
        }
    }
    let mut found = HashMap::new();
    for (kind, mut names) in by_kind {
        names.sort_unstable();
        names.dedup();
        let fqns: Vec<&str> = names.iter().map(|(_, spelling)| spelling.as_str()).collect();
        let records = snapshot.by_fqn(account, kind, &fqns).await?;
        let named = names.into_iter().zip(records);
        found.extend(named.filter_map(|((text, _), record)| record.map(|record| ((kind, text), record))));
    }
    Ok(found)
}

/// How a name can be meant as an FQN, the likeliest first; once nothing for a reference that is no name.
fn spellings(target: &Ref) -> Vec<Option<String>> {
    let Ref::Name(kind, text) = target else { return vec![None] };
    let text = as_written(*kind, text);
    let (canonical, quoted) = (crate::name::canonical(&text), crate::name::quote(&text));
    // `a.b` is first the FQN of `b` under `a`, then the quoted name of a top-level record `a.b`.
    let mut spellings = Vec::with_capacity(2);
    if canonical.as_deref() != Some(&quoted) {
        spellings.extend(canonical.map(Some));
    }
    spellings.push(Some(quoted));
    spellings
}

/// The record with that id, alias, or FQN in one of its spellings.
async fn exactly(
    snapshot: &dyn Snapshot,
    account: AccountId,
    target: &Ref,
    spelling: Option<&str>,
) -> Result<Option<Record>, Problem> {
    let id = match target {
        Ref::Name(kind, text) => {
            let found = snapshot.by_fqn(account, *kind, &[spelling.unwrap_or(text)]).await?;
            return Ok(found.into_iter().flatten().next());
        }
        Ref::Id(_, id) | Ref::AnyOf(_, id) => Some(*id),
        Ref::Alias { space, value, .. } => match value.parse::<RecordId>() {
            Ok(id) => Some(id),
            Err(_) => snapshot.by_alias(account, space, value).await?,
        },
    };
    let Some(id) = id else { return Ok(None) };
    let found = snapshot.by_id(account, &[id]).await?.into_iter().flatten().next();
    Ok(found.filter(|record| target.admits(record.kind)))
}

/// Living records that bear the text as a bare name.
async fn namesakes(snapshot: &dyn Snapshot, account: AccountId, target: &Ref) -> Result<Vec<Record>, Problem> {
    let Ref::Name(kind, text) = target else { return Ok(Vec::new()) };
    if kind.0.parents.is_empty() {
        return Ok(Vec::new());
    }
    let text = as_written(*kind, text);
    let bare = match crate::name::split(&text) {
        Some(mut names) if names.len() == 1 => names.swap_remove(0),
        _ => text.into_owned(),
    };
    let mut found = snapshot.by_folded_name(account, *kind, &crate::name::fold(&bare), NAMESAKES).await?;
    found.retain(|record| record.name == bare && record.state.is_alive());
    Ok(found)
}

fn as_written(kind: Kind, text: &str) -> Cow<'_, str> {
    match kind.0.naming {
        Naming::Exact | Naming::Among(_) | Naming::Path | Naming::ById => Cow::Borrowed(text),
        Naming::Folded => Cow::Owned(crate::name::fold(text)),
    }
}

/// The one record that bears a bare name.
fn only(mut namesakes: Vec<Record>, target: &Ref) -> Result<Option<Record>, Problem> {
    if namesakes.len() < 2 {
        return Ok(namesakes.pop());
    }
    let name = namesakes.first().map(|record| record.name.clone()).unwrap_or_default();
    let candidates = namesakes.into_iter().take(CANDIDATES).map(|record| record.fqn).collect();
    Err(Problem::Ambiguous { kind: target.kind_name(), name, candidates })
}
