//! What both sides of a change render alike is rendered once. A render sees the files that it asks for and nothing else, and
//! the same answers give the same bytes: so what was rendered before is what comes out now, if every question that was asked
//! then has the same answer, and the options are the same. A command may see anything, and runs each time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use sluice_render::{Files, FilesError, Kind, Method, RenderError, Rendered, Stat};

/// What a first side rendered, for a second to take.
#[derive(Default)]
pub(crate) struct Once(Mutex<BTreeMap<String, Seen>>);

/// Whose turn it is.
#[derive(Clone, Copy)]
pub(crate) enum Turn<'o> {
    /// There is no other side.
    Alone,
    /// What is rendered is kept for the other side.
    First(&'o Once),
    /// What the other side has rendered is taken, where it would come out the same.
    Second(&'o Once),
}

/// A render, and what it asked.
struct Seen {
    method: Method,
    answers: BTreeMap<Question, [u8; 32]>,
    rendered: Rendered,
}

/// What a render asks of a checkout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Stat(String),
    List(String),
    Read(String),
    Link(String),
}

impl Turn<'_> {
    /// Renders the folder at a path, or takes what the other side has rendered.
    pub(super) fn render(
        self,
        path: &str,
        method: &Method,
        files: &Arc<dyn Files>,
        render: impl FnOnce(Arc<dyn Files>) -> Result<Rendered, RenderError>,
    ) -> Result<Rendered, RenderError> {
        let sees_files_alone = match method {
            Method::Plain | Method::Kustomize | Method::Helm(_) => true,
            Method::Command(_) => false,
        };
        match self {
            Self::First(once) if sees_files_alone => {
                let asked = Arc::new(Asked { files: Arc::clone(files), answers: Mutex::default() });
                let rendered = render(Arc::clone(&asked) as Arc<dyn Files>)?;
                let answers = asked.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let seen = Seen { method: method.clone(), answers, rendered: rendered.clone() };
                once.seen().insert(path.to_owned(), seen);
                Ok(rendered)
            }
            Self::Second(once) => {
                let seen = once.seen().remove(path);
                match seen.filter(|seen| seen.method == *method && seen.holds(&**files)) {
                    Some(seen) => Ok(seen.rendered),
                    None => render(Arc::clone(files)),
                }
            }
            Self::Alone | Self::First(_) => render(Arc::clone(files)),
        }
    }
}

impl Once {
    fn seen(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Whether all that was asked has the same answer here.
    fn holds(&self, files: &dyn Files) -> bool {
        self.answers.iter().all(|(question, answer)| question.ask(files) == *answer)
    }
}

impl Question {
    fn ask(&self, files: &dyn Files) -> [u8; 32] {
        match self {
            Self::Stat(path) => of_words(&files.stat(path)),
            Self::List(path) => of_words(&files.list(path)),
            Self::Read(path) => of_content(&files.read(path)),
            Self::Link(path) => of_words(&files.link(path)),
        }
    }
}

fn of_words(answer: &impl std::fmt::Debug) -> [u8; 32] {
    Sha256::digest(format!("{answer:?}")).into()
}

fn of_content(answer: &Result<Arc<[u8]>, FilesError>) -> [u8; 32] {
    match answer {
        Ok(content) => Sha256::digest(content).into(),
        // Told apart from a file that has these words.
        Err(error) => Sha256::digest(format!("\0{error:?}")).into(),
    }
}

/// Files, and what was asked of them.
struct Asked {
    files: Arc<dyn Files>,
    answers: Mutex<BTreeMap<Question, [u8; 32]>>,
}

impl Asked {
    fn note(&self, question: Question, answer: [u8; 32]) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer);
    }
}

impl Files for Asked {
    fn stat(&self, path: &str) -> Result<Stat, FilesError> {
        let answer = self.files.stat(path);
        self.note(Question::Stat(path.to_owned()), of_words(&answer));
        answer
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError> {
        let answer = self.files.list(folder);
        self.note(Question::List(folder.to_owned()), of_words(&answer));
        answer
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError> {
        let answer = self.files.read(path);
        self.note(Question::Read(path.to_owned()), of_content(&answer));
        answer
    }

    fn link(&self, path: &str) -> Result<Option<String>, FilesError> {
        let answer = self.files.link(path);
        self.note(Question::Link(path.to_owned()), of_words(&answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::SystemTime;

    use sluice_render::{Command, Files, Limits, MemoryFiles, Method, Origins, Renderers, RenderersOptions};

    use super::{Once, Turn};

    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n";

    fn files(more: &[(&str, &str)]) -> Arc<dyn Files> {
        let all = [("set/kustomization.yaml", "resources: [m.yaml, ../base]\nnamePrefix: x-\n"), ("set/m.yaml", MAP)];
        let base = [
            ("base/kustomization.yaml", "configMapGenerator: [{name: g, literals: [a=1]}]\n"),
            ("other.yaml", "a: 1\n"),
        ];
        let files = all.iter().chain(&base).chain(more);
        Arc::new(files.map(|(path, text)| (*path, text.as_bytes())).collect::<MemoryFiles>())
    }

    /// How often is rendered for both sides, and whether the second has what a render of its own gives.
    fn renders(renderers: &Renderers, after: &[(&str, &str)], methods: [&Method; 2]) -> usize {
        let (once, count) = (Once::default(), AtomicUsize::new(0));
        let side = |turn: Turn<'_>, files: &Arc<dyn Files>, method: &Method| {
            turn.render("set", method, files, |files| {
                count.fetch_add(1, Ordering::Relaxed);
                renderers.render(files, "set", method, Origins::Positions)
            })
        };
        side(Turn::First(&once), &files(&[]), methods[0]).unwrap();
        let second = side(Turn::Second(&once), &files(after), methods[1]).unwrap();
        let count = count.load(Ordering::Relaxed);
        let alone = side(Turn::Alone, &files(after), methods[1]).unwrap();
        assert_eq!((&second.text, &second.origins, &second.files), (&alone.text, &alone.origins, &alone.files));
        count
    }

    #[test]
    fn what_would_come_out_the_same_is_rendered_once() {
        let renderers = Renderers::new(RenderersOptions {
            cache: sluice_plugin::default_cache_dir(),
            now: SystemTime::UNIX_EPOCH,
            limits: Limits::default(),
            guests: Box::new(crate::rendering::guest),
            on_compile: Box::new(|_| {}),
        });
        let renderers = renderers.unwrap();
        let (kustomize, plain) = (Method::Kustomize, Method::Plain);
        let cat = Method::Command(Command::new(String::from("cat"), vec![String::from("m.yaml")]));
        let same = [&kustomize, &kustomize];
        for (after, methods, expected) in [
            (&[][..], same, 1),
            // Nobody asked for it.
            (&[("other.yaml", "a: 2\n")][..], same, 1),
            (&[("set/m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\n")][..], same, 2),
            (&[("base/kustomization.yaml", "configMapGenerator: [{name: g, literals: [a=2]}]\n")][..], same, 2),
            (&[][..], [&kustomize, &plain], 2),
            (&[][..], [&cat, &cat], 2),
        ] {
            assert_eq!(renders(&renderers, after, methods), expected, "{after:?} {methods:?}");
        }
    }
}
