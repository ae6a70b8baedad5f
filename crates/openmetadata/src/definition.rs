//! How a noun is written down: what it is called, and its members. Everything else follows from these.

use emporion_catalog::kind::Kind;
use emporion_catalog::parts::PartList;
use emporion_edge::shape::{Member, Struct};

use crate::asset_relation::AssetRelation;
use crate::case;
use crate::entry::Entry;
use crate::has;
use crate::noun::{DomainEcho, Filter, FilterBy, Noun, NounHooks, Parent, Parentage, Source};

/// How one kind of the core appears in this door.
pub struct NounDef {
    pub kind: Kind,
    /// The type in references, events and messages: `dataProduct`. Its shapes are named after it.
    pub entity_type: &'static str,
    /// The path below `/v1/`: `services/databaseServices`.
    pub collection: &'static str,
    /// The heading in the OpenAPI document.
    pub tag: &'static str,
    /// Its members beside those of every record. A later one takes the place of an earlier one of the same name.
    pub members: &'static [&'static [Entry]],
    /// What it holds, with operations of its own.
    pub assets: &'static [AssetRelation],
    /// Filters of lists beside those that come with members.
    pub filters: &'static [Filter],
    /// Where it stands, if it is not the record that a member names.
    pub place: Option<Parentage>,
    /// How an answer spells `domain`, where the request used it instead of `domains`.
    pub domain_echo: Option<DomainEcho>,
    /// Only other doors make such records.
    pub made_elsewhere: bool,
    /// Deleting keeps the record, `include=deleted` shows it, and `deleted` is printed.
    pub soft_delete: bool,
    /// The name may be changed by PATCH.
    pub rename: bool,
    /// PATCH may name another parent, by the members that name it in a create body.
    pub moves: bool,
    /// What is sent of others, or about them: searches for everything and lists of assets leave it out.
    pub aside: bool,
    pub hooks: NounHooks,
}

/// What most nouns have in common, for `..PLAIN` in their constants.
pub const PLAIN: NounDef = NounDef {
    kind: Kind(&emporion_catalog::kind::PLAIN),
    entity_type: "",
    collection: "",
    tag: "",
    members: &[],
    assets: &[],
    filters: &[],
    place: None,
    domain_echo: None,
    made_elsewhere: false,
    soft_delete: true,
    rename: false,
    moves: false,
    aside: false,
    hooks: NounHooks::NONE,
};

impl NounDef {
    /// The noun. Its lists are never given back: nouns live as long as the program.
    pub fn noun(&self) -> Noun {
        let entries = self.entries();
        let listed = |is: fn(&Entry) -> bool| -> &'static [&'static str] {
            entries.iter().filter(|entry| is(entry)).map(|entry| entry.name).collect::<Vec<_>>().leak()
        };
        let requests = entries.iter().filter_map(|entry| entry.request.filter(|_| !self.made_elsewhere));
        let answers = entries.iter().filter_map(|entry| entry.answer);
        let schema = crate::case::capitalised(self.entity_type);
        let sources = || entries.iter().map(|entry| entry.source);
        Noun {
            kind_name: self.kind.name(),
            entity_type: self.entity_type,
            collection: self.collection,
            tag: self.tag,
            create: shape(format!("Create{schema}"), requests.collect()),
            entity: shape(schema, answers.collect()),
            fields: listed(|entry| entry.named),
            always: listed(|entry| entry.named && !entry.gated),
            filters: self.all_filters(&entries).leak(),
            place: self.place.unwrap_or_else(|| self.stands_under(&entries)),
            ancestors: kept(sources().filter_map(|source| match source {
                Source::Ancestor(ancestor) => Some(ancestor),
                _ => None,
            })),
            references: kept(sources().filter_map(|source| match source {
                Source::Reference(reference) => Some(reference),
                _ => None,
            })),
            counts: kept(sources().filter_map(|source| match source {
                Source::Count(count) => Some(count),
                _ => None,
            })),
            assets: self.assets,
            parts: kept(entries.iter().filter_map(|entry| Some((entry.name, self.parts_in(entry)?)))),
            computed: listed(|entry| entry.answer.is_some() && matches!(entry.source, Source::Computed)),
            request_only: listed(|entry| entry.passing),
            protected: listed(|entry| entry.fixed),
            domain_echo: self.domain_echo,
            soft_delete: self.soft_delete,
            rename: self.rename,
            moves: self.moves,
            aside: self.aside,
            hooks: self.hooks,
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = has::RECORD.to_vec();
        entries.extend(self.soft_delete.then_some(has::DELETED));
        for entry in self.members.iter().copied().flatten() {
            match entries.iter_mut().find(|known| known.name == entry.name) {
                Some(known) => *known = *entry,
                None => entries.push(*entry),
            }
        }
        entries
    }

    /// Lists can be filtered by every record further above.
    fn all_filters(&self, entries: &[Entry]) -> Vec<Filter> {
        let of = |entry: &Entry| match (entry.filter, entry.source) {
            (None, Source::Ancestor(ancestor)) => {
                Some(Filter { name: entry.name, by: FilterBy::Ancestor(vec![ancestor.kind].leak()) })
            }
            (filter, _) => filter,
        };
        entries.iter().filter_map(of).chain(self.filters.iter().copied()).collect()
    }

    /// The parts that the kind says to lie in the field behind a member.
    fn parts_in(&self, entry: &Entry) -> Option<&'static PartList> {
        let field = case::core_key(entry.name);
        let is_field = matches!(entry.source, Source::Body);
        self.kind.0.parts.iter().find(|parts| is_field && parts.field() == field)
    }

    fn stands_under(&self, entries: &[Entry]) -> Parentage {
        let parent = |entry: &Entry| entry.parent.map(|kind| Parent { member: entry.name, kind });
        let members = kept(entries.iter().filter_map(parent));
        if members.is_empty() {
            Parentage::Root
        } else {
            Parentage::Under { members, required: self.kind.0.parent_required }
        }
    }
}

fn kept<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    items.collect::<Vec<T>>().leak()
}

fn shape(name: String, members: Vec<Member>) -> &'static Struct {
    Box::leak(Box::new(Struct { name: name.leak(), open: false, members: members.leak() }))
}
