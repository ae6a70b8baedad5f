//! What hits show: the entity as the caller reads it, and where in it the words stand that were looked for.

use emporion_catalog::reading::{Reading, Seen as _, SeenId};
use emporion_catalog::record::Record;
use serde_json::{Map, Value, json};

use super::display_names;
use super::find::Hit;
use super::highlight::Highlights;
use super::indexes::SUFFIX;
use super::search_request::{SearchRequest, Source};
use crate::errors::OmResult;
use crate::noun::{Fields, Noun};
use crate::operation::Call;
use crate::render;

/// What a hit shows beside what an entity always shows.
const SHOWN: &[&str] = &["owners", "tags", "domains", "dataProducts", "schemaDefinition"];

/// What says of a document which it is, and what it is called.
pub fn identify(noun: &Noun, record: &Record, document: &mut Map<String, Value>) {
    for (member, value) in [
        ("id", Value::from(record.id.to_string())),
        ("name", Value::from(record.name.as_str())),
        ("fullyQualifiedName", Value::from(record.fqn.as_str())),
        ("entityType", Value::from(noun.entity_type)),
        ("deleted", Value::from(!record.state.is_alive())),
    ] {
        document.insert(member.to_owned(), value);
    }
    display_names::complete(document, noun.entity.member("displayName").is_some());
}

/// The records as entities that show these members.
pub async fn entities(
    call: &Call,
    reading: &Reading<'_>,
    noun: &'static Noun,
    records: Vec<Record>,
    members: &[String],
) -> OmResult<Vec<Value>> {
    let fields = members.iter().filter(|member| noun.fields.contains(&member.as_str())).cloned().collect();
    let fields = Fields::These(fields);
    let depth = render::depth(noun, call.kind(noun.kind_name), &fields);
    let views = reading.views(records.clone(), &depth).await?;
    let entities = render::entities(&call.door, &call.caller, &call.base, noun, &views, &fields).await?;
    let identified = entities.into_iter().zip(&records).map(|(mut entity, record)| {
        if let Some(members) = entity.as_object_mut() {
            identify(noun, record, members);
        }
        entity
    });
    Ok(identified.collect())
}

impl Source {
    /// Members that have to be read for it.
    fn members(&self) -> Vec<String> {
        match self.only.is_empty() {
            true => SHOWN.iter().map(|field| (*field).to_owned()).collect(),
            false => self.only.clone(),
        }
    }

    fn cut(&self, document: &mut Value) {
        if let Some(all) = document.as_object_mut() {
            all.retain(|member, _| {
                (self.only.is_empty() || self.only.contains(member)) && !self.without.contains(member)
            });
        }
    }
}

/// The hits of a page with their documents, in their order.
pub async fn hits(call: &Call, reading: &Reading<'_>, search: &SearchRequest, page: &[Hit]) -> OmResult<Vec<Value>> {
    let highlights = Highlights::of(&search.query);
    let members = search.source.members();
    let mut documents: Vec<Value> = Vec::with_capacity(page.len());
    // Neighbours of one noun are read together.
    for run in page.chunk_by(|one, other| one.noun.kind_name == other.noun.kind_name) {
        let ids: Vec<SeenId> = run.iter().map(|hit| hit.id).collect();
        let records = reading.again(&ids).await?;
        documents.extend(entities(call, reading, run[0].noun, records, &members).await?);
    }
    let print = |(hit, mut document): (&Hit, Value)| {
        let highlight = highlights.in_document(&document, &|text, words| call.door.catalog.marks(text, words));
        search.source.cut(&mut document);
        let mut printed = Map::new();
        printed.insert("_index".into(), format!("{}{SUFFIX}", hit.noun.kind_name).into());
        printed.insert("_id".into(), hit.id.record_id().to_string().into());
        printed.insert("_score".into(), json!(hit.score));
        if !search.source.is_left_out {
            printed.insert("_source".into(), document);
        }
        if !highlight.is_empty() {
            printed.insert("highlight".into(), Value::Object(highlight));
        }
        if search.sort.is_some() {
            printed.insert("sort".into(), Value::from(hit.place.clone()));
        }
        Value::Object(printed)
    };
    Ok(page.iter().zip(documents).map(print).collect())
}
