//! Skills as a product uses them: enabled, and held to a version or not.

use std::sync::Arc;

use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::page::PageRequest;
use emporion_products::skills::used::{self, EnabledSkill, printed};
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::products::product;
use crate::shapes::skill;

/// `GET skills`: those that are enabled, by command; none while the product has skills switched off.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let found = used::list(&door.products, &call.of_product()?, &page).await?;
    let data = json!({"count": found.items.len(), "skills": found.items});
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `GET skills/{id}`.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    let (product, skill) = used::get(&door.products, &call.of_product()?, id).await?;
    Ok(Reply::ok(json!({"skill": skill})).etag(product::version(&product)))
}

/// `PUT skills/{id}`, and `POST`, as older clients do: 201 the first time, 200 after it.
pub async fn enable(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, None)?;
    let Checked { body, warnings } = fields::check(&skill::ENABLE, &[&skill::SKILL], body, call.is_strict())?;
    let pinned = body.get("version").and_then(Value::as_i64);
    let request = call.of_product()?;
    let below = call.location("/data-products");
    let print = move |enabled: &EnabledSkill| {
        let EnabledSkill { product, version, pinned, is_new } = enabled;
        let data = json!({"skill": printed(version, *pinned)});
        let reply = match is_new {
            true => Reply::created(data, format!("{below}/{}/skills/{id}", product.id())),
            false => Reply::ok(data),
        };
        reply.etag(product::version(product)).warn(warnings.iter().cloned())
    };
    key.answer(&call, print, |stored| used::enable(&door.products, &request, id, pinned, stored)).await
}

/// `DELETE skills/{id}`: the product no longer uses it; the skill stays.
pub async fn disable(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    used::disable(&door.products, &call.of_product()?, id).await?;
    Ok(Reply::deleted(id))
}
