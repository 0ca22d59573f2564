//! Which policy file holds, and where its plugins come from.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sluice_manifest::Text;
use sluice_policy::{ConfigError, PluginSource, Policy, RenderEntry};
use sluice_report::{Format, Options, Verbosity};
use sluice_source::{Checkout, Indexes, PathError, Stat};

use crate::builtin;
use crate::exit::Exit;
use crate::output::{self, Color};
use crate::reading::{self, is_absent};

/// The name that is looked for.
pub(crate) const FILE_NAME: &str = "sluice.yaml";

/// Largest component that is read from a file, in bytes.
const MAX_COMPONENT: u64 = 256 << 20;

/// The policy of a run, and the file it was read from.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) policy: Policy,
    pub(crate) file: PolicyFile,
    /// How an application says that its path is rendered.
    pub(crate) render: Option<RenderEntry>,
    pub(crate) demand: Demand,
}

/// What `render` of a policy file demands of the tree that it is applied to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// That there is all that it names.
    Whole,
    /// Nothing: it speaks of the tree that comes after this one.
    Nothing,
}

impl Chosen {
    fn new(policy: Policy, file: PolicyFile) -> Self {
        Chosen { policy, file, render: None, demand: Demand::Whole }
    }

    /// The same for the tree before a change, which need not have what the change brings.
    pub(crate) fn for_before(&self) -> Self {
        Chosen { demand: Demand::Nothing, ..self.clone() }
    }

    /// The folder on disk that the file lies in.
    pub(crate) fn folder(&self) -> Option<&Path> {
        let folder = self.file.on_disk()?.parent()?;
        Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }
}

/// Where a policy was read from.
#[derive(Clone)]
pub(crate) enum PolicyFile {
    /// None was found: the recommended one holds.
    Recommended,
    Disk(PathBuf),
    /// A file on disk, and its path from the root of the work tree that is looked at.
    WorkTree(PathBuf, String),
    /// A path in a checkout, beside which its plugins lie.
    Checkout(Checkout, String),
}

impl PolicyFile {
    pub(crate) fn on_disk(&self) -> Option<&Path> {
        match self {
            Self::Disk(path) | Self::WorkTree(path, _) => Some(path),
            Self::Recommended | Self::Checkout(..) => None,
        }
    }

    pub(crate) fn in_checkout(&self) -> Option<&str> {
        match self {
            Self::Checkout(_, path) => Some(path),
            Self::Recommended | Self::Disk(_) | Self::WorkTree(..) => None,
        }
    }
}

/// Why there is no policy to run with.
pub(crate) enum ChoiceError {
    /// The file cannot be read, or two paths lead to two files.
    Unusable { message: String, help: &'static str },
    /// It can be read, and is wrong.
    Invalid(Vec<ConfigError>),
}

/// The policy of `--policy`; else the nearest `sluice.yaml` beside or above the first path, up to the root of the Git
/// repository; else the recommended one.
pub(crate) fn choose(named: Option<&Path>, paths: &[PathBuf]) -> Result<Chosen, ChoiceError> {
    let file = match named {
        Some(file) => Some(file.to_path_buf()),
        None => nearest(paths)?,
    };
    let Some(file) = file else {
        return Ok(Chosen::new(Policy::recommended(), PolicyFile::Recommended));
    };
    let name = file.to_string_lossy().replace('\\', "/");
    let content = std::fs::read(&file).map_err(|error| unreadable(&name, &error.to_string()))?;
    Ok(Chosen::new(parse(name, content)?, PolicyFile::Disk(file)))
}

/// The nearest `sluice.yaml` beside or above the paths of a checkout; else the recommended policy.
pub(crate) fn choose_in(checkout: &Checkout, paths: &[String]) -> Result<Chosen, ChoiceError> {
    let Some(file) = nearest_in(checkout, paths)? else {
        return Ok(Chosen::new(Policy::recommended(), PolicyFile::Recommended));
    };
    let content = checkout.read(&file).map_err(|error| unreadable(&file, &error.to_string()))?;
    let policy = parse(file.clone(), content)?;
    Ok(Chosen::new(policy, PolicyFile::Checkout(checkout.clone(), file)))
}

/// The nearest `sluice.yaml` beside or above the paths of a checkout, which is the same for all of them.
pub(crate) fn nearest_in(checkout: &Checkout, paths: &[String]) -> Result<Option<String>, ChoiceError> {
    let mut leads = Vec::with_capacity(paths.len());
    for path in paths {
        let shown = if path.is_empty() { "." } else { path };
        leads.push((PathBuf::from(shown), above_in(checkout, path)?));
    }
    let file = agreed(leads, |one, other| one == other)?;
    Ok(file.map(|file| file.to_string_lossy().into_owned()))
}

/// The nearest `sluice.yaml` from a path of a checkout upwards. One that is there and cannot be read is not passed over:
/// another policy would hold instead.
fn above_in(checkout: &Checkout, path: &str) -> Result<Option<PathBuf>, ChoiceError> {
    for folder in Path::new(path).ancestors() {
        let file = folder.join(FILE_NAME);
        let name = file.to_string_lossy();
        match checkout.stat(&name) {
            Ok(Stat::File { .. }) => return Ok(Some(file)),
            Ok(Stat::Folder) | Err(PathError::NotFound { .. } | PathError::NotAFolder { .. }) => {}
            // It is about another file, which keeps its whole folder from being read.
            Err(error @ PathError::BadName { .. }) => {
                let help = error.help().unwrap_or_default();
                return Err(ChoiceError::Unusable { message: error.to_string(), help });
            }
            Err(error) => return Err(unreadable(&name, &error.to_string())),
        }
    }
    Ok(None)
}

/// Says why there is no policy, to a person.
pub(crate) fn tell(error: &ChoiceError) -> Exit {
    match error {
        ChoiceError::Unusable { message, help } => output::complain(message, Some(help)),
        ChoiceError::Invalid(errors) => {
            let color = Color::Auto.applies(&std::io::stderr());
            let options = Options {
                format: Format::Human,
                color,
                verbosity: Verbosity::Normal,
                width: None,
                tool_version: env!("CARGO_PKG_VERSION"),
                jobs: 1,
            };
            // Standard error may be closed; there is nobody left to tell.
            let _ = sluice_report::write_config_errors(errors, &options, &mut std::io::stderr().lock());
        }
    }
    Exit::Usage
}

fn unreadable(name: &str, cause: &str) -> ChoiceError {
    let message = format!("cannot read the policy file `{name}`: {cause}");
    ChoiceError::Unusable { message, help: "name an existing file with --policy" }
}

fn parse(name: String, content: Vec<u8>) -> Result<Policy, ChoiceError> {
    let content = String::from_utf8(content).map_err(|error| ChoiceError::Unusable {
        message: format!("the policy file `{name}` is not UTF-8: byte {} is invalid", error.utf8_error().valid_up_to()),
        help: "save the file as UTF-8",
    })?;
    Policy::parse(&Arc::new(Text::new(name, content))).map_err(ChoiceError::Invalid)
}

/// One policy holds for a run: every path has to lead to the same file, or none to any.
fn nearest(paths: &[PathBuf]) -> Result<Option<PathBuf>, ChoiceError> {
    let mut leads = Vec::with_capacity(paths.len());
    let mut indexes = Indexes::default();
    for path in paths {
        let folder = if path.as_os_str() == "-" { Path::new(".") } else { path };
        leads.push((path.clone(), above(folder, &mut indexes)?));
    }
    agreed(leads, same)
}

/// The policy file that each of the paths leads to.
fn agreed(
    leads: Vec<(PathBuf, Option<PathBuf>)>,
    same: impl Fn(Option<&Path>, Option<&Path>) -> bool,
) -> Result<Option<PathBuf>, ChoiceError> {
    let mut leads = leads.into_iter();
    let Some((first, file)) = leads.next() else {
        return Ok(None);
    };
    match leads.find(|(_, other)| !same(file.as_deref(), other.as_deref())) {
        None => Ok(file),
        Some((path, other)) => Err(ChoiceError::Unusable {
            message: format!("{}, and {}", falls(&first, file.as_deref()), falls(&path, other.as_deref())),
            help: "check them one by one, or name the policy that holds for both with --policy",
        }),
    }
}

fn falls(path: &Path, file: Option<&Path>) -> String {
    match file {
        Some(file) => format!("`{}` falls under the policy file `{}`", path.display(), file.display()),
        None => format!("`{}` falls under no policy file", path.display()),
    }
}

fn same(one: Option<&Path>, other: Option<&Path>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The nearest `sluice.yaml` from the folder of `path` upwards, not past the root of a Git repository. A link that leads
/// nowhere, one that may not be looked at and one that Git does not check out are not passed over: another policy would hold
/// instead.
fn above(path: &Path, indexes: &mut Indexes) -> Result<Option<PathBuf>, ChoiceError> {
    let Ok(absolute) = std::path::absolute(path).map(|path| without_parents(&path)) else { return Ok(None) };
    let start = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
    for folder in start.into_iter().flat_map(Path::ancestors) {
        let file = folder.join(FILE_NAME);
        match file.metadata() {
            Ok(found) if found.is_file() => return Ok(Some(shorten(&file))),
            Ok(_) => {}
            Err(error) if is_absent(&error) && !file.is_symlink() => {
                if indexes.leaves_out(&file) {
                    return Err(ChoiceError::Unusable {
                        message: format!(
                            "the policy file `{}` is not checked out, though Git tracks it",
                            shorten(&file).display()
                        ),
                        help: "`git sparse-checkout add` its folder, or name a policy file with --policy",
                    });
                }
            }
            Err(error) => return Err(unreadable(&shorten(&file).to_string_lossy(), &error.to_string())),
        }
        if folder.join(".git").exists() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A path without `..`, which leads to where the file system says: what is named before it may be a link.
fn without_parents(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut passed, part| {
        if part == Component::ParentDir {
            passed = passed.canonicalize().unwrap_or(passed);
            passed.pop();
        } else {
            passed.push(part);
        }
        passed
    })
}

/// The path as a person would type it: relative to the working directory where it lies below that.
fn shorten(file: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
    below.unwrap_or_else(|| file.to_path_buf())
}

/// The component of a plugin. Relative files are beside the policy file; a policy of a revision takes them from there.
pub(crate) fn resolve(source: &PluginSource, policy_file: &PolicyFile) -> Result<Cow<'static, [u8]>, String> {
    match (source, policy_file) {
        (PluginSource::Builtin(name), _) => builtin::find(name)
            .map(Cow::Borrowed)
            .ok_or_else(|| format!("there is no built-in plugin `{name}`; the built-in ones are {}", builtin::names())),
        (PluginSource::File(path), PolicyFile::Checkout(checkout, file)) => {
            let beside = Path::new(file).parent().unwrap_or(Path::new("")).join(path);
            checkout.read(&beside.to_string_lossy()).map(Cow::Owned).map_err(|error| error.to_string())
        }
        (PluginSource::File(path), PolicyFile::Disk(_) | PolicyFile::WorkTree(..) | PolicyFile::Recommended) => {
            let beside = policy_file.on_disk().and_then(Path::parent).unwrap_or(Path::new(""));
            read_component(&beside.join(path)).map(Cow::Owned)
        }
        (PluginSource::Oci(reference), _) => {
            Err(format!("plugins from a registry are not supported yet: `{reference}`; use `file:` for now"))
        }
    }
}

fn read_component(file: &Path) -> Result<Vec<u8>, String> {
    reading::at_most(file, MAX_COMPONENT).map_err(|error| format!("cannot read `{}`: {error}", file.display()))
}
