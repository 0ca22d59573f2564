//! From the end of a run to what a person is told: the rendered set, or the cause that somebody can do something about. A
//! guest often fails for another reason than the one that counts: an allocator that was refused memory exits.

use wasmtime::Trap;

use crate::answer::{self, Rendered};
use crate::error::RenderError;
use crate::files::{Files, Stat};
use crate::guest::{Answer, End, Run};
use crate::limits::Limits;
use crate::renderers::no_thread;
use crate::state::{Exceeded, State};
use crate::wasi::{Exit, from_the_root};

mod helm;
mod kustomize;
pub(crate) mod place;

/// Longest words of a tool that are passed on: what stands first, and what stands last, which is where the cause is.
const FIRST: usize = 300;
const LAST: usize = 700;
/// Of a path that goes on without end.
const FIRST_NAMES: usize = 60;
/// Lines of what a guest wrote that go with a crash.
const LAST_LINES: usize = 3;

/// What a run means.
pub(crate) fn run(renderer: &'static str, path: &str, limits: Limits, run: Run) -> Result<Rendered, RenderError> {
    let Run { end, state } = run;
    let told = Told { renderer: renderer.to_owned(), path: shown(path), limits };
    if let Some(exceeded) = state.usage.exceeded {
        return Err(told.exceeded(exceeded));
    }
    match end {
        Ok(Answer::Rendered(bytes)) => told.rendered(bytes, &state),
        Ok(Answer::Failed(words)) => Err(told.failed(&String::from_utf8_lossy(&words), &state)),
        Err(End::NoThread) => Err(no_thread()),
        Err(End::TooLong) => Err(told.too_much("output", limits.output)),
        Err(End::Stopped(error)) => Err(told.stopped(&error, &state)),
    }
}

/// The path as a person would say it.
fn shown(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { path.to_owned() }
}

/// What a tool said, and of what.
struct Subject<'a> {
    files: &'a dyn Files,
    /// What was rendered.
    base: &'a str,
    /// The tool's words, in one line.
    words: &'a str,
}

impl Subject<'_> {
    fn is_file(&self, path: &str) -> bool {
        matches!(self.files.stat(path), Ok(Stat::File { .. }))
    }

    /// A path, if there is a file.
    fn file(&self, path: String) -> Option<String> {
        self.is_file(&path).then_some(path)
    }
}

struct Told {
    renderer: String,
    path: String,
    limits: Limits,
}

impl Told {
    fn rendered(self, bytes: Vec<u8>, state: &State) -> Result<Rendered, RenderError> {
        let Self { renderer, path, .. } = self;
        let mut rendered = match answer::read(bytes) {
            Ok(rendered) => rendered,
            Err(message) => return Err(RenderError::Output { renderer, path, message }),
        };
        if is_empty(&rendered.text) {
            return Err(RenderError::Empty { renderer, path });
        }
        rendered.warnings.extend(state.log.lines());
        if state.entropy.drawn > 0 {
            rendered.warnings.push(format!(
                "`{path}` draws random values, which are the same in each render and on each machine: they are no secrets"
            ));
        }
        rendered.memory = state.usage.memory;
        Ok(rendered)
    }

    fn failed(self, words: &str, state: &State) -> RenderError {
        if let Some(path) = &state.endless {
            let start = path.get(..path.floor_char_boundary(FIRST_NAMES)).unwrap_or_default();
            let message = format!("`{start}…` goes on for longer than a path may be, as where a link leads back");
            return RenderError::Endless { renderer: self.renderer, message, file: None };
        }
        if let Some(error) = &state.refused
            && ["ermission denied", "/O error", "put/output error"].iter().any(|end| words.contains(end))
        {
            return error.clone().into();
        }
        let base = if self.path == "." { "" } else { &self.path };
        let words = joined(words);
        let subject = Subject { files: &*state.files, base, words: &words };
        match self.renderer.as_str() {
            kustomize::NAME => kustomize::error(&subject),
            _ => helm::error(&Subject { words: &from_the_root(subject.words), ..subject }),
        }
    }

    fn stopped(self, error: &wasmtime::Error, state: &State) -> RenderError {
        let trap = error.downcast_ref::<Trap>().copied();
        if trap == Some(Trap::Interrupt) {
            return RenderError::TimedOut { renderer: self.renderer, path: self.path, limit: self.limits.time };
        }
        let lines = state.log.lines();
        let last = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        if trap == Some(Trap::StackOverflow) || last("stack exceeds") || last("stack overflow") {
            let message = format!("`{}` refers to itself without end", self.path);
            return RenderError::Endless { renderer: self.renderer, message, file: None };
        }
        let message = if lines.is_empty() {
            match error.downcast_ref::<Exit>() {
                Some(exit) => exit.to_string(),
                None => one_line(&error.root_cause().to_string()),
            }
        } else {
            one_line(&lines.get(..LAST_LINES.min(lines.len())).unwrap_or_default().join(" "))
        };
        RenderError::Crashed { renderer: self.renderer, path: self.path, message }
    }

    fn exceeded(self, exceeded: Exceeded) -> RenderError {
        match exceeded {
            Exceeded::Memory => {
                let limit = self.limits.memory;
                self.too_much("memory", limit)
            }
            Exceeded::Read => {
                let limit = self.limits.read;
                self.too_much("files", limit)
            }
            Exceeded::Tables => RenderError::Crashed {
                renderer: self.renderer,
                path: self.path,
                message: "it exhausted its tables".into(),
            },
        }
    }

    fn too_much(self, what: &'static str, limit: u64) -> RenderError {
        RenderError::TooMuch { renderer: self.renderer, path: self.path, what, limit }
    }
}

/// Whether a text holds no document: nothing but blanks, comments and separators.
pub(crate) fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line == "---" || line == "..." || line.starts_with('#'))
}

/// Words in one line, cut in the middle where they are endless.
pub(crate) fn one_line(words: &str) -> String {
    shortened(&joined(words))
}

/// Words in one line, without control characters.
fn joined(words: &str) -> String {
    let words = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A line, cut in the middle where it is endless.
fn shortened(line: &str) -> String {
    if line.len() <= FIRST + LAST {
        return line.to_owned();
    }
    let (first, last) = (line.floor_char_boundary(FIRST), line.ceil_char_boundary(line.len() - LAST));
    format!("{} … {}", line.get(..first).unwrap_or_default(), line.get(last..).unwrap_or_default())
}
