//! Exchanging the keys: the one that seals secrets and the one that signs tokens. Over a running server through its
//! management interface, over a stopped one in its store's directory; both come here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use emporion_authz::authenticator::KeyAuthenticator;
use emporion_authz::keyring::KeyringError;
use emporion_authz::sealer::RingSealer;
use emporion_authz::signing::SIGNING_KEY_FILE;
use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use serde_json::{Value, json};

/// The keys of an open store.
pub struct Keys {
    signing_file: PathBuf,
    sealer: Arc<RingSealer>,
    authenticator: Arc<KeyAuthenticator>,
    /// One exchange at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Keys {
    pub fn new(directory: &Path, sealer: Arc<RingSealer>, authenticator: Arc<KeyAuthenticator>) -> Keys {
        Keys { signing_file: directory.join(SIGNING_KEY_FILE), sealer, authenticator, turn: Default::default() }
    }

    /// Seals everything with a new key, then forgets the old one. Broken off, it is to be started again: until then
    /// both keys open.
    pub async fn rotate_sealing(&self, catalog: &Catalog) -> Result<Value, Problem> {
        let _turn = self.turn.lock().await;
        self.sealer.rotate().map_err(refused)?;
        let resealed = catalog.reseal().await?;
        self.sealer.forget_old().map_err(refused)?;
        Ok(json!({"sealKey": self.sealer.describe(), "resealed": resealed}))
    }

    /// Signs with a new key. Every token of the old one is refused from then on; bots get theirs signed anew, people log
    /// in. Broken off, it is finished when the store is next served.
    pub async fn rotate_signing(&self, catalog: &Catalog) -> Result<Value, Problem> {
        let _turn = self.turn.lock().await;
        let replaced = self.authenticator.replace_key(self.signing_file.clone()).await;
        replaced.map_err(|error| Problem::internal(format!("the key that signs tokens: {error}")))?;
        let (ended, signed) = catalog.renew_tokens().await?;
        let kid = catalog.jwks()["keys"][0]["kid"].clone();
        Ok(json!({
            "signingKey": format!("file {}, key {}", self.signing_file.display(), kid.as_str().unwrap_or_default()),
            "endedTokens": ended,
            "renewedBotTokens": signed,
        }))
    }
}

fn refused(error: KeyringError) -> Problem {
    match error {
        KeyringError::NotInAFile => Problem::conflict(error.to_string()),
        error => Problem::internal(error.to_string()),
    }
}
