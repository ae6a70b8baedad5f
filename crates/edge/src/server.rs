//! Serves an app on a listener: HTTP/1.1 with keep-alive, over TLS where the app has a certificate; bounded connections,
//! and a shutdown that lets requests end.
//!
//! Connections beyond the seats (`seats.rs`) are not left waiting: they are answered so, or what a page of the app says,
//! and closed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;

use crate::access_log;
use crate::app::{App, Seat, serve_one};
use crate::origin::Peer;
use crate::seats::Seats;
use crate::unread::Unread;

/// Longer heads get a 431. Tokens and cursors are a few kilobytes at most.
const MOST_HEAD_BYTES: usize = 64 << 10;
/// What a connection may hold of what was received and not yet read: a head, or a piece of a body.
const MOST_BUFFERED: usize = 80 << 10;
/// For a connection beyond the seats to say what it wants.
const STANDING_TIME: Duration = Duration::from_secs(2);

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
    let seats = Seats::new(limits.connections, limits.connections_per_address);
    seats.publish(&app);
    let own = connection_settings(limits.head_time, true);
    let standing = connection_settings(STANDING_TIME.min(limits.head_time), false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let from = address.ip();
                let Some((seat, place)) = seats.take((!app.is_proxy(from)).then_some(from)) else {
                    turn_away(&stream, &app);
                    continue;
                };
                let http = if seat == Seat::Own { &own } else { &standing };
                let peer = Peer { address, is_tls: app.tls_now().is_some() };
                let connection = serve_connection(http.clone(), app.clone(), seat, stream, peer, phase.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
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
    app.leave();
    phase.send_replace(Phase::Draining);
    if tokio::time::timeout(limits.drain_time, seats.emptied()).await.is_ok() {
        return 0;
    }
    let cut_off = seats.taken();
    tracing::warn!(connections = cut_off, "shutdown cuts connections off");
    phase.send_replace(Phase::Over);
    cut_off
}

fn connection_settings(head_time: Duration, keeps_alive: bool) -> http1::Builder {
    // Pipelined answers are not gathered (`pipeline_flush`): with bytes left unread, as after a broken body, hyper would
    // then close without sending the answer.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_time).keep_alive(keeps_alive);
    http.max_header_size(MOST_HEAD_BYTES).max_buf_size(MOST_BUFFERED);
    http
}

async fn serve_connection(
    http: http1::Builder,
    app: Arc<App>,
    seat: Seat,
    stream: TcpStream,
    peer: Peer,
    mut phase: watch::Receiver<Phase>,
) {
    // Answers leave in one write; waiting for more to send only adds a delay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let Some(tls) = app.tls_now().cloned() else { return converse(http, app, seat, stream, peer, phase).await };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(app.limits_now().head_time, tls.accept(stream)) => shaken,
        // Nothing was asked yet that could be let end.
        _ = phase.changed() => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(http, app, seat, stream, peer, phase).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => tracing::debug!("no TLS in time"),
    }
}

async fn converse(
    http: http1::Builder,
    app: Arc<App>,
    seat: Seat,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    mut phase: watch::Receiver<Phase>,
) {
    // Who asks and does not read would keep his seat for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(app.limits_now().write_time));
    let stream = Unread::new(Box::pin(stream), app.clone());
    let service = service_fn(move |request| serve_one(app.clone(), seat, request, peer));
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

/// A word for whoever cannot even be listened to. It goes into the connection's empty buffer or nowhere.
fn turn_away(stream: &TcpStream, app: &App) {
    const FULL: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    if app.tls_now().is_none() {
        // Who has left already misses nothing.
        let _ = stream.try_write(FULL);
    }
}

/// Errors that end one connection before it began, and say nothing about the next.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
