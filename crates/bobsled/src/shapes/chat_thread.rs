//! Chat threads: the conversations of a user with a product.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::shapes::{COUNT, ID, TEXT_OR_NULL, TIME};
use emporion_products::threads::MAX_TITLE;

use super::chat_feedback::FEEDBACK;
use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT, SEARCH};

const DAY_OR_TIME: Shape = Shape::Text(Text::between(10, 40).format("date-time"));

pub const LIST_QUERY: &[Member] = &[
    SEARCH,
    Member::optional("threadId", ID).at(Location::Query),
    Member::optional("startDate", DAY_OR_TIME).at(Location::Query),
    Member::optional("endDate", DAY_OR_TIME).at(Location::Query),
    Member::optional("scope", Shape::Enumeration(&["own", "all"])).at(Location::Query),
    LIMIT,
    CURSOR,
    INCLUDE_TOTAL,
];

pub const GET_QUERY: &[Member] = &[Member::optional("afterMessageId", ID).at(Location::Query), LIMIT];

pub static PATCH: Struct = Struct {
    name: "ChatThreadPatch",
    members: &[Member::required("title", Shape::Text(Text::between(1, MAX_TITLE)))],
    open: true,
};

pub static THREAD: Struct = Struct {
    name: "ChatThread",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("title", TEXT),
        Member::required("messageCount", COUNT),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
        // Where a search found it.
        Member::optional("snippet", TEXT),
    ],
    open: true,
};

pub static MESSAGE: Struct = Struct {
    name: "ChatMessage",
    members: &[
        Member::required("id", UUID),
        Member::required("role", Shape::Enumeration(&["user", "assistant"])),
        Member::required("text", TEXT),
        Member::optional("answer", Shape::Object),
        Member::optional("feedback", Shape::Struct(&FEEDBACK)),
        Member::required("createdAt", TIME),
    ],
    open: true,
};

pub static LIST: Struct = Struct {
    name: "ChatThreadList",
    members: &[
        Member::required("threads", Shape::List { of: &Shape::Struct(&THREAD), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

pub static ONE: Struct =
    Struct { name: "ChatThreadAnswer", members: &[Member::required("thread", Shape::Struct(&THREAD))], open: true };

/// A thread with its messages, oldest first.
pub static WHOLE: Struct = Struct {
    name: "ChatThreadMessages",
    members: &[
        Member::required("thread", Shape::Struct(&THREAD)),
        Member::required("messages", Shape::List { of: &Shape::Struct(&MESSAGE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        // There are more behind the last one.
        Member::required("hasMore", Shape::Boolean),
    ],
    open: true,
};
