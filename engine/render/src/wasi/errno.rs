//! The numbers of `wasi_snapshot_preview1` for what can go wrong here.

use crate::files::FilesError;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errno {
    Access = 2,
    BadDescriptor = 8,
    Fault = 21,
    NotUtf8 = 25,
    Invalid = 28,
    Io = 29,
    IsFolder = 31,
    TooManyOpen = 33,
    NameTooLong = 37,
    Missing = 44,
    Unknown = 52,
    NotFolder = 54,
    ReadOnly = 69,
    NoSeek = 70,
    NotCapable = 76,
}

impl From<&FilesError> for Errno {
    fn from(error: &FilesError) -> Self {
        match error {
            FilesError::Missing { .. } => Self::Missing,
            FilesError::Other { is: "a folder", .. } => Self::IsFolder,
            FilesError::Other { .. } => Self::NotFolder,
            FilesError::Refused { .. } => Self::Access,
            FilesError::Failed { .. } => Self::Io,
        }
    }
}
