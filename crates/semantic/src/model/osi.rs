//! Documents of the Open Semantic Interchange: 1.0, its 1.1 draft, and 0.2.0.dev0.

use serde_json::{Map, Value, json};

use super::parts::{ANSI, AiContext, Common, Dataset, Expression, Field, Metric, Model, Relationship};
use super::read::{Node, Report};

/// The name under which our own extensions stand.
pub const VENDOR: &str = "EMPORION";
/// The version that is written.
pub const VERSION: &str = "0.2.0.dev0";
/// Versions that are read; a document without one is a 1.0.
pub const VERSIONS: &[&str] = &["1.0", "1.1", VERSION];

/// Versions differ in whether unknown properties are forbidden and where the dialect is named.
struct Reading {
    strict: bool,
    dialect: String,
}

pub(super) fn read(document: &Value, report: &mut Report) -> Model {
    let Some(root) = Node::of(document, String::new(), report) else { return Model::default() };
    let version = root.text("version", report);
    if let Some(version) = version.as_deref().filter(|version| !VERSIONS.contains(version)) {
        let shown: String = version.chars().take(40).collect();
        report.error(
            "/version",
            "UNKNOWN_VERSION",
            format!("the version `{shown}` is not known; known are {}", VERSIONS.join(", ")),
        );
    }
    let strict = version.as_deref() == Some(VERSION);
    root.only(&["version", "semantic_model"], strict, report);
    let models = match root.get("semantic_model") {
        // A single model without the list around it is what people write first.
        Some(Value::Object(_)) => root.get("semantic_model").into_iter().collect(),
        _ => root.list("semantic_model", report).iter().collect::<Vec<_>>(),
    };
    let [model] = models.as_slice() else {
        if report.errors.is_empty() {
            let message = if models.is_empty() { "`semantic_model` is required" } else { "a document holds one model" };
            report.error("/semantic_model", if models.is_empty() { "REQUIRED" } else { "ONE_MODEL" }, message);
        }
        return Model::default();
    };
    let Some(node) = Node::of(model, String::new(), report) else { return Model::default() };
    let dialect = node.text("dialect", report).unwrap_or_else(|| ANSI.to_owned());
    let reading = Reading { strict, dialect };
    reading.model(&node, report)
}

impl Reading {
    fn model(&self, node: &Node<'_>, report: &mut Report) -> Model {
        let known = [
            "name",
            "description",
            "ai_context",
            "datasets",
            "relationships",
            "metrics",
            "custom_extensions",
            "dialect",
        ];
        node.only(if self.strict { &known[..7] } else { &known }, self.strict, report);
        if !node.has("datasets") {
            report.error(node.at("datasets"), "REQUIRED", "`datasets` is required");
        }
        Model {
            common: self.common(node, report),
            datasets: node.nodes("datasets", report).iter().map(|node| self.dataset(node, report)).collect(),
            relationships: node
                .nodes("relationships", report)
                .iter()
                .map(|node| self.relationship(node, report))
                .collect(),
            metrics: node.nodes("metrics", report).iter().map(|node| self.metric(node, report)).collect(),
        }
    }

    fn dataset(&self, node: &Node<'_>, report: &mut Report) -> Dataset {
        let known = [
            "name",
            "source",
            "primary_key",
            "unique_keys",
            "description",
            "ai_context",
            "fields",
            "custom_extensions",
            "label",
        ];
        node.only(&known, self.strict, report);
        let mut unique_keys = Vec::new();
        for (at, key) in node.list("unique_keys", report).iter().enumerate() {
            let columns = key
                .as_array()
                .map(|columns| columns.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
            match columns.filter(|columns| Some(columns.len()) == key.as_array().map(Vec::len)) {
                Some(columns) => unique_keys.push(columns),
                None => report.error(
                    format!("{}/{at}", node.at("unique_keys")),
                    "TYPE",
                    "a list of columns is expected here",
                ),
            }
        }
        Dataset {
            common: self.labelled(node, report),
            source: self.source(node, report),
            primary_key: node.texts("primary_key", report),
            unique_keys,
            fields: node.nodes("fields", report).iter().map(|node| self.field(node, report)).collect(),
        }
    }

    /// Newer drafts write `{table: …}` where older ones have the text.
    fn source(&self, node: &Node<'_>, report: &mut Report) -> String {
        match node.get("source") {
            Some(Value::Object(_)) => {
                let Some(source) = node.node("source", report) else { return String::new() };
                if source.has("query") || source.has("file") {
                    report.error(source.path, "UNSUPPORTED", "the source of a dataset is a table");
                    return String::new();
                }
                source.required("table", report)
            }
            _ => node.required("source", report),
        }
    }

    fn field(&self, node: &Node<'_>, report: &mut Report) -> Field {
        let known =
            ["name", "expression", "dimension", "label", "description", "ai_context", "datatype", "custom_extensions"];
        node.only(&known, self.strict, report);
        let dimension = node.node("dimension", report);
        let time_dimension = dimension.map(|dimension| {
            dimension.only(&["is_time"], self.strict, report);
            dimension.flag("is_time", report)
        });
        Field {
            common: self.common(node, report),
            expression: self.expression(node, report),
            label: node.text("label", report),
            data_type: node.text("datatype", report),
            time_dimension,
        }
    }

    fn relationship(&self, node: &Node<'_>, report: &mut Report) -> Relationship {
        let known =
            ["name", "from", "to", "from_columns", "to_columns", "description", "ai_context", "custom_extensions"];
        node.only(&known, self.strict, report);
        let relationship = Relationship {
            common: self.common(node, report),
            from: node.required("from", report),
            to: node.required("to", report),
            from_columns: node.texts("from_columns", report),
            to_columns: node.texts("to_columns", report),
        };
        for (name, columns) in [("from_columns", &relationship.from_columns), ("to_columns", &relationship.to_columns)]
        {
            if columns.is_empty() && !report.errors.iter().any(|error| error.path.starts_with(&node.at(name))) {
                report.error(node.at(name), "REQUIRED", format!("`{name}` is required"));
            }
        }
        relationship
    }

    fn metric(&self, node: &Node<'_>, report: &mut Report) -> Metric {
        node.only(
            &["name", "expression", "description", "ai_context", "label", "custom_extensions"],
            self.strict,
            report,
        );
        Metric { common: self.labelled(node, report), expression: self.expression(node, report) }
    }

    /// The label of what keeps it among its extensions.
    fn labelled(&self, node: &Node<'_>, report: &mut Report) -> Common {
        let mut common = self.common(node, report);
        if let Some(label) = node.text("label", report).filter(|_| common.extension["label"].is_null()) {
            if !common.extension.is_object() {
                common.extension = json!({});
            }
            common.extension["label"] = json!(label);
        }
        common
    }

    /// Three shapes are found in the wild: a text, `{dialects: […]}`, and the bare list.
    fn expression(&self, node: &Node<'_>, report: &mut Report) -> Expression {
        let path = node.at("expression");
        let entries = match node.get("expression") {
            None => {
                report.error(path, "REQUIRED", "`expression` is required");
                return Expression::default();
            }
            Some(Value::String(text)) if !text.trim().is_empty() => {
                return Expression { dialects: vec![(self.dialect.clone(), text.clone())] };
            }
            Some(Value::Array(_)) => node.nodes("expression", report),
            Some(Value::Object(_)) => match node.node("expression", report) {
                Some(node) => {
                    node.only(&["dialects"], self.strict, report);
                    node.nodes("dialects", report)
                }
                None => Vec::new(),
            },
            Some(_) => {
                report.error(path, "TYPE", "an expression is a text or a list of dialects");
                return Expression::default();
            }
        };
        let mut expression = Expression::default();
        for entry in &entries {
            entry.only(&["dialect", "expression"], self.strict, report);
            let (dialect, text) = (entry.required("dialect", report), entry.required("expression", report));
            if expression.dialects.iter().any(|(known, _)| known.eq_ignore_ascii_case(&dialect)) {
                report.error(entry.at("dialect"), "DUPLICATE_NAME", "this dialect stands twice");
            }
            expression.dialects.push((dialect, text));
        }
        if entries.is_empty() {
            report.error(path, "REQUIRED", "an expression has at least one dialect");
        }
        expression
    }

    fn common(&self, node: &Node<'_>, report: &mut Report) -> Common {
        let mut common = Common {
            name: node.required("name", report),
            description: node.text("description", report),
            ai: self.ai(node, report),
            ..Common::default()
        };
        if common.name.chars().count() > 200 || common.name.chars().any(char::is_control) {
            report.error(node.at("name"), "NAME", "a name has at most 200 characters and no control characters");
        }
        for (at, value) in node.list("custom_extensions", report).iter().enumerate() {
            let path = format!("{}/{at}", node.at("custom_extensions"));
            let Some(extension) = Node::of(value, path, report) else { continue };
            let vendor = extension.required("vendor_name", report);
            if vendor != VENDOR {
                common.foreign_extensions.push(value.clone());
                continue;
            }
            let data = match extension.get("data") {
                Some(Value::String(text)) => match report.object_in(text) {
                    Ok(data) => data,
                    Err(violation) => {
                        report.error(extension.at("data"), violation.rule, violation.message);
                        continue;
                    }
                },
                Some(data @ Value::Object(_)) => Some(data.clone()),
                _ => None,
            };
            match data {
                Some(data) => common.extension = data,
                None => report.error(extension.at("data"), "TYPE", "the data of an extension is a JSON object as text"),
            }
        }
        common
    }

    fn ai(&self, node: &Node<'_>, report: &mut Report) -> AiContext {
        match node.get("ai_context") {
            None => AiContext::default(),
            Some(Value::String(text)) => AiContext { instructions: Some(text.clone()), ..AiContext::default() },
            Some(_) => {
                let Some(ai) = node.node("ai_context", report) else { return AiContext::default() };
                ai.only(&["instructions", "synonyms", "examples"], false, report);
                AiContext {
                    instructions: ai.text("instructions", report),
                    synonyms: ai.texts("synonyms", report),
                    examples: ai.texts("examples", report),
                }
            }
        }
    }
}

pub(super) fn print(model: &Model) -> Value {
    let mut printed = Map::new();
    head(&model.common, &mut printed);
    printed.insert("datasets".to_owned(), model.datasets.iter().map(print_dataset).collect());
    some(&mut printed, "relationships", model.relationships.iter().map(print_relationship).collect());
    some(&mut printed, "metrics", model.metrics.iter().map(print_metric).collect());
    tail(&model.common, &mut printed);
    json!({"version": VERSION, "semantic_model": [printed]})
}

fn print_dataset(dataset: &Dataset) -> Value {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(dataset.common.name));
    printed.insert("source".to_owned(), json!(dataset.source));
    some(&mut printed, "primary_key", dataset.primary_key.iter().map(|column| json!(column)).collect());
    some(&mut printed, "unique_keys", dataset.unique_keys.iter().map(|key| json!(key)).collect());
    head(&dataset.common, &mut printed);
    some(&mut printed, "fields", dataset.fields.iter().map(print_field).collect());
    tail(&dataset.common, &mut printed);
    Value::Object(printed)
}

fn print_field(field: &Field) -> Value {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(field.common.name));
    printed.insert("expression".to_owned(), print_expression(&field.expression));
    if let Some(is_time) = field.time_dimension {
        printed.insert("dimension".to_owned(), json!({"is_time": is_time}));
    }
    for (name, value) in [("label", &field.label), ("datatype", &field.data_type)] {
        if let Some(value) = value {
            printed.insert(name.to_owned(), json!(value));
        }
    }
    head(&field.common, &mut printed);
    tail(&field.common, &mut printed);
    Value::Object(printed)
}

fn print_relationship(relationship: &Relationship) -> Value {
    let mut printed = Map::new();
    head(&relationship.common, &mut printed);
    printed.insert("from".to_owned(), json!(relationship.from));
    printed.insert("to".to_owned(), json!(relationship.to));
    printed.insert("from_columns".to_owned(), json!(relationship.from_columns));
    printed.insert("to_columns".to_owned(), json!(relationship.to_columns));
    tail(&relationship.common, &mut printed);
    Value::Object(printed)
}

fn print_metric(metric: &Metric) -> Value {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(metric.common.name));
    printed.insert("expression".to_owned(), print_expression(&metric.expression));
    head(&metric.common, &mut printed);
    tail(&metric.common, &mut printed);
    Value::Object(printed)
}

fn print_expression(expression: &Expression) -> Value {
    let dialects: Vec<Value> =
        expression.dialects.iter().map(|(dialect, text)| json!({"dialect": dialect, "expression": text})).collect();
    json!({"dialects": dialects})
}

fn head(common: &Common, printed: &mut Map<String, Value>) {
    printed.insert("name".to_owned(), json!(common.name));
    if let Some(description) = &common.description {
        printed.insert("description".to_owned(), json!(description));
    }
    let mut ai = Map::new();
    if let Some(instructions) = &common.ai.instructions {
        ai.insert("instructions".to_owned(), json!(instructions));
    }
    some(&mut ai, "synonyms", common.ai.synonyms.iter().map(|text| json!(text)).collect());
    some(&mut ai, "examples", common.ai.examples.iter().map(|text| json!(text)).collect());
    if !ai.is_empty() {
        printed.insert("ai_context".to_owned(), Value::Object(ai));
    }
}

fn tail(common: &Common, printed: &mut Map<String, Value>) {
    let own = common.extension.as_object().filter(|data| !data.is_empty());
    let own = own.map(|data| json!({"vendor_name": VENDOR, "data": Value::Object(data.clone()).to_string()}));
    some(printed, "custom_extensions", own.into_iter().chain(common.foreign_extensions.iter().cloned()).collect());
}

fn some(printed: &mut Map<String, Value>, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        printed.insert(name.to_owned(), Value::Array(items));
    }
}
