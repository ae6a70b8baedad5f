//! What a record leads to, in a form: each of it can be unticked, and names can be typed of what is to be added.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::{Card, Edge, Record, View};
use emporion_catalog::relation::{self, Relation};

use super::editable::{Editable, linked};
use crate::fault::{self, Fault};
use crate::forms::form::Form;
use crate::forms::wrong::Wrong;
use crate::layout::shell::Shell;
use crate::records::naming::{self, Suggested, named_record};
use crate::records::record::Here;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Fields for names beside the first.
const MOST_MORE: usize = 4;

/// What a form says of it.
#[derive(Debug, Default, Clone)]
pub struct Listed {
    /// Ids of what stays; `None`: all, in a form that nobody has sent yet.
    kept: Option<BTreeSet<String>>,
    /// Names that were typed to be added.
    add: Vec<String>,
}

/// The fields of a form for it.
#[derive(Template)]
#[template(path = "parts/listed.html")]
pub struct ListField<'a> {
    p: &'a Shell,
    fields: &'a Fields,
}

impl HtmlSafe for ListField<'_> {}

pub struct Fields {
    /// What stands before the names of the fields, where the form has several lists.
    pub within: String,
    pub hint: String,
    pub kept: Vec<Entry>,
    /// What stands in the first field for names, and in the others.
    pub add: String,
    pub more: Vec<String>,
    /// The names that are suggested; `None`: the form has the same ones already.
    pub suggested: Option<Suggested>,
    pub suggested_id: String,
    /// Where there are others.
    pub others: Option<String>,
    pub has_focus: bool,
    pub is_wrong: bool,
}

pub struct Entry {
    pub id: String,
    pub name: String,
    pub is_kept: bool,
    /// From above: it stays until the record has others of its own, and beside them where it is kept.
    pub is_inherited: bool,
}

impl Shell {
    pub fn listed<'a>(&'a self, fields: &'a Fields) -> ListField<'a> {
        ListField { p: self, fields }
    }
}

impl Fields {
    /// What stands before the ids of its fields.
    fn id(&self) -> String {
        self.within.replace('.', "-")
    }

    /// With these names to choose from.
    pub fn suggesting(self, suggested: Suggested) -> Fields {
        Fields { others: suggested.others.clone(), suggested: Some(suggested), ..self }
    }

    fn has_inherited(&self) -> bool {
        self.kept.iter().any(|entry| entry.is_inherited)
    }

    fn adds_several(&self) -> bool {
        self.more.iter().any(|name| !name.is_empty())
    }
}

/// The kind of what is put into a place by the relation; `None` where no right of the place is asked for.
pub fn put_into(view: &View, relation: Relation) -> Option<Kind> {
    let kind = view.record.kind;
    (relation == relation::IN_DOMAIN && kind.0.parents.contains(&"domain")).then_some(kind)
}

/// That the record may not be put there, where it is not there yet.
async fn closed(here: Here<'_>, relation: Relation, target: &Ref) -> Result<Option<Wrong>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let (Some(kind), Some(id)) = (put_into(view, relation), target.id()) else { return Ok(None) };
    if linked(view, relation).contains(&id) {
        return Ok(None);
    }
    let place = reading.get(target, States::Alive, &Depth::of(&[relation::OWNER], true)).await?;
    let is_open = fault::is_allowed(reading.ask_create(kind, &place, None).await)?;
    Ok((!is_open).then(|| Wrong { is_denied: true, ..Wrong::from(denied_there(visit.t, kind, &place.record)) }))
}

/// What a form says of a place in which the visitor may put nothing of a kind.
pub fn denied_there(t: Texts, kind: Kind, place: &Record) -> String {
    let of = t.say(&format!("kind.{}", kind.name()));
    t.with("edit.place_denied", &[("kind", &of), ("name", &naming::rendered_of(place))])
}

/// What the fields of one list are called among those of others.
pub fn within(editable: &Editable) -> String {
    format!("{}.", editable.name)
}

impl Listed {
    /// As a form has sent it, in fields that `within` stands before.
    pub fn sent(sent: &Form, within: &str) -> Listed {
        let (keep, add) = (format!("{within}keep"), format!("{within}add"));
        let names = sent.all(&add).map(str::trim).filter(|name| !name.is_empty());
        Listed {
            kept: Some(sent.all(&keep).map(str::to_owned).collect()),
            // No more than the form has fields.
            add: names.take(1 + MOST_MORE).map(str::to_owned).collect(),
        }
    }

    /// Whether such fields are among what was sent: the one for names always is.
    pub fn is_sent(sent: &Form, within: &str) -> bool {
        sent.has(&format!("{within}add"))
    }

    /// Whether it says something else than the form that a state makes.
    pub fn is_typed(&self, view: &View, relation: Relation) -> bool {
        !self.add.is_empty() || !self.unticked(view, relation).is_empty()
    }

    /// Each of the names that were typed.
    pub fn names(&self) -> &[String] {
        &self.add
    }

    /// All of them, to be shown.
    pub fn added(&self) -> String {
        self.add.join(", ")
    }

    /// What others have added was not in the form: it stays unless it is unticked now.
    pub fn merge(&mut self, old: Option<&View>, now: &View, relation: Relation) {
        let Some(kept) = &mut self.kept else { return };
        let before = old.map(|old| linked(old, relation)).unwrap_or_default();
        kept.extend(linked(now, relation).difference(&before).map(RecordId::to_string));
    }

    /// What the record leads to, and the form does not keep. What follows a query is not taken out by hand.
    pub fn unticked<'a>(&self, view: &'a View, relation: Relation) -> Vec<(&'a Edge, &'a Card)> {
        let Some(kept) = &self.kept else { return Vec::new() };
        let chosen = view.targets(relation).filter(|(edge, _)| !edge.is_by_query());
        let gone = chosen.filter(|(edge, _)| !kept.contains(&edge.to.to_string()));
        gone.map(|(edge, card)| (edge, &**card)).collect()
    }

    /// The owners from above, where the record has none of its own: those it is given would take their place.
    fn inherited(view: &View, relation: Relation) -> impl Iterator<Item = (&Edge, &Card)> {
        let is_open = relation == relation::OWNER && view.targets(relation).next().is_none();
        let from_above = is_open.then(|| view.inherited_targets(relation)).into_iter().flatten();
        from_above.map(|(edge, card)| (edge, &**card))
    }

    /// Of what comes from above, what stays beside what is added, and what does not.
    fn kept_and_displaced<'a>(&self, view: &'a View, relation: Relation) -> (Vec<&'a Card>, Vec<&'a Card>) {
        let Some(kept) = self.kept.as_ref().filter(|_| !self.add.is_empty()) else { return Default::default() };
        Listed::inherited(view, relation).map(|(_, card)| card).partition(|card| kept.contains(&card.id.to_string()))
    }

    /// What comes from above, and would no longer.
    pub fn displaced<'a>(&self, view: &'a View, relation: Relation) -> Vec<&'a Card> {
        self.kept_and_displaced(view, relation).1
    }

    /// Says in a draft what goes and what comes; answers what of it names nothing. `ticked` comes beside what was typed.
    pub async fn draft(
        &self,
        here: Here<'_>,
        (relation, named, field): (Relation, &'static [&'static str], &'static str),
        (ticked, until): (Vec<Target>, Option<Millis>),
        draft: &mut Draft,
    ) -> Result<Vec<Wrong>, Fault> {
        let gone = self.unticked(here.view, relation);
        let gone: Vec<Target> = gone.into_iter().map(|(_, card)| Target::of(Ref::Id(card.kind, card.id))).collect();
        if !gone.is_empty() {
            draft.relate(relation, How::Remove, field, gone);
        }
        let (mut added, mut faults) = (Vec::new(), Vec::new());
        for name in &self.add {
            match named_record(here.reading, named, name).await? {
                Ok((kind, id)) => {
                    let target = Ref::Id(kind, id);
                    faults.extend(closed(here, relation, &target).await?);
                    added.push(Target::of(target).lent_until(until));
                }
                Err(unnamed) => faults.push(unnamed.rendered(here.visit.t).into()),
            }
        }
        added.extend(ticked);
        let (beside, _) = self.kept_and_displaced(here.view, relation);
        let beside = beside.into_iter().map(|card| Ref::Id(card.kind, card.id));
        let beside = beside.filter(|one| !added.iter().any(|target| target.to.id() == one.id()));
        let beside: Vec<Target> = beside.map(Target::of).collect();
        added.extend(beside);
        if !added.is_empty() {
            draft.relate(relation, How::Add, field, added);
        }
        Ok(faults)
    }

    /// The fields of the form.
    pub fn fields(self, view: &View, relation: Relation, named: &[&str]) -> Fields {
        let entry = |(edge, card): (&Edge, &Card), is_inherited: bool| {
            let id = edge.to.to_string();
            let is_named = card.display_name.is_some() || named.contains(&"user");
            Entry {
                is_kept: self.kept.as_ref().is_none_or(|kept| kept.contains(&id)),
                id,
                is_inherited,
                name: if is_named { naming::rendered(card) } else { shown(&card.fqn) },
            }
        };
        let chosen = view.targets(relation).filter(|(edge, _)| !edge.is_by_query());
        let chosen = chosen.map(|(edge, card)| entry((edge, card), false));
        let from_above = Listed::inherited(view, relation).map(|one| entry(one, true));
        let kept = chosen.chain(from_above).collect();
        let mut names = self.add.into_iter();
        Fields {
            within: String::new(),
            hint: String::new(),
            kept,
            add: names.next().unwrap_or_default(),
            more: names.chain(std::iter::repeat_with(String::new)).take(MOST_MORE).collect(),
            others: None,
            suggested: None,
            suggested_id: "suggested".to_owned(),
            has_focus: false,
            is_wrong: false,
        }
    }
}
