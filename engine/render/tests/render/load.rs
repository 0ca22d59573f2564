//! Guests as the program finds them: missing, damaged, compiled once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_render::{Guest, Limits, LoadError, Method, Origins, RenderError, Renderers, RenderersOptions};

use crate::stage::{options, tree};

fn with(guest: Option<Vec<u8>>) -> RenderError {
    let guests = move |_: &str| Some(Guest { compressed: guest.clone()?.into(), digest: None });
    let options = RenderersOptions { cache: None, guests: Box::new(guests), ..options(Limits::default()) };
    Renderers::new(options).unwrap().render(tree(&[("a", "")]), "", &Method::Kustomize, Origins::None).unwrap_err()
}

/// A guest that does what this core code does.
fn guest(code: &str) -> Vec<u8> {
    zstd::encode_all(&*wat::parse_str(format!("(module {code})")).unwrap(), 0).unwrap()
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const ALLOC: &str = r#"(func (export "alloc") (param i32) (result i32) i32.const 0)"#;

#[test]
fn what_is_no_guest() {
    for (bytes, words) in [
        (None, "it is missing"),
        (Some(b"nothing".to_vec()), "it is damaged"),
        (Some(zstd::encode_all(&b"text"[..], 0).unwrap()), "magic"),
        (Some(guest(r#"(import "env" "f" (func))"#)), "unknown import"),
    ] {
        let error = with(bytes);
        let RenderError::Load(LoadError::Renderer { renderer: "kustomize", message }) = &error else {
            panic!("{error:?}")
        };
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn guests_that_misbehave() {
    let call = |body: &str| guest(&format!(r#"{MEMORY} {ALLOC} (func (export "call") (result i64) {body})"#));
    for (guest, words) in [
        (guest(MEMORY), "crashed on `.`: failed to find function export `alloc`"),
        (call("unreachable"), "crashed on `.`: wasm trap: wasm `unreachable` instruction executed"),
        (call("i64.const 0x7fff_ffff_0000_0010"), "crashed on `.`: its answer lies outside of its memory"),
        (call("i64.const 0x0000_0000_0000_0001"), "the output of `.` cannot be used: the answer ends too early"),
        (call("i64.const 0x0000_0000_7fff_ffff"), "takes more than 64 MiB of output"),
        (guest(&format!(r#"(memory (export "memory") 20000) {ALLOC}"#)), "takes more than 1024 MiB of memory"),
        (guest(&format!(r#"{MEMORY} (table 2000000 funcref) {ALLOC}"#)), "exhausted its tables"),
    ] {
        let error = with(Some(guest)).to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// What a module is told when it calls what is not there.
#[test]
fn a_guest_can_write_nothing_and_do_nothing_new() {
    let import = |name: &str, result: u32| {
        let code = format!(
            r#"(import "wasi_snapshot_preview1" "{name}" (func $f (param i32 i32 i32) (result i32)))
               {MEMORY} {ALLOC} (func (export "call") (result i64)
               (if (i32.ne (call $f (i32.const 3) (i32.const 0) (i32.const 0)) (i32.const {result})) (then unreachable))
               (i64.const 0x80000000))"#
        );
        with(Some(guest(&code))).to_string()
    };
    for (name, errno) in [("path_create_directory", 69), ("path_unlink_file", 69), ("fd_something_new", 52)] {
        assert_eq!(import(name, errno), "kustomize: ", "{name}");
    }
}

#[test]
fn a_guest_is_compiled_once_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = Arc::new(AtomicUsize::new(0));
    let code = guest(&format!(r#"{MEMORY} {ALLOC} (func (export "call") (result i64) unreachable)"#));
    let renders = || {
        let (counter, code) = (Arc::clone(&compiled), code.clone());
        let options = RenderersOptions {
            cache: Some(folder.path().join("cache")),
            guests: Box::new(move |_| Some(Guest { compressed: code.clone().into(), digest: None })),
            on_compile: Box::new(move |name| {
                assert_eq!(name, "kustomize");
                counter.fetch_add(1, Ordering::Relaxed);
            }),
            ..options(Limits::default())
        };
        let renderers = Renderers::new(options).unwrap();
        for _ in 0..2 {
            let error = renderers.render(tree(&[("a", "")]), "", &Method::Kustomize, Origins::None).unwrap_err();
            assert!(matches!(error, RenderError::Crashed { .. }), "{error:?}");
        }
    };
    renders();
    renders();
    assert_eq!(compiled.load(Ordering::Relaxed), 1);
}
