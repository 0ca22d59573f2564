//! The Go modules of the renderers: their tests and their lints. Go itself remembers which tests need not run again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::guests::go_version;
use crate::process::{capture, say};
use crate::test::Counts;
use crate::workspace;

/// What else than this machine the modules are compiled for, and what is vetted for it.
const GUEST: [(&str, &str); 2] = [("GOOS", "wasip1"), ("GOARCH", "wasm")];

/// Runs the tests of every module. `false` where one failed.
pub fn test() -> Result<(Counts, bool)> {
    go_version()?;
    let (mut counts, mut succeeded) = (Counts::default(), true);
    for module in modules()? {
        say(format!("testing {}", workspace::shown(&module)));
        let mut command = go(&module, &["test", "-v", "./..."]);
        let output = command.stdin(Stdio::null()).output().context("cannot start go")?;
        let text = String::from_utf8_lossy(&output.stdout);
        counts += text.lines().filter_map(outcome).sum();
        if !output.status.success() {
            println!("{text}{}", String::from_utf8_lossy(&output.stderr));
            succeeded = false;
        }
    }
    Ok((counts, succeeded))
}

/// Looks at the layout of every module, and at what the compiler lets pass: for this machine and as a guest.
pub fn lint() -> Result<()> {
    go_version()?;
    let mut broken = Vec::new();
    for module in modules()? {
        let shown = workspace::shown(&module);
        say(format!("vetting {shown}"));
        let wrong = capture(Command::new("gofmt").arg("-l").arg(&module))?;
        broken.extend(wrong.lines().map(|file| format!("`{file}` is not laid out as gofmt does")));
        for target in [&[][..], &GUEST] {
            let vetted = capture(go(&module, &["vet", "./..."]).envs(target.iter().copied()));
            broken.extend(vetted.err().map(|error| format!("{shown}: {error:#}")));
        }
    }
    if broken.is_empty() { Ok(()) } else { bail!("{}", broken.join("\n")) }
}

fn go(module: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(module).env("GOFLAGS", "-mod=readonly");
    command
}

/// The folders of `renderers` that are modules, in order.
fn modules() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join("renderers");
    let mut modules = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.join("go.mod").is_file() {
            modules.push(path);
        }
    }
    modules.sort();
    Ok(modules)
}

/// What a line such as `--- PASS: TestShop (0.47s)` counts; none for parts of a test and for other lines.
fn outcome(line: &str) -> Option<Counts> {
    let (word, _) = line.strip_prefix("--- ")?.split_once(':')?;
    match word {
        "PASS" => Some(Counts { passed: 1, ..Counts::default() }),
        "FAIL" => Some(Counts { failed: 1, ..Counts::default() }),
        "SKIP" => Some(Counts { ignored: 1, ..Counts::default() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::outcome;
    use crate::test::Counts;

    #[test]
    fn tests_are_counted_and_their_parts_are_not() {
        let lines = "=== RUN   TestA\n    --- PASS: TestA/one (0.00s)\n--- PASS: TestA (0.01s)\n--- SKIP: TestB (0.00s)\n\
                     --- FAIL: TestC (0.00s)\nok  \tsluice.dev/renderers/helm\t0.1s\n";
        let counts: Counts = lines.lines().filter_map(outcome).sum();
        assert_eq!(counts, Counts { passed: 1, failed: 1, ignored: 1 });
    }
}
