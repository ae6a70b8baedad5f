//! Snowflake's semantic models: logical tables with dimensions, facts and metrics.

use serde_json::{Map, Value, json};

use super::parts::{AiContext, Common, Dataset, Expression, Field, Metric, Model, Relationship, VerifiedQuery};
use super::read::{Node, Report};
use super::{datatype, expression, source};

pub(super) fn read(document: &Value, report: &mut Report) -> (Model, Vec<VerifiedQuery>) {
    let Some(root) = Node::of(document, String::new(), report) else { return Default::default() };
    let known = [
        "name",
        "description",
        "comments",
        "tables",
        "relationships",
        "metrics",
        "verified_queries",
        "custom_instructions",
        "module_custom_instructions",
    ];
    root.only(&known, false, report);
    if !root.has("tables") {
        report.error("/tables", "REQUIRED", "`tables` is required");
    }
    let mut model = Model { common: common(&root, report), ..Model::default() };
    model.common.ai.instructions = root.text("custom_instructions", report);
    for table in root.nodes("tables", report) {
        read_table(&table, &mut model, report);
    }
    for node in root.nodes("metrics", report) {
        let expression = Expression::ansi(node.required("expr", report));
        report.came_from(format!("/metrics/{}", model.metrics.len()), &node.path);
        model.metrics.push(Metric { common: common(&node, report), expression });
    }
    for node in root.nodes("relationships", report) {
        report.came_from(format!("/relationships/{}", model.relationships.len()), &node.path);
        model.relationships.push(read_relationship(&node, report));
    }
    let queries = root
        .nodes("verified_queries", report)
        .iter()
        .map(|node| VerifiedQuery {
            name: node.text("name", report),
            question: node.required("question", report),
            sql: node.required("sql", report),
            onboarding: node.flag("use_as_onboarding_question", report),
        })
        .collect();
    (model, queries)
}

fn read_table(node: &Node<'_>, model: &mut Model, report: &mut Report) {
    let known = [
        "name",
        "description",
        "synonyms",
        "base_table",
        "ref",
        "primary_key",
        "dimensions",
        "time_dimensions",
        "facts",
        "measures",
        "metrics",
        "filters",
    ];
    node.only(&known, false, report);
    let mut dataset = Dataset { common: common(node, report), ..Dataset::default() };
    let place = format!("/datasets/{}", model.datasets.len());
    report.came_from(place.clone(), &node.path);
    dataset.source = match node.text("ref", report) {
        Some(reference) => reference,
        None => match node.node("base_table", report) {
            Some(base) => {
                let parts =
                    [base.text("database", report), base.text("schema", report), Some(base.required("table", report))];
                parts
                    .into_iter()
                    .flatten()
                    .filter(|part| !part.is_empty())
                    .map(|name| source::part(&name))
                    .collect::<Vec<_>>()
                    .join(".")
            }
            None => {
                report.error(node.at("base_table"), "REQUIRED", "a table names its `base_table`, or `ref`");
                String::new()
            }
        },
    };
    if let Some(key) = node.node("primary_key", report) {
        dataset.primary_key = key.texts("columns", report);
    }
    for (list, dimension) in
        [("dimensions", Some(false)), ("time_dimensions", Some(true)), ("facts", None), ("measures", None)]
    {
        for node in node.nodes(list, report) {
            // The elder `measures` hold facts with a default aggregate.
            if list == "measures" && node.has("default_aggregation") {
                report.warn(
                    node.at("default_aggregation"),
                    "UNSUPPORTED",
                    "the default aggregate is not taken over: declare a metric",
                );
            }
            report.came_from(format!("{place}/fields/{}", dataset.fields.len()), &node.path);
            let field = read_field(&node, dimension, report);
            if node.flag("unique", report) {
                dataset.unique_keys.push(vec![field.common.name.clone()]);
            }
            dataset.fields.push(field);
        }
    }
    for node in node.nodes("metrics", report) {
        report.came_from(format!("/metrics/{}", model.metrics.len()), &node.path);
        let text = node.required("expr", report);
        // Inside a table's metric bare names are the table's; a model's metric says so.
        let text = expression::qualified(&text, &super::generate::plain(&dataset.common.name)).unwrap_or(text);
        model.metrics.push(Metric { common: common(&node, report), expression: Expression::ansi(text) });
    }
    for filter in node.nodes("filters", report) {
        report.warn(filter.path, "UNSUPPORTED", "named filters are not taken over");
    }
    model.datasets.push(dataset);
}

fn read_field(node: &Node<'_>, time_dimension: Option<bool>, report: &mut Report) -> Field {
    let mut common = common(node, report);
    let samples = node.list("sample_values", report);
    let mut extension = Map::new();
    if !samples.is_empty() {
        extension.insert("sampleValues".to_owned(), json!(samples));
        if node.flag("is_enum", report) {
            extension.insert("enumerated".to_owned(), json!(true));
        }
        common.extension = Value::Object(extension);
    }
    Field {
        common,
        expression: Expression::ansi(node.required("expr", report)),
        label: None,
        // What the interchange has no word for keeps its own.
        data_type: node
            .text("data_type", report)
            .map(|word| datatype::logical(&word).map(str::to_owned).unwrap_or(word)),
        time_dimension,
    }
}

fn read_relationship(node: &Node<'_>, report: &mut Report) -> Relationship {
    let mut relationship = Relationship {
        common: common(node, report),
        from: node.required("left_table", report),
        to: node.required("right_table", report),
        ..Relationship::default()
    };
    for pair in node.nodes("relationship_columns", report) {
        relationship.from_columns.push(pair.required("left_column", report));
        relationship.to_columns.push(pair.required("right_column", report));
    }
    if relationship.from_columns.is_empty() {
        report.error(node.at("relationship_columns"), "REQUIRED", "`relationship_columns` is required");
    }
    relationship
}

fn common(node: &Node<'_>, report: &mut Report) -> Common {
    let ai = AiContext { synonyms: node.texts("synonyms", report), ..AiContext::default() };
    Common {
        name: node.required("name", report),
        description: node.text("description", report),
        ai,
        ..Common::default()
    }
}

pub(super) fn print(model: &Model) -> Value {
    let mut printed = head(&model.common);
    if let Some(instructions) = &model.common.ai.instructions {
        printed.insert("custom_instructions".to_owned(), json!(instructions));
    }
    // What aggregates over one table goes to it, the rest to the model.
    let mut own: Vec<Vec<Value>> = vec![Vec::new(); model.datasets.len()];
    let mut rest = Vec::new();
    for metric in &model.metrics {
        let text = metric.expression.for_dialect("SNOWFLAKE").unwrap_or_else(|| metric.expression.any());
        let mut printed = head(&metric.common);
        printed.insert("expr".to_owned(), json!(text));
        let names = expression::look(text).map(|said| said.names).unwrap_or_default();
        let home = model.datasets.iter().position(|dataset| {
            !names.is_empty()
                && names.iter().all(|name| name.len() > 1 && name[0].eq_ignore_ascii_case(&dataset.common.name))
        });
        home.map_or(&mut rest, |at| &mut own[at]).push(Value::Object(printed));
    }
    let tables = model.datasets.iter().zip(own).map(|(dataset, metrics)| print_table(dataset, metrics)).collect();
    printed.insert("tables".to_owned(), Value::Array(tables));
    let relationships: Vec<Value> = model.relationships.iter().map(print_relationship).collect();
    put(&mut printed, "relationships", relationships);
    put(&mut printed, "metrics", rest);
    Value::Object(printed)
}

fn print_table(dataset: &Dataset, metrics: Vec<Value>) -> Value {
    let mut printed = head(&dataset.common);
    if dataset.source.starts_with("$ref(") {
        printed.insert("ref".to_owned(), json!(dataset.source));
    } else {
        let parts = source::parts(&dataset.source);
        let names = ["database", "schema", "table"];
        let named = &names[names.len().saturating_sub(parts.len())..];
        // A service's name before these says nothing there.
        let parts = &parts[parts.len().saturating_sub(names.len())..];
        let base = named.iter().zip(parts).map(|(name, part)| ((*name).to_owned(), json!(part)));
        let base: Map<String, Value> = base.collect();
        printed.insert("base_table".to_owned(), Value::Object(base));
    }
    if !dataset.primary_key.is_empty() {
        printed.insert("primary_key".to_owned(), json!({"columns": dataset.primary_key}));
    }
    for (list, kind) in [("dimensions", Some(false)), ("time_dimensions", Some(true)), ("facts", None)] {
        let fields = dataset.fields.iter().filter(|field| field.time_dimension == kind);
        put(&mut printed, list, fields.map(|field| print_field(field, dataset)).collect());
    }
    put(&mut printed, "metrics", metrics);
    Value::Object(printed)
}

fn print_field(field: &Field, dataset: &Dataset) -> Value {
    let mut printed = head(&field.common);
    let text = field.expression.for_dialect("SNOWFLAKE").unwrap_or_else(|| field.expression.any());
    printed.insert("expr".to_owned(), json!(text));
    if let Some(data_type) = &field.data_type {
        printed.insert("data_type".to_owned(), json!(datatype::snowflake(data_type)));
    }
    if dataset.unique_keys.iter().any(|key| key.len() == 1 && key[0] == field.common.name) {
        printed.insert("unique".to_owned(), json!(true));
    }
    for (name, key) in [("sample_values", "sampleValues"), ("is_enum", "enumerated")] {
        if let Some(value) = field.common.extension.get(key) {
            printed.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(printed)
}

fn print_relationship(relationship: &Relationship) -> Value {
    let pairs = relationship.from_columns.iter().zip(&relationship.to_columns);
    json!({
        "name": relationship.common.name,
        "left_table": relationship.from,
        "right_table": relationship.to,
        "relationship_columns": pairs.map(|(left, right)| json!({"left_column": left, "right_column": right})).collect::<Vec<_>>(),
        "join_type": "left_outer",
        "relationship_type": "many_to_one",
    })
}

fn head(common: &Common) -> Map<String, Value> {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(common.name));
    if let Some(description) = &common.description {
        printed.insert("description".to_owned(), json!(description));
    }
    put(&mut printed, "synonyms", common.ai.synonyms.iter().map(|text| json!(text)).collect());
    printed
}

fn put(printed: &mut Map<String, Value>, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        printed.insert(name.to_owned(), Value::Array(items));
    }
}
