//! What somebody may ask of a product: its models over the tables that he may query, its verified queries, and the sources
//! that answer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::rows::RowsPermit;
use emporion_semantic::chat::ground::DatasetId;
use emporion_semantic::chat::{Ground, Lexicon, ModelSource, TableKnown, Verified};
use emporion_semantic::guard::{Dialect, TableName};
use serde_json::Value;
use uuid::Uuid;

use super::figures;
use super::spaces::{Composed, Space, Spaces, composed};
use super::stamp::Stamp;
use super::verified::{Column, Kept};
use crate::asking::{self, Sources};
use crate::assets::asset::Aspect;
use crate::assets::relations::{self, Relation};
use crate::assets::row_counts::RowCounts;
use crate::call::Call;
use crate::databases::Speech;
use crate::door::Door;
use crate::error::Failure;
use crate::parts::semantic_models::vouched::Vouched;
use crate::parts::{item, system_prompts, verified_queries};
use crate::products::settings;
use crate::reach::{self, Rows};
use crate::read_context::ReadContext;
use crate::rights;
use crate::subject;

/// Ready for questions of one caller.
pub struct Ready {
    pub sources: Sources,
    /// The same for statements that somebody proposes: with those columns only that questions can be about.
    pub narrowed: Option<Sources>,
    pub permit: RowsPermit,
    pub ground: Ground,
    pub lexicon: Lexicon,
    pub verified: Vec<Verified>,
    /// The text of each verified query, by its id.
    pub statements: HashMap<String, String>,
    /// What slots of them take values of beside the models, by its name.
    pub columns: HashMap<String, Column>,
    /// By table, the asset that it is.
    pub assets: HashMap<SourceTable, Uuid>,
    /// Tables of the models whose rows were not lent, which he knows of.
    pub closed: BTreeSet<SourceTable>,
    /// `{id, revision}` of each model.
    pub models: Vec<Value>,
    /// The active system prompt: words of those who look after the product.
    pub prompt: Option<String>,
    /// A model of language may be asked about the product.
    pub may_ask_llm: bool,
    /// Of composed products that none may be told of.
    pub untold: BTreeSet<DatasetId>,
    pub product: RecordId,
    /// Of the product.
    pub version: u64,
    pub stamp: Stamp,
}

impl Ready {
    /// Whether a dataset is of a table whose rows were not lent.
    pub fn is_closed(&self, dataset: DatasetId) -> bool {
        self.closed.contains(&self.ground.dataset(dataset).source_table())
    }
}

/// A table of a source, by the number of the source: two sources may have tables of one name.
pub type SourceTable = (usize, TableName);

/// About what a ready product holds for each part of its models.
const PART_WEIGHT: usize = 1_000;

/// The same as it was made before, while nothing that it is made of has changed.
///
/// Errors: 404 for a hidden product, 403 for those who may not query it.
pub async fn ready(door: &Arc<Door>, call: &Call, is_preview: bool) -> Result<Arc<Ready>, Failure> {
    let asked = format!("chat {} {is_preview}", call.request.param(call.exchange.mount.key("dataProductId")));
    let weigh = |ready: &Arc<Ready>| {
        let parts = ready.ground.fields.len() + ready.ground.metrics.len() + ready.verified.len();
        let narrowed = ready.narrowed.as_ref().map_or(0, Sources::weight);
        Some(ready.sources.weight() + narrowed + PART_WEIGHT * parts)
    };
    // On the heap: it is the largest part of an answer's future, and asked for at several depths of it.
    let made = Box::pin(made(door, call, is_preview));
    door.catalog.remembered(CachePool::Preparations, &call.caller, asked, weigh, made).await
}

async fn made(door: &Arc<Door>, call: &Call, is_preview: bool) -> Result<Arc<Ready>, Failure> {
    let (catalog, caller) = (&door.catalog, &call.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(door, call, &reading, &reach::depth()).await?;
    if is_preview && !rights::may(&reading, Action::EditAll, &view.record).await? {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    let permit = reading.rows().may_query(&view).await?;
    let permit = permit.ok_or_else(|| Failure::forbidden("questions to the {product} are not allowed to you"))?;
    let aspect = if is_preview { Aspect::Drafted } else { Aspect::Live };
    let cx = ReadContext { door, reading: &reading, product: SeenId::from(&view) };
    let mut reached = reach::of_product(&cx, &view, aspect, Rows::Own).await?;
    let mut tables = Tables::of(&cx, &reached.groups).await?;
    let is_filtered = reached.is_filtered;
    let mut spaces = vec![Space::of(&cx, &view, None, aspect).await?];
    let Composed { spaces: below, elsewhere } = composed(&cx, aspect).await?;
    spaces.extend(below);
    for space in &spaces {
        tables.add(&cx, space).await?;
    }
    let sources: Vec<ModelSource<'_>> = spaces
        .iter()
        .flat_map(|space| {
            let namespace = space.alias.as_deref();
            space.models.iter().map(move |model| ModelSource { namespace, model, is_generated: false })
        })
        .collect();
    let reach = reached.groups.iter().flat_map(|group| &group.tables).map(|reach| &reach.relation);
    let offered = spaces.iter().flat_map(|space| &space.relations);
    let counts = RowCounts::of_relations(&cx, reach.chain(offered)).await?;
    let known = |namespace: Option<&str>, source: &str| {
        let space = spaces.iter().find(|space| space.alias.as_deref() == namespace)?;
        let relation = relations::find(&space.relations, source)?;
        tables.known(relation, counts.of_relation(relation).filter(|_| !is_filtered))
    };
    let (mut ground, left_out) = Ground::of(&sources, &Spaces { known: &known, elsewhere: &elsewhere });
    for left in &left_out {
        tracing::debug!(product = %view.id(), part = %left.part, reason = %left.reason, "left out of chat");
    }
    if is_filtered {
        // What values there are is said by rows, of which he sees a part.
        for field in &mut ground.fields {
            field.values.clear();
            field.is_enumerated = false;
        }
    }
    for field in &mut ground.fields {
        // A value of rows that were not lent is as unknown as any other word.
        if tables.closed.contains(&ground.datasets[field.dataset.0].source_table()) {
            field.values.clear();
            field.value_synonyms.clear();
            field.is_enumerated = false;
        }
    }
    let lexicon = Lexicon::of(&ground);
    let spec = &verified_queries::SPEC;
    let items = item::of_product(spec, &reading, &view).await?;
    let queries = items.iter().filter_map(|item| Some((item.id, item.seen(aspect)?)));
    // By the name of a dataset or a table: the product's own, else the only one among those that it is composed of.
    let open = |name: &str| {
        let of_space = |space: &Space| -> Option<TableKnown> {
            let mut datasets = space.models.iter().flat_map(|model| &model.datasets);
            let dataset = datasets.find(|dataset| dataset.common.name.eq_ignore_ascii_case(name));
            let table = known(space.alias.as_deref(), dataset.map_or(name, |dataset| dataset.source.as_str()))?;
            (!tables.closed.contains(&(table.source, table.name.clone()))).then_some(table)
        };
        let (own, below) = spaces.split_first()?;
        of_space(own).or_else(|| {
            let mut found = below.iter().filter_map(of_space);
            let first = found.next()?;
            found.all(|other| (&other.name, other.source) == (&first.name, first.source)).then_some(first)
        })
    };
    let Kept { verified, statements, columns } = Kept::of(queries, &ground, &open);
    let prompt = match &door.language {
        Some(_) => system_prompts::active(&reading, SeenId::from(&view)).await?,
        None => None,
    };
    let may_ask_llm = settings::may_ask_llm(&view);
    let untold: BTreeSet<DatasetId> =
        spaces.iter().filter(|space| !space.may_ask_llm).flat_map(|space| space.datasets(&ground)).collect();
    let models = spaces.into_iter().flat_map(|space| space.revisions).collect();
    let version = view.record.revision.0;
    let assets = std::mem::take(&mut tables.assets);
    let closed = std::mem::take(&mut tables.closed);
    let stamp = figures::stamp(&reached, &ground, &statements);
    reached.groups.retain(|group| group.service.is_some());
    let narrowed = door.language.as_ref().is_some_and(|language| may_ask_llm && language.may_write_sql()).then(|| {
        let told = |id: &DatasetId| !untold.contains(id) && !closed.contains(&ground.dataset(*id).source_table());
        let only = |source: usize, relation: &Relation| {
            let datasets = (0..ground.datasets.len()).map(DatasetId).filter(told);
            let own = datasets.filter(|id| {
                let dataset = ground.dataset(*id);
                let table = &dataset.table;
                dataset.source == source && table.name == relation.name && table.schema == relation.schema
            });
            own.flat_map(|id| ground.nameable(id)).collect()
        };
        Sources::of(door, reached.narrowed(&only), &counts)
    });
    let sources = Sources::of(door, reached, &counts);
    Ok(Arc::new(Ready {
        sources,
        narrowed,
        permit,
        ground,
        lexicon,
        verified,
        statements,
        columns,
        assets,
        closed,
        models,
        prompt,
        may_ask_llm,
        untold,
        product: view.id(),
        version,
        stamp,
    }))
}

/// What is known of tables, by their asset.
#[derive(Default)]
struct Tables {
    /// Services by name, in order, with what is spoken there.
    speech: Vec<(String, Speech)>,
    /// Services and databases that no statement reaches; they are numbered behind the others.
    beyond: Vec<(Option<String>, Option<String>)>,
    open: BTreeSet<RecordId>,
    seen: BTreeSet<Uuid>,
    personal: HashMap<Uuid, Vec<String>>,
    assets: HashMap<SourceTable, Uuid>,
    closed: BTreeSet<SourceTable>,
}

impl Tables {
    async fn of(cx: &ReadContext<'_>, groups: &[reach::Group]) -> Result<Tables, Failure> {
        let mut tables = Tables::default();
        for group in groups {
            let Some(service) = &group.service else { continue };
            let speech = asking::speech(cx.door, Some(&**service));
            let near = group.tables.iter().filter(|reach| asking::is_near(&reach.relation, &speech));
            tables.open.extend(near.filter_map(|reach| Some(reach.relation.record.as_ref()?.id)));
            tables.speech.push((service.name.clone(), speech));
        }
        Ok(tables)
    }

    /// Learns of the tables of a product.
    async fn add(&mut self, cx: &ReadContext<'_>, space: &Space) -> Result<(), Failure> {
        let reader = cx.reading.rows();
        let records: Vec<&Record> = space.relations.iter().filter_map(|relation| relation.record.as_deref()).collect();
        let personal = reader.personal(&records).await?;
        let mut personal = records.iter().map(|record| record.id).zip(personal).collect::<HashMap<_, _>>();
        for relation in &space.relations {
            let is_open = relation.record.as_ref().is_some_and(|record| self.open.contains(&record.id));
            let is_seen = match &relation.record {
                Some(record) => is_open || cx.reading.sees(record).await?,
                None => false,
            };
            if !is_seen {
                continue;
            }
            self.seen.insert(relation.asset);
            let name = TableName { schema: relation.schema.clone(), name: relation.name.clone() };
            let table = (self.number(relation), name);
            if !is_open {
                self.closed.insert(table.clone());
            }
            self.assets.entry(table).or_insert(relation.asset);
            let columns = relation.column_names();
            let record = relation.record.as_ref().map(|record| record.id);
            if let Some((table, personal)) = record.and_then(|id| Some((id, personal.remove(&id)?))) {
                let is_masked = |column: &String| {
                    let path = emporion_catalog::name::quote(column);
                    let vouched = Vouched { table, column: column.clone() };
                    let is_open = personal.is_only_proposed(&path) && space.vouched.contains(&vouched);
                    personal.is_masked(&path) && !is_open
                };
                self.personal.insert(relation.asset, columns.into_iter().filter(is_masked).collect());
            }
        }
        Ok(())
    }

    /// The number of the source that a table lies in.
    fn number(&mut self, relation: &Relation) -> usize {
        self.find(relation).unwrap_or_else(|| {
            self.beyond.push((relation.service.clone(), relation.database.clone()));
            self.speech.len() + self.beyond.len() - 1
        })
    }

    fn find(&self, relation: &Relation) -> Option<usize> {
        let is_it = |(name, speech): &(String, Speech)| {
            Some(name) == relation.service.as_ref() && asking::is_near(relation, speech)
        };
        let table = (&relation.service, &relation.database);
        let beyond = || self.beyond.iter().position(|(service, database)| (service, database) == table);
        self.speech.iter().position(is_it).or_else(|| Some(self.speech.len() + beyond()?))
    }

    /// `None` for what the caller does not see: that is as if it were not there.
    fn known(&self, relation: &Relation, rows: Option<u64>) -> Option<TableKnown> {
        if !self.seen.contains(&relation.asset) {
            return None;
        }
        let source = self.find(relation)?;
        let columns = relation.column_names().into_iter().zip(relation.columns()).map(|(name, column)| {
            let word = column.get("data_type").and_then(Value::as_str).unwrap_or_default();
            (name, word.to_owned())
        });
        Some(TableKnown {
            name: TableName { schema: relation.schema.clone(), name: relation.name.clone() },
            dialect: self.speech.get(source).map_or(Dialect::PostgreSql, |(_, speech)| speech.dialect),
            source,
            columns: columns.collect(),
            personal: self.personal.get(&relation.asset).cloned().unwrap_or_default(),
            rows,
        })
    }
}
