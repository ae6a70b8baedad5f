//! Conditions of policy rules as a tree: printed as an expression, printed as Cedar, or judged as far as the
//! principal alone decides them.

use std::collections::BTreeSet;
use std::fmt;

use crate::facts::{Attribute, AttributeSet, PrincipalFacts, Visibility};

/// A condition. The constructors keep it flat: no `All` directly inside an `All`, no double negation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Constant(bool),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Test(Test),
}

/// One question, asked by a function of the expression language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// About the principal alone.
    HasAnyRole(Vec<String>),
    InAnyTeam(Vec<String>),
    IsAdmin,
    IsBot,
    /// About the record.
    NoOwner,
    NoDomain,
    MatchAllTags(Vec<String>),
    MatchAnyTag(Vec<String>),
    MatchAnyCertification(Vec<String>),
    IsOpen,
    /// A team of this name, or one below it, is among the owners.
    IsOwnedByTeam(String),
    /// An owner stands in the hierarchy of the team of this name.
    HasOwnerInTeam(String),
    /// About both.
    IsOwner,
    /// He belongs to the owning team or to a team among the owners, in whatever designation.
    InOwningTeam,
    IsReviewer,
    IsEditor,
    IsViewer,
    HasDomain,
    /// The record is the user who asks.
    IsSelf,
    /// The record is a team that he leads.
    IsLed,
    /// The principal and an owner stand in the hierarchy of the team that the policy is attached to. It means
    /// nothing until the policy is bound: [`Condition::bind_team`].
    MatchTeam,
}

/// What is known before the record's relations are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub principal: &'a PrincipalFacts,
    /// A property of the record itself, so that it is often at hand.
    pub visibility: Option<Visibility>,
}

/// How far a condition is decided by what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    /// It may turn on these attributes of the record. Sound, not sharp: `isOwner() || !isOwner()` depends too.
    Depends(AttributeSet),
}

impl Condition {
    pub fn negated(inner: Self) -> Self {
        match inner {
            Self::Not(inner) => *inner,
            Self::Constant(value) => Self::Constant(!value),
            inner => Self::Not(Box::new(inner)),
        }
    }

    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        match flat.len() {
            0 => Self::Constant(true),
            1 => flat.remove(0),
            _ => Self::All(flat),
        }
    }

    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        match flat.len() {
            0 => Self::Constant(false),
            1 => flat.remove(0),
            _ => Self::Any(flat),
        }
    }

    /// What the principal has standing in: what is his or his team's, and what he was made editor or viewer of.
    pub fn standing() -> Self {
        let tests = [Test::IsOwner, Test::InOwningTeam, Test::IsEditor, Test::IsViewer];
        Self::any(tests.map(Self::Test))
    }

    /// Gives `matchTeam()` its meaning: the team that the policy is attached to. Attached to anything else it is false.
    pub fn bind_team(self, team: Option<&str>) -> Self {
        match self {
            Self::Test(Test::MatchTeam) => match team {
                Some(team) => Self::all([
                    Self::Test(Test::InAnyTeam(vec![team.to_owned()])),
                    Self::Test(Test::HasOwnerInTeam(team.to_owned())),
                ]),
                None => Self::Constant(false),
            },
            Self::Not(inner) => Self::negated(inner.bind_team(team)),
            Self::All(parts) => Self::all(parts.into_iter().map(|part| part.bind_team(team))),
            Self::Any(parts) => Self::any(parts.into_iter().map(|part| part.bind_team(team))),
            other => other,
        }
    }

    /// All attributes of the record that the condition mentions.
    pub fn attributes(&self) -> AttributeSet {
        match self {
            Self::Constant(_) => AttributeSet::EMPTY,
            Self::Not(inner) => inner.attributes(),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(AttributeSet::EMPTY, |set, part| set.union(part.attributes()))
            }
            Self::Test(test) => test.attributes(),
        }
    }

    /// The full names of labels, and of what certifies, that it names.
    pub fn labels(&self) -> Vec<String> {
        match self {
            Self::Not(inner) => inner.labels(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::labels).collect(),
            Self::Test(Test::MatchAllTags(names) | Test::MatchAnyTag(names) | Test::MatchAnyCertification(names)) => {
                names.clone()
            }
            Self::Constant(_) | Self::Test(_) => Vec::new(),
        }
    }

    /// The roles and teams that it names.
    pub fn holders(&self) -> Vec<String> {
        match self {
            Self::Not(inner) => inner.holders(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::holders).collect(),
            Self::Test(Test::HasAnyRole(names) | Test::InAnyTeam(names)) => names.clone(),
            Self::Test(Test::IsOwnedByTeam(name) | Test::HasOwnerInTeam(name)) => vec![name.clone()],
            Self::Constant(_) | Self::Test(_) => Vec::new(),
        }
    }

    /// What is decided already.
    pub fn judge(&self, known: Known<'_>) -> Truth {
        match self {
            Self::Constant(value) => Truth::from(*value),
            Self::Not(inner) => match inner.judge(known) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                depends => depends,
            },
            Self::All(parts) => judge_parts(parts, known, Truth::No, Truth::Yes),
            Self::Any(parts) => judge_parts(parts, known, Truth::Yes, Truth::No),
            Self::Test(test) => test.judge(known),
        }
    }

    /// What of it is left to be decided.
    pub fn left_open(&self, known: Known<'_>) -> Self {
        match (self.judge(known), self) {
            (Truth::Yes, _) => Self::Constant(true),
            (Truth::No, _) => Self::Constant(false),
            (Truth::Depends(_), Self::Not(inner)) => Self::negated(inner.left_open(known)),
            (Truth::Depends(_), Self::All(parts)) => {
                let open = parts.iter().map(|part| part.left_open(known));
                Self::all(open.filter(|part| *part != Self::Constant(true)))
            }
            (Truth::Depends(_), Self::Any(parts)) => {
                let open = parts.iter().map(|part| part.left_open(known));
                Self::any(open.filter(|part| *part != Self::Constant(false)))
            }
            (Truth::Depends(_), Self::Constant(_) | Self::Test(_)) => self.clone(),
        }
    }

    /// Its alternatives, each as the texts of what must hold together.
    pub fn alternatives(&self) -> Vec<BTreeSet<String>> {
        let together = |one: &Self| match one {
            Self::All(parts) => {
                let text =
                    |part: &Self| if matches!(part, Self::Any(_)) { format!("({part})") } else { part.to_string() };
                parts.iter().map(text).collect()
            }
            other => BTreeSet::from([other.to_string()]),
        };
        match self {
            Self::Any(parts) => parts.iter().map(together).collect(),
            one => vec![together(one)],
        }
    }

    /// The condition as a Cedar expression.
    pub fn to_cedar(&self) -> String {
        let mut out = String::new();
        self.write_cedar(&mut out);
        out
    }

    fn write_cedar(&self, out: &mut String) {
        match self {
            Self::Constant(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Not(inner) => {
                out.push_str("!(");
                inner.write_cedar(out);
                out.push(')');
            }
            Self::All(parts) => write_joined(parts, " && ", out),
            Self::Any(parts) => write_joined(parts, " || ", out),
            Self::Test(test) => out.push_str(&test.to_cedar()),
        }
    }
}

/// `decisive` from any part decides; otherwise the parts that depend; otherwise `rest`.
fn judge_parts(parts: &[Condition], known: Known<'_>, decisive: Truth, rest: Truth) -> Truth {
    let mut open: Option<AttributeSet> = None;
    for part in parts {
        match part.judge(known) {
            truth if truth == decisive => return decisive,
            Truth::Depends(set) => open = Some(open.unwrap_or_default().union(set)),
            _ => {}
        }
    }
    open.map_or(rest, Truth::Depends)
}

fn write_joined(parts: &[Condition], operator: &str, out: &mut String) {
    out.push('(');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(operator);
        }
        part.write_cedar(out);
    }
    out.push(')');
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Test {
    fn attributes(&self) -> AttributeSet {
        const fn set(attributes: &[Attribute]) -> AttributeSet {
            AttributeSet::of(attributes)
        }
        match self {
            Self::HasAnyRole(_) | Self::InAnyTeam(_) | Self::IsAdmin | Self::IsBot | Self::MatchTeam => {
                AttributeSet::EMPTY
            }
            Self::NoOwner => const { set(&[Attribute::Owners]) },
            Self::IsOwner => const { set(&[Attribute::Owners, Attribute::OwningTeam]) },
            Self::InOwningTeam => const { set(&[Attribute::Owners, Attribute::OwningTeam]) },
            Self::IsOwnedByTeam(_) => const { set(&[Attribute::OwnerTeams]) },
            Self::HasOwnerInTeam(_) => const { set(&[Attribute::OwnerInTeams]) },
            Self::NoDomain => const { set(&[Attribute::Domains]) },
            Self::HasDomain => const { set(&[Attribute::Domains, Attribute::OutsideDomains]) },
            Self::MatchAllTags(_) | Self::MatchAnyTag(_) => const { set(&[Attribute::Tags]) },
            Self::MatchAnyCertification(_) => const { set(&[Attribute::Certification]) },
            Self::IsReviewer => const { set(&[Attribute::Reviewers]) },
            Self::IsEditor => const { set(&[Attribute::Editors]) },
            Self::IsViewer => const { set(&[Attribute::Viewers, Attribute::Editors]) },
            Self::IsOpen => const { set(&[Attribute::Visibility]) },
            Self::IsSelf => const { set(&[Attribute::IsSelf]) },
            Self::IsLed => const { set(&[Attribute::IsLed]) },
        }
    }

    fn judge(&self, known: Known<'_>) -> Truth {
        let principal = known.principal;
        let names_any = |wanted: &[String], held: &[String]| held.iter().any(|name| wanted.contains(name));
        match (self, known.visibility) {
            (Self::HasAnyRole(names), _) => names_any(names, &principal.roles).into(),
            (Self::InAnyTeam(names), _) => names_any(names, &principal.teams).into(),
            (Self::IsAdmin, _) => principal.admin.into(),
            (Self::IsBot, _) => principal.bot.into(),
            (Self::IsOpen, Some(visibility)) => (visibility == Visibility::Open).into(),
            (Self::MatchTeam, _) => Truth::No,
            (about_the_record, _) => Truth::Depends(about_the_record.attributes()),
        }
    }

    fn to_cedar(&self) -> String {
        match self {
            Self::HasAnyRole(names) => format!("principal in {}", entity_list("Role", names)),
            Self::InAnyTeam(names) => format!("principal in {}", entity_list("Team", names)),
            Self::IsAdmin => "principal.admin".into(),
            Self::IsBot => "principal.bot".into(),
            Self::NoOwner => "resource.owners.isEmpty()".into(),
            Self::IsOwner => {
                "(resource.owners.containsAny(principal.owns_as) || principal.owns_as.contains(resource.owning_team))"
                    .into()
            }
            Self::InOwningTeam => {
                "(resource.owners.containsAny(principal.acts_as) || principal.acts_as.contains(resource.owning_team))"
                    .into()
            }
            Self::IsOwnedByTeam(team) => format!("resource.owner_teams.contains({})", quoted(team)),
            Self::HasOwnerInTeam(team) => format!("resource.owner_in_teams.contains({})", quoted(team)),
            Self::NoDomain => "resource.domains.isEmpty()".into(),
            // Without domains on both sides there is nothing to keep apart.
            Self::HasDomain => "(resource.outside_domains || resource.domains.containsAny(principal.domains) || \
                                (resource.domains.isEmpty() && principal.domains.isEmpty()))"
                .into(),
            Self::MatchAllTags(names) => format!("resource.tags.containsAll({})", text_list(names)),
            Self::MatchAnyTag(names) => format!("resource.tags.containsAny({})", text_list(names)),
            Self::MatchAnyCertification(names) => format!("{}.contains(resource.certification)", text_list(names)),
            Self::IsReviewer => "resource.reviewers.containsAny(principal.acts_as)".into(),
            // As what a team owns: who only looks on in it, or stands in one below it, sees and changes nothing.
            Self::IsEditor => "resource.editors.containsAny(principal.owns_as)".into(),
            Self::IsViewer => {
                "(resource.viewers.containsAny(principal.acts_as) || resource.editors.containsAny(principal.acts_as))"
                    .into()
            }
            Self::IsOpen => "resource.visibility == \"open\"".into(),
            Self::IsSelf => "resource.is_self".into(),
            Self::IsLed => "resource.is_led".into(),
            Self::MatchTeam => "false".into(),
        }
    }
}

/// The expression that parses to this condition again. Tests that only binding makes have no expression of their own
/// and are printed as the question they ask.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], operator: &str| {
            for (index, part) in parts.iter().enumerate() {
                let between = if index == 0 { "" } else { operator };
                match part {
                    Self::All(_) | Self::Any(_) => write!(f, "{between}({part})")?,
                    part => write!(f, "{between}{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Constant(value) => write!(f, "{value}"),
            Self::Not(inner) => match **inner {
                Self::Test(_) => write!(f, "!{inner}"),
                _ => write!(f, "!({inner})"),
            },
            Self::All(parts) => joined(f, parts, " && "),
            Self::Any(parts) => joined(f, parts, " || "),
            Self::Test(test) => fmt::Display::fmt(test, f),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = |f: &mut fmt::Formatter<'_>, name: &str, arguments: &[String]| {
            let arguments: Vec<_> = arguments.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect();
            write!(f, "{name}({})", arguments.join(", "))
        };
        match self {
            Self::HasAnyRole(names) => call(f, "hasAnyRole", names),
            Self::InAnyTeam(names) => call(f, "inAnyTeam", names),
            Self::MatchAllTags(names) => call(f, "matchAllTags", names),
            Self::MatchAnyTag(names) => call(f, "matchAnyTag", names),
            Self::MatchAnyCertification(names) => call(f, "matchAnyCertification", names),
            Self::IsOwnedByTeam(team) => call(f, "isOwnedByTeam", std::slice::from_ref(team)),
            Self::HasOwnerInTeam(team) => call(f, "hasOwnerInTeam", std::slice::from_ref(team)),
            Self::IsAdmin => call(f, "isAdmin", &[]),
            Self::IsBot => call(f, "isBot", &[]),
            Self::NoOwner => call(f, "noOwner", &[]),
            Self::NoDomain => call(f, "noDomain", &[]),
            Self::IsOpen => call(f, "isOpen", &[]),
            Self::IsOwner => call(f, "isOwner", &[]),
            Self::InOwningTeam => call(f, "inOwningTeam", &[]),
            Self::IsReviewer => call(f, "isReviewer", &[]),
            Self::IsEditor => call(f, "isEditor", &[]),
            Self::IsViewer => call(f, "isViewer", &[]),
            Self::HasDomain => call(f, "hasDomain", &[]),
            Self::IsSelf => call(f, "isSelf", &[]),
            Self::IsLed => call(f, "isLed", &[]),
            Self::MatchTeam => call(f, "matchTeam", &[]),
        }
    }
}

/// A Cedar string literal. Everything outside printable ASCII is escaped, so no character can end the literal or
/// hide in the policy's text.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            other => out.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
        }
    }
    out.push('"');
    out
}

pub(crate) fn text_list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

pub(crate) fn entity_list(of: &str, ids: &[String]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| format!("{of}::{}", quoted(id))).collect();
    format!("[{}]", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Condition {
        Condition::Test(Test::HasAnyRole(vec![name.into()]))
    }

    fn judged(condition: &Condition, principal: &PrincipalFacts) -> Truth {
        condition.judge(Known { principal, visibility: None })
    }

    fn owner() -> Condition {
        Condition::Test(Test::IsOwner)
    }

    #[test]
    fn a_part_that_the_principal_decides_spares_the_record() {
        let steward = PrincipalFacts { roles: vec!["Steward".into()], ..Default::default() };
        let nobody = PrincipalFacts::default();
        let either = Condition::any([role("Steward"), owner()]);
        let both = Condition::all([role("Steward"), owner()]);
        let depends = Truth::Depends(AttributeSet::of(&[Attribute::Owners, Attribute::OwningTeam]));
        assert_eq!(judged(&either, &steward), Truth::Yes);
        assert_eq!(judged(&either, &nobody), depends);
        assert_eq!(judged(&both, &steward), depends);
        assert_eq!(judged(&both, &nobody), Truth::No);
        assert_eq!(judged(&Condition::negated(both), &nobody), Truth::Yes);
    }

    #[test]
    fn a_known_visibility_is_not_asked_again() {
        let (open, nobody) = (Condition::Test(Test::IsOpen), PrincipalFacts::default());
        let judged = |visibility| open.judge(Known { principal: &nobody, visibility });
        assert_eq!(judged(Some(Visibility::Open)), Truth::Yes);
        assert_eq!(judged(Some(Visibility::Granted)), Truth::No);
        assert_eq!(judged(None), Truth::Depends(AttributeSet::of(&[Attribute::Visibility])));
    }

    #[test]
    fn match_team_needs_a_team() {
        let condition = Condition::negated(Condition::Test(Test::MatchTeam));
        assert_eq!(condition.clone().bind_team(None), Condition::Constant(true));
        let bound = condition.bind_team(Some("Finance"));
        assert_eq!(judged(&bound, &PrincipalFacts::default()), Truth::Yes);
        assert_eq!(
            bound.to_cedar(),
            r#"!((principal in [Team::"Finance"] && resource.owner_in_teams.contains("Finance")))"#
        );
    }

    #[test]
    fn no_name_can_leave_its_literal() {
        assert_eq!(quoted(r#"a"] || true; // \"#), r#""a\"] || true; // \\""#);
        assert_eq!(quoted("é\n\u{202e}"), r#""\u{e9}\u{a}\u{202e}""#);
    }

    #[test]
    fn the_tree_stays_flat() {
        let nested = Condition::all([Condition::all([owner(), role("a")]), role("b")]);
        assert_eq!(nested, Condition::All(vec![owner(), role("a"), role("b")]));
        assert_eq!(Condition::negated(Condition::negated(owner())), owner());
        assert_eq!(Condition::all([]), Condition::Constant(true));
        assert_eq!(Condition::any([]), Condition::Constant(false));
    }
}
