//! The verbs that all parts share.

use std::sync::Arc;

use emporion_catalog::command::Command;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::{Seen, SeenId};
use emporion_catalog::text;
use emporion_edge::etag::IfMatch;
use emporion_products::assets::aspect::Aspect;
use emporion_products::commands;
use emporion_products::failure::{Code, Failure};
use emporion_products::message::Message;
use emporion_products::parts::item;
use emporion_products::parts::item::{Item, Shown};
use emporion_products::parts::part::{Advice, Maker, Part, Wanted};
use emporion_products::parts::spec::{Fields, Life, Spec};
use emporion_products::parts::{unique, wire, writes};
use emporion_products::read_context::{Later, ReadContext};
use emporion_products::warning::Warning;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::commit::{self, Key, Makes};
use crate::door::Door;
use crate::envelope::Reply;
use crate::http_failures;
use crate::page::{PageRequest, Position, SortKey};
use crate::subject;
use emporion_products::decision::{self, Decision};
use emporion_products::fields::{self, Checked};
use emporion_products::parts::examination::{Examine, Examined, Written};

/// `GET` of the collection.
pub async fn list(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let aspect = Aspect::of(call.query.get("isDeployed").and_then(Value::as_bool));
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let listing = subject::listing(&call, &view, part.spec().many);
    let after = match &page.cursor {
        None => None,
        Some(cursor) => match listing.open(&door.cursor_keys, cursor)? {
            Position { key: SortKey::Millis(millis), id } => Some((millis, id)),
            Position { key: SortKey::Text(_), .. } => return Err(http_failures::invalid_cursor()),
        },
    };
    let items = item::of_product(part.spec(), &reading, &view).await?;
    let lead = part.lead(&items);
    let wanted = call.text("search").map(|text| text::fold(text).into_owned()).filter(|text| !text.is_empty());
    let shown: Vec<Shown<'_>> = items
        .iter()
        .filter(|item| item.is_shown(aspect))
        .map(|item| Shown { item, product: view.id(), aspect, leads: lead == Some(item.id), annotation: None })
        .filter(|shown| wanted.as_deref().is_none_or(|wanted| contains(part.spec(), shown.fields(), wanted)))
        .collect();
    let total = shown.len();
    let key = |shown: &Shown<'_>| (shown.item.created_ms(), shown.item.id);
    let rest = shown.into_iter().filter(|shown| after.is_none_or(|after| key(shown) > after));
    let fetched: Vec<Shown<'_>> = rest.take(page.limit + 1).collect();
    let position = |shown: &Shown<'_>| Position { key: SortKey::Millis(key(shown).0), id: shown.item.id };
    let (mut shown, pagination) = listing.cut(&door.cursor_keys, &page, fetched, position);
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let contents = shown.iter().map(|shown| (shown.item.id, shown.fields())).collect();
    let annotations = part.annotate(&cx, contents).await?;
    for shown in &mut shown {
        shown.annotation = annotations.get(&shown.item.id);
    }
    let printed: Vec<Value> = shown.iter().map(|shown| wire::line(part, shown)).collect();
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
        wire::line(part, &Shown { item, product: cx.product_id(), aspect: Aspect::Drafted, leads, annotation })
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
    let shown = Shown { item: &item, product: view.id(), aspect: Aspect::Drafted, leads, annotation };
    Ok(Reply::ok(json!({part.spec().one: wire::print(part, &shown)})).tag(&item.tag()))
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

/// A write of one item on its way.
pub struct Writing {
    /// `None`: a new one.
    pub target: Option<Uuid>,
    pub body: Map<String, Value>,
    pub warnings: Vec<Warning>,
    pub is_live: bool,
    /// What is to be stored, from what the caller sees of the target.
    pub content: Compose,
    /// What printing needs besides the content, where that is known already.
    pub annotation: Option<Value>,
    /// `data` of the answer, but for what the examination adds.
    pub answer: Arc<dyn Fn(&Shown<'_>) -> Value + Send + Sync>,
    /// Something was made: where it stands below the item.
    pub made: Option<String>,
}

/// Makes content of what there is; of nothing where the item is new.
pub type Compose = Box<dyn Fn(Option<&Fields>) -> Result<Content, Failure> + Send + Sync>;

/// What is to be stored.
pub struct Content {
    pub fields: Fields,
    pub examine: Examine,
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
    let mut fields = wire::read(part.spec(), door.products.catalog.kind(part.spec().kind), &body);
    let product = match begin(&door, &call, key.as_ref()).await? {
        Begun::Replayed(reply) => return Ok(reply),
        Begun::Product(product) => product,
    };
    let is_live = part.spec().life == Life::AtOnce || asks_to_deploy(&body);
    let wanted = Wanted { products: &door.products, caller: &call.caller, product, fields: &fields, is_live };
    let Advice { fields: told, annotation, warnings: more } = part.consult(&wanted).await?;
    fields.extend(told);
    warnings.extend(more);
    let writing = Writing {
        target,
        body,
        warnings,
        is_live,
        content: Box::new(move |_| Ok(Content { fields: fields.clone(), examine: Box::new(nothing_to_add) })),
        annotation,
        answer: Arc::new(|shown| json!({part.spec().one: wire::print(part, shown)})),
        made: target.is_none().then(String::new),
    };
    store(part, &door, &call, product, key, writing).await
}

/// `isDeployed` of a body.
pub fn asks_to_deploy(body: &Map<String, Value>) -> bool {
    body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false)
}

/// How a write goes on once its form is known to be good.
pub enum Begun {
    Replayed(Reply),
    Product(SeenId),
}

/// The product, if the caller may change its parts and has not been answered already.
pub async fn begin(door: &Door, call: &Call, key: Option<&Key>) -> Result<Begun, Failure> {
    let product = subject::editable(door, call).await?;
    if let Some(key) = key
        && let Some(reply) = key.replay(door, call).await?
    {
        return Ok(Begun::Replayed(reply));
    }
    Ok(Begun::Product(product))
}

/// Stores one item of a product that the caller may change.
pub async fn store(
    part: &'static dyn Part,
    door: &Door,
    call: &Call,
    product: SeenId,
    key: Option<Key>,
    writing: Writing,
) -> Result<Reply, Failure> {
    let _turn = door.products.turn(product.record_id()).await;
    let decide = |decision| decide(part, door, call, product, key.clone(), &writing, decision);
    let stored = decision::until_it_stands(decide).await;
    commit::answer(door, call, key.as_ref(), stored).await
}

async fn decide(
    part: &'static dyn Part,
    door: &Door,
    call: &Call,
    product: SeenId,
    key: Option<Key>,
    writing: &Writing,
    decision: Decision,
) -> Result<Reply, Failure> {
    let Writing { target, body, warnings, is_live, content, annotation, answer, made } = writing;
    let (target, is_live) = (*target, *is_live);
    let condition = call.if_match()?;
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let newest = item::newest(part.spec(), &reading, product).await?;
    let item = match target {
        Some(id) => item::find(part.spec(), &reading, product, id).await?,
        None => Item::fresh(writes::id_after(newest.map(|(id, _)| id))),
    };
    if target.is_some() {
        check_tag(condition.as_ref(), &item)?;
    }
    let before = target.map(|_| item.fields());
    let Content { mut fields, examine } = content(before)?;
    let next = newest.map_or(0, |(_, number)| number) + 1;
    let user = call.caller.principal.user;
    part.complete(&mut fields, &Maker { body, user, now_ms: catalog.now().0, before, next });
    let cx = ReadContext { products: &door.products, reading: &reading, product };
    if is_live && let Some(clash) = unique::held(part.spec(), &cx, item.id, &fields).await? {
        return Err(Failure::taken(clash));
    }
    let written = Written { id: item.id, fields: &fields, before, is_live };
    let Examined { more, commands: beside_it, fields: besides } = examine(&cx, &written).await?;
    fields.extend(besides);
    let annotation = match annotation {
        Some(known) => Some(known.clone()),
        None => part.annotate(&cx, vec![(item.id, &fields)]).await?.remove(&item.id),
    };
    drop(reading);
    let product = product.record_id();
    let mut commands = if is_live {
        writes::live(part.spec(), catalog, product, &item, &fields)
    } else {
        writes::drafted(part.spec(), catalog, product, &item, &fields)
    };
    commands.extend(beside_it);
    let location = made
        .as_ref()
        .map(|below| call.location(&format!("/data-products/{product}/{}/{}{below}", part.spec().folder, item.id)));
    let (answer, warnings) = (answer.clone(), warnings.clone());
    let reply = move |item: &Item| {
        // Where one of all counts, the newest does: those before it need not be asked.
        let leads = part.lead(std::slice::from_ref(item)) == Some(item.id);
        let shown = Shown { item, product, aspect: Aspect::Drafted, leads, annotation: annotation.as_ref() };
        let mut data = answer(&shown);
        for (name, value) in &more {
            data[name] = value.clone();
        }
        let reply = match &location {
            None => Reply::ok(data),
            Some(location) => Reply::created(data, location.clone()),
        };
        reply.tag(&item.tag()).warn(warnings.iter().cloned())
    };
    if commands.is_empty() {
        return Ok(reply(&item));
    }
    let command = commands::together(commands);
    commit::decided(door, call, &decision, &command, key, move |outcome| {
        reply(&item.clone().after(part.spec(), outcome))
    })
    .await
}

/// `DELETE` of one: at once, or, where a part is staged, of what is live with the next deploy.
pub async fn delete(part: &'static dyn Part, door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = id_of(part.spec(), &call)?;
    let condition = call.if_match()?;
    let product = subject::editable(&door, &call).await?;
    let _turn = door.products.turn(product.record_id()).await;
    let decide = |decision| decide_to_delete(part, &door, &call, product, id, condition.as_ref(), decision);
    let is_marked = decision::until_it_stands(decide).await?;
    let mut data = json!({"id": id.to_string(), "deleted": true});
    if is_marked {
        data["pendingDelete"] = true.into();
    }
    Ok(Reply::ok(data))
}

/// Answers whether it goes with the next deploy only.
async fn decide_to_delete(
    part: &'static dyn Part,
    door: &Door,
    call: &Call,
    product: SeenId,
    id: Uuid,
    condition: Option<&IfMatch>,
    decision: Decision,
) -> Result<bool, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let item = item::find(part.spec(), &reading, product, id).await?;
    check_tag(condition, &item)?;
    let is_marked = part.spec().life == Life::Staged && item.live.is_some();
    let mut commands: Vec<Command> = match part.spec().life {
        Life::Staged => writes::marked(part.spec(), &door.products.catalog, product.record_id(), &item),
        _ => writes::removed(part.spec(), &door.products.catalog, &item),
    };
    if let Some(setting) = part.spec().setting
        && !is_marked
        && item::of_product(part.spec(), &reading, product).await?.len() == 1
    {
        commands.push(writes::setting(&door.products.catalog, product.record_id(), setting, false));
    }
    drop(reading);
    if !commands.is_empty() {
        decision.execute(&door.products, &call.caller, &commands::together(commands)).await?;
    }
    Ok(is_marked)
}

/// Errors: 404 for text that is no id.
pub fn id_of(spec: &Spec, call: &Call) -> Result<Uuid, Failure> {
    let text = call.request.param(spec.label);
    emporion_products::ids::parse_uuid(text).ok_or_else(|| item::missing(spec, text))
}

/// Errors: 412 when the request was made for another state of the item.
pub fn check_tag(condition: Option<&IfMatch>, item: &Item) -> Result<(), Failure> {
    let current = item.tag();
    match condition {
        Some(IfMatch::Tags(tags)) if !tags.iter().any(|tag| !tag.weak && tag.opaque == current) => {
            let message = Message::with("the current version is {}", [current.clone()]);
            Err(Failure::new(Code::VERSION_MISMATCH, message).detail("currentVersion", current))
        }
        _ => Ok(()),
    }
}

fn contains(spec: &Spec, fields: &Fields, wanted: &str) -> bool {
    let texts = spec.search.iter().filter_map(|field| fields.get(*field)?.as_str());
    texts.into_iter().any(|text| text::fold(text).contains(wanted))
}
