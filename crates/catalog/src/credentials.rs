//! Proving who one is, and managing what one proves it with.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::access;
use crate::caller::{Caller, Principal};
use crate::catalog::{Catalog, Doubt};
use crate::change_set::{ChangeSet, Credential, CredentialClass, Permit, Write};
use crate::id::{AccountId, CredentialId, RecordId};
use crate::load::Depth;
use crate::ports::{Snapshot, TokenClaims, TokenFault};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::rules::unique_email;

/// How many checked tokens and keys are remembered before the memory is emptied.
const REMEMBERED: usize = 50_000;
/// Longer ones only cost time.
const MAX_PASSWORD_BYTES: usize = 1_024;
/// A login lasts this long.
const SESSION_MS: i64 = 60 * 60 * 1000;

/// Tokens and access keys that were found in the store, each good for the access epoch it was found in.
#[derive(Default)]
pub struct Checked {
    tokens: RwLock<HashMap<String, (AccountId, u64)>>,
    keys: RwLock<HashMap<String, KnownKey>>,
}

/// Account, user, secret, and the epoch it was found in.
type KnownKey = (AccountId, RecordId, Arc<str>, u64);

/// A fresh token: shown once, except a bot's.
#[derive(Clone)]
pub struct IssuedToken {
    pub id: CredentialId,
    pub token: String,
    pub expires_ms: Option<i64>,
}

/// An access key as its user knows it.
#[derive(Clone)]
pub struct AccessKey {
    pub account: AccountId,
    pub user: RecordId,
    pub secret: Arc<str>,
}

impl Catalog {
    /// The caller behind a bearer token.
    ///
    /// Errors: `Unauthenticated`, with a reason that says which check failed but nothing of what is stored.
    pub async fn authenticate_token(&self, token: &str) -> Result<Caller, Problem> {
        let claims = self.authenticator.verify_token(token).map_err(token_problem)?;
        let (Some(account), Some(user), Some(id)) = (claims.account, claims.user, &claims.id) else {
            return self.authenticate_foreign(&claims).await;
        };
        let known = self.checked.tokens.read().get(id).copied();
        if let Some(principal) = self.access.known_principal(account, user)
            && known == Some((account, principal.epoch))
        {
            return Ok(Caller { principal });
        }
        let snapshot = self.store.snapshot().await?;
        let principal = self.principal(&*snapshot, account, user).await?;
        let class = match claims.token_type {
            "BOT" => CredentialClass::BotToken,
            "OM_USER" => CredentialClass::Session,
            _ => CredentialClass::Token,
        };
        let stored = snapshot.credential(class, id).await?;
        let valid = stored.is_some_and(|credential| credential.user == user && credential.account == account);
        if !valid {
            return Err(revoked(claims.token_type));
        }
        let mut tokens = self.checked.tokens.write();
        if tokens.len() >= REMEMBERED {
            tokens.clear();
        }
        tokens.insert(id.clone(), (account, principal.epoch));
        Ok(Caller { principal })
    }

    /// A token of a trusted issuer that knows neither accounts nor ids: it names the user.
    async fn authenticate_foreign(&self, claims: &TokenClaims) -> Result<Caller, Problem> {
        let snapshot = self.store.snapshot().await?;
        let by_email = match &claims.email {
            Some(email) => snapshot.by_alias(AccountId::GLOBAL, unique_email::SPACE, &crate::name::fold(email)).await?,
            None => None,
        };
        let account = self.account_named(&*snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await?;
        let user = match (by_email, account) {
            (Some(user), Some(account)) => Some((account, user)),
            (None, Some(account)) => {
                let name = claims.subject.split('@').next().unwrap_or("");
                let fqn = crate::name::quote(&crate::name::fold(name));
                let found = snapshot.by_fqn(account, self.kind("user"), &[&fqn]).await?;
                found.into_iter().flatten().next().map(|record| (account, record.id))
            }
            _ => None,
        };
        let Some((account, user)) = user else { return Err(unknown_caller()) };
        Ok(Caller { principal: self.principal(&*snapshot, account, user).await? })
    }

    /// The access key of that id with its clear secret, for a signature to be checked with.
    pub async fn access_key(&self, id: &str) -> Result<Option<AccessKey>, Problem> {
        let known = self.checked.keys.read().get(id).cloned();
        if let Some((account, user, secret, epoch)) = known
            && self.access.known_principal(account, user).is_some_and(|principal| principal.epoch == epoch)
        {
            return Ok(Some(AccessKey { account, user, secret }));
        }
        let snapshot = self.store.snapshot().await?;
        let Some(credential) = snapshot.credential(CredentialClass::AccessKey, id).await? else { return Ok(None) };
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        let secret: Arc<str> =
            String::from_utf8(plain).map_err(|_| Problem::internal("an access key is not UTF-8"))?.into();
        let key = AccessKey { account: credential.account, user: credential.user, secret };
        if let Some(principal) = self.access.principal(&*snapshot, &self.registry, key.account, key.user).await? {
            let mut keys = self.checked.keys.write();
            if keys.len() >= REMEMBERED {
                keys.clear();
            }
            keys.insert(id.to_owned(), (key.account, key.user, key.secret.clone(), principal.epoch));
        }
        Ok(Some(key))
    }

    /// The caller behind a user whose proof was checked elsewhere (a signature).
    pub async fn caller(&self, account: AccountId, user: RecordId) -> Result<Caller, Problem> {
        if let Some(principal) = self.access.known_principal(account, user) {
            return Ok(Caller { principal });
        }
        let snapshot = self.store.snapshot().await?;
        Ok(Caller { principal: self.principal(&*snapshot, account, user).await? })
    }

    pub(crate) async fn principal(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        user: RecordId,
    ) -> Result<Arc<Principal>, Problem> {
        let principal = self.access.principal(snapshot, &self.registry, account, user).await?;
        principal.ok_or_else(unknown_caller)
    }

    /// Checks an e-mail address (or a user name of the default account) and a password, and opens a session.
    pub async fn login(&self, email: &str, password: &str) -> Result<(Caller, IssuedToken), Problem> {
        let snapshot = self.store.snapshot().await?;
        let user = self.user_by_login(&*snapshot, email).await?;
        let hash = match &user {
            Some(user) => {
                let stored = snapshot.credential(CredentialClass::Password, &user.id.to_string()).await?;
                stored.and_then(|credential| String::from_utf8(credential.secret).ok())
            }
            None => None,
        };
        drop(snapshot);
        let right = self.authenticator.verify_password(password.to_owned(), hash).await;
        let wrong = || Problem::Unauthenticated { reason: "You have entered an invalid username or password.".into() };
        let user = user.filter(|_| right).ok_or_else(wrong)?;
        let caller = self.caller(user.account, user.id).await.map_err(|_| wrong())?;
        let expires = Some(self.now().0 + SESSION_MS);
        let issued =
            self.issue(access::of_the_server(), &caller.principal, CredentialClass::Session, "login", expires).await?;
        Ok((caller, issued))
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
        for account in self.accounts(snapshot).await? {
            if let Some(record) = snapshot.by_id(account, &[id]).await?.into_iter().next().flatten() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// A user of the caller's account by name or e-mail address.
    pub async fn user_named(&self, caller: &Caller, name: &str) -> Result<View, Problem> {
        let snapshot = self.store.snapshot().await?;
        let kind = self.kind("user");
        let by_email = snapshot.by_alias(AccountId::GLOBAL, unique_email::SPACE, &crate::name::fold(name)).await?;
        let target = match by_email {
            Some(id) => crate::command::Ref::Id(kind, id),
            None => crate::command::Ref::Name(kind, name.to_owned()),
        };
        let found = self.get_in(&*snapshot, caller, &target, crate::query::States::Alive, &Depth::bare()).await;
        found.map_err(|problem| match problem {
            Problem::NotFound { kind, .. } => Problem::NotFound { kind, what: name.to_owned() },
            other => other,
        })
    }

    /// Makes a token for a user. Every token of the user stays valid but a bot's, which is replaced.
    pub async fn create_token(
        &self,
        caller: &Caller,
        user: RecordId,
        label: &str,
        expires_ms: Option<i64>,
    ) -> Result<IssuedToken, Problem> {
        let (permit, principal) = self.managed(caller, user).await?;
        let class = if principal.is_bot { CredentialClass::BotToken } else { CredentialClass::Token };
        self.issue(permit, &principal, class, label, expires_ms).await
    }

    async fn issue(
        &self,
        permit: Permit,
        principal: &Principal,
        class: CredentialClass,
        label: &str,
        expires_ms: Option<i64>,
    ) -> Result<IssuedToken, Problem> {
        let id = CredentialId::fresh();
        let now = self.now();
        let token_type = match class {
            CredentialClass::BotToken => "BOT",
            CredentialClass::Session => "OM_USER",
            _ => "PERSONAL_ACCESS",
        };
        let token = self.authenticator.issue_token(&TokenClaims {
            subject: principal.name.to_string(),
            email: Some(principal.email.clone()),
            account: Some(principal.account),
            user: Some(principal.user),
            id: Some(id.to_string()),
            is_bot: principal.is_bot,
            token_type,
            roles: principal.roles.clone(),
            issued_ms: now.0,
            expires_ms,
        })?;
        // A bot's token can be read again, so it is kept, sealed; of the others the id is enough.
        let secret = match class {
            CredentialClass::BotToken => self.sealer.seal(id.as_bytes(), token.as_bytes()),
            _ => Vec::new(),
        };
        let mut set = ChangeSet::new(permit);
        if class == CredentialClass::BotToken {
            let snapshot = self.store.snapshot().await?;
            for old in snapshot.credentials_of(principal.user).await?.into_iter().filter(|c| c.class == class) {
                set.writes.push(Write::DropCredential { id: old.id });
            }
            set.writes.push(Write::RaiseEpoch { account: principal.account });
        }
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id,
            account: principal.account,
            user: principal.user,
            class,
            public: id.to_string(),
            label: label.to_owned(),
            secret,
            created: now,
            expires: expires_ms.map(crate::id::Millis),
        })));
        self.store_set(set).await?;
        Ok(IssuedToken { id, token, expires_ms })
    }

    /// The present token of a bot, if it has one.
    pub async fn bot_token(&self, caller: &Caller, user: RecordId) -> Result<Option<IssuedToken>, Problem> {
        self.managed(caller, user).await?;
        let snapshot = self.store.snapshot().await?;
        let stored = snapshot.credentials_of(user).await?;
        let Some(credential) = stored.into_iter().find(|c| c.class == CredentialClass::BotToken) else {
            return Ok(None);
        };
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        let token = String::from_utf8(plain).map_err(|_| Problem::internal("a token is not UTF-8"))?;
        Ok(Some(IssuedToken { id: credential.id, token, expires_ms: credential.expires.map(|at| at.0) }))
    }

    /// Makes an access key. The secret is shown here and never again.
    pub async fn create_access_key(
        &self,
        caller: &Caller,
        user: RecordId,
        label: &str,
    ) -> Result<(CredentialId, String, String), Problem> {
        let (permit, principal) = self.managed(caller, user).await?;
        let id = CredentialId::fresh();
        let (public, secret) = self.authenticator.random_access_key();
        let mut set = ChangeSet::new(permit);
        set.writes.push(Write::PutCredential(Box::new(Credential {
            id,
            account: principal.account,
            user,
            class: CredentialClass::AccessKey,
            public: public.clone(),
            label: label.to_owned(),
            secret: self.sealer.seal(id.as_bytes(), secret.as_bytes()),
            created: self.now(),
            expires: None,
        })));
        self.store_set(set).await?;
        Ok((id, public, secret))
    }

    /// What a user holds, without the secrets.
    pub async fn credentials(&self, caller: &Caller, user: RecordId) -> Result<Vec<Credential>, Problem> {
        self.managed(caller, user).await?;
        let snapshot = self.store.snapshot().await?;
        let mut held = snapshot.credentials_of(user).await?;
        for credential in &mut held {
            credential.secret.clear();
        }
        Ok(held)
    }

    /// Ends a credential at once.
    pub async fn revoke(&self, caller: &Caller, id: CredentialId) -> Result<(), Problem> {
        let missing = || Problem::NotFound { kind: "credential", what: id.to_string() };
        let snapshot = self.store.snapshot().await?;
        let credential = snapshot.credential_by_id(id).await?.ok_or_else(missing)?;
        if credential.account != caller.account() {
            return Err(missing());
        }
        let permit = self.access.may_manage_credentials(&caller.principal, credential.user)?;
        drop(snapshot);
        let mut set = ChangeSet::new(permit);
        set.writes.push(Write::DropCredential { id });
        set.writes.push(Write::RaiseEpoch { account: credential.account });
        self.store_set(set).await
    }

    /// Ends the session (or token) that a token stands for.
    pub async fn revoke_token(&self, caller: &Caller, token: &str) -> Result<(), Problem> {
        let claims = self.authenticator.verify_token(token).map_err(token_problem)?;
        let Some(id) = claims.id.and_then(|id| id.parse().ok()) else {
            return Err(Problem::invalid("token", "was not issued here"));
        };
        self.revoke(caller, id).await
    }

    /// Ends an access key by the id that clients show.
    pub async fn revoke_access_key(&self, caller: &Caller, public: &str) -> Result<(), Problem> {
        let snapshot = self.store.snapshot().await?;
        let found = snapshot.credential(CredentialClass::AccessKey, public).await?;
        drop(snapshot);
        match found {
            Some(credential) => self.revoke(caller, credential.id).await,
            None => Err(Problem::NotFound { kind: "access key", what: public.to_owned() }),
        }
    }

    /// Sets a user's password and ends his sessions.
    pub async fn set_password(&self, caller: &Caller, user: RecordId, plain: &str) -> Result<(), Problem> {
        if plain.is_empty() || plain.len() > MAX_PASSWORD_BYTES {
            return Err(Problem::invalid("password", format!("must have 1 to {MAX_PASSWORD_BYTES} bytes")));
        }
        let (permit, principal) = self.managed(caller, user).await?;
        self.put_password(permit, principal.account, user, plain).await
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
        let snapshot = self.store.snapshot().await?;
        let mut set = ChangeSet::new(permit);
        for old in snapshot.credentials_of(user).await? {
            if matches!(old.class, CredentialClass::Password | CredentialClass::Session) {
                set.writes.push(Write::DropCredential { id: old.id });
            }
        }
        drop(snapshot);
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

    /// A random password, for users that are made without one.
    pub fn random_password(&self) -> String {
        self.authenticator.random_password()
    }

    pub fn jwks(&self) -> serde_json::Value {
        self.authenticator.jwks()
    }

    /// The user, if the caller may manage what he holds.
    async fn managed(&self, caller: &Caller, user: RecordId) -> Result<(Permit, Arc<Principal>), Problem> {
        let permit = self.access.may_manage_credentials(&caller.principal, user)?;
        let snapshot = self.store.snapshot().await?;
        let principal = self.access.principal(&*snapshot, &self.registry, caller.account(), user).await?;
        let principal = principal.ok_or_else(|| Problem::NotFound { kind: "user", what: user.to_string() })?;
        Ok((permit, principal))
    }

    pub(crate) async fn store_set(&self, set: ChangeSet) -> Result<(), Problem> {
        let doubt = Doubt::about(&self.access, set.raised_epochs().collect());
        match self.store.commit(vec![set]).await?.pop() {
            Some(Ok(_)) => {
                self.after_commit(doubt).await;
                Ok(())
            }
            _ => Err(Problem::internal("a change set without expectations lost one")),
        }
    }

    /// The user behind the caller.
    pub async fn caller_record(&self, caller: &Caller, depth: &Depth) -> Result<View, Problem> {
        let target = crate::command::Ref::Id(self.kind("user"), caller.principal.user);
        self.get(caller, &target, crate::query::States::Alive, depth).await
    }
}

fn token_problem(fault: TokenFault) -> Problem {
    let reason = match fault {
        TokenFault::Malformed => "Not Authorized! Invalid token.",
        TokenFault::UnknownKey => "Not Authorized! Invalid token. No public key with that id.",
        TokenFault::BadSignature => "Not Authorized! Invalid token. Token verification failed. Public key mismatch.",
        TokenFault::Expired => "Expired token!",
    };
    Problem::Unauthenticated { reason: reason.into() }
}

fn revoked(token_type: &str) -> Problem {
    let reason = match token_type {
        "BOT" => "Not Authorized! The given token does not match the current bot's token!",
        "OM_USER" => "Invalid token, used after logout!",
        _ => "Not Authorized! Invalid token. It was revoked.",
    };
    Problem::Unauthenticated { reason: reason.into() }
}

fn unknown_caller() -> Problem {
    Problem::Unauthenticated { reason: "Not Authorized! The user is unknown or disabled.".into() }
}
