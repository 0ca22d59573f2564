//! The commands that speak to a cluster: what they have in common.

pub(crate) mod apply;
mod around;
pub(crate) mod delete;
mod ending;
mod gathered;
mod hindrance;
mod order;
pub(crate) mod plan;
pub(crate) mod programs;
pub(crate) mod reconcile;
pub(crate) mod rollback;
mod show;
pub(crate) mod status;
mod way;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sluice_apply::{Cluster, ClusterError, Conflicts, Options, StoreError};
use sluice_manifest::Text;
use sluice_policy::Application;

use around::Reach;
use ending::{runtime, waiting};
use gathered::Gathered;

use crate::exit::Exit;
use crate::output::{self, Color};
use crate::policy::{self, ChoiceError};
use way::Way;

/// The application, and the way to its cluster.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The application file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    way: Way,
    /// Whether to colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// How the source of an application is fetched.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Fetching {
    /// Give up on a Git server after this long
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "Git")]
    fetch_timeout: u64,
}

impl Fetching {
    fn timeout(self) -> Duration {
        Duration::from_secs(self.fetch_timeout.max(1))
    }
}

/// An application file that was read.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) application: Application,
    /// The folder that it lies in.
    pub(crate) folder: PathBuf,
}

impl Loaded {
    /// Reads an application file.
    pub(crate) fn read(file: &Path) -> Result<Self, ChoiceError> {
        let name = file.to_string_lossy().replace('\\', "/");
        let unreadable = |cause: String| {
            let message = format!("cannot read the application file `{name}`: {cause}");
            ChoiceError::Unusable { message, help: "name an existing file" }
        };
        let content = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        let content = String::from_utf8(content).map_err(|_| unreadable(String::from("it is not UTF-8")))?;
        let application =
            Application::parse(&Arc::new(Text::new(name.clone(), content))).map_err(ChoiceError::Invalid)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self { application, folder: folder.to_path_buf() })
    }
}

impl Place {
    pub(crate) fn load(&self) -> Result<Loaded, Exit> {
        self.way.load(&self.file).map_err(|error| policy::tell(&error))
    }

    /// Fetches, renders and judges the application, at another revision than its own where one is given, and says what keeps
    /// it from being applied.
    pub(crate) fn gather(&self, loaded: &Loaded, fetching: Fetching, revision: Option<&str>) -> Result<Gathered, Exit> {
        let reach = || self.reach(loaded);
        gathered::gather(loaded, fetching, revision, &reach, None).map_err(|error| error.tell(self.color))
    }

    /// How the application is applied.
    pub(crate) fn options(&self, application: &Application, acknowledged: BTreeSet<String>) -> Options {
        options(application, &self.way.field_manager, acknowledged)
    }

    /// The application's cluster.
    pub(crate) async fn connect(&self, application: &Application) -> Result<Cluster, Exit> {
        self.way.connect(self.way.context(application)).await.map_err(|error| tell(&error))
    }

    /// The application's cluster, for what plugins ask about it.
    pub(crate) fn reach(&self, loaded: &Loaded) -> Result<Reach, Exit> {
        let runtime = runtime()?;
        let cluster = runtime.block_on(self.connect(&loaded.application))?;
        let options = self.options(&loaded.application, BTreeSet::new());
        Ok(Reach { cluster, options, handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    pub(crate) fn color(&self) -> Color {
        self.color
    }
}

/// How an application is applied.
pub(crate) fn options(application: &Application, manager: &str, acknowledged: BTreeSet<String>) -> Options {
    Options {
        application: application.name.clone(),
        namespace: application.destination.namespace.clone(),
        inventory_namespace: application.destination.inventory_namespace.clone(),
        manager: manager.to_owned(),
        prune: application.prune,
        conflicts: if application.take_fields { Conflicts::Take } else { Conflicts::Refuse },
        ignore: application.ignore.clone(),
        adopt: application.adopt,
        acknowledged,
        wait: application.wait,
        ..Options::default()
    }
}

/// Says what is wrong with a cluster.
pub(crate) fn tell(error: &ClusterError) -> Exit {
    let help = error.help();
    output::complain(&error.to_string(), (!help.is_empty()).then_some(help.as_str()));
    exit_of_cluster(error)
}

fn exit_of_cluster(error: &ClusterError) -> Exit {
    match error {
        ClusterError::Config { .. } => Exit::Usage,
        ClusterError::Login { .. }
        | ClusterError::Unreachable { .. }
        | ClusterError::Refused { .. }
        | ClusterError::Silent { .. }
        | ClusterError::OtherVersion { .. }
        | ClusterError::Nameless { .. }
        | ClusterError::Garbled { .. } => Exit::Undecided,
    }
}

/// What the program ends with where an inventory cannot be had.
fn exit_of(error: &StoreError) -> Exit {
    match error {
        StoreError::Cluster(error) => exit_of_cluster(error),
        StoreError::Busy { .. } | StoreError::Broken { .. } => Exit::Undecided,
    }
}

/// Says of an application that it has no inventory, which is all that is known of it.
pub(crate) fn tell_absent(options: &Options, help: &str) -> Exit {
    let (name, namespace) = (&options.application, &options.inventory_namespace);
    let message =
        format!("`{name}` has no inventory in `{namespace}` of this cluster: it was never applied, or was deleted");
    output::complain(&message, Some(help));
    Exit::Usage
}

/// Says what is wrong with an inventory.
pub(crate) fn tell_store(error: &StoreError) -> Exit {
    let help = help_of(error);
    output::complain(&error.to_string(), (!help.is_empty()).then_some(help.as_str()));
    exit_of(error)
}

/// What to do about an inventory that cannot be had; empty where nothing can be said.
fn help_of(error: &StoreError) -> String {
    match error {
        StoreError::Cluster(error) => error.help(),
        StoreError::Busy { .. } => String::from("wait until it is done, and run again"),
        StoreError::Broken { application, .. } => {
            format!("look at the ConfigMap `sluice-{application}`: nothing is applied or deleted until it can be read")
        }
    }
}
