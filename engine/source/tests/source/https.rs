//! Over HTTPS, with a certificate of an authority that exists for the test alone.

use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sluice_source::FetchCause;

use crate::absent;
use crate::http::{cause, fetch};
use crate::repo::{Repo, answer, program, text};
use crate::server::{Reply, converse};

/// Set in the process that the test starts, which trusts the authority.
const VARIABLE: &str = "SLUICE_TEST_HTTPS";

/// Serves the repositories of a folder, and gives the port.
fn serve(folder: &Path, keys: &Path) -> u16 {
    let certificate = CertificateDer::from_pem_file(keys.join("certificate")).unwrap();
    let key = PrivateKeyDer::from_pem_file(keys.join("key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let (stream, folder) =
                (Stream(Arc::new(Mutex::new(rustls::StreamOwned::new(session, stream)))), folder.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.clone());
                drop(converse(
                    &mut reader,
                    stream.clone(),
                    &folder,
                    &|seen| Reply::Git(seen.path.clone()),
                    &Mutex::default(),
                ));
                let mut stream = stream.0.lock().unwrap();
                stream.conn.send_close_notify();
                drop(stream.flush());
            });
        }
    });
    port
}

#[derive(Clone)]
struct Stream(Arc<Mutex<rustls::StreamOwned<rustls::ServerConnection, std::net::TcpStream>>>);

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

#[test]
fn a_server_is_trusted_by_its_certificate_alone() {
    if let Some(port) = std::env::var_os(VARIABLE) {
        let port = port.into_string().unwrap();
        let checkout = fetch(&format!("https://localhost:{port}/.git"), "main").unwrap();
        assert_eq!(text(&checkout, "deploy/app.yaml"), "two\n");
        let other = cause(fetch(&format!("https://127.0.0.1:{port}/.git"), "main"));
        assert!(matches!(other, FetchCause::Tls(_)), "the certificate is for another name: {other}");
        return;
    }
    if !Path::new("/usr/bin/openssl").is_file() {
        absent("openssl");
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    let mut openssl = program("openssl", keys.path());
    openssl.current_dir(keys.path()).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key", "-out", "certificate"]);
    answer(&mut openssl, b"");
    let repo = Repo::filled();
    let port = serve(repo.path(), keys.path());
    let stranger = fetch(&format!("https://localhost:{port}/.git"), "main").unwrap_err();
    assert!(stranger.to_string().contains("no secure connection"), "{stranger}");
    assert!(stranger.help().unwrap().contains("SSL_CERT_FILE"));

    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "https::a_server_is_trusted_by_its_certificate_alone"]);
    again
        .env(VARIABLE, port.to_string())
        .env("SSL_CERT_FILE", keys.path().join("certificate"))
        .env_remove("SSL_CERT_DIR");
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
