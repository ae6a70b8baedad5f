//! The listener: bounded connections, TLS where there is a certificate, and one conversation for each.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_util::StreamExt;
use pgwire::api::cancel::DefaultCancelHandler;
use pgwire::api::{ClientInfo, DefaultClient, NoopHandler, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::PgWireFrontendMessage;
use pgwire::tokio::server::{PgWireMessageServerCodec, process_error, process_message};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tokio_util::codec::Framed;

use crate::door::Door;
use crate::failures;
use crate::handler::Handler;
use crate::messages::{Fault, Messages};
use crate::pending_logins::PendingLogin;

/// For a client to take any more of an answer.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// For a client to say anything, and between two looks at whether it may.
const IDLE_TIME: Duration = Duration::from_secs(60 * 60);
const LOOK_TIME: Duration = Duration::from_secs(60);
/// For a connection that is quiet to be looked at, and from then on until it answers.
const PROBED_AFTER: Duration = Duration::from_secs(60);
const PROBED_EVERY: Duration = Duration::from_secs(15);
/// One message, before its sender has said who he is and after it.
const FIRST_MESSAGES: usize = 32 << 10;
const MESSAGE: usize = 2 << 20;
/// What begins a TLS handshake that nobody asked for first.
const HANDSHAKE: u8 = 0x16;
/// Codes of what is asked before a conversation (PostgreSQL, "Message Formats").
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
/// What somebody is told for whom there is no place, before he has said anything.
const FULL: &[u8] = b"SFATAL\0VFATAL\0C53300\0Mtoo many connections have not logged in yet\0\0";

/// Serves until `shutdown` resolves; conversations end with the statement that they are at.
pub async fn serve(listener: TcpListener, door: Arc<Door>, shutdown: impl Future<Output = ()>) {
    let (over, _) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let taken = door.seats.clone().try_acquire_owned().ok().zip(door.arrivals.take(address.ip()));
                let Some((seat, arrival)) = taken else {
                    tokio::spawn(turn_away(stream));
                    continue;
                };
                let patience = door.clone();
                let arriving = Arriving {
                    arrival,
                    patience: Box::pin(async move { patience.arrivals.patience(address.ip()).await }),
                };
                let connection = connect(stream, (address, arriving), door.clone(), over.subscribe());
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a conversation in PostgreSQL's protocol ended");
                    }
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    over.send_replace(true);
}

/// So little is taken at once, and who has left already misses nothing.
async fn turn_away(mut stream: TcpStream) {
    let length = u32::try_from(FULL.len() + 4).unwrap_or_default().to_be_bytes();
    let _ = stream.write_all(&[&b"E"[..], &length[..], FULL].concat()).await;
}

/// Finds out that nobody is there any more, where a client is quiet for good reasons.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let probes = TcpKeepalive::new().with_time(PROBED_AFTER).with_interval(PROBED_EVERY);
    SockRef::from(stream).set_tcp_keepalive(&probes)
}

/// Somebody who has not said yet who he is, and when he has had his time for it.
struct Arriving {
    arrival: PendingLogin,
    patience: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Arriving {
    /// Errors: where his time is over before.
    async fn within<T>(&mut self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        tokio::select! {
            biased;
            done = work => done,
            () = &mut self.patience => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

async fn connect(
    mut stream: TcpStream,
    (address, mut arriving): (SocketAddr, Arriving),
    door: Arc<Door>,
    over: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if let Err(error) = keep_alive(&stream) {
        tracing::debug!(%error, "cannot have a quiet connection probed");
    }
    let (begun, is_tls) = arriving.within(first(&mut stream, door.tls.is_some())).await?;
    match door.tls.clone().filter(|_| is_tls) {
        // Nothing that was sent in clear is taken for what was sent under TLS: the request was read to its last byte.
        Some(tls) => {
            let stream = arriving.within(tls.accept(stream)).await?;
            converse(stream, BytesMut::new(), (address, true, arriving), door, over).await
        }
        None => converse(stream, begun, (address, false, arriving), door, over).await,
    }
}

/// Answers what is asked before a conversation. What belongs to it already, and whether it goes on under TLS.
async fn first(stream: &mut TcpStream, has_tls: bool) -> io::Result<(BytesMut, bool)> {
    let mut byte = [0];
    if stream.peek(&mut byte).await? == 1 && byte[0] == HANDSHAKE && has_tls {
        return Ok((BytesMut::new(), true));
    }
    // Each of the two may be asked for once.
    for _ in 0..3 {
        let mut head = [0; 8];
        stream.read_exact(&mut head).await?;
        let [length, code] =
            [&head[..4], &head[4..]].map(|part| u32::from_be_bytes(part.try_into().unwrap_or_default()));
        match (length, code) {
            (8, SSL_REQUEST) if has_tls => {
                stream.write_all(b"S").await?;
                return Ok((BytesMut::new(), true));
            }
            (8, SSL_REQUEST | GSS_REQUEST) => stream.write_all(b"N").await?,
            _ => return Ok((BytesMut::from(&head[..]), false)),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static>(
    stream: S,
    begun: BytesMut,
    (address, is_secure, arriving): (SocketAddr, bool, Arriving),
    door: Arc<Door>,
    mut over: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut timed = TimeoutStream::new(stream);
    timed.set_write_timeout(Some(WRITE_TIME));
    let codec = PgWireMessageServerCodec::new(DefaultClient::new(address, is_secure));
    let mut socket = Framed::new(Messages::new(timed, begun, FIRST_MESSAGES), codec);
    socket.set_state(PgWireConnectionState::AwaitingStartup);
    let handler = Arc::new(Handler::new(door.clone()));
    let cancels = Arc::new(DefaultCancelHandler::new(door.running.clone()));
    let nothing = Arc::new(NoopHandler);
    let Arriving { arrival, mut patience } = arriving;
    let mut arrival = Some(arrival);
    let mut heard = Instant::now();
    loop {
        let is_known = handler.is_logged_in();
        if is_known {
            drop(arrival.take());
        }
        let message = tokio::select! {
            biased;
            () = ended(&mut over) => {
                let ends = failures::fatal("57P01", "the server is shutting down");
                return process_error(&mut socket, ends, false).await;
            }
            () = &mut patience, if !is_known => return Ok(()),
            message = socket.next() => message,
            () = tokio::time::sleep(LOOK_TIME), if is_known => match look(&handler, heard).await {
                Some(ends) => return process_error(&mut socket, ends, false).await,
                None => continue,
            }
        };
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                let error = match socket.get_ref().fault {
                    Some(Fault::Malformed) => failures::fatal("08P01", "a message is not formed as its kind has to be"),
                    Some(Fault::TooLong) => failures::fatal("08P01", "a message is too long"),
                    None => error,
                };
                return process_error(&mut socket, error, false).await;
            }
            None => return Ok(()),
        };
        if matches!(message, PgWireFrontendMessage::Terminate(_)) {
            return Ok(());
        }
        socket.get_mut().most = if is_known { MESSAGE } else { FIRST_MESSAGES };
        let is_extended = message.is_extended_query();
        let is_query = matches!(message, PgWireFrontendMessage::Query(_));
        // A connection that cancels says nothing else.
        let is_last = matches!(message, PgWireFrontendMessage::CancelRequest(_));
        // What follows an error is thrown away until it is over.
        let admitted = match socket.state() {
            PgWireConnectionState::ReadyForQuery | PgWireConnectionState::QueryInProgress => handler.admit(&message),
            _ => Ok(()),
        };
        let done = match admitted {
            Ok(()) => {
                let (own, cancels) = (handler.clone(), cancels.clone());
                process_message(message, &mut socket, own.clone(), own.clone(), own, nothing.clone(), cancels).await
            }
            Err(error) => Err(error),
        };
        heard = Instant::now();
        if is_last {
            return Ok(());
        }
        let is_failed = done.is_err();
        if let Err(error) = done {
            let mut info: ErrorInfo = error.into();
            if !handler.is_logged_in() {
                "FATAL".clone_into(&mut info.severity);
            }
            let is_fatal = info.is_fatal();
            process_error(&mut socket, PgWireError::UserError(Box::new(info)), is_extended).await?;
            if is_fatal {
                return Ok(());
            }
        }
        if is_query || is_failed {
            handler.end_portals(&socket);
        }
    }
}

/// Why who is quiet may not stay, where he may not.
async fn look(handler: &Handler, heard: Instant) -> Option<PgWireError> {
    let looked = match heard.elapsed() < IDLE_TIME {
        true => handler.look_again().await,
        false => Err(failures::fatal("57P05", "the connection was not used for an hour")),
    };
    // A catalogue that cannot be asked now is asked again.
    let info = looked.err().map(ErrorInfo::from).filter(ErrorInfo::is_fatal)?;
    Some(PgWireError::UserError(Box::new(info)))
}

/// Resolves when the server stops.
async fn ended(over: &mut watch::Receiver<bool>) {
    // Who would say so may be gone: then it has stopped.
    drop(over.wait_for(|over| *over).await);
}
