//! The renderers, fed from checkouts, and what they give as texts that lead back to their sources.

pub(crate) mod once;
mod origins;
mod place;
mod told;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sluice_manifest::{Span, Text};
use sluice_policy::Failure;
use sluice_render::{
    Files, FilesError, Guest, Kind, Limits, LoadError, Method, Origins, RenderError, Renderers, RenderersOptions, Stat,
};
use sluice_source::{Checkout, PathError, PathFault};

use crate::output;
use crate::root::Root;
use crate::sets::Folder;
use once::Turn;
use origins::{Again, Sources};

/// Renders folders of one root.
pub(crate) struct Rendering<'o> {
    renderers: Renderers,
    root: Root,
    turn: Turn<'o>,
}

/// A rendered folder.
pub(crate) struct Rendered {
    pub(crate) text: Arc<Text>,
    /// What the renderer wants people to know.
    pub(crate) warnings: Vec<String>,
}

impl<'o> Rendering<'o> {
    /// Makes the renderers ready. `now` is what templates see of the time.
    pub(crate) fn new(root: Root, now: SystemTime, turn: Turn<'o>) -> Result<Self, LoadError> {
        Ok(Self { renderers: renderers()?.at(now), root, turn })
    }

    /// Renders a folder, and tells so much of where its text came from; more is asked for when somebody wants to know it.
    pub(crate) fn render(&self, folder: &Folder, origins: Origins) -> Result<Rendered, Failure> {
        let files: Arc<dyn Files> = Arc::new(CheckoutFiles(self.root.checkout().clone()));
        let rendered = self.turn.render(&folder.path, &folder.method, &files, |files| {
            self.renderers.render(files, &folder.path, &folder.method, origins)
        });
        let rendered = match rendered {
            Err(RenderError::Empty { .. }) if folder.allow_empty => sluice_render::Rendered::default(),
            rendered => rendered.map_err(|error| self.failure(folder, &error))?,
        };
        let again = Again { renderers: self.renderers.clone(), files, method: folder.method.clone() };
        let warnings = rendered.warnings.clone();
        let (text, sources) = Sources::new(self.root.clone(), folder, rendered, again);
        let text = Arc::new(Text::rendered(&folder.name, text, Arc::new(sources)));
        Ok(Rendered { text, warnings })
    }

    /// That no object is in what a folder was rendered to.
    pub(crate) fn empty(&self, folder: &Folder) -> Failure {
        let renderer = match &folder.method {
            Method::Plain => "plain",
            Method::Kustomize => "kustomize",
            Method::Helm(_) => "helm",
            Method::Command(command) => &command.program,
        };
        let path = if folder.path.is_empty() { "." } else { &folder.path };
        self.failure(folder, &RenderError::Empty { renderer: renderer.to_owned(), path: path.to_owned() })
    }

    /// The words of an error that consist of paths, with those as people call them.
    fn renamed(&self, error: &RenderError) -> Option<String> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the errors of a foreign crate, of which two name paths")]
        let error = match error {
            RenderError::Missing { renderer, path, file } => {
                let (path, file) = (self.root.shown(path), self.root.shown(file));
                RenderError::Missing { renderer: renderer.clone(), path, file }
            }
            RenderError::Outside { renderer, path, file } => {
                let (path, file) = (self.root.shown(path), self.root.shown(file));
                RenderError::Outside { renderer: renderer.clone(), path, file }
            }
            _ => return None,
        };
        Some(error.to_string())
    }

    fn failure(&self, folder: &Folder, error: &RenderError) -> Failure {
        let file = error.file().map(String::from);
        let place = file.and_then(|file| {
            let content = self.root.checkout().read(&file).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
            let of = |range: Range<usize>| {
                Some(Span { start: u32::try_from(range.start).ok()?, end: u32::try_from(range.end).ok()? })
            };
            let span = error.place_in(&content).and_then(of).unwrap_or_default();
            Some((Arc::new(Text::new(self.root.shown(&file), content)), span))
        });
        let shown = self.root.shown(&folder.path);
        let words = self.renamed(error).unwrap_or_else(|| called(&error.to_string(), &folder.path, &shown));
        let message = format!("cannot render `{shown}`: {words}");
        Failure { message, help: error.help().to_owned(), place: place.or_else(|| folder.entry.clone()), detail: None }
    }
}

/// Words with a path as people call it, where they call it by its place in the checkout.
fn called(words: &str, path: &str, shown: &str) -> String {
    if path.is_empty() {
        return words.to_owned();
    }
    ['`', '\''].iter().fold(words.to_owned(), |words, quote| {
        words.replace(&format!("{quote}{path}{quote}"), &format!("{quote}{shown}{quote}"))
    })
}

/// Makes the renderers of folders ready.
pub(crate) fn prepare(folders: &[Folder]) {
    // What is wrong with them is told when they are needed.
    if let Some(renderers) = (!folders.is_empty()).then(renderers).and_then(Result::ok) {
        folders.iter().for_each(|folder| renderers.prepare(&folder.method));
    }
}

/// The renderers of this process. What a set was rendered by is kept with it, to prove more when somebody asks; so all share
/// one engine, and the memory of its pool.
fn renderers() -> Result<Renderers, LoadError> {
    static RENDERERS: Mutex<Option<Renderers>> = Mutex::new(None);
    let mut known = RENDERERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = &*known {
        return Ok(known.clone());
    }
    let renderers = Renderers::new(RenderersOptions {
        cache: sluice_plugin::default_cache_dir(),
        now: SystemTime::UNIX_EPOCH,
        limits: Limits::default(),
        guests: Box::new(guest),
        on_compile: Box::new(|name| output::note(&format!("compiling the renderer {name}, once on this machine"))),
    })?;
    Ok(known.insert(renderers).clone())
}

/// A renderer that the program carries.
fn guest(name: &str) -> Option<Guest> {
    let (_, compressed, digest) = RENDERERS.iter().find(|(known, ..)| *known == name)?;
    Some(Guest { compressed: (*compressed).into(), digest: Some((*digest).into()) })
}

/// Name, module and the digest of the module, so that nobody has to take the sum of some megabytes at each start.
const RENDERERS: [(&str, &[u8], &str); 2] = [
    (
        "kustomize",
        include_bytes!("../../../target/guests/renderers/kustomize.wasm.zst"),
        include_str!("../../../target/guests/renderers/kustomize.digest"),
    ),
    (
        "helm",
        include_bytes!("../../../target/guests/renderers/helm.wasm.zst"),
        include_str!("../../../target/guests/renderers/helm.digest"),
    ),
];

/// A checkout as renderers see it.
struct CheckoutFiles(Checkout);

impl Files for CheckoutFiles {
    fn stat(&self, path: &str) -> Result<Stat, FilesError> {
        match self.0.stat(path).map_err(|error| refusal(path, &error))? {
            sluice_source::Stat::File { size } => Ok(Stat::File { size }),
            sluice_source::Stat::Folder => Ok(Stat::Folder),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError> {
        let entries = self.0.list(folder).map_err(|error| refusal(folder, &error))?;
        let named = entries.into_iter().map(|entry| {
            let kind = match entry.kind {
                // What it leads to is refused by name as soon as somebody looks at it.
                sluice_source::Kind::File | sluice_source::Kind::Link { .. } => Kind::File,
                sluice_source::Kind::Folder | sluice_source::Kind::Submodule { .. } => Kind::Folder,
            };
            (entry.name, kind)
        });
        Ok(named.collect())
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError> {
        self.0.read(path).map(Arc::from).map_err(|error| refusal(path, &error))
    }

    fn link(&self, path: &str) -> Result<Option<String>, FilesError> {
        let text = self.0.read_link(path).map_err(|error| refusal(path, &error))?;
        // What it leads to is looked at first: out of the checkout it is refused.
        if text.is_some() {
            self.stat(path)?;
        }
        Ok(text)
    }
}

fn refusal(path: &str, error: &PathError) -> FilesError {
    let path = path.to_owned();
    match (error.fault(), error) {
        (PathFault::Missing, _) => FilesError::Missing { path },
        (PathFault::NotAFile, _) => FilesError::Other { path, is: "a folder" },
        (PathFault::NotAFolder, _) => FilesError::Other { path, is: "a file" },
        (PathFault::Failed, PathError::Io { cause, .. }) => FilesError::Failed { path, why: cause.clone() },
        (PathFault::Failed, other) => FilesError::Failed { path, why: other.to_string() },
        (PathFault::Astray | PathFault::Refused, other) => {
            FilesError::Refused { path, why: format!("is refused: {other}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::RENDERERS;

    #[test]
    fn digests_are_those_of_the_modules() {
        for (name, module, known) in RENDERERS {
            let digest = HEXLOWER.encode(&Sha256::digest(module));
            assert_eq!(known, format!("sha256:{digest}"), "{name}");
        }
    }
}
