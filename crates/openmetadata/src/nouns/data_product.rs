//! Data products. Their home is the first of their domains.

use emporion_catalog::kinds;
use emporion_catalog::kinds::data_product::{AUDIENCES, PRIORITIES, STAGES, TIERS, TYPES};
use emporion_catalog::relation::{HAS_ASSET, INPUT_PORT, OUTPUT_PORT};
use emporion_edge::shape::{Member, Shape, Struct};

use crate::asset_relation::{AssetRelation, holds};
use crate::definition::{NounDef, PLAIN};
use crate::entry::{Entry, both, computed, shown};
use crate::has;
use crate::members::*;
use crate::noun::{DomainEcho, Parentage, Reference, Source};

static SLA: Struct = Struct {
    name: "DataProductSla",
    open: false,
    members: &[
        choice("tier", TIERS),
        Member::optional("availability", Shape::Number { min: 0.0, max: 100.0 }),
        count("responseTime"),
        count("dataFreshness"),
        Member::optional("dataQuality", Shape::Number { min: 0.0, max: 100.0 }),
    ],
};

const DOMAINS: Reference = Reference { bot_keeps: false, ..OWN_DOMAINS_REF };

macro_rules! summaries {
    ($what:literal) => {
        [
            concat!("Add ", $what, " to a data product"),
            concat!("Remove ", $what, " from a data product"),
            concat!("List the ", $what, " of a data product"),
            concat!("List the ", $what, " of a data product by its name"),
        ]
    };
}

pub const NOUN: NounDef = NounDef {
    kind: kinds::DATA_PRODUCT,
    entity_type: "dataProduct",
    collection: "dataProducts",
    tag: "Data Products",
    members: &[&[
        has::DESCRIPTION,
        has::FQN.asked_as(FQN).passing(),
        has::STYLE,
        has::OWNERS,
        has::EXPERTS,
        has::REVIEWERS,
        Entry { source: Source::Reference(DOMAINS), ..has::OWN_DOMAINS },
        // Only in the answer to a request that used it.
        computed(reference("domain")).asked_as(DOMAIN_INPUT).passing().fixed(),
        // Ignored in a create body, as in every server since 1.11. They have operations of their own, so in the entity
        // they stay absent.
        computed(references("assets")).asked_as(references_input("assets")).passing().gated().fixed(),
        shown(choice("lifecycleStage", STAGES)),
        both(choice("dataProductType", TYPES)),
        both(choice("visibility", AUDIENCES)),
        both(choice("portfolioPriority", PRIORITIES)),
        shown(structure("sla", &SLA)),
        shown(references("consumesFrom")),
        shown(references("providesTo")),
        has::TAGS,
        has::EXTENSION,
        has::FOLLOWERS,
        has::VOTES,
        has::CERTIFICATION,
        has::ENTITY_STATUS,
    ]],
    assets: &[
        AssetRelation {
            count: Some("Count the assets of every data product"),
            ..holds("assets", HAS_ASSET, summaries!("assets"))
        },
        AssetRelation { whole: true, ..holds("inputPorts", INPUT_PORT, summaries!("input ports")) },
        AssetRelation { whole: true, ..holds("outputPorts", OUTPUT_PORT, summaries!("output ports")) },
    ],
    place: Some(Parentage::FirstOf { member: "domains", kind: "domain" }),
    domain_echo: Some(DomainEcho::Reference),
    soft_delete: false,
    rename: true,
    ..PLAIN
};
