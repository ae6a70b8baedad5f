//! Logging in with a password: what it opens, how it is continued, and what ends it.
//!
//! A login is a session, which proves who one is for an hour, and a refresh token, which only opens further sessions.
//! The sessions bear the id of the refresh token, so that logging out ends all of them; a new password ends all logins
//! of the user, in the change set that stores it.

use std::sync::Arc;

use crate::access;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Permit, Write};
use crate::credentials::{IssuedToken, revoked, token_problem, unknown_caller};
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::Record;
use crate::rules::unique_email;

/// Longer ones only cost time.
const MAX_PASSWORD_BYTES: usize = 1_024;
/// No address is as long (RFC 5321 allows 254), and no account's name and user's name together.
pub const MAX_LOGIN_BYTES: usize = 512;
/// A session lasts this long.
pub const SESSION_MS: i64 = 60 * 60 * 1000;
/// A login can be continued for this long.
const REFRESH_MS: i64 = 7 * 24 * SESSION_MS;
/// What a password has opened.
const OF_LOGINS: &[CredentialClass] = &[CredentialClass::Session, CredentialClass::Refresh];
/// What a new password takes the place of.
const OF_PASSWORDS: &[CredentialClass] =
    &[CredentialClass::Password, CredentialClass::Session, CredentialClass::Refresh];
/// How often an account's rights may change under a login before it is given up.
const TRIES: usize = 16;

/// What a login opens.
pub struct Login {
    pub caller: Caller,
    pub session: IssuedToken,
    /// A program has none: it has a token of its own.
    pub refresh: Option<IssuedToken>,
}

impl Catalog {
    /// Checks an e-mail address (or a user name of the default account) and a password, and opens a session.
    ///
    /// Errors: `Unauthenticated`, in the same words and after the same time whatever was wrong.
    pub async fn login(&self, login: &str, password: &str) -> Result<Login, Problem> {
        let wrong = || Problem::Unauthenticated { reason: "You have entered an invalid username or password.".into() };
        // Nothing that is stored has any part in this.
        if login.len() > MAX_LOGIN_BYTES || password.len() > MAX_PASSWORD_BYTES {
            return Err(wrong());
        }
        let mut checked = None;
        for _ in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            let user = self.user_by_login(&*snapshot, login).await?;
            let stored = match &user {
                Some(user) => snapshot.credential(CredentialClass::Password, &user.id.to_string()).await?,
                None => None,
            };
            let id = stored.as_ref().map(|credential| credential.id);
            // One that was checked already is not checked again because somebody's rights have changed meanwhile.
            if checked.is_none() || checked != Some(id) {
                let hash = stored.and_then(|credential| String::from_utf8(credential.secret).ok());
                if !self.authenticator.verify_password(password.to_owned(), hash).await {
                    return Err(wrong());
                }
                checked = Some(id);
            }
            let user = user.ok_or_else(wrong)?;
            let Some(principal) = self.access.principal(&*snapshot, &self.registry, user.account, user.id).await?
            else {
                return Err(wrong());
            };
            let (mut set, login) = self.open_login(&*snapshot, principal).await?;
            drop(snapshot);
            // A password that is exchanged meanwhile raises the epoch: then this one opens nothing any more.
            let account = login.caller.account();
            set.expect.push(Expect::AccessEpochIs { account, epoch: login.caller.principal.epoch });
            if self.try_set(set).await? {
                return Ok(login);
            }
        }
        Err(Problem::Unavailable { reason: "the account's rights change too fast to log in".into() })
    }

    async fn open_login(
        &self,
        snapshot: &dyn Snapshot,
        principal: Arc<Principal>,
    ) -> Result<(ChangeSet, Login), Problem> {
        let now = self.now();
        let mut set = ChangeSet::new(access::of_the_server());
        // Nobody else misses what has ended by itself.
        for held in snapshot.credentials_of(principal.user).await? {
            if OF_LOGINS.contains(&held.class) && held.expires.is_some_and(|at| at < now) {
                set.writes.push(Write::DropCredential { id: held.id });
            }
        }
        let refresh = match principal.is_bot {
            true => None,
            false => {
                let expires = Some(now.0 + REFRESH_MS);
                Some(self.issue_into(&mut set, &principal, CredentialClass::Refresh, "login", expires)?)
            }
        };
        let label = refresh.as_ref().map_or_else(String::new, |refresh| refresh.id.to_string());
        let expires = Some(now.0 + SESSION_MS);
        let session = self.issue_into(&mut set, &principal, CredentialClass::Session, &label, expires)?;
        Ok((set, Login { caller: Caller::of(principal), session, refresh }))
    }

    /// Opens another session of a login.
    ///
    /// Errors: `Unauthenticated` when the login has ended, or the token is none that continues one.
    pub async fn renew_login(&self, refresh: &str) -> Result<(Caller, IssuedToken), Problem> {
        let claims = self.authenticator.verify_token(refresh).map_err(token_problem)?;
        let (Some(account), Some(user), Some(id)) = (claims.account, claims.user, &claims.id) else {
            return Err(unknown_caller());
        };
        for _ in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            let stored = snapshot.credential(CredentialClass::Refresh, id).await?;
            let stored = stored.filter(|held| held.account == account && held.user == user);
            if stored.and_then(|held| held.expires).is_none_or(|at| at <= self.now()) {
                return Err(revoked("OM_USER"));
            }
            let principal = self.principal(&*snapshot, account, user).await?;
            drop(snapshot);
            let mut set = ChangeSet::new(access::of_the_server());
            let expires = Some(self.now().0 + SESSION_MS);
            let session = self.issue_into(&mut set, &principal, CredentialClass::Session, id, expires)?;
            set.expect.push(Expect::AccessEpochIs { account, epoch: principal.epoch });
            if self.try_set(set).await? {
                return Ok((Caller::of(principal), session));
            }
        }
        Err(Problem::Unavailable { reason: "the account's rights change too fast to log in".into() })
    }

    /// Ends the login that a token belongs to; of other tokens, the token.
    pub async fn log_out(&self, caller: &Caller, token: &str) -> Result<(), Problem> {
        let claims = self.authenticator.verify_token(token).map_err(token_problem)?;
        let id: Option<CredentialId> = claims.id.and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Problem::invalid("token", "was not issued here"))?;
        let snapshot = self.store.snapshot().await?;
        let missing = || Problem::NotFound { kind: "credential", what: id.to_string() };
        let shown = snapshot.credential_by_id(id).await?.filter(|shown| shown.account == caller.account());
        let shown = shown.ok_or_else(missing)?;
        let permit = self.access.may_manage_credentials(&caller.principal, shown.user)?;
        let login = match shown.class {
            CredentialClass::Refresh => shown.public.clone(),
            CredentialClass::Session => shown.label.clone(),
            _ => String::new(),
        };
        let is_of_login = |held: &Credential| {
            OF_LOGINS.contains(&held.class) && !login.is_empty() && (held.public == login || held.label == login)
        };
        let mut set = ChangeSet::new(permit);
        for held in snapshot.credentials_of(shown.user).await? {
            if held.id == shown.id || is_of_login(&held) {
                set.writes.push(Write::DropCredential { id: held.id });
            }
        }
        drop(snapshot);
        set.writes.push(Write::RaiseEpoch { account: shown.account });
        self.store_set(set).await
    }

    /// By e-mail address over all accounts, or by the user name of the default account.
    async fn user_by_login(&self, snapshot: &dyn Snapshot, login: &str) -> Result<Option<Record>, Problem> {
        let folded = crate::name::fold(login);
        let Some(id) = snapshot.by_alias(AccountId::GLOBAL, unique_email::SPACE, &folded).await? else {
            let Some(account) = self.account_named(snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await? else {
                return Ok(None);
            };
            let named = snapshot.by_fqn(account, self.kind("user"), &[&crate::name::quote(&folded)]).await?;
            return Ok(named.into_iter().flatten().next());
        };
        // An address says nothing of the account. Who has a password has the account written beside it.
        let password = snapshot.credential(CredentialClass::Password, &id.to_string()).await?;
        let Some(password) = password else { return Ok(None) };
        Ok(snapshot.by_id(password.account, &[id]).await?.into_iter().next().flatten())
    }

    /// Sets a user's password and ends his logins.
    pub async fn set_password(&self, caller: &Caller, user: RecordId, plain: &str) -> Result<(), Problem> {
        if plain.is_empty() || plain.len() > MAX_PASSWORD_BYTES {
            return Err(Problem::invalid("password", format!("must have 1 to {MAX_PASSWORD_BYTES} bytes")));
        }
        let (permit, principal) = self.managed(caller, user).await?;
        self.put_password(permit, principal.account, user, plain).await
    }

    /// Gives a user a new random password and ends his logins: for whoever holds the store itself, so that nobody is
    /// asked for a right. Answers the user's name and the password.
    ///
    /// Errors: `NotFound` for a name that the default account does not know, and for an address without a password.
    pub async fn recover_password(&self, login: &str) -> Result<(String, String), Problem> {
        let missing = || Problem::NotFound { kind: "user", what: login.to_owned() };
        let snapshot = self.store.snapshot().await?;
        let user = self.user_by_login(&*snapshot, login).await?.ok_or_else(missing)?;
        if self.access.principal(&*snapshot, &self.registry, user.account, user.id).await?.is_none() {
            return Err(Problem::conflict(format!("user {} is disabled or deleted", user.name)));
        }
        drop(snapshot);
        let password = self.random_password();
        self.put_password(access::of_the_server(), user.account, user.id, &password).await?;
        Ok((user.name, password))
    }

    /// Whether the user's present password is this one.
    pub async fn check_password(&self, user: RecordId, plain: &str) -> Result<bool, Problem> {
        let snapshot = self.store.snapshot().await?;
        let stored = snapshot.credential(CredentialClass::Password, &user.to_string()).await?;
        drop(snapshot);
        let hash = stored.and_then(|credential| String::from_utf8(credential.secret).ok());
        Ok(self.authenticator.verify_password(plain.to_owned(), hash).await)
    }

    pub(crate) async fn put_password(
        &self,
        permit: Permit,
        account: AccountId,
        user: RecordId,
        plain: &str,
    ) -> Result<(), Problem> {
        let hash = self.authenticator.hash_password(plain.to_owned()).await;
        let mut set = ChangeSet::new(permit);
        set.writes.push(Write::DropCredentials { user, classes: OF_PASSWORDS });
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id: CredentialId::fresh(),
            account,
            user,
            class: CredentialClass::Password,
            public: user.to_string(),
            label: String::new(),
            secret: hash.into_bytes(),
            created: self.now(),
            expires: None,
        })));
        set.writes.push(Write::RaiseEpoch { account });
        self.store_set(set).await
    }

    /// Adds a token to a change set: the credential that stands for it, and in the case of a bot's the token itself,
    /// which can be read again, sealed. Of the others the id is enough.
    pub(crate) fn issue_into(
        &self,
        set: &mut ChangeSet,
        principal: &Principal,
        class: CredentialClass,
        label: &str,
        expires_ms: Option<i64>,
    ) -> Result<IssuedToken, Problem> {
        let id = CredentialId::fresh();
        let token = self.sign_token(principal, class, id, expires_ms)?;
        let secret = match class {
            CredentialClass::BotToken => self.sealer.seal(id.as_bytes(), token.as_bytes()),
            _ => Vec::new(),
        };
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id,
            account: principal.account,
            user: principal.user,
            class,
            public: id.to_string(),
            label: label.to_owned(),
            secret,
            created: self.now(),
            expires: expires_ms.map(Millis),
        })));
        Ok(IssuedToken { id, token, expires_ms })
    }
}
