//! Why a repository could not be fetched.

use std::time::Duration;

/// What ended a fetch. Words of servers and programs are shown with control characters escaped, credentials masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchCause {
    /// The name of the server means nothing.
    #[error("the name of the server cannot be resolved")]
    NoSuchHost,
    /// Nobody listens, or the way there is barred.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The server cannot prove that it is who it should be, or does not speak TLS.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The time was over.
    #[error("it was not complete after {0:?}")]
    TimedOut(Duration),
    /// Another process uses the same cache.
    #[error("another process was fetching it for {0:?}")]
    Busy(Duration),
    /// The server wants to know who asks (401), and nothing was sent.
    #[error("the server wants credentials (status 401)")]
    CredentialsWanted,
    /// The server does not accept the credentials (401).
    #[error("the server does not accept the credentials (status 401)")]
    CredentialsRefused,
    /// The server does not allow it (403).
    #[error("the server forbids it (status 403)")]
    Forbidden,
    /// The server has no such repository (404).
    #[error("the server has no such repository, or hides it (status 404)")]
    NotFound,
    /// The server answers with another status.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// The server sends the client elsewhere, where it must not go.
    #[error("the server redirects to `{0}`, which is refused")]
    Redirect(String),
    /// Credentials were to go over a connection that anyone can read.
    #[error("credentials are not sent over http, which anyone on the way can read")]
    ClearText,
    /// The answer is not Git's.
    #[error("the answer is not that of a Git server: {0}")]
    Protocol(String),
    /// What a Git server sent cannot be unpacked.
    #[error("what came in is damaged: {0}")]
    Damaged(String),
    /// The server sends more than is taken.
    #[error("the server sends more than {0} bytes")]
    TooMuch(u64),
    /// Something in the repository is too large to be unpacked.
    #[error("something in it has more than {0} bytes")]
    TooLarge(u64),
    /// A commit that the server does not have or does not give out by its id.
    #[error("the server does not give out the commit {0}")]
    NotServed(String),
    /// The server left something out.
    #[error("the server did not send all of the commit: {0}")]
    Incomplete(String),
    /// The program that speaks SSH is not there.
    #[error("the program `{0}` is not found")]
    NoSsh(String),
    /// The command for SSH cannot be understood.
    #[error("`SLUICE_GIT_SSH_COMMAND` cannot be split into words")]
    SshCommand,
    /// SSH says why.
    #[error("ssh: {0}")]
    Ssh(String),
}

impl FetchCause {
    /// What to do about it, where that is not plain.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            FetchCause::NoSuchHost => "check the spelling of the URL, and that this machine can resolve names",
            FetchCause::NoConnection(_) => "check the address, and that firewalls and proxies let this machine through",
            FetchCause::Tls(_) => {
                "check the address; a certificate of your own authority is accepted when `SSL_CERT_FILE` names its file"
            }
            FetchCause::Busy(_) => "wait for the other process, or name another cache folder",
            FetchCause::TimedOut(_) => "try again, or raise the time-out if the repository is large",
            FetchCause::CredentialsWanted => {
                "set `SLUICE_GIT_TOKEN`, or `SLUICE_GIT_USERNAME` and `SLUICE_GIT_PASSWORD`, or \
                 `SLUICE_GIT_CREDENTIALS_FILE`; where `SLUICE_GIT_HOST` is set, it must be this server"
            }
            FetchCause::CredentialsRefused | FetchCause::Forbidden => {
                "check that the credentials are valid and may read this repository"
            }
            FetchCause::NotFound => {
                "check the path of the repository; many servers answer so when credentials are missing or may not read it"
            }
            FetchCause::Status(_) => "try again later, and look at the server",
            FetchCause::Redirect(_) => "write the address to which the server redirects, if you trust it",
            FetchCause::ClearText => "use https or ssh",
            FetchCause::Protocol(_) => "check that the URL is that of a repository, not of its web page",
            FetchCause::Damaged(_) => {
                "try again; if it happens again, look at the server, and at what lies between it and this machine"
            }
            FetchCause::TooMuch(_) => "raise the limit if the repository is meant to be that large",
            FetchCause::TooLarge(_) => {
                "raise the limit for files, or check a clone of the repository, where only what is read counts"
            }
            FetchCause::NotServed(_) => {
                "name a branch or tag that holds the commit, or check a clone of the repository"
            }
            FetchCause::Incomplete(_) => "try again, and look at the server if it happens again",
            FetchCause::NoSsh(_) => "install OpenSSH's client, or use https",
            FetchCause::SshCommand => "quote it as in a shell, for example `ssh -i '/path/to the/key'`",
            FetchCause::Ssh(words) if words.contains("ost key verification failed") => {
                "add the server's key to the file of known hosts; it is never added without being asked"
            }
            FetchCause::Ssh(words) if words.contains("ermission denied") => {
                "offer a key that may read the repository: by an agent, or `SLUICE_GIT_SSH_COMMAND='ssh -i KEY'`"
            }
            FetchCause::Ssh(_) => return None,
        })
    }
}
