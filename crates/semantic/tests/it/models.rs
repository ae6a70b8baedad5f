//! Semantic models: reading, printing, importing, exporting, patching, generating, and what is wrong with them.

use emporion_semantic::model::{
    Format, Model, SourceColumn, SourceForeignKey, SourceTable, Syntax, Violation, check, export, generate, import,
    parse, patch, print, read, to_yaml,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const RETAIL: &str = r#"
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    datasets:
      - name: orders
        source: shop.orders
        primary_key: [order_id]
        fields:
          - name: order_date
            expression: {dialects: [{dialect: ANSI_SQL, expression: order_date}]}
            dimension: {is_time: true}
          - name: status
            expression: {dialects: [{dialect: ANSI_SQL, expression: status}]}
      - name: customers
        source: shop.customers
        primary_key: [id]
        fields:
          - name: region
            expression: {dialects: [{dialect: ANSI_SQL, expression: region}]}
            dimension: {is_time: false}
            ai_context: {synonyms: [area, territory]}
            custom_extensions:
              - {vendor_name: EMPORION, data: '{"sampleValues": ["EU", "US"], "enumerated": true}'}
              - {vendor_name: OTHER, data: "kept"}
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [customer_id], to_columns: [id]}
    metrics:
      - name: net_sales
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}
        ai_context: {synonyms: [revenue, turnover, sales]}
"#;

fn osi(text: &str) -> Result<Model, Vec<Violation>> {
    parse(text, Syntax::Yaml, Format::Osi, "m").map(|read| read.model)
}

fn found(text: &str) -> Vec<(String, &'static str)> {
    osi(text).unwrap_err().into_iter().map(|violation| (violation.path, violation.rule)).collect()
}

/// The retail document with one text replaced.
fn retail(from: &str, to: &str) -> String {
    assert!(RETAIL.contains(from), "{from}");
    RETAIL.replace(from, to)
}

fn columns(source: &str) -> Option<Vec<String>> {
    let names: &[&str] = match source {
        "shop.orders" => &["order_id", "customer_id", "order_date", "status", "amount"],
        "shop.customers" => &["id", "region"],
        _ => return None,
    };
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_document_reads_and_prints_as_the_same_model() {
    let model = osi(RETAIL).unwrap();
    assert_eq!((model.datasets.len(), model.relationships.len(), model.metrics.len()), (2, 1, 1));
    assert_eq!(model.datasets[1].fields[0].common.extension["enumerated"], json!(true));
    let printed = print(&model);
    assert_eq!(import(&printed, Format::Osi, "m").unwrap().model, model);
    assert_eq!(osi(&to_yaml(&printed)).unwrap(), model);
    assert_eq!(parse(&printed.to_string(), Syntax::Json, Format::Osi, "m").unwrap().model, model);
}

#[test]
fn a_document_of_all_three_shapes_of_expressions_and_versions_is_read() {
    for (shape, root) in [
        ("SUM(orders.amount)", "version: '1.1'\n"),
        ("{dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}", ""),
        ("[{dialect: ANSI_SQL, expression: SUM(orders.amount)}]", "version: '1.0'\n"),
    ] {
        let text = format!(
            "{root}semantic_model:\n- name: m\n  datasets: [{{name: orders, source: t}}]\n  metrics:\n  - name: s\n    expression: {shape}\n"
        );
        assert_eq!(osi(&text).unwrap().metrics[0].expression.any(), "SUM(orders.amount)", "{text}");
    }
}

#[test]
fn everything_wrong_is_said_at_once_with_its_place() {
    let text = r"
version: '0.2.0.dev0'
semantic_model:
  - description: 5
    colour: red
    datasets:
      - {name: a, source: t, primary_key: id}
      - {name: A, source: [t]}
      - 7
    relationships: [{name: r, from: a, to: nowhere, from_columns: [x], to_columns: []}]
    metrics: [{name: m}, {name: n, expression: {dialects: []}}, {name: o, expression: 5}]
";
    let found = found(text);
    for expected in [
        ("/colour", "UNKNOWN_PROPERTY"),
        ("/name", "REQUIRED"),
        ("/datasets/0/primary_key", "TYPE"),
        ("/datasets/1/source", "TYPE"),
        ("/datasets/2", "TYPE"),
        ("/relationships/0/to_columns", "REQUIRED"),
        ("/metrics/0/expression", "REQUIRED"),
        ("/metrics/1/expression", "REQUIRED"),
        ("/metrics/2/expression", "TYPE"),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 9, "{found:?}");
}

#[test]
fn each_rule_of_models_is_kept() {
    let one = |from: &str, to: &str| {
        let found = found(&retail(from, to));
        assert_eq!(found.len(), 1, "{to}: {found:?}");
        found.into_iter().next().unwrap()
    };
    let said = |path: &str, rule: &'static str| (path.to_owned(), rule);
    assert_eq!(one("0.2.0.dev0", "9.9"), said("/version", "UNKNOWN_VERSION"));
    assert_eq!(one("- name: status", "- name: Order_Date"), said("/datasets/0/fields/1/name", "DUPLICATE_NAME"));
    assert_eq!(one("to: customers", "to: clients"), said("/relationships/0/to", "UNKNOWN_DATASET"));
    assert_eq!(one("to_columns: [id]", "to_columns: [id, x]"), said("/relationships/0/to_columns", "COLUMN_COUNT"));
    assert_eq!(one("SUM(orders.amount)", "orders.amount"), said("/metrics/0/expression", "NO_AGGREGATE"));
    assert_eq!(
        one("expression: status}", "expression: MAX(status)}"),
        said("/datasets/0/fields/1/expression", "AGGREGATE_IN_FIELD")
    );
    assert_eq!(one("SUM(orders.amount)", "SUM(bills.amount)"), said("/metrics/0/expression", "UNKNOWN_DATASET"));
    for broken in
        ["\"SUM(\"", "\"SUM(orders.amount) extra\"", "\"(SELECT 1)\"", "\"pg_sleep(1)\"", "\"1; DROP TABLE x\""]
    {
        assert_eq!(one("SUM(orders.amount)", broken), said("/metrics/0/expression", "EXPRESSION"), "{broken}");
    }
}

#[test]
fn warnings_do_not_refuse() {
    let read =
        parse(&retail("dimension: {is_time: true}", "dimension: {is_time: false}"), Syntax::Yaml, Format::Osi, "m")
            .unwrap();
    assert_eq!(read.warnings[0].rule, "NO_SAMPLE_VALUES");
    assert_eq!(read.warnings[0].path, "/datasets/0/fields/0");
    // The reference's own example says no dimension, but other names; without those nobody asks for its values.
    let plain = RETAIL.replace("            dimension: {is_time: false}\n", "").replace("EMPORION", "NOBODY");
    let warned = |text: &str| parse(text, Syntax::Yaml, Format::Osi, "m").unwrap().warnings;
    let found: Vec<_> = warned(&plain).into_iter().map(|warning| (warning.path, warning.rule)).collect();
    assert_eq!(found, [("/datasets/1/fields/0".to_owned(), "NO_SAMPLE_VALUES")]);
    assert_eq!(warned(&plain.replace("            ai_context: {synonyms: [area, territory]}\n", "")), []);
    assert_eq!(warned(&plain.replace("expression: region", "expression: LENGTH(region)")), []);
    let twice =
        "      - {name: again, from: orders, to: customers, from_columns: [other_id], to_columns: [nr]}\n    metrics:";
    let read = parse(&retail("    metrics:", twice), Syntax::Yaml, Format::Osi, "m").unwrap();
    let rules: Vec<_> = read.warnings.iter().map(|warning| warning.rule).collect();
    assert_eq!(rules, ["NOT_A_KEY", "AMBIGUOUS_PATH"]);
}

#[test]
fn columns_are_held_against_the_catalogue() {
    let errors = |text: &str| check(&osi(text).unwrap(), &columns).0;
    assert!(errors(RETAIL).is_empty(), "{:?}", errors(RETAIL));
    let wrong = errors(&retail("SUM(orders.amount)", "SUM(orders.amout)"));
    assert_eq!(wrong[0].path, "/metrics/0/expression");
    assert_eq!(wrong[0].rule, "UNKNOWN_FIELD");
    assert_eq!(wrong[0].message, "orders.amout does not exist; did you mean orders.amount?");
    assert_eq!(errors(&retail("shop.customers", "shop.clients"))[0].path, "/datasets/1/source");
    assert_eq!(
        errors(&retail("from_columns: [customer_id]", "from_columns: [client]"))[0].path,
        "/relationships/0/from_columns/0"
    );
    assert_eq!(errors(&retail("primary_key: [order_id]", "primary_key: [nr]"))[0].path, "/datasets/0/primary_key/0");
}

#[test]
fn yaml_that_means_harm_is_refused() {
    let refused = |text: &str| found(text)[0].1;
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    assert_eq!(refused(&bomb), "TOO_LARGE");
    assert_eq!(refused(&format!("{}{}", "[".repeat(100), "]".repeat(100))), "TOO_DEEP");
    // Which of the two bounds is met first is the parser's business.
    for text in ["[".repeat(10_000), "- ".repeat(10_000), "a: {".repeat(10_000)] {
        assert!(matches!(refused(&text), "TOO_DEEP" | "NOT_YAML"));
    }
    assert_eq!(refused(&format!("a: {}", "x".repeat(3_000_000))), "TOO_LARGE");
    assert_eq!(refused(&format!("[{}]", "1,".repeat(300_000))), "TOO_LARGE");
    assert_eq!(refused("a: 1\na: 2"), "DUPLICATE_KEY");
    assert_eq!(refused("a: 1\n---\nb: 2"), "NOT_YAML");
    assert_eq!(refused("a: &x [*x]"), "NOT_YAML");
    assert_eq!(refused("? [a]\n: b"), "NOT_YAML");
    assert_eq!(refused("a: *nothing"), "NOT_YAML");
    assert_eq!(refused("\t- a: ["), "NOT_YAML");
    assert_eq!(refused(""), "TYPE");
    assert_eq!(refused("just a text"), "TYPE");
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert_eq!(parse(&deep, Syntax::Json, Format::Osi, "m").unwrap_err()[0].rule, "TOO_DEEP");
    assert_eq!(parse(&"[".repeat(100_000), Syntax::Json, Format::Osi, "m").unwrap_err()[0].rule, "NOT_JSON");
}

#[test]
fn texts_in_a_document_hold_no_more_than_it_may() {
    let data = format!("{{\"a\": [{}0]}}", "0,".repeat(60_000));
    let with = |count: usize| {
        let extensions = vec![json!({"vendor_name": "EMPORION", "data": data}); count];
        json!({"semantic_model": [{"name": "m", "datasets": [], "custom_extensions": extensions}]})
    };
    let read = |count| read(&with(count), Format::Osi, "m");
    assert!(read(3).is_ok());
    let refused: Vec<_> = read(4).unwrap_err().into_iter().map(|found| (found.path, found.rule)).collect();
    assert_eq!(refused, [("/custom_extensions/3/data".to_owned(), "TOO_LARGE")]);
}

#[test]
fn an_honest_anchor_is_no_bomb() {
    let text = "semantic_model:\n- name: m\n  datasets:\n  - {name: a, source: t, primary_key: &k [id]}\n  - {name: b, source: u, primary_key: *k}\n";
    assert_eq!(osi(text).unwrap().datasets[1].primary_key, ["id"]);
}

#[test]
fn expressions_that_grow_without_end_are_refused() {
    let mut text = String::from(
        "semantic_models: [{name: a, model: ref('a'), entities: [], measures: [{name: m0, agg: sum}]}]\nmetrics:\n- {name: m0, type: simple, type_params: {measure: m0}}\n",
    );
    for n in 1..60 {
        text += &format!(
            "- {{name: m{n}, type: ratio, type_params: {{numerator: m{}, denominator: m{}}}}}\n",
            n - 1,
            n - 1
        );
    }
    assert!(parse(&text, Syntax::Yaml, Format::MetricFlow, "m").is_err());
}

const SNOWFLAKE: &str = r"
name: retail
description: the shop
tables:
  - name: orders
    base_table: {database: DB, schema: SHOP, table: ORDERS}
    primary_key: {columns: [id]}
    dimensions:
      - {name: status, expr: status, data_type: TEXT, synonyms: [state], sample_values: [open, paid], is_enum: true}
    time_dimensions:
      - {name: order_date, expr: order_date, data_type: DATE}
    facts:
      - {name: amount, expr: amount, data_type: NUMBER}
    metrics:
      - {name: net_sales, expr: SUM(amount), synonyms: [revenue]}
  - name: customers
    base_table: {schema: SHOP, table: CUSTOMERS}
    primary_key: {columns: [id]}
    dimensions: [{name: region, expr: region, sample_values: [EU]}]
relationships:
  - name: o2c
    left_table: orders
    right_table: customers
    relationship_columns: [{left_column: customer_id, right_column: id}]
verified_queries:
  - {name: total, question: What did we sell?, sql: SELECT SUM(amount) FROM orders, use_as_onboarding_question: true}
";

#[test]
fn snowflake_documents_come_in_and_go_out() {
    let read = parse(SNOWFLAKE, Syntax::Yaml, Format::Snowflake, "m").unwrap();
    assert_eq!(read.verified_queries[0].question, "What did we sell?");
    let model = read.model;
    assert_eq!(
        (model.datasets[0].source.as_str(), model.datasets[1].source.as_str()),
        ("DB.SHOP.ORDERS", "SHOP.CUSTOMERS")
    );
    assert_eq!(model.metrics[0].expression.any(), "SUM(orders.amount)");
    assert_eq!(
        model.datasets[0].fields.iter().map(|field| field.time_dimension).collect::<Vec<_>>(),
        [Some(false), Some(true), None]
    );
    assert_eq!(
        model.datasets[0].fields[0].common.extension,
        json!({"sampleValues": ["open", "paid"], "enumerated": true})
    );
    let quoted = SNOWFLAKE.replace("table: ORDERS", "table: \"OR.DERS\"");
    assert_ne!(quoted, SNOWFLAKE);
    let quoted = parse(&quoted, Syntax::Yaml, Format::Snowflake, "m").unwrap().model;
    assert_eq!(quoted.datasets[0].source, "DB.SHOP.\"OR.DERS\"");
    let table = export(&quoted, Format::Snowflake)["tables"][0]["base_table"].clone();
    assert_eq!(table, json!({"database": "DB", "schema": "SHOP", "table": "OR.DERS"}));
    let again = import(&export(&model, Format::Snowflake), Format::Snowflake, "m").unwrap().model;
    assert_eq!(again, model);
    let reference = SNOWFLAKE.replace("base_table: {schema: SHOP, table: CUSTOMERS}", "ref: $ref(sales.customers)");
    let read = parse(&reference, Syntax::Yaml, Format::Snowflake, "m").unwrap();
    assert_eq!(read.model.datasets[1].source, "$ref(sales.customers)");
    assert_eq!(parse("name: x", Syntax::Yaml, Format::Snowflake, "m").unwrap_err()[0].path, "/tables");
}

const METRICFLOW: &str = r"
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: order_date}
    entities:
      - {name: order, type: primary, expr: id}
      - {name: customer, type: foreign, expr: customer_id}
    dimensions:
      - {name: order_date, type: time, type_params: {time_granularity: day}}
      - {name: status, type: categorical}
    measures:
      - {name: amount, agg: sum, expr: amount}
      - {name: buyers, agg: count_distinct, expr: customer_id, create_metric: true}
  - name: customers
    model: ref('customers')
    entities: [{name: customer, type: primary, expr: id}]
    dimensions: [{name: region, type: categorical}]
metrics:
  - {name: doubled, type: derived, type_params: {expr: 2 * sales, metrics: [{name: net_sales, alias: sales}]}}
  - {name: net_sales, label: Net sales, type: simple, type_params: {measure: amount}}
  - {name: per_buyer, type: ratio, type_params: {numerator: net_sales, denominator: {name: buyers}}}
  - {name: so_far, type: cumulative, type_params: {measure: amount}}
";

#[test]
fn metricflow_documents_come_in_and_go_out() {
    let read = parse(METRICFLOW, Syntax::Yaml, Format::MetricFlow, "shop").unwrap();
    assert!(read.warnings.iter().any(|warning| warning.rule == "UNSUPPORTED" && warning.path == "/metrics/3/type"));
    let model = read.model;
    assert_eq!(model.common.name, "shop");
    let text = |name: &str| {
        model.metrics.iter().find(|metric| metric.common.name == name).unwrap().expression.any().to_owned()
    };
    assert_eq!(text("net_sales"), "SUM(orders.amount)");
    assert_eq!(text("buyers"), "COUNT(DISTINCT orders.customer_id)");
    assert_eq!(text("per_buyer"), "(SUM(orders.amount)) / NULLIF(COUNT(DISTINCT orders.customer_id), 0)");
    assert_eq!(text("doubled"), "2 * (SUM(orders.amount))");
    let relationship = &model.relationships[0];
    assert_eq!(
        (
            relationship.from.as_str(),
            relationship.to.as_str(),
            relationship.from_columns[0].as_str(),
            relationship.to_columns[0].as_str()
        ),
        ("orders", "customers", "customer_id", "id")
    );
    assert_eq!(model.datasets[0].common.extension["defaultTimeField"], "order_date");
    let again = import(&export(&model, Format::MetricFlow), Format::MetricFlow, "m").unwrap().model;
    assert_eq!(again.datasets.len(), 2);
    assert_eq!(again.relationships[0].from_columns, ["customer_id"]);
    assert_eq!(again.metrics.len(), 2);
    let unknown = parse(
        &METRICFLOW.replace("measure: amount}}\n  - {name: per", "measure: nothing}}\n  - {name: per"),
        Syntax::Yaml,
        Format::MetricFlow,
        "m",
    )
    .unwrap_err();
    assert!(
        unknown
            .iter()
            .any(|violation| violation.path == "/metrics/1/type_params/measure" && violation.rule == "UNKNOWN_MEASURE"),
        "{unknown:?}"
    );
}

const CUBE: &str = r#"
cubes:
  - name: orders
    sql_table: shop.orders
    joins:
      - {name: customers, sql: "{CUBE}.customer_id = {customers}.id", relationship: many_to_one}
    dimensions:
      - {name: id, sql: id, type: number, primary_key: true}
      - {name: created, sql: "{CUBE}.order_date", type: time, title: Order date}
    measures:
      - {name: count, type: count}
      - {name: net_sales, sql: amount, type: sum}
      - {name: average, sql: "${CUBE}.amount", type: avg}
  - name: customers
    sql: SELECT * FROM shop.customers
    dimensions: [{name: id, sql: id, type: number, primary_key: true}, {name: region, sql: region, type: string}]
"#;

#[test]
fn cube_documents_come_in_and_go_out() {
    let model = parse(CUBE, Syntax::Yaml, Format::Cube, "shop").unwrap().model;
    let texts: Vec<&str> = model.metrics.iter().map(|metric| metric.expression.any()).collect();
    assert_eq!(texts, ["COUNT(orders.id)", "SUM(orders.amount)", "AVG(orders.amount)"]);
    assert_eq!(model.datasets[0].fields[1].expression.any(), "order_date");
    assert_eq!(
        (model.datasets[1].source.as_str(), model.relationships[0].from_columns[0].as_str()),
        ("shop.customers", "customer_id")
    );
    let again = import(&export(&model, Format::Cube), Format::Cube, "m").unwrap().model;
    assert_eq!(again, model);
}

#[test]
fn cube_has_a_type_for_each_dimension_and_measure() {
    let columns = [
        ("id", "BIGINT"),
        ("placed", "TIMESTAMP"),
        ("country", "VARCHAR"),
        ("size", "SMALLINT"),
        ("is_gift", "BOOLEAN"),
        ("weight", "DOUBLE"),
        ("photo", "BLOB"),
    ];
    let column = |(name, data_type): (&str, &str)| SourceColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        ..SourceColumn::default()
    };
    let table = SourceTable {
        name: "orders".to_owned(),
        columns: columns.map(column).into(),
        primary_key: vec!["id".to_owned()],
        ..SourceTable::default()
    };
    let mut model = generate("m", &[table]);
    model.metrics.clear();
    for (name, text) in [
        ("a", "COUNT(orders.id)"),
        ("b", "COUNT(DISTINCT orders.country)"),
        ("c", "AVG(orders.weight)"),
        ("d", "MIN(orders.placed)"),
        ("e", "MEDIAN(orders.weight)"),
        ("f", "SUM(orders.weight) / COUNT(orders.id)"),
    ] {
        let common = emporion_semantic::model::Common { name: name.to_owned(), ..Default::default() };
        let expression = emporion_semantic::model::Expression::ansi(text);
        model.metrics.push(emporion_semantic::model::Metric { common, expression });
    }
    let cube = &export(&model, Format::Cube)["cubes"][0];
    let types = |list: &str| -> Vec<&str> {
        cube[list].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect()
    };
    assert_eq!(types("dimensions"), ["number", "time", "string", "number", "boolean", "number", "string"]);
    assert_eq!(cube["dimensions"][6]["public"], false, "nobody asks for bytes");
    assert_eq!(types("measures"), ["count", "count_distinct", "avg", "min", "number", "number"]);
    assert_eq!(cube["measures"][5]["sql"], "SUM(weight) / COUNT(id)");
    let again = import(&export(&model, Format::Cube), Format::Cube, "m").unwrap().model;
    let texts = |model: &emporion_semantic::model::Model| -> Vec<String> {
        model.metrics.iter().map(|metric| metric.expression.any().to_owned()).collect()
    };
    assert_eq!(texts(&again), texts(&model));
    let types =
        |at: usize| (again.datasets[0].fields[at].data_type.as_deref(), again.datasets[0].fields[at].time_dimension);
    assert_eq!((types(1), types(4)), ((Some("DateTime"), Some(true)), (Some("Boolean"), Some(false))));
}

#[test]
fn what_cube_cannot_say_here_is_told_and_measures_over_measures_are_put_together() {
    let text = CUBE
        .replace("type: avg}", "type: avg}\n      - {name: share, sql: \"1.0 * {net_sales} / NULLIF({count}, 0)\", type: number}")
        .replace("title: Order date}", "title: Order date}\n      - {name: place, type: geo, latitude: {sql: lat}}")
        .replace("type: count}", "type: count}\n      - {name: running, sql: amount, type: running_total}\n      - {name: late, sql: \"MAX({CUBE}.order_date)\", type: time}");
    let read = parse(&text, Syntax::Yaml, Format::Cube, "shop").unwrap();
    let told: Vec<&str> =
        read.warnings.iter().filter(|it| it.rule == "UNSUPPORTED").map(|it| it.path.as_str()).collect();
    assert_eq!(told, ["/cubes/0/dimensions/2/type", "/cubes/0/measures/1/type"]);
    let texts: Vec<&str> = read.model.metrics.iter().map(|metric| metric.expression.any()).collect();
    assert_eq!(texts[1], "MAX(orders.order_date)");
    assert_eq!(texts[4], "1.0 * (SUM(orders.amount)) / NULLIF((COUNT(orders.id)), 0)");
    assert_eq!(read.model.datasets[0].fields.len(), 2);
}

#[test]
fn two_ways_through_other_datasets_are_told() {
    let told = |edges: &[(&str, &str)]| -> Vec<(String, String)> {
        let mut names: Vec<&str> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
        names.sort_unstable();
        names.dedup();
        let datasets: Vec<Value> =
            names.iter().map(|name| json!({"name": name, "source": name, "primary_key": ["id"]})).collect();
        let edges: Vec<Value> = edges
            .iter()
            .enumerate()
            .map(|(at, (from, to))| {
                json!({"name": format!("{from}{to}{at}"), "from": from, "to": to, "from_columns": ["x"], "to_columns": ["id"]})
            })
            .collect();
        let document = json!({"semantic_model": [{"name": "m", "datasets": datasets, "relationships": edges}]});
        let warnings = import(&document, Format::Osi, "m").unwrap().warnings.into_iter();
        warnings.filter(|it| it.rule == "AMBIGUOUS_PATH").map(|it| (it.path, it.message)).collect()
    };
    // By the rental, and at once.
    let found = told(&[("payment", "rental"), ("rental", "customer"), ("payment", "customer")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/relationships/2");
    assert!(
        found[0].1.contains("`payment` leads to `customer`")
            && found[0].1.contains("`paymentrental0`, `rentalcustomer1`")
    );
    // The way through others does not come by the end before.
    let round =
        [("rental", "staff"), ("rental", "inventory"), ("inventory", "store"), ("staff", "store"), ("store", "staff")];
    let found = told(&round);
    assert!(
        found.iter().any(|(_, message)| message
            .contains("`rentalstaff0` and by `rentalinventory1`, `inventorystore2`, `storestaff4`")),
        "{found:?}"
    );
    // By two others.
    assert_eq!(told(&[("a", "b"), ("b", "d"), ("a", "c"), ("c", "d")]).len(), 1);
    // Where ways part and meet is told, and not again of all that leads there, or that is led to from there.
    assert_eq!(told(&[("z", "a"), ("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"), ("d", "e")]).len(), 1);
    // One way only: a tree, a star that meets in no dimension, a circle, and two facts of one dimension.
    for single in [
        &[("a", "b"), ("b", "c"), ("a", "d")][..],
        &[("a", "b"), ("b", "c"), ("c", "a")],
        &[("a", "b"), ("b", "c"), ("c", "b")],
        &[("sales", "day"), ("returns", "day")],
    ] {
        assert_eq!(told(single).iter().filter(|(_, message)| message.contains("leads to")).count(), 0, "{single:?}");
    }
    // Side by side is told as before, once.
    assert_eq!(told(&[("a", "b"), ("a", "b")]).len(), 1);
    // Many of them end.
    let names: Vec<String> = (0..60).map(|at| format!("t{at:02}")).collect();
    let all = names
        .iter()
        .enumerate()
        .flat_map(|(at, from)| names[at + 1..].iter().map(move |to| (from.as_str(), to.as_str())));
    assert!(told(&all.collect::<Vec<_>>()).len() <= 100);
}

#[test]
fn what_is_wrong_with_a_foreign_document_is_placed_in_that_document() {
    let said = |text: &str, format| {
        let errors = parse(text, Syntax::Yaml, format, "m").unwrap_err();
        errors.into_iter().map(|violation| (violation.path, violation.rule)).collect::<Vec<_>>()
    };
    let broken = SNOWFLAKE.replace("expr: SUM(amount)", "expr: amount");
    assert_eq!(said(&broken, Format::Snowflake), [("/tables/0/metrics/0/expr".to_owned(), "NO_AGGREGATE")]);
    let broken = SNOWFLAKE.replace("right_table: customers", "right_table: clients");
    assert_eq!(said(&broken, Format::Snowflake), [("/relationships/0/right_table".to_owned(), "UNKNOWN_DATASET")]);
    let broken = CUBE.replace("sql: \"{CUBE}.order_date\"", "sql: \"SUM(order_date)\"");
    assert_eq!(said(&broken, Format::Cube), [("/cubes/0/dimensions/1/sql".to_owned(), "AGGREGATE_IN_FIELD")]);
    let broken =
        METRICFLOW.replace("{name: status, type: categorical}", "{name: status, type: categorical, expr: \"MAX(x)\"}");
    assert_eq!(
        said(&broken, Format::MetricFlow),
        [("/semantic_models/0/dimensions/1".to_owned(), "AGGREGATE_IN_FIELD")]
    );
}

#[test]
fn a_patch_names_items_instead_of_replacing_lists() {
    let mut document = print(&osi(RETAIL).unwrap());
    patch(
        &mut document,
        &json!({"metrics": {"net_sales": {"description": "what was sold"}, "orders": {"expression": "COUNT(orders.order_id)"}}, "description": "new"}),
    );
    let model = import(&document, Format::Osi, "m").unwrap().model;
    assert_eq!(model.metrics[0].common.description.as_deref(), Some("what was sold"));
    assert_eq!(model.metrics[1].common.name, "orders");
    assert_eq!(model.common.description.as_deref(), Some("new"));
    patch(
        &mut document,
        &json!({"metrics": {"net_sales": null}, "datasets": {"orders": {"fields": {"status": null}}}}),
    );
    let model = import(&document, Format::Osi, "m").unwrap().model;
    assert_eq!((model.metrics.len(), model.datasets[0].fields.len()), (1, 1));
    patch(&mut document, &json!({"relationships": [], "metrics": null}));
    assert!(import(&document, Format::Osi, "m").unwrap().model.relationships.is_empty());
}

#[test]
fn a_generated_model_says_what_the_catalogue_knows() {
    let column = |name: &str, data_type: &str, samples: Vec<Value>| SourceColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        complete: !samples.is_empty(),
        sample_values: samples,
        ..SourceColumn::default()
    };
    let orders = SourceTable {
        schema: Some("shop".to_owned()),
        name: "orders".to_owned(),
        columns: vec![
            column("id", "BIGINT", vec![]),
            column("customerId", "INT", vec![]),
            column("order_date", "DATE", vec![]),
            column("status", "VARCHAR", vec![json!("open")]),
            column("amount", "DECIMAL", vec![]),
        ],
        primary_key: vec!["id".to_owned()],
        foreign_keys: vec![SourceForeignKey {
            columns: vec!["customerId".to_owned()],
            to_schema: Some("shop".to_owned()),
            to_table: "customers".to_owned(),
            to_columns: vec!["id".to_owned()],
        }],
        rows: Some(200),
        ..SourceTable::default()
    };
    let customers = SourceTable {
        schema: Some("shop".to_owned()),
        name: "customers".to_owned(),
        columns: vec![column("id", "INT", vec![])],
        primary_key: vec!["id".to_owned()],
        ..SourceTable::default()
    };
    let model = generate("retail", &[orders, customers]);
    assert_eq!(model.datasets[0].common.extension, json!({"defaultTimeField": "order_date", "rowCountHint": 200}));
    assert_eq!(model.datasets[0].fields[3].common.extension, json!({"sampleValues": ["open"], "enumerated": true}));
    assert_eq!(model.datasets[0].fields[1].label.as_deref(), Some("Customer id"));
    assert_eq!(model.datasets[0].fields[1].expression.any(), "\"customerId\"");
    assert_eq!(
        model.datasets[0].fields.iter().map(|field| field.time_dimension).collect::<Vec<_>>(),
        [Some(false), Some(false), Some(true), Some(false), None]
    );
    assert_eq!(model.relationships[0].common.name, "orders_to_customers");
    let metrics: Vec<(&str, &str)> =
        model.metrics.iter().map(|metric| (metric.common.name.as_str(), metric.expression.any())).collect();
    assert_eq!(
        metrics,
        [
            ("orders_amount", "SUM(orders.amount)"),
            ("orders_count", "COUNT(orders.id)"),
            ("customers_count", "COUNT(customers.id)")
        ]
    );
    let extension = |at: usize| &model.metrics[at].common.extension;
    assert_eq!((&extension(0)["proposed"], &extension(0)["additivity"]), (&json!(true), &json!("additive")));
    assert_eq!(extension(1).get("proposed"), None, "a count of rows needs nobody's word");
    assert_eq!(import(&print(&model), Format::Osi, "m").unwrap().model, model);
    assert_eq!(
        import(&import(&print(&model), Format::Osi, "m").map(|read| print(&read.model)).unwrap(), Format::Osi, "m")
            .unwrap()
            .model,
        model
    );
    assert!(generate("nothing", &[]).datasets.is_empty());
}

fn described(name: &str, columns: &[(&str, &str)]) -> SourceTable {
    let column = |(name, data_type): &(&str, &str)| SourceColumn {
        name: (*name).to_owned(),
        data_type: (*data_type).to_owned(),
        ..SourceColumn::default()
    };
    SourceTable { name: name.to_owned(), columns: columns.iter().map(column).collect(), ..SourceTable::default() }
}

fn sums(tables: &[SourceTable]) -> Vec<String> {
    let metrics = generate("m", tables).metrics.into_iter();
    let sums = metrics.filter(|metric| metric.common.extension["proposed"] == json!(true));
    sums.map(|metric| metric.expression.any().to_owned()).collect()
}

#[test]
fn sums_are_proposed_of_what_may_be_added_and_of_nothing_else() {
    let lines = described(
        "Order Details",
        &[
            ("OrderID", "INT"),
            ("UnitPrice", "DECIMAL"),
            ("Quantity", "SMALLINT"),
            ("Discount", "DOUBLE"),
            ("rate", "DOUBLE"),
        ],
    );
    assert_eq!(
        sums(std::slice::from_ref(&lines)),
        [
            "SUM(\"Order Details\".\"Quantity\")",
            "SUM(\"Order Details\".\"UnitPrice\" * \"Order Details\".\"Quantity\")"
        ]
    );
    let model = generate("m", &[lines]);
    assert_eq!(model.metrics[1].common.name, "order_details_gross_amount");
    assert!(model.metrics[1].common.description.as_deref().unwrap().ends_with("before discounts"));
    let people =
        described("people", &[("age", "INT"), ("balance", "DECIMAL"), ("score", "INT"), ("release_year", "INT")]);
    assert!(sums(&[people]).is_empty());
    // A view repeats what its tables have, unless it is all there is.
    let view = SourceTable { is_view: true, ..described("v", &[("amount", "DECIMAL")]) };
    assert_eq!(sums(&[view.clone(), described("t", &[("n", "INT")])]), Vec::<String>::new());
    assert_eq!(sums(&[view]), ["SUM(v.amount)"]);
}

#[test]
fn money_of_several_currencies_is_not_added() {
    let mut orders = described("orders", &[("amount", "DECIMAL"), ("quantity", "INT"), ("currency_code", "CHAR")]);
    assert_eq!(sums(std::slice::from_ref(&orders)), ["SUM(orders.quantity)"]);
    let hint = generate("m", std::slice::from_ref(&orders)).datasets[0].common.ai.instructions.clone();
    assert!(hint.unwrap().contains("`currency_code`"));
    // One is known to be the only one.
    orders.columns[2].sample_values = vec![json!("EUR")];
    orders.columns[2].complete = true;
    assert_eq!(generate("m", std::slice::from_ref(&orders)).metrics[0].common.extension["unit"], "EUR");
}

#[test]
fn names_that_sound_alike_do_not_meet() {
    let orders = SourceTable {
        primary_key: vec!["count".to_owned()],
        ..described("orders", &[("count", "INT"), ("line_total", "INT"), ("lineTotal", "INT"), ("clicks", "INT")])
    };
    let model = generate("m", &[orders]);
    assert!(import(&print(&model), Format::Osi, "m").is_ok());
    let names: Vec<&str> = model.metrics.iter().map(|metric| metric.common.name.as_str()).collect();
    assert_eq!(names, ["orders_line_total", "orders_line_total_sum", "orders_clicks", "orders_count"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_yaml_writes_it_reads(value in value()) {
        let document = json!({"semantic_model": [{"name": "m", "datasets": [], "custom_extensions": [{"vendor_name": "OTHER", "data": value}]}]});
        let text = to_yaml(&document);
        let model = osi(&text).unwrap_or_else(|errors| panic!("{errors:?} in {text}"));
        prop_assert_eq!(&model.common.foreign_extensions[0]["data"], &value, "{}", text);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "(semantic_model:|tables:|cubes:|semantic_models:|metrics:)?[ -~\\n]{0,200}") {
        for format in [Format::Osi, Format::Snowflake, Format::MetricFlow, Format::Cube] {
            for syntax in [Syntax::Yaml, Syntax::Json] {
                let _ = parse(&text, syntax, format, "m");
            }
        }
    }

    #[test]
    fn no_value_makes_a_reader_panic(value in value(), key in prop::sample::select(vec!["semantic_model", "tables", "cubes", "semantic_models"])) {
        for format in [Format::Osi, Format::Snowflake, Format::MetricFlow, Format::Cube] {
            let _ = import(&json!({key: value}), format, "m");
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    const KEYS: &[&str] = &[
        "name",
        "source",
        "fields",
        "datasets",
        "expression",
        "dialects",
        "dialect",
        "metrics",
        "from",
        "to",
        "from_columns",
        "to_columns",
        "relationships",
        "ai_context",
        "type",
        "sql",
        "joins",
        "measures",
        "dimensions",
        "entities",
        "expr",
        "type_params",
        "custom_extensions",
        "data",
        "a b",
        "no",
        "1",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~äö\\n\\t]{0,12}".prop_map(Value::from),
        Just(Value::from("SUM(orders.amount)")),
        Just(Value::from("orders")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

#[test]
fn a_metric_over_nothing_hides_no_other_fault() {
    let measure = "type_params: {measure: ";
    let text = METRICFLOW.replacen(measure, "type_params: {measure: nothing_like_it_", 1);
    assert_ne!(text, METRICFLOW);
    let read = read(&emporion_semantic::model::value(&text, Syntax::Yaml).unwrap(), Format::MetricFlow, "m").unwrap();
    assert_eq!(read.errors[0].rule, "UNKNOWN_MEASURE");
    assert!(!read.model.datasets.is_empty(), "the rest is there to be looked at");
}

#[test]
fn names_with_dots_go_out_and_come_in_again() {
    let text = RETAIL
        .replace("source: shop.orders", "source: shop.\"or.ders\"")
        .replace("name: customers", "name: cust.omers");
    let text = text.replace("to: customers", "to: cust.omers");
    let model = osi(&text).unwrap();
    let again = import(&export(&model, Format::MetricFlow), Format::MetricFlow, "m").unwrap().model;
    assert_eq!(again.datasets[0].source, "\"or.ders\"");
    let again = import(&export(&model, Format::Cube), Format::Cube, "m").unwrap();
    assert_eq!(again.model.relationships[0].to, "cust.omers");
    assert!(again.warnings.iter().all(|warning| warning.rule != "UNSUPPORTED"), "{:?}", again.warnings);
}
