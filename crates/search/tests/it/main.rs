//! Searches over a whole catalogue: what is found is what a plain look at every record finds, for everybody.

mod bounded;
mod brute_force;
mod conditions;
#[path = "../../../catalog/tests/it/house.rs"]
#[allow(dead_code)]
mod house;
mod keeping_up;
mod named;
mod older;
mod queryable;
mod suggestions;
mod world;
