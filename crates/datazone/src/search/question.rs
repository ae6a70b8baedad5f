//! What a search asks of each record: as a condition that the index narrows by, and of the record itself.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::finder::Condition;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::query::Order;
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNING_TEAM;
use serde_json::Value;

use super::scope::Scope;
use crate::asset_kinds;
use crate::assets;
use crate::call::CallError;
use crate::criteria::Criteria;
use crate::data_products;
use crate::derived::Derived;
use crate::filter::{Attribute, Compare, Comparison};
use crate::glossaries;
use crate::imported::Imported;
use crate::in_domain::InDomain;
use crate::inventory::{self, Inventory, Wanted, place_from, place_value};
use crate::ranking::Ranks;
use crate::term_labels;
use crate::text_query;

/// What words are looked for in, unless it is said.
const TEXTS: &[&str] = &["name", "description", "shortDescription", "longDescription", "externalIdentifier"];

/// What a search asks of each record.
pub struct Question {
    scope: Scope,
    pub criteria: Criteria,
    project: Option<RecordId>,
    /// Nothing can match: the project asked for does not exist.
    is_void: bool,
    steward: Option<RecordId>,
    imported: Imported,
    /// Owners of glossaries, which their terms share.
    glossary_owners: HashMap<RecordId, RecordId>,
}

impl Question {
    pub async fn of(here: &InDomain<'_>, scope: Scope) -> Result<Question, CallError> {
        let input = &here.call.input;
        let mut project = None;
        let mut is_void = false;
        if let Some(text) = input.text("owningProjectIdentifier") {
            project = here.project(text, &Depth::bare()).await?.map(|view| view.id());
            is_void = project.is_none();
        }
        let criteria = Criteria::read(input, TEXTS)?;
        let needs_owners = scope == Scope::Term && (project.is_some() || criteria.filter.is_some());
        Ok(Question {
            scope,
            imported: Imported::of(here, criteria.filter.as_ref()).await?,
            criteria,
            project,
            is_void,
            steward: here.steward(),
            glossary_owners: if needs_owners { glossary_owners(here).await? } else { Default::default() },
        })
    }

    /// What the index says of it: at least everything that is accepted.
    pub fn condition(&self) -> Condition {
        self.with(self.criteria.words.condition(&self.criteria.search_in))
    }

    /// By what the index ranks what is accepted; `None` where words say nothing to it.
    pub fn ranks(&self) -> Option<Ranks> {
        let Criteria { words, search_in, .. } = &self.criteria;
        let search_in: Vec<&str> = search_in.iter().map(|name| self.scope.attribute(name)).collect();
        let (ranking, is_all) = words.ranking(&search_in)?;
        let found = self.with(ranking);
        let named = || Condition::all(vec![found.clone(), words.name(self.scope == Scope::Asset)]);
        let is_in_names = search_in.is_empty() || search_in.contains(&"name");
        Some(Ranks { named: is_in_names.then(named), found, is_all })
    }

    /// What the index says where it says this of the words.
    fn with(&self, words: Condition) -> Condition {
        if self.is_void {
            return Condition::Nothing;
        }
        let mut all = vec![self.criteria.condition(words, |compare| self.leaf(compare))];
        all.extend(self.project.map(|project| self.owned_by(vec![project])));
        Condition::all(all)
    }

    /// The same of one attribute that is to have a value.
    fn leaf(&self, Compare { attribute, comparison }: &Compare) -> Condition {
        let is_term = self.scope == Scope::Term;
        match (self.scope.attribute(attribute), comparison) {
            (name, Comparison::Words(words)) => words.condition(&[name.to_owned()]),
            ("name" | "description" | "longDescription", Comparison::Text(text)) => Condition::holding(text),
            ("shortDescription", Comparison::Text(text)) if is_term => Condition::holding(text),
            ("externalIdentifier", Comparison::Text(text)) => text_query::external_identifier(text),
            ("id" | "identifier" | "entityId", Comparison::Text(text)) => Condition::these(self.imported.meant(text)),
            ("owningProjectId" | "owningProjectIdentifier", Comparison::Text(text)) => {
                self.owned_by(self.imported.meant(text))
            }
            ("glossaryTerms" | "__DataZoneGlossaryTerms", Comparison::Text(text)) => {
                Condition::leads("term", self.imported.meant(text))
            }
            ("creationTime" | "createdAt" | "firstRevisionCreatedAt", Comparison::Integer { from, to }) => {
                Condition::created(from.map(Millis), to.map(Millis))
            }
            ("lastUpdatedAt" | "lastUpdatedTime" | "updatedAt", Comparison::Integer { from, to }) => {
                Condition::updated(from.map(Millis), to.map(Millis))
            }
            _ => Condition::Everything,
        }
    }

    /// What can belong to these projects: what names none belongs to the stewards', and terms go with their glossary.
    fn owned_by(&self, projects: Vec<RecordId>) -> Condition {
        match self.scope == Scope::Term || self.steward.is_some_and(|steward| projects.contains(&steward)) {
            true => Condition::Everything,
            false => Condition::leads("team", projects),
        }
    }

    /// Everything in the domain matches.
    pub fn is_open(&self) -> bool {
        let Criteria { words, filter, .. } = &self.criteria;
        words.is_empty() && filter.is_none() && self.project.is_none() && !self.is_void
    }

    pub fn accepts(&self, view: &View) -> bool {
        !self.is_void
            && self.project.is_none_or(|project| self.owner(view) == Some(project))
            && self.criteria.accept(&|name| self.attribute(view, name))
    }

    fn owner(&self, view: &View) -> Option<RecordId> {
        if self.scope == Scope::Term {
            let glossary = view.ancestor("glossary").map(|card| card.id)?;
            return self.glossary_owners.get(&glossary).copied().or(self.steward);
        }
        view.targets(OWNING_TEAM).next().map(|(_, card)| card.id).or(self.steward)
    }

    /// The attributes that words are looked for in, with their texts.
    pub fn searched(&self, view: &View) -> Vec<(String, String)> {
        self.criteria.searched(&|name| self.attribute(view, name))
    }

    /// The values of an attribute; an unknown one has none.
    fn attribute(&self, view: &View, name: &str) -> Vec<Attribute> {
        let record = &view.record;
        let text = |value: Option<&str>| value.map(|text| Attribute::Text(text.to_owned())).into_iter().collect();
        let is_term = self.scope == Scope::Term;
        let name = self.scope.attribute(name);
        match name {
            "name" if self.scope == Scope::Asset => text(Some(assets::shown_name(view))),
            "name" => text(Some(&record.name)),
            "id" | "identifier" | "entityId" => self.imported.spelled([record.id]),
            "description" | "longDescription" => text(view.text("description")),
            "shortDescription" if is_term => text(view.text("summary")),
            "externalIdentifier" => text(view.text("external_identifier")),
            "owningProjectId" | "owningProjectIdentifier" => self.imported.spelled(self.owner(view)),
            "typeIdentifier" | "assetType" if self.scope == Scope::Asset => text(Some(&assets::type_name(view))),
            "entityType" => text(Some(self.scope.word())),
            "status" if self.scope == Scope::DataProduct => text(Some(data_products::STATUS)),
            "status" if is_term || self.scope == Scope::Glossary => text(Some(glossaries::status(view))),
            "glossaryId" | "businessGlossaryId" if is_term => {
                self.imported.spelled(view.ancestor("glossary").map(|card| card.id))
            }
            "glossaryTerms" | "__DataZoneGlossaryTerms" => self.imported.spelled(term_labels::attached(view)),
            "createdBy" | "firstRevisionCreatedBy" => self.imported.spelled([record.created.by.id]),
            "creationTime" | "createdAt" | "firstRevisionCreatedAt" => vec![Attribute::Integer(record.created.at.0)],
            "lastUpdatedAt" | "lastUpdatedTime" | "updatedAt" => vec![Attribute::Integer(record.updated.at.0)],
            other => form_field(view, other),
        }
    }
}

/// `FormName.field` of the forms of a record, derived ones too.
fn form_field(view: &View, name: &str) -> Vec<Attribute> {
    let Some((form, field)) = name.split_once('.') else { return Vec::new() };
    let forms = view.field("forms").and_then(Value::as_array);
    let is_derived = |derived: &Derived| derived.form == form;
    let derived = || Some(Derived::of(view.record.kind)).filter(is_derived).map(|derived| derived.form(view));
    let content = forms
        .into_iter()
        .flatten()
        .find(|candidate| candidate.get("name").and_then(Value::as_str) == Some(form))
        .cloned()
        .or_else(|| if asset_kinds::is_derived(view.record.kind) { derived() } else { None })
        .and_then(|form| serde_json::from_str::<Value>(form.get("content")?.as_str()?).ok());
    let value = content.as_ref().and_then(|content| content.get(field));
    let values = match value {
        Some(Value::Array(values)) => values.iter().collect(),
        value => value.into_iter().collect::<Vec<_>>(),
    };
    values
        .into_iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(Attribute::Text(text.clone())),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Some(Attribute::Integer(integer)),
                None => Some(Attribute::Text(number.to_string())),
            },
            Value::Bool(flag) => Some(Attribute::Text(flag.to_string())),
            _ => None,
        })
        .collect()
}

async fn glossary_owners(here: &InDomain<'_>) -> Result<HashMap<RecordId, RecordId>, Problem> {
    let glossaries = Inventory::of(here, here.call.catalog().kind("glossary")).await?;
    let mut owners = HashMap::new();
    let mut after = None;
    loop {
        let wanted = Wanted {
            order: Order::Name,
            descending: false,
            after,
            size: 1_000,
            depth: Depth::of(&[OWNING_TEAM], false),
            among: None,
            test: None,
        };
        let (views, more) = inventory::page(here, std::slice::from_ref(&glossaries), &wanted).await?;
        for view in &views {
            owners.insert(view.id(), here.owning_project(view));
        }
        after = views.last().and_then(|view| place_from(Order::Name, &place_value(Order::Name, &view.record)));
        if !more {
            return Ok(owners);
        }
    }
}
