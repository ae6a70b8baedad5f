//! Proving who one is by a token or a key, and managing what one proves it with.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Permit, Write};
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::load::Depth;
use crate::ports::{Snapshot, TokenClaims, TokenFault};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::rules::unique_email;

/// How many checked tokens and keys are remembered before the memory is emptied.
const REMEMBERED: usize = 50_000;
/// How often the rights of an account may change under a new credential before it is given up.
const TRIES: usize = 16;

/// Tokens and access keys that were found in the store, each good for the access epoch it was found in.
#[derive(Default)]
pub struct Checked {
    tokens: RwLock<HashMap<String, (AccountId, u64)>>,
    keys: RwLock<HashMap<String, KnownKey>>,
}

/// The key, and the epoch it was found in.
type KnownKey = (AccessKey, u64);

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
    pub expires: Option<Millis>,
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
        if let Some(principal) = self.access.known_principal(account, user).await
            && known == Some((account, principal.epoch))
        {
            return Ok(Caller::of(principal).ending(ends(&claims)));
        }
        let snapshot = self.store.snapshot().await?;
        let principal = self.principal(&*snapshot, account, user).await?;
        let class = match claims.token_type {
            "BOT" => CredentialClass::BotToken,
            "OM_USER" => CredentialClass::Session,
            "PERSONAL_ACCESS" => CredentialClass::Token,
            // What continues a login opens nothing else.
            _ => return Err(token_problem(TokenFault::Malformed)),
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
        Ok(Caller::of(principal).ending(ends(&claims)))
    }

    /// A token of a trusted issuer that knows neither accounts nor ids: it names the user.
    async fn authenticate_foreign(&self, claims: &TokenClaims) -> Result<Caller, Problem> {
        let snapshot = self.store.snapshot().await?;
        let account = self.account_in(&*snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await?;
        let by_email = match (&claims.email, account) {
            (Some(email), Some(account)) => unique_email::holder(&*snapshot, account, email).await?,
            _ => None,
        };
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
        Ok(Caller::of(self.principal(&*snapshot, account, user).await?))
    }

    /// The access key of that id with its clear secret, for a signature to be checked with. One that has ended is none.
    pub async fn access_key(&self, id: &str) -> Result<Option<AccessKey>, Problem> {
        let key = self.stored_key(id).await?;
        Ok(key.filter(|key| key.expires.is_none_or(|at| at > self.now())))
    }

    async fn stored_key(&self, id: &str) -> Result<Option<AccessKey>, Problem> {
        let known = self.checked.keys.read().get(id).cloned();
        if let Some((key, epoch)) = known
            && let Some(principal) = self.access.known_principal(key.account, key.user).await
            && principal.epoch == epoch
        {
            return Ok(Some(key));
        }
        let snapshot = self.store.snapshot().await?;
        let Some(credential) = snapshot.credential(CredentialClass::AccessKey, id).await? else { return Ok(None) };
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        let secret: Arc<str> =
            String::from_utf8(plain).map_err(|_| Problem::internal("an access key is not UTF-8"))?.into();
        let Credential { account, user, expires, .. } = credential;
        let key = AccessKey { account, user, secret, expires };
        if let Some(principal) = self.access.principal(&*snapshot, &self.registry, key.account, key.user).await? {
            let mut keys = self.checked.keys.write();
            if keys.len() >= REMEMBERED {
                keys.clear();
            }
            keys.insert(id.to_owned(), (key.clone(), principal.epoch));
        }
        Ok(Some(key))
    }

    /// The caller behind a key that a signature was checked with.
    pub async fn key_holder(&self, key: &AccessKey) -> Result<Caller, Problem> {
        Ok(self.caller(key.account, key.user).await?.ending(key.expires))
    }

    /// The caller behind a user whose proof was checked elsewhere.
    pub async fn caller(&self, account: AccountId, user: RecordId) -> Result<Caller, Problem> {
        if let Some(principal) = self.access.known_principal(account, user).await {
            return Ok(Caller::of(principal));
        }
        let snapshot = self.store.snapshot().await?;
        Ok(Caller::of(self.principal(&*snapshot, account, user).await?))
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

    /// A user of the caller's account by name or e-mail address.
    pub async fn user_named(&self, caller: &Caller, name: &str) -> Result<View, Problem> {
        let snapshot = self.store.snapshot().await?;
        let kind = self.kind("user");
        let by_email = unique_email::holder(&*snapshot, caller.account(), name).await?;
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
    ///
    /// Errors: `Invalid` for one that would outlive the caller's own.
    pub async fn create_token(
        &self,
        caller: &Caller,
        user: RecordId,
        label: &str,
        expires_ms: Option<i64>,
    ) -> Result<IssuedToken, Problem> {
        caller.may_make_until(expires_ms).map_err(|rule| Problem::invalid("expires", rule))?;
        for _ in 0..TRIES {
            let (permit, principal) = self.managed(caller, user).await?;
            let class = if principal.is_bot { CredentialClass::BotToken } else { CredentialClass::Token };
            let mut set = ChangeSet::new(permit);
            expect_epoch(&mut set, &principal);
            if class == CredentialClass::BotToken {
                set.writes.push(Write::DropCredentials { user, classes: &[CredentialClass::BotToken] });
                set.writes.push(Write::RaiseEpoch { account: principal.account });
            }
            let issued = self.issue_into(&mut set, &principal, class, label, expires_ms)?;
            if self.try_set(set).await? {
                return Ok(issued);
            }
        }
        Err(too_fast())
    }

    /// The text of a token that a credential stands for.
    pub(crate) fn sign_token(
        &self,
        principal: &Principal,
        class: CredentialClass,
        id: CredentialId,
        expires_ms: Option<i64>,
    ) -> Result<String, Problem> {
        let token_type = match class {
            CredentialClass::BotToken => "BOT",
            CredentialClass::Session => "OM_USER",
            CredentialClass::Refresh => "REFRESH",
            _ => "PERSONAL_ACCESS",
        };
        self.authenticator.issue_token(&TokenClaims {
            subject: principal.name.to_string(),
            email: Some(principal.email.clone()),
            account: Some(principal.account),
            user: Some(principal.user),
            id: Some(id.to_string()),
            is_bot: principal.is_bot,
            token_type,
            roles: principal.roles.clone(),
            issued_ms: self.now().0,
            expires_ms,
        })
    }

    /// The present token of a bot, if it has one.
    pub async fn bot_token(&self, caller: &Caller, user: RecordId) -> Result<Option<IssuedToken>, Problem> {
        self.managed(caller, user).await?;
        let snapshot = self.store.snapshot().await?;
        let stored = snapshot.credentials_of(user).await?;
        let Some(credential) = stored.into_iter().find(|c| c.class == CredentialClass::BotToken) else {
            return Ok(None);
        };
        let token = self.opened_token(&credential)?;
        Ok(Some(IssuedToken { id: credential.id, token, expires_ms: credential.expires.map(|at| at.0) }))
    }

    /// The text of a token that is kept sealed.
    pub(crate) fn opened_token(&self, credential: &Credential) -> Result<String, Problem> {
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        String::from_utf8(plain).map_err(|_| Problem::internal("a token is not UTF-8"))
    }

    /// Makes an access key, which ends with what the caller proves himself with. The secret is shown here and never again.
    pub async fn create_access_key(
        &self,
        caller: &Caller,
        user: RecordId,
        label: &str,
    ) -> Result<(CredentialId, String, String), Problem> {
        for _ in 0..TRIES {
            let (permit, principal) = self.managed(caller, user).await?;
            let id = CredentialId::fresh();
            let (public, secret) = self.authenticator.random_access_key();
            let mut set = ChangeSet::new(permit);
            expect_epoch(&mut set, &principal);
            set.writes.push(Write::PutCredential(Box::new(Credential {
                id,
                account: principal.account,
                user,
                class: CredentialClass::AccessKey,
                public: public.clone(),
                label: label.to_owned(),
                secret: self.sealer.seal(id.as_bytes(), secret.as_bytes()),
                created: self.now(),
                expires: caller.ends,
            })));
            if self.try_set(set).await? {
                return Ok((id, public, secret));
            }
        }
        Err(too_fast())
    }

    /// What a user holds, without the secrets; also of one who is disabled, so that it can be ended.
    pub async fn credentials(&self, caller: &Caller, user: RecordId) -> Result<Vec<Credential>, Problem> {
        self.access.may_manage_credentials(&caller.principal, user)?;
        let snapshot = self.store.snapshot().await?;
        self.user_record(&*snapshot, caller, user).await?;
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

    /// A random password, for users that are made without one.
    pub fn random_password(&self) -> String {
        self.authenticator.random_password()
    }

    pub fn jwks(&self) -> serde_json::Value {
        self.authenticator.jwks()
    }

    /// The user, if the caller may manage what he holds.
    pub(crate) async fn managed(&self, caller: &Caller, user: RecordId) -> Result<(Permit, Arc<Principal>), Problem> {
        let permit = self.access.may_manage_credentials(&caller.principal, user)?;
        let snapshot = self.store.snapshot().await?;
        let principal = self.access.principal(&*snapshot, &self.registry, caller.account(), user).await?;
        match principal {
            Some(principal) => Ok((permit, principal)),
            None => {
                let record = self.user_record(&*snapshot, caller, user).await?;
                Err(Problem::conflict(format!("user {:?} is disabled", record.name)))
            }
        }
    }

    /// A living user of the caller's account.
    async fn user_record(&self, snapshot: &dyn Snapshot, caller: &Caller, user: RecordId) -> Result<Record, Problem> {
        let found = snapshot.by_id(caller.account(), &[user]).await?.into_iter().next().flatten();
        let found = found.filter(|record| record.kind.is("user") && record.state.is_alive());
        found.ok_or_else(|| Problem::NotFound { kind: "user", what: user.to_string() })
    }

    pub(crate) async fn store_set(&self, set: ChangeSet) -> Result<(), Problem> {
        match self.try_set(set).await? {
            true => Ok(()),
            false => Err(Problem::internal("a change set without expectations lost one")),
        }
    }

    /// Whether the set was stored; it was not when an expectation was lost.
    pub(crate) async fn try_set(&self, set: ChangeSet) -> Result<bool, Problem> {
        let raised = set.raised_epochs().collect();
        match self.store.commit(vec![set]).await?.pop() {
            Some(Ok(_)) => {
                self.after_commit(raised).await;
                Ok(true)
            }
            Some(Err(_)) => Ok(false),
            None => Err(Problem::internal("the store answered nothing")),
        }
    }

    /// The user behind the caller.
    pub async fn caller_record(&self, caller: &Caller, depth: &Depth) -> Result<View, Problem> {
        let target = crate::command::Ref::Id(self.kind("user"), caller.principal.user);
        self.get(caller, &target, crate::query::States::Alive, depth).await
    }
}

/// When what the token's holder makes ends at the latest. A session is a login, and foreign tokens are those of one.
fn ends(claims: &TokenClaims) -> Option<Millis> {
    let is_login = claims.token_type == "OM_USER";
    claims.expires_ms.filter(|_| !is_login).map(Millis)
}

/// What is sealed or signed now must not be stored once the keys are others: their exchange raises the epoch.
fn expect_epoch(set: &mut ChangeSet, principal: &Principal) {
    set.expect.push(Expect::AccessEpochIs { account: principal.account, epoch: principal.epoch });
}

fn too_fast() -> Problem {
    Problem::Unavailable { reason: "the account's rights change too fast; try again".into() }
}

pub(crate) fn token_problem(fault: TokenFault) -> Problem {
    let reason = match fault {
        TokenFault::Malformed => "Not Authorized! Invalid token.",
        TokenFault::UnknownKey => "Not Authorized! Invalid token. No public key with that id.",
        TokenFault::BadSignature => "Not Authorized! Invalid token. Token verification failed. Public key mismatch.",
        TokenFault::Expired => "Expired token!",
    };
    Problem::Unauthenticated { reason: reason.into() }
}

pub(crate) fn revoked(token_type: &str) -> Problem {
    let reason = match token_type {
        "BOT" => "Not Authorized! The given token does not match the current bot's token!",
        "OM_USER" => "Invalid token, used after logout!",
        _ => "Not Authorized! Invalid token. It was revoked.",
    };
    Problem::Unauthenticated { reason: reason.into() }
}

pub(crate) fn unknown_caller() -> Problem {
    Problem::Unauthenticated { reason: "Not Authorized! The user is unknown or disabled.".into() }
}
