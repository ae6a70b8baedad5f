//! The door over a running catalogue: signed requests in, answers held to the shapes of the service.

mod assets;
mod domains;
mod frame;
mod glossaries;
mod inventories;
mod managed;
mod operations;
mod order;
mod products;
mod projects;
mod standing;
mod world;
