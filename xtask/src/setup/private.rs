//! A compiler for the guests where rustup has no way to its server: Debian's `rustc-web`, unpacked into the cache, with
//! the standard library of the target built once from its own source. Needs no root and leaves the system alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::toolchain::has_core;
use crate::guests::TARGET;
use crate::process::{capture, cargo, exists, say};

/// Changes when the recipe below changes, so that an older result is made anew.
const RECIPE: &str = "1";

/// Makes sure that the compiler is there; gives the path of its `rustc`.
pub fn ready(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("guest-rust");
    let what = "building a compiler for the guests from Debian's packages (about a minute, 600 MB)";
    super::once(&folder, RECIPE, what, || build(&folder))?;
    Ok(folder.join("rustc"))
}

/// Whether it is there already.
pub fn is_ready(cache: &Path) -> bool {
    super::is_done(&cache.join("guest-rust"), RECIPE)
}

fn build(folder: &Path) -> Result<()> {
    for program in ["apt-get", "apt-cache", "dpkg-deb", "tar"] {
        if !exists(program) {
            bail!(
                "no way to a compiler for {TARGET}: rustup cannot add the target, and `{program}` of Debian is not here"
            );
        }
    }
    let debs = folder.join("debs");
    fs::create_dir_all(&debs)?;
    let packages = Packages::find(folder)?;
    say(format!("downloading {}", packages.names.join(" ")));
    capture(packages.apt("apt-get").args(["download", "-q"]).args(&packages.names).current_dir(&debs))?;
    say("unpacking");
    for entry in fs::read_dir(&debs)? {
        unpack(&entry?.path(), folder)?;
    }
    let rustc = write_wrapper(folder)?;
    link_linker(folder)?;
    say(format!("building the standard library for {TARGET}"));
    build_std(folder, &rustc)?;
    fs::remove_dir_all(&debs)?;
    Ok(())
}

/// Debian's packages of the compiler, and how to ask for them.
struct Packages {
    names: Vec<String>,
    options: Vec<String>,
}

impl Packages {
    /// Looks the names up in the lists of the system, or, where those know none, in lists of our own.
    fn find(folder: &Path) -> Result<Self> {
        let mut packages = Self { names: Vec::new(), options: Vec::new() };
        if packages.candidate("rustc-web").is_err() {
            packages.fetch_lists(&folder.join("apt"))?;
        }
        let versioned = packages.dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
        let llvm = packages.dependency(&versioned, "libllvm")?;
        let linker = format!("lld-{}", llvm.trim_start_matches("libllvm"));
        let fixed = ["rustc-web", "libstd-rust-web-dev", "rust-web-src"].map(str::to_owned);
        packages.names = fixed.into_iter().chain([versioned, llvm, linker]).collect();
        Ok(packages)
    }

    /// Downloads lists of packages into a folder of our own, which needs no root.
    fn fetch_lists(&mut self, folder: &Path) -> Result<()> {
        say("downloading the lists of Debian's packages");
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        let state = ["Dir::State::Lists=", "Dir::Cache="].into_iter().zip(["lists", "cache"]);
        self.options =
            state.flat_map(|(key, name)| ["-o".to_owned(), format!("{key}{}", folder.join(name).display())]).collect();
        capture(self.apt("apt-get").arg("update"))?;
        self.candidate("rustc-web").context("this system's package sources have no `rustc-web`")
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(&self.options).env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn candidate(&self, package: &str) -> Result<()> {
        let text = capture(self.apt("apt-cache").args(["show", "--no-all-versions", package]))?;
        if text.trim().is_empty() { bail!("`{package}` is unknown") } else { Ok(()) }
    }

    /// The dependency of a package whose name starts with these letters.
    fn dependency(&self, package: &str, start: &str) -> Result<String> {
        let text = capture(self.apt("apt-cache").args(["depends", package]))?;
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        let found = names.map(str::trim).find(|name| name.starts_with(start));
        found.map(str::to_owned).with_context(|| format!("`{package}` depends on no `{start}…`"))
    }
}

/// Unpacks a package; of the sources, which are large, only the standard library.
fn unpack(deb: &Path, folder: &Path) -> Result<()> {
    let name = deb.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.starts_with("rust-web-src_") {
        capture(Command::new("dpkg-deb").arg("-x").arg(deb).arg(folder))?;
        return Ok(());
    }
    let mut reader =
        Command::new("dpkg-deb").arg("--fsys-tarfile").arg(deb).stdout(std::process::Stdio::piped()).spawn()?;
    let stream = reader.stdout.take().context("dpkg-deb gives no output")?;
    let wanted = ["./usr/lib/rustlib/src/*", "./usr/src/rustc-*/library/*"];
    let unpacked =
        Command::new("tar").args(["x", "--wildcards", "-C"]).arg(folder).args(wanted).stdin(stream).status()?;
    if !reader.wait()?.success() || !unpacked.success() {
        bail!("cannot unpack {name}");
    }
    Ok(())
}

/// A `rustc` that finds its own LLVM.
fn write_wrapper(folder: &Path) -> Result<PathBuf> {
    let libraries = fs::read_dir(folder.join("usr/lib"))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.is_dir() && path.to_string_lossy().ends_with("-linux-gnu"))
        .context("the packages hold no folder of libraries")?;
    let rustc = folder.join("rustc");
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}} exec '{}' \"$@\"\n",
        libraries.display(),
        folder.join("usr/bin/rustc").display(),
    );
    fs::write(&rustc, script)?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;
    Ok(rustc)
}

/// Puts the linker where the compiler looks for it.
fn link_linker(folder: &Path) -> Result<()> {
    let mut linkers = fs::read_dir(folder.join("usr/bin"))?.flatten().map(|entry| entry.path());
    let is_lld = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lld-"));
    let lld = linkers.find(|path| is_lld(path) && !path.to_string_lossy().contains("link"));
    let lld = lld.context("the packages hold no lld")?;
    let host = host_of(&folder.join("rustc"))?;
    let programs = folder.join("usr/lib/rustlib").join(host).join("bin");
    fs::create_dir_all(&programs)?;
    let link = programs.join("rust-lld");
    let _ = fs::remove_file(&link);
    symlink(lld, &link).with_context(|| format!("cannot link {}", link.display()))
}

fn host_of(rustc: &Path) -> Result<String> {
    let text = capture(Command::new(rustc).arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

/// Builds the standard library as the compiler's own build does, and installs it beside that of the host.
fn build_std(folder: &Path, rustc: &Path) -> Result<()> {
    let source = folder.join("usr/lib/rustlib/src/rust/library/sysroot/Cargo.toml");
    let built = folder.join("std");
    let mut command = cargo(folder, &["build", "--quiet", "--release", "--locked", "--target", TARGET]);
    command.arg("--manifest-path").arg(source);
    command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", &built);
    command.env("__CARGO_DEFAULT_LIB_METADATA", "stablestd").env_remove("RUSTUP_TOOLCHAIN");
    command.env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes -Cpanic=abort");
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    capture(&mut command)?;

    let libraries = folder.join("usr/lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(built.join(TARGET).join("release/deps"))?.flatten() {
        let path = entry.path();
        if let (Some("rlib"), Some(name)) = (path.extension().and_then(|text| text.to_str()), path.file_name()) {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    if !has_core(&libraries) {
        bail!("the standard library was built, but holds no `core`");
    }
    fs::remove_dir_all(built)?;
    Ok(())
}
