//! Search: one language for everybody who looks for something, and what answers it.
//!
//! [`query`] reads what was typed, and [`plan`] settles what it means to a caller; [`document`] is what of a
//! record can be found, and [`reasons`] says why it was.
//! [`index`] keeps documents; [`Engine`] keeps up with the log, and answers.

mod ask;
pub mod document;
mod engine;
mod follower;
pub mod index;
mod members;
pub mod plan;
pub mod query;
pub mod reasons;

pub use engine::{Engine, Progress};
pub use members::Members;
