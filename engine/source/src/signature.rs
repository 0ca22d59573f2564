//! Whether a commit is signed by someone who may. `ssh-keygen` and `gpgv` do the work, with what the policy names and
//! nothing of the repository's or the user's configuration.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commit::{Commit, Parts, Signature, SignatureFormat, split};
use crate::deadline::Deadline;
use crate::error::SignatureError;
use crate::program::{self, Answer};
use crate::request::SignaturePolicy;
use crate::words::shown;

/// Holds `commit`, whose bytes are given, to the policy, and notes who signed it.
pub(crate) fn demand(
    policy: &SignaturePolicy,
    commit: &mut Commit,
    bytes: &[u8],
    deadline: Deadline,
) -> Result<(), SignatureError> {
    let (wanted, keys) = match policy {
        SignaturePolicy::Any => return Ok(()),
        SignaturePolicy::Ssh { allowed_signers } => (SignatureFormat::Ssh, allowed_signers),
        SignaturePolicy::Gpg { keyring } => (SignatureFormat::OpenPgp, keyring),
    };
    let found = commit.signature.as_ref().ok_or(SignatureError::Unsigned)?.format;
    if found != wanted {
        return Err(SignatureError::OtherFormat { found: found.name().into(), wanted: wanted.name().into() });
    }
    let parts = split(bytes).ok_or(SignatureError::Malformed)?;
    let unreadable = |cause: String| SignatureError::NoKeys { path: shown(&keys.to_string_lossy()), cause };
    let keys = std::path::absolute(keys).map_err(|error| unreadable(error.to_string()))?;
    std::fs::File::open(&keys).map_err(|error| unreadable(error.to_string()))?;
    let signer = if wanted == SignatureFormat::Ssh {
        ssh(&keys, &parts, commit.time, deadline)?
    } else {
        open_pgp(&keys, &parts, deadline)?
    };
    commit.signature = Some(Signature { format: found, signer: Some(signer) });
    Ok(())
}

fn ssh(keys: &Path, parts: &Parts, time: i64, deadline: Deadline) -> Result<String, SignatureError> {
    let tool = Tool::find("ssh-keygen", deadline)?;
    let file = tool.file(&parts.signature)?;
    let time = format!("-Overify-time={}", moment(time).ok_or(SignatureError::Malformed)?);
    let found = tool.run(&["-Y", "find-principals", &time, "-f"], &[keys, Path::new("-s"), file.path()], b"")?;
    let names: Vec<&str> = found.stdout.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    if !found.status.success() || names.is_empty() {
        return Err(SignatureError::UnknownKey { path: shown(&keys.to_string_lossy()) });
    }
    let mut said = String::new();
    for name in names {
        let args = ["-Y", "verify", "-n", "git", "-I", name, &time, "-f"];
        let answer = tool.run(&args, &[keys, Path::new("-s"), file.path()], &parts.payload)?;
        if answer.status.success() {
            return Ok(shown(name));
        }
        said = words(&answer);
    }
    Err(SignatureError::Bad { cause: said })
}

fn open_pgp(keys: &Path, parts: &Parts, deadline: Deadline) -> Result<String, SignatureError> {
    let tool = Tool::find("gpgv", deadline)?;
    let signature = tool.file(&parts.signature)?;
    let payload = tool.file(&parts.payload)?;
    let home = tempfile::tempdir().map_err(|error| tool.broken(error.to_string()))?;
    let paths = [home.path(), Path::new("--keyring"), keys, signature.path(), payload.path()];
    let answer = tool.run(&["--status-fd", "1", "--homedir"], &paths, b"")?;
    let status = Status::read(&answer.stdout);
    if status.unknown_key && !status.bad {
        return Err(SignatureError::UnknownKey { path: shown(&keys.to_string_lossy()) });
    }
    match status.fingerprint {
        // Exactly one signature, and good in every respect: `gpgv` also ends with success for an expired key.
        Some(fingerprint) if answer.status.success() && status.good == 1 && !status.bad => Ok(shown(&fingerprint)),
        Some(_) | None => Err(SignatureError::Bad { cause: words(&answer) }),
    }
}

/// What `gpgv` reports line by line, as doc/DETAILS of GnuPG describes it.
#[derive(Debug, Default)]
struct Status {
    good: usize,
    bad: bool,
    unknown_key: bool,
    fingerprint: Option<String>,
}

impl Status {
    fn read(lines: &str) -> Self {
        let mut status = Status::default();
        for line in lines.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")) {
            let mut words = line.split(' ');
            match words.next().unwrap_or_default() {
                "GOODSIG" => status.good += 1,
                "VALIDSIG" => status.fingerprint = words.next().map(String::from),
                "BADSIG" | "EXPSIG" | "EXPKEYSIG" | "REVKEYSIG" => status.bad = true,
                // The ninth word is why: 9 stands for a key that is not there.
                "ERRSIG" if words.nth(5) == Some("9") => status.unknown_key = true,
                "ERRSIG" => status.bad = true,
                "NO_PUBKEY" => status.unknown_key = true,
                _ => {}
            }
        }
        status
    }
}

/// A program that verifies.
struct Tool {
    name: &'static str,
    path: PathBuf,
    deadline: Deadline,
}

impl Tool {
    fn find(name: &'static str, deadline: Deadline) -> Result<Self, SignatureError> {
        let path = program::find(name).ok_or_else(|| SignatureError::NoProgram { program: name.to_owned() })?;
        Ok(Tool { name, path, deadline })
    }

    fn run(&self, args: &[&str], paths: &[&Path], input: &[u8]) -> Result<Answer, SignatureError> {
        let args = args.iter().map(OsStr::new).chain(paths.iter().map(|path| path.as_os_str()));
        program::run(&self.path, &args.collect::<Vec<_>>(), input, self.deadline).map_err(|cause| self.broken(cause))
    }

    fn file(&self, bytes: &[u8]) -> Result<tempfile::NamedTempFile, SignatureError> {
        let fails = |error: std::io::Error| self.broken(format!("cannot be given its input: {error}"));
        let mut file = tempfile::NamedTempFile::new().map_err(fails)?;
        file.write_all(bytes).map_err(fails)?;
        Ok(file)
    }

    fn broken(&self, cause: String) -> SignatureError {
        SignatureError::Broken { program: self.name.to_owned(), cause }
    }
}

fn words(answer: &Answer) -> String {
    let lines: Vec<&str> = answer.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { format!("the program ended with {}", answer.status) } else { shown(&lines.join("; ")) }
}

/// A time as `ssh-keygen` reads it: year, month, day, hour, minute and second, all digits, in UTC.
fn moment(seconds: i64) -> Option<String> {
    let time = gix::date::Time::new(seconds, 0);
    if !(0..253_402_300_800).contains(&seconds) {
        return None;
    }
    time.format(gix::date::time::format::ISO8601)
        .ok()
        .map(|text| text.chars().filter(char::is_ascii_digit).take(14).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_ssh_keygen_reads_them() {
        assert_eq!(moment(0).as_deref(), Some("19700101000000"));
        assert_eq!(moment(1_700_000_000).as_deref(), Some("20231114221320"));
        assert_eq!(moment(-1), None);
        assert_eq!(moment(i64::MAX), None);
    }

    #[test]
    fn a_status_is_good_in_every_respect_or_not_at_all() {
        let good = Status::read("[GNUPG:] GOODSIG 12 name\n[GNUPG:] VALIDSIG ABCD 2026\n");
        assert_eq!((good.good, good.bad, good.fingerprint.as_deref()), (1, false, Some("ABCD")));
        let expired = Status::read("[GNUPG:] EXPKEYSIG 12 name\n[GNUPG:] VALIDSIG ABCD 2026\n");
        assert_eq!((expired.good, expired.bad), (0, true));
        assert!(Status::read("[GNUPG:] ERRSIG 12 22 8 00 1700000000 9 ABCD\n").unknown_key);
        assert!(Status::read("[GNUPG:] ERRSIG 12 22 8 00 1700000000 4 ABCD\n").bad);
        assert_eq!(Status::read("GOODSIG 12 name\n").good, 0);
    }
}
