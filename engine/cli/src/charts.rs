//! How the command line wants charts to be rendered, in the words of `helm template`.

use sluice_render::Helm;

/// Options for charts.
#[derive(clap::Args)]
#[command(next_help_heading = "Charts")]
pub(crate) struct Charts {
    /// The name of the release
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    /// The namespace of the release
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// A file with values, from the root of the repository; later ones win
    #[arg(long, value_name = "FILE")]
    values: Vec<String>,
    /// A value, such as `image.tag=1.2.3`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A value that is a string whatever it looks like
    #[arg(long, value_name = "KEY=VALUE")]
    set_string: Vec<String>,
    /// The Kubernetes version that charts see
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// A version of an API that charts see, such as `monitoring.coreos.com/v1`
    #[arg(long, value_name = "GROUP/VERSION")]
    api_versions: Vec<String>,
}

impl Charts {
    pub(crate) fn helm(&self) -> Helm {
        Helm {
            release: self.release.clone().unwrap_or_default(),
            namespace: self.namespace.clone().unwrap_or_default(),
            kube_version: self.kube_version.clone().unwrap_or_default(),
            api_versions: self.api_versions.clone(),
            values: self.values.clone(),
            set: self.set.clone(),
            set_string: self.set_string.clone(),
            ..Helm::default()
        }
    }
}
