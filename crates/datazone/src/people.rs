//! Users as this API names them (by id, by name, by IAM ARN), and their profiles.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNER;
use serde_json::{Value, json};

use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::ids::{self, Reference};
use crate::in_domain::InDomain;
use crate::members::Members;
use crate::messages::{self, USER_PROFILE};

/// The one type of profiles here, and of the users that they are of.
const TYPE: &str = "IAM";
const USER_TYPE: &str = "IAM_USER";
/// The field of a user who is shut out.
const DISABLED: &str = "disabled";

/// The user behind an identifier.
pub async fn find(here: &InDomain<'_>, text: &str) -> Result<Option<View>, Problem> {
    let target = match Reference::to_entity(text) {
        Reference::Id(id) => Ref::Id(kinds::USER, RecordId::from_uuid(id)),
        Reference::Alias(text) => {
            let account = here.call.caller.account();
            let name = text.strip_prefix(&format!("arn:aws:iam::{}:user/", account.number())).unwrap_or(text);
            match here.reading.id_of_alias(CLOUD_ID.name, name).await? {
                Some(id) => Ref::Id(kinds::USER, id),
                None => Ref::Name(kinds::USER, name.to_owned()),
            }
        }
    };
    match here.reading.get(&target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The profile of a user is the user.
pub async fn get_profile(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let user = requested(&here).await?;
    let printer = ProfilePrinter::of(&here, &user).await?;
    Ok(Reply::Json(printer.members(&user).answer(call.shapes.output)))
}

/// Makes nothing: every user of the account has his profile already. Who owns the domain may ask for it.
///
/// Errors: 404 for who is no user.
pub async fn create_profile(call: Call) -> Result<Reply, CallError> {
    if let Some(other) = call.input.text("userType").filter(|word| *word != USER_TYPE) {
        let text = format!("userType {other} is not supported by this server; its users are of type {USER_TYPE}");
        return Err(ServiceError::validation(text).into());
    }
    let here = call.enter().await?;
    here.may_change(&here.domain, &[OWNER.name()]).await?;
    let user = requested(&here).await?;
    let printer = ProfilePrinter::of(&here, &user).await?;
    Ok(Reply::Json(printer.members(&user).answer(call.shapes.output)))
}

/// Shuts a user out, or lets him in again: not from this domain alone, since his profile is himself. His keys are as good as
/// before then, as those of AWS are, which a profile does not govern.
pub async fn update_profile(call: Call) -> Result<Reply, CallError> {
    let disabled = match call.input.required_text("status") {
        "ACTIVATED" => Value::Null,
        "DEACTIVATED" => Value::Bool(true),
        other => {
            let text = format!("status {other} is for users of single sign-on, which this server has none of");
            return Err(ServiceError::validation(text).into());
        }
    };
    let here = call.enter().await?;
    let user = requested(&here).await?;
    here.may_change(&user, &[DISABLED]).await?;
    let printer = ProfilePrinter::of(&here, &user).await?;
    drop(here);
    let edit = move |_: &View| {
        let mut draft = Draft::default();
        draft.set(DISABLED, disabled.clone());
        Ok(draft)
    };
    let command = Command::Change {
        target: Ref::Id(user.record.kind, user.id()),
        guard: Guard::None,
        edit: Arc::new(edit),
        rules: DoorRules { suspends: true, ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

async fn requested(here: &InDomain<'_>) -> Result<View, CallError> {
    let input = &here.call.input;
    let user = find(here, input.required_text("userIdentifier")).await?;
    // Every user has one profile, and it is none of single sign-on.
    let user = user.filter(|_| input.text("type").is_none_or(|wanted| wanted == TYPE));
    Ok(user.ok_or_else(|| messages::does_not_exist(USER_PROFILE))?)
}

/// Prints profiles.
struct ProfilePrinter {
    domain: String,
    account: String,
}

impl ProfilePrinter {
    async fn of(here: &InDomain<'_>, user: &View) -> Result<ProfilePrinter, Problem> {
        let spelling = here.spelling(vec![user.id()]).await?;
        Ok(ProfilePrinter { domain: spelling.domain(here.id()), account: here.call.caller.account().number() })
    }

    fn members(&self, user: &View) -> Members {
        let is_disabled = user.field(DISABLED).and_then(Value::as_bool).unwrap_or(false);
        let mut members = Members::new();
        members.set("domainId", self.domain.as_str());
        members.set("id", user.id().to_string());
        members.set("type", TYPE);
        members.set("status", if is_disabled { "DEACTIVATED" } else { "ACTIVATED" });
        members.set("details", json!({ "iam": { "arn": ids::user_arn(&self.account, &user.record.name) } }));
        members
    }
}
