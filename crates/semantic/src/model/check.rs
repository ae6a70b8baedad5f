//! Checks of a model, against itself and against the columns that exist.

mod paths;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::parts::{Dataset, Expression, Field, Metric, Model};
use super::read::Report;
use super::reference::Reference;
use super::violation::Violation;
use super::{datatype, expression, plain, time_format};

/// Columns of a table by a dataset's `source`; `None` where the table is not known, nothing where its columns are not.
pub trait Columns {
    fn of(&self, source: &str) -> Option<Vec<String>>;

    /// The catalogue's word for the type of one of them, where it is known.
    fn data_type(&self, _source: &str, _column: &str) -> Option<String> {
        None
    }
}

impl<F: Fn(&str) -> Option<Vec<String>>> Columns for F {
    fn of(&self, source: &str) -> Option<Vec<String>> {
        self(source)
    }
}

/// Errors and warnings about a model over tables that are known.
///
/// A dataset whose table is unknown is an error only here: reading a document does not look at the catalogue.
pub fn check(model: &Model, columns: &dyn Columns) -> (Vec<Violation>, Vec<Violation>) {
    let mut report = inner(model);
    let names_of = Names::of(model);
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for (at, dataset) in model.datasets.iter().enumerate() {
        match columns.of(&dataset.source) {
            Some(columns) if columns.is_empty() => {}
            Some(columns) => {
                known.insert(folded(&dataset.common.name), columns);
            }
            None => {
                let message = format!("the table `{}` is none of this product", dataset.source);
                report.error(format!("/datasets/{at}/source"), "UNKNOWN_TABLE", message);
            }
        }
    }
    for (at, dataset) in model.datasets.iter().enumerate() {
        let Some(columns) = known.get(&folded(&dataset.common.name)) else { continue };
        let exists = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let keys = dataset.primary_key.iter().enumerate().map(|(n, column)| (format!("primary_key/{n}"), column));
        let unique = dataset.unique_keys.iter().enumerate().flat_map(|(n, key)| {
            key.iter().enumerate().map(move |(m, column)| (format!("unique_keys/{n}/{m}"), column))
        });
        for (place, column) in keys.chain(unique) {
            if !exists(column) && !names_of.has_field(dataset, column) {
                unknown(&mut report, format!("/datasets/{at}/{place}"), dataset, column, columns);
            }
        }
        for (n, field) in dataset.fields.iter().enumerate() {
            for name in names(&field.expression) {
                let column = match name.as_slice() {
                    [column] => column,
                    [qualifier, column] if qualifier.eq_ignore_ascii_case(&dataset.common.name) => column,
                    _ => continue,
                };
                if !exists(column)
                    && !dataset.fields.iter().any(|other| other != field && same(&other.common.name, column))
                {
                    unknown(&mut report, format!("/datasets/{at}/fields/{n}/expression"), dataset, column, columns);
                }
            }
        }
    }
    for (at, relationship) in model.relationships.iter().enumerate() {
        for (place, end, list) in [
            ("from_columns", &relationship.from, &relationship.from_columns),
            ("to_columns", &relationship.to, &relationship.to_columns),
        ] {
            let (Some(dataset), Some(columns)) = (names_of.dataset(end), known.get(&folded(end))) else { continue };
            for (n, column) in list.iter().enumerate() {
                if !columns.iter().any(|known| known.eq_ignore_ascii_case(column))
                    && !names_of.has_field(dataset, column)
                {
                    unknown(&mut report, format!("/relationships/{at}/{place}/{n}"), dataset, column, columns);
                }
            }
        }
    }
    for (at, metric) in model.metrics.iter().enumerate() {
        for name in names(&metric.expression) {
            let [qualifier, column] = name.as_slice() else { continue };
            let (Some(dataset), Some(columns)) = (names_of.dataset(qualifier), known.get(&folded(qualifier))) else {
                continue;
            };
            if !columns.iter().any(|known| known.eq_ignore_ascii_case(column)) && !names_of.has_field(dataset, column) {
                unknown(&mut report, format!("/metrics/{at}/expression"), dataset, column, columns);
            }
        }
    }
    (report.errors, report.warnings)
}

/// Warnings about fields that are called times and stand for columns that are none by their type: whether what stands in them
/// is read as one.
pub fn text_times(model: &Model, columns: &dyn Columns) -> Vec<Violation> {
    let mut report = Report::default();
    for (at, dataset) in model.datasets.iter().enumerate() {
        for (n, field) in dataset.fields.iter().enumerate().filter(|(_, field)| field.time_dimension == Some(true)) {
            let column = plain::column(&field.expression);
            let Some(data_type) = column.and_then(|column| columns.data_type(&dataset.source, &column)) else {
                continue;
            };
            let is_number =
                matches!(datatype::logical(&data_type), Some(datatype::INTEGER | datatype::DECIMAL | datatype::FLOAT));
            if !is_number && !datatype::may_be_text(Some(&data_type))
                || !matches!(time_format::of_field(field), Ok(None))
            {
                continue;
            }
            let samples = field.common.extension.get("sampleValues").and_then(|values| values.as_array());
            let samples = samples.filter(|samples| !samples.is_empty());
            let name = format!("{}.{}", dataset.common.name, field.common.name);
            let say = "where it tells months, quarters or years, say how they are written, in the extension of the field: \
                       {\"timeFormat\": \"yyyy-MM\"}";
            let message = match samples {
                Some(samples) if !is_number && time_format::are_days(samples) => continue,
                Some(_) => format!(
                    "{name} is called a time, and its values are neither days such as 2024-12-31 nor periods that are \
                     known by how they are written: no question about a time finds its rows; {say}"
                ),
                None if is_number => {
                    format!("{name} is called a time, and is a number: no question about a time finds its rows; {say}")
                }
                None => format!(
                    "{name} is called a time, and is a text: it is read as one where each value is a day such as \
                     2024-12-31; {say}"
                ),
            };
            report.warn(format!("/datasets/{at}/fields/{n}"), "TIME_AS_TEXT", message);
        }
    }
    report.warnings
}

fn unknown(report: &mut Report, path: String, dataset: &Dataset, column: &str, columns: &[String]) {
    // A field of the rejected name is no help: it is what names the column that is not there.
    let fields = dataset.fields.iter().map(|field| field.common.name.as_str()).filter(|name| !same(name, column));
    let names = columns.iter().map(String::as_str).chain(fields);
    let is_near = |distance: usize, name: &str| {
        let (name, column) = (folded(name), folded(column));
        let is_longer = column.chars().count() > 2 && (name.starts_with(&column) || column.starts_with(&name));
        distance <= 1 + column.chars().count() / 5 || is_longer && !name.is_empty()
    };
    let near = names.map(|name| (distance(name, column), name)).filter(|(distance, name)| is_near(*distance, name));
    let hint = match near.min() {
        Some((_, name)) => format!("; did you mean {}.{name}?", dataset.common.name),
        None => String::new(),
    };
    report.error(path, "UNKNOWN_FIELD", format!("{}.{column} does not exist{hint}", dataset.common.name));
}

/// The names of a model, so that each look-up is one.
struct Names<'a> {
    datasets: HashMap<String, &'a Dataset>,
    fields: HashSet<(String, String)>,
    /// Of metrics and of fields of any dataset.
    bare: HashSet<String>,
}

impl<'a> Names<'a> {
    fn of(model: &'a Model) -> Names<'a> {
        let mut names = Names { datasets: HashMap::new(), fields: HashSet::new(), bare: HashSet::new() };
        for dataset in &model.datasets {
            names.datasets.entry(folded(&dataset.common.name)).or_insert(dataset);
            for field in &dataset.fields {
                names.fields.insert((folded(&dataset.common.name), folded(&field.common.name)));
                names.bare.insert(folded(&field.common.name));
            }
        }
        names.bare.extend(model.metrics.iter().map(|metric| folded(&metric.common.name)));
        names
    }

    fn dataset(&self, name: &str) -> Option<&'a Dataset> {
        self.datasets.get(&folded(name)).copied()
    }

    fn has_field(&self, dataset: &Dataset, field: &str) -> bool {
        self.fields.contains(&(folded(&dataset.common.name), folded(field)))
    }
}

/// What can be said without the catalogue.
pub(super) fn inner(model: &Model) -> Report {
    let mut report = Report::default();
    let names_of = Names::of(model);
    duplicates(&mut report, "/datasets", model.datasets.iter().map(|dataset| dataset.common.name.as_str()));
    duplicates(
        &mut report,
        "/relationships",
        model.relationships.iter().map(|relationship| relationship.common.name.as_str()),
    );
    duplicates(&mut report, "/metrics", model.metrics.iter().map(|metric| metric.common.name.as_str()));
    named_as_dimensions(model, &mut report);
    for (at, dataset) in model.datasets.iter().enumerate() {
        let path = format!("/datasets/{at}");
        if Reference::is_meant(&dataset.source) && Reference::parse(&dataset.source).is_none() {
            report.error(format!("{path}/source"), "REFERENCE", "a reference is written $ref(alias.table)");
        }
        duplicates(
            &mut report,
            &format!("{path}/fields"),
            dataset.fields.iter().map(|field| field.common.name.as_str()),
        );
        for (n, field) in dataset.fields.iter().enumerate() {
            check_field(&mut report, format!("{path}/fields/{n}"), field);
        }
    }
    relationships(model, &names_of, &mut report);
    paths::ambiguous(model, &mut report);
    for (at, metric) in model.metrics.iter().enumerate() {
        let path = format!("/metrics/{at}/expression");
        let names = names(&metric.expression);
        match aggregates(&mut report, &path, &metric.expression) {
            Some(false)
                if !names.iter().any(|name| {
                    name.len() == 1
                        && model.metrics.iter().any(|other| other != metric && same(&other.common.name, &name[0]))
                }) =>
            {
                report.error(path.clone(), "NO_AGGREGATE", "a metric aggregates: SUM, COUNT, AVG…");
            }
            _ => {}
        }
        for name in names {
            match name.as_slice() {
                [dataset_name, ..] if name.len() > 1 && names_of.dataset(dataset_name).is_none() => {
                    report.error(path.clone(), "UNKNOWN_DATASET", format!("there is no dataset `{dataset_name}`"));
                }
                [bare] if !names_of.bare.contains(&folded(bare)) => {
                    report.warn(path.clone(), "UNQUALIFIED_FIELD", format!("`{bare}` says no dataset"));
                }
                _ => {}
            }
        }
    }
    synonyms(model, &mut report);
    report
}

fn check_field(report: &mut Report, path: String, field: &Field) {
    if let Some(true) = aggregates(report, &format!("{path}/expression"), &field.expression) {
        report.error(
            format!("{path}/expression"),
            "AGGREGATE_IN_FIELD",
            "a field is computed from one row; aggregates belong to metrics",
        );
    }
    if let Err(message) = time_format::of_field(field) {
        report.error(path.clone(), "TIME_FORMAT", message);
    }
    let samples = field.common.extension.get("sampleValues").and_then(|values| values.as_array());
    if holds_names(field) && samples.is_none_or(Vec::is_empty) {
        report.warn(
            path,
            "NO_SAMPLE_VALUES",
            "without sample values each value that a question names is looked up in the source",
        );
    }
}

/// Whether questions will name values of this field: it holds text, and is a dimension or has other names.
fn holds_names(field: &Field) -> bool {
    if !datatype::may_be_text(field.data_type.as_deref()) {
        return false;
    }
    match field.time_dimension {
        Some(is_time) => !is_time,
        None => {
            !field.common.ai.synonyms.is_empty()
                && matches!(names(&field.expression).as_slice(), [name] if name.join(".") == field.expression.any().trim())
        }
    }
}

fn relationships(model: &Model, names_of: &Names<'_>, report: &mut Report) {
    let mut paths: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (at, relationship) in model.relationships.iter().enumerate() {
        let path = format!("/relationships/{at}");
        for (place, end) in [("from", &relationship.from), ("to", &relationship.to)] {
            if names_of.dataset(end).is_none() {
                report.error(format!("{path}/{place}"), "UNKNOWN_DATASET", format!("there is no dataset `{end}`"));
            }
        }
        if relationship.from_columns.len() != relationship.to_columns.len() {
            report.error(format!("{path}/to_columns"), "COLUMN_COUNT", "both ends have the same number of columns");
        }
        if let Some(to) = names_of.dataset(&relationship.to) {
            let is = |key: &[String]| {
                !key.is_empty()
                    && key.len() == relationship.to_columns.len()
                    && key.iter().all(|column| relationship.to_columns.iter().any(|other| same(other, column)))
            };
            if !is(&to.primary_key) && !to.unique_keys.iter().any(|key| is(key)) {
                report.warn(
                    format!("{path}/to_columns"),
                    "NOT_A_KEY",
                    "these columns are no declared key, so the relationship counts as many to many",
                );
            }
        }
        let (a, b) = (folded(&relationship.from), folded(&relationship.to));
        let ends = if a < b { (a, b) } else { (b, a) };
        let count = paths.entry(ends).or_default();
        *count += 1;
        if *count == 2 {
            report.warn(
                path,
                "AMBIGUOUS_PATH",
                format!(
                    "`{}` and `{}` are joined in two ways: questions will ask which",
                    relationship.from, relationship.to
                ),
            );
        }
    }
}

fn synonyms(model: &Model, report: &mut Report) {
    let mut claimed: HashMap<String, &str> = HashMap::new();
    for (at, metric) in model.metrics.iter().enumerate() {
        let own = &metric.common.name;
        for (n, synonym) in metric.common.ai.synonyms.iter().enumerate() {
            match claimed.insert(folded(synonym), own) {
                Some(other) if other != own => {
                    let message = format!("`{synonym}` also means `{other}`: questions will ask which");
                    report.warn(format!("/metrics/{at}/ai_context/synonyms/{n}"), "SHARED_SYNONYM", message);
                }
                _ => {}
            }
        }
    }
}

/// Whether an expression aggregates; `None` where no text of it can be read.
fn aggregates(report: &mut Report, path: &str, expression: &Expression) -> Option<bool> {
    let mut answer = None;
    for (dialect, text) in &expression.dialects {
        if !expression::is_read(dialect) {
            continue;
        }
        match expression::look(text) {
            Ok(said) => answer = Some(answer.unwrap_or(false) || said.aggregates),
            Err(reason) => report.error(path, "EXPRESSION", reason),
        }
    }
    answer
}

fn names(expression: &Expression) -> Vec<Vec<String>> {
    let read = expression.dialects.iter().find(|(dialect, _)| expression::is_read(dialect));
    read.and_then(|(_, text)| expression::look(text).ok()).map(|said| said.names).unwrap_or_default()
}

/// A word that a metric and a dimension bear means neither.
fn named_as_dimensions(model: &Model, report: &mut Report) {
    for clash in clashes(model) {
        report.error(clash.path, clash.rule, clash.message);
    }
}

/// The rule that no metric bears the name of a dimension.
pub const SHARED_NAME: &str = "SHARED_NAME";

/// Where a model breaks [`SHARED_NAME`].
pub fn clashes(model: &Model) -> Vec<Violation> {
    let fields = model.datasets.iter().flat_map(|dataset| dataset.fields.iter().map(move |field| (dataset, field)));
    let dimensions = fields.filter(|(_, field)| field.time_dimension.is_some());
    let called: HashMap<String, (&str, &str)> = dimensions
        .map(|(dataset, field)| (folded(&field.common.name), (&*dataset.common.name, &*field.common.name)))
        .collect();
    let clash = |(at, metric): (usize, &Metric)| {
        let name = &metric.common.name;
        let (dataset, field) = called.get(&folded(name))?;
        let message = format!("both the metric `{name}` and the dimension `{dataset}.{field}` are called so");
        Some(Violation::new(format!("/metrics/{at}/name"), SHARED_NAME, message))
    };
    model.metrics.iter().enumerate().filter_map(clash).collect()
}

fn duplicates<'a>(report: &mut Report, path: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen: HashSet<String> = HashSet::new();
    for (at, name) in names.enumerate() {
        if !seen.insert(folded(name)) {
            let message = format!("`{name}` is also the name of one before it");
            report.error(format!("{path}/{at}/name"), "DUPLICATE_NAME", message);
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

/// Names are one if they differ only in case and surrounding space.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// How many letters differ, for a hint; long names have none.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    if a.len() > 100 || b.len() > 100 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = if x == y { diagonal } else { diagonal + 1 };
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
