//! How charts are rendered: what the policy file says of one, and the options of the command line on top of it, in the
//! words of `helm template`.

use sluice_policy::{HelmRender, Setting, namespace_problem, release_problem, version_problem};
use sluice_render::Helm;

/// Options for charts.
#[derive(Default, clap::Args)]
#[command(next_help_heading = "Charts")]
pub(crate) struct Charts {
    /// The name of the release
    #[arg(long, value_name = "NAME", value_parser = release)]
    release: Option<String>,
    /// The namespace of the release
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
    /// A file with values, from the root of the repository; later ones win
    #[arg(long, value_name = "FILE")]
    values: Vec<String>,
    /// A value, such as `image.tag=1.2.3`
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<String>,
    /// A value that is a string whatever it looks like
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set_string: Vec<String>,
    /// The Kubernetes version that charts see
    #[arg(long, value_name = "VERSION", value_parser = version)]
    kube_version: Option<String>,
    /// A version of an API that charts see, such as `monitoring.coreos.com/v1`
    #[arg(long, value_name = "GROUP/VERSION")]
    api_versions: Vec<String>,
    /// Run the commands that the policy file names as renderers: they may do what you may do
    #[arg(long, help_heading = "Commands")]
    allow_commands: bool,
}

/// How one chart is rendered, and who chose each of its arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) helm: Helm,
    /// One for each of `helm.set`.
    pub(crate) set: Vec<Argument>,
    /// One for each of `helm.set_string`.
    pub(crate) set_string: Vec<Argument>,
}

/// Where an argument was written.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// On the command line, with what stands before its value; its value may be nobody else's business.
    Option(String),
    /// In the policy file.
    File(Setting),
}

impl Charts {
    /// No option for charts, and whether commands may run.
    pub(crate) fn none(allow_commands: bool) -> Self {
        Self { allow_commands, ..Self::default() }
    }

    /// Whether the policy file may name commands.
    pub(crate) fn allow_commands(&self) -> bool {
        self.allow_commands
    }

    /// The files with values that options name.
    pub(crate) fn values(&self) -> &[String] {
        &self.values
    }

    /// How a chart is rendered of which no file says anything.
    pub(crate) fn alone(&self) -> Chart {
        self.on(&HelmRender::default(), Vec::new())
    }

    /// The options on top of what a file says: they win. `values` are the file's, from the root of the checkout.
    pub(crate) fn on(&self, said: &HelmRender, values: Vec<String>) -> Chart {
        let mut chart = Chart {
            helm: Helm {
                release: either(&self.release, &said.release),
                namespace: either(&self.namespace, &said.namespace),
                kube_version: either(&self.kube_version, &said.kube_version),
                api_versions: [said.api_versions.as_slice(), &self.api_versions].concat(),
                values: [values.as_slice(), &self.values].concat(),
                set: Vec::new(),
                set_string: Vec::new(),
                include_crds: !said.skip_crds,
                skip_tests: said.skip_tests,
                no_hooks: said.no_hooks,
            },
            set: Vec::new(),
            set_string: Vec::new(),
        };
        let file = |setting: &Setting| (setting.argument.value.clone(), Argument::File(setting.clone()));
        let option = |argument: &String| (argument.clone(), Argument::Option(name(argument).to_owned()));
        (chart.helm.set, chart.set) = said.set.iter().map(file).chain(self.set.iter().map(option)).unzip();
        // Helm takes texts after all other values, so the file's would win over the options.
        let chosen: Vec<&str> = self.set.iter().flat_map(|argument| parts(argument)).map(name).collect();
        let left = |setting: &Setting| {
            let (argument, written) = file(setting);
            let kept = parts(&argument).into_iter().filter(|part| !chosen.contains(&name(part))).collect::<Vec<_>>();
            (!kept.is_empty()).then(|| (kept.join(","), written))
        };
        let texts = said.set_string.iter().filter_map(left).chain(self.set_string.iter().map(option));
        (chart.helm.set_string, chart.set_string) = texts.unzip();
        chart
    }
}

fn release(text: &str) -> Result<String, String> {
    allowed(text, release_problem(text))
}

fn namespace(text: &str) -> Result<String, String> {
    allowed(text, namespace_problem(text))
}

fn version(text: &str) -> Result<String, String> {
    allowed(text, version_problem(text))
}

fn allowed(text: &str, problem: Option<&'static str>) -> Result<String, String> {
    problem.map_or_else(|| Ok(text.to_owned()), |form| Err(form.to_owned()))
}

fn setting(text: &str) -> Result<String, String> {
    let lacking = parts(text).into_iter().find(|part| !part.is_empty() && !part.contains('='));
    match lacking {
        Some(part) => Err(format!("`{part}` has no value: write `{part}=VALUE`")),
        None if text.is_empty() => Err("write `KEY=VALUE`".to_owned()),
        None => Ok(text.to_owned()),
    }
}

fn either(option: &Option<String>, said: &Option<String>) -> String {
    option.as_ref().or(said.as_ref()).cloned().unwrap_or_default()
}

/// What stands before the value of an argument, or of a part of it.
fn name(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(name, _)| name)
}

/// The parts of an argument: `a=1,b=2` sets two values. Commas that are escaped or in braces belong to a value.
fn parts(argument: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut escaped) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in argument.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(argument.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(argument.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::{name, parts, setting};

    #[test]
    fn options_that_helm_would_refuse_are_refused_before() {
        for good in ["a=1", "a=", "a=1,b={x,y}", "a[0].b=1", "a=1,"] {
            assert!(setting(good).is_ok(), "{good}");
        }
        assert_eq!(setting("a=1,b"), Err("`b` has no value: write `b=VALUE`".into()));
        assert!(setting("").is_err());
    }

    #[test]
    fn an_argument_has_parts() {
        assert_eq!(parts(r"a=1,b={x,y},c=1\,2"), ["a=1", "b={x,y}", r"c=1\,2"]);
        assert_eq!((name("a.b=c=d"), name("a")), ("a.b", "a"));
    }
}
