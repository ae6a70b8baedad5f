//! Who is calling: built by every entry point in the same way.

use std::sync::Arc;

use crate::change_set::Expect;
use crate::id::{AccountId, CredentialId, Millis, RecordId};
use crate::record::Actor;
use crate::timestamp;

/// The team whose policies and default roles hold for everybody in an account.
pub const EVERYBODY: &str = "Organization";

/// An authenticated caller, with all that rights can depend on. Valid for one access epoch.
#[derive(Debug, Clone)]
pub struct Principal {
    pub account: AccountId,
    pub user: RecordId,
    pub name: Arc<str>,
    pub email: String,
    pub is_admin: bool,
    pub is_bot: bool,
    /// Names of the roles held, own and through teams.
    pub roles: Vec<String>,
    pub teams: Vec<Membership>,
    /// FQNs of the domains that he stands in, by himself or through a team.
    pub domains: Vec<String>,
    pub epoch: u64,
}

impl Principal {
    /// The user, and the teams whose rows are his as well: what bears these ids gives him rows, and holds him back from them.
    pub fn rows_holders(&self) -> impl Iterator<Item = RecordId> + '_ {
        let teams = self.teams.iter().filter(|membership| membership.brings_rows());
        std::iter::once(self.user).chain(teams.map(|membership| membership.team))
    }

    /// Administrators hold all rows; programs do what administrators let them.
    pub fn is_trusted(&self) -> bool {
        self.is_admin || self.is_bot
    }
}

/// A team that the caller belongs to, directly or through a team below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub team: RecordId,
    pub fqn: String,
    pub designation: Designation,
    /// The caller is in the team in name only (see `rows::nominal` in the core).
    pub nominal: bool,
}

impl Membership {
    /// Whether what the team owns is the caller's to describe and to change.
    pub fn owns(&self) -> bool {
        self.designation >= Designation::Steward
    }

    /// Whether the rows of what the team owns are the caller's as well.
    pub fn brings_rows(&self) -> bool {
        !self.nominal && self.designation >= Designation::Contributor
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Designation {
    Viewer,
    /// Describes and changes what the team has, and reads no rows of it.
    Steward,
    Contributor,
    Owner,
}

impl Designation {
    pub const fn name(self) -> &'static str {
        match self {
            Designation::Viewer => "viewer",
            Designation::Steward => "steward",
            Designation::Contributor => "contributor",
            Designation::Owner => "owner",
        }
    }

    /// Members added without a designation contribute.
    pub fn parse(text: Option<&str>) -> Designation {
        match text {
            Some("owner") => Designation::Owner,
            Some("viewer") => Designation::Viewer,
            Some("steward") => Designation::Steward,
            _ => Designation::Contributor,
        }
    }
}

/// One call: the principal and what it came through.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Arc<Principal>,
    /// The name of the program that acts for the user.
    pub through: Option<Arc<str>>,
    /// When the token or key ends that he proves himself with, and what he makes with it. A login says who he is, so that
    /// he may make what outlives it.
    pub ends: Option<Millis>,
    /// The token or key that he proves himself with: what he makes with it ends with it. A login binds nothing.
    pub by: Option<Proof>,
    /// The name of the door that he calls at; whatever takes in his request says it. What he writes is noted with it.
    pub door: Option<&'static str>,
    /// What all that he writes expects beside his rights: that what he writes for is still this process's to do.
    pub fence: Option<Expect>,
}

/// A token or a key that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub credential: CredentialId,
    /// How many it was made through, one with the other.
    pub generation: u16,
}

impl Caller {
    pub fn of(principal: Arc<Principal>) -> Caller {
        Caller { principal, through: None, ends: None, by: None, door: None, fence: None }
    }

    /// The same caller, at this door.
    pub fn at(self, door: &'static str) -> Caller {
        Caller { door: Some(door), ..self }
    }

    /// The same caller, who writes as long as this holds.
    pub fn fenced(self, fence: Option<Expect>) -> Caller {
        Caller { fence, ..self }
    }

    /// The same caller, by something that ends then.
    pub fn ending(self, ends: Option<Millis>) -> Caller {
        Caller { ends, ..self }
    }

    /// The same caller, who proves himself with this.
    pub fn proven_by(self, by: Option<Proof>) -> Caller {
        Caller { by, ..self }
    }

    /// As late as asked for, and as what he makes may end.
    pub fn bounded(&self, expires_ms: Option<i64>) -> Option<i64> {
        match (self.ends, expires_ms) {
            (Some(ends), Some(expires)) => Some(expires.min(ends.0)),
            (Some(ends), None) => Some(ends.0),
            (None, expires) => expires,
        }
    }

    /// Whether something that he makes may end then.
    ///
    /// Errors: the rule, for whichever member said so.
    pub fn may_make_until(&self, expires_ms: Option<i64>) -> Result<(), String> {
        match self.ends {
            Some(ends) if self.bounded(expires_ms) != expires_ms => {
                Err(format!("must not outlive the token that asks for it, which ends at {}", timestamp::print(ends.0)))
            }
            _ => Ok(()),
        }
    }

    /// The same call, made by a program for the user.
    pub fn made_by(self, program: &Caller) -> Caller {
        Caller { through: Some(program.principal.name.clone()), ends: program.ends, by: program.by, ..self }
    }

    pub fn account(&self) -> AccountId {
        self.principal.account
    }

    pub fn actor(&self) -> Actor {
        Actor {
            id: self.principal.user,
            name: self.principal.name.clone(),
            through: self.through.clone(),
            door: self.door.map(Into::into),
        }
    }
}
