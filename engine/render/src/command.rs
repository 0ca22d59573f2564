//! A renderer by command: any program, in a private copy of the folder, with no environment but the `PATH`, within limits.
//! It is no sandbox: the program may read what the user may read. It runs only where the caller asks for it.

use std::fs;
use std::path::Path;

use crate::answer::Rendered;
use crate::error::RenderError;
use crate::explain::{is_empty, one_line};
use crate::files::{Files, FilesError, Kind, Stat, join};
use crate::limits::Limits;
use crate::method::Command;

#[cfg(unix)]
mod process;
#[cfg(not(unix))]
mod process {
    //! There are no limits for processes on this system, and so there are no processes.

    pub(super) fn run(_: &super::Command, _: &std::path::Path, _: u64) -> std::io::Result<super::Ended> {
        Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
    }
}

/// Deepest folder that is copied.
const DEEPEST: usize = 100;
/// Most files and folders that are copied: a link to a folder is copied as one, and may lead to others.
const MOST_ENTRIES: usize = 100_000;

/// How a program ended.
struct Ended {
    end: End,
    output: Vec<u8>,
    errors: Vec<u8>,
}

/// Why a program came to its end.
enum End {
    /// By itself, with success.
    Success,
    /// By itself, with these words for how: `exit status: 1`.
    Failure(String),
    /// It took too long.
    TimedOut,
    /// It printed too much.
    TooLong,
    /// By itself, with success; but a process that it left behind may still print.
    Held,
}

/// Runs a program on a copy of a folder and takes what it prints.
pub(crate) fn render(
    files: &dyn Files,
    path: &str,
    command: &Command,
    limits: Limits,
) -> Result<Rendered, RenderError> {
    if let Stat::File { .. } = files.stat(path)? {
        return Err(FilesError::Other { path: path.to_owned(), is: "a file" }.into());
    }
    let copy = tempfile::tempdir().map_err(|error| failed(path, &error))?;
    let mut copied =
        Copied { files, start: path, to: copy.path(), bytes: 0, limit: limits.read, entries: 0, most: MOST_ENTRIES };
    copied.folder(path, "", 0)?;
    let ended = process::run(command, copy.path(), limits.output)
        .map_err(|error| RenderError::Start { program: command.program.clone(), message: error.to_string() })?;
    judge(ended, path, command, limits)
}

/// What an end means. A failure is told in the program's own words.
fn judge(ended: Ended, path: &str, command: &Command, limits: Limits) -> Result<Rendered, RenderError> {
    let (renderer, path) = (command.program.clone(), if path.is_empty() { "." } else { path }.to_owned());
    let words = String::from_utf8_lossy(&ended.errors);
    match ended.end {
        End::TimedOut => return Err(RenderError::TimedOut { renderer, path, limit: command.timeout }),
        End::Held => return Err(RenderError::Held { renderer, path }),
        End::TooLong => return Err(RenderError::TooMuch { renderer, path, what: "output", limit: limits.output }),
        End::Failure(how) => {
            let message = one_line(&format!("ended with {how} on `{path}`: {words}"));
            let message = message.trim_end_matches(':').to_owned();
            return Err(RenderError::Failed { renderer, message, file: None });
        }
        End::Success => {}
    }
    let Ok(text) = String::from_utf8(ended.output) else {
        return Err(RenderError::Output { renderer, path, message: "the text is not UTF-8".to_owned() });
    };
    if is_empty(&text) {
        return Err(RenderError::Empty { renderer, path });
    }
    let warnings = words.lines().map(one_line).filter(|line| !line.is_empty()).collect();
    Ok(Rendered { text, warnings, ..Rendered::default() })
}

/// A copy in the making.
struct Copied<'a> {
    files: &'a dyn Files,
    /// The folder that is copied.
    start: &'a str,
    to: &'a Path,
    bytes: u64,
    limit: u64,
    /// Files and folders so far.
    entries: usize,
    most: usize,
}

impl Copied<'_> {
    /// Copies a folder to a path below the copy.
    fn folder(&mut self, from: &str, to: &str, depth: usize) -> Result<(), RenderError> {
        if depth > DEEPEST {
            let why = format!("lies more than {DEEPEST} folders deep");
            return Err(FilesError::Refused { path: from.to_owned(), why }.into());
        }
        for (name, kind) in self.files.list(from)? {
            let (from, to) = (join(from, &name), join(to, &name));
            self.entries += 1;
            if self.entries > self.most {
                let path = if self.start.is_empty() { "." } else { self.start }.to_owned();
                let why = format!("has more than the {} files and folders that are copied for a command", self.most);
                return Err(FilesError::Refused { path, why }.into());
            }
            match kind {
                Kind::Folder => {
                    fs::create_dir(self.to.join(&to)).map_err(|error| failed(&from, &error))?;
                    self.folder(&from, &to, depth + 1)?;
                }
                Kind::File => self.file(&from, &to)?,
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &str, to: &str) -> Result<(), RenderError> {
        let content = self.files.read(from)?;
        self.bytes = self.bytes.saturating_add(content.len() as u64);
        if self.bytes > self.limit {
            let why = format!("and what lies beside it is more than the {} bytes that a render may read", self.limit);
            return Err(FilesError::Refused { path: from.to_owned(), why }.into());
        }
        fs::write(self.to.join(to), &content).map_err(|error| failed(from, &error))
    }
}

fn failed(path: &str, error: &std::io::Error) -> RenderError {
    FilesError::Failed { path: path.to_owned(), why: format!("no copy can be made: {error}") }.into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Copied;
    use crate::files::{Files, FilesError, Kind, Stat};

    /// Folders that hold two folders each, as links to the next make them.
    struct Doubled;

    impl Files for Doubled {
        fn stat(&self, _: &str) -> Result<Stat, FilesError> {
            Ok(Stat::Folder)
        }

        fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError> {
            let deep = folder.split('/').count() > 30;
            Ok(if deep { Vec::new() } else { ["a", "b"].map(|name| (name.to_owned(), Kind::Folder)).to_vec() })
        }

        fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError> {
            Err(FilesError::Missing { path: path.to_owned() })
        }
    }

    #[test]
    fn folders_without_end_are_not_copied() {
        let to = tempfile::tempdir().unwrap();
        let mut copied =
            Copied { files: &Doubled, start: "app", to: to.path(), bytes: 0, limit: 0, entries: 0, most: 100 };
        let error = copied.folder("app", "", 0).unwrap_err();
        assert_eq!(error.to_string(), "`app` has more than the 100 files and folders that are copied for a command");
    }
}
