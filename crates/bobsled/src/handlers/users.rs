//! The users of a product: who has which role, and the edit of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_edge::timestamp;
use emporion_products::failure::Failure;
use emporion_products::page::PageRequest;
use emporion_products::refs;
use emporion_products::users::list::{self, ProductUser};
use emporion_products::users::operation::Role;
use emporion_products::users::update::{self, Updated};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::products::product;
use crate::user_list;

/// `GET users`: admins first, then editors, then viewers, each by name.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let (found, role_masks) = list::list(&door.products, &call.of_product()?, &page).await?;
    let mut data = json!({"users": printed(&found.items), "count": found.items.len()});
    with_role_masks(&mut data, &role_masks);
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `PATCH users`, in either form: all of it or nothing.
pub async fn update(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let wanted = user_list::parse(call.body()?, call.is_strict())?;
    let updated =
        update::update(&door.products, &call.of_product()?, wanted.operations, wanted.role_masks, guard).await?;
    let Updated { product, users, role_masks, warnings } = updated;
    let mut data = json!({"count": users.len(), "users": printed(&users)});
    with_role_masks(&mut data, &role_masks);
    Ok(Reply::ok(data).etag(product::version(&product)).warn(wanted.warnings).warn(warnings))
}

/// Everybody with a role on a product, printed.
pub async fn all(reading: &Reading<'_>, product: RecordId) -> Result<Vec<Value>, Failure> {
    let target = refs::product_id(reading.catalog(), product);
    let view = reading.get(&target, States::Alive, &list::depth()).await?;
    Ok(printed(&list::all(reading, &view).await?))
}

/// Where anything is masked from everybody with a role, and the reader may know.
fn with_role_masks(data: &mut Value, role_masks: &BTreeMap<Role, Value>) {
    let roles = role_masks.iter().map(|(role, masks)| (role.word().to_owned(), masks.clone()));
    let roles: Map<String, Value> = roles.collect();
    if !roles.is_empty() {
        data["roleMasks"] = roles.into();
    }
}

fn printed(users: &[ProductUser]) -> Vec<Value> {
    users.iter().map(print).collect()
}

fn print(user: &ProductUser) -> Value {
    let mut printed = json!({
        "userId": user.id.to_string(),
        "email": user.email,
        "name": user.name,
        "role": user.role.word(),
        "addedAt": user.added_ms.map(timestamp::print),
        "addedBy": user.added_by,
    });
    for (member, term) in
        [("allowSql", &user.allow_sql), ("rowFilters", &user.row_filters), ("columnMasks", &user.column_masks)]
    {
        if let Some(value) = term {
            printed[member] = value.clone();
        }
    }
    if user.follows {
        printed["rowFiltersFollow"] = true.into();
    }
    printed
}
