//! What is stored follows a change of keys: sealed texts are sealed anew, tokens of the old key end, bots get theirs
//! signed anew. Each can be broken off anywhere and begun again.

use std::collections::BTreeSet;

use crate::access;
use crate::boxed::Boxed;
use crate::caller::{Caller, Proof};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Lost, SealedSecret, Write};
use crate::id::{AccountId, CredentialId, RecordId};
use crate::lease::Ownership;
use crate::ports::{Snapshot, TokenFault};
use crate::problem::Problem;

/// How many are looked at, and at most written, in one turn.
const PAGE: u32 = 200;
/// How often all is looked through before something is said to be wrong.
const PASSES: usize = 16;
/// Tokens whose text nobody keeps, and logins: they end with the key that signed when they were made.
const ENDING_WITH_A_KEY: &[CredentialClass] =
    &[CredentialClass::Token, CredentialClass::Session, CredentialClass::Refresh];

impl Catalog {
    /// Seals everything with the present key that was sealed with another one. Answers how much that was. Afterwards
    /// nothing needs the other keys any more. What is written is the owner's: of two who seal the same at once, the later
    /// one may have forgotten the key of the other.
    ///
    /// Errors: `Internal` when something cannot be opened with any key at hand; what can be is sealed anew before.
    /// `Overtaken` where the job is another's by now.
    pub fn reseal<'a>(&'a self, owner: &'a Ownership) -> Boxed<'a, Result<u64, Problem>> {
        Box::pin(async move {
            // What was sealed before the key was exchanged and is not stored yet was decided at an earlier epoch: it is
            // lost and sealed again.
            self.raise_all_epochs().await?;
            let mut resealed = 0;
            for _ in 0..PASSES {
                let (done, lost) = self.reseal_once(owner).await?;
                resealed += done;
                if lost == 0 {
                    return Ok(resealed);
                }
            }
            Err(Problem::Unavailable { reason: "secrets change too fast to be sealed anew; try again".into() })
        })
    }

    /// Answers how much was sealed anew, and how much has to be looked at again.
    async fn reseal_once(&self, owner: &Ownership) -> Result<(u64, u64), Problem> {
        let (mut done, mut lost) = (0, 0);
        let mut after = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let page = snapshot.with_secrets_after(after, PAGE).await?;
            let Some((_, last)) = page.last() else { break };
            after = Some(*last);
            let mut sets = Vec::new();
            for (account, id) in &page {
                sets.extend(self.resealed_record(&*snapshot, *account, *id).await?);
            }
            drop(snapshot);
            sets.iter_mut().for_each(|set: &mut ChangeSet| set.expect.extend(owner.expectation()));
            for answer in self.store.commit(sets).await? {
                match answer {
                    Ok(_) => done += 1,
                    Err(Lost(it)) if owner.expectation().is_some_and(|own| own == it) => {
                        return Err(Problem::Overtaken);
                    }
                    Err(_) => lost += 1,
                }
            }
        }
        let mut after = None;
        loop {
            let page = self.store.snapshot().await?.credentials_after(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let mut set = ChangeSet::new(access::of_the_server());
            for held in page.iter().filter(|held| is_sealed(held)) {
                if let Some((secret, _)) = self.sealer.reseal(held.id.as_bytes(), &held.secret)? {
                    set.writes.push(Write::ResealCredential { id: held.id, secret });
                }
            }
            done += set.writes.len() as u64;
            self.store_as(owner, set).await?;
        }
        Ok((done, lost))
    }

    /// Stores what the owner of the keys writes, if it is anything.
    ///
    /// Errors: `Overtaken` where the keys are another's by now.
    async fn store_as(&self, owner: &Ownership, mut set: ChangeSet) -> Result<(), Problem> {
        if set.is_empty() {
            return Ok(());
        }
        set.expect.extend(owner.expectation());
        if self.try_set(set).await? { Ok(()) } else { Err(Problem::Overtaken) }
    }

    /// The record's secrets under the present key, if any is not.
    async fn resealed_record(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        id: RecordId,
    ) -> Result<Option<ChangeSet>, Problem> {
        let Some(record) = snapshot.by_id(account, &[id]).await?.into_iter().next().flatten() else { return Ok(None) };
        let mut kept = snapshot.secrets(id).await?;
        let mut is_old = false;
        for secret in &mut kept {
            let context = SealedSecret::context(id, &secret.path);
            if let Some((sealed, fingerprint)) = self.sealer.reseal(&context, &secret.sealed)? {
                *secret = SealedSecret { path: std::mem::take(&mut secret.path), sealed, fingerprint };
                is_old = true;
            }
        }
        if !is_old {
            return Ok(None);
        }
        let mut set = ChangeSet::new(access::of_the_server());
        set.expect.push(Expect::RevisionIs { id, revision: record.revision });
        set.writes.push(Write::PutSecrets { id, secrets: kept });
        Ok(Some(set))
    }

    /// Ends every token that a person holds of another key than the present one, and signs those of bots with that. Answers
    /// how many were ended and how many signed. What another node has made since it was exchanged goes on.
    ///
    /// Nobody has revoked these tokens: what was made with them and needs no signature goes on.
    pub fn renew_tokens<'a>(&'a self, owner: &'a Ownership) -> Boxed<'a, Result<(u64, u64), Problem>> {
        Box::pin(async move {
            self.release_from_the_old_key(owner).await?;
            let (mut ended, mut signed) = (0, 0);
            let mut after = None;
            loop {
                let snapshot = self.store.snapshot().await?;
                let page = snapshot.credentials_after(after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                let mut set = ChangeSet::new(access::of_the_server());
                for held in page {
                    if self.is_of_the_old_key(&held) {
                        set.writes.push(Write::DropCredential { id: held.id });
                        ended += 1;
                    } else if held.class == CredentialClass::BotToken {
                        let user = self.access.principal(&*snapshot, held.account, held.user).await?;
                        set.writes.push(match user {
                            Some(bot) => {
                                let expires = held.expires.map(|at| at.0);
                                let (token, _) = self.sign_token(&bot, held.class, held.id, expires)?;
                                let secret = self.sealer.seal(held.id.as_bytes(), token.as_bytes());
                                signed += 1;
                                Write::ResealCredential { id: held.id, secret }
                            }
                            // A disabled bot is given a new token when it is needed again.
                            None => Write::DropCredential { id: held.id },
                        });
                    }
                }
                drop(snapshot);
                self.store_as(owner, set).await?;
            }
            self.raise_all_epochs().await?;
            Ok((ended, signed))
        })
    }

    /// The same caller, proven by what stays of that which he shows when the signing key is exchanged.
    pub fn beyond_the_old_key<'a>(&'a self, caller: &'a Caller) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let Some(by) = caller.by else { return Ok(caller.clone()) };
            let snapshot = self.store.snapshot().await?;
            let stays = staying(&*snapshot, Some(by.credential), ends_with_a_key).await?;
            Ok(caller.clone().proven_by(stays.map(|credential| Proof { credential, ..by })))
        })
    }

    /// Binds what stays to what stays.
    async fn release_from_the_old_key(&self, owner: &Ownership) -> Result<(), Problem> {
        let mut after = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let page = snapshot.credentials_after(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let mut set = ChangeSet::new(access::of_the_server());
            for held in page.iter().filter(|held| !self.is_of_the_old_key(held)) {
                let made_with = staying(&*snapshot, held.made_with, |held| self.is_of_the_old_key(held)).await?;
                if made_with != held.made_with {
                    set.writes.push(Write::RebindCredential { id: held.id, made_with });
                }
            }
            drop(snapshot);
            self.store_as(owner, set).await?;
        }
    }

    /// Goes on with a change of the signing key that was broken off, or of which a backup holds the key and not yet the
    /// tokens: where a bot's token is of another key than those at hand, all are to be renewed. Answers whether they are.
    pub fn is_renewal_broken_off(&self) -> Boxed<'_, Result<bool, Problem>> {
        Box::pin(async move {
            let mut after = None;
            loop {
                let page = self.store.snapshot().await?.credentials_after(after, PAGE).await?;
                let Some(last) = page.last() else { return Ok(false) };
                after = Some(last.id);
                if page.iter().any(|held| self.is_of_another_key(held)) {
                    return Ok(true);
                }
            }
        })
    }

    /// One that does not say its key was made before they did.
    fn is_of_the_old_key(&self, held: &Credential) -> bool {
        let key = self.authenticator.signing_key();
        ends_with_a_key(held) && (held.secret.is_empty() || held.secret != key.as_bytes())
    }

    /// What cannot be opened says nothing: its sealing key is missing, not its signature.
    fn is_of_another_key(&self, held: &Credential) -> bool {
        held.class == CredentialClass::BotToken
            && self.opened_token(held).is_ok_and(|token| {
                matches!(
                    self.authenticator.verify_token(&token),
                    Err(TokenFault::UnknownKey | TokenFault::BadSignature)
                )
            })
    }

    async fn raise_all_epochs(&self) -> Result<(), Problem> {
        let mut accounts = BTreeSet::new();
        let mut after = None;
        loop {
            let page = self.store.snapshot().await?.credentials_after(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            accounts.extend(page.iter().map(|held| held.account));
        }
        let mut set = ChangeSet::new(access::of_the_server());
        set.writes.extend(accounts.into_iter().map(|account| Write::RaiseEpoch { account }));
        if set.is_empty() { Ok(()) } else { self.store_set(set).await }
    }
}

/// The first, of a credential and what it was made with, that does not end with the key. Where one is gone already, so is
/// what was made with it: that stays as it is.
async fn staying(
    snapshot: &dyn Snapshot,
    from: Option<CredentialId>,
    ends: impl Fn(&Credential) -> bool + Send,
) -> Result<Option<CredentialId>, Problem> {
    let mut next = from;
    while let Some(id) = next {
        match snapshot.credential_by_id(id).await? {
            Some(held) if ends(&held) => next = held.made_with,
            Some(_) => break,
            None => return Ok(from),
        }
    }
    Ok(next)
}

fn ends_with_a_key(held: &Credential) -> bool {
    ENDING_WITH_A_KEY.contains(&held.class)
}

fn is_sealed(held: &Credential) -> bool {
    matches!(held.class, CredentialClass::BotToken | CredentialClass::AccessKey)
}
