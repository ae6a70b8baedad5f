//! Re-grants: sharing rows again that somebody else has shared, with a form that holds the grant its sender saw. Where the
//! grant was withdrawn or replaced meanwhile, nothing is done: he is told that, and asked again where that makes sense.

use askama::Template;
use emporion_catalog::command::{Command, Guard, Ref};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Edge;
use emporion_catalog::relation;
use emporion_catalog::rows::grants::{self, Grant};

use crate::fault::Fault;
use crate::forms::bound::OF;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::naming;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

/// How often it is tried again because the product keeps changing.
const TRIES: usize = 4;
/// The member of a form with what its reader saw.
pub const SEEN: &str = "seen";

/// What a form says of the loan that its reader sees: when it was given, and until when.
pub fn seen(edge: &Edge) -> String {
    grants::of(edge).map_or_else(|| "closed".to_owned(), |grant| seen_of(&grant))
}

/// The same of one that is there.
pub fn seen_of(grant: &Grant) -> String {
    format!("{}.{}", grant.at.0, grant.until.map(|until| until.0).unwrap_or_default())
}

/// Whether that loan has ended by itself.
fn has_ended(seen: &str, now: Millis) -> bool {
    let until = seen.split_once('.').and_then(|(_, until)| until.parse::<i64>().ok());
    until.is_some_and(|until| until > 0 && until <= now.0)
}

/// Lends the rows of assets to a product, as long as they are lent as the form says. Of several, those that are lent otherwise
/// by now are left as they are.
pub async fn lend(
    visit: &Visit,
    (product, assets): (RecordId, &[RecordId]),
    until: Option<Millis>,
    sent: &Form,
) -> Result<Result<(), LoanChange>, Fault> {
    let target = Ref::Id(visit.catalog().kind("data_product"), product);
    for _ in 0..TRIES {
        let reading = visit.reading().await?;
        let depth = Depth::of(&[relation::HAS_ASSET], false);
        let (view, _) = reading.get_for_lender(&target, &depth).await?;
        // Who does not hold the rows is told so by the command.
        let held = reading.rows().held(assets).await?;
        let is_changed = |edge: &&Edge| {
            edge.relation == relation::HAS_ASSET && held.contains(&edge.to) && seen(edge) != sent.text(SEEN)
        };
        let changed: Vec<&Edge> =
            view.edges.iter().filter(|edge| assets.contains(&edge.to)).filter(is_changed).collect();
        if let ([edge], [_]) = (changed.as_slice(), assets) {
            return Ok(Err(LoanChange::of(visit, &reading, edge, sent).await?));
        }
        let as_seen = assets.iter().filter(|asset| changed.iter().all(|edge| edge.to != **asset));
        let lent: Vec<(RecordId, bool)> = as_seen.map(|asset| (*asset, true)).collect();
        if lent.is_empty() {
            return Ok(Ok(()));
        }
        let command = Command::Lend {
            product: target.clone(),
            guard: Guard::Revisions(vec![view.record.revision.0]),
            assets: lent,
            until,
        };
        match reading.execute(&command).await {
            Err(Problem::Stale { .. } | Problem::Overtaken) => {}
            done => {
                done?;
                return Ok(Ok(()));
            }
        }
    }
    Err(Problem::Overtaken.into())
}

/// What has become of the loan.
pub struct LoanChange {
    rendered: String,
    /// What is sent where the rows are to be lent all the same; `None` where they are lent.
    fields: Option<Vec<(String, String)>>,
}

#[derive(Template)]
#[template(path = "regrant.html")]
struct Page {
    p: Shell,
    title: String,
    faults: Vec<String>,
    would: String,
    action: String,
    fields: Option<Vec<(String, String)>>,
    back: String,
}

impl LoanChange {
    async fn of(visit: &Visit, reading: &Reading<'_>, edge: &Edge, sent: &Form) -> Result<LoanChange, Fault> {
        let t = visit.t;
        let rendered = |key: &str, by: &str, at: Millis| t.with(key, &[("by", by), ("at", &visit.moment(at).exact)]);
        if let Some(grant) = grants::of(edge) {
            let card = reading.names(&[grant.by]).await?.pop().flatten().filter(|card| card.state.is_alive());
            let by = card.map_or_else(|| t.say("asset.lent_by_gone"), |card| naming::rendered(&card));
            return Ok(LoanChange { rendered: rendered("lending.lent", &by, grant.at), fields: None });
        }
        // Who did it is not kept with the edge, whose last change may be another.
        let has_ended = has_ended(sent.text(SEEN), visit.now);
        let reported = t.say(if has_ended { "lending.ended" } else { "lending.taken_back" });
        let fields = sent.fields().filter(|(name, _)| !["token", OF, SEEN].contains(name));
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let fields = fields.chain([(SEEN.to_owned(), seen(edge))]).collect();
        Ok(LoanChange { rendered: reported, fields: Some(fields) })
    }

    /// As a page about an asset and a product with these names; the form is sent to an address, and leads back to another.
    pub fn shown(self, p: Shell, (asset, product): (&str, &str), (action, back): (String, String)) -> Shown {
        let t = p.t;
        let page = Page {
            p,
            title: t.with("lending.title", &[("name", asset)]),
            faults: vec![self.rendered],
            would: t.with("lending.would", &[("product", product)]),
            action,
            fields: self.fields,
            back,
        };
        Ok(headers::page(409, &page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_that_was_given_for_a_time_has_ended_then() {
        let now = Millis(1_000);
        assert!(has_ended("10.1000", now) && has_ended("10.999", now));
        for other in ["10.1001", "10.0", "10.", "closed", "", "x.y", "10.-5"] {
            assert!(!has_ended(other, now), "{other}");
        }
    }
}
