//! Lending the rows of an asset to a product, and taking them back: for those who hold the rows.

use emporion_catalog::command::{Command, Guard, Ref};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::fault::Fault;
use crate::form::Form;
use crate::record::OwnForm;
use crate::visit::{Shown, Visit};
use crate::{address, headers, term};

pub const FORM: OwnForm =
    OwnForm { name: "rows", save: |visit, reading, view, sent| Box::pin(save(visit, reading, view, sent)), page: None };

async fn save(visit: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
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
    let at = address::of_record(&view.record);
    let done = if lends { "granted" } else { "closed" };
    Ok(headers::see_other(&address::with_query(&at, &[("tab", "assets"), ("done", done)])))
}
