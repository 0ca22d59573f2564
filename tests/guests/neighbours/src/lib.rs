//! The fixture that asks about other objects: whether a ConfigMap's namespace is there, how many ConfigMaps there are beside
//! it, and what it was before. Gadgets are there for kinds that come and go.

#![cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "only a component calls the rule"))]

use sluice_sdk::prelude::*;

const THERE: Rule = Rule::new("namespace-is-there", "");
const BESIDE: Rule = Rule::new("neighbours", "").severity(Severity::Info);
const STAYS: Rule = Rule::new("key-stays", "");

#[policy(rules = [THERE, BESIDE, STAYS], kinds = ["v1/ConfigMap", "Gadget"], context = ["v1/Namespace", "v1/ConfigMap"])]
fn neighbours(resource: &Resource) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let namespace = resource.namespace();
    if !namespace.is_empty() && context::get(&Identity::new("v1", "Namespace", namespace))?.is_none() {
        let message = format!("there is no namespace `{namespace}`");
        findings.push(resource.finding("/metadata/namespace", message).rule(&THERE));
    }
    let others = context::list("v1/ConfigMap", Some(namespace))?.into_iter().map(|other| other.identity().name);
    let names: Vec<String> = others.filter(|name| name != "kube-root-ca.crt").collect();
    findings.push(resource.finding("/metadata/name", format!("stands beside {}", names.join(" "))).rule(&BESIDE));
    let before = resource.previous().and_then(|before| before.get("/data/key"));
    if let Some(before) = &before
        && resource.get("/data/key").as_ref() != Some(before)
    {
        findings.push(resource.finding("/data/key", format!("it was {before} and must stay so")).rule(&STAYS));
    }
    Ok(findings)
}
