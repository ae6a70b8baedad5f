//! How a connection begins: the server's greeting, encryption, and the proof of who is calling.

use mysql_common::constants::CapabilityFlags as Can;
use mysql_common::scramble::{scramble_native, scramble_sha256};
use rsa::pkcs8::DecodePublicKey;
use rsa::rand_core::OsRng;
use rsa::{Oaep, RsaPublicKey};
use rustls::pki_types::ServerName;
use sha1::Sha1;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::fault;
use super::wire::Connection;
use crate::bounds::{Bounds, Meter, Metered};
use crate::config::Server;
use crate::error::{ErrorKind, SourceError};
use crate::tls;

/// `utf8mb4_general_ci`, which every server knows that is still there.
const CHARACTER_SET: u8 = 45;
const LARGEST_PACKET: u32 = 16 << 20;
const NONCE: usize = 20;
const NATIVE: &[u8] = b"mysql_native_password";
const SHA2: &[u8] = b"caching_sha2_password";

const OK: u8 = 0x00;
const MORE: u8 = 0x01;
const SWITCH: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// What follows [`MORE`]: the server knows the proof, or wants the password.
const KNOWN: u8 = 0x03;
const WANTS_PASSWORD: u8 = 0x04;
const ASKS_FOR_KEY: u8 = 0x02;

struct Greeting {
    id: u32,
    nonce: Vec<u8>,
    can: Can,
    way: Vec<u8>,
}

/// A connection to the server at `address`, logged in. `encrypted` or not at all.
pub async fn connect(
    address: std::net::SocketAddr,
    server: &Server,
    encrypted: bool,
    bounds: Bounds,
) -> Result<Connection, SourceError> {
    let meter = Meter::new(bounds);
    let stream = TcpStream::connect(address).await.map_err(|error| fault::of_connection(&error))?;
    stream.set_nodelay(true).map_err(|error| fault::of_connection(&error))?;
    // Nothing is read ahead before it is encrypted: what somebody slipped in would be taken for the server's word.
    let stream = Box::new(Metered::new(stream, meter.clone()));
    let mut connection = Connection { stream, meter, capabilities: Can::empty(), sequence: 0, id: 0 };
    let packet = connection.packet().await?;
    if packet.first() == Some(&ERROR) {
        return Err(fault::of_server(&packet, Can::empty()));
    }
    let greeting = Greeting::read(&packet).ok_or_else(fault::unreadable)?;
    connection.id = greeting.id;
    let mut can = Can::CLIENT_PROTOCOL_41
        | Can::CLIENT_SECURE_CONNECTION
        | Can::CLIENT_LONG_PASSWORD
        | Can::CLIENT_TRANSACTIONS
        | Can::CLIENT_DEPRECATE_EOF
        | Can::CLIENT_PLUGIN_AUTH;
    can.set(Can::CLIENT_CONNECT_WITH_DB, server.database.is_some());
    can.set(Can::CLIENT_SSL, encrypted);
    if encrypted && !greeting.can.contains(Can::CLIENT_SSL) {
        return Err(fault::no_encryption());
    }
    let can = can & greeting.can;
    if !can.contains(Can::CLIENT_PROTOCOL_41 | Can::CLIENT_SECURE_CONNECTION) {
        return Err(fault::unreadable());
    }
    let mut opening = can.bits().to_le_bytes().to_vec();
    opening.extend_from_slice(&LARGEST_PACKET.to_le_bytes());
    opening.push(CHARACTER_SET);
    opening.extend_from_slice(&[0; 23]);
    if encrypted {
        connection.send(&opening).await?;
        let name = ServerName::try_from(server.host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| fault::no_encryption())?;
        let connector = TlsConnector::from(std::sync::Arc::new(tls::client(server.tls)?));
        let shaken = connector.connect(name, connection.stream).await;
        let stream = shaken.map_err(|_| connection.meter.fault().unwrap_or_else(fault::no_encryption))?;
        connection.stream = Box::new(BufReader::new(stream));
    } else {
        connection.stream = Box::new(BufReader::new(connection.stream));
    }
    let password = server.password.expose().as_bytes();
    let way = if greeting.way == SHA2 { SHA2 } else { NATIVE };
    let proof = proof(way, password, &greeting.nonce);
    let mut hello = opening;
    hello.extend_from_slice(server.user.as_bytes());
    hello.push(0);
    hello.push(u8::try_from(proof.len()).unwrap_or_default());
    hello.extend_from_slice(&proof);
    if let Some(database) = &server.database {
        hello.extend_from_slice(database.as_bytes());
        hello.push(0);
    }
    if can.contains(Can::CLIENT_PLUGIN_AUTH) {
        hello.extend_from_slice(way);
        hello.push(0);
    }
    connection.send(&hello).await?;
    connection.capabilities = can;
    prove(&mut connection, way, greeting.nonce, password, encrypted).await?;
    Ok(connection)
}

/// Goes on until the server believes it.
async fn prove(
    connection: &mut Connection,
    mut way: &'static [u8],
    mut nonce: Vec<u8>,
    password: &[u8],
    encrypted: bool,
) -> Result<(), SourceError> {
    let mut was_switched = false;
    loop {
        let packet = connection.packet().await?;
        match packet.as_slice() {
            [OK, ..] => return Ok(()),
            [ERROR, ..] => return Err(fault::of_server(&packet, connection.capabilities)),
            [SWITCH, rest @ ..] if !was_switched => {
                was_switched = true;
                let mut parts = rest.splitn(2, |byte| *byte == 0);
                way = match parts.next() {
                    Some(name) if name == SHA2 => SHA2,
                    Some(name) if name == NATIVE => NATIVE,
                    _ => {
                        let message = "the source wants a way of logging in that is not offered";
                        return Err(SourceError::new(ErrorKind::Unauthorised, message));
                    }
                };
                nonce = parts.next().unwrap_or_default().iter().copied().take(NONCE).collect();
                nonce.resize(NONCE, 0);
                let proof = proof(way, password, &nonce);
                connection.send(&proof).await?;
            }
            [MORE, KNOWN] if way == SHA2 => {}
            [MORE, WANTS_PASSWORD] if way == SHA2 => {
                let mut secret = password.to_vec();
                secret.push(0);
                if encrypted {
                    connection.send(&secret).await?;
                    continue;
                }
                connection.send(&[ASKS_FOR_KEY]).await?;
                let packet = connection.packet().await?;
                let [MORE, key @ ..] = packet.as_slice() else { return Err(fault::unreadable()) };
                for (at, byte) in secret.iter_mut().enumerate() {
                    *byte ^= nonce[at % NONCE];
                }
                let sealed = sealed(&secret, key).ok_or_else(fault::unreadable)?;
                connection.send(&sealed).await?;
            }
            _ => return Err(fault::unreadable()),
        }
    }
}

/// The password, so that only the server can read it. A key that is none, or larger than any server has, seals nothing.
fn sealed(secret: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let key = RsaPublicKey::from_public_key_pem(std::str::from_utf8(key).ok()?.trim()).ok()?;
    key.encrypt(&mut OsRng, Oaep::new::<Sha1>(), secret).ok()
}

fn proof(way: &[u8], password: &[u8], nonce: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let proof = match way {
        SHA2 => scramble_sha256(nonce, password).map(|proof| proof.to_vec()),
        _ => scramble_native(nonce, password).map(|proof| proof.to_vec()),
    };
    proof.unwrap_or_default()
}

impl Greeting {
    /// `None` for what greets nobody.
    fn read(packet: &[u8]) -> Option<Greeting> {
        let [10, rest @ ..] = packet else { return None };
        let end = rest.iter().position(|byte| *byte == 0)?;
        let rest = &rest[end + 1..];
        let (id, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        // A filler, the lower capabilities, a character set, a status, the upper capabilities.
        let (fixed, rest) = rest.split_first_chunk::<8>()?;
        let can = Can::from_bits_truncate(u32::from_le_bytes([fixed[1], fixed[2], fixed[6], fixed[7]]));
        let (length, rest) = rest.split_first()?;
        let rest = rest.get(10..)?;
        let second = rest.get(..usize::from(*length).saturating_sub(8).max(13))?;
        let way = rest[second.len()..].split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        let mut nonce = [first.as_slice(), second].concat();
        nonce.resize(NONCE, 0);
        Some(Greeting { id: u32::from_le_bytes(*id), nonce, can, way })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_greets_nobody_is_no_greeting() {
        let mut packet = b"\x0a8.0.36\0\x07\0\0\0abcdefgh\0\xff\xff\x2d\x02\0\xff\xdf\x15".to_vec();
        packet.extend_from_slice(&[0; 10]);
        packet.extend_from_slice(b"ijklmnopqrst\0caching_sha2_password\0");
        let greeting = Greeting::read(&packet).unwrap();
        assert_eq!(
            (greeting.id, greeting.nonce.as_slice(), greeting.way.as_slice()),
            (7, &b"abcdefghijklmnopqrst"[..], SHA2)
        );
        for length in 0..packet.len() - 22 {
            assert!(Greeting::read(&packet[..length]).is_none(), "{length}");
        }
    }

    /// Logs in at a server that knows the password by its hash only, and asks for the whole of it.
    #[tokio::test]
    async fn a_password_that_is_asked_for_in_the_open_is_sealed() {
        use rsa::pkcs8::{EncodePublicKey, LineEnding};
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        const NONCE: &[u8] = b"abcdefghijklmnopqrst";
        let key = rsa::RsaPrivateKey::new(&mut OsRng, 1024).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut greeting = b"\x0a8.0.36\0\x07\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\x01\x15".to_vec();
            greeting.extend_from_slice(&[0; 10]);
            greeting.extend_from_slice(b"ijklmnopqrst\0caching_sha2_password\0");
            let public = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
            let said = [
                greeting,
                vec![MORE, WANTS_PASSWORD],
                [&[MORE], public.as_bytes()].concat(),
                vec![OK, 0, 0, 2, 0, 0, 0],
            ];
            let mut heard = Vec::new();
            for (at, packet) in said.iter().enumerate() {
                let length = packet.len().to_le_bytes();
                stream.write_all(&[length[0], length[1], length[2], 2 * at as u8]).await.unwrap();
                stream.write_all(packet).await.unwrap();
                if at + 1 < said.len() {
                    let mut head = [0; 4];
                    stream.read_exact(&mut head).await.unwrap();
                    assert_eq!(usize::from(head[3]), 2 * at + 1);
                    let mut body = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8];
                    stream.read_exact(&mut body).await.unwrap();
                    heard.push(body);
                }
            }
            let mut secret = key.decrypt(Oaep::new::<Sha1>(), &heard[2]).unwrap();
            secret.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= NONCE[at % NONCE.len()]);
            (heard, secret)
        });
        let Ok(crate::Config::MySql(server)) = crate::Config::from_url("mysql://ann:hunter2@h/shop?sslmode=disable")
        else {
            panic!("a configuration");
        };
        connect(address, &server, false, Bounds::SMALL).await.map(drop).unwrap();
        let (heard, secret) = served.await.unwrap();
        let proof = scramble_sha256(NONCE, b"hunter2").unwrap();
        let hello = [&b"ann\0\x20"[..], &proof, b"shop\0caching_sha2_password\0"].concat();
        assert_eq!(heard[0][32..], hello);
        assert_eq!((heard[1].as_slice(), secret.as_slice()), (&[ASKS_FOR_KEY][..], &b"hunter2\0"[..]));
        assert!(!heard.concat().windows(7).any(|text| text == b"hunter2"));
    }

    #[test]
    fn a_key_that_is_none_seals_nothing() {
        for key in [
            &b""[..],
            b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
            b"\xff",
            b"-----BEGIN PUBLIC KEY-----\nAAAA",
        ] {
            assert!(sealed(b"secret", key).is_none());
        }
    }
}
