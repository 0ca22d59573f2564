//! The exit codes, which are stable.

use std::process::{ExitCode, Termination};

use sluice_policy::Decision;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing denies.
    Clean,
    /// At least one finding denies.
    Violations,
    /// A wrong option, a bad policy file, nothing to judge.
    Usage,
    /// Something kept the gate from deciding.
    Undecided,
    /// A plan changes something, and it was asked for that.
    Changes,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Violations => 1,
            Self::Usage => 2,
            Self::Undecided => 3,
            Self::Changes => 4,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

impl From<Decision> for Exit {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Clean,
            Decision::Deny => Self::Violations,
            Decision::Undecided => Self::Undecided,
        }
    }
}
