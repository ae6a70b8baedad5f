//! What a noun is made of: its members, each said once. How requests spell it, how answers show it, where it comes from,
//! whether it is shown unasked and whether it can be changed stand in one [`Entry`]; every list of a noun is read off them.

use emporion_edge::shape::Member;

use crate::members;
use crate::noun::{Ancestor, Count, Counted, Filter, FilterBy, Reference, Source};

/// One member of a noun.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub name: &'static str,
    /// As POST and PUT carry it.
    pub request: Option<Member>,
    /// As answers carry it.
    pub answer: Option<Member>,
    pub source: Source,
    /// The query parameter `fields` accepts its name…
    pub named: bool,
    /// …and it appears only where that asks for it.
    pub gated: bool,
    /// A JSON Patch may not change it.
    pub fixed: bool,
    /// Requests carry it, and it becomes no body field.
    pub passing: bool,
    /// It names the record that this one stands under, which is of this kind.
    pub parent: Option<&'static str>,
    /// What lists can be filtered by because of it.
    pub filter: Option<Filter>,
}

const NOTHING: Entry = Entry {
    name: "",
    request: None,
    answer: None,
    source: Source::Body,
    named: false,
    gated: false,
    fixed: false,
    passing: false,
    parent: None,
    filter: None,
};

/// A body field that requests set and answers show.
pub const fn both(member: Member) -> Entry {
    Entry { name: member.name, request: Some(member), answer: Some(member), ..NOTHING }
}

/// A body field that only answers show.
pub const fn shown(member: Member) -> Entry {
    Entry { name: member.name, answer: Some(member), ..NOTHING }
}

/// A body field that only requests set.
pub const fn sent(member: Member) -> Entry {
    Entry { name: member.name, request: Some(member), ..NOTHING }
}

/// A name that `fields` accepts, and that shows nothing.
pub const fn accepted(name: &'static str) -> Entry {
    Entry { name, named: true, gated: true, ..NOTHING }
}

/// A member of answers that code fills in.
pub const fn computed(member: Member) -> Entry {
    Entry { source: Source::Computed, ..shown(member) }
}

/// A relation of the core, shown where it is asked for. `request` is what a create body gives for it.
pub const fn related(request: Option<Member>, answer: Member, reference: Reference) -> Entry {
    Entry { request, source: Source::Reference(reference), ..shown(answer) }.gated()
}

/// A number of other records.
pub const fn counted(member: &'static str, of: Counted) -> Entry {
    Entry { source: Source::Count(Count { member, of }), ..shown(members::count(member)) }.gated()
}

/// A record further above, of this kind; lists can be filtered by it.
pub const fn above(member: &'static str, kind: &'static str) -> Entry {
    Entry { source: Source::Ancestor(Ancestor { member, kind, direct: false }), ..shown(members::reference(member)) }
}

/// The record that this one stands under: named by its FQN in requests, shown in answers.
pub const fn under(member: &'static str, kind: &'static str) -> Entry {
    Entry { request: Some(members::fqn_required(member)), parent: Some(kind), ..above(member, kind).always() }
}

/// The parent itself, which may be of several kinds: of this kind in this member.
pub const fn directly_under(member: &'static str, kind: &'static str) -> Entry {
    Entry {
        request: Some(members::fqn(member)),
        source: Source::Ancestor(Ancestor { member, kind, direct: true }),
        parent: Some(kind),
        ..above(member, kind)
    }
}

/// The parent itself, of one of these kinds: a reference in requests as in answers.
pub const fn under_any(member: &'static str, kinds: &'static [&'static str]) -> Entry {
    Entry {
        request: Some(Member { required: true, ..members::reference_input(member) }),
        source: Source::Ancestor(Ancestor { member, kind: "", direct: true }),
        parent: Some(kinds[0]),
        ..shown(members::reference(member)).filtered(FilterBy::Ancestor(kinds))
    }
}

/// A relation to records that a create body names by their ids.
pub const fn by_ids(reference: Reference) -> Entry {
    related(Some(members::ids(reference.member)), members::references(reference.member), reference)
}

/// Records that have a relation to this one, which only they change.
pub const fn listed(member: &'static str, relation: &'static str, of: &'static [&'static str]) -> Entry {
    related(None, members::references(member), members::shown(member, relation, of)).fixed()
}

impl Entry {
    /// Shown only where `fields` asks for it.
    pub const fn gated(self) -> Entry {
        Entry { named: true, gated: true, ..self }
    }

    /// Always shown; `fields` may name it.
    pub const fn named(self) -> Entry {
        Entry { named: true, gated: false, ..self }
    }

    /// Answers never lack it.
    pub const fn always(self) -> Entry {
        Entry { answer: demanded(self.answer, true), ..self }
    }

    /// Neither requests nor answers need have it.
    pub const fn loosely(self) -> Entry {
        Entry { request: demanded(self.request, false), answer: demanded(self.answer, false), ..self }
    }

    /// No JSON Patch changes it.
    pub const fn fixed(self) -> Entry {
        Entry { fixed: true, ..self }
    }

    /// Requests carry it, and it becomes no body field.
    pub const fn passing(self) -> Entry {
        Entry { passing: true, ..self }
    }

    /// As requests carry it, where that is another form.
    pub const fn asked_as(self, member: Member) -> Entry {
        Entry { request: Some(member), ..self }
    }

    /// As answers carry it, where that is another form.
    pub const fn shown_as(self, member: Member) -> Entry {
        Entry { answer: Some(member), ..self }
    }

    pub const fn filtered(self, by: FilterBy) -> Entry {
        Entry { filter: Some(Filter { name: self.name, by }), ..self }
    }
}

const fn demanded(member: Option<Member>, required: bool) -> Option<Member> {
    match member {
        Some(member) => Some(Member { required, ..member }),
        None => None,
    }
}
