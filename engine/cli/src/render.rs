//! `sluice render`: the set as it was read or rendered, for people and for other programs.

mod printer;

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::ValueEnum;

use crate::charts::Charts;
use crate::exit::Exit;
use crate::inputs;
use crate::output::{self, Target};
use crate::rendering::Rendering;
use crate::sets::{self, Sets};
use crate::source::{self, Origin};
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
        Err(error) if output::is_broken_pipe(&error) => Exit::Clean,
        Err(error) => {
            output::complain(&format!("cannot write: {error}"), None);
            Exit::Undecided
        }
    }
}

fn look(arguments: &Arguments) -> Result<Sets, Exit> {
    let Arguments { paths, origin, charts, .. } = arguments;
    let misspelt = |error: inputs::PathError| {
        output::complain(&error.to_string(), Some("check the spelling of the path"));
        Exit::Usage
    };
    let checkout = origin.checkout().map_err(|error| error.tell())?;
    let found = match &checkout {
        Some(checkout) => {
            inputs::in_checkout(checkout.prefix(), paths).and_then(|paths| inputs::find_in(checkout, &paths, None))
        }
        None => inputs::find(paths, None),
    };
    let found = found.map_err(misspelt)?;
    sets::divide(found, checkout.as_ref(), &charts.helm()).map_err(|error| source::tell(&error))
}

fn print(sets: Sets, arguments: &Arguments) -> io::Result<Exit> {
    let format = match arguments.output {
        As::Yaml => Format::Yaml,
        As::Json => Format::Json,
    };
    let mut out = Target::open(None)?;
    let mut printer = Printer::new(&mut out, format, arguments.origins);
    for input in sets.plain {
        printer.input(input)?;
    }
    if let Some(root) = sets.root.filter(|_| !sets.folders.is_empty()) {
        match Rendering::new(root, SystemTime::UNIX_EPOCH) {
            Err(error) => printer.fail(&error.to_string(), None),
            Ok(rendering) => {
                for folder in &sets.folders {
                    match rendering.render(folder) {
                        Ok(rendered) => printer.text(rendered.text)?,
                        Err(failure) => printer.fail(&failure.message, Some(&failure.help)),
                    }
                }
            }
        }
    }
    printer.finish()
}
