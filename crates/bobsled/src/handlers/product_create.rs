//! `POST data-products`: a product with its first data assets, all or nothing.

use std::sync::Arc;

use emporion_products::assets::print::{OWNER, Showing, Shown};
use emporion_products::assets::product_assets::Item;
use emporion_products::content_state::ContentState;
use emporion_products::create::{self, CreatedProduct};
use emporion_products::failure::Failure;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, MakesRecord};
use crate::mount::Mount;
use crate::product_input::ProductCreate;
use crate::products::product;

const MAKES: MakesRecord =
    MakesRecord { shown: "dataProduct", id: "id", version: Some("version"), folder: "data-products" };

pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of_record(&call, &body, MAKES, &door.products)?;
    let ProductCreate { draft, warnings } = ProductCreate::parse(body, call.is_strict())?;
    let (below, mount) = (call.location("/data-products"), call.exchange.mount);
    let print = move |created: &CreatedProduct| {
        let reply = printed(created, mount).located(format!("{below}/{}", created.product.id()));
        reply.warn(warnings.iter().cloned()).warn(created.warnings.iter().cloned())
    };
    let (products, caller) = (&door.products, &call.caller);
    key.answer(&call, print, |stored| create::create(products, caller, &draft, stored)).await
}

fn printed(created: &CreatedProduct, mount: Mount) -> Reply {
    let CreatedProduct { product: view, details, assets, tables, .. } = created;
    let since_ms = view.record.created.at.0;
    let showing =
        Showing { product: view.id(), state: ContentState::Drafted, tables, since_ms, owner: mount.key(OWNER) };
    let product = mount.to_wire(product::print(view, details).into());
    let data = Printed { shown: mount.key("dataProduct"), product, items: &assets.items, showing };
    let data = serde_json::to_string(&data).expect("its keys are texts");
    Reply::printed(201, data).etag(product::version(view))
}

/// `data` of the answer.
struct Printed<'a> {
    /// The name of the member with the product.
    shown: &'static str,
    product: Value,
    items: &'a [Item],
    showing: Showing<'a>,
}

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let assets: Vec<Shown<'_>> = self.items.iter().map(|item| Shown { item, showing: self.showing }).collect();
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry(self.shown, &self.product)?;
        members.serialize_entry("dataAssets", &assets)?;
        members.end()
    }
}
