//! Settings of an account: kept as its administrators give them, for the clients that read them. What of them the server
//! itself goes by, `docs/dialects/openmetadata.md` says.

mod definitions;

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Effect, Guard, Outcome, Ref, SecretEdit};
use emporion_catalog::kinds;
use emporion_catalog::kinds::setting::VALUE;
use emporion_catalog::record::{Record, View};
use emporion_edge::answer::Answer;
use emporion_edge::check;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};
use serde_json::{Map, Value, json};

use self::definitions::{ALL, OF_THE_SERVER, Setting, named};
use crate::auth;
use crate::case;
use crate::create_request::parts::masks;
use crate::door::Door;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::generic::ErrorCarrier;
use crate::media;
use crate::members::*;
use crate::operation::{Call, OpenCall, json_body, ok, row};
use crate::page_of;
use crate::patch::{Patch, Rules};
use crate::secrets;

const TAG: &str = "System";
/// The kind of their records.
/// What errors call one.
const SETTINGS: &str = "settings";
const THEME: &str = "customUiThemePreference";
/// Where a request says what a setting is to hold.
const SAID_AT: &str = "/config_value";

static SETTING: Struct =
    Struct { name: "Settings", open: false, members: &[Member::required("config_type", TEXT), object("config_value")] };
static LIST: Struct = page_of!("SettingsList", SETTING);
static REQUEST: Struct = Struct {
    name: "SettingsInput",
    open: false,
    members: &[Member::required("config_type", TEXT), Member { required: true, ..object("config_value") }],
};

pub fn routes() -> Vec<Route<Door>> {
    let one = || Some(Shape::Struct(&SETTING));
    vec![
        Route {
            summary: "List the settings".into(),
            output: Some(Shape::Struct(&LIST)),
            ..row(Method::GET, "/v1/system/settings", "listSettings", TAG, list)
        },
        Route {
            summary: "Show a setting".into(),
            output: one(),
            errors: &[404],
            ..row(Method::GET, "/v1/system/settings/{name}", "getSetting", TAG, get)
        },
        Route {
            summary: "Set a setting".into(),
            input: &REQUEST,
            output: one(),
            ok: &[200, 201],
            errors: &[409],
            ..row(Method::PUT, "/v1/system/settings", "createOrUpdateSetting", TAG, put)
        },
        Route {
            summary: "Change what a setting holds".into(),
            body: Some(Shape::List { of: &Shape::Object, min: 0, max: usize::MAX }),
            output: one(),
            errors: &[404, 409, 415],
            ..row(Method::PATCH, "/v1/system/settings/{name}", "patchSetting", TAG, patch)
        },
        Route {
            summary: "Make a setting what it is where nobody has set it".into(),
            output: one(),
            errors: &[404, 409],
            ..row(Method::PUT, "/v1/system/settings/reset/{name}", "resetSetting", TAG, reset)
        },
    ]
}

async fn list(call: Call) -> OmResult<Answer> {
    let kept = call.reading().await?.settings().await?;
    let origin = origin(&call);
    let told = ALL.iter().filter(|setting| setting.is_listed && may_know(&call, setting));
    let data: Vec<Value> = told.filter_map(|setting| shown(setting, &kept, &origin)).collect();
    ok(&json!({"paging": {"total": data.len()}, "data": data}))
}

async fn get(call: Call) -> OmResult<Answer> {
    let name = call.request.param("name");
    let setting = named(name).ok_or_else(|| OmError::not_found(SETTINGS, name))?;
    if !may_know(&call, setting) {
        return Err(OmError::not_admin(&call.caller.principal.name));
    }
    let kept = call.reading().await?.settings().await?;
    ok(&shown(setting, &kept, &origin(&call)).ok_or_else(|| OmError::not_found(SETTINGS, name))?)
}

async fn put(call: Call) -> OmResult<Answer> {
    by_administrator(&call)?;
    let body = call.body(&REQUEST)?;
    let name = body.get("config_type").and_then(Value::as_str).unwrap_or_default();
    let setting = settable(name)?;
    let value = body.get("config_value").cloned().unwrap_or_default();
    check_value(setting, &value)?;
    let outcome = keep(&call, setting, move |_| Ok(value.clone())).await?;
    let status = if outcome.effect == Effect::Created { 201 } else { 200 };
    Ok(Answer::json(status, MEDIA_TYPE, &printed(setting, outcome.view.field(VALUE).cloned())))
}

/// The patch is one of what the setting holds.
async fn patch(call: Call) -> OmResult<Answer> {
    by_administrator(&call)?;
    let name = call.request.param("name");
    let setting = named(name).ok_or_else(|| OmError::not_found(SETTINGS, name))?;
    media::expect_patch(&call.request)?;
    let patch = Patch::parse(json_body(&call.request)?)?;
    let default = setting.default.map(|default| default(&origin(&call)));
    let outcome = keep(&call, setting, move |stored| {
        let before = stored.or(default.as_ref()).ok_or_else(|| OmError::not_found(SETTINGS, setting.name))?;
        let mut masked = BTreeSet::new();
        masks("", before, &mut masked);
        let masked: Vec<String> = masked.into_iter().collect();
        let rules = Rules { entity_type: SETTINGS, protected: &[], secrets: &masked };
        let after = case::without_nulls(patch.apply(before, &rules)?);
        check_value(setting, &after)?;
        Ok(after)
    })
    .await?;
    ok(&printed(setting, outcome.view.field(VALUE).cloned()))
}

async fn reset(call: Call) -> OmResult<Answer> {
    by_administrator(&call)?;
    let name = call.request.param("name");
    let setting = named(name).ok_or_else(|| OmError::not_found(SETTINGS, name))?;
    let kept = call.reading().await?.settings().await?;
    if let Some(record) = kept.iter().find(|record| record.name == setting.name) {
        let target = Ref::Id(record.kind, record.id);
        let how = Deletion { hard: true, ..Deletion::SOFT };
        call.door.catalog.execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    }
    ok(&printed(setting, setting.default.map(|default| default(&origin(&call)))))
}

/// The looks of the user interface: to whoever says by a token which account's, those that it has set.
pub async fn ui_theme(call: &OpenCall) -> OmResult<Value> {
    let Ok(caller) = auth::caller(&call.door.catalog, &call.request).await else { return Ok(definitions::ui_theme()) };
    let kept = call.door.catalog.reading(&caller).await?.settings().await?;
    let set = kept.into_iter().find(|record| record.name == THEME);
    Ok(set.and_then(|record| record.body.get(VALUE).cloned()).unwrap_or_else(definitions::ui_theme))
}

/// Keeps what the setting is to hold, made of what it holds now.
async fn keep(
    call: &Call,
    setting: &'static Setting,
    make: impl Fn(Option<&Value>) -> OmResult<Value> + Send + Sync + 'static,
) -> OmResult<Outcome> {
    let carrier = ErrorCarrier::default();
    let of_edit = carrier.clone();
    let edit = move |view: Option<&View>| {
        of_edit.run(|| {
            let stored = view.filter(|view| view.record.state.is_alive()).and_then(|view| view.field(VALUE));
            draft(make(stored)?, stored)
        })
    };
    let account = call.caller.account().record();
    let command = Command::Upsert {
        kind: kinds::SETTING,
        parent: Some(Ref::Id(kinds::ACCOUNT, account)),
        name: setting.name.to_owned(),
        edit: Arc::new(edit),
        rules: DoorRules::default(),
    };
    call.door.catalog.execute(&call.caller, &command).await.map_err(|problem| carrier.error(problem))
}

/// A value without its secrets, and what becomes of them.
fn draft(value: Value, stored: Option<&Value>) -> OmResult<Draft> {
    let mut known = BTreeSet::new();
    if let Some(stored) = stored {
        masks(SAID_AT, stored, &mut known);
    }
    let split = secrets::split(SAID_AT, value, &known)?;
    let kept_at = |path: String| format!("/{VALUE}{}", path.strip_prefix(SAID_AT).unwrap_or(&path));
    let set = split.set.into_iter().map(|(path, text)| SecretEdit::Set { path: kept_at(path), text });
    let kept = split.kept.into_iter().map(|path| SecretEdit::Keep { path: kept_at(path) });
    let mut draft = Draft { secrets: Some(set.chain(kept).collect()), ..Draft::default() };
    draft.set(VALUE, split.public);
    Ok(draft)
}

/// Errors: 403 for everybody else, before anything of the request is looked at.
fn by_administrator(call: &Call) -> OmResult<()> {
    let principal = &call.caller.principal;
    if principal.is_admin { Ok(()) } else { Err(OmError::not_admin(&principal.name)) }
}

fn may_know(call: &Call, setting: &Setting) -> bool {
    setting.is_open || call.caller.principal.is_trusted()
}

/// Errors: 400 for what is no setting, or none that is set here.
fn settable(name: &str) -> OmResult<&'static Setting> {
    if OF_THE_SERVER.contains(&name) {
        return Err(OmError::violation("config_type", "is decided by the configuration of the server"));
    }
    named(name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|setting| setting.name).collect();
        OmError::violation("config_type", format_args!("must be one of [{}]", names.join(", ")))
    })
}

/// Errors: 400 that names what the value may not hold.
fn check_value(setting: &Setting, value: &Value) -> OmResult<()> {
    let mut found = check::check(setting.shape, Location::Body, value);
    if found.is_empty() {
        return Ok(());
    }
    for violation in &mut found {
        violation.path.insert(0, emporion_edge::violation::PathPart::Key("config_value".to_owned()));
    }
    Err(OmError::shape(&found))
}

/// A setting as it is kept, else as it is by itself.
fn shown(setting: &Setting, kept: &[Record], origin: &str) -> Option<Value> {
    let kept = kept.iter().find(|record| record.name == setting.name);
    let value = match kept {
        Some(record) => record.body.get(VALUE).cloned(),
        None => setting.default.map(|default| default(origin)),
    };
    value.map(|value| printed(setting, Some(value)))
}

fn printed(setting: &Setting, value: Option<Value>) -> Value {
    let mut members = Map::from_iter([("config_type".to_owned(), Value::from(setting.name))]);
    members.extend(value.map(|value| ("config_value".to_owned(), value)));
    Value::Object(members)
}

fn origin(call: &Call) -> String {
    let base = &call.base;
    base.strip_suffix("/api").unwrap_or(base).to_owned()
}
