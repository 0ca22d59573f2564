//! A repository over HTTP: Git's own `http-backend` behind a plain socket, and the ways in which packs come in badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// How the answer comes in that holds the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    Whole,
    /// A byte each second after so many bytes of the pack.
    Drip(usize),
    /// With so many bytes of the pack before one that is turned over.
    Flip(usize),
    /// Cut off after so many bytes of the pack.
    Cut(usize),
}

/// A server of the repositories in a folder. It runs until the tests end.
pub(super) struct Served {
    port: u16,
    way: Arc<Mutex<Way>>,
    /// How long the last pack was that was sent, in bytes.
    pack: Arc<Mutex<usize>>,
}

impl Served {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (way, pack) = (Arc::new(Mutex::new(Way::Whole)), Arc::default());
        let served = Self { port: listener.local_addr()?.port(), way: Arc::clone(&way), pack: Arc::clone(&pack) };
        let folder = folder.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, way, pack) = (folder.clone(), Arc::clone(&way), Arc::clone(&pack));
                // Whoever hangs up is the one that is tested.
                std::thread::spawn(move || drop(serve(stream, &folder, &way, &pack)));
            }
        });
        Ok(served)
    }

    /// The URL of the repository in a folder.
    pub(super) fn url(&self, folder: &str) -> String {
        format!("http://127.0.0.1:{}/{folder}/.git", self.port)
    }

    /// Says how packs come in from now on.
    pub(super) fn set(&self, way: Way) {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = way;
    }

    /// How long the last pack was, in bytes.
    pub(super) fn pack(&self) -> usize {
        *self.pack.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(stream: TcpStream, folder: &Path, way: &Mutex<Way>, pack: &Mutex<usize>) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (line, headers) = head(&mut reader)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().context("no method")?, words.next().context("no target")?);
    let length = header(&headers, "content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (head, mut answer) = backend(folder, method, target, &headers, body)?;
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    let Some(start) = answer.windows(4).position(|window| window == b"PACK") else {
        return Ok(stream.write_all(&answer)?);
    };
    *pack.lock().unwrap_or_else(PoisonError::into_inner) = answer.len() - start;
    let way = *way.lock().unwrap_or_else(PoisonError::into_inner);
    match way {
        Way::Whole => stream.write_all(&answer)?,
        Way::Cut(after) => stream.write_all(&answer[..answer.len().min(start + after)])?,
        Way::Flip(after) => {
            *answer.get_mut(start + after).context("the pack is shorter")? ^= 0x10;
            stream.write_all(&answer)?;
        }
        Way::Drip(after) => {
            let (fast, slow) = answer.split_at(answer.len().min(start + after));
            stream.write_all(fast)?;
            for byte in slow {
                std::thread::sleep(Duration::from_secs(1));
                stream.write_all(&[*byte])?;
            }
        }
    }
    Ok(())
}

/// The first line of a request, and its headers, whose names are in small letters.
pub(super) fn head(reader: &mut impl BufRead) -> Result<(String, Vec<(String, String)>)> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    ensure!(!first.is_empty(), "it has hung up");
    Ok((first, headers))
}

/// The value of a header; empty where it is not there.
pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> &'h str {
    headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Runs `git http-backend` as a web server does, and gives the head and the body of its answer.
fn backend(
    folder: &Path,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<(String, Vec<u8>)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut git = Command::new("git");
    git.arg("http-backend")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .current_dir(PathBuf::from("/"));
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env("REMOTE_ADDR", "127.0.0.1");
    git.env("PATH_INFO", path).env("QUERY_STRING", query).env("REQUEST_METHOD", method);
    git.env("CONTENT_TYPE", header(headers, "content-type")).env("CONTENT_LENGTH", body.len().to_string());
    git.env("GIT_PROTOCOL", header(headers, "git-protocol"));
    let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut stdin = git.stdin.take().context("no input")?;
    std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = git.wait_with_output()?.stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").context("git has no answer")? + 4;
    let head = std::str::from_utf8(&output[..end])?;
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let body = without_progress(&output[end..]);
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{head}");
    Ok((head, body))
}

/// The packets of an answer without those in which Git tells of its progress (side band 2). They come before the pack, amid it
/// or after it, as it happens, and a byte of them does no harm.
fn without_progress(mut answer: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.len());
    while let Some(length) = answer.get(..4).and_then(|head| std::str::from_utf8(head).ok()) {
        // Shorter ones are marks without content.
        let Ok(length) = usize::from_str_radix(length, 16).map(|length| length.max(4)) else { break };
        let Some((packet, rest)) = answer.split_at_checked(length) else { break };
        if packet.get(4) != Some(&2) {
            out.extend_from_slice(packet);
        }
        answer = rest;
    }
    out.extend_from_slice(answer);
    out
}
