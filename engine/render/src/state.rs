//! What one run of a guest may see and use, and what it has used so far.

use std::sync::Arc;
use std::time::SystemTime;

use wasmtime::ResourceLimiter;

use crate::files::{Files, FilesError, Kind, MemoryFiles, Stat};
use crate::limits::Limits;
use crate::log::Log;
use crate::wasi::{Descriptors, Entropy, Errno, Open, Process};

/// Elements of all tables; the larger of our guests has 40,000.
const MOST_ELEMENTS: usize = 1 << 20;

/// The content of a file, and the place in it where the next read begins.
pub(crate) type Content = (Arc<[u8]>, u64);
/// The path of a folder and what lies in it.
pub(crate) type Entries = (String, Arc<[(String, Kind)]>);

/// How a guest sees links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// As what they lead to.
    Followed,
    /// As links too, where it asks whether there is one: for a tool that goes on from where they lead.
    Shown,
}

/// The state of a run.
pub(crate) struct State {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) links: Links,
    pub(crate) open: Descriptors,
    pub(crate) process: Process,
    pub(crate) entropy: Entropy,
    pub(crate) log: Log,
    pub(crate) usage: Usage,
    /// The first path that was refused or could not be read.
    pub(crate) refused: Option<FilesError>,
    /// The first path that was longer than paths are.
    pub(crate) endless: Option<String>,
}

/// How much of its limits a run has used.
#[derive(Debug)]
pub(crate) struct Usage {
    limits: Limits,
    /// Bytes of memory.
    pub(crate) memory: u64,
    /// Bytes read from files.
    read: u64,
    /// The limit that it ran into.
    pub(crate) exceeded: Option<Exceeded>,
}

/// A limit that was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Memory,
    Tables,
    Read,
}

impl State {
    pub(crate) fn new(files: Arc<dyn Files>, now: SystemTime, limits: Limits) -> Self {
        Self {
            files,
            links: Links::Followed,
            open: Descriptors::new(),
            process: Process::new(now),
            entropy: Entropy::new(),
            log: Log::default(),
            usage: Usage { limits, memory: 0, read: 0, exceeded: None },
            refused: None,
            endless: None,
        }
    }

    /// A state without any file.
    pub(crate) fn empty() -> Self {
        Self::new(Arc::new(MemoryFiles::default()), SystemTime::UNIX_EPOCH, Limits::default())
    }

    /// What there is at a path.
    pub(crate) fn stat(&mut self, path: &str) -> Result<Stat, Errno> {
        let found = self.files.stat(path);
        found.map_err(|error| self.note(error))
    }

    /// The text of the link at a path, if there is one that the guest sees.
    pub(crate) fn link(&mut self, path: &str) -> Result<Option<String>, Errno> {
        match self.links {
            Links::Followed => Ok(None),
            Links::Shown => self.files.link(path).map_err(|error| self.note(error)),
        }
    }

    /// The content of an open file and the place in it; none for standard input.
    pub(crate) fn content(&mut self, fd: u32) -> Result<Option<Content>, Errno> {
        let (path, at) = match self.open.get(fd)? {
            Open::Input => return Ok(None),
            Open::Output => return Err(Errno::BadDescriptor),
            Open::Folder { .. } => return Err(Errno::IsFolder),
            Open::File { content: Some(content), at, .. } => return Ok(Some((Arc::clone(content), *at))),
            Open::File { path, at, .. } => (path.clone(), *at),
        };
        let content = self.files.read(&path).map_err(|error| self.note(error))?;
        self.usage.read = self.usage.read.saturating_add(content.len() as u64);
        if self.usage.read > self.usage.limits.read {
            self.usage.exceeded.get_or_insert(Exceeded::Read);
            return Err(Errno::Io);
        }
        if let Open::File { content: slot, .. } = self.open.get(fd)? {
            *slot = Some(Arc::clone(&content));
        }
        Ok(Some((content, at)))
    }

    /// The path and the entries of an open folder.
    pub(crate) fn entries(&mut self, fd: u32) -> Result<Entries, Errno> {
        let path = match self.open.get(fd)? {
            Open::Folder { path, entries: Some(entries) } => return Ok((path.clone(), Arc::clone(entries))),
            Open::Folder { path, .. } => path.clone(),
            Open::File { .. } | Open::Input | Open::Output => return Err(Errno::NotFolder),
        };
        let listed: Arc<[_]> = self.files.list(&path).map_err(|error| self.note(error))?.into();
        if let Open::Folder { entries, .. } = self.open.get(fd)? {
            *entries = Some(Arc::clone(&listed));
        }
        Ok((path, listed))
    }

    /// Keeps an error that a person has to hear of, and gives its number.
    fn note(&mut self, error: FilesError) -> Errno {
        let errno = Errno::from(&error);
        if !error.is_ordinary() {
            self.refused.get_or_insert(error);
        }
        errno
    }
}

impl ResourceLimiter for Usage {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.memory.saturating_add(desired.saturating_sub(current) as u64);
        if after > self.limits.memory {
            self.exceeded.get_or_insert(Exceeded::Memory);
            return Ok(false);
        }
        self.memory = after;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > MOST_ELEMENTS {
            self.exceeded.get_or_insert(Exceeded::Tables);
        }
        Ok(desired <= MOST_ELEMENTS)
    }
}
