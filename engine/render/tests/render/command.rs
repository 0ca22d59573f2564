//! Renderers by command: in a private copy, with nothing but the `PATH`, within limits.

use std::time::{Duration, Instant};

use sluice_render::{Command, Limits, Method, Origins, RenderError, Rendered};

use crate::stage::{RENDERERS, renderers, tree};

const FILES: [(&str, &str); 3] = [("app/a.yaml", "a: b\n"), ("app/deep/b.yaml", "c: d\n"), ("other/c.yaml", "")];

fn sh(script: &str) -> Command {
    Command::new("sh", vec!["-c".to_owned(), script.to_owned()])
}

fn run(command: Command) -> Result<Rendered, RenderError> {
    RENDERERS.render(tree(&FILES), "app", &Method::Command(command), Origins::None)
}

#[test]
fn it_sees_a_copy_of_its_folder_and_no_environment() {
    let rendered = run(sh("find . -type f | sort; env | cut -d= -f1 | sort; cat a.yaml; echo told >&2")).unwrap();
    let lines: Vec<&str> =
        rendered.text.lines().filter(|line| !["_", "PWD", "SHLVL", "OLDPWD"].contains(line)).collect();
    assert_eq!(lines, ["./a.yaml", "./deep/b.yaml", "PATH", "a: b"]);
    assert_eq!(rendered.warnings, ["told"]);
    // What it writes is gone with the copy.
    run(sh("echo x: y > a.yaml; cat a.yaml")).unwrap();
    assert_eq!(run(sh("cat a.yaml")).unwrap().text, "a: b\n");
}

#[test]
fn it_fails_in_its_own_words() {
    let error = run(sh("echo part: of-it; echo 'no such chart' >&2; exit 3")).unwrap_err();
    assert_eq!(error.to_string(), "sh: ended with exit status: 3 on `app`: no such chart");
    let error = run(sh("kill -9 $$")).unwrap_err();
    assert_eq!(error.to_string(), "sh: ended with signal: 9 (SIGKILL) on `app`");
    let error = run(Command::new("no-such-program", Vec::new())).unwrap_err();
    assert!(matches!(error, RenderError::Start { .. }), "{error:?}");
}

#[test]
fn success_without_output_is_an_error() {
    for script in ["true", "echo; echo '# nothing'; echo ---"] {
        let error = run(sh(script)).expect_err(script);
        assert_eq!(error, RenderError::Empty { renderer: "sh".to_owned(), path: "app".to_owned() });
    }
    let error = run(sh("printf '\\377'")).unwrap_err();
    assert!(matches!(error, RenderError::Output { .. }), "{error:?}");
}

#[test]
fn it_is_ended_with_all_its_children_when_it_takes_too_long() {
    let started = Instant::now();
    let timeout = Duration::from_millis(300);
    let error = run(Command { timeout, ..sh("sleep 100 & echo a: b; sleep 100") }).unwrap_err();
    assert_eq!(error, RenderError::TimedOut { renderer: "sh".to_owned(), path: "app".to_owned(), limit: timeout });
    assert!(started.elapsed() < 20 * timeout, "{:?}", started.elapsed());
    // A child in the background holds the pipe open, and is ended with its parent.
    assert_eq!(run(sh("sleep 100 & echo a: b")).unwrap().text, "a: b\n");
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[test]
fn output_that_has_no_end_is_an_error() {
    // In a session of its own, which it has as soon as the file is there, it is not ended with its parent.
    let left = |elsewhere: &str, code: u8| {
        let left = format!("setsid sh -c ': > left; exec sleep 30' {elsewhere} & until [ -e left ]; do :; done");
        run(sh(&format!("echo a: b; {left}; exit {code}")))
    };
    let error = left("", 0).unwrap_err();
    assert_eq!(error.to_string(), "sh: on `app`, a process that it left behind holds its output open");
    // Where it holds what errors go to, all of the output is there.
    assert_eq!(left(">/dev/null", 0).unwrap().text, "a: b\n");
    // How the program ended goes before.
    let error = left("", 3).unwrap_err();
    assert_eq!(error.to_string(), "sh: ended with exit status: 3 on `app`");
}

#[test]
fn it_may_use_so_much_and_no_more() {
    let small = renderers(Limits { output: 1 << 20, ..Limits::default() });
    let method = Method::Command(sh("yes a: b"));
    let error = small.render(tree(&FILES), "app", &method, Origins::None).unwrap_err();
    assert_eq!(error.to_string(), "sh: `app` takes more than 1 MiB of output");
    let hungry = Command { memory: 64 << 20, ..sh("x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo \"a: ${#x}\"") };
    let error = run(hungry).unwrap_err();
    assert!(matches!(error, RenderError::Failed { .. }), "{error:?}");
    let few = renderers(Limits { read: 4, ..Limits::default() });
    let error = few.render(tree(&FILES), "app", &Method::Command(sh("cat a.yaml")), Origins::None).unwrap_err();
    assert!(matches!(error, RenderError::Files(_)), "{error:?}");
}

#[test]
fn a_path_that_is_no_folder() {
    let error = RENDERERS.render(tree(&FILES), "app/a.yaml", &Method::Command(sh("true")), Origins::None).unwrap_err();
    assert_eq!(error.to_string(), "`app/a.yaml` is a file");
}
