//! What the deletion of a classification or a tag, a glossary or a term touches, and what bringing it back touches again: the
//! labels below it, what bears them, and the policies that speak of them.

use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kind::Kind;
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

/// Labels below it of which it is counted what bears them.
const MOST: u32 = 200;

/// As far as the visitor sees it.
pub struct Touched {
    below: Vec<(RecordId, Revision)>,
    number_below: Count,
    uses: Count,
    /// The policies whose conditions name it, or what is below it.
    policies: Vec<String>,
}

impl Touched {
    /// Of what is there, what would go with it; of what is deleted, what comes back with it.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Touched, Fault> {
        let labels = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), label(reading, view)) };
        let below = match view.record.state.is_alive() {
            true => ListQuery { within: Some(view.record.fqn.clone()), ..labels },
            false => ListQuery { states: States::Dead, deleted_with: Some(DeletedWith::Record(view.id())), ..labels },
        };
        let below = reading.list(below, &Depth::bare()).await?;
        let (number_below, is_all) = (below.count(), !below.more);
        let mut bearing = below.views;
        let below = bearing.iter().map(|label| (label.id(), label.record.revision)).collect();
        if is_label(view) {
            bearing.push(view.clone());
        }
        // What bears two of them is counted once for each. A search may count, of which nobody can tell that it still holds:
        // who stores something on what he was shown relies on what was read here alone.
        let counts = ReadSet::apart(uses::counts(visit, reading, &bearing)).await?;
        let number = counts.iter().map(|count| count.number).sum();
        let uses = Count { number, is_exact: is_all && counts.iter().all(|count| count.is_exact) };
        Ok(Touched { below, number_below, uses, policies: speaking(reading, view).await? })
    }

    pub fn sentences(&self, t: Texts, view: &View, way: Way) -> Vec<String> {
        let itself = way.of("classification.itself", "restoring.itself");
        let (counted, lost, back) = match is_of_glossary(view) {
            true => ("count.terms", "glossary.borne", "restoring.borne_terms"),
            false => ("count.tags", "classification.borne", "restoring.borne"),
        };
        let mut all = vec![t.with(itself, &[("name", &naming::rendered_of(&view.record))])];
        if !self.below.is_empty() {
            all.push(t.counted(counted, self.number_below));
        }
        all.push(match self.uses {
            Count { number: 0, is_exact: true } => t.say("classification.borne_by_nothing"),
            uses => t.with(way.of(lost, back), &[("uses", &t.counted("count.labels", uses))]),
        });
        if !self.policies.is_empty() {
            let spoken_of = way.of("classification.spoken_of", "restoring.spoken_of");
            all.push(t.with(spoken_of, &[("policies", &self.policies.join(", "))]));
        }
        all
    }

    /// What is sent proves that this much was shown.
    pub fn checked(&self) -> String {
        checked::word(&(&self.below, self.number_below.number, self.uses.number, &self.policies))
    }
}

pub fn is_of_glossary(view: &View) -> bool {
    ["glossary", "glossary_term"].contains(&view.record.kind.name())
}

/// Whether others bear it, and not only what is below it.
pub fn is_label(view: &View) -> bool {
    ["tag", "glossary_term"].contains(&view.record.kind.name())
}

/// The kind of what is below it.
fn label(reading: &Reading<'_>, view: &View) -> Kind {
    reading.catalog().kind(if is_of_glossary(view) { "glossary_term" } else { "tag" })
}

/// The policies whose conditions name the record, or what is below it, as far as the visitor sees them.
async fn speaking(reading: &Reading<'_>, view: &View) -> Result<Vec<String>, Fault> {
    let policies = naming_policies::of(reading, &view.record).await?;
    Ok(policies.iter().map(|policy| shown(&policy.name)).collect())
}
