//! `plugin!`: from rules to a plugin that is exported.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Path, Token, Type, bracketed};

#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) name: Option<Expr>,
    pub(crate) version: Option<Expr>,
    pub(crate) settings: Option<Type>,
    pub(crate) settings_schema: Option<Expr>,
    pub(crate) validate: Option<Expr>,
    pub(crate) rules: Vec<Path>,
    pub(crate) mutations: Vec<Path>,
}

impl Parse for Gathered {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut gathered = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            match name.to_string().as_str() {
                "name" => gathered.name = Some(input.parse()?),
                "version" => gathered.version = Some(input.parse()?),
                "settings" => gathered.settings = Some(input.parse()?),
                "settings_schema" => gathered.settings_schema = Some(input.parse()?),
                "validate" => gathered.validate = Some(input.parse()?),
                "rules" => gathered.rules = paths(input)?,
                "mutations" => gathered.mutations = paths(input)?,
                other => {
                    let known = "name, version, settings, settings_schema, validate, rules, mutations";
                    return Err(syn::Error::new(name.span(), format!("unknown field `{other}`; known are {known}")));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if gathered.rules.is_empty() && gathered.mutations.is_empty() {
            return Err(input.error("a plugin has `rules: […]` or `mutations: […]`"));
        }
        Ok(gathered)
    }
}

fn paths(input: ParseStream<'_>) -> syn::Result<Vec<Path>> {
    let list;
    bracketed!(list in input);
    Ok(Punctuated::<Path, Token![,]>::parse_terminated(&list)?.into_iter().collect())
}

pub(crate) fn expand(gathered: &Gathered) -> TokenStream {
    let Gathered { rules, mutations, .. } = gathered;
    let name = gathered.name.as_ref().map_or(quote!(::std::env!("CARGO_PKG_NAME")), |it| quote!(#it));
    let version = gathered.version.as_ref().map_or(quote!(::std::env!("CARGO_PKG_VERSION")), |it| quote!(#it));
    let settings = gathered.settings.as_ref().map_or(quote!(::sluice_sdk::NoSettings), |it| quote!(#it));
    let schema = gathered.settings_schema.as_ref();
    let schema = schema.map_or(quote!(::std::option::Option::None), |it| quote!(::std::option::Option::Some(#it)));
    let validate = gathered.validate.as_ref().map(|validate| {
        quote! {
            fn validate(settings: &#settings) -> ::std::result::Result<(), ::std::vec::Vec<::sluice_sdk::SettingsError>> {
                (#validate)(settings)
            }
        }
    });
    let world = match (rules.is_empty(), mutations.is_empty()) {
        (false, true) => quote!(validator),
        (true, _) => quote!(mutator),
        (false, false) => quote!(policy),
    };
    quote! {
        /// The plugin that this crate exports.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct Plugin;

        impl ::sluice_sdk::Plugin for Plugin {
            type Settings = #settings;
            const NAME: &'static str = #name;
            const VERSION: &'static str = #version;
            const SETTINGS_SCHEMA: ::std::option::Option<&'static str> = #schema;
            const CHECKS: &'static [::sluice_sdk::Entry<#settings, ::sluice_sdk::Finding>] = &[#(
                ::sluice_sdk::Entry {
                    rules: <#rules as ::sluice_sdk::Check<#settings>>::RULES,
                    kinds: <#rules as ::sluice_sdk::Check<#settings>>::KINDS,
                    context: <#rules as ::sluice_sdk::Check<#settings>>::CONTEXT,
                    run: <#rules as ::sluice_sdk::Check<#settings>>::check,
                },
            )*];
            const MUTATIONS: &'static [::sluice_sdk::Entry<#settings, ::sluice_sdk::Patch>] = &[#(
                ::sluice_sdk::Entry {
                    rules: <#mutations as ::sluice_sdk::Mutate<#settings>>::RULES,
                    kinds: <#mutations as ::sluice_sdk::Mutate<#settings>>::KINDS,
                    context: <#mutations as ::sluice_sdk::Mutate<#settings>>::CONTEXT,
                    run: <#mutations as ::sluice_sdk::Mutate<#settings>>::mutate,
                },
            )*];
            #validate
        }

        const _: () = {
            ::sluice_sdk::__export!(#world, Plugin);
        };
    }
}
