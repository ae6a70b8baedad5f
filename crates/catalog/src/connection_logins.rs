//! Logins of connections: who opens one with a password is known by it for an hour, as long as it lasts. A person's connections
//! stand for one login together, however many a tool opens and whatever becomes of them or of the server. It bears no token:
//! nothing is handed out that could be shown elsewhere. It ends as every other does, and with it all of them.

use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Write};
use crate::credentials::IssuedToken;
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::logins::{Means, SESSION_MS};
use crate::ports::Snapshot;
use crate::problem::Problem;

/// What such a login is called in the list of what a user holds.
pub const LABEL: &str = "PostgreSQL";

/// Who has opened a connection.
#[derive(Debug, Clone)]
pub struct ConnectionLogin {
    credential: CredentialId,
    account: AccountId,
    user: RecordId,
    until: Millis,
}

impl Catalog {
    /// Logs in as [`Catalog::login`] does.
    pub fn login_by_connection<'a>(
        &'a self,
        login: &'a str,
        password: &'a str,
        door: Option<&'static str>,
    ) -> Boxed<'a, Result<(Caller, ConnectionLogin), Problem>> {
        Box::pin(async move {
            let opened = self.log_in(login, password, Means::Connection, door).await?;
            let Principal { account, user, .. } = *opened.caller.principal;
            // Later connections prolong what all of them stand for, and not this one.
            let until = Millis(opened.session.expires_ms.unwrap_or_default());
            Ok((opened.caller, ConnectionLogin { credential: opened.session.id, account, user, until }))
        })
    }

    /// Who is behind a connection by now.
    ///
    /// Errors: `Unauthenticated` where its login has ended, or he may not act any more.
    pub fn connection_caller<'a>(&'a self, login: &'a ConnectionLogin) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let ConnectionLogin { credential, account, user, until } = *login;
            let snapshot = self.store.snapshot().await?;
            let held = snapshot.credential_by_id(credential).await?;
            let held = held.filter(|held| held.account == account && held.user == user);
            if held.is_none() || until <= self.now() {
                return Err(ended());
            }
            Ok(Caller::of(self.principal(&*snapshot, account, user).await?))
        })
    }

    /// Adds the login of a person's connections to a change set: the one that there is, for another hour.
    pub(crate) async fn open_connection(
        &self,
        snapshot: &dyn Snapshot,
        set: &mut ChangeSet,
        (account, user): (AccountId, RecordId),
    ) -> Result<IssuedToken, Problem> {
        self.drop_ended(snapshot, set, user).await?;
        let (now, public) = (self.now(), format!("{LABEL} {user}"));
        let known = snapshot.credential(CredentialClass::Session, &public).await?;
        let known = known.filter(|held| held.account == account && held.expires.is_some_and(|at| at > now));
        // Of several that begin at once all but one are tried again, and find the login of that one.
        if known.is_none() {
            set.writes.push(Write::RaiseEpoch { account });
        }
        let (id, created) = known.map_or_else(|| (CredentialId::fresh(), now), |held| (held.id, held.created));
        let expires_ms = now.0 + SESSION_MS;
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id,
            account,
            user,
            class: CredentialClass::Session,
            public,
            label: LABEL.to_owned(),
            secret: self.authenticator.signing_key().into_bytes(),
            created,
            expires: Some(Millis(expires_ms)),
            made_with: None,
        })));
        Ok(IssuedToken { id, token: String::new(), expires_ms: Some(expires_ms) })
    }
}

fn ended() -> Problem {
    Problem::Unauthenticated { reason: "the login has ended".into() }
}
