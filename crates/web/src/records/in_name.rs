//! Owners in name only, where rows lie in what they own: whoever named them had no rows to give with it. The page says so,
//! and who holds the rows gives them by one press.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Card, Edge};
use emporion_catalog::relation;

use crate::access::who_may::WhoMay;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::records::difference::listed;
use crate::records::link::Link;
use crate::records::naming;
use crate::records::record::Here;

#[derive(Template)]
#[template(path = "in_name.html")]
pub struct InName {
    p: Shell,
    /// Who is one, and what he may not do, in a sentence.
    rendered: String,
    /// The place above it that they own so.
    place: Option<Link>,
    /// Where the visitor may give them the rows.
    giving: Option<Giving>,
    /// Who may, where he may not.
    whom: Option<WhoMay>,
}

impl HtmlSafe for InName {}

/// A form that names the owners again, by somebody who holds the rows.
struct Giving {
    label: String,
    address: String,
    revision: u64,
    /// All that stay, and the full names of those that are named again.
    kept: Vec<RecordId>,
    again: Vec<String>,
}

impl InName {
    /// Cost: none where all owners hold the rows; else what it costs to ask whether the visitor does.
    pub async fn of(here: Here<'_>) -> Result<Option<InName>, Fault> {
        let Here { visit, reading, view, .. } = here;
        let kind = view.record.kind;
        if !kind.0.rows || !kind.has(relation::OWNER) {
            return Ok(None);
        }
        let owning = view.owning();
        let nominal: Vec<(&Edge, &Card)> =
            owning.into_iter().filter(|(edge, _)| edge.is_nominal()).map(|(edge, card)| (edge, &**card)).collect();
        let Some((first, _)) = nominal.first() else { return Ok(None) };
        let place = view.ancestors.iter().find(|above| above.id == first.from).map(|above| Link::of(above));
        let names: Vec<String> = nominal.iter().map(|(_, card)| naming::rendered(card)).collect();
        let names = listed(visit.t, &names);
        let may_give = place.is_none()
            && reading.rows().held(&[view.id()]).await?.contains(&view.id())
            && reading.may(Action::EditOwners, &view.record).await?;
        let giving = may_give.then(|| Giving {
            label: visit.t.with("in_name.give", &[("names", &names)]),
            address: here.address(),
            revision: view.record.revision.0,
            kept: view.targets(relation::OWNER).map(|(edge, _)| edge.to).collect(),
            again: nominal.iter().map(|(_, card)| card.fqn.clone()).collect(),
        });
        let whom = match giving.is_none() && place.is_none() {
            true => Some(WhoMay::by_account(visit.t, reading, "in_name.whom").await?),
            false => None,
        };
        let rendered = visit.t.with("in_name.text", &[("names", &names)]);
        Ok(Some(InName { p: here.shell(), rendered, place, giving, whom }))
    }
}
