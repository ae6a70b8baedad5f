//! Who changed what of a product, and when.

use askama::Template;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use super::{answer, shell};
use crate::found::Top;
use crate::history::History;
use crate::shell::Shell;
use crate::visit::{Shown, Visit};

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    p: Shell,
    top: Top,
    history: History,
}

pub async fn tab(visit: &Visit, reading: &Reading<'_>, view: &View) -> Shown {
    let top = super::top(visit, reading, view).await?;
    let history = History::of(visit, reading, view, &top.head.address).await?;
    answer(&Activity { p: shell(visit, view), top, history })
}
