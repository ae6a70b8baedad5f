//! What nouns have in common with others: entries, and groups of them.

use emporion_edge::shape::Member;

use crate::connection::ServiceKind;
use crate::entry::{Entry, both, computed, related, sent, shown};
use crate::members::{self as m, choice};
use crate::noun::{Filter, FilterBy, Reference, Source};

const fn of_record(member: Member) -> Entry {
    Entry { source: Source::Record, ..shown(member) }
}

/// What the door says of every record.
pub const RECORD: &[Entry] = &[
    of_record(m::ID),
    of_record(m::ENTITY_NAME).asked_as(m::NAME),
    FQN,
    both(m::DISPLAY_NAME),
    both(m::DESCRIPTION),
    of_record(m::VERSION),
    of_record(m::UPDATED_AT),
    of_record(m::UPDATED_BY),
    of_record(m::IMPERSONATED_BY),
    of_record(m::HREF),
    of_record(m::CHANGE),
    of_record(m::INCREMENTAL_CHANGE),
];
/// Programs that act for somebody make none, or clients know nothing of it there.
pub const NOT_IMPERSONATED: Entry = Entry { answer: None, ..of_record(m::IMPERSONATED_BY) };
/// The FQN, for nouns whose create body may have it.
pub const FQN: Entry = of_record(m::FQN);
/// The name, for nouns whose create body need not have it.
pub const UNNAMED: Entry = of_record(m::ENTITY_NAME).asked_as(Member { required: false, ..m::NAME });
/// …and of those that are still shown when they are deleted.
pub const DELETED: Entry = of_record(m::DELETED);
/// What is described from the start.
pub const DESCRIPTION: Entry = both(m::DESCRIPTION_REQUIRED);

const BY_DOMAIN: Option<Filter> = Some(Filter { name: "domain", by: FilterBy::Domain });

pub const OWNERS: Entry = related(Some(m::OWNERS_INPUT), m::OWNERS, m::OWNERS_REF);
pub const EXPERTS: Entry = related(Some(m::EXPERTS_INPUT), m::EXPERTS, m::EXPERTS_REF);
pub const REVIEWERS: Entry = related(Some(m::REVIEWERS_INPUT), m::REVIEWERS, m::REVIEWERS_REF);
pub const INHERITED_REVIEWERS: Entry =
    related(Some(m::REVIEWERS_INPUT), m::REVIEWERS, Reference { inherits: true, ..m::REVIEWERS_REF });
pub const TAGS: Entry = related(Some(m::TAGS_INPUT), m::TAGS, m::TAGS_REF);
pub const DOMAINS: Entry = Entry { filter: BY_DOMAIN, ..INHERITED_DOMAINS };
pub const OWN_DOMAINS: Entry = Entry { filter: BY_DOMAIN, ..UNFILTERED_DOMAINS };
pub const UNFILTERED_DOMAINS: Entry = related(Some(m::DOMAINS_INPUT), m::DOMAINS, m::OWN_DOMAINS_REF);
/// Domains, its own or those of what it stands under.
pub const INHERITED_DOMAINS: Entry = related(Some(m::DOMAINS_INPUT), m::DOMAINS, m::DOMAINS_REF);
/// The documented singular of `domains`.
pub const DOMAIN_ALIAS: Entry = sent(m::DOMAIN_INPUT).passing();
pub const DATA_PRODUCTS: Entry = related(Some(m::DATA_PRODUCTS_INPUT), m::DATA_PRODUCTS, m::DATA_PRODUCTS_REF);
/// Products that hold the record, which only they say.
pub const IN_DATA_PRODUCTS: Entry = Entry { request: None, ..DATA_PRODUCTS }.fixed();
pub const FOLLOWERS: Entry = related(None, m::FOLLOWERS, m::FOLLOWERS_REF).fixed();
pub const VOTES: Entry = related(None, m::VOTES, m::VOTES_REF).fixed();
pub const EXTENSION: Entry = both(m::EXTENSION).gated();
pub const STYLE: Entry = both(m::STYLE);
pub const PROVIDER: Entry = both(m::PROVIDER).fixed();
pub const PROVIDER_SHOWN: Entry = shown(m::PROVIDER).fixed();
pub const DISABLED: Entry = shown(m::DISABLED);
pub const MUTUALLY_EXCLUSIVE: Entry = both(m::MUTUALLY_EXCLUSIVE);
pub const CERTIFICATION: Entry = shown(m::CERTIFICATION).gated();
pub const ENTITY_STATUS: Entry = shown(m::ENTITY_STATUS);
pub const DATA_CONTRACT: Entry = computed(m::DATA_CONTRACT);
pub const SOURCE_URL: Entry = both(m::SOURCE_URL);
pub const LIFE_CYCLE: Entry = both(m::LIFE_CYCLE).gated();
/// Crawlers compare it without asking for it.
pub const SOURCE_HASH: Entry = both(m::SOURCE_HASH).named();
pub const RETENTION: Entry = both(m::RETENTION);
/// How often it was read lately, as crawlers count it.
pub const USAGE: Entry = shown(m::USAGE_SUMMARY).gated().fixed();

/// The type of the service that the record came from.
pub const fn service_type(service: &ServiceKind) -> Entry {
    computed(choice("serviceType", service.types())).fixed()
}

/// What every data asset has…
pub const DESCRIBED: &[Entry] =
    &[OWNERS, TAGS, DOMAINS, DATA_PRODUCTS, DATA_CONTRACT, FOLLOWERS, VOTES, EXTENSION, CERTIFICATION, ENTITY_STATUS];
/// …and what is more of those that a crawler finds in a service.
pub const CRAWLED: &[Entry] = &[DOMAIN_ALIAS, SOURCE_URL, SOURCE_HASH, LIFE_CYCLE];
