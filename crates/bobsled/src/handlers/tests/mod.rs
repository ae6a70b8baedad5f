//! Journeys through the whole door, over a catalogue in memory.

mod assets;
mod chat_threads;
mod conditions;
mod data_sources;
mod lending;
mod literals;
mod products;
mod run_sql;
mod skills;
mod two_servers;
mod users;
