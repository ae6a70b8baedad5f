//! What the entry points of the core give back.
//!
//! The body of an `async fn` is generated anew in every crate that waits for it, and there in every unit of generated code,
//! with all that it waits for itself: the planner eighteen times in one binary. What stands behind a box is generated here,
//! once. So whatever other crates wait for is a function that returns one. Inside the core that is so for what is large and
//! waited for in many files alone: the planner, what rights turn on, records with what belongs to them.

use std::future::Future;
use std::pin::Pin;

/// Work that was begun, of whatever kind.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
