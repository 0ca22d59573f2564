//! Prints objects one after the other, and counts what went wrong.

use std::io::{self, Write};
use std::sync::Arc;

use sluice_manifest::{Document, Documents, Limits, NotManifest, Problem, Resource, Text};
use sluice_policy::{Content, Input};
use sluice_report::clean;

use crate::exit::Exit;
use crate::output::{self, Target};

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    Json,
}

pub(crate) struct Printer<'o> {
    out: &'o mut Target,
    format: Format,
    origins: bool,
    objects: u64,
    /// How often something is missing from what is printed.
    failures: u64,
    /// Whether it is right that there is no object.
    may_be_empty: bool,
    /// That a path led to nothing.
    missing: Option<String>,
    /// The places of the objects, for the end of a JSON list.
    places: Vec<serde_json::Value>,
}

const LIST_HEAD: &str = r#"{"apiVersion":"v1","kind":"List","items":["#;

impl<'o> Printer<'o> {
    pub(crate) fn new(out: &'o mut Target, format: Format, origins: bool) -> Self {
        let (objects, failures, may_be_empty, missing) = (0, 0, false, None);
        Self { out, format, origins, objects, failures, may_be_empty, missing, places: Vec::new() }
    }

    /// How many objects there were so far, those that could not be printed among them.
    pub(crate) fn met(&self) -> u64 {
        self.objects + self.failures
    }

    /// Takes note that a path led to nothing.
    pub(crate) fn miss(&mut self, message: String) {
        self.missing = Some(message);
    }

    /// Takes it as right that there is no object.
    pub(crate) fn allow_nothing(&mut self) {
        self.may_be_empty = true;
    }

    /// Says what is missing from what is printed.
    pub(crate) fn fail(&mut self, message: &str, help: Option<&str>) {
        self.failures += 1;
        output::complain(message, help);
    }

    /// Prints what an input holds.
    pub(crate) fn input(&mut self, input: Input) -> io::Result<()> {
        let name = input.name().to_owned();
        match input.read() {
            Ok(Content::Bytes(bytes)) => self.documents(Documents::from_bytes(&*name, bytes, Limits::default())),
            Ok(Content::Text(text)) => self.text(text),
            Err(error) => {
                self.fail(&format!("cannot read `{name}`: {error}"), None);
                Ok(())
            }
        }
    }

    /// Prints what a text holds that was rendered.
    pub(crate) fn text(&mut self, text: Arc<Text>) -> io::Result<()> {
        self.documents(Documents::new(text, Limits::default()).rendered())
    }

    fn documents(&mut self, documents: Documents) -> io::Result<()> {
        let text = Arc::clone(documents.text());
        documents.into_iter().try_for_each(|document| self.document(&text, &document))
    }

    fn document(&mut self, text: &Arc<Text>, document: &Document) -> io::Result<()> {
        for problem in &document.problems {
            self.failures += u64::from(problem.fatal);
            tell(text, problem);
        }
        if document.skipped == Some(NotManifest::Template) {
            let line = text.place(document.span).line;
            let help = "say in `render` of the policy file what renders it, name other paths, or move it elsewhere";
            self.fail(
                &format!("{}:{line}: this is a template, which has to be rendered first", text.name()),
                Some(help),
            );
        }
        document.resources.iter().try_for_each(|resource| self.resource(resource))
    }

    fn resource(&mut self, resource: &Resource) -> io::Result<()> {
        let mut text = String::new();
        match self.format {
            Format::Yaml => {
                if self.objects > 0 {
                    text.push_str("---\n");
                }
                if self.origins {
                    let Place { file, line, rendered } = place(resource);
                    let by = rendered.map(|name| format!(", by {name}")).unwrap_or_default();
                    // A name may hold a line break, and the comment would end there.
                    text.push_str(&format!("# from {}\n", clean::line(&format!("{file}:{line}{by}"))));
                }
                resource.root().write_yaml(&mut text);
            }
            Format::Json => {
                text.push_str(if self.objects == 0 { LIST_HEAD } else { "," });
                resource.root().write_json(&mut text);
                if self.origins {
                    let Place { file, line, rendered } = place(resource);
                    self.places.push(serde_json::json!({ "file": file, "line": line, "rendered": rendered }));
                }
            }
        }
        self.objects += 1;
        self.out.write_all(text.as_bytes())
    }

    /// Ends the output, and says what came of it.
    pub(crate) fn finish(mut self, printed: io::Result<()>) -> io::Result<Exit> {
        match printed.and_then(|()| self.end()) {
            // Who stopped reading has to know of what failed before.
            Err(error) if self.failures > 0 && output::is_broken_pipe(&error) => {}
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        if self.failures > 0 {
            return Ok(Exit::Undecided);
        }
        if let Some(message) = self.missing {
            output::complain(&message, Some("name another path"));
            return Ok(Exit::Usage);
        }
        if self.objects == 0 && !self.may_be_empty {
            output::complain("no manifest found", Some("name a file or folder that holds Kubernetes manifests"));
            return Ok(Exit::Usage);
        }
        Ok(Exit::Clean)
    }

    fn end(&mut self) -> io::Result<()> {
        if self.format == Format::Json {
            let head = if self.objects == 0 { LIST_HEAD } else { "" };
            let origins = if self.origins {
                format!(r#","origins":{}"#, serde_json::Value::Array(std::mem::take(&mut self.places)))
            } else {
                String::new()
            };
            writeln!(self.out, "{head}]{origins}}}")?;
        }
        self.out.flush()
    }
}

/// Where an object was written.
struct Place {
    file: String,
    line: u32,
    /// The rendered text that it stands in.
    rendered: Option<String>,
}

fn place(resource: &Resource) -> Place {
    let text = resource.text();
    // The name says best which of the files the object is from.
    let name = resource.root().at("/metadata/name").map_or(resource.root().span(), |name| name.span());
    let rendered = text.is_rendered().then(|| text.name().to_owned());
    match text.origin(name) {
        Some(origin) => {
            Place { file: origin.text.name().to_owned(), line: origin.text.place(origin.span).line, rendered }
        }
        None => Place { file: text.name().to_owned(), line: text.place(name).line, rendered },
    }
}

fn tell(text: &Arc<Text>, problem: &Problem) {
    let place = text.place(problem.span);
    let message = format!("{}:{}:{}: {}", text.name(), place.line, place.column, problem.message);
    if problem.fatal {
        output::complain(&message, Some(problem.help));
    } else {
        output::warn(&message, Some(problem.help));
    }
}
