//! Image references, by the grammar of the OCI distribution project (`reference` package): registry with port, short
//! names, tag and digest. Refuses to guess: what does not follow the grammar has no parts, and is never called immutable.

use std::borrow::Cow;
use std::fmt;

/// The image field of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'r> {
    text: &'r str,
}

impl<'r> Image<'r> {
    /// The image that a text names.
    #[must_use]
    pub fn new(text: &'r str) -> Self {
        Self { text }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &'r str {
        self.text
    }

    /// Its parts.
    ///
    /// # Errors
    /// When the text follows no grammar of image references.
    pub fn reference(&self) -> Result<Reference<'r>, ImageError> {
        Reference::parse(self.text)
    }

    /// Whether what it names may change: no digest, and no tag or the tag `latest`. Also what cannot be read.
    #[must_use]
    pub fn has_mutable_tag(&self) -> bool {
        self.reference().map_or(true, |reference| reference.has_mutable_tag())
    }
}

impl fmt::Display for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// Why a text is no image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Nothing is written.
    Empty,
    /// White space around or inside it.
    Space,
    /// A repository name in upper case.
    UpperCase,
    /// The host or its port.
    Registry,
    /// The repository name.
    Repository,
    /// The tag.
    Tag,
    /// The digest.
    Digest,
    /// More than 255 characters of name.
    TooLong,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Space => "it contains white space",
            Self::UpperCase => "repository names are lower case",
            Self::Registry => "the registry is no host with an optional port",
            Self::Repository => {
                "the repository is not made of lower-case letters, digits and the separators `.`, `_`, `-`, `/`"
            }
            Self::Tag => "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two",
            Self::Digest => "a digest reads `sha256:` and 64 hexadecimal digits",
            Self::TooLong => "its name is longer than 255 characters",
        })
    }
}

impl std::error::Error for ImageError {}

/// The parts of an image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'r> {
    registry: &'r str,
    path: &'r str,
    tag: Option<&'r str>,
    digest: Option<&'r str>,
}

const DOCKER: &str = "docker.io";
/// The hosts that serve Docker Hub.
const HUB: [&str; 4] = [DOCKER, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

impl<'r> Reference<'r> {
    /// Reads a reference.
    ///
    /// # Errors
    /// What part of it does not follow the grammar.
    pub fn parse(text: &'r str) -> Result<Self, ImageError> {
        if text.is_empty() {
            return Err(ImageError::Empty);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let last_part = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name.get(last_part..).and_then(|part| part.find(':')) {
            Some(colon) => (name.get(..last_part + colon).unwrap_or_default(), name.get(last_part + colon + 1..)),
            None => (name, None),
        };
        let (registry, path) = split_registry(name);
        let reference = Self { registry, path, tag, digest };
        match reference.problem(name) {
            None => Ok(reference),
            Some(_) if text.contains(char::is_whitespace) => Err(ImageError::Space),
            Some(problem) => Err(problem),
        }
    }

    fn problem(&self, name: &str) -> Option<ImageError> {
        if name.len() > 255 {
            return Some(ImageError::TooLong);
        }
        if self.registry != DOCKER && !is_registry(self.registry) {
            return Some(ImageError::Registry);
        }
        // Sixty-four hexadecimal digits name an image id, not a repository.
        let is_id = self.path.len() == 64 && self.path.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_id || !self.path.split('/').all(is_path_component) {
            let upper = self.path.bytes().any(|byte| byte.is_ascii_uppercase());
            return Some(if upper { ImageError::UpperCase } else { ImageError::Repository });
        }
        if self.tag.is_some_and(|tag| !is_tag(tag)) {
            return Some(ImageError::Tag);
        }
        self.digest.is_some_and(|digest| !is_digest(digest)).then_some(ImageError::Digest)
    }

    /// Host and port; `docker.io` for short names.
    #[must_use]
    pub fn registry(&self) -> &'r str {
        self.registry
    }

    /// The repository within the registry: `library/nginx` for `nginx`.
    #[must_use]
    pub fn repository(&self) -> Cow<'r, str> {
        if self.is_library() { Cow::Owned(format!("library/{}", self.path)) } else { Cow::Borrowed(self.path) }
    }

    /// The tag, if one is written.
    #[must_use]
    pub fn tag(&self) -> Option<&'r str> {
        self.tag
    }

    /// The digest, if one is written.
    #[must_use]
    pub fn digest(&self) -> Option<&'r str> {
        self.digest
    }

    /// Whether what it names may change: no digest, and no tag or the tag `latest`.
    #[must_use]
    pub fn has_mutable_tag(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest")
    }

    /// Whether it lies in a registry (`ghcr.io`, `registry.example.com:5000`, `*.example.com`), or in a part of one
    /// (`ghcr.io/acme`, `docker.io/library/nginx`). Whole path components are compared; hosts are alike in any case, and
    /// with the port 443 or without; another port is another registry.
    #[must_use]
    pub fn is_within(&self, place: &str) -> bool {
        let place = place.trim_end_matches('/');
        let (registry, path) = place.split_once('/').unwrap_or((place, ""));
        let same_registry = match registry.strip_prefix("*.") {
            // Whoever may not have an image by one name of Docker Hub has the same by another.
            Some(parent) => {
                let (server, parent) = (server(self.registry), address(parent));
                let hub = HUB.iter().filter(|_| server == DOCKER);
                is_below(&server, &parent) || hub.into_iter().any(|name| is_below(name, &parent))
            }
            None => server(self.registry) == server(registry),
        };
        if !same_registry || path.is_empty() {
            return same_registry;
        }
        let path = match (self.is_library(), path.strip_prefix("library")) {
            (false, _) => path,
            (true, Some("")) => return true,
            (true, Some(rest)) => rest.strip_prefix('/').unwrap_or("/"),
            (true, None) => return false,
        };
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn is_library(&self) -> bool {
        self.registry == DOCKER && !self.path.contains('/')
    }
}

/// The reference in its full form: `docker.io/library/nginx:1.29`.
impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository())?;
        self.tag.map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn canonical_registry(registry: &str) -> &str {
    if registry == "index.docker.io" { DOCKER } else { registry }
}

/// Whether a server lies in a domain.
fn is_below(server: &str, parent: &str) -> bool {
    server.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

/// The server that a registry is, as it compares. Docker Hub is one under each of its names.
fn server(registry: &str) -> String {
    let address = address(registry);
    if HUB.contains(&address.as_str()) { DOCKER.to_owned() } else { address }
}

/// Where a registry is reached, as it compares: hosts know no case, a port no zeros before it, and 443 is the port that is asked
/// anyway.
fn address(registry: &str) -> String {
    let registry = registry.to_ascii_lowercase();
    // The last colon of an address is within its brackets.
    let (host, port) = match registry.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, port.trim_start_matches('0')),
        None => (registry.as_str(), ""),
    };
    match port {
        "" | "443" => host.to_owned(),
        port => format!("{host}:{port}"),
    }
}

/// The first part of a name is a registry only if it can be no repository of Docker Hub.
fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (canonical_registry(first), rest)
        }
        _ => (DOCKER, name),
    }
}

fn is_registry(registry: &str) -> bool {
    let (host, rest) = match registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest),
        None => registry.split_at(registry.find(':').unwrap_or(registry.len())),
    };
    let is_port = |port: &str| {
        let number = port.trim_start_matches('0');
        all(port, |byte| byte.is_ascii_digit()) && number.parse::<u16>().is_ok()
    };
    let port_is_good = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    let host_is_good = if registry.starts_with('[') {
        all(host, |byte| byte.is_ascii_hexdigit() || byte == b':')
    } else {
        host.split('.').all(|label| {
            all(label, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
    };
    port_is_good && host_is_good
}

/// Runs of letters and digits with one separator between them: `.`, `_`, `__` or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let mut separator: &[u8] = b"";
    let bytes = component.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => {
                let good = match separator {
                    b"" => true,
                    b"." | b"_" | b"__" => start > 0,
                    dashes => start > 0 && dashes.iter().all(|byte| *byte == b'-'),
                };
                if !good {
                    return false;
                }
                separator = b"";
                start = at + 1;
            }
            b'.' | b'_' | b'-' => separator = bytes.get(start..=at).unwrap_or_default(),
            _ => return false,
        }
    }
    start > 0 && separator.is_empty()
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && all(tag, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && !tag.starts_with(['.', '-'])
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        // The grammar has room for others, and no runtime knows them.
        _ => false,
    };
    length && all(hex, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn all(text: &str, good: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(good)
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
