//! Exchanging the keys: the one that seals secrets and the one that signs tokens. Over a running server through its
//! management interface, over a stopped one in its store's directory; both come here, also for keys that nodes share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use emporion_authz::authenticator::KeyAuthenticator;
use emporion_authz::keyring::KeyringError;
use emporion_authz::sealer::RingSealer;
use emporion_authz::shared::{KeySet, SharedKeys};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};
use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::lease::{Lease, Ownership};
use emporion_store::PostgresStore;
use serde_json::{Value, json};

use crate::shared_keys::exchange;

/// What the exchange is called among the jobs of nodes.
const JOB: &str = "keys";
/// How long another node is waited for: one that is gone has lost the job by then.
const PATIENCE: Duration = Duration::from_secs(20);

/// The keys of an open store.
pub struct Keys {
    kept: Kept,
    sealer: Arc<RingSealer>,
    /// One exchange at a time.
    turn: tokio::sync::Mutex<()>,
}

/// Where the keys are kept.
enum Kept {
    Files { signing: PathBuf, authenticator: Arc<KeyAuthenticator> },
    Shared { store: Arc<PostgresStore>, keys: Arc<SharedKeys> },
}

impl Keys {
    pub fn in_files(directory: &Path, sealer: Arc<RingSealer>, authenticator: Arc<KeyAuthenticator>) -> Keys {
        let kept = Kept::Files { signing: directory.join(SIGNING_KEY_FILE), authenticator };
        Keys { kept, sealer, turn: Default::default() }
    }

    pub fn shared(store: Arc<PostgresStore>, keys: Arc<SharedKeys>) -> Keys {
        Keys { sealer: keys.sealer.clone(), kept: Kept::Shared { store, keys }, turn: Default::default() }
    }

    /// Which keys they are, in a line each for who runs the server: those that seal, and the one that signs. An exchange of
    /// the first that was broken off is an error.
    pub fn described(&self, catalog: &Catalog) -> [(&'static str, anyhow::Result<String>); 2] {
        let sealing = self.sealer.describe();
        let sealing = match self.sealer.has_old() {
            true => Err(anyhow::anyhow!("{sealing}; an exchange was broken off: run `emporion rotate seal` again")),
            false => Ok(sealing),
        };
        [("seal key", sealing), ("signing key", Ok(self.described_signing(catalog)))]
    }

    /// Seals everything with a new key, then forgets the old one. Broken off, it is to be started again: until then
    /// both keys open.
    pub async fn rotate_sealing(&self, catalog: &Arc<Catalog>) -> Result<Value, Problem> {
        let _turn = self.turn.lock().await;
        let done = self.owning(catalog, |owner| async move { self.seal_anew(catalog, &owner).await }).await?;
        done.ok_or_else(others_are_at_it)
    }

    async fn seal_anew(&self, catalog: &Catalog, owner: &Ownership) -> Result<Value, Problem> {
        self.begin_sealing().await?;
        let under = self.sealer.current_id();
        let resealed = catalog.reseal(owner).await?;
        match &self.kept {
            Kept::Files { .. } => self.sealer.forget_old().map_err(refused)?,
            // Where another node has begun a further exchange meanwhile, what is sealed now still needs this key: that node
            // forgets it.
            Kept::Shared { store, keys } => {
                let is_done = |set: &KeySet| set.ring.has_old() && set.ring.current_id() == under;
                let forget = |set: KeySet| {
                    Ok(if is_done(&set) { Some(KeySet { ring: set.ring.without_old()?, ..set }) } else { None })
                };
                exchange(store, keys, forget).await?;
            }
        }
        Ok(json!({"sealKey": self.sealer.describe(), "resealed": resealed}))
    }

    /// Does what one node does at a time. Answers none where another one is at it, and nothing was done.
    async fn owning<T, Done: Future<Output = Result<T, Problem>>>(
        &self,
        catalog: &Arc<Catalog>,
        work: impl FnOnce(Ownership) -> Done,
    ) -> Result<Option<T>, Problem> {
        if matches!(self.kept, Kept::Files { .. }) {
            return work(Ownership::alone()).await.map(Some);
        }
        let lease = Lease::seek(catalog.clone(), JOB);
        let mut owned = lease.owned();
        let got = match tokio::time::timeout(PATIENCE, owned.wait_for(Option::is_some)).await {
            Ok(Ok(owner)) => owner.clone(),
            Ok(Err(_)) | Err(_) => None,
        };
        let done = match got {
            Some(owner) => work(owner).await.map(Some),
            None => Ok(None),
        };
        lease.give_up().await;
        done
    }

    /// Goes on with an exchange of the signing key that was broken off. Answers whether there was one; where another node
    /// is at it, it is left to that one.
    pub async fn finish_renewal(&self, catalog: &Arc<Catalog>) -> Result<bool, Problem> {
        if !catalog.is_renewal_broken_off().await? {
            return Ok(false);
        }
        let renewed = self.owning(catalog, |owner| async move {
            // Whoever had them before may have come to the end.
            match catalog.is_renewal_broken_off().await? {
                true => catalog.renew_tokens(&owner).await.map(|_| true),
                false => Ok(false),
            }
        });
        match renewed.await {
            Ok(Some(renewed)) => Ok(renewed),
            Ok(None) | Err(Problem::Overtaken) => {
                tracing::warn!(
                    "bots' tokens are of another signing key, and another node exchanges keys: it is left to it"
                );
                Ok(false)
            }
            Err(problem) => Err(problem),
        }
    }

    /// A new key is there before anything is sealed with it. Where there is an old one beside it, an exchange was broken
    /// off, or another node is at it: it is gone on with.
    async fn begin_sealing(&self) -> Result<(), Problem> {
        match &self.kept {
            Kept::Files { .. } => self.sealer.rotate().map_err(refused),
            Kept::Shared { store, keys } => {
                let begin = |set: KeySet| {
                    let is_begun = set.ring.has_old();
                    Ok(if is_begun { None } else { Some(KeySet { ring: set.ring.with_new_key()?, ..set }) })
                };
                exchange(store, keys, begin).await
            }
        }
    }

    /// Signs with a new key. Every token of the old one is refused from then on; bots get theirs signed anew, people log
    /// in. Broken off, it is finished when the store is next served.
    pub async fn rotate_signing(&self, catalog: &Arc<Catalog>) -> Result<Value, Problem> {
        let _turn = self.turn.lock().await;
        let done = self.owning(catalog, |owner| async move { self.sign_anew(catalog, &owner).await }).await;
        if matches!(done, Err(Problem::Overtaken)) {
            // The key may be this node's by now, and the tokens another's.
            self.finish_renewal(catalog).await?;
        }
        done?.ok_or_else(others_are_at_it)
    }

    async fn sign_anew(&self, catalog: &Catalog, owner: &Ownership) -> Result<Value, Problem> {
        let failed = |error: &dyn std::fmt::Display| Problem::internal(format!("the key that signs tokens: {error}"));
        match &self.kept {
            Kept::Files { signing, authenticator } => {
                authenticator.replace_key(signing.clone()).await.map_err(|error| failed(&error))?;
            }
            Kept::Shared { store, keys } => {
                let made = tokio::task::spawn_blocking(SigningKey::generate).await.map_err(|error| failed(&error))?;
                // The newest is taken up, and is the one that this job found where it is still held afterwards.
                exchange(store, keys, |_| Ok(None)).await?;
                let found = kid(catalog);
                let sign = |set: KeySet| {
                    if set.signing.public().kid() != found || !owner.is_held() {
                        return Ok(None);
                    }
                    let signing = SigningKey::from_pkcs8_pem(made.to_pkcs8_pem().expose())?;
                    Ok(Some(KeySet { signing, ..set }))
                };
                exchange(store, keys, sign).await?;
                // Who stood still while another exchanged it has put nothing in its place.
                if kid(catalog) != made.public().kid() {
                    return Err(Problem::Overtaken);
                }
            }
        }
        let (ended, signed) = catalog.renew_tokens(owner).await?;
        Ok(json!({
            "signingKey": self.described_signing(catalog),
            "endedTokens": ended,
            "renewedBotTokens": signed,
        }))
    }

    fn described_signing(&self, catalog: &Catalog) -> String {
        let place = match &self.kept {
            Kept::Files { signing, .. } => format!("file {}", signing.display()),
            Kept::Shared { .. } => "the store".to_owned(),
        };
        format!("{place}, key {}", kid(catalog))
    }
}

/// Of the key that signs.
fn kid(catalog: &Catalog) -> String {
    catalog.jwks()["keys"][0]["kid"].as_str().unwrap_or_default().to_owned()
}

fn others_are_at_it() -> Problem {
    Problem::Unavailable { reason: "the keys are being exchanged by another node; try again".into() }
}

fn refused(error: KeyringError) -> Problem {
    match error {
        KeyringError::NotInAFile => Problem::conflict(error.to_string()),
        error => Problem::internal(error.to_string()),
    }
}
