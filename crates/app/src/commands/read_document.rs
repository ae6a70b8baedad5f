//! The hidden verb `read-document`: the document is on the standard input, its passages go to the standard output. The process may
//! have little, so that nothing but itself ends by what the document does to it.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Result;
use emporion_documents::Format;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::document_process::{NAME, PROGRAM};

/// What it may hold at a time, in bytes. Address space is not counted, of which the allocator takes more than it uses.
const MEMORY: u64 = 512 << 20;
/// Seconds of a processor.
const TIME: u64 = 15;
/// Input, output and errors: it opens nothing.
const FILES: u64 = 3;
/// Before others, where the system must end some process for want of memory.
const FIRST_TO_GO: &str = "1000";

pub fn run(format: Format) -> Result<()> {
    bound()?;
    let mut document = Vec::new();
    io::stdin().lock().read_to_end(&mut document)?;
    let read = serde_json::to_vec(&emporion_documents::passages(format, &document))?;
    let mut output = io::stdout().lock();
    output.write_all(&read)?;
    Ok(output.flush()?)
}

/// Errors: the system lets this process not be bounded.
fn bound() -> io::Result<()> {
    // Systems differ in whether that can be said.
    let _ = fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    lower(Resource::Core, 0, 0)?;
    // The signal of the lower one says what it was.
    lower(Resource::Cpu, TIME, TIME + 1)?;
    if lower(Resource::Data, MEMORY, MEMORY)? {
        // The allocator has taken hold of more before anything was said: it begins anew.
        return Err(Command::new(PROGRAM).arg0(NAME).args(std::env::args_os().skip(1)).exec());
    }
    lower(Resource::Nofile, FILES, FILES)?;
    Ok(())
}

/// Lowers a limit. `false`: it is as low already.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<bool> {
    let Rlimit { current, maximum } = getrlimit(resource);
    let bounded = |limit: Option<u64>, to: u64| Some(limit.map_or(to, |limit| limit.min(to)));
    let (soft, hard) = (bounded(current, soft), bounded(maximum, hard));
    if (current, maximum) == (soft, hard) {
        return Ok(false);
    }
    setrlimit(resource, Rlimit { current: soft, maximum: hard })?;
    Ok(true)
}
