//! Words without what moves: numbers of elements, lines, and files of others.

use std::borrow::Cow;

use sluice_policy::Finding;

/// It names the file and the line of another object, and which of the two is told depends on the names of their files.
const DUPLICATE_OBJECT: &str = "sluice/duplicate-object";
/// It ends with a line.
const DUPLICATE_KEY: &str = "sluice/duplicate-key";

/// Whether a finding is about all objects of a name, and not about one of them.
pub(crate) fn is_of_name(finding: &Finding) -> bool {
    finding.rule == DUPLICATE_OBJECT
}

/// The words of a finding as they stay when others are put before what it is about.
pub(crate) fn words(finding: &Finding) -> Cow<'_, str> {
    match finding.rule.as_str() {
        DUPLICATE_OBJECT => Cow::Borrowed(""),
        DUPLICATE_KEY => {
            let words = finding.message.rsplit_once(", first on line ");
            Cow::Borrowed(words.map_or(finding.message.as_str(), |(words, _)| words))
        }
        _ => without_indexes(&finding.message),
    }
}

/// `containers[0].image` as `containers[].image`: the pointer tells which one it is.
fn without_indexes(words: &str) -> Cow<'_, str> {
    let (mut out, mut rest) = (String::new(), words);
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        if !rest.starts_with(']') {
            rest = after;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(words);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::without_indexes;

    #[test]
    fn words_lose_the_numbers_of_elements_and_nothing_else() {
        let same = ["containers[web].image", "no", "[1", "a[1x]", "[[x]]", ""];
        assert_eq!(same.map(without_indexes), same);
        assert_eq!(without_indexes("`a[0].b[12]` repeats `[3]`, 4"), "`a[].b[]` repeats `[]`, 4");
    }
}
