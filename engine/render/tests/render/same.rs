//! The same checkout gives the same bytes: twice, on one thread and on four.

use sluice_render::{Helm, Method, Rendered};

use crate::stage::{RENDERERS, cases, folder};

/// Every case of both tools, rendered on so many threads.
fn all(threads: usize) -> Vec<(String, Option<Rendered>)> {
    let mut jobs = Vec::new();
    for (kind, method) in [("kustomize", Method::Kustomize), ("helm", Method::Helm(Helm::default()))] {
        let (root, names) = cases(kind);
        let files = folder(&root);
        jobs.extend(names.into_iter().map(|name| (name, files.clone(), method.clone())));
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some((name, files, method)) = jobs.get(index) else { return done };
                let rendered = RENDERERS.render(files.clone(), name, method, false).ok();
                done.push((index, name.clone(), rendered));
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    done.sort_by_key(|(index, ..)| *index);
    done.into_iter().map(|(_, name, rendered)| (name, rendered)).collect()
}

#[test]
fn threads_do_not_matter() {
    let one = all(1);
    assert!(one.iter().filter(|(_, rendered)| rendered.is_some()).count() >= 50);
    for ((name, first), (_, second)) in one.iter().zip(all(4)) {
        assert_eq!(*first, second, "{name}");
    }
}
