//! A part of a semantic model as the fields of its form have it.

use emporion_products::parts::semantic_models::entry::{Detail, Entry, Place, Role};

use crate::forms::form::Form;

/// An entry as its fields have it.
#[derive(Default)]
pub struct Typed {
    pub kind: &'static str,
    pub name: String,
    pub label: String,
    pub description: String,
    pub synonyms: String,
    pub expression: String,
    pub unit: String,
    pub filters: String,
    /// `fact`, `dimension` or `time`.
    pub role: &'static str,
    pub primary_key: String,
    pub time: String,
    pub from: String,
    pub to: String,
    pub from_columns: String,
    pub to_columns: String,
}

pub const ROLES: [(&str, Role); 3] = [("fact", Role::Fact), ("dimension", Role::Dimension), ("time", Role::Time)];

fn parts(text: &str, between: char) -> Vec<String> {
    text.split(between).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Typed {
    pub fn of(place: &Place, entry: &Entry) -> Typed {
        let Entry { name, label, description, synonyms, detail } = entry.clone();
        let typed = Typed {
            kind: kind(place),
            name,
            label,
            description: description.replace("\r\n", "\n"),
            synonyms: synonyms.join("\n"),
            ..Typed::default()
        };
        match detail {
            Detail::Metric { expression, unit, filters } => {
                Typed { expression, unit, filters: filters.join("\n"), ..typed }
            }
            Detail::Table { primary_key, time } => Typed { primary_key: primary_key.join(", "), time, ..typed },
            Detail::Field { expression, role, unit } => {
                let role = ROLES.iter().find(|(_, of)| *of == role).map_or("fact", |(word, _)| word);
                Typed { expression, unit, role, ..typed }
            }
            Detail::Relationship { from, to, from_columns, to_columns } => {
                let (from_columns, to_columns) = (from_columns.join(", "), to_columns.join(", "));
                Typed { from, to, from_columns, to_columns, ..typed }
            }
            Detail::Nothing => typed,
        }
    }

    pub fn sent(place: &Place, sent: &Form) -> Typed {
        let text = |name: &str| sent.trimmed(name).to_owned();
        Typed {
            kind: kind(place),
            name: text("name"),
            label: text("label"),
            description: sent.prose("description").trim().to_owned(),
            synonyms: sent.prose("synonyms"),
            expression: sent.prose("expression").trim().to_owned(),
            unit: text("unit"),
            filters: sent.prose("filters"),
            role: ROLES.iter().find(|(word, _)| *word == sent.text("role")).map_or("fact", |(word, _)| word),
            primary_key: text("primary_key"),
            time: text("time"),
            from: text("from"),
            to: text("to"),
            from_columns: text("from_columns"),
            to_columns: text("to_columns"),
        }
    }

    pub fn entry(&self, place: &Place) -> Entry {
        let own = str::to_owned;
        let detail = match place {
            Place::Metric(_) => Detail::Metric {
                expression: own(&self.expression),
                unit: own(&self.unit),
                filters: parts(&self.filters, '\n'),
            },
            Place::Table(_) => Detail::Table { primary_key: parts(&self.primary_key, ','), time: own(&self.time) },
            Place::Field { .. } => Detail::Field {
                expression: own(&self.expression),
                role: ROLES.iter().find(|(word, _)| *word == self.role).map_or(Role::Fact, |(_, role)| *role),
                unit: own(&self.unit),
            },
            Place::Relationship(_) => Detail::Relationship {
                from: own(&self.from),
                to: own(&self.to),
                from_columns: parts(&self.from_columns, ','),
                to_columns: parts(&self.to_columns, ','),
            },
        };
        Entry {
            name: own(&self.name),
            label: own(&self.label),
            description: own(&self.description),
            synonyms: parts(&self.synonyms, '\n'),
            detail,
        }
    }

    /// All of it as one text, by which two states are compared.
    pub fn text(&self) -> String {
        let lines = [
            &*self.name,
            &self.label,
            &self.description,
            &self.synonyms,
            &self.expression,
            &self.unit,
            &self.filters,
            self.role,
            &self.primary_key,
            &self.time,
            &self.from,
            &self.to,
            &self.from_columns,
            &self.to_columns,
        ];
        let said: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        said.join("\n")
    }
}

pub fn kind(place: &Place) -> &'static str {
    match place {
        Place::Metric(_) => "metric",
        Place::Table(_) => "table",
        Place::Field { .. } => "field",
        Place::Relationship(_) => "relationship",
    }
}
