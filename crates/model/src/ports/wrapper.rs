//! Wrappers of a snapshot (decorators): each hands on what it does not answer itself.

use async_trait::async_trait;

use super::{Ledger, Snapshot, StoreResult};

macro_rules! wrapper {
    ({} $([$($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*])*) => {
        /// A snapshot over another one, whose answers it hands on where it has none of its own. A wrapper that no new
        /// question may pass by (it shows planned changes, or notes what is asked) is a [`Snapshot`] itself.
        pub trait Wrapper: Ledger {
            fn below(&self) -> &dyn Snapshot;

            $($(fn $name(&self, $($arg: $ty),*) -> impl Future<Output = StoreResult<$out>> + Send {
                async move { self.below().$name($($arg),*).await }
            })*)*
        }

        #[async_trait]
        impl<W: Wrapper> Snapshot for W {
            $($(async fn $name(&self, $($arg: $ty),*) -> StoreResult<$out> {
                Wrapper::$name(self, $($arg),*).await
            })*)*
        }
    };
}

crate::snapshot_questions! { wrapper }
