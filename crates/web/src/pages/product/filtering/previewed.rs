//! The form again, with what the conditions and masks in it would leave of what the visitor himself reads.

use emporion_catalog::record::View;
use emporion_catalog::rows::masks::{Mask, Masks};
use emporion_edge::answer::Answer;
use emporion_products::reach::column_masks::is_same;
use emporion_products::reach::shown_elsewhere::ShownElsewhere;
use emporion_products::users::preview::{self, MaskedValues, Preview, Uncovered};

use super::terms::Terms;
use super::{FilterForm, MOST_TABLES, own};
use crate::access::masking::masks_of;
use crate::fault::Fault;
use crate::forms::saving::{Notes, Seen, TextForm};
use crate::pages::product::unanswered;
use crate::records::record::{Here, RecordPage};
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Characters of a value that are told.
const MOST_OF_VALUE: usize = 40;

/// Where it `is_saved` he meant to save, and sees first what that leaves: what cannot be counted now is no reason not to.
/// `None`: there is nothing to be shown before.
pub async fn of(
    page: &'static RecordPage,
    visit: &Visit,
    view: &View,
    form: FilterForm,
    is_saved: bool,
) -> Result<Option<Answer>, Fault> {
    let reading = visit.reading().await?;
    let here = Here { page, visit, reading: &reading, view };
    let Ok((_, present)) = form.present(here).await? else { return Err(Fault::NoSuchPage) };
    drop(reading);
    // No reading is held while the sources are asked.
    let request = visit.about(view.id());
    let sent = &present.sent;
    let (filters, masks) = sent.kept(&present.now, &present.away.gone);
    let asked = preview::of(&visit.door.calls.products, &request, &filters, &masks, sent.follows);
    let own = own::taken(visit, view, form.grantee, sent);
    let (preview, own, notes) = match visit.serve("product_rows", asked).await {
        Ok(mut preview) => {
            // That masks alone leave all rows need not be said.
            preview.whole.retain(|_| !form.grantee.is_role());
            (said(visit.t, &preview, sent), own, Notes::default())
        }
        Err(refusal) => {
            let (status, faults) = match refusal.status {
                403 => (403, vec![shown(&refusal.message)]),
                _ => unanswered::in_words(visit, &refusal)?,
            };
            // What is wrong with a condition is told; a source that cannot be asked keeps nobody from saving it.
            match is_saved && status != 400 {
                true if own.is_none() => return Ok(None),
                true => (Vec::new(), own, Notes::default()),
                false => (Vec::new(), None, Notes { status, faults, ..Notes::default() }),
            }
        }
    };
    let reading = visit.reading().await?;
    let here = Here { page, visit, reading: &reading, view };
    let seen = Seen { text: visit.form().prose("seen"), tag: None };
    let previewed = (notes.status == 200).then(|| own::digest(form.grantee, &present.sent));
    FilterForm { preview, previewed, own, ..form }.page(here, seen, Some(present), notes).await.map(Some)
}

/// Of the rows of each table, how many are left, which columns are shown otherwise than they are, and where what is kept
/// back can be read all the same.
fn said(t: Texts, preview: &Preview, sent: &Terms) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for (table, left) in &preview.counted {
        let table = shown(table);
        said.push(match left {
            Some(left) => {
                let (rows, of) = (t.number(left.rows), t.number(left.of));
                t.with("filtering.left_of", &[("table", &table), ("rows", &rows), ("of", &of)])
            }
            None => t.with("filtering.uncounted", &[("table", &table)]),
        });
    }
    if !preview.whole.is_empty() {
        let tables: Vec<String> = preview.whole.iter().take(MOST_TABLES).map(|table| shown(table)).collect();
        said.push(t.with("filtering.whole", &[("tables", &tables.join(", "))]));
    }
    for Uncovered { table, filtered, left } in &preview.uncovered {
        let (table, filtered) = (shown(table), shown(filtered));
        said.push(match left {
            Some(left) => {
                let hidden = t.number(left.of.saturating_sub(left.rows));
                t.with("filtering.uncovered", &[("table", &table), ("filtered", &filtered), ("rows", &hidden)])
            }
            None => t.with("filtering.uncovered_uncounted", &[("table", &table), ("filtered", &filtered)]),
        });
    }
    for (table, masks) in &sent.masks {
        for (column, mask) in masks {
            let [line] = &masks_of(t, [(table, Masks::from([(column.clone(), *mask)]))])[..] else { continue };
            let is_it = |one: &&MaskedValues| one.table == *table && is_same(&one.column, column);
            said.push(match preview.masked.iter().find(is_it) {
                Some(one) => with_values(t, line, *mask, one.values.as_deref()),
                None => line.to_owned(),
            });
        }
    }
    said.extend(preview.elsewhere.iter().map(|one| elsewhere(t, one)));
    said
}

/// What is said of a mask, with values and what is read instead.
fn with_values(t: Texts, line: &str, mask: Mask, values: Option<&[(String, Option<String>)]>) -> String {
    let one = |(value, read): &(String, Option<String>)| {
        let cut = |text: &str| match text.char_indices().nth(MOST_OF_VALUE) {
            Some((end, _)) => shown(&text[..end]) + "…",
            None => shown(text),
        };
        let read = read.as_deref().map_or_else(|| t.say("filtering.nothing_shown"), cut);
        t.with("filtering.becomes", &[("value", &cut(value)), ("shown", &read)])
    };
    let Some(values) = values else { return format!("{line} ({})", t.say("filtering.values_unread")) };
    let told = values.iter().map(one).collect::<Vec<_>>().join(", ");
    match mask {
        _ if values.is_empty() => line.to_owned(),
        Mask::Hashed => format!("{line} ({})", t.with("filtering.example_hashes", &[("values", &told)])),
        _ => format!("{line} ({told})"),
    }
}

fn elsewhere(t: Texts, one: &ShownElsewhere) -> String {
    let ShownElsewhere { table, of, product, is_view } = one;
    let (table, of, product) = (shown(table), shown(of), product.as_deref().map(shown));
    let words = [("table", &*table), ("of", &*of), ("product", product.as_deref().unwrap_or_default())];
    let key = match (is_view, product.is_some()) {
        (true, false) => "filtering.view_shows",
        (true, true) => "filtering.view_shows_in",
        (false, false) => "filtering.made_shows",
        (false, true) => "filtering.made_shows_in",
    };
    t.with(key, &words)
}
