//! What records are called on pages, and records by the names that people type into forms.

use std::borrow::Cow;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::Ref;
use emporion_catalog::finder::{Condition, Order, Piece, Sought};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::fault::Fault;
use crate::plain::shown;
use crate::{address, called};

/// Names of each kind that a form suggests at once.
const AT_ONCE: u32 = 200;
/// Names that fit what is typed.
const FITTING: usize = 20;
/// Where those are asked for.
pub const OTHERS: &str = "/names";

/// What forms take names of, by kinds: whoever answers for something, people, labels, and anything that products hold.
pub const OWNERS: &[&str] = &["user", "team"];
pub const PEOPLE: &[&str] = &["user"];
pub const LABELS: &[&str] = &["glossary_term", "tag"];
pub const ASSETS: &[&str] = &[];
pub const DOMAINS: &[&str] = &["domain"];
pub const TERMS: &[&str] = &["glossary_term"];
pub const NAMED: &[&[&str]] = &[OWNERS, PEOPLE, LABELS, ASSETS, DOMAINS, TERMS];

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

/// Names that a form suggests.
#[derive(Template, Default)]
#[template(source = "{% for name in names %}{{ name }}{% endfor %}", ext = "html")]
pub struct Suggested {
    names: Vec<Suggestion>,
    /// Where there are others: the address of those that fit what is typed.
    pub others: Option<String>,
}

impl HtmlSafe for Suggested {}

impl Suggested {
    /// The first ones of these kinds.
    pub async fn of(reading: &Reading<'_>, named: &[&'static str]) -> Result<Suggested, Fault> {
        let mut suggested = Suggested::default();
        // Of all that products hold, tables are what is meant mostly.
        let mut is_cut = named.is_empty();
        for kind in kinds(reading, if named.is_empty() { &["table"] } else { named }) {
            let query = ListQuery { limit: AT_ONCE, ..ListQuery::of(reading.account(), kind) };
            let page = reading.list(query, &Depth { alone: true, ..Depth::bare() }).await?;
            is_cut |= page.more;
            suggested.names.extend(page.views.into_iter().map(|view| Suggestion::of(view.record)));
        }
        suggested.others = is_cut.then(|| address::with_query(OTHERS, &[("of", &named.join(","))]));
        Ok(suggested)
    }

    /// Those in whose names what is typed stands, or whose full names begin with it.
    pub async fn fitting(reading: &Reading<'_>, named: &[&'static str], typed: &str) -> Result<Suggested, Fault> {
        let begins = vec![Piece::Text(typed.to_owned()), Piece::Run];
        let begins = Condition::Like { field: Cow::Borrowed("fqn"), form: begins };
        let sought = Sought {
            condition: Condition::All(vec![
                Condition::Kinds(kinds(reading, named)),
                Condition::any(vec![called::meant(typed), begins]),
            ]),
            order: Order::BEST,
            beyond: None,
            from: 0,
            limit: FITTING,
            counted: Vec::new(),
        };
        let ids: Vec<RecordId> = reading.seek(&sought).await?.hits.iter().map(|hit| hit.id).collect();
        let records = reading.records(&ids, States::Alive).await?;
        Ok(Suggested { names: records.into_iter().map(Suggestion::of).collect(), others: None })
    }
}

impl Suggestion {
    fn of(record: Record) -> Suggestion {
        let said = record.body.get("display_name").and_then(Value::as_str).map(shown).unwrap_or_default();
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
