//! The same checkout gives the same bytes: twice, on one thread and on four.

use std::sync::Arc;

use sluice_render::{Files, Helm, Method, Origins, Rendered};

use crate::stage::{RENDERERS, cases, folder, tree};

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
                let rendered = RENDERERS.render(files.clone(), name, method, Origins::None).ok();
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

#[test]
fn origins_do_not_change_the_text() {
    let files = |template: &str| {
        let values = "name: web\nport: 80\nlabels: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n";
        let chart = "apiVersion: v2\nname: c\nversion: 0.1.0\n";
        tree(&[("c/Chart.yaml", chart), ("c/values.yaml", values), ("c/templates/a.yaml", template)])
    };
    let drawn = files(
        "a: {{ randAlphaNum 12 }}\nb: {{ uuidv4 }}\nc: {{ now | date \"2006-01-02T15:04:05\" }}\nd: {{ .Values.port }}\n\
         e: {{ randInt 0 1000000 }}-{{ .Values.name }}\nf: {{ shuffle \"abcdefgh\" }}\n\
         g: {{ keys .Values.labels | join \",\" }}\n",
    );
    let mut jobs: Vec<(String, Arc<dyn Files>, Method)> = vec![("c".to_owned(), drawn, Method::Helm(Helm::default()))];
    for (kind, method) in [("kustomize", Method::Kustomize), ("helm", Method::Helm(Helm::default()))] {
        let (root, names) = cases(kind);
        jobs.extend(names.into_iter().map(|name| (name, folder(&root) as Arc<dyn Files>, method.clone())));
    }
    let mut compared = 0;
    for (name, files, method) in jobs {
        let Ok(without) = RENDERERS.render(files.clone(), &name, &method, Origins::None) else { continue };
        assert!(without.origins.is_empty() && without.values.is_empty(), "{name}");
        for level in [Origins::Positions, Origins::All] {
            let with = RENDERERS.render(files.clone(), &name, &method, level).unwrap();
            assert_eq!(with.text, without.text, "{name} {level:?}");
            assert!(!with.origins.is_empty(), "{name} {level:?}");
        }
        compared += 1;
    }
    assert!(compared >= 51, "{compared}");
}
