//! What records are called on pages, and records by the names that people type into forms.

use std::collections::{HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::Ref;
use emporion_catalog::finder::{Condition, Form, Order, Piece, Sought};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::kinds::query::looks_made;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Record, View};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::fault::Fault;
use crate::records::address;
use crate::search::name_filter;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Names of each kind that a form suggests at once.
const AT_ONCE: u32 = 200;
/// The same where a form suggests names of many sorts.
const FEW: u32 = 50;
/// Names that fit what is typed.
const FITTING: usize = 20;
/// How often as many are looked at, until enough of them are open to what is put there.
const LOOKS: usize = 10;
/// Where those are asked for.
pub const OTHERS: &str = "/names";

/// What forms take names of, by kinds: whoever answers for something, people, labels, and anything that products hold.
pub const OWNERS: &[&str] = &["user", "team"];
pub const PEOPLE: &[&str] = &["user"];
pub const LABELS: &[&str] = &["glossary_term", "tag"];
pub const ASSETS: &[&str] = &[];
pub const DOMAINS: &[&str] = &["domain"];
pub const PRODUCTS: &[&str] = &["data_product"];
pub const TERMS: &[&str] = &["glossary_term"];
/// What terms stand in.
pub const ABOVE_TERMS: &[&str] = &["glossary", "glossary_term"];
pub const NAMED: &[&[&str]] = &[OWNERS, PEOPLE, LABELS, ASSETS, DOMAINS, TERMS, ABOVE_TERMS, PRODUCTS];

/// What a record is called on pages. Teams of domains are often called alike: the domain tells them apart.
pub fn rendered(card: &Card) -> String {
    let name = alone(card);
    match name::split(&card.fqn).as_deref() {
        Some([.., above, _]) if card.kind.is("team") => format!("{name} ({})", shown(above)),
        _ => name,
    }
}

/// The same, whatever else is called so.
pub fn alone(card: &Card) -> String {
    match &card.display_name {
        Some(name) => shown(name),
        None => shown(&card.kind.own_name(&card.name)),
    }
}

/// What those of these people are called whom the visitor sees.
pub async fn people(
    reading: &Reading<'_>,
    ids: impl Iterator<Item = RecordId>,
) -> Result<HashMap<RecordId, String>, Problem> {
    let ids: Vec<RecordId> = ids.collect::<HashSet<_>>().into_iter().collect();
    Ok(reading.cards(&ids).await?.iter().map(|card| (card.id, alone(card))).collect())
}

pub fn rendered_of(record: &Record) -> String {
    rendered(&Card::of(record))
}

/// The same; a query that nobody has named by the first words of its statement, for who may read that.
pub fn with_statement(record: &Record) -> String {
    const MOST: usize = 60;
    let statement = record.body.get("query").and_then(Value::as_str).filter(|_| record.kind.is("query"));
    let is_named = record.body.text("display_name").is_some() || !looks_made(&record.name);
    let Some(statement) = statement.filter(|_| !is_named) else { return rendered_of(record) };
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} \u{2026}", shown(words[..end].trim_end())),
        None => shown(&words),
    }
}

/// A name that a form suggests. Browsers look for what is typed in both of its texts.
#[derive(Template)]
#[template(source = r#"<option value="{{ name }}">{{ rendered }}</option>"#, ext = "html")]
pub struct Suggestion {
    name: String,
    /// How it is shown, where that is another text; with marks above and below letters also without them.
    rendered: String,
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
    /// Those but this one, which is no answer to what is asked for.
    pub fn without(mut self, record: &Record) -> Suggested {
        self.names.retain(|one| one.name != record.fqn);
        self
    }

    /// The first ones of these kinds.
    pub async fn of(reading: &Reading<'_>, named: &[&'static str]) -> Result<Suggested, Fault> {
        Suggested::first(reading, named, None, AT_ONCE).await
    }

    /// The same of what a record of a kind may be put into: that in which the visitor may make one.
    pub async fn places(reading: &Reading<'_>, named: &[&'static str], of: Kind) -> Result<Suggested, Fault> {
        Suggested::first(reading, named, Some(of), AT_ONCE).await
    }

    /// The same for a form that suggests names of many sorts; `of` is the kind of what is put there, where it is a place.
    pub async fn few(reading: &Reading<'_>, named: &[&'static str], of: Option<Kind>) -> Result<Suggested, Fault> {
        Suggested::first(reading, named, of, FEW).await
    }

    async fn first(
        reading: &Reading<'_>,
        named: &[&'static str],
        of: Option<Kind>,
        at_once: u32,
    ) -> Result<Suggested, Fault> {
        let mut suggested = Suggested::default();
        // Of all that products hold, tables are what is meant mostly.
        let mut is_cut = named.is_empty();
        for kind in kinds(reading, if named.is_empty() { &["table"] } else { named }) {
            let mut query = ListQuery { limit: at_once, ..ListQuery::of(reading.account(), kind) };
            // What a place stands in counts for whether it is open.
            let depth = Depth { alone: of.is_none(), ..Depth::bare() };
            let mut names = Vec::new();
            for look in 1..=LOOKS {
                let page = reading.list(query.clone(), &depth).await?;
                query.after = page.views.last().map(|last| query.keyset(&last.record));
                let views = open_to(reading, page.views, of).await?;
                let offered = views.into_iter().map(|view| view.record).filter(is_offered);
                names.extend(offered.map(Suggestion::of));
                // Where not everything is open, others behind the first ones may be.
                let is_full = of.is_none() || names.len() >= at_once as usize || look == LOOKS;
                if is_full || !page.more {
                    is_cut |= page.more || names.len() > at_once as usize;
                    break;
                }
            }
            names.truncate(at_once as usize);
            suggested.names.extend(names);
        }
        let of = of.map_or("", Kind::name);
        suggested.others = is_cut.then(|| address::with_query(OTHERS, &[("of", &named.join(",")), ("into", of)]));
        Ok(suggested)
    }

    /// Those in whose names what is typed stands, or whose full names begin with it.
    pub async fn fitting(
        reading: &Reading<'_>,
        named: &[&'static str],
        of: Option<Kind>,
        typed: &str,
    ) -> Result<Suggested, Fault> {
        let begins = Form::of(vec![Piece::Text(typed.to_owned()), Piece::Run]);
        let begins = Condition::like("fqn", begins);
        let fits = Condition::any(vec![name_filter::meant(typed), begins]);
        let mut names = Vec::new();
        for look in 0..LOOKS {
            let mut records = seek(reading, named, fits.clone(), (look * FITTING, FITTING)).await?;
            let is_last = records.len() < FITTING;
            if let Some(kind) = of {
                let mut views = Vec::new();
                for record in records {
                    views.push(reading.view(record, &Depth::bare()).await?);
                }
                records = open_to(reading, views, Some(kind)).await?.into_iter().map(|view| view.record).collect();
            }
            names.extend(records.into_iter().filter(is_offered).map(Suggestion::of));
            if is_last || of.is_none() || names.len() >= FITTING {
                break;
            }
        }
        names.truncate(FITTING);
        Ok(Suggested { names, others: None })
    }
}

/// Those in which the visitor may make a record of the kind; all, where it is none that is put there.
async fn open_to(reading: &Reading<'_>, views: Vec<View>, of: Option<Kind>) -> Result<Vec<View>, Fault> {
    let Some(kind) = of else { return Ok(views) };
    let are_open = reading.may_create_in_each(kind, &views).await?;
    Ok(views.into_iter().zip(are_open).filter_map(|(view, is_open)| is_open.then_some(view)).collect())
}

/// Nothing is left to who can no longer sign in.
fn is_offered(record: &Record) -> bool {
    !is_disabled(record)
}

/// Whether it is the user that a program acts as.
pub fn is_bot(record: &Record) -> bool {
    record.body.get("is_bot") == Some(&Value::Bool(true))
}

/// Whether it is a person who can no longer sign in.
pub fn is_disabled(record: &Record) -> bool {
    record.kind.is("user") && record.body.get("disabled") == Some(&Value::Bool(true))
}

impl Suggestion {
    fn of(record: Record) -> Suggestion {
        let rendered = record.body.get("display_name").and_then(Value::as_str).map(shown).unwrap_or_default();
        let name = if record.kind.is("user") { record.name } else { record.fqn };
        let bare = if rendered.is_empty() { unmarked(&name) } else { unmarked(&rendered) };
        let rendered = match bare == rendered || bare == name {
            true => rendered,
            false => format!("{rendered} {bare}").trim_start().to_owned(),
        };
        Suggestion { name, rendered }
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

/// A name that is nobody's, or of several.
pub struct Unnamed {
    name: String,
    /// What is called so, each by a name that is its own.
    fitting: Vec<String>,
    of_people: bool,
}

impl Unnamed {
    /// Asked for as somebody, whatever else was looked at.
    pub fn of_people(self) -> Unnamed {
        Unnamed { of_people: true, ..self }
    }

    /// What a form says of it.
    pub fn rendered(&self, t: Texts) -> String {
        let name = shown(&self.name);
        match (self.fitting.as_slice(), self.of_people) {
            ([], true) => t.with("access.nobody_called", &[("name", &name)]),
            ([], false) => t.with("edit.unknown", &[("name", &name)]),
            (fitting, _) => t.with("edit.several", &[("name", &name), ("those", &fitting.join(", "))]),
        }
    }
}

/// A record that the visitor sees, of one of the kinds: by its full name, its name, the address of a person, or by what it
/// is called on pages, where nothing else is called so.
pub async fn named_record(
    reading: &Reading<'_>,
    named: &[&'static str],
    text: &str,
) -> Result<Result<(Kind, RecordId), Unnamed>, Fault> {
    let mut fitting = Vec::new();
    for kind in kinds(reading, named) {
        let mut found = match reading.find(&Ref::Name(kind, text.to_owned())).await {
            Err(Problem::Ambiguous { candidates, .. }) => {
                fitting.extend(candidates.iter().map(|name| shown(name)));
                None
            }
            found => found?,
        };
        if found.is_none() && kind.is("user") {
            found = reading.find(&Ref::Name(kind, name::quote(&name::fold(text)))).await?;
            if found.is_none()
                && let Some(id) = reading.id_of_address(addressed(text)).await?
            {
                found = reading.record(id).await?;
            }
        }
        if let Some(record) = found.filter(|record| States::Alive.holds(record)) {
            return Ok(Ok((record.kind, record.id)));
        }
    }
    if fitting.is_empty() {
        match shown_as(reading, named, text).await?.as_slice() {
            [one] => return Ok(Ok((one.kind, one.id))),
            several => fitting.extend(several.iter().map(own_name)),
        }
    }
    Ok(Err(Unnamed { name: text.to_owned(), fitting, of_people: named == PEOPLE }))
}

/// The address behind a name, as [`own_name`] puts it; or the text itself.
fn addressed(text: &str) -> &str {
    let behind = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    behind.map(|(_, address)| address).filter(|address| address.contains('@')).unwrap_or(text)
}

/// Those that pages call so, whatever the case of its letters; marks above and below them may be left out.
async fn shown_as(reading: &Reading<'_>, named: &[&'static str], text: &str) -> Result<Vec<Record>, Fault> {
    let typed = name::fold(text);
    let is_typed = |rendered: &str| name::fold(rendered) == typed || name::fold(&unmarked(rendered)) == typed;
    // A team is called by its name, and by that of its domain behind it.
    let words = text.split(" (").next().unwrap_or(text);
    let found = match reading.catalog().until_found().await {
        Ok(()) => seek(reading, named, name_filter::meant(words), (0, AT_ONCE as usize)).await,
        Err(problem) => Err(problem),
    };
    let records = match found {
        // Nothing can be searched now, or not for this.
        Err(Problem::Unavailable { .. } | Problem::Invalid(_)) => Vec::new(),
        found => found?,
    };
    let is_called = |record: &Record| {
        let card = Card::of(record);
        is_typed(&rendered(&card)) || is_typed(&alone(&card))
    };
    Ok(records.into_iter().filter(is_called).collect())
}

/// Records of these kinds that the visitor sees and that the condition holds for, the best first: so many behind so many.
async fn seek(
    reading: &Reading<'_>,
    named: &[&'static str],
    condition: Condition,
    (from, limit): (usize, usize),
) -> Result<Vec<Record>, Problem> {
    let sought = Sought {
        condition: Condition::All(vec![Condition::kinds(kinds(reading, named)), condition]),
        order: Order::BEST,
        beyond: None,
        from,
        limit,
        counted: Vec::new(),
    };
    let ids: Vec<RecordId> = reading.seek(&sought).await?.hits.iter().map(|hit| hit.id).collect();
    reading.records(&ids, States::Alive).await
}

/// The name that nothing else bears: of a person his address tells more.
fn own_name(record: &Record) -> String {
    let address = record.body.get("email").and_then(Value::as_str).filter(|_| record.kind.is("user"));
    address.map_or_else(|| shown(&record.fqn), |address| format!("{} ({})", shown(&record.name), shown(address)))
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
