//! Looking up in the source which values there are: under the row filters of the caller, so that he learns of none that he
//! could not read.

use emporion_semantic::chat::ground::FieldId;
use emporion_semantic::chat::query::{Dimension, Filter, Measure, Op, Query, Value as Literal};
use emporion_semantic::chat::reading::Probe;
use emporion_semantic::chat::{Ground, plan};
use jiff::civil::Date;

use super::conversation::{Conversation, LOOK_UP_TIME};
use super::memory::COLUMN;
use crate::failure::{Code, Failure};

/// Values that one look-up may find; where there are more, it is not known what is meant.
const LOOKED_UP: u64 = 1_000;
/// Fields of which a name may be begun by one word.
const MOST_PARTS: usize = 3;

impl Conversation<'_> {
    /// Asks the source, under the row filters of the caller, which of the fields hold the phrase. Answers whether that is
    /// known of all of them: a value that was found in one may stand in another that could not be asked.
    pub(super) async fn look_up(
        &self,
        probe: &Probe,
        left: &mut usize,
        found: &mut Vec<(String, String, Option<String>)>,
    ) -> Result<bool, Failure> {
        let (first, mut partly, mut is_all) = (found.len(), Vec::new(), true);
        for field in &probe.fields {
            let path = self.prepared.ground.path(*field);
            // Rows that were not lent, and values that are masked, are as if they were not there.
            let ground = &self.prepared.ground;
            if self.is_closed(ground.field(*field).dataset) || ground.mask_of(*field).is_some() {
                found.push((probe.phrase.clone(), path, None));
                continue;
            }
            let values = match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    self.values(&self.prepared.ground, *field, &probe.phrase).await?
                }
                None => None,
            };
            is_all &= values.is_some();
            let values = match values {
                Some(values) => values,
                None if probe.is_known => Vec::new(),
                None => return Ok(false),
            };
            partly.extend(
                values.iter().filter(|value| is_part(&probe.phrase, value)).map(|it| (path.clone(), it.clone())),
            );
            note(found, &probe.phrase, path, values);
        }
        // "Delta", of the only name of each field that begins with it, where nothing is called so in full, and nothing was left
        // unasked. Of which field it is, the question says, or whoever asks.
        let is_whole = found[first..].iter().any(|(_, _, stored)| stored.is_some());
        let is_only = |(path, _): &(String, String)| partly.iter().filter(|(other, _)| other == path).count() == 1;
        let is_part = probe.in_part && is_all && !is_whole && partly.len() <= MOST_PARTS && partly.iter().all(is_only);
        for (path, value) in partly.iter().filter(|_| is_part) {
            let known = found[first..].iter_mut().find(|(_, place, _)| place == path);
            known.into_iter().for_each(|(_, _, stored)| *stored = Some(value.clone()));
        }
        for name in &probe.columns {
            let (Some(column), Some(fewer)) = (self.prepared.columns.get(name), left.checked_sub(1)) else {
                return Ok(false);
            };
            *left = fewer;
            let Some(values) = self.values(&column.ground, column.field, &probe.phrase).await? else {
                return Ok(false);
            };
            note(found, &probe.phrase, format!("{COLUMN}{name}"), values);
        }
        Ok(true)
    }

    /// Values of the field that contain the phrase; `None` where that cannot be told.
    async fn values(&self, ground: &Ground, field: FieldId, phrase: &str) -> Result<Option<Vec<String>>, Failure> {
        let dataset = ground.field(field).dataset;
        let query = Query {
            measures: vec![Measure::CountOf(dataset)],
            dimensions: vec![Dimension { field, grain: None }],
            filters: vec![Filter { field, op: Op::Contains, values: vec![Literal::Text(phrase.to_owned())] }],
            ..Query::default()
        };
        let today = Date::constant(2000, 1, 1);
        let Ok(planned) = plan(ground, &query, today) else { return Ok(None) };
        let decided = self.prepared.sources.decide_in(planned.source, &planned.sql, &planned.parameters, LOOKED_UP)?;
        let answered = match self.run(&decided, LOOK_UP_TIME).await {
            Ok(answered) => answered,
            // A source that is slow to look a value up is not asked about it; one that is gone is told of.
            Err(failure) if failure.code == Code::QUERY_TIMEOUT || failure.code == Code::COST_LIMIT => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        if answered.truncated {
            return Ok(None);
        }
        Ok(Some(answered.rows.into_iter().filter_map(|row| Some(row.first()?.as_str()?.to_owned())).collect()))
    }
}

/// Keeps which of the values are the phrase, or that none is.
fn note(found: &mut Vec<(String, String, Option<String>)>, phrase: &str, place: String, values: Vec<String>) {
    let wanted = folded(phrase);
    let mut same: Vec<String> = values.into_iter().filter(|value| folded(value) == wanted).collect();
    same.sort();
    if same.is_empty() {
        found.push((phrase.to_owned(), place, None));
    } else {
        found.extend(same.into_iter().map(|value| (phrase.to_owned(), place.clone(), Some(value))));
    }
}

/// The first words of the value, or the last of it, in a phrase that is written as a name is.
fn is_part(phrase: &str, value: &str) -> bool {
    const SHORTEST: usize = 3;
    let words = |text: &str| -> Vec<String> {
        folded(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (phrase_words, words) = (words(phrase), words(value));
    let is_name = phrase.trim().chars().next().is_some_and(char::is_uppercase) && phrase.trim().len() >= SHORTEST;
    let is_shorter = !phrase_words.is_empty() && phrase_words.len() < words.len();
    is_name && is_shorter && (words.starts_with(&phrase_words) || words.ends_with(&phrase_words))
}

/// As values are compared: without regard to case and to spaces around.
fn folded(text: &str) -> String {
    emporion_catalog::name::fold(text.trim())
}
