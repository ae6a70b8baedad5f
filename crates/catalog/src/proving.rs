//! Proving who one is, by a token or a key.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::audit_event::AuditEventKind;
use crate::audit_trail::Detail;
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal, Proof};
use crate::catalog::Catalog;
use crate::change_set::{Credential, CredentialClass};
use crate::dependency::CommitVersion;
use crate::id::{AccountId, Millis, RecordId};
use crate::kinds::USER;
use crate::ports::{Freshness, Snapshot, TokenClaims, TokenFault};
use crate::problem::Problem;
use crate::record::Actor;
use crate::rules::unique_email;

/// How many checked tokens and keys are remembered before the memory is emptied.
const REMEMBERED: usize = 50_000;

/// Tokens and access keys that were found in the store, each good for the access epoch it was found in.
#[derive(Default)]
pub struct Checked {
    tokens: RwLock<HashMap<String, KnownToken>>,
    keys: RwLock<HashMap<String, KnownKey>>,
}

/// The account of a token, the epoch it was found in, and what it proves.
type KnownToken = (AccountId, u64, Proof);

/// The key, and the epoch it was found in.
type KnownKey = (AccessKey, u64);

/// An access key as its user knows it.
#[derive(Clone)]
pub struct AccessKey {
    pub account: AccountId,
    pub user: RecordId,
    pub secret: Arc<str>,
    /// Of a key for a while: without its token it is none.
    pub session: Option<KeySession>,
    pub expires: Option<Millis>,
    by: Proof,
}

#[derive(Clone)]
pub struct KeySession {
    pub token: Arc<str>,
    pub ends: Millis,
}

/// No secret and no token holds one.
const BETWEEN: char = ' ';

impl AccessKey {
    /// What of a key is kept sealed.
    pub(crate) fn sealed_text(secret: &str, session_token: Option<&str>) -> String {
        session_token.map_or_else(|| secret.to_owned(), |token| format!("{secret}{BETWEEN}{token}"))
    }

    /// One that is kept as `held`, of which this is what was sealed.
    fn of(held: &Credential, plain: &str, by: Proof) -> Result<AccessKey, Problem> {
        let Credential { account, user, expires, .. } = *held;
        let (secret, session) = match plain.split_once(BETWEEN) {
            None => (plain, None),
            Some((secret, token)) => {
                let ends = expires.ok_or_else(|| Problem::internal("a key for a while has no end"))?;
                (secret, Some(KeySession { token: token.into(), ends }))
            }
        };
        Ok(AccessKey { account, user, secret: secret.into(), session, expires, by })
    }
}

/// What stands behind a credential that was found.
struct Lineage {
    proof: Proof,
    /// Whether all of it belongs to one account: then its end raises the epoch of that account.
    is_of_one_account: bool,
}

impl Catalog {
    /// The caller behind a bearer token that was shown at a door. One that was somebody's and counts no more is noted.
    ///
    /// Errors: `Unauthenticated`, with a reason that says which check failed but nothing of what is stored.
    pub fn authenticate_token<'a>(
        &'a self,
        token: &'a str,
        door: Option<&'static str>,
    ) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let checked = self.check_token(token).await;
            if matches!(&checked, Err(Problem::Unauthenticated { .. })) {
                self.note_ended_token(token, door);
            }
            checked
        })
    }

    /// Of a login's session nobody wants to know that it has ended: it does so after an hour.
    fn note_ended_token(&self, token: &str, door: Option<&'static str>) {
        let Ok(claims) = self.authenticator.verify_token(token) else { return };
        if let (Some(account), Some(user), "BOT" | "PERSONAL_ACCESS") = (claims.account, claims.user, claims.token_type)
        {
            self.note_ended_proof(account, user, "token", door);
        }
    }

    /// Whoever signs with an access key, and not with its secret.
    pub fn note_wrong_signature(&self, key: &AccessKey, door: Option<&'static str>) {
        self.note_ended_proof(key.account, key.user, "access key", door);
    }

    fn note_ended_proof(&self, account: AccountId, user: RecordId, with: &str, door: Option<&'static str>) {
        let by = Actor { door: door.map(Into::into), ..Actor::nobody() };
        let detail = Detail::default().with("with", with);
        self.note_by(account, by, AuditEventKind::SignInFailed, Some(user), detail);
    }

    /// The same, noting nothing.
    pub(crate) fn check_token<'a>(&'a self, token: &'a str) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            loop {
                let exchanges = self.authenticator.exchanges();
                let proven = self.authenticate_by_these_keys(token).await;
                if matches!(&proven, Err(Problem::Unauthenticated { .. })) {
                    self.take_up_keys().await?;
                }
                // Whoever was checked with keys that were not the newest ones is checked again: another node may have
                // exchanged them, and what was asked of the store meanwhile has brought them along.
                if self.authenticator.exchanges() == exchanges {
                    if let Ok(caller) = &proven {
                        self.note_use(caller);
                    }
                    return proven;
                }
            }
        })
    }

    /// Has the newest keys at hand from now on, where nodes share them.
    pub fn take_up_keys(&self) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move { Ok(self.store.unchanged_until(CommitVersion(0), &[]).await.map(drop)?) })
    }

    /// Whether other nodes may write to the store, too.
    pub fn is_shared(&self) -> bool {
        matches!(self.store.unchanged_until(CommitVersion(0), &[]), Freshness::Asked(_))
    }

    fn authenticate_by_these_keys<'a>(&'a self, token: &'a str) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let claims = self.authenticator.verify_token(token).map_err(token_problem)?;
            let (Some(account), Some(user), Some(id)) = (claims.account, claims.user, &claims.id) else {
                return self.authenticate_foreign(&claims).await;
            };
            let known = self.checked.tokens.read().get(id).copied();
            if let Some((_, epoch, proof)) = known.filter(|(of, _, _)| *of == account)
                && let Some(principal) = self.access.known_principal(account, user).await
                && epoch == principal.epoch
            {
                return Ok(proven(principal, &claims, proof));
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
            let stored = stored.filter(|held| held.user == user && held.account == account);
            let lineage = match &stored {
                Some(held) => self.lineage(&*snapshot, held).await?,
                None => None,
            };
            let Lineage { proof, is_of_one_account } = lineage.ok_or_else(|| revoked(claims.token_type))?;
            if is_of_one_account {
                let mut tokens = self.checked.tokens.write();
                if tokens.len() >= REMEMBERED {
                    tokens.clear();
                }
                tokens.insert(id.clone(), (account, principal.epoch, proof));
            }
            Ok(proven(principal, &claims, proof))
        })
    }

    /// What a credential was made with, one with the other; `None` where any of it is gone, or is somebody's who may no
    /// longer act: then it counts no more, either.
    async fn lineage(&self, snapshot: &dyn Snapshot, held: &Credential) -> Result<Option<Lineage>, Problem> {
        let mut proof = Proof { credential: held.id, generation: 0 };
        let mut is_of_one_account = true;
        let mut above = held.made_with;
        while let Some(id) = above {
            let Some(maker) = snapshot.credential_by_id(id).await? else { return Ok(None) };
            let user = self.access.principal(snapshot, maker.account, maker.user).await?;
            if user.is_none() || maker.expires.is_some_and(|at| at <= self.now()) {
                return Ok(None);
            }
            is_of_one_account &= maker.account == held.account;
            proof.generation = proof.generation.saturating_add(1);
            above = maker.made_with;
        }
        Ok(Some(Lineage { proof, is_of_one_account }))
    }

    /// Errors: `Unauthenticated` where the token or key that the caller has shown counts no more.
    pub(crate) async fn demand_proof(&self, snapshot: &dyn Snapshot, caller: &Caller) -> Result<(), Problem> {
        let Some(proof) = caller.by else { return Ok(()) };
        let lineage = match snapshot.credential_by_id(proof.credential).await? {
            Some(held) => self.lineage(snapshot, &held).await?,
            None => None,
        };
        lineage.map(drop).ok_or_else(|| revoked("PERSONAL_ACCESS"))
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
                let found = snapshot.by_fqn(account, USER, &[&fqn]).await?;
                found.into_iter().flatten().next().map(|record| (account, record.id))
            }
            _ => None,
        };
        let Some((account, user)) = user else { return Err(unknown_caller()) };
        Ok(Caller::of(self.principal(&*snapshot, account, user).await?))
    }

    /// The access key of that id with its clear secret, for a signature to be checked with. One that has ended is none;
    /// that one for a while has ended, its session says.
    pub fn access_key<'a>(&'a self, id: &'a str) -> Boxed<'a, Result<Option<AccessKey>, Problem>> {
        Box::pin(async move {
            let key = self.stored_key(id).await?;
            Ok(key.filter(|key| key.session.is_some() || key.expires.is_none_or(|at| at > self.now())))
        })
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
        let lineage = self.lineage(&*snapshot, &credential).await?;
        let Some(Lineage { proof, is_of_one_account }) = lineage else { return Ok(None) };
        let plain = self.sealer.open(credential.id.as_bytes(), &credential.secret)?;
        let plain = String::from_utf8(plain).map_err(|_| Problem::internal("an access key is not UTF-8"))?;
        let key = AccessKey::of(&credential, &plain, proof)?;
        if is_of_one_account && let Some(principal) = self.access.principal(&*snapshot, key.account, key.user).await? {
            let mut keys = self.checked.keys.write();
            if keys.len() >= REMEMBERED {
                keys.clear();
            }
            keys.insert(id.to_owned(), (key.clone(), principal.epoch));
        }
        Ok(Some(key))
    }

    /// The caller behind a key that a signature was checked with.
    pub fn key_holder<'a>(&'a self, key: &'a AccessKey) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let caller = self.caller(key.account, key.user).await?.ending(key.expires).proven_by(Some(key.by));
            self.note_use(&caller);
            Ok(caller)
        })
    }

    /// The caller behind a user whose proof was checked elsewhere.
    pub fn caller(&self, account: AccountId, user: RecordId) -> Boxed<'_, Result<Caller, Problem>> {
        Box::pin(async move {
            if let Some(principal) = self.access.known_principal(account, user).await {
                return Ok(Caller::of(principal));
            }
            let snapshot = self.store.snapshot().await?;
            Ok(Caller::of(self.principal(&*snapshot, account, user).await?))
        })
    }

    pub(crate) async fn principal(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        user: RecordId,
    ) -> Result<Arc<Principal>, Problem> {
        let principal = self.access.principal(snapshot, account, user).await?;
        principal.ok_or_else(unknown_caller)
    }
}

/// The caller behind a token that counts. What he makes ends with it, unless it is a login's.
fn proven(principal: Arc<Principal>, claims: &TokenClaims, proof: Proof) -> Caller {
    let caller = Caller::of(principal);
    match claims.token_type {
        "OM_USER" => caller,
        _ => caller.ending(claims.expires_ms.map(Millis)).proven_by(Some(proof)),
    }
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
