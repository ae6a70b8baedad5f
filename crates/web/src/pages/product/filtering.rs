//! The form of which rows somebody reads through a product: the row filters of his roles, table by table, and whether a
//! viewer reads any; and of what is masked from him, or from everybody with a role. That a condition can be read, and who may say it, the service says.

mod columns;
mod grantee;
mod own;
mod previewed;
mod tables;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::Guard;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::name;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::masks::{Mask, Masks};
use emporion_catalog::rows::roles::{self, ROLES};
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use emporion_edge::violation::pointer_token;
use emporion_products::users::operation::{self, Role, RoleMasks, UserOperation, Verb, Who};
use emporion_products::users::update::{self, Updated};

use self::columns::Column;
use self::grantee::Grantee;
use self::tables::{Away, places, short};
use self::terms::{CHANGE, Terms};
use super::{personal, warned};
use crate::access::condition;
use crate::access::masking::said;
use crate::access::role;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::confirmation::Removal;
use crate::forms::conflict::Conflict;
use crate::forms::expiry;
use crate::forms::saving::{Notes, Seen, TextForm, save_text};
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::record::{Here, RecordPage, back, change};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;
use crate::text::sentence::Sentence;
use crate::text::texts::Texts;

/// Tables that are offered at most; filters that are there already are shown whatever their number.
const MOST_TABLES: usize = 50;
/// Columns of each that are named beside its condition.
const MOST_COLUMNS: usize = 40;

#[derive(Template)]
#[template(path = "product/filtering.html")]
struct Filtering {
    p: Shell,
    at: String,
    form: String,
    back: String,
    /// As it is sent, and how he, it or the role is called.
    grantee: String,
    name: String,
    is_team: bool,
    is_role: bool,
    /// Whether he reads rows at all, where his role leaves that open.
    reads: Option<bool>,
    follows: bool,
    rows: Vec<Row>,
    /// What is stored now, whatever stands in the form.
    stored: Terms,
    away: Away,
    /// What of personal data is read where no mask hides it, in a sentence.
    personal: Option<String>,
    /// Part of a table's name: tables that bear it are offered.
    part: String,
    /// That not all lent tables are offered, and how many.
    rest: Option<String>,
    /// What the form was made of.
    seen: String,
    faults: Vec<String>,
    /// The same of the conditions, by their tables.
    wrong: BTreeMap<String, String>,
    conflict: Option<Conflict>,
    /// What the conditions would leave, where that was asked.
    preview: Vec<String>,
    /// The same as the form says it when it is sent again.
    previewed: Option<String>,
    /// The role that is given with them: as it is sent, and what it is called, with its end.
    role: Option<(&'static str, String)>,
    /// The day on which it ends, as forms have it; empty: it does not.
    until: String,
    /// That they are for the visitor, too, and what the form says when he was told.
    own: Option<Removal>,
}

/// The filter of a table.
struct Row {
    table: String,
    name: String,
    condition: String,
    /// What the stored filter of the table shows.
    stored: Option<Sentence>,
    /// What is wrong with the condition.
    fault: Option<String>,
    /// What the condition can be over.
    columns: Vec<MaskedColumn>,
    /// Masks of columns that are not offered: they stay.
    kept: Vec<String>,
    columns_rest: Option<Rest>,
    /// The text that says why the table is not in the product.
    hint: Option<&'static str>,
}

impl Row {
    /// Whether some of its columns are shown otherwise than they are.
    fn masks_any(&self) -> bool {
        self.columns.iter().any(|column| column.choices.iter().any(|(_, is_chosen, _)| *is_chosen))
    }
}

/// A column, and what is shown of it: each choice as it is sent, whether it is chosen, and its text.
struct MaskedColumn {
    name: String,
    ty: String,
    choices: Vec<(String, bool, &'static str)>,
}

impl MaskedColumn {
    fn of(column: Column, table: &str, masks: Option<&Masks>) -> MaskedColumn {
        let chosen = masks.and_then(|masks| masks.get(&column.real)).copied();
        // One that was chosen stays on offer, whatever the column has become.
        let fits = |mask: &Mask| *mask != Mask::Year || column.has_year || chosen == Some(*mask);
        let choices = Mask::ALL
            .into_iter()
            .rev()
            .filter(fits)
            .map(|mask| (terms::choice(table, &column.real, mask), chosen == Some(mask), said(mask)))
            .collect();
        MaskedColumn { choices, name: column.name, ty: column.ty }
    }
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "filters", "set_row_filters", move |visit, view| save(page, visit, view)),
        back(page, "filters", "row_filters", "access"),
    ]
}

/// Where somebody is given a role of a product with what is kept back from him.
pub fn giving(product: &View, to: RecordId, role: &str, until: &str) -> String {
    let pairs = [("tab", "access"), ("filter", &*to.to_string()), ("as", role), ("until", until)];
    address::with_query(&address::of_record(&product.record), &pairs)
}

/// The form for the person that the address names; `None` where it names nobody who has a role, or is given one with it.
pub async fn form(here: Here<'_>) -> Result<Option<Answer>, Fault> {
    let Some(grantee) = Grantee::parse(&here.visit.query("filter")) else { return Ok(None) };
    let given = Given::asked(here.visit, &here.visit.query("as"), &here.visit.query("until"))?;
    let form = FilterForm { part: here.visit.query("table"), ..FilterForm::of(grantee, given) };
    let Some(present) = Holder::of(here, grantee, form.given.role, None).await? else { return Ok(None) };
    let seen = Seen { text: present.now.text(), tag: None };
    form.page(here, seen, Some(present), Notes::default()).await.map(Some)
}

impl Holder {
    /// `role` is what whoever has none is given; `sent` what was typed, of a form that was sent.
    async fn of(
        here: Here<'_>,
        grantee: Grantee,
        role: Option<Role>,
        sent: Option<Terms>,
    ) -> Result<Option<Holder>, Fault> {
        let Here { visit, view, .. } = here;
        let (name, who, is_new) = match grantee {
            Grantee::Role(role) => (role::rendered(visit.t, role::relation(role)), None, false),
            Grantee::One(user) => {
                let Some((name, who, is_new)) = Holder::one(here, user, role).await? else { return Ok(None) };
                (name, Some(who), is_new)
            }
        };
        let now = Terms::of(view, grantee);
        let away = Away::of(visit, view, now.filters.keys().map(String::as_str)).await?;
        let sent = sent.unwrap_or_else(|| now.clone());
        Ok(Some(Holder { name, who, is_new, sent, now, away }))
    }

    /// How a person or a team is called, and whether it has no role yet.
    async fn one(here: Here<'_>, user: RecordId, role: Option<Role>) -> Result<Option<(String, Who, bool)>, Fault> {
        let Here { reading, view, .. } = here;
        let mut holders = ROLES.into_iter().flat_map(|role| view.targets(role));
        let known = holders.find(|(edge, _)| edge.to == user).map(|(_, card)| naming::rendered(card));
        Ok(match (known, role) {
            (Some(name), _) => Some((name, role::who(view, user).1, false)),
            (None, None) => None,
            (None, Some(_)) => match reading.record(user).await?.filter(roles::may_bear) {
                Some(one) if one.kind.is("team") => Some((naming::rendered_of(&one), Who::Team(user), true)),
                Some(one) => Some((naming::rendered_of(&one), Who::Id(user.to_string()), true)),
                None => None,
            },
        })
    }
}

impl Filtering {
    /// With these terms, and the tables of the product that no filter is for yet, as many as are offered.
    fn offering(mut self, t: Texts, view: &View, mut terms: Terms) -> Filtering {
        let open = terms.open_tables(view);
        let part = plain_name(&self.part);
        let is_meant = |place: &&Vec<String>| part.is_empty() || name::fold(&place.join(".")).contains(&part);
        // A name is to mean one of all tables, lent or not: it is made short for those alone that are offered.
        let tables = places(view);
        let offered = open.iter().filter(is_meant).take(MOST_TABLES);
        let offered: Vec<(String, String)> = offered.map(|place| (short(place, &tables), String::new())).collect();
        let others = open.len() - offered.len();
        terms.filters.extend(offered);
        let shown = terms.filters.len().try_into().unwrap_or(u64::MAX);
        let others = t.number(others.try_into().unwrap_or(u64::MAX));
        self.rest = (open.len() > MOST_TABLES || !part.is_empty())
            .then(|| t.with("filtering.rest", &[("shown", &t.number(shown)), ("others", &others)]));
        (self.reads, self.follows) = (terms.reads, terms.follows);
        self.rows = terms.filters.into_iter().map(|(table, condition)| self.row(t, table, condition)).collect();
        self
    }

    fn row(&self, t: Texts, table: String, condition: String) -> Row {
        let stored = self.stored.filters.get(&table).and_then(|stored| condition::rows(t, stored));
        Row {
            stored,
            hint: self.away.hint(&table, self.is_role),
            fault: self.wrong.get(&table).cloned(),
            columns: Vec::new(),
            kept: Vec::new(),
            columns_rest: None,
            name: shown(&table),
            table,
            condition,
        }
    }

    /// The page with these terms, and with the columns of the tables that it shows.
    async fn answer(self, t: Texts, reading: &Reading<'_>, view: &View, (status, terms): (u16, Terms)) -> Shown {
        let masks = terms.masks.clone();
        let mut page = self.offering(t, view, terms);
        let named = page.rows.iter().map(|row| row.table.clone()).collect();
        let mut columns = columns::of(reading, view, named).await?;
        for row in &mut page.rows {
            let mut columns = columns.remove(&row.table).unwrap_or_default();
            let all = columns.len();
            columns.truncate(MOST_COLUMNS);
            let masks = masks.get(&row.table);
            let is_offered = |name: &String| columns.iter().any(|column| column.real == *name);
            let kept = masks.into_iter().flatten().filter(|(name, _)| !is_offered(name));
            row.kept = kept.map(|(name, mask)| terms::choice(&row.table, name, *mask)).collect();
            row.columns = columns.into_iter().map(|column| MaskedColumn::of(column, &row.table, masks)).collect();
            row.columns_rest = Rest::of_all(t, row.columns.len(), all);
        }
        Ok(headers::page(status, &page))
    }
}

/// What is typed to find a table, as names are compared.
fn plain_name(typed: &str) -> String {
    name::fold(typed.trim())
}

async fn save(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let sent = visit.form();
    let grantee = Grantee::parse(sent.text("user")).ok_or(Fault::NoSuchPage)?;
    let given = Given::asked(&visit, sent.text("as"), sent.text("until"))?;
    let form = || FilterForm::of(grantee, given);
    let (now, terms) = (Terms::of(&view, grantee), Terms::sent(&sent, &view, grantee));
    let taken = own::taken(&visit, &view, grantee, &terms);
    let is_shown = own::is_told(&sent, taken.as_ref()) && own::is_previewed(&sent, grantee, &now, &terms);
    let is_asked = sent.text("do") == "preview";
    // What others have changed meanwhile is told first.
    let is_overtaken = sent.prose("seen") != now.text();
    if (is_asked || !is_shown && !is_overtaken)
        && let Some(answer) = previewed::of(page, &visit, &view, form(), !is_asked).await?
    {
        return Ok(answer);
    }
    save_text(page, &visit, view, &sent, form()).await
}

/// The form of the filters of a person or a team, and of the masks of these or of a role.
struct FilterForm {
    grantee: Grantee,
    part: String,
    preview: Vec<String>,
    previewed: Option<String>,
    own: Option<Removal>,
    given: Given,
}

/// The role that whoever has none yet is given with the filters, and when it ends.
#[derive(Clone, Copy)]
struct Given {
    role: Option<Role>,
    until: Option<Millis>,
}

impl Given {
    fn asked(visit: &Visit, role: &str, until: &str) -> Result<Given, Fault> {
        let until = expiry::typed(visit.t, until.trim(), visit.now).map_err(Fault::Malformed)?;
        Ok(Given { role: Role::parse(role), until })
    }

    /// What it is called.
    fn rendered(self, t: Texts, role: Role) -> String {
        let name = role::given(t, role);
        match self.until {
            Some(until) => t.with("done.until", &[("name", &name), ("until", &expiry::rendered(t, until))]),
            None => name,
        }
    }
}

impl FilterForm {
    fn of(grantee: Grantee, given: Given) -> FilterForm {
        FilterForm { grantee, part: String::new(), preview: Vec::new(), previewed: None, own: None, given }
    }
}

/// A person or a team with a role, or who is given one; or a role.
struct Holder {
    name: String,
    /// `None`: everybody who has the role.
    who: Option<Who>,
    is_new: bool,
    /// What was typed.
    sent: Terms,
    now: Terms,
    away: Away,
}

impl Holder {
    /// What the service is asked: the change of one who bears filters, or the masks of a role.
    fn changes(&self, grantee: Grantee, given: Given) -> (Vec<UserOperation>, RoleMasks) {
        match (grantee, &self.who) {
            (Grantee::Role(_), _) if self.sent.masks == self.now.masks => (Vec::new(), RoleMasks::new()),
            (Grantee::Role(role), _) => {
                let (_, masks) = self.sent.kept(&self.now, &self.away.gone);
                (Vec::new(), RoleMasks::from([(role, masks)]))
            }
            (Grantee::One(_), None) => (Vec::new(), RoleMasks::new()),
            (Grantee::One(_), Some(who)) => {
                let mut change = self.sent.change(who.clone(), &self.now, &self.away.gone);
                if let (true, Some(role), Verb::Change { terms, .. }) = (self.is_new, given.role, &change.verb) {
                    change.verb = Verb::Set { role, terms: operation::Terms { until: given.until, ..terms.clone() } };
                }
                (vec![change], RoleMasks::new())
            }
        }
    }
}

impl TextForm for FilterForm {
    type Present = Holder;

    fn part(&self) -> Option<&str> {
        None
    }

    async fn present(&self, here: Here<'_>) -> Result<Result<(Seen, Holder), String>, Fault> {
        let Here { visit, reading, view, .. } = here;
        reading.ask_change(&view.record, &[relation::VIEWER.name()]).await?;
        let sent = Terms::sent(&visit.form(), view, self.grantee);
        let holder = Holder::of(here, self.grantee, self.given.role, Some(sent)).await?.ok_or(Fault::NoSuchPage)?;
        Ok(Ok((Seen { text: holder.now.text(), tag: None }, holder)))
    }

    async fn store(&self, visit: &Visit, view: &View, present: &Holder) -> Result<String, Refusal> {
        let request = visit.about(view.id());
        let (changes, role_masks) = present.changes(self.grantee, self.given);
        let guard = Guard::Revisions(vec![view.record.revision.0]);
        let updating = update::update(&visit.door.calls.products, &request, changes, role_masks, guard);
        let Updated { warnings, .. } = visit.serve("users_update", updating).await?;
        let warned = warned::sealed(visit, view, &warnings);
        let (done, to) = if present.is_new { ("given", self.grantee.to_string()) } else { ("saved", String::new()) };
        let done = [("tab", "access"), ("done", done), ("to", &*to), ("warned", &*warned)];
        Ok(address::with_query(&address::of_record(&view.record), &done))
    }

    async fn page(self, here: Here<'_>, seen: Seen, present: Option<Holder>, notes: Notes) -> Shown {
        let Here { visit, reading, view, .. } = here;
        let Holder { name, who, is_new, sent, now, away } = present.ok_or(Fault::NoSuchPage)?;
        let (faults, wrong) = placed(&notes.faults, &sent);
        let given = self.given;
        let at = here.address();
        let page = Filtering {
            p: here.shell(),
            form: format!("{at}/filters"),
            back: address::with_query(&at, &[("tab", "access")]),
            at,
            grantee: self.grantee.to_string(),
            name,
            is_team: matches!(who, Some(Who::Team(_))),
            is_role: self.grantee.is_role(),
            role: given.role.filter(|_| is_new).map(|role| (role.word(), given.rendered(visit.t, role))),
            until: given.until.filter(|_| is_new).map(expiry::day).unwrap_or_default(),
            reads: None,
            follows: true,
            rows: Vec::new(),
            stored: now,
            away,
            personal: personal::of(visit, reading, view).await?,
            part: self.part,
            rest: None,
            seen: seen.text,
            faults,
            wrong,
            conflict: notes.conflict,
            preview: self.preview,
            previewed: self.previewed,
            own: self.own,
        };
        page.answer(visit.t, reading, view, (notes.status, sent)).await
    }
}

/// What the form says at its top of what was refused, and what of it is about the condition of a table: that stands beside
/// it, too. What is wrong stands at a table, as far as its reader knows.
fn placed(reported: &[String], terms: &Terms) -> (Vec<String>, BTreeMap<String, String>) {
    let (mut faults, mut wrong) = (Vec::new(), BTreeMap::new());
    let change = format!("{}/", CHANGE.trim_start_matches('/'));
    let conditions = "rowFilters/";
    let masks = |reported: &str| {
        let reported = match reported.strip_prefix("roleMasks/") {
            Some(of_role) => of_role.split_once('/')?.1,
            None => reported.strip_prefix("columnMasks/")?,
        };
        let of = |(table, masks): (&String, &Masks)| {
            masks.keys().find_map(|column| {
                let place = format!("{}/{}: ", pointer_token(table), pointer_token(column));
                Some(format!("{}, {}: {}", shown(table), shown(column), shown(reported.strip_prefix(&place)?)))
            })
        };
        terms.masks.iter().find_map(of)
    };
    for reported in reported.iter().map(|reported| reported.trim_start_matches('/')) {
        let reported = reported.strip_prefix(&change).unwrap_or(reported);
        if let Some(fault) = masks(reported) {
            faults.push(fault);
            continue;
        }
        let of_table = terms.filters.keys().find_map(|table| {
            let rendered = reported.strip_prefix(&format!("{conditions}{}: ", pointer_token(table)))?;
            Some((table, shown(rendered)))
        });
        match of_table {
            Some((table, rendered)) => {
                faults.push(format!("{}: {rendered}", shown(table)));
                wrong.entry(table.clone()).or_insert(rendered);
            }
            None => faults.push(shown(reported.trim_start_matches(conditions))),
        }
    }
    faults.dedup();
    (faults, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_condition_stands_at_its_table() {
        let filters = ["a/b", "orders", "wages"].map(|table| (table.to_owned(), "x".to_owned()));
        let terms = Terms { reads: None, filters: filters.into(), follows: true, masks: BTreeMap::new() };
        let orders = "update/0/rowFilters/orders: no column x";
        let reported = ["Not done.", &format!("/{orders}"), orders, "update/0/rowFilters/a~1b: no: condition"];
        let (faults, wrong) = placed(&reported.map(str::to_owned), &terms);
        assert_eq!(faults, ["Not done.", "orders: no column x", "a/b: no: condition"]);
        let wrong: Vec<(&str, &str)> =
            wrong.iter().map(|(table, rendered)| (table.as_str(), rendered.as_str())).collect();
        assert_eq!(wrong, [("a/b", "no: condition"), ("orders", "no column x")]);
    }

    #[test]
    fn what_is_wrong_with_a_mask_is_told_with_its_column_whoever_bears_it() {
        let masks = BTreeMap::from([("orders".to_owned(), Masks::from([("mail".to_owned(), Mask::Year)]))]);
        let terms = Terms { reads: None, filters: BTreeMap::new(), follows: true, masks };
        for at in ["update/0/columnMasks", "/roleMasks/viewer"] {
            let (faults, wrong) = placed(&[format!("{at}/orders/mail: no year")], &terms);
            assert_eq!((faults, wrong), (vec!["orders, mail: no year".to_owned()], BTreeMap::new()), "{at}");
        }
    }
}
