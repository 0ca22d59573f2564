//! `#[rule]`, `#[policy]`, `#[mutation]`, `#[mutator]`: from a function to what it declares.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprLit, FnArg, Ident, ItemFn, Lit, Meta, Token, Type, parse2};

use crate::gather::{self, Gathered};

/// What the function returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Findings.
    Check,
    /// Patches.
    Mutate,
}

/// Whether the function is all there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// It is the plugin.
    Plugin,
    /// `plugin!` gathers it with others.
    Part,
}

#[derive(Default)]
struct Arguments {
    rule: Option<Expr>,
    rules: Option<Expr>,
    kinds: Option<Expr>,
    context: Option<Expr>,
    severity: Option<Expr>,
    summary: Option<Expr>,
    help: Option<Expr>,
    url: Option<Expr>,
    name: Option<Expr>,
    settings_schema: Option<Expr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value = Some(input.parse::<Expr>()?);
            match name.to_string().as_str() {
                "rule" => arguments.rule = value,
                "rules" => arguments.rules = value,
                "kinds" => arguments.kinds = value,
                "context" => arguments.context = value,
                "severity" => arguments.severity = value,
                "summary" => arguments.summary = value,
                "help" => arguments.help = value,
                "url" => arguments.url = value,
                "name" => arguments.name = value,
                "settings_schema" => arguments.settings_schema = value,
                other => {
                    let known = "rule, rules, kinds, context, severity, summary, help, url, name, settings_schema";
                    return Err(syn::Error::new(name.span(), format!("unknown argument `{other}`; known are {known}")));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

pub(crate) fn attribute(
    arguments: TokenStream,
    item: TokenStream,
    role: Role,
    whole: Whole,
) -> syn::Result<TokenStream> {
    let arguments: Arguments = parse2(arguments)?;
    let function: ItemFn = parse2(item)?;
    let settings = settings_type(&function)?;
    let name = &function.sig.ident;
    let visibility = &function.vis;

    let rules = rules(&arguments, &function)?;
    let Some(kinds) = arguments.kinds.as_ref().map(slice) else {
        let message =
            "say which kinds the rule wants to see: `kinds = [\"Pod\"]`, `kinds = WORKLOADS`, `kinds = [\"*\"]`";
        return Err(syn::Error::new(name.span(), message));
    };
    let context = arguments.context.as_ref().map_or(quote!(&[]), slice);
    let (contract, method, answer) = match role {
        Role::Check => (quote!(Check), quote!(check), quote!(Finding)),
        Role::Mutate => (quote!(Mutate), quote!(mutate), quote!(Patch)),
    };
    let (generics, of, call) = match &settings {
        Some(settings) => (quote!(), quote!(#settings), quote!(#name(resource, settings))),
        None => (quote!(<S>), quote!(S), quote!(#name(resource))),
    };
    let plugin = match whole {
        Whole::Part => quote!(),
        Whole::Plugin => {
            let entry: syn::Path = name.clone().into();
            let (rules, mutations) = match role {
                Role::Check => (vec![entry], vec![]),
                Role::Mutate => (vec![], vec![entry]),
            };
            let mut gathered = Gathered { rules, mutations, ..Gathered::default() };
            gathered.settings = settings.clone();
            gathered.name.clone_from(&arguments.name);
            gathered.settings_schema.clone_from(&arguments.settings_schema);
            gather::expand(&gathered)
        }
    };
    Ok(quote! {
        #function

        // The function's name among types: what was declared about it.
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_docs, reason = "it is named as the function is")]
        #visibility enum #name {}

        impl #generics ::sluice_sdk::#contract<#of> for #name {
            const RULES: &'static [::sluice_sdk::Rule] = &#rules;
            const KINDS: &'static [&'static str] = #kinds;
            const CONTEXT: &'static [&'static str] = #context;
            fn #method(
                resource: &::sluice_sdk::Resource,
                settings: &#of,
            ) -> ::sluice_sdk::Result<::std::vec::Vec<::sluice_sdk::#answer>> {
                let _ = settings;
                ::sluice_sdk::Outcome::outcome(#call)
            }
        }

        #plugin
    })
}

/// A list as it is written, or a constant that is one.
fn slice(list: &Expr) -> TokenStream {
    match list {
        Expr::Array(list) => quote!(&#list),
        other => quote!(#other),
    }
}

/// The type behind the reference of the second parameter.
fn settings_type(function: &ItemFn) -> syn::Result<Option<Type>> {
    let mut inputs = function.sig.inputs.iter();
    let message = "a rule takes `&Resource` and, if it has settings, `&Settings`";
    if inputs.next().is_none() {
        return Err(syn::Error::new_spanned(&function.sig, message));
    }
    let settings = match inputs.next() {
        None => None,
        Some(FnArg::Typed(argument)) => match argument.ty.as_ref() {
            Type::Reference(reference) => Some(reference.elem.as_ref().clone()),
            other => return Err(syn::Error::new_spanned(other, message)),
        },
        Some(other @ FnArg::Receiver(_)) => return Err(syn::Error::new_spanned(other, message)),
    };
    match inputs.next() {
        None => Ok(settings),
        Some(more) => Err(syn::Error::new_spanned(more, message)),
    }
}

fn rules(arguments: &Arguments, function: &ItemFn) -> syn::Result<TokenStream> {
    if let Some(rules) = &arguments.rules {
        return Ok(quote!(#rules));
    }
    let Some(id) = &arguments.rule else {
        let message = "say which rule it is: `rule = \"mutable-tag\"`, or `rules = [ONE, ANOTHER]`";
        return Err(syn::Error::new(function.sig.ident.span(), message));
    };
    let (doc_summary, doc_help) = documentation(function, text(id)?);
    let summary = arguments.summary.as_ref().map_or(quote!(#doc_summary), |it| quote!(#it));
    let help = arguments.help.as_ref().map_or(quote!(#doc_help), |it| quote!(#it));
    let severity = match &arguments.severity {
        None => format_ident!("Error"),
        Some(severity) => match text(severity)?.as_str() {
            "error" => format_ident!("Error"),
            "warning" => format_ident!("Warning"),
            "info" => format_ident!("Info"),
            _ => return Err(syn::Error::new_spanned(severity, "a severity is \"error\", \"warning\" or \"info\"")),
        },
    };
    let url = arguments.url.as_ref().map(|url| quote!(.url(#url)));
    Ok(quote! {
        [::sluice_sdk::Rule::new(#id, #summary).help(#help).severity(::sluice_sdk::Severity::#severity) #url]
    })
}

fn text(value: &Expr) -> syn::Result<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
        other => Err(syn::Error::new_spanned(other, "a text in quotes is expected")),
    }
}

/// The first paragraph of the doc comment is the summary, the rest is the help. Without a comment the id has to do.
fn documentation(function: &ItemFn, id: String) -> (String, String) {
    let mut paragraphs: Vec<String> = vec![String::new()];
    for attribute in &function.attrs {
        if let Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("doc")
            && let Ok(line) = text(&meta.value)
        {
            let line = line.trim();
            match paragraphs.last_mut() {
                Some(last) if !line.is_empty() => {
                    last.push_str(if last.is_empty() { "" } else { " " });
                    last.push_str(line);
                }
                _ => paragraphs.push(String::new()),
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let help = paragraphs.get(1..).map(|rest| rest.join("\n")).unwrap_or_default();
    (paragraphs.into_iter().next().unwrap_or(id.replace('-', " ")), help)
}
