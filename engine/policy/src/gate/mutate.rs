//! Mutators: asked in the order of the policy file, and once more about what they changed, which has to leave it as it
//! is. Two that fight over a value are told, and so is one that never comes to rest.

use std::sync::Arc;

use sluice_manifest::{Node, Operation, PatchCause, PatchError, Resource, Value, push_token};
use sluice_plugin::{Call, Fault, Patch, Set};

use super::batch::{Shown, choose};
use super::collect::{Change, Changes, Collected, Draft, Item, State};
use super::rules::{CONFLICT, NOT_IDEMPOTENT};
use super::{Gate, Loaded, finding};

/// Longest value in a message, in characters.
const MAX_VALUE: usize = 60;

/// A mutator that gave no answer.
pub(crate) struct Failed {
    pub(crate) plugin: usize,
    pub(crate) fault: Fault,
}

/// How often the mutators have been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// They are asked about everything.
    First,
    /// They are asked about what has been changed, and should have nothing to say.
    Second,
}

impl Pass {
    /// Whether a mutator is asked about this object, if it is for it.
    pub(crate) fn takes(self, item: &Item) -> bool {
        match self {
            Self::First => true,
            Self::Second => item.was_changed(),
        }
    }
}

/// What is told of a mutation.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) log: Vec<(usize, Vec<String>)>,
}

impl Notes {
    pub(crate) fn give(self, collected: &mut Collected) {
        collected.drafts.extend(self.drafts);
        self.log.into_iter().for_each(|(plugin, lines)| collected.log(plugin, lines));
    }
}

/// Has objects changed by all mutators that look at one object at a time. Where one fails nothing is told: the objects
/// are then to be restored and taken one by one. With the answer comes what was shown last.
pub(crate) fn mutate(gate: &Gate, items: &mut [Item], collected: &mut Collected) -> Result<Shown, Failed> {
    let (mut notes, mut shown) = (Notes::default(), Shown::default());
    for pass in [Pass::First, Pass::Second] {
        for (plugin, loaded) in gate.mutators() {
            ask(gate, (plugin, loaded), pass, (items, &mut shown), None, &mut notes)
                .map_err(|fault| Failed { plugin, fault })?;
        }
        if items.iter().all(|item| item.changes.is_none()) {
            break;
        }
    }
    notes.give(collected);
    Ok(shown)
}

/// Asks one mutator about objects, and applies what it answers.
pub(crate) fn ask(
    gate: &Gate,
    (plugin, loaded): (usize, &Loaded),
    pass: Pass,
    (items, shown): (&mut [Item], &mut Shown),
    context: Option<Arc<Set>>,
    notes: &mut Notes,
) -> Result<(), Fault> {
    let mut chosen = choose(gate, plugin, items);
    chosen.retain(|index| items.get(*index as usize).is_some_and(|item| pass.takes(item)));
    if chosen.is_empty() {
        return Ok(());
    }
    let call = Call { set: shown.of(items), chosen, context };
    let answer = loaded.judge.mutate(&call)?;
    let subjects = call.chosen.len();
    if answer.patches.iter().any(|patch| patch.subject as usize >= subjects) {
        return Err(Fault::Contract { message: String::from("a patch names no subject of the call") });
    }
    notes.log.push((plugin, answer.log));
    if !answer.patches.is_empty() {
        shown.forget();
    }
    for patch in answer.patches {
        let index = call.chosen.get(patch.subject as usize);
        if let Some(item) = index.and_then(|index| items.get_mut(*index as usize)) {
            apply(gate, (plugin, loaded), pass, item, patch, notes);
        }
    }
    Ok(())
}

impl Item {
    fn was_changed(&self) -> bool {
        self.changes.is_some() && self.state() == State::Open
    }

    fn change(&mut self, to: Option<Resource>, by: Option<Change>, state: State) {
        let mut changes = match self.changes.take() {
            Some(changes) => Arc::unwrap_or_clone(changes),
            None => Changes { original: Arc::clone(&self.resource), by: Vec::new(), state },
        };
        changes.by.extend(by);
        changes.state = state;
        self.changes = Some(Arc::new(changes));
        if let Some(resource) = to {
            self.resource = Arc::new(resource);
        }
    }
}

fn apply(
    gate: &Gate,
    (plugin, loaded): (usize, &Loaded),
    pass: Pass,
    item: &mut Item,
    patch: Patch,
    notes: &mut Notes,
) {
    if item.state() != State::Open {
        return;
    }
    let patched = match item.resource.patched(&patch.operations) {
        Ok(patched) if patched.identity() == item.resource.identity() => patched,
        Ok(_) => {
            let message = String::from("its patch changes what the object is: `apiVersion`, `kind`, name or namespace");
            return fail(loaded, plugin, item, message, notes);
        }
        Err(error) => {
            let why = told(&item.resource, &error);
            return fail(loaded, plugin, item, format!("its patch cannot be applied: {why}"), notes);
        }
    };
    if patched.root() == item.resource.root() {
        return;
    }
    if pass == Pass::Second {
        let pointer = patch.operations.first().map_or("", Operation::pointer);
        let message = format!(
            "`{}` changes its own result: asked again, it wants `{}` to be otherwise",
            loaded.name(),
            if pointer.is_empty() { "/" } else { pointer }
        );
        notes.drafts.push(finding::of_change(gate, &NOT_IDEMPOTENT, (plugin, item), pointer, message));
        return item.change(None, None, State::Settled);
    }
    let mut state = State::Open;
    if let Some((other, pointer)) = overridden(plugin, item, &patched, &patch.operations) {
        let other = gate.plugin(other).map_or("", Loaded::name);
        let message = format!(
            "`{other}` sets `{pointer}` to {} and `{}` to {}",
            shown(&item.resource, &pointer),
            loaded.name(),
            shown(&patched, &pointer)
        );
        notes.drafts.push(finding::of_change(gate, &CONFLICT, (plugin, item), &pointer, message));
        state = State::Settled;
    }
    let operations = item.resource.tree().indexed(patch.operations);
    item.change(Some(patched), Some(Change { plugin, operations }), state);
}

fn fail(loaded: &Loaded, plugin: usize, item: &mut Item, message: String, notes: &mut Notes) {
    let fault = Fault::Contract { message };
    notes.drafts.push(finding::of_fault(loaded, plugin, item, &fault));
    item.change(None, None, State::Failed);
}

/// The first value that another plugin wrote and that a patch takes away.
fn overridden(plugin: usize, item: &Item, patched: &Resource, operations: &[Operation]) -> Option<(usize, String)> {
    let changes = item.changes.as_ref()?;
    let (before, after) = (item.resource.root(), patched.root());
    let shifts = operations.iter().any(is_shift);
    let others = changes.by.iter().filter(|change| change.plugin != plugin);
    let mut written = others.flat_map(|change| change.operations.iter().map(move |operation| (change, operation)));
    written.find_map(|(change, operation)| {
        let pointer = operation.pointer();
        let lost = match (before.at(pointer), after.at(pointer)) {
            // Where elements come and go, an index means another element than before.
            (Some(_), _) if shifts && pointer.split('/').any(is_index) => None,
            (Some(old), Some(new)) => lost(old, new, pointer.to_owned()),
            (Some(_), None) => Some(pointer.to_owned()),
            (None, Some(_)) => matches!(operation, Operation::Remove { .. }).then(|| pointer.to_owned()),
            (None, None) => None,
        };
        lost.map(|pointer| (change.plugin, pointer))
    })
}

/// The pointer to the first part of a value that no longer stands; an object may have gained members.
fn lost(old: Node<'_>, new: Node<'_>, pointer: String) -> Option<String> {
    match old.value() {
        Value::Object(mut members) => members.find_map(|(key, value)| {
            let key = key.as_str()?;
            let mut member = pointer.clone();
            push_token(&mut member, key);
            match new.get(key) {
                Some(now) => lost(value, now, member),
                None => Some(member),
            }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            (old != new).then_some(pointer)
        }
    }
}

fn is_shift(operation: &Operation) -> bool {
    match operation {
        Operation::Add { pointer, .. } | Operation::Remove { pointer } => {
            pointer.rsplit('/').next().is_some_and(|last| last != "-" && is_index(last))
        }
        Operation::Move { .. } | Operation::Copy { .. } => true,
        Operation::Replace { .. } | Operation::Test { .. } => false,
    }
}

fn is_index(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why a patch cannot be applied. A `test` tells what it has found, which may be what is hidden.
fn told(resource: &Resource, error: &PatchError) -> String {
    match error {
        PatchError::Failed { operation, pointer, cause: PatchCause::Unlike { .. } } if resource.hides(pointer) => {
            format!("operation {operation} of the patch, at `{pointer}`: the value is another")
        }
        PatchError::Failed { .. }
        | PatchError::Json(_)
        | PatchError::NotArray
        | PatchError::Malformed { .. }
        | PatchError::Unnamed => error.to_string(),
    }
}

/// A value for a message. The data of a `Secret` is not for messages.
fn shown(resource: &Resource, pointer: &str) -> String {
    match resource.root().at(pointer) {
        None => String::from("nothing"),
        Some(_) if resource.hides(pointer) => String::from("another value"),
        Some(value) => {
            let json = value.to_json();
            match json.char_indices().nth(MAX_VALUE) {
                Some((cut, _)) => format!("`{}…`", json.get(..cut).unwrap_or_default()),
                None => format!("`{json}`"),
            }
        }
    }
}
