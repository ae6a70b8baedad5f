//! One request on its way through the door: signature, caller, rate, shape, operation, answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::caller::Caller;
use emporion_catalog::proving::AccessKey;
use emporion_catalog::response_cache::CachePool;
use emporion_edge::answer::Answer;
use emporion_edge::body_budget::Standing;
use emporion_edge::door::Door;
use emporion_edge::request::Request;
use emporion_edge::route::Method;
use emporion_edge::router::Admitted;

use crate::call::{Call, CallError, Reply};
use crate::door::DataZone;
use crate::error::ServiceError;
use crate::input::Input;
use crate::messages::{self, Subject};
use crate::operations::Operation;
use crate::routes::Row;
use crate::sigv4::{Credential, Refusal, Session};
use crate::spelling::Spelling;
use crate::standing::is_told_of;

/// Answers a request for an operation.
pub async fn serve(door: Arc<DataZone>, request: Request, row: Row) -> Answer {
    let request_id = request.request_id.clone();
    match answer(door, request, row).await {
        Ok(reply) => reply.into_answer(row.operation, &request_id),
        Err(error) => error.declared_by(row.operation).into_answer(&request_id),
    }
}

/// Answers what is no operation: who did not sign it properly learns only that.
pub async fn unmatched(door: Arc<DataZone>, request: Request) -> Answer {
    let now_ms = door.catalog.now().0;
    match authenticate(&door, &request, now_ms).await {
        Ok(_) => door.not_found(&request),
        Err(error) => error.into_answer(&request.request_id),
    }
}

async fn answer(door: Arc<DataZone>, request: Request, row: Row) -> Result<Reply, ServiceError> {
    let now_ms = door.catalog.now().0;
    let (caller, region) = authenticate(&door, &request, now_ms).await?;
    if door.throttle.as_ref().is_some_and(|throttle| !throttle.take(caller.principal.user, now_ms).is_admitted) {
        return Err(messages::too_many_requests());
    }
    let operation = row.operation;
    if let Some(encoding) = encoding(&request) {
        return Err(messages::encoded_body(encoding));
    }
    let (offered, shapes) = row.offered.ok_or_else(|| messages::not_supported(operation.name))?;
    let input = Input::read_change(shapes.input, &request, offered.repeatable)?;
    let unrepeated = input.broken_limits();
    let repeats = Arc::new(AtomicBool::new(false));
    let call = Call {
        door: door.clone(),
        caller: caller.clone(),
        region: region.clone(),
        operation,
        shapes,
        input,
        repeats: repeats.clone(),
    };
    let outcome = if is_kept(&request) {
        let asked = format!("datazone {region} {}?{}", request.raw_path, request.raw_query);
        let making = async { Ok((offered.run)(call).await?.printed(operation)) };
        door.catalog.remembered(CachePool::Answers, &caller, asked, Reply::weight, making).await
    } else {
        match call.replayed().await {
            Ok(Some(reply)) => return Ok(reply),
            Ok(None) => (offered.run)(call).await,
            Err(fault) => Err(fault),
        }
    };
    // A call that never came to a record which could excuse its broken limits is refused for them.
    if outcome.is_err()
        && !repeats.load(Ordering::Relaxed)
        && let Some(error) = unrepeated
    {
        return Err(error);
    }
    match outcome {
        Ok(reply) => Ok(reply),
        Err(CallError::Service(error)) => Err(error),
        Err(CallError::Problem(problem)) => Err(in_words(&door, &caller, &problem, operation, offered.subject).await),
    }
}

/// How the body is encoded, where it is not as it is meant.
fn encoding(request: &Request) -> Option<&str> {
    let given = request.header("content-encoding")?.trim();
    (!given.is_empty() && !given.eq_ignore_ascii_case("identity")).then_some(given)
}

/// Whether the answer depends on nothing but the catalogue, the caller, the region, the path and the query: so it is with
/// all that is only read. A presigned address is used once or twice.
fn is_kept(request: &Request) -> bool {
    request.method == Method::GET && !request.raw_query.contains("X-Amz-Signature")
}

/// Who sends a body, before it is read. Most clients sign the hash of the body without saying which it is: of them no more
/// is known than which key they name, until the body is there.
pub async fn admit(door: Arc<DataZone>, request: Request) -> Admitted {
    let now_ms = door.catalog.now().0;
    match standing(&door, &request, now_ms).await {
        Ok(standing) => Ok((request, standing)),
        Err(error) => Err(error.into_answer(&request.request_id)),
    }
}

async fn standing(door: &DataZone, request: &Request, now_ms: i64) -> Result<Standing, ServiceError> {
    let presented = door.verifier.parse(request, now_ms).map_err(Refusal::into_error)?;
    let key = door.catalog.access_key(presented.access_key_id()).await.map_err(fault)?;
    let credential = key.as_ref().map(credential);
    let is_proven = door.verifier.verify_head(&presented, request, credential, now_ms);
    let is_proven = is_proven.map_err(|refusal| noted(door, key.as_ref(), request, refusal))?;
    let key = key.ok_or_else(|| Refusal::UnknownCredential.into_error())?;
    let holder = door.catalog.key_holder(&key).await.map_err(fault)?;
    if !is_proven {
        return Ok(Standing::Claimed);
    }
    request.called_by(holder);
    Ok(Standing::Proven)
}

/// Whoever signs with a key that is somebody's, and not as its holder does, leaves a line in the trail.
fn noted(door: &DataZone, key: Option<&AccessKey>, request: &Request, refusal: Refusal) -> ServiceError {
    if let Some(key) = key {
        door.catalog.note_wrong_signature(key, request.door);
    }
    refusal.into_error()
}

fn fault(problem: Problem) -> ServiceError {
    let subject = Subject::new(messages::USER_PROFILE, messages::does_not_exist);
    ServiceError::of_problem(&problem, "authenticate", subject, |id| id.to_string())
}

fn credential(key: &AccessKey) -> Credential<'_> {
    let session = key.session.as_ref().map(|session| Session { token: &session.token, expires_at: session.ends.0 });
    Credential { secret: &key.secret, session }
}

/// Who signed the request, and for which region.
async fn authenticate(door: &DataZone, request: &Request, now_ms: i64) -> Result<(Caller, String), ServiceError> {
    let presented = door.verifier.parse(request, now_ms).map_err(Refusal::into_error)?;
    let key = door.catalog.access_key(presented.access_key_id()).await.map_err(fault)?;
    let credential = key.as_ref().map(credential);
    let verified = door.verifier.verify(&presented, request, credential, now_ms);
    verified.map_err(|refusal| noted(door, key.as_ref(), request, refusal))?;
    let key = key.ok_or_else(|| Refusal::UnknownCredential.into_error())?;
    let caller = request.called_by(door.catalog.key_holder(&key).await.map_err(fault)?);
    Ok((caller, presented.region().to_owned()))
}

/// A problem with the ids in it spelled as clients know them.
async fn in_words(
    door: &DataZone,
    caller: &Caller,
    problem: &Problem,
    operation: &'static Operation,
    subject: Subject,
) -> ServiceError {
    let mut spelling = Spelling::default();
    if let Problem::NameTaken { existing: Some(id), .. } = problem {
        let Ok(reading) = door.catalog.reading(caller).await else { return ServiceError::internal() };
        // Whoever has no business with what bears the name learns that it is taken, and no more.
        if !is_told_of(&reading, *id).await.unwrap_or(false) {
            return messages::name_taken(subject.noun);
        }
        if let Ok(aliases) = reading.aliases(CLOUD_ID.name, &[*id]).await {
            spelling = Spelling::known(aliases);
        }
    }
    ServiceError::of_problem(problem, operation.name, subject, |id| {
        if subject.noun == messages::DOMAIN { spelling.domain(id) } else { spelling.id(id) }
    })
}
