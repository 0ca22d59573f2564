//! Why a plugin gave no answer. Each cause is a rule of its own, and each is a denial.

/// What kept a plugin from answering.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The code trapped: a panic, an out-of-bounds access, an exhausted stack.
    #[error("trapped: {message}")]
    Trapped {
        /// The trap in one line.
        message: String,
        /// The guest's stack, for `--verbose`.
        backtrace: String,
    },
    /// The deadline passed.
    #[error("did not answer within {limit:?}")]
    TimedOut {
        /// The limit that it was given.
        limit: std::time::Duration,
    },
    /// It asked for more memory than it may have.
    #[error("asked for more than {limit} bytes of memory")]
    OutOfMemory {
        /// The limit that it was given, in bytes.
        limit: u64,
    },
    /// It grew a table, or made more instances or handles, than it may.
    #[error("exhausted its {what}")]
    ResourceLimit {
        /// `tables`, `instances`, `handles`.
        what: &'static str,
    },
    /// It returned too much.
    #[error("returned more than {limit} {unit}")]
    OutputLimit {
        /// The limit.
        limit: u64,
        /// `bytes`, `findings`, `patches`.
        unit: &'static str,
    },
    /// Its answer breaks the contract.
    #[error("broke the contract: {message}")]
    Contract {
        /// What is wrong with the answer.
        message: String,
    },
    /// It said by itself that it could not decide.
    #[error("could not decide: {message}")]
    Undecided {
        /// Its own words, cut to one line.
        message: String,
    },
}

impl Fault {
    /// The rule id that a denial for this cause carries, shown as `sluice/<rule>`.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Trapped { .. } => "plugin-trapped",
            Self::TimedOut { .. } => "plugin-timed-out",
            Self::OutOfMemory { .. } => "plugin-out-of-memory",
            Self::ResourceLimit { .. } => "plugin-resource-limit",
            Self::OutputLimit { .. } => "plugin-output-limit",
            Self::Contract { .. } => "plugin-broke-contract",
            Self::Undecided { .. } => "plugin-undecided",
        }
    }
}
