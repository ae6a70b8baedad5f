//! The ground of questions, their semantic schema: deployed models as the engine sees them. Made at deploy, never
//! altered.
//!
//! Personal and hidden fields are not in it, so no question can reach them by name.

use std::sync::OnceLock;

use serde_json::Value;

use super::derived_facts::DerivedFacts;
use super::derived_fields::{self, Made};
use crate::guard::{Dialect, TableName};
use crate::model::Granularity;

/// Index into [`Ground::datasets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId(pub usize);
/// Index into [`Ground::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub usize);
/// Index into [`Ground::metrics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId(pub usize);
/// Index into [`Ground::joins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinId(pub usize);

#[derive(Debug, Clone, Default)]
pub struct Ground {
    pub datasets: Vec<Dataset>,
    pub fields: Vec<Field>,
    pub metrics: Vec<Metric>,
    pub joins: Vec<Join>,
    pub calendar: Calendar,
    /// No figure of the models is only proposed; where some are, figures are those that are named.
    pub is_hand_made: bool,
    /// A model was generated, and nobody has said that it holds: it is answered with less confidence.
    pub is_generated: bool,
    /// The fields that are left out because they tell of persons, of the models that stand above all others.
    pub kept_back: Vec<Names>,
    /// Of the parts as they stood when something was first asked of them.
    pub(super) derived: OnceLock<DerivedFacts>,
}

/// The names under which a part is asked for. Those of a composed product's parts bear its namespace before a dot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    pub name: String,
    pub label: Option<String>,
    pub synonyms: Vec<String>,
    pub description: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Dataset {
    pub names: Names,
    pub table: TableName,
    pub dialect: Dialect,
    /// Datasets of one number lie in one database: only they are read by one statement.
    pub source: usize,
    pub primary_key: Vec<String>,
    pub unique_keys: Vec<Vec<String>>,
    /// The time that its model declares for it.
    pub default_time: Option<FieldId>,
    pub row_count: Option<u64>,
    /// Columns of its table that tell of persons, or that hidden fields are made of.
    pub redacted: Vec<String>,
    /// Columns of which the asker is shown something else than their values.
    pub masked: Vec<MaskedColumn>,
}

#[derive(Debug, Clone)]
pub struct MaskedColumn {
    pub name: String,
    pub shows: MaskShows,
}

/// What is shown in place of a value; the later tells less of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaskShows {
    /// Of a time, the first day of its year.
    Year,
    /// The same of the same value, so that different values can be told apart, and joined where the hashes have one key: which
    /// of several that is.
    Hash(u64),
    /// The same of different values, too.
    Beginning,
    /// Nothing, as of a value that is not there.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    Number,
    Text,
    Date,
    Timestamp,
    Boolean,
    Other,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub dataset: DatasetId,
    pub names: Names,
    /// In the dialect of the dataset; names in it are columns of its table.
    pub expression: String,
    pub ty: Type,
    pub is_time: bool,
    /// Of a time, the finest periods that it tells apart; its values are their first days.
    pub finest: Granularity,
    /// One column of a key (primary, unique, or of a join): no figure, and no default column of lists but the first.
    pub is_key: bool,
    /// `values` are all that there are.
    pub is_enumerated: bool,
    pub values: Vec<Value>,
    /// A value and the words that mean it.
    pub value_synonyms: Vec<(String, Vec<String>)>,
    pub unit: Option<String>,
    pub format: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Additivity {
    Additive,
    /// Not over time: a stock.
    SemiAdditive,
    #[default]
    NonAdditive,
}

#[derive(Debug, Clone)]
pub struct Metric {
    pub names: Names,
    /// Aggregates over columns of one or several datasets, each written `dataset.column`, in the dialect of the first.
    pub expression: String,
    /// The datasets that it names, that of its first aggregate first.
    pub datasets: Vec<DatasetId>,
    pub additivity: Additivity,
    pub time: Option<FieldId>,
    /// Conditions that always hold for it, written like its expression.
    pub default_filters: Vec<String>,
    pub unit: Option<String>,
    pub format: Option<String>,
    /// A generator's proposal that nobody has confirmed.
    pub is_proposal: bool,
}

/// Many rows of `from` for each of `to`.
#[derive(Debug, Clone)]
pub struct Join {
    pub names: Names,
    pub from: DatasetId,
    pub to: DatasetId,
    /// Columns, or fields, of `from` and `to`.
    pub on: Vec<(String, String)>,
    /// `from` has at most one row for each of `to`, too.
    pub is_one_to_one: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub timezone: String,
    /// 1 to 12; 1 means that fiscal years are calendar years.
    pub fiscal_start: i8,
    pub is_fiscal: bool,
    pub week_starts_on_sunday: bool,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar { timezone: "UTC".into(), fiscal_start: 1, is_fiscal: false, week_starts_on_sunday: false }
    }
}

/// The column that an expression of a ground is, where it is one.
pub(in crate::chat) fn plain_column(expression: &str) -> Option<String> {
    let inner = |quote: char| expression.strip_prefix(quote)?.strip_suffix(quote).filter(|it| !it.contains(quote));
    inner('"').or_else(|| inner('`')).map(str::to_owned)
}

impl Ground {
    pub(super) fn derived(&self) -> &DerivedFacts {
        self.derived.get_or_init(|| DerivedFacts::of(self))
    }

    pub fn dataset(&self, id: DatasetId) -> &Dataset {
        &self.datasets[id.0]
    }

    /// What is shown of a field to him for whom the ground is; `None` where it is not masked.
    pub fn mask_of(&self, field: FieldId) -> Option<MaskShows> {
        let of = |id: FieldId| {
            let field = self.field(id);
            self.dataset(field.dataset).mask_of(&field.expression)
        };
        // What is made of others shows no more than they do.
        self.made_of(field)
            .map_or_else(|| of(field), |made| derived_fields::parts(made).into_iter().filter_map(of).max())
    }

    pub fn field(&self, id: FieldId) -> &Field {
        self.known_field(id).unwrap_or_else(|| &self.fields[id.0])
    }

    /// A field of the models, or one that is made of such; `None`: the ground has none of this number.
    pub fn known_field(&self, id: FieldId) -> Option<&Field> {
        let made = || Some(&self.derived().made.get(id.0 - self.fields.len())?.1);
        self.fields.get(id.0).or_else(made)
    }

    /// The field that is so made, where there is one.
    pub fn made(&self, made: Made) -> Option<FieldId> {
        let at = self.derived().made.iter().position(|(known, _)| *known == made)?;
        Some(FieldId(self.fields.len() + at))
    }

    /// What a derived field is made of.
    pub fn made_of(&self, id: FieldId) -> Option<Made> {
        let at = id.0.checked_sub(self.fields.len())?;
        self.derived().made.get(at).map(|(made, _)| *made)
    }

    pub fn metric(&self, id: MetricId) -> &Metric {
        &self.metrics[id.0]
    }

    pub fn join(&self, id: JoinId) -> &Join {
        &self.joins[id.0]
    }

    pub fn fields_of(&self, dataset: DatasetId) -> impl Iterator<Item = FieldId> + '_ {
        (0..self.fields.len()).map(FieldId).filter(move |id| self.field(*id).dataset == dataset)
    }

    /// The names of persons that stand in two fields each.
    pub fn full_names(&self) -> impl Iterator<Item = FieldId> + '_ {
        let made = self.derived().made.iter().enumerate();
        let names = made.filter(|(_, (made, _))| matches!(made, Made::FullName(..)));
        names.map(|(at, _)| FieldId(self.fields.len() + at))
    }

    /// The field of a path, also one that is made of others.
    pub fn field_at(&self, path: &str) -> Option<FieldId> {
        let mut all = (0..).map(FieldId).take_while(|id| self.known_field(*id).is_some());
        all.find(|id| self.path(*id) == path)
    }

    /// `dataset.field`, as answers name it.
    pub fn path(&self, field: FieldId) -> String {
        let field = self.field(field);
        format!("{}.{}", self.dataset(field.dataset).names.name, field.names.name)
    }
}

impl Dataset {
    /// What is shown of the columns that an expression of a ground names, or might name; `None` where none is masked.
    pub fn mask_of(&self, expression: &str) -> Option<MaskShows> {
        let expression = expression.to_lowercase();
        let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let is_named = |column: &&MaskedColumn| {
            let column = column.name.to_lowercase();
            expression.match_indices(&column).any(|(at, found)| {
                let (before, after) = (&expression[..at], &expression[at + found.len()..]);
                !goes_on(before.chars().next_back()) && !goes_on(after.chars().next())
            })
        };
        self.masked.iter().filter(is_named).map(|column| column.shows).max()
    }

    /// What tells its table from all others: sources may have tables of one name.
    pub fn source_table(&self) -> (usize, TableName) {
        (self.source, self.table.clone())
    }
}

impl Names {
    /// What people say: the label, else the first synonym.
    pub fn called(&self) -> &str {
        self.label.as_deref().or(self.synonyms.first().map(String::as_str)).unwrap_or(&self.name)
    }

    /// What people are shown.
    pub fn shown(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}
