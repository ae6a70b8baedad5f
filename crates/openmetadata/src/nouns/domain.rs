//! Domains and sub-domains.

use emporion_catalog::command::How;
use emporion_catalog::kinds;
use emporion_catalog::relation::IN_DOMAIN;
use emporion_edge::shape::{Member, Shape};

use crate::asset_relation::{AssetRelation, holds};
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, counted, directly_under};
use crate::has;
use crate::members::{FQN, references};
use crate::noun::{Counted, Direction, Filter, FilterBy};

const TYPES: &[&str] = &["Source-aligned", "Consumer-aligned", "Aggregate"];

pub const NOUN: NounDef = NounDef {
    kind: kinds::DOMAIN,
    entity_type: "domain",
    collection: "domains",
    tag: "Domains",
    members: &[&[
        both(Member::required("domainType", Shape::Enumeration(TYPES))).filtered(FilterBy::Text("domain_type")),
        has::DESCRIPTION,
        has::FQN.asked_as(FQN).passing(),
        has::STYLE,
        directly_under("parent", "domain").named().filtered(FilterBy::Ancestor(&["domain"])),
        // `assets` is served by its own operation; in the entity it stays absent, as in current servers.
        computed(references("assets")).gated(),
        computed(references("children")).gated().fixed(),
        counted("childrenCount", Counted::Children("domain")),
        has::OWNERS,
        has::EXPERTS,
        has::TAGS,
        has::EXTENSION,
        has::FOLLOWERS,
        has::VOTES,
        has::CERTIFICATION,
        has::ENTITY_STATUS,
    ]],
    assets: &[AssetRelation {
        direction: Direction::In,
        field: "domains",
        add: How::Replace,
        // Products have a list of their own.
        leave_out: &["data_product"],
        count: Some("Count the assets of every domain"),
        ..holds(
            "assets",
            IN_DOMAIN,
            [
                "Put assets into a domain; each leaves the domain that it was in",
                "Take assets out of a domain",
                "List the assets of a domain",
                "List the assets of a domain by its name",
            ],
        )
    }],
    filters: &[Filter { name: "directChildrenOf", by: FilterBy::Parent(&["domain"]) }],
    soft_delete: false,
    rename: true,
    ..PLAIN
};
