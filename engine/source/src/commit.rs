//! What is known of a commit, and its signature, both taken from the commit's own bytes.

use gix::ObjectId;

use crate::words::{chain, shown_bytes};

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id, all digits in hex.
    pub id: String,
    /// When it was committed, in seconds since 1970, as the one who committed it says.
    pub time: i64,
    /// The first line of its message, control characters escaped.
    pub subject: String,
    /// The trailers at the end of its message, such as `Signed-off-by`, in order. Taken from the commit itself, so they hold
    /// for this commit and no other.
    pub trailers: Vec<(String, String)>,
    /// Its signature, if it has one.
    pub signature: Option<Signature>,
}

/// A signature of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How it was made.
    pub format: SignatureFormat,
    /// Who made it: the name in the list of allowed signers, or the fingerprint of the key. Only known when a signature was
    /// demanded and has been verified.
    pub signer: Option<String>,
}

/// How a signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFormat {
    /// With a key of SSH.
    Ssh,
    /// With OpenPGP.
    OpenPgp,
    /// With an X.509 certificate.
    X509,
    /// In another way.
    Unknown,
}

impl SignatureFormat {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            SignatureFormat::Ssh => "SSH",
            SignatureFormat::OpenPgp => "OpenPGP",
            SignatureFormat::X509 => "X.509",
            SignatureFormat::Unknown => "something unknown",
        }
    }

    fn of(signature: &[u8]) -> Self {
        let starts = |start: &str| signature.starts_with(start.as_bytes());
        if starts("-----BEGIN SSH SIGNATURE-----") {
            SignatureFormat::Ssh
        } else if starts("-----BEGIN PGP SIGNATURE-----") || starts("-----BEGIN PGP MESSAGE-----") {
            SignatureFormat::OpenPgp
        } else if starts("-----BEGIN SIGNED MESSAGE-----") {
            SignatureFormat::X509
        } else {
            SignatureFormat::Unknown
        }
    }
}

/// A commit taken apart.
pub(crate) struct Parsed {
    pub(crate) commit: Commit,
    pub(crate) tree: ObjectId,
}

/// Takes the bytes of a commit apart. The error is in words.
pub(crate) fn parse(id: ObjectId, bytes: &[u8]) -> Result<Parsed, String> {
    let parsed = gix::objs::CommitRef::from_bytes(bytes, id.kind()).map_err(|error| chain(&error))?;
    let committer = parsed.committer().map_err(|error| chain(&error))?;
    let signature = split(bytes).map(|parts| Signature { format: SignatureFormat::of(&parts.signature), signer: None });
    let commit = Commit {
        id: id.to_string(),
        time: committer.seconds(),
        subject: shown_bytes(parsed.message.split(|byte| *byte == b'\n').next().unwrap_or_default()),
        trailers: trailers(&parsed),
        signature,
    };
    Ok(Parsed { tree: parsed.tree(), commit })
}

fn trailers(commit: &gix::objs::CommitRef<'_>) -> Vec<(String, String)> {
    let body = commit.message().body();
    let trailers = body.iter().flat_map(gix::objs::commit::message::BodyRef::trailers);
    trailers.map(|trailer| (shown_bytes(trailer.token), shown_bytes(&trailer.value))).collect()
}

/// The two parts of a signed commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The signature, armored.
    pub(crate) signature: Vec<u8>,
    /// What was signed: the commit without its signature.
    pub(crate) payload: Vec<u8>,
}

/// Takes the signature out of a commit: the header `gpgsig` and the lines that go on with it. What was signed has neither
/// it nor `gpgsig-sha256`, the signature of the commit's other form. Nothing if the commit is not signed.
pub(crate) fn split(bytes: &[u8]) -> Option<Parts> {
    let mut parts = Parts { signature: Vec::new(), payload: Vec::with_capacity(bytes.len()) };
    let mut place = Place::Other;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut signed = false;
    for line in lines.by_ref() {
        if line == b"\n" {
            parts.payload.extend_from_slice(line);
            break;
        }
        if !line.starts_with(b" ") {
            place = Place::of(line);
        }
        match place {
            Place::Other => parts.payload.extend_from_slice(line),
            Place::OtherSignature => {}
            Place::Signature => {
                let text = line.strip_prefix(b"gpgsig ").or_else(|| line.strip_prefix(b" ")).unwrap_or(line);
                parts.signature.extend_from_slice(text);
                signed = true;
            }
        }
    }
    lines.for_each(|line| parts.payload.extend_from_slice(line));
    signed.then_some(parts)
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Signature,
    OtherSignature,
    Other,
}

impl Place {
    fn of(line: &[u8]) -> Self {
        if line.starts_with(b"gpgsig ") {
            Place::Signature
        } else if line.starts_with(b"gpgsig-sha256 ") {
            Place::OtherSignature
        } else {
            Place::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_out_of_the_headers_and_only_there() {
        let commit = b"tree 1\nauthor a\ngpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----\nencoding x\n\
            gpgsig-sha256 other\n other\n\nmessage\ngpgsig no\n more\n";
        let parts = split(commit).unwrap();
        assert_eq!(
            String::from_utf8(parts.signature).unwrap(),
            "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"
        );
        assert_eq!(
            String::from_utf8(parts.payload).unwrap(),
            "tree 1\nauthor a\nencoding x\n\nmessage\ngpgsig no\n more\n"
        );
        assert_eq!(split(b"tree 1\n\ngpgsig -----BEGIN\n"), None);
    }
}
