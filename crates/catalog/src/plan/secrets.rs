//! Secrets of a record: sealed, compared by fingerprint, never part of a body or an event.

use serde_json::Value;

use super::planning::Planning;
use crate::change_set::{SealedSecret, Write};
use crate::command::SecretEdit;
use crate::field::BoundTo;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::record::View;

/// Replaces the secrets as the draft asks. Answers the body field that they belong to, when they differ.
pub async fn apply(plan: &mut Planning<'_>, edits: &[SecretEdit]) -> Result<Option<String>, Problem> {
    let id = plan.after.record.id;
    let stored = if plan.is_new() { Vec::new() } else { plan.cx.snapshot.secrets(id).await? };
    let mut wanted: Vec<SealedSecret> = Vec::with_capacity(edits.len());
    for edit in edits {
        match edit {
            SecretEdit::Keep { path } => match stored.iter().find(|secret| secret.path == *path) {
                Some(secret) => wanted.push(secret.clone()),
                None => plan.refuse(&field_name(path), "is masked, but no secret is stored there"),
            },
            SecretEdit::Set { path, text } => {
                let context = SealedSecret::context(id, path);
                let (sealer, plain) = (plan.cx.sealer, text.as_bytes());
                let unchanged = stored.iter().find(|secret| {
                    secret.path == *path && sealer.is_same(&context, plain, &secret.sealed, &secret.fingerprint)
                });
                wanted.push(unchanged.cloned().unwrap_or_else(|| SealedSecret {
                    path: path.clone(),
                    sealed: sealer.seal(&context, plain),
                    fingerprint: sealer.fingerprint(&context, plain),
                }));
            }
        }
    }
    wanted.sort_by(|a, b| a.path.cmp(&b.path));
    if same(&wanted, &stored) {
        return Ok(None);
    }
    let changed = wanted.iter().chain(&stored).next().map(|secret| top_field(&secret.path));
    plan.writes.push(Write::PutSecrets { id, secrets: wanted });
    Ok(changed)
}

/// Stored secrets are for the configuration that they were given with. Whoever alters it gives them anew, or could be sent
/// them; administrators may, and programs, which read them in clear anyway.
pub async fn stay_with_their_server(plan: &mut Planning<'_>, edits: Option<&[SecretEdit]>) -> Result<(), Problem> {
    let principal = &plan.cx.caller.principal;
    let Some(before) = plan.before.as_ref().filter(|_| !principal.is_trusted()) else { return Ok(()) };
    let mut bound = plan.kind.fields().filter(|field| field.secrets.is_some());
    if bound.all(|field| before.field(field.name) == plan.after.field(field.name)) {
        return Ok(());
    }
    let stored = plan.cx.snapshot.secrets(plan.after.record.id).await?;
    let is_kept = |path: &str| match edits {
        Some(edits) => edits.iter().any(|edit| matches!(edit, SecretEdit::Keep { path: kept } if kept == path)),
        None => true,
    };
    let elsewhere =
        stored.iter().filter(|secret| is_kept(&secret.path) && is_elsewhere(plan.kind, before, &plan.after, secret));
    let refused: Vec<String> = elsewhere.map(|secret| field_name(&secret.path)).collect();
    for field in refused {
        plan.refuse(&field, "must be given again: what is stored belongs to another server");
    }
    Ok(())
}

/// Whether what a secret is bound to is no longer what it was.
fn is_elsewhere(kind: Kind, before: &View, after: &View, secret: &SealedSecret) -> bool {
    let name = top_field(&secret.path);
    let (before, after) = (before.field(&name), after.field(&name));
    match kind.field(&name).and_then(|field| field.secrets) {
        None => false,
        Some(BoundTo::Field) => before != after,
        Some(BoundTo::Item(pointers)) => {
            let place = secret.path.trim_start_matches('/').split('/').nth(1).unwrap_or("").to_owned();
            let at = |list: Option<&Value>, pointer: &str| list?.pointer(&format!("/{place}{pointer}")).cloned();
            pointers.iter().any(|pointer| at(before, pointer) != at(after, pointer))
        }
    }
}

fn same(wanted: &[SealedSecret], stored: &[SealedSecret]) -> bool {
    wanted.len() == stored.len()
        && wanted.iter().all(|w| stored.iter().any(|s| s.path == w.path && s.fingerprint == w.fingerprint))
}

fn top_field(pointer: &str) -> String {
    pointer.trim_start_matches('/').split('/').next().unwrap_or("").to_owned()
}

fn field_name(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}
