//! The cache on disk: it is used, it is not trusted, and nothing depends on it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stage::{guest, host};

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Loads the hostile plugin with a host of its own and proves that it works.
fn loads(folder: &Path) {
    let host = host(Some(folder.to_owned()));
    assert_eq!(host.notes(), [""; 0]);
    let plugin = host.load(&guest("hostile")).unwrap();
    assert_eq!((plugin.description().name.as_str(), plugin.description().rules.len()), ("hostile", 2));
    let configured = plugin.configure("{}", crate::stage::limits(), sluice_plugin::Grants::default()).unwrap();
    assert_eq!(configured.check(&crate::stage::deployments(2)).unwrap().findings.len(), 2);
}

#[test]
fn a_second_run_does_not_compile() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("a/b");
    loads(&inside);
    let [entry] = &entries(&inside)[..] else { panic!("not one entry") };
    let written = fs::metadata(entry).unwrap().modified().unwrap();
    loads(&inside);
    assert_eq!(entries(&inside), std::slice::from_ref(entry));
    assert_eq!(fs::metadata(entry).unwrap().modified().unwrap(), written);
}

#[test]
fn what_is_not_as_it_was_written_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    loads(folder.path());
    let [entry] = &entries(folder.path())[..] else { panic!("not one entry") };
    let good = fs::read(entry).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let middle = good.len() / 2;
    for bad in [Vec::new(), good[..middle].to_vec(), flipped(3), flipped(30), flipped(middle), flipped(good.len() - 1)]
    {
        fs::write(entry, &bad).unwrap();
        loads(folder.path());
        assert_eq!(fs::read(entry).unwrap().len(), good.len());
        assert_ne!(fs::read(entry).unwrap(), bad);
    }
}

#[test]
fn the_entry_of_another_component_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(Some(folder.path().to_owned()));
    host.load(&guest("twin")).unwrap();
    let twin = fs::read(&entries(folder.path())[0]).unwrap();
    fs::remove_file(&entries(folder.path())[0]).unwrap();
    loads(folder.path());
    fs::write(&entries(folder.path())[0], &twin).unwrap();
    loads(folder.path());
}

#[cfg(unix)]
#[test]
fn a_folder_or_a_file_that_others_may_write_to_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    loads(folder.path());
    let entry = entries(folder.path())[0].clone();
    let written = fs::metadata(&entry).unwrap().modified().unwrap();
    mode(&entry, 0o666);
    loads(folder.path());
    assert_ne!(fs::metadata(&entry).unwrap().modified().unwrap(), written);
    assert_eq!(fs::metadata(&entry).unwrap().permissions().mode() & 0o077, 0);

    mode(folder.path(), 0o777);
    let host = host(Some(folder.path().to_owned()));
    assert!(host.notes()[0].ends_with("belongs to somebody else, or others may write to it"), "{:?}", host.notes());
    host.load(&guest("hostile")).unwrap();
}

#[test]
fn without_a_folder_it_works_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let host = host(Some(file.join("below")));
    assert!(host.notes()[0].starts_with("compiled code is not kept"), "{:?}", host.notes());
    host.load(&guest("hostile")).unwrap();
}

#[test]
fn many_at_once_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| loads(folder.path()));
        }
    });
    assert_eq!(entries(folder.path()).len(), 1);
}
