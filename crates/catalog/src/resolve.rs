//! From how a request names a record to the record.

use crate::command::Ref;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::Record;

/// How many namesakes an error lists.
const CANDIDATES: u32 = 20;

/// The record that a request names, deleted ones included. `None` when there is none in the account.
///
/// Errors: `Ambiguous` for a bare name that several living records bear.
pub async fn find(snapshot: &dyn Snapshot, account: AccountId, target: &Ref) -> Result<Option<Record>, Problem> {
    match target {
        Ref::Id(kind, id) => Ok(one(snapshot, account, *id).await?.filter(|record| record.kind == *kind)),
        Ref::AnyOf(kinds, id) => Ok(one(snapshot, account, *id)
            .await?
            .filter(|record| kinds.is_empty() || kinds.contains(&record.kind.name()))),
        Ref::Name(kind, name) => by_name(snapshot, account, *kind, name).await,
        Ref::Alias { kind, space, value } => {
            let id = match value.parse::<RecordId>() {
                Ok(id) => Some(id),
                Err(_) => snapshot.by_alias(account, space, value).await?,
            };
            match id {
                Some(id) => Ok(one(snapshot, account, id).await?.filter(|record| record.kind == *kind)),
                None => Ok(None),
            }
        }
    }
}

async fn one(snapshot: &dyn Snapshot, account: AccountId, id: RecordId) -> Result<Option<Record>, Problem> {
    Ok(snapshot.by_id(account, &[id]).await?.into_iter().next().flatten())
}

async fn by_name(
    snapshot: &dyn Snapshot,
    account: AccountId,
    kind: Kind,
    text: &str,
) -> Result<Option<Record>, Problem> {
    let folded;
    let text = match kind.0.naming {
        crate::kind::Naming::Exact | crate::kind::Naming::ById => text,
        crate::kind::Naming::Folded => {
            folded = crate::name::fold(text);
            &folded
        }
    };
    let canonical = crate::name::canonical(text);
    let quoted = crate::name::quote(text);
    // `a.b` is first the FQN of `b` under `a`, then the quoted name of a top-level record `a.b`.
    let mut spellings: Vec<&str> = Vec::new();
    if let Some(canonical) = &canonical {
        spellings.push(canonical);
    }
    if canonical.as_deref() != Some(&quoted) {
        spellings.push(&quoted);
    }
    let found = snapshot.by_fqn(account, kind, &spellings).await?.into_iter().flatten().next();
    if found.is_some() || kind.0.parents.is_empty() {
        return Ok(found);
    }
    let bare = match canonical.as_deref().and_then(crate::name::split) {
        Some(names) if names.len() == 1 => names.into_iter().next().unwrap_or_default(),
        _ => text.to_owned(),
    };
    let mut namesakes = snapshot.by_folded_name(account, kind, &crate::name::fold(&bare), CANDIDATES).await?;
    namesakes.retain(|record| record.name == bare && record.state.is_alive());
    match namesakes.len() {
        0 => Ok(None),
        1 => Ok(namesakes.pop()),
        _ => Err(Problem::Ambiguous {
            kind: kind.name(),
            name: bare,
            candidates: namesakes.into_iter().map(|record| record.fqn).collect(),
        }),
    }
}

impl Ref {
    /// The kind that an error names.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Ref::Id(kind, _) | Ref::Name(kind, _) | Ref::Alias { kind, .. } => kind.name(),
            Ref::AnyOf([one], _) => one,
            Ref::AnyOf(..) => "record",
        }
    }

    /// What the request said.
    pub fn text(&self) -> String {
        match self {
            Ref::Id(_, id) | Ref::AnyOf(_, id) => id.to_string(),
            Ref::Name(_, name) => name.clone(),
            Ref::Alias { value, .. } => value.clone(),
        }
    }

    pub fn not_found(&self) -> Problem {
        Problem::NotFound { kind: self.kind_name(), what: self.text() }
    }
}
