//! What a decision is made from: facts about the principal and about the record, and their form as Cedar entities.
//!
//! Cedar sees three entities of a request, without a schema:
//!
//! | entity | parents | attributes |
//! |---|---|---|
//! | `User::"<id>"` | `Role::"<name>"`, `Team::"<name>"` | `admin`, `bot`: Bool; `acts_as`, `owns_as`, `domains`: Set of String |
//! | `Action::"<operation>"` | `Action::"EditAll"` or `Action::"ViewAll"`, by its group | – |
//! | `Record::"<id>"` | – | `kind`: String, and those of [`Attribute`] that the policies in question mention |

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use sha2::{Digest as _, Sha256};

/// Who asks. Roles and teams by name, because policies name them; what can own by id, because records point to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalFacts {
    pub id: String,
    /// Names of all roles: his own and, unless he is a bot, those that his teams pass on.
    pub roles: Vec<String>,
    /// Names of all teams in whose hierarchy he stands: his own and all above them.
    pub teams: Vec<String>,
    /// Ids of the teams that he is a direct member of, in whatever designation.
    pub member_of: Vec<String>,
    /// Ids of those of them whose ownership counts as his: where he is owner or contributor, not viewer.
    pub owner_through: Vec<String>,
    /// His domains, in the form that `ResourceFacts::domains` has.
    pub domains: Vec<String>,
    pub admin: bool,
    pub bot: bool,
}

/// What is asked about. Only the attributes that a verdict depends on need to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFacts {
    pub id: String,
    pub kind: String,
    /// Ids of the users and teams that own the record, inherited owners too; the owning team among them unless it
    /// only stewards the record.
    pub owners: Vec<String>,
    /// Id of the owning team, steward or not.
    pub owning_team: Option<String>,
    /// Names of the teams among the owners, with all teams above them.
    pub owner_teams: Vec<String>,
    /// Names of all teams in whose hierarchy an owner stands: `owner_teams` and the teams of owning users.
    pub owner_in_teams: Vec<String>,
    /// Domains of the record, own or inherited, with all domains above them.
    pub domains: Vec<String>,
    /// True for kinds that never stand in a domain (users, teams, roles…): they pass every domain test.
    pub outside_domains: bool,
    /// FQNs of tags and glossary terms.
    pub tags: Vec<String>,
    /// FQN of the certification.
    pub certification: Option<String>,
    /// Ids of users and teams.
    pub reviewers: Vec<String>,
    pub editors: Vec<String>,
    pub viewers: Vec<String>,
    pub visibility: Visibility,
    /// The record is the user who asks.
    pub is_self: bool,
    /// The record is a team that the principal leads.
    pub is_led: bool,
}

/// Who may see a record that no role opens to him.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Any active user of the account.
    #[default]
    Open,
    /// Those with standing in it.
    Granted,
}

impl Visibility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
        }
    }
}

/// An attribute of a record that conditions can mention. `kind` is not one: it is known before the record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    Owners,
    OwningTeam,
    OwnerTeams,
    OwnerInTeams,
    Domains,
    OutsideDomains,
    Tags,
    Certification,
    Reviewers,
    Editors,
    Viewers,
    Visibility,
    IsSelf,
    IsLed,
}

impl Attribute {
    pub const ALL: [Self; 14] = [
        Self::Owners,
        Self::OwningTeam,
        Self::OwnerTeams,
        Self::OwnerInTeams,
        Self::Domains,
        Self::OutsideDomains,
        Self::Tags,
        Self::Certification,
        Self::Reviewers,
        Self::Editors,
        Self::Viewers,
        Self::Visibility,
        Self::IsSelf,
        Self::IsLed,
    ];

    /// Its name on `resource` in Cedar.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owners => "owners",
            Self::OwningTeam => "owning_team",
            Self::OwnerTeams => "owner_teams",
            Self::OwnerInTeams => "owner_in_teams",
            Self::Domains => "domains",
            Self::OutsideDomains => "outside_domains",
            Self::Tags => "tags",
            Self::Certification => "certification",
            Self::Reviewers => "reviewers",
            Self::Editors => "editors",
            Self::Viewers => "viewers",
            Self::Visibility => "visibility",
            Self::IsSelf => "is_self",
            Self::IsLed => "is_led",
        }
    }
}

/// A set of attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AttributeSet(u16);

impl AttributeSet {
    pub const EMPTY: Self = Self(0);

    pub const fn of(attributes: &[Attribute]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < attributes.len() {
            bits |= 1 << attributes[index] as u16;
            index += 1;
        }
        Self(bits)
    }

    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, attribute: Attribute) -> bool {
        self.0 & (1 << attribute as u16) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Attribute> {
        Attribute::ALL.into_iter().filter(move |&attribute| self.contains(attribute))
    }
}

enum Value<'a> {
    Names(&'a [String]),
    Name(&'a str),
    Flag(bool),
}

impl ResourceFacts {
    fn value(&self, attribute: Attribute) -> Value<'_> {
        match attribute {
            Attribute::Owners => Value::Names(&self.owners),
            // An absent name is the empty one, so that no condition can fail for want of an attribute.
            Attribute::OwningTeam => Value::Name(self.owning_team.as_deref().unwrap_or_default()),
            Attribute::OwnerTeams => Value::Names(&self.owner_teams),
            Attribute::OwnerInTeams => Value::Names(&self.owner_in_teams),
            Attribute::Domains => Value::Names(&self.domains),
            Attribute::OutsideDomains => Value::Flag(self.outside_domains),
            Attribute::Tags => Value::Names(&self.tags),
            Attribute::Certification => Value::Name(self.certification.as_deref().unwrap_or_default()),
            Attribute::Reviewers => Value::Names(&self.reviewers),
            Attribute::Editors => Value::Names(&self.editors),
            Attribute::Viewers => Value::Names(&self.viewers),
            Attribute::Visibility => Value::Name(self.visibility.as_str()),
            Attribute::IsSelf => Value::Flag(self.is_self),
            Attribute::IsLed => Value::Flag(self.is_led),
        }
    }

    /// A digest of the kind and the given attributes: two records that agree in it get the same decision from a
    /// verdict that depends on these attributes, in whatever order and how often a name is listed.
    pub fn fingerprint(&self, attributes: AttributeSet) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut text = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        };
        text(&self.kind);
        for attribute in attributes.iter() {
            text(attribute.name());
            match self.value(attribute) {
                Value::Flag(flag) => text(if flag { "true" } else { "false" }),
                Value::Name(name) => text(name),
                Value::Names(names) => {
                    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                    names.sort_unstable();
                    names.dedup();
                    // The number keeps a name from being read as the next attribute.
                    text(&names.len().to_string());
                    names.into_iter().for_each(&mut text);
                }
            }
        }
        digest.finalize().into()
    }

    pub(crate) fn to_entity(&self, attributes: AttributeSet) -> Entity {
        let mut values = HashMap::from([("kind".to_owned(), RestrictedExpression::new_string(self.kind.clone()))]);
        for attribute in attributes.iter() {
            let value = match self.value(attribute) {
                Value::Flag(flag) => RestrictedExpression::new_bool(flag),
                Value::Name(name) => RestrictedExpression::new_string(name.to_owned()),
                Value::Names(names) => text_set(names.iter().cloned()),
            };
            values.insert(attribute.name().to_owned(), value);
        }
        entity(uid(&RECORD, &self.id), values, HashSet::new())
    }
}

impl PrincipalFacts {
    pub(crate) fn to_entity(&self) -> Entity {
        // The empty id is dropped: an absent owning team is the empty text and must be nobody's.
        let with_self = |ids: &[String]| text_set(ids.iter().chain([&self.id]).filter(|id| !id.is_empty()).cloned());
        let values = HashMap::from([
            ("admin".to_owned(), RestrictedExpression::new_bool(self.admin)),
            ("bot".to_owned(), RestrictedExpression::new_bool(self.bot)),
            ("acts_as".to_owned(), with_self(&self.member_of)),
            ("owns_as".to_owned(), with_self(&self.owner_through)),
            ("domains".to_owned(), text_set(self.domains.iter().cloned())),
        ]);
        let roles = self.roles.iter().map(|name| uid(&ROLE, name));
        let teams = self.teams.iter().map(|name| uid(&TEAM, name));
        entity(uid(&USER, &self.id), values, roles.chain(teams).collect())
    }
}

/// The group that an operation belongs to, so that a rule for `EditAll` covers `EditOwners`.
///
/// Handing out rights belongs to no group: whoever may edit a team could otherwise give it, and so himself, every role.
pub(crate) fn group_of(operation: &str) -> Option<&'static str> {
    if matches!(operation, "EditRole" | "EditPolicy") {
        None
    } else if operation.starts_with("Edit") {
        Some("EditAll")
    } else if operation.starts_with("View") {
        Some("ViewAll")
    } else {
        None
    }
}

pub(crate) fn action_entity(operation: &str) -> Entity {
    let parents = group_of(operation).filter(|&group| group != operation).map(|group| uid(&ACTION, group));
    Entity::new_no_attrs(uid(&ACTION, operation), parents.into_iter().collect())
}

static USER: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("User"));
static ROLE: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Role"));
static TEAM: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Team"));
static ACTION: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Action"));
static RECORD: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Record"));

fn type_name(name: &str) -> EntityTypeName {
    name.parse().expect("the five names are Cedar identifiers")
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

fn text_set(texts: impl Iterator<Item = String>) -> RestrictedExpression {
    RestrictedExpression::new_set(texts.map(RestrictedExpression::new_string))
}

fn entity(uid: EntityUid, values: HashMap<String, RestrictedExpression>, parents: HashSet<EntityUid>) -> Entity {
    Entity::new(uid, values, parents).expect("strings, flags and sets of strings always evaluate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_attributes_is_complete_and_in_the_order_of_their_bits() {
        for (index, attribute) in Attribute::ALL.into_iter().enumerate() {
            assert_eq!(attribute as usize, index);
        }
    }

    #[test]
    fn the_fingerprint_sees_exactly_the_attributes_asked_for() {
        let a = ResourceFacts { tags: vec!["x".into(), "y".into()], ..Default::default() };
        let b = ResourceFacts { tags: vec!["y".into(), "x".into(), "y".into()], owners: vec!["u".into()], ..a.clone() };
        let tags = AttributeSet::of(&[Attribute::Tags]);
        assert_eq!(a.fingerprint(tags), b.fingerprint(tags));
        let both = tags.union(AttributeSet::of(&[Attribute::Owners]));
        assert_ne!(a.fingerprint(both), b.fingerprint(both));
        assert_ne!(a.fingerprint(tags), ResourceFacts { kind: "t".into(), ..a.clone() }.fingerprint(tags));
    }

    #[test]
    fn names_cannot_slide_from_one_attribute_to_the_next() {
        let set = AttributeSet::of(&[Attribute::Owners, Attribute::Tags]);
        let a = ResourceFacts { owners: vec!["tags".into()], ..Default::default() };
        let b = ResourceFacts { tags: vec!["tags".into()], ..Default::default() };
        assert_ne!(a.fingerprint(set), b.fingerprint(set));
    }
}
