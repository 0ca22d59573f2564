//! Compiled code on disk, so that WebAssembly is compiled once on a machine.
//!
//! An entry is native code that will be run, so it is taken only from a folder that is the user's own and that nobody
//! else can write to, under a name made of the WebAssembly's digest and everything that shaped the code, and only while a
//! checksum holds over all of it. The checksum guards against broken disks and half-written files; against people, the
//! ownership does. Whatever is not as it should be is compiled again and overwritten.
//!
//! The code comes first in the file, because the engine maps it where it lies instead of copying it: a Python plugin has
//! 60 MB of it. Behind it stand a note of whoever keeps it, the key, the lengths of these two, the checksum and the magic.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};
use xxhash_rust::xxh3::xxh3_128;

const MAGIC: &[u8; 8] = b"sluicec1";
const CHECKSUM: usize = size_of::<u128>();
const LENGTH: usize = size_of::<u32>();
/// Most bytes that are kept: what was not used for the longest time goes first.
const MOST: u64 = 1 << 30;
/// How old a file is that nobody writes to any more: its process was ended in the middle.
const ABANDONED: Duration = Duration::from_secs(60 * 60);
/// How exactly it is known when an entry was used.
const USED: Duration = Duration::from_secs(24 * 60 * 60);
/// How the name of a file begins that is being written.
const UNFINISHED: &str = ".unfinished-";

/// A folder of compiled code.
pub struct Cache {
    folder: PathBuf,
    /// Digest of what shapes the code besides the WebAssembly: version, settings, processor.
    engine: String,
}

/// What the cache has under a digest.
pub struct Entry<C> {
    /// The code, ready to be instantiated.
    pub code: C,
    /// What was kept with it.
    pub note: Vec<u8>,
}

/// Code as the engine compiles it: a component or a core module.
pub trait Code: Sized {
    /// The bytes that [`Self::load`] takes.
    ///
    /// # Errors
    /// Where the engine cannot write it down.
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// Maps compiled code that starts the file.
    ///
    /// # Safety
    /// The file holds what [`Self::serialize`] gave, and does not change as long as the code lives.
    ///
    /// # Errors
    /// Where it is code of another kind, or for another engine.
    #[expect(unsafe_code, reason = "native code is run as it lies in the file")]
    unsafe fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Self>;
}

impl Code for Component {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Component::serialize(self)
    }

    #[expect(unsafe_code, reason = "as the trait says")]
    unsafe fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Self> {
        // SAFETY: the caller's promise is the one that the engine asks for.
        unsafe { Self::deserialize_file(engine, path) }
    }
}

impl Code for Module {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Module::serialize(self)
    }

    #[expect(unsafe_code, reason = "as the trait says")]
    unsafe fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Self> {
        // SAFETY: the caller's promise is the one that the engine asks for.
        unsafe { Self::deserialize_file(engine, path) }
    }
}

/// Where compiled code is kept unless somebody says otherwise: `sluice/compiled` in the user's cache folder.
#[must_use]
pub fn default_dir() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("sluice").join("compiled"))
}

impl Cache {
    /// Opens a folder, which is made where it does not exist.
    ///
    /// # Errors
    /// Words for the log where it cannot be used.
    pub fn open(folder: &Path, engine: &Engine) -> Result<Self, String> {
        let unusable = |why: &str| format!("compiled code is not kept: `{}` {why}", folder.display());
        if !folder.is_dir() {
            make(folder).map_err(|error| unusable(&format!("cannot be made: {error}")))?;
        }
        let metadata = fs::metadata(folder).map_err(|error| unusable(&format!("cannot be read: {error}")))?;
        if !is_ours(&metadata) {
            return Err(unusable("belongs to somebody else, or others may write to it"));
        }
        Ok(Self { folder: folder.to_owned(), engine: fingerprint(engine) })
    }

    fn key(&self, digest: &str) -> String {
        format!("{}-{}", digest.trim_start_matches("sha256:"), self.engine)
    }

    /// The entry under a digest; none where there is none that can be trusted.
    #[must_use]
    pub fn get<C: Code>(&self, engine: &Engine, digest: &str) -> Option<Entry<C>> {
        let key = self.key(digest);
        let path = self.folder.join(&key);
        let note = note(&map(&path)?, key.as_bytes())?.to_vec();
        used(&path);
        #[expect(unsafe_code, reason = "the one way to load compiled code; see below for why this is some")]
        // SAFETY: the file is what `write` wrote: it stands in a folder, and is itself a file, that only this user can
        // write to, under the key of this digest and this engine, and the checksum over it held a moment ago. Files
        // here are never changed in place, only replaced. A user who means to run other code as himself has no need of
        // this file.
        let code = unsafe { C::load(engine, &path) }.ok()?;
        Some(Entry { code, note })
    }

    /// Keeps compiled code and a note. Where that fails, it is compiled again next time, which costs time and nothing
    /// else.
    pub fn put<C: Code>(&self, digest: &str, code: &C, note: &[u8]) {
        let _ = self.write(digest, code, note);
    }

    fn write<C: Code>(&self, digest: &str, code: &C, note: &[u8]) -> Option<()> {
        let key = self.key(digest);
        let mut content = code.serialize().ok()?;
        content.extend_from_slice(note);
        content.extend_from_slice(key.as_bytes());
        content.extend_from_slice(&u32::try_from(note.len()).ok()?.to_le_bytes());
        content.extend_from_slice(&u32::try_from(key.len()).ok()?.to_le_bytes());
        let checksum = xxh3_128(&content);
        content.extend_from_slice(&checksum.to_le_bytes());
        content.extend_from_slice(MAGIC);
        // Other processes see the old file or the new one, never half of it.
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder).ok()?;
        file.write_all(&content).ok()?;
        file.persist(self.folder.join(&key)).ok()?;
        let _ = trim(&self.folder, &key, MOST);
        Some(())
    }
}

/// Notes that an entry was used, at most once a day. Where that fails it may go sooner, and is compiled again.
fn used(path: &Path) {
    let now = SystemTime::now();
    let Ok(file) = File::open(path) else { return };
    let noted = file.metadata().and_then(|metadata| metadata.modified());
    if noted.is_ok_and(|noted| now.duration_since(noted).is_ok_and(|age| age > USED)) {
        let _ = file.set_modified(now);
    }
}

/// Removes what was abandoned, and the entries that were not used for the longest time, until no more than so many bytes are
/// left; the entry `new` stays. Who has mapped an entry keeps it.
fn trim(folder: &Path, new: &str, most: u64) -> std::io::Result<()> {
    let now = SystemTime::now();
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // Another process may be faster.
        let Ok(metadata) = entry.metadata() else { continue };
        let modified = metadata.modified()?;
        let is_unfinished = name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes());
        if is_unfinished && now.duration_since(modified).is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        } else if metadata.is_file() && !is_unfinished && name != new && name.to_str().is_some_and(is_key) {
            entries.push((modified, metadata.len(), entry.path()));
        }
    }
    entries.sort();
    let kept = fs::metadata(folder.join(new)).map_or(0, |metadata| metadata.len());
    let mut total = entries.iter().map(|(_, size, _)| size).sum::<u64>().saturating_add(kept);
    for (_, size, path) in entries {
        if total <= most {
            break;
        }
        let _ = fs::remove_file(path);
        total = total.saturating_sub(size);
    }
    Ok(())
}

/// Whether a name is that of an entry: two digests.
fn is_key(name: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split_once('-')
        .is_some_and(|(wasm, engine)| wasm.len() == 64 && engine.len() == 32 && is_hex(wasm) && is_hex(engine))
}

/// The note in an entry that is whole and has this key.
fn note<'e>(entry: &'e [u8], key: &[u8]) -> Option<&'e [u8]> {
    let rest = entry.strip_suffix(MAGIC)?;
    let (content, checksum) = rest.split_at_checked(rest.len().checked_sub(CHECKSUM)?)?;
    if xxh3_128(content).to_le_bytes() != checksum {
        return None;
    }
    let (rest, key_length) = length(content)?;
    let (rest, note_length) = length(rest)?;
    let (rest, found) = rest.split_at_checked(rest.len().checked_sub(key_length)?)?;
    let (_, note) = rest.split_at_checked(rest.len().checked_sub(note_length)?)?;
    (found == key).then_some(note)
}

/// What stands before a length, and the length.
fn length(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (rest, length) = bytes.split_last_chunk::<LENGTH>()?;
    Some((rest, u32::from_le_bytes(*length) as usize))
}

/// The content of a file, if the file is ours.
fn map(path: &Path) -> Option<memmap2::Mmap> {
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || !is_ours(&metadata) {
        return None;
    }
    #[expect(unsafe_code, reason = "reading 60 MB into memory first would be felt at each start")]
    // SAFETY: only this user can write to the file, and this program replaces files here instead of changing them.
    unsafe { memmap2::Mmap::map(&file) }.ok()
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Whether it belongs to the user who runs this, and nobody else may write to it.
#[cfg(unix)]
fn is_ours(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    #[expect(unsafe_code, reason = "the standard library does not say who runs the program")]
    // SAFETY: `geteuid` takes nothing, changes nothing and cannot fail.
    let user = unsafe { libc::geteuid() };
    metadata.uid() == user && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

/// `sha256:` and the digest of bytes, as entries are named by.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(bytes)))
}

/// Everything besides the WebAssembly that shapes its code: the engine's version and settings, and the processor.
fn fingerprint(engine: &Engine) -> String {
    let mut hasher = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = hasher.0.finalize();
    HEXLOWER.encode(digest.get(..16).unwrap_or(&digest))
}

/// Feeds `Hash` into SHA-256, whose result is the same in every process.
struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> String {
        format!("{number:064x}-{:032x}", 7)
    }

    fn file(folder: &Path, name: &str, size: usize, age: u64) {
        let path = folder.join(name);
        fs::write(&path, vec![0; size]).unwrap();
        let time = SystemTime::now() - Duration::from_secs(age);
        File::open(&path).unwrap().set_modified(time).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        // The newest is larger than all that may stay, and stays.
        for (number, size, age) in [(1, 10, 50), (2, 10, 400), (3, 10, 300), (4, 10, 0)] {
            file(folder, &key(number), size, age);
        }
        file(folder, "somebody's", 100, 9_000);
        file(folder, ".unfinished-new", 100, 10);
        file(folder, ".unfinished-old", 100, 9_000);
        trim(folder, &key(4), 1_000).unwrap();
        assert_eq!(names(folder), [".unfinished-new", &key(1), &key(2), &key(3), &key(4), "somebody's"]);
        trim(folder, &key(4), 25).unwrap();
        assert_eq!(names(folder), [".unfinished-new", &key(1), &key(4), "somebody's"]);
        trim(folder, &key(4), 5).unwrap();
        assert_eq!(names(folder), [".unfinished-new", &key(4), "somebody's"]);
    }

    #[test]
    fn use_is_noted_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let age = |name: &str| {
            let modified = fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
            SystemTime::now().duration_since(modified).unwrap_or_default().as_secs()
        };
        file(folder.path(), "today", 1, 20_000);
        file(folder.path(), "long-ago", 1, 2_000_000);
        used(&folder.path().join("today"));
        used(&folder.path().join("long-ago"));
        assert!(age("today") >= 20_000 && age("long-ago") < 20_000);
    }
}
