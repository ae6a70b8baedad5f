//! What the service warns of although it did what was asked. The page that says what was done says it beside that, with the step
//! that mends it. The names of the warnings and of the parts that they are about are on the way there, sealed for whoever
//! did it and for the product: nobody makes up a warning for somebody else. What is said of them is taken from the product.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_products::message::Nouns;
use emporion_products::warning::Warning;
use serde::{Deserialize, Serialize};

use super::lending;
use crate::records::{address, naming};
use crate::request::visit::Visit;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Warnings that have a text of their own, below `warned`.
const KNOWN: &[&str] = &[
    ROWS_NOT_GRANTED,
    LITERAL_OF_PERSONAL_COLUMN,
    UNFILTERED_VIEW,
    "FILTER_NOT_FOLLOWED",
    "STALE_COMPOSITION",
    "TABLE_LEFT_OUT",
    "METRIC_LEFT_OUT",
    "SAMPLES_LEFT_OUT",
    "UNKNOWN_MODEL_FIELD",
    "NO_ROLE",
    NOT_SHOWN,
];
const ROWS_NOT_GRANTED: &str = "ROWS_NOT_GRANTED";
const LITERAL_OF_PERSONAL_COLUMN: &str = "LITERAL_OF_PERSONAL_COLUMN";
pub const NOT_SHOWN: &str = "PERSONAL_FIELD_NOT_SHOWN";
const UNFILTERED_VIEW: &str = "UNFILTERED_VIEW";
/// Parts that an address names.
const MOST_PARTS: usize = 20;

/// A warning as the page says it.
#[derive(PartialEq, Eq)]
pub struct Warned {
    pub code: &'static str,
    pub rendered: String,
    /// What mends it is called so, and lies there.
    pub way: Option<(String, String)>,
}

/// The tab that says what was done with the product, and what the service warned of.
pub fn address_after(visit: &Visit, view: &View, done: &str, warnings: &[Warning]) -> String {
    let sealed = sealed(visit, view, warnings);
    let pairs = [("tab", "model"), ("done", done), ("warned", &*sealed)];
    address::with_query(&address::of_record(&view.record), &pairs)
}

/// What goes with the address of the tab, as `warned`; empty where nothing was warned of.
pub fn sealed(visit: &Visit, view: &View, warnings: &[Warning]) -> String {
    let carried = Carried::of(warnings);
    if carried.codes.is_empty() { String::new() } else { carried.sealed(visit, view) }
}

/// What goes with the address.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Carried {
    codes: Vec<String>,
    /// Ids of parts that bear values of personal columns.
    parts: Vec<String>,
    /// Ids of views that show what row filters hide.
    #[serde(default)]
    views: Vec<String>,
    /// There are others of these.
    #[serde(default)]
    more_views: bool,
}

impl Carried {
    fn of(warnings: &[Warning]) -> Carried {
        let codes = KNOWN.iter().filter(|code| warnings.iter().any(|one| one.code == **code));
        let named = |code: &str, id: fn(&str) -> Option<&str>| {
            let of_code = warnings.iter().filter(|one| one.code == code);
            let ids: BTreeSet<String> = of_code.filter_map(|one| id(one.path.as_deref()?).map(str::to_owned)).collect();
            ids.into_iter().collect::<Vec<_>>()
        };
        let (mut parts, mut views) =
            (named(LITERAL_OF_PERSONAL_COLUMN, |path| part(path).map(|(_, id)| id)), named(UNFILTERED_VIEW, asset));
        let is_unnamed = |one: &Warning| one.code == UNFILTERED_VIEW && one.path.as_deref().and_then(asset).is_none();
        let more_views = views.len() > MOST_PARTS || warnings.iter().any(is_unnamed);
        parts.truncate(MOST_PARTS);
        views.truncate(MOST_PARTS);
        Carried { codes: codes.map(|code| (*code).to_owned()).collect(), parts, views, more_views }
    }

    fn sealed(&self, visit: &Visit, view: &View) -> String {
        let plain = serde_json::to_vec(self).expect("names and ids");
        URL_SAFE_NO_PAD.encode(visit.catalog().sealed_for(visit.caller(), &usage(view), &plain))
    }

    /// What the address holds, if it was made for this visitor and this product.
    fn opened(visit: &Visit, view: &View) -> Carried {
        let opened = || {
            let sealed = URL_SAFE_NO_PAD.decode(visit.query("warned")).ok()?;
            serde_json::from_slice(&visit.catalog().unsealed_for(visit.caller(), &usage(view), &sealed)?).ok()
        };
        opened().unwrap_or_default()
    }
}

/// What it is sealed for.
fn usage(view: &View) -> String {
    format!("warnings of {}", view.id())
}

/// Of `/verifiedQueries/{id}/sql`: the list, and the id.
fn part(path: &str) -> Option<(&str, &str)> {
    let (list, rest) = path.strip_prefix('/')?.split_once('/')?;
    let id = rest.split('/').next()?;
    matches!(list, "verifiedQueries" | "semanticModels").then_some((list, id))
}

/// The id in `/dataAssets/{id}`.
fn asset(path: &str) -> Option<&str> {
    path.strip_prefix("/dataAssets/")
}

impl Warned {
    /// In the words of the service, of the product at this address.
    pub fn by(t: Texts, at: &str, warning: &Warning) -> Warned {
        // The service says what to write into the text of a model, and its path there; the page of the model names the field.
        if warning.code == NOT_SHOWN {
            return Warned::plain(t, NOT_SHOWN);
        }
        let way = warning.path.as_deref().and_then(part).map(|(list, id)| {
            let form = if list == "verifiedQueries" { "verified" } else { "model" };
            (t.say("warned.change"), address::with_query(at, &[("tab", "model"), (form, id)]))
        });
        let code = KNOWN.iter().copied().find(|code| *code == warning.code).unwrap_or_default();
        Warned { code, rendered: shown_prose(&t.translated(&warning.message.text(&Nouns::DATA_PRODUCT))), way }
    }

    /// That there is one, and of nothing by name.
    fn plain(t: Texts, code: &'static str) -> Warned {
        Warned { code, rendered: t.say(&format!("warned.{code}")), way: None }
    }
}

/// What the address carries, as far as the product bears it out. `parts` are those that the page shows: id, name, form.
pub fn carried(visit: &Visit, view: &View, at: &str, parts: &[(&str, &str, &str)]) -> Vec<Warned> {
    let (t, carried) = (visit.t, Carried::opened(visit, view));
    let mut rendered = Vec::new();
    for code in KNOWN.iter().copied().filter(|code| carried.codes.iter().any(|carried| carried == code)) {
        match code {
            ROWS_NOT_GRANTED => rendered.extend(not_lent(t, view, at)),
            LITERAL_OF_PERSONAL_COLUMN => {
                let is_named = |id: &str| carried.parts.iter().any(|named| named == id);
                let of_parts = parts.iter().filter(|(id, ..)| is_named(id)).map(|(_, name, form)| Warned {
                    code,
                    rendered: t.with("warned.literal_in", &[("name", *name)]),
                    way: Some((t.say("warned.change"), (*form).to_owned())),
                });
                let before = rendered.len();
                rendered.extend(of_parts);
                if rendered.len() == before {
                    rendered.push(Warned::plain(t, code));
                }
            }
            UNFILTERED_VIEW => rendered.extend(unfiltered(t, view, &carried)),
            _ => rendered.push(Warned::plain(t, code)),
        }
    }
    rendered
}

/// Those of the views that the product has, and that there are others; of none of them, that there is one.
fn unfiltered(t: Texts, view: &View, carried: &Carried) -> Vec<Warned> {
    let assets = view.targets(relation::HAS_ASSET);
    let named =
        assets.filter(|(edge, _)| carried.views.contains(&edge.id.uuid().to_string())).map(|(_, card)| Warned {
            rendered: t.with("warned.unfiltered", &[("name", &naming::rendered(card))]),
            ..Warned::plain(t, UNFILTERED_VIEW)
        });
    let mut named: Vec<Warned> = named.collect();
    match named.is_empty() {
        true => named.push(Warned::plain(t, UNFILTERED_VIEW)),
        false if carried.more_views => {
            named.push(Warned { rendered: t.say("warned.unfiltered_others"), ..Warned::plain(t, UNFILTERED_VIEW) });
        }
        false => {}
    }
    named
}

/// Tables of the product whose rows are not lent to it now.
pub fn not_lent(t: Texts, view: &View, at: &str) -> Option<Warned> {
    lending::tables(t, view, false).map(|names| Warned {
        code: ROWS_NOT_GRANTED,
        rendered: t.with("warned.not_lent", &[("names", &names)]),
        way: Some((t.say("warned.lend"), address::with_query(at, &[("tab", "assets")]))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_travel_by_their_names() {
        let warning = |code: &'static str, path: &str| Warning::new(code, "x", Some(path.to_owned()));
        let warnings = [
            warning(LITERAL_OF_PERSONAL_COLUMN, "/verifiedQueries/7/sql"),
            warning(LITERAL_OF_PERSONAL_COLUMN, "/sql"),
            warning("SOMETHING_NEW", "/a"),
            warning(UNFILTERED_VIEW, "/dataAssets/8"),
            warning(UNFILTERED_VIEW, "/dataAssets/5"),
            warning(UNFILTERED_VIEW, "/dataAssets/8"),
            warning(UNFILTERED_VIEW, ""),
            warning(ROWS_NOT_GRANTED, "/dataAssets/0"),
        ];
        let wanted = Carried {
            codes: [ROWS_NOT_GRANTED, LITERAL_OF_PERSONAL_COLUMN, UNFILTERED_VIEW].map(str::to_owned).to_vec(),
            parts: vec!["7".to_owned()],
            views: vec!["5".to_owned(), "8".to_owned()],
            more_views: true,
        };
        assert_eq!(Carried::of(&warnings), wanted);
        let of = |many: usize| {
            let warnings: Vec<Warning> =
                (0..many).map(|at| warning(UNFILTERED_VIEW, &format!("/dataAssets/{at}"))).collect();
            let carried = Carried::of(&warnings);
            (carried.views.len(), carried.more_views)
        };
        assert_eq!([of(MOST_PARTS), of(MOST_PARTS + 1)], [(MOST_PARTS, false), (MOST_PARTS, true)]);
        assert_eq!(Carried::of(&[]), Carried::default());
    }

    #[test]
    fn every_warning_that_is_known_has_a_text() {
        let t = Texts::by_code("en").expect("English");
        for code in KNOWN.iter().filter(|code| **code != ROWS_NOT_GRANTED) {
            assert!(t.find(&format!("warned.{code}")).is_some(), "{code}");
        }
    }
}
