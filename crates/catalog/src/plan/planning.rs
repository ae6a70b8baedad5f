//! What planners work on: one record's change while it is being decided, and the decision.

use crate::change_set::{ChangeSet, Event, EventKind, Expect, Permit, Write};
use crate::command::{DoorRules, Effect, Lender, Outcome};
use crate::context::Context;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::problem::Violation;
use crate::record::View;
use crate::relation::Relation;

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

    /// Whether secrets of the record are given or taken away.
    pub fn alters_secrets(&self) -> bool {
        let own = self.after.record.id;
        self.writes.iter().any(|write| matches!(write, Write::PutSecrets { id, .. } if *id == own))
    }

    /// Whether the draft names an alias in the space.
    pub fn brings_alias(&self, space: &str) -> bool {
        self.alias_spaces.contains(&space)
    }

    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    pub(super) fn finish(self, permit: Permit, effect: Effect) -> Planned {
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
