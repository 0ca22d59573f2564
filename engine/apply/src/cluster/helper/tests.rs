//! What a helper is asked, and what of its answers is taken or told.

use std::collections::HashMap;
use std::time::Instant;

use super::*;

const VERSION: &str = "client.authentication.k8s.io/v1";

/// Asks a shell script, which may not speak to a person.
async fn asked(script: &str, patience: u64) -> Result<Credentials, String> {
    let exec = ExecConfig {
        api_version: Some(String::from(VERSION)),
        command: Some(String::from("sh")),
        args: Some(vec![String::from("-c"), script.to_owned()]),
        env: Some(vec![HashMap::from([("name".into(), "COLOR".into()), ("value".into(), "blue".into())])]),
        interactive_mode: Some(ExecInteractiveMode::Never),
        ..ExecConfig::default()
    };
    ask(&exec, Duration::from_secs(patience)).await
}

fn printing(status: &str) -> String {
    format!(r#"printf '%s' '{{"apiVersion":"{VERSION}","kind":"ExecCredential","status":{status}}}'"#)
}

async fn refused(script: &str) -> String {
    match asked(script, 30).await {
        Ok(_) => String::from("credentials"),
        Err(error) => error.strip_prefix("the credential helper `sh` ").unwrap_or(&error).to_owned(),
    }
}

#[tokio::test]
async fn a_token_and_a_pair_are_read() {
    let status = r#"{"token":"t","expirationTimestamp":"2030-01-01T00:00:00Z"}"#;
    let found = asked(&printing(status), 30).await.unwrap();
    assert_eq!(found.token.as_deref(), Some("t"));
    assert_eq!(found.until, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    let status = r#"{"clientCertificateData":"c","clientKeyData":"k"}"#;
    let found = asked(&printing(status), 30).await.unwrap();
    assert_eq!((found.token, found.pair, found.until), (None, Some(("c".into(), "k".into())), None));
}

#[tokio::test]
async fn a_helper_knows_what_it_is_asked() {
    let script = format!(
        r#"test "$COLOR" = blue || exit 3
        case "$KUBERNETES_EXEC_INFO" in *'"apiVersion":"{VERSION}","kind":"ExecCredential","spec":{{"interactive":false'*) ;;
        *) exit 4 ;; esac
        read line && exit 5
        {}"#,
        printing(r#"{"token":"t"}"#)
    );
    asked(&script, 30).await.unwrap();
}

#[tokio::test]
async fn what_is_no_credential_is_told_without_what_was_printed() {
    let other = printing(r#"{"token":"s3cret"}"#).replace("/v1\"", "/v1beta1\"");
    for (script, words) in [
        ("echo s3cret", "printed no ExecCredential as JSON"),
        (r#"echo '{"kind":"s3cret"}'"#, "printed no ExecCredential"),
        (&other, "printed another version of ExecCredential"),
        (&printing("null"), "printed an ExecCredential without a `status`"),
        (&printing("{}"), "printed neither a token nor a certificate"),
        (&printing(r#"{"token":""}"#), "printed neither a token nor a certificate"),
        (&printing(r#"{"clientKeyData":"s3cret"}"#), "printed one of `clientCertificateData`"),
        (&printing(r#"{"token":"s3cret","expirationTimestamp":"soon"}"#), "printed an `expirationTimestamp` that is"),
    ] {
        let told = refused(script).await;
        assert!(told.starts_with(words) && !told.contains("s3cret"), "{script}: {told}");
    }
}

#[tokio::test]
async fn the_last_words_of_one_that_fails_are_told() {
    let told = refused("echo s3cret; echo first >&2; printf 'session is \\033[31mover\\n\\n' >&2; exit 7").await;
    assert_eq!(told, "failed (exit status: 7): session is  [31mover");
    assert_eq!(refused("exit 1").await, "failed (exit status: 1)");
}

#[tokio::test]
async fn one_that_is_not_there_is_told_with_the_hint() {
    let exec = ExecConfig {
        api_version: Some(String::from(VERSION)),
        command: Some(String::from("/nowhere/helper")),
        install_hint: Some(String::from("install it")),
        ..ExecConfig::default()
    };
    let told = ask(&exec, Duration::from_secs(30)).await.err().unwrap();
    assert!(told.starts_with("the credential helper `/nowhere/helper` cannot be run: "), "{told}");
    assert!(told.ends_with("; install it"), "{told}");
}

/// A process of that number, unless it is dead and only not yet waited for.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_all_that_it_has_started() {
    let folder = std::env::temp_dir().join(format!("sluice-helper-{}", std::process::id()));
    let script = format!("echo $$ >{0}; sleep 600 & echo $! >>{0}; wait", folder.display());
    let told = asked(&script, 1).await.err().unwrap();
    assert_eq!(told, "the credential helper `sh` has not ended within 1 s");
    let pids = std::fs::read_to_string(&folder).unwrap();
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(pids.lines().count(), 2, "{pids}");
    let started = Instant::now();
    while pids.lines().any(lives) && started.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!pids.lines().any(lives), "{pids}");
}

#[tokio::test]
async fn what_it_leaves_behind_may_go_on_and_say_what_it_likes() {
    let file = std::env::temp_dir().join(format!("sluice-helper-left-{}", std::process::id()));
    let script = format!("sleep 600 >/dev/null & echo $! >{}; {}", file.display(), printing(r#"{"token":"t"}"#));
    let found = asked(&script, 5).await.map(|found| found.token);
    let pid = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let left = lives(pid.trim());
    let _ = std::process::Command::new("kill").arg(pid.trim()).status();
    assert_eq!(found, Ok(Some(String::from("t"))));
    assert!(left, "it was ended");
    // What it says of its failure is heard all the same.
    let told = refused("sleep 3 >/dev/null & echo the session is over >&2; exit 7").await;
    assert_eq!(told, "failed (exit status: 7): the session is over");
}

#[tokio::test]
async fn what_is_printed_without_end_is_not_kept() {
    let told = refused("head -c 5000000 /dev/zero").await;
    assert_eq!(told, "printed no ExecCredential as JSON");
}
