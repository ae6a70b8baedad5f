//! The catalogue's facts in the form that the engine decides from: ids and names as text.

use emporion_model::caller::EVERYBODY;
use emporion_model::caller::{Designation, Principal};
use emporion_model::id::RecordId;
use emporion_model::kind::Kind;
use emporion_model::ports::Facts;
use emporion_model::{kind, name, relation};

use crate::facts::{Attribute, AttributeSet, PrincipalFacts, ResourceFacts, Visibility};

pub fn principal_facts(principal: &Principal) -> PrincipalFacts {
    let teams = || principal.teams.iter();
    let owner_through = teams().filter(|membership| membership.owns());
    PrincipalFacts {
        id: principal.user.to_string(),
        roles: principal.roles.clone(),
        teams: teams().map(|membership| membership.fqn.clone()).chain([EVERYBODY.to_owned()]).collect(),
        member_of: teams().map(|membership| membership.team.to_string()).collect(),
        owner_through: owner_through.map(|membership| membership.team.to_string()).collect(),
        domains: principal.domains.clone(),
        admin: principal.is_admin,
        bot: principal.is_bot,
    }
}

/// The given attributes of the record; the others stay empty, for they are not looked at.
pub fn resource_facts(
    principal: &Principal,
    kind: Kind,
    visibility: kind::Visibility,
    facts: &Facts,
    attributes: AttributeSet,
) -> ResourceFacts {
    let mut record = ResourceFacts {
        id: facts.id.map(|id| id.to_string()).unwrap_or_default(),
        kind: kind.name().to_owned(),
        visibility: visibility_of(visibility),
        ..ResourceFacts::default()
    };
    for attribute in attributes.iter() {
        match attribute {
            Attribute::Owners => record.owners = texts(&facts.owners),
            Attribute::OwningTeam => record.owning_team = facts.owning_team.map(|team| team.to_string()),
            Attribute::OwnerTeams => record.owner_teams.clone_from(&facts.owner_teams),
            Attribute::OwnerInTeams => record.owner_in_teams.clone_from(&facts.owner_in_teams),
            Attribute::Domains => record.domains = with_domains_above(&facts.domains),
            Attribute::OutsideDomains => record.outside_domains = stands_outside_domains(kind),
            Attribute::Tags => record.tags.clone_from(&facts.tags),
            Attribute::Certification => record.certification.clone_from(&facts.certification),
            Attribute::Reviewers => record.reviewers = texts(&facts.reviewers),
            Attribute::Editors => record.editors = texts(&facts.editors),
            Attribute::Viewers => record.viewers = texts(&facts.viewers),
            Attribute::IsSelf => record.is_self = facts.is_self,
            Attribute::IsLed => record.is_led = facts.id.is_some_and(|id| leads(principal, id)),
            Attribute::Visibility => {}
        }
    }
    record
}

pub fn visibility_of(visibility: kind::Visibility) -> Visibility {
    match visibility {
        kind::Visibility::Open => Visibility::Open,
        kind::Visibility::Granted => Visibility::Granted,
    }
}

fn texts(ids: &[RecordId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn leads(principal: &Principal, team: RecordId) -> bool {
    principal.teams.iter().any(|held| held.team == team && held.designation == Designation::Owner)
}

/// People and what gives them rights belong to no domain even where one is noted on them: keeping domains apart must
/// not hide colleagues from one another.
fn stands_outside_domains(kind: Kind) -> bool {
    kind.0.access || !(kind.is("domain") || kind.has(relation::IN_DOMAIN))
}

/// A sub-domain's FQN begins with the FQNs of all domains above it.
fn with_domains_above(domains: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for fqn in domains {
        let mut above: Option<String> = None;
        for part in name::split(fqn).unwrap_or_else(|| vec![fqn.clone()]) {
            let next = name::join(above.as_deref(), &part);
            all.push(next.clone());
            above = Some(next);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_domain_brings_the_domains_above_it() {
        let all = with_domains_above(&["sales.\"e.mea\".nord".into(), "risk".into()]);
        assert_eq!(all, ["sales", "sales.\"e.mea\"", "sales.\"e.mea\".nord", "risk"]);
    }

    #[test]
    fn people_and_rights_stand_outside_domains_and_data_does_not() {
        let registry = emporion_model::registry::Registry::standard();
        for outside in ["user", "team", "role", "policy", "bot"] {
            assert!(stands_outside_domains(registry.expect(outside)), "{outside}");
        }
        for inside in ["table", "data_product", "domain", "glossary"] {
            assert!(!stands_outside_domains(registry.expect(inside)), "{inside}");
        }
    }
}
