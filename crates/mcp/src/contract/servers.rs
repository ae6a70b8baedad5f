//! Where the tables of a contract stand: one server for each of their schemas, with what the caller may read of its
//! connection.

use emporion_catalog::spelling::decode;
use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, segment};
use crate::contract::{put, text};
use crate::outcome::Trouble;

/// Types of the standard by those of services, with the members that the standard wants of them.
const TYPES: &[(&str, &str, &[&str])] = &[
    ("BigQuery", "bigquery", &["project", "dataset"]),
    ("MariaDB", "mysql", &["host", "port", "database"]),
    ("Mssql", "sqlserver", &["host", "database", "schema"]),
    ("Mysql", "mysql", &["host", "port", "database"]),
    ("Postgres", "postgres", &["host", "port", "database", "schema"]),
    ("Redshift", "redshift", &["database", "schema"]),
    ("Snowflake", "snowflake", &["account", "database", "schema"]),
];
/// Systems whose databases the catalogue calls schemas.
const ONE_LEVEL: &[&str] = &["MariaDB", "Mysql"];

pub async fn of(catalogue: &Catalogue, tables: &[Value]) -> Result<Vec<Value>, Trouble> {
    let mut servers: Vec<Value> = Vec::new();
    let mut services: Vec<(String, Value)> = Vec::new();
    for table in tables {
        let Some(name) = text(&table["databaseSchema"]["fullyQualifiedName"]) else { continue };
        if servers.iter().any(|server| server["server"] == name) {
            continue;
        }
        let id = table["service"]["id"].as_str().unwrap_or_default();
        let at = match services.iter().position(|(known, _)| known == id) {
            Some(at) => at,
            None => {
                let path = format!("/services/databaseServices/{}", segment(id));
                services.push((id.to_owned(), catalogue.metadata(&path, &[]).await?.unwrap_or_default()));
                services.len() - 1
            }
        };
        servers.push(server(name, table, &services[at].1));
    }
    Ok(servers)
}

/// A server of the standard's type for it, where all that this type wants is known, or else of type `custom`.
fn server(name: &str, table: &Value, service: &Value) -> Value {
    let service_type = text(&table["serviceType"]).unwrap_or_default();
    let place = place(service_type, table, &service["connection"]["config"]);
    let standard = TYPES
        .iter()
        .find(|(of, _, wanted)| *of == service_type && wanted.iter().all(|wanted| place.contains_key(*wanted)));
    let mut server = Map::new();
    server.insert("server".to_owned(), name.into());
    put(&mut server, "description", text(&service["description"]).map(Value::from));
    match standard {
        Some((_, kind, wanted)) => {
            server.insert("type".to_owned(), (*kind).into());
            server.extend(place.into_iter().filter(|(member, _)| wanted.contains(&member.as_str())));
        }
        None => {
            server.insert("type".to_owned(), "custom".into());
            server.extend(place.into_iter().filter(|(member, _)| ["database", "schema"].contains(&member.as_str())));
            let of = (!service_type.is_empty()).then(|| json!([{"property": "serviceType", "value": service_type}]));
            put(&mut server, "customProperties", of);
        }
    }
    Value::Object(server)
}

/// All that is known of where a table stands, by the standard's names.
fn place(service_type: &str, table: &Value, config: &Value) -> Map<String, Value> {
    let named = |of: &str| text(&table[of]["name"]).map(|name| Value::from(decode(name)));
    let mut place = Map::new();
    if ONE_LEVEL.contains(&service_type) {
        put(&mut place, "database", named("databaseSchema"));
    } else {
        for (member, of) in [
            ("database", "database"),
            ("schema", "databaseSchema"),
            ("project", "database"),
            ("dataset", "databaseSchema"),
        ] {
            put(&mut place, member, named(of));
        }
    }
    let address = text(&config["hostPort"]).and_then(|address| address.rsplit_once(':'));
    if let Some((host, Ok(port))) = address.map(|(host, port)| (host, port.parse::<u16>()))
        && is_host(host)
    {
        place.insert("host".to_owned(), host.into());
        place.insert("port".to_owned(), port.into());
    }
    put(&mut place, "account", text(&config["account"]).map(Value::from));
    place
}

/// A host and nothing beside it: no user, no path.
fn is_host(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(service_type: &str) -> Value {
        json!({"serviceType": service_type, "database": {"name": "shop"}, "databaseSchema": {"name": "sales"}})
    }

    fn at(config: Value) -> Value {
        json!({"connection": {"config": config}})
    }

    #[test]
    fn a_server_has_what_its_type_wants_and_nothing_else() {
        let config = json!({"hostPort": "db.example.com:5433", "username": "u", "authType": {"password": "***"}});
        assert_eq!(
            server("s.shop.sales", &table("Postgres"), &at(config.clone())),
            json!({"server": "s.shop.sales", "type": "postgres", "host": "db.example.com", "port": 5433,
                   "database": "shop", "schema": "sales"})
        );
        let mysql = server("s", &table("Mysql"), &at(config));
        assert_eq!((&mysql["database"], &mysql["schema"]), (&json!("sales"), &Value::Null));
        let snowflake = server("s", &table("Snowflake"), &at(json!({"account": "ab123", "password": "p"})));
        assert_eq!(
            snowflake,
            json!({"server": "s", "type": "snowflake", "account": "ab123", "database": "shop", "schema": "sales"})
        );
    }

    #[test]
    fn a_server_whose_address_is_not_known_is_a_custom_one() {
        for config in [json!(null), json!({"hostPort": "u:p@db.example.com:5433"}), json!({"hostPort": "db"})] {
            assert_eq!(
                server("s", &table("Postgres"), &at(config)),
                json!({"server": "s", "type": "custom", "database": "shop", "schema": "sales",
                       "customProperties": [{"property": "serviceType", "value": "Postgres"}]})
            );
        }
    }
}
