//! Git over HTTP, with a client of ours below gix's: every byte comes under the deadline and the limit, credentials go only
//! to the server they are for once it asks, redirects are followed only before anything was sent, and each failure is
//! known by its kind.

use std::io::{BufReader, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use gix::error::ErrorExt;
use gix_transport::Protocol;
use gix_transport::client::blocking_io::Transport as AnyTransport;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse, Transport};
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::line::Line;
use crate::error::FetchCause;
use crate::location::{Place, RepoLocation, Web};
use crate::words::{chain, shown};

mod cause;

/// As many redirects as are followed.
const MOST_REDIRECTS: usize = 5;
/// To these, credentials may go without TLS.
const SERVERS_OF_THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A transport for gix that speaks to the server of `web`.
pub(super) fn connect(web: &Web, line: &Arc<Line>) -> Result<Box<dyn AnyTransport + Send>, FetchCause> {
    let url = gix::url::parse(web.url.as_str()).map_err(|error| FetchCause::Protocol(chain(&error)))?;
    let client = Client { agent: agent(web)?, line: Arc::clone(line), web: web.clone(), asked: false, base: None };
    Ok(Box::new(Transport::new_http(client, url, Protocol::V2, false)))
}

/// A client that trusts whom this machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` say who that is, if they are set.
fn agent(web: &Web) -> Result<Agent, FetchCause> {
    let certificates = if web.secure { rustls_native_certs::load_native_certs() } else { Default::default() };
    if let (true, Some(error)) = (certificates.certs.is_empty(), certificates.errors.first()) {
        return Err(FetchCause::Tls(format!("this machine trusts nobody: {}", chain(error))));
    }
    let roots = certificates.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
    Ok(config.tls_config(tls).build().new_agent())
}

/// The client below gix's transport.
struct Client {
    agent: Agent,
    line: Arc<Line>,
    /// The server that the request names.
    web: Web,
    /// Whether the server asked for credentials.
    asked: bool,
    /// Where a redirect led.
    base: Option<String>,
}

/// What is sent once, and how.
struct Call {
    agent: Agent,
    line: Arc<Line>,
    url: String,
    headers: Vec<(String, String)>,
}

impl Call {
    fn get(&self) -> Result<Response<Body>, FetchCause> {
        let mut request = self.agent.get(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.config().timeout_global(Some(self.line.deadline.left())).build();
        request.call().map_err(|error| cause::of(error, &self.line))
    }

    fn post(&self, body: &[u8]) -> Result<Response<Body>, FetchCause> {
        let mut request = self.agent.post(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.config().timeout_global(Some(self.line.deadline.left())).build();
        request.send(body).map_err(|error| cause::of(error, &self.line))
    }
}

impl Client {
    fn call(&self, url: &str, headers: &[(String, String)]) -> Result<Call, FetchCause> {
        let mut headers = headers.to_vec();
        if self.asked {
            headers.extend(self.authorization(url)?.map(|value| ("Authorization".to_owned(), value)));
        }
        Ok(Call { agent: self.agent.clone(), line: Arc::clone(&self.line), url: url.to_owned(), headers })
    }

    /// What proves who asks, if `url` is on the server that the credentials are for.
    fn authorization(&self, url: &str) -> Result<Option<String>, FetchCause> {
        let Some((user, password)) = self.line.account.as_ref().map(crate::credentials::Account::parts) else {
            return Ok(None);
        };
        let to = server(url);
        let named = server(&self.web.url);
        // From http to https of the same server is the one change that is safe.
        let upgraded =
            matches!((&to, &named), (Some(to), Some(named)) if to.secure && !named.secure && to.host == named.host);
        if to.is_none() || (to != named && !upgraded) {
            return Ok(None);
        }
        if to.is_some_and(|to| !to.secure && !SERVERS_OF_THIS_MACHINE.contains(&to.host.as_str())) {
            return Err(FetchCause::ClearText);
        }
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Ok(Some(format!("Basic {text}")))
    }

    /// Asks until an answer comes that is neither a redirect nor a question for credentials.
    fn ask(&mut self, url: &str, base: &str, headers: &[(String, String)]) -> Result<Response<Body>, FetchCause> {
        let tail = url.strip_prefix(base).unwrap_or_default().to_owned();
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let call = self.call(&url, headers)?;
            let authorized = call.headers.iter().any(|(name, _)| name == "Authorization");
            let response = call.get()?;
            if response.status().is_redirection() {
                url = redirected(&response, &url, &tail)?;
                self.base = url.strip_suffix(tail.as_str()).map(String::from);
            } else if response.status() == StatusCode::UNAUTHORIZED && !self.asked && self.line.account.is_some() {
                self.asked = true;
            } else {
                return accepted(response, authorized);
            }
        }
        Err(FetchCause::Redirect(shown(&url)))
    }
}

impl Http for Client {
    type Headers = BufReader<Headers>;
    type ResponseBody = BufReader<Answer>;
    type PostBody = Upload;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Self::Headers, Self::ResponseBody>> {
        let response = self.ask(url, base_url, &parted(headers));
        let response = response.map_err(|cause| self.line.note(cause).raise())?;
        let state = Arc::new(Mutex::new(State::running(response)));
        Ok(GetResponse { headers: Headers::of(&state, &self.line), body: Answer::of(&state, &self.line) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Self::Headers, Self::ResponseBody, Self::PostBody>> {
        let call = self.call(url, &parted(headers));
        let call = call.map_err(|cause| self.line.note(cause).raise())?;
        let state = Arc::new(Mutex::new(State::Waiting(call, Vec::new())));
        Ok(PostResponse {
            post_body: Upload(Arc::clone(&state)),
            headers: Headers::of(&state, &self.line),
            body: Answer::of(&state, &self.line),
        })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.base.clone()
    }
}

/// Where a request stands. It is sent when its answer is first read, as only then all of it is known.
enum State {
    Waiting(Call, Vec<u8>),
    Running(HeaderLines, Content),
    Failed,
}

type Shared = Arc<Mutex<State>>;
type HeaderLines = std::io::Cursor<Vec<u8>>;
type Content = Box<dyn Read + Send>;

impl State {
    fn running(response: Response<Body>) -> Self {
        let mut lines = Vec::new();
        for (name, value) in response.headers() {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        State::Running(std::io::Cursor::new(lines), Box::new(response.into_body().into_reader()))
    }

    /// The headers and the body of the answer, for which the request is sent if it was not.
    fn answer(&mut self, line: &Line) -> std::io::Result<(&mut HeaderLines, &mut Content)> {
        if let State::Waiting(call, body) = self {
            let response = call.post(body).and_then(|response| accepted(response, true));
            match response {
                Ok(response) => *self = State::running(response),
                Err(cause) => {
                    *self = State::Failed;
                    return Err(std::io::Error::other(line.note(cause).to_string()));
                }
            }
        }
        match self {
            State::Running(headers, body) => Ok((headers, body)),
            State::Waiting(..) | State::Failed => Err(std::io::Error::other("the request failed")),
        }
    }
}

/// The headers of an answer, a line each.
struct Headers(Shared, Arc<Line>);

impl Headers {
    fn of(state: &Shared, line: &Arc<Line>) -> BufReader<Self> {
        BufReader::new(Headers(Arc::clone(state), Arc::clone(line)))
    }
}

impl Read for Headers {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer(&self.1)?.0.read(buffer)
    }
}

/// The body of an answer.
struct Answer(Shared, Arc<Line>);

impl Answer {
    fn of(state: &Shared, line: &Arc<Line>) -> BufReader<Self> {
        BufReader::with_capacity(32 << 10, Answer(Arc::clone(state), Arc::clone(line)))
    }
}

impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = state.answer(&self.1)?.1.read(buffer).map_err(|error| {
            let cause = self.1.note(cause::of(error.into(), &self.1));
            std::io::Error::other(cause.to_string())
        })?;
        self.1.count(length).map_err(|cause| std::io::Error::other(cause.to_string()))?;
        Ok(length)
    }
}

/// The body of a request, gathered until it is sent.
struct Upload(Shared);

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Waiting(_, body) => body.extend_from_slice(bytes),
            State::Running(..) | State::Failed => return Err(std::io::Error::other("the request was sent")),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The server of a URL.
#[derive(Debug, PartialEq, Eq)]
struct Server {
    host: String,
    secure: bool,
    port: String,
}

fn server(url: &str) -> Option<Server> {
    let location = RepoLocation::parse(url.split('?').next().unwrap_or_default()).ok()?;
    let Place::Http(web) = location.place() else { return None };
    let authority = web.url.split("://").nth(1)?.split('/').next()?;
    let default = if web.secure { ":443" } else { ":80" };
    let port = authority.strip_prefix(web.host.as_str()).filter(|port| !port.is_empty()).unwrap_or(default);
    Some(Server { host: web.host.clone(), secure: web.secure, port: port.to_owned() })
}

/// Where a redirect leads: to the same request below another address, and not from https to http.
fn redirected(response: &Response<Body>, url: &str, tail: &str) -> Result<String, FetchCause> {
    let location = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let refused = || FetchCause::Redirect(address(location));
    let base = url.split('/').take(3).collect::<Vec<_>>().join("/");
    let target = if location.starts_with('/') && !location.starts_with("//") {
        format!("{base}{location}")
    } else {
        location.to_owned()
    };
    let place = target.strip_suffix(tail).filter(|place| !place.contains('@')).ok_or_else(refused)?;
    match (server(place), server(url.strip_suffix(tail).unwrap_or(url))) {
        (Some(to), Some(from)) if to.secure || !from.secure => Ok(target),
        _ => Err(refused()),
    }
}

/// A URL as it may be shown: without its account and without its query, either of which may hold what is secret.
fn address(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_at(url.find("//").map_or(0, |at| at + 2));
    let (server, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    shown(&format!("{scheme}{}{path}", server.rsplit('@').next().unwrap_or_default()))
}

/// An answer with success, or what its status means.
fn accepted(response: Response<Body>, authorized: bool) -> Result<Response<Body>, FetchCause> {
    match response.status().as_u16() {
        200 => Ok(response),
        401 if authorized => Err(FetchCause::CredentialsRefused),
        401 => Err(FetchCause::CredentialsWanted),
        403 => Err(FetchCause::Forbidden),
        404 | 410 => Err(FetchCause::NotFound),
        other => Err(FetchCause::Status(other)),
    }
}

/// Headers as gix gives them, `Name: value`.
fn parted(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<(String, String)> {
    let split = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    headers.into_iter().filter_map(|line| split(line.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_shown_without_secrets() {
        for (url, expected) in [
            ("https://u:p@sso.example/x?state=s", "https://sso.example/x"),
            ("https://u:p@x@sso.example:8443?state=a@b", "https://sso.example:8443"),
            ("https://sso.example/@x/y#token=s?z", "https://sso.example/@x/y"),
            ("//u:p@sso.example/x", "//sso.example/x"),
            ("/login/@me?next=/x", "/login/@me"),
            ("u:p@sso.example", "sso.example"),
            ("", ""),
        ] {
            assert_eq!(address(url), expected, "{url}");
        }
    }
}
