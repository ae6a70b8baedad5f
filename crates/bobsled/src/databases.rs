//! The port to the databases behind data sources. The program plugs in what speaks to them; this door knows no driver.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::error::{Code, Failure, Violation};
use crate::message::Message;

/// A database and what it takes to reach it, secrets included.
#[derive(Clone)]
pub struct Place {
    /// The catalogue's word for the type, `Postgres`.
    pub service_type: String,
    /// The settings of the connector, in its words.
    pub config: Value,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({}, ***)", self.service_type)
    }
}

/// What a successful test tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    pub version: String,
    pub user: String,
    pub database: String,
    pub schemas: Vec<String>,
    pub latency: Duration,
}

/// A table that a source offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub database: String,
    pub schema: String,
    pub name: String,
    pub is_view: bool,
    pub rows: Option<u64>,
}

/// A table that a question may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub database: String,
    pub schema: String,
    pub name: String,
    /// Names of the columns; none where they are not known.
    pub columns: Vec<String>,
    /// Only rows that fulfil it are seen.
    pub filter: Option<String>,
}

/// A statement with everything that bounds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub sql: String,
    pub parameters: Map<String, Value>,
    pub tables: Vec<Reach>,
    pub rows: u64,
    pub timeout: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Names and types.
    pub columns: Vec<(String, &'static str)>,
    pub rows: Vec<Vec<Value>>,
    pub truncated: bool,
    pub took: Duration,
}

/// Why there is no answer. Messages hold neither secrets nor values of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Databases of that type cannot be reached from here.
    Unsupported,
    /// The statement breaks a rule of the guard.
    Refused {
        rule: &'static str,
        message: String,
        position: Option<(u64, u64)>,
    },
    /// The statement would cost, or answer, more than is allowed.
    Cost {
        message: String,
    },
    /// The settings are incomplete, or this installation forbids the place.
    Settings {
        reason: &'static str,
        message: String,
    },
    Timeout,
    /// The database does not answer, does not accept the credentials, or failed.
    Source {
        reason: &'static str,
        message: String,
    },
}

#[async_trait]
pub trait Databases: Send + Sync {
    /// Connects and looks around.
    async fn test(&self, place: &Place, timeout: Duration) -> Result<Tested, Fault>;

    /// The tables and views, sorted.
    async fn tables(&self, place: &Place, timeout: Duration) -> Result<Vec<Offered>, Fault>;

    /// Runs a question that the guard lets through; dropping the future stops the database, too.
    async fn run(&self, place: &Place, question: &Question) -> Result<Answered, Fault>;
}

/// No database can be reached: what a door has that nobody has plugged anything into.
pub struct NoDatabases;

#[async_trait]
impl Databases for NoDatabases {
    async fn test(&self, _: &Place, _: Duration) -> Result<Tested, Fault> {
        Err(Fault::Unsupported)
    }

    async fn tables(&self, _: &Place, _: Duration) -> Result<Vec<Offered>, Fault> {
        Err(Fault::Unsupported)
    }

    async fn run(&self, _: &Place, _: &Question) -> Result<Answered, Fault> {
        Err(Fault::Unsupported)
    }
}

impl Fault {
    /// In one sentence, for answers that tell of a failure without being one.
    pub fn sentence(&self) -> String {
        match self {
            Fault::Unsupported => "data sources of this type are kept but cannot be reached from here".to_owned(),
            Fault::Timeout => "the data source did not answer in time".to_owned(),
            Fault::Refused { message, .. }
            | Fault::Cost { message }
            | Fault::Settings { message, .. }
            | Fault::Source { message, .. } => message.clone(),
        }
    }

    pub fn reason(&self) -> &'static str {
        match self {
            Fault::Unsupported => "UNSUPPORTED",
            Fault::Timeout => "TIMEOUT",
            Fault::Cost { .. } => "COST_LIMIT",
            Fault::Refused { rule, .. } => rule,
            Fault::Settings { reason, .. } | Fault::Source { reason, .. } => reason,
        }
    }

    /// As the failure of a call. `kind` is the type of the source.
    pub fn failure(self, kind: &str, timeout: Duration) -> Failure {
        let message = Message::verbatim(self.sentence());
        match self {
            Fault::Unsupported => Failure::data_source_type_unsupported(kind),
            Fault::Timeout => Failure::query_timeout(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            Fault::Cost { .. } => Failure::new(Code::COST_LIMIT, message),
            Fault::Settings { reason, .. } => Failure::new(Code::VALIDATION_FAILED, message.clone())
                .detail("reason", reason)
                .violating(vec![Violation::new("/connectionConfig", reason.to_ascii_lowercase(), message)]),
            Fault::Source { reason, .. } => Failure::data_source_error(message).detail("reason", reason),
            Fault::Refused { rule, position, .. } => {
                let mut failure = Failure::sql_not_allowed(rule, message.clone())
                    .violating(vec![Violation::new("/sql", rule, message)]);
                if let Some((line, column)) = position {
                    failure = failure.detail("line", line).detail("column", column);
                }
                failure
            }
        }
    }
}
