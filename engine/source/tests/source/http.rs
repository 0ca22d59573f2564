//! Over HTTP, with `git http-backend` on the other side.

use std::path::Path;
use std::time::Duration;

use sluice_source::{Account, Checkout, Credentials, FetchCause, RepoLocation, Request, SourceError};

use crate::repo::{Repo, program, text};
use crate::server::{Reply, Seen, Server};

pub(crate) fn request(url: &str, revision: &str) -> Request {
    let mut request = Request::new(RepoLocation::parse(url).unwrap(), revision);
    request.timeout = Duration::from_secs(30);
    request
}

pub(crate) fn fetch(url: &str, revision: &str) -> Result<Checkout, SourceError> {
    Checkout::revision(&request(url, revision))
}

pub(crate) fn cause(result: Result<Checkout, SourceError>) -> FetchCause {
    match result {
        Err(SourceError::Fetch { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

/// The repositories of a cache.
pub(crate) fn kept(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "git")).collect()
}

#[test]
fn every_name_of_a_server_leads_to_its_tree() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let (first, second) = (repo.id("old"), repo.id("main"));
    for (revision, id) in [
        ("HEAD", &second),
        ("main", &second),
        ("old", &first),
        ("refs/heads/old", &first),
        ("light", &first),
        ("v1.0", &second),
        ("outer", &second),
        ("refs/tags/v1.0", &second),
        (first.as_str(), &first),
        (&second[..10], &second),
    ] {
        let checkout = fetch(&server.url(".git"), revision).unwrap_or_else(|error| panic!("{revision}: {error}"));
        assert_eq!(&checkout.commit().unwrap().id, id, "{revision}");
        assert_eq!(text(&checkout, "deploy/app.yaml"), if id == &first { "one\n" } else { "two\n" });
        assert_eq!(checkout.files("").unwrap(), ["README.md", "deploy/app.yaml"]);
    }
}

#[test]
fn one_repository_of_the_cache_serves_all_revisions_and_holds_no_history() {
    let repo = Repo::filled();
    repo.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let server = Server::open(repo.path());
    let cache = tempfile::tempdir().unwrap();
    let with_cache = |revision: &str| {
        let mut request = request(&server.url(".git"), revision);
        request.cache = Some(cache.path().to_owned());
        Checkout::revision(&request).unwrap()
    };
    let main = with_cache("main");
    let bare = kept(cache.path());
    let count = |at: &Path| {
        let output = program("git", at).arg("-C").arg(at).args(["rev-list", "--all", "--count"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!((bare.len(), count(&bare[0]).as_str()), (1, "1"), "a commit without its history");

    let old = with_cache("old");
    assert_eq!((text(&main, "deploy/app.yaml"), text(&old, "deploy/app.yaml")), ("two\n".into(), "one\n".into()));
    assert_eq!(kept(cache.path()), bare);

    repo.write("deploy/app.yaml", "three\n");
    let third = repo.commit("third");
    let moved = with_cache("main");
    assert_eq!(
        (moved.commit().unwrap().id.as_str(), text(&moved, "deploy/app.yaml")),
        (third.as_str(), "three\n".into())
    );
    assert_eq!(text(&main, "deploy/app.yaml"), "two\n", "a checkout stays what it is");
    let body = server.seen().into_iter().rev().find(|seen| seen.path.ends_with("git-upload-pack")).unwrap().body;
    assert!(String::from_utf8_lossy(&body).contains("have "), "what is here is not sent again");
    let fsck = program("git", cache.path()).arg("-C").arg(&bare[0]).args(["fsck", "--full"]).output().unwrap();
    assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));

    let before = server.seen().len();
    assert_eq!(text(&with_cache(&third), "deploy/app.yaml"), "three\n");
    assert_eq!(server.seen().len(), before, "a commit that is here is not asked for");
}

#[test]
fn without_a_cache_nothing_stays() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let checkout = fetch(&server.url(".git"), "main").unwrap();
    let clone = checkout.clone();
    drop(checkout);
    assert_eq!(text(&clone, "deploy/app.yaml"), "two\n");
}

fn guarded(repo: &Repo) -> Server {
    Server::start(repo.path(), |seen: &Seen| match seen.headers.get("authorization").map(String::as_str) {
        Some("Basic bWU6aHVudGVyMg==") => Reply::Git(seen.path.clone()),
        _ => Reply::Plain(401, vec![("WWW-Authenticate".into(), "Basic realm=\"x\"".into())], "hunter2?".into()),
    })
}

#[test]
fn credentials_are_sent_when_asked_for_and_never_shown() {
    let repo = Repo::filled();
    let server = guarded(&repo);
    let url = server.url(".git");
    assert_eq!(cause(fetch(&url, "main")), FetchCause::CredentialsWanted);
    let with = |account: Account, host: Option<&str>| {
        let mut request = request(&url, "main");
        request.auth = Credentials { account: Some(account), host: host.map(String::from), ..Credentials::default() };
        assert!(!format!("{request:?}").contains("hunter2"));
        Checkout::revision(&request)
    };
    let right = || Account::new("me".into(), "hunter2".into());
    assert_eq!(text(&with(right(), None).unwrap(), "deploy/app.yaml"), "two\n");
    assert_eq!(text(&with(right(), Some("127.0.0.1")).unwrap(), "deploy/app.yaml"), "two\n");
    assert_eq!(cause(with(right(), Some("git.example"))), FetchCause::CredentialsWanted);
    let wrong = with(Account::new("me".into(), "hunter3".into()), None);
    assert_eq!(cause(wrong), FetchCause::CredentialsRefused);

    let inside = url.replace("http://", "http://me:hunter2@");
    assert_eq!(text(&fetch(&inside, "main").unwrap(), "deploy/app.yaml"), "two\n");
    let error = fetch(&inside.replace("hunter2", "hunter3"), "main").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{url}` could not be fetched: the server does not accept the credentials (status 401)")
    );

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("http://me:hunter2@127.0.0.1:{}\n", server.port)).unwrap();
    let mut request = request(&url, "main");
    request.auth = Credentials { file: Some(file.path().to_owned()), ..Credentials::default() };
    let cache = tempfile::tempdir().unwrap();
    request.cache = Some(cache.path().to_owned());
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "two\n");
    let found = std::process::Command::new("grep").args(["-r", "hunter2"]).arg(cache.path()).output().unwrap();
    assert!(found.stdout.is_empty(), "the cache holds no credentials");

    let open = Server::open(repo.path());
    request.repo = RepoLocation::parse(&open.url(".git").replace("http://", "http://me:hunter2@")).unwrap();
    Checkout::revision(&request).unwrap();
    assert!(open.seen().iter().all(|seen| !seen.headers.contains_key("authorization")), "nobody asked");
}

#[test]
fn what_a_server_answers_is_told_with_what_to_do() {
    let repo = Repo::filled();
    for (status, words) in [
        (403, "the server forbids it (status 403)"),
        (404, "the server has no such repository, or hides it (status 404)"),
        (500, "the server answers with status 500"),
        (429, "the server answers with status 429"),
    ] {
        let server = Server::start(repo.path(), move |_| Reply::Plain(status, Vec::new(), "secret words".into()));
        let error = fetch(&server.url(".git"), "main").unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` could not be fetched: {words}", server.url(".git")));
        assert!(error.help().is_some());
    }
    let open = Server::open(repo.path());
    assert_eq!(cause(fetch(&open.url("none.git"), "main")), FetchCause::NotFound, "git's own 404");
    let html = || vec![("Content-Type".into(), "text/html".into())];
    let page = Server::start(repo.path(), move |_| Reply::Plain(200, html(), "<html>".into()));
    assert!(matches!(cause(fetch(&page.url(".git"), "main")), FetchCause::Protocol(_)));
}

#[test]
fn a_revision_that_the_server_does_not_have_is_told_with_near_names() {
    let repo = Repo::filled();
    let server = Server::open(repo.path());
    let error = fetch(&server.url(".git"), "mian").unwrap_err();
    assert_eq!(error.to_string(), format!("the revision `mian` does not exist in `{}`", server.url(".git")));
    assert_eq!(error.help().as_deref(), Some("did you mean `main`?"));
    let error = fetch(&server.url(".git"), "HEAD~1").unwrap_err();
    assert!(matches!(error, SourceError::NotAName { .. }), "{error}");
    let missing = "1234567890123456789012345678901234567890";
    assert_eq!(cause(fetch(&server.url(".git"), missing)), FetchCause::NotServed(missing.into()));
    repo.git(["tag", "old", "main"]);
    let error = fetch(&server.url(".git"), "old").unwrap_err();
    assert!(matches!(error, SourceError::AmbiguousRevision { .. }), "{error}");
    let tree = repo.id("main:deploy");
    repo.git(["tag", "folder", &tree]);
    assert!(matches!(cause(fetch(&server.url(".git"), "folder")), FetchCause::Incomplete(_) | FetchCause::Protocol(_)));
    let empty = Repo::new();
    let server = Server::open(empty.path());
    assert!(fetch(&server.url(".git"), "HEAD").is_err());
}

#[test]
fn redirects_are_followed_without_taking_credentials_elsewhere() {
    let repo = Repo::filled();
    let to = |target: String| {
        move |seen: &Seen| {
            let tail = format!("/info/refs?{}", seen.query);
            match seen.path.strip_prefix("/moved") {
                Some(_) => Reply::Plain(301, vec![("Location".into(), format!("{target}{tail}"))], String::new()),
                None => Reply::Git(seen.path.clone()),
            }
        }
    };
    let server = Server::start(repo.path(), to("/.git".into()));
    assert_eq!(text(&fetch(&server.url("moved/x"), "main").unwrap(), "deploy/app.yaml"), "two\n");

    let other = guarded(&repo);
    let server = Server::start(repo.path(), to(other.url(".git")));
    let away = fetch(&server.url("moved/x").replace("http://", "http://me:hunter2@"), "main");
    assert_eq!(cause(away), FetchCause::CredentialsWanted);
    assert!(other.seen().iter().all(|seen| !seen.headers.contains_key("authorization")));

    for target in ["file:///etc/passwd", "ftp://x/y", "http://127.0.0.1:1/elsewhere?x=", "http://a:b@127.0.0.1/x"] {
        let server = Server::start(repo.path(), to(target.into()));
        assert!(matches!(
            cause(fetch(&server.url("moved/x"), "main")),
            FetchCause::Redirect(_) | FetchCause::NoConnection(_)
        ));
    }
    let server = Server::start(repo.path(), |seen: &Seen| {
        let again = format!("{}?{}", seen.path, seen.query);
        Reply::Plain(302, vec![("Location".into(), again)], String::new())
    });
    assert!(matches!(cause(fetch(&server.url("x"), "main")), FetchCause::Redirect(_)));
}
