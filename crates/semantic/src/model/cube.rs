//! Cube's data models: cubes with joins, dimensions and measures.

use serde_json::{Map, Value, json};

use super::datatype::{self, BOOLEAN, DATE, DATE_TIME, DATE_TIME_TZ, DECIMAL, FLOAT, INTEGER, STRING, TIME};
use super::generate::plain;
use super::parts::{Common, Dataset, Expression, Field, Metric, Model, Relationship};
use super::read::{Node, Report};
use super::{expression, metricflow};

pub(super) fn read(document: &Value, name: &str, report: &mut Report) -> Model {
    let Some(root) = Node::of(document, String::new(), report) else { return Model::default() };
    root.only(&["cubes", "views", "name"], false, report);
    if !root.has("cubes") {
        report.error("/cubes", "REQUIRED", "`cubes` is required");
    }
    if root.has("views") {
        report.warn("/views", "UNSUPPORTED", "views are not taken over");
    }
    let name = root.text("name", report).unwrap_or_else(|| name.to_owned());
    let mut model = Model { common: Common { name, ..Common::default() }, ..Model::default() };
    for node in root.nodes("cubes", report) {
        read_cube(&node, &mut model, report);
    }
    model
}

fn read_cube(node: &Node<'_>, model: &mut Model, report: &mut Report) {
    let mut dataset = Dataset { common: common(node, report), ..Dataset::default() };
    let place = format!("/datasets/{}", model.datasets.len());
    report.came_from(place.clone(), &node.path);
    dataset.source = match (node.text("sql_table", report), node.text("sql", report)) {
        (Some(table), _) => table,
        (None, Some(sql)) => match selected_table(&sql) {
            Some(table) => table.to_owned(),
            None => {
                report.error(
                    node.at("sql"),
                    "UNSUPPORTED",
                    "a cube over a query is not taken over: name its `sql_table`",
                );
                String::new()
            }
        },
        (None, None) => {
            report.error(node.at("sql_table"), "REQUIRED", "`sql_table` is required");
            String::new()
        }
    };
    let name = dataset.common.name.clone();
    for dimension in node.nodes("dimensions", report) {
        let (data_type, is_time) = match dimension.text("type", report).as_deref() {
            None => (None, false),
            Some("time") => (Some(DATE_TIME), true),
            Some("string") => (Some(STRING), false),
            Some("number") => (Some(DECIMAL), false),
            Some("boolean") => (Some(BOOLEAN), false),
            Some(_) => {
                report.warn(dimension.at("type"), "UNSUPPORTED", "this type of dimension is not taken over");
                continue;
            }
        };
        if let Some(word) = ["case", "sub_query"].into_iter().find(|word| dimension.has(word)) {
            report.warn(dimension.at(word), "UNSUPPORTED", "a dimension is one expression over its own cube");
            continue;
        }
        report.came_from(format!("{place}/fields/{}", dataset.fields.len()), &dimension.path);
        let common = common(&dimension, report);
        let text = dimension.text("sql", report).map_or_else(|| plain(&common.name), |sql| bare(&sql, &name));
        if dimension.flag("primary_key", report) {
            dataset.primary_key.push(text.clone());
        }
        dataset.fields.push(Field {
            common,
            expression: Expression::ansi(text),
            label: dimension.text("title", report),
            data_type: data_type.map(str::to_owned),
            time_dimension: Some(is_time),
        });
    }
    let mut nodes = node.nodes("measures", report);
    // Those over other measures come last.
    nodes.sort_by_key(|measure| {
        measure.get("sql").and_then(Value::as_str).is_some_and(|sql| bare(sql, &name).contains('{'))
    });
    let mut measures: Vec<(String, String)> = Vec::new();
    for measure in nodes {
        let common = common(&measure, report);
        let kind = measure.required("type", report);
        if measure.has("filters") || measure.has("rolling_window") || measure.has("multi_stage") {
            report.warn(measure.path, "UNSUPPORTED", "a measure with filters or windows is not taken over");
            continue;
        }
        let given = measure.text("sql", report).map(|sql| inlined(bare(&sql, &name), &measures));
        if given.is_none() && !matches!(kind.as_str(), "count" | "") {
            report.error(measure.at("sql"), "REQUIRED", "`sql` is required");
            continue;
        }
        let column = given.or_else(|| dataset.primary_key.first().cloned()).unwrap_or_default();
        let column = expression::qualified(&column, &plain(&name)).unwrap_or(column);
        let text = match kind.as_str() {
            "count" => format!("COUNT({})", if column.is_empty() { "*" } else { &column }),
            "sum" => format!("SUM({column})"),
            "avg" => format!("AVG({column})"),
            "min" => format!("MIN({column})"),
            "max" => format!("MAX({column})"),
            "count_distinct" | "count_distinct_approx" | "countDistinct" | "countDistinctApprox" => {
                format!("COUNT(DISTINCT {column})")
            }
            // These aggregate by themselves. What is over measures of other cubes has no expression of its own.
            "number" | "string" | "time" | "boolean" if !column.contains(['{', '}']) => column,
            _ => {
                report.warn(measure.at("type"), "UNSUPPORTED", "this type of measure is not taken over");
                continue;
            }
        };
        report.came_from(format!("/metrics/{}", model.metrics.len()), &measure.path);
        measures.push((common.name.clone(), text.clone()));
        model.metrics.push(Metric { common, expression: Expression::ansi(text) });
    }
    for join in node.nodes("joins", report) {
        if let Some(relationship) = read_join(&join, &name, report) {
            report.came_from(format!("/relationships/{}", model.relationships.len()), &join.path);
            model.relationships.push(relationship);
        }
    }
    model.datasets.push(dataset);
}

/// `{customers}.id`, `${customers}.id`, `{customers.id}` or `customers.id`: the cube, which may have dots in its name
/// where braces stand around it, and the column.
fn join_side(text: &str) -> Option<(String, String)> {
    let text = text.trim().trim_matches(['(', ')']).trim_start_matches('$');
    let (cube, column) = match text.strip_prefix('{') {
        Some(rest) => rest.split_once("}.").or_else(|| rest.strip_suffix('}')?.split_once('.'))?,
        None => text.split_once('.')?,
    };
    Some((cube.trim().to_owned(), column.trim().to_owned()))
}

/// `{CUBE}.customer_id = {customers}.id`, parts joined by AND.
fn read_join(node: &Node<'_>, from: &str, report: &mut Report) -> Option<Relationship> {
    let other = node.required("name", report);
    let sql = node.required("sql", report);
    let kind = node.text("relationship", report).unwrap_or_default();
    let mut own = Vec::new();
    let mut theirs = Vec::new();
    for part in sql.replace(" and ", " AND ").split(" AND ") {
        let Some((left, right)) = part.split_once('=') else { continue };
        let [Some((a, x)), Some((b, y))] = [left, right].map(join_side) else { continue };
        let is_own = |cube: &str| cube == "CUBE" || cube == from;
        if is_own(&a) && b == other {
            own.push(x);
            theirs.push(y);
        } else if is_own(&b) && a == other {
            own.push(y);
            theirs.push(x);
        }
    }
    if own.is_empty() {
        report.warn(node.at("sql"), "UNSUPPORTED", "only joins over equal columns are taken over");
        return None;
    }
    let name = format!("{from}_to_{other}");
    let (from, to, from_columns, to_columns) = match kind.as_str() {
        // The other has many rows for each of this one.
        "one_to_many" | "has_many" | "hasMany" => (other, from.to_owned(), theirs, own),
        _ => (from.to_owned(), other, own, theirs),
    };
    Some(Relationship { common: Common { name, ..Common::default() }, from, to, from_columns, to_columns })
}

/// `{CUBE}.amount`, `${CUBE}.amount` and `{amount}` are `amount`.
fn bare(sql: &str, cube: &str) -> String {
    let mut text = sql.trim().to_owned();
    for own in [
        "${CUBE}.".to_owned(),
        "{CUBE}.".to_owned(),
        "CUBE.".to_owned(),
        format!("${{{cube}}}."),
        format!("{{{cube}}}."),
        format!("{cube}."),
    ] {
        text = text.replace(&own, "");
    }
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if !name.contains(['{', '}']) => name.to_owned(),
        _ => text,
    }
}

/// The text with each measure's own in its place: `{revenue}`, `${revenue}` and `{CUBE.revenue}`.
fn inlined(mut text: String, measures: &[(String, String)]) -> String {
    for (name, of) in measures {
        for reference in
            [format!("${{CUBE.{name}}}"), format!("{{CUBE.{name}}}"), format!("${{{name}}}"), format!("{{{name}}}")]
        {
            // What would be too long is left as it is, and refused as that.
            let grown = text.len() + text.matches(&reference).count() * (of.len() + 2);
            if text.len() <= expression::MAX_BYTES && grown <= 2 * expression::MAX_BYTES {
                text = text.replace(&reference, &format!("({of})"));
            }
        }
    }
    text
}

/// The table of `SELECT * FROM table`.
fn selected_table(sql: &str) -> Option<&str> {
    let words: Vec<&str> = sql.trim().trim_end_matches(';').split_whitespace().collect();
    match words.as_slice() {
        [select, "*", from, table] if select.eq_ignore_ascii_case("select") && from.eq_ignore_ascii_case("from") => {
            Some(table)
        }
        _ => None,
    }
}

fn common(node: &Node<'_>, report: &mut Report) -> Common {
    Common { name: node.required("name", report), description: node.text("description", report), ..Common::default() }
}

pub(super) fn print(model: &Model) -> Value {
    let mut measures: Vec<Vec<Value>> = vec![Vec::new(); model.datasets.len()];
    for metric in &model.metrics {
        let Some((home, kind, sql)) = print_measure(model, metric) else { continue };
        let mut printed = head(&metric.common);
        printed.insert("type".to_owned(), json!(kind));
        printed.insert("sql".to_owned(), json!(sql));
        measures[home].push(Value::Object(printed));
    }
    let cubes: Vec<Value> =
        model.datasets.iter().zip(measures).map(|(dataset, measures)| print_cube(model, dataset, measures)).collect();
    json!({"name": model.common.name, "cubes": cubes})
}

/// The cube, type and text of a metric over one dataset: an aggregate that Cube has a type for, else a number that says
/// itself how it aggregates.
fn print_measure(model: &Model, metric: &Metric) -> Option<(usize, &'static str, String)> {
    match metricflow::measure(model, metric) {
        Some((home, "average", column)) => Some((home, "avg", column)),
        Some((home, agg @ ("sum" | "count" | "count_distinct" | "min" | "max"), column)) => Some((home, agg, column)),
        _ => {
            let text = metric.expression.any();
            let home = metricflow::home(model, text)?;
            Some((home, "number", expression::unqualified(text)?))
        }
    }
}

fn is_hidden(field: &Field) -> bool {
    field.common.extension.get("hidden") == Some(&Value::Bool(true))
}

/// Cube's type for a field.
fn kind_of(field: &Field) -> &'static str {
    let samples = field.common.extension.get("sampleValues").and_then(Value::as_array);
    let all = |is: fn(&Value) -> bool| samples.is_some_and(|samples| !samples.is_empty() && samples.iter().all(is));
    match (field.data_type.as_deref().and_then(datatype::logical), field.time_dimension) {
        (_, Some(true)) | (Some(DATE | DATE_TIME | DATE_TIME_TZ), _) => "time",
        (Some(INTEGER | DECIMAL | FLOAT), _) => "number",
        (Some(BOOLEAN), _) => "boolean",
        (Some(STRING | TIME), _) => "string",
        (_, None) if field.data_type.is_none() && !is_hidden(field) => "number",
        _ if all(Value::is_boolean) => "boolean",
        _ if all(Value::is_number) => "number",
        _ => "string",
    }
}

fn print_cube(model: &Model, dataset: &Dataset, measures: Vec<Value>) -> Value {
    let mut printed = head(&dataset.common);
    printed.insert("sql_table".to_owned(), json!(dataset.source));
    let joins: Vec<Value> = model
        .relationships
        .iter()
        .filter(|relationship| relationship.from == dataset.common.name)
        .map(|relationship| {
            let pairs = relationship.from_columns.iter().zip(&relationship.to_columns);
            let sql: Vec<String> =
                pairs.map(|(own, theirs)| format!("{{CUBE}}.{own} = {{{}}}.{theirs}", relationship.to)).collect();
            json!({"name": relationship.to, "sql": sql.join(" AND "), "relationship": "many_to_one"})
        })
        .collect();
    if !joins.is_empty() {
        printed.insert("joins".to_owned(), Value::Array(joins));
    }
    let mut dimensions: Vec<Value> = dataset
        .fields
        .iter()
        .map(|field| {
            let mut printed = head(&field.common);
            printed.insert("sql".to_owned(), json!(field.expression.any()));
            printed.insert("type".to_owned(), json!(kind_of(field)));
            if let Some(label) = &field.label {
                printed.insert("title".to_owned(), json!(label));
            }
            if is_hidden(field) {
                printed.insert("public".to_owned(), json!(false));
            }
            if dataset.primary_key.contains(&field.common.name) {
                printed.insert("primary_key".to_owned(), json!(true));
            }
            Value::Object(printed)
        })
        .collect();
    // A key that is no field is one here.
    for column in &dataset.primary_key {
        if !dataset.fields.iter().any(|field| field.common.name == *column) {
            dimensions.push(
                json!({"name": column, "sql": plain(column), "type": "string", "primary_key": true, "public": false}),
            );
        }
    }
    if !dimensions.is_empty() {
        printed.insert("dimensions".to_owned(), Value::Array(dimensions));
    }
    if !measures.is_empty() {
        printed.insert("measures".to_owned(), Value::Array(measures));
    }
    Value::Object(printed)
}

fn head(common: &Common) -> Map<String, Value> {
    let mut printed = Map::new();
    printed.insert("name".to_owned(), json!(common.name));
    if let Some(description) = &common.description {
        printed.insert("description".to_owned(), json!(description));
    }
    printed
}
