//! Grounds of several models, of odd names, and of several sources.

use emporion_semantic::chat::ground::{DatasetId, FieldId, MetricId, Type};
use emporion_semantic::chat::query::{Aggregate, Dimension, Measure, Query};
use emporion_semantic::chat::{self, Ground, LeftOut, ModelSource, TableKnown};
use emporion_semantic::guard::{Column, Dialect, Policy, Table, TableName, guard};
use emporion_semantic::model::{Format, Syntax, parse};
use jiff::civil::date;

const SALES: &str = r#"
version: 0.2.0.dev0
semantic_model:
  - name: sales
    datasets:
      - name: orders
        source: s.orders
        primary_key: [id]
        fields:
          - {name: id, expression: id}
          - {name: amount, expression: amount}
          - {name: zone, expression: '"Zone No."'}
          - {name: at, expression: at, dimension: {is_time: true}}
          - {name: code, expression: '"Zone No." || ''-'' || id'}
          - {name: ratio, expression: "amount / id"}
          - {name: day, expression: "CAST(at AS DATE)"}
          - {name: round_1, expression: round_2}
          - {name: round_2, expression: round_1}
    metrics:
      - {name: total, expression: SUM(orders.amount)}
      - {name: monthly, expression: "total / COUNT(DISTINCT DATE_TRUNC('month', orders.at))"}
      - {name: zone_total, expression: "SUM(CASE WHEN orders.zone = 'a' THEN orders.amount END) FILTER (WHERE orders.id > 1)"}
"#;

const MARKETING: &str = r#"
version: 0.2.0.dev0
semantic_model:
  - name: both
    datasets:
      - {name: orders, source: $ref(sales.orders), primary_key: [id], fields: []}
      - name: zones
        source: zones
        primary_key: [zone]
        fields:
          - {name: zone, expression: zone}
          - {name: "title", expression: title, label: "The \"odd\" [zone].title"}
    relationships:
      - {name: in_zone, from: orders, to: zones, from_columns: ["Zone No."], to_columns: [zone]}
    metrics:
      - {name: per_zone, expression: SUM(orders.amount) / COUNT(zones.zone)}
"#;

fn made(dialect: Dialect, zones: usize) -> (Ground, Vec<LeftOut>) {
    let read = |text: &str| parse(text, Syntax::Yaml, Format::Osi, "m").expect("a model").model;
    let (sales, both) = (read(SALES), read(MARKETING));
    let tables = |_: Option<&str>, source: &str| {
        let (schema, name, source, columns): (Option<&str>, _, _, &[(&str, &str)]) = match source {
            "s.orders" => (
                Some("s"),
                "Order \"Lines",
                0,
                &[("id", "INT"), ("amount", "DECIMAL"), ("Zone No.", "VARCHAR"), ("at", "TIMESTAMPTZ")],
            ),
            "zones" => (None, "zones", zones, &[("zone", "VARCHAR"), ("title", "TEXT")]),
            _ => return None,
        };
        // SQLite and PostgreSQL cannot name a table with their own quote in it here.
        let name = if dialect == Dialect::MySql { name.to_owned() } else { name.replace('"', "'") };
        let columns = columns.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect();
        let name = TableName { schema: schema.map(str::to_owned), name };
        Some(TableKnown { name, dialect, source, columns, personal: Vec::new(), rows: None })
    };
    Ground::of(
        &[
            ModelSource { namespace: None, model: &both, is_generated: false },
            ModelSource { namespace: Some("sales"), model: &sales, is_generated: true },
        ],
        &tables,
    )
}

fn plans(ground: &Ground, query: &Query) -> String {
    let statement = chat::plan(ground, query, date(2026, 11, 20)).unwrap_or_else(|it| panic!("{}", it.message(ground)));
    let mut policy = Policy::new(statement.dialect);
    for dataset in &ground.datasets {
        let columns = ["id", "amount", "Zone No.", "at", "zone", "title"].map(Column::named).to_vec();
        policy
            .allow(Table { name: dataset.table.clone(), columns: Some(columns), filter: None, rows: None })
            .expect("a table");
    }
    guard(&statement.sql, &policy, &statement.parameters).unwrap_or_else(|it| panic!("{it}\n{}", statement.sql)).sql
}

#[test]
fn products_are_composed_under_their_names() {
    for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
        let (ground, left) = made(dialect, 0);
        let names: Vec<&str> = ground.datasets.iter().map(|it| it.names.name.as_str()).collect();
        assert_eq!(names, ["sales.orders", "zones"]);
        let left: Vec<&str> = left.iter().map(|it| it.part.as_str()).collect();
        assert_eq!(left, ["sales.orders.round_1", "sales.orders.round_2"]);
        let metrics: Vec<&str> = ground.metrics.iter().map(|it| it.names.name.as_str()).collect();
        assert_eq!(metrics, ["sales.total", "sales.monthly", "sales.zone_total", "per_zone"]);
        assert!(!ground.is_hand_made);
        let field = |path: &str| {
            FieldId((0..ground.fields.len()).find(|at| ground.path(FieldId(*at)) == path).expect("a field"))
        };
        assert_eq!(ground.field(field("sales.orders.code")).ty, Type::Text);
        assert_eq!(ground.field(field("sales.orders.ratio")).ty, Type::Number);
        assert_eq!(ground.field(field("sales.orders.day")).ty, Type::Date);
        // Of the standard's signs only those that mean the same are left.
        let code = &ground.field(field("sales.orders.code")).expression;
        assert_eq!(code.contains("||"), dialect != Dialect::MySql, "{code}");
        let at = &ground.field(field("sales.orders.at")).expression;
        assert_eq!(at.contains("AT TIME ZONE 'UTC'"), dialect == Dialect::PostgreSql, "{at}");
        for metric in 0..ground.metrics.len() {
            for path in ["zones.title", "zones.zone"] {
                let dimensions = vec![Dimension { field: field(path), grain: None }];
                plans(
                    &ground,
                    &Query { measures: vec![Measure::Metric(MetricId(metric))], dimensions, ..Query::default() },
                );
            }
        }
        for field in (0..ground.fields.len()).map(FieldId) {
            plans(&ground, &Query { dimensions: vec![Dimension { field, grain: None }], ..Query::default() });
            for aggregate in [Aggregate::Count, Aggregate::CountDistinct, Aggregate::Minimum, Aggregate::Maximum] {
                plans(&ground, &Query { measures: vec![Measure::Of { aggregate, field }], ..Query::default() });
            }
        }
        let rows = Query { listed: Some(DatasetId(0)), ..Query::default() };
        plans(&ground, &rows);
    }
}

#[test]
fn one_statement_reads_one_source() {
    let (ground, left) = made(Dialect::Sqlite, 1);
    assert!(left.iter().any(|it| it.part == "in_zone" && it.reason.contains("two sources")), "{left:?}");
    let title = FieldId(ground.fields.iter().position(|field| field.names.name == "title").expect("a field"));
    let dimensions = vec![Dimension { field: title, grain: None }];
    let query = Query { measures: vec![Measure::CountOf(DatasetId(0))], dimensions, ..Query::default() };
    let problem = chat::plan(&ground, &query, date(2026, 11, 20)).expect_err("two sources");
    assert_eq!(problem.code(), "E_SEVERAL_SOURCES");
}

#[test]
fn figures_of_each_source_stand_in_one_model() {
    const BOTH: &str = r#"
version: 0.2.0.dev0
semantic_model:
  - name: both
    datasets:
      - {name: calls, source: calls, primary_key: [id], fields: [{name: id, expression: id}, {name: minutes, expression: minutes}]}
      - {name: sales, source: sales, primary_key: [id], fields: [{name: id, expression: id}, {name: takings, expression: takings}]}
    metrics:
      - {name: minutes_sum, expression: SUM(calls.minutes)}
      - {name: takings_sum, expression: SUM(sales.takings)}
      - {name: mixed, expression: SUM(sales.takings) / SUM(calls.minutes)}
"#;
    let model = parse(BOTH, Syntax::Yaml, Format::Osi, "m").expect("a model").model;
    for other in [Dialect::Sqlite, Dialect::MySql, Dialect::PostgreSql] {
        let tables = |_: Option<&str>, table: &str| {
            let (dialect, source) = if table == "calls" { (Dialect::PostgreSql, 0) } else { (other, 1) };
            let columns = [("id", "INT"), ("minutes", "INT"), ("takings", "INT")];
            let columns = columns.map(|(name, ty)| (name.to_owned(), ty.to_owned())).to_vec();
            let name = TableName { schema: None, name: table.to_owned() };
            Some(TableKnown { name, dialect, source, columns, personal: Vec::new(), rows: None })
        };
        let (ground, left) =
            Ground::of(&[ModelSource { namespace: None, model: &model, is_generated: false }], &tables);
        let metrics: Vec<&str> = ground.metrics.iter().map(|metric| metric.names.name.as_str()).collect();
        assert_eq!(metrics, ["minutes_sum", "takings_sum"], "{other:?}");
        let left: Vec<(&str, &str)> = left.iter().map(|it| (it.part.as_str(), it.reason.as_str())).collect();
        assert_eq!(left, [("mixed", "it is over tables of two sources")], "{other:?}");
        let takings = Query { measures: vec![Measure::Metric(MetricId(1))], ..Query::default() };
        assert_eq!(chat::plan(&ground, &takings, date(2026, 11, 20)).expect("a statement").dialect, other);
    }
}

/// A source's model, and what hides in it.
const SOURCE: &str = r#"
version: 0.2.0.dev0
semantic_model:
  - name: sales
    datasets:
      - name: orders
        source: main.orders
        primary_key: [id]
        fields:
          - {name: id, expression: id}
          - {name: amount, expression: amount * 0.8}
          - {name: cost, expression: cost, custom_extensions: [{vendor_name: EMPORION, data: '{"hidden": true}'}]}
"#;

/// The datasets of a model over the source `sales`, as questions would meet them.
fn composed(datasets: &str, metrics: &str, more: &[(&str, &str)]) -> (Ground, Vec<String>) {
    let read =
        |text: &str| parse(text, Syntax::Yaml, Format::Osi, "m").unwrap_or_else(|it| panic!("{it:?}\n{text}")).model;
    let own = format!(
        "version: 0.2.0.dev0\nsemantic_model:\n  - name: board\n    datasets:\n{datasets}    metrics:\n{metrics}"
    );
    let mut models = vec![(None, read(&own))];
    models.extend(more.iter().map(|(space, text)| (Some(*space), read(text))));
    let sources: Vec<ModelSource<'_>> = models
        .iter()
        .map(|(namespace, model)| ModelSource { namespace: *namespace, model, is_generated: false })
        .collect();
    let tables = |namespace: Option<&str>, source: &str| {
        let name = match (namespace, source) {
            (Some("sales"), "main.orders" | "orders") => "orders",
            (Some("sales"), "refunds") => "refunds",
            _ => return None,
        };
        let columns = ["id", "amount", "cost", "email"].map(|name| (name.to_owned(), "INTEGER".to_owned())).to_vec();
        let name = TableName { schema: Some("main".to_owned()), name: name.to_owned() };
        let personal = vec!["email".to_owned()];
        Some(TableKnown { name, dialect: Dialect::Sqlite, source: 0, columns, personal, rows: None })
    };
    let (ground, left) = Ground::of(&sources, &tables);
    (ground, left.into_iter().map(|it| it.part).collect())
}

fn field_names(ground: &Ground) -> Vec<String> {
    (0..ground.fields.len()).map(|at| ground.path(FieldId(at))).collect()
}

fn metrics(ground: &Ground) -> Vec<(&str, &str)> {
    ground.metrics.iter().map(|it| (it.names.name.as_str(), it.expression.as_str())).collect()
}

#[test]
fn a_model_says_more_of_a_dataset_that_it_refers_to() {
    let datasets = r#"
      - name: bookings
        source: $ref(sales.orders)
        fields:
          - {name: amount, expression: amount}
          - {name: half, expression: bookings.amount / 2}
          - {name: twice, expression: half * 4}
          - {name: spent, expression: cost}
          - {name: hides, expression: spent + 1}
          - {name: mail, expression: email}
"#;
    let total = "      - {name: total, expression: SUM(bookings.half)}\n      - {name: all, expression: SUM(amount)}\n";
    let (ground, left) = composed(datasets, total, &[("sales", SOURCE)]);
    assert_eq!(left, [""; 0]);
    // One dataset, with the fields of both; what the source hides stays hidden, and so does what tells of persons.
    assert_eq!(ground.datasets.len(), 1);
    let wanted = ["id", "amount", "half", "twice"].map(|name| format!("sales.orders.{name}"));
    assert_eq!(field_names(&ground), wanted);
    let amount = r#"("sales.orders"."amount" * 0.8)"#;
    let half = format!("SUM(({amount} * 1.0 / 2))");
    let found = metrics(&ground);
    assert_eq!(found[1], ("all", format!("SUM({amount})").as_str()));
    assert!(found[0].1.contains(amount) && found[0].1.starts_with("SUM("), "{} {half}", found[0].1);
}

#[test]
fn fields_that_contradict_the_source_are_not_asked_for_by_name_and_counted_as_written() {
    let datasets = r#"
      - name: bookings
        source: $ref(sales.orders)
        fields:
          - {name: amount, expression: amount * 100}
"#;
    let (ground, left) =
        composed(datasets, "      - {name: total, expression: SUM(bookings.amount)}\n", &[("sales", SOURCE)]);
    assert_eq!(left, ["sales.orders.amount"]);
    assert_eq!(ground.metrics.len(), 1);
    let total = &ground.metrics[0].expression;
    assert!(total.contains("0.8") && total.contains("100"), "{total}");
}

#[test]
fn a_reference_leads_to_any_model_of_its_product_and_else_to_a_table() {
    let other = SOURCE.replace("name: orders", "name: deliveries").replace("name: sales", "name: second");
    let datasets = r#"
      - {name: d, source: $ref(sales.deliveries), fields: []}
      - name: refunds
        source: $ref(sales.refunds)
        primary_key: [id]
        fields: [{name: amount, expression: amount}]
      - {name: again, source: $ref(sales.refunds), fields: [{name: size, expression: amount}]}
      - {name: none, source: $ref(sales.nothing), fields: []}
"#;
    let sums = "      - {name: sent, expression: SUM(d.amount)}\n      - {name: back, expression: SUM(refunds.amount)}\n      - {name: size, expression: MAX(again.size)}\n";
    let (ground, left) = composed(datasets, sums, &[("sales", SOURCE), ("sales", &other)]);
    assert_eq!(left, ["none"]);
    let names: Vec<&str> = ground.datasets.iter().map(|it| it.names.name.as_str()).collect();
    assert_eq!(names, ["sales.orders", "sales.deliveries", "sales.refunds"]);
    assert_eq!(ground.datasets[2].primary_key, ["id"]);
    assert_eq!(metrics(&ground).iter().map(|it| it.0).collect::<Vec<_>>(), ["sent", "back", "size"]);
    assert!(metrics(&ground)[1].1.contains("sales.refunds"));
}

#[test]
fn expressions_that_name_one_another_again_and_again_are_left_out() {
    let mut fields = "          - {name: f0, expression: id + 1}\n".to_owned();
    for at in 1..8 {
        let sum = vec![format!("f{}", at - 1); 60].join(" + ");
        fields += &format!("          - {{name: f{at}, expression: {sum}}}\n");
    }
    let datasets = format!("      - name: orders\n        source: $ref(sales.orders)\n        fields:\n{fields}");
    let (ground, left) = composed(&datasets, "      - {name: n, expression: COUNT(orders.id)}\n", &[("sales", SOURCE)]);
    assert!(ground.fields.iter().all(|field| field.expression.len() < 1_000_000));
    assert!(left.contains(&"sales.orders.f7".to_owned()), "{left:?}");
    assert_eq!(ground.metrics.len(), 1);
}
