//! Relations: what an edge between two records can mean. Data, like kinds.

use std::fmt;

use crate::field::{Field, FieldType, PROSE};
use crate::id::RecordId;

/// One meaning of an edge. Compared by name.
pub struct RelationDef {
    pub name: &'static str,
    /// Kinds it may lead to; empty means any.
    pub to: &'static [&'static str],
    /// It leads only to what a product can hold.
    pub held: bool,
    /// It leads only to kinds that can have it themselves.
    pub among: bool,
    /// What it leads to has it, too: an edge of its own, which leads back. Both begin and end together.
    pub symmetric: bool,
    /// At most one edge per source (and place).
    pub single: bool,
    /// A change counts in the source's `version`.
    pub versioned: bool,
    /// A change is said to be an update, with its time and its author, also where it bumps no `version`.
    pub signed: bool,
    /// A change counts in the source's `content_revision`…
    pub content: bool,
    /// …where the edge leads to one of these kinds; empty means any.
    pub content_of: &'static [&'static str],
    /// A change can alter somebody's rights, so it raises the access epoch.
    pub access: bool,
    /// To whoever does not see what it leads to, the edge is not there; of other edges the end is named, and no more.
    pub left_out: bool,
    /// The edge may bear a grant: what it leads to lends its rows (see `rows::grants` in the core).
    pub lends: bool,
    /// Attributes that stay as they are where an edit does not name them; `null` takes them off.
    pub lasting: &'static [&'static str],
    /// What attributes may say, of those that are not for one door alone.
    pub attributes: &'static [Field],
    /// Attributes that only the core sets. They stay with the edge.
    pub kept: &'static [&'static str],
}

#[derive(Clone, Copy)]
pub struct Relation(pub &'static RelationDef);

impl Relation {
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether an edge that leads to a record of the kind is content of its source.
    pub fn is_content(self, to: &str) -> bool {
        self.0.content && (self.0.content_of.is_empty() || self.0.content_of.contains(&to))
    }
}

impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        // Most are the same definition.
        std::ptr::eq(self.0, other.0) || self.0.name == other.0.name
    }
}
impl Eq for Relation {}
impl std::hash::Hash for Relation {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

const PLAIN: RelationDef = RelationDef {
    name: "",
    to: &[],
    held: false,
    among: false,
    symmetric: false,
    single: false,
    versioned: false,
    signed: false,
    content: false,
    content_of: &[],
    access: false,
    left_out: false,
    lends: false,
    lasting: &[],
    attributes: &[],
    kept: &[],
};

/// Attribute of the edge of a role: by the name of their table, conditions on rows and masks of columns.
pub const ROW_FILTERS: &str = "row_filters";
/// Attribute of the edge of such a role. No request sets it.
pub const NOMINAL: &str = "nominal";
/// Attributes of the edge of a role: when it was given, and by whom.
pub const ADDED_AT: &str = "added_at";
pub const ADDED_BY: &str = "added_by";
/// Attribute of the edge of a role, of one that lends, or of one to what certifies: when that ends by itself.
pub const UNTIL: &str = "until";
/// Attribute of the edge of a role that ends: what it said before, and says then. Without it the role is gone then.
pub const AFTERWARDS: &str = "afterwards";
/// Attributes of an edge that lends. No request sets them; the core's rule of lending and its planner of loans do.
pub const GRANTED_BY: &str = "granted_by";
pub const GRANTED_AT: &str = "granted_at";
/// The field of a product with the id of the stewards who have its rows.
pub const STEWARDS: &str = "stewards";
/// The field of a product with the row filters of those whose roles have ended, by their ids. They hold all the same.
pub const KEPT_FILTERS: &str = "kept_filters";
/// The field of a product with the relations of its live models, table by table, which followed row filters take along.
pub const MODEL_LINKS: &str = "model_links";
/// The field of a product with the column masks of everybody who has a role, by role, table and column.
pub const ROLE_MASKS: &str = "role_masks";

/// The field of a product with the query that its members follow; of whom that is, since when, and what its names mean; and that
/// it has one. The last two are the core's to set.
pub const MEMBER_QUERY: &str = "member_query";
pub const MEMBERS_KEPT: &str = "member_query_kept";
pub const MEMBERS_FOLLOW: &str = "members_follow";
/// What the last of these says of such a product.
pub const FOLLOWED: &str = "query";
/// Attribute of the edge to a member that follows the query. No request sets it.
pub const BY_QUERY: &str = "by_query";

/// A row filter stays through a change of role, whichever door makes it.
const FILTERS: &[&str] = &[ROW_FILTERS];
/// So does its end, until the role is given without one.
const OF_USER: &[&str] = &[ROW_FILTERS, UNTIL, AFTERWARDS];
/// So does what was said of the rows that go with a role, or with an asset.
const OF_ROLE: &[&str] = &[NOMINAL];
const OF_ASSET: &[&str] = &[GRANTED_BY, GRANTED_AT, UNTIL, BY_QUERY];

/// How a label came to be, and whether somebody stands by it.
pub const LABEL_TYPES: &[&str] = &["Manual", "Propagated", "Automated", "Derived", "Generated"];
pub const LABEL_STATES: &[&str] = &["Suggested", "Confirmed"];
const OF_LABEL: &[Field] = &[
    Field::optional("label_type", FieldType::Choice(LABEL_TYPES)),
    Field::optional("state", FieldType::Choice(LABEL_STATES)),
    Field::optional("reason", PROSE),
];

/// What is computed of data, or run on it, leads to these.
const DATA: &[&str] = &[
    "table",
    "stored_procedure",
    "pipeline",
    "dashboard",
    "chart",
    "dashboard_data_model",
    "metric",
    "asset",
    "database_schema",
    "database",
    "data_product",
];

macro_rules! relations {
    ($($(#[$doc:meta])* $name:ident = $def:expr;)*) => {
        $($(#[$doc])* pub const $name: Relation = { const DEF: &RelationDef = &$def; Relation(DEF) };)*
        /// Every relation, for loops and for reading rows.
        pub const ALL: &[Relation] = &[$($name),*];
    };
}

relations! {
    /// A user or a team that answers for the record.
    OWNER = RelationDef { name: "owner", to: &["user", "team"], versioned: true, access: true, lasting: FILTERS, kept: OF_ROLE, ..PLAIN };
    /// The one team that holds the record; without it the steward team of its domain does.
    OWNING_TEAM = RelationDef { name: "owning_team", to: &["team"], single: true, access: true, kept: OF_ROLE, ..PLAIN };
    EXPERT = RelationDef { name: "expert", to: &["user"], versioned: true, ..PLAIN };
    REVIEWER = RelationDef { name: "reviewer", to: &["user", "team"], versioned: true, access: true, ..PLAIN };
    /// Domains, in order; the first is the home of a product.
    IN_DOMAIN = RelationDef { name: "in_domain", to: &["domain"], versioned: true, access: true, ..PLAIN };
    /// A tag or a glossary term, of which only the latter says what the record is about; attributes `label_type`,
    /// `state`, `reason`, `applied_at`, `applied_by`.
    TAGGED = RelationDef { name: "tagged", to: &["tag", "glossary_term"], versioned: true, content: true, content_of: &["glossary_term"], access: true, attributes: OF_LABEL, left_out: true, ..PLAIN };
    /// A record to the tag that certifies it now; follows from the field `certification`, and ends when that does.
    CERTIFIED_BY = RelationDef { name: "certified_by", to: &["tag"], single: true, access: true, ..PLAIN };
    /// Record to what it was made from, or, at the place `by/<id of that>`, to the pipeline that makes the one from the
    /// other. Attributes of the first: `source` (what says so: `view`, `manual`…), `description`, `sql`, `columns` (each
    /// `from`, `to`, `function`; paths inside the two records), `created_at`, `created_by`, `updated_at`, `updated_by`.
    DERIVED_FROM = RelationDef { name: "derived_from", among: true, left_out: true, ..PLAIN };
    /// View to what its query reads, as the crawl of its source found it. What people say of lineage is in the relation above:
    /// on this one rests what is told of who read a table, and no request sets it.
    READS_FROM = RelationDef { name: "reads_from", to: &["table"], left_out: true, ..PLAIN };
    FOLLOWER = RelationDef { name: "follower", to: &["user"], ..PLAIN };
    /// Attribute `up`: true or false.
    VOTE = RelationDef { name: "vote", to: &["user"], ..PLAIN };
    /// Product to asset; attributes `revision`, `terms`, `external_id`, `description`, and where the rows are lent
    /// `granted_by` and `granted_at`, and where the product's query brought it `by_query`.
    HAS_ASSET = RelationDef { name: "has_asset", held: true, content: true, signed: true, lends: true, kept: OF_ASSET, ..PLAIN };
    /// Product to a term of one of its items, at the item's place; follows from the attribute `terms` of the latter.
    ITEM_TERM = RelationDef { name: "item_term", to: &["glossary_term"], ..PLAIN };
    INPUT_PORT = RelationDef { name: "input_port", held: true, left_out: true, ..PLAIN };
    OUTPUT_PORT = RelationDef { name: "output_port", held: true, left_out: true, ..PLAIN };
    /// The service behind a product.
    SERVED_BY = RelationDef { name: "served_by", to: &["database_service"], single: true, signed: true, ..PLAIN };
    /// Product to a skill of the account; attribute `version`: the one it is held to.
    USES_SKILL = RelationDef { name: "uses_skill", to: &["skill"], signed: true, ..PLAIN };
    /// Composition to the product that it takes over.
    COMPOSED_OF = RelationDef { name: "composed_of", to: &["data_product"], single: true, ..PLAIN };
    /// May change all but owners, users, visibility and existence.
    EDITOR = RelationDef { name: "editor", to: &["user", "team"], signed: true, access: true, lasting: OF_USER, kept: OF_ROLE, ..PLAIN };
    VIEWER = RelationDef { name: "viewer", to: &["user", "team"], signed: true, access: true, lasting: OF_USER, kept: OF_ROLE, ..PLAIN };
    /// Product to whom it keeps row filters for after his role, and to whom masks of roles hold for; follows from the fields
    /// `kept_filters` and `role_masks`, and bears them. It is no role.
    HELD_BACK = RelationDef { name: "held_back", to: &["user", "team"], ..PLAIN };
    /// Product that is composed of others to a table to which its models refer; follows from the field `model_links`.
    REFERS_BEYOND = RelationDef { name: "refers_beyond", to: &["table"], ..PLAIN };
    /// Team to user; attribute `designation`: owner, contributor, steward, viewer.
    MEMBER = RelationDef { name: "member", to: &["user"], access: true, kept: OF_ROLE, ..PLAIN };
    /// Team to the teams above it.
    UNDER_TEAM = RelationDef { name: "under_team", to: &["team"], versioned: true, access: true, ..PLAIN };
    HAS_ROLE = RelationDef { name: "has_role", to: &["role"], versioned: true, access: true, ..PLAIN };
    DEFAULT_ROLE = RelationDef { name: "default_role", to: &["role"], versioned: true, access: true, ..PLAIN };
    HAS_POLICY = RelationDef { name: "has_policy", to: &["policy"], versioned: true, access: true, ..PLAIN };
    /// Bot to the user it acts as.
    BOT_USER = RelationDef { name: "bot_user", to: &["user"], single: true, versioned: true, access: true, ..PLAIN };
    /// Domain to its steward team.
    STEWARD = RelationDef { name: "steward", to: &["team"], single: true, access: true, ..PLAIN };
    RELATED_TERM = RelationDef { name: "related_term", to: &["glossary_term"], symmetric: true, versioned: true, left_out: true, ..PLAIN };
    RELATED_METRIC = RelationDef { name: "related_metric", to: &["metric"], symmetric: true, versioned: true, left_out: true, ..PLAIN };
    /// Metric to what it is computed of, or says something about.
    COMPUTED_ON = RelationDef { name: "computed_on", to: DATA, versioned: true, left_out: true, ..PLAIN };
    /// Query to what it read or wrote.
    USED_IN = RelationDef { name: "used_in", to: DATA, versioned: true, left_out: true, ..PLAIN };
    /// Query to the users who ran it.
    RUN_BY = RelationDef { name: "run_by", to: &["user"], versioned: true, ..PLAIN };
    /// Query to what ran it.
    TRIGGERED_BY = RelationDef { name: "triggered_by", to: &["stored_procedure", "pipeline"], single: true, versioned: true, left_out: true, ..PLAIN };
    /// Dashboard to a chart that it shows.
    HAS_CHART = RelationDef { name: "has_chart", to: &["chart"], versioned: true, left_out: true, ..PLAIN };
    /// Dashboard to a data model that its charts show.
    USES_DATA_MODEL = RelationDef { name: "uses_data_model", to: &["dashboard_data_model"], versioned: true, left_out: true, ..PLAIN };
    /// Test to what says how it is made.
    OF_DEFINITION = RelationDef { name: "of_definition", to: &["test_definition"], single: true, versioned: true, ..PLAIN };
    /// Suite of tests of several tables to one of them. The tests of a table itself stand below it.
    HAS_TEST = RelationDef { name: "has_test", to: &["test_case"], left_out: true, ..PLAIN };
    IS_A = RelationDef { name: "is_a", to: &["glossary_term"], left_out: true, ..PLAIN };
    CLASSIFIES = RelationDef { name: "classifies", to: &["glossary_term"], left_out: true, ..PLAIN };
    /// Asset to its type; attribute `revision`.
    OF_TYPE = RelationDef { name: "of_type", to: &["asset_type"], single: true, content: true, ..PLAIN };
    /// A record (or an asset type) to the form types it uses.
    USES_FORM = RelationDef { name: "uses_form", to: &["form_type"], ..PLAIN };
}

/// What a dashboard is put together of: what these are made of, it reads.
pub const SHOWS: &[Relation] = &[HAS_CHART, USES_DATA_MODEL];

/// The attribute of an edge to an asset that names the item's own terms.
pub const ITEM_TERMS: &str = "terms";

/// Relations whose edges can end by themselves.
pub const ENDING: &[Relation] = &[EDITOR, VIEWER, HAS_ASSET, CERTIFIED_BY];
/// Those of them by which somebody may do what he may not without.
pub const ENDING_RIGHTS: &[Relation] = &[EDITOR, VIEWER, HAS_ASSET];

/// The place inside a product where things of its item of that asset stand.
pub fn item_place(asset: RecordId) -> String {
    format!("items/{asset}")
}

/// The place of the edge to the pipeline that makes a record from the given one.
pub fn made_by(origin: RecordId) -> String {
    format!("{MADE_BY}{origin}")
}

/// What an edge of lineage gives as its `source` where a view's own query says that there is one.
pub const OF_A_VIEW: &str = "view";

/// What the record is made from by the pipeline to which an edge at this place leads.
pub fn made_from(place: &str) -> Option<RecordId> {
    place.strip_prefix(MADE_BY)?.parse().ok()
}

const MADE_BY: &str = "by/";

/// The relation of that name.
pub fn by_name(name: &str) -> Option<Relation> {
    ALL.iter().copied().find(|relation| relation.name() == name)
}

/// Relations whose sources a record is an asset or a port of.
pub const HELD_BY: &[Relation] = &[HAS_ASSET, INPUT_PORT, OUTPUT_PORT];
