//! The kinds that errors of paths are of, for who treats a kind alike.

use super::PathError;

/// What kind of thing is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// There is nothing.
    Missing,
    /// There is a file where a folder is needed.
    NotAFolder,
    /// There is a folder where a file is needed.
    NotAFile,
    /// A link that leads nowhere, out of the checkout or back to itself, or a submodule.
    Astray,
    /// There is something that must not be there, or too much of it.
    Refused,
    /// It could not be read.
    Failed,
}

impl PathError {
    /// What kind of thing is wrong.
    pub fn fault(&self) -> PathFault {
        match self {
            PathError::NotFound { .. } => PathFault::Missing,
            PathError::NotAFolder { .. } => PathFault::NotAFolder,
            PathError::NotAFile { .. } => PathFault::NotAFile,
            PathError::LinkLeaves { .. }
            | PathError::LinkLoop { .. }
            | PathError::LinkBroken { .. }
            | PathError::Submodule { .. } => PathFault::Astray,
            PathError::BadPath { .. }
            | PathError::Leaves { .. }
            | PathError::BadLink { .. }
            | PathError::BadName { .. }
            | PathError::OtherKind { .. }
            | PathError::TooLarge { .. }
            | PathError::TooMany { .. }
            | PathError::TooLong { .. }
            | PathError::TooDeep { .. }
            | PathError::TooMuch { .. } => PathFault::Refused,
            PathError::Corrupt { .. } | PathError::Io { .. } => PathFault::Failed,
        }
    }
}
