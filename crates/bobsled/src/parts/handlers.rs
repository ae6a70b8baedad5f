//! The verbs that all parts share.

use std::sync::Arc;

use emporion_edge::etag::IfMatch;
use emporion_products::failure::Failure;
use emporion_products::fields::Checked;
use emporion_products::page::PageRequest;
use emporion_products::parts::change::{self, Stored};
use emporion_products::parts::item::{self, SeenItem};
use emporion_products::parts::members;
use emporion_products::parts::part::Part;
use emporion_products::parts::read::{self, PartList};
use emporion_products::parts::spec::Spec;
use emporion_products::warning::Warning;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::parts::paths;

/// `GET` of the collection.
pub async fn list(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let wanted = (call.content_state(), call.text("search"));
    let PartList { page: found, more } = read::list(part, &door.products, &call.of_product()?, wanted, &page).await?;
    let printed: Vec<Value> = found.items.iter().map(|seen| members::line(part, seen)).collect();
    let mut data = json!({"count": printed.len()});
    data[part.spec().many] = printed.into();
    if page.include_total {
        data["totalCount"] = found.total.into();
    }
    for (name, value) in more {
        data[name] = value;
    }
    Ok(Reply::ok(data).page(found.pagination))
}

/// `GET` of one.
pub async fn get(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    let seen = read::find(part, &door.products, &call.of_product()?, id).await?;
    Ok(Reply::ok(json!({part.spec().one: members::print(part, &seen)})).tag(&seen.item.tag()))
}

/// `POST` on the collection.
pub async fn create(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let condition = call.if_match()?;
    write(part, door, call, None, condition).await
}

/// `POST` on one: another content.
pub async fn revise(
    part: &'static dyn Part,
    door: Arc<Door>,
    call: Call,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    write(part, door, call, Some(id), condition).await
}

async fn write(
    part: &'static dyn Part,
    door: Arc<Door>,
    call: Call,
    target: Option<Uuid>,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(part.spec())))?;
    let Checked { body, warnings } = change::checked(part, body, call.is_strict())?;
    let request = call.of_product()?;
    let made = target.is_none().then(String::new);
    let print = printed(part, &call, made, warnings, |shown| json!({part.spec().one: members::print(part, shown)}));
    let submit = |stored| change::submit(part, &door.products, &request, target, body, condition, stored);
    key.answer(&call, print, submit).await
}

/// How an item that was written is answered. `made`: something was made, and stands there below the item; `warnings`: of
/// the request.
pub fn printed<S: Fn(&SeenItem) -> Value + Send + Sync + 'static>(
    part: &'static dyn Part,
    call: &Call,
    made: Option<String>,
    warnings: Vec<Warning>,
    show: S,
) -> impl Fn(&Stored) -> Reply + Send + Sync + use<S> {
    let account = call.location("");
    move |stored: &Stored| {
        let SeenItem { item, product, .. } = &stored.item;
        let mut data = show(&stored.item);
        for (name, value) in &stored.more {
            data[name] = value.clone();
        }
        let reply = match &made {
            None => Reply::ok(data),
            Some(below) => {
                let folder = paths::of(part.spec()).folder;
                Reply::created(data, format!("{account}/data-products/{product}/{folder}/{}{below}", item.id))
            }
        };
        reply.tag(&item.tag()).warn(warnings.iter().chain(&stored.warnings).cloned())
    }
}

/// `DELETE` of one: at once, or, where a part is staged, of what is live with the next deploy.
pub async fn delete(
    part: &'static dyn Part,
    door: Arc<Door>,
    call: Call,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    let is_marked = change::delete(part, &door.products, &call.of_product()?, id, condition.as_ref()).await?;
    let mut data = json!({"id": id.to_string(), "deleted": true});
    if is_marked {
        data["pendingDelete"] = true.into();
    }
    Ok(Reply::ok(data))
}

/// Errors: 404 for text that is no id.
pub fn id_of(spec: &Spec, call: &Call) -> Result<Uuid, Failure> {
    item::id_of(spec, call.request.param(paths::of(spec).label))
}
