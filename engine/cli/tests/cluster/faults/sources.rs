//! Faults 14 to 18: sources that are empty, broken, hostile, out of reach or rewritten. Whatever they are, what is in the
//! cluster stays until a good revision comes.

use std::io::{Read, Write};
use std::net::TcpListener;

use anyhow::{Result, ensure};

use super::{Foreign, is_settled, settles, there};
use crate::git::git;
use crate::plane::{Plane, Shop, shared};

/// An application whose source is a repository beside it, on the branch `main`.
struct Repository<'p> {
    shop: Shop<'p>,
}

impl<'p> Repository<'p> {
    fn new(plane: &'p Plane, name: &str) -> Result<Self> {
        let shop = Shop::new(plane, name, "")?;
        std::fs::create_dir_all(shop.path().join("repo/deploy"))?;
        let this = Self { shop };
        this.git(&["init", "-q", "-b", "main"])?;
        this.from("repo", "main")?;
        Ok(this)
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        git(&self.shop.path().join("repo"), arguments)
    }

    /// Says where the application comes from.
    fn from(&self, repo: &str, revision: &str) -> Result<()> {
        let repo =
            if repo.contains("://") { repo.to_owned() } else { self.shop.path().join(repo).display().to_string() };
        let text = format!(
            "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  \
             source: {{repo: \"{repo}\", revision: {revision}, path: deploy}}\n  policy: sluice.yaml\n  \
             destination: {{namespace: {name}}}\n  prune: true\n",
            name = self.shop.name
        );
        self.shop.file("app.yaml", &text)
    }

    fn config(&self, name: &str, value: &str) -> Result<()> {
        let text =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: \"{value}\"}}\n");
        self.shop.file(&format!("repo/deploy/{name}.yaml"), &text)
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "--allow-empty", "-m", message]).map(drop)
    }

    fn value(&self, name: &str) -> Result<String> {
        let live = self.shop.live(name)?;
        Ok(live.and_then(|live| live["data"]["value"].as_str().map(String::from)).unwrap_or_default())
    }
}

/// A run fails, and the cluster is as it was.
fn stays(shop: &Shop<'_>, codes: &[i32], words: &str) -> Result<()> {
    let before = (there(shop)?, shop.inventory()?, shop.live("one")?);
    let (code, said) = shop.sluice(&["apply"])?;
    ensure!(codes.contains(&code) && said.contains(words), "{code}, not {codes:?} with `{words}`:\n{said}");
    ensure!((there(shop)?, shop.inventory()?, shop.live("one")?) == before, "the cluster is not as it was:\n{said}");
    Ok(())
}

#[test]
fn fault_14_renders_that_come_to_nothing() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "nothing", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let good = |shop: &Shop<'_>| {
        shop.config("one", "1")?;
        shop.config("two", "1")
    };
    good(&shop)?;
    settles(&shop, &["one", "two"])?;
    let deploy = shop.path().join("deploy");

    std::fs::rename(&deploy, shop.path().join("elsewhere"))?;
    stays(&shop, &[2, 3], "deploy")?;
    std::fs::create_dir(&deploy)?;
    stays(&shop, &[2, 3], "deploy")?;
    shop.file("deploy/comment.yaml", "# nothing yet\n")?;
    stays(&shop, &[1, 2, 3], "")?;
    shop.file("deploy/list.yaml", "apiVersion: v1\nkind: List\nitems: []\n")?;
    stays(&shop, &[1, 2, 3], "")?;
    std::fs::remove_dir_all(&deploy)?;
    std::fs::rename(shop.path().join("elsewhere"), &deploy)?;

    // A program that prints nothing and says that all is well, or words instead of objects, one that fails, and one that stops
    // in the middle.
    let policy = std::fs::read_to_string(shop.path().join("sluice.yaml"))?;
    for (command, words) in [
        ("[\"true\"]", "deploy"),
        ("[echo, \"null\"]", "renders to nothing"),
        ("[echo, oops]", "is no manifest"),
        ("[\"false\"]", "deploy"),
        ("[sh, -c, 'cat one.yaml; printf \"---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata: {na\"']", "deploy"),
    ] {
        shop.file(
            "sluice.yaml",
            &policy.replace("plugins:", &format!("render:\n- {{path: deploy, command: {command}}}\nplugins:")),
        )?;
        stays(&shop, &[1, 2, 3], words)?;
    }
    shop.file("sluice.yaml", &policy)?;

    // A file that was cut off, at every byte of what is in braces. (Cut off between two lines it would be another file.)
    let whole = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\ndata: {value: \"2\"}\n";
    for cut in (whole.len() - 12)..(whole.len() - 1) {
        shop.file("deploy/two.yaml", &whole[..cut])?;
        let (code, said) = shop.sluice(&["apply", "--dry-run"])?;
        ensure!(code != 0, "{:?} was let through:\n{said}", &whole[..cut]);
    }
    stays(&shop, &[1, 3], "two.yaml")?;
    good(&shop)?;
    is_settled(&shop, &["one", "two"])?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_15_nine_tenths_deleted_in_one_commit() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let repository = Repository::new(plane, "tenths")?;
    let shop = &repository.shop;
    let foreign = Foreign::new(shop)?;
    let names: Vec<String> = (0..20).map(|number| format!("object-{number:02}")).collect();
    names.iter().try_for_each(|name| repository.config(name, "1"))?;
    repository.config("one", "1")?;
    repository.commit("all of them")?;
    shop.ends(&["apply"], 0)?;

    for name in &names[2..] {
        std::fs::remove_file(shop.path().join(format!("repo/deploy/{name}.yaml")))?;
    }
    repository.config("one", "2")?;
    repository.commit("nine tenths are gone")?;
    stays(shop, &[1], "18 of 21 objects would be deleted")?;
    let said = shop.ends(&["apply", "--acknowledge", "prune"], 2)?;
    ensure!(said.contains("acknowledged in Git"), "{said}");
    // A word for something else, and a word in an older commit, are no words for this.
    repository.commit("it is meant\n\nSluice-Acknowledge: prune-namespace")?;
    stays(shop, &[1], "18 of 21 objects would be deleted")?;
    repository.commit("it is meant\n\nSluice-Acknowledge: prune")?;
    shop.ends(&["apply"], 0)?;
    ensure!(there(shop)?.len() == 3 && repository.value("one")? == "2");
    is_settled(shop, &["object-00", "object-01", "one"])?;
    foreign.is_untouched(shop)
}

#[test]
fn fault_16_the_repository_is_out_of_reach() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let repository = Repository::new(plane, "unreached")?;
    let shop = &repository.shop;
    let foreign = Foreign::new(shop)?;
    repository.config("one", "1")?;
    repository.config("two", "1")?;
    repository.commit("first")?;
    settles(shop, &["one", "two"])?;

    // Nobody listens; somebody with a certificate that is not trusted; somebody who hangs up; the folder is gone.
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let rude = TcpListener::bind("127.0.0.1:0")?;
    let rude_port = rude.local_addr()?.port();
    std::thread::spawn(move || {
        for mut stream in rude.incoming().flatten() {
            let mut request = [0; 512];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e# serv",
            );
        }
    });
    for repo in [
        format!("https://127.0.0.1:{closed}/shop.git"),
        format!("{}/shop.git", plane.server()?),
        format!("http://127.0.0.1:{rude_port}/shop.git"),
        String::from("no-such-folder"),
    ] {
        repository.from(&repo, "main")?;
        stays(shop, &[2, 3], "")?;
        shop.ends(&["status"], 0)?;
    }

    // Objects of the repository are damaged.
    repository.from("repo", "main")?;
    repository.config("one", "2")?;
    repository.commit("second")?;
    let blob = repository.git(&["rev-parse", "HEAD:deploy/one.yaml"])?;
    let file = shop.path().join("repo/.git/objects").join(&blob[..2]).join(&blob[2..]);
    let whole = std::fs::read(&file)?;
    std::fs::remove_file(&file)?;
    stays(shop, &[2, 3], "")?;
    std::fs::write(&file, &whole[..whole.len() / 2])?;
    stays(shop, &[2, 3], "")?;
    std::fs::write(&file, &whole)?;
    settles(shop, &["one", "two"])?;
    ensure!(repository.value("one")? == "2");
    foreign.is_untouched(shop)
}

#[test]
fn fault_17_history_is_rewritten() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let repository = Repository::new(plane, "rewritten")?;
    let shop = &repository.shop;
    let foreign = Foreign::new(shop)?;
    repository.config("one", "1")?;
    repository.config("two", "1")?;
    repository.commit("first")?;
    repository.git(&["tag", "v1"])?;
    settles(shop, &["one", "two"])?;

    // A branch that starts anew, with nothing of its history.
    repository.git(&["checkout", "-q", "--orphan", "other"])?;
    repository.config("one", "2")?;
    std::fs::remove_file(shop.path().join("repo/deploy/two.yaml"))?;
    repository.config("three", "2")?;
    repository.commit("another beginning")?;
    repository.git(&["branch", "-f", "main", "other"])?;
    settles(shop, &["one", "three"])?;
    ensure!(repository.value("one")? == "2");
    let said = shop.ends(&["status"], 0)?;
    ensure!(said.contains(&repository.git(&["rev-parse", "other"])?), "{said}");

    // The branch is gone.
    repository.git(&["branch", "-D", "main"])?;
    stays(shop, &[2, 3], "main")?;
    repository.git(&["branch", "main", "other"])?;

    // A tag that moves is followed.
    repository.from("repo", "v1")?;
    settles(shop, &["one", "two"])?;
    repository.git(&["tag", "-f", "v1", "other"])?;
    settles(shop, &["one", "three"])?;

    // Links that lead out, and a submodule in place of the folder.
    repository.from("repo", "main")?;
    let outside = shop.path().join("outside.yaml").display().to_string();
    shop.file("outside.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outside}\n")?;
    for target in ["/etc/hostname", "../../app.yaml", "../../outside.yaml", &outside] {
        std::os::unix::fs::symlink(target, shop.path().join("repo/deploy/link.yaml"))?;
        repository.commit("a link that leads out")?;
        repository.git(&["branch", "-f", "main", "other"])?;
        stays(shop, &[1, 2, 3], "the link `deploy/link.yaml` leaves the checkout")?;
        std::fs::remove_file(shop.path().join("repo/deploy/link.yaml"))?;
    }
    let head = repository.git(&["rev-parse", "HEAD"])?;
    repository.git(&["rm", "-rqf", "--ignore-unmatch", "deploy"])?;
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},deploy")])?;
    repository.git(&["commit", "-qm", "a submodule"])?;
    repository.git(&["branch", "-f", "main", "other"])?;
    stays(shop, &[1, 2, 3], "deploy")?;
    repository.git(&["branch", "-f", "main", "v1"])?;
    settles(shop, &["one", "three"])?;
    foreign.is_untouched(shop)
}

#[test]
fn fault_18_yaml_that_is_a_trap() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "traps", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    shop.config("one", "1")?;
    settles(&shop, &["one"])?;
    let mut bomb = String::from(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n",
    );
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("  a{level}: &a{level} [{}]\n", before.trim_end_matches(", ")));
    }
    let deep = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: deep}}\ndata: {}{}\n",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {value: \"2\"}\ndata: {value: \"3\"}\n";
    let both = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: traps}\ndata: {value: \"2\"}\n";
    for (what, text) in [("bomb", bomb.as_str()), ("deep", &deep), ("twice", twice), ("both", both)] {
        shop.file("deploy/trap.yaml", text)?;
        stays(&shop, &[1, 3], "trap.yaml").or_else(|error| {
            // An object that is there twice is told by its name.
            if what == "both" { stays(&shop, &[1], "more than once") } else { Err(error) }
        })?;
    }
    std::fs::remove_file(shop.path().join("deploy/trap.yaml"))?;
    is_settled(&shop, &["one"])?;
    foreign.is_untouched(&shop)
}
