//! `sluice diff`: what a change does, from both sides rendered and judged. The body of [`compare`] is the pipeline.

mod sides;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::ValueEnum;
use sluice_diff::{Diff, Side};
use sluice_policy::{Alike, ConfigError, Gate, Keep};
use sluice_report::{DiffFormat, DiffOptions, Format, Verbosity};

use crate::bases::Bases;
use crate::charts::Charts;
use crate::exit::Exit;
use crate::inputs::{self, Found, LeaveOut, PathError};
use crate::judging::{self, GateError, Passed};
use crate::manner::Manner;
use crate::output::{self, Target};
use crate::policy::{self, ChoiceError, Chosen, PolicyFile};
use crate::rendering::once::{Once, Turn};
use crate::sets::{self, DivideError, Sets};
use crate::source::{self, Repository};
use sides::{Asked, Tree};

/// Tell what a change does: to the objects, to the findings, and around them
///
/// Renders and judges both sides and compares what a cluster would get: after rendering, and after the mutators of the
/// policy. Tells which objects are added, removed and changed, field by field; which findings are new, resolved or stay;
/// and the blast radius: what pruning deletes, and which definitions, namespaces, volumes, rights and images are touched.
///
/// Without HEAD, the work tree is compared with BASE. The policy is that of HEAD, for both sides. The values of a Secret
/// are compared and never shown.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  no finding that is new denies
  1  a finding that is new denies, such as a document that could be read before and cannot be read now
  2  usage or configuration: a wrong option, an unknown revision, a bad policy file, no manifest
  3  HEAD could not be decided: a plugin failed, or something could not be read or rendered

What cannot be read or rendered in BASE is told, and all findings of HEAD in it count as new.

Examples:
  sluice diff main                            the work tree, before the commit
  sluice diff main -- deploy/                 only this folder of it
  sluice diff main...topic deploy/            a branch, since it left main
  sluice diff --format markdown --output comment.md origin/main HEAD")]
pub(crate) struct Arguments {
    /// The revision before: a branch, a tag, a commit, in a clone also `HEAD~1`; `BASE...HEAD` compares with the merge base
    #[arg(value_name = "BASE")]
    base: String,
    /// The revision after [default: the work tree]
    #[arg(value_name = "HEAD")]
    head: Option<String>,
    /// Files and folders, on either side or both [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Files and folders, where HEAD is left out
    #[arg(last = true, value_name = "PATH")]
    after: Vec<PathBuf>,
    /// The policy file [default: the nearest sluice.yaml beside or above the paths, on the side of HEAD]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = As::Human)]
    format: As,
    #[command(flatten)]
    manner: Manner,
    /// Show only the new findings that deny
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show objects that are added or removed and long values in full, findings that stay, and what plugins wrote
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    repository: Repository,
    #[command(flatten)]
    charts: Charts,
}

#[derive(Clone, Copy, ValueEnum)]
enum As {
    /// For people, at a terminal
    Human,
    /// For a pull request: short first, details folded, at most 65,000 characters
    Markdown,
    /// The versioned report, for programs (see `sluice schema diff`)
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    compare(arguments).unwrap_or_else(|exit| exit)
}

/// What both sides are judged with.
struct Judging<'a> {
    gate: &'a Gate,
    jobs: usize,
    now: SystemTime,
    quiet: bool,
}

fn compare(arguments: &Arguments) -> Result<Exit, Exit> {
    let Arguments { base, head, paths, after, repository, manner, .. } = arguments;
    let now = manner.now().map_err(|message| usage(&message, Some(judging::TIME_HELP)))?;
    let asked = Asked::of(base, head.as_deref(), paths, after);
    let (base, head) = asked.trees(repository)?;
    let paths = on_both(&asked, &base, &head)?;
    let chosen = choose(arguments, &head, &paths)?;
    let (before, after, astray) = divide(arguments, (&base, &head), &chosen, &paths)?;
    // Opened first, so that a report that cannot be written costs no run.
    let mut out = manner.open().map_err(|message| failed(&message))?;

    let jobs = manner.jobs();
    let gate = judging::open_gate(&chosen, now, jobs).map_err(|error| match error {
        GateError::Policy(errors) => tell_config_errors(&errors, arguments),
        GateError::Failed(message) => failed(&message),
    })?;
    // One for both sides: a chart that draws the time does not differ by that alone.
    let now = manner.clock().unwrap_or_else(|| judging::clock(&head.checkout));
    let judging = Judging { gate: &gate, jobs, now, quiet: arguments.quiet };
    let policy_changed = arguments.policy.is_none() && policy_differs(&base, &head, &paths, &chosen);
    let once = Once::default();
    let mut before = judging.side(before, base, None, Turn::First(&once))?;
    before.failed.extend(astray);
    let names = after.folders.iter().map(|folder| folder.name.clone());
    let has_plain = !after.plain.is_empty() || !after.groups.is_empty();
    let names: BTreeSet<String> = names.chain(has_plain.then(String::new)).collect();
    let bases = Bases::new(&before.outcome.set, &names);
    let after = judging.side(after, head, Some(&bases), Turn::Second(&once))?;
    if [&before, &after].iter().all(|side| side.outcome.verdict.summary.resources == 0 && side.failed.is_empty()) {
        return Err(usage("there is no manifest on either side", Some("name a path that holds Kubernetes manifests")));
    }
    let diff = Diff { policy_changed, ..Diff::of(before, after) };

    let options = options(arguments, &out);
    match sluice_report::write_diff(&diff, &options, &mut out).and_then(|()| out.finish()) {
        Err(error) if output::is_broken_pipe(&error) => Err(Exit::Undecided),
        Err(error) => Err(failed(&manner.unwritable(&error))),
        Ok(()) => Ok(diff.decision.into()),
    }
}

/// The paths as they were written and from the root. One that only one side has was added or removed.
fn on_both(asked: &Asked, base: &Tree, head: &Tree) -> Result<Vec<(PathBuf, String)>, Exit> {
    let from_root = inputs::in_checkout(base.checkout.prefix(), &asked.paths).map_err(misspelt)?;
    let paths: Vec<(PathBuf, String)> = asked.paths.iter().cloned().zip(from_root).collect();
    for (path, from_root) in &paths {
        if !base.holds(from_root) && !head.holds(from_root) {
            let message = format!("cannot read `{}`: neither side has it", path.display());
            return Err(usage(&message, Some("check the spelling of the path")));
        }
    }
    Ok(paths)
}

/// The policy of the side after, as `sluice check` would choose it.
fn choose(arguments: &Arguments, head: &Tree, paths: &[(PathBuf, String)]) -> Result<Chosen, Exit> {
    let chosen = match (&arguments.policy, &head.on_disk) {
        (Some(file), _) => policy::choose(Some(file), &[]),
        (None, Some((here, root))) => {
            let on_disk: Vec<PathBuf> = paths.iter().map(|(path, _)| here.join(path)).collect();
            match policy::nearest_in(&head.checkout, &from_root(paths)) {
                Ok(Some(file)) if !root.join(&file).exists() => policy::choose_in(&head.checkout, &from_root(paths)),
                Err(error) if head.is_partial() => Err(error),
                Ok(_) | Err(_) => policy::choose(None, &on_disk).map(|chosen| in_work_tree(chosen, root)),
            }
        }
        (None, None) => policy::choose_in(&head.checkout, &from_root(paths)),
    };
    chosen.map_err(|error| match error {
        ChoiceError::Unusable { message, help } => usage(&message, Some(help)),
        ChoiceError::Invalid(errors) => tell_config_errors(&errors, arguments),
    })
}

/// With its file known by its path from the root, as that of a revision is: what it says of rendering starts there.
fn in_work_tree(chosen: Chosen, root: &Path) -> Chosen {
    let file = chosen.file.on_disk().map(Path::to_path_buf);
    let known = file.and_then(|file| Some((below(root, &file.canonicalize().ok()?)?, file)));
    match known {
        Some((path, file)) => Chosen { file: PolicyFile::WorkTree(file, path), ..chosen },
        None => chosen,
    }
}

fn from_root(paths: &[(PathBuf, String)]) -> Vec<String> {
    paths.iter().map(|(_, path)| path.clone()).collect()
}

/// Whether the sides have other policy files, or other components where the file names them by path. Of a component that the
/// base does not have nothing is known: it may be built and not kept.
fn policy_differs(base: &Tree, head: &Tree, paths: &[(PathBuf, String)], chosen: &Chosen) -> bool {
    let from_root = from_root(paths);
    let read = |tree: &Tree, path: &str| tree.checkout.read(path).ok();
    let file = |tree: &Tree| {
        // Where none can be chosen, it is not that of the other side.
        let path = policy::nearest_in(&tree.checkout, &from_root).ok()?;
        Some(path.map(|path| (read(tree, &path), path)))
    };
    let (before, after) = (file(base), file(head));
    let Some((_, path)) = after.as_ref().and_then(Option::as_ref).filter(|_| before == after) else {
        return before != after;
    };
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    chosen.policy.plugin_files().any(|plugin| {
        let path = folder.join(plugin).to_string_lossy().into_owned();
        read(base, &path).is_some_and(|component| read(head, &path).as_ref() != Some(&component))
    })
}

/// The sets of both sides, and what of the base leads out of the repository: it is told, and a change can go on. What HEAD
/// has of the kind is where it was before, or the end.
fn divide(
    arguments: &Arguments,
    (base, head): (&Tree, &Tree),
    chosen: &Chosen,
    paths: &[(PathBuf, String)],
) -> Result<(Sets, Sets, BTreeSet<String>), Exit> {
    let after = LeaveOut { on_disk: chosen.file.on_disk(), in_checkout: chosen.file.in_checkout() };
    // A policy file that was named lies beside what is compared at most in the work tree.
    let before = match (&arguments.policy, &head.on_disk) {
        (None, _) => policy::nearest_in(&base.checkout, &from_root(paths)).ok().flatten(),
        (Some(file), Some((_, root))) => file.canonicalize().ok().and_then(|file| below(root, &file)),
        (Some(_), None) => None,
    };
    let before = LeaveOut { in_checkout: before.as_deref(), on_disk: None };
    let (found, astray) = base.find(paths, before).map_err(misspelt)?;
    let (found_after, astray_after) = head.find(paths, after).map_err(misspelt)?;
    let was_there =
        |(way, error): &(String, _)| astray.iter().any(|(known, before)| known == way && is_same(before, error));
    if let Some((path, error)) = astray_after.into_iter().find(|lead| !was_there(lead)) {
        return Err(misspelt(PathError::of_checkout(&path, error)));
    }
    let divide = |tree: &Tree, chosen: &Chosen, found: Found| {
        sets::divide(found, Some(&tree.checkout), &arguments.charts, chosen).map_err(|error| match error {
            DivideError::Source(error) => source::tell(&error),
            DivideError::Policy(errors) => tell_config_errors(&errors, arguments),
            DivideError::Asked { message, help } => {
                output::complain(&message, Some(help));
                Exit::Usage
            }
        })
    };
    let sets = divide(base, &chosen.for_before(), found)?;
    Ok((sets, divide(head, chosen, found_after)?, astray.iter().map(|(_, error)| place_of(error)).collect()))
}

/// Whether the same leads out of the repository on both sides. Of a submodule nothing is read, whatever commit it stands for.
fn is_same(before: &sluice_source::PathError, after: &sluice_source::PathError) -> bool {
    use sluice_source::PathError::Submodule;
    if let (Submodule { path, .. }, Submodule { path: other, .. }) = (before, after) {
        return path == other;
    }
    before == after
}

/// The path that leads out of the repository.
fn place_of(error: &sluice_source::PathError) -> String {
    use sluice_source::PathError::{LinkBroken, LinkLeaves, LinkLoop, Submodule};
    if let LinkLeaves { path, .. } | LinkBroken { path, .. } | LinkLoop { path } | Submodule { path, .. } = error {
        return path.clone();
    }
    error.to_string()
}

/// The path of a file from a root that it lies below.
fn below(root: &Path, file: &Path) -> Option<String> {
    let names: Vec<_> = file.strip_prefix(root).ok()?.iter().map(|name| name.to_string_lossy()).collect();
    Some(names.join("/"))
}

impl Judging<'_> {
    fn side(&self, sets: Sets, tree: Tree, base: Option<&Bases>, turn: Turn<'_>) -> Result<Side, Exit> {
        let options = judging::Options {
            jobs: self.jobs,
            keep: Keep::Set,
            alike: Alike::Each,
            base: base.map(|bases| bases as &dyn judging::Pasts),
            beside: None,
            turn,
            now: Some(self.now),
            quiet: self.quiet,
            pulse: None,
        };
        let Passed { outcome, failed: unread, templates, .. } =
            judging::pass(self.gate, sets, &options).map_err(|error| failed(&error.to_string()))?;
        Ok(Side { name: tree.name, outcome, failed: unread, templates })
    }
}

fn options(arguments: &Arguments, out: &Target) -> DiffOptions {
    DiffOptions {
        format: match arguments.format {
            As::Human => DiffFormat::Human,
            As::Markdown => DiffFormat::Markdown,
            As::Json => DiffFormat::Json,
        },
        color: out.colored(arguments.manner.color),
        verbosity: match (arguments.quiet, arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        },
        width: None,
        tool_version: env!("CARGO_PKG_VERSION"),
        command: command(arguments),
    }
}

/// The command that shows everything.
fn command(arguments: &Arguments) -> String {
    let Arguments { base, head, paths, after, .. } = arguments;
    let mut words = vec![String::from("sluice diff -v"), quoted(base)];
    words.extend(head.as_deref().map(quoted));
    words.extend(paths.iter().map(|path| quoted(&path.to_string_lossy())));
    if !after.is_empty() {
        words.push(String::from("--"));
        words.extend(after.iter().map(|path| quoted(&path.to_string_lossy())));
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./~^@:=+,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn tell_config_errors(errors: &[ConfigError], arguments: &Arguments) -> Exit {
    let format = match arguments.format {
        As::Human | As::Markdown => Format::Human,
        As::Json => Format::Json,
    };
    match arguments.manner.tell(errors, format) {
        Err(error) if !output::is_broken_pipe(&error) => {
            usage(&format!("cannot write what is wrong with the policy file: {error}"), None)
        }
        Ok(()) | Err(_) => Exit::Usage,
    }
}

fn misspelt(error: PathError) -> Exit {
    usage(&error.to_string(), Some(error.help()))
}

fn usage(message: &str, help: Option<&str>) -> Exit {
    output::complain(message, help);
    Exit::Usage
}

fn failed(message: &str) -> Exit {
    output::complain(message, None);
    Exit::Undecided
}
