//! What an error of the HTTP client stands for.

use crate::error::FetchCause;
use crate::fetch::line::Line;
use crate::words::{chain, shown};

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum of another crate, which grows; what is not told apart is shown"
)]
pub(super) fn of(error: ureq::Error, line: &Line) -> FetchCause {
    if line.deadline.is_over() {
        return FetchCause::TimedOut(line.deadline.granted);
    }
    match error {
        ureq::Error::Timeout(_) => FetchCause::TimedOut(line.deadline.granted),
        ureq::Error::HostNotFound => FetchCause::NoSuchHost,
        ureq::Error::Rustls(error) => FetchCause::Tls(shown(&error.to_string())),
        ureq::Error::Tls(words) => FetchCause::Tls(words.to_owned()),
        ureq::Error::Io(error) => io(error, line),
        ureq::Error::ConnectionFailed => FetchCause::NoConnection("nobody answers".to_owned()),
        other => FetchCause::Protocol(line.masked(&chain(&other))),
    }
}

fn io(error: std::io::Error, line: &Line) -> FetchCause {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(tls), _) => FetchCause::Tls(shown(&tls.to_string())),
        // The standard library has no kind for it, but says it in the same words on every system.
        (None, _) if error.to_string().starts_with("failed to lookup address") => FetchCause::NoSuchHost,
        (None, std::io::ErrorKind::TimedOut) => FetchCause::TimedOut(line.deadline.granted),
        (None, _) => FetchCause::NoConnection(shown(&error.to_string())),
    }
}
