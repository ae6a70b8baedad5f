//! The database service that a run writes below, and the connection that it keeps.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, SecretEdit, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_sources::{Config, Kept, SourceError, System};
use serde_json::{Value, json};

pub const KIND: &str = "database_service";
const CONNECTION: &str = "connection";
/// Where the settings of a service's connection stand in its body.
const CONFIG: &str = "/connection/config";

/// The service of that name, which the caller may change; `None` where there is none and he may make one.
///
/// Errors: `Forbidden` in either case.
pub async fn find(catalog: &Catalog, caller: &Caller, name: &str) -> Result<Option<Record>, Problem> {
    let kind = catalog.kind(KIND);
    let reading = catalog.reading(caller).await?;
    let target = Ref::Name(kind, name::quote(name));
    match reading.get(&target, States::All, &Depth::bare()).await {
        Ok(view) => {
            reading.ask_change(&view.record, &[CONNECTION]).await?;
            Ok(Some(view.record))
        }
        Err(Problem::NotFound { .. }) => {
            reading.ask_create_at_top(kind).await?;
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

/// Whether the caller sees a service of that name.
pub async fn is_there(catalog: &Catalog, caller: &Caller, name: &str) -> Result<bool, Problem> {
    let target = Ref::Name(catalog.kind(KIND), name::quote(name));
    match catalog.reading(caller).await?.get(&target, States::Alive, &Depth::bare()).await {
        Ok(_) => Ok(true),
        Err(Problem::NotFound { .. }) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// The system behind a service; `None` where it cannot be reached from here.
pub fn system(service: &Record) -> Option<System> {
    System::named(service.body.get("service_type")?.as_str()?)
}

/// How the service's source is reached, secrets included; `None` without a connection.
pub async fn stored_config(
    catalog: &Catalog,
    service: &Record,
) -> Result<Option<Result<Config, SourceError>>, Problem> {
    let Some(system) = system(service) else { return Ok(None) };
    let mut body = Value::from(service.body.clone());
    for (pointer, text) in catalog.unseal(service).await? {
        if let Some(place) = body.pointer_mut(&pointer) {
            *place = text.into();
        }
    }
    let config = body.pointer(CONFIG).filter(|config| config.is_object());
    Ok(config.map(|config| Config::from_connection(system, config)))
}

/// Makes or restores the service. A service that has a connection keeps it unless `replace` says otherwise; one that is made
/// belongs to this owner, if to anybody.
pub fn command(
    catalog: &Catalog,
    name: &str,
    config: &Config,
    keep: bool,
    replace: bool,
    owner: Option<RecordId>,
) -> Command {
    let owner = owner.map(|owner| Target::of(Ref::Id(catalog.kind("user"), owner)));
    let config = config.clone();
    let edit = move |view: Option<&View>| {
        let present = view.and_then(|view| view.field(CONNECTION)?.get("config"));
        let config = match present.map(|present| Config::from_connection(config.system(), present)) {
            Some(Ok(present)) => config.clone().with_files_of(&present),
            _ => config.clone(),
        };
        let kept = config.kept(view.and_then(|view| view.text("service_type")));
        let mut draft = Draft::default();
        if view.is_none() {
            draft.set("service_type", kept.service_type);
            if let Some(owner) = owner.clone() {
                draft.relate(relation::OWNER, How::Add, "owners", vec![owner]);
            }
        }
        let has_one = view.is_some_and(|view| view.field(CONNECTION).is_some());
        if keep && (replace || !has_one) {
            put(&mut draft, &kept);
        }
        Ok(draft)
    };
    Command::Upsert {
        kind: catalog.kind(KIND),
        parent: None,
        name: name.to_owned(),
        edit: Arc::new(edit),
        rules: DoorRules::default(),
    }
}

fn put(draft: &mut Draft, kept: &Kept) {
    let mut body = json!({CONNECTION: {"config": kept.config}});
    let mut secrets = Vec::new();
    if let Some((pointer, password)) = &kept.password {
        let mut place = &mut body[CONNECTION]["config"];
        for member in pointer.split('/').skip(1) {
            place = &mut place[member];
        }
        *place = SecretEdit::MASK.into();
        secrets.push(SecretEdit::Set { path: format!("{CONFIG}{pointer}"), text: password.expose().to_owned() });
    }
    draft.set(CONNECTION, body[CONNECTION].take());
    draft.secrets = Some(secrets);
}
