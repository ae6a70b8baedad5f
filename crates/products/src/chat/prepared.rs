//! What somebody may ask of a product: its models over the tables that he may query, its verified queries, and the sources
//! that answer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::rows::RowsPermit;
use emporion_catalog::rows::masks::Mask;
use emporion_semantic::chat::ground::{DatasetId, MaskShows, MaskedColumn, Type};
use emporion_semantic::chat::{Ground, LeftOut, Lexicon, ModelSource, Verified};
use emporion_semantic::guard::TableName;
use emporion_semantic::model::Model;
use uuid::Uuid;

use super::answer::ModelRevision;
use super::figures;
use super::namespaces::{Composed, Namespace, Namespaces, composed};
use super::sights::Sights;
use super::stamp::Stamp;
use super::tables::{Offered, SourceTable, Tables};
use super::verified::{Column, MatchableQueries};
use crate::asking::Sources;
use crate::assets::relations::Relation;
use crate::assets::row_counts::RowCounts;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::{item, system_prompts, verified_queries};
use crate::reach::{self, Reached, Rows, column_masks};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::rights;
use crate::service::Products;
use crate::settings;
use crate::subject;

/// Ready for questions of one caller.
pub struct Prepared {
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
    /// Of each model, which one it is, and in which state.
    pub models: Vec<ModelRevision>,
    /// The active system prompt: words of those who look after the product.
    pub prompt: Option<String>,
    /// A model of language may be asked about the product.
    pub may_ask_llm: bool,
    /// Of composed products that none may be told of.
    pub untold: BTreeSet<DatasetId>,
    pub product: RecordId,
    /// Its asker may change the product.
    pub may_edit: bool,
    /// Of the product.
    pub version: u64,
    pub stamp: Stamp,
    /// What its asker sees of each table.
    pub sights: Sights,
}

impl Prepared {
    /// Whether a dataset is of a table whose rows were not lent.
    pub fn is_closed(&self, dataset: DatasetId) -> bool {
        self.closed.contains(&self.ground.dataset(dataset).source_table())
    }
}

/// About what a prepared product holds for each part of its models.
const PART_WEIGHT: usize = 1_000;

/// The same as it was made before, while nothing that it is made of has changed.
///
/// Errors: 404 for a hidden product, 403 for those who may not query it.
pub async fn prepare(
    products: &Arc<Products>,
    request: &ProductRequest,
    is_preview: bool,
) -> Result<Arc<Prepared>, Failure> {
    let asked = format!("chat {:?} {is_preview}", request.product);
    let weigh = |prepared: &Arc<Prepared>| {
        let parts = prepared.ground.fields.len() + prepared.ground.metrics.len() + prepared.verified.len();
        let narrowed = prepared.narrowed.as_ref().map_or(0, Sources::weight);
        Some(prepared.sources.weight() + narrowed + prepared.sights.weight() + PART_WEIGHT * parts)
    };
    // On the heap: it is the largest part of an answer's future, and asked for at several depths of it.
    let made = Box::pin(made(products, request, is_preview));
    products.catalog.remembered(CachePool::Preparations, &request.caller, asked, weigh, made).await
}

/// What questions could be about if a model of the product, alone, were each of these; and what of it they could not, with
/// the reasons.
///
/// Errors: as for [`prepare`].
pub async fn grounds_of<const N: usize>(
    products: &Arc<Products>,
    request: &ProductRequest,
    models: [Vec<Model>; N],
) -> Result<[(Ground, Vec<LeftOut>); N], Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let (view, _) = asked(products, request, &reading, true).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let mut material = Box::pin(Material::of(&cx, &view, ContentState::Drafted)).await?;
    Ok(models.map(|models| {
        // Others may have parts of the same names.
        material.namespaces[0].models = models;
        material.ground(view.id())
    }))
}

/// The product, for who may ask it.
async fn asked(
    products: &Products,
    request: &ProductRequest,
    reading: &Reading<'_>,
    is_preview: bool,
) -> Result<(View, RowsPermit), Failure> {
    let view = subject::find(products, request, reading, &reach::depth()).await?;
    if is_preview && !rights::may(reading, Action::EditAll, &view.record).await? {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    let permit = reading.rows().may_query(&view).await?;
    let permit = permit.ok_or_else(|| reach::no_rows(&view, "questions to the {product} are not allowed to you"))?;
    Ok((view, permit))
}

/// What a ground is made of, whatever the models say.
struct Material {
    reached: Reached,
    tables: Tables,
    /// That of the product itself first.
    namespaces: Vec<Namespace>,
    elsewhere: HashMap<String, String>,
    counts: RowCounts,
}

impl Material {
    async fn of(cx: &ReadContext<'_>, view: &View, state: ContentState) -> Result<Material, Failure> {
        let reached = reach::of_product(cx, view, state, Rows::Own).await?;
        let mut tables = Tables::of(cx, &reached.groups).await?;
        let mut namespaces = vec![Namespace::of(cx, view, None, state).await?];
        let Composed { namespaces: below, elsewhere } = composed(cx, state).await?;
        namespaces.extend(below);
        for space in &namespaces {
            tables.add(cx, space).await?;
        }
        let reach = reached.groups.iter().flat_map(|group| &group.tables).map(|reach| &reach.relation);
        let relations = namespaces.iter().flat_map(|space| &space.relations);
        let counts = RowCounts::of_relations(cx, reach.chain(relations)).await?;
        Ok(Material { reached, tables, namespaces, elsewhere, counts })
    }

    fn offered(&self) -> Offered<'_> {
        let Material { reached, tables, namespaces, counts, .. } = self;
        Offered { namespaces, tables, counts, is_filtered: reached.is_filtered }
    }

    fn ground(&self, product: RecordId) -> (Ground, Vec<LeftOut>) {
        ground(product, &self.offered(), &self.elsewhere, &self.reached)
    }
}

async fn made(products: &Arc<Products>, request: &ProductRequest, is_preview: bool) -> Result<Arc<Prepared>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let (view, permit) = asked(products, request, &reading, is_preview).await?;
    let state = if is_preview { ContentState::Drafted } else { ContentState::Live };
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let material = Material::of(&cx, &view, state).await?;
    let (ground, _) = material.ground(view.id());
    let lexicon = Lexicon::of(&ground);
    let items = item::of_product(&verified_queries::SPEC, &reading, &view).await?;
    let queries = items.iter().filter_map(|item| Some((item.id, item.seen(state)?)));
    let MatchableQueries { verified, statements, columns } =
        MatchableQueries::of(queries, &ground, &|name: &str| material.offered().open(name));
    let Material { mut reached, tables, namespaces, counts, .. } = material;
    let prompt = match &products.language {
        Some(_) => system_prompts::active(&reading, SeenId::from(&view)).await?,
        None => None,
    };
    let may_ask_llm = settings::may_ask_llm(&view);
    let untold: BTreeSet<DatasetId> =
        namespaces.iter().filter(|space| !space.may_ask_llm).flat_map(|space| space.datasets(&ground)).collect();
    let models = namespaces.into_iter().flat_map(|space| space.revisions).collect();
    let version = view.record.revision.0;
    let may_edit = reading.may(Action::EditAll, &view.record).await?;
    let Tables { assets, closed, personal, .. } = tables;
    let stamp = figures::stamp(&reached, &ground, &statements);
    reached.groups.retain(|group| group.service.is_some());
    let sights = Sights::of(&reached, &personal);
    let may_write_sql = products.language.as_ref().is_some_and(|language| may_ask_llm && language.may_write_sql());
    let narrowed = may_write_sql.then(|| {
        let reported = |id: &DatasetId| !untold.contains(id) && !closed.contains(&ground.dataset(*id).source_table());
        narrowed(products, &reached, &ground, reported, &counts)
    });
    let sources = Sources::of(products, reached, &counts);
    Ok(Arc::new(Prepared {
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
        may_edit,
        version,
        stamp,
        sights,
    }))
}

/// What questions can be about: of rows that were not lent, and where the caller sees a part of the rows, no value is known.
fn ground(
    product: RecordId,
    offered: &Offered<'_>,
    elsewhere: &HashMap<String, String>,
    reached: &Reached,
) -> (Ground, Vec<LeftOut>) {
    let sources: Vec<ModelSource<'_>> = offered
        .namespaces
        .iter()
        .flat_map(|space| {
            let namespace = space.alias.as_deref();
            space.models.iter().map(move |model| ModelSource { namespace, model, is_generated: false })
        })
        .collect();
    let known = |namespace: Option<&str>, source: &str| offered.known(namespace, source);
    let (mut ground, left_out) = Ground::of(&sources, &Namespaces { known: &known, elsewhere });
    for left in &left_out {
        tracing::debug!(%product, part = %left.part, reason = %left.reason, "left out of chat");
    }
    for dataset in &mut ground.datasets {
        let tables = reached.groups.iter().flat_map(|group| &group.tables);
        let own = tables.filter(|reach| is_table(&reach.relation, &dataset.table));
        let own = own.flat_map(|reach| reach.masked.iter().map(|masked| (&reach.relation, masked)));
        let masked = own.map(|(relation, (column, masked))| {
            let shows = match masked.mask {
                Mask::Year => MaskShows::Year,
                Mask::Hashed => MaskShows::Hash(column_masks::key_of(relation, masked.product)),
                Mask::FirstLetters => MaskShows::Beginning,
                Mask::Hidden => MaskShows::Nothing,
            };
            MaskedColumn { name: column.clone(), shows }
        });
        dataset.masked = masked.collect();
    }
    for field in &mut ground.fields {
        // Of a time its year is one.
        let shown = ground.datasets[field.dataset.0].mask_of(&field.expression);
        if shown.is_some_and(|shows| shows != MaskShows::Year) {
            (field.ty, field.is_time, field.unit, field.format) = (Type::Text, false, None, None);
        }
        let is_closed = offered.tables.closed.contains(&ground.datasets[field.dataset.0].source_table());
        // What values there are is said by rows, of which he sees a part.
        if is_closed || offered.is_filtered {
            field.values.clear();
            field.is_enumerated = false;
        }
        // A value of rows that were not lent is as unknown as any other word.
        if is_closed {
            field.value_synonyms.clear();
        }
        // What he is shown instead of a value is in no model, and what is in one is not for him.
        if is_masked(reached, &ground.datasets[field.dataset.0].table, &field.expression) {
            field.values.clear();
            field.is_enumerated = false;
            field.value_synonyms.clear();
        }
    }
    (ground, left_out)
}

/// Whether an expression over a table names a column that is masked; one that only might counts.
fn is_masked(reached: &Reached, table: &TableName, expression: &str) -> bool {
    let mut tables = reached.groups.iter().flat_map(|group| &group.tables);
    let expression = name::fold(expression);
    tables.any(|reach| {
        is_table(&reach.relation, table) && reach.masked.keys().any(|column| expression.contains(&name::fold(column)))
    })
}

fn is_table(relation: &Relation, table: &TableName) -> bool {
    relation.name == table.name && relation.schema == table.schema
}

/// The sources, for statements that somebody proposes: with those columns only that questions can be about, of the datasets
/// that are told of.
fn narrowed(
    products: &Arc<Products>,
    reached: &Reached,
    ground: &Ground,
    reported: impl Fn(&DatasetId) -> bool,
    counts: &RowCounts,
) -> Sources {
    let only = |source: usize, relation: &Relation| {
        let datasets = (0..ground.datasets.len()).map(DatasetId).filter(&reported);
        let own = datasets.filter(|id| {
            let dataset = ground.dataset(*id);
            let table = &dataset.table;
            dataset.source == source && table.name == relation.name && table.schema == relation.schema
        });
        own.flat_map(|id| ground.nameable(id)).collect()
    };
    Sources::of(products, reached.narrowed(&only), counts)
}
