//! `POST data-products`: a product with its first data assets, all or nothing.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::command::{Command, DoorRules, Draft, How, NameDemand, Outcome, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Visibility;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, Through};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_catalog::rules::external_id;
use emporion_products::assets::aspect::Aspect;
use emporion_products::assets::input::AssetInput;
use emporion_products::assets::live_assets::Link;
use emporion_products::assets::missing_grants;
use emporion_products::assets::missing_grants::Named;
use emporion_products::assets::pending;
use emporion_products::assets::pending::{Intent, Meant, Pending};
use emporion_products::assets::product_assets::{Item, ProductAssets};
use emporion_products::assets::tables::{Missing, Tables};
use emporion_products::commands;
use emporion_products::data_sources::sources;
use emporion_products::failure::{Failure, Violation};
use emporion_products::idempotency::{Idempotent, StoredAnswer};
use emporion_products::ids::ProductKey;
use emporion_products::parts::compositions::graph::source_of;
use emporion_products::parts::compositions::spec::COMPOSITE;
use emporion_products::problems::RULE_EXISTS;
use emporion_products::refs;
use emporion_products::settings::{LLM_DEFAULT, SKILLS_DEFAULT, WEB_SEARCH_DEFAULT};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::products::set_switch;
use crate::assets::asset;
use crate::assets::asset::{Showing, Shown};
use crate::call::Call;
use crate::commit::{self, Key, Makes};
use crate::door::Door;
use crate::envelope::Reply;
use crate::mount::Mount;
use crate::parts::compositions::create::{self as composing, CreateRequest};
use crate::product_input::ProductCreate;
use crate::products::product::{self, Details};
use emporion_products::assets::on_demand::{self, Looked};
use emporion_products::decision::{self, Decision};

const MAKES: Makes =
    Makes { shown: "dataProduct", id: "id", version: Some("version"), folder: "data-products", is_part: false };

pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(MAKES))?;
    let input = ProductCreate::parse(body, call.is_strict())?;
    let (door, call, input) = (&*door, &call, &input);
    let decide = |stored: Option<StoredAnswer<Reply>>| async move {
        // What composes nothing is decided by what the core expects alone.
        if input.composite_of.is_empty() {
            return make(door, call, input, stored, None).await;
        }
        decision::until_it_stands(|decision| make(door, call, input, stored.clone(), Some(decision))).await
    };
    key.once(door, call, decide).await
}

async fn make(
    door: &Door,
    call: &Call,
    input: &ProductCreate,
    stored: Option<StoredAnswer<Reply>>,
    decision: Option<Decision>,
) -> Result<Idempotent<Reply>, Failure> {
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let home = match &input.domain {
        Some(text) => refs::domain(catalog, text),
        None => Ref::Id(catalog.kind("domain"), reading.default_domain().await?),
    };
    // What the request refers to is told only to those who may make a product.
    let kind = catalog.kind("data_product");
    let above = reading.get(&home, States::Alive, &Depth::bare()).await;
    let above = above.map_err(|problem| match problem {
        Problem::NotFound { .. } => {
            Failure::invalid(vec![Violation::new("/domainId", RULE_EXISTS, "there is no such domain")])
        }
        other => other.into(),
    })?;
    reading.ask_create(kind, &above, None).await?;
    let service = Through::from(sources::resolve(&reading, input.data_source).await?);
    let id = RecordId::fresh();
    let assets: Vec<(Uuid, AssetInput)> = input.assets.iter().map(|asset| (Uuid::now_v7(), asset.clone())).collect();
    let (reading, tables) = match input.is_deployed {
        true => found(door, call, reading, service.clone(), &assets).await?,
        false => (reading, Vec::new()),
    };
    let linked: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
    let requests: Vec<CreateRequest> = input.composite_of.iter().enumerate().map(request).collect();
    let composed =
        if requests.is_empty() { Vec::new() } else { composing::compose(&reading, id, &[], &requests).await? };
    let meant = if input.is_deployed { Vec::new() } else { meant(&reading, service.clone(), &input.assets).await? };
    let named = input.assets.iter().zip(linked.iter().copied().map(Some).chain(meant.iter().map(|meant| meant.table)));
    let named = named.enumerate().map(|(at, (fields, table))| {
        let path = format!("/dataAssets/{at}");
        Named { fields, path, table }
    });
    let closed = missing_grants::of_drafts(&reading, &named.collect::<Vec<_>>()).await?;
    let mut tables = asset::Tables::of(&reading, tables).await?;
    if stored.is_some() {
        // The answer is kept, and may be given again when the caller sees less.
        tables.uncounted.extend(linked.iter().copied());
    }
    drop(reading);

    let details = Details {
        external_id: input.external_id.clone().unwrap_or_else(|| external_id::minted(id)),
        data_source: Some(service.id),
        has_drafts: !(input.is_deployed || assets.is_empty() && composed.is_empty()),
        composite_of: composed.iter().filter_map(|one| source_of(&one.fields)).collect(),
    };
    let mut draft = draft(door, call, input, &details);
    let mut commands = Vec::with_capacity(1 + assets.len());
    if input.is_deployed {
        let links = assets.iter().zip(&linked).map(|((id, asset), table)| Link::of(*id, *table, asset));
        let targets = links.map(|link| link.target(catalog, &Map::new())).collect();
        draft.relate(relation::HAS_ASSET, How::Add, "/dataAssets", targets);
    } else {
        let user = call.caller.principal.user;
        commands.extend(
            assets
                .iter()
                .zip(meant)
                .map(|((asset, fields), meant)| pending::create(catalog, id, *asset, Intent::New, fields, user, meant)),
        );
    }
    commands.extend(composing::commands_for(door, id, &composed, input.is_deployed));
    if !composed.is_empty() {
        draft.set(COMPOSITE, true);
    }
    let rules = DoorRules { names_free: vec![NameDemand::FoldedInAccount], ..DoorRules::default() };
    commands.insert(0, Command::Create { kind, parent: Some(home), draft, id: Some(id), rules });

    let location = call.location(&format!("/data-products/{id}"));
    let (warnings, shown) = (input.warnings.clone(), printer(id, call.exchange.mount, details, tables));
    let is_live = input.is_deployed;
    let print = move |outcome: &Outcome| {
        let (data, version) = shown(outcome);
        let made = commands::outcomes(outcome).map(|part| &part.view).find(|view| view.id() == id);
        let placed = || assets.iter().enumerate().map(|(at, (id, asset))| (*id, asset, format!("/dataAssets/{at}")));
        let closed = match made.filter(|_| is_live) {
            Some(view) => missing_grants::of_links(view, placed()),
            None => closed.clone(),
        };
        let reply = Reply::printed(201, data).located(location.clone()).etag(version);
        reply.warn(warnings.iter().cloned()).warn(closed)
    };
    let command = commands::together(commands);
    match decision {
        Some(decision) => commit::decided(door, call, &decision, &command, stored, print).await,
        None => commit::commit(door, call, &command, stored, print).await,
    }
}

fn request((index, source): (usize, &ProductKey)) -> CreateRequest {
    CreateRequest { pointer: format!("/compositeOf/{index}"), source: source.clone(), alias: None, include: None }
}

/// What the names of drafted assets mean now.
async fn meant(reading: &Reading<'_>, service: Through, assets: &[AssetInput]) -> Result<Vec<Meant>, Failure> {
    if assets.is_empty() {
        return Ok(Vec::new());
    }
    let mut tables = Tables::below(Some(service), reading);
    tables.meant(&assets.iter().collect::<Vec<_>>()).await
}

fn draft(door: &Door, call: &Call, input: &ProductCreate, details: &Details) -> Draft {
    let catalog = &door.products.catalog;
    let mut draft = Draft {
        name: Some(input.name.clone()),
        visibility: Some(Visibility::Granted),
        aliases: vec![(EXTERNAL_PRODUCT.name, details.external_id.clone())],
        ..Draft::default()
    };
    if let Some(description) = &input.description {
        draft.set("description", description.as_str());
    }
    set_switch(&mut draft, "web_search_enabled", Some(input.web_search), WEB_SEARCH_DEFAULT);
    set_switch(&mut draft, "skills_enabled", Some(input.skills), SKILLS_DEFAULT);
    set_switch(&mut draft, "llm_enabled", Some(input.llm), LLM_DEFAULT);
    let creator = Target::of(refs::user(catalog, call.caller.principal.user));
    draft.relate(relation::OWNER, How::Add, "/users", vec![creator]);
    let service = details.data_source.map(|service| sources::target(catalog, service));
    draft.relate(relation::SERVED_BY, How::Add, "/dataSourceId", service.into_iter().collect());
    draft
}

/// The tables of assets that are to be live at once.
///
/// Errors: 422 that lists every one that is not there.
async fn found<'a>(
    door: &'a Door,
    call: &'a Call,
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
        if let Looked::HasSome(assets) = on_demand::look(&door.products, &call.caller, &lack, false).await? {
            offered = assets;
        }
        reading = door.products.catalog.reading(&call.caller).await?;
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
                let path = format!("/dataAssets/{index}");
                let violation = Violation::new(path, rule, message);
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

/// Prints the answer from what was made, without another look at the store, in the names of a mount.
fn printer(
    id: RecordId,
    mount: Mount,
    details: Details,
    tables: asset::Tables,
) -> impl Fn(&Outcome) -> (String, i64) + Send + Sync + 'static {
    move |outcome| {
        let views: Vec<&View> = commands::outcomes(outcome).map(|part| &part.view).collect();
        let Some(made) = views.iter().find(|view| view.id() == id) else {
            return ("null".to_owned(), 0);
        };
        let drafts = views.iter().filter_map(|view| Pending::of(&view.record)).collect();
        let product_assets = ProductAssets::of(made, drafts);
        let (aspect, since_ms) = (Aspect::Drafted, made.record.created.at.0);
        let showing = Showing { product: id, aspect, tables: &tables, since_ms, mount };
        let product = mount.to_wire(product::print(made, &details).into());
        let data = Created { product, items: &product_assets.items, showing };
        (serde_json::to_string(&data).expect("its keys are texts"), product::version(made))
    }
}

/// `data` of the answer.
struct Created<'a> {
    product: Value,
    items: &'a [Item],
    showing: Showing<'a>,
}

impl Serialize for Created<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let assets: Vec<Shown<'_>> = self.items.iter().map(|item| Shown { item, showing: self.showing }).collect();
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry(self.showing.mount.key("dataProduct"), &self.product)?;
        members.serialize_entry("dataAssets", &assets)?;
        members.end()
    }
}
