//! A small, realistic catalogue of a shop, for `demo`: two domains, people, services, tables, a glossary, three products.

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, Target};
use emporion_catalog::relation::{self, Relation};
use serde_json::{Value, json};

/// The domain and the project of the published CreateDataProduct example, so that its line runs word for word.
pub const EXAMPLE_DOMAIN: &str = "dzd_53ielnpxktdilj";
pub const EXAMPLE_PROJECT: &str = "prj7nx82mkl";

/// One record to make.
struct Item<'a> {
    catalog: &'a Catalog,
    kind: &'static str,
    parent: Option<Ref>,
    draft: Draft,
}

impl<'a> Item<'a> {
    fn new(catalog: &'a Catalog, kind: &'static str, name: &str, fields: Value) -> Item<'a> {
        let Value::Object(fields) = fields else { unreachable!("fields are an object") };
        Item { catalog, kind, parent: None, draft: Draft { name: Some(name.into()), fields, ..Draft::default() } }
    }

    fn under(mut self, kind: &str, fqn: &str) -> Self {
        self.parent = Some(Ref::Name(self.catalog.kind(kind), fqn.into()));
        self
    }

    fn linked(mut self, relation: Relation, kind: &str, fqns: &[&str]) -> Self {
        let targets = fqns.iter().map(|fqn| Target::of(Ref::Name(self.catalog.kind(kind), (*fqn).into()))).collect();
        self.draft.relate(relation, How::Add, relation.name(), targets);
        self
    }

    fn known_as(mut self, alias: &str) -> Self {
        self.draft.aliases.push((CLOUD_ID.name, alias.into()));
        self
    }

    fn command(self) -> Command {
        Command::Create {
            kind: self.catalog.kind(self.kind),
            parent: self.parent,
            draft: self.draft,
            id: None,
            rules: DoorRules::default(),
        }
    }
}

/// Makes the catalogue. Answers how many records it holds.
pub async fn seed(catalog: &Catalog, caller: &Caller) -> Result<usize, Problem> {
    let item = |kind, name: &str, fields| Item::new(catalog, kind, name, fields);
    let mut commands = vec![
        item("user", "maria", json!({"email": "maria@shop.example.com", "display_name": "Maria Silva"})).command(),
        item("user", "jonas", json!({"email": "jonas@shop.example.com", "display_name": "Jonas Berg"})).command(),
        item("user", "aiko", json!({"email": "aiko@shop.example.com", "display_name": "Aiko Tanaka"})).command(),
        item(
            "domain",
            "Sales",
            json!({"domain_type": "Source-aligned", "description": "Orders, customers and what they buy."}),
        )
        .linked(relation::OWNER, "user", &["maria"])
        .linked(relation::EXPERT, "user", &["jonas"])
        .known_as(EXAMPLE_DOMAIN)
        .command(),
        item(
            "domain",
            "Logistics",
            json!({"domain_type": "Source-aligned", "description": "From the shelf to the door."}),
        )
        .linked(relation::OWNER, "user", &["aiko"])
        .command(),
        item("team", "Insights", json!({"team_type": "Group", "description": "Turns orders into decisions."}))
            .under("domain", "Sales")
            .linked(relation::MEMBER, "user", &["admin", "maria", "jonas"])
            .known_as(EXAMPLE_PROJECT)
            .command(),
        item("glossary", "Trade", json!({"description": "What the words of the shop mean."}))
            .under("domain", "Sales")
            .command(),
    ];
    for (term, summary) in [
        ("Customer", "Somebody who has ordered at least once."),
        ("Net sales", "Ordered amounts after discounts and returns, without tax."),
        ("Churn", "A customer without an order for a year."),
    ] {
        let fields = json!({"summary": summary, "description": summary});
        commands.push(item("glossary_term", term, fields).under("glossary", "Sales.Trade").command());
    }
    let connection = json!({"config": {"type": "Postgres", "hostPort": "warehouse.shop.example.com:5432", "username": "reader", "database": "shop"}});
    commands.push(
        item(
            "database_service",
            "warehouse",
            json!({"service_type": "Postgres", "connection": connection, "description": "The shop's warehouse."}),
        )
        .linked(relation::IN_DOMAIN, "domain", &["Sales"])
        .command(),
    );
    commands.push(
        item("pipeline_service", "nightly", json!({"service_type": "Airflow", "description": "What runs at night."}))
            .command(),
    );
    commands.push(item("database", "shop", json!({})).under("database_service", "warehouse").command());
    for schema in ["sales", "logistics"] {
        commands.push(item("database_schema", schema, json!({})).under("database", "warehouse.shop").command());
    }
    for (schema, table, description, columns) in tables() {
        commands.push(
            item("table", table, json!({"description": description, "table_type": "Regular", "columns": columns}))
                .under("database_schema", &format!("warehouse.shop.{schema}"))
                .linked(relation::OWNER, "user", &[if schema == "sales" { "maria" } else { "aiko" }])
                .command(),
        );
    }
    commands.push(
        item(
            "pipeline",
            "load_orders",
            json!({
                "description": "Copies yesterday's orders into the warehouse.",
                "schedule_interval": "0 2 * * *",
                "tasks": [{"name": "extract", "downstream_tasks": ["load"]}, {"name": "load"}],
            }),
        )
        .under("pipeline_service", "nightly")
        .command(),
    );
    for (domain, product, description, assets, term) in [
        (
            "Sales",
            "Customer 360",
            "Everything known about a customer, one row each.",
            ["sales.customers", "sales.orders"],
            "Sales.Trade.Customer",
        ),
        (
            "Sales",
            "Sales Analytics",
            "Orders and net sales by day, region and product.",
            ["sales.orders", "sales.order_items"],
            "Sales.Trade.Net sales",
        ),
        (
            "Logistics",
            "Delivery Times",
            "How long parcels take, and where they wait.",
            ["logistics.shipments", "sales.orders"],
            "Sales.Trade.Customer",
        ),
    ] {
        let assets: Vec<String> = assets.iter().map(|table| format!("warehouse.shop.{table}")).collect();
        let assets: Vec<&str> = assets.iter().map(String::as_str).collect();
        commands.push(
            item("data_product", product, json!({"description": description}))
                .under("domain", domain)
                .linked(relation::OWNER, "user", &["maria"])
                .linked(relation::EXPERT, "user", &["jonas"])
                .linked(relation::TAGGED, "glossary_term", &[term])
                .linked(relation::HAS_ASSET, "table", &assets)
                .command(),
        );
    }
    let made = commands.len();
    catalog.execute(caller, &Command::Together(commands)).await?;
    Ok(made)
}

fn tables() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let column = |name: &str, data_type: &str, description: &str| json!({"name": name, "data_type": data_type, "data_type_display": data_type.to_lowercase(), "description": description});
    let key = |name: &str| json!({"name": name, "data_type": "BIGINT", "data_type_display": "bigint", "constraint": "PRIMARY_KEY"});
    vec![
        (
            "sales",
            "customers",
            "Customers, one row each.",
            json!([
                key("customer_id"),
                column("name", "TEXT", "Full name."),
                column("region", "TEXT", "Sales region."),
                column("since", "DATE", "First order.")
            ]),
        ),
        (
            "sales",
            "orders",
            "Orders, one row each.",
            json!([
                key("order_id"),
                column("customer_id", "BIGINT", "Who ordered."),
                column("ordered_at", "TIMESTAMP", "When."),
                column("status", "TEXT", "open, sent, returned.")
            ]),
        ),
        (
            "sales",
            "order_items",
            "What an order holds.",
            json!([
                column("order_id", "BIGINT", "The order."),
                column("sku", "TEXT", "The article."),
                column("quantity", "INT", "Pieces."),
                column("net_amount", "DECIMAL", "After discounts, without tax.")
            ]),
        ),
        (
            "logistics",
            "shipments",
            "Parcels on their way.",
            json!([
                key("shipment_id"),
                column("order_id", "BIGINT", "What is in it."),
                column("sent_at", "TIMESTAMP", "Left the house."),
                column("delivered_at", "TIMESTAMP", "Arrived.")
            ]),
        ),
    ]
}
