//! For those who administer the account: its people and what they hold, what rules say, what happened; and for those who run
//! the server, how it is.

mod audit;
pub mod deleted;
pub mod ending;
mod frame;
mod health;
mod people;
pub mod policies;
mod reads;
mod settings;
mod tokens;
mod trail;

use emporion_edge::route::Route;

use crate::door::Door;

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = health::routes();
    rows.extend(people::routes());
    rows.extend(policies::routes());
    rows.extend(tokens::routes());
    rows.extend(deleted::routes());
    rows.extend(audit::routes());
    rows.extend(reads::routes());
    rows.extend(settings::routes());
    rows
}
