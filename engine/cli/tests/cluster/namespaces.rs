//! What a policy says of namespaces holds for objects that name none: they come to be in that of the destination.

use anyhow::Result;

use crate::plane::{Shop, shared};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n\
                   spec: {containers: [{name: web, image: 'registry.example.com/web:latest'}]}\n";

#[test]
fn a_policy_for_the_namespace_of_the_destination_holds() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "destined", "")?;
    shop.file("deploy/web.yaml", POD)?;
    let policy = |matches: &str, more: &str| {
        let text = format!(
            "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: image-tags\n  source: builtin:image-tags\n  \
             match: {{namespaces: {matches}}}\n{more}"
        );
        shop.file("sluice.yaml", &text)
    };
    policy("[destined]", "")?;
    for command in ["plan", "apply"] {
        let said = shop.ends(&[command], 1)?;
        assert!(said.contains("image-tags/mutable-tag"), "{said}");
    }
    // What is let through elsewhere is not let through there.
    let exception = |matches: &str| {
        format!("exceptions:\n- {{rule: image-tags/*, match: {{namespaces: {matches}}}, reason: elsewhere}}\n")
    };
    policy("'*'", &exception("{exclude: [destined]}"))?;
    shop.ends(&["plan"], 1)?;
    policy("'*'", &exception("{exclude: [other]}"))?;
    shop.ends(&["plan"], 0)?;
    policy("[other]", "")?;
    shop.ends(&["plan"], 0)?;
    Ok(())
}
