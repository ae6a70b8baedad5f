//! Where the door is mounted, and every operation of it.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_edge::body_budget::Standing;
use emporion_edge::mount::Mount;
use emporion_edge::request::Request;
use emporion_edge::route::{Method, Route};
use emporion_edge::router::{Admitted, Router, admission};

use crate::auth;
use crate::door::{BODY_LIMIT, Door, Options};
use crate::noun::Noun;
use crate::{routes, special};

/// The door at its places: `/v1` as the documentation writes it, `/api/v1` as clients call it. What else is asked for below
/// `/api` is an unknown address of this door, whose clients read errors of no other form.
pub fn mount(catalog: Arc<Catalog>, options: Options) -> Mount {
    serve(Door::new(catalog, options))
}

/// The same for a door with nouns of its own.
pub fn serve(door: Door) -> Mount {
    let routes = routes(&door.nouns);
    let router = Router::new(Arc::new(door), routes).body_limit(BODY_LIMIT).tolerating_trailing_slash();
    let router = router.admission(admission(admit));
    Mount::new(router).at("/v1").at_cutting("/api/v1", "/api").at("/api")
}

/// Who sends a body, before it is read.
async fn admit(door: Arc<Door>, request: Request) -> Admitted {
    match auth::caller(&door.catalog, &request).await {
        Ok(caller) => Ok((Request { admitted: Some(caller), ..request }, Standing::Proven)),
        Err(error) => Err(error.answer()),
    }
}

/// Every operation. What a noun does in its own way takes the place of the generic operation at the same address.
pub fn routes(nouns: &[&'static Noun]) -> Vec<Route<Door>> {
    let mut rows = special::routes();
    let taken: HashSet<(Method, String)> = rows.iter().map(address).collect();
    rows.extend(routes::generic(nouns).into_iter().filter(|row| !taken.contains(&address(row))));
    rows
}

/// Where a row is reached, whatever it calls the labels of its template.
fn address(row: &Route<Door>) -> (Method, String) {
    let segments = row.path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    (row.method.clone(), segments.collect::<Vec<_>>().join("/"))
}
