//! Tags of domains, addressed by ARN.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::record::View;
use serde_json::{Map, Value, json};

use crate::call::{Call, CallError, Reply};
use crate::ids;
use crate::in_domain::InDomain;
use crate::messages::{self, RESOURCE};

/// The usual limit of tags on one resource.
const MOST_TAGS: usize = 50;
/// The field of a domain that holds them.
const FIELD: &str = "labels";

pub async fn list(call: Call) -> Result<Reply, CallError> {
    let here = resource(&call).await?;
    Ok(Reply::Json(json!({ "tags": tags_of(&here.domain) })))
}

pub async fn tag(call: Call) -> Result<Reply, CallError> {
    let wanted = call.input.object("tags").cloned().unwrap_or_default();
    change(&call, move |mut tags| {
        tags.extend(wanted.clone());
        if tags.len() > MOST_TAGS {
            return Err(Problem::invalid("tags", format!("must have at most {MOST_TAGS} entries")));
        }
        Ok(tags)
    })
    .await
}

pub async fn untag(call: Call) -> Result<Reply, CallError> {
    let gone = call.input.texts("tagKeys");
    change(&call, move |mut tags| {
        tags.retain(|key, _| !gone.contains(key));
        Ok(tags)
    })
    .await
}

/// The domain that the ARN names. Other resources have no tags here.
async fn resource(call: &Call) -> Result<InDomain<'_>, CallError> {
    let arn = call.input.required_text("resourceArn");
    // The domains are the same in every region: an ARN that another request has seen counts here.
    let named = ids::parse_domain_arn(arn, &call.caller.account().number());
    let named = named.filter(|(region, _)| call.door.verifier.takes(region));
    let (_, id) = named.ok_or_else(|| messages::does_not_exist(RESOURCE))?;
    InDomain::open(call, id).await
}

async fn change<F>(call: &Call, edit: F) -> Result<Reply, CallError>
where
    F: Fn(Map<String, Value>) -> Result<Map<String, Value>, Problem> + Send + Sync + 'static,
{
    let here = resource(call).await?;
    here.may_change(&here.domain, &[FIELD]).await?;
    let target = Ref::Id(here.domain.record.kind, here.id());
    drop(here);
    let edit = move |view: &View| {
        let tags = edit(tags_of(view))?;
        let mut draft = Draft::default();
        draft.set(FIELD, if tags.is_empty() { Value::Null } else { Value::Object(tags) });
        Ok(draft)
    };
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules: DoorRules::default() };
    call.catalog().execute(&call.caller, &command).await?;
    Ok(Reply::Json(json!({})))
}

fn tags_of(domain: &View) -> Map<String, Value> {
    domain.field(FIELD).and_then(Value::as_object).cloned().unwrap_or_default()
}
