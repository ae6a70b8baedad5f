//! The verbs that all parts share.

use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_catalog::text;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::page::{PageRequest, Position, SortKey};
use emporion_products::parts::change::{self, Content, Stored, Writing};
use emporion_products::parts::examination::{Examined, Written};
use emporion_products::parts::item::{self, Item, Shown};
use emporion_products::parts::members;
use emporion_products::parts::part::{Advice, Part, Wanted};
use emporion_products::parts::spec::{Fields, Life, Spec};
use emporion_products::read_context::{Later, ReadContext};
use emporion_products::subject::EditableProduct;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::parts::paths;
use crate::subject;

/// `GET` of the collection.
pub async fn list(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let state = call.content_state();
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let listing = subject::listing(&call, &view, part.spec().many);
    let after = listing.after_millis(&door.cursor_keys, &page)?;
    let items = item::of_product(part.spec(), &reading, &view).await?;
    let lead = part.lead(&items);
    let wanted = call.text("search").map(|text| text::fold(text).into_owned()).filter(|text| !text.is_empty());
    let shown: Vec<Shown<'_>> = items
        .iter()
        .filter(|item| item.is_shown(state))
        .map(|item| Shown { item, product: view.id(), state, leads: lead == Some(item.id), annotation: None })
        .filter(|shown| wanted.as_deref().is_none_or(|wanted| contains(part.spec(), shown.fields(), wanted)))
        .collect();
    let total = shown.len();
    let key = |shown: &Shown<'_>| (shown.item.created_ms(), shown.item.id);
    let rest = shown.into_iter().filter(|shown| after.is_none_or(|after| key(shown) > after));
    let position = |shown: &Shown<'_>| Position { key: SortKey::Millis(key(shown).0), id: shown.item.id };
    let (mut shown, pagination) = listing.cut(&door.cursor_keys, &page, rest, position);
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let contents = shown.iter().map(|shown| (shown.item.id, shown.fields())).collect();
    let annotations = part.annotate(&cx, contents).await?;
    for shown in &mut shown {
        shown.annotation = annotations.get(&shown.item.id);
    }
    let printed: Vec<Value> = shown.iter().map(|shown| members::line(part, shown)).collect();
    let mut data = json!({"count": printed.len()});
    data[part.spec().many] = printed.into();
    if page.include_total {
        data["totalCount"] = total.into();
    }
    for (name, value) in part.more(&cx, &items).await? {
        data[name] = value;
    }
    Ok(Reply::ok(data).page(pagination))
}

/// Everything that the caller may see of a part, printed.
pub async fn all(part: &dyn Part, cx: &ReadContext<'_>) -> Result<Vec<Value>, Failure> {
    let items = item::of_product(part.spec(), cx.reading, cx.product).await?;
    let lead = part.lead(&items);
    let annotations = part.annotate(cx, items.iter().map(|item| (item.id, item.fields())).collect()).await?;
    let print = |item: &Item| {
        let (leads, annotation) = (lead == Some(item.id), annotations.get(&item.id));
        members::line(part, &Shown { item, product: cx.product_id(), state: ContentState::Drafted, leads, annotation })
    };
    Ok(items.iter().map(print).collect())
}

/// `GET` of one.
pub async fn get(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let item = item::find(part.spec(), &reading, &view, id).await?;
    let items = item::of_product(part.spec(), &reading, &view).await?;
    let leads = part.lead(&items) == Some(id);
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let annotations = part.annotate(&cx, vec![(id, item.fields())]).await?;
    let annotation = annotations.get(&id);
    let shown = Shown { item: &item, product: view.id(), state: ContentState::Drafted, leads, annotation };
    Ok(Reply::ok(json!({part.spec().one: members::print(part, &shown)})).tag(&item.tag()))
}

/// `POST` on the collection.
pub async fn create(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    write(part, door, call, None).await
}

/// `POST` on one: another content.
pub async fn revise(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    write(part, door, call, Some(id)).await
}

fn nothing_to_add<'a>(_: &'a ReadContext<'a>, _: &'a Written<'a>) -> Later<'a, Examined> {
    Box::pin(async { Ok(Examined::default()) })
}

async fn write(part: &'static dyn Part, door: Arc<Door>, call: Call, target: Option<Uuid>) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(part.spec())))?;
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| part.check_body(body, broken);
    let Checked { body, mut warnings } =
        fields::check_all(part.spec().create, &[part.spec().object], body, call.is_strict(), &check_body)?;
    let mut fields = members::read(part.spec(), door.products.catalog.kind(part.spec().kind), &body);
    let product = subject::editable(&door, &call).await?;
    let prepare = async {
        let is_live = part.spec().life == Life::AtOnce || asks_to_deploy(&body);
        let (products, caller) = (&door.products, &call.caller);
        let wanted = Wanted { products, caller, product: product.seen(), fields: &fields, is_live };
        let Advice { fields: told, annotation, warnings: more } = part.consult(&wanted).await?;
        fields.extend(told);
        warnings.extend(more);
        Ok(Writing {
            target,
            body,
            warnings,
            is_live,
            content: Box::new(move |_| Ok(Content { fields: fields.clone(), examine: Box::new(nothing_to_add) })),
            annotation,
            answer: Arc::new(|shown| json!({part.spec().one: members::print(part, shown)})),
            condition: call.if_match()?,
        })
    };
    store(part, &door, &call, product, key, prepare, target.is_none().then(String::new)).await
}

/// `isDeployed` of a body.
pub fn asks_to_deploy(body: &Map<String, Value>) -> bool {
    body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false)
}

/// Stores one item of a product that the caller may change. `made`: something was made, and stands there below the item.
pub async fn store(
    part: &'static dyn Part,
    door: &Door,
    call: &Call,
    product: EditableProduct,
    key: Key,
    prepare: impl Future<Output = Result<Writing, Failure>>,
    made: Option<String>,
) -> Result<Reply, Failure> {
    let account = call.location("");
    let print = move |stored: &Stored| {
        let Stored { product, id, data, tag, warnings } = stored;
        let reply = match &made {
            None => Reply::ok(data.clone()),
            Some(below) => {
                let folder = paths::of(part.spec()).folder;
                Reply::created(data.clone(), format!("{account}/data-products/{product}/{folder}/{id}{below}"))
            }
        };
        reply.tag(tag).warn(warnings.iter().cloned())
    };
    let (products, caller) = (&door.products, &call.caller);
    key.answer(call, print, |stored| change::write(part, products, caller, product, prepare, stored)).await
}

/// `DELETE` of one: at once, or, where a part is staged, of what is live with the next deploy.
pub async fn delete(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    let condition = call.if_match()?;
    let product = subject::editable(&door, &call).await?;
    let is_marked = change::delete(part, &door.products, &call.caller, product, id, condition.as_ref()).await?;
    let mut data = json!({"id": id.to_string(), "deleted": true});
    if is_marked {
        data["pendingDelete"] = true.into();
    }
    Ok(Reply::ok(data))
}

/// Errors: 404 for text that is no id.
pub fn id_of(spec: &Spec, call: &Call) -> Result<Uuid, Failure> {
    let text = call.request.param(paths::of(spec).label);
    emporion_products::ids::parse_uuid(text).ok_or_else(|| item::missing(spec, text))
}

fn contains(spec: &Spec, fields: &Fields, wanted: &str) -> bool {
    let texts = spec.search.iter().filter_map(|field| fields.get(*field)?.as_str());
    texts.into_iter().any(|text| text::fold(text).contains(wanted))
}
