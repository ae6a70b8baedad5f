//! What planners work on: one record's change while it is being decided, and the decision.

use std::collections::HashSet;

use super::claim;
use super::diff::Difference;
use crate::change_set::{ChangeSet, Event, EventKind, Expect, Permit, Write};
use crate::command::{DoorRules, Effect, Lender, Outcome};
use crate::context::Context;
use crate::id::{EdgeId, Millis, RecordId};
use crate::kind::Kind;
use crate::problem::Violation;
use crate::record::{Edge, View};
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
    /// Targets of edges that may come to lend rows, in whose name, and until when.
    pub lent: Vec<(RecordId, Lender, Option<Millis>)>,
    /// Edges that were there and are asked for again.
    pub named: Vec<(Relation, RecordId)>,
    /// What is there by a query and is to be taken out by name, with the field that says so.
    pub taken_out: Vec<(String, RecordId)>,
}

impl<'a> Planning<'a> {
    pub(crate) fn new(cx: &'a Context<'a>, before: Option<View>, after: View, rules: &DoorRules) -> Planning<'a> {
        Planning {
            cx,
            kind: after.record.kind,
            before,
            after,
            door: rules.clone(),
            expect: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            violations: Vec::new(),
            breaking: false,
            raises_epoch: false,
            revived: false,
            alias_spaces: Vec::new(),
            lent: Vec::new(),
            named: Vec::new(),
            taken_out: Vec::new(),
        }
    }

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

    /// Puts a difference into the plan: the record under its next revision, the edges that ended and those that began.
    pub(crate) fn store(&mut self, before: &View, difference: Difference) {
        let revision = before.record.revision.next();
        self.after.record.revision = revision;
        let begun: HashSet<EdgeId> = difference.begun.iter().map(|edge| edge.id).collect();
        for edge in self.after.edges.iter_mut().filter(|edge| begun.contains(&edge.id)) {
            edge.since = revision;
        }
        self.expect.push(Expect::RevisionIs { id: before.record.id, revision: before.record.revision });
        let fresh: Vec<Edge> = self.after.edges.iter().filter(|edge| begun.contains(&edge.id)).cloned().collect();
        // What an edge led to already may be deleted by now: the edge says something else, it does not lead elsewhere.
        let stood: HashSet<RecordId> = difference.ended.iter().map(|edge| edge.to).collect();
        claim::expect_targets(self, fresh.iter().filter(|edge| !stood.contains(&edge.to)));
        let (was, record) = (&before.record, self.after.record.clone());
        let silent = difference.change.is_empty()
            && (was.version, was.content_revision, was.state)
                == (record.version, record.content_revision, record.state)
            && (&was.name, &was.fqn, was.parent) == (&record.name, &record.fqn, record.parent);
        let put = Write::Put { record: Box::new(record), replaces: Some(was.revision), silent };
        self.writes.insert(0, put);
        self.writes.extend(difference.ended.iter().map(|edge| Write::Unlink { id: edge.id, until: revision }));
        self.writes.extend(fresh.into_iter().map(|edge| Write::Link(Box::new(edge))));
    }

    pub(crate) fn finish(self, permit: Permit, effect: Effect) -> Planned {
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
