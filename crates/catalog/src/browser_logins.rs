//! Logins of browsers. What a browser shows is a random id, of which a hash is kept: whoever reads the store cannot come
//! in with it. A browser's login ends as every other does: by logging out, with a new password, with the user.

use sha2::{Digest, Sha256};

use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Write};
use crate::credentials::IssuedToken;
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::logins::{Login, Means, REFRESH_MS};
use crate::ports::Snapshot;
use crate::problem::Problem;

/// What such a login is called in the list of what a user holds.
const LABEL: &str = "browser";

impl Catalog {
    /// Logs in as [`Catalog::login`] does. The session of the answer holds the id that the browser shows from then on.
    pub fn login_by_browser<'a>(
        &'a self,
        login: &'a str,
        password: &'a str,
        door: Option<&'static str>,
    ) -> Boxed<'a, Result<Login, Problem>> {
        Box::pin(async move { self.log_in(login, password, Means::Cookie, door).await })
    }

    /// Who is behind an id that a browser shows.
    ///
    /// Errors: `Unauthenticated` where the login has ended, or there never was one.
    pub fn browser_caller<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let held = self.browser_login(&*snapshot, id).await?.ok_or_else(ended)?;
            Ok(Caller::of(self.principal(&*snapshot, held.account, held.user).await?))
        })
    }

    /// Which credential the login behind an id is.
    pub fn browser_credential<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<Option<CredentialId>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            Ok(self.browser_login(&*snapshot, id).await?.map(|held| held.id))
        })
    }

    /// Ends the login behind an id, where there is one.
    pub fn log_browser_out<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let Some(held) = self.browser_login(&*snapshot, id).await? else { return Ok(()) };
            drop(snapshot);
            let mut set = ChangeSet::new(crate::access::of_the_server());
            set.writes.push(Write::DropCredential { id: held.id });
            self.store_set(set).await
        })
    }

    /// Adds a browser's login to a change set.
    pub(crate) async fn open_in_browser(
        &self,
        snapshot: &dyn Snapshot,
        set: &mut ChangeSet,
        (account, user): (AccountId, RecordId),
    ) -> Result<IssuedToken, Problem> {
        self.drop_ended(snapshot, set, user).await?;
        let (_, shown) = self.authenticator.random_access_key();
        let now = self.now();
        let id = CredentialId::fresh();
        let expires_ms = now.0 + REFRESH_MS;
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id,
            account,
            user,
            class: CredentialClass::Session,
            public: hashed(&shown),
            label: LABEL.to_owned(),
            secret: self.authenticator.signing_key().into_bytes(),
            created: now,
            expires: Some(Millis(expires_ms)),
            made_with: None,
        })));
        Ok(IssuedToken { id, token: shown, expires_ms: Some(expires_ms) })
    }

    async fn browser_login(&self, snapshot: &dyn Snapshot, id: &str) -> Result<Option<Credential>, Problem> {
        let held = snapshot.credential(CredentialClass::Session, &hashed(id)).await?;
        Ok(held.filter(|held| held.expires.is_some_and(|at| at > self.now())))
    }
}

fn hashed(id: &str) -> String {
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ended() -> Problem {
    Problem::Unauthenticated { reason: "the login has ended".into() }
}
