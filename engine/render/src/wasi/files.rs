//! The files of a checkout as a guest sees them: one open folder, the root, and whatever it opens below. Everything has
//! the date 0, a number made of its path, and can be read and not written to.

use wasmtime::{Caller, Linker};
use xxhash_rust::xxh3::xxh3_64;

use super::descriptors::{Open, ROOT};
use super::errno::Errno;
use super::view::View;
use super::{CHECKOUT, MODULE, answer};
use crate::files::{Kind, Stat, join, normal};
use crate::state::State;

/// Types of files.
const CHARACTERS: u8 = 2;
const FOLDER: u8 = 3;
const FILE: u8 = 4;
const LINK: u8 = 7;
/// Lengths of structures.
const DIRENT: usize = 24;
const FDSTAT: u32 = 24;
const FILESTAT: u32 = 64;
/// The flag of look-ups that wants links followed.
const FOLLOW: u32 = 1;
/// Flags of `path_open`.
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const TRUNCATE: u32 = 8;
/// The right to write.
const WRITE: u64 = 1 << 6;
/// The folder of a path that no open folder leads to.
const NOWHERE: u32 = u32::MAX;
/// Longest path, which also ends the way of whoever follows a loop of links.
const LONGEST_PATH: usize = 1024;

type Answer = Result<(), Errno>;

/// Defines the functions that read files and folders.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(MODULE, "fd_prestat_get", |mut c: C<'_>, fd: u32, out: u32| {
        answer(&mut c, |view| prestat(view, fd, out))
    })?;
    linker.func_wrap(MODULE, "fd_prestat_dir_name", |mut c: C<'_>, fd: u32, out: u32, length: u32| {
        answer(&mut c, |view| match (fd, length) {
            (ROOT, length) if length as usize >= CHECKOUT.len() => view.put(out, CHECKOUT.as_bytes()),
            (ROOT, _) => Err(Errno::NameTooLong),
            _ => Err(Errno::BadDescriptor),
        })
    })?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |mut c: C<'_>, fd: u32, out: u32| {
        answer(&mut c, |view| fdstat(view, fd, out))
    })?;
    // To wait or not to wait is all that can be set, and nothing here waits.
    linker.func_wrap(MODULE, "fd_fdstat_set_flags", |mut c: C<'_>, fd: u32, _: u32| {
        answer(&mut c, |view| view.state.open.get(fd).map(drop))
    })?;
    linker.func_wrap(MODULE, "fd_advise", |_: u32, _: u64, _: u64, _: u32| 0)?;
    linker.func_wrap(MODULE, "fd_close", |mut c: C<'_>, fd: u32| answer(&mut c, |view| view.state.open.close(fd)))?;
    linker.func_wrap(MODULE, "fd_filestat_get", |mut c: C<'_>, fd: u32, out: u32| {
        answer(&mut c, |view| match view.state.open.get(fd)?.path().map(str::to_owned) {
            Some(path) => filestat(view, &path, out),
            None => put_filestat(view, out, CHARACTERS, 0, ""),
        })
    })?;
    linker.func_wrap(
        MODULE,
        "path_filestat_get",
        |mut c: C<'_>, fd: u32, flags: u32, path: u32, length: u32, out: u32| {
            answer(&mut c, |view| {
                let path = resolve(view, fd, path, length)?;
                match if flags & FOLLOW == 0 { view.state.link(&path)? } else { None } {
                    Some(text) => put_filestat(view, out, LINK, text.len() as u64, &path),
                    None => filestat(view, &path, out),
                }
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "path_readlink",
        |mut c: C<'_>, fd: u32, path: u32, length: u32, out: u32, room: u32, used: u32| {
            answer(&mut c, |view| {
                let path = resolve(view, fd, path, length)?;
                let Some(text) = view.state.link(&path)? else {
                    return view.state.stat(&path).and(Err(Errno::Invalid));
                };
                // A text that is longer than the room for it is cut, as everywhere.
                let text = text.as_bytes().get(..room as usize).unwrap_or(text.as_bytes());
                view.put(out, text)?;
                view.put_u32(used, text.len() as u32)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "path_open",
        |mut c: C<'_>, fd: u32, _: u32, path: u32, length: u32, flags: u32, rights: u64, _: u64, _: u32, out: u32| {
            answer(&mut c, |view| {
                let path = resolve(view, fd, path, length)?;
                let number = open(view, path, flags, rights)?;
                view.put_u32(out, number)
            })
        },
    )?;
    linker.func_wrap(MODULE, "fd_read", |mut c: C<'_>, fd: u32, list: u32, count: u32, out: u32| {
        answer(&mut c, |view| read(view, fd, list, count, None, out))
    })?;
    linker.func_wrap(MODULE, "fd_pread", |mut c: C<'_>, fd: u32, list: u32, count: u32, at: u64, out: u32| {
        answer(&mut c, |view| read(view, fd, list, count, Some(at), out))
    })?;
    linker.func_wrap(MODULE, "fd_seek", |mut c: C<'_>, fd: u32, offset: i64, whence: u32, out: u32| {
        answer(&mut c, |view| seek(view, fd, offset, whence, out))
    })?;
    linker.func_wrap(MODULE, "fd_tell", |mut c: C<'_>, fd: u32, out: u32| {
        answer(&mut c, |view| seek(view, fd, 0, 1, out))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_readdir",
        |mut c: C<'_>, fd: u32, out: u32, length: u32, cookie: u64, used: u32| {
            answer(&mut c, |view| readdir(view, fd, out, length, cookie, used))
        },
    )?;
    linker.func_wrap(MODULE, "fd_write", |mut c: C<'_>, fd: u32, list: u32, count: u32, out: u32| {
        answer(&mut c, |view| write(view, fd, list, count, out))
    })?;
    Ok(())
}

/// The path that a guest means, from the root. There is nothing outside of it.
fn resolve(view: &mut View<'_>, fd: u32, path: u32, length: u32) -> Result<String, Errno> {
    if fd == NOWHERE {
        return Err(Errno::Missing);
    }
    let base = match view.state.open.get(fd)? {
        Open::Folder { path, .. } => path.clone(),
        Open::File { .. } | Open::Input | Open::Output => return Err(Errno::NotFolder),
    };
    let path = view.text(path, length)?;
    if path.contains('\0') {
        return Err(Errno::Invalid);
    }
    if path.starts_with('/') {
        return Err(Errno::NotCapable);
    }
    let path = normal(&join(&base, path)).ok_or(Errno::NotCapable)?;
    if path.len() > LONGEST_PATH {
        view.state.endless.get_or_insert(path);
        return Err(Errno::NameTooLong);
    }
    Ok(path)
}

fn prestat(view: &mut View<'_>, fd: u32, out: u32) -> Answer {
    if fd != ROOT {
        return Err(Errno::BadDescriptor);
    }
    // A folder, and the length of its name.
    view.put_u64(out, (CHECKOUT.len() as u64) << 32)
}

fn fdstat(view: &mut View<'_>, fd: u32, out: u32) -> Answer {
    let kind = match view.state.open.get(fd)? {
        Open::File { .. } => FILE,
        Open::Folder { .. } => FOLDER,
        Open::Input | Open::Output => CHARACTERS,
    };
    view.bytes_mut(out, FDSTAT)?.fill(0xff);
    view.put_u64(out, kind.into())
}

fn filestat(view: &mut View<'_>, path: &str, out: u32) -> Answer {
    match view.state.stat(path)? {
        Stat::File { size } => put_filestat(view, out, FILE, size, path),
        Stat::Folder => put_filestat(view, out, FOLDER, 0, path),
    }
}

fn put_filestat(view: &mut View<'_>, out: u32, kind: u8, size: u64, path: &str) -> Answer {
    let bytes = view.bytes_mut(out, FILESTAT)?;
    bytes.fill(0);
    // Device, number, type, links, size, three dates: eight bytes each.
    let fields = [1, number(path), kind.into(), 1, size];
    for (field, value) in bytes.chunks_exact_mut(8).zip(fields) {
        field.copy_from_slice(&value.to_le_bytes());
    }
    Ok(())
}

/// A number that stands for a path; never 0, which would mean that there is none.
fn number(path: &str) -> u64 {
    xxh3_64(path.as_bytes()) | 1
}

fn open(view: &mut View<'_>, path: String, flags: u32, rights: u64) -> Result<u32, Errno> {
    let found = view.state.stat(&path);
    if flags & (CREATE | TRUNCATE) != 0 {
        return Err(Errno::ReadOnly);
    }
    match found? {
        Stat::File { .. } if flags & DIRECTORY != 0 => Err(Errno::NotFolder),
        Stat::File { .. } if rights & WRITE != 0 => Err(Errno::ReadOnly),
        Stat::File { .. } => view.state.open.open(Open::File { path, content: None, at: 0 }),
        Stat::Folder => view.state.open.open(Open::Folder { path, entries: None }),
    }
}

fn read(view: &mut View<'_>, fd: u32, list: u32, count: u32, from: Option<u64>, out: u32) -> Answer {
    let buffers = view.buffers(list, count)?;
    let (content, start) = match view.state.content(fd)? {
        Some((content, at)) => (content, from.unwrap_or(at)),
        None => return view.put_u32(out, 0),
    };
    let mut at = start;
    for buffer in buffers {
        let rest = usize::try_from(at).ok().and_then(|at| content.get(at..)).unwrap_or_default();
        let length = (rest.len()).min(buffer.length as usize);
        let Some(piece) = rest.get(..length).filter(|piece| !piece.is_empty()) else { continue };
        view.put(buffer.address, piece)?;
        at += length as u64;
    }
    if from.is_none()
        && let Open::File { at: position, .. } = view.state.open.get(fd)?
    {
        *position = at;
    }
    view.put_u32(out, u32::try_from(at - start).map_err(|_| Errno::Invalid)?)
}

fn seek(view: &mut View<'_>, fd: u32, offset: i64, whence: u32, out: u32) -> Answer {
    let Some((content, now)) = view.state.content(fd)? else { return Err(Errno::NoSeek) };
    let base = match whence {
        0 => 0,
        1 => now,
        2 => content.len() as u64,
        _ => return Err(Errno::Invalid),
    };
    let to = base.checked_add_signed(offset).ok_or(Errno::Invalid)?;
    if let Open::File { at, .. } = view.state.open.get(fd)? {
        *at = to;
    }
    view.put_u64(out, to)
}

/// Writes as many entries as fit, the last one perhaps cut, from the one that the cookie names: its index.
fn readdir(view: &mut View<'_>, fd: u32, out: u32, length: u32, cookie: u64, used: u32) -> Answer {
    let (path, entries) = view.state.entries(fd)?;
    let room = length as usize;
    let mut bytes = Vec::with_capacity(room.min(1 << 16));
    let skipped = usize::try_from(cookie).map_err(|_| Errno::Invalid)?;
    for (index, (name, kind)) in entries.iter().enumerate().skip(skipped) {
        if bytes.len() >= room {
            break;
        }
        let mut head = [0; DIRENT];
        let kind = match kind {
            Kind::File => FILE,
            Kind::Folder => FOLDER,
        };
        let fields = [index as u64 + 1, number(&join(&path, name)), name.len() as u64 | u64::from(kind) << 32];
        for (field, value) in head.chunks_exact_mut(8).zip(fields) {
            field.copy_from_slice(&value.to_le_bytes());
        }
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(name.as_bytes());
    }
    bytes.truncate(room);
    view.put(out, &bytes)?;
    view.put_u32(used, u32::try_from(bytes.len()).map_err(|_| Errno::Invalid)?)
}

fn write(view: &mut View<'_>, fd: u32, list: u32, count: u32, out: u32) -> Answer {
    match view.state.open.get(fd)? {
        Open::Output => {}
        Open::Input | Open::File { .. } | Open::Folder { .. } => return Err(Errno::ReadOnly),
    }
    let mut written = 0u32;
    for buffer in view.buffers(list, count)? {
        let start = buffer.address as usize;
        let bytes = view.memory.get(start..start.saturating_add(buffer.length as usize)).ok_or(Errno::Fault)?;
        view.state.log.write(bytes);
        written = written.saturating_add(buffer.length);
    }
    view.put_u32(out, written)
}
