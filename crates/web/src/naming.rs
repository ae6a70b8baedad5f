//! What records are called on pages, and records by the names that people type into forms.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::Ref;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record, View};
use unicode_normalization::UnicodeNormalization;

use crate::fault::Fault;
use crate::plain::shown;

/// Names of each kind that are suggested.
const SUGGESTED: u32 = 200;

/// What a record is called on pages. Teams of domains are often called alike: the domain tells them apart.
pub fn said(card: &Card) -> String {
    let name = alone(card);
    match name::split(&card.fqn).as_deref() {
        Some([.., above, _]) if card.kind.is("team") => format!("{name} ({})", shown(above)),
        _ => name,
    }
}

/// The same, whatever else is called so.
pub fn alone(card: &Card) -> String {
    shown(card.display_name.as_deref().unwrap_or(&card.name))
}

pub fn said_of(record: &Record) -> String {
    said(&Card::of(record))
}

/// A name that a form suggests. Browsers look for what is typed in both of its texts.
#[derive(Template)]
#[template(source = r#"<option value="{{ name }}">{{ said }}</option>"#, ext = "html")]
pub struct Suggestion {
    name: String,
    /// How it is shown, where that is another text; with marks above and below letters also without them.
    said: String,
}

impl HtmlSafe for Suggestion {}

impl Suggestion {
    fn of(view: View) -> Suggestion {
        let said = view.text("display_name").map(shown).unwrap_or_default();
        let record = view.record;
        let name = if record.kind.is("user") { record.name } else { record.fqn };
        let bare = if said.is_empty() { unmarked(&name) } else { unmarked(&said) };
        let said = match bare == said || bare == name {
            true => said,
            false => format!("{said} {bare}").trim_start().to_owned(),
        };
        Suggestion { name, said }
    }
}

/// A text without the marks of its letters: who has no key for them types it so.
pub fn unmarked(text: &str) -> String {
    text.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).nfc().collect()
}

/// The kinds that links may lead to.
fn kinds(reading: &Reading<'_>, named: &[&'static str]) -> Vec<Kind> {
    let catalog = reading.catalog();
    if named.is_empty() {
        return catalog.registry().iter().filter(|kind| kind.0.asset == Asset::Item).collect();
    }
    named.iter().map(|name| catalog.kind(name)).collect()
}

/// Names that a form suggests for links to these kinds.
pub async fn suggested(reading: &Reading<'_>, named: &[&'static str]) -> Result<Vec<Suggestion>, Fault> {
    let named = if named.is_empty() { &["table"] } else { named };
    let mut names = Vec::new();
    for kind in kinds(reading, named) {
        let query = ListQuery { limit: SUGGESTED, ..ListQuery::of(reading.account(), kind) };
        let page = reading.list(query, &Depth { alone: true, ..Depth::bare() }).await?;
        names.extend(page.views.into_iter().map(Suggestion::of));
    }
    Ok(names)
}

/// A record that the visitor sees, of one of the kinds, by its full name, its name, or the address of a person.
pub async fn named_record(reading: &Reading<'_>, named: &[&'static str], text: &str) -> Result<Option<Ref>, Fault> {
    for kind in kinds(reading, named) {
        let mut found = match reading.find(&Ref::Name(kind, text.to_owned())).await {
            Err(Problem::Ambiguous { .. }) => None,
            found => found?,
        };
        if found.is_none() && kind.is("user") {
            found = reading.find(&Ref::Name(kind, name::quote(&name::fold(text)))).await?;
            if found.is_none()
                && let Some(id) = reading.id_of_address(text).await?
            {
                found = reading.record(id).await?;
            }
        }
        if let Some(record) = found.filter(|record| States::Alive.holds(record)) {
            return Ok(Some(Ref::Id(record.kind, record.id)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_their_marks_and_nothing_else() {
        assert_eq!(unmarked("José Ångström 東京 Ж"), "Jose Angstrom 東京 Ж");
        assert_eq!(unmarked("plain"), "plain");
    }
}
