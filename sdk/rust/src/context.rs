//! Other objects, for rules that relate one to another: asked of the host in the sandbox, of a unit test natively.
//!
//! A rule names the kinds that it asks for, and the policy file grants them to the plugin. What was not granted is an
//! error, as is an answer that could not be had: neither is ever taken for absence.
//!
//! ```
//! use sluice_sdk::prelude::*;
//!
//! #[policy(rule = "namespace-is-there", kinds = ["*"], context = ["v1/Namespace"])]
//! fn namespace_is_there(resource: &Resource) -> Result<Option<Finding>> {
//!     let namespace = resource.namespace();
//!     let is_there = namespace.is_empty() || context::get(&Identity::new("v1", "Namespace", namespace))?.is_some();
//!     Ok((!is_there).then(|| resource.finding("/metadata/namespace", format!("there is no namespace `{namespace}`"))))
//! }
//!
//! use sluice_sdk::testing;
//!
//! let pod = Resource::from_yaml("{ apiVersion: v1, kind: Pod, metadata: { name: web, namespace: shop } }").unwrap();
//! let shop = Resource::from_yaml("{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }").unwrap();
//! let findings = testing::with_context([shop], || testing::check::<Plugin>(&pod, "{}")).unwrap();
//! assert!(findings.is_empty());
//! let findings = testing::with_context([], || testing::check::<Plugin>(&pod, "{}")).unwrap();
//! assert_eq!(findings[0].message, "there is no namespace `shop`");
//! ```

use std::cell::RefCell;

use crate::finding::{Error, Result};
use crate::resource::{Identity, Resource};
use crate::rule::KindSelector;

#[cfg(target_family = "wasm")]
use sandbox as place;
#[cfg(not(target_family = "wasm"))]
pub(crate) use stub as place;

/// The object of that identity in the desired set, or in the cluster where one is connected; none where it does not
/// exist. A finding has to be about the resource that is judged, never about what is got here.
///
/// # Errors
/// When the kind was not granted, when the answer could not be had, and when `*` stands for the API version or the kind.
pub fn get(object: &Identity) -> Result<Option<Resource>> {
    let Identity { api_version, kind, .. } = object;
    if api_version.contains('*') || kind == "*" {
        return Err(Error::new(format!("`{api_version}` `{kind}` names no object: ask with `context::list`")));
    }
    let object = object.clone().namespace(object.namespace.as_deref().unwrap_or_default());
    Ok(place::get(object).map_err(Error::new)?.map(Resource::other))
}

/// All objects of a kind, ordered by namespace and name: the kind as in `context = ["v1/ConfigMap"]`, the namespace one,
/// or all of them where it is none. An empty namespace, as [`Resource::namespace`] gives it, is that of the objects that
/// name none.
///
/// To find what is in one namespace with a resource, ask with its namespace instead of comparing names: where it is known
/// where the set goes, an object that names no namespace is in one with those that name the destination's, and this
/// answers with both.
///
/// # Errors
/// As of [`get`].
pub fn list(kinds: &str, namespace: Option<&str>) -> Result<Vec<Resource>> {
    let found = place::list(KindSelector::parse(kinds), namespace).map_err(Error::new)?;
    Ok(found.into_iter().map(Resource::other).collect())
}

thread_local! {
    /// The first thing about another object that could not be read while a rule ran.
    static FAILURE: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Keeps what could not be read. The rule went on without it, so its answer must not count.
pub(crate) fn fail(error: Error) {
    FAILURE.with_borrow_mut(|failure| {
        failure.get_or_insert(error);
    });
}

/// What could not be read since the last time that this was asked.
pub(crate) fn failure() -> Option<Error> {
    FAILURE.take()
}

#[cfg(target_family = "wasm")]
mod sandbox {
    use crate::bindings::sluice::policy::{context, types};
    use crate::resource::Identity;
    use crate::rule::KindSelector;
    use crate::source::Source;

    pub(crate) fn get(object: Identity) -> Result<Option<Source>, String> {
        let found = context::get(&types::Identity {
            api_version: object.api_version,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
        })?;
        Ok(found.map(Source))
    }

    pub(crate) fn list(kinds: KindSelector<'_>, namespace: Option<&str>) -> Result<Vec<Source>, String> {
        let KindSelector { group, version, kind } = kinds;
        let kinds = types::KindSelector { group: group.into(), version: version.into(), kind: kind.into() };
        Ok(context::list(&kinds, namespace)?.into_iter().map(Source).collect())
    }
}

#[cfg(not(target_family = "wasm"))]
pub(crate) mod stub {
    use std::cell::RefCell;
    use std::thread::LocalKey;

    use crate::resource::Identity;
    use crate::rule::KindSelector;
    use crate::source::Source;

    type Place<T> = LocalKey<RefCell<Option<T>>>;

    thread_local! {
        /// The objects that a test says are there, in the order of the host.
        static OBJECTS: RefCell<Option<Vec<(Identity, Source)>>> = const { RefCell::new(None) };
        /// What the plugin under test declares, where it is known which one that is.
        static DECLARED: RefCell<Option<Vec<&'static str>>> = const { RefCell::new(None) };
    }

    /// Runs something with these objects around it.
    pub(crate) fn with_objects<T>(objects: impl IntoIterator<Item = Source>, run: impl FnOnce() -> T) -> T {
        let mut objects: Vec<_> = objects.into_iter().map(|object| (object.identity(), object)).collect();
        objects.sort_by(|(one, _), (other, _)| key(one).cmp(&key(other)));
        within(&OBJECTS, objects, run)
    }

    /// Runs something that may ask for these kinds only.
    pub(crate) fn with_declared<T>(declared: Vec<&'static str>, run: impl FnOnce() -> T) -> T {
        within(&DECLARED, declared, run)
    }

    /// Puts a value in its place, and back what was there before, also where `run` panics.
    fn within<V: 'static, T>(place: &'static Place<V>, value: V, run: impl FnOnce() -> T) -> T {
        struct Restore<V: 'static>(&'static Place<V>, Option<V>);
        impl<V> Drop for Restore<V> {
            fn drop(&mut self) {
                self.0.set(self.1.take());
            }
        }
        let _restore = Restore(place, place.replace(Some(value)));
        run()
    }

    pub(crate) fn get(object: Identity) -> Result<Option<Source>, String> {
        is_declared(&object.api_version, &object.kind)?;
        let found = chosen(|identity| *identity == object)?;
        Ok(found.into_iter().next())
    }

    pub(crate) fn list(kinds: KindSelector<'_>, namespace: Option<&str>) -> Result<Vec<Source>, String> {
        let KindSelector { group, version, kind } = kinds;
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        is_declared(&api_version, kind)?;
        chosen(|identity| {
            kinds.matches(&identity.api_version, &identity.kind)
                && namespace.is_none_or(|namespace| identity.namespace.as_deref().unwrap_or_default() == namespace)
        })
    }

    fn chosen(is_wanted: impl Fn(&Identity) -> bool) -> Result<Vec<Source>, String> {
        OBJECTS.with_borrow(|objects| {
            let objects = objects.as_ref().ok_or("no other objects are at hand: see `testing::with_context`")?;
            let wanted = objects.iter().filter(|(identity, _)| is_wanted(identity));
            Ok(wanted.map(|(_, object)| object.clone()).collect())
        })
    }

    /// As the host refuses what was not granted, which is what a plugin declares and no more.
    fn is_declared(api_version: &str, kind: &str) -> Result<(), String> {
        DECLARED.with_borrow(|declared| {
            let covers = |selector: &&str| KindSelector::parse(selector).matches(api_version, kind);
            if declared.as_ref().is_none_or(|declared| declared.iter().any(covers)) {
                return Ok(());
            }
            Err(format!(
                "`{api_version}` `{kind}` is not declared by this plugin: add `context = [\"{api_version}/{kind}\"]`"
            ))
        })
    }

    fn key(identity: &Identity) -> (Option<&str>, &str, &str, &str) {
        (identity.namespace.as_deref(), &identity.name, &identity.api_version, &identity.kind)
    }
}
