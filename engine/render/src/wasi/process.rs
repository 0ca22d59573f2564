//! What a guest learns of the world it runs in: one argument, no environment, a clock that stands still, random numbers
//! from a fixed seed. Nothing here ever waits: whoever sleeps wakes up at once, and finds that the time has passed.

use std::time::{Duration, SystemTime};

use wasmtime::{Caller, Linker};

use super::errno::Errno;
use super::view::View;
use super::{MODULE, answer};
use crate::state::State;

/// The one argument, with the zero that ends it: a library of the guests looks at the program's name.
const ARGUMENT: &[u8] = b"renderer\0";
/// Most subscriptions in one call.
const MOST_SUBSCRIPTIONS: u32 = 4096;
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
const MONOTONIC: u32 = 1;

/// The clock of a run.
#[derive(Debug)]
pub(crate) struct Process {
    now: Duration,
    /// How long the guest has slept, as it believes.
    slept: Duration,
}

impl Process {
    pub(crate) fn new(now: SystemTime) -> Self {
        Self { now: now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(), slept: Duration::ZERO }
    }

    /// The wall clock stands still; the other one moves only while the guest sleeps, or it would sleep forever.
    fn clock(&self, id: u32) -> Duration {
        if id == MONOTONIC { Duration::from_secs(1) + self.slept } else { self.now }
    }
}

/// The guest ended itself.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it ended with exit code {0}")]
pub(crate) struct Exit(pub(crate) i32);

/// Defines the functions that have nothing to do with files.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "args_sizes_get", |mut caller: Caller<'_, State>, count: u32, size: u32| {
        answer(&mut caller, |view| {
            view.put_u32(count, 1)?;
            view.put_u32(size, ARGUMENT.len() as u32)
        })
    })?;
    linker.func_wrap(MODULE, "args_get", |mut caller: Caller<'_, State>, list: u32, text: u32| {
        answer(&mut caller, |view| {
            view.put_u32(list, text)?;
            view.put(text, ARGUMENT)
        })
    })?;
    linker.func_wrap(MODULE, "environ_sizes_get", |mut caller: Caller<'_, State>, count: u32, size: u32| {
        answer(&mut caller, |view| {
            view.put_u32(count, 0)?;
            view.put_u32(size, 0)
        })
    })?;
    linker.func_wrap(MODULE, "environ_get", |_: u32, _: u32| 0)?;
    linker.func_wrap(MODULE, "clock_res_get", |mut caller: Caller<'_, State>, _: u32, out: u32| {
        answer(&mut caller, |view| view.put_u64(out, 1))
    })?;
    linker.func_wrap(MODULE, "clock_time_get", |mut caller: Caller<'_, State>, id: u32, _: u64, out: u32| {
        answer(&mut caller, |view| view.put_u64(out, nanoseconds(view.state.process.clock(id))))
    })?;
    linker.func_wrap(MODULE, "random_get", |mut caller: Caller<'_, State>, address: u32, length: u32| {
        answer(&mut caller, |View { memory, state }| {
            let start = address as usize;
            let bytes = memory.get_mut(start..start.saturating_add(length as usize)).ok_or(Errno::Fault)?;
            state.entropy.fill(bytes);
            Ok(())
        })
    })?;
    linker.func_wrap(MODULE, "sched_yield", || 0)?;
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> wasmtime::Result<()> { Err(Exit(code).into()) })?;
    linker.func_wrap(
        MODULE,
        "poll_oneoff",
        |mut caller: Caller<'_, State>, subscriptions: u32, events: u32, count: u32, happened: u32| {
            answer(&mut caller, |view| poll(view, subscriptions, events, count, happened))
        },
    )?;
    Ok(())
}

/// Something that a guest waits for.
struct Subscription {
    user: u64,
    /// 0 for a clock, else a stream.
    kind: u8,
    /// How long until it happens.
    wait: Duration,
}

/// Lets pass the time until the first thing happens, and tells all that have happened then.
fn poll(view: &mut View<'_>, subscriptions: u32, events: u32, count: u32, happened: u32) -> Result<(), Errno> {
    if count == 0 || count > MOST_SUBSCRIPTIONS {
        return Err(Errno::Invalid);
    }
    let all = (0..count).map(|index| subscription(view, subscriptions, index)).collect::<Result<Vec<_>, _>>()?;
    let wait = all.iter().map(|subscription| subscription.wait).min().unwrap_or_default();
    view.state.process.slept = view.state.process.slept.saturating_add(wait);
    let mut told = 0;
    for Subscription { user, kind, .. } in all.iter().filter(|subscription| subscription.wait <= wait) {
        let at = events.checked_add(told * EVENT).ok_or(Errno::Fault)?;
        view.bytes_mut(at, EVENT)?.fill(0);
        view.put_u64(at, *user)?;
        view.put(at.checked_add(10).ok_or(Errno::Fault)?, &[*kind])?;
        told += 1;
    }
    view.put_u32(happened, told)
}

fn subscription(view: &View<'_>, list: u32, index: u32) -> Result<Subscription, Errno> {
    let field = |offset: u32| list.checked_add(index * SUBSCRIPTION + offset).ok_or(Errno::Fault);
    let (user, kind) = (view.u64(field(0)?)?, view.u8(field(8)?)?);
    let wait = if kind == 0 {
        let (id, time) = (view.u32(field(16)?)?, Duration::from_nanos(view.u64(field(24)?)?));
        let is_absolute = view.u8(field(40)?)? & 1 == 1;
        if is_absolute { time.saturating_sub(view.state.process.clock(id)) } else { time }
    } else {
        // Streams are always ready: input has ended, and output is taken.
        Duration::ZERO
    };
    Ok(Subscription { user, kind, wait })
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
