//! Logging in with a password: what it opens, how it is continued, and what ends it.
//!
//! A login is a session, which proves who one is for an hour, and a refresh token, which only opens further sessions.
//! The sessions bear the id of the refresh token, so that logging out ends all of them; a new password ends all logins
//! of the user, in the change set that stores it.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::access;
use crate::audit_event::AuditEventKind;
use crate::audit_trail::Detail;
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Permit, Write};
use crate::credentials::IssuedToken;
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::kinds::USER;
use crate::ports::{Planner, Snapshot};
use crate::problem::Problem;
use crate::proving::{revoked, token_problem, unknown_caller};
use crate::record::{Actor, Record};
use crate::rules::unique_email;

/// Longer ones only cost time.
const MAX_PASSWORD_BYTES: usize = 1_024;
/// No address is as long (RFC 5321 allows 254), and no account's name and user's name together.
pub const MAX_LOGIN_BYTES: usize = 512;
/// A session lasts this long.
pub const SESSION_MS: i64 = 60 * 60 * 1000;
/// A login can be continued for this long.
pub(crate) const REFRESH_MS: i64 = 7 * 24 * SESSION_MS;
/// What a new password takes the place of.
const OF_PASSWORDS: &[CredentialClass] =
    &[CredentialClass::Password, CredentialClass::Session, CredentialClass::Refresh];
/// How often an account's rights may change under a login before it is given up.
pub(crate) const TRIES: usize = 16;

/// How many of these are made beside others' commits.
const BESIDE_OTHERS: usize = 5;

/// What a login opens.
pub struct Login {
    pub caller: Caller,
    pub session: IssuedToken,
    /// A program has none: it has a token of its own.
    pub refresh: Option<IssuedToken>,
}

/// What whoever logged in shows from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    Tokens,
    Cookie,
    Connection,
}

/// A user whom a login may mean, with what his password is compared with.
struct Candidate {
    user: Record,
    password: CredentialId,
    hash: String,
}

/// What came of comparing a password: good while the candidates have the passwords that they had.
struct Compared {
    candidates: Vec<Candidate>,
    matches: Vec<bool>,
}

/// A password that was hashed anew, and which one it is for.
type Renewed<'a> = Option<&'a (CredentialId, String)>;

/// What came of a try to log in.
enum LoginStep {
    Opened(Box<Login>),
    /// Somebody's rights have changed meanwhile.
    Lost,
    /// The passwords are others than those that were compared.
    Compare,
    /// The password is to be hashed for this name first.
    Renew {
        password: CredentialId,
        name: String,
    },
}

/// The login, with the accounts whose epoch it raises; or what is to be done first.
type Decided = Result<Result<(Vec<AccountId>, Login), LoginStep>, Problem>;

/// Decides about a login in the writer.
struct LoginPlanner<'a> {
    catalog: &'a Catalog,
    compared: &'a Compared,
    renewed: Renewed<'a>,
    means: Means,
    decided: Mutex<Option<Decided>>,
}

#[async_trait]
impl Planner for LoginPlanner<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        let LoginPlanner { catalog, compared, renewed, means, .. } = *self;
        let (set, decided) = match catalog.decide_login(snapshot, compared, renewed, means).await {
            Ok(Ok((set, login))) => {
                let raised = set.raised_epochs().collect();
                (set, Ok(Ok((raised, login))))
            }
            Ok(Err(step)) => (ChangeSet::nothing(), Ok(Err(step))),
            Err(problem) => (ChangeSet::nothing(), Err(problem)),
        };
        *self.decided.lock() = Some(decided);
        set
    }
}

fn wrong() -> Problem {
    Problem::Unauthenticated { reason: "You have entered an invalid username or password.".into() }
}

impl Catalog {
    /// Checks a login name and a password, and opens a session. The name is an e-mail address, held in whatever accounts,
    /// or a user's name in the default account; or one of both in an account that is named before it: `account/name`.
    /// Where several users of one address have the same password, the oldest is meant.
    ///
    /// Errors: `Unauthenticated`, in the same words and after the same time whatever was wrong.
    pub fn login<'a>(
        &'a self,
        login: &'a str,
        password: &'a str,
        door: Option<&'static str>,
    ) -> Boxed<'a, Result<Login, Problem>> {
        Box::pin(async move { self.log_in(login, password, Means::Tokens, door).await })
    }

    /// What comes of it stands in the trail.
    pub(crate) async fn log_in(
        &self,
        login: &str,
        password: &str,
        means: Means,
        door: Option<&'static str>,
    ) -> Result<Login, Problem> {
        let tried = self.try_to_log_in(login, password, means).await;
        match &tried {
            Ok(opened) => self.note_login(&opened.caller, door, "password"),
            Err(Problem::Unauthenticated { .. }) => self.note_failed_login(login, door, Detail::default()).await,
            Err(_) => {}
        }
        tried
    }

    /// Somebody has come in, by a password or by a provider.
    pub(crate) fn note_login(&self, caller: &Caller, door: Option<&'static str>, by: &str) {
        let caller = Caller { door, ..caller.clone() };
        self.note(&caller, AuditEventKind::SignedIn, None, Detail::default().with("with", by));
    }

    /// Who shows a token of his own in the place of a password. `users` are those whom the name means.
    ///
    /// Errors: `Unauthenticated`, also where the token is somebody else's.
    pub fn login_by_token<'a>(
        &'a self,
        login: &'a str,
        users: &'a [RecordId],
        token: &'a str,
        door: Option<&'static str>,
    ) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move {
            let tried = match self.check_token(token).await {
                Ok(caller) if !users.contains(&caller.principal.user) => Err(wrong()),
                tried => tried,
            };
            let with = "token";
            match &tried {
                Ok(caller) => self.note_login(caller, door, with),
                Err(Problem::Unauthenticated { .. }) => {
                    self.note_failed_login(login, door, Detail::default().with("with", with)).await;
                }
                Err(_) => {}
            }
            tried
        })
    }

    /// Somebody who has failed too often was not heard.
    pub fn note_held_back<'a>(&'a self, login: &'a str, door: Option<&'static str>) -> Boxed<'a, ()> {
        Box::pin(self.note_failed_login(login, door, Detail::default().with("held_back", true)))
    }

    /// In the accounts of those who were meant; what means nobody, in the first one. What was typed there stays nowhere: it
    /// may be a password.
    /// What cannot be noted is no other answer for who tried.
    async fn note_failed_login(&self, login: &str, door: Option<&'static str>, detail: Detail) {
        if let Err(problem) = self.try_to_note_failed_login(login, door, detail).await {
            tracing::warn!(%problem, "a failed sign-in was not noted");
        }
    }

    async fn try_to_note_failed_login(
        &self,
        login: &str,
        door: Option<&'static str>,
        detail: Detail,
    ) -> Result<(), Problem> {
        let by = Actor { door: door.map(Into::into), ..Actor::nobody() };
        let snapshot = self.store.snapshot().await?;
        let meant = match login.len() <= MAX_LOGIN_BYTES {
            true => self.users_by_login(&*snapshot, login).await?,
            false => Vec::new(),
        };
        for user in &meant {
            let detail = detail.clone().text("user", &user.name);
            self.note_by(user.account, by.clone(), AuditEventKind::SignInFailed, Some(user.id), detail);
        }
        if meant.is_empty()
            && let Some(first) = self.account_in(&*snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await?
        {
            self.note_by(first, by, AuditEventKind::SignInFailed, None, detail);
        }
        Ok(())
    }

    async fn try_to_log_in(&self, login: &str, password: &str, means: Means) -> Result<Login, Problem> {
        // Nothing that is stored has any part in this.
        if login.len() > MAX_LOGIN_BYTES || password.len() > MAX_PASSWORD_BYTES {
            return Err(wrong());
        }
        let mut compared: Option<Compared> = None;
        let mut renewed: Option<(CredentialId, String)> = None;
        for attempt in 0..TRIES {
            let Some(now) = &compared else {
                let snapshot = self.store.snapshot().await?;
                let candidates = self.candidates(&*snapshot, login).await?;
                // No connection is held for as long as that takes.
                drop(snapshot);
                let hashes = candidates.iter().map(|candidate| candidate.hash.clone()).collect();
                let matches = self.authenticator.verify_password(password.to_owned(), hashes).await;
                compared = Some(Compared { candidates, matches });
                continue;
            };
            let step = match attempt < BESIDE_OTHERS {
                true => self.open_beside(now, renewed.as_ref(), means).await?,
                false => self.open_alone(now, renewed.as_ref(), means).await?,
            };
            match step {
                LoginStep::Opened(login) => return Ok(*login),
                LoginStep::Lost => {}
                LoginStep::Compare => compared = None,
                LoginStep::Renew { password: of, name } => {
                    let hash = self.authenticator.hash_password(name, password.to_owned()).await;
                    renewed = Some((of, hash));
                }
            }
        }
        Err(Problem::Unavailable { reason: "the account's rights change too fast to log in".into() })
    }

    /// Decides over a state of the store, and stores it where no rights have changed since.
    async fn open_beside(&self, compared: &Compared, renewed: Renewed<'_>, means: Means) -> Result<LoginStep, Problem> {
        let snapshot = self.store.snapshot().await?;
        let decided = self.decide_login(&*snapshot, compared, renewed, means).await?;
        drop(snapshot);
        match decided {
            Err(step) => Ok(step),
            Ok((set, login)) => {
                Ok(if self.try_set(set).await? { LoginStep::Opened(Box::new(login)) } else { LoginStep::Lost })
            }
        }
    }

    /// The same with no other commit in between: who was overtaken again and again is overtaken no more.
    async fn open_alone(&self, compared: &Compared, renewed: Renewed<'_>, means: Means) -> Result<LoginStep, Problem> {
        let planner = LoginPlanner { catalog: self, compared, renewed, means, decided: Mutex::new(None) };
        let committed = self.store.commit_planned(&planner).await?;
        let decided = planner.decided.into_inner().ok_or_else(|| Problem::internal("the writer did not plan"))?;
        match (decided?, committed) {
            (Err(step), _) => Ok(step),
            (Ok((raised, login)), Ok(_)) => {
                self.after_commit(raised).await;
                Ok(LoginStep::Opened(Box::new(login)))
            }
            (Ok(_), Err(_)) => Ok(LoginStep::Lost),
        }
    }

    /// What opens the login, or else what is to be done first.
    async fn decide_login(
        &self,
        snapshot: &dyn Snapshot,
        Compared { candidates, matches }: &Compared,
        renewed: Renewed<'_>,
        means: Means,
    ) -> Result<Result<(ChangeSet, Login), LoginStep>, Problem> {
        // What was compared already is not compared again because somebody's rights have changed meanwhile.
        if !self.are_passwords(snapshot, candidates).await? {
            return Ok(Err(LoginStep::Compare));
        }
        let mut meant = None;
        for (candidate, _) in candidates.iter().zip(matches).filter(|(_, matches)| **matches) {
            let Candidate { user, .. } = candidate;
            if let Some(principal) = self.access.principal(snapshot, user.account, user.id).await? {
                meant = Some((candidate, principal));
                break;
            }
        }
        let (candidate, principal) = meant.ok_or_else(wrong)?;
        let (mut set, login) = self.open_login(snapshot, principal, means).await?;
        let name = self.hashed_for(snapshot, &candidate.user).await?;
        if !self.authenticator.is_made_for(&name, &candidate.hash) {
            let Some((_, hash)) = renewed.filter(|(of, _)| *of == candidate.password) else {
                return Ok(Err(LoginStep::Renew { password: candidate.password, name }));
            };
            let user = &candidate.user;
            set.writes.push(Write::DropCredential { id: candidate.password });
            set.writes.push(self.password_of(user.account, user.id, hash.clone()));
        }
        // A password that is exchanged meanwhile raises the epoch: then this one opens nothing any more.
        let account = login.caller.account();
        set.expect.push(Expect::AccessEpochIs { account, epoch: login.caller.principal.epoch });
        Ok(Ok((set, login)))
    }

    /// Whoever has a password and may be meant, the oldest first.
    async fn candidates(&self, snapshot: &dyn Snapshot, login: &str) -> Result<Vec<Candidate>, Problem> {
        let mut candidates = Vec::new();
        for user in self.users_by_login(snapshot, login).await? {
            let stored = snapshot.credential(CredentialClass::Password, &user.id.to_string()).await?;
            let Some((password, secret)) = stored.map(|stored| (stored.id, stored.secret)) else { continue };
            // What is no text is no hash, and nothing matches it.
            candidates.push(Candidate { user, password, hash: String::from_utf8(secret).unwrap_or_default() });
        }
        Ok(candidates)
    }

    /// Whether these are still their passwords.
    async fn are_passwords(&self, snapshot: &dyn Snapshot, candidates: &[Candidate]) -> Result<bool, Problem> {
        for Candidate { user, password, .. } in candidates {
            let stored = snapshot.credential(CredentialClass::Password, &user.id.to_string()).await?;
            if stored.is_none_or(|stored| stored.id != *password) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a user's password is hashed for: his address, and the installation, so that one password of one address has
    /// another hash elsewhere.
    async fn hashed_for(&self, snapshot: &dyn Snapshot, user: &Record) -> Result<String, Problem> {
        let installation = self.account_in(snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await?;
        let installation = installation.unwrap_or(user.account);
        let name = unique_email::of(user).unwrap_or_else(|| user.id.to_string());
        Ok(format!("{installation} {name}"))
    }

    async fn open_login(
        &self,
        snapshot: &dyn Snapshot,
        principal: Arc<Principal>,
        means: Means,
    ) -> Result<(ChangeSet, Login), Problem> {
        let now = self.now();
        let mut set = ChangeSet::new(access::of_the_server());
        let holder = (principal.account, principal.user);
        let untold = match means {
            Means::Cookie => Some(self.open_in_browser(snapshot, &mut set, holder).await?),
            Means::Connection => Some(self.open_connection(snapshot, &mut set, holder).await?),
            Means::Tokens => None,
        };
        if let Some(session) = untold {
            return Ok((set, Login { caller: Caller::of(principal), session, refresh: None }));
        }
        self.drop_ended(snapshot, &mut set, principal.user).await?;
        let refresh = match principal.is_bot {
            true => None,
            false => {
                let expires = Some(now.0 + REFRESH_MS);
                Some(self.issue_into(&mut set, &principal, CredentialClass::Refresh, "login", expires, None)?)
            }
        };
        let label = refresh.as_ref().map_or_else(String::new, |refresh| refresh.id.to_string());
        let expires = Some(now.0 + SESSION_MS);
        let session = self.issue_into(&mut set, &principal, CredentialClass::Session, &label, expires, None)?;
        Ok((set, Login { caller: Caller::of(principal), session, refresh }))
    }

    /// Nobody else misses what has ended by itself.
    pub(crate) async fn drop_ended(
        &self,
        snapshot: &dyn Snapshot,
        set: &mut ChangeSet,
        user: RecordId,
    ) -> Result<(), Problem> {
        let now = self.now();
        for held in snapshot.credentials_of(user).await? {
            if CredentialClass::OF_LOGINS.contains(&held.class) && held.expires.is_some_and(|at| at < now) {
                set.writes.push(Write::DropCredential { id: held.id });
            }
        }
        Ok(())
    }

    /// Opens another session of a login.
    ///
    /// Errors: `Unauthenticated` when the login has ended, or the token is none that continues one.
    pub fn renew_login<'a>(&'a self, refresh: &'a str) -> Boxed<'a, Result<(Caller, IssuedToken), Problem>> {
        Box::pin(async move {
            self.take_up_keys().await?;
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
                let session = self.issue_into(&mut set, &principal, CredentialClass::Session, id, expires, None)?;
                set.expect.push(Expect::AccessEpochIs { account, epoch: principal.epoch });
                if self.try_set(set).await? {
                    return Ok((Caller::of(principal), session));
                }
            }
            Err(Problem::Unavailable { reason: "the account's rights change too fast to log in".into() })
        })
    }

    /// Ends the login that a token belongs to; of other tokens, the token.
    pub fn log_out<'a>(&'a self, caller: &'a Caller, token: &'a str) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let claims = self.authenticator.verify_token(token).map_err(token_problem)?;
            let id: Option<CredentialId> = claims.id.and_then(|id| id.parse().ok());
            let id = id.ok_or_else(|| Problem::invalid("token", "was not issued here"))?;
            let snapshot = self.store.snapshot().await?;
            let missing = || Problem::NotFound { kind: "credential", what: id.to_string() };
            let shown = snapshot.credential_by_id(id).await?.filter(|shown| shown.account == caller.account());
            let shown = shown.ok_or_else(missing)?;
            let permit = self.access.may_manage_credentials(caller, shown.user)?;
            let set = self.ending(permit, &*snapshot, &shown).await?;
            drop(snapshot);
            self.store_set(set).await
        })
    }

    /// What ends a credential; a session and what continues it are one login, and end together.
    pub(crate) async fn ending(
        &self,
        permit: Permit,
        snapshot: &dyn Snapshot,
        ended: &Credential,
    ) -> Result<ChangeSet, Problem> {
        let login = match ended.class {
            CredentialClass::Refresh => ended.public.as_str(),
            // The label of another session than those of logins is no credential's.
            CredentialClass::Session if ended.label.parse::<CredentialId>().is_ok() => ended.label.as_str(),
            _ => "",
        };
        let is_of_login = |held: &Credential| {
            CredentialClass::OF_LOGINS.contains(&held.class)
                && !login.is_empty()
                && (held.public == login || held.label == login)
        };
        let mut set = ChangeSet::new(permit);
        for held in snapshot.credentials_of(ended.user).await? {
            if held.id == ended.id || is_of_login(&held) {
                set.writes.push(Write::DropCredential { id: held.id });
            }
        }
        set.writes.push(Write::RaiseEpoch { account: ended.account });
        Ok(set)
    }

    /// Whom a login means, for whoever counts failures: nobody is told of it.
    pub fn meant_by<'a>(&'a self, login: &'a str) -> Boxed<'a, Result<Vec<RecordId>, Problem>> {
        Box::pin(async move {
            if login.len() > MAX_LOGIN_BYTES {
                return Ok(Vec::new());
            }
            let snapshot = self.store.snapshot().await?;
            Ok(self.users_by_login(&*snapshot, login).await?.into_iter().map(|user| user.id).collect())
        })
    }

    /// What a login with a wrong password gets, after the same time, whatever the password is.
    pub fn refuse_login<'a>(&'a self, password: &'a str) -> Boxed<'a, Problem> {
        Box::pin(async move {
            if password.len() <= MAX_PASSWORD_BYTES {
                self.authenticator.verify_password(password.to_owned(), Vec::new()).await;
            }
            wrong()
        })
    }

    /// By e-mail address over all accounts, by the user name of the default account, or either in the account that is
    /// named before it.
    async fn users_by_login(&self, snapshot: &dyn Snapshot, login: &str) -> Result<Vec<Record>, Problem> {
        if let Some((account, name)) = login.split_once('/')
            && let Some(account) = self.account_in(snapshot, account).await?
        {
            let by_address = unique_email::holder(snapshot, account, name).await?;
            return match by_address {
                Some(id) => Ok(snapshot.by_id(account, &[id]).await?.into_iter().flatten().collect()),
                None => self.user_by_name(snapshot, account, name).await,
            };
        }
        let mut users = Vec::new();
        for (account, id) in unique_email::holders(snapshot, USER, login).await? {
            users.extend(snapshot.by_id(account, &[id]).await?.into_iter().flatten());
        }
        if users.is_empty()
            && let Some(account) = self.account_in(snapshot, crate::bootstrap::DEFAULT_ACCOUNT).await?
        {
            return self.user_by_name(snapshot, account, login).await;
        }
        Ok(users)
    }

    async fn user_by_name(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        name: &str,
    ) -> Result<Vec<Record>, Problem> {
        let fqn = crate::name::quote(&crate::name::fold(name));
        let named = snapshot.by_fqn(account, USER, &[&fqn]).await?;
        Ok(named.into_iter().flatten().collect())
    }

    /// Sets a user's password and ends his logins.
    pub fn set_password<'a>(
        &'a self,
        caller: &'a Caller,
        user: RecordId,
        plain: &'a str,
    ) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            if plain.is_empty() || plain.len() > MAX_PASSWORD_BYTES {
                return Err(Problem::invalid("password", format!("must have 1 to {MAX_PASSWORD_BYTES} bytes")));
            }
            let (permit, principal) = self.managed(caller, user).await?;
            self.put_password(permit, principal.account, user, plain).await?;
            let detail = Detail::default().text("user", &principal.name);
            self.note(caller, AuditEventKind::PasswordSet, Some(user), detail);
            Ok(())
        })
    }

    /// Gives a user a new random password and ends his logins: for whoever holds the store itself, so that nobody is
    /// asked for a right. Answers the user's name and the password.
    ///
    /// Errors: `NotFound` for a name that the default account does not know; `Conflict` for an address that several
    /// accounts know.
    pub fn recover_password<'a>(&'a self, login: &'a str) -> Boxed<'a, Result<(String, String), Problem>> {
        Box::pin(async move {
            let missing = || Problem::NotFound { kind: "user", what: login.to_owned() };
            let snapshot = self.store.snapshot().await?;
            let mut users = self.users_by_login(&*snapshot, login).await?;
            if users.len() > 1 {
                let all = users.len();
                return Err(Problem::conflict(format!("{all} accounts know {login}; name one: ACCOUNT/{login}")));
            }
            let user = users.pop().ok_or_else(missing)?;
            if self.access.principal(&*snapshot, user.account, user.id).await?.is_none() {
                return Err(Problem::conflict(format!("user {} is disabled or deleted", user.name)));
            }
            drop(snapshot);
            let password = self.random_password();
            self.put_password(access::of_the_server(), user.account, user.id, &password).await?;
            Ok((user.name, password))
        })
    }

    /// Whether the user's present password is this one.
    pub fn check_password<'a>(&'a self, user: RecordId, plain: &'a str) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let stored = snapshot.credential(CredentialClass::Password, &user.to_string()).await?;
            drop(snapshot);
            let hash = stored.and_then(|credential| String::from_utf8(credential.secret).ok());
            let matches = self.authenticator.verify_password(plain.to_owned(), hash.into_iter().collect()).await;
            Ok(matches == [true])
        })
    }

    pub(crate) async fn put_password(
        &self,
        permit: Permit,
        account: AccountId,
        user: RecordId,
        plain: &str,
    ) -> Result<(), Problem> {
        let snapshot = self.store.snapshot().await?;
        let found = snapshot.by_id(account, &[user]).await?.into_iter().next().flatten();
        let record = found.ok_or_else(|| Problem::NotFound { kind: "user", what: user.to_string() })?;
        let name = self.hashed_for(&*snapshot, &record).await?;
        drop(snapshot);
        let hash = self.authenticator.hash_password(name, plain.to_owned()).await;
        let mut set = ChangeSet::new(permit);
        set.writes.push(Write::DropCredentials { user, classes: OF_PASSWORDS });
        set.writes.push(self.password_of(account, user, hash));
        set.writes.push(Write::RaiseEpoch { account });
        self.store_set(set).await
    }

    fn password_of(&self, account: AccountId, user: RecordId, hash: String) -> Write {
        Write::PutCredential(Box::new(Credential {
            id: CredentialId::fresh(),
            account,
            user,
            class: CredentialClass::Password,
            public: user.to_string(),
            label: String::new(),
            secret: hash.into_bytes(),
            created: self.now(),
            expires: None,
            made_with: None,
        }))
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
        made_with: Option<CredentialId>,
    ) -> Result<IssuedToken, Problem> {
        let id = CredentialId::fresh();
        let (token, signed_by) = self.sign_token(principal, class, id, expires_ms)?;
        let secret = match class {
            CredentialClass::BotToken => self.sealer.seal(id.as_bytes(), token.as_bytes()),
            _ => signed_by.into_bytes(),
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
            made_with,
        })));
        Ok(IssuedToken { id, token, expires_ms })
    }
}
