//! What a search asks of each type: of the domain's own as a condition that the index narrows by, and of the type itself.

use emporion_catalog::finder::Condition;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::query::Order;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNING_TEAM;

use crate::call::{Call, CallError};
use crate::criteria::Criteria;
use crate::filter::{Attribute, Compare, Comparison, Sort};
use crate::glossaries;
use crate::hits;
use crate::imported::Imported;
use crate::in_domain::InDomain;
use crate::managed::{ORIGIN_PROJECT, SYSTEM};
use crate::ranking::Ranks;

/// Of what types are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Assets,
    Forms,
    /// Nodes of lineage have no types here.
    LineageNodes,
}

impl Scope {
    pub fn of(call: &Call) -> Scope {
        let wanted = call.input.required_text("searchScope");
        let scopes = [Scope::Assets, Scope::Forms];
        scopes.into_iter().find(|scope| scope.word() == wanted).unwrap_or(Scope::LineageNodes)
    }

    /// As requests spell it.
    const fn word(self) -> &'static str {
        match self {
            Scope::Assets => "ASSET_TYPE",
            Scope::Forms => "FORM_TYPE",
            Scope::LineageNodes => "LINEAGE_NODE_TYPE",
        }
    }

    /// The time that an attribute tells: a form type shows when its present revision was made.
    fn time(self, attribute: &str) -> Option<Order> {
        match (self, attribute) {
            (Scope::Forms, "creationTime" | "createdAt") => Some(Order::Updated),
            _ => hits::time(attribute),
        }
    }
}

/// A type that is looked at.
#[derive(Clone, Copy)]
pub enum Candidate<'t> {
    Own(&'t View),
    /// One that the server provides.
    Managed {
        name: &'t str,
        revision: &'t str,
        since: Millis,
    },
}

impl Candidate<'_> {
    fn name(&self) -> &str {
        match self {
            Candidate::Own(view) => &view.record.name,
            Candidate::Managed { name, .. } => name,
        }
    }
}

/// What a search asks of a type.
pub struct Question {
    scope: Scope,
    criteria: Criteria,
    imported: Imported,
    steward: Option<RecordId>,
    sort: Option<Sort>,
}

impl Question {
    pub async fn of(here: &InDomain<'_>, scope: Scope) -> Result<Question, CallError> {
        let input = &here.call.input;
        let criteria = Criteria::read(input, &["name", "description"])?;
        Ok(Question {
            scope,
            imported: Imported::of(here, criteria.filter.as_ref()).await?,
            criteria,
            steward: here.steward(),
            sort: input.get("sort").map(Sort::parse),
        })
    }

    /// As the request sorts, and whether it turns that round.
    pub fn sort(&self) -> Option<(Order, bool)> {
        self.sort.as_ref().map(|sort| match self.scope.time(&sort.attribute) {
            Some(time) => (time, sort.descending),
            None => hits::sorted(sort),
        })
    }

    /// What the index says of it: at least everything that is accepted.
    pub fn condition(&self) -> Condition {
        self.with(self.criteria.words.condition(&self.criteria.search_in))
    }

    /// By what the index ranks what is accepted; `None` where words say nothing to it.
    pub fn ranks(&self) -> Option<Ranks> {
        let Criteria { words, search_in, .. } = &self.criteria;
        let search_in: Vec<&str> = search_in.iter().map(String::as_str).collect();
        let (ranking, is_all) = words.ranking(&search_in)?;
        let found = self.with(ranking);
        let named = || Condition::all(vec![found.clone(), words.name(false)]);
        Some(Ranks { named: self.is_in_names().then(named), found, is_all })
    }

    /// Whether it is looked for by just this name, which may stand behind a namespace.
    pub fn is_named(&self, name: &str) -> bool {
        let bare = name.rsplit('.').next().unwrap_or(name);
        self.is_in_names() && [name, bare].iter().any(|name| self.criteria.words.is_name(name))
    }

    fn is_in_names(&self) -> bool {
        let search_in = &self.criteria.search_in;
        search_in.is_empty() || search_in.iter().any(|name| name == "name")
    }

    /// What the index says where it says this of the words.
    fn with(&self, words: Condition) -> Condition {
        self.criteria.condition(words, |compare| self.leaf(compare))
    }

    /// The same of one attribute that is to have a value.
    fn leaf(&self, Compare { attribute, comparison }: &Compare) -> Condition {
        match (attribute.as_str(), comparison) {
            ("name" | "description", Comparison::Words(words)) => words.condition(&[]),
            ("name" | "description", Comparison::Text(text)) => Condition::holding(text),
            ("owningProjectId" | "owningProjectIdentifier" | "originProjectId", Comparison::Text(text)) => {
                let projects = self.imported.meant(text);
                match self.steward.is_some_and(|steward| projects.contains(&steward)) {
                    // What names no project is the stewards'.
                    true => Condition::Everything,
                    false => Condition::leads("team", projects),
                }
            }
            (_, Comparison::Integer { from, to }) => {
                let (from, to) = (from.map(Millis), to.map(Millis));
                match self.scope.time(attribute) {
                    Some(Order::Created) => Condition::created(from, to),
                    Some(Order::Updated) => Condition::updated(from, to),
                    _ => Condition::Everything,
                }
            }
            _ => Condition::Everything,
        }
    }

    pub fn accepts(&self, candidate: Candidate<'_>) -> bool {
        self.criteria.accept(&|name| self.attribute(candidate, name))
    }

    /// The values of an attribute; an unknown one has none.
    fn attribute(&self, candidate: Candidate<'_>, name: &str) -> Vec<Attribute> {
        let text = |text: &str| vec![Attribute::Text(text.to_owned())];
        match name {
            "name" | "typeIdentifier" => return text(candidate.name()),
            "assetType" if self.scope == Scope::Assets => return text(candidate.name()),
            "formTypeIdentifier" if self.scope == Scope::Forms => return text(candidate.name()),
            "entityType" => return text(self.scope.word()),
            _ => {}
        }
        match candidate {
            Candidate::Own(view) => self.of_own(view, name),
            Candidate::Managed { revision, since, .. } => match name {
                "status" => text(glossaries::ENABLED),
                "revision" => text(revision),
                "owningProjectId" | "owningProjectIdentifier" | "originProjectId" => text(ORIGIN_PROJECT),
                "createdBy" | "firstRevisionCreatedBy" | "updatedBy" => text(SYSTEM),
                _ if self.scope.time(name).is_some() => vec![Attribute::Integer(since.0)],
                _ => Vec::new(),
            },
        }
    }

    fn of_own(&self, view: &View, name: &str) -> Vec<Attribute> {
        let record = &view.record;
        match name {
            "description" => {
                view.text("description").map(|text| Attribute::Text(text.to_owned())).into_iter().collect()
            }
            "status" => vec![Attribute::Text(glossaries::status(view).to_owned())],
            "revision" => vec![Attribute::Integer(record.content_revision.into())],
            "owningProjectId" | "owningProjectIdentifier" | "originProjectId" => {
                let own = view.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
                self.imported.spelled(own.or(self.steward))
            }
            // A form type shows who made its present revision.
            "createdBy" if self.scope == Scope::Forms => self.imported.spelled([record.updated.by.id]),
            "createdBy" | "firstRevisionCreatedBy" => self.imported.spelled([record.created.by.id]),
            "updatedBy" => self.imported.spelled([record.updated.by.id]),
            _ => match self.scope.time(name) {
                Some(Order::Created) => vec![Attribute::Integer(record.created.at.0)],
                Some(Order::Updated) => vec![Attribute::Integer(record.updated.at.0)],
                _ => Vec::new(),
            },
        }
    }
}
