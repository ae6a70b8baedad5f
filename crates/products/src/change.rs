//! Changing what a product says of itself: its name, its description, its data source and its switches.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::command::{Command, DoorRules, Draft, Edit, Guard, How, NameDemand};
use emporion_catalog::id::RecordId;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::{Catalog, relation};
use serde_json::Value;

use crate::data_sources::sources::{self, DataSourceKey};
use crate::details::{self, Details};
use crate::failure::{Code, Failure};
use crate::fields::Bounds;
use crate::message::Message;
use crate::patch::Patch;
use crate::refusal::Refusal;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{read, refs, rights, settings, subject};

/// What a product shall say; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    pub name: Option<String>,
    pub description: Patch<String>,
    pub data_source: Option<DataSourceKey>,
    pub external_id: Option<String>,
    pub web_search: Option<bool>,
    pub skills: Option<bool>,
    pub llm: Option<bool>,
    /// Limits to hold against the record.
    pub bounds: Bounds,
}

/// Changes the product.
///
/// Errors: 403, 404; 409 for a name or an external id that is taken, and for another data source while assets are live;
/// 412 where the guard does not hold; 422 for a data source that is not there, and for texts over their limits.
pub async fn change(
    products: &Products,
    request: &ProductRequest,
    change: ProductChange,
    guard: Guard,
) -> Result<(View, Details), Failure> {
    let (catalog, caller) = (&products.catalog, &request.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(products, request, &reading, &read::depth()).await?;
    allow(&reading, &view, &change).await?;
    check_guard(&guard, &view.record)?;
    let service = match change.data_source {
        Some(key) => {
            let wanted = sources::resolve(&reading, key).await?.id;
            // What is shown may follow from the tables alone; sent back, it changes nothing.
            let present = reading.source_of(&view).await?.map(|record| record.id);
            (present != Some(wanted)).then_some(wanted)
        }
        None => None,
    };
    drop(reading);
    let refusal = Refusal::default();
    let command = Command::Change {
        target: refs::product_id(catalog, view.id()),
        guard,
        edit: edit(catalog.clone(), change, service, refusal.clone()),
        rules: DoorRules { names_free: vec![NameDemand::FoldedInAccount], may_rename: true, ..DoorRules::default() },
    };
    let outcome = catalog.execute(caller, &command).await.map_err(|problem| refusal.failure(problem))?;
    let reading = catalog.reading(caller).await?;
    let details = details::of_product(&reading, &outcome.view).await?;
    Ok((outcome.view, details))
}

/// Errors: 403 unless the caller may change every member that the change names. A client that is refused a change
/// should be refused it also when it happens to be none.
async fn allow(reading: &Reading<'_>, view: &View, change: &ProductChange) -> Result<(), Failure> {
    let web_search = view.field("web_search_enabled").and_then(Value::as_bool).unwrap_or(settings::WEB_SEARCH_DEFAULT);
    let named = [
        (!change.description.is_keep(), Action::EditDescription),
        (
            change.name.is_some()
                || change.data_source.is_some()
                || change.external_id.is_some()
                || change.web_search.is_some()
                || change.skills.is_some()
                || change.llm.is_some(),
            Action::EditAll,
        ),
        // Whether questions may leave the house is for admins to say; sending back what was read says nothing.
        (change.web_search.is_some_and(|wanted| wanted != web_search), Action::EditUsers),
        (change.llm == Some(true) && !settings::may_ask_llm(view), Action::EditUsers),
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

fn edit(catalog: Arc<Catalog>, change: ProductChange, service: Option<RecordId>, refusal: Refusal) -> Edit {
    Arc::new(move |view| {
        let present = |member: &str| if member == "name" { Some(view.record.name.as_str()) } else { view.text(member) };
        change.bounds.hold(present).map_err(|failure| refusal.say(failure))?;
        let mut draft = Draft { name: change.name.clone(), ..Draft::default() };
        match &change.description {
            Patch::Keep => {}
            Patch::Clear => draft.set("description", Value::Null),
            Patch::Set(text) => draft.set("description", text.as_str()),
        }
        settings::set_switch(&mut draft, "web_search_enabled", change.web_search, settings::WEB_SEARCH_DEFAULT);
        settings::set_switch(&mut draft, "skills_enabled", change.skills, settings::SKILLS_DEFAULT);
        settings::set_switch(&mut draft, "llm_enabled", change.llm, settings::LLM_DEFAULT);
        if let Some(service) = service {
            if view.targets(relation::HAS_ASSET).any(|(_, card)| card.kind.is("table")) {
                let message = "the data source can only be changed while no data asset of the {product} is deployed";
                return Err(refusal.say(Failure::new(Code::CONFLICT, Message::from(message))));
            }
            let target = sources::target(&catalog, service);
            draft.relate(relation::SERVED_BY, How::Replace, "/dataSourceId", vec![target]);
        }
        if let Some(external_id) = &change.external_id {
            draft.aliases.push((EXTERNAL_PRODUCT.name, external_id.clone()));
        }
        Ok(draft)
    })
}
