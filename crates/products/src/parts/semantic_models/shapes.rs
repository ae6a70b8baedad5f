//! Shapes of requests and answers about semantic models.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};

use crate::shapes::{COUNT, DESCRIPTION, ID, TEXT_OR_NULL, TIME};

const NAME_TEXT: Shape = Shape::Text(Text::between(1, 100).matching("^[A-Za-z][A-Za-z0-9_ -]{0,99}$", is_name));
const FORMAT: Shape = Shape::Enumeration(&["osi", "snowflake", "metricflow", "cube"]);
const CONTENT: Shape = Shape::Text(Text::between(1, 2_000_000));

pub static CREATE: Struct = Struct {
    name: "SemanticModelCreate",
    members: &[
        Member::required("name", NAME_TEXT),
        Member::required("format", FORMAT),
        Member::optional("description", DESCRIPTION),
        // One of the two.
        Member::optional("document", Shape::Object),
        Member::optional("content", CONTENT),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

pub static CHANGE: Struct = Struct {
    name: "SemanticModelPatch",
    members: &[
        Member::optional("name", NAME_TEXT),
        Member::optional("description", DESCRIPTION),
        // A merge patch, in which lists of named things may be objects.
        Member::optional("document", Shape::Object),
        // The whole text anew, in `format`.
        Member::optional("content", CONTENT),
        Member::optional("format", FORMAT),
        Member::optional("isDeployed", Shape::Boolean),
        Member::optional("remove", Shape::Boolean),
    ],
    open: true,
};

pub static GENERATE: Struct = Struct {
    name: "SemanticModelGenerate",
    members: &[
        Member::optional("name", NAME_TEXT),
        Member::optional("dataAssetIds", Shape::List { of: &TEXT, min: 0, max: 500 }),
        Member::optional("sampleRows", Shape::Integer { min: 0, max: 10_000 }),
    ],
    open: true,
};

/// What lists show, and what the object begins with.
const HEAD: [Member; 14] = [
    Member::required("id", UUID),
    Member::required("dataProductId", UUID),
    Member::required("name", TEXT),
    Member::required("description", TEXT_OR_NULL),
    // Of the document, as it is kept.
    Member::required("format", TEXT),
    Member::required("specVersion", TEXT),
    Member::required("sourceFormat", TEXT),
    Member::required("isDeployed", Shape::Boolean),
    Member::required("pendingDelete", Shape::Boolean),
    Member::required("tableCount", COUNT),
    Member::required("relationshipCount", COUNT),
    Member::required("metricCount", COUNT),
    Member::required("createdAt", TIME),
    Member::required("updatedAt", TIME),
];

pub static LISTED: Struct = Struct { name: "SemanticModelSummary", members: &HEAD, open: true };

pub static OBJECT: Struct = Struct {
    name: "SemanticModel",
    members: &{
        let mut members = [Member::required("document", Shape::Object); HEAD.len() + 1];
        let mut at = 0;
        while at < HEAD.len() {
            members[at] = HEAD[at];
            at += 1;
        }
        members
    },
    open: true,
};

const FINDINGS: Shape = Shape::List { of: &Shape::Object, min: 0, max: usize::MAX };

pub static VALIDATION: Struct = Struct {
    name: "SemanticModelValidation",
    members: &[Member::required("errors", FINDINGS), Member::required("warnings", FINDINGS)],
    open: false,
};

pub static VALIDATED: Struct = Struct {
    name: "SemanticModelValidated",
    members: &[Member::required("validation", Shape::Struct(&VALIDATION))],
    open: false,
};

pub static ONE: Struct = Struct {
    name: "SemanticModelAnswer",
    members: &[Member::required("semanticModel", Shape::Struct(&OBJECT))],
    open: true,
};

pub static STORED: Struct = Struct {
    name: "SemanticModelStored",
    members: &[
        Member::required("semanticModel", Shape::Struct(&OBJECT)),
        Member::required("validation", Shape::Struct(&VALIDATION)),
    ],
    open: true,
};

/// What a change answers: the model as it is now, or that it was removed.
pub static CHANGED: Struct = Struct {
    name: "SemanticModelChanged",
    members: &[
        Member::optional("semanticModel", Shape::Struct(&OBJECT)),
        Member::optional("validation", Shape::Struct(&VALIDATION)),
        Member::optional("id", UUID),
        Member::optional("deleted", Shape::Boolean),
        Member::optional("pendingDelete", Shape::Boolean),
    ],
    open: true,
};

/// What a word can be a synonym of.
pub const TARGETS: &[&str] = &["metric", "field", "table"];

pub static SYNONYM: Struct = Struct {
    name: "SynonymOfQuestion",
    members: &[
        // Without it, the one unknown term of the question.
        Member::optional("term", Shape::Text(Text::between(1, 200))),
        // A metric, a table, or a field as `table.field`.
        Member::required("target", Shape::Text(Text::between(1, 500))),
        Member::optional("kind", Shape::Enumeration(TARGETS)),
        Member::optional("semanticModelId", ID),
    ],
    open: true,
};

pub fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_questions_can_say() {
        assert!(is_name("retail") && is_name("Retail orders-2026_x"));
        assert!(!is_name("") && !is_name("9 lives") && !is_name("a.b") && !is_name(&"a".repeat(101)));
    }
}
