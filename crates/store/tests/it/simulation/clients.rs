//! What clients ask of the nodes, and what they were answered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{
    Command, Deletion, DoorRules, Draft, Guard, How, Idempotency, Once, Outcome, Ref, Target,
};
use emporion_catalog::id::{CredentialId, RecordId, Revision, Seq};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::HAS_ROLE;
use emporion_catalog::response_cache::CachePool;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::schedule::Simulation;
use crate::pipeline::house::{STEWARD, by_id, home, named};
use crate::support::kind;
use crate::support::random::SeededRandom;

/// What products are called: few names, so that they meet.
pub const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Under which requests with a key are remembered.
pub const SCOPE: &str = "create";
/// The keys that clients use, whatever they ask.
pub const KEYS: u64 = 4;
/// How much one client asks.
const REQUESTS: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Admin,
    /// By his token, who may write while he has the role.
    Steward,
}

/// A request. Every change of a product adds one to its count, and leaves the number of the request.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    Create {
        name: &'static str,
    },
    Upsert {
        name: &'static str,
    },
    Count {
        name: &'static str,
    },
    /// While it is of this revision alone.
    CountFrom {
        id: RecordId,
        revision: Revision,
    },
    Rename {
        name: &'static str,
        to: &'static str,
    },
    Delete {
        name: &'static str,
        hard: bool,
    },
    Restore {
        id: RecordId,
    },
    /// With an idempotency key that others use as well, for the same or for something else.
    CreateOnce {
        name: &'static str,
        key: u64,
    },
    Read {
        name: &'static str,
    },
    /// What was answered before, while it is so.
    ReadKept {
        name: &'static str,
    },
    /// Gives the steward his role, or takes it.
    Role {
        has: bool,
    },
    Disable {
        disabled: bool,
    },
    /// A new token for the steward.
    Token,
    Revoke {
        token: CredentialId,
    },
}

/// What a product was seen as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductState {
    pub id: RecordId,
    pub revision: Revision,
    pub count: u64,
}

impl ProductState {
    fn of(view: &View) -> ProductState {
        let count = view.field("extension").map_or(0, count_in);
        ProductState { id: view.id(), revision: view.record.revision, count }
    }
}

pub fn count_in(extension: &Value) -> u64 {
    extension["n"].as_u64().unwrap_or(0)
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `None` where nothing differed.
    Written(ProductState, Option<Seq>),
    Shown(ProductState),
    /// Or revoked.
    Made(CredentialId),
    /// The body of the answer to the first request with the key.
    Replayed(Bytes),
    Refused(Problem),
    /// Nobody knows whether it was done.
    Unknown,
}

/// A request with its answer. Moments are those of the schedule.
pub struct Request {
    pub number: u64,
    pub node: usize,
    pub who: Client,
    /// By which the steward was known.
    pub token: CredentialId,
    pub operation: Operation,
    pub began: u64,
    pub ended: u64,
    pub answer: Answer,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { number, node, who, token: _, operation, began, ended, answer } = self;
        write!(f, "{began}–{ended} request {number} of {who:?} to node {node}: {operation:?} → {answer:?}")
    }
}

fn extension(count: u64, number: u64) -> Value {
    json!({"n": count, "by": number})
}

/// Adds one, in what else is to change.
fn counted(view: &View, number: u64, name: Option<&str>) -> Draft {
    let count = view.field("extension").map_or(0, count_in) + 1;
    let mut draft = Draft { name: name.map(str::to_owned), ..Draft::default() };
    draft.set("extension", extension(count, number));
    draft
}

fn product(name: &str) -> Ref {
    named("data_product", &format!("default.{name}"))
}

/// The command of a request, where it is one that writes.
fn command(operation: &Operation, number: u64, steward: RecordId) -> Command {
    let change = |target, guard, name: Option<&'static str>| Command::Change {
        target,
        guard,
        edit: Arc::new(move |view: &View| Ok(counted(view, number, name))),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    let of_steward = |edit: fn(&mut Draft, bool), on: bool| Command::Change {
        target: Ref::Id(kind("user"), steward),
        guard: Guard::None,
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            edit(&mut draft, on);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    match operation {
        Operation::Create { name } | Operation::CreateOnce { name, .. } => {
            let mut draft = Draft { name: Some((*name).into()), ..Draft::default() };
            draft.set("extension", extension(0, number));
            let rules = DoorRules::default();
            Command::Create { kind: kind("data_product"), parent: home(), draft, id: None, rules }
        }
        Operation::Upsert { name } => Command::Upsert {
            kind: kind("data_product"),
            parent: home(),
            name: (*name).into(),
            edit: Arc::new(move |view| {
                let count = view.and_then(|view| view.field("extension")).map_or(0, |of| count_in(of) + 1);
                let mut draft = Draft::default();
                draft.set("extension", extension(count, number));
                Ok(draft)
            }),
            rules: DoorRules::default(),
        },
        Operation::Count { name } => change(product(name), Guard::None, None),
        Operation::CountFrom { id, revision } => change(by_id(*id), Guard::Revisions(vec![revision.0]), None),
        Operation::Rename { name, to } => change(product(name), Guard::None, Some(to)),
        Operation::Delete { name, hard } => {
            let how = Deletion { hard: *hard, ..Deletion::SOFT };
            Command::Delete { target: product(name), guard: Guard::None, how }
        }
        Operation::Restore { id } => Command::Restore { target: by_id(*id) },
        Operation::Role { has } => of_steward(
            |draft, has| {
                let how = if has { How::Add } else { How::Remove };
                draft.relate(HAS_ROLE, how, "roles", vec![Target::of(named("role", STEWARD))]);
            },
            *has,
        ),
        Operation::Disable { disabled } => of_steward(
            |draft, disabled| {
                draft.set("disabled", disabled);
            },
            *disabled,
        ),
        Operation::Read { .. } | Operation::ReadKept { .. } | Operation::Token | Operation::Revoke { .. } => {
            unreachable!("it is no command")
        }
    }
}

fn written(outcome: &Outcome) -> Answer {
    Answer::Written(ProductState::of(&outcome.view), outcome.seq)
}

async fn read(catalog: &Catalog, caller: &Caller, name: &str) -> Result<ProductState, Problem> {
    let view = catalog.get(caller, &product(name), States::Alive, &Depth::full()).await?;
    Ok(ProductState::of(&view))
}

impl Simulation<'_> {
    async fn caller(&self, catalog: &Catalog, who: Client, token: &str) -> Result<Caller, Problem> {
        match who {
            Client::Admin => catalog.caller(self.installation.account, self.installation.admin).await,
            Client::Steward => catalog.authenticate_token(token, None).await,
        }
    }

    async fn answered(
        &self,
        catalog: &Catalog,
        caller: Caller,
        operation: &Operation,
        number: u64,
    ) -> Result<Answer, Problem> {
        let command = |operation| command(operation, number, self.installation.steward);
        match operation {
            Operation::Read { name } => Ok(Answer::Shown(read(catalog, &caller, name).await?)),
            Operation::ReadKept { name } => {
                let (request, weigh) = (format!("read {name}"), |_: &ProductState| Some(64));
                let making = read(catalog, &caller, name);
                Ok(Answer::Shown(catalog.remembered(CachePool::Answers, &caller, request, weigh, making).await?))
            }
            Operation::CreateOnce { name, key } => {
                let once = Idempotency {
                    scope: SCOPE.into(),
                    key: key.to_string(),
                    fingerprint: name.as_bytes().to_vec(),
                    print: Arc::new(move |outcome| (201, Bytes::from(outcome.view.id().to_string()))),
                };
                Ok(match catalog.execute_once(&caller, &command(operation), &once).await? {
                    Once::Done { outcome, .. } => written(&outcome),
                    Once::Replayed { body, .. } => Answer::Replayed(body),
                })
            }
            Operation::Token => {
                let issued = catalog.create_token(&caller, self.installation.steward, "t", None).await?;
                let id = issued.id;
                *self.token.lock() = issued;
                Ok(Answer::Made(id))
            }
            Operation::Revoke { token } => {
                catalog.revoke(&caller, *token).await?;
                Ok(Answer::Made(*token))
            }
            _ => Ok(written(&catalog.execute(&caller, &command(operation)).await?)),
        }
    }

    /// Asks one of the nodes, and keeps what it answered.
    async fn ask(&self, node: usize, who: Client, operation: Operation) -> Answer {
        let catalog = self.nodes.lock()[node].catalog.clone();
        let (began, number) = (self.moments.next(), self.moments.next());
        let token = self.token.lock().clone();
        let answering = async {
            let caller = self.caller(&catalog, who, &token.token).await?;
            self.answered(&catalog, caller, &operation, number).await
        };
        let answer = match answering.await {
            Ok(answer) => answer,
            Err(Problem::Unavailable { .. }) => Answer::Unknown,
            Err(problem) => Answer::Refused(problem),
        };
        let ended = self.moments.next();
        let token = token.id;
        self.requests.lock().push(Request {
            number,
            node,
            who,
            token,
            operation,
            began,
            ended,
            answer: answer.clone(),
        });
        answer
    }
}

/// What a client has seen last, by which it asks further.
#[derive(Default)]
struct LastSeen(Option<ProductState>);

fn drawn(chance: &mut SeededRandom, memory: &LastSeen) -> Operation {
    let name = chance.one_of(&NAMES);
    let known = memory.0.as_ref();
    match chance.below(20) {
        0..=3 => Operation::Create { name },
        4 => Operation::Upsert { name },
        5..=8 => Operation::Count { name },
        9..=10 => match known {
            Some(shown) => Operation::CountFrom { id: shown.id, revision: shown.revision },
            None => Operation::Count { name },
        },
        11 => Operation::Rename { name, to: chance.one_of(&NAMES) },
        12 => Operation::Delete { name, hard: false },
        13 => Operation::Delete { name, hard: true },
        14 => match known {
            Some(shown) => Operation::Restore { id: shown.id },
            None => Operation::Read { name },
        },
        15..=16 => Operation::CreateOnce { name, key: chance.below(KEYS) },
        17..=18 => Operation::Read { name },
        _ => Operation::ReadKept { name },
    }
}

/// How long a client waits between two requests: most come at once.
fn gap(chance: &mut SeededRandom) -> Duration {
    let below = chance.one_of(&[3, 3, 30, 6_000]);
    chance.milliseconds(below)
}

pub async fn client(stage: Arc<Simulation<'static>>, who: Client, mut chance: SeededRandom) {
    let mut memory = LastSeen::default();
    for request in 0..REQUESTS {
        // All begin at once, under few keys.
        let operation = match request {
            0 => Operation::CreateOnce { name: chance.one_of(&NAMES), key: chance.below(2) },
            _ => drawn(&mut chance, &memory),
        };
        let node = usize::try_from(chance.below(3)).expect("a node");
        match stage.ask(node, who, operation).await {
            Answer::Written(shown, _) | Answer::Shown(shown) => memory.0 = Some(shown),
            _ => {}
        }
        sleep(gap(&mut chance)).await;
    }
}

/// Gives rights and takes them.
pub async fn authority(stage: Arc<Simulation<'static>>, mut chance: SeededRandom) {
    let (mut has, mut disabled) = (true, false);
    for _ in 0..REQUESTS {
        sleep(gap(&mut chance)).await;
        let token = stage.token.lock().id;
        let operation = match chance.below(4) {
            _ if disabled => Operation::Disable { disabled: false },
            0 => Operation::Disable { disabled: true },
            1 => Operation::Revoke { token },
            _ => Operation::Role { has: !has },
        };
        let (ends_tokens, node) = (!matches!(operation, Operation::Role { .. }), chance.below(3));
        let node = usize::try_from(node).expect("a node");
        match (&operation, stage.ask(node, Client::Admin, operation.clone()).await) {
            (Operation::Role { has: now }, Answer::Written(..)) => has = *now,
            (Operation::Disable { disabled: now }, Answer::Written(..)) => disabled = *now,
            _ => {}
        }
        if ends_tokens && !disabled {
            stage.ask(node, Client::Admin, Operation::Token).await;
        }
    }
}
