//! Names with `*` in settings.

/// Whether a text matches a pattern in which `*` stands for any number of characters.
///
/// ```
/// assert!(sluice_sdk::matches("istio-*", "istio-proxy") && !sluice_sdk::matches("istio", "istio-proxy"));
/// ```
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let mut parts = middle.split('*');
    parts.all(|part| match text.find(part) {
        Some(at) => {
            text = text.get(at + part.len()..).unwrap_or_default();
            true
        }
        None => false,
    }) && text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text) in
            [("*", ""), ("*", "x"), ("a*", "a"), ("*a", "a"), ("a*b*c", "abbc"), ("*-dev*", "1-dev2"), ("a**b", "ab")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("a*a", "a"), ("a*b*b", "ab"), ("*x*", "y"), ("a", "A"), ("ab*ba", "aba")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
