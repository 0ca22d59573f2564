//! The link to an API server: who it is, and a client with credentials that still hold. Credentials come from a kubeconfig or
//! the account of a pod, and are read anew when they run out, when the server does not accept them, and after an outage.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::sync::Mutex;

use super::Destination;
use super::helper::{self, Credentials};
use crate::error::ClusterError;

/// Credentials are not asked for again sooner than this, however often they are refused.
const PAUSE: Duration = Duration::from_secs(5);
/// How long before their end credentials are renewed, unless they hold no longer than twice that.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// One cluster, and the client for it that was made last.
pub(super) struct Link {
    from: From,
    server: std::sync::Mutex<Arc<str>>,
    state: Mutex<State>,
}

/// Where the address and the credentials are read from. The context is named, so that a person who chooses another one in
/// the file does not lead a run to another cluster.
enum From {
    File { destination: Destination, context: String },
    Pod,
}

#[derive(Default)]
struct State {
    /// What was read and is not yet used.
    config: Option<Config>,
    open: Option<Open>,
    /// Why there is no client: those who have waited for the same answer get it too.
    failed: Option<(Instant, ClusterError)>,
}

/// A client with its credentials.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) client: Client,
    /// What no message may hold: accounts that are written into addresses.
    hidden: Arc<[String]>,
    since: Instant,
    /// From when on its credentials have to be renewed.
    renew: Option<Timestamp>,
}

impl Open {
    /// The words of an error, without accounts.
    pub(super) fn words(&self, error: &dyn std::error::Error) -> String {
        without(&self.hidden, words(error))
    }

    fn holds(&self) -> bool {
        self.since.elapsed() < PAUSE || self.renew.is_none_or(|renew| Timestamp::now() < renew)
    }
}

impl Link {
    /// Reads where the server is. Nothing is sent, and no helper is run.
    pub(super) async fn new(destination: &Destination) -> Result<Self, ClusterError> {
        let (from, config) = From::find(destination).await?;
        let server = std::sync::Mutex::new(address(&config));
        Ok(Self { from, server, state: Mutex::new(State { config: Some(config), ..State::default() }) })
    }

    pub(super) fn server(&self) -> Arc<str> {
        Arc::clone(&self.server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A client whose credentials hold. A helper has as much time as is given, and runs once for all who wait.
    pub(super) async fn open(&self, patience: Duration) -> Result<Open, ClusterError> {
        let mut state = self.state.lock().await;
        if let Some(open) = state.open.as_ref().filter(|open| open.holds()) {
            return Ok(open.clone());
        }
        state.open = None;
        if let Some((_, error)) = state.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(error.clone());
        }
        let config = state.config.take();
        match self.made(config, patience).await {
            Ok(open) => {
                (state.open, state.failed) = (Some(open.clone()), None);
                Ok(open)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Forgets a client that the server does not accept or does not answer, unless it has only just been made. Says whether
    /// the next one is another.
    pub(super) async fn forget(&self, refused: &Open) -> bool {
        let mut state = self.state.lock().await;
        let Some(open) = &state.open else { return true };
        let is_another = open.since != refused.since;
        let is_old = open.since.elapsed() >= PAUSE;
        if !is_another && is_old {
            state.open = None;
        }
        is_another || is_old
    }

    async fn made(&self, config: Option<Config>, patience: Duration) -> Result<Open, ClusterError> {
        let mut config = match config {
            Some(config) => config,
            None => self.from.read().await?,
        };
        let server = address(&config);
        config.proxy_url = config.proxy_url.map(|proxy| with_scheme(&proxy));
        let hidden: Arc<[String]> =
            [Some(&config.cluster_url), config.proxy_url.as_ref()].into_iter().flatten().filter_map(account).collect();
        let fails =
            |message: String| ClusterError::Login { server: server.to_string(), message: without(&hidden, message) };
        let mut renew = None;
        if let Some(exec) = config.auth_info.exec.take()
            && !has_credentials(&config)
        {
            let Credentials { token, pair, until } = helper::ask(&exec, patience).await.map_err(fails)?;
            config.auth_info.token = token.map(Into::into);
            if let Some((certificate, key)) = pair {
                config.auth_info.client_certificate_data = Some(BASE64.encode(certificate.as_bytes()));
                config.auth_info.client_key_data = Some(BASE64.encode(key.as_bytes()).into());
            }
            renew = until.map(renewal);
        }
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&server);
        config.default_retry = false;
        config.connect_timeout = Some(Duration::from_secs(5));
        // Older ways to log in run a program too, and certificates are read from files.
        let made = tokio::task::spawn_blocking(move || Client::try_from(config));
        match tokio::time::timeout(patience, made).await {
            Ok(Ok(Ok(client))) => Ok(Open { client, hidden: Arc::clone(&hidden), since: Instant::now(), renew }),
            Ok(Ok(Err(error))) => Err(fails(words(&error))),
            Ok(Err(_)) | Err(_) => Err(fails(format!("the credentials cannot be had within {} s", patience.as_secs()))),
        }
    }
}

/// Why there is no kubeconfig.
struct Unread {
    message: String,
    /// Whether nobody names one, and there is none at its usual place: then the account of a pod counts. One that is broken
    /// was meant for a cluster, and that is not the one that the pod happens to run in.
    is_absent: bool,
}

impl From {
    async fn find(destination: &Destination) -> Result<(Self, Config), ClusterError> {
        let absent = match Self::kubeconfig(destination) {
            Ok((kubeconfig, context)) => {
                let from = Self::File { destination: destination.clone(), context };
                return from.chosen(kubeconfig).await.map(|config| (from, config)).map_err(unknown);
            }
            Err(Unread { message, is_absent: true }) if destination.context.is_none() => message,
            Err(Unread { message, .. }) => return Err(unknown(message)),
        };
        match Config::incluster() {
            Ok(config) => Ok((Self::Pod, config)),
            Err(error) => Err(unknown(format!("{absent}; and this is no pod of a cluster: {error}"))),
        }
    }

    /// What the files say, and the context that counts.
    fn kubeconfig(destination: &Destination) -> Result<(Kubeconfig, String), Unread> {
        let broken = |message: String| Unread { message, is_absent: false };
        let kubeconfig = match &destination.kubeconfig {
            Some(file) => Kubeconfig::read_from(file)
                .map_err(|error| broken(format!("`{}`: {}", file.display(), words(&error))))?,
            None => Kubeconfig::read().map_err(|error| {
                let is_absent = is_absent(&error, std::env::var_os("KUBECONFIG").as_deref());
                Unread { message: words(&error), is_absent }
            })?,
        };
        let context = destination.context.clone().or_else(|| kubeconfig.current_context.clone());
        let context = context.ok_or_else(|| broken(String::from("the kubeconfig names no current context")))?;
        let names: Vec<_> = kubeconfig.contexts.iter().map(|known| format!("`{}`", known.name)).collect();
        if !names.contains(&format!("`{context}`")) {
            let there = if names.is_empty() { String::from("none") } else { names.join(", ") };
            return Err(broken(format!("the kubeconfig has no context `{context}`; it has {there}")));
        }
        Ok((kubeconfig, context))
    }

    async fn chosen(&self, kubeconfig: Kubeconfig) -> Result<Config, String> {
        let context = match self {
            Self::File { context, .. } => Some(context.clone()),
            Self::Pod => None,
        };
        let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| words(&error))
    }

    async fn read(&self) -> Result<Config, ClusterError> {
        match self {
            Self::File { destination, .. } => {
                let (kubeconfig, _) = Self::kubeconfig(destination).map_err(|unread| unknown(unread.message))?;
                self.chosen(kubeconfig).await.map_err(unknown)
            }
            Self::Pod => Config::incluster().map_err(|error| unknown(error.to_string())),
        }
    }
}

/// Whether there is no kubeconfig at all, `named` being what `$KUBECONFIG` says.
fn is_absent(error: &KubeconfigError, named: Option<&OsStr>) -> bool {
    let is_named = named.is_some_and(|named| std::env::split_paths(named).any(|path| !path.as_os_str().is_empty()));
    let is_missing = |error: &std::io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    let is_nowhere = matches!(error, KubeconfigError::FindPath)
        || matches!(error, KubeconfigError::ReadConfig(error, _) if is_missing(error));
    is_nowhere && !is_named
}

fn unknown(message: String) -> ClusterError {
    ClusterError::Config { message }
}

fn address(config: &Config) -> Arc<str> {
    let hidden: Vec<String> = account(&config.cluster_url).into_iter().collect();
    without(&hidden, config.cluster_url.to_string()).trim_end_matches('/').into()
}

/// The account that is written into an address, with its `@`: `user:password@`.
fn account(address: &Uri) -> Option<String> {
    let (account, _) = address.authority()?.as_str().rsplit_once('@')?;
    Some(format!("{account}@"))
}

/// Words without any of these.
fn without(hidden: &[String], words: String) -> String {
    hidden.iter().fold(words, |words, hidden| words.replace(hidden.as_str(), ""))
}

/// An address of a proxy as `curl` and `kubectl` take it: `proxy:3128` speaks HTTP.
fn with_scheme(proxy: &Uri) -> Uri {
    if proxy.scheme().is_some() {
        return proxy.clone();
    }
    format!("http://{proxy}").parse().unwrap_or_else(|_| proxy.clone())
}

/// Whether there are credentials that go before those of a helper.
fn has_credentials(config: &Config) -> bool {
    let auth = &config.auth_info;
    let has_password = auth.username.is_some() && auth.password.is_some();
    auth.auth_provider.is_some() || has_password || auth.token.is_some() || auth.token_file.is_some()
}

/// When credentials are renewed that hold until then.
fn renewal(until: Timestamp) -> Timestamp {
    let half = until.duration_since(Timestamp::now()) / 2;
    until.checked_sub(half.clamp(SignedDuration::ZERO, EARLY)).unwrap_or(until)
}

/// An error with all of its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words.push_str(": ");
            words.push_str(&cause_words);
        }
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_in_addresses_are_told_to_nobody() {
        let of = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(account(&of("https://admin:s3cret@127.0.0.1:6443/")).as_deref(), Some("admin:s3cret@"));
        assert_eq!(account(&of("https://127.0.0.1:6443")), None);
        let proxy = with_scheme(&of("user:s3cret@127.0.0.1:3128"));
        assert_eq!(proxy, of("http://user:s3cret@127.0.0.1:3128"));
        assert_eq!(with_scheme(&of("socks5://proxy:1080")), of("socks5://proxy:1080"));
        let hidden: Vec<String> = account(&proxy).into_iter().collect();
        let words = format!("configured proxy {proxy} uses an unsupported protocol");
        assert_eq!(without(&hidden, words), "configured proxy http://127.0.0.1:3128/ uses an unsupported protocol");
        assert_eq!(*address(&Config::new(of("https://admin:s3cret@127.0.0.1:6443/"))), *"https://127.0.0.1:6443");
    }

    #[test]
    fn a_kubeconfig_that_is_named_is_never_absent() {
        let read = |kind: ErrorKind| KubeconfigError::ReadConfig(kind.into(), "config".into());
        let names = |name: &'static str| Some(OsStr::new(name));
        for unnamed in [None, names(""), names(":")] {
            assert!(is_absent(&read(ErrorKind::NotFound), unnamed), "{unnamed:?}");
            assert!(is_absent(&KubeconfigError::FindPath, unnamed), "{unnamed:?}");
            assert!(!is_absent(&read(ErrorKind::PermissionDenied), unnamed), "{unnamed:?}");
            assert!(!is_absent(&KubeconfigError::CurrentContextNotSet, unnamed), "{unnamed:?}");
        }
        assert!(!is_absent(&read(ErrorKind::NotFound), names("production")));
    }
}
