//! Lending the rows of an asset to a product, and taking them back: for those who hold the rows.

use emporion_catalog::command::{Command, Guard, Ref};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;

use crate::fault::Fault;
use crate::form::Form;
use crate::visit::Visit;
use crate::{address, headers, term};

pub async fn save(visit: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Result<Answer, Fault> {
    let asset = sent.text("asset").parse().map_err(|_| Fault::Malformed("asset".into()))?;
    let lends = sent.text("rows") == "granted";
    let until = term::typed(visit.t, sent.trimmed("until"), visit.now).map_err(Fault::Malformed)?;
    let command = Command::Lend {
        product: Ref::Id(view.record.kind, view.id()),
        guard: Guard::None,
        assets: vec![(asset, lends)],
        until: until.filter(|_| lends),
    };
    reading.execute(&command).await?;
    let at = address::of(view.record.kind, &view.record.fqn).unwrap_or_default();
    let done = if lends { "granted" } else { "closed" };
    Ok(headers::see_other(&address::with_query(&at, &[("tab", "assets"), ("done", done)])))
}
