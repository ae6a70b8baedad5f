//! How soon what was made is found, while others make more.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Connection;
use crate::drive::Requests;
use crate::seed;
use crate::world::{Site, World};

/// Who writes meanwhile.
const WRITERS: usize = 32;
/// Between one look and the next, and between what is found and what is made next: products come at any time of the
/// writing of the index.
const LOOK: Duration = Duration::from_millis(2);
const PAUSE: Duration = Duration::from_millis(7);
/// What is not found by then never will be.
const LIMIT: Duration = Duration::from_secs(10);

/// From the answer to the one who made it, to the answer of the search that has it.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    pub found: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
    /// Of those who ask for what was written until then.
    pub asked_p50_ms: f64,
    pub asked_p95_ms: f64,
}

pub async fn measure(world: &World, writes: &Rc<dyn Requests>, time: Duration) -> Result<Freshness> {
    let address = world.emporion.process()?.address;
    let is_over = Rc::new(Cell::new(false));
    let local = tokio::task::LocalSet::new();
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let (writes, is_over) = (writes.clone(), is_over.clone());
        writers.push(local.spawn_local(async move {
            let mut connection = Connection::open(address).await?;
            let mut request = Vec::new();
            while !is_over.get() {
                request.clear();
                writes.write(0, &mut request)?;
                connection.exchange(&request).await?;
            }
            anyhow::Ok(())
        }));
    }
    let mut looked = [Vec::new(), Vec::new()];
    let looks = async {
        let mut connection = Connection::open(address).await?;
        let begun = Instant::now();
        while begun.elapsed() < time {
            for (times, asks) in looked.iter_mut().zip([false, true]) {
                times.push(look(&mut connection, &world.site, asks).await?);
                tokio::time::sleep(PAUSE).await;
            }
        }
        is_over.set(true);
        for writer in writers {
            writer.await??;
        }
        anyhow::Ok(())
    };
    local.run_until(looks).await?;
    let [mut found, mut asked] = looked;
    Ok(Freshness {
        found: found.len(),
        p50_ms: percentile_ms(&mut found, 0.5),
        p95_ms: percentile_ms(&mut found, 0.95),
        asked_p50_ms: percentile_ms(&mut asked, 0.5),
        asked_p95_ms: percentile_ms(&mut asked, 0.95),
    })
}

/// Makes a product and looks until it is found.
async fn look(connection: &mut Connection, site: &Site, asks: bool) -> Result<Duration> {
    let name = format!("fresh{}", Uuid::new_v4().simple());
    let body = json!({"name": name, "description": seed::description(), "domains": [site.seeds.domain]}).to_string();
    let made = connection.exchange(&site.admin.request("POST", "/api/v1/dataProducts", body.as_bytes())).await?;
    if made.status != 201 {
        bail!("{} of a product: {}", made.status, String::from_utf8_lossy(made.body));
    }
    let at_least = if asks { "&at_least=head" } else { "" };
    let search = site.admin.request("GET", &format!("/search?q=name:{name}{at_least}"), b"");
    let begun = Instant::now();
    loop {
        let reply = connection.exchange(&search).await?;
        if reply.status != 200 {
            bail!("{} of a search: {}", reply.status, String::from_utf8_lossy(reply.body));
        }
        let found: Value = serde_json::from_slice(reply.body).context("what a search found")?;
        if found["total"] == 1 {
            return Ok(begun.elapsed());
        }
        if asks || begun.elapsed() > LIMIT {
            bail!("a product is not found after {:?}: {found}", begun.elapsed());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn percentile_ms(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = (times.len().saturating_sub(1) as f64 * share).round() as usize;
    times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
