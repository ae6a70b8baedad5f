//! Tags of resources: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::UNBOUNDED;
use super::domain::TAGS;
use super::project::TAG_KEY;

pub static LIST_TAGS_FOR_RESOURCE_INPUT: Struct = Struct {
    name: "ListTagsForResourceInput",
    members: &[Member::required("resourceArn", TEXT).at(Location::Path)],
    open: true,
};

pub static LIST_TAGS_FOR_RESOURCE_OUTPUT: Struct =
    Struct { name: "ListTagsForResourceOutput", members: &[Member::optional("tags", TAGS)], open: false };

pub static TAG_RESOURCE_INPUT: Struct = Struct {
    name: "TagResourceInput",
    members: &[Member::required("resourceArn", TEXT).at(Location::Path), Member::required("tags", TAGS)],
    open: true,
};

pub static TAG_RESOURCE_OUTPUT: Struct = Struct { name: "TagResourceOutput", members: &[], open: false };

pub static UNTAG_RESOURCE_INPUT: Struct = Struct {
    name: "UntagResourceInput",
    members: &[
        Member::required("resourceArn", TEXT).at(Location::Path),
        Member::required("tagKeys", TAG_KEY_LIST).at(Location::Query),
    ],
    open: true,
};

pub static UNTAG_RESOURCE_OUTPUT: Struct = Struct { name: "UntagResourceOutput", members: &[], open: false };

pub const TAG_KEY_LIST: Shape = Shape::List { of: &TAG_KEY, min: 0, max: UNBOUNDED };
