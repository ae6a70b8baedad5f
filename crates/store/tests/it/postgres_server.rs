//! What lies between a node and its server: encryption, words that do not come, statements that hang, connections that are
//! few.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use emporion_catalog::log_watch::Interest;
use emporion_catalog::ports::{Store, StoreError};
use emporion_catalog::registry::Registry;
use emporion_store::PostgresStore;
use emporion_store::postgres::Options;
use tokio::time::timeout;

use crate::support::own_server::{KillableServer, connected};
use crate::support::*;

async fn opened(address: &str, options: Options) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(address, Registry::standard(), options).await
}

/// A certificate of `localhost`, and the authority that it is of.
fn certified(directory: &Path) -> Vec<String> {
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output();
        let made = made.expect("openssl is missing: apt-get install openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout authority.key -out authority.crt -subj /CN=authority -days 2"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=server"));
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl("x509 -req -in server.csr -CA authority.crt -CAkey authority.key -out server.crt -days 2 -extfile names");
    let file = |setting: &str, name: &str| format!("{setting}={}", directory.join(name).display());
    vec!["ssl=on".into(), file("ssl_cert_file", "server.crt"), file("ssl_key_file", "server.key")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_spoken_to_behind_its_certificate_and_under_its_name() {
    let server = KillableServer::start_with(certified);
    drop(crate::postgres::open_when_ready(&server.url()).await);
    let roots = format!("sslrootcert={}", server.file("authority.crt").display());
    let at = |host: &str, options: &str| format!("{}?hostaddr=127.0.0.1&{options}", server.url_of(host));
    let right = at("localhost", &format!("sslmode=verify-full&{roots}"));
    let store = opened(&right, Options::default()).await.unwrap();
    store.commit(vec![Set::new().put(&domain("d")).0]).await.unwrap();
    drop(store.snapshot().await.unwrap());
    let outside = connected(&server.url()).await;
    let of = "SELECT count(*) FILTER (WHERE ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
              WHERE application_name = 'emporion'";
    let connections = outside.query_one(of, &[]).await.unwrap();
    let (encrypted, all): (i64, i64) = (connections.get(0), connections.get(1));
    assert!(all >= 2 && encrypted == all, "{encrypted} of {all}");
    for mode in ["require", "verify-ca", "verify-full"] {
        let why = |opened: Result<PostgresStore, StoreError>| opened.err().expect("refused").to_string();
        let wrong_name = why(opened(&at("db.example", &format!("sslmode={mode}&{roots}")), Options::default()).await);
        assert!(wrong_name.to_lowercase().contains("name"), "{mode}: {wrong_name}");
        let unknown = why(opened(&at("localhost", &format!("sslmode={mode}")), Options::default()).await);
        assert!(unknown.contains("certificate"), "{mode}: {unknown}");
        // A server that speaks no TLS is not spoken to in the clear.
        let plain = format!("{}?sslmode={mode}", server::database().await);
        let plain = why(opened(&plain, Options::default()).await);
        assert!(plain.to_lowercase().contains("tls"), "{mode}: {plain}");
    }
}

/// In this database the server tells nobody that the log has grown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_nothing_looks_by_itself() {
    let address = server::database().await;
    let (_, name) = address.rsplit_once('/').unwrap();
    server::execute(
        &address,
        &format!(
            "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT'; \
             ALTER DATABASE {name} SET search_path = public, pg_catalog"
        ),
    )
    .await;
    let of_poll = |poll| opened(&address, Options { poll, ..Options::default() });
    let looks = of_poll(Duration::from_millis(200)).await.unwrap();
    let waits = of_poll(Duration::from_secs(3_600)).await.unwrap();
    let (mut found, mut told) = (looks.grown(Interest::ALL).unwrap(), waits.grown(Interest::ALL).unwrap());
    found.borrow_and_update();
    told.borrow_and_update();
    for number in 0..3 {
        let set = Set::new().put(&domain(&format!("d{number}")));
        let seq = *open_database(&address).await.commit(vec![set.0]).await.unwrap()[0].as_ref().unwrap();
        timeout(Duration::from_secs(5), found.changed()).await.expect("it looks").unwrap();
        assert_eq!(found.borrow_and_update().head, seq);
    }
    assert!(!told.has_changed().unwrap(), "nobody was told");
    assert_eq!(waits.snapshot().await.unwrap().head().await.unwrap(), found.borrow().head, "what is asked is so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_hangs_ends_in_time_and_others_go_on() {
    let address = server::database().await;
    // The tables are made without a limit.
    drop(opened(&address, Options::default()).await.unwrap());
    let options = Options { statement_timeout: Duration::from_millis(300), ..Options::default() };
    let store = opened(&address, options).await.unwrap();
    let outside = connected(&address).await;
    outside.batch_execute("BEGIN; LOCK TABLE records IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (began, d) = (Instant::now(), domain("d"));
    let refused = store.commit(vec![Set::new().put(&d).0]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let state = store.snapshot().await.unwrap();
    let refused = state.by_id(ACCOUNT, &[d.id]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    drop(state);
    assert!(began.elapsed() < Duration::from_secs(20));
    outside.batch_execute("COMMIT").await.unwrap();
    assert!(store.snapshot().await.unwrap().by_id(ACCOUNT, &[d.id]).await.unwrap()[0].is_none(), "nothing was stored");
    assert!(store.commit(vec![Set::new().put(&d).0]).await.unwrap()[0].is_ok());
    assert_eq!(store.verify().await.unwrap().faults, Vec::<String>::new());
}

/// A process without a writer would answer that it is not ready, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_breaks_down_ends_its_process() {
    let breaks = Arc::new(AtomicBool::new(false));
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let broken = breaks.clone();
    let options = Options {
        on_fatal: Some(Arc::new(move |why: &str| drop(told.send(why.to_owned())))),
        fails_on_purpose: Some(Arc::new(move |sql: &str| {
            assert!(!broken.load(Ordering::Relaxed) || !sql.starts_with("INSERT"), "on purpose");
            false
        })),
        ..Options::default()
    };
    let store = opened(&server::database().await, options).await.unwrap();
    assert!(store.commit(vec![Set::new().put(&domain("d")).0]).await.unwrap()[0].is_ok());
    breaks.store(true, Ordering::Relaxed);
    let refused = store.commit(vec![Set::new().put(&domain("e")).0]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let why = timeout(Duration::from_secs(5), heard.recv()).await.expect("it is told").unwrap();
    assert!(why.contains("broken down"), "{why}");
}

#[tokio::test]
async fn readers_who_wait_for_a_connection_get_it_in_their_order() {
    let options = Options { readers: 1, ..Options::default() };
    let store = Arc::new(opened(&server::database().await, options).await.unwrap());
    let held = store.snapshot().await.unwrap();
    let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (store, order) = (store.clone(), order.clone());
        waiting.spawn(async move {
            let state = store.snapshot().await.unwrap();
            order.lock().push(number);
            state.head().await.unwrap();
        });
        tokio::task::yield_now().await;
    }
    drop(held);
    waiting.join_all().await;
    assert_eq!(*order.lock(), (0..8).collect::<Vec<_>>());
}
