//! What can go wrong, in words: each error names the path or the place, the cause, and in its help what to do.

mod fault;
#[cfg(feature = "fetch")]
mod fetch;
mod signature;

pub use fault::PathFault;
#[cfg(feature = "fetch")]
pub use fetch::FetchCause;
pub use signature::SignatureError;

use crate::credentials::CredentialsError;
use crate::location::LocationError;
use crate::name::NameFault;

/// A path of a checkout that cannot be looked at or read. Paths are shown with control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is nothing.
    #[error("`{path}` does not exist in the checkout")]
    NotFound {
        /// The path that was asked for.
        path: String,
    },
    /// Something else than a folder stands where a folder is needed.
    #[error("`{path}` is not a folder")]
    NotAFolder {
        /// The path of what is no folder.
        path: String,
    },
    /// Something else than a file stands where a file is needed.
    #[error("`{path}` is not a file")]
    NotAFile {
        /// The path of what is no file.
        path: String,
    },
    /// An absolute path, or one with a backslash or NUL.
    #[error("`{path}` is not a path within a checkout")]
    BadPath {
        /// The path that was asked for.
        path: String,
    },
    /// A path leaves the checkout through `..`.
    #[error("`{path}` leaves the checkout")]
    Leaves {
        /// The path that was asked for.
        path: String,
    },
    /// A link leads out of the checkout.
    #[error("the link `{path}` leaves the checkout: it leads to `{target}`")]
    LinkLeaves {
        /// The path of the link.
        path: String,
        /// The text of the link.
        target: String,
    },
    /// Links lead to each other without end.
    #[error("the link `{path}` leads back to itself")]
    LinkLoop {
        /// The path of a link of the loop.
        path: String,
    },
    /// A link leads to nothing.
    #[error("the link `{path}` leads to `{target}`, which does not exist")]
    LinkBroken {
        /// The path of the link.
        path: String,
        /// The text of the link.
        target: String,
    },
    /// The text of a link is no path: not UTF-8, or too long.
    #[error("the link `{path}` does not hold a path")]
    BadLink {
        /// The path of the link.
        path: String,
    },
    /// The path reaches a submodule.
    #[error("`{path}` is a submodule, which is not part of the checkout")]
    Submodule {
        /// The path of the submodule.
        path: String,
        /// The id of the commit that it stands for.
        commit: String,
    },
    /// A name that some system takes for something else than a plain name.
    #[error("the name `{name}` in the folder `{folder}` {fault}")]
    BadName {
        /// The folder; `.` is the root.
        folder: String,
        /// The name, bytes that are not UTF-8 escaped.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A device, a socket, a pipe, or a kind of entry that Git does not know.
    #[error("`{path}` is neither a file, a folder nor a link")]
    OtherKind {
        /// Its path.
        path: String,
    },
    /// A file over the limit.
    #[error("`{path}` has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The path of the file.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The most that is read.
        limit: u64,
    },
    /// More files and folders than a listing may meet.
    #[error("there are more than {limit} files and folders below `{path}`")]
    TooMany {
        /// The folder; `.` is the root.
        path: String,
        /// The most that are listed.
        limit: usize,
    },
    /// Files and folders whose paths are together longer than a listing holds.
    #[error("the paths below `{path}` have more than {limit} bytes together")]
    TooLong {
        /// The folder; `.` is the root.
        path: String,
        /// How long they may be.
        limit: usize,
    },
    /// Folders within folders without end.
    #[error("the folders at `{path}` are nested too deeply")]
    TooDeep {
        /// The innermost folder that was reached.
        path: String,
    },
    /// All files that were read are together over the limit.
    #[error("with `{path}`, more than {limit} bytes of the checkout have been read")]
    TooMuch {
        /// The file that was to be read.
        path: String,
        /// The most that is read in all.
        limit: u64,
    },
    /// An object of Git that is missing, damaged, or not what its id says.
    #[error("`{path}` cannot be read from Git: the object {id} is {cause}{}", anew(.cache.as_deref()))]
    Corrupt {
        /// The path that it stands for.
        path: String,
        /// The id of the object.
        id: String,
        /// What is wrong with it.
        cause: String,
        /// What we keep of the repository, where the object lies in that.
        cache: Option<String>,
    },
    /// The operating system refuses.
    #[error("`{path}` cannot be read: {cause}")]
    Io {
        /// The path in the checkout.
        path: String,
        /// What the system says.
        cause: String,
    },
}

impl PathError {
    /// What to do about it, where that is not plain.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            PathError::BadPath { .. } | PathError::Leaves { .. } => {
                Some("write the path relative to the root of the checkout, with `/`, and within it")
            }
            PathError::LinkLeaves { .. } => Some("put what the link leads to into the repository, or remove the link"),
            PathError::LinkLoop { .. } | PathError::LinkBroken { .. } | PathError::BadLink { .. } => {
                Some("correct or remove the link")
            }
            PathError::Submodule { .. } => Some(
                "submodules are never fetched: name a path that does not hold it, or check the submodule's own repository",
            ),
            PathError::BadName { .. } => Some("rename it: such names mean different things on different systems"),
            PathError::OtherKind { .. } => Some("remove it, or name a path that does not hold it"),
            PathError::TooLarge { .. } => {
                Some("remove the file, name a path that does not hold it, or raise the limit")
            }
            PathError::TooMany { .. } | PathError::TooMuch { .. } => Some("name a smaller folder, or raise the limit"),
            PathError::TooLong { .. } => Some("name a smaller folder, or give files and folders shorter names"),
            PathError::TooDeep { .. } => Some("name a folder further down"),
            PathError::Corrupt { cache: Some(_), .. } => Some(AGAIN),
            PathError::Corrupt { cache: None, .. } => {
                Some("run `git fsck` in the repository, and fetch again what is missing or damaged")
            }
            PathError::NotFound { .. }
            | PathError::NotAFolder { .. }
            | PathError::NotAFile { .. }
            | PathError::Io { .. } => None,
        }
    }
}

/// A checkout that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The folder is not there, or not a folder.
    #[error("`{path}` cannot be used as a folder: {cause}")]
    Folder {
        /// The folder that was named.
        path: String,
        /// What the system says.
        cause: String,
    },
    /// There is no repository, or one that cannot be opened.
    #[error("there is no Git repository that can be opened at `{path}`: {cause}")]
    Repository {
        /// The folder that was named.
        path: String,
        /// Why not.
        cause: String,
    },
    /// The revision does not exist.
    #[error("the revision `{revision}` does not exist in `{repo}`")]
    UnknownRevision {
        /// What was asked for.
        revision: String,
        /// The repository.
        repo: String,
        /// Names that read much the same.
        near: Vec<String>,
        /// Whether only a part of the history is there.
        shallow: bool,
    },
    /// A server knows names and whole ids, not expressions.
    #[error(
        "the revision `{revision}` is not the name of a branch or tag, which is all that `{repo}` can be asked for"
    )]
    NotAName {
        /// What was asked for.
        revision: String,
        /// The repository.
        repo: String,
    },
    /// The revision means more than one commit.
    #[error("the revision `{revision}` of `{repo}` means more than one commit: {meanings}")]
    AmbiguousRevision {
        /// What was asked for.
        revision: String,
        /// The repository.
        repo: String,
        /// What it may mean.
        meanings: String,
    },
    /// The revision is a file or a folder.
    #[error("the revision `{revision}` of `{repo}` is not a commit but a {kind}")]
    NotACommit {
        /// What was asked for.
        revision: String,
        /// The repository.
        repo: String,
        /// What it is.
        kind: String,
    },
    /// An object of the history that is missing or damaged.
    #[error("`{repo}` cannot be read: the object {id} is {cause}{}", anew(.cache.as_deref()))]
    Corrupt {
        /// The repository.
        repo: String,
        /// The id of the object.
        id: String,
        /// What is wrong with it.
        cause: String,
        /// What we keep of the repository, where the object lies in that.
        cache: Option<String>,
    },
    /// Two revisions without a common past.
    #[error("`{one}` and `{two}` have no common ancestor in `{repo}`")]
    NoMergeBase {
        /// The repository.
        repo: String,
        /// A revision.
        one: String,
        /// The other one.
        two: String,
        /// Whether only a part of the history is there.
        shallow: bool,
    },
    /// Something that only a repository of this machine can answer.
    #[error(
        "the common ancestor of two revisions can be found only in a repository of this machine, and `{repo}` is not one"
    )]
    NotLocal {
        /// The repository.
        repo: String,
    },
    /// The commit is not signed as demanded.
    #[error("the commit {commit} is refused: {cause}")]
    Signature {
        /// The id of the commit.
        commit: String,
        /// Why.
        cause: SignatureError,
    },
    /// The credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The place of the repository cannot be understood.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The folder in which repositories are kept cannot be used.
    #[error("the cache `{path}` cannot be used: {cause}")]
    Cache {
        /// The folder or file.
        path: String,
        /// What the system says.
        cause: String,
    },
    /// There is no room left in the folder in which repositories are kept.
    #[error("there is no room for the repository at `{path}`: {cause}")]
    Full {
        /// The folder or file.
        path: String,
        /// What the system says.
        cause: String,
    },
    /// The repository could not be fetched.
    #[cfg(feature = "fetch")]
    #[error("`{url}` could not be fetched: {cause}")]
    Fetch {
        /// The repository, without credentials.
        url: String,
        /// Why.
        cause: FetchCause,
    },
    /// This build cannot fetch.
    #[cfg(not(feature = "fetch"))]
    #[error("`{url}` could not be fetched: this build reads only repositories of this machine")]
    NoFetch {
        /// The repository, without credentials.
        url: String,
    },
}

/// For what we keep of a repository and is damaged.
const AGAIN: &str = "run it again; if it happens again, look at the disk";

/// What comes of a damaged object that lies in what we keep of a repository.
fn anew(cache: Option<&str>) -> String {
    cache.map_or_else(String::new, |cache| format!(" (in `{cache}`, which the next run fetches anew)"))
}

/// For a repository that holds only a part of its history.
const DEEPEN: &str =
    "the repository is shallow: fetch its whole history (`git fetch --unshallow`, or `fetch-depth: 0` in CI)";

impl SourceError {
    /// What to do about it, where that is not plain.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            SourceError::UnknownRevision { near, shallow, .. } if !near.is_empty() => {
                let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                let more = if *shallow { format!(" If not, {DEEPEN}") } else { String::new() };
                return Some(format!("did you mean {}?{more}", names.join(" or ")));
            }
            SourceError::UnknownRevision { shallow: true, .. } | SourceError::NoMergeBase { shallow: true, .. } => {
                DEEPEN
            }
            SourceError::AmbiguousRevision { .. } => {
                "write it in full: `refs/heads/NAME`, `refs/tags/NAME`, or all 40 digits of the commit's id"
            }
            SourceError::NotAName { .. } => {
                "name a branch, a tag, or all 40 digits of a commit's id; a clone understands expressions such as `HEAD~1`"
            }
            SourceError::NotACommit { .. } => "name a commit, a branch or a tag of a commit",
            SourceError::Corrupt { cache: Some(_), .. } => AGAIN,
            SourceError::Corrupt { cache: None, .. } => {
                "run `git fsck` in the repository, and fetch again what is missing or damaged"
            }
            SourceError::Repository { .. } => "name a folder within a repository, or a bare repository",
            SourceError::NotLocal { .. } => "clone the repository and name the clone",
            SourceError::Cache { .. } => "name another folder, or remove what stands in the way",
            SourceError::Full { .. } => "make room there, or name another folder for caches with `XDG_CACHE_HOME`",
            SourceError::Signature { cause, .. } => return cause.help().map(String::from),
            SourceError::Credentials(error) => error.help(),
            SourceError::Location(error) => error.help(),
            #[cfg(feature = "fetch")]
            SourceError::Fetch { cause, .. } => return cause.help().map(String::from),
            #[cfg(not(feature = "fetch"))]
            SourceError::NoFetch { .. } => "use a build with the feature `fetch`, or name a clone",
            SourceError::UnknownRevision { .. } | SourceError::NoMergeBase { .. } | SourceError::Folder { .. } => {
                return None;
            }
        };
        Some(help.to_owned())
    }
}
