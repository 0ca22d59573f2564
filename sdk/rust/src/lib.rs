//! Write Sluice policies in Rust: a function that looks at a resource and returns findings.
//!
//! ```
//! use sluice_sdk::prelude::*;
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct Settings {
//!     exempt: Vec<String>,
//! }
//!
//! #[policy(rule = "mutable-tag", kinds = ["Pod", "Deployment"])]
//! fn mutable_tag(resource: &Resource, settings: &Settings) -> Vec<Finding> {
//!     resource
//!         .containers()
//!         .filter(|c| c.image.has_mutable_tag() && !settings.exempt.contains(&c.name))
//!         .map(|c| c.finding("image", "uses the mutable tag `latest`"))
//!         .collect()
//! }
//!
//! let pod = Resource::from_yaml("
//! apiVersion: v1
//! kind: Pod
//! metadata: { name: cart }
//! spec: { containers: [{ name: cart, image: nginx }] }
//! ").unwrap();
//! assert_eq!(mutable_tag(&pod, &Settings::default())[0].pointer, "/spec/containers/0/image");
//! ```
//!
//! A plugin of several rules marks each function with `#[rule]` or `#[mutation]` and gathers them in [`plugin!`]. A rule that
//! relates objects asks [`context`] for the others.
//!
//! A policy brings its allocator with it. One with an allocator of its own turns the feature `allocator` off, as in
//! `sluice-sdk = { …, default-features = false }`.

extern crate self as sluice_sdk;

mod alike;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod bindings;
mod container;
pub mod context;
#[cfg(not(target_family = "wasm"))]
mod encode;
mod finding;
#[cfg(target_family = "wasm")]
mod guest;
mod image;
mod labels;
#[cfg(all(target_family = "wasm", feature = "allocator"))]
mod memory;
#[cfg(not(target_family = "wasm"))]
mod native;
mod plugin;
mod quantity;
mod resource;
mod rule;
mod source;
pub mod tape;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod volume;
mod wildcard;

#[doc(hidden)]
pub use alike::{MOST_FINDINGS, shares};
pub use container::{Container, ContainerKind, Containers};
pub use finding::{Error, Finding, Operation, Outcome, Patch, Result, escape};
pub use image::{Image, ImageError, Reference};
pub use labels::Labels;
pub use plugin::{Check, Entry, Mutate, NoSettings, Plugin, SettingsError};
pub use quantity::{Quantity, QuantityError};
pub use resource::{Identity, Resource, Selected};
pub use rule::{KindSelector, Rule, Severity, WORKLOADS};
pub use sluice_sdk_macros::{mutation, mutator, plugin, policy, rule};

pub use volume::ImageVolume;
pub use wildcard::matches;

/// Writes a line for the person who runs Sluice with `--verbose`. In unit tests it goes nowhere.
pub fn log(message: &str) {
    #[cfg(target_family = "wasm")]
    bindings::sluice::policy::log::write(message);
    #[cfg(not(target_family = "wasm"))]
    let _ = message;
}

/// What a policy needs.
pub mod prelude {
    pub use crate::{
        Container, Finding, Identity, Image, Labels, Patch, Quantity, Resource, Result, Rule, SettingsError, Severity,
        WORKLOADS, context, mutation, mutator, plugin, policy, rule,
    };
    pub use serde::Deserialize;
}

/// For the code that the attributes write.
#[doc(hidden)]
#[cfg(target_family = "wasm")]
pub mod __private {
    pub use crate::bindings;
    pub use crate::guest::Exported;
    pub use wit_bindgen;
}

/// Exports a plugin in a world.
#[doc(hidden)]
#[macro_export]
#[cfg(target_family = "wasm")]
macro_rules! __export {
    (validator, $plugin:ty) => {
        $crate::__export!(@plugin $plugin, VALIDATOR);
        $crate::__export!(@validation);
    };
    (mutator, $plugin:ty) => {
        $crate::__export!(@plugin $plugin, MUTATOR);
        $crate::__export!(@mutation);
    };
    (policy, $plugin:ty) => {
        $crate::__export!(@plugin $plugin, POLICY);
        $crate::__export!(@validation);
        $crate::__export!(@mutation);
    };
    (@plugin $plugin:ty, $world:ident) => {
        type Exported = $crate::__private::Exported<$plugin>;
        $crate::__export_sluice_policy_plugin_0_1_0_cabi!(
            Exported with_types_in $crate::__private::bindings::exports::sluice::policy::plugin
        );
        #[unsafe(link_section = "component-type:sluice-sdk")]
        #[used]
        static WORLD: [u8; $crate::__private::bindings::$world.len()] =
            $crate::__private::bindings::sized($crate::__private::bindings::$world);
    };
    (@validation) => {
        $crate::__export_sluice_policy_validation_0_1_0_cabi!(
            Exported with_types_in $crate::__private::bindings::exports::sluice::policy::validation
        );
    };
    (@mutation) => {
        $crate::__export_sluice_policy_mutation_0_1_0_cabi!(
            Exported with_types_in $crate::__private::bindings::exports::sluice::policy::mutation
        );
    };
}

/// Exports a plugin in a world; natively there is nobody to export to.
#[doc(hidden)]
#[macro_export]
#[cfg(not(target_family = "wasm"))]
macro_rules! __export {
    ($world:ident, $plugin:ty) => {};
}
