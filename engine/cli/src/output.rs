//! Where words go: reports to standard output or a file, everything else to standard error, colour only where a person
//! looks.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use anstream::AutoStream;
use clap::ValueEnum;
use sluice_report::clean;
use tempfile::{NamedTempFile, PersistError};

use crate::exit::Exit;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether what is written to this stream is coloured.
    pub(crate) fn applies<S: anstream::stream::RawStream>(self, stream: &S) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !matches!(AutoStream::choice(stream), anstream::ColorChoice::Never),
        }
    }
}

/// Where a report goes. A file has the old report, or the whole of the new one, wherever another file can take its place.
pub(crate) enum Target {
    Stdout(io::BufWriter<io::StdoutLock<'static>>),
    /// A device, a pipe, or a file in a folder where none can be made.
    Direct(io::BufWriter<File>),
    /// What becomes the file of that name; made with its first words, so that who is ended before leaves nothing behind.
    File(Option<io::BufWriter<NamedTempFile>>, PathBuf),
}

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

impl Target {
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        Ok(match path {
            Some(path) => match replaceable(path) {
                // That it can be made is known now, before there is anything to write.
                Some(path) => beside(&path).map(|_| Self::File(None, path))?,
                None => Self::Direct(io::BufWriter::with_capacity(BUFFER, File::create(path)?)),
            },
            None => Self::Stdout(io::BufWriter::with_capacity(BUFFER, io::stdout().lock())),
        })
    }

    pub(crate) fn colored(&self, color: Color) -> bool {
        match self {
            Self::Stdout(_) => color.applies(&io::stdout()),
            Self::Direct(_) | Self::File(..) => color == Color::Always,
        }
    }

    /// Puts the report where it belongs.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.finish_by(|file, path| file.persist(path))
    }

    /// As [`Self::finish`], where `replace` puts a file in the place of the old one.
    fn finish_by(mut self, replace: impl FnOnce(NamedTempFile, &Path) -> Result<File, PersistError>) -> io::Result<()> {
        self.flush()?;
        let (file, path) = match self {
            Self::Stdout(_) | Self::Direct(_) => return Ok(()),
            Self::File(None, path) => (beside(&path)?, path),
            Self::File(Some(file), path) => (file.into_inner().map_err(io::IntoInnerError::into_error)?, path),
        };
        replace(file, &path).map(drop).or_else(|error| written_over(error, &path))
    }
}

/// The path of a file that another one can take the place of, with its links resolved; none where it can only be written to
/// as it is.
fn replaceable(path: &Path) -> Option<PathBuf> {
    match fs::metadata(path) {
        Ok(known) if known.is_file() && !known.permissions().readonly() => {
            path.canonicalize().ok().filter(|path| beside(path).is_ok())
        }
        // A link that leads nowhere yet is written through.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Some(path.to_owned()),
        Ok(_) | Err(_) => None,
    }
}

/// Writes into a file what cannot take its place: it may be mounted by itself, or be another's in a folder where all may make
/// files. Nothing tells that before it is tried.
fn written_over(PersistError { error, mut file }: PersistError, path: &Path) -> io::Result<()> {
    // Not one that is made for it: of a file of another, in such a folder, the system refuses that.
    let Ok(mut old) = OpenOptions::new().write(true).truncate(true).open(path) else { return Err(error) };
    file.rewind()?;
    io::copy(&mut file, &mut old).map(drop)
}

/// A file beside the one of that name, which as many may read and write.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sluice-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(known) = fs::metadata(path) else {
            builder.permissions(fs::Permissions::from_mode(0o666));
            return builder.tempfile_in(folder);
        };
        // Of a file as it is made, the system takes away what the user's mask says.
        let file = builder.tempfile_in(folder)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(known.permissions().mode() & 0o777))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Direct(out) => out.write(bytes),
            Self::File(Some(out), _) => out.write(bytes),
            Self::File(none, path) => {
                let file = beside(path)?;
                none.insert(io::BufWriter::with_capacity(BUFFER, file)).write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Direct(out) => out.flush(),
            Self::File(out, _) => out.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// Prints a text as a whole.
pub(crate) fn print(text: &str) -> Exit {
    printed(io::stdout().write_all(text.as_bytes()), Exit::Clean)
}

/// One step that was done, on standard output. Names in it may be a stranger's. It is for whoever looks; nothing depends on it.
pub(crate) fn step(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", clean::line(line));
}

/// The exit code of a command that has printed something. A reader that has gone away wants no more; that it cannot be printed
/// is told, as nobody has seen it then.
pub(crate) fn printed(written: io::Result<()>, exit: Exit) -> Exit {
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if !is_broken_pipe(&error) => {
            complain(&format!("cannot write: {error}"), None);
            Exit::Undecided
        }
        Ok(()) | Err(_) => exit,
    }
}

/// One error for the person at the terminal, with what to do about it. Names of files in it may be a stranger's.
pub(crate) fn complain(message: &str, help: Option<&str>) {
    complain_at(message, None, help);
}

/// As [`complain`], about what somebody wrote at a place: file, line and column.
pub(crate) fn complain_at(message: &str, place: Option<&str>, help: Option<&str>) {
    tell(("error", anstyle::AnsiColor::Red), message, place, help);
}

/// As [`complain`], about what does not end anything.
pub(crate) fn warn(message: &str, help: Option<&str>) {
    tell(("warning", anstyle::AnsiColor::Yellow), message, None, help);
}

/// As [`complain`], about what is only worth knowing.
pub(crate) fn remark(message: &str) {
    tell(("note", anstyle::AnsiColor::Cyan), message, None, None);
}

fn tell((what, color): (&str, anstyle::AnsiColor), message: &str, place: Option<&str>, help: Option<&str>) {
    let mut err = anstream::stderr().lock();
    let bold = color.on_default().bold();
    // Standard error may be closed; there is nobody left to tell.
    let _ = writeln!(err, "{bold}{what}{bold:#}: {}", clean::line(message));
    if let Some(place) = place {
        let _ = writeln!(err, "  --> {}", clean::line(place));
    }
    if let Some(help) = help {
        let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
        let _ = writeln!(err, "  {cyan}help{cyan:#}: {}", clean::block(help));
    }
}

/// Something that a person may wonder about, told on standard error where a person looks.
pub(crate) fn note(message: &str) {
    if io::IsTerminal::is_terminal(&io::stderr()) {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{}", clean::line(message));
    }
}

/// Whether the reader of a pipe has gone away, which is no error.
pub(crate) fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_takes_the_place_of_the_old_one_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let mut out = Target::open(Some(&path)).unwrap();
        assert_eq!(names(folder.path()), ["report.json"], "nothing is left behind by who is ended now");
        out.write_all(b"ne").unwrap();
        drop(out);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut out = Target::open(Some(&path)).unwrap();
        out.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        out.finish().unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), names(folder.path())),
            ("new".into(), vec!["report.json".into()])
        );
        // Where the file is mounted by itself, no other can take its place.
        let mut out = Target::open(Some(&path)).unwrap();
        out.write_all(b"one").unwrap();
        let busy = |file| Err(PersistError { error: io::Error::from(io::ErrorKind::ResourceBusy), file });
        out.finish_by(|file, _| busy(file)).unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), names(folder.path())),
            ("one".into(), vec!["report.json".into()])
        );
        let mut out = Target::open(Some(&folder.path().join("new.json"))).unwrap();
        out.write_all(b"one").unwrap();
        assert_eq!(out.finish_by(|file, _| busy(file)).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(names(folder.path()), ["report.json"]);
        // Nothing is a report too.
        Target::open(Some(&path)).unwrap().finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert!(Target::open(Some(&folder.path().join("none/report.json"))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("report.json"), folder.path().join("link"));
        symlink("report.json", &link).unwrap();
        for (mode, text) in [(None, "one"), (Some(0o640), "two"), (Some(0o604), "three"), (Some(0o666), "four")] {
            if let Some(mode) = mode {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            let mut out = Target::open(Some(&link)).unwrap();
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap();
            assert!(link.is_symlink());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            let seen = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert!(mode.is_none_or(|mode| mode == seen), "{seen:o}");
        }
        let mut out = Target::open(Some(Path::new("/dev/null"))).unwrap();
        out.write_all(b"gone").unwrap();
        out.finish().unwrap();
    }
}
