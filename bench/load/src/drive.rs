//! The load: so many connections, each sending its next request as soon as the last is answered, for so long.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::LocalSet;

use crate::client::Connection;
use crate::process::{self, Process};

/// Before the clock runs: connections open, caches fill, processors wake.
const WARM_UP: Duration = Duration::from_millis(400);

/// Makes requests. `turn` counts up over all connections and runs, so that names made from it are unique.
pub trait Requests {
    fn write(&self, turn: u64, into: &mut Vec<u8>) -> Result<()>;
}

/// Ready-made requests, sent in turn.
pub struct Pool(pub Vec<Vec<u8>>);

impl Requests for Pool {
    fn write(&self, turn: u64, into: &mut Vec<u8>) -> Result<()> {
        let place = usize::try_from(turn % self.0.len() as u64).expect("below the length");
        into.extend_from_slice(&self.0[place]);
        Ok(())
    }
}

/// Requests made when they are needed.
pub struct Made<F>(pub F);

impl<F: Fn(u64) -> Result<Vec<u8>>> Requests for Made<F> {
    fn write(&self, turn: u64, into: &mut Vec<u8>) -> Result<()> {
        into.extend_from_slice(&(self.0)(turn)?);
        Ok(())
    }
}

/// What a run has shown.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Processor time of the server, user and system, of all threads.
    pub cpu_us: f64,
    /// How busy the generator's own thread was; near 1 it was the limit, and only `cpu_us` compares the servers.
    pub generator: f64,
}

/// How a server is driven.
#[derive(Clone)]
pub struct Load {
    pub connections: usize,
    pub time: Duration,
    /// What else arrives meanwhile, on a connection of its own, at even distances; it is not counted.
    pub beside: Option<(Rc<dyn Requests>, Duration)>,
}

/// Drives one server. The first answer that is not a success ends everything.
pub async fn drive(
    server: &Process,
    requests: &Rc<dyn Requests>,
    first_turn: &Cell<u64>,
    load: &Load,
) -> Result<Figures> {
    let Load { connections, time, ref beside } = *load;
    let run = Rc::new(Run {
        requests: requests.clone(),
        turn: Cell::new(first_turn.get()),
        phase: Cell::new(Phase::WarmUp),
        latencies: RefCell::new(Vec::with_capacity(1 << 18)),
    });
    let local = LocalSet::new();
    let mut tasks = Vec::with_capacity(connections);
    for _ in 0..connections {
        tasks.push(local.spawn_local(one_connection(run.clone(), server.address)));
    }
    if let Some((requests, distance)) = beside {
        tasks.push(local.spawn_local(at_distances(run.clone(), server.address, requests.clone(), *distance)));
    }
    let window = local
        .run_until(async {
            tokio::time::sleep(WARM_UP).await;
            let (cpu, own) = (server.cpu()?, process::own_cpu()?);
            let started = Instant::now();
            run.phase.set(Phase::Measured);
            tokio::time::sleep(time).await;
            run.phase.set(Phase::Over);
            let window = started.elapsed();
            anyhow::Ok((window, server.cpu()? - cpu, process::own_cpu()? - own))
        })
        .await?;
    local
        .run_until(async {
            for task in tasks {
                task.await??;
            }
            anyhow::Ok(())
        })
        .await?;
    first_turn.set(run.turn.get());
    let (window, cpu, own) = window;
    let mut latencies = run.latencies.take();
    if latencies.is_empty() {
        bail!("no request was answered within {time:?}");
    }
    latencies.sort_unstable();
    let count = latencies.len() as f64;
    Ok(Figures {
        per_second: count / window.as_secs_f64(),
        p50_us: percentile(&latencies, 0.50),
        p99_us: percentile(&latencies, 0.99),
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
        generator: own.as_secs_f64() / window.as_secs_f64(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Measured,
    Over,
}

struct Run {
    requests: Rc<dyn Requests>,
    turn: Cell<u64>,
    phase: Cell<Phase>,
    latencies: RefCell<Vec<Duration>>,
}

async fn one_connection(run: Rc<Run>, address: SocketAddr) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::new();
    while run.phase.get() != Phase::Over {
        let turn = run.turn.replace(run.turn.get() + 1);
        request.clear();
        run.requests.write(turn, &mut request)?;
        let took = succeed(&mut connection, &request).await?;
        if run.phase.get() == Phase::Measured {
            run.latencies.borrow_mut().push(took);
        }
    }
    Ok(())
}

async fn at_distances(run: Rc<Run>, address: SocketAddr, requests: Rc<dyn Requests>, distance: Duration) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::new();
    let mut clock = tokio::time::interval(distance);
    while run.phase.get() != Phase::Over {
        clock.tick().await;
        request.clear();
        requests.write(0, &mut request)?;
        succeed(&mut connection, &request).await?;
    }
    Ok(())
}

/// How long it took until a success was there.
async fn succeed(connection: &mut Connection, request: &[u8]) -> Result<Duration> {
    let sent = Instant::now();
    let reply = connection.exchange(request).await?;
    let took = sent.elapsed();
    if !(200..300).contains(&reply.status) {
        bail!("{} to {}:\n{}", reply.status, first_line(request), String::from_utf8_lossy(reply.body));
    }
    Ok(took)
}

fn first_line(request: &[u8]) -> String {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place].as_secs_f64() * 1e6
}

/// The middle of some runs, figure by figure.
pub fn median(runs: &[Figures]) -> Figures {
    let middle = |figure: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        let half = values.len() / 2;
        if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) }
    };
    Figures {
        per_second: middle(|run| run.per_second),
        p50_us: middle(|run| run.p50_us),
        p99_us: middle(|run| run.p99_us),
        cpu_us: middle(|run| run.cpu_us),
        generator: middle(|run| run.generator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(per_second: f64) -> Figures {
        Figures { per_second, p50_us: 1.0, p99_us: 2.0, cpu_us: 3.0, generator: 0.5 }
    }

    #[test]
    fn the_median_is_the_middle_run_or_between_the_middle_two() {
        assert_eq!(median(&[figures(9.0), figures(1.0), figures(2.0)]).per_second, 2.0);
        assert_eq!(median(&[figures(4.0), figures(2.0)]).per_second, 3.0);
    }

    #[test]
    fn percentiles_are_places_in_the_sorted_times() {
        let times: Vec<Duration> = (1..=101).map(Duration::from_micros).collect();
        assert_eq!((percentile(&times, 0.5), percentile(&times, 0.99)), (51.0, 100.0));
    }
}
