//! How much a component is once it is instantiated, found before it is compiled: the engine writes down each item of each
//! component anew for each time that it is instantiated within another, and each item of an instance for each time that it is
//! handed on, which a few kilobytes can make endless.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Encoding,
    Instance, Parser, Payload,
};

/// Most items: instances, aliases, functions that are lifted or lowered, imports and exports. Plugins have some hundred, and
/// a composition of many some ten thousand.
const MOST: u64 = 1_000_000;

const UNKNOWN: &str =
    "it takes or hands on components or modules as values, whose size cannot be known before they are compiled";

/// A number of items. Of what a component does with instances that it imports, the size is known where it is instantiated.
#[derive(Clone, Copy, Default)]
struct Items {
    own: u64,
    /// So many more for each item of the instances that are imported.
    for_each_given: u64,
}

/// A component that can be instantiated.
#[derive(Clone, Copy)]
struct Component {
    weight: Items,
    /// The instance that comes of it.
    exports: Items,
    closure: u64,
}

/// A component or a core module that is being read.
#[derive(Default)]
struct Frame {
    is_component: bool,
    /// Its items and those of what it instantiates.
    weight: Items,
    exports: Items,
    /// The components around it that it knows, with those that these know: they go along wherever it goes.
    closure: u64,
    /// What a core module imports.
    imports: u64,
    /// What it knows by an index: components, instances, and of core modules how much they import.
    components: Vec<Component>,
    instances: Vec<Items>,
    modules: Vec<u64>,
}

impl Items {
    /// An instance that is imported: it is one of those that are given.
    const IMPORTED: Self = Self { own: 1, for_each_given: 1 };

    fn of(own: u64) -> Self {
        Self { own, for_each_given: 0 }
    }

    fn plus(self, other: Self) -> Self {
        let Self { own, for_each_given } = other;
        let for_each_given = self.for_each_given.saturating_add(for_each_given);
        Self { own: self.own.saturating_add(own), for_each_given }
    }

    /// Where these are the items that are given.
    fn given(self, Self { own, for_each_given }: Self) -> Self {
        let of_given = |items: u64| self.for_each_given.saturating_mul(items);
        Self { own: self.own.saturating_add(of_given(own)), for_each_given: of_given(for_each_given) }
    }
}

impl Frame {
    fn add(&mut self, items: Items) {
        self.weight = self.weight.plus(items);
    }

    /// What stands behind an index.
    fn item(&self, kind: ComponentExternalKind, index: u32) -> Option<Items> {
        let more = match kind {
            ComponentExternalKind::Instance => self.instances.get(index as usize).copied()?,
            ComponentExternalKind::Component => Items::of(self.components.get(index as usize)?.closure),
            ComponentExternalKind::Module
            | ComponentExternalKind::Func
            | ComponentExternalKind::Value
            | ComponentExternalKind::Type => Items::default(),
        };
        Some(Items::of(1).plus(more))
    }

    fn items(&self, all: impl Iterator<Item = (ComponentExternalKind, u32)>) -> Option<Items> {
        let mut sum = Items::default();
        for (kind, index) in all {
            sum = sum.plus(self.item(kind, index)?);
        }
        Some(sum)
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
            let Frame { is_component, weight, exports, closure, imports, .. } = frames.pop()?;
            if let Some(outer) = frames.last_mut() {
                if is_component {
                    outer.add(Items::of(closure));
                    outer.components.push(Component { weight, exports, closure });
                } else {
                    outer.modules.push(imports);
                }
            }
        } else if one(&payload, &mut frames).is_none() {
            return Some(UNKNOWN.to_owned());
        }
        let is_too_much = |Frame { weight, .. }: &Frame| weight.given(Items::of(1)).own > MOST;
        if frames.last().is_some_and(is_too_much) {
            return Some(format!("it instantiates components within components that have more than {MOST} items"));
        }
    }
    None
}

/// Weighs a section; none where something in it cannot be weighed.
#[expect(clippy::wildcard_enum_match_arm, reason = "code, types and what else is of no weight")]
fn one(payload: &Payload<'_>, frames: &mut [Frame]) -> Option<()> {
    match payload {
        Payload::ImportSection(section) => {
            frames.last_mut()?.imports = section.clone().into_imports().count() as u64;
        }
        Payload::InstanceSection(section) => {
            let frame = frames.last_mut()?;
            for instance in section.clone() {
                let items = match instance.ok()? {
                    Instance::Instantiate { module_index, args } => {
                        frame.modules.get(module_index as usize)?.saturating_add(args.len() as u64)
                    }
                    Instance::FromExports(exports) => exports.len() as u64,
                };
                frame.add(Items::of(items.saturating_add(1)));
            }
        }
        Payload::ComponentCanonicalSection(section) => frames.last_mut()?.add(Items::of(section.count().into())),
        Payload::ComponentInstanceSection(section) => {
            let frame = frames.last_mut()?;
            for instance in section.clone() {
                let (items, made) = match instance.ok()? {
                    ComponentInstance::Instantiate { component_index, args } => {
                        let given = frame.items(args.iter().map(|arg| (arg.kind, arg.index)))?;
                        let component = frame.components.get(component_index as usize)?;
                        let weight = component.weight.given(given).plus(Items::of(component.closure));
                        (weight.plus(given), component.exports.given(given))
                    }
                    ComponentInstance::FromExports(exports) => {
                        let made = frame.items(exports.iter().map(|export| (export.kind, export.index)))?;
                        (made, made)
                    }
                };
                frame.add(items.plus(Items::of(1)));
                frame.instances.push(made);
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section.clone() {
                frames.last_mut()?.add(Items::of(1));
                alias_of(&alias.ok()?, frames)?;
            }
        }
        Payload::ComponentImportSection(section) => {
            let frame = frames.last_mut()?;
            for import in section.clone() {
                frame.add(Items::of(1));
                match import.ok()?.ty {
                    ComponentTypeRef::Component(_) | ComponentTypeRef::Module(_) => return None,
                    ComponentTypeRef::Instance(_) => frame.instances.push(Items::IMPORTED),
                    ComponentTypeRef::Func(_) | ComponentTypeRef::Value(_) | ComponentTypeRef::Type(_) => {}
                }
            }
        }
        Payload::ComponentExportSection(section) => {
            let frame = frames.last_mut()?;
            for export in section.clone() {
                let export = export.ok()?;
                let item = frame.item(export.kind, export.index)?;
                frame.add(item);
                frame.exports = frame.exports.plus(item);
                // What is exported has an index more.
                match export.kind {
                    ComponentExternalKind::Component => {
                        let component = frame.components.get(export.index as usize).copied()?;
                        frame.components.push(component);
                    }
                    ComponentExternalKind::Module => {
                        let imports = frame.modules.get(export.index as usize).copied()?;
                        frame.modules.push(imports);
                    }
                    ComponentExternalKind::Instance => {
                        let instance = frame.instances.get(export.index as usize).copied()?;
                        frame.instances.push(instance);
                    }
                    ComponentExternalKind::Func | ComponentExternalKind::Value | ComponentExternalKind::Type => {}
                }
            }
        }
        _ => {}
    }
    Some(())
}

fn alias_of(alias: &ComponentAlias<'_>, frames: &mut [Frame]) -> Option<()> {
    match *alias {
        ComponentAlias::InstanceExport { kind, instance_index, .. } => match kind {
            ComponentExternalKind::Component | ComponentExternalKind::Module => return None,
            ComponentExternalKind::Instance => {
                let frame = frames.last_mut()?;
                // No part is larger than the whole.
                let whole = frame.instances.get(instance_index as usize).copied()?;
                frame.add(whole);
                frame.instances.push(whole);
            }
            ComponentExternalKind::Func | ComponentExternalKind::Value | ComponentExternalKind::Type => {}
        },
        ComponentAlias::CoreInstanceExport { .. } => {}
        ComponentAlias::Outer { kind, count, index } => {
            // Outermost first; an alias counts from its own component on.
            let at = frames.len().checked_sub(1)?.checked_sub(count as usize)?;
            let outer = frames.get(at)?;
            match kind {
                ComponentOuterAliasKind::CoreModule => {
                    let imports = outer.modules.get(index as usize).copied()?;
                    frames.iter_mut().skip(at + 1).for_each(|frame| frame.closure = frame.closure.saturating_add(1));
                    frames.last_mut()?.modules.push(imports);
                }
                ComponentOuterAliasKind::Component => {
                    let component = outer.components.get(index as usize).copied()?;
                    let items = component.closure.saturating_add(1);
                    let inner = frames.iter_mut().skip(at + 1);
                    inner.for_each(|frame| frame.closure = frame.closure.saturating_add(items));
                    frames.last_mut()?.components.push(component);
                }
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
            }
        }
    }
    Some(())
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
        // Instances that hold instances, and many that hold those.
        let doubled = |levels: usize| {
            let step = |level: usize| {
                let last = level - 1;
                format!("(instance $i{level} (export \"a\" (instance $i{last})) (export \"b\" (instance $i{last})))")
            };
            (1..=levels).map(step).collect::<String>()
        };
        let base = "(core module $m) (instance $i0 (export \"a\" (core module $m)))";
        let large =
            format!("(component {base} {} {})", doubled(14), "(instance (export \"a\" (instance $i14)))".repeat(900));
        assert!(judged(&large).is_some());
        assert_eq!(
            judged(&format!("(component {base} {} (instance (export \"a\" (instance $i14))))", doubled(14))),
            None
        );
        // The same, made of an instance that is given to a component, or comes of one.
        let inside = "(import \"i\" (instance $i0))".to_owned() + &doubled(9);
        let given = format!(
            "(component (component $c {inside} (export \"x\" (instance $i9))) (instance $i0) {} {})",
            doubled(9).replace("$i9 ", "$g "),
            "(instance (instantiate $c (with \"i\" (instance $g))))".repeat(8)
        );
        assert!(judged(&given).is_some());
        let of_it = format!(
            "(component (component $c {base} {} (export \"x\" (instance $i14))) (instance $o (instantiate $c)) {})",
            doubled(14),
            "(alias export $o \"x\" (instance))".repeat(200)
        );
        assert!(judged(&of_it).is_some());
        // Each instance of a core module has all that the module imports.
        let imports: String = (0..2_000).map(|n| format!("(import \"a\" \"{n}\" (func))")).collect();
        let exports: String = (0..2_000).map(|n| format!("(export \"{n}\" (func $f))")).collect();
        let many = |times: usize| {
            let instances = "(core instance (instantiate $m (with \"a\" (instance $a))))".repeat(times);
            format!(
                "(component (core module $n (func (export \"f\"))) (core instance $n (instantiate $n)) \
                 (alias core export $n \"f\" (core func $f)) (core instance $a {exports}) (core module $m {imports}) {instances})"
            )
        };
        assert!(judged(&many(600)).is_some());
        assert_eq!(judged(&many(100)), None);
        // Components that know the two before them, and with them all that these know.
        let knows = |n: usize| {
            let alias = |back: usize| format!("(alias outer 1 $c{} (component))", n - back);
            format!("(component $c{n} {} {})", alias(1), alias(2))
        };
        let chain = |count: usize| (2..count).map(knows).collect::<String>();
        assert!(judged(&format!("(component (component $c0) (component $c1) {})", chain(60))).is_some());
        assert_eq!(judged(&format!("(component (component $c0) (component $c1) {})", chain(10))), None);
        for handed in [
            "(component (import \"c\" (component $c)) (instance (instantiate $c)))",
            "(component (component $p (component $o) (export \"x\" (component $o))) (instance $i (instantiate $p)) \
             (alias export $i \"x\" (component $x)) (instance (instantiate $x)))",
            "(component (import \"m\" (core module $m)) (core instance (instantiate $m)))",
            "(component (core module $o) (instance $i (export \"x\" (core module $o))) \
             (alias export $i \"x\" (core module $x)) (core instance (instantiate $x)))",
        ] {
            assert!(judged(handed).is_some_and(|told| told.starts_with("it takes or hands on")), "{handed}");
        }
    }
}
