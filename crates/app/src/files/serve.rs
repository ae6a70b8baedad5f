//! The operations behind `emporion export`, `diff` and `apply`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Violation;
use emporion_catalog::query::KeysetKey;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_catalog::relation::STEWARD;
use emporion_catalog::tracking::ReadSet;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Method, Route, handler};
use serde_json::{Value, json};

use super::Fault;
use super::carry_out::{self, Maker, Reference, Step};
use super::description::{Description, Name};
use super::plan::{self, Action, Change};
use super::present::{self, Documents, Holder, Unsaid};
use super::shape::{self, Shape};
use crate::admin::Management;
use crate::call::Call;
use crate::interface::{Interface, JSON};
use crate::records;

/// The documents of a catalogue, together.
const BODY_LIMIT: usize = 48 << 20;
pub const MOST_DOCUMENTS: usize = 50_000;
/// How many records one answer of an export holds.
const PAGE: u32 = 200;
/// What the door is called that files come in by.
const DOOR: &str = "files";
/// How often it is decided again when others are faster.
const TRIES: usize = 8;

/// Why nothing was done.
enum Refusal {
    Faults(Vec<Fault>),
    Problem(Problem),
    /// Every step that cannot be carried out, with the status that the first asks for.
    Steps(u16, Vec<Fault>, Vec<String>),
    /// Something else is to be done by now than was planned.
    Changed(Vec<String>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem)
    }
}

type Answered = Result<Value, Refusal>;

pub fn routes() -> Vec<Route<Management>> {
    macro_rules! row {
        ($method:ident $path:literal $name:ident takes $members:expr) => {
            Route {
                body_limit: Some(BODY_LIMIT),
                ..Interface::route(
                    Method::$method,
                    concat!("/emporion/v1", $path),
                    stringify!($name),
                    handler(|admin: Arc<Management>, request: Request| async move {
                        let answered = match admin.call(request, $members).await {
                            Ok(call) => Box::pin($name(&admin.catalog, &call)).await,
                            Err(problem) => Err(problem.into()),
                        };
                        print(answered)
                    }),
                )
            }
        };
    }
    vec![
        row!(GET "/files" export_files takes &[]),
        row!(POST "/files/plan" plan_files takes &["documents", "prune"]),
        row!(POST "/files/apply" apply_files takes &["documents", "prune", "plan", "dryRun"]),
    ]
}

fn print(answered: Answered) -> Answer {
    let (status, error, faults) = match answered {
        Ok(value) => return Management::answer(&Ok(value)),
        Err(Refusal::Problem(problem)) => return Management::refused(&problem),
        Err(Refusal::Faults(faults)) => (400, "the documents are not right".to_owned(), faults),
        Err(Refusal::Steps(status, faults, others)) => {
            let error = match others.is_empty() {
                true => "the documents cannot be carried out".to_owned(),
                false => others.join("; "),
            };
            (status, error, faults)
        }
        Err(Refusal::Changed(names)) => {
            let error = format!(
                "what was planned has changed meanwhile, so that nothing was done; look at the plan again: {}",
                names.join(", ")
            );
            (412, error, Vec::new())
        }
    };
    let faults: Vec<Value> = faults.iter().map(Fault::told).collect();
    Answer::json(status, JSON, &json!({"error": error, "faults": faults}))
}

/// A page of the documents of one kind: `{"documents", "next"}`.
async fn export_files(catalog: &Catalog, call: &Call) -> Answered {
    let kind = call.request.query_value("kind").unwrap_or_default();
    let Some(shape) = shape::named(catalog.registry(), &kind) else {
        let rule = format!("must be one of [{}]", shape::KINDS.join(", "));
        return Err(Problem::invalid("kind", rule).into());
    };
    let after = records::place(call.request.query_value("after"), call.request.query_value("afterId"))?;
    let reading = catalog.reading(&call.caller).await?;
    let (found, next) = present::page(&reading, shape, after, PAGE).await?;
    let documents: Vec<Value> = found.iter().map(|one| one.document(catalog.registry()).into()).collect();
    let next = next.map(|place| match place.key {
        KeysetKey::Name(name) => json!({"name": name, "id": place.id.to_string()}),
        KeysetKey::At(_) => Value::Null,
    });
    Ok(json!({"documents": documents, "next": next}))
}

/// What there is to do: `{"changes", "undocumented"}`. Whether the caller may do it is not asked, but what is not there
/// is known.
async fn plan_files(catalog: &Catalog, call: &Call) -> Answered {
    let asked = Asked::of(catalog, call)?;
    let reading = catalog.reading(&call.caller).await?.remembering();
    let decided = asked.decide(catalog, &reading).await?;
    decided.check()?;
    Ok(decided.told())
}

/// Does it, all or nothing, and only if it is what was planned, or nothing is left to do; answers as the plan does, with
/// `applied`.
async fn apply_files(catalog: &Catalog, call: &Call) -> Answered {
    let asked = Asked::of(catalog, call)?;
    let planned = match call.body.get("plan") {
        None | Some(Value::Null) => None,
        Some(Value::Array(planned)) => Some(planned.clone()),
        Some(_) => return Err(Problem::invalid("plan", "must be a list, as the plan has it").into()),
    };
    let dry_run = call.body.flag("dryRun")?;
    let caller = call.caller.clone().at(DOOR);
    for _ in 0..TRIES {
        let read = Arc::new(ReadSet::default());
        let tried = read.during(Box::pin(asked.carry_out(catalog, &caller, planned.as_deref(), dry_run, &read)));
        match tried.await {
            Err(Refusal::Problem(Problem::Overtaken)) => {}
            answered => return answered,
        }
    }
    Err(Problem::Overtaken.into())
}

/// What a request holds.
struct Asked {
    wanted: Vec<Description>,
    documents: Arc<HashSet<Name>>,
    prune: bool,
}

/// What is to be done, with what is needed to do it.
struct Decided {
    changes: Vec<Change>,
    ids: HashMap<Name, RecordId>,
    seen: HashSet<RecordId>,
    emptied: HashSet<RecordId>,
    undocumented: usize,
    /// Names that mean nothing.
    faults: Vec<Fault>,
}

impl Decided {
    fn told(&self) -> Value {
        plan::told(&self.changes, self.undocumented)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.faults.is_empty() { Ok(()) } else { Err(Refusal::Faults(self.faults.clone())) }
    }
}

impl Asked {
    fn of(catalog: &Catalog, call: &Call) -> Result<Asked, Refusal> {
        let Some(Value::Array(documents)) = call.body.get("documents") else {
            return Err(Problem::invalid("documents", "must be a list").into());
        };
        if documents.len() > MOST_DOCUMENTS {
            return Err(Problem::invalid("documents", format!("must be at most {MOST_DOCUMENTS}")).into());
        }
        let (mut wanted, mut faults) = (Vec::with_capacity(documents.len()), Vec::new());
        for (index, document) in documents.iter().enumerate() {
            match super::read::read(catalog.registry(), index, document) {
                Ok(one) => wanted.push(one),
                Err(wrong) => faults.extend(wrong),
            }
        }
        if !faults.is_empty() {
            return Err(Refusal::Faults(faults));
        }
        let documents = Arc::new(plan::settle(&mut wanted).map_err(Refusal::Faults)?);
        Ok(Asked { wanted, documents, prune: call.body.flag("prune")? })
    }

    async fn decide(&self, catalog: &Catalog, reading: &Reading<'_>) -> Result<Decided, Refusal> {
        let registry = catalog.registry();
        let documents = Documents::These((*self.documents).clone());
        let wanted: Vec<&Description> = self.wanted.iter().collect();
        let held = present::named(reading, registry, &wanted, &documents).await?;
        // A kind of which there is no document at all is kept elsewhere.
        let shapes: Vec<Shape> =
            shape::all(registry).filter(|shape| self.wanted.iter().any(|one| one.shape == *shape)).collect();
        let unnamed = present::unnamed(reading, &shapes, &self.documents).await?;
        let gone: &[(Shape, Record)] = if self.prune { &unnamed } else { &[] };
        let changes = plan::compare(registry, &self.wanted, &held.by_name, gone);
        let references = carry_out::references(registry, &self.wanted, &changes);
        let names = references.iter().map(|reference| reference.name.clone()).collect();
        let mut ids = present::ids(reading, registry, &names).await?;
        for (name, holder) in &held.by_name {
            if let Holder::Deleted(id) = holder {
                ids.insert(name.clone(), *id);
            }
        }
        let made = changes.iter().filter(|change| change.action == Action::Create).map(|change| &change.name);
        let made: HashSet<&Name> = made.collect();
        let is_missing = |reference: &&Reference| !ids.contains_key(&reference.name) && !made.contains(&reference.name);
        let faults = references.iter().filter(is_missing).filter_map(Reference::fault).collect();
        let emptied = emptied(catalog, reading, gone).await?;
        Ok(Decided { changes, ids, seen: held.seen, emptied, undocumented: unnamed.len(), faults })
    }

    fn maker<'a>(&'a self, catalog: &'a Catalog, decided: Decided) -> Maker<'a> {
        Maker {
            registry: catalog.registry(),
            wanted: &self.wanted,
            unsaid: Arc::new(Unsaid { seen: decided.seen, documents: self.documents.clone() }),
            ids: decided.ids,
            emptied: decided.emptied,
        }
    }

    async fn carry_out(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        planned: Option<&[Value]>,
        dry_run: bool,
        read: &ReadSet,
    ) -> Answered {
        let reading = catalog.reading(caller).await?.remembering();
        let mut decided = self.decide(catalog, &reading).await?;
        drop(reading);
        let mut told = decided.told();
        told["applied"] = false.into();
        // What is to go is not looked for where nothing is to be pruned.
        let is_looked_at = self.prune || !planned.is_some_and(plan::deletes);
        if decided.changes.is_empty() && is_looked_at {
            return Ok(told);
        }
        if let (Some(planned), Value::Array(now)) = (planned, &told["changes"])
            && planned != now.as_slice()
        {
            return Err(Refusal::Changed(plan::overtaken(planned, now)));
        }
        decided.check()?;
        let changes = std::mem::take(&mut decided.changes);
        let mut maker = self.maker(catalog, decided);
        let steps = maker.steps(&changes);
        // What planning reads is expected by the plans themselves.
        let names = maker.ids.into_iter().map(|(name, id)| (id.to_string(), name)).collect();
        ReadSet::apart(self.dry_run(catalog, caller, &steps, &names)).await?;
        if !dry_run {
            let commands = steps.into_iter().map(|step| step.command).collect();
            catalog.execute_decided(caller, &Command::Together(commands), None, read).await?.outcome()?;
            told["applied"] = true.into();
        }
        Ok(told)
    }

    /// Whether each step could be carried out, one after the other. `names` are those of ids that steps refer to.
    async fn dry_run(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        steps: &[Step],
        names: &HashMap<String, Name>,
    ) -> Result<(), Refusal> {
        let mut failed: HashSet<&Name> = HashSet::new();
        let commands: Vec<Command> = steps.iter().map(|step| step.command.clone()).collect();
        let (mut status, mut faults, mut others) = (None, Vec::new(), Vec::new());
        for (step, outcome) in steps.iter().zip(catalog.dry_run_all(caller, &commands).await) {
            let problem = match outcome.map(|outcome| self.misplaced(step, &outcome)) {
                Ok(None) => continue,
                Ok(Some(problem)) | Err(problem) => problem,
            };
            // Of what could not be made the first fault says enough.
            if !failed.insert(&step.name) {
                continue;
            }
            let wrong = crate::status::of(&problem);
            if wrong >= 500 {
                return Err(problem.into());
            }
            status.get_or_insert(wrong);
            match (step.document, problem) {
                (Some(document), Problem::Invalid(violations)) => {
                    faults.extend(violations.into_iter().map(|one| Fault::new(document, one.field, one.rule)));
                }
                (Some(document), Problem::UnknownReference { field, kind, value }) => {
                    let rule = match names.get(&value) {
                        Some(name) if failed.contains(name) => {
                            format!("names the {} {:?}, which could not be made", name.kind, name.fqn)
                        }
                        Some(name) => format!("names the {} {:?}, which does not exist", name.kind, name.fqn),
                        None => format!("names the {kind} {value:?}, which does not exist"),
                    };
                    faults.push(Fault::new(document, field, rule));
                }
                (Some(document), problem) => faults.push(Fault::new(document, "", problem.to_string())),
                (None, problem) => others.push(format!("{} {:?}: {problem}", step.name.kind, step.name.fqn)),
            }
        }
        match status {
            Some(status) => Err(Refusal::Steps(status, faults, others)),
            None => Ok(()),
        }
    }

    /// A record that would come to stand elsewhere than its document says.
    fn misplaced(&self, step: &Step, outcome: &Outcome) -> Option<Problem> {
        let wanted = &self.wanted[step.document?];
        let stands = &outcome.view.record.fqn;
        (*stands != wanted.fqn).then(|| {
            Problem::Invalid(vec![Violation::new("domains", format!("would make it {stands}: must hold its parent"))])
        })
    }
}

/// Domains that are to go and hold nothing but what goes as well: their stewards go with them.
async fn emptied(
    catalog: &Catalog,
    reading: &Reading<'_>,
    gone: &[(Shape, Record)],
) -> Result<HashSet<RecordId>, Problem> {
    let going: Vec<RecordId> = gone.iter().map(|(_, record)| record.id).collect();
    let below: Vec<_> = catalog.registry().iter().filter(|kind| kind.0.parents.contains(&"domain")).collect();
    let mut emptied = HashSet::new();
    for (_, domain) in gone.iter().filter(|(shape, _)| shape.0.is("domain")) {
        let view = reading.view(domain.clone(), &Depth::of(&[STEWARD], false)).await?;
        let mut besides: Vec<RecordId> = view.targets(STEWARD).map(|(edge, _)| edge.to).collect();
        besides.extend(&going);
        let mut is_empty = true;
        for kind in &below {
            is_empty = is_empty && !reading.has_below(&view, *kind, &besides).await?;
        }
        if is_empty {
            emptied.insert(domain.id);
        }
    }
    Ok(emptied)
}
