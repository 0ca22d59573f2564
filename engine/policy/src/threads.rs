//! Work on several threads. Fewer than wished for are no fault: where the system gives none, this thread does it all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Runs the same work on a number of threads, this one among them, and gathers what each gives; none for one that came to a
/// sudden end.
pub fn on_threads<R: Send>(threads: usize, work: impl Fn() -> R + Sync) -> Vec<Option<R>> {
    thread::scope(|scope| {
        // Where there is no thread to be had now, there is none for the next one either.
        let others: Vec<_> =
            (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, &work).ok()).collect();
        let mut results = vec![catch_unwind(AssertUnwindSafe(&work)).ok()];
        results.extend(others.into_iter().map(|other| other.join().ok()));
        results
    })
}

/// Works on each part on one thread, on as many of them at once as there are threads. None for what a thread that came to a
/// sudden end leaves out.
pub fn side_by_side<T: Send, R: Send>(threads: usize, parts: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<Option<R>> {
    let results: Mutex<Vec<Option<R>>> = Mutex::new(parts.iter().map(|_| None).collect());
    let threads = threads.min(parts.len());
    let parts = Mutex::new(parts.into_iter().enumerate());
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    on_threads(threads, || {
        while let Some((index, part)) = next() {
            let done = work(part);
            if let Some(place) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *place = Some(done);
            }
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{on_threads, side_by_side};

    #[test]
    fn a_thread_that_ends_suddenly_is_missing_and_the_others_are_not() {
        let count = AtomicUsize::new(0);
        let one_dies = || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            assert!(number != 1, "on purpose");
            number
        };
        let mut results = on_threads(3, one_dies);
        results.sort_unstable();
        assert_eq!(results, [None, Some(0), Some(2)]);
        assert_eq!(on_threads(1, || -> usize { panic!("on purpose") }), [None], "this thread lives on");
        assert_eq!(side_by_side(4, vec![1, 2, 3], |part| part * 2), [Some(2), Some(4), Some(6)]);
    }
}
