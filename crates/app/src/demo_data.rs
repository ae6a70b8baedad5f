//! A small, realistic catalogue of a shop, for `demo`: two domains, people, a glossary, and over the tables that were
//! ingested three products.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
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

/// The service that the sample database is ingested into, and what its tables stand under.
pub const SERVICE: &str = "warehouse";
const SCHEMA: &str = "warehouse.shop.main";
/// The product that the printed lines speak of.
pub const EXAMPLE_PRODUCT: &str = "Sales Analytics";
/// Of which nobody has made a model.
pub const OTHER_PRODUCT: &str = "Delivery Times";

/// Makes the people, what they speak of and where they work. Answers how many records that are.
pub async fn people(catalog: &Catalog, caller: &Caller) -> Result<usize, Problem> {
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
    let made = commands.len();
    catalog.execute(caller, &Command::Together(commands)).await?;
    Ok(made)
}

/// Makes what is said of the tables that were ingested, and the products made of them.
pub async fn products(catalog: &Catalog, caller: &Caller) -> Result<usize, Problem> {
    let item = |kind, name: &str, fields| Item::new(catalog, kind, name, fields);
    let mut commands = vec![change(catalog, "database_service", SERVICE, |draft| {
        draft.set("description", "The shop's warehouse.");
        let sales = Target::of(Ref::Name(catalog.kind("domain"), "Sales".into()));
        draft.relate(relation::IN_DOMAIN, How::Add, "domains", vec![sales]);
    })];
    for (table, owner) in [
        ("customers", "maria"),
        ("orders", "maria"),
        ("order_items", "maria"),
        ("payments", "jonas"),
        ("shipments", "aiko"),
    ] {
        commands.push(change(catalog, "table", &format!("{SCHEMA}.{table}"), |draft| {
            let owner = Target::of(Ref::Name(catalog.kind("user"), owner.into()));
            draft.relate(relation::OWNER, How::Add, "owners", vec![owner]);
        }));
    }
    let changed = commands.len();
    commands.push(
        item("pipeline_service", "nightly", json!({"service_type": "Airflow", "description": "What runs at night."}))
            .command(),
    );
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
            &["customers", "orders", "regions"][..],
            "Sales.Trade.Customer",
        ),
        (
            "Sales",
            EXAMPLE_PRODUCT,
            "Orders and net sales by day, region and product.",
            &["orders", "order_items", "products", "customers", "regions", "daily_sales"],
            "Sales.Trade.Net sales",
        ),
        (
            "Logistics",
            OTHER_PRODUCT,
            "How long parcels take, and where they wait.",
            &["shipments", "orders"],
            "Sales.Trade.Customer",
        ),
    ] {
        let assets: Vec<String> = assets.iter().map(|table| format!("{SCHEMA}.{table}")).collect();
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
    let made = commands.len() - changed;
    catalog.execute(caller, &Command::Together(commands)).await?;
    Ok(made)
}

/// A command that changes one record by its FQN.
fn change(catalog: &Catalog, kind: &str, fqn: &str, edit: impl FnOnce(&mut Draft)) -> Command {
    let mut draft = Draft::default();
    edit(&mut draft);
    Command::Change {
        target: Ref::Name(catalog.kind(kind), fqn.into()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    }
}
