//! The empty, deterministic WASI 0.2 for components that import it: no files, no environment, no network, a clock that
//! stands still, random numbers from a fixed seed, and streams that end in the log. Nothing of it exists until a plugin
//! asks for it.
//!
//! Nothing here ever waits: with the clock stopped and nothing outside to hear from, whatever a plugin could wait for has
//! happened already. The calls that would block are therefore answered here, and no asynchronous runtime is started.

use std::time::{Duration, SystemTime};

use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sync::io::streams::StreamError as Refusal;
use wasmtime_wasi::p2::{self, DynInputStream, DynOutputStream, DynPollable};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, I32Exit, ResourceTable, WasiCtx, WasiCtxView, WasiView};

use crate::log::MOST_BYTES;
use crate::state::State;

/// The version of `wasi:io` that the linker's definitions carry; older 0.2 versions resolve to it.
const POLL: &str = "wasi:io/poll@0.2.12";
const STREAMS: &str = "wasi:io/streams@0.2.12";
/// Where all random numbers start. Any number would do; it must never change.
const SEED: u64 = 0x736c_7569_6365;
/// Most random bytes in one call.
const MOST_RANDOM: u64 = 1 << 20;

/// The WASI of one call.
pub(crate) struct Wasi {
    now: SystemTime,
    made: Option<Box<Made>>,
    /// Stdout and stderr, in one, up to the size of the log.
    written: Vec<u8>,
}

struct Made {
    context: WasiCtx,
    table: ResourceTable,
}

impl Wasi {
    pub(crate) fn new(now: SystemTime) -> Self {
        Self { now, made: None, written: Vec::new() }
    }

    /// What went to stdout and stderr.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// What is past the limit is taken and forgotten: a plugin must not behave otherwise because it wrote much.
    fn write(&mut self, bytes: &[u8]) {
        // One byte more than the log takes, so that the log knows that it was cut.
        let room = (MOST_BYTES + 1).saturating_sub(self.written.len());
        self.written.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

impl Made {
    fn new(now: SystemTime) -> Self {
        let clock = Stopped(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        let context = WasiCtx::builder()
            .arg("plugin")
            .wall_clock(clock)
            .monotonic_clock(clock)
            .secure_random(StdRng::seed_from_u64(SEED))
            .insecure_random(StdRng::seed_from_u64(SEED))
            .insecure_random_seed(u128::from(SEED) << 64 | u128::from(SEED))
            .max_random_size(MOST_RANDOM)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { context, table: ResourceTable::new() }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let now = self.wasi.now;
        let made = self.wasi.made.get_or_insert_with(|| Box::new(Made::new(now)));
        WasiCtxView { ctx: &mut made.context, table: &mut made.table }
    }
}

/// Defines WASI, and answers here what would block. The only streams are stdin, which has ended, stdout and stderr.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    let mut poll = linker.instance(POLL)?;
    poll.func_wrap("poll", |_: StoreContextMut<State>, (all,): (Vec<Resource<DynPollable>>,)| {
        if all.is_empty() {
            return Err(wasmtime::Error::msg("polled an empty list"));
        }
        Ok(((0..all.len()).map(|index| index as u32).collect::<Vec<u32>>(),))
    })?;
    poll.func_wrap("[method]pollable.ready", |_: StoreContextMut<State>, (_,): (Resource<DynPollable>,)| Ok((true,)))?;
    poll.func_wrap("[method]pollable.block", |_: StoreContextMut<State>, (_,): (Resource<DynPollable>,)| Ok(()))?;

    type Output = Resource<DynOutputStream>;
    type Input = Resource<DynInputStream>;
    let mut streams = linker.instance(STREAMS)?;
    for write in ["write", "blocking-write-and-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{write}"),
            |mut store: StoreContextMut<State>, (_, bytes): (Output, Vec<u8>)| {
                store.data_mut().wasi.write(&bytes);
                Ok((Ok::<(), Refusal>(()),))
            },
        )?;
    }
    streams.func_wrap("[method]output-stream.check-write", |_: StoreContextMut<State>, (_,): (Output,)| {
        Ok((Ok::<u64, Refusal>(MOST_BYTES as u64),))
    })?;
    streams.func_wrap("[method]output-stream.blocking-flush", |_: StoreContextMut<State>, (_,): (Output,)| {
        Ok((Ok::<(), Refusal>(()),))
    })?;
    streams.func_wrap(
        "[method]output-stream.blocking-write-zeroes-and-flush",
        |_: StoreContextMut<State>, (_, _): (Output, u64)| Ok((Ok::<(), Refusal>(()),)),
    )?;
    streams.func_wrap(
        "[method]output-stream.blocking-splice",
        |_: StoreContextMut<State>, (_, _, _): (Output, Input, u64)| Ok((Err::<u64, Refusal>(Refusal::Closed),)),
    )?;
    streams.func_wrap("[method]input-stream.blocking-read", |_: StoreContextMut<State>, (_, _): (Input, u64)| {
        Ok((Err::<Vec<u8>, Refusal>(Refusal::Closed),))
    })?;
    streams.func_wrap("[method]input-stream.blocking-skip", |_: StoreContextMut<State>, (_, _): (Input, u64)| {
        Ok((Err::<u64, Refusal>(Refusal::Closed),))
    })
}

/// The words for a guest that called `exit`, where that is what happened.
pub(crate) fn exit(error: &wasmtime::Error) -> Option<String> {
    error.downcast_ref::<I32Exit>().map(|I32Exit(status)| format!("called `exit` with status {status}"))
}

/// A clock that stands still.
#[derive(Clone, Copy)]
struct Stopped(Duration);

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Stopped {
    fn resolution(&self) -> u64 {
        1
    }

    /// Never zero: Go takes that for a clock that is broken, and does not start.
    fn now(&self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}
