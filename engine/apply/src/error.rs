//! What can go wrong with a cluster, in words that say what to do.

mod secrets;

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// What a name is, in words.
pub(crate) const NAMES: &str = "a name must not be empty, `.` or `..`, nor hold `/` or `%`";

/// What there is to do about an object that the API server does not take.
const MEND: &str = "mend the manifest; the API server does not accept it as it is";

/// Why a request had no answer that could be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClusterError {
    /// The way to the cluster is not known.
    #[error("cannot tell which cluster to speak to: {message}")]
    Config {
        /// What is wrong with the kubeconfig.
        message: String,
    },
    /// There are no credentials for it.
    #[error("cannot log in at {server}: {message}")]
    Login {
        /// The address.
        server: String,
        /// Why.
        message: String,
    },
    /// There was no answer for as long as it was tried.
    #[error("no answer from {server} for {} s while trying to {what}: {cause}", .tried.as_secs())]
    Unreachable {
        /// The address.
        server: String,
        /// What was wanted: `read Deployment.apps shop/cart`.
        what: String,
        /// The last thing that went wrong.
        cause: String,
        /// How long it was tried.
        tried: Duration,
        /// Whether anything was sent to the cluster that writes: this, or another that is still on its way.
        has_written: bool,
    },
    /// The server answered, and its answer was no.
    #[error("cannot {what}: {refusal}")]
    Refused {
        /// What was wanted.
        what: String,
        /// Its answer.
        refusal: Refusal,
    },
    /// The server behind a group does not answer the API server.
    #[error("cannot {what}: the server behind the API group `{group}` does not answer")]
    Silent {
        /// What was wanted.
        what: String,
        /// The group.
        group: String,
    },
    /// The cluster has a kind in other versions only.
    #[error("cannot {what}: the cluster has no {version} of it, but {}", .served.join(", "))]
    OtherVersion {
        /// What was wanted.
        what: String,
        /// The version that was wanted.
        version: String,
        /// Those that there are.
        served: Vec<String>,
    },
    /// No object can have the name, and a path with it could lead to others.
    #[error("cannot {what}: no object can have the name `{}`", .name.escape_debug())]
    Nameless {
        /// What was wanted.
        what: String,
        /// The name.
        name: String,
    },
    /// The server's answer makes no sense.
    #[error("cannot {what}: the answer of {server} cannot be read: {cause}")]
    Garbled {
        /// The address.
        server: String,
        /// What was wanted.
        what: String,
        /// Why.
        cause: String,
    },
}

/// A `Status` of the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub code: u16,
    /// `NotFound`, `Conflict`, `Invalid`, …; empty where the answer was no `Status`.
    pub reason: String,
    /// The server's words.
    pub message: String,
    /// The name of the object that it is about; empty where it is about none.
    pub object: Box<str>,
    /// Each cause: what kind, the field, the words.
    pub causes: Vec<(String, String, String)>,
    /// Whether the request was sent before, and what became of that is not known.
    pub repeated: bool,
}

/// A field that another field manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// The manager, as the server tells it: `kubectl-edit`.
    pub manager: String,
    /// The field: `.spec.replicas`.
    pub field: String,
    /// The subresource through which the manager wrote it; empty for the object itself.
    pub subresource: String,
}

/// Field managers whose fields are never taken: they would fight back.
const KEPT_MANAGERS: [&str; 5] =
    ["horizontal-pod-autoscaler", "vpa-updater", "vpa-recommender", "keda-operator", "cluster-autoscaler"];

impl FieldConflict {
    /// Whether the manager is a controller that scales, which would fight back. The autoscaler of Kubernetes writes under
    /// the name of the program that it runs in.
    pub(crate) fn is_kept(&self) -> bool {
        KEPT_MANAGERS.contains(&self.manager.as_str())
            || self.manager == "kube-controller-manager" && self.subresource == "scale"
    }
}

impl ClusterError {
    /// The server's refusal, if it was one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Config { .. }
            | Self::Login { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::OtherVersion { .. }
            | Self::Nameless { .. }
            | Self::Garbled { .. } => None,
        }
    }

    /// Whether the server says that there is no such thing: no object, or no kind of that version.
    pub(crate) fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == 404)
    }

    /// Whether the server says so of the object, and not of its kind: of a version that is no longer served it says as well
    /// that it was not found.
    pub(crate) fn is_absence_of(&self, name: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == 404 && *refusal.object == *name)
    }

    /// Whether the server has refused what it may have carried out the time before.
    pub(crate) fn may_be_done(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.repeated)
    }

    pub(crate) fn has_code(&self, code: u16) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == code)
    }

    /// What to do about it; empty where nothing can be said.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Config { .. } => String::from(
                "set KUBECONFIG, or name --kubeconfig and --context, which goes before `destination.context` of the application",
            ),
            Self::Login { .. } => String::from(
                "see whether `kubectl get --raw /version` with the same kubeconfig and context is answered",
            ),
            Self::Unreachable { has_written: true, .. } => String::from(
                "nothing is known of what became of the last request; run again, which reads before it writes",
            ),
            Self::Unreachable { has_written: false, .. } => {
                String::from("nothing was written; run again once the cluster answers")
            }
            Self::Silent { .. } => {
                String::from("see `kubectl get apiservices`; nothing can be said of the kind until it does")
            }
            Self::OtherVersion { .. } => String::from("let the plugin ask for one of these, or for any: `*`"),
            Self::Nameless { .. } => String::from(NAMES),
            Self::Garbled { .. } => {
                String::from("see whether something between here and the cluster answers in its place")
            }
            Self::Refused { refusal, .. } => refusal.help(),
        }
    }
}

impl Refusal {
    /// The fields that others own, where that is what the refusal is about.
    #[must_use]
    pub fn conflicts(&self) -> Vec<FieldConflict> {
        let of = |(kind, field, message): &(String, String, String)| {
            (kind == "FieldManagerConflict").then(|| FieldConflict {
                manager: quoted(message).unwrap_or(message).to_owned(),
                field: field.clone(),
                subresource: message
                    .split_once(" with subresource ")
                    .and_then(|(_, rest)| quoted(rest))
                    .unwrap_or_default()
                    .to_owned(),
            })
        };
        self.causes.iter().filter_map(of).collect()
    }

    fn help(&self) -> String {
        let conflicts = self.conflicts();
        if !conflicts.is_empty() {
            return String::from(
                "take the fields out of the manifests, have the other manager give them up, name them in `ignore`, or set \
                 `conflicts: take`",
            );
        }
        if self.is_of_admission() {
            return String::from(
                "an admission policy or webhook of the cluster decides this: do as it says, or see who keeps it",
            );
        }
        match self.code {
            401 => String::from("the credentials are not accepted: log in again, or name another --context"),
            403 => String::from("grant the account this verb; deploy/agent holds the rules that are needed"),
            400 | 404 if self.reason.is_empty() => {
                String::from("see whether something between here and the cluster answers in its place")
            }
            404 => String::from("the kind or the namespace is not there yet; is its manifest in the set?"),
            // Where an object has not the form of its kind, the API server says that it failed itself.
            400 | 422 | 500 if self.message.contains("expected string") => String::from(
                "mend the manifest: in YAML a number or a word such as `true`, `y` or `on` is a string only in quotes",
            ),
            500 if self.is_of_form() => String::from(MEND),
            422 | 400 => String::from(MEND),
            500 => String::from("see the log of the API server; run again once the cause is gone"),
            _ => String::new(),
        }
    }

    /// Whether the object has not the form that its kind has.
    fn is_of_form(&self) -> bool {
        // What cannot be read there is what the webhook has made.
        if self.message.contains("conversion webhook") {
            return false;
        }
        [
            "failed to create typed",
            "failed to convert new object",
            "illegal base64",
            "cannot unmarshal",
            "unable to decode",
            "no kind",
        ]
        .iter()
        .any(|words| self.message.contains(words))
    }

    /// Whether an admission policy or webhook has refused, or could not be asked.
    fn is_of_admission(&self) -> bool {
        ["admission webhook", "calling webhook", "ValidatingAdmissionPolicy"]
            .iter()
            .any(|words| self.message.contains(words))
    }

    /// Reads the answer to a refused request.
    pub(crate) fn read(code: u16, body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Status {
            reason: Option<String>,
            message: Option<String>,
            details: Option<Details>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Details {
            name: Option<String>,
            causes: Option<Vec<Cause>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Cause {
            reason: String,
            field: String,
            message: String,
        }
        let Ok(status) = serde_json::from_slice::<Status>(body) else {
            let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
            return Self { code, message: format!("HTTP {code} {}", text.trim()), ..Self::default() };
        };
        let Details { name, causes } = status.details.unwrap_or_default();
        Self {
            code,
            reason: status.reason.unwrap_or_default(),
            message: status.message.unwrap_or_else(|| format!("HTTP {code}")),
            object: name.unwrap_or_default().into(),
            causes: causes
                .unwrap_or_default()
                .into_iter()
                .map(|cause| (cause.reason, cause.field, cause.message))
                .collect(),
            repeated: false,
        }
    }
}

/// The first words in quotes: `conflict with "kubectl-edit" using apps/v1` names the manager in them.
fn quoted(message: &str) -> Option<&str> {
    message.split('"').nth(1)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conflicts = self.conflicts();
        if conflicts.is_empty() {
            return f.write_str(&self.message);
        }
        for (index, conflict) in conflicts.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{}` is owned by `{}`", conflict.field, conflict.manager)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ClusterError, Refusal};

    #[test]
    fn a_conflict_names_managers_and_fields() {
        let body = br#"{"kind":"Status","status":"Failure","reason":"Conflict","code":409,
            "message":"Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.replicas",
            "details":{"causes":[{"reason":"FieldManagerConflict","field":".spec.replicas",
            "message":"conflict with \"kubectl-edit\" using apps/v1"}]}}"#;
        let refusal = Refusal::read(409, body);
        assert_eq!(refusal.to_string(), "`.spec.replicas` is owned by `kubectl-edit`");
        assert!(!refusal.conflicts()[0].is_kept());
    }

    #[test]
    fn the_autoscaler_is_known_by_the_subresource() {
        let body = br#"{"kind":"Status","code":409,"details":{"causes":[{"reason":"FieldManagerConflict","field":".spec.replicas",
            "message":"conflict with \"kube-controller-manager\" with subresource \"scale\" using apps/v1"}]}}"#;
        assert!(Refusal::read(409, body).conflicts()[0].is_kept());
    }

    #[test]
    fn an_object_that_is_absent_is_named() {
        let absent = |body: &[u8]| {
            let refusal = Refusal::read(404, body);
            ClusterError::Refused { what: String::new(), refusal }.is_absence_of("one")
        };
        assert!(absent(
            br#"{"kind":"Status","reason":"NotFound","details":{"name":"one","kind":"gadgets"},"code":404}"#
        ));
        assert!(!absent(br#"{"kind":"Status","reason":"NotFound","details":{},"code":404}"#));
        assert!(!absent(b"404 page not found"));
    }

    #[test]
    fn an_answer_that_is_no_status_is_shown() {
        assert_eq!(Refusal::read(502, b"<html>bad gateway").message, "HTTP 502 <html>bad gateway");
    }
}
