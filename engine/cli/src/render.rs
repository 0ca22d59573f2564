//! `sluice render`: the set as it was read, for people and for other programs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use sluice_manifest::{Document, Documents, Limits, Problem, Resource, Text};

use sluice_policy::Content;

use crate::exit::Exit;
use crate::inputs;
use crate::output::{self, Target};

/// Print the objects of manifests as they were read
///
/// Lists are expanded, aliases and merge keys are resolved, values are typed as Kubernetes types them. What cannot be
/// read is told on standard error, and the exit code is 3: a part of a set is never passed off as the whole.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files and folders; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = As::Yaml)]
    output: As,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    /// YAML documents, separated by `---`
    Yaml,
    /// One JSON object of kind List
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let found = match inputs::find(&arguments.paths, None) {
        Ok(found) => found,
        Err(error) => {
            output::complain(&error.to_string(), Some("check the spelling of the path"));
            return Exit::Usage;
        }
    };
    let result = Target::open(None).and_then(|mut out| {
        let mut printer = Printer { out: &mut out, format: arguments.output, objects: 0, failed: false };
        for input in found.inputs {
            printer.input(input)?;
        }
        printer.finish()
    });
    match result {
        Ok(exit) => exit,
        Err(error) if output::is_broken_pipe(&error) => Exit::Clean,
        Err(error) => {
            output::complain(&format!("cannot write: {error}"), None);
            Exit::Undecided
        }
    }
}

struct Printer<'o> {
    out: &'o mut Target,
    format: As,
    objects: u64,
    failed: bool,
}

impl Printer<'_> {
    fn input(&mut self, input: sluice_policy::Input) -> io::Result<()> {
        let name = input.name().to_owned();
        let documents = match input.read() {
            Ok(Content::Bytes(bytes)) => Documents::from_bytes(name, bytes, Limits::default()),
            Ok(Content::Text(text)) => Documents::new(text, Limits::default()),
            Err(error) => {
                self.failed = true;
                output::complain(&format!("cannot read `{name}`: {error}"), None);
                return Ok(());
            }
        };
        let text = Arc::clone(documents.text());
        for document in documents {
            self.document(&text, &document)?;
        }
        Ok(())
    }

    fn document(&mut self, text: &Arc<Text>, document: &Document) -> io::Result<()> {
        for problem in &document.problems {
            self.failed |= problem.fatal;
            tell(text, problem);
        }
        document.resources.iter().try_for_each(|resource| self.resource(resource))
    }

    fn resource(&mut self, resource: &Resource) -> io::Result<()> {
        let mut text = String::new();
        match self.format {
            As::Yaml => {
                if self.objects > 0 {
                    text.push_str("---\n");
                }
                resource.root().write_yaml(&mut text);
            }
            As::Json => {
                text.push_str(if self.objects == 0 { LIST_HEAD } else { "," });
                resource.root().write_json(&mut text);
            }
        }
        self.objects += 1;
        self.out.write_all(text.as_bytes())
    }

    fn finish(self) -> io::Result<Exit> {
        if self.format == As::Json {
            let head = if self.objects == 0 { LIST_HEAD } else { "" };
            writeln!(self.out, "{head}]}}")?;
        }
        self.out.flush()?;
        if self.failed {
            return Ok(Exit::Undecided);
        }
        if self.objects == 0 {
            output::complain("no manifest found", Some("name a file or folder that holds Kubernetes manifests"));
            return Ok(Exit::Usage);
        }
        Ok(Exit::Clean)
    }
}

const LIST_HEAD: &str = r#"{"apiVersion":"v1","kind":"List","items":["#;

fn tell(text: &Arc<Text>, problem: &Problem) {
    let place = text.place(problem.span);
    let message = format!("{}:{}:{}: {}", text.name(), place.line, place.column, problem.message);
    output::complain(&message, Some(problem.help));
}
