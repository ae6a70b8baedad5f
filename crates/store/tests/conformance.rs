//! What every engine promises behind `ports::Store`, asked of each of them.

mod support;

#[path = "conformance/batches.rs"]
mod batches;
#[path = "conformance/commits.rs"]
mod commits;
#[path = "conformance/edges.rs"]
mod edges;
#[path = "conformance/expectations.rs"]
mod expectations;
#[path = "conformance/followers.rs"]
mod followers;
#[path = "conformance/lists.rs"]
mod lists;
#[path = "conformance/model.rs"]
mod model;
#[path = "conformance/observations.rs"]
mod observations;
#[path = "conformance/records.rs"]
mod records;
#[path = "conformance/rest.rs"]
mod rest;
#[path = "conformance/subtrees.rs"]
mod subtrees;

/// Makes of each function one test per engine; afterwards the store must be whole.
macro_rules! for_every_engine {
    ($($name:ident)*) => {
        mod on_memory {
            $(#[tokio::test] async fn $name() { super::$name(&crate::support::memory()).await })*
        }
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                let world = crate::support::sqlite();
                super::$name(&world).await;
                world.is_whole();
            })*
        }
    };
}
pub(crate) use for_every_engine;
