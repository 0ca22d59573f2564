//! Faults of networks, servers and machines: each ends within its time, says what happened, and leaves the cache usable.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use sluice_source::{Checkout, FetchCause, SourceError};

use crate::http::{cause, fetch, kept, request};
use crate::repo::{Repo, answer, program, text};
use crate::server::{Reply, Seen, Server};

const SOON: Duration = Duration::from_secs(2);

fn is_pack(seen: &Seen) -> bool {
    seen.method == "POST" && String::from_utf8_lossy(&seen.body).contains("command=fetch")
}

#[test]
fn a_server_that_says_nothing_or_drips_is_given_up() {
    let repo = Repo::filled();
    type Rule = fn(&Seen) -> Reply;
    let rules: [Rule; 4] = [
        |_| Reply::Silence,
        |_| Reply::Drip(0),
        |seen| if is_pack(seen) { Reply::Drip(30) } else { Reply::Git(seen.path.clone()) },
        |seen| if is_pack(seen) { Reply::Silence } else { Reply::Git(seen.path.clone()) },
    ];
    for rule in rules {
        let server = Server::start(repo.path(), rule);
        let mut request = request(&server.url(".git"), "main");
        request.timeout = SOON;
        let error = Checkout::revision(&request).unwrap_err();
        let url = server.url(".git");
        assert_eq!(error.to_string(), format!("`{url}` could not be fetched: it was not complete after 2s"));
        assert_eq!(error.help().as_deref(), Some("try again, or raise the time-out if the repository is large"));
    }
    // A server that accepts, and does not even read.
    let deaf = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    for scheme in ["http", "https"] {
        let mut request = request(&format!("{scheme}://127.0.0.1:{}/x", deaf.local_addr().unwrap().port()), "main");
        request.timeout = SOON;
        assert_eq!(cause(Checkout::revision(&request)), FetchCause::TimedOut(SOON));
    }
}

#[test]
fn no_server_and_no_tls_are_told_apart() {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert!(matches!(cause(fetch(&format!("http://127.0.0.1:{free}/x"), "main")), FetchCause::NoConnection(_)));
    assert_eq!(cause(fetch("https://nowhere.invalid/x", "main")), FetchCause::NoSuchHost);
    let plain = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = plain.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in plain.incoming().flatten() {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
            drop(std::io::copy(&mut stream, &mut std::io::sink()));
        }
    });
    let error = fetch(&format!("https://127.0.0.1:{port}/x"), "main");
    assert!(matches!(&error, Err(SourceError::Fetch { cause: FetchCause::Tls(_), .. })), "{error:?}");
}

#[test]
fn a_connection_that_breaks_leaves_a_cache_that_works() {
    let repo = Repo::filled();
    repo.write("large", &(0..200_000).map(|number| format!("{number}\n")).collect::<String>());
    repo.commit("large");
    let broken = Arc::new(AtomicBool::new(false));
    let server = Server::start(repo.path(), {
        let broken = Arc::clone(&broken);
        move |seen: &Seen| match is_pack(seen) && broken.load(Ordering::Relaxed) {
            true => Reply::Cut(50_000),
            false => Reply::Git(seen.path.clone()),
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let mut request = request(&server.url(".git"), "old");
    request.cache = Some(cache.path().to_owned());
    let reads = Checkout::revision(&request).unwrap();
    broken.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        request.revision = "main".into();
        let error = Checkout::revision(&request).unwrap_err();
        assert!(matches!(error, SourceError::Fetch { .. }), "{error}");
    }
    // What was held is there without the server: an outage is no reason to fetch it anew.
    request.revision = repo.id("old");
    let asked = server.seen().len();
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "one\n");
    assert_eq!(server.seen().len(), asked);
    assert_eq!(text(&reads, "deploy/app.yaml"), "one\n");
    broken.store(false, Ordering::Relaxed);
    request.revision = "main".into();
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "two\n");
    assert_eq!(kept(cache.path()).len(), 1);
    let left = std::fs::read_dir(cache.path()).unwrap().count();
    assert_eq!(left, 2, "the repository and its lock");
}

#[test]
fn fetches_that_fail_again_and_again_take_nothing_away() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let cache = tempfile::tempdir().unwrap();
    let mut request = request(&server.url(".git"), "old");
    request.cache = Some(cache.path().to_owned());
    Checkout::revision(&request).unwrap();
    // A folder is no commit, and one commit is served no more.
    let missing = "1234567890123456789012345678901234567890";
    repo.git(["tag", "folder", &repo.id("main:deploy")]);
    for revision in ["folder", missing].repeat(3) {
        request.revision = revision.into();
        let failed = cause(Checkout::revision(&request));
        let expected = if revision == missing { "NotServed" } else { "Incomplete" };
        assert!(format!("{failed:?}").starts_with(expected), "{failed:?}");
    }
    let asked = server.seen().len();
    request.revision = repo.id("old");
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "one\n");
    assert_eq!(server.seen().len(), asked);
    assert_eq!(kept(cache.path()).len(), 2, "what is held, and where the next goes");
}

#[test]
fn a_fetch_that_was_killed_is_done_anew() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let cache = tempfile::tempdir().unwrap();
    let mut request = request(&server.url(".git"), "main");
    request.cache = Some(cache.path().to_owned());
    Checkout::revision(&request).unwrap();
    let bare = kept(cache.path()).remove(0);
    // What a fetch leaves that ends at the worst time: its mark, locks, and a pack that is not whole.
    std::fs::write(bare.join("sluice-fetching"), b"").unwrap();
    std::fs::write(bare.join("shallow.lock"), b"").unwrap();
    for entry in std::fs::read_dir(bare.join("objects/pack")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pack") {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    let checkout = Checkout::revision(&request).unwrap();
    assert_eq!(text(&checkout, "deploy/app.yaml"), "two\n");
    // And one that lost its configuration and its references. Who reads from it goes on.
    let next = newest(cache.path(), &[&bare]);
    assert!(!next.join("shallow.lock").exists());
    std::fs::remove_dir_all(next.join("refs")).unwrap();
    std::fs::remove_file(next.join("HEAD")).unwrap();
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "two\n");
    assert_eq!(text(&checkout, "deploy/app.yaml"), "two\n");
    // The one before and the last are kept.
    newest(cache.path(), &[&next]);
}

/// The one repository that is kept besides these.
fn newest(cache: &Path, others: &[&Path]) -> std::path::PathBuf {
    let mut kept = kept(cache);
    kept.retain(|path| !others.contains(&path.as_path()));
    assert_eq!(kept.len(), 1, "{kept:?}");
    kept.remove(0)
}

#[test]
fn what_was_damaged_in_the_cache_is_fetched_anew() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let (commit, tree, file) = (repo.id("main"), repo.id("main:deploy"), repo.id("main:deploy/app.yaml"));
    for revision in ["main", &commit] {
        for object in [&commit, &tree, &file] {
            let cache = tempfile::tempdir().unwrap();
            let mut request = request(&server.url(".git"), revision);
            request.cache = Some(cache.path().to_owned());
            let read = || {
                let checkout = Checkout::revision(&request).map_err(|error| (error.to_string(), error.help()))?;
                let read = checkout.read("deploy/app.yaml");
                read.map_err(|error| (error.to_string(), error.help().map(String::from)))
            };
            assert_eq!(read(), Ok(b"two\n".to_vec()));
            let bare = newest(cache.path(), &[]);
            damage(&bare, object);
            let (words, help) = read().unwrap_err();
            if revision == commit || object == &file {
                let expected = format!(" (in `{}`, which the next run fetches anew)", bare.display());
                assert!(words.contains(object.as_str()) && words.ends_with(&expected), "{words}");
                assert!(help.unwrap().starts_with("run it again"));
            }
            assert_eq!(read(), Ok(b"two\n".to_vec()), "{revision} {object}");
            let bare = newest(cache.path(), &[&bare]);
            let fsck = program("git", cache.path()).arg("-C").arg(&bare).args(["fsck", "--full"]).output().unwrap();
            assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));
        }
    }
}

/// Overwrites the content of an object in the pack that holds it.
fn damage(bare: &Path, object: &str) {
    let packs = std::fs::read_dir(bare.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let list = answer(program("git", bare).args(["verify-pack", "-v"]).arg(pack.with_extension("idx")), b"").stdout;
    let list = String::from_utf8(list).unwrap();
    // The id, the kind, the size, the size in the pack, the offset; what follows is said of differences.
    let line: Vec<&str> = list.lines().find(|line| line.starts_with(object)).unwrap().split(' ').collect();
    let numbers: Vec<usize> = line.iter().filter_map(|word| word.parse().ok()).collect();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[numbers[2] + 4..numbers[2] + numbers[1]].fill(0);
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, bytes).unwrap();
}

#[test]
fn fetches_of_one_repository_wait_for_each_other() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let cache = tempfile::tempdir().unwrap();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for revision in ["main", "old", "v1.0", "light"] {
            let (server, cache, start) = (&server, cache.path(), &start);
            scope.spawn(move || {
                let mut request = request(&server.url(".git"), revision);
                request.cache = Some(cache.to_owned());
                start.wait();
                let checkout = Checkout::revision(&request).unwrap();
                let expected = if revision == "main" || revision == "v1.0" { "two\n" } else { "one\n" };
                assert_eq!(text(&checkout, "deploy/app.yaml"), expected);
            });
        }
    });
    assert_eq!(kept(cache.path()).len(), 1);

    let lock = std::fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().path());
    let lock = lock.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "lock")).unwrap();
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let mut request = request(&server.url(".git"), "main");
    request.cache = Some(cache.path().to_owned());
    request.timeout = Duration::from_millis(200);
    assert_eq!(cause(Checkout::revision(&request)), FetchCause::Busy(Duration::from_millis(200)));
}

#[test]
fn a_server_that_sends_too_much_is_stopped() {
    let repo = Repo::filled();
    let mut state = 1_u64;
    let mut noise = String::new();
    while noise.len() < 200_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push_str(&format!("{state:x}\n"));
    }
    repo.write("noise", &noise);
    repo.commit("noise");
    let server = Server::open(repo.path());
    let mut request = request(&server.url(".git"), "main");
    request.limits.transfer = 50_000;
    assert_eq!(cause(Checkout::revision(&request)), FetchCause::TooMuch(50_000));
}

#[test]
fn a_cache_that_cannot_be_used_is_told() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut request = request(&server.url(".git"), "main");
    request.cache = Some(file.path().join("below"));
    let error = Checkout::revision(&request).unwrap_err();
    assert!(matches!(error, SourceError::Cache { .. }), "{error}");
}

#[test]
fn what_is_kept_does_not_grow_without_end() {
    let repo = Repo::filled();
    let dead = Arc::new(AtomicBool::new(false));
    let server = Server::start(repo.path(), {
        let dead = Arc::clone(&dead);
        move |seen: &Seen| match dead.load(Ordering::Relaxed) {
            true => Reply::Plain(503, Vec::new(), String::new()),
            false => Reply::Git(seen.path.clone()),
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let mut request = request(&server.url(".git"), "main");
    request.cache = Some(cache.path().to_owned());
    let mut commits = Vec::new();
    for number in 0..140 {
        repo.write("deploy/number.yaml", &format!("{number}\n"));
        repo.commit("one more");
        commits.push(Checkout::revision(&request).unwrap().commit().unwrap().id.clone());
    }
    let bare = kept(cache.path());
    let held = |path: &std::path::PathBuf| std::fs::read_dir(path.join("refs/sluice")).unwrap().count();
    assert_eq!(bare.iter().map(held).sum::<usize>(), 64 + 140 % 64);
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 3, "the lock, the last repository and the one before");

    dead.store(true, Ordering::Relaxed);
    for (number, commit) in commits.iter().enumerate() {
        request.revision = commit.clone();
        match Checkout::revision(&request) {
            Ok(checkout) => assert_eq!(text(&checkout, "deploy/number.yaml"), format!("{number}\n")),
            Err(error) => assert!(number < 64, "{number}: {error}"),
        }
    }
}
