//! A file to judge: its name, and how to read it when its turn comes.

use std::io;
use std::sync::Arc;

use sluice_manifest::Text;

/// A source of manifests. Nothing is read before its turn, so that any number of files can wait.
pub struct Input {
    name: String,
    read: Box<dyn FnOnce() -> io::Result<Content> + Send>,
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
    pub fn new(name: impl Into<String>, read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static) -> Self {
        Self { name: name.into(), read: Box::new(|| read().map(Content::Bytes)) }
    }

    /// Bytes that are at hand.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self::new(name, move || Ok(bytes))
    }

    /// A text that was rendered: places in it lead back to its sources.
    #[must_use]
    pub fn text(text: Arc<Text>) -> Self {
        Self { name: text.name().to_owned(), read: Box::new(|| Ok(Content::Text(text))) }
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    ///
    /// # Errors
    ///
    /// What the file system gives.
    pub fn read(self) -> io::Result<Content> {
        (self.read)()
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).finish_non_exhaustive()
    }
}
