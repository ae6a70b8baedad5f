//! Planning: from a command over a snapshot to a change set. Pure: no clock, no randomness but fresh ids, no I/O but the
//! snapshot.

pub mod aliases;
pub mod delete;
pub mod diff;
pub mod forms;
mod join;
pub mod labels;
mod lend;
mod loosen;
pub mod overlay;
pub mod owners;
pub mod relate;
pub mod release;
pub mod secrets;
pub mod write;

use crate::access::Access;
use crate::caller::Caller;
use crate::change_set::{ChangeSet, Event, EventKind, Expect, Permit, Write};
use crate::command::{Command, DoorRules, Effect, Lender, Outcome};
use crate::form_model::FormModels;
use crate::id::{AccountId, Millis, RecordId};
use crate::kind::Kind;
use crate::ports::{Sealer, Snapshot};
use crate::problem::{Problem, Violation};
use crate::record::{Record, Stamp, View};
use crate::registry::Registry;
use crate::relation::Relation;

/// What a planner may look at.
pub struct Context<'a> {
    pub snapshot: &'a dyn Snapshot,
    pub registry: &'a Registry,
    pub access: &'a Access,
    pub sealer: &'a dyn Sealer,
    /// Models of form types.
    pub forms: &'a FormModels,
    pub caller: &'a Caller,
    pub now: Millis,
}

impl Context<'_> {
    pub fn account(&self) -> AccountId {
        self.caller.account()
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.now, by: self.caller.actor() }
    }

    /// A context over another snapshot (an overlay).
    pub fn over<'b>(&'b self, snapshot: &'b dyn Snapshot) -> Context<'b> {
        Context {
            snapshot,
            registry: self.registry,
            access: self.access,
            sealer: self.sealer,
            forms: self.forms,
            caller: self.caller,
            now: self.now,
        }
    }

    /// Whether records of the kind, or what can stand below them, decide about rights.
    pub fn holds_access(&self, kind: Kind) -> bool {
        kind.0.access || self.kinds_below(kind).iter().any(|below| below.0.access)
    }

    /// The kinds of what can stand below records of the kind, at any depth; the kind itself where it nests.
    pub fn kinds_below(&self, kind: Kind) -> Vec<Kind> {
        let mut below: Vec<Kind> = Vec::new();
        let mut above = vec![kind];
        while let Some(parent) = above.pop() {
            for child in self.registry.iter().filter(|child| child.0.parents.contains(&parent.name())) {
                if !below.contains(&child) {
                    below.push(child);
                    above.push(child);
                }
            }
        }
        below
    }

    /// A record by id, deleted ones included.
    pub async fn record(&self, id: RecordId) -> Result<Option<Record>, Problem> {
        Ok(self.snapshot.by_id(self.account(), &[id]).await?.into_iter().next().flatten())
    }
}

/// One record's change while it is being decided: what rules see and complete.
pub struct Planning<'a> {
    pub cx: &'a Context<'a>,
    pub kind: Kind,
    /// Absent at creation.
    pub before: Option<View>,
    pub after: View,
    pub door: DoorRules,
    pub expect: Vec<Expect>,
    pub writes: Vec<Write>,
    pub events: Vec<Event>,
    /// Faults found so far; all are reported at once.
    pub violations: Vec<Violation>,
    /// The change breaks readers of the old version.
    pub breaking: bool,
    pub raises_epoch: bool,
    pub revived: bool,
    /// Alias spaces in which the draft brings a value of its own.
    pub alias_spaces: Vec<&'static str>,
    /// Targets of edges that may come to lend rows, and in whose name.
    pub lent: Vec<(RecordId, Lender)>,
    /// Edges that were there and are asked for again.
    pub named: Vec<(Relation, RecordId)>,
}

impl<'a> Planning<'a> {
    pub fn refuse(&mut self, field: &str, rule: impl Into<String>) {
        self.violations.push(Violation::new(field, rule));
    }

    /// Whether a body field differs from before (always true at creation when it is set).
    pub fn differs(&self, field: &str) -> bool {
        self.before.as_ref().and_then(|view| view.field(field)) != self.after.field(field)
    }

    /// Whether the draft names an alias in the space.
    pub fn brings_alias(&self, space: &str) -> bool {
        self.alias_spaces.contains(&space)
    }

    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    fn finish(self, permit: Permit, effect: Effect) -> Planned {
        let mut set = ChangeSet::new(permit);
        set.expect = self.expect;
        set.writes = self.writes;
        set.events = self.events;
        if self.raises_epoch {
            set.writes.push(Write::RaiseEpoch { account: self.cx.account() });
        }
        Planned { set, outcome: Outcome { effect, view: self.after, parts: Vec::new(), seq: None } }
    }

    pub(crate) fn event(&mut self, what: EventKind, detail: Option<serde_json::Value>) {
        let record = &self.after.record;
        self.events.push(Event {
            account: record.account,
            at: self.cx.now,
            by: self.cx.caller.actor(),
            what,
            kind: self.kind,
            id: record.id,
            fqn: record.fqn.clone(),
            revision: record.revision,
            detail,
        });
    }
}

/// A decision and what the caller will be told once it is stored.
pub struct Planned {
    pub set: ChangeSet,
    pub outcome: Outcome,
}

/// Plans any command.
pub async fn plan(cx: &Context<'_>, command: &Command) -> Result<Planned, Problem> {
    match command {
        Command::Create { kind, parent, draft, id, rules } => {
            write::create(cx, *kind, parent.as_ref(), draft, *id, rules).await
        }
        Command::Upsert { kind, parent, name, edit, rules } => {
            write::upsert(cx, *kind, parent.as_ref(), name, edit, rules).await
        }
        Command::Change { target, guard, edit, rules } => write::change(cx, target, guard, edit, rules).await,
        Command::Delete { target, guard, how } => delete::delete(cx, target, guard, how).await,
        Command::Restore { target } => delete::restore(cx, target).await,
        Command::Lend { product, guard, assets } => lend::lend(cx, product, guard, assets).await,
        Command::Together(commands) => Box::pin(together(cx, commands)).await,
    }
}

/// Plans several commands into one change set; each sees what the earlier ones decided.
async fn together(cx: &Context<'_>, commands: &[Command]) -> Result<Planned, Problem> {
    let overlay = overlay::Overlay::over(cx.snapshot);
    let mut joined = join::Joined::default();
    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        let inner = cx.over(&overlay);
        let Planned { set, outcome } = Box::pin(plan(&inner, command)).await?;
        overlay.apply(&set);
        outcomes.push(outcome);
        joined.add(set, &overlay);
    }
    let mut outcome = outcomes.pop().ok_or_else(|| Problem::internal("an empty list of commands"))?;
    let set = joined.into_set().expect("at least one command was planned");
    outcome.parts = outcomes;
    Ok(Planned { set, outcome })
}
