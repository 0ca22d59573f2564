//! How much a component is once it is instantiated, found before it is compiled: the engine writes down each item of each
//! component anew for each time that it is instantiated within another, which a few kilobytes can make endless.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Encoding,
    Parser, Payload,
};

/// Most items: instances, aliases, functions that are lifted or lowered, imports and exports. Plugins have some hundred, and
/// a composition of many some ten thousand.
const MOST: u64 = 1_000_000;

/// A component or a core module that is being read.
#[derive(Default)]
struct Frame {
    is_component: bool,
    /// Its items and those of what it instantiates.
    weight: u64,
    /// The weight of each component that it knows by an index.
    components: Vec<u64>,
}

impl Frame {
    fn add(&mut self, items: u64) {
        self.weight = self.weight.saturating_add(items);
    }
}

/// Why a component is not compiled, in words; none where it can be. What is no component is not judged.
pub(crate) fn problem(wasm: &[u8]) -> Option<String> {
    let mut frames: Vec<Frame> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        // The compiler says what is wrong with it.
        let payload = payload.ok()?;
        if let Payload::Version { encoding, .. } = payload {
            frames.push(Frame { is_component: encoding == Encoding::Component, ..Frame::default() });
        } else if let Payload::End(_) = payload {
            let Frame { is_component, weight, .. } = frames.pop()?;
            if let Some(outer) = frames.last_mut().filter(|_| is_component) {
                outer.components.push(weight);
            }
        } else if let Some(problem) = one(&payload, &mut frames) {
            return Some(problem);
        }
        if frames.last().is_some_and(|frame| frame.weight > MOST) {
            return Some(format!("it instantiates components within components that have more than {MOST} items"));
        }
    }
    None
}

/// Weighs a section.
#[expect(clippy::wildcard_enum_match_arm, reason = "code, types and what else is of no weight")]
fn one(payload: &Payload<'_>, frames: &mut [Frame]) -> Option<String> {
    const UNKNOWN: &str =
        "it takes or hands on components as values, whose size cannot be known before they are compiled";
    // Outermost first; an alias counts from its own component on.
    let outer = |frames: &[Frame], count: u32, index: u32| {
        let frame = frames.len().checked_sub(1 + count as usize).and_then(|at| frames.get(at))?;
        frame.components.get(index as usize).copied()
    };
    match payload {
        Payload::InstanceSection(section) => frames.last_mut()?.add(section.count().into()),
        Payload::ComponentCanonicalSection(section) => frames.last_mut()?.add(section.count().into()),
        Payload::ComponentInstanceSection(section) => {
            for instance in section.clone() {
                let frame = frames.last_mut()?;
                match instance.ok()? {
                    ComponentInstance::Instantiate { component_index, args } => {
                        let weight = frame.components.get(component_index as usize).copied()?;
                        frame.add(weight.saturating_add(1 + args.len() as u64));
                    }
                    ComponentInstance::FromExports(exports) => frame.add(1 + exports.len() as u64),
                }
            }
        }
        Payload::ComponentAliasSection(section) => {
            frames.last_mut()?.add(section.count().into());
            for alias in section.clone() {
                match alias.ok()? {
                    ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                        return Some(UNKNOWN.to_owned());
                    }
                    ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                        let weight = outer(frames, count, index)?;
                        frames.last_mut()?.components.push(weight);
                    }
                    ComponentAlias::InstanceExport { .. }
                    | ComponentAlias::CoreInstanceExport { .. }
                    | ComponentAlias::Outer { .. } => {}
                }
            }
        }
        Payload::ComponentImportSection(section) => {
            frames.last_mut()?.add(section.count().into());
            for import in section.clone() {
                if let ComponentTypeRef::Component(_) = import.ok()?.ty {
                    return Some(UNKNOWN.to_owned());
                }
            }
        }
        Payload::ComponentExportSection(section) => {
            frames.last_mut()?.add(section.count().into());
            for export in section.clone() {
                let export = export.ok()?;
                if export.kind == ComponentExternalKind::Component {
                    let weight = outer(frames, 0, export.index)?;
                    frames.last_mut()?.components.push(weight);
                }
            }
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Option<String> {
        problem(&wat::parse_str(text).unwrap())
    }

    /// A component of this many levels, each of which instantiates the next so many times, with this at the bottom.
    fn nested(levels: usize, times: usize, bottom: &str) -> String {
        let mut inner = format!("(component $c {bottom})");
        for _ in 1..levels {
            inner = format!("(component $c {inner} {})", "(instance (instantiate $c))".repeat(times));
        }
        format!("(component {inner} {})", "(instance (instantiate $c))".repeat(times))
    }

    #[test]
    fn what_is_instantiated_again_and_again_is_refused_before_it_is_compiled() {
        assert_eq!(judged("(component)"), None);
        assert_eq!(judged("(module)"), None);
        assert_eq!(judged(&nested(3, 50, "")), None);
        let told = judged(&nested(4, 100, "")).unwrap();
        assert_eq!(told, "it instantiates components within components that have more than 1000000 items");
        // Each instantiation brings all that stands in the component.
        let bottom = "(core module $m) ".to_owned() + &"(core instance (instantiate $m))".repeat(100);
        assert_eq!(judged(&nested(2, 90, &bottom)), None);
        assert!(judged(&nested(2, 200, &bottom)).is_some());
        // Many side by side are not multiplied.
        let side_by_side = "(component (core module $m) (core instance (instantiate $m)))".repeat(900);
        assert_eq!(judged(&format!("(component {side_by_side})")), None);
    }

    #[test]
    fn no_way_around_leads_to_a_component() {
        let big = "(core module $m) ".to_owned() + &"(core instance (instantiate $m))".repeat(500);
        let twice = "(instance (instantiate $x))".repeat(50);
        let outer = format!(
            "(component (component $o {big}) (component $p (alias outer 1 $o (component $x)) {twice}) {})",
            "(instance (instantiate $p))".repeat(50)
        );
        assert!(judged(&outer).is_some());
        let exported = format!(
            "(component (component $p (component $o {big}) (export $x \"x\" (component $o)) {twice}) {})",
            "(instance (instantiate $p))".repeat(50)
        );
        assert!(judged(&exported).is_some());
        for handed in [
            "(component (import \"c\" (component $c)) (instance (instantiate $c)))",
            "(component (component $p (component $o) (export \"x\" (component $o))) (instance $i (instantiate $p)) \
             (alias export $i \"x\" (component $x)) (instance (instantiate $x)))",
        ] {
            assert!(judged(handed).is_some_and(|told| told.starts_with("it takes or hands on")), "{handed}");
        }
    }
}
