//! Planning problems: why there is no statement, and what to tell or to ask back.

use crate::chat::graph::Lost;
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId};
use crate::chat::query::Grain;

#[derive(Debug, Clone, PartialEq)]
pub enum PlanProblem {
    NothingAsked,
    NoPath {
        from: DatasetId,
        to: DatasetId,
    },
    /// A question back: the joins of each way; `Query::via` takes those that were chosen.
    AmbiguousPath {
        from: DatasetId,
        to: DatasetId,
        ways: Vec<Vec<JoinId>>,
    },
    /// Figures of several datasets, and something that only some of them are grouped or filtered by.
    NoStitchingDimension {
        measure: String,
        field: FieldId,
    },
    /// The figure would count rows more than once, or add up what has no sum.
    UnsafeReaggregation {
        measure: String,
        why: String,
    },
    SeveralSources,
    NotANumber {
        field: FieldId,
    },
    NotATime {
        field: FieldId,
    },
    /// What is shown of it is not its values: nothing is computed of that, or compared with it.
    Masked {
        name: String,
    },
    /// What is known of a time is its month, say, and what is asked lies within one.
    TooFine {
        field: FieldId,
        finest: Grain,
    },
    /// A value that the field cannot have.
    BadValue {
        field: FieldId,
    },
    /// No range, grouping or value that could be compared.
    NothingToCompare,
    /// The source's dialect has no such function.
    NotInDialect(&'static str),
    /// Two wishes that make no sense together, or that no statement fulfils yet.
    Combination(&'static str),
    /// The expression of this metric or field cannot be used.
    BadExpression {
        name: String,
    },
    NotPrintable,
}

impl From<Lost> for PlanProblem {
    fn from(lost: Lost) -> PlanProblem {
        match lost {
            Lost::NoPath { from, to } => PlanProblem::NoPath { from, to },
            Lost::Ambiguous { from, to, ways } => PlanProblem::AmbiguousPath { from, to, ways },
        }
    }
}

impl PlanProblem {
    pub const fn code(&self) -> &'static str {
        match self {
            PlanProblem::NothingAsked => "E_NOTHING_ASKED",
            PlanProblem::NoPath { .. } => "E_NO_PATH",
            PlanProblem::AmbiguousPath { .. } => "E_AMBIGUOUS_PATH",
            PlanProblem::NoStitchingDimension { .. } => "E3013_NO_STITCHING_DIMENSION",
            PlanProblem::UnsafeReaggregation { .. } => "E_UNSAFE_REAGGREGATION",
            PlanProblem::SeveralSources => "E_SEVERAL_SOURCES",
            PlanProblem::NotANumber { .. } => "E_NOT_A_NUMBER",
            PlanProblem::NotATime { .. } => "E_NOT_A_TIME",
            PlanProblem::Masked { .. } => "E_MASKED",
            PlanProblem::TooFine { .. } => "E_TOO_FINE",
            PlanProblem::BadValue { .. } => "E_BAD_VALUE",
            PlanProblem::NothingToCompare => "E_NOTHING_TO_COMPARE",
            PlanProblem::NotInDialect(_) => "E_NOT_IN_DIALECT",
            PlanProblem::Combination(_) => "E_COMBINATION",
            PlanProblem::BadExpression { .. } => "E_BAD_EXPRESSION",
            PlanProblem::NotPrintable => "E_NOT_PRINTABLE",
        }
    }

    /// One sentence for whoever asked.
    pub fn message(&self, ground: &Ground) -> String {
        let dataset = |id: &DatasetId| ground.datasets.get(id.0).map_or("?", |it| it.names.shown()).to_owned();
        let field = |id: &FieldId| ground.known_field(*id).map_or("?", |it| it.names.shown()).to_owned();
        match self {
            PlanProblem::NothingAsked => "The question asks for no figure and no list.".into(),
            PlanProblem::NoPath { from, to } => {
                format!("No relationship leads from {} to {}.", dataset(from), dataset(to))
            }
            PlanProblem::AmbiguousPath { from, to, .. } => {
                format!("{} leads to {} in several ways: which one is meant?", dataset(from), dataset(to))
            }
            PlanProblem::NoStitchingDimension { measure, field: id } => {
                format!("{measure} has no {}, so it cannot be shown beside the other figures by it.", field(id))
            }
            PlanProblem::UnsafeReaggregation { measure, why } => format!("{measure} cannot be computed so: {why}."),
            PlanProblem::SeveralSources => {
                "The question needs tables of several sources, which one statement cannot read.".into()
            }
            PlanProblem::NotANumber { field: id } => format!("{} is no number.", field(id)),
            PlanProblem::NotATime { field: id } => format!("{} is no time.", field(id)),
            PlanProblem::Masked { name } => {
                format!(
                    "The values of {name} are masked for you, so nothing is computed of them or compared with them."
                )
            }
            PlanProblem::TooFine { field: id, finest } => {
                let word = finest.word();
                format!("{} tells the {word} only: nothing is known within one, so ask for whole {word}s.", field(id))
            }
            PlanProblem::BadValue { field: id } => format!("{} cannot have that value.", field(id)),
            PlanProblem::NothingToCompare => "The question names nothing that can be compared.".into(),
            PlanProblem::NotInDialect(what) => format!("The source of these data cannot compute {what}."),
            PlanProblem::Combination(what) => format!("{what} is not offered."),
            PlanProblem::BadExpression { name } => format!("The expression of {name} in the model cannot be used."),
            PlanProblem::NotPrintable => "The statement could not be written without doubt.".into(),
        }
    }
}
