//! What a caller can ask to be changed.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::change_set::NameScope;
use crate::id::{EdgeId, Millis, RecordId, Seq};
use crate::kind::{Kind, Visibility};
use crate::observation::{Compute, Note, ObservationEdit, Series};
use crate::problem::Problem;
use crate::record::View;
use crate::relation::Relation;

/// How a request names a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ref {
    Id(Kind, RecordId),
    /// The FQN, or a bare name while it is unique in the account.
    Name(Kind, String),
    /// A dialect's own identifier: an alias where there is one, else the id in text form.
    Alias {
        kind: Kind,
        space: &'static str,
        value: String,
    },
    /// An id of any of these kinds (empty: any kind).
    AnyOf(&'static [&'static str], RecordId),
}

impl Ref {
    /// The id, where the reference is one.
    pub fn id(&self) -> Option<RecordId> {
        match self {
            Ref::Id(_, id) | Ref::AnyOf(_, id) => Some(*id),
            Ref::Alias { value, .. } => value.parse().ok(),
            Ref::Name(..) => None,
        }
    }

    /// Whether it can mean a record of the kind.
    pub fn admits(&self, kind: Kind) -> bool {
        match self {
            Ref::Id(wanted, _) | Ref::Name(wanted, _) | Ref::Alias { kind: wanted, .. } => *wanted == kind,
            Ref::AnyOf(kinds, _) => kinds.is_empty() || kinds.contains(&kind.name()),
        }
    }

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

/// The wanted state of a record, as far as the request speaks of it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// A new name (creation, or rename where the door allows it).
    pub name: Option<String>,
    /// Another parent for an existing record; the FQN follows.
    pub parent: Option<Ref>,
    /// Fields to set; `null` removes.
    pub fields: Map<String, Value>,
    pub relations: Vec<RelationEdit>,
    pub visibility: Option<Visibility>,
    /// Clear texts by JSON pointer into the body, replacing all secrets; `None` leaves them.
    pub secrets: Option<Vec<SecretEdit>>,
    /// Aliases to give, by space.
    pub aliases: Vec<(&'static str, String)>,
    /// What was observed of it; no part of a version.
    pub observations: Vec<ObservationEdit>,
}

/// One secret of a record in a request.
#[derive(Clone)]
pub enum SecretEdit {
    Set {
        path: String,
        text: String,
    },
    /// The mask came back at this path: keep what is stored.
    Keep {
        path: String,
    },
}

impl SecretEdit {
    /// What stands in a body in the place of a secret.
    pub const MASK: &'static str = "*********";
}

impl std::fmt::Debug for SecretEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretEdit::Set { path, .. } => write!(f, "Set({path}, ***)"),
            SecretEdit::Keep { path } => write!(f, "Keep({path})"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct RelationEdit {
    pub relation: Relation,
    pub how: How,
    pub targets: Vec<Target>,
    /// The request's name of the member, for error texts.
    pub field: String,
}

impl RelationEdit {
    /// What is said of a target that there is not, or that the caller does not see.
    pub fn unknown(&self, target: &Target) -> Problem {
        let kind = match self.relation.0.to {
            [one] => one,
            _ => target.to.kind_name(),
        };
        Problem::UnknownReference { field: self.field.clone(), kind, value: target.to.text() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// These and no others. Edges to the same target at the same place keep their id.
    Replace,
    /// The same, for one place inside the record only (and below it).
    ReplaceAt,
    Add,
    Remove,
}

#[derive(Debug, Clone)]
pub struct Target {
    pub to: Ref,
    pub at: String,
    pub attributes: Map<String, Value>,
    /// The id that a new edge is to have, where it is known before.
    pub id: Option<EdgeId>,
    /// Whose rows the edge lends, where it lends any.
    pub lender: Lender,
    /// When the loan ends by itself; `None` for one without an end.
    pub lent_until: Option<Millis>,
}

/// In whose name an edge is made that can lend rows: it bears a grant if that one holds them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lender {
    /// Whoever carries the command out, where the edge is new or is added again. What is only sent back says nothing.
    #[default]
    Caller,
    /// Whoever carries the command out, also where the edge is there already.
    CallerAgain,
    /// Whoever asked for it before, of whom the command is only the end: the author of a draft.
    User(RecordId),
    Nobody,
}

impl Target {
    pub fn of(to: Ref) -> Target {
        Target { to, at: String::new(), attributes: Map::new(), id: None, lender: Lender::Caller, lent_until: None }
    }
    pub fn lent_by(self, lender: Lender) -> Target {
        Target { lender, ..self }
    }
    pub fn lent_until(self, lent_until: Option<Millis>) -> Target {
        Target { lent_until, ..self }
    }
    pub fn under_id(self, id: EdgeId) -> Target {
        Target { id: Some(id), ..self }
    }
    pub fn at(self, at: impl Into<String>) -> Target {
        Target { at: at.into(), ..self }
    }
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Target {
        self.attributes.insert(key.into(), value.into());
        self
    }
}

impl Draft {
    /// Sets one field.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.fields.insert(field.into(), value.into());
    }

    /// Says what was observed of one item at a time; an empty item is the record itself.
    pub fn observe(&mut self, series: Series, item: &str, at: Millis, value: Value) {
        self.note(series, item, Note::At(at, value));
    }

    /// The same, made of what was observed then so far.
    pub fn observe_from(&mut self, series: Series, at: Millis, compute: Compute) {
        self.note(series, "", Note::From(at, compute));
    }

    pub fn note(&mut self, series: Series, item: &str, what: Note) {
        self.observations.push(ObservationEdit { series, item: item.to_owned(), what });
    }

    pub fn relate(&mut self, relation: Relation, how: How, field: &str, targets: Vec<Target>) {
        self.relations.push(RelationEdit { relation, how, targets, field: field.into() });
    }
}

/// Makes the wanted state from the present one. Pure: it is called again when the record has changed meanwhile.
pub type Edit = Arc<dyn Fn(&View) -> Result<Draft, Problem> + Send + Sync>;
/// The same where the record may not exist yet.
pub type Upsert = Arc<dyn Fn(Option<&View>) -> Result<Draft, Problem> + Send + Sync>;

#[derive(Clone)]
// Commands are made once per request and passed by reference; boxing the large ones would only add an allocation.
#[allow(clippy::large_enum_variant)]
pub enum Command {
    /// A new record; its name is in the draft.
    Create {
        kind: Kind,
        parent: Option<Ref>,
        draft: Draft,
        id: Option<RecordId>,
        rules: DoorRules,
    },
    /// The record of that name under that parent: made if absent, revived if deleted, else changed.
    Upsert {
        kind: Kind,
        parent: Option<Ref>,
        name: String,
        edit: Upsert,
        rules: DoorRules,
    },
    Change {
        target: Ref,
        guard: Guard,
        edit: Edit,
        rules: DoorRules,
    },
    Delete {
        target: Ref,
        guard: Guard,
        how: Deletion,
    },
    Restore {
        target: Ref,
    },
    /// Lends the rows of assets to the product that has them, or takes them back. For those who hold the rows, whatever
    /// else they may do with the product.
    Lend {
        product: Ref,
        guard: Guard,
        /// Assets, and whether their rows are lent from now on.
        assets: Vec<(RecordId, bool)>,
        /// When what is lent now is to be taken back, where it is.
        until: Option<Millis>,
    },
    /// Decides a request for access. What it asks for is given in the same change, by the rights of whoever decides.
    Decide {
        request: Ref,
        guard: Guard,
        decision: Decision,
        /// What is said to whoever asked.
        words: Option<String>,
    },
    /// Several commands as one change set: all or none, later ones see earlier ones.
    Together(Vec<Command>),
}

/// What becomes of a request for access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Approve(Term),
    Reject,
    /// By whoever made it, and by nobody else.
    Withdraw,
}

/// How long what is approved holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Term {
    /// As long as was asked for.
    #[default]
    AsAsked,
    Endless,
    Until(Millis),
}

/// What the caller believes the record's present state to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Guard {
    #[default]
    None,
    /// One of these revisions.
    Revisions(Vec<u64>),
    /// One of these versions, in tenths.
    Versions(Vec<u32>),
}

/// What one door demands of its writes beyond the core's rules, and how it counts.
#[derive(Debug, Clone, Default)]
pub struct DoorRules {
    /// Names that must be free besides the FQN, as expectations of the commit.
    pub names_free: Vec<NameDemand>,
    /// Merge into the version of the same user's last change, if it is young enough.
    pub consolidate: bool,
    /// Count a content revision even when nothing differs.
    pub always_revise: bool,
    /// The name may change.
    pub may_rename: bool,
    /// What comes back does so by itself: what went with it stays deleted.
    pub alone: bool,
    /// At most this many records of the kind in the account.
    pub quota: Option<u64>,
    /// Who is disabled is kept out until he is enabled again: what he holds does not end.
    pub suspends: bool,
    /// It is what a source was found to hold, whoever had it read, and not what he says of it.
    pub is_found: bool,
}

/// A stricter uniqueness that a door asks for its own writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameDemand {
    /// The folded name in the whole account.
    FoldedInAccount,
    /// The exact name in the whole top domain.
    InTopDomain,
}

impl NameDemand {
    /// The scope to probe for a name whose top-level FQN part is known.
    pub fn scope(self, top_fqn: &str, name: &str) -> NameScope {
        match self {
            NameDemand::FoldedInAccount => NameScope::Folded(crate::name::fold(name)),
            NameDemand::InTopDomain => NameScope::Within { fqn: top_fqn.to_owned(), name: name.to_owned() },
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Deletion {
    /// For ever, with history and secrets.
    pub hard: bool,
    /// With everything below; without it children are in the way.
    pub recursive: bool,
    /// The name is free at once, whatever the kind says.
    pub frees_name: bool,
    /// Refused while living records have edges of these relations to it.
    pub refuse_if_used: &'static [Relation],
    /// Also take what is already soft-deleted (a hard delete after a soft one).
    pub include_deleted: bool,
}

impl Deletion {
    pub const SOFT: Deletion =
        Deletion { hard: false, recursive: false, frees_name: false, refuse_if_used: &[], include_deleted: false };
}

/// Prints the answer to an outcome: status and body.
pub type PrintAnswer = Arc<dyn Fn(&Outcome) -> (u16, Bytes) + Send + Sync>;

/// An idempotency key with what is needed to keep the answer.
#[derive(Clone)]
pub struct Idempotency {
    /// Caller, operation and path.
    pub scope: String,
    pub key: String,
    pub fingerprint: Vec<u8>,
    /// Prints the answer that is stored in the same change set.
    pub print: PrintAnswer,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub effect: Effect,
    /// The record after the change; of `Together`, the last one's.
    pub view: View,
    /// The earlier outcomes of `Together`, in order.
    pub parts: Vec<Outcome>,
    /// The log's place of the commit; `None` where nothing was written.
    pub seq: Option<Seq>,
}

impl Outcome {
    pub fn changed(&self) -> bool {
        self.effect != Effect::Unchanged
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Created,
    Updated,
    Unchanged,
    Deleted,
    Purged,
    Restored,
}

/// What `execute_once` answers: a fresh outcome or the stored answer of the same request.
#[derive(Debug, Clone)]
pub enum Once {
    Done { status: u16, body: Bytes, outcome: Box<Outcome> },
    Replayed { status: u16, body: Bytes },
}

impl Once {
    /// Of a command without a key.
    pub fn outcome(self) -> Result<Outcome, Problem> {
        match self {
            Once::Done { outcome, .. } => Ok(*outcome),
            Once::Replayed { .. } => Err(Problem::internal("a replay without a key")),
        }
    }
}
