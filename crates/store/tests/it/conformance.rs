//! What every engine promises behind `ports::Store`, asked of each of them.

mod audit_events;
mod batches;
mod commits;
mod edges;
mod expectations;
mod followers;
mod lists;
mod model;
mod observations;
mod records;
mod rest;
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
                world.is_whole().await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                let world = crate::support::postgres().await;
                super::$name(&world).await;
                world.is_whole().await;
            })*
        }
        mod on_serializable {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                let world = crate::support::serializable().await;
                super::$name(&world).await;
                world.is_whole().await;
            })*
        }
    };
}
pub(crate) use for_every_engine;
