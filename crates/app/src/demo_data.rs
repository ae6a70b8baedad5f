//! A small, realistic catalogue of a shop, for `demo`: three domains, people, a glossary each for two of them, and ten
//! products, some of them in trouble; and requests that wait. What is in it stands in the files beside this one.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, Decision, DoorRules, Draft, Guard, How, Ref, Target, Term};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{COLUMN_PROFILE, PIPELINE_STATUS, TABLE_PROFILE, USAGE};
use emporion_catalog::query::States;
use emporion_catalog::relation;
use emporion_catalog::requests::{Ask, Wanted};
use emporion_catalog::timestamp::{self, DAY_MILLIS};
use emporion_semantic::yaml;
use serde_json::{Map, Value, json};

use crate::sample::measured::Measured;

/// The domain and the project of the published CreateDataProduct example, so that its line runs word for word.
pub const EXAMPLE_DOMAIN: &str = "dzd_53ielnpxktdilj";
pub const EXAMPLE_PROJECT: &str = "prj7nx82mkl";
/// The service that the sample database is ingested into.
pub const SERVICE: &str = "warehouse";
/// The product that the printed lines speak of.
pub const EXAMPLE_PRODUCT: &str = "Sales Analytics";
/// Of which nobody has made a model.
pub const OTHER_PRODUCT: &str = "Delivery Times";

const BEFORE: &str = include_str!("demo_data/before.yaml");
const AFTER: &str = include_str!("demo_data/after.yaml");
const REQUESTS: &str = include_str!("demo_data/requests.yaml");
/// Who signs in beside the administrator, and what he is there for.
const SIGNING_IN: [(&str, &str); 2] =
    [("maria", "owns Sales, and decides who queries it"), ("priya", "may query nothing yet, and has asked")];
const MINUTE: i64 = 60_000;

/// Somebody of the sample who can sign in.
pub struct SignIn {
    pub name: &'static str,
    pub password: String,
    pub said: &'static str,
}

/// Makes the people, what they speak of and where they work. Answers how many records that are.
pub async fn people(catalog: &Catalog, caller: &Caller) -> Result<usize> {
    make(catalog, caller, BEFORE).await
}

/// Makes what is said of the tables that were ingested, and the products made of them.
pub async fn products(catalog: &Catalog, caller: &Caller) -> Result<usize> {
    make(catalog, caller, AFTER).await
}

/// Lets people ask for what they have not got. Answers how many requests wait.
pub async fn requests(catalog: &Catalog, admin: &Caller) -> Result<usize> {
    let mut callers: HashMap<String, Caller> = HashMap::new();
    let mut waiting = 0;
    for asked in items(REQUESTS)? {
        let text = |member: &str| asked[member].as_str().unwrap_or_default();
        let by = text("by").to_owned();
        let caller = match callers.get(&by) {
            Some(caller) => caller,
            None => {
                let user = id_of(catalog, admin, "user", &by).await?;
                let caller = catalog.caller(admin.account(), user).await?;
                &*callers.entry(by).or_insert(caller)
            }
        };
        let ask = Ask {
            product: Ref::Name(catalog.kind("data_product"), text("product").into()),
            wanted: if text("wants") == "editor" { Wanted::Editor } else { Wanted::Viewer },
            reason: text("reason").into(),
            until: asked["days"].as_i64().map(|days| Millis(catalog.now().0 + days * DAY_MILLIS)),
        };
        let request = catalog.ask_for_access(caller, &ask).await.with_context(|| format!("asking for {asked}"))?;
        let decision = match text("verdict") {
            "approve" => Decision::Approve(Term::AsAsked),
            "reject" => Decision::Reject,
            _ => {
                waiting += 1;
                continue;
            }
        };
        catalog.decide_access(admin, request.id, None, decision, Some(text("words"))).await?;
    }
    Ok(waiting)
}

/// Says what was measured of tables of the sample, as of when their rows were counted; and how often that has asked them.
pub async fn measured(catalog: &Catalog, caller: &Caller, found: Vec<Measured>) -> Result<()> {
    let today = catalog.now().0 / DAY_MILLIS * DAY_MILLIS;
    let date = timestamp::print(today);
    let mut commands = Vec::new();
    for one in found {
        let table = Ref::Name(catalog.kind("table"), format!("{SERVICE}.shop.main.{}", one.table));
        let view = catalog.get(caller, &table, States::Alive, &Depth::bare()).await?;
        let counted = catalog.reading(caller).await?.newest_observations(&[&view.record], &[TABLE_PROFILE]).await?;
        let at = counted.first().map_or_else(|| catalog.now(), |counted| counted.at);
        let mut draft = Draft::default();
        for mut column in one.columns {
            let name = column["name"].as_str().unwrap_or_default().to_owned();
            column["timestamp"] = at.0.into();
            draft.observe(COLUMN_PROFILE, &name, at, column);
        }
        let usage = json!({"date": date.get(..10), "daily_stats": {"count": one.statements}});
        draft.observe(USAGE, "", Millis(today), usage);
        commands.push(change(table, draft));
    }
    catalog.execute(caller, &Command::Together(commands)).await?;
    Ok(())
}

/// Gives those of the sample passwords who sign in to it.
pub async fn sign_ins(catalog: &Catalog, admin: &Caller) -> Result<Vec<SignIn>> {
    let mut made = Vec::new();
    for (name, said) in SIGNING_IN {
        let user = id_of(catalog, admin, "user", name).await?;
        let password = catalog.random_password();
        catalog.set_password(admin, user, &password).await.with_context(|| format!("a password for {name}"))?;
        made.push(SignIn { name, password, said });
    }
    Ok(made)
}

pub async fn id_of(catalog: &Catalog, caller: &Caller, kind: &str, name: &str) -> Result<RecordId> {
    let named = Ref::Name(catalog.kind(kind), name.into());
    Ok(catalog.get(caller, &named, States::Alive, &Depth::bare()).await?.id())
}

/// Carries out what a file says, in one commit. Answers how many records that made.
async fn make(catalog: &Catalog, caller: &Caller, text: &str) -> Result<usize> {
    let items = items(text)?;
    let made = items.iter().filter(|item| item["change"].is_null()).count();
    // What the records are made from, and what is not lent, is said by id, of records that are made here as well.
    let is_by_id = |item: &&Value| !item["made_from"].is_null() || !item["not_lent"].is_null();
    let (by_id, records): (Vec<&Value>, Vec<&Value>) = items.iter().partition(is_by_id);
    let commands = records.iter().map(|item| command(catalog, item)).collect::<Result<Vec<Command>>>()?;
    catalog.execute(caller, &Command::Together(commands)).await?;
    let mut commands = Vec::new();
    for item in by_id {
        commands.push(match item["not_lent"].is_null() {
            true => made_from(catalog, caller, item).await?,
            false => not_lent(catalog, caller, item).await?,
        });
    }
    if !commands.is_empty() {
        catalog.execute(caller, &Command::Together(commands)).await?;
    }
    Ok(made)
}

/// Says what a record is made from.
async fn made_from(catalog: &Catalog, caller: &Caller, item: &Value) -> Result<Command> {
    let mut draft = Draft::default();
    for origin in list(&item["made_from"]) {
        let from = reference(catalog, &origin["from"])?;
        let from_id = id_of(catalog, caller, from.kind_name(), &from.text()).await?;
        let mut to = Target::of(from).with("source", "manual");
        if !origin["by"].is_null() {
            let by = reference(catalog, &origin["by"])?;
            let pipeline = id_of(catalog, caller, by.kind_name(), &by.text()).await?;
            to = to.with("source", "pipeline").with("pipeline", pipeline.to_string());
            let by = Target::of(by).at(relation::made_by(from_id));
            draft.relate(relation::DERIVED_FROM, How::Add, "made_from", vec![by]);
        }
        if !origin["columns"].is_null() {
            to = to.with("columns", origin["columns"].clone());
        }
        for (at, by) in [("created_at", "created_by"), ("updated_at", "updated_by")] {
            to = to.with(at, catalog.now().0).with(by, &*caller.principal.name);
        }
        draft.relate(relation::DERIVED_FROM, How::Add, "made_from", vec![to]);
    }
    Ok(change(reference(catalog, &item["change"])?, draft))
}

/// Takes the rows of some of its assets back from a product.
async fn not_lent(catalog: &Catalog, caller: &Caller, item: &Value) -> Result<Command> {
    let mut assets = Vec::new();
    for asset in list(&item["not_lent"]) {
        let asset = reference(catalog, asset)?;
        assets.push((id_of(catalog, caller, asset.kind_name(), &asset.text()).await?, false));
    }
    Ok(Command::Lend { product: reference(catalog, &item["change"])?, guard: Guard::None, assets, until: None })
}

/// The command that one item asks for.
fn command(catalog: &Catalog, item: &Value) -> Result<Command> {
    let mut draft = Draft { fields: item["fields"].as_object().cloned().unwrap_or_default(), ..Draft::default() };
    for (name, targets) in item["links"].as_object().into_iter().flatten() {
        let relation = relation::by_name(name).with_context(|| format!("there is no relation {name}"))?;
        let targets = list(targets).iter().map(|to| Ok(Target::of(reference(catalog, to)?)));
        draft.relate(relation, How::Add, relation.name(), targets.collect::<Result<_>>()?);
    }
    if let Some(runs) = item["runs"].as_object() {
        observe(catalog, &mut draft, item, runs);
    }
    if !item["change"].is_null() {
        return Ok(change(reference(catalog, &item["change"])?, draft));
    }
    let text = |member: &str| item[member].as_str().with_context(|| format!("{member} is missing in {item}"));
    draft.name = Some(text("name")?.into());
    draft.aliases.extend(item["known_as"].as_str().map(|alias| (CLOUD_ID.name, alias.to_owned())));
    let parent = (!item["under"].is_null()).then(|| reference(catalog, &item["under"])).transpose()?;
    Ok(Command::Create { kind: catalog.kind(text("kind")?), parent, draft, id: None, rules: DoorRules::default() })
}

fn change(target: Ref, draft: Draft) -> Command {
    Command::Change {
        target,
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    }
}

/// Says how the last runs of a pipeline went, one a day; a run that failed stopped at its last task.
fn observe(catalog: &Catalog, draft: &mut Draft, item: &Value, runs: &Map<String, Value>) {
    let tasks: Vec<&str> = list(&item["fields"]["tasks"]).iter().filter_map(|task| task["name"].as_str()).collect();
    let outcomes = runs.get("outcomes").map(list).unwrap_or_default();
    let midnight =
        catalog.now().0 / DAY_MILLIS * DAY_MILLIS + runs.get("at").and_then(Value::as_i64).unwrap_or(0) * MINUTE;
    for (ago, outcome) in (1..).zip(outcomes.iter().rev()) {
        let began = midnight - ago * DAY_MILLIS;
        let has_failed = outcome == "failed";
        let told = |is_last: bool| if has_failed && is_last { "Failed" } else { "Successful" };
        let task = |(at, name): (usize, &&str)| {
            let start = began + 2 * MINUTE * at as i64;
            json!({"name": name, "executionStatus": told(at + 1 == tasks.len()), "startTime": start, "endTime": start + MINUTE})
        };
        let tasks: Vec<Value> = tasks.iter().enumerate().map(task).collect();
        let status = json!({"timestamp": began, "executionStatus": told(true), "taskStatus": tasks});
        draft.observe(PIPELINE_STATUS, "", Millis(began), status);
    }
}

fn items(text: &str) -> Result<Vec<Value>> {
    match yaml::read(text) {
        Ok(Value::Array(items)) => Ok(items),
        Ok(_) => bail!("the demo's data are no list"),
        Err(fault) => bail!("the demo's data: {}", fault.message),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// `{kind: FQN}`.
fn reference(catalog: &Catalog, named: &Value) -> Result<Ref> {
    let member = named.as_object().and_then(|named| named.iter().next());
    let (kind, name) = member.with_context(|| format!("{named} names nothing"))?;
    let name = name.as_str().with_context(|| format!("{named} names nothing"))?;
    Ok(Ref::Name(catalog.kind(kind), name.to_owned()))
}
