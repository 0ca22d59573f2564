//! The rules of the house that no other tool knows: lengths of files, their first lines, and that the documents are true.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{capture, say};
use crate::workspace;

/// Longest file without a reason.
const LONGEST_FILE: usize = 400;
/// Longest `ARCHITECTURE.md`.
const LONGEST_ARCHITECTURE: usize = 150;
/// How a file says why it is longer.
const REASON: &str = "long because ";

/// Checks them all, and names each file that breaks one.
pub fn check() -> Result<()> {
    say("checking the rules of the house");
    let root = workspace::root();
    let mut complaints = Vec::new();
    for path in rust_files(&root)? {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        complaints.extend(source(&text).into_iter().map(|words| format!("{}: {words}", workspace::shown(&path))));
    }
    let read = |name: &str| fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"));
    let lines = read("ARCHITECTURE.md")?.lines().count();
    if lines > LONGEST_ARCHITECTURE {
        complaints.push(format!("ARCHITECTURE.md: {lines} lines, more than {LONGEST_ARCHITECTURE}"));
    }
    complaints.extend(test_command(&read("README.md")?, &read(".ci/run")?));
    if complaints.is_empty() { Ok(()) } else { bail!("{}", complaints.join("\n")) }
}

/// Every Rust file that git knows or would take.
fn rust_files(root: &Path) -> Result<Vec<PathBuf>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"];
    let text = capture(Command::new("git").args(arguments).current_dir(root))?;
    Ok(text.lines().map(|line| root.join(line)).filter(|path| path.is_file()).collect())
}

/// What is wrong with a source file.
fn source(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !text.starts_with("//!") {
        complaints.push("does not open with `//!`: what it owns and what it refuses to do".to_owned());
    }
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let lines = text.lines().count();
    if lines > LONGEST_FILE && !head.join(" ").to_lowercase().contains(REASON) {
        complaints.push(format!("{lines} lines: split it, or say at its top «long because …»"));
    }
    complaints
}

/// The test command of the README is the one that CI runs.
fn test_command(readme: &str, ci: &str) -> Option<String> {
    let commands = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with("cargo xtask "));
        lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect()
    };
    let in_ci = commands(ci);
    let Some(test) = in_ci.iter().find(|command| command.starts_with("cargo xtask test")) else {
        return Some(".ci/run: runs no `cargo xtask test`".to_owned());
    };
    let told = commands(readme).contains(test);
    (!told).then(|| format!("README.md: does not name the command that CI runs, `{test}`"))
}

#[cfg(test)]
mod tests {
    use super::{source, test_command};

    #[test]
    fn a_file_opens_with_its_purpose() {
        assert!(source("//! Owns nothing.\nfn main() {}\n").is_empty());
        assert_eq!(source("fn main() {}\n").len(), 1);
    }

    #[test]
    fn a_long_file_gives_its_reason() {
        let long = format!("//! Owns a table.\n{}", "// row\n".repeat(500));
        assert_eq!(source(&long).len(), 1);
        assert!(source(&long.replace("a table.", "a table. Long because the table is one.")).is_empty());
    }

    #[test]
    fn the_readme_names_the_command_of_ci() {
        let ci = "set -e\ncargo xtask lint\ncargo xtask test\n";
        assert_eq!(test_command("```\ncargo xtask test   # everything\n```", ci), None);
        assert!(test_command("cargo test", ci).is_some());
        assert!(test_command("cargo xtask test", "cargo xtask lint").is_some());
    }
}
