//! A long list in a report, written by several threads: each makes the text of every n-th block, and the blocks are put
//! together in order. The bytes are those of one thread.

use std::io;
use std::sync::mpsc::{self, Receiver};

use serde::Serialize;

/// Elements of a block.
const BLOCK: usize = 256;
/// Blocks that a thread is ahead of the writer, so that the report is never held as a whole.
const AHEAD: usize = 4;

/// A list as the last member of an object.
#[derive(Serialize)]
struct Block<'a, T> {
    list: &'a [T],
}

/// Text before the elements of a block, and after them.
const HEAD: &str = "{\n  \"list\": [";
const TAIL: &str = "\n  ]\n}";

/// Writes the elements of a list that is a member of an indented report, with the commas between them.
pub(super) fn write<'a, F, T: Serialize>(
    findings: &'a [F],
    of: fn(&'a F) -> T,
    jobs: usize,
    out: &mut dyn io::Write,
) -> io::Result<()>
where
    F: Sync,
{
    let threads = jobs.min(findings.len().div_ceil(BLOCK)).max(1);
    let mut is_first = true;
    let mut put = |text: io::Result<Vec<u8>>| -> io::Result<()> {
        let text = text?;
        if !std::mem::take(&mut is_first) {
            out.write_all(b",")?;
        }
        out.write_all(elements(&text))
    };
    std::thread::scope(|scope| {
        let spawn = |thread| {
            let (sender, receiver) = mpsc::sync_channel(AHEAD);
            std::thread::Builder::new().spawn_scoped(scope, move || {
                let mut blocks = findings.chunks(BLOCK).skip(thread).step_by(threads);
                // The writer has gone where it could not write.
                blocks.all(|block| sender.send(text_of(block, of)).is_ok())
            })?;
            Ok(receiver)
        };
        let spawned: io::Result<Vec<Receiver<io::Result<Vec<u8>>>>> =
            (0..threads).filter(|_| threads > 1).map(spawn).collect();
        // One thread needs no other, and where not all are to be had it is done without any.
        let Some(texts) = spawned.ok().filter(|_| threads > 1) else {
            return findings.chunks(BLOCK).try_for_each(|block| put(text_of(block, of)));
        };
        let lost = |_| io::Error::other("a thread that writes the report came to a sudden end");
        (0..findings.len().div_ceil(BLOCK))
            .zip(texts.iter().cycle())
            .try_for_each(|(_, texts)| put(texts.recv().map_err(lost)?))
    })
}

fn text_of<'a, F, T: Serialize>(block: &'a [F], of: fn(&'a F) -> T) -> io::Result<Vec<u8>> {
    let list: Vec<T> = block.iter().map(of).collect();
    Ok(serde_json::to_vec_pretty(&Block { list: &list })?)
}

/// The elements in the text of a block.
fn elements(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(HEAD.as_bytes()).unwrap_or(text);
    text.strip_suffix(TAIL.as_bytes()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, write};

    #[test]
    fn any_number_of_threads_writes_the_same() {
        for count in [1, BLOCK, BLOCK + 1, 5 * BLOCK + 7] {
            let list: Vec<(usize, &str)> = (0..count).map(|number| (number, "a\n\"b")).collect();
            let whole = serde_json::to_string_pretty(&serde_json::json!({ "list": list })).unwrap();
            let by = |jobs| {
                let mut out = Vec::new();
                write(&list, |one| *one, jobs, &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            for jobs in [1, 2, 3, 8] {
                assert_eq!(format!("{{\n  \"list\": [{}\n  ]\n}}", by(jobs)), whole, "{count} by {jobs}");
            }
        }
    }

    #[test]
    fn a_writer_that_fails_ends_all() {
        struct Full;
        impl std::io::Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("full"))
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let list: Vec<usize> = (0..50 * BLOCK).collect();
        assert_eq!(write(&list, |one| *one, 3, &mut Full).unwrap_err().to_string(), "full");
    }
}
