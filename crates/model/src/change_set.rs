//! A decision, ready to be stored: what must still be true, what to write, what to tell.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::audit_event::AuditEvent;
use crate::dependency::{CommitVersion, Dependency};
use crate::follower_state::FollowerState;
use crate::id::{AccountId, CredentialId, EdgeId, Millis, RecordId, Revision, Seq};
use crate::kind::Kind;
use crate::observation::Noted;
use crate::record::{Actor, Edge, Record, State};
use crate::relation::Relation;

/// Proof that the gate said yes.
#[derive(Debug, Clone, Copy)]
pub struct Permit(());

impl Permit {
    /// For the core's `access` alone, once it has asked the gate; a test of the architecture looks for other callers.
    pub fn given_by_access() -> Permit {
        Permit(())
    }

    /// A permit without a gate, for the suites of stores.
    pub fn for_tests() -> Permit {
        Permit(())
    }
}

/// All or nothing: the store checks every expectation, then applies the writes and appends the events.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    pub expect: Vec<Expect>,
    pub writes: Vec<Write>,
    pub events: Vec<Event>,
    _permit: Permit,
}

impl ChangeSet {
    pub fn new(permit: Permit) -> ChangeSet {
        ChangeSet { expect: Vec::new(), writes: Vec::new(), events: Vec::new(), _permit: permit }
    }

    /// Changes nothing, which needs no leave.
    pub fn nothing() -> ChangeSet {
        ChangeSet::new(Permit(()))
    }

    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Accounts whose rights the set can alter.
    pub fn raised_epochs(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.writes.iter().filter_map(|write| match write {
            Write::RaiseEpoch { account } => Some(*account),
            _ => None,
        })
    }
}

/// Something that was true when the decision was made and must be true when it is stored. Each is one index probe.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    RevisionIs {
        id: RecordId,
        revision: Revision,
    },
    /// No record has the name in the scope: of whole FQNs none that holds it, of the wider scopes none that is alive.
    NameFree {
        account: AccountId,
        kind: Kind,
        scope: NameScope,
        except: Option<RecordId>,
    },
    AliasFree {
        account: AccountId,
        space: &'static str,
        value: String,
    },
    /// No answer is remembered under the key that was given at this moment or later.
    KeyUnused {
        account: AccountId,
        scope: String,
        key: String,
        since: Millis,
    },
    /// What a follower keeps under a key is of this place; where nothing is kept, of the place before the first line.
    FollowerAt {
        follower: String,
        key: String,
        position: Seq,
    },
    Alive {
        id: RecordId,
    },
    EdgeExists {
        id: EdgeId,
    },
    /// No living record has an edge of these relations to it.
    NoEdgeTo {
        id: RecordId,
        relations: &'static [Relation],
    },
    /// No living children.
    NoChildren {
        id: RecordId,
    },
    CountBelow {
        account: AccountId,
        kind: Kind,
        limit: u64,
    },
    AccessEpochIs {
        account: AccountId,
        epoch: u64,
    },
    /// Nothing of this has changed since it was read. More than one probe, none of them of an index: the store knows when
    /// it last changed what.
    Unchanged {
        since: CommitVersion,
        dependencies: Arc<[Dependency]>,
    },
    /// This, or nothing, was observed of the record at that time.
    ObservationIs {
        account: AccountId,
        record: RecordId,
        noted: Box<Noted>,
    },
}

/// Where a name must be free.
#[derive(Debug, Clone, PartialEq)]
pub enum NameScope {
    /// The FQN itself, which a deleted record may still hold; backed by a unique index.
    Fqn(String),
    /// The exact name of a living record anywhere below an FQN.
    Within { fqn: String, name: String },
    /// The folded name of a living record anywhere in the account.
    Folded(String),
}

#[derive(Debug, Clone)]
pub enum Write {
    /// Inserts the record, or replaces the revision that `replaces` names (which goes to the history).
    Put {
        record: Box<Record>,
        replaces: Option<Revision>,
        /// The difference is no part of a version: the past state keeps its stamps, and shares the body and the change of
        /// the state after it.
        silent: bool,
    },
    Link(Box<Edge>),
    /// Ends an edge: it lived until (not at) this revision of its source.
    Unlink {
        id: EdgeId,
        until: Revision,
    },
    Alias {
        account: AccountId,
        space: &'static str,
        value: String,
        id: RecordId,
    },
    Unalias {
        account: AccountId,
        space: &'static str,
        value: String,
    },
    /// The record's FQN has changed: all below it follow.
    MovePrefix {
        root: RecordId,
        from: String,
        to: String,
    },
    /// Deletes (or restores) everything below the root that is alive (or that went with it). The root itself is a `Put`.
    MarkSubtree {
        root: RecordId,
        state: State,
        at: Millis,
        by: Actor,
    },
    /// Removes the root, everything below it, their edges, history, secrets and aliases, for ever.
    DropSubtree {
        root: RecordId,
    },
    /// Replaces the sealed secrets of a record.
    PutSecrets {
        id: RecordId,
        secrets: Vec<SealedSecret>,
    },
    /// Observations of one record: each in the place of the one of the same item and time. Of each item the newest stay,
    /// as many as the series keeps.
    Observe {
        account: AccountId,
        record: RecordId,
        observations: Vec<Noted>,
    },
    PutCredential(Box<Credential>),
    /// Ends a credential, and whatever was made with it or with what was made with it.
    DropCredential {
        id: CredentialId,
    },
    /// Ends all credentials of these classes that a user holds by then, and what was made with them.
    DropCredentials {
        user: RecordId,
        classes: &'static [CredentialClass],
    },
    /// The same secret under another key. A credential that is gone stays gone.
    ResealCredential {
        id: CredentialId,
        secret: Vec<u8>,
    },
    /// From now on it ends with this one, and not with the one that it was made with. One that is gone stays gone.
    RebindCredential {
        id: CredentialId,
        made_with: Option<CredentialId>,
    },
    /// Takes the place of an answer that is too old to be repeated.
    PutKey(Box<RememberedAnswer>),
    /// What a follower keeps of its own, in the place of what it kept under this key.
    PutFollower(Box<FollowerState>),
    DropFollower {
        follower: String,
        key: String,
    },
    /// Lines of the trail.
    Note(Vec<AuditEvent>),
    /// Ends the oldest lines of the trail that are from before this time, at most so many.
    EndAuditEvents {
        before: Millis,
        most: u32,
    },
    /// The account's rights may have changed.
    RaiseEpoch {
        account: AccountId,
    },
}

impl Write {
    /// The edge that it begins.
    pub fn link(&self) -> Option<&Edge> {
        match self {
            Write::Link(edge) => Some(edge),
            _ => None,
        }
    }
}

/// A line of the log. The store adds the sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub account: AccountId,
    pub at: Millis,
    pub by: Actor,
    pub what: EventKind,
    pub kind: Kind,
    pub id: RecordId,
    pub fqn: String,
    pub revision: Revision,
    /// The change of fields and relations, where there is one; never a secret. Empty where what changed shows in this
    /// record alone, and is no part of a version: what is observed of it, votes, followers.
    pub detail: Option<Value>,
}

const OBSERVED: &str = "observed";

impl Event {
    /// The detail of an update that shows nowhere else.
    pub fn of_itself_alone() -> Value {
        Value::Object(serde_json::Map::new())
    }

    /// The detail of an update that notes what was observed and makes no state: its revision is the one that was there.
    pub fn of_observations() -> Value {
        Value::Object(serde_json::Map::from_iter([(OBSERVED.to_owned(), true.into())]))
    }

    /// Whether it is an update that shows nowhere else, as when somebody follows the record.
    pub fn is_of_itself_alone(&self) -> bool {
        self.detail.as_ref().and_then(Value::as_object).is_some_and(serde_json::Map::is_empty)
    }

    pub fn notes_observations(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.get(OBSERVED).is_some())
    }

    /// Whether it tells which fields have changed.
    pub fn tells_fields(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.get("previous_version").is_some())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Created,
    Updated,
    Deleted,
    Restored,
    Purged,
}

impl EventKind {
    pub const ALL: &'static [EventKind] =
        &[EventKind::Created, EventKind::Updated, EventKind::Deleted, EventKind::Restored, EventKind::Purged];

    pub const fn name(self) -> &'static str {
        match self {
            EventKind::Created => "created",
            EventKind::Updated => "updated",
            EventKind::Deleted => "deleted",
            EventKind::Restored => "restored",
            EventKind::Purged => "purged",
        }
    }
}

/// A secret of a record, sealed, with a keyed fingerprint of its text so that equality shows without opening it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Where in the body it belongs, as a JSON pointer.
    pub path: String,
    pub sealed: Vec<u8>,
    pub fingerprint: Vec<u8>,
}

impl SealedSecret {
    /// What binds a sealed secret to its record and place.
    pub fn context(id: RecordId, path: &str) -> Vec<u8> {
        [id.as_bytes().as_slice(), path.as_bytes()].concat()
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSecret({}, ***)", self.path)
    }
}

/// Something a user proves who he is with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub account: AccountId,
    pub user: RecordId,
    pub class: CredentialClass,
    /// What the client shows: the access key id, the token's id, the user's id for a password. Unique per class.
    pub public: String,
    pub label: String,
    /// A password's hash, a sealed access-key secret, a sealed token of a bot. Of a person's token or login, which key
    /// signed tokens when it was made: it ends with that one.
    pub secret: Vec<u8>,
    pub created: Millis,
    pub expires: Option<Millis>,
    /// The token or key that its maker proved himself with: it ends with that. `None` where he had logged in.
    pub made_with: Option<CredentialId>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?} {} of {})", self.class, self.id, self.user)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialClass {
    Password,
    /// A token that a user or an administrator made, shown once.
    Token,
    /// The one token of a bot, which can be read again.
    BotToken,
    /// Made by a login; the label is the id of the refresh token that continues it.
    Session,
    /// Continues a login, and proves nothing else.
    Refresh,
    AccessKey,
    /// A provider's word for who somebody is: the label is the provider.
    Provider,
}

impl CredentialClass {
    pub const ALL: &'static [CredentialClass] = &[
        CredentialClass::Password,
        CredentialClass::Token,
        CredentialClass::BotToken,
        CredentialClass::Session,
        CredentialClass::Refresh,
        CredentialClass::AccessKey,
        CredentialClass::Provider,
    ];

    /// What a login is made of.
    pub const OF_LOGINS: &'static [CredentialClass] = &[CredentialClass::Session, CredentialClass::Refresh];

    /// What lets its holder in by itself. A provider's word does not: its holder signs in by it anew.
    pub const LETTING_IN: &'static [CredentialClass] = &[
        CredentialClass::Password,
        CredentialClass::Token,
        CredentialClass::BotToken,
        CredentialClass::Session,
        CredentialClass::Refresh,
        CredentialClass::AccessKey,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            CredentialClass::Password => "password",
            CredentialClass::Token => "token",
            CredentialClass::BotToken => "bot_token",
            CredentialClass::Session => "session",
            CredentialClass::Refresh => "refresh",
            CredentialClass::AccessKey => "access_key",
            CredentialClass::Provider => "provider",
        }
    }
}

/// The answer that was given under an idempotency key, to the byte. It is repeated for [`REMEMBERED_MS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedAnswer {
    pub account: AccountId,
    /// Caller, operation and path.
    pub scope: String,
    pub key: String,
    /// A hash of the request without the key.
    pub fingerprint: Vec<u8>,
    pub status: u16,
    pub body: Bytes,
    pub at: Millis,
}

/// How long an answer is repeated under its key.
pub const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

impl RememberedAnswer {
    /// Answers before this moment are forgotten when this one is given.
    pub fn oldest(&self) -> Millis {
        oldest_answer(self.at)
    }
}

/// Answers before this moment are forgotten.
pub fn oldest_answer(now: Millis) -> Millis {
    Millis(now.0.saturating_sub(REMEMBERED_MS))
}

/// The expectation that was no longer true.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost(pub Expect);
