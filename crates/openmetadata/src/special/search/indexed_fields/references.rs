//! What documents refer to by name: owners, domains, labels and services. They are looked up by what is said of them, so
//! that what leads to them is found by their ids.

use emporion_catalog::finder::{Condition, DOMAIN_ITSELF, FieldName, Piece, own_field};
use emporion_catalog::kind::Kind;
use emporion_catalog::relation;

use super::super::pattern::is_of_whole;
use super::super::query::{Query, Test, clauses};
use super::parts;

/// Longer texts are not looked up.
pub const MOST: usize = 500;

/// A member that shows references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    Owners,
    Domains,
    Labels,
    Service,
}

/// Something that documents refer to, by what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedReferences {
    pub refers: ReferenceKind,
    pub condition: Condition,
}

impl ReferenceKind {
    pub fn of(member: &str) -> Option<ReferenceKind> {
        match member {
            "owners" => Some(ReferenceKind::Owners),
            "domains" => Some(ReferenceKind::Domains),
            "tags" => Some(ReferenceKind::Labels),
            "service" => Some(ReferenceKind::Service),
            _ => None,
        }
    }

    /// The fields by which the index leads there.
    pub fn leads(self) -> &'static [&'static str] {
        match self {
            ReferenceKind::Owners => &["owner"],
            ReferenceKind::Domains => &[DOMAIN_ITSELF],
            ReferenceKind::Labels => &["tag", "term"],
            ReferenceKind::Service => &["source"],
        }
    }

    /// What has any.
    pub fn any(self) -> Condition {
        let fields: &[&'static str] = match self {
            // Whoever stands in a domain stands below those above it as well.
            ReferenceKind::Domains => &["domain"],
            refers => refers.leads(),
        };
        Condition::any(fields.iter().map(|field| Condition::has(*field)).collect())
    }

    pub fn leads_to(self, kind: Kind) -> bool {
        let to = match self {
            ReferenceKind::Owners => relation::OWNER.0.to,
            ReferenceKind::Domains => relation::IN_DOMAIN.0.to,
            ReferenceKind::Labels => relation::TAGGED.0.to,
            ReferenceKind::Service => return kind.name().ends_with("_service"),
        };
        to.is_empty() || to.contains(&kind.name())
    }
}

/// What a record must be like of which a reference says this; `None` for what records are not looked up by.
pub fn said(member: &str, test: &Test) -> Option<Condition> {
    let field: FieldName = match member {
        "name" => "name".into(),
        "fullyQualifiedName" | "tagFQN" => "fqn".into(),
        "displayName" => own_field("display_name"),
        _ => return None,
    };
    match test {
        Test::Is(text) => (text.len() <= MOST).then(|| Condition::is(field, text)),
        // Without a beginning everything would have to be held against it.
        Test::Like(pattern) => (is_of_whole(pattern) && matches!(pattern.pieces().first(), Some(Piece::Text(_))))
            .then(|| Condition::like(field, pattern.clone())),
        _ => None,
    }
}

/// A service of this type.
pub fn of_type(test: &Test) -> Option<Condition> {
    match test {
        Test::Is(text) => (text.len() <= MOST).then(|| Condition::is("type", text)),
        Test::Like(pattern) => is_of_whole(pattern).then(|| Condition::like("type", pattern.clone())),
        _ => None,
    }
}

/// Adds what a query names, each once.
pub fn gather(query: &Query, found: &mut Vec<NamedReferences>) {
    let mut add = |path: &str, test: &Test| {
        let (member, rest) = parts(path);
        let named = match ReferenceKind::of(member) {
            _ if path == "serviceType" => of_type(test).map(|condition| (ReferenceKind::Service, condition)),
            // The index knows these by their FQNs.
            Some(ReferenceKind::Domains) if rest == "fullyQualifiedName" => None,
            Some(refers) => said(rest, test).map(|condition| (refers, condition)),
            None => None,
        };
        if let Some((refers, condition)) = named {
            let named = NamedReferences { refers, condition };
            if !test.is_false() && !found.contains(&named) {
                found.push(named);
            }
        }
    };
    for clause in clauses(query) {
        if let Some(test) = clause.test() {
            clause.paths().iter().for_each(|path| add(path, test));
        }
    }
}
