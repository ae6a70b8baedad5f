//! The operations that every noun has, as one engine over the noun table: one file per verb.

pub mod assets;
pub mod bots;
pub mod bulk;
pub mod csv;
pub mod delete;
pub mod history;
pub mod list;
pub mod marks;
pub mod patch;
pub mod read;
pub mod save;
pub mod stale;
pub mod suites;
pub mod versions;

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex};

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Effect, Outcome};
use emporion_catalog::kind::Kind;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::json_writer;
use foldhash::quality::FixedState;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::noun::{Fields, Noun};
use crate::operation::Call;
use crate::params::Include;
use crate::{media, problem, query_names, render};

impl Call {
    /// See [`crate::door::Door::remembered`]. `make` is called where there is no answer yet: nothing that it does, not even
    /// looking at the parameters, is done for one that is kept. In a box, since each async function that hands a future on
    /// holds it once more: they were copied at 54 kB a request.
    pub fn remembered<'a, F>(
        &'a self,
        make: impl FnOnce() -> F + Send + 'a,
    ) -> impl Future<Output = OmResult<Answer>> + Send + 'a
    where
        F: Future<Output = OmResult<Answer>> + Send + 'a,
    {
        self.door.remembered(&self.caller, &self.base, &self.request, async move { Box::pin(make()).await })
    }

    pub fn query(&self) -> Vec<(String, String)> {
        self.request.query()
    }

    /// The body as JSON, its nulls included.
    pub fn json(&self) -> OmResult<Value> {
        media::expect_json(&self.request)?;
        emporion_edge::json::parse(&self.request.body).map_err(OmError::malformed_because)
    }

    pub async fn execute(&self, command: &Command) -> OmResult<Outcome> {
        self.carried_out(command).await.map_err(problem::to_error)
    }

    async fn carried_out(&self, command: &Command) -> Result<Outcome, Problem> {
        let outcome = self.door.catalog.execute(&self.caller, command).await?;
        query_names::rename_restored(&self.door.catalog, &outcome).await;
        Ok(outcome)
    }

    /// Carries out a command whose edits may leave an error of this door in the carrier.
    pub async fn execute_with(&self, command: &Command, carrier: &ErrorCarrier) -> OmResult<Outcome> {
        self.carried_out(command).await.map_err(|problem| carrier.error(problem))
    }

    /// The entity as it leaves.
    pub async fn printed(&self, noun: &'static Noun, view: &View, fields: &Fields) -> OmResult<Vec<u8>> {
        let views = std::slice::from_ref(view);
        let mut all = render::printed(&self.door, &self.caller, &self.base, noun, views, fields).await?;
        Ok(all.pop().unwrap_or_default())
    }

    /// The same for those who look into it or change it.
    pub async fn entity(&self, noun: &'static Noun, view: &View, fields: &Fields) -> OmResult<Value> {
        Ok(json_writer::read(&self.printed(noun, view, fields).await?))
    }
}

/// Which states a read accepts.
pub fn states(include: Include) -> States {
    match include {
        Include::NonDeleted => States::Alive,
        Include::Deleted => States::Deleted,
        Include::All => States::All,
    }
}

/// Carries an error of this door out of an edit, which can answer only in the words of the core.
#[derive(Clone, Default)]
pub struct ErrorCarrier(Arc<Mutex<Option<OmError>>>);

impl ErrorCarrier {
    /// Runs what an edit does; its error waits here, and a stand-in ends the plan.
    pub fn run<T>(&self, work: impl FnOnce() -> OmResult<T>) -> Result<T, Problem> {
        let outcome = work();
        let mut held = self.0.lock().map_err(|_| Problem::internal("an edit panicked"))?;
        match outcome {
            Ok(value) => {
                *held = None;
                Ok(value)
            }
            Err(error) => {
                let stand_in = Problem::conflict(error.message.clone());
                *held = Some(error);
                Err(stand_in)
            }
        }
    }

    /// The error that an edit left here; else the problem in this door's words.
    pub fn error(&self, problem: Problem) -> OmError {
        let held = self.0.lock().ok().and_then(|mut held| held.take());
        held.unwrap_or_else(|| problem::to_error(problem))
    }
}

/// What the header `X-OpenMetadata-Change` says.
pub fn change_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Created => "entityCreated",
        Effect::Updated => "entityUpdated",
        Effect::Unchanged => "entityNoChange",
        Effect::Restored => "entityRestored",
        Effect::Deleted => "entitySoftDeleted",
        Effect::Purged => "entityDeleted",
    }
}

pub const CHANGE_HEADER: &str = "x-openmetadata-change";

/// An answer that holds an entity as it is printed, with its tag.
pub fn entity_answer(status: u16, body: Vec<u8>, view: &View) -> Answer {
    let tag = etag(view, &body);
    Answer::bytes(status, MEDIA_TYPE, body).with("etag", &tag)
}

/// The strong tag of an answer: the revision, and a hash of the bytes, since what is shown of other records changes
/// without this one.
pub fn etag(view: &View, body: &[u8]) -> String {
    let hash = FixedState::default().hash_one(body);
    format!("\"{}-{hash:016x}\"", view.record.revision)
}

/// The outcome for the record that the request is about, the first of its kind, where changes of others were carried
/// out with it.
pub fn main_outcome(kind: Kind, mut outcome: Outcome) -> Outcome {
    let parts = std::mem::take(&mut outcome.parts);
    let seq = outcome.seq;
    let main = parts.into_iter().find(|part| part.view.record.kind == kind);
    main.map_or(outcome, |main| Outcome { seq, ..main })
}

/// A job that runs on after its answer.
pub fn job_answer(message: &str, more: &[(&str, Value)]) -> Answer {
    let mut body = json!({"jobId": Uuid::new_v4().to_string(), "message": message});
    for (member, value) in more {
        body[*member] = value.clone();
    }
    Answer::json(202, MEDIA_TYPE, &body)
}
