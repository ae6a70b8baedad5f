//! Carrying a command out, once for each `Idempotency-Key`.

use std::sync::Arc;

use emporion_catalog::command::{Command, Idempotency, Once, Outcome};
use serde_json::Value;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::Failure;
use crate::idempotency::Fingerprint;
use crate::mount::Mount;
use crate::parts;

/// The key of a request, with what tells it from others under the same key.
pub struct Key {
    text: String,
    fingerprint: Fingerprint,
    scope: String,
}

impl Key {
    /// `None` where the request has no key.
    pub fn of(call: &Call, body: &Value) -> Result<Option<Key>, Failure> {
        let user = call.caller.principal.user;
        let scope = format!("bobsled {user} {} {}", call.request.method, call.request.raw_path);
        Ok(call.idempotency(body)?.map(|(text, fingerprint)| Key { text, fingerprint, scope }))
    }

    /// The answer that was given under the key, if there is one. Asked before anything that depends on the present
    /// state, which the first request has changed.
    pub async fn replay(&self, door: &Door, call: &Call) -> Result<Option<Reply>, Failure> {
        let snapshot = door.catalog.snapshot().await?;
        match snapshot.answer_for(call.caller.account(), &self.scope, &self.text).await? {
            None => Ok(None),
            Some(stored) if stored.fingerprint == self.fingerprint.0 => {
                Ok(Some(replayed(call, stored.status, stored.body)))
            }
            Some(_) => Err(Failure::idempotency_conflict()),
        }
    }
}

/// Executes the command and prints its answer. Under a key, answer and change are stored together.
///
/// `print` is pure: it may be called more than once for one outcome.
pub async fn commit(
    door: &Door,
    call: &Call,
    command: &Command,
    key: Option<Key>,
    print: impl Fn(&Outcome) -> Reply + Send + Sync + 'static,
) -> Result<Reply, Failure> {
    let Some(key) = key else {
        return Ok(print(&door.catalog.execute(&call.caller, command).await?));
    };
    let print = Arc::new(print);
    let (exchange, printer) = (call.exchange.clone(), print.clone());
    let idempotency = Idempotency {
        scope: key.scope,
        key: key.text,
        fingerprint: key.fingerprint.0.to_vec(),
        print: Arc::new(move |outcome| {
            let reply = printer(outcome);
            (reply.status(), reply.print(&exchange))
        }),
    };
    match door.catalog.execute_once(&call.caller, command, &idempotency).await? {
        Once::Done { outcome, .. } => Ok(print(&outcome)),
        Once::Replayed { status, body } => Ok(replayed(call, status, body)),
    }
}

/// One command, or several as one.
pub fn together(mut commands: Vec<Command>) -> Command {
    if commands.len() == 1 { commands.remove(0) } else { Command::Together(commands) }
}

/// All outcomes of a command, in order.
pub fn outcomes(outcome: &Outcome) -> impl Iterator<Item = &Outcome> {
    outcome.parts.iter().chain(std::iter::once(outcome))
}

/// A stored answer, with the place and the version of what the first request made.
fn replayed(call: &Call, status: u16, body: bytes::Bytes) -> Reply {
    let made = if status == 201 { made(&body) } else { None };
    let reply = Reply::replay(status, body);
    match made {
        Some(Made { path, version }) => {
            let reply = reply.located(call.location(&path));
            version.map_or(reply.clone(), |version| reply.etag(version))
        }
        None => reply,
    }
}

/// The resource that a stored envelope shows.
#[derive(Debug, PartialEq)]
struct Made {
    /// Below the account.
    path: String,
    /// Where the resource shows it.
    version: Option<i64>,
}

fn made(envelope: &[u8]) -> Option<Made> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let data = envelope.get("data")?;
    let text = |shown: &Value, name: &str| shown.get(name).and_then(Value::as_str).map(str::to_owned);
    for (member, folder) in
        [("dataProduct", "data-products"), ("workspace", "data-products"), ("dataSource", "data-sources")]
    {
        if let Some(shown) = data.get(member) {
            let version = shown.get("version").and_then(Value::as_i64);
            return Some(Made { path: format!("/{folder}/{}", text(shown, "id")?), version });
        }
    }
    if let Some(skill) = data.get("skill") {
        // A product's use of a skill has no place of its own in a stored answer.
        let is_account = skill.get("enabled").is_none();
        return Some(Made { path: format!("/skills/{}", text(skill, "skillId")?), version: None })
            .filter(|_| is_account);
    }
    parts::ALL.iter().find_map(|part| {
        let shown = data.get(part.one)?;
        let product = Mount::ALL.iter().find_map(|mount| text(shown, mount.parameter()))?;
        Some(Made { path: format!("/data-products/{product}/{}/{}", part.folder, text(shown, "id")?), version: None })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_answer_says_what_was_made() {
        let of = |text: &str| made(text.as_bytes()).map(|made| (made.path, made.version));
        let product = r#"{"data":{"workspace":{"id":"x","version":3}}}"#;
        assert_eq!(of(product), Some(("/data-products/x".to_owned(), Some(3))));
        assert_eq!(of(r#"{"data":{"dataSource":{"id":"y"}}}"#), Some(("/data-sources/y".to_owned(), None)));
        let query = r#"{"data":{"verifiedQuery":{"id":"q","workspaceId":"x"}}}"#;
        assert_eq!(of(query), Some(("/data-products/x/verified-queries/q".to_owned(), None)));
        assert_eq!(of(r#"{"data":{"results":{}}}"#), None);
        assert_eq!(of("nonsense"), None);
    }
}
