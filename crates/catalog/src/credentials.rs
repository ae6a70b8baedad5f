//! What one proves oneself with: tokens and keys, made, shown and ended.

use std::sync::Arc;

use serde_json::json;

use crate::access;
use crate::audit_event::AuditEventKind;
use crate::audit_trail::Detail;
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Permit, Write};
use crate::credential_usage::CredentialUsage;
use crate::id::{CredentialId, Millis, RecordId};
use crate::kinds::USER;
use crate::load::Depth;
use crate::observation::{CREDENTIAL_USES, Key, Noted};
use crate::ports::{Snapshot, TokenClaims};
use crate::problem::Problem;
use crate::proving::AccessKey;
use crate::record::{Record, View};
use crate::rules::unique_email;

/// How often the rights of an account may change under a new credential before it is given up.
const TRIES: usize = 16;
/// Through how many tokens one after the other something may be made: all of them are looked at where it is shown.
const MOST_GENERATIONS: u16 = 64;
/// How long an access key that has ended is kept, so that whoever shows it learns why it is refused.
const ENDED_KEYS_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A fresh token: shown once, except a bot's.
#[derive(Clone)]
pub struct IssuedToken {
    pub id: CredentialId,
    pub token: String,
    pub expires_ms: Option<i64>,
}

/// An access key as it is made: what of it is secret is shown once.
#[derive(Clone)]
pub struct IssuedKey {
    pub id: CredentialId,
    /// The access key id.
    pub public: String,
    pub secret: String,
    /// Of a key for a while.
    pub session_token: Option<String>,
    pub expires_ms: Option<i64>,
}

impl Catalog {
    /// A user of the caller's account by name or e-mail address.
    pub fn user_named<'a>(&'a self, caller: &'a Caller, name: &'a str) -> Boxed<'a, Result<View, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let kind = USER;
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
        })
    }

    /// Makes a token for a user, which ends with what the caller proves himself with. Every token of the user stays valid
    /// but a bot's, which is replaced.
    ///
    /// Errors: `Invalid` for one that would outlive the caller's own.
    pub fn create_token<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
        label: &'a str,
        expires_ms: Option<i64>,
    ) -> Boxed<'a, Result<IssuedToken, Problem>> {
        Box::pin(async move {
            caller.may_make_until(expires_ms).map_err(|rule| Problem::invalid("expires", rule))?;
            for _ in 0..TRIES {
                let (permit, principal) = self.managed(caller, user).await?;
                let class = if principal.is_bot { CredentialClass::BotToken } else { CredentialClass::Token };
                let made_with = self.bound_to(caller, user, class).await?;
                let mut set = ChangeSet::new(permit);
                expect_epoch(&mut set, &principal);
                if class == CredentialClass::BotToken {
                    set.writes.push(Write::DropCredentials { user, classes: &[CredentialClass::BotToken] });
                    set.writes.push(Write::RaiseEpoch { account: principal.account });
                }
                let issued = self.issue_into(&mut set, &principal, class, label, expires_ms, made_with)?;
                if self.try_set(set).await? {
                    self.note_credential(caller, &principal, class, label, expires_ms);
                    return Ok(issued);
                }
            }
            Err(too_fast())
        })
    }

    /// The text of a token that a credential stands for, and the key that has signed it.
    pub(crate) fn sign_token(
        &self,
        principal: &Principal,
        class: CredentialClass,
        id: CredentialId,
        expires_ms: Option<i64>,
    ) -> Result<(String, String), Problem> {
        let token_type = match class {
            CredentialClass::BotToken => "BOT",
            CredentialClass::Session => "OM_USER",
            CredentialClass::Refresh => "REFRESH",
            _ => "PERSONAL_ACCESS",
        };
        let claims = TokenClaims {
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
        };
        loop {
            let key = self.authenticator.signing_key();
            let token = self.authenticator.issue_token(&claims)?;
            // It may be exchanged in between.
            if self.authenticator.signing_key() == key {
                return Ok((token, key));
            }
        }
    }

    /// The present token of a bot, if it has one.
    pub fn bot_token<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
    ) -> Boxed<'a, Result<Option<IssuedToken>, Problem>> {
        Box::pin(async move {
            self.managed(caller, user).await?;
            let snapshot = self.store.snapshot().await?;
            let stored = snapshot.credentials_of(user).await?;
            let Some(credential) = stored.into_iter().find(|c| c.class == CredentialClass::BotToken) else {
                return Ok(None);
            };
            let token = self.opened_token(&credential)?;
            Ok(Some(IssuedToken { id: credential.id, token, expires_ms: credential.expires.map(|at| at.0) }))
        })
    }

    /// The text of a token that is kept sealed.
    pub(crate) fn opened_token(&self, credential: &Credential) -> Result<String, Problem> {
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        String::from_utf8(plain).map_err(|_| Problem::internal("a token is not UTF-8"))
    }

    /// What a new credential of a user is bound to.
    ///
    /// Errors: `Conflict` for a caller whose token was itself made through too many others.
    async fn bound_to(
        &self,
        caller: &Caller,
        user: RecordId,
        class: CredentialClass,
    ) -> Result<Option<CredentialId>, Problem> {
        let Some(by) = caller.by else { return Ok(None) };
        if by.generation >= MOST_GENERATIONS {
            let rule = format!("the token was made through {MOST_GENERATIONS} others; log in, or take an earlier one");
            return Err(Problem::conflict(rule));
        }
        // A bot that takes another token for the one it shows: the new one stands in the place of the old.
        if class == CredentialClass::BotToken && caller.principal.user == user {
            let shown = self.store.snapshot().await?.credential_by_id(by.credential).await?;
            if let Some(shown) = shown.filter(|shown| shown.class == CredentialClass::BotToken) {
                return Ok(shown.made_with);
            }
        }
        Ok(Some(by.credential))
    }

    /// Makes an access key, which ends with what the caller proves himself with. The secret is shown here and never again.
    pub fn create_access_key<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
        label: &'a str,
    ) -> Boxed<'a, Result<IssuedKey, Problem>> {
        Box::pin(async move { self.put_key(caller, user, label, None).await })
    }

    /// Makes an access key for a while, which counts with its session token alone.
    ///
    /// Errors: `Invalid` for one that would outlive what the caller proves himself with.
    pub fn create_session_key<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
        label: &'a str,
        ends: Millis,
    ) -> Boxed<'a, Result<IssuedKey, Problem>> {
        Box::pin(async move {
            caller.may_make_until(Some(ends.0)).map_err(|rule| Problem::invalid("expires", rule))?;
            self.put_key(caller, user, label, Some(ends)).await
        })
    }

    /// With an end it is one for a while.
    async fn put_key(
        &self,
        caller: &Caller,
        user: RecordId,
        label: &str,
        ends: Option<Millis>,
    ) -> Result<IssuedKey, Problem> {
        for _ in 0..TRIES {
            let (permit, principal) = self.managed(caller, user).await?;
            let made_with = self.bound_to(caller, user, CredentialClass::AccessKey).await?;
            let id = CredentialId::fresh();
            let (public, secret, session_token) = match ends {
                Some(_) => {
                    let (public, secret, token) = self.authenticator.random_session_key();
                    (public, secret, Some(token))
                }
                None => {
                    let (public, secret) = self.authenticator.random_access_key();
                    (public, secret, None)
                }
            };
            let plain = AccessKey::sealed_text(&secret, session_token.as_deref());
            let expires = ends.or(caller.ends);
            let mut set = ChangeSet::new(permit);
            expect_epoch(&mut set, &principal);
            if ends.is_some() {
                self.drop_ended_keys(&mut set, user).await?;
            }
            set.writes.push(Write::PutCredential(Box::new(Credential {
                id,
                account: principal.account,
                user,
                class: CredentialClass::AccessKey,
                public: public.clone(),
                label: label.to_owned(),
                secret: self.sealer.seal(id.as_bytes(), plain.as_bytes()),
                created: self.now(),
                expires,
                made_with,
            })));
            if self.try_set(set).await? {
                self.note_credential(caller, &principal, CredentialClass::AccessKey, label, expires.map(|at| at.0));
                return Ok(IssuedKey { id, public, secret, session_token, expires_ms: expires.map(|at| at.0) });
            }
        }
        Err(too_fast())
    }

    fn note_credential(
        &self,
        caller: &Caller,
        holder: &Principal,
        class: CredentialClass,
        label: &str,
        expires_ms: Option<i64>,
    ) {
        let detail = Detail::default().with("class", class.name()).text("user", &holder.name).text("label", label);
        let detail = expires_ms.into_iter().fold(detail, |detail, at| detail.with("expires", at));
        self.note(caller, AuditEventKind::CredentialMade, Some(holder.user), detail);
    }

    /// Keys for a while come and go by the dozen: those of the past make room for others.
    async fn drop_ended_keys(&self, set: &mut ChangeSet, user: RecordId) -> Result<(), Problem> {
        let since = self.now().0 - ENDED_KEYS_MS;
        let held = self.store.snapshot().await?.credentials_of(user).await?;
        let is_past = |held: &&Credential| {
            held.class == CredentialClass::AccessKey && held.expires.is_some_and(|at| at.0 < since)
        };
        set.writes.extend(held.iter().filter(is_past).map(|held| Write::DropCredential { id: held.id }));
        Ok(())
    }

    /// What a user holds, without the secrets; also of one who is disabled, so that it can be ended.
    pub fn credentials<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
    ) -> Boxed<'a, Result<Vec<Credential>, Problem>> {
        Box::pin(async move {
            self.access.may_manage_credentials(caller, user)?;
            let snapshot = self.store.snapshot().await?;
            self.user_record(&*snapshot, caller, user).await?;
            let mut held = snapshot.credentials_of(user).await?;
            for credential in &mut held {
                credential.secret.clear();
            }
            Ok(held)
        })
    }

    /// Ends a credential at once, and whatever was made with it; of a login, all of it.
    pub fn revoke<'a>(&'a self, caller: &'a Caller, id: CredentialId) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let missing = || Problem::NotFound { kind: "credential", what: id.to_string() };
            let snapshot = self.store.snapshot().await?;
            let credential = snapshot.credential_by_id(id).await?.ok_or_else(missing)?;
            if credential.account != caller.account() {
                return Err(missing());
            }
            let permit = self.access.may_manage_credentials(caller, credential.user)?;
            let holder = self.user_record(&*snapshot, caller, credential.user).await?;
            let set = self.ending(permit, &*snapshot, &credential).await?;
            drop(snapshot);
            self.store_set(set).await?;
            let shown =
                if credential.class == CredentialClass::AccessKey { &credential.public } else { &credential.label };
            let detail = Detail::default().with("class", credential.class.name()).text("user", &holder.name);
            let detail = if CredentialClass::OF_LOGINS.contains(&credential.class) {
                detail
            } else {
                detail.text("label", shown)
            };
            self.note(caller, AuditEventKind::CredentialRevoked, Some(credential.user), detail);
            Ok(())
        })
    }

    /// Ends an access key by the id that clients show.
    pub fn revoke_access_key<'a>(&'a self, caller: &'a Caller, public: &'a str) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let found = snapshot.credential(CredentialClass::AccessKey, public).await?;
            drop(snapshot);
            match found {
                Some(credential) => self.revoke(caller, credential.id).await,
                None => Err(Problem::NotFound { kind: "access key", what: public.to_owned() }),
            }
        })
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
        let permit = self.access.may_manage_credentials(caller, user)?;
        let snapshot = self.store.snapshot().await?;
        let principal = self.access.principal(&*snapshot, caller.account(), user).await?;
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
        let found = found.filter(|record| record.kind == USER && record.state.is_alive());
        found.ok_or_else(|| Problem::NotFound { kind: "user", what: user.to_string() })
    }

    /// Notes what the caller has proven himself with; nothing of a login. Waits for nothing.
    pub(crate) fn note_use(&self, caller: &Caller) {
        let Some(by) = caller.by else { return };
        let of = CredentialUsage { account: caller.account(), user: caller.principal.user, at: self.now() };
        if self.credential_usage.note(by.credential, of) {
            self.trail.read.notify_one();
        }
    }

    /// Writes what was noted.
    pub(crate) async fn write_uses(&self) -> Result<(), Problem> {
        loop {
            let group = self.credential_usage.some();
            if group.is_empty() {
                return Ok(());
            }
            let snapshot = self.store.snapshot().await?;
            let mut set = ChangeSet::new(access::of_the_server());
            for (credential, CredentialUsage { account, user, at }) in &group {
                if snapshot.cards(*account, &[*user]).await?.into_iter().flatten().next().is_none() {
                    continue;
                }
                let key = Key { series: CREDENTIAL_USES, item: credential.to_string(), at: *at };
                let observations = vec![Noted { key, value: Some(json!({})) }];
                set.writes.push(Write::Observe { account: *account, record: *user, observations });
            }
            drop(snapshot);
            if !set.writes.is_empty() {
                self.store_set(set).await?;
            }
            self.credential_usage.written(&group);
        }
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
