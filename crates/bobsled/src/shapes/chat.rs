//! Questions to a product and their answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::chat::request::{MAX_CHOICE, MAX_CHOICES, MAX_MESSAGE};
use emporion_products::limits::{MAX_ROWS, TIMEOUT_MS};
use emporion_products::shapes::{TEXT_OR_NULL, UUID_OR_NULL};

/// The longest request: a question, with what was said before it.
pub const MOST_BYTES: usize = 4 << 20;
const MESSAGE: Shape = Shape::Text(Text::between(1, MAX_MESSAGE));
const SHORT: Shape = Shape::Text(Text::between(1, 200));
/// The id of an option, which may be a whole proposal.
const CHOICE: Shape = Shape::Text(Text::between(1, MAX_CHOICE));
const MODES: &[&str] = &["auto", "deterministic", "llm"];
pub const STATUSES: &[&str] =
    &["answered", "needs_clarification", "not_answerable", "needs_llm", "executed_empty", "refused", "failed"];
const INCLUDED: Shape = Shape::Enumeration(&["text", "table", "chart", "sql", "trace"]);

static OPTIONS: Struct = Struct {
    name: "ChatOptions",
    members: &[
        Member::optional("mode", Shape::Enumeration(MODES)),
        // Without it the query is planned and shown, and not run.
        Member::optional("execute", Shape::Boolean),
        Member::optional("maxRows", Shape::Integer { min: 1, max: MAX_ROWS }),
        Member::optional("timeoutMs", Shape::Integer { min: *TIMEOUT_MS.start(), max: *TIMEOUT_MS.end() }),
        Member::optional("include", Shape::List { of: &INCLUDED, min: 0, max: 5 }),
        Member::optional("timezone", SHORT),
        Member::optional("locale", SHORT),
        Member::optional("today", Shape::Text(Text::between(10, 10).format("date"))),
    ],
    open: true,
};

static CLARIFICATION: Struct = Struct {
    name: "ChatChoice",
    members: &[
        Member::required("id", SHORT),
        Member::required("choice", Shape::OneOrMany { of: &CHOICE, max: MAX_CHOICES }),
    ],
    open: true,
};

static SAID: Struct = Struct {
    name: "ChatSaying",
    members: &[Member::required("role", SHORT), Member::required("content", Shape::Json)],
    open: true,
};

pub static REQUEST: Struct = Struct {
    name: "ChatQuestion",
    members: &[
        Member::optional("message", MESSAGE),
        // Other names of the message.
        Member::optional("question", MESSAGE),
        Member::optional("query", MESSAGE),
        Member::optional("messages", Shape::List { of: &Shape::Struct(&SAID), min: 1, max: 1_000 }),
        Member::optional("threadId", UUID_OR_NULL),
        Member::optional("clarification", Shape::Nullable(&Shape::Struct(&CLARIFICATION))),
        Member::optional("skill", SHORT),
        Member::optional("preview", Shape::Boolean),
        Member::optional("options", Shape::Struct(&OPTIONS)),
    ],
    open: true,
};

const ANY: Shape = Shape::List { of: &Shape::Json, min: 0, max: usize::MAX };
const TEXTS: Shape = Shape::List { of: &TEXT, min: 0, max: usize::MAX };
const OBJECT_OR_NULL: Shape = Shape::Nullable(&Shape::Object);

static QUOTE: Struct = Struct {
    name: "ChatQuote",
    members: &[
        Member::required("documentId", UUID),
        Member::required("name", TEXT),
        // The product that has it, and where that is composed into the one that was asked, its alias.
        Member::optional("dataProductId", UUID),
        Member::optional("alias", TEXT_OR_NULL),
        Member::optional("heading", TEXT_OR_NULL),
        Member::optional("page", Shape::Nullable(&Shape::Integer { min: 1, max: i64::MAX })),
        // Among the passages of the document.
        Member::required("index", Shape::Integer { min: 0, max: i64::MAX }),
        // Absent in threads.
        Member::optional("text", TEXT),
        // A word that was asked about stands in it in another form.
        Member::optional("isVaried", Shape::Boolean),
    ],
    open: true,
};

pub static ANSWER: Struct = Struct {
    name: "ChatAnswer",
    members: &[
        Member::required("threadId", UUID),
        Member::required("messageId", UUID),
        Member::required("status", Shape::Enumeration(STATUSES)),
        Member::required("text", TEXT),
        Member::optional("table", OBJECT_OR_NULL),
        Member::optional("chart", OBJECT_OR_NULL),
        Member::optional("sql", OBJECT_OR_NULL),
        Member::optional("interpretation", OBJECT_OR_NULL),
        Member::optional("provenance", OBJECT_OR_NULL),
        Member::optional("confidence", OBJECT_OR_NULL),
        Member::optional("quotes", Shape::List { of: &Shape::Struct(&QUOTE), min: 0, max: 3 }),
        Member::optional("sources", ANY),
        Member::optional("clarification", OBJECT_OR_NULL),
        Member::optional("reason", TEXT_OR_NULL),
        Member::optional("unknownTerms", TEXTS),
        Member::required("suggestions", TEXTS),
        Member::required("warnings", ANY),
        Member::optional("usage", Shape::Object),
        Member::optional("trace", OBJECT_OR_NULL),
    ],
    open: true,
};

/// What can be asked.
pub static GUIDE: Struct = Struct {
    name: "ChatGuide",
    members: &[
        Member::required("text", TEXT),
        // They would be answered as they stand.
        Member::required("questions", TEXTS),
    ],
    open: false,
};

pub const FIT_QUERY: &[Member] = &[Member::required("question", MESSAGE).at(Location::Query)];

static NAMED: Struct = Struct {
    name: "ChatNamed",
    members: &[
        Member::required("name", TEXT),
        Member::required("type", Shape::Enumeration(&["metric", "dataset", "field"])),
    ],
    open: false,
};

/// How well a question fits a product.
pub static FIT: Struct = Struct {
    name: "ChatFit",
    members: &[
        // In part: something would be asked back, or looked up in the source.
        Member::required("understood", Shape::Enumeration(&["whole", "partly", "not"])),
        Member::required("names", Shape::List { of: &Shape::Struct(&NAMED), min: 0, max: usize::MAX }),
        Member::required("unknownTerms", TEXTS),
    ],
    open: false,
};

/// For browsers, which cannot send `Last-Event-ID` by themselves at first.
pub const RESUME_QUERY: &[Member] = &[Member::optional("lastEventId", SHORT).at(Location::Query)];
