//! Why there is no host, or no plugin. What a plugin does once it is called is a [`crate::Fault`].

use crate::fault::Fault;
use crate::types::SettingsError;

/// Why no host could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The engine does not run here.
    #[error("the WebAssembly engine cannot run on this machine: {message}")]
    Engine {
        /// What the engine says.
        message: String,
    },
}

/// Why a component is no plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not WebAssembly at all.
    #[error("this is no WebAssembly component")]
    NotWasm,
    /// WebAssembly, but not wrapped as a component.
    #[error("this is a core WebAssembly module, not a component")]
    CoreModule,
    /// Broken, or of a kind that is not understood.
    #[error("the component is not valid: {message}")]
    Invalid {
        /// What the engine says.
        message: String,
    },
    /// Made for another version of the contract.
    #[error("it was made for another version of the contract: `{import}`, where this program speaks {version}")]
    ContractVersion {
        /// The import or export that says so.
        import: String,
        /// What is spoken here.
        version: &'static str,
    },
    /// It wants something that plugins are not given.
    #[error("it imports `{import}`, which plugins are not given")]
    UnknownImport {
        /// The import.
        import: String,
    },
    /// It is no plugin.
    #[error("it exports {}, not `plugin` with `validation` or `mutation`", list(.exports))]
    WrongWorld {
        /// What it exports.
        exports: Vec<String>,
    },
    /// An import or an export has another type than the contract says.
    #[error("it does not fit the contract: {message}")]
    Link {
        /// What does not fit.
        message: String,
    },
    /// `describe` failed.
    #[error("it could not say what it is: {0}")]
    Describe(Fault),
    /// `describe` says something that cannot be.
    #[error("its description breaks the contract: {message}")]
    Description {
        /// What is wrong with it.
        message: String,
    },
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotWasm => "give the `.wasm` file that `sluice plugin build` writes; a download may be incomplete",
            Self::CoreModule => "turn it into a component: `sluice plugin build`, or `wasm-tools component new`",
            Self::Invalid { .. } => {
                "build it again; a download may be incomplete, or the compiler newer than this program"
            }
            Self::ContractVersion { .. } => {
                "build it with the SDK of this program's version, or use a program that speaks the plugin's"
            }
            Self::UnknownImport { .. } => {
                "a plugin has the imports of `sluice:policy` and an empty WASI 0.2; take whatever calls this out of it, \
                 or build for `wasm32-unknown-unknown`"
            }
            Self::WrongWorld { .. } => {
                "build it for one of the worlds `validator`, `mutator` and `policy` of `sluice:policy`"
            }
            Self::Link { .. } => "build it against the WIT of this program's version: `wit/0.1.0/policy.wit`",
            Self::Describe(fault) => fault.help(),
            Self::Description { .. } => "correct what the plugin says in `describe`; `sluice plugin inspect` shows it",
        }
    }
}

/// Why settings were not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    /// The plugin says what is wrong in them.
    #[error("the plugin refuses its settings: {}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingsError>),
    /// It did not get that far.
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
