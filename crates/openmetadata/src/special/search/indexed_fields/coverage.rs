//! What the index says of one field of the documents of one noun.

use emporion_catalog::field::FieldType;
use emporion_catalog::finder::{self, BELOW, Condition, DOMAIN_CALLED, MOST_OWN, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::parts::PartList;
use emporion_catalog::relation;
use emporion_catalog::text::fold;
use serde_json::json;

use super::super::pattern::is_of_whole;
use super::super::query::{self, Test};
use super::references::{self, MOST, ReferenceKind};
use super::{IndexedFields, TIER, TIER_LABEL, parts};
use crate::case;
use crate::noun::{Direction, Noun, Output, Parentage, Reference, Source, UNSPOKEN};
use crate::render::observed;

/// Which documents of a noun pass a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Coverage {
    /// None.
    Never,
    /// Just those that are like this.
    Exactly(Condition),
    /// None that is not like this.
    AtMost(Condition),
    /// Whoever wants to know it has to look at them.
    Unknown,
}

/// What the index says; what is absent, which counts as false, is not asked for.
pub fn coverage(known: &IndexedFields, noun: &'static Noun, kind: Kind, path: &str, test: &Test) -> Coverage {
    let (member, rest) = parts(path);
    match (member, rest) {
        ("entityType" | "deleted", "") => {
            let said = json!({"entityType": noun.entity_type, "deleted": false});
            let query = query::field(path.to_owned(), test.clone());
            return if query::matches(&query, &said) {
                Coverage::Exactly(Condition::Everything)
            } else {
                Coverage::Never
            };
        }
        ("updatedAt", "") => return updated(test),
        ("serviceType", "") if matches!(noun.source(member), Source::Computed) => return service_type(known, test),
        (TIER, "") if noun.entity.member(TIER).is_none() => {
            return if *test == Test::Exists {
                coverage(known, noun, kind, TIER_LABEL, test)
            } else {
                Coverage::Unknown
            };
        }
        _ => {}
    }
    if noun.entity.member(member).is_none() {
        return match kind.field(&case::core_key(member)) {
            // What a record keeps and does not show is looked at as well.
            Some(_) => Coverage::Unknown,
            None => Coverage::Never,
        };
    }
    if let Some(refers) = ReferenceKind::of(member) {
        let is_tier = path.split('.').next() != Some(member);
        return match shows(noun, kind, refers) {
            Shows::None => Coverage::Never,
            Shows::Unknown => Coverage::Unknown,
            Shows::AtMost => at_most(referring(known, refers, rest, test)),
            // Of the labels, one is the tier.
            Shows::Just if is_tier => at_most(referring(known, refers, rest, test)),
            Shows::Just => referring(known, refers, rest, test),
        };
    }
    match noun.source(member) {
        Source::Parts(list) => part(list, rest, test),
        Source::Ancestor(above) if ["database", "database_schema"].contains(&above.kind) => below(rest, test),
        Source::Body if rest.is_empty() => own(noun, kind, member, test),
        _ => Coverage::Unknown,
    }
}

fn at_most(fit: Coverage) -> Coverage {
    match fit {
        Coverage::Exactly(condition) => Coverage::AtMost(condition),
        other => other,
    }
}

fn updated(test: &Test) -> Coverage {
    match test {
        Test::Exists => Coverage::Exactly(Condition::Everything),
        Test::Between(range) => range.updated().map_or(Coverage::Unknown, Coverage::Exactly),
        _ => Coverage::Unknown,
    }
}

/// The type of the service that something came from.
fn service_type(known: &IndexedFields, test: &Test) -> Coverage {
    if *test == Test::Exists {
        return Coverage::AtMost(ReferenceKind::Service.any());
    }
    let led = references::of_type(test).and_then(|condition| known.meant(ReferenceKind::Service, &condition));
    led.map_or(Coverage::Unknown, |led| Coverage::Exactly(led.clone()))
}

/// How what documents of a noun refer to stands to what the index knows of it.
enum Shows {
    None,
    /// They show less.
    AtMost,
    Just,
    Unknown,
}

fn shows(noun: &'static Noun, kind: Kind, refers: ReferenceKind) -> Shows {
    let leads = |member: &str, relation: relation::Relation, output: Output| match noun.source(member) {
        Source::Reference(reference) if !kind.has(relation) => {
            if reference.direction == Direction::Out {
                Err(Shows::None)
            } else {
                Err(Shows::Unknown)
            }
        }
        Source::Reference(reference @ Reference { direction: Direction::Out, many: true, .. })
            if reference.output == output && relation::by_name(reference.relation) == Some(relation) =>
        {
            Ok(reference)
        }
        _ => Err(Shows::Unknown),
    };
    let inherits_alike =
        |reference: &Reference, relation| reference.is_inherited(kind, relation) == kind.inherits(relation);
    let shown = match refers {
        ReferenceKind::Owners => leads("owners", relation::OWNER, Output::Reference)
            .map(|reference| inherits_alike(&reference, relation::OWNER)),
        // What stands in the first of its domains has some of its own.
        ReferenceKind::Domains => leads("domains", relation::IN_DOMAIN, Output::Reference).map(|reference| {
            inherits_alike(&reference, relation::IN_DOMAIN)
                || matches!(noun.place, Parentage::FirstOf { member: "domains", .. })
        }),
        ReferenceKind::Labels => leads("tags", relation::TAGGED, Output::TagLabel).map(|_| {
            let members = kind.0.parts.iter().map(|list| case::wire_key(list.field()));
            members.into_iter().all(|member| noun.entity.member(&member).is_some())
        }),
        ReferenceKind::Service => match noun.source("service") {
            Source::Ancestor(above) if above.kind.ends_with("_service") => Ok(true),
            Source::Ancestor(above) if above.kind.is_empty() => Ok(false),
            _ => Err(Shows::Unknown),
        },
    };
    match shown {
        Ok(true) => Shows::Just,
        Ok(false) => Shows::AtMost,
        Err(shows) => shows,
    }
}

/// A test of a member of what is referred to.
fn referring(known: &IndexedFields, refers: ReferenceKind, member: &str, test: &Test) -> Coverage {
    let by_name = ["", "id", "name", "fullyQualifiedName", "tagFQN"];
    match (member, test) {
        // Labels are called by another member, and have no id.
        ("id" | "fullyQualifiedName", _) if refers == ReferenceKind::Labels => return Coverage::Never,
        ("tagFQN", _) if refers != ReferenceKind::Labels => return Coverage::Never,
        (_, Test::Exists) if by_name.contains(&member) => return Coverage::Exactly(refers.any()),
        ("id", Test::Is(text)) => {
            let id = text.parse::<RecordId>().ok().filter(|id| id.to_string() == *text);
            let leads = |field: &&'static str| Condition::leads(field, id.into_iter().collect());
            return match id {
                Some(_) => Coverage::Exactly(Condition::any(refers.leads().iter().map(leads).collect())),
                None => Coverage::Never,
            };
        }
        _ => {}
    }
    let Some(condition) = references::said(member, test) else { return Coverage::AtMost(refers.any()) };
    if refers == ReferenceKind::Domains && member == "fullyQualifiedName" {
        return Coverage::Exactly(of_field(DOMAIN_CALLED, condition));
    }
    if let Some(led) = known.meant(refers, &condition) {
        return Coverage::Exactly(led.clone());
    }
    match refers {
        ReferenceKind::Service if member == "displayName" => Coverage::AtMost(refers.any()),
        _ => Coverage::AtMost(Condition::any(
            refers.leads().iter().map(|field| of_field(field, condition.clone())).collect(),
        )),
    }
}

/// The same, said of another field.
fn of_field(field: &'static str, condition: Condition) -> Condition {
    match condition {
        Condition::Test(finder::Test::Folded { text, .. }) => Condition::is(field, text),
        Condition::Test(finder::Test::Like { form, .. }) => Condition::like(field, form),
        other => other,
    }
}

/// Of parts the index knows the names and display names, whichever part of a record bears them.
fn part(list: &PartList, path: &str, test: &Test) -> Coverage {
    let mut members = path.rsplit('.');
    let member = members.next().unwrap_or(path);
    let is_within = |member: &str| list.within.is_some_and(|within| case::wire_key(within) == member);
    let said = references::said(member, test).filter(|_| ["name", "displayName"].contains(&member));
    match said.filter(|_| members.all(is_within)) {
        Some(condition) => Coverage::AtMost(of_field("column", condition)),
        None => Coverage::Unknown,
    }
}

/// Of what stands above, the index knows the FQNs.
fn below(member: &str, test: &Test) -> Coverage {
    match references::said(member, test) {
        Some(condition) if member == "fullyQualifiedName" => Coverage::AtMost(of_field(BELOW, condition)),
        _ => Coverage::Unknown,
    }
}

/// Whether the index knows this field as the type of records of the kind, and no other of them.
pub fn of_type(kind: Kind, member: &str) -> bool {
    let is_type = |name: &str| name.ends_with("_type") || name == "type_name";
    let core = case::core_key(member);
    let mut types = kind.fields().filter(|field| is_type(field.name));
    let only = types.next().filter(|_| types.next().is_none());
    only.is_some_and(|only| only.name == core && matches!(only.ty, FieldType::Text { .. } | FieldType::Choice(_)))
}

/// A field of the record itself.
fn own(noun: &'static Noun, kind: Kind, member: &str, test: &Test) -> Coverage {
    let core = case::core_key(member);
    let Some(field) = kind.field(&core).filter(|field| field.secrets.is_none()) else { return Coverage::Unknown };
    let is_unspoken = |text: &str| UNSPOKEN.iter().any(|(name, value)| *name == member && fold(value) == text);
    match test {
        _ if observed::of_query(noun, member) || case::is_opaque(member) => Coverage::Unknown,
        // What is left out of some documents and not of others is looked at.
        Test::Is(text) if text.len() > MOST || is_unspoken(text) => Coverage::Unknown,
        Test::Like(pattern) if !is_of_whole(pattern) || UNSPOKEN.iter().any(|(name, _)| *name == member) => {
            Coverage::Unknown
        }
        _ if of_type(kind, member) => match test {
            Test::Exists => Coverage::Exactly(Condition::has("type")),
            test => references::of_type(test).map_or(Coverage::Unknown, Coverage::Exactly),
        },
        Test::Is(text) if field.name == "entity_status" => Coverage::AtMost(Condition::is("status", text.as_str())),
        Test::Is(text) if matches!(field.ty, FieldType::Text { max: ..=MOST_OWN }) => {
            Coverage::Exactly(Condition::is(own_field(field.name), text))
        }
        _ => Coverage::Unknown,
    }
}
