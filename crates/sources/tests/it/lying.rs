//! Servers that speak the protocols and say what they like: without end, more than there is room for, or slowly. Whoever
//! asks them gets an error that says which bound it was, soon, and nothing is taken.

use std::time::{Duration, Instant};

use emporion_sources::{Bounds, Config, ErrorKind, Limits, Rules, Silent, Source, open};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::servers::unguarded;

/// How a server lies. Where it does, it goes on until nobody listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// Before anybody is logged in.
    Greeting,
    Rows,
    /// One value, far longer than anything.
    Cell,
    /// A row of as many columns as the protocol can say.
    Columns,
    /// What is no answer, again and again.
    Remarks,
    /// An error of any length.
    Error,
    /// A byte now and then.
    Drip,
    /// Columns whose types are of types that are of types.
    Types,
    /// Names of columns, of which keys have one again and again.
    Keys,
}

const SOON: Duration = Duration::from_secs(40);

fn small() -> Bounds {
    Bounds { rows: 20_000, bytes: 8 << 20, ..Bounds::default() }
}

async fn lying(scheme: &str, lie: Lie) -> Box<dyn Source> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{scheme}://u:p@{}/d?sslmode=disable", listener.local_addr().unwrap());
    let is_postgres = scheme == "postgres";
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // It ends when whoever asks has heard enough.
                let _ = if is_postgres { postgres(stream, lie).await } else { mysql(stream, lie).await };
            });
        }
    });
    open(Config::from_url(&url).unwrap(), &Rules::default().with_bounds(small())).unwrap()
}

async fn for_ever(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(piece).await?;
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes.iter().cycle() {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// A message of PostgreSQL's.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![tag];
    message.extend_from_slice(&(u32::try_from(body.len()).unwrap() + 4).to_be_bytes());
    message.extend_from_slice(body);
    message
}

fn described(columns: &[(&str, u32)]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap().to_be_bytes().to_vec();
    for (name, oid) in columns {
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&[0; 7]);
        body.extend_from_slice(&oid.to_be_bytes());
        body.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    }
    message(b'T', &body)
}

fn row(cells: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = u16::try_from(cells.len()).unwrap().to_be_bytes().to_vec();
    for cell in cells {
        match cell {
            Some(text) => {
                body.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
                body.extend_from_slice(text);
            }
            None => body.extend_from_slice(&[0xff; 4]),
        }
    }
    message(b'D', &body)
}

fn texts(cells: &[&str]) -> Vec<u8> {
    row(&cells.iter().map(|cell| Some(cell.as_bytes())).collect::<Vec<_>>())
}

async fn postgres(mut stream: TcpStream, lie: Lie) -> std::io::Result<()> {
    let ready = message(b'Z', b"I");
    let length = stream.read_u32().await?;
    let mut startup = vec![0; length as usize - 4];
    stream.read_exact(&mut startup).await?;
    stream.write_all(&message(b'R', &[0; 4])).await?;
    if lie == Lie::Greeting {
        let mut piece = Vec::new();
        for number in 0.. {
            piece.clear();
            piece.extend(message(b'S', format!("name{number}\0{}\0", "x".repeat(1000)).as_bytes()));
            stream.write_all(&piece).await?;
        }
    }
    stream.write_all(&message(b'K', &[0; 8])).await?;
    stream.write_all(&ready).await?;
    let mut depth = 100_000_u32;
    loop {
        let tag = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await?;
        let sql = String::from_utf8_lossy(&body).into_owned();
        let mut said = Vec::new();
        match tag {
            b'Q' if sql.starts_with("SELECT current_") => {
                said.extend(described(&[("a", 25)]));
                said.extend(texts(&["17"]));
            }
            b'Q' if sql.starts_with("SET ") => {}
            b'Q' if lie == Lie::Keys && sql.contains("pg_attribute") => {
                said.extend(described(&[("c", 25); 11]));
                let name = "n".repeat(1 << 20);
                said.extend(texts(&["1", &name, "1", "t", "t", "b", "S", "-1", "false", "", ""]));
            }
            b'Q' if lie == Lie::Keys && sql.contains("pg_constraint") => {
                said.extend(described(&[("c", 25); 8]));
                let ones = format!("[{}1]", "1,".repeat(31));
                for _ in 0..1_000 {
                    said.extend(texts(&["1", "k", "u", &ones, "", "", "", "[]"]));
                }
            }
            b'Q' if lie == Lie::Keys && sql.contains("pg_class") => {
                said.extend(described(&[("c", 25); 7]));
                said.extend(texts(&["1", "s", "t", "r", "1", "", ""]));
            }
            b'Q' if lie == Lie::Keys => said.extend(described(&[("c", 25); 2])),
            b'Q' => match lie {
                Lie::Rows => {
                    stream.write_all(&described(&[("c", 25); 7])).await?;
                    let piece = texts(&["1", "s", "t", "r", "1", "", ""]).repeat(1_000);
                    return for_ever(&mut stream, &piece).await;
                }
                Lie::Cell => {
                    stream.write_all(&described(&[("c", 25)])).await?;
                    stream.write_all(b"D\x40\0\0\0\0\x01\x3f\xff\xff\xf6").await?;
                    return for_ever(&mut stream, &[b'x'; 1 << 16]).await;
                }
                Lie::Columns => {
                    let wide = vec![("", 25); usize::from(u16::MAX)];
                    stream.write_all(&described(&wide)).await?;
                    let piece = row(&vec![None; usize::from(u16::MAX)]);
                    return for_ever(&mut stream, &piece).await;
                }
                Lie::Remarks => {
                    let notice = message(b'N', format!("SNOTICE\0C00000\0M{}\0\0", "x".repeat(1 << 16)).as_bytes());
                    return for_ever(&mut stream, &notice).await;
                }
                Lie::Error => {
                    stream.write_all(b"E\x40\0\0\0SERROR\0M").await?;
                    return for_ever(&mut stream, &[b'x'; 1 << 16]).await;
                }
                _ => return drip(&mut stream, &message(b'N', b"SNOTICE\0C00000\0Mx\0\0")).await,
            },
            // Parsing, and what is described of it: a type of its own, or those of the questions for types.
            b'P' => {
                said.extend(message(b'1', &[]));
                if sql.contains("typname") {
                    said.extend(message(b't', &[0, 1, 0, 0, 0, 26]));
                    said.extend(described(&[
                        ("typname", 25),
                        ("typtype", 18),
                        ("typelem", 26),
                        ("rngsubtype", 26),
                        ("typbasetype", 26),
                        ("nspname", 25),
                        ("typrelid", 26),
                    ]));
                } else {
                    said.extend(message(b't', &[0, 0]));
                    said.extend(described(&[("c", 100_000)]));
                }
                stream.write_all(&said).await?;
                continue;
            }
            b'E' => {
                depth += 1;
                said.extend(message(b'2', &[]));
                let next = depth.to_be_bytes();
                let none = [0; 4];
                said.extend(row(&[Some(b"t"), Some(b"b"), Some(&next), None, Some(&none), Some(b"s"), Some(&none)]));
                said.extend(message(b'C', b"SELECT 1\0"));
                stream.write_all(&said).await?;
                continue;
            }
            b'S' => {
                stream.write_all(&ready).await?;
                continue;
            }
            _ => continue,
        }
        said.extend(message(b'C', b"SELECT 1\0"));
        said.extend(&ready);
        stream.write_all(&said).await?;
    }
}

/// A packet of MySQL's.
fn packet(sequence: &mut u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let mut packet = vec![length[0], length[1], length[2], *sequence];
    packet.extend_from_slice(body);
    *sequence = sequence.wrapping_add(1);
    packet
}

fn column(name: &str) -> Vec<u8> {
    let mut body = b"\x03def\0\0\0".to_vec();
    body.push(u8::try_from(name.len()).unwrap());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b"\0\x0c\x2d\0\0\x01\0\0\xfd\0\0\0\0\0");
    body
}

async fn mysql(mut stream: TcpStream, lie: Lie) -> std::io::Result<()> {
    const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];
    const END: &[u8] = &[0xfe, 0, 0, 2, 0];
    let mut sequence = 0;
    if lie == Lie::Greeting {
        // One packet that goes on in the next, for ever.
        stream.write_all(b"\xff\xff\xff\0\x0a").await?;
        return for_ever(&mut stream, &[0xff; 1 << 16]).await;
    }
    let mut greeting = b"\x0a8.0.36\0\x07\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\x00\x15".to_vec();
    greeting.extend_from_slice(&[0; 10]);
    greeting.extend_from_slice(b"ijklmnopqrst\0mysql_native_password\0");
    stream.write_all(&packet(&mut sequence, &greeting)).await?;
    loop {
        let mut head = [0; 4];
        stream.read_exact(&mut head).await?;
        let mut body = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16];
        stream.read_exact(&mut body).await?;
        sequence = head[3].wrapping_add(1);
        let sql = String::from_utf8_lossy(&body).into_owned();
        let is_command = head[3] == 0;
        if !is_command || sql[1..].starts_with("SET") || sql[1..].starts_with("START") {
            stream.write_all(&packet(&mut sequence, OK)).await?;
        } else if sql[1..].starts_with("SELECT VERSION()") {
            for body in [&[1][..], &column("v"), END, b"\x068.0.36", END] {
                let packet = packet(&mut sequence, body);
                stream.write_all(&packet).await?;
            }
        } else {
            match lie {
                Lie::Rows => {
                    for body in [
                        vec![6],
                        column("c"),
                        column("c"),
                        column("c"),
                        column("c"),
                        column("c"),
                        column("c"),
                        END.to_vec(),
                    ] {
                        stream.write_all(&packet(&mut sequence, &body)).await?;
                    }
                    let mut piece = Vec::new();
                    for _ in 0..256 {
                        piece.extend(packet(&mut sequence, b"\x01s\x01t\x05TABLE\x011\0\0"));
                    }
                    return for_ever(&mut stream, &piece).await;
                }
                Lie::Cell => {
                    for body in [&[1][..], &column("c"), END] {
                        let packet = packet(&mut sequence, body);
                        stream.write_all(&packet).await?;
                    }
                    stream.write_all(b"\xff\xff\xff\x04\xfe\xff\xff\xff\xff\x0f\0\0\0").await?;
                    return for_ever(&mut stream, &[0xff; 1 << 16]).await;
                }
                // More columns than there is memory for the list of their names.
                Lie::Columns => {
                    stream.write_all(&packet(&mut sequence, b"\xfe\xff\xff\xff\xff\xff\xff\xff\x00")).await?;
                    let mut piece = Vec::new();
                    for _ in 0..256 {
                        piece.extend(packet(&mut sequence, &column("c")));
                    }
                    return for_ever(&mut stream, &piece).await;
                }
                Lie::Remarks => {
                    // No statement was to send a file.
                    stream.write_all(&packet(&mut sequence, b"\xfb/etc/passwd")).await?;
                    return for_ever(&mut stream, &[0; 1 << 16]).await;
                }
                Lie::Error => {
                    stream.write_all(b"\xff\xff\xff\x01\xff\x00\x04#42000").await?;
                    return for_ever(&mut stream, &[0xff; 1 << 16]).await;
                }
                _ => return drip(&mut stream, &packet(&mut sequence, OK)).await,
            }
        }
    }
}

/// What comes of a crawl that may take three seconds.
async fn crawled(scheme: &str, lie: Lie) -> (ErrorKind, String) {
    let source = lying(scheme, lie).await;
    let began = Instant::now();
    let error = source.crawl(&Silent, Duration::from_secs(3)).await.expect_err("a lie");
    assert!(began.elapsed() < SOON, "{scheme} {lie:?} took {:?}", began.elapsed());
    (error.kind, error.message)
}

#[tokio::test]
async fn what_a_postgresql_server_says_is_bounded() {
    for lie in [Lie::Greeting, Lie::Rows, Lie::Cell, Lie::Columns, Lie::Remarks, Lie::Error, Lie::Keys] {
        let (kind, message) = crawled("postgres", lie).await;
        assert_eq!(kind, ErrorKind::Limit, "{lie:?}: {message}");
        let bound = if lie == Lie::Rows { "20000 rows" } else { " bytes that are taken" };
        assert!(message.contains(bound), "{lie:?}: {message}");
    }
    assert_eq!(crawled("postgres", Lie::Drip).await.0, ErrorKind::Timeout);
}

#[tokio::test]
async fn what_a_mysql_server_says_is_bounded() {
    for lie in [Lie::Greeting, Lie::Rows, Lie::Cell, Lie::Columns, Lie::Error] {
        let (kind, message) = crawled("mysql", lie).await;
        assert_eq!(kind, ErrorKind::Limit, "{lie:?}: {message}");
        let bound = match lie {
            Lie::Rows => "20000 rows",
            Lie::Columns => "4096 columns",
            _ => " bytes that are taken",
        };
        assert!(message.contains(bound), "{lie:?}: {message}");
    }
    assert_eq!(crawled("mysql", Lie::Remarks).await.0, ErrorKind::Unreachable);
    assert_eq!(crawled("mysql", Lie::Drip).await.0, ErrorKind::Timeout);
}

#[tokio::test]
async fn tests_lists_and_answers_are_bounded_as_crawls_are() {
    let wait = Duration::from_secs(3);
    for scheme in ["postgres", "mysql"] {
        for lie in [Lie::Greeting, Lie::Rows, Lie::Cell, Lie::Columns, Lie::Error] {
            let source = lying(scheme, lie).await;
            let limits = Limits { timeout: wait, ..Limits::default() };
            let outcomes = [
                ("tables", source.tables(wait).await.map(drop)),
                ("test", source.test(wait).await.map(drop)),
                ("query", source.query(&unguarded("SELECT 1"), None, limits).await.map(drop)),
            ];
            for (what, outcome) in outcomes {
                let error = outcome.err();
                // A statement is prepared first, and there a server of these lies in its own way.
                let is_bounded = error.as_ref().is_some_and(|error| {
                    matches!(error.kind, ErrorKind::Limit | ErrorKind::Timeout | ErrorKind::Unreachable)
                });
                assert!(is_bounded, "{scheme} {lie:?} {what}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn types_that_are_of_types_have_an_end() {
    let source = lying("postgres", Lie::Types).await;
    let error = source.describe(&unguarded("SELECT 1"), Duration::from_secs(20)).await.expect_err("a lie");
    assert_eq!(error.kind, ErrorKind::Limit, "{error}");
}
