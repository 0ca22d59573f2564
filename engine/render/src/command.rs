//! A renderer by command: any program, in a private copy of the folder, with no environment but the `PATH`, within limits.
//! It is no sandbox: the program may read what the user may read. It runs only where the caller asks for it.

use crate::answer::Rendered;
use crate::error::RenderError;
use crate::files::Files;
use crate::limits::Limits;
use crate::method::Command;

/// Runs a program on a copy of a folder and takes what it prints.
pub(crate) fn render(
    files: &dyn Files,
    path: &str,
    command: &Command,
    limits: Limits,
) -> Result<Rendered, RenderError> {
    let _ = (files, path, limits);
    Err(RenderError::Start { program: command.program.clone(), message: "not yet".to_owned() })
}
