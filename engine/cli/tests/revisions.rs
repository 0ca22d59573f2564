//! Revisions of a real repository, judged straight from Git's objects.

#[path = "shared/git.rs"]
mod git;
#[path = "shared/sluice.rs"]
mod sluice;

use std::fs;

use anyhow::{Context, Result};

use git::git;
use sluice::sluice;

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'IMAGE'}]}\n";

/// A repository with two commits: the first is wrong, the second is right.
fn repository() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let at = |path: &str| folder.path().join(path);
    git(folder.path(), &["init", "-q", "-b", "main"])?;
    fs::create_dir_all(at("deploy"))?;
    fs::write(at("deploy/pod.yaml"), POD.replace("IMAGE", "registry.example.com/web:latest"))?;
    fs::write(at(".gitignore"), "ignored.yaml\n")?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "first"])?;
    git(folder.path(), &["tag", "v1"])?;
    fs::write(at("deploy/pod.yaml"), POD.replace("IMAGE", "registry.example.com/web:1.4.2"))?;
    git(folder.path(), &["commit", "-qam", "second"])?;
    Ok(folder)
}

#[test]
fn a_revision_is_judged_as_it_was_committed() -> Result<()> {
    let folder = repository()?;
    // What lies in the work tree does not matter.
    fs::write(folder.path().join("deploy/pod.yaml"), "a: [\n")?;
    fs::write(folder.path().join("deploy/new.yaml"), "a: [\n")?;
    for revision in ["v1", "HEAD~1", "main~1"] {
        let (code, out, err) = sluice(folder.path(), &["check", "--rev", revision, "deploy"])?;
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("deploy/pod.yaml:4:") && out.contains("image-tags/mutable-tag"), "{out}");
    }
    let (code, out, err) = sluice(folder.path(), &["check", "--rev", "HEAD"])?;
    assert_eq!((code, out.contains("1 object passed")), (Some(0), true), "{out}{err}");
    // From elsewhere, and from a folder within: paths are from the folder that names the repository.
    let repo = folder.path().join("deploy");
    let repo = repo.to_str().context("no text")?;
    let elsewhere = tempfile::tempdir()?;
    let (code, out, err) = sluice(elsewhere.path(), &["check", "--repo", repo, "--rev", "v1", "pod.yaml"])?;
    assert_eq!((code, out.contains("deploy/pod.yaml:4:")), (Some(1), true), "{out}{err}");
    // By a path that leads upwards, to a repository without a work tree.
    git(folder.path(), &["clone", "-q", "--bare", ".", "bare.git"])?;
    let beside = ["check", "--repo", "../bare.git", "--rev", "v1", "deploy"];
    let (code, out, err) = sluice(&folder.path().join("deploy"), &beside)?;
    assert_eq!((code, out.contains("deploy/pod.yaml:4:")), (Some(1), true), "{out}{err}");
    let (code, out, _) = sluice(elsewhere.path(), &["render", "--repo", &format!("file://{repo}"), "--origins"])?;
    assert_eq!((code, out.contains("# from deploy/pod.yaml:3")), (Some(0), true), "{out}");
    Ok(())
}

#[test]
fn the_policy_is_that_of_the_revision() -> Result<()> {
    let folder = repository()?;
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: image-tags\n  \
                  source: builtin:image-tags\n  action: warn\n";
    fs::write(folder.path().join("sluice.yaml"), policy)?;
    let (code, out, err) = sluice(folder.path(), &["check", "--rev", "v1"])?;
    assert_eq!(code, Some(1), "one that is not committed does not count: {out}{err}");
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "policy"])?;
    fs::write(folder.path().join("sluice.yaml"), "nonsense")?;
    let (code, out, err) = sluice(folder.path(), &["check", "--rev", "HEAD", "deploy"])?;
    assert_eq!((code, out.contains("1 plugin)")), (Some(0), true), "{out}{err}");
    Ok(())
}

const POLICY: &str =
    "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: image-tags, source: 'builtin:image-tags'}\n";

#[test]
fn one_policy_holds_for_all_paths() -> Result<()> {
    let folder = repository()?;
    for path in ["dev/a.yaml", "prod/b.yaml"] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, POD.replace("IMAGE", "registry.example.com/web:1.4.2"))?;
    }
    let other = POD.replace("{name: web}", "{name: other}").replace("IMAGE", "registry.example.com/web:1.4.2");
    fs::write(folder.path().join("prod/c.yaml"), other)?;
    fs::write(folder.path().join("prod/sluice.yaml"), POLICY)?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "third"])?;
    let words = "`dev` falls under no policy file, and `prod` falls under the policy file `prod/sluice.yaml`";
    let disk = "`dev` falls under no policy file, and `prod` falls under the policy file";
    for (arguments, words) in [
        (&["check", "dev", "prod"][..], disk),
        (&["check", "--rev", "HEAD", "dev", "prod"], words),
        (&["render", "--rev", "HEAD", "dev", "prod"], words),
        (&["diff", "v1", "HEAD", "dev", "prod"], words),
    ] {
        let (code, out, err) = sluice(folder.path(), arguments)?;
        assert_eq!((code, err.contains(words)), (Some(2), true), "{arguments:?}: {out}{err}");
    }
    let (code, out, err) = sluice(folder.path(), &["check", "--rev", "HEAD", "prod/b.yaml", "prod/c.yaml"])?;
    assert_eq!(code, Some(0), "{out}{err}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_policy_file_that_cannot_be_followed_is_not_passed_over() -> Result<()> {
    for target in ["none.yaml", "../outside.yaml"] {
        let folder = repository()?;
        std::os::unix::fs::symlink(target, folder.path().join("deploy/sluice.yaml"))?;
        git(folder.path(), &["add", "."])?;
        git(folder.path(), &["commit", "-qm", "link"])?;
        for arguments in [&["check", "deploy"][..], &["check", "--rev", "HEAD", "deploy"]] {
            let (code, out, err) = sluice(folder.path(), arguments)?;
            let words = "cannot read the policy file `deploy/sluice.yaml`";
            assert_eq!((code, err.contains(words)), (Some(2), true), "{target} {arguments:?}: {out}{err}");
        }
    }
    Ok(())
}

#[test]
fn a_file_that_is_tracked_is_judged_whatever_is_ignored() -> Result<()> {
    let folder = repository()?;
    fs::write(folder.path().join("deploy/ignored.yaml"), POD.replace("IMAGE", "registry.example.com/web:latest"))?;
    let seen = |arguments: &[&str]| {
        let (code, out, err) = sluice(folder.path(), arguments)?;
        Ok::<_, anyhow::Error>((code, out.lines().last().unwrap_or_default().to_owned(), err))
    };
    assert_eq!(seen(&["check", "."])?.0, Some(0));
    git(folder.path(), &["add", "-f", "deploy/ignored.yaml"])?;
    git(folder.path(), &["commit", "-qm", "third"])?;
    let all = seen(&["check", "--rev", "HEAD", "."])?;
    assert!(all.0 == Some(1) && all.1.contains("2 objects"), "{all:?}");
    for arguments in [&["check", "."][..], &["check", "deploy"], &["check", "./deploy/"]] {
        assert_eq!(seen(arguments)?, all, "{arguments:?}");
    }
    let (code, out, err) = sluice(folder.path(), &["diff", "main"])?;
    assert!(code == Some(0) && !out.contains("removed"), "{out}{err}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_lead_to_each_file_once_on_disk_and_in_a_revision() -> Result<()> {
    let folder = repository()?;
    std::os::unix::fs::symlink("pod.yaml", folder.path().join("deploy/again.yaml"))?;
    std::os::unix::fs::symlink("deploy", folder.path().join("way"))?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "links"])?;
    for paths in [&["."][..], &["deploy"], &["deploy", "way"], &["way/pod.yaml", "deploy/again.yaml", "."]] {
        for revision in [&[][..], &["--rev", "HEAD"]] {
            let words = [&["check"], revision, paths].concat();
            let (code, out, err) = sluice(folder.path(), &words)?;
            assert!(code == Some(0) && out.contains("1 object passed"), "{words:?}: {out}{err}");
        }
    }
    let (code, out, err) = sluice(folder.path(), &["diff", "HEAD"])?;
    assert!(code == Some(0) && out.contains("no object changes"), "{out}{err}");
    Ok(())
}

#[test]
fn what_is_not_there_is_told() -> Result<()> {
    let folder = repository()?;
    for (arguments, code, words) in [
        (&["check", "--rev", "mian"][..], 2, "did you mean `main`"),
        (&["check", "--rev", "main", "none"], 2, "cannot read `none`"),
        (&["check", "--repo", "none"], 2, "none"),
        (&["check", "--repo", "ftp://example.com/x"], 2, "ftp"),
        (&["check", "--rev", "main", "--keyring", "none.gpg"], 3, "sign"),
        (&["check", "--keyring", "none.gpg"], 2, "--rev"),
    ] {
        let (seen, out, err) = sluice(folder.path(), arguments)?;
        assert_eq!(seen, Some(code), "{arguments:?}: {out}{err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    Ok(())
}

#[test]
fn a_chart_that_draws_the_time_draws_that_of_the_commit() -> Result<()> {
    let folder = repository()?;
    let chart = folder.path().join("chart");
    fs::create_dir_all(chart.join("templates"))?;
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\n")?;
    let template =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {at: {{ now | unixEpoch | quote }}}\n";
    fs::write(chart.join("templates/made.yaml"), template)?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "third"])?;
    let time = git(folder.path(), &["log", "-1", "--format=%ct"])?;
    let (code, out, err) = sluice(folder.path(), &["render", "--rev", "HEAD", "chart"])?;
    assert!(code == Some(0) && out.contains(&format!("\"{time}\"")), "{out}{err}");
    Ok(())
}
