//! The management interface that the command line uses: accounts, users, tokens, keys, ingestions, requests for access,
//! files, backups, how the server is. Not a dialect: ours alone.

mod accounts;

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::audit_trail::Detail;
use emporion_catalog::boxed::Boxed;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::lease::Ownership;
use emporion_edge::answer::Answer;
use emporion_edge::mount::Mount;
use emporion_edge::request::Request;
use emporion_edge::route::{Handler, Method, Route, handler};
use emporion_edge::router::{Router, admission};
use serde_json::Value;

use crate::audit;
use crate::backup::served::Backups;
use crate::call::{Body, Call};
use crate::connections::{self, Connections};
use crate::files;
use crate::health::Health;
use crate::ingestions::{self, Ingestions};
use crate::interface::{Interface, Own};
use crate::records;
use crate::requests;
use crate::rotation::Keys;
use crate::source_files;

use accounts::{
    create_account, create_key, create_token, create_user, disable_user, list_keys, list_tokens, reset_password,
    revoke_key, revoke_token,
};

/// Where the interface is mounted.
pub const PREFIX: &str = "/emporion/v1";
/// Names, numbers, the patterns of an ingestion.
const BODY_LIMIT: usize = 1 << 20;
pub struct Admin {
    pub catalog: Arc<Catalog>,
    pub keys: Arc<Keys>,
    pub ingestions: Arc<Ingestions>,
    pub connections: Connections,
    pub backups: Backups,
    pub health: Health,
}

impl Own for Admin {
    const NAME: &'static str = "management";
    const WHY: &'static str = "error";

    fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

/// The management interface as a door.
pub type Management = Interface<Admin>;

pub type Outcome = Result<Value, Problem>;

/// The interface at its place.
pub fn mount(admin: Admin) -> Mount {
    let router = Router::new(Arc::new(Interface(admin)), routes()).body_limit(BODY_LIMIT);
    Mount::new(router.admission(admission(Interface::admit))).at(PREFIX)
}

impl Management {
    pub async fn call(&self, request: Request, members: &[&str]) -> Result<Call, Problem> {
        let caller = self.caller(&request).await?;
        let body = Body::of(&request, members)?;
        Ok(Call { caller, request, body })
    }
}

/// What carries an operation out. In a box, so that the way to it is generated once, and not for each of them.
type Run = for<'a> fn(&'a Management, &'a Call) -> Boxed<'a, Outcome>;

fn carried_out(members: &'static [&'static str], run: Run) -> Handler<Management> {
    handler(move |admin: Arc<Management>, request: Request| async move {
        let outcome = match admin.call(request, members).await {
            Ok(call) => run(&admin, &call).await,
            Err(problem) => Err(problem),
        };
        Management::answer(&outcome)
    })
}

fn routes() -> Vec<Route<Management>> {
    macro_rules! row {
        ($method:ident $path:literal $name:ident) => {
            row!($method $path $name takes &[])
        };
        ($method:ident $path:literal $name:ident takes $members:expr) => {
            Interface::route(
                Method::$method,
                concat!("/emporion/v1", $path),
                stringify!($name),
                carried_out($members, |admin, call| Box::pin($name(admin, call))),
            )
        };
    }
    let mut routes = files::serve::routes();
    routes.extend([
        row!(POST "/accounts" create_account takes &["name", "expires"]),
        row!(POST "/users" create_user takes &["name", "email", "isAdmin"]),
        row!(POST "/users/{name}/reset-password" reset_password),
        row!(POST "/users/{name}/disable" disable_user),
        row!(POST "/users/{name}/tokens" create_token takes &["expires", "label"]),
        row!(GET "/users/{name}/tokens" list_tokens),
        row!(DELETE "/tokens/{id}" revoke_token),
        row!(POST "/users/{name}/keys" create_key takes &["session", "expires"]),
        row!(GET "/users/{name}/keys" list_keys),
        row!(DELETE "/keys/{id}" revoke_key),
        row!(POST "/keys/seal/rotate" rotate_sealing_key),
        row!(POST "/keys/signing/rotate" rotate_signing_key takes &["expires"]),
        row!(POST "/sources" add_source takes connections::MEMBERS),
        row!(POST "/sources/test" test_source takes &["service"]),
        row!(GET "/sources/{name}" show_source),
        row!(GET "/sources/{name}/files" list_source_files),
        row!(PUT "/sources/{name}/files" correct_source_file takes source_files::CORRECTED),
        row!(POST "/sources/{name}/files/trial" try_source_file takes source_files::MEMBERS),
        row!(GET "/sources/{name}/schedule" show_schedule),
        row!(PUT "/sources/{name}/schedule" set_schedule takes &["cron"]),
        row!(DELETE "/sources/{name}/schedule" remove_schedule),
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
        row!(GET "/audit" list_audit),
        row!(GET "/status" show_status),
        row!(POST "/backups" start_backup takes &["withKeys"]),
        row!(GET "/backups/{id}" show_backup),
        row!(DELETE "/backups/{id}" end_backup),
        Interface::route(
            Method::GET,
            "/emporion/v1/backups/{id}/content",
            "read_backup",
            handler(|admin: Arc<Management>, request: Request| async move {
                match read_backup(&admin, &request).await {
                    Ok(piece) => {
                        Answer::bytes(200, "application/octet-stream", piece).with("cache-control", "no-store")
                    }
                    Err(problem) => Management::refused(&problem),
                }
            }),
        ),
    ]);
    routes
}

pub async fn rotate_sealing_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.keys.rotate_sealing(&admin.catalog).await
}

/// The caller's own token ends with the others, so he is given a new one; a bot the one that it got, which ends when the
/// old one would have.
pub async fn rotate_signing_key(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    let expires = call.ending(admin.catalog.now())?;
    let is_bot = call.caller.principal.is_bot;
    if is_bot && call.body.contains_key("expires") {
        return Err(Problem::invalid("expires", "has no meaning for a bot: the end of its token stays"));
    }
    let caller = admin.catalog.beyond_the_old_key(&call.caller).await?;
    let mut done = admin.keys.rotate_signing(&admin.catalog).await?;
    let user = call.caller.principal.user;
    let token = match is_bot {
        true => admin.catalog.bot_token(&call.caller, user).await?,
        false => {
            let label = "after the exchange of the key";
            Some(admin.catalog.create_token(&caller, user, label, expires).await?)
        }
    };
    done["token"] = token.as_ref().map(|issued| issued.token.as_str()).into();
    done["expiresAt"] = token.and_then(|issued| issued.expires_ms).into();
    Ok(done)
}

async fn add_source(admin: &Admin, call: &Call) -> Outcome {
    admin.connections.add(&admin.catalog, &call.caller, &call.body, call.body.flag("replace")?).await
}

async fn test_source(admin: &Admin, call: &Call) -> Outcome {
    admin.connections.test(&admin.catalog, &call.caller, call.body.needed("service")?).await
}

async fn show_source(admin: &Admin, call: &Call) -> Outcome {
    source_files::describe(&admin.connections, &admin.catalog, &call.caller, call.request.param("name")).await
}

async fn list_source_files(admin: &Admin, call: &Call) -> Outcome {
    source_files::list(&admin.connections, &admin.catalog, &call.caller, call.request.param("name")).await
}

async fn correct_source_file(admin: &Admin, call: &Call) -> Outcome {
    let name = call.request.param("name");
    source_files::correct(&admin.connections, &admin.catalog, &call.caller, name, &call.body).await
}

async fn try_source_file(admin: &Admin, call: &Call) -> Outcome {
    let name = call.request.param("name");
    source_files::trial(&admin.connections, &admin.catalog, &call.caller, name, &call.body).await
}

async fn show_schedule(admin: &Admin, call: &Call) -> Outcome {
    emporion_ingest::schedule_of(&admin.catalog, &call.caller, call.request.param("name")).await
}

async fn set_schedule(admin: &Admin, call: &Call) -> Outcome {
    let (name, cron) = (call.request.param("name"), call.body.needed("cron")?);
    emporion_ingest::schedule(&admin.catalog, &call.caller, name, Some(cron)).await?;
    show_schedule(admin, call).await
}

async fn remove_schedule(admin: &Admin, call: &Call) -> Outcome {
    emporion_ingest::schedule(&admin.catalog, &call.caller, call.request.param("name"), None).await?;
    show_schedule(admin, call).await
}

async fn start_ingestion(admin: &Admin, call: &Call) -> Outcome {
    let order = ingestions::order(&call.body, admin.ingestions.bounds())?;
    admin.ingestions.start(&admin.catalog, &Ownership::alone(), &call.caller, order, false).await
}

async fn show_ingestion(admin: &Admin, call: &Call) -> Outcome {
    admin.ingestions.show(&admin.catalog, &call.caller, call.request.param("id")).await
}

async fn stop_ingestion(admin: &Admin, call: &Call) -> Outcome {
    admin.ingestions.stop(&admin.catalog, &call.caller, call.request.param("id")).await
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

async fn list_audit(admin: &Admin, call: &Call) -> Outcome {
    audit::list(&admin.catalog, &call.caller, |name| call.request.query_value(name)).await
}

async fn show_status(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    admin.health.shown().await
}

/// A backup holds every account, so it is for those who run the server; so is each piece of it.
async fn start_backup(admin: &Admin, call: &Call) -> Outcome {
    admin.catalog.may_run_the_server(&call.caller).await?;
    let with_keys = call.body.flag("withKeys")?;
    let started = admin.backups.start(with_keys)?;
    tracing::info!(user = %call.caller.principal.name, with_keys, "a backup is taken");
    let keys = if with_keys { "included" } else { "left_out" };
    admin.catalog.note(&call.caller, AuditEventKind::BackupTaken, None, Detail::default().with("keys", keys));
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

async fn read_backup(admin: &Management, request: &Request) -> Result<Vec<u8>, Problem> {
    let caller = admin.caller(request).await?;
    admin.catalog.may_run_the_server(&caller).await?;
    let from = request.query_value("from").unwrap_or_else(|| "0".to_owned());
    let from = from.parse().map_err(|_| Problem::invalid("from", "must be a whole number from 0 on"))?;
    admin.backups.read(request.param("id"), from).await
}
