//! Logging in by a provider's word (OpenID Connect): whom it means here, and what his groups there give him here.
//!
//! A user is known by issuer and subject alone: a credential of its own class ties them to him, in one account. That, a
//! user who is made for it, what his groups change and the session are one change set: all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::access;
use crate::bootstrap::made_address;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Expect, Write};
use crate::command::{Command, DoorRules, Draft, Edit, Guard, How, Ref, Target};
use crate::context::Context;
use crate::id::{AccountId, CredentialId, RecordId};
use crate::kinds::USER;
use crate::logins::{Login, TRIES};
use crate::plan;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::{HAS_ROLE, MEMBER, Relation};
use crate::rules::unique_email;

/// Longer names of persons are left out.
const MOST_DISPLAY_NAME: usize = 120;

/// What a provider says of somebody, once it is proven.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    pub issuer: String,
    /// What the issuer knows him by, for ever.
    pub subject: String,
    pub name: Option<String>,
    pub display_name: Option<String>,
    /// An address that the issuer says is his.
    pub verified_email: Option<String>,
    /// `None` where it says nothing of groups: as good as none.
    pub groups: Option<Vec<String>>,
    /// The name of the door that he arrives at.
    pub door: Option<&'static str>,
}

/// What the operator lets a provider's people do.
#[derive(Debug, Clone, Default)]
pub struct Welcome {
    /// What the provider is called in the audit trail.
    pub provider: String,
    pub account: String,
    /// Who is not known is made a user.
    pub creates_users: bool,
    /// Who is not known is taken for the user of his verified address.
    pub links_by_email: bool,
    /// What is named here is given to those whose groups say so, and taken from all others. Nothing else is touched.
    pub grants: Vec<GroupGrant>,
}

/// What a group there gives here.
#[derive(Debug, Clone, Default)]
pub struct GroupGrant {
    pub group: String,
    /// By FQN.
    pub teams: Vec<String>,
    pub roles: Vec<String>,
    pub administrators: bool,
}

/// Why somebody is not let in although it is proven who he is.
#[derive(Debug, Clone, PartialEq)]
pub enum Unwelcome {
    /// No user is his, and none is made.
    Unknown,
    /// The user is disabled or deleted.
    Gone,
    /// The user is a program's.
    Program,
    /// The user of his address is known to the provider as somebody else.
    Another,
    NameTaken(String),
    AddressTaken(String),
    /// The provider says no name for the user that would be made.
    Nameless,
    /// What would have to be changed cannot be.
    Unfit(String),
    Problem(Problem),
}

impl From<Problem> for Unwelcome {
    fn from(problem: Problem) -> Unwelcome {
        Unwelcome::Problem(problem)
    }
}

/// Whom a login means.
struct Meant {
    user: RecordId,
    name: String,
    /// Where he is known already.
    record: Option<Record>,
    is_linked: bool,
}

impl Catalog {
    /// Logs in whom a provider has proven somebody to be, in a browser.
    pub fn log_in_by_provider<'a>(
        &'a self,
        arrival: &'a Arrival,
        welcome: &'a Welcome,
    ) -> Boxed<'a, Result<Login, Unwelcome>> {
        Box::pin(async move {
            for _ in 0..TRIES {
                let snapshot = self.store.snapshot().await.map_err(Problem::from)?;
                let account = self.account_in(&*snapshot, &welcome.account).await?;
                let account =
                    account.ok_or_else(|| Unwelcome::Unfit(format!("there is no account {}", welcome.account)))?;
                let epoch = self.access.epoch(&*snapshot, account).await?;
                let meant = self.meant(&*snapshot, account, arrival, welcome).await?;
                let mut set = self.arranged(&*snapshot, (account, epoch), &meant, arrival, welcome).await?;
                if !meant.is_linked {
                    set.writes.push(self.link(account, meant.user, arrival));
                    // Of two who come at once, the second finds what the first has made.
                    if !set.raised_epochs().any(|raised| raised == account) {
                        set.writes.push(Write::RaiseEpoch { account });
                    }
                }
                let session = self.open_in_browser(&*snapshot, &mut set, (account, meant.user)).await?;
                drop(snapshot);
                set.expect.push(Expect::AccessEpochIs { account, epoch });
                if self.try_set(set).await? {
                    let caller = self.caller(account, meant.user).await?;
                    self.note_login(&caller, arrival.door, &welcome.provider);
                    return Ok(Login { caller, session, refresh: None });
                }
            }
            Err(Problem::Unavailable { reason: "the account's rights change too fast to log in".into() }.into())
        })
    }

    async fn meant(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        arrival: &Arrival,
        welcome: &Welcome,
    ) -> Result<Meant, Unwelcome> {
        let linked = snapshot.credential(CredentialClass::Provider, &public(account, arrival)).await;
        if let Some(held) = linked.map_err(Problem::from)? {
            return known(self.user_in(snapshot, account, held.user).await?, true);
        }
        if let Some(address) = arrival.verified_email.as_deref().filter(|_| welcome.links_by_email) {
            let holder = unique_email::holder(snapshot, account, address).await.map_err(Problem::from)?;
            if let Some(holder) = holder {
                let meant = known(self.user_in(snapshot, account, holder).await?, false)?;
                let held = snapshot.credentials_of(holder).await.map_err(Problem::from)?;
                let of_issuer =
                    |held: &Credential| held.class == CredentialClass::Provider && held.label == arrival.issuer;
                // An address can be given to somebody else after its first holder has left.
                return if held.iter().any(of_issuer) { Err(Unwelcome::Another) } else { Ok(meant) };
            }
        }
        if !welcome.creates_users {
            return Err(Unwelcome::Unknown);
        }
        let local_part = || arrival.verified_email.as_deref()?.split('@').next().map(str::to_owned);
        let name = arrival.name.clone().or_else(local_part).ok_or(Unwelcome::Nameless)?;
        Ok(Meant { user: RecordId::fresh(), name, record: None, is_linked: false })
    }

    async fn user_in(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        id: RecordId,
    ) -> Result<Option<Record>, Problem> {
        Ok(snapshot.by_id(account, &[id]).await?.into_iter().next().flatten())
    }

    /// The user as he is to be, with what his groups give.
    async fn arranged(
        &self,
        snapshot: &dyn Snapshot,
        (account, epoch): (AccountId, u64),
        meant: &Meant,
        arrival: &Arrival,
        welcome: &Welcome,
    ) -> Result<ChangeSet, Unwelcome> {
        let mut draft = Draft::default();
        let mut commands = self.granted(snapshot, account, meant, arrival, welcome, &mut draft).await?;
        let (kind, rules) = (USER, DoorRules::default());
        if meant.record.is_none() {
            let email = match &arrival.verified_email {
                Some(address) => address.clone(),
                None => made_address(account, &meant.name).map_err(unwelcome)?,
            };
            draft.name = Some(meant.name.clone());
            draft.set("email", email);
            draft.fields.extend(shown_name(arrival));
            commands.insert(0, Command::Create { kind, parent: None, draft, id: Some(meant.user), rules });
        } else if !draft.fields.is_empty() || !draft.relations.is_empty() {
            let target = Ref::Id(kind, meant.user);
            let edit: Edit = Arc::new(move |_: &View| Ok(draft.clone()));
            commands.push(Command::Change { target, guard: Guard::None, edit, rules });
        }
        if commands.is_empty() {
            return Ok(ChangeSet::new(access::of_the_server()));
        }
        // It is the operator's configuration that gives; in the trail stands who came, and through what.
        let principal = Principal {
            account,
            user: meant.user,
            name: meant.name.as_str().into(),
            email: String::new(),
            is_admin: true,
            is_bot: false,
            roles: Vec::new(),
            teams: Vec::new(),
            domains: Vec::new(),
            epoch,
        };
        let through = Some(welcome.provider.as_str().into());
        let caller = Caller { through, door: arrival.door, ..Caller::of(Arc::new(principal)) };
        let seen = CachedSnapshot::over(snapshot);
        let cx = Context { is_configured: true, ..self.context(&seen, &caller) };
        let planned = plan::plan(&cx, &Command::Together(commands)).await;
        Ok(planned.map_err(unwelcome)?.set)
    }

    /// What the groups change: of the user himself in `draft`, of teams as commands.
    async fn granted(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        meant: &Meant,
        arrival: &Arrival,
        welcome: &Welcome,
        draft: &mut Draft,
    ) -> Result<Vec<Command>, Problem> {
        let groups: BTreeSet<&str> = arrival.groups.iter().flatten().map(String::as_str).collect();
        let (mut teams, mut roles): (BTreeMap<&str, bool>, BTreeMap<&str, bool>) = Default::default();
        let mut administers = None;
        for grant in &welcome.grants {
            let is_in = groups.contains(grant.group.as_str());
            grant.teams.iter().for_each(|team| *teams.entry(team.as_str()).or_default() |= is_in);
            grant.roles.iter().for_each(|role| *roles.entry(role.as_str()).or_default() |= is_in);
            if grant.administrators {
                administers = Some(administers.unwrap_or(false) || is_in);
            }
        }
        let is_admin = meant.record.as_ref().and_then(|user| user.body.get("is_admin")).and_then(Value::as_bool);
        if let Some(wanted) = administers.filter(|wanted| *wanted != is_admin.unwrap_or(false)) {
            draft.set("is_admin", wanted);
        }
        let held: BTreeSet<RecordId> = match &meant.record {
            Some(user) => {
                let own = snapshot.edges_from(&[user.id], Some(&[HAS_ROLE])).await?;
                let above = snapshot.edges_to(&[user.id], &[MEMBER], u32::MAX).await?;
                own.iter().map(|edge| edge.to).chain(above.iter().map(|edge| edge.from)).collect()
            }
            None => BTreeSet::new(),
        };
        for (role, how) in self.differing(snapshot, account, "role", &roles, &held).await? {
            draft.relate(HAS_ROLE, how, "roles", vec![Target::of(role)]);
        }
        let user = Target::of(Ref::Id(USER, meant.user));
        let differing = self.differing(snapshot, account, "team", &teams, &held).await?;
        Ok(differing.into_iter().map(|(team, how)| changed(team, MEMBER, how, user.clone())).collect())
    }

    /// Which of these are to be given, and which taken. What is not there is not given.
    async fn differing(
        &self,
        snapshot: &dyn Snapshot,
        account: AccountId,
        kind: &str,
        wanted: &BTreeMap<&str, bool>,
        held: &BTreeSet<RecordId>,
    ) -> Result<Vec<(Ref, How)>, Problem> {
        let names: Vec<String> =
            wanted.keys().map(|name| crate::name::canonical(name).unwrap_or_else(|| (*name).to_owned())).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = snapshot.by_fqn(account, self.kind(kind), &names).await?;
        let mut differing = Vec::new();
        for ((name, wanted), found) in wanted.iter().zip(found) {
            match found.filter(|found| found.state.is_alive()) {
                None if *wanted => tracing::warn!(kind, name, "groups of a provider are to give what is not there"),
                None => {}
                Some(found) if held.contains(&found.id) == *wanted => {}
                Some(found) => {
                    let how = if *wanted { How::Add } else { How::Remove };
                    differing.push((Ref::Id(found.kind, found.id), how));
                }
            }
        }
        Ok(differing)
    }

    fn link(&self, account: AccountId, user: RecordId, arrival: &Arrival) -> Write {
        Write::PutCredential(Box::new(Credential {
            id: CredentialId::fresh(),
            account,
            user,
            class: CredentialClass::Provider,
            public: public(account, arrival),
            label: arrival.issuer.clone(),
            secret: Vec::new(),
            created: self.now(),
            expires: None,
            made_with: None,
        }))
    }
}

/// One text for each person of each issuer in each account.
fn public(account: AccountId, arrival: &Arrival) -> String {
    let told = json!([account.to_string(), arrival.issuer, arrival.subject]).to_string();
    Sha256::digest(told).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A user who can come in.
fn known(user: Option<Record>, is_linked: bool) -> Result<Meant, Unwelcome> {
    let user = user.filter(|user| user.kind == USER && user.state.is_alive()).ok_or(Unwelcome::Gone)?;
    let is = |field: &str| user.body.get(field).and_then(Value::as_bool) == Some(true);
    match (is("disabled"), is("is_bot")) {
        (true, _) => Err(Unwelcome::Gone),
        (_, true) => Err(Unwelcome::Program),
        _ => Ok(Meant { user: user.id, name: user.name.clone(), record: Some(user), is_linked }),
    }
}

fn changed(target: Ref, relation: Relation, how: How, to: Target) -> Command {
    let edit = move |_: &View| {
        let mut draft = Draft::default();
        draft.relate(relation, how, "users", vec![to.clone()]);
        Ok(draft)
    };
    Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules: DoorRules::default() }
}

fn shown_name(arrival: &Arrival) -> Map<String, Value> {
    let name = arrival.display_name.as_deref().filter(|name| name.chars().count() <= MOST_DISPLAY_NAME);
    let name = name.filter(|name| !name.chars().any(char::is_control));
    name.map(|name| ("display_name".to_owned(), Value::from(name))).into_iter().collect()
}

fn unwelcome(problem: Problem) -> Unwelcome {
    match problem {
        Problem::NameTaken { name, .. } => Unwelcome::NameTaken(name),
        Problem::AliasTaken { value, .. } => Unwelcome::AddressTaken(value),
        Problem::Invalid(_) | Problem::Conflict { .. } | Problem::InUse { .. } => Unwelcome::Unfit(problem.to_string()),
        other => Unwelcome::Problem(other),
    }
}
