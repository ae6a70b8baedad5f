//! The kit of components: a server with the pages of a catalogue in memory, and beside them `/_kit`, which shows what pages
//! are made of.
//!
//! It says where it serves, and who can sign in, in a line of JSON, and ends when it is interrupted or terminated. Nothing
//! that it holds outlives it. Below `templates` lie links to the parts of the pages.

mod answers;
mod apart;
mod changes;
mod kit;
mod lists;
mod part;
mod people;
mod pictures;
mod records;
mod rendered;
mod rows;
mod runs;
mod samples;
mod served;

// The templates of the pages name these by their paths in the crate that they are compiled in.
use emporion_web::{forms, layout};

use anyhow::Result;

/// Of a worker: unoptimised code nests deep where a page is rendered.
const STACK: usize = 8 << 20;

fn main() -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.thread_stack_size(STACK).enable_all().build()?.block_on(served::serve())
}
