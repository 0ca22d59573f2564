//! Where words go: reports to standard output or a file, everything else to standard error, colour only where a person
//! looks.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anstream::AutoStream;
use clap::ValueEnum;
use sluice_report::clean;

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

/// Where a report goes.
pub(crate) enum Target {
    Stdout(io::BufWriter<io::StdoutLock<'static>>),
    File(io::BufWriter<File>),
}

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

impl Target {
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        Ok(match path {
            Some(path) => Self::File(io::BufWriter::with_capacity(BUFFER, File::create(path)?)),
            None => Self::Stdout(io::BufWriter::with_capacity(BUFFER, io::stdout().lock())),
        })
    }

    pub(crate) fn colored(&self, color: Color) -> bool {
        match self {
            Self::Stdout(_) => color.applies(&io::stdout()),
            Self::File(_) => color == Color::Always,
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}

/// One error for the person at the terminal, with what to do about it. Names of files in it may be a stranger's.
pub(crate) fn complain(message: &str, help: Option<&str>) {
    let mut err = anstream::stderr().lock();
    let red = anstyle::AnsiColor::Red.on_default().bold();
    // Standard error may be closed; there is nobody left to tell.
    let _ = writeln!(err, "{red}error{red:#}: {}", clean::line(message));
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
