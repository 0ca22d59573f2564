//! A file to judge: its name, and how to read it when its turn comes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_manifest::Text;

/// A source of manifests. Nothing is read before its turn, so that any number of files can wait.
pub struct Input {
    name: Arc<str>,
    read: Read,
}

/// How to read an input. Files are many, so that one is no more than its name where that leads to it.
enum Read {
    File { path: Option<PathBuf>, by: fn(&Path) -> io::Result<Vec<u8>> },
    Other(Box<dyn FnOnce() -> io::Result<Content> + Send>),
}

/// What an input turned out to hold.
#[derive(Debug)]
pub enum Content {
    /// Bytes that need not be UTF-8.
    Bytes(Vec<u8>),
    /// A text that was rendered.
    Text(Arc<Text>),
}

impl Input {
    /// Something that gives bytes, with the name that messages call it by.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static) -> Self {
        Self { name: name.into(), read: Read::Other(Box::new(|| read().map(Content::Bytes))) }
    }

    /// A file, and what reads it.
    #[must_use]
    pub fn file(name: impl Into<Arc<str>>, path: PathBuf, by: fn(&Path) -> io::Result<Vec<u8>>) -> Self {
        let name = name.into();
        let path = Some(path).filter(|path| path.as_os_str() != &*name);
        Self { name, read: Read::File { path, by } }
    }

    /// Bytes that are at hand.
    #[must_use]
    pub fn bytes(name: impl Into<Arc<str>>, bytes: Vec<u8>) -> Self {
        Self::new(name, move || Ok(bytes))
    }

    /// A text that was rendered: places in it lead back to its sources.
    #[must_use]
    pub fn text(text: Arc<Text>) -> Self {
        Self { name: text.name().into(), read: Read::Other(Box::new(|| Ok(Content::Text(text)))) }
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What it holds.
    ///
    /// # Errors
    ///
    /// What the file system gives.
    pub fn read(self) -> io::Result<Content> {
        match self.read {
            Read::File { path, by } => by(path.as_deref().unwrap_or(Path::new(&*self.name))).map(Content::Bytes),
            Read::Other(read) => read(),
        }
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).finish_non_exhaustive()
    }
}
