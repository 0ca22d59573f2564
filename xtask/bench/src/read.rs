//! Reading a revision: manifests out of Git's packed objects, against the same files from the disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sluice_source::{Checkout, RepoLocation, Request};

use crate::{Figures, costs_of};

/// Files of the revision, each of about 2 KB.
const FILES: usize = 2_000;
/// Teams whose folders they lie in.
const TEAMS: usize = 20;
/// Rounds of a comparison.
const ROUNDS: usize = 20;

/// Makes a repository in a folder that is not there yet, and reads all its manifests: from Git's objects, which begins with
/// opening the repository, in one thread and in two; as a checkout of the folder; and by a plain walk over the disk.
pub(crate) fn compare(folder: &Path) -> Result<Figures> {
    write_repository(folder)?;
    let walked = walk(&folder.join("teams"))?;
    let same = |read: usize| if read == walked { Ok(()) } else { bail!("{read} bytes are read instead of {walked}") };
    let [git, git_two, checkout, disk] = costs_of(
        ROUNDS,
        [
            &mut || same(read_all(&revision(folder)?)?),
            &mut || same(read_in_two(&revision(folder)?)?),
            &mut || same(read_all(&Checkout::folder(folder)?)?),
            &mut || same(walk(&folder.join("teams"))?),
        ],
    )?;
    Ok(Figures::from([
        ("git", git.wall),
        ("git_cpu", git.cpu),
        ("git_two", git_two.wall),
        ("folder", checkout.wall),
        ("disk", disk.wall),
        ("disk_cpu", disk.cpu),
        ("files", FILES as f64),
    ]))
}

fn revision(folder: &Path) -> Result<Checkout> {
    Ok(Checkout::revision(&Request::new(RepoLocation::local(folder), "main"))?)
}

fn read_all(checkout: &Checkout) -> Result<usize> {
    read(checkout, &listed(checkout)?)
}

fn read_in_two(checkout: &Checkout) -> Result<usize> {
    let files = listed(checkout)?;
    let (one, two) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| read(checkout, two));
        let first = read(checkout, one)?;
        let second = other.join().ok().context("the other thread crashed")??;
        Ok(first + second)
    })
}

fn listed(checkout: &Checkout) -> Result<Vec<String>> {
    let files = checkout.files("teams")?;
    if files.len() == FILES { Ok(files) } else { bail!("{} files are listed instead of {FILES}", files.len()) }
}

fn read(checkout: &Checkout, files: &[String]) -> Result<usize> {
    files.iter().try_fold(0, |sum, file| Ok(sum + checkout.read(file)?.len()))
}

/// What is compared with: no list, no limit, no check of a link.
fn walk(folder: &Path) -> Result<usize> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        sum += if is_folder { walk(&entry.path())? } else { fs::read(entry.path())?.len() };
    }
    Ok(sum)
}

/// A repository with everything packed, as a clone has it.
fn write_repository(folder: &Path) -> Result<()> {
    for index in 0..FILES {
        let below = folder.join(format!("teams/team-{}/app-{}", index % TEAMS, index / TEAMS));
        fs::create_dir_all(&below).with_context(|| format!("cannot create {}", below.display()))?;
        fs::write(below.join("deployment.yaml"), manifest(index))?;
    }
    git(folder, &["init", "-q", "-b", "main"])?;
    git(folder, &["add", "."])?;
    git(folder, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all"])?;
    git(folder, &["repack", "-adfq"])
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdout(Stdio::null());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let status = command.status().context("cannot start git")?;
    if status.success() { Ok(()) } else { bail!("`git {}` failed ({status})", arguments.join(" ")) }
}

fn manifest(index: usize) -> String {
    let team = index % TEAMS;
    let containers: String = (0..3).map(|number| container(index, number)).collect();
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{index}
  namespace: team-{team}
  labels:
    app: app-{index}
spec:
  replicas: {}
  selector:
    matchLabels:
      app: app-{index}
  template:
    metadata:
      labels:
        app: app-{index}
    spec:
      containers:
{containers}",
        index % 7
    )
}

fn container(index: usize, number: usize) -> String {
    let sum = (index * 2_654_435_761 + number * 40_503) % 0xffff_ffff;
    let (port, cpu, request, limit) = (8000 + index % 900, 10 + index % 90, 32 + index % 96, 64 + index % 192);
    format!(
        "        - name: part-{number}
          image: registry.example/app-{index}/part-{number}@sha256:{sum:064x}
          ports:
            - containerPort: {port}
          resources:
            requests:
              cpu: {cpu}m
              memory: {request}Mi
            limits:
              memory: {limit}Mi
          env:
            - name: TOKEN
              value: {sum:x}
            - name: LEVEL
              value: info
          livenessProbe:
            httpGet:
              path: /healthz/{index}
              port: http
"
    )
}
