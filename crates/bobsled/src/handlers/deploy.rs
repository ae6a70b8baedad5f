//! `POST deploy`: makes every draft of a product live.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_edge::shape::{Member, Shape};
use emporion_edge::timestamp;
use emporion_products::deploy::{self, Deploy, Deployed};
use emporion_products::failure::Failure;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::mount::Mount;
use crate::print::Print;
use crate::product_input::DeployRequest;
use crate::products::product;
use crate::shapes::deploy as shapes;

pub async fn deploy(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, None)?;
    let DeployRequest { dry_run, expected_version, warnings, .. } = DeployRequest::parse(body, call.is_strict())?;
    let request = call.of_product()?;
    let mount = call.exchange.mount;
    let mut conditions = vec![guard];
    conditions.extend(expected_version.map(|version| Guard::Revisions(vec![version])));
    let wanted = Deploy { is_dry_run: dry_run, conditions };
    let print = move |deployed: &Deployed| printed(deployed, mount).warn(warnings.iter().cloned());
    key.answer(&call, print, |stored| deploy::deploy(&door.products, &request, &wanted, stored)).await
}

/// Every counter that answers have; what nothing counts (the original service has parts that are not here) is zero.
fn results(counters: &Map<String, Value>) -> Value {
    let counter = |member: &Member| counters.get(member.name).cloned().unwrap_or_else(|| zero(&member.shape));
    shapes::RESULTS.members.iter().map(|member| (member.name.to_owned(), counter(member))).collect()
}

fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Struct(of) => of.members.iter().map(|member| (member.name.to_owned(), zero(&member.shape))).collect(),
        Shape::Boolean => false.into(),
        _ => 0.into(),
    }
}

fn printed(deployed: &Deployed, mount: Mount) -> Reply {
    let Deployed { product: view, counters, errors, warnings } = deployed;
    // What a dry run tells of is not deployed.
    let made = Some(view).filter(|_| errors.is_none());
    let mut data = json!({
        "dataProductId": view.id().to_string(),
        "deployedAt": made.and_then(|view| view.field("deployed_at")?.as_i64()).map(timestamp::print),
        "deployedBy": made.and_then(|view| view.text("deployed_by")),
        "results": results(counters),
    });
    if let Some(errors) = errors {
        let errors: Vec<Value> = errors.iter().map(|violation| violation.print(mount)).collect();
        data["validation"] = json!({"errors": errors, "warnings": []});
    }
    Reply::ok(data).etag(product::version(view)).warn(warnings.iter().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_counters_are_answered() {
        let counted = Map::from_iter([("verifiedQueries".to_owned(), json!({"promoted": 2}))]);
        let results = results(&counted);
        assert_eq!(results["verifiedQueries"], json!({"promoted": 2}));
        assert_eq!(results["dataModels"], json!({"promoted": 0, "deleted": 0}));
        assert_eq!(results["semanticModelV2Draft"], json!({"deleted": false}));
        assert_eq!(results.as_object().map(Map::len), Some(10));
    }
}
