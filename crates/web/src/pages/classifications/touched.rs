//! What the deletion of a classification or a tag touches, and what bringing it back touches again: the tags below it, what
//! bears them, and the policies that speak of them.

use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{DeletedWith, ListQuery, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::tracking::ReadSet;

use crate::access::naming_policies;
use crate::fault::Fault;
use crate::forms::checked;
use crate::forms::confirmation::Way;
use crate::pages::glossary::uses;
use crate::records::naming;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Tags below it of which it is counted what bears them.
const MOST: u32 = 200;

/// As far as the visitor sees it.
pub struct Touched {
    below: Vec<(RecordId, Revision)>,
    tags: Count,
    labels: Count,
    /// The policies whose conditions name it, or what is below it.
    policies: Vec<String>,
}

impl Touched {
    /// Of what is there, what would go with it; of what is deleted, what comes back with it.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Touched, Fault> {
        let tags = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), reading.catalog().kind("tag")) };
        let below = match view.record.state.is_alive() {
            true => ListQuery { within: Some(view.record.fqn.clone()), ..tags },
            false => ListQuery { states: States::Dead, deleted_with: Some(DeletedWith::Record(view.id())), ..tags },
        };
        let below = reading.list(below, &Depth::bare()).await?;
        let (tags, is_all) = (below.count(), !below.more);
        let mut bearing = below.views;
        let below = bearing.iter().map(|tag| (tag.id(), tag.record.revision)).collect();
        if view.record.kind.is("tag") {
            bearing.push(view.clone());
        }
        // What bears two of them is counted once for each. A search may count, of which nobody can tell that it still holds:
        // who stores something on what he was shown relies on what was read here alone.
        let counts = ReadSet::apart(uses::counts(visit, reading, &bearing)).await?;
        let number = counts.iter().map(|count| count.number).sum();
        let labels = Count { number, is_exact: is_all && counts.iter().all(|count| count.is_exact) };
        Ok(Touched { below, tags, labels, policies: speaking(reading, view).await? })
    }

    pub fn sentences(&self, t: Texts, view: &View, way: Way) -> Vec<String> {
        let itself = way.of("classification.itself", "restoring.itself");
        let mut all = vec![t.with(itself, &[("name", &naming::rendered_of(&view.record))])];
        if !self.below.is_empty() {
            all.push(t.counted("count.tags", self.tags));
        }
        all.push(match self.labels {
            Count { number: 0, is_exact: true } => t.say("classification.borne_by_nothing"),
            labels => {
                let borne = way.of("classification.borne", "restoring.borne");
                t.with(borne, &[("uses", &t.counted("count.labels", labels))])
            }
        });
        if !self.policies.is_empty() {
            let spoken_of = way.of("classification.spoken_of", "restoring.spoken_of");
            all.push(t.with(spoken_of, &[("policies", &self.policies.join(", "))]));
        }
        all
    }

    /// What is sent proves that this much was shown.
    pub fn checked(&self) -> String {
        checked::word(&(&self.below, self.tags.number, self.labels.number, &self.policies))
    }
}

/// The policies whose conditions name the record, or what is below it, as far as the visitor sees them.
async fn speaking(reading: &Reading<'_>, view: &View) -> Result<Vec<String>, Fault> {
    let policies = naming_policies::of(reading, &view.record).await?;
    Ok(policies.iter().map(|policy| shown(&policy.name)).collect())
}
