//! Where a repository is. Credentials within a URL are taken out at once, so that nothing that is shown holds them.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::credentials::Account;
use crate::words::shown;

/// The place of a repository. Showing it shows no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoLocation(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Local(PathBuf),
    Http(Web),
    Ssh(Shell),
}

/// A repository that a web server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Web {
    /// The URL without credentials.
    pub(crate) url: String,
    /// The name of the server, in lower case.
    pub(crate) host: String,
    /// Whether the connection is one that nobody on the way can read.
    pub(crate) secure: bool,
    /// The credentials that stood in the URL.
    pub(crate) account: Option<Account>,
}

/// A repository that is reached through SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    pub(crate) user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

/// A place that cannot be understood, or that is not read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing was given.
    #[error("no repository is named")]
    Empty,
    /// It does not read as a URL, or holds what would be taken for an option of a program.
    #[error("`{url}` is not the URL of a repository")]
    Malformed {
        /// The URL, without credentials.
        url: String,
    },
    /// A scheme that is not spoken.
    #[error("repositories are not read over `{scheme}`")]
    Scheme {
        /// The scheme of the URL.
        scheme: String,
    },
}

impl LocationError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            LocationError::Empty | LocationError::Malformed { .. } => {
                "write a folder, or a URL such as `https://git.example/team/shop.git`"
            }
            LocationError::Scheme { .. } => "use a folder, `file://`, `https://` or `ssh://`",
        }
    }
}

impl RepoLocation {
    /// Reads a folder, a URL with `file://`, `https://`, `http://` or `ssh://`, or `user@host:path`.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::short(text);
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => file(rest),
            "http" => web(rest, false),
            "https" => web(rest, true),
            "ssh" | "git+ssh" | "ssh+git" => shell(rest),
            other => Err(LocationError::Scheme { scheme: shown(other) }),
        }
        .map(RepoLocation)
    }

    /// A folder of this machine, whatever its name looks like.
    pub fn local(folder: impl Into<PathBuf>) -> Self {
        RepoLocation(Place::Local(folder.into()))
    }

    /// The folder, if the repository is on this machine.
    pub fn folder(&self) -> Option<&Path> {
        match &self.0 {
            Place::Local(folder) => Some(folder),
            Place::Http(_) | Place::Ssh(_) => None,
        }
    }

    #[cfg_attr(not(feature = "fetch"), expect(dead_code, reason = "only fetching looks at it"))]
    pub(crate) fn place(&self) -> &Place {
        &self.0
    }

    /// What stands without a scheme: `host:path`, if no slash comes before the colon and no such folder is here.
    fn short(text: &str) -> Result<Self, LocationError> {
        let parts = text.split_once(':').filter(|(host, _)| !host.contains('/') && !Path::new(text).exists());
        match parts {
            None => Ok(Self::local(text)),
            // With an `@` behind the colon, what stands between may be a password.
            Some((place, rest)) if rest.starts_with(':') || rest.contains('@') => {
                Err(LocationError::Malformed { url: format!("{}:…", shown(place)) })
            }
            Some((place, path)) => {
                let (user, host) = place.split_once('@').map_or((None, place), |(user, host)| (Some(user), host));
                let shell =
                    Shell { user: user.map(String::from), host: host.to_owned(), port: None, path: path.to_owned() };
                shell.checked().map(Place::Ssh).map(RepoLocation)
            }
        }
    }
}

impl fmt::Display for RepoLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Local(folder) => formatter.write_str(&shown(&folder.to_string_lossy())),
            Place::Http(web) => formatter.write_str(&shown(&web.url)),
            Place::Ssh(shell) => formatter.write_str(&shown(&shell.url())),
        }
    }
}

impl std::str::FromStr for RepoLocation {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Shell {
    fn url(&self) -> String {
        let user = self.user.as_ref().map_or(String::new(), |user| format!("{user}@"));
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        let slash = if self.path.starts_with('/') { "" } else { "/" };
        format!("ssh://{user}{}{port}{slash}{}", self.host, self.path)
    }

    /// Refuses what a program would take for an option, and names that no server has.
    fn checked(self) -> Result<Self, LocationError> {
        let plain = |text: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|each| each.is_ascii_alphanumeric() || "._-:%[]+~".contains(each))
        };
        let path_is_fine =
            !self.path.is_empty() && !self.path.starts_with('-') && !self.path.contains(char::is_control);
        if plain(&self.host) && self.user.as_deref().is_none_or(plain) && path_is_fine {
            Ok(self)
        } else {
            let masked = Shell { user: None, ..self };
            Err(LocationError::Malformed { url: shown(&masked.url()) })
        }
    }
}

fn file(rest: &str) -> Result<Place, LocationError> {
    let malformed = || LocationError::Malformed { url: shown(&format!("file://{rest}")) };
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return Err(malformed());
    }
    decoded(path).map(|path| Place::Local(PathBuf::from(path))).ok_or_else(malformed)
}

/// `[user[:password]@]host[:port]` and `/path`.
struct Authority<'t> {
    user: Option<&'t str>,
    password: Option<&'t str>,
    host: &'t str,
    port: Option<&'t str>,
    path: &'t str,
}

fn authority(rest: &str) -> Authority<'_> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(end);
    let (info, place) = place.rsplit_once('@').map_or((None, place), |(info, place)| (Some(info), place));
    let (user, password) = match info.map(|info| info.split_once(':').map_or((info, None), |(u, p)| (u, Some(p)))) {
        Some((user, password)) => (Some(user), password),
        None => (None, None),
    };
    let bracket = place.rfind(']').map_or(0, |at| at + 1);
    let colon = place.get(bracket..).and_then(|tail| tail.find(':')).map(|at| at + bracket);
    let (host, port) = match colon {
        Some(at) => (place.get(..at).unwrap_or(place), place.get(at + 1..)),
        None => (place, None),
    };
    Authority { user, password, host, port, path }
}

fn web(rest: &str, secure: bool) -> Result<Place, LocationError> {
    let parts = authority(rest);
    let scheme = if secure { "https" } else { "http" };
    let host = parts.host.to_ascii_lowercase();
    let port = parts.port.filter(|port| !port.is_empty());
    let url = format!("{scheme}://{host}{}{}", port.map_or(String::new(), |port| format!(":{port}")), parts.path);
    let is_name = |each: char| each.is_ascii_alphanumeric() || "._-:[]%".contains(each);
    let fine = !host.is_empty()
        && host.chars().all(is_name)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
        && parts.path.len() > 1
        && parts.path.starts_with('/')
        && !parts.path.contains(|each: char| each.is_control() || each.is_whitespace() || "?#".contains(each));
    let account = match parts.user {
        None => Some(None),
        Some(user) => decoded(user).zip(decoded(parts.password.unwrap_or_default())).map(|(user, password)| {
            // A token often stands alone, in the place of the name.
            Some(if password.is_empty() { Account::token(user) } else { Account::new(user, password) })
        }),
    };
    match account {
        Some(account) if fine => Ok(Place::Http(Web { url, host, secure, account })),
        Some(_) | None => Err(LocationError::Malformed { url: shown(&url) }),
    }
}

fn shell(rest: &str) -> Result<Place, LocationError> {
    let parts = authority(rest);
    let malformed = || LocationError::Malformed { url: shown(&format!("ssh://{}{}", parts.host, parts.path)) };
    let port =
        parts.port.filter(|port| !port.is_empty()).map(str::parse::<u16>).transpose().map_err(|_| malformed())?;
    let path = decoded(parts.path).ok_or_else(malformed)?;
    // `/~user/…` starts at a home folder, as with Git.
    let path = if path.starts_with("/~") { path.trim_start_matches('/').to_owned() } else { path };
    if path == "/" || parts.password.is_some() {
        return Err(malformed());
    }
    let user = parts.user.map(|user| decoded(user).ok_or_else(malformed)).transpose()?;
    Shell { user, host: parts.host.to_owned(), port, path }.checked().map(Place::Ssh)
}

/// Replaces `%41` and the like. Nothing if a percent sign stands for no byte, or the bytes are no text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str) -> String {
        match RepoLocation::parse(text) {
            Ok(location) => location.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn places_are_told_apart() {
        assert_eq!(RepoLocation::parse("a/b:c").unwrap().folder(), Some(Path::new("a/b:c")));
        assert_eq!(RepoLocation::parse("file:///a%20b").unwrap().folder(), Some(Path::new("/a b")));
        assert_eq!(shows("git@example.com:team/shop.git"), "ssh://git@example.com/team/shop.git");
        assert_eq!(shows("ssh://git@example.com:2222/~me/x"), "ssh://git@example.com:2222/~me/x");
        assert_eq!(shows("HTTPS://Example.com:8443/x.git"), "https://example.com:8443/x.git");
        assert_eq!(shows("https://[::1]:8443/x.git"), "https://[::1]:8443/x.git");
    }

    #[test]
    fn what_is_shown_holds_no_credentials() {
        for text in [
            "https://me:hunter2@example.com/x",
            "https://hunter2@example.com/x",
            "https://me:hunter2@example.com:port/x",
            "https://me:hunter2@/x",
            "https://me:%zzhunter2@example.com/x",
            "https://a@b:hunter2@example.com/x",
            "ssh://me:hunter2@example.com/x",
            "me:hunter2@example.com:x",
            "https:/me:hunter2@example.com/x",
        ] {
            let location = RepoLocation::parse(text);
            assert!(!format!("{location:?}").contains("hunter2"), "{location:?}");
            assert!(!shows(text).contains("hunter2"), "{}", shows(text));
        }
        let Place::Http(web) = RepoLocation::parse("https://me:p%40ss@example.com/x").unwrap().0 else { panic!() };
        assert_eq!(web.account, Some(Account::new("me".into(), "p@ss".into())));
    }

    #[test]
    fn options_of_programs_and_other_transports_are_refused() {
        for text in [
            "ssh://-oProxyCommand=x/y",
            "-oProxyCommand=x:y",
            "ssh://host/-x\n",
            "ssh://-l@host/y",
            "host:-x",
            "https://host",
            "https://host/a b",
            "https://ho st/a",
            "ext::sh -c x",
            "user:password@host:x",
            "file://server/share",
            "",
        ] {
            assert!(RepoLocation::parse(text).is_err(), "{text}");
        }
        assert_eq!(shows("git://host/x"), "repositories are not read over `git`");
    }
}
