//! `sluice plugin test`: runs a plugin over its fixtures and compares what it says with what it should say.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_manifest::{Documents, Limits as ReadLimits, Resource, Text, read_value};
use sluice_plugin::{Call, ConfigureError, Configured, Fault, Grants, Limits, Patch, Plugin, Set, SettingsError};
use sluice_policy::check_settings;

use super::expected::{Answer, Found, Refused, Wanted, difference};
use super::{Stop, about, build, load, note};
use crate::exit::Exit;

/// Run a plugin over its fixtures
///
/// A fixture is a folder `fixtures/CASE` with `manifest.yaml`, `settings.yaml` if there are settings, and
/// `expected.yaml` with the findings or patches. The plugin is built first, unless a component is named.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder with the plugin's Cargo.toml and fixtures
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The component to test, instead of building one
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Write what the plugin says to `expected.yaml`
    #[arg(long)]
    update: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Stop> {
    let cases = cases(&arguments.folder)?;
    let plugin = match &arguments.plugin {
        Some(file) => load(file)?,
        None => build::build(&arguments.folder, None)?.1,
    };
    let mut failed = 0;
    for case in &cases {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = judge(&plugin, case, arguments.update)?;
        failed += usize::from(matches!(outcome, Outcome::Differs(_)));
        tell(&name, &outcome);
    }
    let count = cases.len();
    match failed {
        0 => {
            let words = if count == 1 { "case agrees" } else { "cases agree" };
            note(&format!("{count} {words}"));
            Ok(Exit::Clean)
        }
        failed => {
            note(&format!("{failed} of {count} cases differ; `--update` takes what was found as expected"));
            Ok(Exit::Violations)
        }
    }
}

/// The folders of the fixtures, sorted by name.
fn cases(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let fixtures = folder.join("fixtures");
    let entries = fs::read_dir(&fixtures).map_err(|error| {
        about("read", &fixtures, &error).help("a case is a folder `fixtures/CASE` with a `manifest.yaml`")
    })?;
    let mut cases: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    if cases.is_empty() {
        let message = format!("there is no case in `{}`", fixtures.display());
        return Err(Stop::usage(message).help("a case is a folder `fixtures/CASE` with a `manifest.yaml`"));
    }
    Ok(cases)
}

enum Outcome {
    Agrees,
    Updated,
    Differs(Vec<(char, String)>),
}

fn tell(name: &str, outcome: &Outcome) {
    let mut out = anstream::stdout().lock();
    let [green, red, dim] = [anstyle::AnsiColor::Green, anstyle::AnsiColor::Red, anstyle::AnsiColor::BrightBlack]
        .map(|color| color.on_default());
    // A reader that has gone away wants no more.
    let _ = match outcome {
        Outcome::Agrees => writeln!(out, "{green}ok{green:#}       {name}"),
        Outcome::Updated => writeln!(out, "{green}updated{green:#}  {name}"),
        Outcome::Differs(_) => {
            writeln!(out, "{red}differs{red:#}  {name}   ({red}- expected{red:#}, {green}+ found{green:#})")
        }
    };
    if let Outcome::Differs(lines) = outcome {
        for (sign, line) in lines {
            let style = match sign {
                '-' => red,
                '+' => green,
                _ => dim,
            };
            let _ = writeln!(out, "    {style}{sign} {line}{style:#}");
        }
    }
}

fn judge(plugin: &Plugin, case: &Path, update: bool) -> Result<Outcome, Stop> {
    let mut found = answer(plugin, case)?;
    found.sort();
    let file = case.join("expected.yaml");
    let expected = match fs::read_to_string(&file) {
        Ok(yaml) => {
            let name = file.display().to_string();
            let mut expected = Answer::parse(&name, yaml).map_err(|(line, message)| unreadable(&file, line, &message));
            if update {
                expected = Ok(expected.unwrap_or_default());
            }
            expected?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Answer::default(),
        Err(error) => return Err(about("read", &file, &error)),
    };
    let mut sorted = expected;
    sorted.sort();
    if sorted == found && file.is_file() {
        return Ok(Outcome::Agrees);
    }
    // That a plugin gives no answer is not what its author means to keep; who does writes it down by hand.
    let is_new_fault = found.fault.is_some() && found.fault != sorted.fault;
    if update && !is_new_fault {
        fs::write(&file, found.to_yaml()).map_err(|error| about("write", &file, &error))?;
        return Ok(Outcome::Updated);
    }
    Ok(Outcome::Differs(difference(&sorted.to_yaml(), &found.to_yaml())))
}

/// What the plugin says on a case.
fn answer(plugin: &Plugin, case: &Path) -> Result<Answer, Stop> {
    let resources = resources(&case.join("manifest.yaml"))?;
    let settings = settings(&case.join("settings.yaml"))?;
    let refused = |errors: Vec<SettingsError>| {
        let refused = errors.into_iter().map(|it| Refused { path: it.pointer, message: it.message }).collect();
        Ok(Answer { settings_errors: Some(refused), ..Answer::default() })
    };
    // As the gate does: by the schema first, and with what the plugin says that it asks for.
    let about = plugin.description();
    if let Some(schema) = &about.settings_schema {
        let errors = check_settings(&about.name, schema, &settings)
            .map_err(|message| Stop::usage(format!("the settings schema of `{}`: {message}", about.name)))?;
        if !errors.is_empty() {
            return refused(errors);
        }
    }
    let grants = Grants { context: about.context.clone(), ..Grants::default() };
    let configured = match plugin.configure(&settings, Limits::default(), grants) {
        Ok(configured) => configured,
        Err(ConfigureError::Settings(errors)) => return refused(errors),
        Err(ConfigureError::Fault(fault)) => return Ok(Answer { fault: Some(fault.to_string()), ..Answer::default() }),
    };
    match ask(&configured, call(plugin, resources)) {
        Ok(answer) => Ok(answer),
        Err(fault) => Ok(Answer { fault: Some(fault.to_string()), ..Answer::default() }),
    }
}

/// The objects that the plugin asks for, as subjects.
fn call(plugin: &Plugin, resources: Vec<Arc<Resource>>) -> Call {
    let wants = |resource: &Resource| {
        let identity = resource.identity();
        plugin.description().kinds.iter().any(|kind| kind.matches(identity.group(), identity.version(), &identity.kind))
    };
    let chosen = (0_u32..).zip(&resources).filter(|(_, resource)| wants(resource)).map(|(index, _)| index).collect();
    let set = Arc::new(Set { resources, ..Set::default() });
    Call { context: Some(Arc::clone(&set)), set, chosen }
}

/// Asks for patches first: in the gate, what was mutated is validated.
fn ask(configured: &Configured, mut call: Call) -> Result<Answer, Fault> {
    let roles = configured.plugin().roles();
    let mut answer = Answer::default();
    if roles.mutates {
        let patches = configured.mutate(&call)?.patches;
        let wanted = patches.iter().filter_map(|it| Some(Wanted::new(it, subject(&call, it.subject)?)));
        answer.patches = Some(wanted.collect());
        call = match patched(&call, &patches) {
            Ok(patched) => patched,
            Err(message) => return Ok(Answer { fault: Some(message), ..answer }),
        };
        // It looks at its own work, and must want nothing more.
        if let Some(again) = configured.mutate(&call)?.patches.first().filter(|_| !patches.is_empty()) {
            answer.fault = Some(format!("is not idempotent: `{}` patches its own result again", again.rule));
        }
    }
    if roles.validates {
        let findings = configured.check(&call)?.findings;
        let found = findings.iter().filter_map(|it| Some(Found::new(it, subject(&call, it.subject)?))).collect();
        answer.findings = Some(found);
    }
    Ok(answer)
}

fn subject(call: &Call, index: u32) -> Option<&Arc<Resource>> {
    call.set.resources.get(*call.chosen.get(index as usize)? as usize)
}

/// The same objects with these patches; why one cannot be applied, in words.
fn patched(call: &Call, patches: &[Patch]) -> Result<Call, String> {
    let mut resources = call.set.resources.clone();
    for patch in patches {
        let at = call.chosen.get(patch.subject as usize).copied().unwrap_or_default() as usize;
        let Some(resource) = resources.get_mut(at) else { continue };
        let patched = resource
            .patched(&patch.operations)
            .map_err(|error| format!("a patch of `{}` cannot be applied: {error}", patch.rule))?;
        *resource = Arc::new(patched);
    }
    let set = Arc::new(Set { resources, ..Set::default() });
    Ok(Call { context: Some(Arc::clone(&set)), set, chosen: call.chosen.clone() })
}

/// The objects of a manifest. Here, unlike in a check, what cannot be read ends the run: the fixture is wrong.
fn resources(file: &Path) -> Result<Vec<Arc<Resource>>, Stop> {
    let content = fs::read_to_string(file).map_err(|error| about("read", file, &error))?;
    let text = Arc::new(Text::new(file.display().to_string(), content));
    let mut resources = Vec::new();
    for document in Documents::new(Arc::clone(&text), ReadLimits::default()) {
        if let Some(problem) = document.problems.iter().find(|problem| problem.fatal) {
            let line = text.place(problem.span).line;
            return Err(unreadable(file, line, &problem.message));
        }
        resources.extend(document.resources.into_iter().map(Arc::new));
    }
    if resources.is_empty() {
        return Err(Stop::usage(format!("there is no manifest in `{}`", file.display())));
    }
    Ok(resources)
}

fn unreadable(file: &Path, line: u32, message: &str) -> Stop {
    Stop::usage(format!("cannot read `{}`, line {line}: {message}", file.display()))
}

/// The settings as JSON text; `{}` where there is no file.
fn settings(file: &Path) -> Result<String, Stop> {
    let content = match fs::read_to_string(file) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok("{}".to_owned()),
        Err(error) => return Err(about("read", file, &error)),
    };
    let text = Arc::new(Text::new(file.display().to_string(), content));
    let tree = read_value(Arc::clone(&text), ReadLimits::default())
        .map_err(|problem| unreadable(file, text.place(problem.span).line, &problem.message))?;
    Ok(tree.root().to_json())
}
