//! Which names a file or folder may have. What one system takes for a plain name leads out of the checkout, or into `.git`,
//! on another, so such names are refused on all.

use gix::validate::path::component;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// The bytes are not UTF-8.
    #[error("is not UTF-8")]
    NotText,
    /// Nothing at all, or longer than any file system takes.
    #[error("is empty or too long")]
    Length,
    /// `.`, `..`, or a slash, backslash or NUL within.
    #[error("would lead to another folder")]
    Path,
    /// `.git`, or what a file system takes for it.
    #[error("stands for Git's own folder")]
    GitFolder,
    /// The same folder has it twice.
    #[error("occurs twice")]
    Twice,
}

/// What a name becomes in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Link,
    Other,
}

/// The longest name, in bytes, that common file systems take.
const LONGEST: usize = 255;

/// The name as text, if it is one that every system takes for a plain name.
pub(crate) fn checked(name: &[u8], role: Role) -> Result<&str, NameFault> {
    if name.is_empty() || name.len() > LONGEST {
        return Err(NameFault::Length);
    }
    let text = std::str::from_utf8(name).map_err(|_| NameFault::NotText)?;
    if text.contains(['/', '\\', '\0']) || text == "." || text == ".." {
        return Err(NameFault::Path);
    }
    let mode = (role == Role::Link).then_some(component::Mode::Symlink);
    let options = component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    match gix::validate::path::component(name.into(), mode, options) {
        Ok(_) => Ok(text),
        Err(component::Error::Empty | component::Error::Relative | component::Error::PathSeparator) => {
            Err(NameFault::Path)
        }
        Err(_) => Err(NameFault::GitFolder),
    }
}

/// Whether this is Git's own folder, which no checkout of a folder shows: it can hold credentials.
pub(crate) fn is_git_folder(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_pass() {
        for name in ["a", "...", ".github", ".gitignore", ".gitmodules", "git", "a b", "ä", "con", "a:b", "git~x"] {
            assert_eq!(checked(name.as_bytes(), Role::Other), Ok(name));
        }
    }

    #[test]
    fn names_that_lead_elsewhere_do_not() {
        let cases: &[(&[u8], NameFault)] = &[
            (b"", NameFault::Length),
            (&[b'x'; 256], NameFault::Length),
            (b"a\xff", NameFault::NotText),
            (b".", NameFault::Path),
            (b"..", NameFault::Path),
            (b"a/b", NameFault::Path),
            (b"a\\b", NameFault::Path),
            (b"a\0b", NameFault::Path),
            (b".git", NameFault::GitFolder),
            (b".GiT", NameFault::GitFolder),
            (b".git ", NameFault::GitFolder),
            (b".git.", NameFault::GitFolder),
            (b"git~1", NameFault::GitFolder),
            (b".git::$INDEX_ALLOCATION", NameFault::GitFolder),
            (".g\u{200c}it".as_bytes(), NameFault::GitFolder),
        ];
        for (name, fault) in cases {
            assert_eq!(checked(name, Role::Other), Err(*fault), "{}", name.escape_ascii());
        }
        assert_eq!(checked(b".gitmodules", Role::Link), Err(NameFault::GitFolder));
    }
}
