//! Following: what somebody wants to hear of, and what there is to tell him.

pub mod changes;
pub mod choices;
pub mod choosing;
pub mod digest;
pub mod mark;
pub mod questions;
pub mod told;
