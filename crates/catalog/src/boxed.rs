//! What the entry points of the core give back.
//!
//! The body of an `async fn` is generated anew in every crate that waits for it, with all that it waits for itself: the
//! planner eighteen times in one binary. What stands behind a box is generated here, once. So whatever other crates wait
//! for is a function that returns one; inside the core nothing need be boxed.

use std::future::Future;
use std::pin::Pin;

/// Work that was begun, of whatever kind.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
