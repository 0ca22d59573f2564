//! The one way to the API server: every request has a time-out, and a budget of time for trying again. All requests of this
//! crate may be sent twice: reads, applies, deletions of a known UID, and writes that name the version that they replace.

mod helper;
mod link;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{Method, Request, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;

use crate::error::{ClusterError, Refusal};
use crate::reference::Reference;
use link::{Link, Open};

/// Time for one answer.
const ONE_ANSWER: Duration = Duration::from_secs(15);
/// Time for a request with all that it is tried again.
const PATIENCE: Duration = Duration::from_secs(45);
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Largest answer, in bytes: lists of inventories are the largest.
const LARGEST_ANSWER: usize = 256 << 20;

/// Which cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// A kubeconfig; none for `$KUBECONFIG`, else the usual file, else the account of the pod.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; none for the current one.
    pub context: Option<String>,
}

/// A cluster to speak to.
#[derive(Clone)]
pub struct Cluster {
    link: Arc<Link>,
    counts: Arc<Counters>,
    /// Of those, what went this way.
    own: Arc<Counters>,
    /// Who reads a long list.
    turn: Arc<tokio::sync::Mutex<()>>,
    patience: Duration,
    one_answer: Duration,
}

#[derive(Default)]
struct Counters {
    reads: AtomicU64,
    dry_runs: AtomicU64,
    writes: AtomicU64,
}

/// Requests that were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// That read.
    pub reads: u64,
    /// That asked what a write would do.
    pub dry_runs: u64,
    /// That wrote.
    pub writes: u64,
}

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) body: &'a [u8],
    pub(crate) dry_run: bool,
    /// `read Deployment.apps shop/cart`.
    pub(crate) what: String,
    /// The object that it is about, if it is about one: of a Secret no value is told.
    pub(crate) about: Option<&'a Reference>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: String, what: String) -> Self {
        let json = "application/json";
        Self { method, path, content_type: json, accept: json, body: &[], dry_run: false, what, about: None }
    }

    pub(crate) fn body(self, content_type: &'static str, body: &'a [u8]) -> Self {
        Self { content_type, body, ..self }
    }

    pub(crate) fn about(self, reference: &'a Reference) -> Self {
        Self { about: Some(reference), ..self }
    }
}

impl Cluster {
    /// Gets ready to speak to a cluster. Nothing is sent yet, and nobody is asked for credentials.
    ///
    /// # Errors
    /// Where the kubeconfig cannot be read or does not say what is needed.
    pub async fn connect(destination: &Destination) -> Result<Self, ClusterError> {
        let link = Arc::new(Link::new(destination).await?);
        let (counts, own, turn) = (Arc::default(), Arc::default(), Arc::default());
        Ok(Self { link, counts, own, turn, patience: PATIENCE, one_answer: ONE_ANSWER })
    }

    /// The same cluster with less or more patience: how long one answer may take, and how long a request is tried.
    #[must_use]
    pub fn with_patience(self, one_answer: Duration, patience: Duration) -> Self {
        Self { one_answer, patience, ..self }
    }

    /// The same cluster for a work whose requests are counted by themselves too: see [`Self::own_counts`].
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { own: Arc::default(), ..self.clone() }
    }

    /// Its address.
    #[must_use]
    pub fn server(&self) -> String {
        self.link.server().to_string()
    }

    /// Requests that were sent to it until now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.now()
    }

    /// Requests that were sent by this one and its clones since it was set [apart](Self::apart).
    #[must_use]
    pub fn own_counts(&self) -> Counts {
        self.own.now()
    }

    /// Waits until nobody else reads a long list of this cluster.
    pub(crate) async fn list_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Sends a request, again and again while the cause may pass, and gives the body of the answer.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Vec<u8>, ClusterError> {
        let started = Instant::now();
        let (mut pause, mut repeated) = (Duration::from_millis(100), false);
        loop {
            let open = self.link.open(self.patience).await?;
            let (cause, wished) = match self.once(&open, call, repeated).await {
                Ok(Answer::Done(body)) => return Ok(body),
                Ok(Answer::Passing { cause, wished }) => (cause, wished),
                Err(error) => {
                    // Others may be known by now.
                    let is_late = started.elapsed() >= self.patience;
                    if error.has_code(401) && !is_late && self.link.forget(&open).await {
                        continue;
                    }
                    return Err(error);
                }
            };
            repeated = true;
            let wait = wished.unwrap_or(pause).min(LONGEST_PAUSE);
            let left = self.patience.saturating_sub(started.elapsed());
            if left.is_zero() {
                // The address and what vouches for it may be others by now.
                self.link.forget(&open).await;
                let (server, what) = (self.server(), call.what.clone());
                let (tried, has_written) = (started.elapsed(), self.own_counts().writes > 0);
                return Err(ClusterError::Unreachable { server, what, cause, tried, has_written });
            }
            // The last try is at the end of the time, however long the pauses have become.
            tokio::time::sleep(wait.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&self, open: &Open, call: &Call<'_>, repeated: bool) -> Result<Answer, ClusterError> {
        let garbled = |cause: String| ClusterError::Garbled { server: self.server(), what: call.what.clone(), cause };
        let mut request =
            Request::builder().method(call.method.clone()).uri(&call.path).header(header::ACCEPT, call.accept);
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, call.content_type);
        }
        let request = request.body(Body::from(call.body.to_vec())).map_err(|error| garbled(error.to_string()))?;
        self.count(call);
        let sent = tokio::time::timeout(self.one_answer, async {
            let response = open.client.clone().send(request).await.map_err(|error| open.words(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|error| error.to_string())?;
            Ok::<_, String>((head, body.to_bytes()))
        });
        let (head, body) = match sent.await {
            Err(_) => {
                let cause = format!("an answer takes longer than {} s", self.one_answer.as_secs());
                return Ok(Answer::Passing { cause, wished: None });
            }
            Ok(Err(cause)) => return Ok(Answer::Passing { cause, wished: None }),
            Ok(Ok(answer)) => answer,
        };
        if head.status.is_success() {
            return Ok(Answer::Done(Vec::from(body)));
        }
        let refusal = Refusal::read(head.status.as_u16(), &body);
        let may_pass = passes(&refusal);
        let refusal = match call.about {
            Some(reference) => refusal.about(reference),
            None => refusal,
        };
        if may_pass {
            let after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Ok(Answer::Passing { cause: refusal.message, wished: after.map(Duration::from_secs) });
        }
        Err(ClusterError::Refused { what: call.what.clone(), refusal: Refusal { repeated, ..refusal } })
    }

    fn count(&self, call: &Call<'_>) {
        for counts in [&self.counts, &self.own] {
            let counter = match (call.method == Method::GET, call.dry_run) {
                (true, _) => &counts.reads,
                (false, true) => &counts.dry_runs,
                (false, false) => &counts.writes,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Counters {
    fn now(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts { reads: of(&self.reads), dry_runs: of(&self.dry_runs), writes: of(&self.writes) }
    }
}

enum Answer {
    Done(Vec<u8>),
    /// What may be different the next time, and when the server would like to be asked again.
    Passing {
        cause: String,
        wished: Option<Duration>,
    },
}

/// Whether trying again may help. A webhook that cannot be reached answers with 500, and so do etcd's outages.
fn passes(refusal: &Refusal) -> bool {
    let outage = ["etcdserver", "context deadline exceeded", "leader changed", "connection refused"];
    match refusal.code {
        429 | 502 | 503 | 504 => true,
        500 => !refusal.message.contains("webhook") && outage.iter().any(|words| refusal.message.contains(words)),
        _ => false,
    }
}
