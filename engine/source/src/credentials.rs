//! What may be shown to a server: from the environment or a file that is named, never from a helper or a question. Secrets
//! are not part of anything that can be printed.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::location::{RepoLocation, decoded};
use crate::words::shown;

/// The name that goes with a token for which none is given. Servers look only at the token.
const TOKEN_USER: &str = "x-access-token";
/// The largest file of credentials.
const LARGEST: u64 = 1 << 20;

/// A name and a password or token.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    user: String,
    password: String,
}

impl Account {
    /// A name and its password.
    pub fn new(user: String, password: String) -> Self {
        Account { user, password }
    }

    /// A token, which needs no name.
    pub fn token(token: String) -> Self {
        Account { user: TOKEN_USER.to_owned(), password: token }
    }

    #[cfg_attr(not(any(feature = "fetch", test)), expect(dead_code, reason = "only fetching sends it"))]
    pub(crate) fn parts(&self) -> (&str, &str) {
        (&self.user, &self.password)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Account(…)")
    }
}

/// Where credentials come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// What is sent to a server that asks, over https. What stands in a URL comes first.
    pub account: Option<Account>,
    /// The only server to which `account` is sent. Without it, any server that a request names gets it when it asks.
    pub host: Option<String>,
    /// A file with a token, or with a URL such as `https://user:password@host` on each line, as git-credential-store(1)
    /// writes it. Used where `account` is not.
    pub file: Option<PathBuf>,
    /// The command that speaks SSH, OpenSSH's `ssh` with options. Without it, `ssh` runs without its configuration files.
    pub ssh_command: Option<String>,
}

/// Credentials that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// A variable of the environment that is not text.
    #[error("the variable `{name}` is not UTF-8")]
    NotText {
        /// The name of the variable.
        name: &'static str,
    },
    /// A password without a name.
    #[error("`SLUICE_GIT_PASSWORD` is set without `SLUICE_GIT_USERNAME`")]
    NoUser,
    /// The file cannot be read.
    #[error("the file of credentials `{path}` cannot be read: {cause}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        cause: String,
    },
}

impl CredentialsError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            CredentialsError::NotText { .. } => "set it to text, or unset it",
            CredentialsError::NoUser => "set both, or `SLUICE_GIT_TOKEN` for a token",
            CredentialsError::File { .. } => {
                "the file holds a token on one line, or a URL such as `https://user:password@host` on each"
            }
        }
    }
}

impl Credentials {
    /// What the environment says: `SLUICE_GIT_TOKEN`, or `SLUICE_GIT_USERNAME` and `SLUICE_GIT_PASSWORD`;
    /// `SLUICE_GIT_HOST`; `SLUICE_GIT_CREDENTIALS_FILE`; `SLUICE_GIT_SSH_COMMAND`.
    pub fn from_env() -> Result<Self, CredentialsError> {
        Self::from_variables(|name| match std::env::var(name) {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(CredentialsError::NotText { name }),
        })
    }

    fn from_variables(
        get: impl Fn(&'static str) -> Result<Option<String>, CredentialsError>,
    ) -> Result<Self, CredentialsError> {
        let user = get("SLUICE_GIT_USERNAME")?;
        let account = match (get("SLUICE_GIT_TOKEN")?, user, get("SLUICE_GIT_PASSWORD")?) {
            (Some(token), Some(user), _) => Some(Account::new(user, token)),
            (Some(token), None, _) => Some(Account::token(token)),
            (None, Some(user), Some(password)) => Some(Account::new(user, password)),
            (None, None, Some(_)) => return Err(CredentialsError::NoUser),
            (None, _, None) => None,
        };
        Ok(Credentials {
            account,
            host: get("SLUICE_GIT_HOST")?.map(|host| host.to_ascii_lowercase()),
            file: get("SLUICE_GIT_CREDENTIALS_FILE")?.map(PathBuf::from),
            ssh_command: get("SLUICE_GIT_SSH_COMMAND")?,
        })
    }

    /// What may be sent to the server of a URL.
    #[cfg_attr(not(any(feature = "fetch", test)), expect(dead_code, reason = "only fetching sends it"))]
    pub(crate) fn account_for(&self, url: &str, host: &str) -> Result<Option<Account>, CredentialsError> {
        let bare = self.host.as_deref().is_none_or(|only| only == host);
        if let Some(account) = self.account.as_ref().filter(|_| bare) {
            return Ok(Some(account.clone()));
        }
        let Some(file) = &self.file else { return Ok(None) };
        let text =
            read(file).map_err(|cause| CredentialsError::File { path: shown(&file.to_string_lossy()), cause })?;
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        match lines.as_slice() {
            [token] if !token.contains("://") => Ok(Some(Account::token((*token).to_owned())).filter(|_| bare)),
            lines => Ok(lines.iter().find_map(|line| stored(line, url))),
        }
    }
}

/// The account of a line of a credential store, if it is for the server of `url`, and for its path where the line has one.
fn stored(line: &str, url: &str) -> Option<Account> {
    let (scheme, rest) = line.split_once("://")?;
    let (info, place) = rest.rsplit_once('@')?;
    let (user, password) = info.split_once(':')?;
    let place = place.trim_end_matches('/');
    let (url_scheme, url_place) = url.split_once("://")?;
    let below = url_place.strip_prefix(place)?;
    let fits = scheme.eq_ignore_ascii_case(url_scheme) && (below.is_empty() || below.starts_with('/'));
    fits.then(|| decoded(user).zip(decoded(password)))?.map(|(user, password)| Account::new(user, password))
}

fn read(file: &Path) -> Result<String, String> {
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes"));
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

impl RepoLocation {
    /// The account that stands in the URL, or that the credentials hold for it.
    #[cfg(feature = "fetch")]
    pub(crate) fn account(&self, credentials: &Credentials) -> Result<Option<Account>, CredentialsError> {
        match self.place() {
            crate::location::Place::Http(web) => match &web.account {
                Some(account) => Ok(Some(account.clone())),
                None => credentials.account_for(&web.url, &web.host),
            },
            crate::location::Place::Local(_) | crate::location::Place::Ssh(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn from(variables: &[(&'static str, &str)]) -> Result<Credentials, CredentialsError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Credentials::from_variables(|name| Ok(variables.get(name).map(|value| (*value).to_owned())))
    }

    #[test]
    fn the_environment_gives_a_token_or_a_password() {
        let account = |credentials: Credentials| credentials.account.unwrap();
        let token = account(from(&[("SLUICE_GIT_TOKEN", "t")]).unwrap());
        assert_eq!(token.parts(), (TOKEN_USER, "t"));
        let both = account(from(&[("SLUICE_GIT_USERNAME", "u"), ("SLUICE_GIT_PASSWORD", "p")]).unwrap());
        assert_eq!(both.parts(), ("u", "p"));
        assert_eq!(from(&[("SLUICE_GIT_PASSWORD", "p")]), Err(CredentialsError::NoUser));
    }

    #[test]
    fn nothing_that_can_be_printed_holds_a_secret() {
        let credentials = from(&[("SLUICE_GIT_TOKEN", "hunter2")]).unwrap();
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }

    #[test]
    fn an_account_goes_only_to_the_server_it_is_for() {
        let bound = from(&[("SLUICE_GIT_TOKEN", "t"), ("SLUICE_GIT_HOST", "Git.example")]).unwrap();
        assert!(bound.account_for("https://git.example/x", "git.example").unwrap().is_some());
        assert!(bound.account_for("https://evil.example/x", "evil.example").unwrap().is_none());
    }

    #[test]
    fn a_file_holds_a_token_or_a_store() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let credentials = Credentials { file: Some(file.path().to_owned()), ..Credentials::default() };
        let asked = |url: &str| {
            let account = credentials.account_for(url, "git.example").unwrap();
            account.map(|account| account.parts().1.to_owned())
        };
        std::fs::write(file.path(), "secret\n").unwrap();
        assert_eq!(asked("https://git.example/x").as_deref(), Some("secret"));
        std::fs::write(
            file.path(),
            "https://a:one@other.example\nhttps://a:t%20wo@git.example\nhttps://a:3@git.example/y\n",
        )
        .unwrap();
        assert_eq!(asked("https://git.example/x").as_deref(), Some("t wo"));
        assert_eq!(asked("https://git.example.evil/x"), None);
        assert_eq!(asked("http://git.example/x"), None);
        std::fs::remove_file(file.path()).unwrap();
        let error = credentials.account_for("https://git.example/x", "git.example").unwrap_err();
        assert!(error.to_string().starts_with("the file of credentials"), "{error}");
    }
}
