//! Plain YAML: the files of a folder, in the order of their paths, one after another.

use crate::answer::{Origin, Rendered};
use crate::error::RenderError;
use crate::explain::is_empty;
use crate::files::{Files, FilesError, Kind, Stat, join};
use crate::limits::Limits;
use crate::method::Origins;

/// How errors name this method.
const NAME: &str = "plain";
/// Deepest folder that is looked into.
const DEEPEST: usize = 100;

/// Puts the YAML and JSON files below a path together. Names that begin with a dot are left out.
pub(crate) fn render(files: &dyn Files, path: &str, limits: Limits, origins: Origins) -> Result<Rendered, RenderError> {
    let mut found = Vec::new();
    match files.stat(path)? {
        Stat::File { .. } => found.push(path.to_owned()),
        Stat::Folder => walk(files, path, 0, &mut found)?,
    }
    found.sort();
    let mut rendered = Rendered::default();
    for path in found {
        append(files, path, origins, &mut rendered)?;
        if rendered.text.len() as u64 > limits.output {
            let (renderer, path) = (NAME.to_owned(), shown(path_of(&rendered)));
            return Err(RenderError::TooMuch { renderer, path, what: "output", limit: limits.output });
        }
    }
    if is_empty(&rendered.text) {
        return Err(RenderError::Empty { renderer: NAME.to_owned(), path: shown(path) });
    }
    if origins == Origins::None {
        rendered.files.clear();
    }
    Ok(rendered)
}

/// The file that was read last.
fn path_of(rendered: &Rendered) -> &str {
    rendered.files.last().map_or("", String::as_str)
}

fn shown(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { path.to_owned() }
}

fn walk(files: &dyn Files, folder: &str, depth: usize, found: &mut Vec<String>) -> Result<(), FilesError> {
    if depth > DEEPEST {
        let why = format!("lies more than {DEEPEST} folders deep");
        return Err(FilesError::Refused { path: folder.to_owned(), why });
    }
    for (name, kind) in files.list(folder)?.into_iter().filter(|(name, _)| !name.starts_with('.')) {
        let path = join(folder, &name);
        match kind {
            Kind::Folder => walk(files, &path, depth + 1, found)?,
            Kind::File if is_manifest(&name) => found.push(path),
            Kind::File => {}
        }
    }
    Ok(())
}

fn is_manifest(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| ["yaml", "yml", "json"].contains(&end))
}

fn append(files: &dyn Files, path: String, origins: Origins, rendered: &mut Rendered) -> Result<(), RenderError> {
    let content = files.read(&path)?;
    let Ok(text) = std::str::from_utf8(&content) else {
        let message = "it is not UTF-8".to_owned();
        return Err(RenderError::Failed { renderer: NAME.to_owned(), message, file: Some(path) });
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !rendered.text.is_empty() {
        rendered.text.push_str("---\n");
    }
    if origins != Origins::None {
        let file = rendered.files.len() as u32;
        let before = rendered.text.matches('\n').count() as u32;
        let lines = 1..=text.lines().count() as u32;
        let origin = |line| Origin { out_line: before + line, out_column: 0, file, line, column: 0, exact: true };
        rendered.origins.extend(lines.map(origin));
    }
    rendered.text.push_str(text);
    if !text.ends_with('\n') {
        rendered.text.push('\n');
    }
    rendered.files.push(path);
    Ok(())
}
