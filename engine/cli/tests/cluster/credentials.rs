//! Where the credentials of a kubeconfig come from, and what becomes of a run without them.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::faults::agents::{self, Agent, commit, value};
use crate::faults::until;
use crate::plane::{Plane, Shop, shared, spoken};

/// A kubeconfig with a context for each way to log in.
fn kubeconfig(shop: &Shop<'_>, users: &[(&str, String)]) -> Result<()> {
    let (server, pki) = (shop.plane.server()?, shop.plane.state.join("pki"));
    let mut text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {}\nclusters:\n- name: one\n  cluster: {{server: \"{server}\", \
         certificate-authority: {}/ca.crt}}\n",
        users[0].0,
        pki.display()
    );
    for (list, fields) in [("contexts", "context: {cluster: one, user: "), ("users", "user: ")] {
        text.push_str(&format!("{list}:\n"));
        for (name, user) in users {
            let rest = if list == "users" { user.clone() } else { format!("{name}}}") };
            text.push_str(&format!("- name: {name}\n  {fields}{rest}\n"));
        }
    }
    // As a whole, as a mounted Secret is replaced.
    shop.file("kubeconfig.new", &text)?;
    Ok(std::fs::rename(shop.path().join("kubeconfig.new"), shop.path().join("kubeconfig"))?)
}

/// A user whose credentials a script prints; each of its runs leaves a line in `asked`.
fn helper(shop: &Shop<'_>, script: &str) -> String {
    let asked = shop.path().join("asked").display().to_string();
    let script = format!("echo run >>{asked}; {script}").replace('\'', "''");
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: [-c, '{script}']}}}}"
    )
}

fn runs(shop: &Shop<'_>) -> usize {
    std::fs::read_to_string(shop.path().join("asked")).unwrap_or_default().lines().count()
}

/// A script that prints the administrator's certificate, which holds for so long.
fn certificate(plane: &Plane, seconds: i64) -> String {
    let pki = plane.state.join("pki").display().to_string();
    let pem = |name: &str| format!("$(awk '{{printf \"%s\\\\n\", $0}}' {pki}/admin.{name})");
    let until = format!("$(date -u -d '+{seconds} seconds' +%Y-%m-%dT%H:%M:%SZ)");
    let status = format!(
        "\\\"clientCertificateData\\\":\\\"{}\\\",\\\"clientKeyData\\\":\\\"{}\\\",\\\"expirationTimestamp\\\":\\\"{until}\\\"",
        pem("crt"),
        pem("key")
    );
    format!(
        "printf '%s' \"{{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\",\\\"kind\\\":\\\"ExecCredential\\\",\
         \\\"status\\\":{{{status}}}}}\""
    )
}

/// The administrator, by files.
fn files(plane: &Plane) -> String {
    let pki = plane.state.join("pki").display().to_string();
    format!("{{client-certificate: {pki}/admin.crt, client-key: {pki}/admin.key}}")
}

#[test]
fn a_helper_is_asked_once_for_a_run() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-helper", "")?;
    kubeconfig(&shop, &[("asked", helper(&shop, &certificate(plane, 3600)))])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    shop.config("one", "1")?;
    shop.ends(&["apply"], 0)?;
    ensure!(runs(&shop) == 1, "{} runs", runs(&shop));
    ensure!(shop.live("one")?.is_some(), "it was not applied");
    Ok(())
}

#[test]
fn a_helper_that_fails_is_told_and_nothing_of_what_it_printed() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-fails", "")?;
    kubeconfig(&shop, &[("fails", helper(&shop, "echo s3cret; echo the session is over >&2; exit 9"))])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    shop.config("one", "1")?;
    for words in [&["plan"], &["apply"]] {
        let said = shop.ends(words, 3)?;
        let told = "the credential helper `sh` failed (exit status: 9): the session is over";
        ensure!(said.contains("cannot log in at https://") && said.contains(told), "{said}");
        ensure!(said.contains("help: ") && !said.contains("s3cret"), "{said}");
    }
    Ok(())
}

#[test]
fn a_helper_that_hangs_holds_up_nobody_elses_applications() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-hang", "")?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    let repo = shop.path().join("repo").display().to_string();
    agents::application(&shop, &repo, ", context: hangs")?;
    let other = Shop::new(plane, "credentials-well", "")?;
    let text = std::fs::read_to_string(shop.path().join("config/app.yaml"))?;
    let well = text.replace("credentials-hang", "credentials-well").replace("context: hangs", "context: well");
    // It comes later than the one that hangs.
    shop.file("config/well.yaml", &well)?;
    kubeconfig(&shop, &[("hangs", helper(&shop, "sleep 600")), ("well", files(plane))])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    let mut agent = Agent::start(&shop, &["--patience", "8"])?;
    until("the helper is asked", || Ok(runs(&shop) == 1))?;
    until("the other application is applied", || Ok(value(&other)? == "1"))?;
    commit(&shop, "2")?;
    until("its next commit too", || Ok(value(&other)? == "2"))?;
    until("it is told", || Ok(agent.rounds("credentials-hang", "unreachable")? > 0))?;
    let log = agent.log()?;
    ensure!(log.contains("the credential helper `sh` has not ended within 8 s"), "{log}");
    // Whoever asks it to end while it waits for the helper is heard.
    until("the helper is asked again", || Ok(runs(&shop) > 1))?;
    let started = Instant::now();
    ensure!(agent.ends("TERM")?.success(), "{}", agent.log()?);
    ensure!(started.elapsed() < Duration::from_secs(6), "it waited for the helper");
    Ok(())
}

#[test]
fn what_a_kubeconfig_says_is_read_anew_when_it_is_refused() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-anew", "")?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    agents::application(&shop, &shop.path().join("repo").display().to_string(), "")?;
    kubeconfig(&shop, &[("user", String::from("{token: over}"))])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    let agent = Agent::start(&shop, &[])?;
    until("the token is refused", || Ok(agent.rounds("credentials-anew", "unreachable")? > 0))?;
    let log = agent.log()?;
    ensure!(log.contains("Unauthorized") && !log.contains("over"), "{log}");
    kubeconfig(&shop, &[("user", files(plane))])?;
    until("the new credentials are taken", || Ok(value(&shop)? == "1"))?;

    // Credentials with an end are renewed, and that an older one is refused is no failure.
    kubeconfig(&shop, &[("user", helper(&shop, &certificate(plane, 12)))])?;
    drop(agent);
    let agent = Agent::start(&shop, &[])?;
    until("the helper is asked again", || Ok(runs(&shop) > 2))?;
    commit(&shop, "2")?;
    until("the next commit is applied", || Ok(value(&shop)? == "2"))?;
    ensure!(agent.rounds("credentials-anew", "unreachable")? == 0, "{}", agent.log()?);
    Ok(())
}

#[test]
fn another_current_context_leads_nobody_elsewhere() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-context", "")?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    agents::application(&shop, &shop.path().join("repo").display().to_string(), "")?;
    let hangs = helper(&shop, "sleep 600");
    let short = helper(&shop, &certificate(plane, 12));
    kubeconfig(&shop, &[("first", short.clone()), ("second", hangs.clone())])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    let agent = Agent::start(&shop, &["--patience", "2"])?;
    until("the first commit is applied", || Ok(value(&shop)? == "1"))?;
    // Somebody chooses another context in the same file.
    kubeconfig(&shop, &[("second", hangs), ("first", short)])?;
    let before = runs(&shop);
    until("the helper is asked again", || Ok(runs(&shop) > before + 1))?;
    commit(&shop, "2")?;
    until("the next commit is applied where the first was", || Ok(value(&shop)? == "2"))?;
    ensure!(agent.rounds("credentials-context", "unreachable")? == 0, "{}", agent.log()?);
    Ok(())
}

#[test]
fn an_old_way_to_log_in_that_hangs_holds_up_nobody() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "credentials-old", "")?;
    shop.file("hangs.sh", "sleep 15; touch ended\n")?;
    let script = shop.path().join("hangs.sh").display().to_string();
    let config =
        format!("{{cmd-path: /bin/sh, cmd-args: {script}, token-key: '{{.token}}', expiry-key: '{{.until}}'}}");
    kubeconfig(&shop, &[("old", format!("{{auth-provider: {{name: gcp, config: {config}}}}}"))])?;
    shop.kubeconfig = shop.path().join("kubeconfig");
    shop.config("one", "1")?;
    // What it says goes to a file: what the helper leaves behind would hold a pipe open.
    let said = std::fs::File::create(shop.path().join("said"))?;
    let status = shop.command(&["plan", "--patience", "1"]).stdout(Stdio::null()).stderr(said).status()?;
    let said = std::fs::read_to_string(shop.path().join("said"))?;
    ensure!(status.code() == Some(3) && said.contains("cannot be had within 1 s"), "{status}: {said}");
    ensure!(!shop.path().join("ended").exists(), "it waited for the helper");
    Ok(())
}

#[test]
fn a_broken_kubeconfig_leads_to_no_other_cluster() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "credentials-broken", "")?;
    shop.config("one", "1")?;
    kubeconfig(&shop, &[("one", files(plane))])?;
    let whole = std::fs::read_to_string(shop.path().join("kubeconfig"))?;
    let plan = || -> Result<String> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(["plan", "app.yaml"]).current_dir(shop.path()).env("HOME", shop.path());
        // As in a pod, whose account would be tried.
        command.env("KUBERNETES_SERVICE_HOST", "127.0.0.1").env("KUBERNETES_SERVICE_PORT", "1");
        let output = command.env("KUBECONFIG", shop.path().join("kubeconfig")).output()?;
        let said = spoken(&output);
        ensure!(output.status.code() == Some(2) && said.contains("cannot tell which cluster to speak to"), "{said}");
        Ok(said)
    };
    let dangling = whole.replace("current-context: one", "current-context: nowhere");
    for broken in [&whole[..whole.len() / 2], &dangling, "", "apiVersion: v1\nkind: Config\n"] {
        shop.file("kubeconfig", broken)?;
        let said = plan()?;
        ensure!(!said.contains("no pod of a cluster"), "the account of a pod was looked for: {said}");
    }
    std::fs::remove_file(shop.path().join("kubeconfig"))?;
    let said = plan()?;
    ensure!(!said.contains("no pod of a cluster"), "the account of a pod was looked for: {said}");
    Ok(())
}
