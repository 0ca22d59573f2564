//! What options of a chart Helm would refuse, so that it is told where they stand and before anything runs.

/// Longest name of a release: Helm makes names of objects of it.
const MOST_RELEASE: usize = 53;
/// Longest label of the domain name system.
const MOST_LABEL: usize = 63;

/// The form that the name of a release must have, if a text does not have it.
#[must_use]
pub fn release_problem(text: &str) -> Option<&'static str> {
    let fits = text.len() <= MOST_RELEASE && text.split('.').all(is_label);
    (!fits).then_some("at most 53 lower-case letters, digits, `-` and `.`, as in `my-shop`")
}

/// The form that the name of a namespace must have, if a text does not have it.
#[must_use]
pub fn namespace_problem(text: &str) -> Option<&'static str> {
    let fits = text.len() <= MOST_LABEL && is_label(text);
    (!fits).then_some("at most 63 lower-case letters, digits and `-`, as in `shop`")
}

/// The form that a version of Kubernetes must have, if a text does not have it.
#[must_use]
pub fn version_problem(text: &str) -> Option<&'static str> {
    let core = text.strip_prefix('v').unwrap_or(text).split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = core.split('.').count() <= 3 && core.split('.').all(is_number);
    (!fits).then_some("a version of Kubernetes, as in `1.34` or `v1.34.2`")
}

fn is_label(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().all(|byte| is_plain(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_plain)
        && text.bytes().next_back().is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::{namespace_problem, release_problem, version_problem};

    #[test]
    fn what_helm_would_refuse_is_known_before() {
        for good in ["shop", "my-shop.v2", "1"] {
            assert_eq!(release_problem(good), None, "{good}");
        }
        for bad in ["", "Bad_Name", "-a", "a-", "a..b", &"a".repeat(54)] {
            assert!(release_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(namespace_problem("shop"), None);
        assert!(namespace_problem("a.b").is_some() && namespace_problem(&"a".repeat(64)).is_some());
        for good in ["1.34", "v1.34.2", "1.34.0-rc.1+build"] {
            assert_eq!(version_problem(good), None, "{good}");
        }
        for bad in ["", "banana", "1.x", "1.2.3.4", "v"] {
            assert!(version_problem(bad).is_some(), "{bad}");
        }
    }
}
