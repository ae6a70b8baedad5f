//! The envelope around every answer, as the OpenAPI document shows it.

use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use emporion_products::shapes::{COUNT, TEXT_OR_NULL};

static PAGINATION: Struct = Struct {
    name: "Pagination",
    members: &[
        Member::required("nextCursor", TEXT_OR_NULL),
        Member::required("limit", COUNT),
        Member::required("hasMore", Shape::Boolean),
    ],
    open: false,
};

static WARNING: Struct = Struct {
    name: "Warning",
    members: &[Member::required("code", TEXT), Member::required("message", TEXT), Member::optional("path", TEXT)],
    open: true,
};

const WARNINGS: Shape = Shape::List { of: &Shape::Struct(&WARNING), min: 1, max: usize::MAX };

static ERROR: Struct = Struct {
    name: "Error",
    members: &[
        Member::required("code", TEXT),
        Member::required("message", TEXT),
        Member::optional("details", Shape::Object),
    ],
    open: false,
};

/// What every failure answers.
pub static FAILURE: Struct = Struct {
    name: "Failure",
    members: &[
        Member::required("ok", Shape::Boolean),
        Member::required("error", Shape::Struct(&ERROR)),
        Member::required("requestId", TEXT),
    ],
    open: false,
};

/// The answer that carries `data`. Called once per operation, at start: what it makes lives as long as the program.
pub fn around(name: String, data: Shape) -> &'static Struct {
    let members = vec![
        Member::required("ok", Shape::Boolean),
        Member::required("data", data),
        Member::optional("pagination", Shape::Struct(&PAGINATION)),
        Member::optional("warnings", WARNINGS),
        Member::required("requestId", TEXT),
    ];
    Box::leak(Box::new(Struct { name: name.leak(), members: members.leak(), open: false }))
}
