//! What a guest has open. Numbers are given out from the lowest free one, as on any system.

use std::sync::Arc;

use super::errno::Errno;
use crate::files::Kind;

/// The number of the checkout's root; 0, 1 and 2 are the standard streams.
pub(crate) const ROOT: u32 = 3;
/// Most files and folders open at once.
const MOST_OPEN: usize = 4096;

/// Something open.
#[derive(Debug)]
pub(crate) enum Open {
    /// Standard input, which has ended.
    Input,
    /// Standard output and standard error.
    Output,
    /// A file; its content is read when it is first needed.
    File { path: String, content: Option<Arc<[u8]>>, at: u64 },
    /// A folder; it is listed when it is first needed.
    Folder { path: String, entries: Option<Arc<[(String, Kind)]>> },
}

impl Open {
    /// The path of a file or folder.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::File { path, .. } | Self::Folder { path, .. } => Some(path),
            Self::Input | Self::Output => None,
        }
    }
}

/// The table of what is open.
#[derive(Debug)]
pub(crate) struct Descriptors(Vec<Option<Open>>);

impl Descriptors {
    /// The standard streams and the root.
    pub(crate) fn new() -> Self {
        let root = Open::Folder { path: String::new(), entries: None };
        Self([Open::Input, Open::Output, Open::Output, root].into_iter().map(Some).collect())
    }

    pub(crate) fn get(&mut self, number: u32) -> Result<&mut Open, Errno> {
        self.0.get_mut(number as usize).and_then(Option::as_mut).ok_or(Errno::BadDescriptor)
    }

    pub(crate) fn open(&mut self, open: Open) -> Result<u32, Errno> {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free >= MOST_OPEN {
            return Err(Errno::TooManyOpen);
        }
        match self.0.get_mut(free) {
            Some(slot) => *slot = Some(open),
            None => self.0.push(Some(open)),
        }
        u32::try_from(free).map_err(|_| Errno::TooManyOpen)
    }

    pub(crate) fn close(&mut self, number: u32) -> Result<(), Errno> {
        self.get(number)?;
        if let Some(slot) = self.0.get_mut(number as usize) {
            *slot = None;
        }
        Ok(())
    }
}
