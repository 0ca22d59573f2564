//! What one call may see, and what the host answers to it. A handle is an index into a set that does not change during
//! the call, so a plugin that keeps one always means the same object, and nothing has to be freed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use sluice_manifest::{Identity, Node, Path, Resource};
use sluice_wasm::ticker;

use crate::call::Set;
use crate::context::Orders;
use crate::fault::Fault;
use crate::limiter::Limiter;
use crate::log::Log;
use crate::types::{Grants, Limits, SecretAccess};

/// Set in a handle that means the object as it was before.
const PREVIOUS: u32 = 1 << 31;
/// Set in a handle that means an object of the context.
pub(crate) const CONTEXT: u32 = 1 << 30;
/// Objects in a set that handles can tell apart.
pub(crate) const MOST_OBJECTS: usize = (1 << 30) - 1;
/// Handles that a call may hold beyond two for each of its objects.
const SPARE_HANDLES: usize = 100_000;
/// Parsed paths that a call keeps; a plugin that asks for more pays for the parsing.
const MOST_PATHS: usize = 256;
/// Matches of a path between two looks at the deadline.
const MATCHES_A_LOOK: u32 = 64;

/// Bytes of the room for tapes that a thread keeps.
const KEPT_ROOM: usize = 1 << 20;

/// Bytes of a tape that is kept for others who ask: what is larger is written anew, so that a batch does not hold what it
/// expands to.
const KEPT_TAPE: usize = 64 << 10;

thread_local! {
    /// Where tapes are written before a guest gets them.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) set: Arc<Set>,
    pub(crate) context: Option<Arc<Set>>,
    /// The context in the order of its identities, made when it is first asked for.
    pub(crate) order: Option<Arc<[u32]>>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    pub(crate) log: Log,
    /// The tick at which the call has had its time.
    pub(crate) deadline: u64,
    paths: HashMap<String, Arc<Path>>,
    redacted: HashMap<u32, Arc<Resource>>,
    #[cfg(feature = "wasi")]
    pub(crate) wasi: crate::wasi::Wasi,
}

impl State {
    pub(crate) fn new(view: View, limits: Limits, deadline: u64) -> Self {
        Self {
            set: view.set,
            context: view.context,
            order: None,
            orders: view.orders,
            grants: view.grants,
            limits,
            limiter: Limiter::new(limits.memory),
            log: Log::default(),
            deadline,
            paths: HashMap::new(),
            redacted: HashMap::new(),
            #[cfg(feature = "wasi")]
            wasi: crate::wasi::Wasi::new(view.now),
        }
    }

    /// Handles that the call may hold at once.
    pub(crate) fn most_handles(&self) -> usize {
        let objects = self.set.resources.len() + self.context.as_ref().map_or(0, |set| set.resources.len());
        SPARE_HANDLES.saturating_add(objects.saturating_mul(2))
    }

    /// What the plugin wrote: to the log first, then to stdout and stderr.
    #[cfg_attr(not(feature = "wasi"), expect(unused_mut, reason = "only WASI has streams"))]
    pub(crate) fn into_log(mut self) -> Vec<String> {
        #[cfg(feature = "wasi")]
        self.log.write(&self.wasi.written());
        self.log.into_lines()
    }

    /// The object behind a handle, as the plugin may see it.
    pub(crate) fn object(&mut self, rep: u32) -> wasmtime::Result<Arc<Resource>> {
        let object = self.whole(rep)?;
        if self.grants.secrets == SecretAccess::Full || !object.identity().is_secret() {
            return Ok(Arc::clone(object));
        }
        if let Some(redacted) = self.redacted.get(&rep) {
            return Ok(Arc::clone(redacted));
        }
        let redacted = Arc::new(object.redacted());
        self.redacted.insert(rep, Arc::clone(&redacted));
        Ok(redacted)
    }

    fn whole(&self, rep: u32) -> wasmtime::Result<&Arc<Resource>> {
        let set = if rep & CONTEXT == 0 { Some(&self.set) } else { self.context.as_ref() };
        let index = (rep & !(CONTEXT | PREVIOUS)) as usize;
        let object = set.and_then(|set| {
            if rep & PREVIOUS == 0 { set.resources.get(index) } else { set.previous.get(index)?.as_ref() }
        });
        object.ok_or_else(|| wasmtime::Error::msg("a handle that the host did not give"))
    }

    /// Fails once the call has had its time: a plugin that loops over host calls never reaches a check of its own.
    pub(crate) fn in_time(&self) -> wasmtime::Result<()> {
        if ticker::now() < self.deadline { Ok(()) } else { Err(self.timed_out()) }
    }

    fn timed_out(&self) -> wasmtime::Error {
        Fault::TimedOut { limit: self.limits.time }.into()
    }

    pub(crate) fn identity_of(&mut self, rep: u32) -> wasmtime::Result<&Identity> {
        self.in_time()?;
        self.whole(rep).map(|object| object.identity())
    }

    pub(crate) fn json_of(&mut self, rep: u32) -> wasmtime::Result<String> {
        self.in_time()?;
        let object = self.object(rep)?;
        self.json(object.root())
    }

    pub(crate) fn value_of(&mut self, rep: u32, pointer: &str) -> wasmtime::Result<Option<String>> {
        self.in_time()?;
        let object = self.object(rep)?;
        let Some(node) = object.root().at(pointer) else {
            return Ok(None);
        };
        self.json(node).map(Some)
    }

    pub(crate) fn tape_of(&mut self, rep: u32) -> wasmtime::Result<Arc<[u8]>> {
        self.in_time()?;
        let object = self.object(rep)?;
        // The tape of the object itself, where the plugin may see that.
        let set = Arc::clone(&self.set);
        let place = set
            .tapes
            .place(rep as usize)
            .filter(|_| set.resources.get(rep as usize).is_some_and(|it| Arc::ptr_eq(it, &object)));
        if let Some(tape) = place.and_then(OnceLock::get) {
            self.fits(tape.len() as u64)?;
            return Ok(Arc::clone(tape));
        }
        ROOM.with_borrow_mut(|room| {
            let tape = object.tree().write_tape(room, self.limits.memory).ok_or_else(|| self.too_large())?;
            let tape: Arc<[u8]> = tape.into();
            if let Some(place) = place.filter(|_| tape.len() <= KEPT_TAPE) {
                place.get_or_init(|| Arc::clone(&tape));
            }
            if room.len() > KEPT_ROOM {
                *room = Vec::new();
            }
            Ok(tape)
        })
    }

    fn json(&self, node: Node<'_>) -> wasmtime::Result<String> {
        self.fits(node.scalar_bytes())?;
        let mut text = String::new();
        node.write_json(&mut text);
        self.fits(text.len() as u64)?;
        Ok(text)
    }

    /// What a guest has no room for is not built.
    fn fits(&self, bytes: u64) -> wasmtime::Result<()> {
        if bytes <= self.limits.memory { Ok(()) } else { Err(self.too_large()) }
    }

    fn too_large(&self) -> wasmtime::Error {
        Fault::OutOfMemory { limit: self.limits.memory }.into()
    }

    pub(crate) fn select_of(
        &mut self,
        rep: u32,
        path: &str,
        each: &mut dyn FnMut(&str, String),
    ) -> wasmtime::Result<Result<(), String>> {
        self.in_time()?;
        let path = match self.path(path) {
            Ok(path) => path,
            Err(message) => return Ok(Err(message)),
        };
        let object = self.object(rep)?;
        let (deadline, limit) = (self.deadline, self.limits.memory);
        let in_time = || ticker::now() < deadline;
        let (mut is_too_large, mut seen, mut bytes) = (false, 0_u32, 0_u64);
        let is_whole = path.select_while(object.root(), &mut || in_time(), &mut |pointer, node| {
            let mut value = String::new();
            is_too_large = bytes + node.scalar_bytes() > limit;
            if !is_too_large {
                node.write_json(&mut value);
            }
            bytes += (pointer.len() + value.len()) as u64;
            seen += 1;
            is_too_large |= bytes > limit;
            if is_too_large || seen % MATCHES_A_LOOK == 0 && !in_time() {
                return false;
            }
            each(pointer, value);
            true
        });
        match (is_whole, is_too_large) {
            (true, _) => Ok(Ok(())),
            (false, true) => Err(self.too_large()),
            (false, false) => Err(self.timed_out()),
        }
    }

    fn path(&mut self, text: &str) -> Result<Arc<Path>, String> {
        if let Some(path) = self.paths.get(text) {
            return Ok(Arc::clone(path));
        }
        let path = Arc::new(Path::parse(text).map_err(|error| error.to_string())?);
        if self.paths.len() < MOST_PATHS {
            self.paths.insert(text.to_owned(), Arc::clone(&path));
        }
        Ok(path)
    }

    pub(crate) fn previous_of(&mut self, rep: u32) -> wasmtime::Result<Option<u32>> {
        self.in_time()?;
        let before = rep | PREVIOUS;
        Ok((before != rep && self.whole(before).is_ok()).then_some(before))
    }
}

/// What a call is about.
pub(crate) struct View {
    pub(crate) set: Arc<Set>,
    pub(crate) context: Option<Arc<Set>>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) grants: Arc<Grants>,
    #[cfg_attr(not(feature = "wasi"), expect(dead_code, reason = "only WASI has a clock"))]
    pub(crate) now: std::time::SystemTime,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use sluice_manifest::{Span, Text, Tree};

    use super::*;
    use crate::call::Tapes;
    use sluice_wasm::ticker::Running;

    fn state(deadline: u64) -> State {
        with_members(10_000, deadline)
    }

    fn with_members(members: usize, deadline: u64) -> State {
        let members: Vec<String> = (0..members).map(|index| format!(r#""k{index}":{index}"#)).collect();
        state_of(&format!("{{{}}}", members.join(",")), deadline)
    }

    fn state_of(data: &str, deadline: u64) -> State {
        let json = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","data":{data}}}"#);
        let tree = Tree::from_json(Arc::new(Text::new("test", "")), Span::default(), &json).unwrap();
        let resources = vec![Arc::new(Resource::new(tree).unwrap())];
        let set = Arc::new(Set { resources, tapes: Tapes::of(1), ..Set::default() });
        let (orders, grants) = (Arc::default(), Arc::default());
        State::new(
            View { set, context: None, orders, grants, now: SystemTime::UNIX_EPOCH },
            Limits::default(),
            deadline,
        )
    }

    fn is_late<T>(answer: wasmtime::Result<T>) -> bool {
        answer.err().and_then(|error| error.downcast::<Fault>().ok())
            == Some(Fault::TimedOut { limit: Duration::from_secs(1) })
    }

    #[test]
    fn nothing_is_answered_past_the_deadline() {
        let mut late = state(0);
        assert!(is_late(late.identity_of(0)));
        assert!(is_late(late.json_of(0)));
        assert!(is_late(late.value_of(0, "")));
        assert!(is_late(late.tape_of(0)));
        assert!(is_late(late.previous_of(0)));
        assert!(is_late(late.select_of(0, "$", &mut |_, _| {})));
        assert!(state(u64::MAX).json_of(0).is_ok());
    }

    #[test]
    fn small_tapes_are_kept_for_others_and_large_ones_are_not() {
        for (members, is_kept) in [(1_000, true), (10_000, false)] {
            let mut state = with_members(members, u64::MAX);
            let tape = state.tape_of(0).unwrap();
            assert_eq!(state.set.tapes.place(0).unwrap().get().is_some(), is_kept, "{} bytes", tape.len());
            assert_eq!(state.tape_of(0).unwrap(), tape);
        }
    }

    #[test]
    fn a_select_stops_in_its_middle() {
        let _running = Running::start().unwrap();
        let mut state = state(ticker::now() + 2);
        let mut matches = 0;
        let answer = state.select_of(0, "$..*", &mut |_, _| {
            matches += 1;
            std::thread::sleep(Duration::from_millis(1));
        });
        assert!(is_late(answer));
        assert!(matches < 5_000, "{matches}");
    }

    #[test]
    fn a_select_that_matches_nothing_stops_in_its_middle() {
        let _running = Running::start().unwrap();
        // A walk of a quarter of a thousand million comparisons, for which one tick is too short.
        let mut state = state_of(&format!("[{}0]", "0,".repeat(1_000_000)), 0);
        let selectors: Vec<String> = (0..256).map(|index| (2_000_000 + index).to_string()).collect();
        state.deadline = ticker::now() + 1;
        let answer = state.select_of(0, &format!("$..[{}]", selectors.join(",")), &mut |_, _| {});
        assert!(is_late(answer));
    }

    #[test]
    fn a_select_gathers_no_more_than_a_guest_can_hold() {
        let mut state = state(u64::MAX);
        state.limits.memory = 1_000;
        let mut bytes = 0;
        let answer = state.select_of(0, "$.data.*", &mut |pointer, value| bytes += pointer.len() + value.len());
        let fault = answer.err().and_then(|error| error.downcast::<Fault>().ok());
        assert_eq!(fault, Some(Fault::OutOfMemory { limit: 1_000 }));
        assert!(bytes <= 1_000, "{bytes}");
    }
}
