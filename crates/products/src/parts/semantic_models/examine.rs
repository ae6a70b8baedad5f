//! Models within their product: do the tables and columns exist, does nobody else measure under the same name.

use std::collections::HashMap;

use emporion_catalog::name;
use emporion_semantic::model::{self, Model, Violation as Finding};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::attestation::{self, ATTESTATIONS, Attestation};
use super::body::{self, Report};
use super::columns::{self, Known};
use super::document::{list, model_of, readable};
use super::sample_origins::{self, Origins, SAMPLED};
use super::spec::{NAME, SPEC};
use super::verified;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Nouns;
use crate::parts::examination::{Examine, Examined, Written};
use crate::parts::item::{self, Item};
use crate::parts::part::{DeployFindings, DeployScope};
use crate::parts::spec::Fields;
use crate::reach::literals::{self, Compared};
use crate::read_context::ReadContext;
use crate::warning::Warning;

/// The rule that a dataset without a table breaks.
const UNKNOWN_TABLE: &str = "UNKNOWN_TABLE";

/// What is wrong with a model, and what is worth saying.
#[derive(Debug, Default)]
pub struct Judgement {
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
    /// Columns that its author may say tell of nobody.
    pub attestations: Vec<Attestation>,
    pub origins: Origins,
}

impl Judgement {
    /// The member `validation` of answers.
    pub fn print(&self) -> Value {
        let errors = self.errors.iter().map(|it| json!({"path": it.path, "rule": it.rule, "message": it.message}));
        let warnings = self.warnings.iter().map(|it| json!({"code": it.rule, "path": it.path, "message": it.message}));
        json!({"errors": errors.collect::<Vec<_>>(), "warnings": warnings.collect::<Vec<_>>()})
    }
}

/// Judges content that is to be stored, and stores the verified queries that came with it as drafts.
pub fn examination(report: Report) -> Examine {
    Box::new(move |cx, written| Box::pin(examine(cx, written, report)))
}

async fn examine(cx: &ReadContext<'_>, written: &Written<'_>, report: Report) -> Result<Examined, Failure> {
    let items = match list(written.fields, "metrics") {
        // Others are asked for the names of their metrics only.
        [] => Vec::new(),
        _ => item::of_product(&SPEC, cx.reading, cx.product).await?,
    };
    let others: Vec<&Item> = items.iter().filter(|item| item.id != written.id).collect();
    let state = if written.is_live { ContentState::Live } else { ContentState::Drafted };
    let mut judgement = judge(cx, written.fields, written.before, &report, &others, state).await?;
    if !judgement.errors.is_empty() {
        return Err(body::invalid(judgement.errors));
    }
    let (commands, reported) = verified::drafts(cx, &report.queries).await?;
    judgement.warnings.extend(reported);
    let more = Map::from_iter([("validation".to_owned(), judgement.print())]);
    let fields = Fields::from_iter([
        (ATTESTATIONS.to_owned(), attestation::print(&judgement.attestations)),
        (SAMPLED.to_owned(), sample_origins::print(&judgement.origins)),
    ]);
    Ok(Examined { more, commands, fields })
}

/// Holds content against the catalogue and against the product's other models.
///
/// A table that is nowhere is no error of a draft: it may come before the deploy does.
pub async fn judge(
    cx: &ReadContext<'_>,
    fields: &Fields,
    before: Option<&Fields>,
    report: &Report,
    others: &[&Item],
    state: ContentState,
) -> Result<Judgement, Failure> {
    let model = match readable(fields) {
        Ok(model) => model,
        Err(findings) => {
            // What the document said against itself is told where it stands in it; else what is kept of it cannot be read.
            let errors = if report.errors.is_empty() { findings } else { report.errors.clone() };
            return Ok(Judgement { errors, ..Judgement::default() });
        }
    };
    let known = columns::of(cx, state, &[&model]).await?;
    let mut judgement = held(&model, &known, report);
    let untold = report.errors.iter().filter(|error| !judgement.errors.contains(error)).cloned().collect::<Vec<_>>();
    judgement.errors.extend(untold);
    let (stood, errors) = stood(before.and_then(model_of).as_ref(), judgement.errors);
    judgement.errors = errors;
    judgement.warnings.extend(stood);
    if state != ContentState::Live {
        let (missing, errors) = judgement.errors.into_iter().partition(|finding| finding.rule == UNKNOWN_TABLE);
        judgement.errors = errors;
        judgement.warnings.extend::<Vec<Finding>>(missing);
    }
    let others = others.iter().filter_map(|item| Some((item.id, item.seen(state)?)));
    judgement.errors.extend(taken(fields, others).into_iter().map(|finding| placed(finding, report)));
    let literals = literals(cx, &model, &known, |path| report.source_paths.of(&path)).await?;
    judgement.warnings.extend(literals.into_iter().map(finding));
    judgement.warnings.extend(model::text_times(&model, &known).into_iter().map(|it| placed(it, report)));
    let (attestations, reported) = attestation::judged(cx, &model, &known, before).await?;
    judgement.attestations = attestations;
    judgement.origins = sample_origins::of_written(fields, before, &known);
    judgement.warnings.extend(reported.into_iter().map(|it| placed(it, report)));
    Ok(judgement)
}

/// Clashes of names that a model had already, and what else is wrong: those keep nothing else of it from being changed.
fn stood(before: Option<&Model>, errors: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let known = before.map(model::clashes).unwrap_or_default();
    errors.into_iter().partition(|finding| {
        finding.rule == model::SHARED_NAME && known.iter().any(|clash| clash.message == finding.message)
    })
}

/// A warning for each value that the model compares with a personal column; `place` says where its parts stand.
async fn literals(
    cx: &ReadContext<'_>,
    model: &Model,
    known: &Known,
    place: impl Fn(String) -> String,
) -> Result<Vec<Warning>, Failure> {
    let mut compared = Vec::new();
    for found in model::compared(model, known) {
        let Some(table) = known.table(&found.source) else { continue };
        let path = place(found.path);
        let columns = known.reported(&found.source, &found.column).into_iter();
        compared.extend(columns.map(|column| Compared { path: path.clone(), table, column }));
    }
    literals::warnings(cx, &compared).await
}

/// A warning among those of a model.
pub fn finding(warning: Warning) -> Finding {
    let message = warning.message.text(&Nouns::DATA_PRODUCT);
    Finding { path: warning.path.unwrap_or_default(), rule: warning.code, message }
}

fn placed(finding: Finding, report: &Report) -> Finding {
    Finding { path: report.source_paths.of(&finding.path), ..finding }
}

fn held(model: &Model, known: &Known, report: &Report) -> Judgement {
    let (errors, warnings) = model::check(model, known);
    let errors = errors.into_iter().map(|finding| placed(finding, report)).collect();
    // Reading has said the same of the document, and what only it could know.
    Judgement { errors, warnings: report.warnings.clone().unwrap_or(warnings), ..Judgement::default() }
}

fn metric_name(metric: &Value) -> Option<String> {
    Some(name::fold(metric.get("name")?.as_str()?))
}

/// The names of a model's metrics as they are compared.
pub fn metric_names(fields: &Fields) -> impl Iterator<Item = String> {
    list(fields, "metrics").iter().filter_map(metric_name)
}

/// Whether a model has this name, now or after a deploy.
pub fn is_called(item: &Item, wanted: &str) -> bool {
    let mut names = item.contents().filter_map(|fields| fields.get(NAME)?.as_str());
    names.any(|own| name::fold(own) == name::fold(wanted))
}

/// Metrics whose names other models of the product have taken.
fn taken<'a>(fields: &Fields, others: impl Iterator<Item = (Uuid, &'a Fields)>) -> Vec<Finding> {
    let mut owners: HashMap<String, (Uuid, &str)> = HashMap::new();
    for (id, other) in others {
        let owner = other.get(NAME).and_then(Value::as_str).unwrap_or_default();
        owners.extend(metric_names(other).map(|metric| (metric, (id, owner))));
    }
    let own = fields.get(NAME).and_then(Value::as_str).unwrap_or_default();
    let metrics = list(fields, "metrics").iter().enumerate();
    let found = metrics.filter_map(|(at, metric)| {
        let folded = metric_name(metric)?;
        let (id, owner) = owners.get(&folded)?;
        // Drafts may have one name, too; only their ids tell them apart.
        let which = if name::fold(own) == name::fold(owner) { format!(" of the model {id}") } else { String::new() };
        let message = format!("both {own}.{folded} and {owner}.{folded}{which} would be metrics of the product");
        Some(Finding { path: format!("/metrics/{at}/name"), rule: "DUPLICATE_METRIC", message })
    });
    found.collect()
}

/// What a deploy would make live must hold over what it would leave, and what is live may not lose its tables.
pub async fn check_deploy(cx: &ReadContext<'_>, items: &[Item], scope: DeployScope) -> Result<DeployFindings, Failure> {
    let staying: Vec<&Item> = items.iter().filter(|item| !item.is_pending_delete()).collect();
    let concerned: Vec<(usize, Model)> = staying
        .iter()
        .enumerate()
        .filter(|(_, item)| item.pending.is_some() || scope.moves_tables)
        .filter_map(|(at, item)| Some((at, model_of(item.fields())?)))
        .collect();
    let mut findings = DeployFindings::default();
    if concerned.is_empty() {
        return Ok(findings);
    }
    let models: Vec<&Model> = concerned.iter().map(|(_, model)| model).collect();
    let after = columns::of(cx, ContentState::Drafted, &models).await?;
    let before = columns::of(cx, ContentState::Live, &models).await?;
    for (at, model) in &concerned {
        let item = staying[*at];
        let mut errors = model::check(model, &after).0;
        if item.pending.is_none() {
            // What was wrong with it before is not this deploy's doing.
            let known = model::check(model, &before).0;
            errors.retain(|error| !known.contains(error));
        } else {
            // Clashes of names within it were judged when it was saved, or stood before.
            errors.retain(|error| error.rule != model::SHARED_NAME);
            // Of two drafts that take one name, the younger one is named.
            let others = staying.iter().enumerate().filter(|(other, _)| other != at);
            let others = others.filter(|(other, item)| item.is_deployed() || other < at);
            errors.extend(taken(item.fields(), others.map(|(_, item)| (item.id, item.fields()))));
        }
        let id = item.id.to_string();
        if item.pending.is_some() {
            let place = |path| format!("/{}/{id}{path}", SPEC.many);
            findings.warnings.extend(literals(cx, model, &after, place).await?);
            let texts = model::text_times(model, &after).into_iter();
            findings.warnings.extend(texts.map(|it| body::warning(it, |path| format!("/{}/{id}{path}", SPEC.many))));
            let place = |path: &str| format!("/{}/{id}{path}", SPEC.many);
            findings.warnings.extend(attestation::not_shown(cx, item.fields(), &after, place).await?);
        }
        let entity = |it| body::violation(it).of_entity(SPEC.one, id.clone());
        findings.violations.extend(errors.into_iter().map(entity));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(metrics: &[&str]) -> Model {
        let expression = |text: &str| json!({"dialects": [{"dialect": "ANSI_SQL", "expression": text}]});
        let field = |name: &str| json!({"name": name, "expression": expression(name), "dimension": {"is_time": false}});
        let metric = |name: &&str| json!({"name": name, "expression": expression("SUM(orders.id)")});
        let document = json!({"version": "0.2.0.dev0", "semantic_model": [{
            "name": "m",
            "datasets": [{"name": "orders", "source": "shop.orders", "fields": [field("region"), field("state")]}],
            "metrics": metrics.iter().map(metric).collect::<Vec<_>>(),
        }]});
        model_of(&Fields::from_iter([("document".to_owned(), document)])).expect("a model")
    }

    #[test]
    fn a_clash_of_names_is_wrong_where_it_is_new() {
        let clashing = model(&["other", "region", "State"]);
        let errors = model::clashes(&clashing);
        assert_eq!(errors.iter().map(|one| &*one.path).collect::<Vec<_>>(), ["/metrics/1/name", "/metrics/2/name"]);
        let (old, new) = stood(Some(&model(&["region"])), errors.clone());
        assert_eq!((old, new), (errors[..1].to_vec(), errors[1..].to_vec()));
        assert_eq!(stood(None, errors.clone()).1, errors);
        assert_eq!(stood(Some(&clashing), errors.clone()).0, errors);
    }
}
