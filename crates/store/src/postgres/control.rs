//! One connection that is shared by all: it hears when the log has grown, and answers in a moment what nobody can
//! wait in a row for, whether what was read still holds.

use std::sync::Arc;
use std::time::Duration;

use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::id::{AccountId, Seq};
use emporion_model::log_watch::{LogWatch, NewLines};
use emporion_model::request_freshness::RequestFreshness;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::coalesced_check::CoalescedCheck;
use super::commits;
use super::connector::Connector;
use super::error::PostgresError;
use super::log_head::LogHead;
use super::session::Session;
use super::shared_keys::KeyWatch;
use crate::invalidation::InvalidationTable;
use crate::rows::{self, Codec, Columns, signed};

/// On which the server tells how far the log is.
pub const CHANNEL: &str = "emporion_log";

/// How long the server may take to say what has changed.
const ANSWERED: Duration = Duration::from_secs(5);

pub struct Control {
    connector: Arc<Connector>,
    session: Mutex<Option<Arc<Session>>>,
    heard: UnboundedSender<String>,
    check: CoalescedCheck,
    codec: Arc<Codec>,
    pub invalidations: InvalidationTable,
    /// Which keys this node has.
    pub keys: KeyWatch,
    /// Wakes those who wait for the log.
    pub log_watch: LogWatch,
    /// How far those were told who wait.
    told: parking_lot::Mutex<u64>,
}

impl Control {
    /// With it comes what `follow` listens to.
    pub fn new(connector: Arc<Connector>, codec: Arc<Codec>) -> (Control, UnboundedReceiver<String>) {
        let (heard, listening) = unbounded_channel();
        let control = Control {
            connector,
            session: Mutex::default(),
            heard,
            check: CoalescedCheck::default(),
            codec,
            invalidations: InvalidationTable::default(),
            keys: KeyWatch::default(),
            log_watch: LogWatch::default(),
            told: parking_lot::Mutex::default(),
        };
        (control, listening)
    }

    /// The connection; a new one where the last one is lost.
    async fn session(&self) -> Result<Arc<Session>, PostgresError> {
        let mut known = self.session.lock().await;
        if let Some(session) = known.as_ref().filter(|session| !session.is_closed()) {
            return Ok(session.clone());
        }
        let session = Arc::new(self.connector.open(Some(self.heard.clone())).await?);
        session.batch(&format!("LISTEN {CHANNEL}")).await?;
        *known = Some(session.clone());
        Ok(session)
    }

    /// Where nothing of this has changed since the version, the version of the last commit.
    pub async fn unchanged_until(
        &self,
        since: CommitVersion,
        dependencies: &[Dependency],
    ) -> Result<Option<CommitVersion>, PostgresError> {
        let present = match RequestFreshness::noted_within(self.connector.options.freshness_ttl) {
            // Later commits that this node has heard of since count, its own among them.
            Some(present) => present.max(self.invalidations.version()),
            None => self.ask().await?,
        };
        let holds = self.invalidations.is_unchanged(since.0, dependencies.iter().copied());
        Ok(holds.then_some(CommitVersion(present)))
    }

    /// The version of the last commit of any node.
    pub async fn ask(&self) -> Result<u64, PostgresError> {
        let present = match self.learn_in_time().await {
            // The connection is one that was lost while nobody asked.
            Err(PostgresError::Gone(_)) => self.learn_in_time().await?,
            present => present?,
        };
        RequestFreshness::note(present);
        Ok(present)
    }

    /// Everybody waits for this: a server that has stopped answers nobody, and its connection is given up.
    async fn learn_in_time(&self) -> Result<u64, PostgresError> {
        match tokio::time::timeout(ANSWERED, self.check.take(self.learn())).await {
            Ok(learned) => learned,
            Err(_) => {
                if let Ok(mut session) = self.session.try_lock() {
                    *session = None;
                }
                Err(PostgresError::unavailable("the database does not answer"))
            }
        }
    }

    async fn learn(&self) -> Result<u64, PostgresError> {
        self.connector.options.activity.freshness_checks.add(1);
        let session = self.session().await?;
        commits::catch_up(&session, &self.invalidations, &self.keys).await
    }

    /// Tells of a commit of this node. What others have added before it nobody may have looked at.
    pub fn tell_own(&self, base: u64, head: u64, mut lines: NewLines) {
        let mut told = self.told.lock();
        if head <= *told {
            return;
        }
        if base > *told {
            lines.add_unknown();
        }
        *told = head;
        self.connector.options.activity.head.set(head);
        self.log_watch.tell(Seq(head), &lines);
    }

    /// Tells how far the log is, with what its new lines are about.
    async fn tell(&self, head: u64) -> Result<(), PostgresError> {
        let known = *self.told.lock();
        if head <= known {
            return Ok(());
        }
        let mut lines = NewLines::default();
        let about = self
            .session()
            .await?
            .all(
                "SELECT DISTINCT account, kind FROM events WHERE seq > $1 AND seq <= $2",
                &[&signed(known), &signed(head)],
                |row| Ok((AccountId::from_uuid(row.uuid(0)?), self.codec.kind(rows::text(row, 1)?).ok())),
            )
            .await?;
        for (account, kind) in about {
            match kind {
                Some(kind) => lines.add(account, kind),
                // A newer node knows it.
                None => lines.add_unknown(),
            }
        }
        // What this node has written meanwhile is told already.
        self.tell_own(known, head, lines);
        Ok(())
    }

    async fn look(&self) -> Result<u64, PostgresError> {
        let session = self.session().await?;
        let head = LogHead::read(&session).await?;
        self.keys.catch_up(&session, head.keys).await?;
        Ok(head.seq)
    }

    /// Where the log and the commits are when the store is opened.
    pub fn begin(&self, head: u64, version: u64) {
        self.invalidations.learn(version, [], true);
        self.invalidations.reached(version);
        let mut lines = NewLines::default();
        lines.add_unknown();
        self.tell_own(head, head, lines);
    }

    /// Listens, and looks by itself from time to time, for as long as the store is open.
    pub async fn follow(&self, mut listening: UnboundedReceiver<String>) {
        loop {
            let heard = tokio::time::timeout(self.connector.options.poll, listening.recv()).await;
            let mut head = heard.ok().flatten().and_then(|head| head.parse().ok());
            while let Ok(later) = listening.try_recv() {
                head = head.max(later.parse().ok());
            }
            let told = match head {
                Some(head) => self.tell(head).await,
                None => match self.look().await {
                    Ok(head) => self.tell(head).await,
                    Err(fault) => Err(fault),
                },
            };
            if let Err(fault) = told {
                tracing::debug!(?fault, "the log could not be looked at");
            }
        }
    }
}
