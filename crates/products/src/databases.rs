//! The port to the databases behind data sources. The program plugs in what speaks to them; no driver is known here.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::AccountId;
use emporion_catalog::record::Record;
use emporion_catalog::rows::RowsPermit;
use emporion_catalog::rows::masks::Mask;
use emporion_catalog::{Catalog, Problem};
use emporion_semantic::guard::{CostLimits, Dialect, MaskKind, MaskedColumn, Plan, Policy};
use serde_json::{Map, Value, json};

use crate::failure::{Code, Failure, Violation};
use crate::message::Message;
use crate::warning::Warning;

/// A database and what it takes to reach it, secrets included.
#[derive(Clone)]
pub struct Target {
    /// Whose source it is: files belong to one account.
    pub account: AccountId,
    /// The catalogue's word for the type, `Postgres`.
    pub service_type: String,
    /// The settings of the connector, in its words.
    pub config: Value,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}, ***)", self.service_type)
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

/// How statements for a source are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    pub dialect: Dialect,
    /// Where a table without a schema is looked for first.
    pub default_schema: Option<String>,
    /// The one database that a connection sees, where it sees one only.
    pub database: Option<String>,
    /// What makes the source the one that it is. No secret is in it.
    pub place: String,
}

/// A statement that the guard let through, with everything that bounds it.
#[derive(Debug)]
pub struct Statement<'a> {
    pub plan: &'a Plan,
    /// What the plan was made under.
    pub policy: &'a Policy,
    /// More than this is not read.
    pub cost: CostLimits,
    /// For all that is done.
    pub timeout: Duration,
    /// That the catalogue lets the caller read the rows.
    pub permit: RowsPermit,
}

/// The codes of what is said of a statement: that it read only those rows that filters of the caller's leave, and something
/// else than the values of some columns.
pub const ROWS_FILTERED: &str = "ROWS_FILTERED";
pub const COLUMNS_MASKED: &str = "COLUMNS_MASKED";

#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    pub truncated: bool,
    pub took: Duration,
    /// What its reader should know beside the rows.
    pub warnings: Vec<Warning>,
}

/// What the reader of the rows of a statement should know beside them: that they are made of a part of what there is.
pub fn warnings(plan: &Plan) -> Vec<Warning> {
    let said = |code, template, named: Vec<String>| {
        (!named.is_empty()).then(|| Warning::new(code, Message::with(template, [named.join(", ")]), None))
    };
    let filtered = "Computed only from the rows that you may see: your row filters reach {}.";
    let tables = plan.filtered.iter().map(|table| table.name.clone()).collect();
    let masked = "Something else is read in place of values that are masked from you: {}.";
    let name = |one: &MaskedColumn| format!("{}.{}", one.table.name, one.column);
    let columns = plan.masked.iter().map(|one| format!("{} ({})", name(one), one.kind.words())).collect();
    let of = |one: &MaskedColumn| (name(one), mask(one.kind));
    let masked = said(COLUMNS_MASKED, masked, columns)
        .map(|warning| Warning { masked: plan.masked.iter().map(of).collect(), ..warning });
    [said(ROWS_FILTERED, filtered, tables), masked].into_iter().flatten().collect()
}

/// The mask of that kind.
fn mask(kind: MaskKind) -> Mask {
    match kind {
        MaskKind::Year => Mask::Year,
        MaskKind::FirstLetters => Mask::FirstLetters,
        MaskKind::Hashed => Mask::Hashed,
        MaskKind::Hidden => Mask::Hidden,
    }
}

impl Answered {
    /// As programs get it.
    pub fn print(self) -> Map<String, Value> {
        let columns = self.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind}));
        Map::from_iter([
            ("columns".to_owned(), columns.collect()),
            ("rowCount".to_owned(), self.rows.len().into()),
            ("rows".to_owned(), self.rows.into()),
            ("executionTime".to_owned(), u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).into()),
            ("truncated".to_owned(), self.truncated.into()),
        ])
    }
}

/// What the tables of a source were in the catalogue, and are now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Tables that the catalogue has of it, and how many of them are as they were.
    pub known: usize,
    pub unchanged: usize,
    pub changed: Vec<Changed>,
    /// The source no longer has them.
    pub missing: Vec<Named>,
    /// What could not be brought in, and why.
    pub failed: Vec<(String, String)>,
}

/// A table by its schema and its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub schema: String,
    pub name: String,
}

/// A table that is another one now. Without columns, something else of it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    pub table: Named,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Name, and the types before and after.
    pub columns: Vec<(String, String, String)>,
}

/// How tables are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshing {
    pub is_rehearsal: bool,
    /// For the source, to describe itself.
    pub timeout: Duration,
}

/// Why nothing was brought in.
#[derive(Debug, Clone, PartialEq)]
pub enum Unrefreshed {
    /// It is being read already, or too many are; the source was not asked.
    Busy(Problem),
    Source(DatabaseError),
    /// The catalogue did not take it.
    Catalogue(Problem),
}

/// Why there is no answer. Messages hold neither secrets nor values of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseError {
    /// Databases of that type cannot be reached from here.
    Unsupported,
    /// The source finds the statement wrong.
    Refused {
        rule: &'static str,
        message: String,
    },
    /// The statement asks for a value that there is not, of the values that stand in it or in rows.
    Value {
        message: String,
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
    async fn test(&self, target: &Target, timeout: Duration) -> Result<Tested, DatabaseError>;

    /// The tables and views, sorted.
    async fn tables(&self, target: &Target, timeout: Duration) -> Result<Vec<Offered>, DatabaseError>;

    /// Puts tables, by schema and name, into the catalogue below the service that stands for the source. Every write is a
    /// command of the caller's.
    ///
    /// Errors: why not one of them was put there, without secrets.
    async fn take_in(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        service: &Record,
        tables: &[(String, String)],
    ) -> Result<(), String>;

    /// Reads again what the source says of the tables that the catalogue has of it, and brings the catalogue to that.
    /// Every write is a command of the caller's; a rehearsal writes nothing. Tables that the source no longer has stay.
    async fn refresh(
        &self,
        _: &Catalog,
        _: &Caller,
        _: &Record,
        _: &Target,
        _: &Refreshing,
    ) -> Result<Refreshed, Unrefreshed> {
        Err(Unrefreshed::Source(DatabaseError::Unsupported))
    }

    /// Whether the place may be written down. Nothing is connected or looked up, and the place needs no secrets: a name
    /// is judged when it is used.
    ///
    /// Errors: the address that it names is one that this installation forbids.
    fn allow(&self, _: &Target) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// How statements for it are written. Nothing is connected, and the place needs no secrets.
    fn speech(&self, target: &Target) -> Result<Speech, DatabaseError>;

    /// Names and types of the columns that a statement would answer: it is planned and not run. For statements that are
    /// stored: an answer that would keep the writer waiting may be an error at once.
    async fn describe(&self, target: &Target, plan: &Plan, timeout: Duration) -> Result<Vec<Column>, DatabaseError>;

    /// Runs a statement, unless the source expects it to read more than it may; dropping the future stops the
    /// database, too.
    async fn run(&self, target: &Target, statement: &Statement<'_>) -> Result<Answered, DatabaseError>;
}

/// Name and type.
pub type Column = (String, &'static str);

/// No database can be reached: what a service has that nobody has plugged anything into.
pub struct NoDatabases;

#[async_trait]
impl Databases for NoDatabases {
    async fn test(&self, _: &Target, _: Duration) -> Result<Tested, DatabaseError> {
        Err(DatabaseError::Unsupported)
    }

    async fn tables(&self, _: &Target, _: Duration) -> Result<Vec<Offered>, DatabaseError> {
        Err(DatabaseError::Unsupported)
    }

    async fn take_in(&self, _: &Catalog, _: &Caller, _: &Record, _: &[(String, String)]) -> Result<(), String> {
        Err(DatabaseError::Unsupported.sentence())
    }

    fn speech(&self, _: &Target) -> Result<Speech, DatabaseError> {
        Err(DatabaseError::Unsupported)
    }

    async fn describe(&self, _: &Target, _: &Plan, _: Duration) -> Result<Vec<Column>, DatabaseError> {
        Err(DatabaseError::Unsupported)
    }

    async fn run(&self, _: &Target, _: &Statement<'_>) -> Result<Answered, DatabaseError> {
        Err(DatabaseError::Unsupported)
    }
}

impl DatabaseError {
    /// In one sentence, for answers that tell of a failure without being one.
    pub fn sentence(&self) -> String {
        match self {
            DatabaseError::Unsupported => {
                "data sources of this type are kept but cannot be reached from here".to_owned()
            }
            DatabaseError::Timeout => "the data source did not answer in time".to_owned(),
            DatabaseError::Refused { message, .. }
            | DatabaseError::Value { message }
            | DatabaseError::Cost { message }
            | DatabaseError::Settings { message, .. }
            | DatabaseError::Source { message, .. } => message.clone(),
        }
    }

    pub fn reason(&self) -> &'static str {
        match self {
            DatabaseError::Unsupported => "UNSUPPORTED",
            DatabaseError::Timeout => "TIMEOUT",
            DatabaseError::Cost { .. } => "COST_LIMIT",
            DatabaseError::Refused { rule, .. } => rule,
            DatabaseError::Value { .. } => "VALUE",
            DatabaseError::Settings { reason, .. } | DatabaseError::Source { reason, .. } => reason,
        }
    }

    /// What is wrong with a statement, as the failure of a call.
    pub fn of_sql(&self) -> Failure {
        Failure::sql_not_allowed(self.reason(), &self.sentence())
    }

    /// As the failure of a call. `kind` is the type of the source.
    pub fn failure(self, kind: &str, timeout: Duration) -> Failure {
        let message = Message::verbatim(self.sentence());
        match self {
            DatabaseError::Unsupported => Failure::data_source_type_unsupported(kind),
            DatabaseError::Timeout => Failure::query_timeout(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            DatabaseError::Cost { .. } => Failure::new(Code::COST_LIMIT, message),
            DatabaseError::Settings { reason, .. } => Failure::new(Code::VALIDATION_FAILED, message.clone())
                .detail("reason", reason)
                .violating(vec![Violation::new("/connectionConfig", reason.to_ascii_lowercase(), message)]),
            DatabaseError::Source { reason, .. } => Failure::data_source_error(message).detail("reason", reason),
            DatabaseError::Refused { .. } | DatabaseError::Value { .. } => self.of_sql(),
        }
    }
}
