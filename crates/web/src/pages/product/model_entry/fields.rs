//! A part of a semantic model as the fields of its form have it.

use emporion_products::parts::semantic_models::entry::{Detail, Entry, EntryRef, Role};

use crate::forms::form::Form;

/// An entry as its fields have it.
#[derive(Default)]
pub struct EntryFields {
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

impl EntryFields {
    pub fn of(place: &EntryRef, entry: &Entry) -> EntryFields {
        let Entry { name, label, description, synonyms, detail } = entry.clone();
        let typed = EntryFields {
            kind: kind(place),
            name,
            label,
            description: description.replace("\r\n", "\n"),
            synonyms: synonyms.join("\n"),
            ..EntryFields::default()
        };
        match detail {
            Detail::Metric { expression, unit, filters } => {
                EntryFields { expression, unit, filters: filters.join("\n"), ..typed }
            }
            Detail::Table { primary_key, time } => EntryFields { primary_key: primary_key.join(", "), time, ..typed },
            Detail::Field { expression, role, unit } => {
                let role = ROLES.iter().find(|(_, of)| *of == role).map_or("fact", |(word, _)| word);
                EntryFields { expression, unit, role, ..typed }
            }
            Detail::Relationship { from, to, from_columns, to_columns } => {
                let (from_columns, to_columns) = (from_columns.join(", "), to_columns.join(", "));
                EntryFields { from, to, from_columns, to_columns, ..typed }
            }
            Detail::Nothing => typed,
        }
    }

    pub fn sent(place: &EntryRef, sent: &Form) -> EntryFields {
        let text = |name: &str| sent.trimmed(name).to_owned();
        EntryFields {
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

    /// The entry that was typed, of the one that there is: what reads the same is the same.
    pub fn entry(&self, place: &EntryRef, now: &Entry) -> Entry {
        let (read, own) = (EntryFields::of(place, now), str::to_owned);
        let text = |typed: &str, read: &str, now: &str| if typed == read { now.to_owned() } else { typed.to_owned() };
        let list = |typed: &str, read: &str, now: &[String], between: char| match typed == read {
            true => now.to_vec(),
            false => parts(typed, between),
        };
        let detail = match (place, &now.detail) {
            (EntryRef::Metric(_), Detail::Metric { expression, unit, filters }) => Detail::Metric {
                expression: text(&self.expression, read.expression.trim(), expression),
                unit: text(&self.unit, read.unit.trim(), unit),
                filters: list(&self.filters, &read.filters, filters, '\n'),
            },
            (EntryRef::Table(_), Detail::Table { primary_key, time }) => Detail::Table {
                primary_key: list(&self.primary_key, &read.primary_key, primary_key, ','),
                time: text(&self.time, read.time.trim(), time),
            },
            (EntryRef::Field { .. }, Detail::Field { expression, unit, .. }) => Detail::Field {
                expression: text(&self.expression, read.expression.trim(), expression),
                role: ROLES.iter().find(|(word, _)| *word == self.role).map_or(Role::Fact, |(_, role)| *role),
                unit: text(&self.unit, read.unit.trim(), unit),
            },
            (EntryRef::Relationship(_), Detail::Relationship { from_columns, to_columns, .. }) => {
                Detail::Relationship {
                    from: own(&self.from),
                    to: own(&self.to),
                    from_columns: list(&self.from_columns, &read.from_columns, from_columns, ','),
                    to_columns: list(&self.to_columns, &read.to_columns, to_columns, ','),
                }
            }
            (_, other) => other.clone(),
        };
        Entry {
            name: text(&self.name, read.name.trim(), &now.name),
            label: text(&self.label, read.label.trim(), &now.label),
            description: text(&self.description, read.description.trim(), &now.description),
            synonyms: list(&self.synonyms, &read.synonyms, &now.synonyms, '\n'),
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

pub fn kind(place: &EntryRef) -> &'static str {
    match place {
        EntryRef::Metric(_) => "metric",
        EntryRef::Table(_) => "table",
        EntryRef::Field { .. } => "field",
        EntryRef::Relationship(_) => "relationship",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_typed_is_as_it_was() {
        let several = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let metric = Entry {
            name: "net".to_owned(),
            description: "Net of returns.\n".to_owned(),
            synonyms: several(&["a", " b "]),
            detail: Detail::Metric {
                expression: "SUM(o.net)\n".to_owned(),
                unit: String::new(),
                filters: several(&["o.id > 0\nAND o.id < 9", "o.paid"]),
            },
            ..Entry::default()
        };
        let joined = Entry {
            detail: Detail::Relationship {
                from: "o".to_owned(),
                to: "c".to_owned(),
                from_columns: several(&["a, b"]),
                to_columns: several(&["c"]),
            },
            ..metric.clone()
        };
        for (place, entry) in [
            (EntryRef::Metric(Some("net".to_owned())), metric),
            (EntryRef::Relationship(Some("net".to_owned())), joined),
        ] {
            let mut typed = EntryFields::of(&place, &entry);
            // As a form sends it.
            typed.expression = typed.expression.trim().to_owned();
            typed.description = typed.description.trim().to_owned();
            assert_eq!(typed.entry(&place, &entry), entry);
            typed.label = "Net sales".to_owned();
            assert_eq!(typed.entry(&place, &entry), Entry { label: "Net sales".to_owned(), ..entry });
        }
    }
}
