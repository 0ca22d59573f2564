//! The reads and writes of one object.

use http::Method;

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
        let mut path = self.kind.path(reference);
        path.push_str(&format!("?fieldManager={}&fieldValidation=Strict&force={force}", escaped(self.manager)));
        if dry_run {
            path.push_str("&dryRun=All");
        }
        let body = if dry_run { self.sent.body() } else { self.sent.body_for_version() };
        let call = Call::new(Method::PATCH, path, format!("apply {reference}"));
        let call = Call { dry_run, ..call.body("application/apply-patch+yaml", &body) };
        let answer = self.cluster.call(&call).await?;
        live(self.cluster, &call.what, &answer)
    }
}

impl Write<'_> {
    /// Sends a JSON Patch of the object.
    pub(crate) async fn patch(&self, patch: &str) -> Result<(), ClusterError> {
        let reference = self.reference;
        let path = format!("{}?fieldManager={}", self.kind.path(reference), escaped(self.manager));
        let call = Call::new(Method::PATCH, path, format!("take over {reference}"));
        self.cluster.call(&call.body("application/json-patch+json", patch.as_bytes())).await.map(drop)
    }
}

/// Reads an object; none where it is not there.
pub(crate) async fn read(cluster: &Cluster, kind: &Kind, reference: &Reference) -> Result<Option<Live>, ClusterError> {
    let call = Call::new(Method::GET, kind.path(reference), format!("read {reference}"));
    match cluster.call(&call).await {
        Ok(answer) => live(cluster, &call.what, &answer).map(Some),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn live(cluster: &Cluster, what: &str, answer: &[u8]) -> Result<Live, ClusterError> {
    Live::read(answer).map_err(|cause| ClusterError::Garbled {
        server: cluster.server().to_owned(),
        what: what.to_owned(),
        cause,
    })
}
