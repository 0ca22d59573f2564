//! The renderers of a process: the engine, the guests, which are loaded when they are first needed, and one render after
//! another, each within its limits. Any number of renders may run at once.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sluice_wasm::{Cache, Entry, Permits, sha256, ticker};
use wasmtime::{Engine, Module};

use crate::answer::Rendered;
use crate::error::{LoadError, RenderError};
use crate::explain;
use crate::files::{Files, FilesError, Stat, normal};
use crate::guest::Program;
use crate::limits::Limits;
use crate::method::{Helm, Method, Origins, helm_request, kustomize_request};
use crate::state::{Links, State};
use crate::touched::{self, Touched};
use crate::{command, engine, plain};

/// A renderer as the program carries it.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The module, compressed by zstd.
    pub compressed: Cow<'static, [u8]>,
    /// Its digest, where it is known: `sha256:` and the digest of the compressed bytes.
    pub digest: Option<Cow<'static, str>>,
}

/// Gives guests by name.
pub type Guests = dyn Fn(&str) -> Option<Guest> + Send + Sync;

/// How [`Renderers`] work.
pub struct RenderersOptions {
    /// The folder that compiled code is kept in; none for no cache. See [`sluice_wasm::default_dir`].
    pub cache: Option<PathBuf>,
    /// The time that templates see: the clock stands still.
    pub now: SystemTime,
    /// What one render may cost.
    pub limits: Limits,
    /// Gives the guest `kustomize` or `helm`; none where it is not there.
    pub guests: Box<Guests>,
    /// Hears that a guest is being compiled, which takes some seconds and happens once on a machine.
    pub on_compile: Box<dyn Fn(&str) + Send + Sync>,
}

/// Everything that renders. One serves a whole process, by way of [`Renderers::at`]. Cheap to clone.
#[derive(Clone)]
pub struct Renderers {
    shared: Arc<Shared>,
    now: SystemTime,
}

/// What renders of any time share.
struct Shared {
    engine: Engine,
    permits: Permits,
    cache: Option<Cache>,
    notes: Vec<String>,
    options: RenderersOptions,
    kustomize: Slot,
    helm: Slot,
}

/// A guest, once somebody needed it. What failed to load is tried again.
struct Slot {
    name: &'static str,
    program: Mutex<Option<Arc<Program>>>,
}

impl Slot {
    fn new(name: &'static str) -> Self {
        Self { name, program: Mutex::new(None) }
    }
}

impl Renderers {
    /// Makes the engine. Guests are loaded when they are first needed.
    ///
    /// # Errors
    /// Where the machine cannot run the engine. A cache folder that cannot be used is no error, but a note.
    pub fn new(options: RenderersOptions) -> Result<Self, LoadError> {
        let engine = engine::new().map_err(|error| LoadError::Engine { message: format!("{error:#}") })?;
        ticker::register(&engine);
        let (cache, notes) = match options.cache.as_deref().map(|folder| Cache::open(folder, &engine)) {
            None => (None, Vec::new()),
            Some(Ok(cache)) => (Some(cache), Vec::new()),
            Some(Err(note)) => (None, vec![note]),
        };
        let (permits, now) = (Permits::new(engine::slots()), options.now);
        let (kustomize, helm) = (Slot::new("kustomize"), Slot::new("helm"));
        let shared = Arc::new(Shared { engine, permits, cache, notes, options, kustomize, helm });
        Ok(Self { shared, now })
    }

    /// The same renderers at another time.
    #[must_use]
    pub fn at(&self, now: SystemTime) -> Self {
        Self { shared: Arc::clone(&self.shared), now }
    }

    /// Loads the guest of a method, so that the first render does not have to. What is wrong with it is told by the render.
    pub fn prepare(&self, method: &Method) {
        match method {
            Method::Kustomize => drop(self.program(&self.shared.kustomize)),
            Method::Helm(_) => drop(self.program(&self.shared.helm)),
            Method::Plain | Method::Command(_) => {}
        }
    }

    /// Words about the cache for who runs with `--verbose`: why it is not used.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.shared.notes
    }

    /// Renders what lies at a path, which is from the root of the checkout; the empty path is the root itself. What is told
    /// of origins does not change the text.
    ///
    /// # Errors
    /// Where it cannot be rendered as a whole, and where nothing comes out, which is [`RenderError::Empty`].
    pub fn render(
        &self,
        files: Arc<dyn Files>,
        path: &str,
        method: &Method,
        origins: Origins,
    ) -> Result<Rendered, RenderError> {
        let path = within(path)?;
        match method {
            Method::Plain => plain::render(&*files, &path, self.shared.options.limits, origins),
            Method::Command(command) => command::render(&*files, &path, command, self.shared.options.limits),
            Method::Kustomize => {
                folder(&*files, &path)?;
                let request = kustomize_request(&path, origins);
                self.ask(&self.shared.kustomize, files, &path, request)
            }
            Method::Helm(helm) => self.helm(files, &path, helm, origins),
        }
    }

    fn helm(&self, files: Arc<dyn Files>, path: &str, helm: &Helm, origins: Origins) -> Result<Rendered, RenderError> {
        files.stat(path)?;
        for values in &helm.values {
            files.stat(&within(values)?)?;
        }
        self.ask(&self.shared.helm, files, path, helm_request(path, helm, origins))
    }

    /// Sends a request to a guest and makes of its answer what it means.
    fn ask(
        &self,
        slot: &Slot,
        files: Arc<dyn Files>,
        path: &str,
        request: serde_json::Result<Vec<u8>>,
    ) -> Result<Rendered, RenderError> {
        let request = request
            .map_err(|error| LoadError::Renderer { renderer: slot.name, message: format!("no request: {error}") })?;
        let program = self.program(slot)?;
        let limits = self.shared.options.limits;
        let _permit = self.shared.permits.take();
        // What a base names is named from where it is, to kustomize; a chart is what lies below its folder.
        let links = if slot.name == self.shared.kustomize.name { Links::Shown } else { Links::Followed };
        let state = State { links, ..State::new(files, self.now, limits) };
        let run = program.ask(state, limits, &request).ok_or_else(no_thread)?;
        explain::run(slot.name, path, limits, run)
    }

    /// The guest of a slot. Whoever comes while it is being loaded waits.
    fn program(&self, slot: &Slot) -> Result<Arc<Program>, LoadError> {
        let mut program = slot.program.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = &*program {
            return Ok(Arc::clone(program));
        }
        let (module, touched) = self.module(slot.name)?;
        let linked = Program::link(&self.shared.engine, &module, touched)
            .map_err(|error| LoadError::Renderer { renderer: slot.name, message: format!("{error:#}") })?;
        Ok(Arc::clone(program.insert(Arc::new(linked))))
    }

    /// The module of a guest, from the cache or compiled, and the pages that it touches.
    fn module(&self, renderer: &'static str) -> Result<(Module, Touched), LoadError> {
        let broken = |message: String| LoadError::Renderer { renderer, message };
        let guest = (self.shared.options.guests)(renderer).ok_or_else(|| broken("it is missing".to_owned()))?;
        let digest = guest.digest.unwrap_or_else(|| sha256(&guest.compressed).into());
        if let Some(Entry { code, note }) =
            self.shared.cache.as_ref().and_then(|cache| cache.get(&self.shared.engine, &digest))
        {
            return Ok((code, Touched::new(&note)));
        }
        (self.shared.options.on_compile)(renderer);
        let wasm = zstd::decode_all(&*guest.compressed).map_err(|error| broken(format!("it is damaged: {error}")))?;
        let module = Module::from_binary(&self.shared.engine, &wasm).map_err(|error| broken(format!("{error:#}")))?;
        let touched = Touched::new(touched::find(&wasm));
        if let Some(cache) = &self.shared.cache {
            cache.put(&digest, &module, touched.section());
        }
        Ok((module, touched))
    }
}

pub(crate) fn no_thread() -> RenderError {
    LoadError::Engine { message: "the system gives no thread".to_owned() }.into()
}

/// A path of the caller, in the form that files are named by.
fn within(path: &str) -> Result<String, FilesError> {
    normal(path)
        .ok_or_else(|| FilesError::Refused { path: path.to_owned(), why: "leads out of the checkout".to_owned() })
}

fn folder(files: &dyn Files, path: &str) -> Result<(), FilesError> {
    match files.stat(path)? {
        Stat::Folder => Ok(()),
        Stat::File { .. } => Err(FilesError::Other { path: path.to_owned(), is: "a file" }),
    }
}
