//! The generated bindings. Their types do not leave this crate: [`crate::guest`] turns them into ours.
//!
//! One set of bindings, of the widest world, serves the three worlds: `__export!` picks the interfaces to export, and
//! says in a section of the module which world that is. The types of the worlds lie encoded in `src/worlds`; a test
//! compares them with the WIT.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "wit",
    world: "sluice:policy/policy",
    pub_export_macro: true,
    default_bindings_module: "sluice_sdk::__private::bindings",
    runtime_path: "sluice_sdk::__private::wit_bindgen::rt",
});

/// The encoded type of a world.
pub const VALIDATOR: &[u8] = include_bytes!("worlds/validator");
/// The encoded type of a world.
pub const MUTATOR: &[u8] = include_bytes!("worlds/mutator");
/// The encoded type of a world.
pub const POLICY: &[u8] = include_bytes!("worlds/policy");

/// Bytes of a size that is known when the program is compiled, as a section needs them.
pub const fn sized<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut sized = [0; N];
    sized.copy_from_slice(bytes);
    sized
}
