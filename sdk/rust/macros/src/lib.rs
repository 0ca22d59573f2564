//! The attributes of `sluice-sdk`: they leave the function as it is, and say beside it what the host wants to know.

mod declare;
mod gather;

use proc_macro::TokenStream;

/// A whole plugin of one rule that judges: `#[policy(rule = "mutable-tag", kinds = ["Pod"])]`.
///
/// The arguments are those of [`macro@rule`], and `settings_schema = include_str!("…")`, `name = "…"`.
#[proc_macro_attribute]
pub fn policy(arguments: TokenStream, function: TokenStream) -> TokenStream {
    finish(declare::attribute(arguments.into(), function.into(), declare::Role::Check, declare::Whole::Plugin))
}

/// One rule of several that a plugin has, for `plugin!`.
///
/// - `rule = "mutable-tag"`: its id. Needed, or `rules = [TAG, DIGEST]` with constants of type `Rule` for a function that
///   decides several at once.
/// - `kinds = ["Pod", "apps/v1/Deployment", "*"]`, or a constant. Needed.
/// - `context = ["v1/Namespace"]`, or a constant: the kinds of other objects that it asks for, which the policy file has to
///   grant. With the version, as the grant has it: `Namespace` alone is that of any group and version. None without it.
/// - `severity = "warning"`: `error` without it.
/// - `summary = "…"`, `help = "…"`, `url = "…"`: summary and help are taken from the doc comment where left out.
#[proc_macro_attribute]
pub fn rule(arguments: TokenStream, function: TokenStream) -> TokenStream {
    finish(declare::attribute(arguments.into(), function.into(), declare::Role::Check, declare::Whole::Part))
}

/// A whole plugin of one rule that changes. Arguments as in [`macro@policy`]; the function returns patches.
#[proc_macro_attribute]
pub fn mutator(arguments: TokenStream, function: TokenStream) -> TokenStream {
    finish(declare::attribute(arguments.into(), function.into(), declare::Role::Mutate, declare::Whole::Plugin))
}

/// One rule that changes, of several that a plugin has. Arguments as in [`macro@rule`]; the function returns patches.
#[proc_macro_attribute]
pub fn mutation(arguments: TokenStream, function: TokenStream) -> TokenStream {
    finish(declare::attribute(arguments.into(), function.into(), declare::Role::Mutate, declare::Whole::Part))
}

/// Gathers the rules of a plugin:
///
/// ```ignore
/// plugin! {
///     settings: Settings,
///     settings_schema: include_str!("../settings.schema.json"),
///     validate: Settings::validate,
///     rules: [mutable_tag, digest_required],
///     mutations: [],
/// }
/// ```
///
/// Every field may be left out; `name` and `version` are those of the package unless they are given.
#[proc_macro]
pub fn plugin(input: TokenStream) -> TokenStream {
    finish(syn::parse::<gather::Gathered>(input).map(|gathered| gather::expand(&gathered)))
}

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| error.to_compile_error()).into()
}
