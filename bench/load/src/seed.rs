//! What stands around the products: people, a domain with a project, tags, a data source, and the product that all
//! others are copies of. Made through the doors, as clients make it.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Connection;
use crate::world::Admin;

/// A record's body is about this long.
const BODY_BYTES: usize = 1_500;

pub struct Seeds {
    /// FQN of the domain.
    pub domain: &'static str,
    /// FQN of a database schema.
    pub schema: &'static str,
    /// FQN of the product.
    pub product: &'static str,
    /// FQN of a table with ten columns.
    pub table: &'static str,
    /// The domain and a project of it, as the cloud dialect spells them.
    pub cloud_domain: String,
    pub project: String,
}

/// Text that makes a body of the usual length.
pub fn description() -> String {
    let sentence = "Orders, returns and deliveries by day, region and channel, kept for seven years. ";
    sentence.chars().cycle().take(BODY_BYTES - 80).collect()
}

/// Products that not everybody sees.
const HIDDEN: usize = 50;
/// Who is asked about one by one.
const READER: &str = "petra";

/// Who looks at pages, beside the administrator: what they are to the catalogue, and their names.
pub const VISITORS: [(&str, &str); 3] =
    [("a member", "aiko"), ("the owner of the domain", "nora"), ("a reader under conditions", READER)];

/// Names of the tables that products are made of.
pub fn assets() -> impl ExactSizeIterator<Item = String> {
    (0..20).map(|number| format!("asset_{number:02}"))
}

/// Makes everything.
pub async fn plant(server: SocketAddr, admin: &Admin) -> Result<Seeds> {
    let mut door = Door { connection: Connection::open(server).await?, admin };
    let mut people = Vec::new();
    for name in ["maria", "jonas", "aiko", "nora"] {
        let body = json!({"name": name, "email": format!("{name}@shop.example.com"), "displayName": name});
        people.push(door.post("/api/v1/users", &body).await?);
    }
    let owner = |person: &Value| json!({"id": person["id"], "type": "user"});
    let domain = json!({
        "name": "Sales",
        "domainType": "Source-aligned",
        "description": "Orders and what they are of.",
        "owners": [owner(&people[3])],
    });
    let domain = door.post("/api/v1/domains", &domain).await?;
    let tags = json!({"name": "Quality", "description": "How far data may be trusted."});
    door.post("/api/v1/classifications", &tags).await?;
    for name in ["Gold", "Checked"] {
        let tag = json!({"name": name, "classification": "Quality", "description": "As the name says."});
        door.post("/api/v1/tags", &tag).await?;
    }
    let service = json!({
        "name": "warehouse",
        "serviceType": "Postgres",
        "connection": {"config": {"type": "Postgres", "hostPort": "warehouse:5432", "username": "reader"}},
    });
    door.post("/api/v1/services/databaseServices", &service).await?;
    door.post("/api/v1/databases", &json!({"name": "shop", "service": "warehouse"})).await?;
    door.post("/api/v1/databaseSchemas", &json!({"name": "sales", "database": "warehouse.shop"})).await?;
    for name in assets() {
        let columns = [json!({"name": "id", "dataType": "BIGINT"})];
        let table = json!({"name": name, "databaseSchema": "warehouse.shop.sales", "columns": columns});
        door.post("/api/v1/tables", &table).await?;
    }

    let columns: Vec<Value> = (0..10).map(|number| json!({"name": format!("c{number}"), "dataType": "TEXT"})).collect();
    door.post("/api/v1/glossaries", &json!({"name": "Trade", "description": "Words of those who sell."})).await?;
    let term = json!({"name": "Line", "glossary": "Trade", "description": "What one orders of one thing."});
    door.post("/api/v1/glossaryTerms", &term).await?;
    let term = json!({"tagFQN": "Trade.Line", "source": "Glossary", "labelType": "Manual", "state": "Confirmed"});
    let lines = json!({"name": "lines", "databaseSchema": "warehouse.shop.sales", "columns": columns, "tags": [term]});
    door.post("/api/v1/tables", &lines).await?;

    let service = json!({"name": "nightly", "serviceType": "Airflow"});
    door.post("/api/v1/services/pipelineServices", &service).await?;
    let tasks = [json!({"name": "extract", "downstreamTasks": ["load"]}), json!({"name": "load"})];
    door.post("/api/v1/pipelines", &json!({"name": "load", "service": "nightly", "tasks": tasks})).await?;

    let cloud_domain = format!("dzd-{}", text(&domain, "id")?.replace('-', ""));
    let project = json!({"name": "Makers"});
    let project = door.signed("POST", &format!("/v2/domains/{cloud_domain}/projects"), &project).await?;
    let project = text(&project, "id")?;

    let label =
        |fqn: &str| json!({"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"});
    let product = json!({
        "name": "Orders",
        "description": description(),
        "domains": ["Sales"],
        "owners": [owner(&people[0]), owner(&people[1])],
        "experts": ["aiko"],
        "tags": [label("Quality.Gold"), label("Quality.Checked")],
    });
    door.post("/api/v1/dataProducts", &product).await?;
    for number in 0..HIDDEN {
        let product = json!({"name": format!("Draft {number}"), "domainId": domain["id"], "dataSourceId": "default"});
        door.post("/api/v1/accounts/me/data-products", &product).await?;
    }
    plant_reader(&mut door).await?;
    Ok(Seeds {
        domain: "Sales",
        schema: "warehouse.shop.sales",
        product: "Sales.Orders",
        table: "warehouse.shop.sales.lines",
        cloud_domain,
        project,
    })
}

/// Somebody who sees no product with a tag that no product has, which has to be asked of each of them.
async fn plant_reader(door: &mut Door<'_>) -> Result<()> {
    let rule = json!({
        "name": "not-these", "effect": "deny", "resources": ["dataProduct"], "operations": ["ViewAll", "ViewBasic"],
        "condition": "matchAnyTag('Quality.Silver')",
    });
    door.post("/api/v1/policies", &json!({"name": "Careful", "rules": [rule]})).await?;
    let role = door.post("/api/v1/roles", &json!({"name": "Reader", "policies": ["Careful"]})).await?;
    let name = READER;
    let person = json!({"name": name, "email": format!("{name}@shop.example.com"), "roles": [role["id"]]});
    door.post("/api/v1/users", &person).await?;
    Ok(())
}

struct Door<'a> {
    connection: Connection,
    admin: &'a Admin,
}

impl Door<'_> {
    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let request = self.admin.request("POST", path, body.to_string().as_bytes());
        self.ask("POST", path, &request).await
    }

    async fn signed(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.admin.key.request(method, path, body.to_string().as_bytes())?;
        self.ask(method, path, &request).await
    }

    async fn ask(&mut self, method: &str, path: &str, request: &[u8]) -> Result<Value> {
        let reply = self.connection.exchange(request).await?;
        if !(200..300).contains(&reply.status) {
            bail!("{method} {path}: {} {}", reply.status, String::from_utf8_lossy(reply.body));
        }
        serde_json::from_slice(reply.body).with_context(|| format!("the answer to {method} {path}"))
    }
}

fn text(value: &Value, member: &str) -> Result<String> {
    value[member].as_str().map(str::to_owned).with_context(|| format!("an answer without {member}: {value}"))
}
