//! What a noun of this door is: one constant says how a kind of the core appears on the wire.
//!
//! The generic operations, the OpenAPI document and the strictness of answers are loops over these constants. A member of
//! an answer comes from one of five places: the record itself ([`RECORD`]), a relation ([`Reference`], [`Count`],
//! [`Ancestor`]), code of its own ([`Noun::computed`]), what was observed of the record ([`OBSERVED`]), or, where none of
//! these names it, the body field of the same name.

use emporion_catalog::caller::Caller;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::observation::{self, Series};
use emporion_catalog::parts::PartList;
use emporion_catalog::record::View;
use emporion_edge::shape::{Shape, Struct};
use serde_json::{Map, Value};

use crate::asset_relation::AssetRelation;
use crate::errors::OmResult;
use crate::subscriptions::deliveries::Deliveries;

/// Members of every answer that come from the record, not from its body.
pub const RECORD: &[&str] = &[
    "id",
    "name",
    "fullyQualifiedName",
    "version",
    "updatedAt",
    "updatedBy",
    "impersonatedBy",
    "href",
    "changeDescription",
    "incrementalChangeDescription",
    "deleted",
];

/// Members that a JSON Patch may not change, whatever the noun. `name` joins them where a noun cannot be renamed.
pub const PROTECTED: &[&str] = &[
    "id",
    "fullyQualifiedName",
    "href",
    "version",
    "updatedAt",
    "updatedBy",
    "impersonatedBy",
    "deleted",
    "changeDescription",
    "incrementalChangeDescription",
];

/// Values that are left out of answers: the oldest clients do not know the members, and these are their defaults.
pub const UNSPOKEN: &[(&str, &str)] = &[("entityStatus", "Unprocessed"), ("visibility", "PRIVATE")];

/// Lists of a record's own that are printed when they are empty, too. The oldest clients do not know the others.
const LISTS: &[&str] = &["tableConstraints", "synonyms", "references", "rules", "destinations"];

/// Members that show the newest observation of a series, where records of the kind have it.
pub const OBSERVED: &[(&str, Series)] = &[
    ("sampleData", observation::SAMPLE_DATA),
    ("profile", observation::TABLE_PROFILE),
    ("testCaseResult", observation::TEST_RESULT),
    ("joins", observation::JOINS),
    ("usageSummary", observation::USAGE),
    ("pipelineStatus", observation::PIPELINE_STATUS),
    ("pipelineStatuses", observation::INGESTION_RUN),
];

/// How one kind of the core appears in this door.
#[derive(Debug)]
pub struct Noun {
    /// The name of the core's kind: `data_product`.
    pub kind_name: &'static str,
    /// The type in references, events and messages: `dataProduct`.
    pub entity_type: &'static str,
    /// The path below `/v1/`: `services/databaseServices`.
    pub collection: &'static str,
    /// The heading in the OpenAPI document.
    pub tag: &'static str,
    /// The body of POST and PUT; without members where other doors make the records.
    pub create: &'static Struct,
    /// The answer. A key that is not in it makes the client refuse the whole answer.
    pub entity: &'static Struct,
    /// Names that the query parameter `fields` accepts. Members of that name appear only when asked for…
    pub fields: &'static [&'static str],
    /// …except these of them, which always do.
    pub always: &'static [&'static str],
    pub filters: &'static [Filter],
    pub place: Parentage,
    /// Members that show a record above this one.
    pub ancestors: &'static [Ancestor],
    pub references: &'static [Reference],
    pub counts: &'static [Count],
    /// What operations of its own list and change, many at a time.
    pub assets: &'static [AssetRelation],
    /// Members in which labelled parts lie.
    pub parts: &'static [(&'static str, &'static PartList)],
    /// Members that code of the noun fills in.
    pub computed: &'static [&'static str],
    /// Members of the request that never become body fields: passwords, deprecated members, aliases.
    pub request_only: &'static [&'static str],
    /// Members that a JSON Patch may not change, beside [`PROTECTED`].
    pub protected: &'static [&'static str],
    /// How an answer spells `domain`, where the request used it instead of `domains`.
    pub domain_echo: Option<DomainEcho>,
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

/// What single nouns do beside what their shape says. Each may refuse.
#[derive(Debug, Clone, Copy)]
pub struct NounHooks {
    /// Gives a create body its one form.
    pub complete: fn(&mut Map<String, Value>) -> OmResult<()>,
    /// Gives the members that a patch has changed their one form.
    pub changed: fn(&HookContext<'_>, &mut Map<String, Value>) -> OmResult<()>,
    /// Looks at a create body with what only the server knows, and at who sends it.
    pub admit: fn(&HookContext<'_>, &Caller, &Value) -> OmResult<()>,
    /// Completes a member of the body with what is shown beside what is stored.
    pub shown: Option<Completed>,
}

/// What hooks know beside the body.
pub struct HookContext<'a> {
    pub deliveries: Option<&'a dyn Deliveries>,
    pub now_ms: i64,
}

/// A member of the body, and how it is completed.
#[derive(Debug, Clone, Copy)]
pub struct Completed {
    pub member: &'static str,
    pub with: fn(&View, &mut Value),
}

impl NounHooks {
    pub const NONE: NounHooks =
        NounHooks { complete: |_| Ok(()), changed: |_, _| Ok(()), admit: |_, _, _| Ok(()), shown: None };
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub enum Parentage {
    /// It has no parent. Clients leave dots in such names unquoted.
    Root,
    /// Under the record that the first present member names; `required` says that one must be.
    Under { members: &'static [Parent], required: bool },
    /// Under the first target of a reference (a product under the first of its domains).
    FirstOf { member: &'static str, kind: &'static str },
}

/// A member of the create body that names the parent by FQN.
#[derive(Debug, Clone, Copy)]
pub struct Parent {
    pub member: &'static str,
    pub kind: &'static str,
}

/// An answer member that shows the nearest record above of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Ancestor {
    pub member: &'static str,
    /// Empty: whatever the parent is.
    pub kind: &'static str,
    /// Only where the parent itself is of that kind.
    pub direct: bool,
}

/// A member that is a relation of the core.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    pub member: &'static str,
    /// The core's relation.
    pub relation: &'static str,
    pub direction: Direction,
    pub input: Input,
    pub output: Output,
    /// A list; otherwise one reference or none.
    pub many: bool,
    /// Kinds that it may lead to; the first is meant where a name says no type. Empty means any.
    pub targets: &'static [&'static str],
    pub on_put: OnPut,
    /// A bot's PUT leaves it alone where it is not empty.
    pub bot_keeps: bool,
    /// Shown from the ancestors (marked `inherited`) where the record has none of its own.
    pub inherits: bool,
}

/// Whether the record is the source of the edge or its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
}

/// What a create body gives for a reference. A PATCH always carries references in their output form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Not part of a request.
    None,
    /// EntityReference: `id` or a name, and `type`.
    References,
    /// A fully qualified name.
    Fqns,
    /// A name; references are understood as well.
    Names,
    /// The id as text; references are understood as well.
    Ids,
    /// TagLabel: the source says whether it is a tag or a glossary term.
    TagLabels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// EntityReference.
    Reference,
    TagLabel,
    /// `{relationType, term}`, where the reported version is 2.0 or newer; EntityReference before.
    TermRelation,
    /// `{upVotes, downVotes, upVoters, downVoters}`.
    Votes,
}

/// What a PUT does with what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPut {
    /// The request's list is the new one; absent means none.
    Replace,
    /// Replaced where the request gives it, an empty list included; absent keeps.
    ReplaceIfPresent,
    /// Replaced where the request gives at least one; can not be emptied by PUT.
    ReplaceIfGiven,
    /// What the request gives is added.
    Merge,
    /// PUT never changes it.
    Keep,
}

/// A member that is a number of other records.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub member: &'static str,
    pub of: Counted,
}

#[derive(Debug, Clone, Copy)]
pub enum Counted {
    /// Records of the kind whose parent it is.
    Children(&'static str),
    /// Records of the kind anywhere below it.
    Below(&'static str),
    /// Edges that start at it.
    From(&'static str),
    /// Edges that lead to it.
    To(&'static str),
    /// Edges of the relation that lead to it or to anything below it.
    ToAnyBelow(&'static str),
}

/// A list parameter that really filters.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    pub name: &'static str,
    pub by: FilterBy,
}

#[derive(Debug, Clone, Copy)]
pub enum FilterBy {
    /// The value is the FQN of a record of one of the kinds, somewhere above.
    Ancestor(&'static [&'static str]),
    /// The value is the FQN of the parent, of one of the kinds.
    Parent(&'static [&'static str]),
    /// The value is the FQN of a domain that the record itself is in.
    Domain,
    /// `true` or `false`, against a body field; an absent field is false.
    Flag(&'static str),
    /// A text, against a body field.
    Text(&'static str),
    /// The value is the FQN of a record of the kind at the other end of the relation.
    Related { relation: &'static str, direction: Direction, kind: &'static str },
    /// A text, against a body field that means the second where it is absent.
    TextOr(&'static str, &'static str),
    /// The value is the entity type of the parent.
    ParentType,
    /// Whether a record is meant, only a look at it tells: for kinds of which there are few, or where other filters leave
    /// few.
    Telling(fn(&View, &str) -> bool),
    /// The value is the link of what a test is of; `includeAllTests` takes those of its parts, too.
    Link,
    /// The value is the id or the FQN of a suite of tests.
    Suite,
    /// The value names something that nothing here bears, so that nothing matches.
    Unheld,
    /// Known to clients, and leaves the list as it is.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainEcho {
    Reference,
    Fqn,
}

/// Where an answer's member comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    Record,
    Ancestor(Ancestor),
    Reference(Reference),
    Count(Count),
    Computed,
    /// The body field of the same name, in which labelled parts lie.
    Parts(&'static PartList),
    /// The newest observation of the series.
    Observed(Series),
    /// The body field of the same name in the core's spelling.
    Body,
}

impl Noun {
    pub fn is(&self, kind: Kind) -> bool {
        self.kind_name == kind.name()
    }

    pub fn reference(&self, member: &str) -> Option<&'static Reference> {
        self.references.iter().find(|reference| reference.member == member)
    }

    /// The member that shows a relation of which the record is the source; the spelling of change descriptions.
    pub fn member_of(&self, relation: &str) -> Option<&'static str> {
        let shows = |reference: &&Reference| reference.relation == relation && reference.direction == Direction::Out;
        self.references.iter().find(shows).map(|reference| reference.member)
    }

    pub fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.filters.iter().find(|filter| filter.name == name)
    }

    /// Where a member of the answer comes from.
    pub fn source(&self, member: &str) -> Source {
        if RECORD.contains(&member) {
            Source::Record
        } else if let Some(ancestor) = self.ancestors.iter().find(|ancestor| ancestor.member == member) {
            Source::Ancestor(*ancestor)
        } else if let Some(reference) = self.reference(member) {
            Source::Reference(*reference)
        } else if let Some(count) = self.counts.iter().find(|count| count.member == member) {
            Source::Count(*count)
        } else if self.computed.contains(&member) {
            Source::Computed
        } else if let Some((_, parts)) = self.parts.iter().find(|(name, _)| *name == member) {
            Source::Parts(parts)
        } else if let Some(series) = self.series(member) {
            Source::Observed(series)
        } else {
            Source::Body
        }
    }

    /// The series whose newest observation a member shows.
    fn series(&self, member: &str) -> Option<Series> {
        let (_, series) = OBSERVED.iter().find(|(name, _)| *name == member)?;
        let kind = kinds::ALL.iter().find(|kind| kind.name == self.kind_name)?;
        Kind(kind).series(series.name())
    }

    /// Whether a member appears in an answer with these `fields`.
    pub fn shows(&self, member: &str, fields: &Fields) -> bool {
        !self.fields.contains(&member) || self.always.contains(&member) || fields.wants(member)
    }

    /// The members that name the parent, nearest first.
    pub fn parents(&self) -> &'static [Parent] {
        match self.place {
            Parentage::Under { members, .. } => members,
            Parentage::Root | Parentage::FirstOf { .. } => &[],
        }
    }

    fn names_parent(&self, member: &str) -> bool {
        self.parents().iter().any(|parent| parent.member == member)
    }

    /// Whether a member of the create body becomes a body field.
    pub fn stores(&self, create_member: &str) -> bool {
        create_member != "name"
            && !self.names_parent(create_member)
            && self.reference(create_member).is_none()
            && !self.request_only.contains(&create_member)
    }

    /// Whether this door makes such records at all.
    pub fn is_made_here(&self) -> bool {
        !self.create.members.is_empty()
    }

    /// Every member that a JSON Patch may not change.
    pub fn protected_members(&self) -> Vec<&'static str> {
        let name = (!self.rename).then_some("name");
        let is_fixed = |member: &&str| !(self.moves && self.names_parent(member));
        let ancestors = self.ancestors.iter().map(|ancestor| ancestor.member).filter(is_fixed);
        let counts = self.counts.iter().map(|count| count.member);
        PROTECTED
            .iter()
            .copied()
            .chain(name)
            .chain(ancestors)
            .chain(counts)
            .chain(self.protected.iter().copied())
            .collect()
    }

    /// What an answer says of a body field that the core keeps nothing of, since it keeps nothing that is empty.
    pub fn shown_empty(&self, member: &str) -> Option<Value> {
        let shape = self.entity.member(member)?;
        let is_list = matches!(shape.shape, Shape::List { .. }) && LISTS.contains(&member);
        match member {
            "description" if shape.required => Some(Value::from("")),
            _ => is_list.then(|| Value::Array(Vec::new())),
        }
    }
}

/// The fields that a reader asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    All,
    These(Vec<String>),
}

impl Fields {
    pub const NONE: Fields = Fields::These(Vec::new());

    pub fn wants(&self, member: &str) -> bool {
        match self {
            Fields::All => true,
            Fields::These(fields) => fields.iter().any(|field| field == member),
        }
    }
}
