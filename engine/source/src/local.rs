//! Repositories of this machine: finding and opening them, and what a revision means there.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;

use crate::checkout::Checkout;
use crate::commit::{Commit, parse};
use crate::deadline::Deadline;
use crate::error::SourceError;
use crate::objects::{Fault, Objects, condemned, object};
use crate::request::Request;
use crate::signature;
use crate::words::{chain, shown};

mod revision;

#[cfg(feature = "fetch")]
pub(crate) use revision::near;

/// The largest commit or tag.
const LARGEST: u64 = 16 << 20;
/// The least that an object may take in memory while it is read: what a small file is a difference to can be larger.
const LEAST_ALLOCATION: u64 = 128 << 20;

/// The tree of a revision of the repository that holds `folder`.
pub(crate) fn checkout(folder: &Path, request: &Request) -> Result<Checkout, SourceError> {
    let deadline = Deadline::after(request.timeout);
    let shared = discover(folder, request)?;
    let id = revision::commit(&shared.to_thread_local(), &request.revision, &request.repo.to_string())?;
    let prefix = prefix(&shared, folder);
    from_objects(shared, id, request, deadline, Kept { prefix, folder: None, mark: None })
}

/// What goes with the objects of a repository.
pub(crate) struct Kept {
    pub(crate) prefix: String,
    /// A repository that exists for the checkout only.
    pub(crate) folder: Option<tempfile::TempDir>,
    /// For a repository that we keep: the file that says that it has to be made anew.
    pub(crate) mark: Option<PathBuf>,
}

/// The tree of a commit whose objects are in `shared`, signed as the request demands.
pub(crate) fn from_objects(
    shared: gix::ThreadSafeRepository,
    id: ObjectId,
    request: &Request,
    deadline: Deadline,
    kept: Kept,
) -> Result<Checkout, SourceError> {
    let repo = shared.to_thread_local();
    let corrupt = |cause: String, cache: Option<String>| SourceError::Corrupt {
        repo: request.repo.to_string(),
        id: id.to_string(),
        cause,
        cache,
    };
    let bytes = object(&repo, id, Kind::Commit, LARGEST).map_err(|fault| {
        let cache = condemned(kept.mark.as_deref(), &fault);
        corrupt(words(fault), cache)
    })?;
    let mut parsed = parse(id, &bytes).map_err(|cause| corrupt(format!("damaged: {cause}"), None))?;
    signature::demand(&request.signatures, &mut parsed.commit, &bytes, deadline)
        .map_err(|cause| SourceError::Signature { commit: id.to_string(), cause })?;
    let objects = Objects::new(shared, parsed.tree, kept.folder, kept.mark);
    Ok(Checkout::new(Box::new(objects), Some(parsed.commit), kept.prefix, request.limits))
}

/// The best common ancestor of two revisions of a repository of this machine, named by `request`, whose own revision does
/// not matter.
pub fn merge_base(request: &Request, one: &str, two: &str) -> Result<Commit, SourceError> {
    let name = request.repo.to_string();
    let Some(folder) = request.repo.folder() else {
        return Err(SourceError::NotLocal { repo: name });
    };
    let repo = discover(folder, request)?.to_thread_local();
    let ids = [revision::commit(&repo, one, &name)?, revision::commit(&repo, two, &name)?];
    let [first, second] = ids;
    let broken = |error: gix::Error| SourceError::Corrupt {
        repo: name.clone(),
        id: first.to_string(),
        cause: format!("without a whole history: {}", chain(&error)),
        cache: None,
    };
    let Some(base) = repo.merge_base(first, second).map_err(broken)? else {
        let (one, two) = (shown(one), shown(two));
        return Err(SourceError::NoMergeBase { repo: name, one, two, shallow: is_shallow(&repo) });
    };
    let id = base.detach();
    let corrupt = |cause: String| SourceError::Corrupt { repo: name.clone(), id: id.to_string(), cause, cache: None };
    let bytes = object(&repo, id, Kind::Commit, LARGEST).map_err(|fault| corrupt(words(fault)))?;
    parse(id, &bytes).map(|parsed| parsed.commit).map_err(|cause| corrupt(format!("damaged: {cause}")))
}

/// Whether only a part of the history is there; what cannot be told counts as no.
pub(crate) fn is_shallow(repo: &gix::Repository) -> bool {
    repo.is_shallow().unwrap_or(false)
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::TooLarge(size) => format!("{size} bytes long, more than is read"),
        Fault::Corrupt(cause) => cause,
    }
}

/// The repository within which `folder` lies, or that it is.
fn discover(folder: &Path, request: &Request) -> Result<gix::ThreadSafeRepository, SourceError> {
    around(folder, request.limits.file)
}

/// As [`discover`], for a limit of files.
pub(crate) fn around(folder: &Path, largest_file: u64) -> Result<gix::ThreadSafeRepository, SourceError> {
    let fails = |cause: String| SourceError::Repository { path: shown(&folder.to_string_lossy()), cause };
    if !folder.is_dir() {
        return Err(fails("it is not a folder".to_owned()));
    }
    // A search upwards from `../shop.git` would begin with the folders that `..` stands for.
    let whole = folder.canonicalize().map_err(|error| fails(error.to_string()))?;
    let options = gix::discover::upwards::Options {
        trust: gix::discover::upwards::TrustPolicy::Assume(gix::sec::Trust::Reduced),
        ..Default::default()
    };
    let open = open_options(largest_file);
    let open = gix::sec::trust::Mapping { full: open.clone(), reduced: open };
    gix::ThreadSafeRepository::discover_opts(whole, options, open).map_err(|error| fails(chain(&error)))
}

/// The largest object that is unpacked in memory, for a limit of files.
pub(crate) fn largest_object(largest_file: u64) -> u64 {
    largest_file.max(LEAST_ALLOCATION)
}

/// How every repository is opened: as one that a stranger made. Its configuration says how it is stored and nothing else;
/// no other configuration and no variable counts, and replacement objects do not stand in for those that ids name.
pub(crate) fn open_options(largest_file: u64) -> gix::open::Options {
    let most = largest_object(largest_file);
    gix::open::Options::isolated()
        .with(gix::sec::Trust::Reduced)
        .filter_config_section(|section| section.source == gix::config::Source::Api)
        .config_overrides(["core.useReplaceRefs=false".to_owned(), format!("gitoxide.objects.allocLimit={most}")])
}

/// Where `folder` lies below the root of the work tree; the root itself where that is within Git's own folder.
fn prefix(shared: &gix::ThreadSafeRepository, folder: &Path) -> String {
    let root = shared.work_dir().and_then(|root| root.canonicalize().ok());
    let folder = folder.canonicalize().ok();
    let below = root.zip(folder).and_then(|(root, folder)| folder.strip_prefix(root).ok().map(Path::to_path_buf));
    let below = below.filter(|below| !below.iter().any(|part| part == ".git"));
    below.and_then(|below| below.into_os_string().into_string().ok()).unwrap_or_default()
}
