//! Images that a pod mounts and does not run.

use crate::finding::Finding;
use crate::image::Image;
use crate::resource::Resource;
use crate::tape::{Kind, Node};

/// A volume of a pod that is an image: `volumes: [{ name: model, image: { reference: ghcr.io/acme/model:1 } }]`.
#[derive(Clone)]
pub struct ImageVolume<'r> {
    /// Name of the volume; empty where it has none.
    pub name: String,
    /// Its image; empty where it has none.
    pub image: Image<'r>,
    resource: &'r Resource,
    node: Node<'r>,
    pointer: String,
}

impl ImageVolume<'_> {
    /// RFC 6901 pointer to the volume.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A finding about its image, or about what should hold it.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        self.resource.finding_below(self.pointer.clone(), self.node, "/image/reference", message)
    }
}

impl Resource {
    /// The volumes of the pod that it runs that are images; none for kinds that run no containers.
    ///
    /// What has the shape of no volume becomes a finding of the rule that asked.
    pub fn image_volumes(&self) -> Vec<ImageVolume<'_>> {
        let Some(pod) = self.pod_spec_pointer() else { return Vec::new() };
        let Some(volumes) = self.object_at(pod).and_then(|spec| spec.get("volumes")) else { return Vec::new() };
        let list = format!("{pod}/volumes");
        if !matches!(volumes.kind(), Kind::Array | Kind::Null) {
            self.is_malformed(list, "a list", volumes);
            return Vec::new();
        }
        let volumes = volumes.items().enumerate();
        volumes.filter_map(|(index, volume)| self.image_volume(format!("{list}/{index}"), volume)).collect()
    }

    fn image_volume<'r>(&'r self, pointer: String, volume: Node<'r>) -> Option<ImageVolume<'r>> {
        if volume.kind() != Kind::Object {
            self.is_malformed(pointer, "an object", volume);
            return None;
        }
        let image = volume.get("image").filter(|image| !image.is_null())?;
        if image.kind() != Kind::Object {
            self.is_malformed(format!("{pointer}/image"), "an object", image);
            return None;
        }
        let reference = match image.get("reference") {
            None => "",
            Some(reference) if reference.is_null() => "",
            Some(reference) => reference.as_str().or_else(|| {
                self.is_malformed(format!("{pointer}/image/reference"), "a string", reference);
                None
            })?,
        };
        // A name of another type is for others to tell: the image is judged all the same.
        let name = volume.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
        Some(ImageVolume { name, image: Image::new(reference), resource: self, node: volume, pointer })
    }
}
