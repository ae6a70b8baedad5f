//! What a conversation remembers: who it is with, and the settings that its client made.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::caller::Caller;
use emporion_edge::origin::Origin;
use emporion_edge::request::Request;
use emporion_products::failure::Failure;
use emporion_products::limits::{DEFAULT_TIMEOUT_MS, TIMEOUT_MS};
use http::Method;
use parking_lot::Mutex;
use pgwire::error::PgWireError;
use uuid::Uuid;

use crate::cursors::Cursors;
use crate::door::Door;
use crate::engine_quota::EngineQuota;
use crate::failures;
use crate::login::{By, Proof};
use crate::memory_budget::MemoryBudget;
use crate::shares::Place;

/// The name of the door.
pub const DOOR: &str = "pgwire";
/// The version that clients are told: what they send depends on it.
pub const VERSION: &str = "15.8";
/// Settings that are kept for a client that sets them, and their longest name and value.
const MOST_SETTINGS: usize = 100;
const MOST_NAME: usize = 63;
const MOST_VALUE: usize = 1_000;

/// What may be asked for with `SHOW`, beside what the client has set.
const SETTINGS: &[(&str, &str)] = &[
    ("application_name", ""),
    ("client_encoding", "UTF8"),
    ("datestyle", "ISO, MDY"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "on"),
    ("extra_float_digits", "1"),
    ("integer_datetimes", "on"),
    ("intervalstyle", "postgres"),
    ("is_superuser", "off"),
    ("lc_collate", "C.UTF-8"),
    ("lc_ctype", "C.UTF-8"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("search_path", "\"$user\", public"),
    ("server_encoding", "UTF8"),
    ("server_version", VERSION),
    ("server_version_num", "150008"),
    ("standard_conforming_strings", "on"),
    ("statement_timeout", "0"),
    ("timezone", "UTC"),
    ("transaction_isolation", "read committed"),
    ("transaction_read_only", "on"),
];

pub struct Session {
    pub name: String,
    proof: Proof,
    origin: Origin,
    settings: Mutex<BTreeMap<String, String>>,
    pub cursors: Cursors,
    /// For what is kept between messages, and for what is prepared.
    pub room: Arc<MemoryBudget>,
    pub prepared: Arc<MemoryBudget>,
    place: Place,
}

impl Session {
    pub fn new(name: &str, proof: Proof, place: Place, (client, is_tls): (IpAddr, bool)) -> Session {
        let origin = Origin { client: Some(client), is_https: is_tls, host: None };
        let (room, prepared) =
            (MemoryBudget::of_connection(&place.share.room), MemoryBudget::of_prepared(&place.share.room));
        let (settings, cursors) = (Mutex::default(), Cursors::default());
        Session { name: name.to_owned(), proof, origin, settings, cursors, room, prepared, place }
    }

    /// Who is asking, as he may act by now, and the request that stands for this statement in the log.
    ///
    /// Errors: the end of the conversation, for who may not act any more.
    pub async fn caller(&self, door: &Door) -> Result<(Caller, Request), PgWireError> {
        let request = Request {
            request_id: Uuid::new_v4().to_string(),
            origin: self.origin.clone(),
            door: Some(DOOR),
            ..Request::new(Method::POST, "/")
        };
        let catalog = &door.calls.products.catalog;
        let caller = match &self.proof.by {
            By::Token(token) => catalog.authenticate_token(token, Some(DOOR)).await,
            By::Password(login) => catalog.connection_caller(login).await,
        };
        let caller = caller.map_err(|problem| failures::of_problem(&problem))?;
        if caller.principal.user != self.proof.user {
            return Err(failures::of_failure(&Failure::unauthenticated("the token is somebody else's")));
        }
        Ok((request.called_by(caller), request))
    }

    /// His, at engines.
    pub fn turns(&self) -> &EngineQuota {
        &self.place.share.turns
    }

    pub fn set(&self, name: &str, value: Option<&str>) -> Result<(), PgWireError> {
        let mut settings = self.settings.lock();
        match value {
            None => drop(settings.remove(name)),
            Some(value) if name.len() <= MOST_NAME && value.len() <= MOST_VALUE && settings.len() < MOST_SETTINGS => {
                settings.insert(name.to_owned(), value.to_owned());
            }
            Some(_) => return Err(failures::error(failures::TOO_LARGE, "too many settings, or too long ones")),
        }
        Ok(())
    }

    pub fn reset(&self) {
        self.settings.lock().clear();
    }

    /// The value of a setting, where there is such a one.
    pub fn setting(&self, name: &str) -> Option<String> {
        let known = || SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        self.settings.lock().get(name).cloned().or_else(known)
    }

    pub fn settings(&self) -> BTreeMap<String, String> {
        let known = SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        known.chain(self.settings.lock().clone()).collect()
    }

    /// The schemas that names without one are looked for in, as far as the client has said them.
    pub fn search_path(&self) -> Vec<String> {
        let Some(path) = self.settings.lock().get("search_path").cloned() else { return Vec::new() };
        let names = path.split(',').map(|name| name.trim().trim_matches('"').to_owned());
        names.filter(|name| !name.is_empty() && name != "$user").collect()
    }

    /// How long one statement may take: as long as the client says, within what the server allows.
    pub fn timeout(&self) -> Duration {
        let said = self.settings.lock().get("statement_timeout").cloned().unwrap_or_default();
        let (digits, unit) = said.split_at(said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len()));
        let unit = match unit.trim() {
            "s" => 1_000,
            "min" => 60_000,
            _ => 1,
        };
        let ms = digits.parse::<i64>().ok().and_then(|number| number.checked_mul(unit)).filter(|ms| *ms > 0);
        let ms = ms.unwrap_or(DEFAULT_TIMEOUT_MS).clamp(*TIMEOUT_MS.start(), *TIMEOUT_MS.end());
        Duration::from_millis(ms.unsigned_abs())
    }
}

/// What a client says of itself when it connects that are settings: `options=-c search_path=sales`.
pub fn startup_settings(parameters: &std::collections::HashMap<String, String>) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = Vec::new();
    let own =
        parameters.iter().filter(|(name, _)| !["user", "database", "options", "replication"].contains(&name.as_str()));
    settings.extend(own.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    let options = parameters.get("options").map(String::as_str).unwrap_or_default();
    let pairs = options.split_whitespace().filter_map(|word| {
        let word = word.strip_prefix("-c").or(word.strip_prefix("--")).unwrap_or(word);
        word.split_once('=').map(|(name, value)| (name.to_ascii_lowercase().replace('-', "_"), value.to_owned()))
    });
    settings.extend(pairs);
    settings
}
