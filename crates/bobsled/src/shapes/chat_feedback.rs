//! What askers say of answers, and what those who change the product see of it and of questions without an answer.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::parts::semantic_models::shapes::TARGETS;
use emporion_products::shapes::{COUNT, TEXT_OR_NULL, TIME};

use super::chat_thread::MESSAGE;
use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT};

pub const RATINGS: &[&str] = &["helpful", "wrong"];
/// Why a question was not answered.
pub const REASONS: &[&str] = &["unknown_terms", "outside_model", "open_ended", "clarification"];
const COMMENT_TEXT: Shape = Shape::Text(Text::between(1, 2_000));
const COMMENT: Shape = Shape::Nullable(&COMMENT_TEXT);
const TEXTS: Shape = Shape::List { of: &TEXT, min: 0, max: usize::MAX };

pub static GIVE: Struct = Struct {
    name: "ChatFeedbackGive",
    members: &[Member::required("rating", Shape::Enumeration(RATINGS)), Member::optional("comment", COMMENT)],
    open: true,
};

/// As a message shows it.
pub static FEEDBACK: Struct = Struct {
    name: "ChatFeedback",
    members: &[
        Member::required("rating", Shape::Enumeration(RATINGS)),
        Member::required("comment", TEXT_OR_NULL),
        Member::required("ratedAt", TIME),
    ],
    open: true,
};

pub static GIVEN: Struct =
    Struct { name: "ChatFeedbackGiven", members: &[Member::required("message", Shape::Struct(&MESSAGE))], open: true };

pub const FEEDBACK_QUERY: &[Member] =
    &[Member::optional("rating", Shape::Enumeration(RATINGS)).at(Location::Query), LIMIT, CURSOR, INCLUDE_TOTAL];

/// An answer that was rated. Not the answer's words: they hold values of rows that the asker may read.
static RATED: Struct = Struct {
    name: "RatedAnswer",
    members: &[
        Member::required("messageId", UUID),
        Member::required("question", TEXT),
        Member::required("rating", Shape::Enumeration(RATINGS)),
        Member::required("comment", TEXT_OR_NULL),
        Member::required("ratedAt", TIME),
        Member::required("askedAt", TIME),
        Member::required("status", TEXT),
        Member::required("method", TEXT_OR_NULL),
        Member::required("verifiedQueryId", TEXT_OR_NULL),
        Member::required("sql", TEXT_OR_NULL),
    ],
    open: true,
};

pub static FEEDBACK_LIST: Struct = Struct {
    name: "RatedAnswerList",
    members: &[
        Member::required("feedback", Shape::List { of: &Shape::Struct(&RATED), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

pub const UNANSWERED_QUERY: &[Member] =
    &[Member::optional("reason", Shape::Enumeration(REASONS)).at(Location::Query), LIMIT, CURSOR, INCLUDE_TOTAL];

static UNANSWERED: Struct = Struct {
    name: "UnansweredQuestion",
    members: &[
        Member::required("id", UUID),
        Member::required("reason", Shape::Enumeration(REASONS)),
        Member::required("unknownTerms", TEXTS),
        // As it was asked last.
        Member::required("question", TEXT),
        // Other ways in which it was asked.
        Member::required("examples", TEXTS),
        Member::required("count", COUNT),
        Member::required("firstAskedAt", TIME),
        Member::required("lastAskedAt", TIME),
    ],
    open: true,
};

pub static UNANSWERED_LIST: Struct = Struct {
    name: "UnansweredQuestionList",
    members: &[
        Member::required("questions", Shape::List { of: &Shape::Struct(&UNANSWERED), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

pub const PAGE_QUERY: &[Member] = &[LIMIT, CURSOR, INCLUDE_TOTAL];

static CHOICE: Struct = Struct {
    name: "ChosenReading",
    members: &[
        Member::required("id", UUID),
        Member::required("words", TEXT),
        Member::required("kind", TEXT),
        Member::required("target", TEXT),
        Member::required("count", COUNT),
        Member::required("lastChosenAt", TIME),
    ],
    open: true,
};

pub static CHOICE_LIST: Struct = Struct {
    name: "ChosenReadingList",
    members: &[
        Member::required("choices", Shape::List { of: &Shape::Struct(&CHOICE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

/// One step from a question to a synonym.
pub static SYNONYM_ADDED: Struct = Struct {
    name: "SynonymAdded",
    members: &[
        Member::required("semanticModelId", UUID),
        Member::required("term", TEXT),
        Member::required("kind", Shape::Enumeration(TARGETS)),
        Member::required("target", TEXT),
        Member::required("synonyms", TEXTS),
        Member::required("isDeployed", Shape::Boolean),
        Member::optional("validation", Shape::Object),
    ],
    open: true,
};

/// One step from a question to a verified query; what else such a query takes may be given, too.
pub static VERIFIED_QUERY: Struct = Struct {
    name: "VerifiedQueryOfQuestion",
    members: &[
        Member::required("sql", Shape::Text(Text::between(1, 50_000))),
        // Without it, the question as it was asked last.
        Member::optional("question", Shape::Text(Text::between(1, 500))),
        Member::optional("parameters", Shape::List { of: &Shape::Object, min: 0, max: 20 }),
    ],
    open: true,
};

pub static VERIFIED_QUERY_ADDED: Struct =
    Struct { name: "VerifiedQueryAdded", members: &[Member::required("verifiedQuery", Shape::Object)], open: true };
