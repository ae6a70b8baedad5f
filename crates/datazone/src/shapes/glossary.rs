//! Glossaries: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Struct, TEXT};

use super::common::*;

pub static CREATE_GLOSSARY_INPUT: Struct = Struct {
    name: "CreateGlossaryInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", GLOSSARY_NAME),
        Member::required("owningProjectIdentifier", ENTITY_ID),
        Member::optional("description", GLOSSARY_DESCRIPTION),
        Member::optional("status", GLOSSARY_STATUS),
        Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

const GLOSSARY: &[Member] = &[
    Member::required("domainId", DOMAIN_ID),
    Member::required("id", ENTITY_ID),
    Member::required("name", GLOSSARY_NAME),
    Member::required("owningProjectId", ENTITY_ID),
    Member::optional("description", GLOSSARY_DESCRIPTION),
    Member::optional("status", GLOSSARY_STATUS),
    Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
];

pub static CREATE_GLOSSARY_OUTPUT: Struct = Struct { name: "CreateGlossaryOutput", members: GLOSSARY, open: false };

pub static GET_GLOSSARY_INPUT: Struct = Struct {
    name: "GetGlossaryInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};

pub static GET_GLOSSARY_OUTPUT: Struct = Struct {
    name: "GetGlossaryOutput",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("id", ENTITY_ID),
        Member::required("owningProjectId", ENTITY_ID),
        Member::required("name", GLOSSARY_NAME),
        Member::optional("description", GLOSSARY_DESCRIPTION),
        Member::required("status", GLOSSARY_STATUS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
        Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
    ],
    open: false,
};

pub static UPDATE_GLOSSARY_INPUT: Struct = Struct {
    name: "UpdateGlossaryInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("name", GLOSSARY_NAME),
        Member::optional("description", GLOSSARY_DESCRIPTION),
        Member::optional("status", GLOSSARY_STATUS),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

pub static UPDATE_GLOSSARY_OUTPUT: Struct = Struct { name: "UpdateGlossaryOutput", members: GLOSSARY, open: false };

pub static DELETE_GLOSSARY_INPUT: Struct = Struct {
    name: "DeleteGlossaryInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};
