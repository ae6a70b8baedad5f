//! Users as this API names them (by id, by name, by IAM ARN), and their profiles.

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use serde_json::json;

use crate::call::{Call, Fault, Reply};
use crate::ids::{self, Reference};
use crate::in_domain::InDomain;
use crate::members::Members;
use crate::messages::{self, USER_PROFILE};

/// The one type of profiles here.
const TYPE: &str = "IAM";

/// The user behind an identifier.
pub async fn find(here: &InDomain<'_>, text: &str) -> Result<Option<View>, Problem> {
    let catalog = here.call.catalog();
    let kind = catalog.kind("user");
    let target = match Reference::to_entity(text) {
        Reference::Id(id) => Ref::Id(kind, RecordId::from_uuid(id)),
        Reference::Alias(text) => {
            let account = here.call.caller.account();
            let name = text.strip_prefix(&format!("arn:aws:iam::{}:user/", account.number())).unwrap_or(text);
            match here.snapshot.by_alias(account, CLOUD_ID.name, name).await? {
                Some(id) => Ref::Id(kind, id),
                None => Ref::Name(kind, name.to_owned()),
            }
        }
    };
    match catalog.get_in(&*here.snapshot, &here.call.caller, &target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The profile of a user is the user.
pub async fn get_profile(call: Call) -> Result<Reply, Fault> {
    let here = call.enter().await?;
    let user = find(&here, call.input.required_text("userIdentifier")).await?;
    // Every user has one profile, and it is none of single sign-on.
    let user = user.filter(|_| call.input.text("type").is_none_or(|wanted| wanted == TYPE));
    let user = user.ok_or_else(|| messages::does_not_exist(USER_PROFILE))?;
    let spelling = here.spelling(vec![user.id()]).await?;
    let is_disabled = user.field("disabled").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let arn = ids::user_arn(&call.caller.account().number(), &user.record.name);
    let mut members = Members::new();
    members.set("domainId", spelling.domain(here.id()));
    members.set("id", user.id().to_string());
    members.set("type", TYPE);
    members.set("status", if is_disabled { "DEACTIVATED" } else { "ACTIVATED" });
    members.set("details", json!({ "iam": { "arn": arn } }));
    Ok(Reply::Json(members.answer(call.shapes.output)))
}
