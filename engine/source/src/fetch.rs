//! Revisions of other machines: fetched without their history into a bare repository, and used only once the whole tree of
//! the commit is there.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gix::ObjectId;
use gix::protocol::handshake::Ref;
use gix::remote::{Direction, fetch::Shallow, fetch::Tags, ref_map};
use gix_transport::client::blocking_io::Transport;

use crate::checkout::Checkout;
use crate::deadline::Deadline;
use crate::error::{FetchCause, SourceError};
use crate::local::{from_objects, is_shallow, largest_object};
use crate::location::Place;
use crate::request::Request;
use crate::words::{chain, shown};

mod cache;
mod complete;
mod http;
mod line;
mod names;
mod ssh;
mod watchdog;

use cache::Cache;
use line::Line;
use names::{Choice, Wanted};
use watchdog::Watchdog;

/// What gix takes for the URL: the transports made here know the real one, which it need not see.
const NOWHERE: &str = "ssh://repository.invalid/x";

/// What gix says of a server that cannot leave the history out.
const NO_SHALLOW: &str = "\"shallow\"";

/// The tree of a revision of a repository on another machine.
pub(crate) fn checkout(request: &Request) -> Result<Checkout, SourceError> {
    let deadline = Deadline::after(request.timeout);
    let wanted = Wanted::parse(&request.revision, &request.repo)?;
    let mut cache = Cache::open(request, deadline)?;
    let held = match &wanted {
        Wanted::Id(id) => cache.holding(*id)?.map(|shared| (shared, *id)),
        Wanted::Head | Wanted::Full(_) | Wanted::Name(_) => None,
    };
    let (shared, id) = match held {
        Some(held) => held,
        None => {
            let id = Fetch::new(request, deadline)?.run(&mut cache, wanted)?;
            (cache.repository()?, id)
        }
    };
    let kept = cache.into_kept(&shared);
    from_objects(shared, id, request, deadline, kept)
}

/// One fetch, which may take several connections.
struct Fetch<'r> {
    request: &'r Request,
    deadline: Deadline,
    line: Arc<Line>,
}

/// A connection, and what may have to be ended by force.
struct Connected {
    transport: Box<dyn Transport + Send>,
    ssh: Option<ssh::Running>,
}

/// How much of the history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    One,
    Whole,
}

impl<'r> Fetch<'r> {
    fn new(request: &'r Request, deadline: Deadline) -> Result<Self, SourceError> {
        let account = request.repo.account(&request.auth)?;
        let line = Arc::new(Line::new(deadline, request.limits.transfer, account));
        Ok(Fetch { request, deadline, line })
    }

    /// Brings the commit into the cache.
    fn run(&self, cache: &mut Cache, wanted: Wanted) -> Result<ObjectId, SourceError> {
        cache.turn()?;
        match self.whole(cache, &wanted) {
            Ok(id) => cache.keep(id).map(|()| id),
            Err(error) => {
                clear_up(cache, &error);
                Err(error)
            }
        }
    }

    /// Fetches a commit with all of its tree.
    fn whole(&self, cache: &mut Cache, wanted: &Wanted) -> Result<ObjectId, SourceError> {
        let id = match self.receive(cache, wanted, Depth::One) {
            // A server that knows no shallow fetch gives the whole history.
            Err(SourceError::Fetch { cause: FetchCause::Protocol(words), .. }) if words.contains(NO_SHALLOW) => {
                // To what was left without its history it could not be added.
                if is_shallow(&cache.repository()?.to_thread_local()) {
                    cache.start_anew()?;
                }
                self.receive(cache, wanted, Depth::Whole)?
            }
            other => other?,
        };
        let repo = cache.repository()?.to_thread_local();
        complete::commit(&repo, id).map_err(|cause| self.fails(FetchCause::Incomplete(cause)))
    }

    /// Fetches what the revision stands for, and says what it is.
    fn receive(&self, cache: &mut Cache, wanted: &Wanted, depth: Depth) -> Result<ObjectId, SourceError> {
        let repo = cache.repository()?.to_thread_local();
        let connected = self.connect()?;
        let (guard, ssh) = self.guard(connected.ssh);
        let interrupt = guard.interrupt();
        let fails = |error: gix::Error| self.explain(&error, ssh.as_ref(), wanted, cache);

        let specs = wanted.specs();
        let remote = repo.remote_at(NOWHERE).map_err(fails)?;
        let remote = remote.with_refspecs(specs.iter().map(String::as_str), Direction::Fetch).map_err(fails)?;
        let remote = remote.with_fetch_tags(Tags::None);
        let connection = remote
            .to_connection_with_transport(connected.transport)
            .with_credentials(|_| Ok(None))
            .with_transport_options(Box::new(()));
        let prepared = connection.prepare_fetch(gix::progress::Discard, ref_map::Options::default()).map_err(fails)?;

        let map = prepared.ref_map();
        let id = match names::choose(wanted, &map.mappings) {
            Choice::Commit(id) => id,
            Choice::Ambiguous(meanings) => return Err(self.ambiguous(meanings)),
            Choice::Nothing => {
                drop(prepared);
                return self.by_listing(cache, wanted, depth);
            }
        };
        let shallow = match depth {
            Depth::One => Shallow::DepthAtRemote(std::num::NonZeroU32::MIN),
            Depth::Whole => Shallow::NoChange,
        };
        cache.begin()?;
        let received = prepared.with_shallow(shallow).receive(gix::progress::Discard, &interrupt);
        received.map(|_| id).map_err(|error| received_badly(self.explain(&error, ssh.as_ref(), wanted, cache)))
    }

    /// For a name that the server does not know: the start of the id of a branch or tag, or an error with near names.
    fn by_listing(&self, cache: &mut Cache, wanted: &Wanted, depth: Depth) -> Result<ObjectId, SourceError> {
        let refs = self.list(cache, wanted)?;
        match names::by_prefix(wanted, &refs) {
            Choice::Commit(id) => self.receive(cache, &Wanted::Id(id), depth),
            Choice::Ambiguous(meanings) => Err(self.ambiguous(meanings)),
            Choice::Nothing => Err(SourceError::UnknownRevision {
                revision: shown(&self.request.revision),
                repo: self.request.repo.to_string(),
                near: names::near(&self.request.revision, &refs),
                shallow: false,
            }),
        }
    }

    /// Every branch and tag of the server.
    fn list(&self, cache: &Cache, wanted: &Wanted) -> Result<Vec<Ref>, SourceError> {
        let repo = cache.repository()?.to_thread_local();
        let connected = self.connect()?;
        let (_guard, ssh) = self.guard(connected.ssh);
        let fails = |error: gix::Error| self.explain(&error, ssh.as_ref(), wanted, cache);
        let remote = repo.remote_at(NOWHERE).map_err(fails)?;
        let specs = ["refs/heads/*:refs/x/*", "refs/tags/*:refs/y/*"];
        let remote = remote.with_refspecs(specs, Direction::Fetch).map_err(fails)?.with_fetch_tags(Tags::None);
        let connection = remote
            .to_connection_with_transport(connected.transport)
            .with_credentials(|_| Ok(None))
            .with_transport_options(Box::new(()));
        let (map, _) = connection.ref_map(gix::progress::Discard, ref_map::Options::default()).map_err(fails)?;
        Ok(map.remote_refs)
    }

    fn connect(&self) -> Result<Connected, SourceError> {
        match self.request.repo.place() {
            Place::Http(web) => {
                let transport = http::connect(web, &self.line).map_err(|cause| self.fails(cause))?;
                Ok(Connected { transport, ssh: None })
            }
            Place::Ssh(shell) => {
                let command = self.request.auth.ssh_command.as_deref();
                let (transport, running) =
                    ssh::connect(shell, command, &self.line).map_err(|cause| self.fails(cause))?;
                Ok(Connected { transport, ssh: Some(running) })
            }
            Place::Local(_) => Err(self.fails(FetchCause::Protocol("it is a folder".to_owned()))),
        }
    }

    fn guard(&self, ssh: Option<ssh::Running>) -> (Watchdog, Option<ssh::Running>) {
        let child = ssh.as_ref().map(ssh::Running::child);
        (Watchdog::watch(self.deadline, child), ssh)
    }

    fn fails(&self, cause: FetchCause) -> SourceError {
        SourceError::Fetch { url: self.request.repo.to_string(), cause }
    }

    /// What an error of gix stands for: what was seen on the line says more than what gix makes of it.
    fn explain(&self, error: &gix::Error, ssh: Option<&ssh::Running>, wanted: &Wanted, cache: &Cache) -> SourceError {
        if let Some(full) = cache.full(error) {
            return full;
        }
        let words = self.line.masked(&chain(error));
        let seen = self.line.cause().or_else(|| ssh.and_then(|ssh| ssh.cause(&self.line)));
        self.fails(match (seen, wanted) {
            (Some(cause), _) => cause,
            (None, _) if self.deadline.is_over() => FetchCause::TimedOut(self.deadline.granted),
            (None, _) if words.contains("too large to fit in memory") => {
                FetchCause::TooLarge(largest_object(self.request.limits.file))
            }
            (None, Wanted::Id(id)) if words.contains("not our ref") || words.contains("no such remote ref") => {
                FetchCause::NotServed(id.to_string())
            }
            (None, _) => FetchCause::Protocol(words),
        })
    }

    fn ambiguous(&self, meanings: String) -> SourceError {
        let revision = shown(&self.request.revision);
        SourceError::AmbiguousRevision { revision, repo: self.request.repo.to_string(), meanings }
    }
}

/// Leaves the cache as it has to be after a fetch that failed: what is held stays held. Where objects are damaged or missing,
/// further ones go elsewhere, as the server would be told that they are here, and never send them. What cannot be cleared up
/// stays marked.
fn clear_up(cache: &mut Cache, error: &SourceError) {
    let cause = if let SourceError::Fetch { cause, .. } = error { Some(cause) } else { None };
    let is_bad = matches!(cause, Some(FetchCause::Damaged(_) | FetchCause::Incomplete(_)));
    let cleared = cache.end().and_then(|()| if is_bad { cache.start_anew() } else { Ok(()) });
    drop(cleared);
}

/// What an error comes to once objects come in: the server has spoken as a Git server until then, so it is what it sent
/// that is wrong.
fn received_badly(error: SourceError) -> SourceError {
    if let SourceError::Fetch { url, cause: FetchCause::Protocol(words) } = &error
        && !words.contains(NO_SHALLOW)
    {
        return SourceError::Fetch { url: url.clone(), cause: FetchCause::Damaged(words.clone()) };
    }
    error
}

/// Set when work has to stop.
type Interrupt = Arc<AtomicBool>;
