//! The systems that sources can be of, and what is asked about each.

use emporion_catalog::record::View;
use serde_json::{Map, Value};

use crate::forms::form::Form;
use crate::text::texts::Texts;

/// A system, as the management interface calls it.
pub struct System {
    pub name: &'static str,
    /// What it calls itself.
    pub title: &'static str,
    /// Types of services that are of it.
    types: &'static [&'static str],
    fields: &'static [Asked],
    /// It reads files of the server, which only administrators name.
    pub reads_files: bool,
}

/// Something that is asked.
struct Asked {
    name: &'static str,
    what: What,
    is_needed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Line,
    Number(&'static str),
    Secret,
    Choice(&'static [&'static str]),
}

const MODES: &[&str] = &["prefer", "disable", "require", "verify-ca", "verify-full"];

const fn needed(name: &'static str, what: What) -> Asked {
    Asked { name, what, is_needed: true }
}

const fn asked(name: &'static str, what: What) -> Asked {
    Asked { name, what, is_needed: false }
}

pub const SYSTEMS: &[System] = &[
    System {
        name: "postgres",
        title: "PostgreSQL",
        types: &["Postgres"],
        fields: &[
            needed("host", What::Line),
            needed("port", What::Number("5432")),
            needed("database", What::Line),
            needed("user", What::Line),
            asked("password", What::Secret),
            asked("schema", What::Line),
            asked("sslMode", What::Choice(MODES)),
        ],
        reads_files: false,
    },
    System {
        name: "mysql",
        title: "MySQL, MariaDB",
        types: &["Mysql", "MariaDB"],
        fields: &[
            needed("host", What::Line),
            needed("port", What::Number("3306")),
            asked("database", What::Line),
            needed("user", What::Line),
            asked("password", What::Secret),
            asked("sslMode", What::Choice(MODES)),
        ],
        reads_files: false,
    },
    System {
        name: "sqlite",
        title: "SQLite or CSV files",
        types: &["SQLite"],
        fields: &[needed("path", What::Line)],
        reads_files: true,
    },
];

/// A field of the form, as it is shown.
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub hint: Option<String>,
    pub value: String,
    pub kind: &'static str,
    pub choices: Vec<Choice>,
    pub is_needed: bool,
    pub fault: Option<String>,
}

pub struct Choice {
    pub value: &'static str,
    pub rendered: String,
    pub is_chosen: bool,
}

impl System {
    pub fn named(name: &str) -> Option<&'static System> {
        SYSTEMS.iter().find(|system| system.name == name)
    }

    /// The system of a service, where it can be crawled from here.
    pub fn of(service: &View) -> Option<&'static System> {
        let kind = service.text("service_type")?;
        SYSTEMS.iter().find(|system| system.types.contains(&kind))
    }

    /// What is shown of each field: `value` says what it holds. Secrets hold nothing, whatever was typed.
    pub fn fields(&self, t: Texts, value: impl Fn(&str) -> Option<String>, faults: &[(String, String)]) -> Vec<Field> {
        let field = |asked: &Asked| {
            let name = asked.name;
            let value = match asked.what {
                What::Secret => String::new(),
                What::Number(usual) => value(name).unwrap_or_else(|| usual.to_owned()),
                What::Line | What::Choice(_) => value(name).unwrap_or_default(),
            };
            let choices = match asked.what {
                What::Choice(choices) => choices,
                _ => &[],
            };
            let choice = |choice: &&'static str| Choice {
                rendered: t.say(&format!("source.mode.{choice}")),
                is_chosen: *choice == value,
                value: choice,
            };
            Field {
                name,
                label: t.say(&format!("source.{name}")),
                hint: t
                    .find(&format!("source.hint.{}_{name}", self.name))
                    .or_else(|| t.find(&format!("source.hint.{name}")))
                    .map(str::to_owned),
                kind: match asked.what {
                    What::Line => "text",
                    What::Number(_) => "number",
                    What::Secret => "password",
                    What::Choice(_) => "choice",
                },
                choices: choices.iter().map(choice).collect(),
                is_needed: asked.is_needed,
                fault: faults.iter().find(|(field, _)| field == name).map(|(_, fault)| fault.clone()),
                value,
            }
        };
        self.fields.iter().map(field).collect()
    }

    /// The request that a form means; or what it lacks.
    pub fn request(&self, t: Texts, sent: &Form) -> Result<Map<String, Value>, Vec<(String, String)>> {
        let (mut request, mut faults) = (Map::new(), Vec::new());
        request.insert("system".into(), self.name.into());
        for asked in self.fields {
            // A password may begin with a blank.
            let text = if asked.what == What::Secret { sent.text(asked.name) } else { sent.trimmed(asked.name) };
            if text.is_empty() {
                if asked.is_needed {
                    faults.push((asked.name.to_owned(), t.say("source.missing")));
                }
                continue;
            }
            let value = match asked.what {
                What::Number(_) => match text.parse::<u16>() {
                    Ok(number) if number > 0 => Value::from(number),
                    _ => {
                        faults.push((asked.name.to_owned(), t.say("source.no_port")));
                        continue;
                    }
                },
                _ => text.into(),
            };
            request.insert(asked.name.to_owned(), value);
        }
        if faults.is_empty() { Ok(request) } else { Err(faults) }
    }

    /// What a service keeps of its connection, under the names of the form; no secret.
    pub fn kept(&self, service: &View, name: &str) -> Option<String> {
        let config = service.field("connection")?.get("config")?;
        let text = |pointer: &str| config.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let (host, port) = match text("/hostPort") {
            Some(both) => match both.rsplit_once(':') {
                Some((host, port)) => (Some(host.to_owned()), Some(port.to_owned())),
                None => (Some(both), None),
            },
            None => (None, None),
        };
        match name {
            "path" => text("/databaseMode"),
            "host" => host,
            "port" => port,
            "user" => text("/username"),
            "database" if self.name == "mysql" => text("/databaseSchema"),
            "database" => text("/database"),
            "schema" => Some(text("/connectionOptions/options")?.strip_prefix("-csearch_path=")?.to_owned()),
            "sslMode" => text("/sslMode").or_else(|| text("/connectionOptions/sslmode")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::expired_session::is_secret;

    #[test]
    fn secrets_are_called_so_and_nothing_else_is() {
        for asked in SYSTEMS.iter().flat_map(|system| system.fields) {
            assert_eq!(is_secret(asked.name), asked.what == What::Secret, "{}", asked.name);
        }
    }
}
