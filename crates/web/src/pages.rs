//! The pages, one file each.

mod account;
mod admin;
pub mod ask;
mod classifications;
mod dashboard;
pub mod domains;
mod following;
pub mod glossary;
pub mod home;
pub mod labels;
mod lineage_file;
pub mod login;
mod names;
mod people;
pub mod pipeline;
pub mod preferences;
pub mod product;
mod products;
mod provider;
mod queries;
pub mod requests;
mod sample;
pub mod search;
pub mod searches;
pub mod sources;
mod suggest;
mod table;
mod unlisted;

use emporion_edge::route::Route;

use crate::door::Door;
use crate::forms::new_record;

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = login::routes();
    rows.extend(provider::routes());
    rows.extend([home::route()]);
    rows.extend(products::routes());
    rows.extend(new_record::routes());
    rows.extend(product::routes());
    rows.extend(domains::routes());
    rows.extend(sources::routes());
    rows.extend(table::PAGE.routes());
    rows.extend(pipeline::PAGE.routes());
    rows.extend(dashboard::routes());
    rows.extend(unlisted::routes());
    rows.extend(lineage_file::routes());
    rows.extend(glossary::routes());
    rows.extend(classifications::routes());
    rows.extend(people::routes());
    rows.extend(account::routes());
    rows.extend(admin::routes());
    rows.extend(ask::routes());
    rows.extend(search::routes());
    rows.extend(searches::routes());
    rows.extend(suggest::routes());
    rows.extend(names::routes());
    rows.extend(requests::routes());
    rows.extend(following::routes());
    rows
}
