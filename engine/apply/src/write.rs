//! The reads and writes of one object.

use http::Method;
use serde::Deserialize;

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::ignore::Sent;
use crate::kinds::{Kind, escaped};
use crate::live::Live;
use crate::reference::Reference;

/// A server-side apply of one object.
pub(crate) struct Write<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) manager: &'a str,
    pub(crate) kind: &'a Kind,
    pub(crate) reference: &'a Reference,
    pub(crate) sent: &'a Sent,
}

impl Write<'_> {
    /// Sends it, and gives the object as it is afterwards, or would be.
    pub(crate) async fn send(&self, dry_run: bool, force: bool) -> Result<Live, ClusterError> {
        let reference = self.reference;
        let what = format!("apply {reference}");
        let mut path = self.kind.path(reference, &what)?;
        path.push_str(&format!("?fieldManager={}&fieldValidation=Strict&force={force}", escaped(self.manager)));
        if dry_run {
            path.push_str("&dryRun=All");
        }
        let body = if dry_run { self.sent.body() } else { self.sent.body_for_live() };
        let call = Call::new(Method::PATCH, path, what).about(reference);
        let call = Call { dry_run, ..call.body("application/apply-patch+yaml", &body) };
        let answer = self.cluster.call(&call).await?;
        live(self.cluster, &call.what, reference, &answer)
    }
}

impl Write<'_> {
    /// Sends a JSON Patch of the object.
    pub(crate) async fn patch(&self, patch: &str) -> Result<(), ClusterError> {
        let reference = self.reference;
        let what = format!("take over {reference}");
        let path = format!("{}?fieldManager={}", self.kind.path(reference, &what)?, escaped(self.manager));
        let call = Call::new(Method::PATCH, path, what).about(reference);
        let call = call.body("application/json-patch+json", patch.as_bytes());
        let answer = self.cluster.call(&call).await?;
        live(self.cluster, &call.what, reference, &answer).map(drop)
    }
}

/// Reads an object; none where the server says that it is not there. A kind that is not served in this version, or not yet,
/// says nothing of the object, and neither does somebody who answers in place of the API server.
pub(crate) async fn find(cluster: &Cluster, kind: &Kind, reference: &Reference) -> Result<Option<Live>, ClusterError> {
    match ask(cluster, kind, reference).await {
        Err(error) if error.is_absence_of(&reference.name) => Ok(None),
        answer => answer.map(Some),
    }
}

async fn ask(cluster: &Cluster, kind: &Kind, reference: &Reference) -> Result<Live, ClusterError> {
    let what = format!("read {reference}");
    let call = Call::new(Method::GET, kind.path(reference, &what)?, what).about(reference);
    let answer = cluster.call(&call).await?;
    live(cluster, &call.what, reference, &answer)
}

/// Whether an answer is the word of the API server that something is done.
pub(crate) fn is_success(answer: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Status {
        kind: String,
        status: String,
    }
    serde_json::from_slice(answer).is_ok_and(|it: Status| it.kind == "Status" && it.status == "Success")
}

/// Reads an answer, which has to be the object that was asked for: what is known of another says nothing of it, and may be
/// nobody's business.
pub(crate) fn live(cluster: &Cluster, what: &str, reference: &Reference, answer: &[u8]) -> Result<Live, ClusterError> {
    let read = Live::read(answer).and_then(|live| {
        let identity = live.resource().identity();
        let is_it = identity.kind == reference.kind && identity.name == reference.name;
        if is_it { Ok(live) } else { Err(String::from("it is about something else")) }
    });
    read.map_err(|cause| ClusterError::Garbled { server: cluster.server(), what: what.to_owned(), cause })
}
