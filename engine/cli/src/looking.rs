//! What a command reads: the policy that holds, and the sets that the paths lead to.

use std::path::{Path, PathBuf};

use sluice_policy::RenderEntry;
use sluice_source::{Checkout, SourceError};

use crate::charts::Charts;
use crate::exit::Exit;
use crate::inputs::{self, PathError};
use crate::output;
use crate::policy::{self, ChoiceError, Chosen};
use crate::sets::{self, DivideError, Sets};
use crate::source;

/// Why there is nothing to work on.
pub(crate) enum LookError {
    Path(PathError),
    Policy(ChoiceError),
    Source(SourceError),
}

/// Finds the policy and the sets, in a checkout or on disk. `named` is the policy file that the command line names.
pub(crate) fn look(
    checkout: Option<&Checkout>,
    paths: &[PathBuf],
    named: Option<&Path>,
    charts: &Charts,
) -> Result<(Chosen, Sets), LookError> {
    look_as(checkout, paths, named, charts, None)
}

/// As [`look`], with what an application says of rendering its path.
pub(crate) fn look_as(
    checkout: Option<&Checkout>,
    paths: &[PathBuf],
    named: Option<&Path>,
    charts: &Charts,
    render: Option<RenderEntry>,
) -> Result<(Chosen, Sets), LookError> {
    let chosen = Chosen { render, ..choose(checkout, paths, named)? };
    let sets = divide(checkout, paths, &chosen, charts)?;
    Ok((chosen, sets))
}

/// The policy that holds for paths.
pub(crate) fn choose(
    checkout: Option<&Checkout>,
    paths: &[PathBuf],
    named: Option<&Path>,
) -> Result<Chosen, LookError> {
    let chosen = match (checkout, named) {
        (Some(_), Some(file)) => policy::choose(Some(file), &[]),
        (Some(checkout), None) => {
            let paths = inputs::in_checkout(checkout.prefix(), paths).map_err(LookError::Path)?;
            policy::choose_in(checkout, &paths)
        }
        (None, named) => policy::choose(named, paths),
    };
    chosen.map_err(LookError::Policy)
}

/// The sets that paths lead to.
pub(crate) fn divide(
    checkout: Option<&Checkout>,
    paths: &[PathBuf],
    chosen: &Chosen,
    charts: &Charts,
) -> Result<Sets, LookError> {
    let found = match checkout {
        Some(checkout) => inputs::in_checkout(checkout.prefix(), paths)
            .and_then(|paths| inputs::find_in(checkout, &paths, chosen.file.in_checkout())),
        None => inputs::find(paths, chosen.file.on_disk()),
    };
    let mut found = found.map_err(LookError::Path)?;
    let absent = std::mem::take(&mut found.absent);
    let mut sets = sets::divide(found, checkout, charts, chosen).map_err(|error| match error {
        DivideError::Source(error) => LookError::Source(error),
        DivideError::Policy(errors) => LookError::Policy(ChoiceError::Invalid(errors)),
        DivideError::Asked { message, help } => LookError::Policy(ChoiceError::Unusable { message, help }),
    })?;
    sets.skipped.extend(absent.into_iter().map(|name| (name, sluice_report::NOT_CHECKED_OUT.to_owned())));
    Ok(sets)
}

impl LookError {
    /// What the program ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Path(_) | Self::Policy(_) => Exit::Usage,
            Self::Source(error) => source::exit(error),
        }
    }

    /// Says to a person what is wrong.
    pub(crate) fn tell(&self) -> Exit {
        match self {
            Self::Path(error) => {
                output::complain(&error.to_string(), Some(error.help()));
                Exit::Usage
            }
            Self::Policy(error) => policy::tell(error),
            Self::Source(error) => source::tell(error),
        }
    }
}
