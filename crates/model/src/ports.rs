//! What the core needs from outside: a store, a gate, a sealer. Nothing here speaks SQL, HTTP or a policy language.

mod around;
mod gate;
mod keys;
mod ledger;
mod snapshot;
mod store;
mod wrapper;

pub use around::{Around, Surroundings, Upward, join, level_by_level, step_by_step, up};
pub use gate::{Conditions, Facts, Gate, PolicySource, Verdict};
pub use keys::{Authenticator, Resealed, Sealer, TokenClaims, TokenFault};
pub use ledger::{Ending, Ledger};
pub use snapshot::{PastState, Snapshot, StatePlace};
pub use store::{Freshness, Planner, Store, StoreError, StoreResult};
pub use wrapper::Wrapper;
