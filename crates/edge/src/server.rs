//! Serves an app on a listener: HTTP/1.1 with keep-alive, bounded connections, and a shutdown that lets requests end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::access_log;
use crate::app::{App, serve_one};

/// Longer heads get a 431. Tokens and cursors are a few kilobytes at most.
const MOST_HEAD_BYTES: usize = 64 << 10;

/// How far the server is on its way out; connections follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Running requests end, then their connections.
    Draining,
    /// Whatever still runs is cut off.
    Over,
}

/// Serves until `shutdown` resolves, then drains. Answers how many connections the deadline cut off.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) -> usize {
    let cut_off = serve_until(listener, app, shutdown).await;
    access_log::flush();
    cut_off
}

async fn serve_until(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) -> usize {
    let limits = app.limits_now();
    let (phase, _) = watch::channel(Phase::Serving);
    let seats = Arc::new(Semaphore::new(limits.connections as usize));
    let http = connection_settings(limits.head_time);
    let mut shutdown = pin!(shutdown);
    loop {
        let seat = tokio::select! {
            biased;
            () = &mut shutdown => break,
            seat = seats.clone().acquire_owned() => seat.expect("the semaphore is never closed"),
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                let connection = serve_connection(http.clone(), app.clone(), stream, remote, phase.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(seat);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Usually out of file descriptors: without a pause the loop would spin until one is free.
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    app.begin_draining();
    phase.send_replace(Phase::Draining);
    let all = limits.connections;
    if tokio::time::timeout(limits.drain_time, seats.acquire_many(all)).await.is_ok() {
        return 0;
    }
    let cut_off = all as usize - seats.available_permits();
    tracing::warn!(connections = cut_off, "shutdown cuts connections off");
    phase.send_replace(Phase::Over);
    cut_off
}

fn connection_settings(head_time: Duration) -> http1::Builder {
    // Pipelined answers are not gathered (`pipeline_flush`): with bytes left unread, as after a broken body, hyper would
    // then close without sending the answer.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_time).max_header_size(MOST_HEAD_BYTES);
    http
}

async fn serve_connection(
    http: http1::Builder,
    app: Arc<App>,
    stream: TcpStream,
    remote: SocketAddr,
    mut phase: watch::Receiver<Phase>,
) {
    // Answers leave in one write; waiting for more to send only adds a delay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = service_fn(move |request| serve_one(app.clone(), request, remote));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            changed = phase.changed() => match *phase.borrow_and_update() {
                Phase::Draining if changed.is_ok() => connection.as_mut().graceful_shutdown(),
                _ => return,
            }
        }
    }
}

/// Errors that end one connection before it began, and say nothing about the next.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
