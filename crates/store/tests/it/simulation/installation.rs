//! What every schedule begins with, made once: an account, somebody who may write for as long as he holds a role, and a place
//! for products.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, How, Target};
use emporion_catalog::credentials::IssuedToken;
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::ports::{Authenticator, Sealer, Store};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::HAS_ROLE;
use emporion_catalog::testing::{Plain, Tokens};
use emporion_store::MemoryStore;
use tokio::time::Instant;

use crate::pipeline::house::{Roles, STEWARD, named};
use crate::support::kind;

pub struct Installation {
    store: MemoryStore,
    authenticator: Arc<Tokens>,
    pub account: AccountId,
    pub admin: RecordId,
    /// Who holds the role at first, and may lose it.
    pub steward: RecordId,
    /// By which he is known at first.
    pub token: IssuedToken,
}

thread_local! {
    /// When the schedule of this thread began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Ten years after 2015, where no schedule's clock is asked.
const BASE: i64 = 1_735_689_600_000;

pub fn begin() {
    BEGAN.set(Some(Instant::now()));
}

fn now() -> i64 {
    let passed = BEGAN.get().map_or(0, |began| began.elapsed().as_millis());
    BASE + i64::try_from(passed).expect("a short schedule")
}

/// The clocks of the nodes: the second is minutes ahead, the third behind.
pub const CLOCKS: [fn() -> Millis; 3] =
    [|| Millis(now()), || Millis(now() + 3 * 60_000), || Millis(now() - 7 * 60_000)];

impl Installation {
    /// The one of this process.
    pub fn shared() -> &'static Installation {
        static SHARED: OnceLock<Installation> = OnceLock::new();
        SHARED.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            runtime.expect("a runtime").block_on(Self::make())
        })
    }

    async fn make() -> Installation {
        let store = Arc::new(MemoryStore::default());
        let authenticator = Arc::new(Tokens::default());
        let catalog = node(store.clone(), authenticator.clone(), 0);
        let made = catalog.initialise().await.expect("an account");
        let caller = catalog.caller(made.account, made.admin).await.expect("the administrator");
        let mut draft = Draft { name: Some("ann".into()), ..Draft::default() };
        draft.set("email", "ann@example.com");
        draft.relate(HAS_ROLE, How::Add, "roles", vec![Target::of(named("role", STEWARD))]);
        let create = Command::Create { kind: kind("user"), parent: None, draft, id: None, rules: DoorRules::default() };
        let steward = catalog.execute(&caller, &create).await.expect("a user").view.id();
        let token = catalog.create_token(&caller, steward, "t", None).await.expect("a token");
        let store = store.copy();
        Installation { store, authenticator, account: made.account, admin: made.admin, steward, token }
    }

    /// A store that begins with it.
    pub fn store(&self) -> MemoryStore {
        self.store.copy()
    }

    /// A node over a store, with the clock of that number.
    pub fn node(&self, store: Arc<dyn Store>, number: usize) -> Arc<Catalog> {
        node(store, self.authenticator.clone(), number)
    }
}

fn node(store: Arc<dyn Store>, authenticator: Arc<Tokens>, number: usize) -> Arc<Catalog> {
    let sealer: Arc<dyn Sealer> = Arc::new(Plain);
    let authenticator: Arc<dyn Authenticator> = authenticator;
    let gate = Arc::new(Roles::default());
    let clock = CLOCKS[number];
    Arc::new(Catalog::new(Parts { store, registry: Registry::standard(), gate, sealer, authenticator, clock }))
}
