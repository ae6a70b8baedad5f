//! Journeys through the whole door, over a catalogue in memory.

mod assets;
mod data_sources;
mod products;
mod run_sql;
mod skills;
mod users;
