//! dbt's MetricFlow: semantic models with entities, dimensions and measures, and metrics over the measures.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::generate::plain;
use super::parts::{Common, Dataset, Expression, Field, Metric, Model, Relationship};
use super::read::{Node, Report};
use super::{expression, source};

/// Metrics over metrics over metrics…
const MAX_LEVELS: usize = 50;

struct Entity {
    dataset: String,
    name: String,
    kind: String,
    column: String,
}

pub(super) fn read(document: &Value, name: &str, report: &mut Report) -> Model {
    let Some(root) = Node::of(document, String::new(), report) else { return Model::default() };
    root.only(&["version", "semantic_models", "metrics", "saved_queries", "name", "description"], false, report);
    if !root.has("semantic_models") {
        report.error("/semantic_models", "REQUIRED", "`semantic_models` is required");
    }
    let name = root.text("name", report).unwrap_or_else(|| name.to_owned());
    let mut model = Model {
        common: Common { name, description: root.text("description", report), ..Common::default() },
        ..Model::default()
    };
    let mut entities = Vec::new();
    let mut measures = BTreeMap::new();
    for node in root.nodes("semantic_models", report) {
        read_dataset(&node, &mut model, &mut entities, &mut measures, report);
    }
    relate(&entities, &mut model);
    let nodes = root.nodes("metrics", report);
    // Metrics over metrics come after those they are made of, however the document orders them.
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut waiting: Vec<&Node<'_>> = nodes.iter().collect();
    for pass in 0.. {
        if waiting.is_empty() {
            break;
        }
        let before = waiting.len();
        let mut later = Vec::new();
        for node in waiting {
            match read_metric(node, &measures, &known, report) {
                Outcome::Made(text) => {
                    let name = node.required("name", report);
                    known.insert(name.clone(), text.clone());
                    let mut common = common(node, report);
                    if let Some(label) = node.text("label", report).filter(|label| *label != name) {
                        common.ai.synonyms.push(label);
                    }
                    report.came_from(format!("/metrics/{}", model.metrics.len()), &node.path);
                    model.metrics.push(Metric { common, expression: Expression::ansi(text) });
                }
                Outcome::Later => later.push(node),
                Outcome::Left => {}
            }
        }
        if later.len() == before || pass == MAX_LEVELS {
            for node in later {
                report.leave(
                    node.at("type_params"),
                    "UNKNOWN_METRIC",
                    "this metric is made of metrics that do not exist or of itself",
                );
            }
            break;
        }
        waiting = later;
    }
    model
}

fn read_dataset(
    node: &Node<'_>,
    model: &mut Model,
    entities: &mut Vec<Entity>,
    measures: &mut BTreeMap<String, String>,
    report: &mut Report,
) {
    node.only(
        &[
            "name",
            "model",
            "description",
            "label",
            "defaults",
            "entities",
            "dimensions",
            "measures",
            "primary_entity",
            "config",
            "meta",
        ],
        false,
        report,
    );
    let mut dataset = Dataset { common: common(node, report), ..Dataset::default() };
    let place = format!("/datasets/{}", model.datasets.len());
    report.came_from(place.clone(), &node.path);
    let source = node.required("model", report);
    dataset.source = referenced(&source);
    let name = dataset.common.name.clone();
    if let Some(time) = node.node("defaults", report).and_then(|defaults| defaults.text("agg_time_dimension", report)) {
        dataset.common.extension = json!({"defaultTimeField": time});
    }
    for entity in node.nodes("entities", report) {
        let (entity_name, kind) = (entity.required("name", report), entity.required("type", report));
        let column = entity.text("expr", report).unwrap_or_else(|| entity_name.clone());
        match kind.as_str() {
            "primary" => dataset.primary_key = vec![column.clone()],
            "unique" => dataset.unique_keys.push(vec![column.clone()]),
            "foreign" | "natural" => {}
            _ => report.error(entity.at("type"), "VALUE", "an entity is primary, unique, foreign or natural"),
        }
        entities.push(Entity { dataset: name.clone(), name: entity_name, kind, column });
    }
    for dimension in node.nodes("dimensions", report) {
        let time = match dimension.required("type", report).as_str() {
            "time" => true,
            "categorical" | "" => false,
            _ => {
                report.error(dimension.at("type"), "VALUE", "a dimension is categorical or time");
                false
            }
        };
        report.came_from(format!("{place}/fields/{}", dataset.fields.len()), &dimension.path);
        let common = common(&dimension, report);
        let expression = Expression::ansi(dimension.text("expr", report).unwrap_or_else(|| plain(&common.name)));
        dataset.fields.push(Field {
            common,
            expression,
            label: dimension.text("label", report),
            data_type: None,
            time_dimension: Some(time),
        });
    }
    for measure in node.nodes("measures", report) {
        let measure_name = measure.required("name", report);
        let column = measure.text("expr", report).unwrap_or_else(|| plain(&measure_name));
        let column = expression::qualified(&column, &plain(&name)).unwrap_or(column);
        let Some(text) = aggregate(&measure.required("agg", report), &column) else {
            report.warn(measure.at("agg"), "UNSUPPORTED", "this aggregate is not taken over");
            continue;
        };
        if measure.flag("create_metric", report) {
            report.came_from(format!("/metrics/{}", model.metrics.len()), &measure.path);
            model.metrics.push(Metric { common: common(&measure, report), expression: Expression::ansi(text.clone()) });
        }
        measures.insert(measure_name, text);
    }
    model.datasets.push(dataset);
}

fn aggregate(name: &str, column: &str) -> Option<String> {
    Some(match name {
        "sum" => format!("SUM({column})"),
        "min" => format!("MIN({column})"),
        "max" => format!("MAX({column})"),
        "average" | "avg" => format!("AVG({column})"),
        "count" => format!("COUNT({column})"),
        "count_distinct" => format!("COUNT(DISTINCT {column})"),
        "median" => format!("MEDIAN({column})"),
        "sum_boolean" => format!("SUM(CASE WHEN {column} THEN 1 ELSE 0 END)"),
        _ => return None,
    })
}

/// `ref('orders')`, with or without braces around it, means the table `orders`.
fn referenced(text: &str) -> String {
    let inner = text.trim().trim_matches(['{', '}']).trim();
    match inner.strip_prefix("ref(").and_then(|rest| rest.strip_suffix(')')) {
        Some(arguments) => {
            let table = arguments.rsplit(',').next().unwrap_or(arguments);
            source::part(table.trim().trim_matches(['\'', '"']))
        }
        None => inner.to_owned(),
    }
}

/// A foreign entity leads to the dataset where an entity of that name is a key.
fn relate(entities: &[Entity], model: &mut Model) {
    for foreign in entities.iter().filter(|entity| entity.kind == "foreign") {
        let keys = entities.iter().filter(|other| other.name == foreign.name && other.dataset != foreign.dataset);
        for key in keys.filter(|key| matches!(key.kind.as_str(), "primary" | "unique")) {
            model.relationships.push(Relationship {
                common: Common {
                    name: format!("{}_to_{}_by_{}", foreign.dataset, key.dataset, foreign.name),
                    ..Common::default()
                },
                from: foreign.dataset.clone(),
                to: key.dataset.clone(),
                from_columns: vec![foreign.column.clone()],
                to_columns: vec![key.column.clone()],
            });
        }
    }
}

enum Outcome {
    Made(String),
    Later,
    Left,
}

fn read_metric(
    node: &Node<'_>,
    measures: &BTreeMap<String, String>,
    known: &BTreeMap<String, String>,
    report: &mut Report,
) -> Outcome {
    let kind = node.required("type", report);
    let Some(parameters) = node.node("type_params", report) else {
        report.error(node.at("type_params"), "REQUIRED", "`type_params` is required");
        return Outcome::Left;
    };
    if node.has("filter") {
        report.warn(node.at("filter"), "UNSUPPORTED", "a metric with a filter is not taken over");
        return Outcome::Left;
    }
    match kind.as_str() {
        "simple" => {
            let Some(name) = named(&parameters, "measure", report) else {
                report.error(parameters.at("measure"), "REQUIRED", "`measure` is required");
                return Outcome::Left;
            };
            match measures.get(&name) {
                Some(text) => Outcome::Made(text.clone()),
                None => {
                    report.leave(parameters.at("measure"), "UNKNOWN_MEASURE", format!("there is no measure `{name}`"));
                    Outcome::Left
                }
            }
        }
        "ratio" => {
            let parts = ["numerator", "denominator"].map(|part| named(&parameters, part, report));
            let [Some(above), Some(below)] = parts else {
                report.error(parameters.path, "REQUIRED", "a ratio has a numerator and a denominator");
                return Outcome::Left;
            };
            let text = |name: &str| known.get(name).or_else(|| measures.get(name));
            match (text(&above), text(&below)) {
                (Some(above), Some(below)) if above.len() + below.len() > expression::MAX_BYTES => {
                    report.leave(parameters.path, "EXPRESSION", "the ratio grows too long");
                    Outcome::Left
                }
                (Some(above), Some(below)) => Outcome::Made(format!("({above}) / NULLIF({below}, 0)")),
                _ => Outcome::Later,
            }
        }
        "derived" => {
            let mut texts = BTreeMap::new();
            for metric in parameters.list("metrics", report) {
                let name = metric.as_str().or_else(|| metric.get("name").and_then(Value::as_str)).unwrap_or_default();
                if metric.get("offset_window").is_some()
                    || metric.get("offset_to_grain").is_some()
                    || metric.get("filter").is_some()
                {
                    report.warn(
                        parameters.at("metrics"),
                        "UNSUPPORTED",
                        "a metric over another period or with a filter is not taken over",
                    );
                    return Outcome::Left;
                }
                let alias = metric.get("alias").and_then(Value::as_str).unwrap_or(name);
                match known.get(name) {
                    Some(text) => texts.insert(alias.to_owned(), text.clone()),
                    None => return Outcome::Later,
                };
            }
            match inlined(&parameters.required("expr", report), &texts) {
                Some(text) => Outcome::Made(text),
                None => {
                    report.leave(
                        parameters.at("expr"),
                        "EXPRESSION",
                        "the expression cannot be read or grows too long",
                    );
                    Outcome::Left
                }
            }
        }
        "cumulative" | "conversion" => {
            report.warn(node.at("type"), "UNSUPPORTED", format!("{kind} metrics are not taken over"));
            Outcome::Left
        }
        _ => {
            report.error(node.at("type"), "VALUE", "a metric is simple, ratio, derived, cumulative or conversion");
            Outcome::Left
        }
    }
}

/// `x: name` and `x: {name: …}`.
fn named(node: &Node<'_>, name: &str, report: &mut Report) -> Option<String> {
    match node.get(name)? {
        Value::Object(_) => {
            let inner = node.node(name, report)?;
            if inner.has("filter") {
                report.warn(inner.at("filter"), "UNSUPPORTED", "the filter of a measure is not taken over");
            }
            inner.text("name", report)
        }
        _ => node.text(name, report),
    }
}

/// The expression with each metric's own in its place. Metrics over metrics could double with each level, so it is
/// bounded.
fn inlined(text: &str, metrics: &BTreeMap<String, String>) -> Option<String> {
    let text = expression::replaced(text, metrics)?;
    (text.len() <= expression::MAX_BYTES).then_some(text)
}

fn common(node: &Node<'_>, report: &mut Report) -> Common {
    Common { name: node.required("name", report), description: node.text("description", report), ..Common::default() }
}

pub(super) fn print(model: &Model) -> Value {
    let mut metrics = Vec::new();
    let mut measures: Vec<Vec<Value>> = vec![Vec::new(); model.datasets.len()];
    for metric in &model.metrics {
        // Only a plain aggregate over one dataset is a measure; others have no word in this format.
        let Some((home, agg, column)) = measure(model, metric) else { continue };
        let name = &metric.common.name;
        measures[home].push(json!({"name": name, "agg": agg, "expr": column}));
        let mut printed = head(&metric.common);
        printed.insert("label".to_owned(), json!(metric.common.ai.synonyms.first().unwrap_or(name)));
        printed.insert("type".to_owned(), json!("simple"));
        printed.insert("type_params".to_owned(), json!({"measure": name}));
        metrics.push(Value::Object(printed));
    }
    let models: Vec<Value> = model
        .datasets
        .iter()
        .zip(measures)
        .map(|(dataset, measures)| print_dataset(model, dataset, measures))
        .collect();
    json!({"name": model.common.name, "semantic_models": models, "metrics": metrics})
}

fn print_dataset(model: &Model, dataset: &Dataset, measures: Vec<Value>) -> Value {
    let mut printed = head(&dataset.common);
    let table = source::parts(&dataset.source).pop().unwrap_or_default();
    printed.insert("model".to_owned(), json!(format!("ref('{}')", table.replace('\'', ""))));
    if let Some(time) = dataset.common.extension.get("defaultTimeField") {
        printed.insert("defaults".to_owned(), json!({"agg_time_dimension": time}));
    }
    let mut entities = Vec::new();
    // One column names an entity after its dataset; both ends of a relationship then share it.
    if let [column] = dataset.primary_key.as_slice() {
        entities.push(json!({"name": dataset.common.name, "type": "primary", "expr": column}));
    }
    for relationship in model.relationships.iter().filter(|relationship| relationship.from == dataset.common.name) {
        if let [column] = relationship.from_columns.as_slice() {
            entities.push(json!({"name": relationship.to, "type": "foreign", "expr": column}));
        }
    }
    printed.insert("entities".to_owned(), Value::Array(entities));
    let dimensions = dataset.fields.iter().filter_map(|field| {
        let time = field.time_dimension?;
        let mut printed = head(&field.common);
        printed.insert("type".to_owned(), json!(if time { "time" } else { "categorical" }));
        printed.insert("expr".to_owned(), json!(field.expression.any()));
        if time {
            printed.insert("type_params".to_owned(), json!({"time_granularity": "day"}));
        }
        Some(Value::Object(printed))
    });
    printed.insert("dimensions".to_owned(), dimensions.collect());
    if !measures.is_empty() {
        printed.insert("measures".to_owned(), Value::Array(measures));
    }
    Value::Object(printed)
}

/// The dataset, aggregate and column of a metric that is one aggregate over one dataset.
pub(super) fn measure(model: &Model, metric: &Metric) -> Option<(usize, &'static str, String)> {
    let (agg, column) = expression::single_aggregate(metric.expression.any())?;
    let at = home(model, &column)?;
    Some((at, agg, expression::unqualified(&column)?))
}

/// The one dataset whose columns an expression names.
pub(super) fn home(model: &Model, text: &str) -> Option<usize> {
    let names = expression::look(text).ok()?.names;
    let home = names.first().filter(|name| name.len() > 1).map(|name| name[0].clone())?;
    let same = names.iter().all(|name| name.len() > 1 && name[0].eq_ignore_ascii_case(&home));
    let at = model.datasets.iter().position(|dataset| dataset.common.name.eq_ignore_ascii_case(&home))?;
    same.then_some(at)
}

fn head(common: &Common) -> Map<String, Value> {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(common.name));
    if let Some(description) = &common.description {
        printed.insert("description".to_owned(), json!(description));
    }
    printed
}
