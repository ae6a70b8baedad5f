//! Products: list, read, change, delete.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Edit, Guard, How, NameDemand, Outcome};
use emporion_catalog::finder::Condition;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Page;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::{Problem, relation, text};
use emporion_products::content_state::ContentState;
use emporion_products::data_sources::sources;
use emporion_products::decision::{self, Decision};
use emporion_products::details::{self, Details};
use emporion_products::failure::{Code, Failure};
use emporion_products::message::Message;
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::spec::COMPOSITE;
use emporion_products::parts::compositions::{graph, stale};
use emporion_products::parts::part::Part;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::patch::Patch;
use emporion_products::read_context::ReadContext;
use emporion_products::refusal::Refusal;
use emporion_products::{refs, rights, settings};
use serde_json::{Map, Value, json};

use super::{data_assets, users};
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::page::{Listing, PageRequest};
use crate::parts::handlers;
use crate::product_input::{ProductPatch, includes};
use crate::products::product;
use crate::{guard, http_failures, subject};

/// `GET data-products`: what the caller may see, oldest first.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (catalog, caller) = (&door.products.catalog, &call.caller);
    let page = PageRequest::of(&call.query);
    let listing = Listing::of(&caller.account().to_string(), "dataProducts", &call.query);
    let mut query = ListQuery {
        name: call.text("name").map(str::to_owned),
        ids: call.text("ids").map(|ids| ids.split(',').filter_map(|id| id.parse().ok()).collect()),
        containing: text::folded_words(call.text("search").unwrap_or_default()),
        ..ListQuery::of(caller.account(), catalog.kind("data_product"))
    };
    query = listing.query(&door.cursor_keys, &page, query)?;
    if let Some(wanted) = call.text("dataProductType") {
        query.fields.push((COMPOSITE, (wanted == "composite").into()));
    }
    let wanted = Condition::holding(call.text("search").unwrap_or_default());
    if wanted != Condition::Everything {
        catalog.until_found().await?;
    }
    let reading = catalog.reading(caller).await?;
    let narrowed = reading.narrowed(&[query.kind], &wanted).await?;
    let found = match narrowed.of(query) {
        Some(query) => reading.list(query, &product::depth()).await?,
        None => Page { views: Vec::new(), total: 0, total_is_exact: true, more: false },
    };
    let read = details::of_products(&reading, &found.views).await?;
    let printed: Vec<Value> = found
        .views
        .iter()
        .map(|view| product::print(view, read.get(&view.id()).unwrap_or(&Details::default())).into())
        .collect();
    let data = json!({"dataProducts": printed, "count": found.views.len()});
    Ok(page.reply(data, found.total, listing.pagination_after(&door.cursor_keys, &page, &found)))
}

/// `GET data-products/{id}`: the product itself, flat unless `wrap` is asked for.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let includes = includes(&call.query)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &product::depth()).await?;
    let mut printed = printed(&reading, &view).await?;
    for word in includes {
        match word {
            "dataAssets" => {
                let assets = data_assets::all(&reading, view.id()).await?;
                printed.insert("dataAssets".to_owned(), assets.into());
            }
            "compositions" | "semanticModels" => {
                let part: &dyn Part = if word == "compositions" { &Compositions } else { &SemanticModels };
                let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
                printed.insert(word.to_owned(), handlers::all(part, &cx).await?.into());
            }
            "users" => {
                let users = users::all(&reading, view.id()).await?;
                printed.insert("users".to_owned(), users.into());
            }
            _ => {}
        }
    }
    let data = if call.flag("wrap") { json!({"dataProduct": printed}) } else { printed.into() };
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let warnings = stale::warnings(&cx, &view, ContentState::Drafted).await?;
    Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings))
}

/// `PATCH data-products/{id}`: a merge patch of the settings.
pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let mut patch = ProductPatch::parse(call.body()?, call.is_strict())?;
    let guard = guard::guard(call.if_match()?.as_ref());
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &product::depth()).await?;
    allow(&reading, &view, &patch).await?;
    guard::check(&guard, &view.record)?;
    if !patch.not_taken.is_empty() {
        patch.not_taken.warn(&printed(&reading, &view).await?, &mut patch.warnings)?;
    }
    let service = match patch.data_source {
        Some(key) => {
            let wanted = sources::resolve(&reading, key).await?.id;
            // What is shown may follow from the tables alone; sent back, it changes nothing.
            let present = reading.source_of(&view).await?.map(|record| record.id);
            (present != Some(wanted)).then_some(wanted)
        }
        None => None,
    };
    drop(reading);
    let rules = DoorRules { names_free: vec![NameDemand::FoldedInAccount], may_rename: true, ..DoorRules::default() };
    let warnings = patch.warnings.clone();
    let refusal = Refusal::default();
    let command = Command::Change {
        target: refs::product_id(catalog, view.id()),
        guard,
        edit: edit(door.clone(), patch, service, refusal.clone()),
        rules,
    };
    let outcome = catalog.execute(&call.caller, &command).await.map_err(|problem| refusal.failure(problem))?;
    let reading = catalog.reading(&call.caller).await?;
    let printed = printed(&reading, &outcome.view).await?;
    Ok(Reply::ok(printed.into()).etag(product::version(&outcome.view)).warn(warnings))
}

/// `DELETE data-products/{id}`: soft, and the name is free at once. Not while others are composed of it, unless forced.
pub async fn delete(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    const USES: &[relation::Relation] = &[relation::COMPOSED_OF];
    let guard = guard::guard(call.if_match()?.as_ref());
    let target = refs::product(&door.products.catalog, &call.product()?);
    let is_forced = call.flag("force");
    let refuse_if_used = if is_forced { &[] } else { USES };
    // Its drafts go with it.
    let how = Deletion { recursive: true, refuse_if_used, ..Deletion::SOFT };
    let command = Command::Delete { target, guard: guard.clone(), how };
    let deleted = match is_forced {
        true => door.products.catalog.execute(&call.caller, &command).await?,
        // No composition comes between the look for drafts and the deletion.
        false => decision::until_it_stands(|made| delete_unused(&door, &call, &guard, &command, made)).await?,
    };
    Ok(Reply::deleted(deleted.view.id()))
}

/// Errors: 409 that names those which are composed of it, or would be.
async fn delete_unused(
    door: &Door,
    call: &Call,
    guard: &Guard,
    command: &Command,
    decision: Decision,
) -> Result<Outcome, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(door, call, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::Delete, &view.record).await?;
    guard::check(guard, &view.record)?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    if !graph::drafting(&cx).await?.is_empty() {
        return Err(http_failures::in_use(graph::users(&cx).await?));
    }
    drop(reading);
    match decision.execute(&door.products, &call.caller, command).await {
        Err(Problem::InUse { kind: "data_product", .. }) => {
            let reading = door.products.catalog.reading(&call.caller).await?;
            let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
            Err(http_failures::in_use(graph::users(&cx).await?))
        }
        done => Ok(done?),
    }
}

async fn printed(reading: &Reading<'_>, view: &View) -> Result<Map<String, Value>, Failure> {
    let details = details::of_product(reading, view).await?;
    Ok(product::print(view, &details))
}

/// Errors: 403 unless the caller may change every member that the patch names. A client that is refused a change
/// should be refused it also when it happens to be none.
async fn allow(reading: &Reading<'_>, view: &View, patch: &ProductPatch) -> Result<(), Failure> {
    let web_search = view.field("web_search_enabled").and_then(Value::as_bool).unwrap_or(settings::WEB_SEARCH_DEFAULT);
    let named = [
        (!patch.description.is_keep(), Action::EditDescription),
        (
            patch.name.is_some()
                || patch.data_source.is_some()
                || patch.external_id.is_some()
                || patch.web_search.is_some()
                || patch.skills.is_some()
                || patch.llm.is_some(),
            Action::EditAll,
        ),
        // Whether questions may leave the house is for admins to say; sending back what was read says nothing.
        (patch.web_search.is_some_and(|wanted| wanted != web_search), Action::EditUsers),
        (patch.llm == Some(true) && !settings::may_ask_llm(view), Action::EditUsers),
    ];
    let mut is_any = false;
    for (_, action) in named.into_iter().filter(|(is_named, _)| *is_named) {
        is_any = true;
        rights::require(reading, action, &view.record).await?;
    }
    if !is_any {
        rights::require(reading, Action::EditDescription, &view.record).await?;
    }
    Ok(())
}

fn edit(door: Arc<Door>, patch: ProductPatch, service: Option<RecordId>, refusal: Refusal) -> Edit {
    Arc::new(move |view| {
        let present = |member: &str| if member == "name" { Some(view.record.name.as_str()) } else { view.text(member) };
        patch.bounds.hold(present).map_err(|failure| refusal.say(failure))?;
        let mut draft = Draft { name: patch.name.clone(), ..Draft::default() };
        match &patch.description {
            Patch::Keep => {}
            Patch::Clear => draft.set("description", Value::Null),
            Patch::Set(text) => draft.set("description", text.as_str()),
        }
        settings::set_switch(&mut draft, "web_search_enabled", patch.web_search, settings::WEB_SEARCH_DEFAULT);
        settings::set_switch(&mut draft, "skills_enabled", patch.skills, settings::SKILLS_DEFAULT);
        settings::set_switch(&mut draft, "llm_enabled", patch.llm, settings::LLM_DEFAULT);
        if let Some(service) = service {
            if view.targets(relation::HAS_ASSET).any(|(_, card)| card.kind.is("table")) {
                let message = "the data source can only be changed while no data asset of the {product} is deployed";
                return Err(refusal.say(Failure::new(Code::CONFLICT, Message::from(message))));
            }
            let target = sources::target(&door.products.catalog, service);
            draft.relate(relation::SERVED_BY, How::Replace, "/dataSourceId", vec![target]);
        }
        if let Some(external_id) = &patch.external_id {
            draft.aliases.push((EXTERNAL_PRODUCT.name, external_id.clone()));
        }
        Ok(draft)
    })
}
