//! Why a plugin gave no answer. Each cause is a rule of its own, and each is a denial.

/// What kept a plugin from answering.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The code trapped: a panic, an out-of-bounds access.
    #[error("trapped: {message}")]
    Trapped {
        /// The trap in one line.
        message: String,
        /// The guest's stack and the last lines that it wrote, for `--verbose`.
        backtrace: String,
    },
    /// It called itself more deeply than its stack goes.
    #[error("exhausted its stack of {}", bytes(*.limit))]
    StackLimit {
        /// The limit, in bytes.
        limit: u64,
        /// As of a trap.
        backtrace: String,
    },
    /// The deadline passed.
    #[error("did not answer within {limit:?}")]
    TimedOut {
        /// The limit that it was given.
        limit: std::time::Duration,
    },
    /// It asked for more memory than it may have.
    #[error("asked for more than {} of memory", bytes(*.limit))]
    OutOfMemory {
        /// The limit that it was given, in bytes.
        limit: u64,
    },
    /// It grew a table further than it may, or has too many.
    #[error("asked for more than {limit} {unit}")]
    TableLimit {
        /// The limit.
        limit: u64,
        /// `elements in one table`, `tables`.
        unit: &'static str,
    },
    /// It is made of more parts than it may be.
    #[error("is made of more than {limit} {unit}")]
    InstanceLimit {
        /// The limit.
        limit: u64,
        /// `instances`, `memories`.
        unit: &'static str,
    },
    /// It holds on to more objects than it may.
    #[error("held more than {limit} handles of objects at once")]
    HandleLimit {
        /// The limit, which grows with the number of objects that there are.
        limit: u64,
    },
    /// The machine has no thread left to keep its deadline with.
    #[error("was not asked: the system gave no thread to keep its deadline with")]
    NoThread,
    /// It returned too much.
    #[error("returned more than {}", amount(*.limit, .unit))]
    OutputLimit {
        /// The limit.
        limit: u64,
        /// `bytes`, `findings`, `patches`, `operations`, and the last three `for one object`.
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
            Self::StackLimit { .. } => "plugin-stack-limit",
            Self::TableLimit { .. } => "plugin-table-limit",
            Self::InstanceLimit { .. } => "plugin-instance-limit",
            Self::HandleLimit { .. } => "plugin-handle-limit",
            Self::NoThread => "plugin-no-thread",
            Self::OutputLimit { .. } => "plugin-output-limit",
            Self::Contract { .. } => "plugin-broke-contract",
            Self::Undecided { .. } => "plugin-undecided",
        }
    }

    /// Why it matters and what to type.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Trapped { .. } => {
                "a plugin that crashes cannot clear what it was judging; `--verbose` shows where it crashed, for its author"
            }
            Self::TimedOut { .. } => {
                "if the plugin is merely slow, give it more time in the policy file: `limits: { time: 5s }`"
            }
            Self::OutOfMemory { .. } => {
                "if the plugin is merely large, give it more memory in the policy file: `limits: { memory: 256Mi }`"
            }
            Self::StackLimit { .. } => {
                "it calls itself without end, or too deeply for an object such as this; the stack is not configurable: \
                 `--verbose` shows where, for its author, and `match` in the policy file keeps the object from it"
            }
            Self::TableLimit { .. } => {
                "tables hold the functions of a program and are not configurable: a plugin that grows them this far leaks; \
                 tell its author, or pin an earlier version"
            }
            Self::InstanceLimit { .. } => {
                "what a plugin may be made of is not configurable: its author has to build it of fewer parts"
            }
            Self::HandleLimit { .. } => {
                "the number of handles is not configurable: the plugin never lets go of what `previous()` or `context` gave \
                 it; tell its author, or pin an earlier version"
            }
            Self::NoThread => {
                "not the plugin is wrong but the machine, or the container, that is at its limit of processes; try again"
            }
            Self::OutputLimit { .. } => {
                "what a plugin returns is capped, so that it cannot bury the gate; tell its author"
            }
            Self::Contract { .. } => {
                "an answer like this cannot be trusted, so it denies; tell the plugin's author, or pin an earlier version"
            }
            Self::Undecided { .. } => {
                "the plugin says itself that it could not judge, which denies what it was judging"
            }
        }
    }
}

/// A number of bytes as people say it.
fn bytes(count: u64) -> String {
    match count {
        0 => "0 bytes".to_owned(),
        n if n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

fn amount(count: u64, unit: &str) -> String {
    if unit == "bytes" { bytes(count) } else { format!("{count} {unit}") }
}
