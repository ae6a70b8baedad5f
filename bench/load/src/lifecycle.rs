//! Starting, also after the end of a killed server, and memory.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::client::Connection;
use crate::drive::Requests;
use crate::world::{Server, World};

/// Starts of each sort, of which the middle one counts.
const STARTS: usize = 5;
/// How long writes run before the kill.
const BEFORE_KILL: Duration = Duration::from_millis(700);
const WRITERS: usize = 8;

#[derive(Debug, Clone, Copy)]
pub struct Starts {
    /// From the start of the process to the first success.
    pub after_stop_ms: f64,
    /// The same after the server was killed while it wrote.
    pub after_kill_ms: f64,
}

pub async fn starts(server: &mut Server, writes: &Rc<dyn Requests>) -> Result<Starts> {
    let mut after_stop = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        server.stop()?;
        after_stop.push(server.up().await?);
    }
    let mut after_kill = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        write_until_killed(server, writes).await?;
        after_kill.push(server.up().await?);
    }
    Ok(Starts { after_stop_ms: middle_ms(after_stop), after_kill_ms: middle_ms(after_kill) })
}

async fn write_until_killed(server: &mut Server, writes: &Rc<dyn Requests>) -> Result<()> {
    let address = server.process()?.address;
    let local = tokio::task::LocalSet::new();
    for _ in 0..WRITERS {
        let writes = writes.clone();
        local.spawn_local(async move {
            let Ok(mut connection) = Connection::open(address).await else { return };
            let mut request = Vec::new();
            loop {
                request.clear();
                // The kill ends the connection in the middle of a request.
                if writes.write(0, &mut request).is_err() || connection.exchange(&request).await.is_err() {
                    return;
                }
            }
        });
    }
    local.run_until(tokio::time::sleep(BEFORE_KILL)).await;
    server.kill()
}

fn middle_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Resident anonymous memory, in MiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub empty_mib: f64,
    pub loaded_mib: f64,
}

pub fn memory(world: &World) -> Result<Memory> {
    Ok(Memory { empty_mib: world.empty_mib, loaded_mib: world.emporion.process()?.anonymous_mib()? })
}
