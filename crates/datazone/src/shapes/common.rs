//! Shapes that several nouns share.

use emporion_edge::shape::{Member, Pattern, Shape, Struct, TEXT, Text, TimeForm};

use crate::patterns;

/// The list or text has no upper bound in the service model.
pub const UNBOUNDED: usize = usize::MAX;
/// Projects, glossaries, terms, assets, products, listings: one pattern for the ids of them all.
pub const ENTITY_ID: Shape = matching(0, UNBOUNDED, patterns::ENTITY);
/// Most of the API writes times as epoch seconds…
pub const TIME: Shape = Shape::Time(TimeForm::EpochSeconds);
/// …but projects as ISO 8601 text.
pub const ISO_TIME: Shape = Shape::Time(TimeForm::Rfc3339);
pub const INTEGER: Shape = Shape::Integer { min: i32::MIN as i64, max: i32::MAX as i64 };
pub const LONG: Shape = Shape::Integer { min: i64::MIN, max: i64::MAX };

/// Text of a length and a pattern.
pub const fn matching(min: usize, max: usize, pattern: Pattern) -> Shape {
    Shape::Text(Text { pattern: Some(pattern), ..Text::between(min, max) })
}

pub static TERM_RELATIONS: Struct = Struct {
    name: "TermRelations",
    members: &[Member::optional("isA", TERM_RELATION_TARGETS), Member::optional("classifies", TERM_RELATION_TARGETS)],
    open: true,
};

pub static FORM_INPUT: Struct = Struct {
    name: "FormInput",
    members: &[
        Member::required("formName", FORM_NAME),
        Member::optional("typeIdentifier", FORM_TYPE_IDENTIFIER),
        Member::optional("typeRevision", REVISION_INPUT),
        Member::optional("content", FORM_CONTENT),
    ],
    open: true,
};

pub static FORM_OUTPUT: Struct = Struct {
    name: "FormOutput",
    members: &[
        Member::required("formName", FORM_NAME),
        Member::optional("typeName", FORM_TYPE_NAME),
        Member::optional("typeRevision", REVISION),
        Member::optional("content", TEXT),
    ],
    open: false,
};

pub static TIME_SERIES_SUMMARY: Struct = Struct {
    name: "TimeSeriesDataPointSummaryFormOutput",
    members: &[
        Member::required("formName", TIME_SERIES_FORM_NAME),
        Member::required("typeIdentifier", FORM_TYPE_IDENTIFIER),
        Member::optional("typeRevision", REVISION),
        Member::required("timestamp", TIME),
        Member::optional("contentSummary", TIME_SERIES_CONTENT_SUMMARY),
        Member::optional("id", DATA_POINT_IDENTIFIER),
    ],
    open: false,
};

pub const ROLE_ARN: Shape = matching(0, UNBOUNDED, patterns::ROLE_ARN);
pub const TAG_VALUE: Shape = matching(0, 256, patterns::TAG_VALUE);
pub const DOMAIN_ID: Shape = matching(0, UNBOUNDED, patterns::DOMAIN);
pub const DOMAIN_UNIT_ID: Shape = matching(1, 256, patterns::DOMAIN_UNIT);
pub const MAX_RESULTS_TO_TWENTY_FIVE: Shape = Shape::Integer { min: 1, max: 25 };
pub const PAGINATION_TOKEN: Shape = Shape::Text(Text::between(1, 8192));
pub const CLIENT_TOKEN: Shape = matching(1, 128, patterns::CLIENT_TOKEN);
pub const DESCRIPTION: Shape = Shape::Text(Text::between(0, 2048));
pub const GLOSSARY_TERMS: Shape = Shape::List { of: &ENTITY_ID, min: 1, max: 20 };
pub const MAX_RESULTS: Shape = Shape::Integer { min: 1, max: 50 };
pub const SORT_ORDER: Shape = Shape::Enumeration(&["ASCENDING", "DESCENDING"]);
pub const GLOSSARY_NAME: Shape = Shape::Text(Text::between(1, 256));
pub const GLOSSARY_DESCRIPTION: Shape = Shape::Text(Text::between(0, 4096));
pub const GLOSSARY_STATUS: Shape = Shape::Enumeration(&["DISABLED", "ENABLED"]);
pub const GLOSSARY_USAGE_RESTRICTIONS: Shape = Shape::List { of: &GLOSSARY_USAGE_RESTRICTION, min: 1, max: 1 };
pub const GLOSSARY_USAGE_RESTRICTION: Shape = Shape::Enumeration(&["ASSET_GOVERNED_TERMS"]);
pub const GLOSSARY_TERM_NAME: Shape = Shape::Text(Text::between(1, 256));
pub const GLOSSARY_TERM_STATUS: Shape = Shape::Enumeration(&["ENABLED", "DISABLED"]);
pub const SHORT_DESCRIPTION: Shape = Shape::Text(Text::between(0, 1024));
pub const LONG_DESCRIPTION: Shape = Shape::Text(Text::between(0, 4096));
pub const TERM_RELATION_TARGETS: Shape = Shape::List { of: &ENTITY_ID, min: 1, max: 10 };
pub const FORM_TYPE_NAME: Shape = matching(1, 128, patterns::FORM_TYPE_NAME);
pub const REVISION: Shape = Shape::Text(Text::between(1, 64));
pub const FORM_TYPE_IDENTIFIER: Shape = matching(1, 385, patterns::TYPE_IDENTIFIER);
pub const ASSET_TYPE_IDENTIFIER: Shape = matching(1, 513, patterns::TYPE_IDENTIFIER);
pub const ASSET_NAME: Shape = Shape::Text(Text::between(1, 256));
pub const EXTERNAL_IDENTIFIER: Shape = Shape::Text(Text::between(1, 600));
pub const FORM_INPUT_LIST: Shape = Shape::List { of: &Shape::Struct(&FORM_INPUT), min: 0, max: 10 };
pub const FORM_NAME: Shape = matching(1, 128, patterns::FORM_NAME);
pub const REVISION_INPUT: Shape = matching(1, 64, patterns::REVISION_INPUT);
pub const FORM_CONTENT: Shape = Shape::Text(Text::between(0, 300_000));
pub const GOVERNED_GLOSSARY_TERMS: Shape = Shape::List { of: &ENTITY_ID, min: 0, max: 20 };
pub const FORM_OUTPUT_LIST: Shape = Shape::List { of: &Shape::Struct(&FORM_OUTPUT), min: 0, max: 10 };
pub const TIME_SERIES_SUMMARIES: Shape =
    Shape::List { of: &Shape::Struct(&TIME_SERIES_SUMMARY), min: 0, max: UNBOUNDED };
pub const TIME_SERIES_FORM_NAME: Shape = Shape::Text(Text::between(1, 128));
pub const TIME_SERIES_CONTENT_SUMMARY: Shape = Shape::Text(Text::between(0, 20_000));
pub const DATA_POINT_IDENTIFIER: Shape = matching(0, UNBOUNDED, patterns::DATA_POINT);
pub const DATA_PRODUCT_NAME: Shape = Shape::Text(Text::between(1, 64));
pub const DATA_PRODUCT_DESCRIPTION: Shape = Shape::Text(Text::between(1, 4096));
