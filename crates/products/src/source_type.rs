//! Kinds of data sources, and the service types under which the catalogue keeps them.

use serde_json::{Map, Value};

/// The values of `type`.
pub const TYPES: &[&str] = &["postgres", "mysql", "sqlite", "parquet", "csv", "snowflake", "sledhouse"];

/// The service type of a MySQL that calls itself otherwise; only other doors make it.
pub const MARIADB: &str = "MariaDB";
/// The service type of what the catalogue has no type for; an option of its connection says more.
const CUSTOM: &str = "CustomDatabase";
/// That option.
pub const CUSTOM_TYPE: &str = "sourceType";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceType {
    Postgres,
    Mysql,
    MariaDb,
    Sqlite,
    Parquet,
    Csv,
    Snowflake,
    Sledhouse,
    /// A service of a type that only other doors can make.
    Other(String),
}

impl SourceType {
    pub fn parse(word: &str) -> Option<SourceType> {
        Some(match word {
            "postgres" => SourceType::Postgres,
            "mysql" => SourceType::Mysql,
            "sqlite" => SourceType::Sqlite,
            "parquet" => SourceType::Parquet,
            "csv" => SourceType::Csv,
            "snowflake" => SourceType::Snowflake,
            "sledhouse" => SourceType::Sledhouse,
            _ => return None,
        })
    }

    /// The value of `type` in answers.
    pub fn word(&self) -> String {
        match self {
            SourceType::Postgres => "postgres".to_owned(),
            SourceType::Mysql | SourceType::MariaDb => "mysql".to_owned(),
            SourceType::Sqlite => "sqlite".to_owned(),
            SourceType::Parquet => "parquet".to_owned(),
            SourceType::Csv => "csv".to_owned(),
            SourceType::Snowflake => "snowflake".to_owned(),
            SourceType::Sledhouse => "sledhouse".to_owned(),
            SourceType::Other(service) => service.to_lowercase(),
        }
    }

    /// The type of the database service that stands for it.
    pub fn service_type(&self) -> &str {
        match self {
            SourceType::Postgres => "Postgres",
            SourceType::Mysql => "Mysql",
            SourceType::MariaDb => MARIADB,
            SourceType::Sqlite => "SQLite",
            SourceType::Snowflake => "Snowflake",
            SourceType::Parquet | SourceType::Csv | SourceType::Sledhouse => CUSTOM,
            SourceType::Other(service) => service,
        }
    }

    /// What a database service is as a data source; `config` is that of its connection.
    pub fn of_service(service_type: &str, config: &Map<String, Value>) -> SourceType {
        match service_type {
            "Postgres" => SourceType::Postgres,
            "Mysql" => SourceType::Mysql,
            MARIADB => SourceType::MariaDb,
            "SQLite" => SourceType::Sqlite,
            "Snowflake" => SourceType::Snowflake,
            CUSTOM => {
                let described = config.get("connectionOptions").and_then(|options| options.get(CUSTOM_TYPE)?.as_str());
                match described.and_then(SourceType::parse) {
                    Some(custom) if custom.service_type() == CUSTOM => custom,
                    _ => SourceType::Other(CUSTOM.to_owned()),
                }
            }
            other => SourceType::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_is_found_again_by_its_service() {
        for word in TYPES {
            let source = SourceType::parse(word).expect(word);
            let config = json!({"connectionOptions": {CUSTOM_TYPE: word}});
            let config = config.as_object().expect("an object");
            assert_eq!(SourceType::of_service(source.service_type(), config), source);
            assert_eq!(source.word(), *word);
        }
    }

    #[test]
    fn services_of_other_doors_are_listed_under_their_own_name() {
        assert_eq!(SourceType::of_service("BigQuery", &Map::new()).word(), "bigquery");
        assert_eq!(SourceType::of_service("CustomDatabase", &Map::new()).word(), "customdatabase");
        let posing = json!({"connectionOptions": {CUSTOM_TYPE: "postgres"}});
        let posing = SourceType::of_service("CustomDatabase", posing.as_object().expect("an object"));
        assert_eq!(posing.word(), "customdatabase");
    }
}
