//! What the policies say of a record, and whether the caller may know of it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::Access;
use super::parts::{Needed, fetch_wholes, holds_all, needed, whole};
use crate::action::Action;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Principal;
use crate::context::Context;
use crate::facts;
use crate::id::RecordId;
use crate::kind::{Kind, Visibility};
use crate::ports::{Facts, Snapshot, Verdict};
use crate::prefetch;
use crate::problem::Problem;
use crate::record::Record;
use crate::rows::Reader;

impl Access {
    pub(crate) fn verdict(&self, principal: &Principal, action: Action, kind: Kind, visibility: Visibility) -> Verdict {
        self.gate.decide(principal, action, kind, visibility, None)
    }

    /// What the policies say to each of these actions on a record that the principal sees.
    pub(crate) async fn verdicts(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        actions: &[Action],
        record: &Record,
    ) -> Result<Vec<Verdict>, Problem> {
        let mut judging = self.judging(snapshot, principal, record);
        let mut verdicts = Vec::with_capacity(actions.len());
        for action in actions {
            verdicts.push(judging.verdict(*action).await?);
        }
        Ok(verdicts)
    }

    /// The rules that allow each of these actions on a record, where rules do.
    pub(crate) async fn grounds(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        actions: &[Action],
        record: &Record,
    ) -> Result<Vec<Vec<String>>, Problem> {
        let facts = self.facts(snapshot, principal, record).await?;
        let of = |action: &Action| self.gate.grounds(principal, *action, record.kind, record.visibility, &facts);
        Ok(actions.iter().map(of).collect())
    }

    /// What the policies say to an action on a record that the principal sees.
    pub async fn judge(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        action: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        self.judging(snapshot, principal, record).verdict(action).await
    }

    pub(super) fn judging<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        principal: &'a Principal,
        record: &'a Record,
    ) -> Judging<'a> {
        Judging { access: self, snapshot, principal, record, facts: None }
    }

    /// Reads what is needed to judge parts of the rows of these records.
    pub(crate) async fn prefetch_parts(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        parts: &[Action],
        records: &[&Record],
    ) -> Result<(), Problem> {
        let depends = |record: &&&Record| {
            let verdict = |part: &Action| self.verdict(principal, *part, record.kind, record.visibility);
            parts.iter().any(|part| verdict(part) == Verdict::Depends)
        };
        let depending: Vec<&Record> = records.iter().filter(depends).copied().collect();
        self.prefetch(known, principal, &depending).await
    }

    /// The same, for a part of the rows of a record: of its owners only those count to whom the rows belong.
    pub(crate) async fn judge_part(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        part: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        let verdict = self.verdict(principal, part, record.kind, record.visibility);
        if verdict != Verdict::Depends {
            return Ok(verdict);
        }
        let owner_teams = self.gate.asks_owner_teams(principal.account);
        let facts = facts::of_rows(snapshot, record, principal.user, owner_teams).await?;
        Ok(self.gate.decide(principal, part, record.kind, record.visibility, Some(&facts)))
    }

    /// Whether the caller may know that the record exists.
    pub async fn sees(&self, cx: &Context<'_>, record: &Record) -> Result<bool, Problem> {
        self.sees_in(cx.snapshot, &cx.caller.principal, record).await
    }

    pub async fn sees_in(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        record: &Record,
    ) -> Result<bool, Problem> {
        Ok(self.sees_each(snapshot, principal, &[record]).await?.pop().unwrap_or(false))
    }

    /// The same of many. What decisions turn on is read for all of them at once.
    pub fn sees_each<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        principal: &'a Principal,
        records: &'a [&'a Record],
    ) -> Boxed<'a, Result<Vec<bool>, Problem>> {
        Box::pin(async move {
            let known = CachedSnapshot::over(snapshot);
            let is_own = |record: &Record| record.account == principal.account;
            let own: Vec<&Record> = records.iter().copied().filter(|record| is_own(record)).collect();
            fetch_wholes(&known, principal.account, &own).await?;
            let mut asked: Vec<Option<(Action, Cow<'_, Record>)>> = Vec::with_capacity(records.len());
            // Of assets whose rows somebody asks for: who holds them all sees the request.
            let mut rows: HashMap<usize, Vec<RecordId>> = HashMap::new();
            for (place, record) in records.iter().enumerate() {
                if !is_own(record) {
                    asked.push(None);
                    continue;
                }
                asked.push(match whole(&known, record).await? {
                    Some(whole) => match needed(principal, record, Action::View) {
                        Needed::OfWhole(action) => Some((action, Cow::Owned(whole))),
                        Needed::Rows(assets) => {
                            rows.insert(place, assets);
                            None
                        }
                        Needed::Nobody => None,
                    },
                    None => Some((Action::View, Cow::Borrowed(*record))),
                });
            }
            let of = |asked: &Option<(Action, Cow<'_, Record>)>| match asked {
                Some((action, record)) => self.verdict(principal, *action, record.kind, record.visibility),
                None => Verdict::Never { why: None },
            };
            let depending: Vec<&Record> = asked
                .iter()
                .filter(|asked| of(asked) == Verdict::Depends)
                .filter_map(|asked| asked.as_ref().map(|(_, record)| &**record))
                .collect();
            self.prefetch(&known, principal, &depending).await?;
            let held = self.held_of(&known, principal, rows.values().flatten()).await?;
            let mut seen = Vec::with_capacity(records.len());
            for (place, asked) in asked.iter().enumerate() {
                if let Some(assets) = rows.get(&place) {
                    seen.push(holds_all(&held, assets));
                    continue;
                }
                seen.push(match (of(asked), asked) {
                    (Verdict::Depends, Some((action, record))) => {
                        self.judge_known(&known, principal, *action, record).await? == Verdict::Always
                    }
                    (verdict, _) => verdict == Verdict::Always,
                });
            }
            Ok(seen)
        })
    }

    pub(super) async fn held_of(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        assets: impl Iterator<Item = &RecordId>,
    ) -> Result<HashSet<RecordId>, Problem> {
        let mut assets: Vec<RecordId> = assets.copied().collect();
        assets.sort_unstable();
        assets.dedup();
        if assets.is_empty() {
            return Ok(HashSet::new());
        }
        Reader::new(self, snapshot, principal).held(&assets).await
    }

    /// Those of the records that the caller may know of.
    pub async fn seen(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, Problem> {
        let seen = self.sees_each(snapshot, principal, &records.iter().collect::<Vec<_>>()).await?;
        Ok(records.into_iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record)).collect())
    }

    /// Reads what the facts of these records are made of.
    pub(crate) async fn prefetch(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        records: &[&Record],
    ) -> Result<(), Problem> {
        prefetch::facts(known, principal.account, records, self.gate.asks_owner_teams(principal.account)).await
    }

    /// What the policies say where the facts of the record are needed, and were fetched.
    async fn judge_known(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        action: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        let facts = self.facts_known(known, principal, record).await?;
        Ok(self.gate.decide(principal, action, record.kind, record.visibility, Some(&facts)))
    }

    /// Whether the caller sees the parts of that kind of a record: those who may change it do, and where the kind says so
    /// those who see it. Of personal parts each has to be asked about.
    pub async fn sees_parts_of(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        whole: &Record,
        kind: Kind,
    ) -> Result<bool, Problem> {
        let action = if kind.0.shown { Action::View } else { Action::EditAll };
        Ok(self.judge(snapshot, principal, action, whole).await? == Verdict::Always)
    }

    /// Whether a list of the kind needs a look at each record, and whether granted records are all visible.
    pub fn list_verdict(&self, principal: &Principal, kind: Kind, visibility: Visibility) -> Verdict {
        self.verdict(principal, Action::View, kind, visibility)
    }

    /// What rights of the principal can depend on.
    pub fn facts<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        principal: &'a Principal,
        record: &'a Record,
    ) -> Boxed<'a, Result<Facts, Problem>> {
        Box::pin(async move {
            let known = CachedSnapshot::over(snapshot);
            self.prefetch(&known, principal, &[record]).await?;
            self.facts_known(&known, principal, record).await
        })
    }

    pub(super) async fn facts_known(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        record: &Record,
    ) -> Result<Facts, Problem> {
        facts::of_record(known, record, principal.user, self.gate.asks_owner_teams(principal.account)).await
    }
}

/// What the policies say to one action after the other on a record that the principal sees. What they turn on is read once,
/// and only where one of them turns on it.
pub(super) struct Judging<'a> {
    access: &'a Access,
    snapshot: &'a dyn Snapshot,
    principal: &'a Principal,
    record: &'a Record,
    facts: Option<Facts>,
}

impl Judging<'_> {
    pub async fn verdict(&mut self, action: Action) -> Result<Verdict, Problem> {
        let (principal, record) = (self.principal, self.record);
        let verdict = self.access.verdict(principal, action, record.kind, record.visibility);
        if verdict != Verdict::Depends {
            return Ok(verdict);
        }
        if self.facts.is_none() {
            self.facts = Some(self.access.facts(self.snapshot, principal, record).await?);
        }
        Ok(self.access.gate.decide(principal, action, record.kind, record.visibility, self.facts.as_ref()))
    }
}
