//! From a database to the catalogue: what a crawl finds becomes commands of the ordinary commit path.
//!
//! [`run`] crawls, reads what the catalogue has, and lets the planner compare the two. The planner is pure. It plans
//! differences only, so a run over an unchanged database writes nothing, and a run that was broken off is finished by the
//! next one. The catalogue's people win over the source where both wrote: a comment of the source becomes a description
//! only while nobody has written another one.

mod changes;
mod connect;
mod deletion_guard;
mod described;
mod files;
mod lineage;
mod losses;
mod merge;
mod plan;
mod present;
mod report;
mod run;
mod run_record;
mod scope;
mod service;
mod spelling;
mod times;

pub use changes::{ColumnChange, TableChange};
pub use connect::{connect, may_ingest, test};
pub use deletion_guard::DeletionGuard;
pub use files::{Correction, Files};
pub use report::{Omission, Report, Tally};
pub use run::{DOOR, Failure, Order, run};
pub use run_record::{BROKE_DOWN, BY_SCHEDULE, RunRecord, STOPPED, shortened};
pub use scope::{Pattern, Scope};
pub use times::{schedule, schedule_of};
