//! Whether objects are as they should be, by the words of their status: what kstatus reads, `observedGeneration` first.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use sluice_manifest::Node;

use crate::cluster::Cluster;
use crate::error::ClusterError;
use crate::kinds::{Kinds, Lookup};
use crate::live::Live;
use crate::reference::Reference;
use crate::write::find;

/// How an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Current,
    /// On its way.
    InProgress(String),
    /// It will not get there by itself.
    Failed(String),
    /// On its way out.
    Terminating,
    /// It is not there.
    Missing,
}

/// How an object is.
#[must_use]
pub fn health_of(live: &Live) -> Health {
    if live.is_terminating() {
        return Health::Terminating;
    }
    if let (Some(generation), Some(observed)) =
        (live.number("/metadata/generation"), live.number("/status/observedGeneration"))
        && observed < generation
    {
        return progress("its controller has not seen the last change yet");
    }
    let identity = live.resource().identity();
    match (identity.group(), identity.kind.as_str()) {
        ("apps", "Deployment") => deployment(live),
        ("apps", "StatefulSet") => stateful_set(live),
        ("apps", "DaemonSet") => daemon_set(live),
        ("apps", "ReplicaSet") => counted(live, "/status/readyReplicas", "ready"),
        ("batch", "Job") => job(live),
        ("", "Pod") => pod(live),
        ("", "PersistentVolumeClaim") => phase(live, "Bound"),
        ("", "Namespace") => phase(live, "Active"),
        ("", "Service") => service(live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(live),
        (_, _) => conditions(live),
    }
}

fn progress(reason: impl Into<String>) -> Health {
    Health::InProgress(reason.into())
}

fn text<'l>(live: &'l Live, pointer: &str) -> &'l str {
    live.at(pointer).and_then(Node::as_str).unwrap_or_default()
}

/// The status and the words of a condition.
fn condition<'l>(live: &'l Live, kind: &str) -> Option<(&'l str, String)> {
    let conditions = live.at("/status/conditions")?;
    let of = |node: Node<'l>, name: &str| node.get(name).and_then(Node::as_str).unwrap_or_default();
    let found = conditions.items().find(|condition| of(*condition, "type") == kind)?;
    let words = [of(found, "reason"), of(found, "message")];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    Some((of(found, "status"), words.join(": ")))
}

fn deployment(live: &Live) -> Health {
    if let Some(("False", words)) = condition(live, "Progressing")
        && words.starts_with("ProgressDeadlineExceeded")
    {
        return Health::Failed(words);
    }
    if live.at("/status/observedGeneration").is_none() {
        return progress("its controller has not seen it yet");
    }
    let number = |pointer: &str| live.number(pointer).unwrap_or(0);
    let wanted = live.number("/spec/replicas").unwrap_or(1);
    let (updated, all) = (number("/status/updatedReplicas"), number("/status/replicas"));
    let available = number("/status/availableReplicas");
    if updated < wanted {
        return progress(format!("{updated} of {wanted} replicas are updated"));
    }
    if all > updated {
        return progress(format!("{} old replicas are still there", all - updated));
    }
    if available < wanted {
        return progress(format!("{available} of {wanted} replicas are available"));
    }
    Health::Current
}

fn stateful_set(live: &Live) -> Health {
    if live.at("/status/observedGeneration").is_none() {
        return progress("its controller has not seen it yet");
    }
    let wanted = live.number("/spec/replicas").unwrap_or(1);
    let number = |pointer: &str| live.number(pointer).unwrap_or(0);
    let (ready, updated) = (number("/status/readyReplicas"), number("/status/updatedReplicas"));
    if ready < wanted {
        return progress(format!("{ready} of {wanted} replicas are ready"));
    }
    if text(live, "/spec/updateStrategy/type") == "OnDelete" {
        return Health::Current;
    }
    let partition = live.number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    if updated < wanted - partition {
        return progress(format!("{updated} of {} replicas are updated", wanted - partition));
    }
    if partition == 0 && text(live, "/status/currentRevision") != text(live, "/status/updateRevision") {
        return progress("its pods are of an older revision");
    }
    Health::Current
}

fn daemon_set(live: &Live) -> Health {
    if live.at("/status/observedGeneration").is_none() {
        return progress("its controller has not seen it yet");
    }
    let number = |pointer: &str| live.number(pointer).unwrap_or(0);
    let wanted = number("/status/desiredNumberScheduled");
    let (updated, available) = (number("/status/updatedNumberScheduled"), number("/status/numberAvailable"));
    if text(live, "/spec/updateStrategy/type") != "OnDelete" && updated < wanted {
        return progress(format!("{updated} of {wanted} pods are updated"));
    }
    if available < wanted {
        return progress(format!("{available} of {wanted} pods are available"));
    }
    Health::Current
}

fn counted(live: &Live, pointer: &str, word: &str) -> Health {
    let wanted = live.number("/spec/replicas").unwrap_or(1);
    let have = live.number(pointer).unwrap_or(0);
    if have < wanted { progress(format!("{have} of {wanted} replicas are {word}")) } else { Health::Current }
}

fn job(live: &Live) -> Health {
    if let Some(("True", words)) = condition(live, "Failed") {
        return Health::Failed(words);
    }
    match condition(live, "Complete") {
        Some(("True", _)) => Health::Current,
        // A job that runs is as it should be: what waits for its end says so by itself.
        Some(_) | None if live.at("/status/startTime").is_some() => Health::Current,
        Some(_) | None => progress("it has not started yet"),
    }
}

fn pod(live: &Live) -> Health {
    match text(live, "/status/phase") {
        "Succeeded" => Health::Current,
        "Failed" => Health::Failed(text(live, "/status/message").to_owned()),
        "Running" => match condition(live, "Ready") {
            Some(("True", _)) => Health::Current,
            Some((_, words)) => progress(words),
            None => progress("it is not ready yet"),
        },
        _ => progress("it is not running yet"),
    }
}

fn phase(live: &Live, wanted: &str) -> Health {
    match text(live, "/status/phase") {
        phase if phase == wanted => Health::Current,
        "Lost" => Health::Failed(String::from("its volume is lost")),
        "" => progress(format!("it is not {wanted} yet")),
        phase => progress(format!("it is {phase}, not {wanted} yet")),
    }
}

fn service(live: &Live) -> Health {
    let is_balanced = text(live, "/spec/type") == "LoadBalancer";
    let ingress = live.at("/status/loadBalancer/ingress").map_or(0, |ingress| ingress.items().len());
    if is_balanced && ingress == 0 { progress("its load balancer has no address yet") } else { Health::Current }
}

fn definition(live: &Live) -> Health {
    if let Some(("False", words)) = condition(live, "NamesAccepted") {
        return Health::Failed(words);
    }
    match condition(live, "Established") {
        Some(("True", _)) => Health::Current,
        Some(_) | None => progress("it is not established yet"),
    }
}

/// What custom resources say by convention.
fn conditions(live: &Live) -> Health {
    if let Some(("True", words)) = condition(live, "Stalled") {
        return Health::Failed(words);
    }
    if let Some(("True", words)) = condition(live, "Reconciling") {
        return progress(words);
    }
    match condition(live, "Ready") {
        Some(("True", _)) | None => Health::Current,
        Some((_, words)) => progress(if words.is_empty() { String::from("it is not ready yet") } else { words }),
    }
}

/// Waits until all are as they should be, one has failed, or the time is over. `told` hears of each change.
///
/// # Errors
/// Where the cluster does not answer.
pub(crate) async fn wait_for(
    cluster: &Cluster,
    kinds: &Kinds,
    objects: &[Reference],
    limit: Duration,
    concurrency: usize,
    told: &(dyn Fn(&Reference, &Health) + Sync),
) -> Result<Vec<(Reference, Health)>, ClusterError> {
    let started = Instant::now();
    let mut open: Vec<(Reference, Health)> = objects.iter().map(|it| (it.clone(), progress(""))).collect();
    let mut done = Vec::new();
    let mut pause = Duration::from_millis(200);
    loop {
        let look = |(reference, before): (Reference, Health)| async move {
            let now = state(cluster, kinds, &reference).await?;
            if now != before {
                told(&reference, &now);
            }
            Ok::<_, ClusterError>((reference, now))
        };
        let looks: Vec<_> = open.drain(..).map(look).collect();
        let looked: Vec<_> = futures::stream::iter(looks).buffered(concurrency.max(1)).try_collect().await?;
        for (reference, health) in looked {
            match health {
                Health::Current | Health::Failed(_) => done.push((reference, health)),
                Health::InProgress(_) | Health::Terminating | Health::Missing => open.push((reference, health)),
            }
        }
        let has_failed = done.iter().any(|(_, health)| matches!(health, Health::Failed(_)));
        let rest = until_next(pause, started.elapsed(), limit).filter(|_| !open.is_empty() && !has_failed);
        let Some(rest) = rest else {
            done.append(&mut open);
            done.sort_by(|(one, _), (other, _)| one.cmp(other));
            return Ok(done);
        };
        tokio::time::sleep(rest).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(2));
    }
}

/// The time until the next look, of which the last one is at the very end; none where that is over.
fn until_next(pause: Duration, elapsed: Duration, limit: Duration) -> Option<Duration> {
    let left = limit.saturating_sub(elapsed);
    (!left.is_zero()).then(|| pause.min(left))
}

async fn state(cluster: &Cluster, kinds: &Kinds, reference: &Reference) -> Result<Health, ClusterError> {
    match kinds.any_version(reference) {
        Lookup::Served(kind) => match find(cluster, kind, reference).await {
            // It was not said that the object is not there.
            Err(error) if error.is_not_found() => Ok(progress(error.to_string())),
            live => Ok(live?.map_or(Health::Missing, |live| health_of(&live))),
        },
        Lookup::Defined(_) | Lookup::Absent => Ok(Health::Missing),
        Lookup::Unknown => Ok(progress(format!("the server of `{}` does not answer", reference.group))),
    }
}

/// How each object of a list is now.
///
/// # Errors
/// Where the cluster does not answer.
pub async fn wait(
    cluster: &Cluster,
    objects: &[Reference],
    limit: Duration,
) -> Result<Vec<(Reference, Health)>, ClusterError> {
    let kinds = Kinds::of(cluster).await?;
    wait_for(cluster, &kinds, objects, limit, 8, &|_, _| {}).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::until_next;

    #[test]
    fn the_last_look_is_at_the_end() {
        let next = |pause, elapsed| {
            until_next(Duration::from_secs(pause), Duration::from_secs(elapsed), Duration::from_secs(60))
        };
        assert_eq!(next(2, 0), Some(Duration::from_secs(2)));
        assert_eq!(next(2, 59), Some(Duration::from_secs(1)));
        assert_eq!(next(2, 60), None);
        assert_eq!(next(2, 61), None);
        assert_eq!(until_next(Duration::from_secs(2), Duration::ZERO, Duration::ZERO), None);
    }
}
