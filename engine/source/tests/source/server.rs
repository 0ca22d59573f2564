//! A web server for tests: Git's own `http-backend` behind a plain socket, and the ways in which servers fail.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::repo::program;

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// What `git http-backend` says, for the path below the folder.
    Git(String),
    /// What `git http-backend` says, cut after so many bytes of its body.
    Cut(usize),
    /// What `git http-backend` says, a byte each second after so many bytes of its body.
    Drip(usize),
    /// A status with headers and a body.
    Plain(u16, Vec<(String, String)>, String),
    /// Nothing, ever.
    Silence,
}

type Rule = dyn Fn(&Seen) -> Reply + Send + Sync;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Serves the repositories in `folder` as `rule` says. It runs until the tests end.
    pub(crate) fn start(folder: &Path, rule: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Server { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (seen, folder, rule) = (Arc::clone(&server.seen), folder.to_owned(), Arc::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, folder, rule) = (Arc::clone(&seen), folder.clone(), Arc::clone(&rule));
                std::thread::spawn(move || drop(serve(stream, &folder, &*rule, &seen)));
            }
        });
        server
    }

    /// Serves everything to everyone.
    pub(crate) fn open(folder: &Path) -> Self {
        Self::start(folder, |seen| Reply::Git(seen.path.clone()))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, folder: &Path, rule: &Rule, log: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    converse(&mut reader, stream, folder, rule, log)
}

/// Answers one request and closes the connection.
pub(crate) fn converse(
    reader: &mut impl BufRead,
    mut writer: impl Write,
    folder: &Path,
    rule: &Rule,
    log: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let Some(seen) = request(reader)? else { return Ok(()) };
    log.lock().unwrap().push(seen.clone());
    match rule(&seen) {
        Reply::Git(path) => {
            let (head, body) = backend(folder, &seen, &path);
            writer.write_all(&[head, body].concat())
        }
        Reply::Cut(length) => {
            let (head, body) = backend(folder, &seen, &seen.path);
            writer.write_all(&[head, body[..length.min(body.len())].to_vec()].concat())
        }
        Reply::Drip(length) => {
            let (head, body) = backend(folder, &seen, &seen.path);
            let (fast, slow) = body.split_at(length.min(body.len()));
            writer.write_all(&[head, fast.to_vec()].concat())?;
            for byte in slow {
                std::thread::sleep(Duration::from_secs(1));
                writer.write_all(&[*byte])?;
            }
            Ok(())
        }
        Reply::Plain(status, headers, body) => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            write!(
                writer,
                "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
        }
        Reply::Silence => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
    }
}

fn request(reader: &mut impl BufRead) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut seen = Seen {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: BTreeMap::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = seen.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    seen.body = vec![0; length];
    reader.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}

/// Runs `git http-backend` as a web server runs it, and gives the head and the body of its answer.
fn backend(folder: &Path, seen: &Seen, path: &str) -> (Vec<u8>, Vec<u8>) {
    let header = |name: &str| seen.headers.get(name).cloned().unwrap_or_default();
    let mut git = program("git", &PathBuf::from("/"));
    git.arg("http-backend").env("GIT_PROJECT_ROOT", folder).env("GIT_HTTP_EXPORT_ALL", "1");
    git.env("PATH_INFO", path).env("QUERY_STRING", &seen.query).env("REQUEST_METHOD", &seen.method);
    git.env("CONTENT_TYPE", header("content-type")).env("CONTENT_LENGTH", seen.body.len().to_string());
    git.env("GIT_PROTOCOL", header("git-protocol")).env("REMOTE_ADDR", "127.0.0.1");
    let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = git.stdin.take().unwrap();
    let body = seen.body.clone();
    std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = git.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(output[..end].to_vec()).unwrap();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let length = output.len() - end;
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{head}");
    (head.into_bytes(), output[end..].to_vec())
}
