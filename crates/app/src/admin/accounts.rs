//! Accounts, their users, and what these prove themselves with.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::command::{Command, DoorRules, Draft, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::timestamp;
use serde_json::json;

use super::{Admin, Outcome};
use crate::call::Call;
use crate::lifetime::SessionLifetime;

/// What is made here is called so in the list of what a user holds: by the door that asked for it.
/// Characters of what somebody calls a token of his.
const LONGEST_LABEL: usize = 80;

fn label(call: &Call) -> &'static str {
    match call.caller.door {
        Some("web") => "pages",
        _ => "command line",
    }
}

async fn user(admin: &Admin, call: &Call) -> Result<RecordId, Problem> {
    Ok(admin.catalog.user_named(&call.caller, call.request.param("name")).await?.id())
}

pub async fn create_account(admin: &Admin, call: &Call) -> Outcome {
    let name = call.body.needed("name")?;
    let expires = call.ending(admin.catalog.now())?;
    let made = admin.catalog.create_account(&call.caller, name, expires).await?;
    Ok(crate::new_account::shown(&made))
}

pub async fn create_user(admin: &Admin, call: &Call) -> Outcome {
    let name = call.body.needed("name")?;
    let (email, is_admin) = (call.body.text("email")?, call.body.flag("isAdmin")?);
    let (id, password) = admin.catalog.create_user(&call.caller, name, email, is_admin).await?;
    Ok(json!({"id": id.to_string(), "name": name, "password": password}))
}

pub async fn reset_password(admin: &Admin, call: &Call) -> Outcome {
    let user = user(admin, call).await?;
    // Who only has a token of his own must know the old password to set another: the doors have an operation for that.
    admin.catalog.may_operate(&call.caller)?;
    let password = admin.catalog.random_password();
    admin.catalog.set_password(&call.caller, user, &password).await?;
    Ok(json!({"name": call.request.param("name"), "password": password}))
}

pub async fn disable_user(admin: &Admin, call: &Call) -> Outcome {
    let user = user(admin, call).await?;
    let disable = Command::Change {
        target: Ref::Id(admin.catalog.kind("user"), user),
        guard: Default::default(),
        edit: Arc::new(|_| {
            let mut draft = Draft::default();
            draft.set("disabled", true);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    admin.catalog.execute(&call.caller, &disable).await?;
    Ok(json!({"name": call.request.param("name"), "disabled": true}))
}

pub async fn create_token(admin: &Admin, call: &Call) -> Outcome {
    let user = user(admin, call).await?;
    let expires = call.ending(admin.catalog.now())?;
    let called = call.body.text("label")?.map(str::trim).filter(|text| !text.is_empty());
    if called.is_some_and(|text| text.chars().count() > LONGEST_LABEL || text.chars().any(char::is_control)) {
        let rule = format!("must be at most {LONGEST_LABEL} characters on one line");
        return Err(Problem::invalid("label", rule));
    }
    let issued = admin.catalog.create_token(&call.caller, user, called.unwrap_or(label(call)), expires).await?;
    Ok(json!({"id": issued.id.to_string(), "token": issued.token, "expiresAt": expires}))
}

pub async fn list_tokens(admin: &Admin, call: &Call) -> Outcome {
    list(admin, call, |class| class != CredentialClass::AccessKey && class != CredentialClass::Password).await
}

pub async fn list_keys(admin: &Admin, call: &Call) -> Outcome {
    list(admin, call, |class| class == CredentialClass::AccessKey).await
}

async fn list(admin: &Admin, call: &Call, wanted: fn(CredentialClass) -> bool) -> Outcome {
    let user = user(admin, call).await?;
    let held = admin.catalog.credentials(&call.caller, user).await?;
    let shown = |held: &Credential| {
        json!({
            // Keys are called by what is shown of them; all else, and so a provider's word, by the id that revokes it.
            "id": if held.class == CredentialClass::AccessKey { held.public.clone() } else { held.id.to_string() },
            "type": held.class.name(),
            "label": held.label,
            "createdAt": held.created.0,
            "expiresAt": held.expires.map(|at| at.0),
        })
    };
    Ok(held.iter().filter(|credential| wanted(credential.class)).map(shown).collect())
}

pub async fn revoke_token(admin: &Admin, call: &Call) -> Outcome {
    let text = call.request.param("id");
    let id = text.parse().map_err(|_| Problem::NotFound { kind: "token", what: text.to_owned() })?;
    admin.catalog.revoke(&call.caller, id).await?;
    Ok(json!({"id": text, "revoked": true}))
}

pub async fn create_key(admin: &Admin, call: &Call) -> Outcome {
    let user = user(admin, call).await?;
    let (is_session, said) = (call.body.flag("session")?, call.body.text("expires")?);
    if !is_session {
        if said.is_some() {
            return Err(Problem::invalid(
                "expires",
                "is for keys with session: others end with what they are made with",
            ));
        }
        let made = admin.catalog.create_access_key(&call.caller, user, label(call)).await?;
        let mut shown = json!({"accessKeyId": made.public, "secretAccessKey": made.secret});
        if let Some(ends) = made.expires_ms {
            shown["expiresAt"] = ends.into();
        }
        return Ok(shown);
    }
    let now = admin.catalog.now();
    let ends = match said {
        Some(said) => said.parse::<SessionLifetime>().map_err(|rule| Problem::invalid("expires", rule))?.ends(now),
        None => {
            let usual = SessionLifetime::default().ends(now);
            call.caller.ends.map_or(usual, |ends| ends.min(usual))
        }
    };
    let made = admin.catalog.create_session_key(&call.caller, user, label(call), ends).await?;
    Ok(json!({
        "accessKeyId": made.public,
        "secretAccessKey": made.secret,
        "sessionToken": made.session_token,
        "expiration": timestamp::print(ends.0),
    }))
}

pub async fn revoke_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.revoke_access_key(&call.caller, call.request.param("id")).await?;
    Ok(json!({"accessKeyId": call.request.param("id"), "revoked": true}))
}
