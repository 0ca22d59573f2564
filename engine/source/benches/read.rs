//! What reading a revision costs: 2,000 manifests out of Git's packed objects, beside the same files from disk.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use divan::{Bencher, counter::ItemsCount};
use sluice_source::{Checkout, RepoLocation, Request};

const FILES: usize = 2_000;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(repository);

fn main() {
    LazyLock::force(&FOLDER);
    divan::main();
}

/// A repository of manifests of about 2 KB each, all packed, as a clone has them.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for index in 0..FILES {
        let below = folder.path().join(format!("teams/team-{}/app-{}", index % 20, index / 20));
        std::fs::create_dir_all(&below).expect("a folder");
        std::fs::write(below.join("deployment.yaml"), manifest(index)).expect("a file");
    }
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all"]);
    git(folder.path(), &["repack", "-adfq"]);
    folder
}

fn manifest(index: usize) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{index}\n  namespace: team-{}\n  labels:\n    app: \
         app-{index}\nspec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app: app-{index}\n  template:\n    \
         metadata:\n      labels:\n        app: app-{index}\n    spec:\n      containers:\n",
        index % 20,
        index % 7
    );
    for container in 0..3 {
        let sum = (index * 2_654_435_761 + container * 40_503) % 0xffff_ffff;
        write!(
            text,
            "        - name: part-{container}\n          image: registry.example/app-{index}/part-{container}@sha256:{sum:064x}\n          \
             ports:\n            - containerPort: {}\n          resources:\n            requests:\n              cpu: \
             {}m\n              memory: {}Mi\n            limits:\n              memory: {}Mi\n          env:\n            \
             - name: TOKEN\n              value: {sum:x}\n            - name: LEVEL\n              value: info\n          \
             livenessProbe:\n            httpGet:\n              path: /healthz/{index}\n              port: http\n",
            8000 + index % 900,
            10 + index % 90,
            32 + index % 96,
            64 + index % 192
        )
        .expect("text");
    }
    text
}

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(command.stdout(Stdio::null()).status().expect("git runs").success());
}

fn revision() -> Checkout {
    Checkout::revision(&Request::new(RepoLocation::local(FOLDER.path()), "main")).unwrap()
}

fn read_all(checkout: &Checkout) -> usize {
    let files = checkout.files("teams").unwrap();
    assert_eq!(files.len(), FILES);
    files.iter().map(|file| checkout.read(file).unwrap().len()).sum()
}

/// Opens the repository, finds the commit, lists and reads its files.
#[divan::bench]
fn git_objects(bencher: Bencher) {
    bencher.counter(ItemsCount::new(FILES)).bench_local(|| black_box(read_all(&revision())));
}

/// The same in two threads.
#[divan::bench]
fn git_objects_two_threads(bencher: Bencher) {
    bencher.counter(ItemsCount::new(FILES)).bench_local(|| {
        let checkout = revision();
        let files = checkout.files("teams").unwrap();
        let half = |part: &[String]| part.iter().map(|file| checkout.read(file).unwrap().len()).sum::<usize>();
        let (one, two) = files.split_at(FILES / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| half(two));
            black_box(half(one) + other.join().unwrap())
        })
    });
}

/// The same files as a checkout of the folder.
#[divan::bench]
fn folder(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(FILES))
        .bench_local(|| black_box(read_all(&Checkout::folder(FOLDER.path()).unwrap())));
}

/// What is compared with: the same files read from disk by a plain walk, without any check.
#[divan::bench]
fn disk(bencher: Bencher) {
    bencher.counter(ItemsCount::new(FILES)).bench_local(|| black_box(walk(&FOLDER.path().join("teams"))));
}

fn walk(folder: &Path) -> usize {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let is_folder = entry.file_type().unwrap().is_dir();
        sum += if is_folder { walk(&entry.path()) } else { std::fs::read(entry.path()).unwrap().len() };
    }
    sum
}
