//! One call of one operation: who calls, what was asked, and how a change of it is stored and answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use emporion_catalog::Catalog;
use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Idempotency, Once, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_edge::answer::Answer;
use serde_json::Value;

use crate::door::DataZone;
use crate::error::{MEDIA_TYPE, ServiceError};
use crate::ids::Reference;
use crate::in_domain::InDomain;
use crate::input::{CLIENT_TOKEN, Input};
use crate::operations::Operation;
use crate::page::Page;
use crate::shapes::OperationShapes;
use crate::standing::Standing;

/// An authenticated request that follows its shape.
pub struct Call {
    pub door: Arc<DataZone>,
    pub caller: Caller,
    /// The region that the request is signed for; what is printed of it is there.
    pub region: String,
    pub operation: &'static Operation,
    pub shapes: &'static OperationShapes,
    pub input: Input,
    /// Whether what breaks a limit was found to repeat what the record holds already.
    pub repeats: Arc<AtomicBool>,
}

/// Labels that say what an operation works on.
const SCOPED: [&str; 2] = ["domainIdentifier", "identifier"];

/// Why a call fails: the core's reason, or one that this API alone has.
#[derive(Debug)]
pub enum CallError {
    Problem(Problem),
    Service(ServiceError),
}

impl From<Problem> for CallError {
    fn from(problem: Problem) -> CallError {
        CallError::Problem(problem)
    }
}

impl From<ServiceError> for CallError {
    fn from(error: ServiceError) -> CallError {
        CallError::Service(error)
    }
}

/// What a successful call answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Json(Value),
    /// Bytes that were answered before, or are stored to be answered again.
    Stored(u16, Bytes),
    Empty,
}

impl Reply {
    /// The same reply as bytes.
    pub fn printed(self, operation: &Operation) -> Reply {
        match self {
            Reply::Json(value) => {
                let bytes = serde_json::to_vec(&value).expect("a JSON value prints");
                Reply::Stored(operation.ok, bytes.into())
            }
            other => other,
        }
    }

    /// How many bytes of it are printed already.
    pub fn weight(&self) -> Option<usize> {
        match self {
            Reply::Stored(_, bytes) => Some(bytes.len()),
            Reply::Json(_) | Reply::Empty => None,
        }
    }

    pub fn into_answer(self, operation: &Operation, request_id: &str) -> Answer {
        let answer = match self {
            Reply::Json(value) => Answer::json(operation.ok, MEDIA_TYPE, &value),
            Reply::Stored(status, body) => Answer::bytes(status, MEDIA_TYPE, body),
            Reply::Empty => Answer::empty(operation.ok),
        };
        answer.with("x-amzn-requestid", request_id)
    }
}

impl Call {
    pub fn catalog(&self) -> &Catalog {
        &self.door.catalog
    }

    /// The domain that the path names, if the caller has standing in it.
    pub async fn enter(&self) -> Result<InDomain<'_>, CallError> {
        self.enter_by("domainIdentifier").await
    }

    /// The same where the label has another name.
    pub async fn enter_by(&self, label: &str) -> Result<InDomain<'_>, CallError> {
        InDomain::open(self, self.input.required_text(label)).await
    }

    pub fn page(&self) -> Result<Page, ServiceError> {
        let account = self.caller.account().to_string();
        Page::read(self.operation.name, self.shapes.input, &account, &self.input, self.page_keys())
    }

    pub fn page_keys(&self) -> &PurposeKeys {
        &self.door.page_keys
    }

    /// Holds the request to the limits that it may break only by repeating what the record holds.
    pub fn hold_to(&self, present: &Value) -> Result<(), ServiceError> {
        self.input.hold_to(present)?;
        self.repeats.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The answer that the same caller got before under the same token, if he would still get it.
    ///
    /// Asked before anything else is looked at: a repeated create must not find its own name taken, nor miss what was
    /// deleted since.
    pub async fn replayed(&self) -> Result<Option<Reply>, CallError> {
        let Some(token) = self.input.client_token() else { return Ok(None) };
        let answered = self.catalog().answered(&self.caller, &self.scope(), token, &self.fingerprint()).await?;
        match answered {
            Some((status, body)) => Ok(Some(self.repeated(status, body).await?)),
            None => Ok(None),
        }
    }

    /// What was answered before, for who still sees what it is about, and has business with it.
    async fn repeated(&self, status: u16, body: Bytes) -> Result<Reply, CallError> {
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |member: &str| told.get(member).and_then(Value::as_str);
        let Some(named) = text("id") else { return Ok(Reply::Stored(status, body)) };
        // An administrator sees what there was, too, whatever became of it.
        if self.caller.principal.is_admin {
            return Ok(Reply::Stored(status, body));
        }
        let missing = || Problem::NotFound { kind: "record", what: named.to_owned() };
        let reading = self.catalog().reading(&self.caller).await?;
        let id = match Reference::to_domain(named) {
            Reference::Id(id) => Some(RecordId::from_uuid(id)),
            Reference::Alias(_) => match Reference::to_entity(named) {
                Reference::Id(id) => Some(RecordId::from_uuid(id)),
                Reference::Alias(alias) => reading.id_of_alias(CLOUD_ID.name, alias).await?,
            },
        };
        let ids: Vec<RecordId> = id.into_iter().collect();
        // It may be deleted by now.
        let record = reading.in_any_state(&ids).await?.pop().ok_or_else(missing)?;
        let own = (record.kind == kinds::DOMAIN && record.state.is_alive()).then_some(named);
        let Some(domain) = text("domainId").or(own) else { return Ok(Reply::Stored(status, body)) };
        drop(reading);
        let within = InDomain::open(self, domain).await?;
        let view = within.reading.view(record, &Standing::depth(&Depth::bare())).await?;
        if !within.standing.reaches(&view) {
            return Err(missing().into());
        }
        Ok(Reply::Stored(status, body))
    }

    /// Carries a command out; with a token, the printed answer is stored in the same change.
    pub async fn commit<P>(&self, command: &Command, print: P) -> Result<Reply, CallError>
    where
        P: Fn(&Outcome) -> Value + Send + Sync + 'static,
    {
        let Some(token) = self.input.client_token() else {
            let outcome = self.catalog().execute(&self.caller, command).await?;
            return Ok(Reply::Json(print(&outcome)));
        };
        let status = self.operation.ok;
        let key = Idempotency {
            scope: self.scope(),
            key: token.to_owned(),
            fingerprint: self.fingerprint(),
            print: Arc::new(move |outcome| {
                let bytes = serde_json::to_vec(&print(outcome)).expect("a JSON value prints");
                (status, Bytes::from(bytes))
            }),
        };
        let once = self.catalog().execute_once(&self.caller, command, &key).await?;
        match once {
            Once::Done { status, body, .. } => Ok(Reply::Stored(status, body)),
            Once::Replayed { status, body } => self.repeated(status, body).await,
        }
    }

    /// What a repeated request must equal. Its path is in the scope already, however it was spelled.
    fn fingerprint(&self) -> Vec<u8> {
        self.input.fingerprint_without(&[CLIENT_TOKEN, SCOPED[0], SCOPED[1]]).to_vec()
    }

    /// Who, which operation, and on what: a token means nothing elsewhere.
    fn scope(&self) -> String {
        let mut scope = format!("datazone/{}/{}", self.operation.name, self.caller.principal.user);
        for label in SCOPED {
            let Some(text) = self.input.text(label) else { continue };
            let same = match Reference::to_domain(text) {
                Reference::Id(id) => id.to_string(),
                Reference::Alias(text) => text.to_owned(),
            };
            scope.push('/');
            scope.push_str(&same);
        }
        scope
    }
}
