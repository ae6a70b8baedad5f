//! TLS on the listener: a certificate chain and its key, read once at the start.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// For the handshake. Whoever takes longer is not there.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What the server proves with that it is the one that was called.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("no certificate in PEM form can be read from it: {0}")]
    Certificate(String),
    #[error("no private key in PEM form can be read from it: {0}")]
    Key(String),
    #[error("certificate and key do not go together: {0}")]
    Pair(rustls::Error),
}

impl Tls {
    /// A chain of certificates, the server's own first, and the private key of that one (PKCS#8, PKCS#1 or SEC1), in PEM.
    ///
    /// Errors name neither file: the caller knows which setting it reads.
    pub fn open(certificates: &Path, key: &Path) -> Result<Tls, TlsError> {
        let unreadable = |error: rustls::pki_types::pem::Error| TlsError::Certificate(error.to_string());
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(certificates).and_then(Iterator::collect).map_err(unreadable)?;
        if chain.is_empty() {
            return Err(TlsError::Certificate("it holds none".into()));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls(TlsAcceptor::from(Arc::new(config))))
    }

    /// The same certificate for another protocol on another listener.
    pub fn for_protocol(&self, name: &[u8]) -> Tls {
        let mut config = ServerConfig::clone(self.0.config());
        config.alpn_protocols = vec![name.to_vec()];
        Tls(TlsAcceptor::from(Arc::new(config)))
    }

    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        tokio::time::timeout(HANDSHAKE_TIME, self.0.accept(stream))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_hold_something_else_say_which_of_the_two() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, missing) = (folder.path().join("empty.pem"), folder.path().join("missing.pem"));
        std::fs::write(&empty, "no PEM").unwrap();
        for file in [&empty, &missing] {
            assert!(matches!(Tls::open(file, &missing), Err(TlsError::Certificate(_))), "{}", file.display());
        }
    }
}
