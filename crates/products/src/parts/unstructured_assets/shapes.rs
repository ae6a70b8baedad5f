//! Unstructured assets on the wire.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};

use crate::parts::unstructured_assets::document::MAX_FILE;
use crate::shapes::{BYTES, COUNT, COUNT_OR_NULL, DESCRIPTION, NAME, TEXT_OR_NULL, TIME};

const TAGS: Shape = Shape::List { of: &Shape::Text(Text::between(1, 100)), min: 0, max: 50 };
const URL: Shape = Shape::Text(Text::between(1, 2_048).format("uri"));

pub static CREATE: Struct = Struct {
    name: "UnstructuredAssetCreate",
    members: &[
        Member::required("kind", Shape::Enumeration(&["file", "url", "text"])),
        Member::required("name", NAME),
        Member::optional("text", Shape::Text(Text::between(1, MAX_FILE))),
        Member::optional("url", URL),
        Member::optional("description", DESCRIPTION),
        Member::optional("tags", TAGS),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

/// What comes with a file.
pub static METADATA: Struct = Struct {
    name: "UnstructuredAssetMetadata",
    members: &[
        // The file's own name where it is absent.
        Member::optional("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("tags", TAGS),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

pub static FORM: Struct = Struct {
    name: "UnstructuredAssetUpload",
    members: &[Member::required("file", BYTES), Member::optional("metadata", Shape::Struct(&METADATA))],
    open: false,
};

pub static UPDATE: Struct = Struct {
    name: "UnstructuredAssetPatch",
    members: &[
        Member::optional("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("tags", Shape::Nullable(&TAGS)),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

pub static OBJECT: Struct = Struct {
    name: "UnstructuredAsset",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("name", TEXT),
        Member::required("kind", Shape::Enumeration(&["file", "url", "text"])),
        Member::required("mediaType", TEXT),
        Member::required("sizeBytes", COUNT),
        Member::required("sha256", TEXT),
        Member::required("status", Shape::Enumeration(&["pending", "ready", "failed"])),
        Member::optional("error", TEXT),
        Member::required("chunkCount", COUNT),
        Member::required("description", TEXT_OR_NULL),
        Member::required("tags", TAGS),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("pendingDelete", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

pub static ANSWER: Struct = Struct {
    name: "UnstructuredAssetAnswer",
    members: &[Member::required("unstructuredAsset", Shape::Struct(&OBJECT))],
    open: true,
};

static PASSAGE: Struct = Struct {
    name: "Passage",
    members: &[
        // Its place in the document, from 0.
        Member::required("index", COUNT),
        Member::required("text", TEXT),
        Member::required("heading", TEXT_OR_NULL),
        Member::required("page", COUNT_OR_NULL),
    ],
    open: false,
};

pub static PASSAGES: Struct = Struct {
    name: "PassageList",
    members: &[
        Member::required("passages", Shape::List { of: &Shape::Struct(&PASSAGE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: false,
};
