//! `POST deploy`: makes every draft of a product live.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_edge::timestamp;
use emporion_products::deploy::{self, Deploy, Deployed};
use emporion_products::failure::Failure;
use emporion_products::keyed::Done;
use serde_json::{Value, json};

use crate::call::Call;
use crate::commit::{self, Key};
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::mount::Mount;
use crate::print::Print;
use crate::product_input::DeployRequest;
use crate::products::product;

pub async fn deploy(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, None)?;
    let DeployRequest { dry_run, expected_version, warnings, .. } = DeployRequest::parse(body, call.is_strict())?;
    if let Some(key) = &key
        && let Some(reply) = key.replay(&door, &call).await?
    {
        return Ok(reply);
    }
    let mount = call.exchange.mount;
    let mut conditions = vec![guard::guard(call.if_match()?.as_ref())];
    conditions.extend(expected_version.map(|version| Guard::Revisions(vec![version])));
    let wanted = Deploy { is_dry_run: dry_run, conditions };
    let keyed = || Some(key.clone()?.keyed(&call, move |deployed| printed(deployed, mount)));
    let done = deploy::deploy(&door.products, &call.of_product()?, &wanted, keyed).await;
    let done = done.map(|done| match done {
        Done::Fresh(deployed) => printed(&deployed, mount),
        Done::Replayed { status, body } => Reply::replay(status, body),
    });
    Ok(commit::answer(&door, &call, key.as_ref(), done).await?.warn(warnings))
}

fn printed(deployed: &Deployed, mount: Mount) -> Reply {
    let Deployed { product: view, counters, errors, warnings } = deployed;
    // What a dry run tells of is not deployed.
    let made = Some(view).filter(|_| errors.is_none());
    let mut data = json!({
        "dataProductId": view.id().to_string(),
        "deployedAt": made.and_then(|view| view.field("deployed_at")?.as_i64()).map(timestamp::print),
        "deployedBy": made.and_then(|view| view.text("deployed_by")),
        // Of the original service; there are no such parts here.
        "results": {"dataModels": {"promoted": 0, "deleted": 0}},
    });
    if let Some(results) = data["results"].as_object_mut() {
        results.extend(counters.clone());
    }
    if let Some(errors) = errors {
        let errors: Vec<Value> = errors.iter().map(|violation| violation.print(mount)).collect();
        data["validation"] = json!({"errors": errors, "warnings": []});
    }
    Reply::ok(data).etag(product::version(view)).warn(warnings.iter().cloned())
}
