//! Changes of parts: one item of a product is written or taken away.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Draft, Guard, Outcome};
use emporion_catalog::reading::{Seen, SeenId};
use emporion_edge::etag::IfMatch;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::examination::{Examine, Examined, Written};
use super::item::{self, Item, SeenItem};
use super::part::{Advice, LiveChange, Maker, Part, Wanted};
use super::spec::{Fields, Life};
use super::{members, unique, writes};
use crate::decision::{self, Decision};
use crate::failure::{Code, Failure};
use crate::fields::{self, Checked};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::message::Message;
use crate::read_context::{Later, ReadContext};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;
use crate::warning::Warning;
use crate::{commands, refs};

/// A write of one item.
pub struct Writing {
    /// `None`: a new one.
    pub target: Option<Uuid>,
    /// What the client says, in its words.
    pub body: Map<String, Value>,
    pub warnings: Vec<Warning>,
    pub is_live: bool,
    /// What is to be stored, from what the caller sees of the target.
    pub content: Compose,
    pub annotation: Option<Value>,
    /// The state that the item has to be in.
    pub condition: Option<IfMatch>,
}

impl Writing {
    /// A draft of this content.
    pub fn of(target: Option<Uuid>, content: Compose) -> Writing {
        let (body, warnings) = (Map::new(), Vec::new());
        Writing { target, body, warnings, is_live: false, content, annotation: None, condition: None }
    }
}

/// Makes content of what there is; of nothing where the item is new.
pub type Compose = Box<dyn Fn(Option<&Fields>) -> Result<Content, Failure> + Send + Sync>;

/// What is to be stored.
pub struct Content {
    pub fields: Fields,
    pub examine: Examine,
}

/// An item that was written.
#[derive(Debug, Clone)]
pub struct Stored {
    pub item: SeenItem,
    /// Members of the answer beside it.
    pub more: Map<String, Value>,
    pub warnings: Vec<Warning>,
}

/// Checks the body of a request that stores an item.
///
/// Errors: 400 and 422 for one that breaks the rules of the part.
pub fn checked(part: &dyn Part, body: Value, strict: bool) -> Result<Checked, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| part.check_body(body, broken);
    fields::check_all(part.spec().create, &[part.spec().object], body, strict, &check_body)
}

/// `isDeployed` of a body.
pub fn asks_to_deploy(body: &Map<String, Value>) -> bool {
    body.get("isDeployed").and_then(Value::as_bool).unwrap_or(false)
}

/// Stores what a checked body says, as a new item or as another content of one.
///
/// Errors: 403, 404; what others than the catalogue have to say against it; those of [`write`].
pub async fn submit(
    part: &'static dyn Part,
    products: &Products,
    request: &ProductRequest,
    target: Option<Uuid>,
    body: Map<String, Value>,
    condition: Option<IfMatch>,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let prepare = |product| async move {
        let mut fields = members::read(part.spec(), products.catalog.kind(part.spec().kind), &body);
        let is_live = part.spec().life == Life::AtOnce || asks_to_deploy(&body);
        let wanted = Wanted { products, caller: &request.caller, product, fields: &fields, is_live };
        let Advice { fields: reported, annotation, warnings } = part.consult(&wanted).await?;
        fields.extend(reported);
        let content: Compose =
            Box::new(move |_| Ok(Content { fields: fields.clone(), examine: Box::new(nothing_to_add) }));
        Ok(Writing { target, body, warnings, is_live, content, annotation, condition })
    };
    write(part, products, request, prepare, stored).await
}

fn nothing_to_add<'a>(_: &'a ReadContext<'a>, _: &'a Written<'a>) -> Later<'a, Examined> {
    Box::pin(async { Ok(Examined::default()) })
}

/// Stores one item of a product that the caller may change, once for the key where the request has one; with a
/// condition, only in the state that it names. `prepare` makes what is to be written, where nothing was written under
/// the key before.
///
/// Errors: 403, 404; those of `prepare`; 404 for a target that is not there, 412 where the condition does not hold, 409 and 422
/// for content that cannot be stored.
pub async fn write<F: Future<Output = Result<Writing, Failure>>>(
    part: &'static dyn Part,
    products: &Products,
    request: &ProductRequest,
    prepare: impl FnOnce(SeenId) -> F,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let caller = &request.caller;
    let product = subject::editable(products, request).await?.seen();
    idempotency::once(&products.catalog, caller, stored.as_ref(), async {
        let writing = prepare(product).await?;
        let _turn = products.turn(product.record_id()).await;
        let decide = |decision| decide(part, products, caller, product, &writing, stored.clone(), decision);
        decision::until_it_stands(decide).await
    })
    .await
}

async fn decide(
    part: &'static dyn Part,
    products: &Products,
    caller: &Caller,
    product: SeenId,
    writing: &Writing,
    stored: Option<StoredAnswer<Stored>>,
    decision: Decision,
) -> Result<Idempotent<Stored>, Failure> {
    let Writing { target, body, warnings, is_live, content, annotation, condition } = writing;
    let (target, is_live) = (*target, *is_live);
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
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
    let user = caller.principal.user;
    part.complete(&mut fields, &Maker { body, user, now_ms: catalog.now().0, before, next });
    let cx = ReadContext { products, reading: &reading, product };
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
    let settings =
        if is_live { part.settings(&cx, LiveChange::Written(item.id, &fields)).await? } else { Fields::new() };
    drop(reading);
    let product = product.record_id();
    let mut commands = Vec::new();
    if !settings.is_empty() {
        let draft = Draft { fields: settings, ..Draft::default() };
        commands.push(commands::change(refs::product_id(catalog, product), Guard::None, draft));
    }
    commands.extend(writes::stored(part.spec(), catalog, product, &item, &fields, is_live));
    commands.extend(beside_it);
    let warnings = warnings.clone();
    let show = move |item: Item| {
        // Where one of all counts, the newest does: those before it need not be asked.
        let leads = part.lead(std::slice::from_ref(&item)) == Some(item.id);
        let item = SeenItem { leads, annotation: annotation.clone(), ..SeenItem::drafted(product, item) };
        Stored { item, more: more.clone(), warnings: warnings.clone() }
    };
    if commands.is_empty() {
        return Ok(Idempotent::Fresh(show(item)));
    }
    let command = commands::together(commands);
    let make = move |outcome: &Outcome| show(item.clone().after(part.spec(), outcome));
    decision.commit(products, caller, &command, stored, make).await
}

/// Takes an item away: at once, or, where a part is staged, what is live with the next deploy. Answers whether it goes
/// with that only.
///
/// Errors: 403, 404, and 412 where the condition does not hold.
pub async fn delete(
    part: &'static dyn Part,
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    condition: Option<&IfMatch>,
) -> Result<bool, Failure> {
    let product = subject::editable(products, request).await?.seen();
    let _turn = products.turn(product.record_id()).await;
    let decide = |decision| decide_to_delete(part, products, &request.caller, product, id, condition, decision);
    decision::until_it_stands(decide).await
}

async fn decide_to_delete(
    part: &'static dyn Part,
    products: &Products,
    caller: &Caller,
    product: SeenId,
    id: Uuid,
    condition: Option<&IfMatch>,
    decision: Decision,
) -> Result<bool, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    let item = item::find(part.spec(), &reading, product, id).await?;
    check_tag(condition, &item)?;
    let is_marked = part.spec().life == Life::Staged && item.live.is_some();
    let mut commands: Vec<Command> = match part.spec().life {
        Life::Staged => writes::marked(part.spec(), catalog, product.record_id(), &item),
        _ => writes::removed(part.spec(), catalog, &item),
    };
    if let Some(setting) = part.spec().setting
        && !is_marked
        && item::of_product(part.spec(), &reading, product).await?.len() == 1
    {
        commands.push(writes::setting(catalog, product.record_id(), setting, false));
    }
    drop(reading);
    if !commands.is_empty() {
        decision.execute(products, caller, &commands::together(commands)).await?;
    }
    Ok(is_marked)
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
