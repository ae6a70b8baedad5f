//! What one proves oneself with: tokens and keys, made, shown and ended.

use std::sync::Arc;

use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Permit, Write};
use crate::id::{CredentialId, RecordId};
use crate::load::Depth;
use crate::ports::{Snapshot, TokenClaims};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::rules::unique_email;

/// How often the rights of an account may change under a new credential before it is given up.
const TRIES: usize = 16;

/// A fresh token: shown once, except a bot's.
#[derive(Clone)]
pub struct IssuedToken {
    pub id: CredentialId,
    pub token: String,
    pub expires_ms: Option<i64>,
}

impl Catalog {
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
}

/// What is sealed or signed now must not be stored once the keys are others: their exchange raises the epoch.
fn expect_epoch(set: &mut ChangeSet, principal: &Principal) {
    set.expect.push(Expect::AccessEpochIs { account: principal.account, epoch: principal.epoch });
}

fn too_fast() -> Problem {
    Problem::Unavailable { reason: "the account's rights change too fast; try again".into() }
}
