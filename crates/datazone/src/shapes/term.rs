//! Glossary terms: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;

pub static CREATE_GLOSSARY_TERM_INPUT: Struct = Struct {
    name: "CreateGlossaryTermInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("glossaryIdentifier", ENTITY_ID),
        Member::required("name", GLOSSARY_TERM_NAME),
        Member::optional("status", GLOSSARY_TERM_STATUS),
        Member::optional("shortDescription", SHORT_DESCRIPTION),
        Member::optional("longDescription", LONG_DESCRIPTION),
        Member::optional("termRelations", Shape::Struct(&TERM_RELATIONS)),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

const GLOSSARY_TERM: &[Member] = &[
    Member::required("id", ENTITY_ID),
    Member::required("domainId", DOMAIN_ID),
    Member::required("glossaryId", ENTITY_ID),
    Member::required("name", GLOSSARY_TERM_NAME),
    Member::required("status", GLOSSARY_TERM_STATUS),
    Member::optional("shortDescription", SHORT_DESCRIPTION),
    Member::optional("longDescription", LONG_DESCRIPTION),
    Member::optional("termRelations", Shape::Struct(&TERM_RELATIONS)),
    Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
];

pub static CREATE_GLOSSARY_TERM_OUTPUT: Struct =
    Struct { name: "CreateGlossaryTermOutput", members: GLOSSARY_TERM, open: false };

pub static GET_GLOSSARY_TERM_INPUT: Struct = Struct {
    name: "GetGlossaryTermInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};

pub static GET_GLOSSARY_TERM_OUTPUT: Struct = Struct {
    name: "GetGlossaryTermOutput",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("glossaryId", ENTITY_ID),
        Member::required("id", ENTITY_ID),
        Member::required("name", GLOSSARY_TERM_NAME),
        Member::optional("shortDescription", SHORT_DESCRIPTION),
        Member::optional("longDescription", LONG_DESCRIPTION),
        Member::optional("termRelations", Shape::Struct(&TERM_RELATIONS)),
        Member::required("status", GLOSSARY_TERM_STATUS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
        Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
    ],
    open: false,
};

pub static UPDATE_GLOSSARY_TERM_INPUT: Struct = Struct {
    name: "UpdateGlossaryTermInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::optional("glossaryIdentifier", ENTITY_ID),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("name", GLOSSARY_TERM_NAME),
        Member::optional("shortDescription", SHORT_DESCRIPTION),
        Member::optional("longDescription", LONG_DESCRIPTION),
        Member::optional("termRelations", Shape::Struct(&TERM_RELATIONS)),
        Member::optional("status", GLOSSARY_TERM_STATUS),
    ],
    open: true,
};

pub static UPDATE_GLOSSARY_TERM_OUTPUT: Struct =
    Struct { name: "UpdateGlossaryTermOutput", members: GLOSSARY_TERM, open: false };

pub static DELETE_GLOSSARY_TERM_INPUT: Struct = Struct {
    name: "DeleteGlossaryTermInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};
