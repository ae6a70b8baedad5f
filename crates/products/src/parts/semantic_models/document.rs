//! Documents as they are kept: what stands in one.

use emporion_semantic::model::{self, Format, Model, Violation};
use serde_json::{Map, Value, json};

use super::spec::{DOCUMENT, NAME};
use crate::parts::spec::Fields;

/// The one model of a kept document.
pub fn inner(fields: &Fields) -> Option<&Map<String, Value>> {
    fields.get(DOCUMENT)?.pointer("/semantic_model/0")?.as_object()
}

/// The items of one of its lists.
pub fn list<'a>(fields: &'a Fields, name: &str) -> &'a [Value] {
    inner(fields).and_then(|model| model.get(name)?.as_array()).map_or(&[], Vec::as_slice)
}

/// The model of a kept document, or of one that is to be kept, if it reads as one.
pub fn model_of(fields: &Fields) -> Option<Model> {
    readable(fields).ok()
}

/// The same.
///
/// Errors: why it does not.
pub fn readable(fields: &Fields) -> Result<Model, Vec<Violation>> {
    let name = fields.get(NAME).and_then(Value::as_str).unwrap_or_default();
    let document = fields.get(DOCUMENT).unwrap_or(&Value::Null);
    model::read(document, Format::Osi, name).map(|read| read.model)
}

/// The metrics of a model that may be shown, in its order, as figures of a front page.
pub fn kpis(fields: &Fields) -> Vec<Value> {
    let metrics = model_of(fields).map(|model| model.metrics).unwrap_or_default();
    let shown = metrics.into_iter().filter(|metric| metric.common.extension["hidden"] != json!(true));
    let kpi = |metric: model::Metric| {
        let mut kpi = json!({"metric": metric.common.name, "label": model::label(&metric.common.name)});
        if let Some(format) = metric.common.extension.get("format").filter(|format| format.is_string()) {
            kpi["format"] = format.clone();
        }
        kpi
    };
    shown.map(kpi).collect()
}
