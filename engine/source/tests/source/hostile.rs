//! Trees that nobody means well with: each is refused, and the path is named.

use sluice_source::{Checkout, Entry, FetchCause, Kind, Limits};

use crate::http::{cause, fetch};
use crate::repo::{Repo, said, text};
use crate::server::Server;

#[test]
fn links_that_leave_or_never_end_are_refused() {
    let repo = Repo::new();
    let link = |text: &str| repo.blob(text.as_bytes());
    let file = link("content\n");
    let inner = repo.tree(&[("100644", b"file", &file), ("120000", b"up", &link("../../../etc"))]);
    let cases: &[(&str, &str, &str)] = &[
        ("absolute", "/etc/passwd", "the link `absolute` leaves the checkout: it leads to `/etc/passwd`"),
        ("above", "../x", "the link `above` leaves the checkout: it leads to `../x`"),
        ("through", "folder/up/x", "the link `folder/up` leaves the checkout: it leads to `../../../etc`"),
        ("self", "self", "the link `self` leads back to itself"),
        ("backslash", "..\\x", "the link `backslash` leaves the checkout: it leads to `..\\x`"),
        ("empty", "", "the link `empty` leaves the checkout: it leads to ``"),
        ("nul", "a\0b", "the link `nul` leaves the checkout: it leads to `a\\u{0}b`"),
    ];
    for (name, target, words) in cases {
        let checkout = repo.made_of(&[
            ("40000", b"folder", &repo.tree(&[("120000", b"up", &link("../../../etc"))])),
            ("120000", name.as_bytes(), &link(target)),
        ]);
        assert!(said(checkout.read(name)).starts_with(words), "{}", said(checkout.read(name)));
        assert!(said(checkout.stat(name)).starts_with(words));
        let kind = Kind::Link { target: (*target).into() };
        assert!(checkout.list("").unwrap().contains(&Entry { name: (*name).into(), kind }), "{name}");
    }
    let checkout = repo.made_of(&[("40000", b"folder", &inner)]);
    assert!(said(checkout.files("")).starts_with("the link `folder/up` leaves the checkout"));
    assert!(said(checkout.files("folder")).starts_with("the link `folder/up` leaves the checkout"));
    let pair = repo.made_of(&[("120000", b"a", &link("b")), ("120000", b"b", &link("a"))]);
    assert_eq!(said(pair.files("")), "the link `a` leads back to itself (correct or remove the link)");
    let long = repo.made_of(&[("120000", b"long", &link(&"x/".repeat(4000)))]);
    assert!(said(long.read("long")).starts_with("the link `long` does not hold a path"));
    let bytes = repo.made_of(&[("120000", b"bytes", &repo.blob(b"\xff"))]);
    assert!(said(bytes.list("")).starts_with("the link `bytes` does not hold a path"));
}

#[test]
fn links_inside_count_as_what_they_lead_to() {
    let repo = Repo::new();
    let link = |text: &str| repo.blob(text.as_bytes());
    let file = link("content\n");
    let folder = repo.tree(&[("100644", b"file", &file), ("120000", b"up", &link(".."))]);
    let checkout = repo.made_of(&[
        ("120000", b"broken", &link("none")),
        ("40000", b"folder", &folder),
        ("120000", b"to-file", &link("folder/up/to-folder/file")),
        ("120000", b"to-folder", &link("./folder/")),
    ]);
    assert_eq!(text(&checkout, "to-file"), "content\n");
    assert_eq!(text(&checkout, "to-folder/up/folder/file"), "content\n");
    let files = ["broken", "folder/file", "to-file", "to-folder/file"];
    assert_eq!(checkout.files("").unwrap(), files);
    assert!(said(checkout.read("broken")).starts_with("the link `broken` leads to `none`"));
    assert_eq!(checkout.read_link("to-folder").unwrap().as_deref(), Some("./folder/"));
}

#[test]
fn names_that_mean_something_else_elsewhere_are_refused() {
    let repo = Repo::new();
    let file = repo.blob(b"x");
    let cases: &[(&[u8], &str)] = &[
        (b"..", "the name `..` in the folder `a` would lead to another folder"),
        (b".", "the name `.` in the folder `a` would lead to another folder"),
        (b".git", "the name `.git` in the folder `a` stands for Git's own folder"),
        (b".GIT", "the name `.GIT` in the folder `a` stands for Git's own folder"),
        (b"git~1", "the name `git~1` in the folder `a` stands for Git's own folder"),
        (b"a/b", "the name `a/b` in the folder `a` would lead to another folder"),
        (b"a\\b", "the name `a\\b` in the folder `a` would lead to another folder"),
        (b"a\xffb", "the name `a\\xffb` in the folder `a` is not UTF-8"),
        (b"", "the name `` in the folder `a` is empty or too long"),
    ];
    for (name, words) in cases {
        let checkout =
            repo.made_of(&[("40000", b"a", &repo.tree(&[("100644", name, &file), ("100644", b"z", &file)]))]);
        for said in [said(checkout.files("")), said(checkout.list("a")), said(checkout.read("a/z"))] {
            assert!(said.starts_with(words), "{said}");
        }
    }
    let twice = repo.made_of(&[("100644", b"a", &file), ("100644", b"a", &repo.blob(b"y"))]);
    assert!(said(twice.read("a")).starts_with("the name `a` in the folder `.` occurs twice"));
    let twice = repo.made_of(&[("100644", b"a", &file), ("40000", b"a", &repo.tree(&[]))]);
    assert!(said(twice.read("a")).starts_with("the name `a` in the folder `.` occurs twice"));
    let mode = repo.made_of(&[("100000", b"odd", &file)]);
    assert!(
        said(mode.files("")).starts_with("`odd` is neither a file, a folder nor a link"),
        "{}",
        said(mode.files(""))
    );
    let link = repo.made_of(&[("120000", b".gitmodules", &file)]);
    assert!(said(link.list("")).contains("stands for Git's own folder"));
}

#[test]
fn submodules_are_shown_and_not_entered() {
    let repo = Repo::new();
    let commit = "1234567890123456789012345678901234567890";
    let checkout = repo.made_of(&[
        ("160000", b"module", commit),
        ("120000", b"to-module", &repo.blob(b"module")),
        ("100644", b"file", &repo.blob(b"x")),
    ]);
    let entries = checkout.list("").unwrap();
    assert_eq!(entries[1], Entry { name: "module".into(), kind: Kind::Submodule { commit: commit.into() } });
    assert_eq!(text(&checkout, "file"), "x");
    let words = "`module` is a submodule, which is not part of the checkout (submodules are never fetched: name a path that \
                 does not hold it, or check the submodule's own repository)";
    assert_eq!(said(checkout.read("module/x")), words);
    assert_eq!(said(checkout.read("module")), words);
    assert_eq!(said(checkout.stat("to-module")), words);
    assert_eq!(said(checkout.list("to-module")), words);
    assert_eq!(said(checkout.files("")), words);
    let alone = repo.made_of(&[("160000", b"module", commit)]);
    assert_eq!(said(alone.files("")), words);
}

#[test]
fn limits_name_what_passes_them() {
    let repo = Repo::new();
    repo.write("big", &"x".repeat(5000));
    repo.write("small", "12345");
    repo.write("other", "12345");
    repo.commit("sizes");
    repo.git(["repack", "-adfq"]);
    let within = |limits| {
        let mut request = repo.request("main");
        request.limits = limits;
        Checkout::revision(&request).unwrap()
    };
    let checkout = within(Limits { file: 4999, ..Limits::default() });
    assert!(said(checkout.read("big")).starts_with("`big` has 5000 bytes, more than the limit of 4999"));
    assert_eq!(text(&checkout, "small"), "12345");
    let checkout = within(Limits { total: 8, ..Limits::default() });
    assert_eq!(text(&checkout, "small"), "12345");
    assert_eq!(text(&checkout, "small"), "12345");
    assert!(said(checkout.read("other")).starts_with("with `other`, more than 8 bytes"));
    let checkout = within(Limits { files: 2, ..Limits::default() });
    assert!(said(checkout.files("")).starts_with("there are more than 2 files and folders below `.`"));
}

#[test]
fn a_small_object_that_unpacks_to_a_huge_one_is_not_unpacked() {
    let repo = Repo::new();
    let huge = repo.path().join("huge");
    std::fs::File::create(&huge).unwrap().set_len(300 << 20).unwrap();
    repo.commit("zeros");
    std::fs::remove_file(&huge).unwrap();
    let packed = repo.checkout("main").unwrap();
    assert!(said(packed.read("huge")).starts_with("`huge` has 314572800 bytes, more than the limit of 16777216"));
    repo.git(["-c", "core.bigFileThreshold=1g", "repack", "-adfq"]);
    let packed = repo.checkout("main").unwrap();
    assert!(said(packed.read("huge")).starts_with("`huge` has 314572800 bytes, more than the limit of 16777216"));
    let server = Server::open(repo.path());
    assert_eq!(cause(fetch(&server.url(".git"), "main")), FetchCause::TooLarge(128 << 20));
}

#[test]
fn folders_that_multiply_are_cut_off() {
    let repo = Repo::new();
    let mut below = repo.tree(&[("100644", b"file", &repo.blob(b"x"))]);
    for _ in 0..40 {
        below = repo.tree(&[("40000", b"a", &below), ("40000", b"b", &below)]);
    }
    let checkout = repo.checkout(&repo.commit_of(&below)).unwrap();
    assert!(said(checkout.files("")).starts_with("there are more than 100000 files and folders below `.`"));
    let mut deep = repo.tree(&[("100644", b"file", &repo.blob(b"x"))]);
    for _ in 0..300 {
        deep = repo.tree(&[("40000", b"d", &deep)]);
    }
    let checkout = repo.checkout(&repo.commit_of(&deep)).unwrap();
    assert!(said(checkout.files("")).ends_with("are nested too deeply (name a folder further down)"));
}

#[test]
fn paths_that_no_memory_holds_are_refused() {
    let repo = Repo::new();
    let file = repo.blob(b"x");
    let name = "n".repeat(250);
    let nested = |depth: usize, folder: &str| {
        let up = |below: String, _| repo.tree(&[("40000", name.as_bytes(), &below)]);
        repo.checkout(&repo.commit_of(&(0..depth).fold(folder.to_owned(), up))).unwrap()
    };
    let one = repo.tree(&[("100644", b"file", &file)]);
    assert_eq!(nested(16, &one).files("").unwrap().len(), 1);
    assert!(said(nested(20, &one).files("")).contains("are nested too deeply"));
    // Each of them could be read.
    let names: Vec<String> = (0..30_000).map(|number| format!("{number:06}.yaml")).collect();
    let many: Vec<(&str, &[u8], &str)> = names.iter().map(|name| ("100644", name.as_bytes(), file.as_str())).collect();
    let words = "the paths below `.` have more than 67108864 bytes together";
    assert!(said(nested(10, &repo.tree(&many)).files("")).starts_with(words));
    assert_eq!(nested(2, &repo.tree(&many)).files("").unwrap().len(), 30_000);
}
