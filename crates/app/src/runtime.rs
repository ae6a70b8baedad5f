//! The runtime of commands that need one.

use anyhow::Result;

/// Of a worker. An answer that is told while it is made nests deep, and unoptimised code needs most of tokio's 2 MiB for it.
const STACK: usize = 8 << 20;

/// Where there is one processor, a large write does not keep all others waiting until it is done.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let workers = std::thread::available_parallelism().map_or(2, |processors| processors.get().max(2));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads(workers).thread_stack_size(STACK).enable_all().build()?)
}
