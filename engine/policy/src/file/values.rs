//! The small languages of the file: sizes (`64Mi`), durations (`1s`), dates (`2027-01-31`), sources (`builtin:NAME`).

use std::path::PathBuf;
use std::time::Duration;

use super::PluginSource;

/// Bytes: a number alone, or with `k`, `M`, `G`, `Ki`, `Mi`, `Gi`, as Kubernetes writes quantities.
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..)? {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// A duration above zero: `500ms`, `1s`, `1m30s`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let parsed: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(parsed).ok().filter(|duration| !duration.is_zero())
}

/// A day of the calendar.
pub(crate) fn date(text: &str) -> Option<jiff::civil::Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain.then(|| text.parse().ok()).flatten()
}

/// Where a plugin comes from; an error is the help to give.
pub(crate) fn source(text: &str) -> Result<PluginSource, String> {
    if let Some(name) = text.strip_prefix("builtin:").filter(|name| !name.is_empty()) {
        return Ok(PluginSource::Builtin(name.to_owned()));
    }
    if let Some(path) = text.strip_prefix("file:").filter(|path| !path.is_empty()) {
        return Ok(PluginSource::File(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
    }
    if text.strip_prefix("oci://").is_some_and(|reference| !reference.is_empty()) {
        return Ok(PluginSource::Oci(text.to_owned()));
    }
    if text.contains("://") {
        return Err(String::from("plugins come from the program itself, `builtin:NAME`, or from a file, `file:PATH`"));
    }
    let file = std::path::Path::new(text).extension().is_some_and(|extension| extension == "wasm");
    Err(if file { format!("write `file:{text}`") } else { String::from("write `builtin:NAME` or `file:PATH`") })
}

/// Kebab-case: lowercase letters, digits and single hyphens between them, a letter first.
pub(crate) fn is_kebab(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("64Mi"), Some(64 << 20));
        assert_eq!(size("1000"), Some(1000));
        assert_eq!(size("2k"), Some(2000));
        for wrong in ["", "Mi", "64MB", "-1", "1.5Gi", "99999999999Gi", "64 Mi"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("1s"), Some(Duration::from_secs(1)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        for wrong in ["", "1", "0s", "-1s", "soon"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(date("2027-01-31").unwrap().to_string(), "2027-01-31");
        for wrong in ["2027-02-30", "31.01.2027", "2027-1-31", "2027-01-31T00:00:00Z", "tomorrow"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sources() {
        assert_eq!(source("builtin:image-tags"), Ok(PluginSource::Builtin("image-tags".into())));
        assert_eq!(source("file:./x.wasm"), Ok(PluginSource::File("./x.wasm".into())));
        assert!(matches!(source("oci://host/repo:tag"), Ok(PluginSource::Oci(_))));
        assert_eq!(source("./x.wasm"), Err("write `file:./x.wasm`".into()));
        assert!(source("image-tags").is_err());
        assert!(source("builtin:").is_err());
    }

    #[test]
    fn kebab() {
        assert!(is_kebab("image-tags") && is_kebab("a") && is_kebab("k8s"));
        for wrong in ["", "Image", "a--b", "-a", "a-", "1a", "a_b", "a/b"] {
            assert!(!is_kebab(wrong), "{wrong}");
        }
    }
}
