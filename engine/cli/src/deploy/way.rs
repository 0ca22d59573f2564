//! The way to a cluster, as every command that needs one is told it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_apply::{Cluster, ClusterError, Destination};
use sluice_policy::Application;

use super::Loaded;
use crate::policy::ChoiceError;

/// Time for one answer.
const ONE_ANSWER: Duration = Duration::from_secs(15);

/// The way to a cluster.
#[derive(clap::Args)]
pub(crate) struct Way {
    /// The kubeconfig [default: $KUBECONFIG, else ~/.kube/config, else the account of the pod]
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: as the application file says]
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    context: Option<String>,
    /// The field manager of every write: one for each installation of Sluice
    #[arg(long, value_name = "NAME", default_value = "sluice", help_heading = "Cluster")]
    pub(crate) field_manager: String,
    /// How long a request is tried again while the cluster does not answer
    #[arg(long, value_name = "SECONDS", default_value_t = 45, help_heading = "Cluster")]
    patience: u64,
}

impl Way {
    /// Reads an application file.
    pub(crate) fn load(&self, file: &Path) -> Result<Loaded, ChoiceError> {
        let loaded = Loaded::read(file)?;
        let manager = &self.field_manager;
        if loaded.application.ignore.iter().any(|ignore| ignore.managers.contains(manager)) {
            let message = format!("`{}` ignores what `{manager}` owns, which is this installation", file.display());
            let help = "take it out of `managers`, or name another --field-manager";
            return Err(ChoiceError::Unusable { message, help });
        }
        Ok(loaded)
    }

    /// The context of the kubeconfig that an application goes to; none for the current one.
    pub(crate) fn context(&self, application: &Application) -> Option<String> {
        self.context.clone().or_else(|| application.destination.context.clone())
    }

    /// Gets ready to speak to the cluster of a context.
    pub(crate) async fn connect(&self, context: Option<String>) -> Result<Cluster, ClusterError> {
        let cluster = Cluster::connect(&Destination { kubeconfig: self.kubeconfig.clone(), context }).await?;
        let patience = Duration::from_secs(self.patience.max(1));
        Ok(cluster.with_patience(patience.min(ONE_ANSWER), patience))
    }
}
