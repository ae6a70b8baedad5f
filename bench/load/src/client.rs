//! One kept-alive HTTP/1.1 connection that costs the generator as little as possible: bytes out, status and body back.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Headers that an answer of either server can have.
const MOST_HEADERS: usize = 32;

pub struct Connection {
    stream: TcpStream,
    /// The last answer.
    buffer: Vec<u8>,
}

pub struct Reply<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a whole request and takes the whole answer.
    ///
    /// Errors: the connection breaks, or the answer has no `Content-Length` (both servers always send one).
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.write_all(request).await.context("sending a request")?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(head) = Head::parse(&self.buffer)? {
                break head;
            }
        };
        let end = head.length + head.body;
        while self.buffer.len() < end {
            self.read().await?;
        }
        Ok(Reply { status: head.status, body: &self.buffer[head.length..end] })
    }

    async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await.context("reading an answer")? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

struct Head {
    status: u16,
    /// Bytes of the head, and of the body behind it.
    length: usize,
    body: usize,
}

impl Head {
    /// `None` while the head is not whole.
    fn parse(bytes: &[u8]) -> Result<Option<Head>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(bytes).context("the head of an answer")? else {
            return Ok(None);
        };
        let status = response.code.context("an answer without a status")?;
        let declared = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let body = match declared {
            Some(header) => std::str::from_utf8(header.value)?.parse().context("the length of a body")?,
            None if status == 204 => 0,
            None => bail!("an answer ({status}) without Content-Length"),
        };
        Ok(Some(Head { status, length, body }))
    }
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + path.len() + body.len() + headers.len() * 64);
    bytes.extend_from_slice(format!("{method} {path} HTTP/1.1\r\n").as_bytes());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        bytes.extend_from_slice(b"host: localhost\r\n");
    }
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !body.is_empty() {
        bytes.extend_from_slice(b"content-type: application/json\r\n");
    }
    if method != "GET" {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
        assert!(Head::parse(&answer[..30]).unwrap().is_none());
        let head = Head::parse(answer).unwrap().unwrap();
        assert_eq!((head.status, head.body, &answer[head.length..]), (200, 4, &b"body"[..]));
    }

    #[test]
    fn an_answer_of_unknown_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_body_is_announced() {
        let bytes = String::from_utf8(request("POST", "/x", &[("a", "b")], b"{}")).unwrap();
        assert!(bytes.starts_with("POST /x HTTP/1.1\r\nhost: localhost\r\na: b\r\n"), "{bytes}");
        assert!(bytes.ends_with("content-length: 2\r\n\r\n{}"), "{bytes}");
    }
}
