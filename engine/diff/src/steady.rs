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
        _ => without_indexes(&finding.message, finding.path.as_deref().unwrap_or_default()),
    }
}

/// `containers[0].image` as `containers[].image`: the pointer tells which one it is. A number in brackets that follows no
/// name of an array in the pointer may be a value.
fn without_indexes<'w>(words: &'w str, pointer: &str) -> Cow<'w, str> {
    let (mut out, mut rest) = (String::new(), words);
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        rest = after;
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.starts_with(']') && is_array(before, pointer) {
            rest = after;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(words);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether words end with the name of an array that a pointer leads into.
fn is_array(words: &str, pointer: &str) -> bool {
    let start = words.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-').len();
    let name = words.get(start..).filter(|name| !name.is_empty());
    name.is_some_and(|name| {
        let mut tokens = pointer.split('/').zip(pointer.split('/').skip(1));
        tokens.any(|(one, next)| one == name && !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::without_indexes;

    #[test]
    fn words_lose_the_numbers_of_elements_and_nothing_else() {
        let without = |words| without_indexes(words, "/a/0/b/12/c");
        let same = ["containers[web].image", "no", "[1", "a[1x]", "[[x]]", "", "ports [80]", "c[80]", "x[0]"];
        assert_eq!(same.map(without), same);
        assert_eq!(without("`a[0].b[12]` repeats `a[0].b[3]`, 4"), "`a[].b[]` repeats `a[].b[]`, 4");
    }
}
