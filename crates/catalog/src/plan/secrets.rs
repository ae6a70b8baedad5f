//! Secrets of a record: sealed, compared by fingerprint, never part of a body or an event.

use super::planning::Planning;
use crate::change_set::{SealedSecret, Write};
use crate::command::SecretEdit;
use crate::problem::Problem;

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
    let moved: Vec<&str> =
        FOR_A_SERVER.iter().copied().filter(|field| before.field(field) != plan.after.field(field)).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let stored = plan.cx.snapshot.secrets(plan.after.record.id).await?;
    let is_kept = |path: &str| match edits {
        Some(edits) => edits.iter().any(|edit| matches!(edit, SecretEdit::Keep { path: kept } if kept == path)),
        None => true,
    };
    for secret in
        stored.iter().filter(|secret| moved.contains(&top_field(&secret.path).as_str()) && is_kept(&secret.path))
    {
        plan.refuse(&field_name(&secret.path), "must be given again: what is stored belongs to another server");
    }
    Ok(())
}

/// Fields that say which server their secrets are for.
const FOR_A_SERVER: &[&str] = &["connection", "source_config", "destinations"];

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
