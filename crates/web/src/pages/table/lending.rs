//! The loans of a table's rows, for those who hold them: rows are lent on its page, taken back, or lent anew in the name of who
//! does so. The product that borrows the rows may be hidden from him; he is told no more of it than its name.

use emporion_catalog::command::{Command, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::rows::grants;
use emporion_catalog::rows::lenders::Loan;
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::answer::Answer;

use super::access;
use crate::access::{borrowers, readers};
use crate::fault::Fault;
use crate::forms::confirmation::Confirmation;
use crate::forms::form::Form;
use crate::forms::{expiry, regrant};
use crate::pages::product::taking;
use crate::records::record::{Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

pub const FORM: OwnForm = OwnForm {
    name: "loan",
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: None,
};

/// A loan of the table's rows by its name, which is that of its edge: the ids of products are not for those who do not see
/// them. `None` for who does not hold them.
async fn found(reading: &Reading<'_>, asset: RecordId, named: &str) -> Result<Option<Loan>, Fault> {
    let loans = reading.rows().loans(&[asset]).await?.remove(&asset).unwrap_or_default();
    Ok(loans.into_iter().find(|loan| loan.edge.id.to_string() == named))
}

/// What goes with the loan that the address names; `None` where it names none that is the visitor's to take back.
pub async fn taking(here: Here<'_>) -> Result<Option<Answer>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let named = visit.query("take");
    if named.is_empty() {
        return Ok(None);
    }
    let Some(loan) = found(reading, view.id(), &named).await? else { return Ok(None) };
    let Some(grant) = grants::of(&loan.edge) else { return Ok(None) };
    let product = reading.records(&[loan.product.id], States::Alive).await?;
    let depth = Depth::of(&ROLES, false);
    let mut goes = Vec::new();
    match reading.views(product, &depth).await?.pop() {
        Some(product) => {
            goes.push(taking::lent_no_more(t, &naming::rendered_of(&product.record), grant));
            goes.extend(readers::rendered(t, &product));
        }
        None => {
            goes.push(taking::lent_no_more(t, &borrowers::named(&loan.product).name, grant));
            goes.push(t.say("taking.hidden"));
        }
    }
    let confirmation = Confirmation {
        p: here.shell(),
        title: t.with("taking.rows_of", &[("name", &naming::rendered_of(&view.record))]),
        heading: None,
        goes,
        action: here.address(),
        fields: vec![
            ("edit".to_owned(), FORM.name.to_owned()),
            ("loan".to_owned(), named),
            ("rows".to_owned(), "closed".to_owned()),
        ],
        button: t.say("taking.rows"),
        more: None,
        instead: None,
        obstacle: None,
        back: access::address_of(view),
        faults: Vec::new(),
    };
    Ok(Some(confirmation.shown()?))
}

async fn save(page: &'static RecordPage, visit: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
    let named = sent.text("loan");
    let loan = found(&reading, view.id(), named).await?;
    let kind = reading.catalog().kind("data_product");
    let loan = loan.ok_or_else(|| Problem::NotFound { kind: kind.name(), what: String::new() })?;
    let (at, tab) = (address::of_record(&view.record), access::address_of(view));
    // Whoever was given a role before is named with the loan.
    let to = sent.text("to").parse::<RecordId>().map(|to| to.to_string()).unwrap_or_default();
    let done = |done: &str| {
        let pairs: [(&str, &str); 4] = [("tab", "access"), ("done", done), ("loan", named), ("to", &to)];
        Ok(headers::see_other(&address::with_query(&at, &pairs)))
    };
    if sent.text("rows") != "granted" {
        let command = Command::Lend {
            product: Ref::Id(kind, loan.product.id),
            guard: Guard::None,
            assets: vec![(view.id(), false)],
            until: None,
        };
        reading.execute(&command).await?;
        return done("closed");
    }
    let until = expiry::typed(visit.t, sent.trimmed("until"), visit.now).map_err(Fault::Malformed)?;
    drop(reading);
    let Err(meanwhile) = regrant::lend(visit, (loan.product.id, &[view.id()]), until, sent).await? else {
        return done("granted");
    };
    let reading = visit.reading().await?;
    let p = Here { page, visit, reading: &reading, view }.shell();
    let product = borrowers::named(&loan.product).name;
    meanwhile.shown(p, (&naming::rendered_of(&view.record), &product), (at, tab))
}
