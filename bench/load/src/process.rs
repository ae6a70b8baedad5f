//! A server as a process: started on a core of its own, watched through /proc, stopped or killed.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::client::Connection;

/// Clock ticks in a second of /proc's processor times: the same on every Linux.
const TICKS: u64 = 100;
/// A server that is not there by then never will be.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);

pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

/// What is needed to start a server, so that it can be started again.
pub struct Start {
    pub program: std::path::PathBuf,
    pub arguments: Vec<String>,
    pub folder: std::path::PathBuf,
    pub core: Option<usize>,
    pub address: SocketAddr,
}

impl Start {
    /// Starts the server and waits for the first success in answer to `probe`. Answers how long that took.
    pub async fn start(&self, probe: &[u8]) -> Result<(Process, Duration)> {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("server.log"))?;
        let mut command = on_core(&self.program, self.core);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        let mut process = Process { child, address: self.address };
        loop {
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(reply) = connection.exchange(probe).await
            {
                if reply.status == 200 {
                    return Ok((process, started.elapsed()));
                }
                bail!("the first answer is {}: {}", reply.status, String::from_utf8_lossy(reply.body));
            }
            if let Some(status) = process.child.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.program.display(), tail(&self.folder.join("server.log")));
            }
            if started.elapsed() > START_LIMIT {
                bail!("{} does not answer:\n{}", self.program.display(), tail(&self.folder.join("server.log")));
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }
}

/// A command on one core, where the machine lets us choose.
pub fn on_core(program: &Path, core: Option<usize>) -> Command {
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string()]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

impl Process {
    /// Processor time so far, of all threads.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(&format!("/proc/{}/stat", self.child.id()))
    }

    /// Resident memory that belongs to no file, in MiB: mapped pages of the store do not count.
    pub fn anonymous_mib(&self) -> Result<f64> {
        self.memory_mib("Anonymous:")
    }

    /// All resident memory, in MiB, mapped pages with it.
    pub fn resident_mib(&self) -> Result<f64> {
        self.memory_mib("Rss:")
    }

    fn memory_mib(&self, line: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kib =
            text.lines().find_map(|text| text.strip_prefix(line)).with_context(|| format!("no {line} in smaps"))?;
        let kib: f64 = kib.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// Asks the server to end and waits for it.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !asked.success() {
            bail!("the server is gone already");
        }
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > STOP_LIMIT {
                bail!("the server does not stop");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends the server as a power cut would, but for the disk's own memory.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whatever ended the run, no server stays behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn own_cpu() -> Result<Duration> {
    cpu_of("/proc/self/stat")
}

fn cpu_of(file: &str) -> Result<Duration> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    parse_cpu(&text).with_context(|| format!("{file} has no processor times"))
}

/// User and system time: the 14th and 15th fields, counted behind the name, which may hold spaces.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS))
}

/// An address that nobody listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_times_stand_behind_a_name_with_anything_in_it() {
        let stat = "7 (a) b) S 1 7 7 0 -1 0 1 2 3 4 250 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(parse_cpu(stat), Some(Duration::from_secs(3)));
        assert!(own_cpu().is_ok());
    }
}
