//! Sources brought into a catalogue.

mod connecting;
mod house;
mod run;
mod times;
