//! `sluice render`: the set as it was read or rendered, for people and for other programs.

mod printer;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use sluice_policy::{Failure, InputOutcome};
use sluice_render::{Origins, RenderError};

use crate::charts::Charts;
use crate::exit::Exit;
use crate::judging;
use crate::looking;
use crate::output::{self, Target};
use crate::rendering::Rendering;
use crate::rendering::once::Turn;
use crate::sets::{Group, Sets};
use crate::source::Origin;
use printer::{Format, Printer};

/// Print the objects of manifests as they were read or rendered
///
/// Kustomizations and charts are rendered, lists are expanded, aliases and merge keys are resolved, values are typed as
/// Kubernetes types them. What cannot be read or rendered is told on standard error, and the exit code is 3: a part of a
/// set is never passed off as the whole.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  sluice render deploy/prod                   what kustomize makes of it
  sluice render charts/shop --set replicas=3  what Helm makes of it
  sluice render --rev v1.2 --origins deploy/  with the file and line that each object comes from")]
pub(crate) struct Arguments {
    /// Files and folders; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The policy file, whose `render` says how [default: the nearest sluice.yaml beside or above the paths]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = As::Yaml)]
    output: As,
    /// Tell where each object was written
    #[arg(long)]
    origins: bool,
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    charts: Charts,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    /// YAML documents, separated by `---`
    Yaml,
    /// One JSON object of kind List
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let sets = match look(arguments) {
        Ok(sets) => sets,
        Err(exit) => return exit,
    };
    match print(sets, arguments) {
        Ok(exit) => exit,
        Err(error) => output::printed(Err(error), Exit::Clean),
    }
}

fn look(arguments: &Arguments) -> Result<Sets, Exit> {
    let Arguments { paths, policy: named, origin, charts, .. } = arguments;
    let checkout = origin.checkout().map_err(|error| error.tell())?;
    let looked = looking::look(checkout.as_ref(), paths, named.as_deref(), charts);
    let (_, sets) = looked.map_err(|error| error.tell())?;
    for (name, _) in sets.skipped.iter().filter(|(_, reason)| reason == sluice_report::NOT_CHECKED_OUT) {
        output::remark(&format!("`{name}` is {}", sluice_report::NOT_CHECKED_OUT));
    }
    Ok(sets)
}

fn print(sets: Sets, arguments: &Arguments) -> io::Result<Exit> {
    let format = match arguments.output {
        As::Yaml => Format::Yaml,
        As::Json => Format::Json,
    };
    let mut out = Target::open(None)?;
    // Without a question where it came from, a set comes several times as fast.
    let origins = if arguments.origins { Origins::Positions } else { Origins::None };
    let mut printer = Printer::new(&mut out, format, arguments.origins);
    let printed = print_sets(sets, origins, &mut printer);
    printer.finish(printed)
}

fn print_sets(sets: Sets, origins: Origins, printer: &mut Printer<'_>) -> io::Result<()> {
    let mut held = Vec::with_capacity(sets.plain.len());
    for input in sets.plain {
        let before = printer.met();
        printer.input(input)?;
        held.push(InputOutcome { resources: printer.met() - before, ..InputOutcome::default() });
    }
    if let Some(message) = judging::nothing(&sets.shares, &held) {
        printer.miss(message);
    }
    for Group { name, inputs, allow_empty, .. } in sets.groups {
        let before = printer.met();
        for input in inputs {
            printer.input(input)?;
        }
        match allow_empty {
            true => printer.allow_nothing(),
            false if printer.met() == before => {
                let error = RenderError::Empty { renderer: String::from("plain"), path: name.clone() };
                printer.fail(&format!("cannot render `{name}`: {error}"), Some(error.help()));
            }
            false => {}
        }
    }
    if let Some(root) = sets.root.filter(|_| !sets.folders.is_empty()) {
        let now = judging::clock(root.checkout());
        match Rendering::new(root, now, Turn::Alone) {
            Err(error) => printer.fail(&error.to_string(), None),
            Ok(rendering) => {
                for folder in &sets.folders {
                    match rendering.render(folder, origins) {
                        Ok(rendered) => {
                            let before = printer.met();
                            printer.text(rendered.text)?;
                            if folder.allow_empty {
                                printer.allow_nothing();
                            } else if printer.met() == before {
                                tell(printer, &rendering.empty(folder));
                            }
                        }
                        Err(failure) => tell(printer, &failure),
                    }
                }
            }
        }
    }
    Ok(())
}

fn tell(printer: &mut Printer<'_>, failure: &Failure) {
    printer.fail(&failure.message, Some(&failure.help));
}
