//! The renderers, fed from checkouts, and what they give as texts that lead back to their sources.

mod origins;

use std::sync::Arc;
use std::time::SystemTime;

use sluice_manifest::{Span, Text};
use sluice_policy::Failure;
use sluice_render::{
    Files, FilesError, Guest, Kind, Limits, LoadError, RenderError, Renderers, RenderersOptions, Stat,
};
use sluice_source::{Checkout, PathError};

use crate::output;
use crate::root::Root;
use crate::sets::Folder;
use origins::Sources;

/// Renders folders of one root.
pub(crate) struct Rendering {
    renderers: Renderers,
    root: Root,
}

/// A rendered folder.
pub(crate) struct Rendered {
    pub(crate) text: Arc<Text>,
    /// What the renderer wants people to know.
    pub(crate) warnings: Vec<String>,
}

impl Rendering {
    /// Makes the renderers ready. `now` is what templates see of the time.
    pub(crate) fn new(root: Root, now: SystemTime) -> Result<Self, LoadError> {
        let renderers = Renderers::new(RenderersOptions {
            cache: sluice_plugin::default_cache_dir(),
            now,
            limits: Limits::default(),
            guests: Box::new(guest),
            on_compile: Box::new(|name| output::note(&format!("compiling the renderer {name}, once on this machine"))),
        })?;
        Ok(Self { renderers, root })
    }

    /// Renders a folder.
    pub(crate) fn render(&self, folder: &Folder) -> Result<Rendered, Failure> {
        let files = Arc::new(CheckoutFiles(self.root.checkout().clone()));
        let rendered = self.renderers.render(files, &folder.path, &folder.method, true);
        let rendered = rendered.map_err(|error| self.failure(folder, &error))?;
        let sluice_render::Rendered { text, files, origins, warnings, .. } = rendered;
        let sources = Sources::new(self.root.clone(), files, origins);
        let text = Arc::new(Text::rendered(&folder.name, text, Arc::new(sources)));
        Ok(Rendered { text, warnings })
    }

    fn failure(&self, folder: &Folder, error: &RenderError) -> Failure {
        let file = error.file().map(String::from);
        let place = file.and_then(|file| {
            let content = self.root.checkout().read(&file).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
            Some((Arc::new(Text::new(self.root.shown(&file), content)), Span::default()))
        });
        let message = format!("cannot render `{}`: {error}", self.root.shown(&folder.path));
        Failure { message, help: error.help().to_owned(), place, detail: None }
    }
}

/// A renderer that the program carries.
fn guest(name: &str) -> Option<Guest> {
    let (_, compressed) = RENDERERS.iter().find(|(known, _)| *known == name)?;
    Some(Guest { compressed: (*compressed).into(), digest: None })
}

const RENDERERS: [(&str, &[u8]); 2] = [
    ("kustomize", include_bytes!("../../../target/guests/renderers/kustomize.wasm.zst")),
    ("helm", include_bytes!("../../../target/guests/renderers/helm.wasm.zst")),
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
}

fn refusal(path: &str, error: &PathError) -> FilesError {
    let path = path.to_owned();
    match error {
        PathError::NotFound { .. } => FilesError::Missing { path },
        PathError::NotAFile { .. } => FilesError::Other { path, is: "a folder" },
        PathError::NotAFolder { .. } => FilesError::Other { path, is: "a file" },
        PathError::Io { cause, .. } => FilesError::Failed { path, why: cause.clone() },
        other @ (PathError::LinkLeaves { .. }
        | PathError::LinkLoop { .. }
        | PathError::LinkBroken { .. }
        | PathError::Submodule { .. }
        | PathError::BadPath { .. }
        | PathError::Leaves { .. }
        | PathError::BadLink { .. }
        | PathError::BadName { .. }
        | PathError::OtherKind { .. }
        | PathError::TooLarge { .. }
        | PathError::TooMany { .. }
        | PathError::TooDeep { .. }
        | PathError::TooMuch { .. }
        | PathError::Corrupt { .. }) => FilesError::Refused { path, why: format!("is refused: {other}") },
    }
}
