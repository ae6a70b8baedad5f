//! The management interface that the command line uses: accounts, users, tokens, keys, ingestions, requests for access,
//! files, backups, how the server is. Not a dialect: ours alone.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::{Credential, CredentialClass};
use emporion_catalog::command::{Command, DoorRules, Draft, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::problem::Violation;
use emporion_edge::answer::Answer;
use emporion_edge::body_budget::Standing;
use emporion_edge::door::Door;
use emporion_edge::mount::Mount;
use emporion_edge::request::Request;
use emporion_edge::route::{Method, Route, handler};
use emporion_edge::router::{Admitted, Router, admission};
use serde_json::{Map, Value, json};

use crate::backup::served::Backups;
use crate::files;
use crate::health::Health;
use crate::ingestions::{self, Ingestions};
use crate::lifetime::Lifetime;
use crate::records;
use crate::requests;
use crate::rotation::Keys;
use crate::status;

/// Where the interface is mounted.
pub const PREFIX: &str = "/emporion/v1";
/// Names, numbers, the patterns of an ingestion.
const BODY_LIMIT: usize = 1 << 20;
const JSON: &str = "application/json";

pub struct Admin {
    pub catalog: Arc<Catalog>,
    pub keys: Arc<Keys>,
    pub ingestions: Arc<Ingestions>,
    pub backups: Backups,
    pub health: Health,
}

pub type Outcome = Result<Value, Problem>;

/// The interface at its place.
pub fn mount(admin: Admin) -> Mount {
    let router = Router::new(Arc::new(admin), routes()).body_limit(BODY_LIMIT);
    Mount::new(router.admission(admission(admit))).at(PREFIX)
}

/// Who sends a body, before it is read.
async fn admit(admin: Arc<Admin>, request: Request) -> Admitted {
    match admin.caller(&request).await {
        Ok(_) => Ok((request, Standing::Proven)),
        Err(problem) => Err(print(Err(problem))),
    }
}

fn routes() -> Vec<Route<Admin>> {
    macro_rules! row {
        ($method:ident $path:literal $name:ident) => {
            row!($method $path $name takes &[])
        };
        ($method:ident $path:literal $name:ident takes $members:expr) => {
            Route {
                summary: stringify!($name).replace('_', " ").into(),
                tag: "Management".into(),
                hidden: true,
                ..Route::new(
                    Method::$method,
                    concat!("/emporion/v1", $path),
                    stringify!($name),
                    handler(|admin: Arc<Admin>, request: Request| async move {
                        let outcome = match admin.call(request, $members).await {
                            Ok(call) => $name(&admin, &call).await,
                            Err(problem) => Err(problem),
                        };
                        print(outcome)
                    }),
                )
            }
        };
    }
    let mut routes = files::serve::routes();
    routes.extend([
        row!(POST "/accounts" create_account takes &["name", "expires"]),
        row!(POST "/users" create_user takes &["name", "email", "isAdmin"]),
        row!(POST "/users/{name}/reset-password" reset_password),
        row!(POST "/users/{name}/disable" disable_user),
        row!(POST "/users/{name}/tokens" create_token takes &["expires"]),
        row!(GET "/users/{name}/tokens" list_tokens),
        row!(DELETE "/tokens/{id}" revoke_token),
        row!(POST "/users/{name}/keys" create_key),
        row!(GET "/users/{name}/keys" list_keys),
        row!(DELETE "/keys/{id}" revoke_key),
        row!(POST "/keys/seal/rotate" rotate_sealing_key),
        row!(POST "/keys/signing/rotate" rotate_signing_key takes &["expires"]),
        row!(POST "/ingestions" start_ingestion takes ingestions::MEMBERS),
        row!(GET "/ingestions/{id}" show_ingestion),
        row!(DELETE "/ingestions/{id}" stop_ingestion),
        row!(GET "/records/{kind}" list_records),
        row!(GET "/records/{kind}/named" get_record),
        row!(POST "/requests" ask_for_access takes requests::MADE_OF),
        row!(GET "/requests" list_requests),
        row!(GET "/requests/{id}" show_request),
        row!(POST "/requests/{id}/approve" approve_request takes requests::APPROVAL),
        row!(POST "/requests/{id}/reject" reject_request takes requests::DECISION),
        row!(POST "/requests/{id}/withdraw" withdraw_request takes requests::DECISION),
        row!(GET "/status" show_status),
        row!(POST "/backups" start_backup takes &["withKeys"]),
        row!(GET "/backups/{id}" show_backup),
        row!(DELETE "/backups/{id}" end_backup),
        Route {
            summary: "a piece of a backup".into(),
            tag: "Management".into(),
            hidden: true,
            ..Route::new(
                Method::GET,
                "/emporion/v1/backups/{id}/content",
                "read_backup",
                handler(|admin: Arc<Admin>, request: Request| async move {
                    match read_backup(&admin, &request).await {
                        Ok(piece) => {
                            Answer::bytes(200, "application/octet-stream", piece).with("cache-control", "no-store")
                        }
                        Err(problem) => print(Err(problem)),
                    }
                }),
            )
        },
    ]);
    routes
}

impl Admin {
    async fn caller(&self, request: &Request) -> Result<Caller, Problem> {
        if let Some(caller) = &request.proven {
            request.who.is(caller);
            return Ok(caller.clone());
        }
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) => {
                let caller = self.catalog.authenticate_token(token.trim()).await?;
                request.who.is(&caller);
                Ok(caller)
            }
            None => Err(Problem::Unauthenticated { reason: "a bearer token is needed".into() }),
        }
    }

    pub async fn call(&self, request: Request, members: &[&str]) -> Result<Call, Problem> {
        let caller = self.caller(&request).await?;
        let body = body(&request, members)?;
        Ok(Call { caller, request, body })
    }

    async fn user(&self, call: &Call) -> Result<RecordId, Problem> {
        Ok(self.catalog.user_named(&call.caller, call.request.param("name")).await?.id())
    }
}

/// One request: who makes it, and what it says.
pub struct Call {
    pub caller: Caller,
    pub request: Request,
    pub body: Map<String, Value>,
}

impl Call {
    fn text(&self, member: &str) -> Result<Option<&str>, Problem> {
        match self.body.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(member, "must be a text")),
        }
    }

    /// When a token made now ends: as the request says, else after the usual time, or with the token that asks for it.
    ///
    /// Errors: `Invalid` for a time that cannot be, or that is later than the caller's own.
    fn ending(&self, now: Millis) -> Result<Option<i64>, Problem> {
        let refused = |rule| Problem::invalid("expires", rule);
        let Some(said) = self.text("expires")? else {
            return Ok(self.caller.bounded(Lifetime::default().ends(now)));
        };
        let ends = said.parse::<Lifetime>().map_err(refused)?.ends(now);
        self.caller.may_make_until(ends).map_err(refused)?;
        Ok(ends)
    }

    pub fn flag(&self, member: &str) -> Result<bool, Problem> {
        match self.body.get(member) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Problem::invalid(member, "must be true or false")),
        }
    }
}

/// What a request says. A body that is not there is an empty one.
///
/// Errors: `Invalid` that names every member which is not one of `members`: what is not understood is not done, either.
fn body(request: &Request, members: &[&str]) -> Result<Map<String, Value>, Problem> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    let parsed = emporion_edge::json::parse(&request.body);
    let parsed = parsed.map_err(|error| Problem::invalid("body", error.to_string()))?;
    let Value::Object(body) = parsed else { return Err(Problem::invalid("body", "must be an object")) };
    let unknown = body.keys().filter(|member| !members.contains(&member.as_str()));
    let unknown: Vec<Violation> = unknown.map(|member| Violation::new(member, "is not a known field")).collect();
    if unknown.is_empty() { Ok(body) } else { Err(Problem::Invalid(unknown)) }
}

async fn create_account(admin: &Admin, call: &Call) -> Outcome {
    let name = call.text("name")?.ok_or_else(|| Problem::invalid("name", "must not be null"))?;
    let expires = call.ending(admin.catalog.now())?;
    let made = admin.catalog.create_account(&call.caller, name, expires).await?;
    Ok(crate::wiring::shown_account(&made))
}

async fn create_user(admin: &Admin, call: &Call) -> Outcome {
    let name = call.text("name")?.ok_or_else(|| Problem::invalid("name", "must not be null"))?;
    let (email, is_admin) = (call.text("email")?, call.flag("isAdmin")?);
    let (id, password) = admin.catalog.create_user(&call.caller, name, email, is_admin).await?;
    Ok(json!({"id": id.to_string(), "name": name, "password": password}))
}

async fn reset_password(admin: &Admin, call: &Call) -> Outcome {
    let user = admin.user(call).await?;
    // Who only has a token of his own must know the old password to set another: the doors have an operation for that.
    admin.catalog.may_operate(&call.caller)?;
    let password = admin.catalog.random_password();
    admin.catalog.set_password(&call.caller, user, &password).await?;
    Ok(json!({"name": call.request.param("name"), "password": password}))
}

async fn disable_user(admin: &Admin, call: &Call) -> Outcome {
    let user = admin.user(call).await?;
    let disable = Command::Change {
        target: Ref::Id(admin.catalog.kind("user"), user),
        guard: Default::default(),
        edit: Arc::new(|_| {
            let mut draft = Draft::default();
            draft.set("disabled", true);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    admin.catalog.execute(&call.caller, &disable).await?;
    Ok(json!({"name": call.request.param("name"), "disabled": true}))
}

async fn create_token(admin: &Admin, call: &Call) -> Outcome {
    let user = admin.user(call).await?;
    let expires = call.ending(admin.catalog.now())?;
    let issued = admin.catalog.create_token(&call.caller, user, "command line", expires).await?;
    Ok(json!({"id": issued.id.to_string(), "token": issued.token, "expiresAt": expires}))
}

async fn list_tokens(admin: &Admin, call: &Call) -> Outcome {
    list(admin, call, |class| class != CredentialClass::AccessKey && class != CredentialClass::Password).await
}

async fn list_keys(admin: &Admin, call: &Call) -> Outcome {
    list(admin, call, |class| class == CredentialClass::AccessKey).await
}

async fn list(admin: &Admin, call: &Call, wanted: fn(CredentialClass) -> bool) -> Outcome {
    let user = admin.user(call).await?;
    let held = admin.catalog.credentials(&call.caller, user).await?;
    let shown = |held: &Credential| {
        json!({
            // Keys are called by what is shown of them; all else, and so a provider's word, by the id that revokes it.
            "id": if held.class == CredentialClass::AccessKey { held.public.clone() } else { held.id.to_string() },
            "type": held.class.name(),
            "label": held.label,
            "createdAt": held.created.0,
            "expiresAt": held.expires.map(|at| at.0),
        })
    };
    Ok(held.iter().filter(|credential| wanted(credential.class)).map(shown).collect())
}

async fn revoke_token(admin: &Admin, call: &Call) -> Outcome {
    let text = call.request.param("id");
    let id = text.parse().map_err(|_| Problem::NotFound { kind: "token", what: text.to_owned() })?;
    admin.catalog.revoke(&call.caller, id).await?;
    Ok(json!({"id": text, "revoked": true}))
}

async fn create_key(admin: &Admin, call: &Call) -> Outcome {
    let user = admin.user(call).await?;
    let (_, public, secret) = admin.catalog.create_access_key(&call.caller, user, "command line").await?;
    let mut made = json!({"accessKeyId": public, "secretAccessKey": secret});
    if let Some(ends) = call.caller.ends {
        made["expiresAt"] = ends.0.into();
    }
    Ok(made)
}

async fn revoke_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.revoke_access_key(&call.caller, call.request.param("id")).await?;
    Ok(json!({"accessKeyId": call.request.param("id"), "revoked": true}))
}

async fn rotate_sealing_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.keys.rotate_sealing(&admin.catalog).await
}

/// The caller's own token ends with the others, so he is given a new one; a bot the one that it got, which ends when the
/// old one would have.
async fn rotate_signing_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    let expires = call.ending(admin.catalog.now())?;
    let is_bot = call.caller.principal.is_bot;
    if is_bot && call.body.contains_key("expires") {
        return Err(Problem::invalid("expires", "has no meaning for a bot: the end of its token stays"));
    }
    let mut done = admin.keys.rotate_signing(&admin.catalog).await?;
    let user = call.caller.principal.user;
    let token = match is_bot {
        true => admin.catalog.bot_token(&call.caller, user).await?,
        false => {
            let label = "after the exchange of the key";
            Some(admin.catalog.create_token(&call.caller, user, label, expires).await?)
        }
    };
    done["token"] = token.as_ref().map(|issued| issued.token.as_str()).into();
    done["expiresAt"] = token.and_then(|issued| issued.expires_ms).into();
    Ok(done)
}

async fn start_ingestion(admin: &Admin, call: &Call) -> Outcome {
    admin.ingestions.start(&admin.catalog, &call.caller, ingestions::order(&call.body)?)
}

async fn show_ingestion(admin: &Admin, call: &Call) -> Outcome {
    admin.ingestions.show(&call.caller, call.request.param("id"))
}

async fn stop_ingestion(admin: &Admin, call: &Call) -> Outcome {
    admin.ingestions.stop(&call.caller, call.request.param("id")).await
}

async fn list_records(admin: &Admin, call: &Call) -> Outcome {
    let limit = match call.request.query_value("limit").map(|text| text.parse()) {
        None => records::PAGE,
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return Err(Problem::invalid("limit", "must be a whole number from 1 on")),
    };
    let after = records::place(call.request.query_value("after"), call.request.query_value("afterId"))?;
    let domain = call.request.query_value("domain");
    records::list(&admin.catalog, &call.caller, call.request.param("kind"), domain.as_deref(), after, limit).await
}

async fn get_record(admin: &Admin, call: &Call) -> Outcome {
    let name = call.request.query_value("name").ok_or_else(|| Problem::invalid("name", "must not be null"))?;
    records::get(&admin.catalog, &call.caller, call.request.param("kind"), &name).await
}

async fn ask_for_access(admin: &Admin, call: &Call) -> Outcome {
    requests::create(&admin.catalog, &call.caller, &call.body).await
}

async fn list_requests(admin: &Admin, call: &Call) -> Outcome {
    requests::list(&admin.catalog, &call.caller, |name| call.request.query_value(name)).await
}

async fn show_request(admin: &Admin, call: &Call) -> Outcome {
    requests::get(&admin.catalog, &call.caller, call.request.param("id")).await
}

async fn approve_request(admin: &Admin, call: &Call) -> Outcome {
    decide(admin, call, requests::Verdict::Approve).await
}

async fn reject_request(admin: &Admin, call: &Call) -> Outcome {
    decide(admin, call, requests::Verdict::Reject).await
}

async fn withdraw_request(admin: &Admin, call: &Call) -> Outcome {
    decide(admin, call, requests::Verdict::Withdraw).await
}

async fn decide(admin: &Admin, call: &Call, verdict: requests::Verdict) -> Outcome {
    requests::decide(&admin.catalog, &call.caller, call.request.param("id"), verdict, &call.body).await
}

async fn show_status(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.health.shown().await
}

/// A backup holds every account, so it is for those who run the server; so is each piece of it.
async fn start_backup(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    let with_keys = call.flag("withKeys")?;
    let started = admin.backups.start(with_keys)?;
    tracing::info!(user = %call.caller.principal.name, with_keys, "a backup is taken");
    Ok(started)
}

async fn show_backup(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.backups.show(call.request.param("id"))
}

async fn end_backup(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.backups.end(call.request.param("id"))
}

async fn read_backup(admin: &Admin, request: &Request) -> Result<Vec<u8>, Problem> {
    let caller = admin.caller(request).await?;
    admin.catalog.may_run_the_server(&caller).await?;
    let from = request.query_value("from").unwrap_or_else(|| "0".to_owned());
    let from = from.parse().map_err(|_| Problem::invalid("from", "must be a whole number from 0 on"))?;
    admin.backups.read(request.param("id"), from).await
}

pub fn print(outcome: Outcome) -> Answer {
    match outcome {
        Ok(value) => Answer::json(200, JSON, &value),
        Err(problem) => {
            let status = status::of(&problem);
            if status == 500 {
                tracing::error!(%problem, "management request failed");
                return error(500, "internal error");
            }
            error(status, &problem.to_string())
        }
    }
}

fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, JSON, &json!({"error": text}))
}

impl Door for Admin {
    fn name(&self) -> &'static str {
        "management"
    }
    fn not_found(&self, _: &Request) -> Answer {
        error(404, "no such operation")
    }
    fn method_not_allowed(&self, _: &Request, allow: &str) -> Answer {
        error(405, "method not allowed").with("allow", allow)
    }
    fn too_large(&self, _: &Request, limit: usize) -> Answer {
        error(413, &format!("the body is longer than {limit} bytes"))
    }
    fn internal(&self, _: &Request) -> Answer {
        error(500, "internal error")
    }
    fn malformed(&self, _: &Request, reason: &str) -> Answer {
        error(400, reason)
    }
    fn unavailable(&self, _: &Request, reason: &str) -> Answer {
        error(503, reason)
    }
}
