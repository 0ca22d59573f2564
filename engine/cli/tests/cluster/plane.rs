//! The control plane that the tests of a process share, and what they ask it besides Sluice.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

/// A real API server and etcd.
pub(crate) struct Plane {
    pub(crate) kubeconfig: PathBuf,
    /// Where its data and the numbers of its processes are.
    pub(crate) state: PathBuf,
    programs: PathBuf,
}

fn script() -> PathBuf {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    package.join("../../tests/control-plane/control-plane.sh").canonicalize().unwrap()
}

/// Where the programs are: as `cargo xtask test` says, else in the cache.
fn programs() -> Option<PathBuf> {
    let cache = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = cache("SLUICE_CONTROL_PLANE").or_else(|| {
        let folder = cache("SLUICE_CACHE")
            .or_else(|| Some(cache("XDG_CACHE_HOME")?.join("sluice")))
            .or_else(|| Some(cache("HOME")?.join(".cache/sluice")));
        Some(folder?.join("control-plane"))
    })?;
    folder.join("bin/kube-apiserver").is_file().then_some(folder)
}

impl Plane {
    /// Starts one of its own, with more flags for the API server and these controllers.
    pub(crate) fn start(controllers: &str) -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            ensure!(std::env::var_os("CI").is_none(), "there is no control plane: run `cargo xtask setup`");
            eprintln!("left out: there is no control plane (`cargo xtask setup` builds one)");
            return Ok(None);
        };
        let state = tempfile::Builder::new().prefix("sluice-plane-").tempdir()?.keep();
        let plane = Self { kubeconfig: state.join("kubeconfig"), state, programs };
        plane.up(controllers)?;
        plane.end_with_this_process()?;
        Ok(Some(plane))
    }

    /// Starts whatever does not run.
    pub(crate) fn up(&self, controllers: &str) -> Result<()> {
        self.up_with(controllers, "")
    }

    /// Starts whatever does not run, the API server with these flags more.
    pub(crate) fn up_with(&self, controllers: &str, flags: &str) -> Result<()> {
        let mut command = Command::new(script());
        command.arg("up").arg(&self.programs).arg(&self.state).env("CONTROLLERS", controllers);
        command.env("APISERVER_FLAGS", flags);
        // Programs that go on running must not hold a pipe open.
        let log = std::fs::File::create(self.state.join("up.log"))?;
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).status()?;
        ensure!(status.success(), "{}", std::fs::read_to_string(self.state.join("up.log"))?);
        Ok(())
    }

    /// Ends the control plane once the tests have, however they do.
    fn end_with_this_process(&self) -> Result<()> {
        let wait = format!(
            "while kill -0 {} 2>/dev/null; do sleep 0.5; done; '{}' down '{}' '{}'; rm -rf '{}'",
            std::process::id(),
            script().display(),
            self.programs.display(),
            self.state.display(),
            self.state.display()
        );
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", &wait]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("cannot start setsid")?;
        Ok(())
    }

    /// The number of one of its processes.
    pub(crate) fn process(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.state.join(format!("{name}.pid")))?.trim().to_owned())
    }

    /// Sends a signal to one of its processes.
    pub(crate) fn signal(&self, name: &str, signal: &str) -> Result<()> {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.process(name)?).status()?;
        ensure!(status.success(), "cannot send {signal} to {name}");
        Ok(())
    }

    /// Asks the API server as its administrator, and gives the status and the body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Result<(u16, String)> {
        let server = self.server()?;
        let pki = self.state.join("pki");
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "20", "-X", method, "-w", "\n%{http_code}"]);
        command.arg("--cacert").arg(pki.join("ca.crt"));
        command.arg("--cert").arg(pki.join("admin.crt")).arg("--key").arg(pki.join("admin.key"));
        if let Some((kind, body)) = body {
            command.args(["-H", &format!("Content-Type: {kind}"), "-d", body]);
        }
        let output = command.arg(format!("{server}{path}")).output()?;
        ensure!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout)?;
        let (body, code) = text.rsplit_once('\n').context("no status")?;
        Ok((code.parse()?, body.to_owned()))
    }

    /// The address of the API server.
    pub(crate) fn server(&self) -> Result<String> {
        let config = std::fs::read_to_string(&self.kubeconfig)?;
        let server = config.split("server: \"").nth(1).and_then(|rest| rest.split('"').next()).context("no server")?;
        Ok(server.to_owned())
    }

    /// An object as JSON; none where it is not there.
    pub(crate) fn get(&self, path: &str) -> Result<Option<serde_json::Value>> {
        let (code, body) = self.ask("GET", path, None)?;
        if code == 404 {
            return Ok(None);
        }
        ensure!(code == 200, "{path}: {code} {body}");
        Ok(Some(serde_json::from_str(&body)?))
    }

    /// Makes an object.
    pub(crate) fn make(&self, path: &str, body: &str) -> Result<()> {
        let (code, answer) = self.ask("POST", path, Some(("application/json", body)))?;
        ensure!(code == 201 || code == 409, "{path}: {code} {answer}");
        Ok(())
    }

    /// Changes an object by a merge patch, as another field manager.
    pub(crate) fn merge(&self, path: &str, body: &str) -> Result<()> {
        let path = format!("{path}?fieldManager=somebody");
        let (code, answer) = self.ask("PATCH", &path, Some(("application/merge-patch+json", body)))?;
        ensure!(code == 200, "{path}: {code} {answer}");
        Ok(())
    }

    /// Deletes an object.
    pub(crate) fn remove(&self, path: &str) -> Result<()> {
        let (code, answer) = self.ask("DELETE", path, None)?;
        ensure!(code == 200 || code == 202, "{path}: {code} {answer}");
        Ok(())
    }

    /// A namespace that no other test has.
    pub(crate) fn namespace(&self, name: &str) -> Result<()> {
        self.make("/api/v1/namespaces", &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#))
    }
}

/// The control plane that tests share, each in namespaces of its own.
pub(crate) fn shared() -> Result<Option<&'static Plane>> {
    static PLANE: OnceLock<Result<Option<Plane>, String>> = OnceLock::new();
    match PLANE.get_or_init(|| Plane::start("").map_err(|error| format!("{error:#}"))) {
        Ok(plane) => Ok(plane.as_ref()),
        Err(error) => Err(anyhow::anyhow!("{error}")),
    }
}

/// All that a program said, to its output and to where errors go.
pub(crate) fn spoken(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// An application in a folder of its own.
pub(crate) struct Shop<'p> {
    pub(crate) plane: &'p Plane,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) name: String,
    /// As whom, and by which way, Sluice speaks to the cluster.
    pub(crate) kubeconfig: PathBuf,
}

impl<'p> Shop<'p> {
    /// An application with its namespace, and these words more in its `spec`.
    pub(crate) fn new(plane: &'p Plane, name: &str, spec: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        plane.namespace(name)?;
        std::fs::create_dir(folder.path().join("deploy"))?;
        let shop = Self { plane, folder, name: name.to_owned(), kubeconfig: plane.kubeconfig.clone() };
        shop.application(spec)?;
        shop.file(
            "sluice.yaml",
            "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: image-tags, source: builtin:image-tags}\n",
        )?;
        Ok(shop)
    }

    /// Writes the application file.
    pub(crate) fn application(&self, spec: &str) -> Result<()> {
        let text = format!(
            "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source: {{path: deploy}}\n  \
             policy: sluice.yaml\n  destination: {{namespace: {name}}}\n{spec}",
            name = self.name
        );
        self.file("app.yaml", &text)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path().join(name), text)?)
    }

    /// Writes a ConfigMap with one value.
    pub(crate) fn config(&self, name: &str, value: &str) -> Result<()> {
        let text =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: \"{value}\"}}\n");
        self.file(&format!("deploy/{name}.yaml"), &text)
    }

    /// A command of Sluice about this application, not started yet.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        let (first, rest) = words.split_first().unwrap();
        command.arg(first).arg("app.yaml").args(rest).arg("--kubeconfig").arg(&self.kubeconfig);
        command.current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Runs Sluice, and gives its exit code and all that it said.
    pub(crate) fn sluice(&self, words: &[&str]) -> Result<(i32, String)> {
        let output = self.command(words).output()?;
        let said = spoken(&output);
        Ok((output.status.code().unwrap_or(-1), said))
    }

    /// Runs Sluice, which has to end with this code, and gives what it said.
    pub(crate) fn ends(&self, words: &[&str], code: i32) -> Result<String> {
        let (seen, said) = self.sluice(words)?;
        ensure!(seen == code, "`sluice {}` ended with {seen}, not {code}:\n{said}", words.join(" "));
        Ok(said)
    }

    /// A ConfigMap of the application's namespace.
    pub(crate) fn live(&self, name: &str) -> Result<Option<serde_json::Value>> {
        self.plane.get(&self.path_of(name))
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("/api/v1/namespaces/{}/configmaps/{name}", self.name)
    }

    /// The names in the inventory.
    pub(crate) fn inventory(&self) -> Result<Option<Vec<String>>> {
        let path = format!("/api/v1/namespaces/sluice-system/configmaps/sluice-{}", self.name);
        let Some(map) = self.plane.get(&path)? else { return Ok(None) };
        let entries: serde_json::Value = serde_json::from_str(map["data"]["entries"].as_str().context("no entries")?)?;
        let names = entries
            .as_array()
            .context("no list")?
            .iter()
            .map(|entry| entry["name"].as_str().unwrap_or_default().to_owned());
        Ok(Some(names.collect()))
    }
}
