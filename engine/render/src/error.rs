//! Why nothing was rendered. Each error says what is wrong, in the tool's own words where it has some, in which file where
//! that can be told, and what to do.

use std::ops::Range;
use std::time::Duration;

use crate::explain;
use crate::files::FilesError;

/// Why the renderers are not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The engine does not run here.
    #[error("the WebAssembly engine cannot run on this machine: {message}")]
    Engine {
        /// What the engine says.
        message: String,
    },
    /// A renderer is missing or broken.
    #[error("the renderer `{renderer}` cannot be loaded: {message}")]
    Renderer {
        /// `kustomize` or `helm`.
        renderer: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

/// Why there is no rendered set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The renderer itself is not there.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A path that is to be rendered, or that a renderer needs, is not there or may not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The tool refused what it was given.
    #[error("{renderer}: {message}")]
    Failed {
        /// Which tool.
        renderer: String,
        /// Its own words, in one line.
        message: String,
        /// The file that they are about.
        file: Option<String>,
    },
    /// A file that another one names is not there.
    #[error("{renderer}: `{file}` needs `{path}`, which is not there")]
    Missing {
        /// Which tool.
        renderer: String,
        /// What is not there.
        path: String,
        /// The file, or the folder, that names it.
        file: String,
    },
    /// A file that another one names lies outside of the checkout.
    #[error("{renderer}: `{file}` needs `{path}`, which lies outside of the checkout")]
    Outside {
        /// Which tool.
        renderer: String,
        /// What it needs, from the root of the checkout.
        path: String,
        /// The file, or the folder, that names it.
        file: String,
    },
    /// Something would have to be fetched.
    #[error("{renderer}: `{what}` is not in the checkout")]
    Remote {
        /// Which tool.
        renderer: String,
        /// What would be fetched.
        what: String,
        /// The file that asks for it.
        file: Option<String>,
    },
    /// A program would have to be run.
    #[error("{renderer}: {message}")]
    Program {
        /// Which tool.
        renderer: String,
        /// Its own words, in one line.
        message: String,
        /// The file that asks for it.
        file: Option<String>,
    },
    /// A tree that refers to itself.
    #[error("{renderer}: {message}")]
    Endless {
        /// Which tool.
        renderer: String,
        /// What goes round, in one line.
        message: String,
        /// The file where it does.
        file: Option<String>,
    },
    /// Nothing came out.
    #[error("{renderer}: `{path}` renders to nothing")]
    Empty {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
    },
    /// It took too long.
    #[error("{renderer}: `{path}` was not rendered within {limit:?}")]
    TimedOut {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
        /// The limit.
        limit: Duration,
    },
    /// What it prints has no end, because somebody else may print as well.
    #[error("{renderer}: on `{path}`, a process that it left behind holds its output open")]
    Held {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
    },
    /// It took too much of something.
    #[error("{renderer}: `{path}` takes more than {} of {what}", bytes(*.limit))]
    TooMuch {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
        /// `memory`, `output` or `files`.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The tool came to an end that is none.
    #[error("{renderer}: crashed on `{path}`: {message}")]
    Crashed {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
        /// Its last words, in one line.
        message: String,
    },
    /// What came out is no text, or told of no place.
    #[error("{renderer}: the output of `{path}` cannot be used: {message}")]
    Output {
        /// Which tool.
        renderer: String,
        /// What was rendered.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A program could not be started.
    #[error("`{program}` cannot be started: {message}")]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        message: String,
    },
}

impl RenderError {
    /// The file that it is about, where that can be told, from the root of the checkout.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Failed { file, .. }
            | Self::Remote { file, .. }
            | Self::Program { file, .. }
            | Self::Endless { file, .. } => file.as_deref(),
            Self::Missing { file, .. } | Self::Outside { file, .. } => Some(file),
            Self::Files(error) => Some(error.path()),
            Self::Load(_)
            | Self::Empty { .. }
            | Self::TimedOut { .. }
            | Self::Held { .. }
            | Self::TooMuch { .. }
            | Self::Crashed { .. }
            | Self::Output { .. }
            | Self::Start { .. } => None,
        }
    }

    /// The bytes of that file, whose text is given, to which the tool's words point; none where they do not say.
    #[must_use]
    pub fn place_in(&self, text: &str) -> Option<Range<usize>> {
        explain::place::of(self, text)
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Load(LoadError::Engine { .. }) => "run it on a machine with a 64-bit x86 or Arm processor",
            Self::Load(LoadError::Renderer { .. }) => {
                "install the program again, or build it with `cargo xtask guests`, which makes the renderers"
            }
            Self::Missing { .. } | Self::Files(FilesError::Missing { .. }) => {
                "check the spelling of the path, and that the file is committed"
            }
            Self::Outside { .. } => {
                "a render sees nothing but the checkout: count the `..`, of which each leads one folder up from the file's own"
            }
            Self::Files(FilesError::Other { .. }) => "name a folder to render, or a chart's archive",
            Self::Files(FilesError::Refused { .. }) => {
                "a render sees nothing but the checkout: put what it needs inside, and take links that lead out away"
            }
            Self::Files(FilesError::Failed { .. }) => "check that the file can be read",
            Self::Failed { .. } => "correct the file; the words are the tool's own",
            Self::Remote { .. } => {
                "a render has no network: commit what it needs into the repository and name it by its path"
            }
            Self::Program { .. } => {
                "a render runs no programs: commit what the program makes, or render this folder by a `command`"
            }
            Self::Endless { .. } => "take the reference away that leads back to where it stands",
            Self::Empty { .. } => {
                "check the path; where nothing is meant to come out, say `allowEmpty: true` for it under `render` in the policy file"
            }
            Self::TimedOut { .. } => "if it is merely large, allow it more time; else look for what never ends",
            Self::Held { .. } => {
                "let the `command` wait for what it starts, or start that with its output elsewhere: `>/dev/null`"
            }
            Self::TooMuch { .. } => "if it is merely large, raise the limit or split the set; else look for what grows",
            Self::Crashed { .. } => "the tool fails on what it was given: take away what was added last",
            Self::Output { .. } => "what comes out of a render must be YAML in UTF-8",
            Self::Start { .. } => "install the program, or correct the `command`",
        }
    }
}

/// A number of bytes as people say it.
fn bytes(count: u64) -> String {
    match count {
        n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}
