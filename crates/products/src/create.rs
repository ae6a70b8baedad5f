//! Making a product with its first tables and compositions, all or nothing.

use std::sync::Arc;

use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, How, NameDemand, Outcome, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Visibility;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, Through};
use emporion_catalog::record::{Record, View};
use emporion_catalog::rules::external_id;
use emporion_catalog::{Problem, relation};
use serde_json::Map;
use uuid::Uuid;

use crate::assets::asset_tables::AssetTables;
use crate::assets::input::AssetInput;
use crate::assets::live_assets::Link;
use crate::assets::missing_grants::{self, Named};
use crate::assets::on_demand::{self, Looked};
use crate::assets::pending::{self, Intent, Meant, Pending};
use crate::assets::product_assets::ProductAssets;
use crate::assets::tables::{Missing, Tables};
use crate::data_sources::sources::{self, DataSourceKey};
use crate::decision::{self, Decision};
use crate::details::Details;
use crate::failure::{Failure, Violation};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::ids::ProductKey;
use crate::parts::compositions::create::{self as compositions, CompositionDraft};
use crate::parts::compositions::graph::source_of;
use crate::parts::compositions::spec::COMPOSITE;
use crate::problems::RULE_EXISTS;
use crate::service::Products;
use crate::settings::{self, LLM_DEFAULT, SKILLS_DEFAULT, WEB_SEARCH_DEFAULT};
use crate::warning::Warning;
use crate::{commands, refs};

/// A product that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDraft {
    pub name: String,
    pub description: Option<String>,
    pub data_source: DataSourceKey,
    pub assets: Vec<AssetInput>,
    /// Products that this one shall be composed of; empty for a standard one.
    pub composite_of: Vec<ProductKey>,
    pub external_id: Option<String>,
    pub web_search: bool,
    pub skills: bool,
    pub llm: bool,
    /// Assets and compositions skip the draft.
    pub is_deployed: bool,
    /// The domain that it stands in, as the client names it; `None`: the default one.
    pub domain: Option<String>,
}

/// A product that was made.
#[derive(Debug, Clone)]
pub struct CreatedProduct {
    pub product: View,
    pub details: Details,
    pub assets: ProductAssets,
    /// Those behind the assets that are live.
    pub tables: Arc<AssetTables>,
    pub warnings: Vec<Warning>,
}

/// Makes a product, once for the key where the request has one. Its maker owns it.
///
/// Errors: 403 without the right to make products in the domain, or to lend rows that the draft says are lent; 409 for
/// a name or an external id that is taken; 422 for domains, data sources and products that the caller does not see, for
/// tables of a deployed one that are not there, and for compositions in circles or too deep.
pub async fn create(
    products: &Products,
    caller: &Caller,
    draft: &ProductDraft,
    stored: Option<StoredAnswer<CreatedProduct>>,
) -> Result<Idempotent<CreatedProduct>, Failure> {
    let make = |decision| make(products, caller, draft, stored.clone(), decision);
    idempotency::once(&products.catalog, caller, stored.as_ref(), async {
        // What composes nothing is decided by what the core expects alone.
        match draft.composite_of.is_empty() {
            true => make(None).await,
            false => decision::until_it_stands(|decision| make(Some(decision))).await,
        }
    })
    .await
}

async fn make(
    products: &Products,
    caller: &Caller,
    draft: &ProductDraft,
    stored: Option<StoredAnswer<CreatedProduct>>,
    decision: Option<Decision>,
) -> Result<Idempotent<CreatedProduct>, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    let home = home(&reading, draft).await?;
    let service = Through::from(sources::resolve(&reading, draft.data_source).await?);
    let id = RecordId::fresh();
    let assets: Vec<(Uuid, AssetInput)> = draft.assets.iter().map(|asset| (Uuid::now_v7(), asset.clone())).collect();
    let (reading, tables) = match draft.is_deployed {
        true => found(products, caller, reading, service.clone(), &assets).await?,
        false => (reading, Vec::new()),
    };
    let linked: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
    let compositions: Vec<CompositionDraft> = draft.composite_of.iter().enumerate().map(composition).collect();
    let composed = match compositions.is_empty() {
        true => Vec::new(),
        false => compositions::compose(&reading, id, &[], &compositions).await?,
    };
    let meant = match draft.is_deployed {
        true => Vec::new(),
        false => meant(&reading, service.clone(), &draft.assets).await?,
    };
    let named = draft.assets.iter().zip(linked.iter().copied().map(Some).chain(meant.iter().map(|meant| meant.table)));
    let named = named.enumerate().map(|(at, (fields, table))| Named { fields, path: place(at), table });
    let closed = missing_grants::of_drafts(&reading, &named.collect::<Vec<_>>()).await?;
    let mut tables = AssetTables::of(&reading, tables).await?;
    if stored.is_some() {
        // The answer is kept, and may be given again when the caller sees less.
        tables.uncounted.extend(linked.iter().copied());
    }
    drop(reading);

    let details = Details {
        external_id: draft.external_id.clone().unwrap_or_else(|| external_id::minted(id)),
        data_source: Some(service.id),
        has_drafts: !(draft.is_deployed || assets.is_empty() && composed.is_empty()),
        composite_of: composed.iter().filter_map(|one| source_of(&one.fields)).collect(),
    };
    let mut record = record(products, caller, draft, &details);
    let mut commands = Vec::with_capacity(1 + assets.len());
    if draft.is_deployed {
        let links = assets.iter().zip(&linked).map(|((id, asset), table)| Link::of(*id, *table, asset));
        let targets = links.map(|link| link.target(catalog, &Map::new())).collect();
        record.relate(relation::HAS_ASSET, How::Add, "/dataAssets", targets);
    } else {
        let user = caller.principal.user;
        let drafted = assets.iter().zip(meant);
        commands
            .extend(drafted.map(|((asset, fields), meant)| {
                pending::create(catalog, id, *asset, Intent::New, fields, user, meant)
            }));
    }
    commands.extend(compositions::commands_for(catalog, id, &composed, draft.is_deployed));
    if !composed.is_empty() {
        record.set(COMPOSITE, true);
    }
    let rules = DoorRules { names_free: vec![NameDemand::FoldedInAccount], ..DoorRules::default() };
    let kind = catalog.kind("data_product");
    commands.insert(0, Command::Create { kind, parent: Some(home), draft: record, id: Some(id), rules });
    let command = commands::together(commands);
    let assets = draft.is_deployed.then_some(assets);
    let make = created(id, details, Arc::new(tables), assets, closed);
    match decision {
        Some(decision) => decision.commit(products, caller, &command, stored, make).await,
        None => idempotency::commit(&products.catalog, caller, &command, stored, None, make).await,
    }
}

/// Tells what was made from the outcome, without another look at the store. `live`: the assets that skipped the draft,
/// by their ids; without them `closed` is told of the drafts.
fn created(
    id: RecordId,
    details: Details,
    tables: Arc<AssetTables>,
    live: Option<Vec<(Uuid, AssetInput)>>,
    closed: Vec<Warning>,
) -> impl Fn(&Outcome) -> CreatedProduct + Send + Sync + 'static {
    move |outcome| {
        let views: Vec<&View> = commands::outcomes(outcome).map(|part| &part.view).collect();
        let product = views.iter().find(|view| view.id() == id).copied().unwrap_or(&outcome.view);
        let drafts = views.iter().filter_map(|view| Pending::of(&view.record)).collect();
        let warnings = match &live {
            Some(live) => {
                let links = live.iter().enumerate().map(|(at, (id, asset))| (*id, asset, place(at)));
                missing_grants::of_links(product, links)
            }
            None => closed.clone(),
        };
        CreatedProduct {
            product: product.clone(),
            details: details.clone(),
            assets: ProductAssets::of(product, drafts),
            tables: tables.clone(),
            warnings,
        }
    }
}

/// Where an asset stands in the request.
fn place(at: usize) -> String {
    format!("/dataAssets/{at}")
}

fn composition((index, source): (usize, &ProductKey)) -> CompositionDraft {
    CompositionDraft { pointer: format!("/compositeOf/{index}"), source: source.clone(), alias: None, include: None }
}

/// The domain that the product is to stand in. What else the request refers to is told only to those who may make a
/// product there.
///
/// Errors: 403, and 422 for a domain that is not there.
async fn home(reading: &Reading<'_>, draft: &ProductDraft) -> Result<Ref, Failure> {
    let catalog = reading.catalog();
    let home = match &draft.domain {
        Some(text) => refs::domain(catalog, text),
        None => Ref::Id(catalog.kind("domain"), reading.default_domain().await?),
    };
    let above = reading.get(&home, States::Alive, &Depth::bare()).await;
    let above = above.map_err(|problem| match problem {
        Problem::NotFound { .. } => Failure::invalid_field("/domainId", RULE_EXISTS, "there is no such domain"),
        other => other.into(),
    })?;
    reading.ask_create(catalog.kind("data_product"), &above, None).await?;
    Ok(home)
}

/// What the names of drafted assets mean now.
async fn meant(reading: &Reading<'_>, service: Through, assets: &[AssetInput]) -> Result<Vec<Meant>, Failure> {
    if assets.is_empty() {
        return Ok(Vec::new());
    }
    let mut tables = Tables::below(Some(service), reading);
    tables.meant(&assets.iter().collect::<Vec<_>>()).await
}

/// The record without its assets.
fn record(products: &Products, caller: &Caller, draft: &ProductDraft, details: &Details) -> Draft {
    let catalog = &products.catalog;
    let mut record = Draft {
        name: Some(draft.name.clone()),
        visibility: Some(Visibility::Granted),
        aliases: vec![(EXTERNAL_PRODUCT.name, details.external_id.clone())],
        ..Draft::default()
    };
    if let Some(description) = &draft.description {
        record.set("description", description.as_str());
    }
    settings::set_switch(&mut record, "web_search_enabled", Some(draft.web_search), WEB_SEARCH_DEFAULT);
    settings::set_switch(&mut record, "skills_enabled", Some(draft.skills), SKILLS_DEFAULT);
    settings::set_switch(&mut record, "llm_enabled", Some(draft.llm), LLM_DEFAULT);
    let creator = Target::of(refs::user(catalog, caller.principal.user));
    record.relate(relation::OWNER, How::Add, "/users", vec![creator]);
    let service = details.data_source.map(|service| sources::target(catalog, service));
    record.relate(relation::SERVED_BY, How::Add, "/dataSourceId", service.into_iter().collect());
    record
}

/// The tables of assets that are to be live at once.
///
/// Errors: 422 that lists every one that is not there.
async fn found<'a>(
    products: &'a Products,
    caller: &'a Caller,
    mut reading: Reading<'a>,
    service: Through,
    assets: &[(Uuid, AssetInput)],
) -> Result<(Reading<'a>, Vec<Record>), Failure> {
    let mut tables = Tables::below(Some(service), &reading);
    let wanted: Vec<&AssetInput> = assets.iter().map(|(_, asset)| asset).collect();
    let mut looked_up = tables.find(&wanted).await?;
    let mut offered = Vec::new();
    let lack = tables.lack();
    if let Some(lack) = lack {
        drop(tables);
        // The source is waited for without it.
        drop(reading);
        if let Looked::HasSome(assets) = on_demand::look(products, caller, &lack, false).await? {
            offered = assets;
        }
        reading = products.catalog.reading(caller).await?;
        let mut tables = Tables::below(Some(lack.service), &reading);
        looked_up = tables.find(&wanted).await?;
    }
    let mut found = Vec::with_capacity(assets.len());
    let mut violations = Vec::new();
    for (index, ((id, _), table)) in assets.iter().zip(looked_up).enumerate() {
        match table {
            Ok(table) => found.push(table),
            // It is refused for others.
            Err(_) if offered.contains(&assets[index].1) => {}
            Err(Missing { rule, message }) => {
                let violation = Violation::new(place(index), rule, message);
                violations.push(violation.of_entity("dataAsset", id.to_string()));
            }
        }
    }
    if !violations.is_empty() {
        return Err(Failure::deploy_validation_failed(violations));
    }
    if found.len() < assets.len() {
        // What the source lacked is there by now.
        return Err(Failure::conflict("the data source keeps changing; try again in a moment"));
    }
    Ok((reading, found))
}
