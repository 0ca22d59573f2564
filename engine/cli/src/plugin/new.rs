//! `sluice plugin new`: a plugin that builds, with a unit test and fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use super::sdk::SDK;
use super::{Stop, about, note};
use crate::exit::Exit;

/// Make a policy plugin in Rust that builds at once, with a unit test and fixtures
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its name, in kebab-case, and that of the folder
    name: String,
    /// Use the SDK in this folder, instead of a copy beside the plugin
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// Packages that come with every plugin.
const SDK_NAMES: [&str; 2] = ["sluice-sdk", "sluice-sdk-macros"];
/// Characters of a name that are kept in another one: what is longer is hardly meant.
const MOST_OFFERED: usize = 40;

const TEMPLATE: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.txt")),
    ("src/lib.rs", include_str!("template/lib.rs.txt")),
    ("settings.schema.json", include_str!("template/settings.schema.json")),
    ("fixtures/denied/manifest.yaml", include_str!("template/denied.yaml")),
    ("fixtures/denied/expected.yaml", include_str!("template/denied-expected.yaml")),
    ("fixtures/exempt/manifest.yaml", include_str!("template/exempt.yaml")),
    ("fixtures/exempt/settings.yaml", include_str!("template/exempt-settings.yaml")),
    ("fixtures/exempt/expected.yaml", include_str!("template/exempt-expected.yaml")),
];

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Stop> {
    let name = arguments.name.as_str();
    if let Some(message) = problem(name) {
        let form = "lower-case letters, digits and single dashes, a letter first";
        return Err(Stop::usage(message).help(format!("take another, such as `{}`: {form}", offer(name))));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(Stop::usage(format!("`{name}` exists already")).help("take another name, or remove it"));
    }
    let sdk = match &arguments.sdk {
        Some(sdk) => {
            let path = sdk.canonicalize().map_err(|error| about("find", sdk, &error))?;
            if !path.join("Cargo.toml").is_file() {
                return Err(Stop::usage(format!("there is no SDK in `{}`", sdk.display()))
                    .help("name the folder `sdk/rust` of a checkout of Sluice"));
            }
            path.display().to_string()
        }
        None => "sluice-sdk".to_owned(),
    };
    for (path, content) in TEMPLATE {
        let content = content.replace("{{name}}", name).replace("{{sdk}}", &toml_string(&sdk));
        write(&folder.join(path), content.as_bytes())?;
    }
    write(&folder.join(".gitignore"), b"/target\n/*.wasm\n")?;
    if arguments.sdk.is_none() {
        for (path, content) in SDK {
            write(&folder.join("sluice-sdk").join(path), content)?;
        }
    }
    note(&format!("made the plugin `{name}`; what comes next:"));
    note("  1. cd into it, and say in src/lib.rs what the rule demands");
    note("  2. cargo test              the rule alone, natively");
    note("  3. sluice plugin build     the component");
    note("  4. sluice plugin test      the component on the fixtures");
    note(&format!("  5. add it to sluice.yaml:  {{ name: {name}, source: \"file:./{name}/{name}.wasm\" }}"));
    Ok(Exit::Clean)
}

/// Why no plugin can have a name.
fn problem(name: &str) -> Option<String> {
    // Cargo tells packages of one folder apart by their names.
    let taken = || SDK_NAMES.contains(&name).then(|| format!("the name `{name}` is that of the SDK"));
    sluice_plugin::name_problem(name).or_else(taken)
}

/// A name that a plugin can have, as near as may be to one that it cannot.
fn offer(name: &str) -> String {
    let mut words = String::new();
    let mut was_small = false;
    for c in name.chars().take(MOST_OFFERED) {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && was_small {
            words.push('-');
        }
        words.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()));
        was_small = !c.is_ascii_uppercase();
    }
    let words = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let offers = [words.clone(), format!("{words}-policy"), format!("policy-{words}")];
    offers.into_iter().find(|offer| problem(offer).is_none()).unwrap_or_else(|| String::from("no-latest"))
}

/// A path within the quotes of TOML.
fn toml_string(path: &str) -> String {
    path.replace('\\', "\\\\").replace('"', "\\\"")
}

fn write(path: &Path, content: &[u8]) -> Result<(), Stop> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| about("make", folder, &error))?;
    }
    fs::write(path, content).map_err(|error| about("write", path, &error))
}
