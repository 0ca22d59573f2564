//! Changing a tree: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386). The tree is not touched; a new one comes out.
//!
//! Everything that a patch leaves alone keeps its span. What it writes carries the span of the value that it replaces,
//! or of the nearest key above the place where it was added, and says so ([`Node::is_written`]).

mod edit;
mod insert;
mod merge;
mod source;

use edit::Edit;

use crate::quote::quote;
use crate::{JsonError, Node, Resource, Tree};

/// One operation of a JSON Patch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Adds a member or an element.
    Add {
        /// RFC 6901 pointer.
        pointer: String,
        /// JSON text.
        value: String,
    },
    /// Replaces a value that exists.
    Replace {
        /// RFC 6901 pointer.
        pointer: String,
        /// JSON text.
        value: String,
    },
    /// Removes a value that exists.
    Remove {
        /// RFC 6901 pointer.
        pointer: String,
    },
    /// Moves a value.
    Move {
        /// Where it is.
        from: String,
        /// Where it goes.
        pointer: String,
    },
    /// Copies a value.
    Copy {
        /// Where it is.
        from: String,
        /// Where the copy goes.
        pointer: String,
    },
    /// Demands that a value is as given.
    Test {
        /// RFC 6901 pointer.
        pointer: String,
        /// JSON text.
        value: String,
    },
}

/// Why a patch cannot be read or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch is no JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The patch is no array.
    #[error("a patch is an array of operations")]
    NotArray,
    /// An operation is not as RFC 6902 writes it.
    #[error("operation {operation} of the patch {fault}")]
    Malformed {
        /// Which operation, counted from 0.
        operation: usize,
        /// What is wrong with it.
        fault: String,
    },
    /// An operation cannot be applied.
    #[error("operation {operation} of the patch, at `{}`: {cause}", quote(pointer))]
    Failed {
        /// Which operation, counted from 0.
        operation: usize,
        /// The pointer that it fails at: its `path`, or its `from`.
        pointer: String,
        /// Why.
        cause: PatchCause,
    },
    /// What comes out is no object of Kubernetes.
    #[error("the patch leaves an object without `apiVersion` or `kind`")]
    Unnamed,
}

/// Why an operation cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchCause {
    /// The pointer is none.
    #[error("this is no JSON pointer")]
    NoPointer,
    /// The pointer, or the parent that it names, resolves to nothing.
    #[error("nothing is there")]
    Missing,
    /// The parent is neither an object nor an array.
    #[error("its parent is neither an object nor an array")]
    NoCollection,
    /// The index lies past the end, or is none.
    #[error("`{}` is no index of an array of {length}", quote(index))]
    Index {
        /// The last part of the pointer.
        index: String,
        /// Number of elements.
        length: usize,
    },
    /// The root cannot be removed or moved.
    #[error("the root cannot be removed")]
    Root,
    /// A value would move into itself.
    #[error("a value cannot move into itself")]
    IntoItself,
    /// The value of a `test` is another.
    #[error("the value is `{found}`, not `{wanted}`")]
    Unlike {
        /// The beginning of the value that is there.
        found: String,
        /// The beginning of the value that should be.
        wanted: String,
    },
    /// The value of the operation is no JSON.
    #[error(transparent)]
    Value(#[from] JsonError),
    /// The result would be nested deeper than 1,000 levels.
    #[error("the result would be nested deeper than 1000 levels")]
    TooDeep,
    /// The patch writes or searches too much: a bomb.
    #[error("the patch costs more than a patch may")]
    TooCostly,
}

impl Operation {
    /// The pointer to what the operation changes or tests.
    #[must_use]
    pub fn pointer(&self) -> &str {
        match self {
            Self::Add { pointer, .. }
            | Self::Replace { pointer, .. }
            | Self::Remove { pointer }
            | Self::Move { pointer, .. }
            | Self::Copy { pointer, .. }
            | Self::Test { pointer, .. } => pointer,
        }
    }

    /// What may be the array that the operation appends to.
    fn appends_to(&self) -> Option<&str> {
        match self {
            Self::Add { pointer, .. } => pointer.strip_suffix("/-"),
            Self::Replace { .. } | Self::Remove { .. } | Self::Move { .. } | Self::Copy { .. } | Self::Test { .. } => {
                None
            }
        }
    }

    /// Bytes of text that the operation adds to a tree, at most, but for copies.
    fn room(&self) -> usize {
        match self {
            Self::Add { pointer, value } => pointer.len() + value.len(),
            Self::Replace { value, .. } | Self::Test { value, .. } => value.len(),
            Self::Remove { .. } | Self::Move { .. } | Self::Copy { .. } => 0,
        }
    }

    /// Reads a JSON Patch document: an array of operations. Members that RFC 6902 does not know are ignored, as it says.
    ///
    /// # Errors
    /// Where the text is no JSON, no array, or an operation lacks what it needs.
    pub fn parse_all(json: &str) -> Result<Vec<Self>, PatchError> {
        let text = std::sync::Arc::new(crate::Text::new("patch", ""));
        let tree = Tree::from_json(text, crate::Span::default(), json)?;
        if !matches!(tree.root().value(), crate::Value::Array(_)) {
            return Err(PatchError::NotArray);
        }
        let read = |(operation, node)| Self::read(node).map_err(|fault| PatchError::Malformed { operation, fault });
        tree.root().items().enumerate().map(read).collect()
    }

    fn read(node: Node<'_>) -> Result<Self, String> {
        let text = |name: &str| {
            let member = node.get(name).ok_or_else(|| format!("lacks `{name}`"))?;
            member.as_str().map(String::from).ok_or_else(|| format!("has a `{name}` that is no string"))
        };
        let value = || node.get("value").map(Node::to_json).ok_or_else(|| "lacks `value`".to_owned());
        let op = text("op")?;
        let pointer = text("path")?;
        match op.as_str() {
            "add" => Ok(Self::Add { pointer, value: value()? }),
            "replace" => Ok(Self::Replace { pointer, value: value()? }),
            "remove" => Ok(Self::Remove { pointer }),
            "move" => Ok(Self::Move { from: text("from")?, pointer }),
            "copy" => Ok(Self::Copy { from: text("from")?, pointer }),
            "test" => Ok(Self::Test { pointer, value: value()? }),
            other => Err(format!("has an unknown `op`: `{}`", quote(other))),
        }
    }
}

impl Tree {
    /// The tree with the operations applied in order, as RFC 6902 says: all of them or none.
    ///
    /// # Errors
    /// The first operation that cannot be applied, with the pointer and the reason.
    pub fn patched(&self, operations: &[Operation]) -> Result<Self, PatchError> {
        if let Some(tree) = insert::inserted(self, operations) {
            return Ok(tree);
        }
        let mut edit = Edit::new(self, operations.iter().map(Operation::room).sum());
        for (index, operation) in operations.iter().enumerate() {
            edit.apply(operation).map_err(|(pointer, cause)| PatchError::Failed {
                operation: index,
                pointer: pointer.to_owned(),
                cause,
            })?;
        }
        Ok(edit.finish())
    }

    /// The operations with the index that each `-` stands for, in one pass. Those that cannot be applied, and those behind
    /// them, stay as they are.
    #[must_use]
    pub fn indexed(&self, mut operations: Vec<Operation>) -> Vec<Operation> {
        if !operations.iter().any(|operation| operation.appends_to().is_some()) {
            return operations;
        }
        let mut edit = Edit::new(self, operations.iter().map(Operation::room).sum());
        for operation in &mut operations {
            let place = operation.appends_to().and_then(|array| Some(format!("{array}/{}", edit.length(array)?)));
            if edit.apply(operation).is_err() {
                break;
            }
            if let (Operation::Add { pointer, .. }, Some(place)) = (operation, place) {
                *pointer = place;
            }
        }
        operations
    }

    /// The tree with a merge patch applied, as RFC 7386 says: members of `patch` replace those of the tree, `null`
    /// removes them, and what is no object replaces the whole.
    #[must_use]
    pub fn merged(&self, patch: Node<'_>) -> Self {
        let mut edit = Edit::new(self, 0);
        edit.merge(patch);
        edit.finish()
    }
}

impl Resource {
    /// The object with the operations applied, as [`Tree::patched`] does. Its identity is what the result says.
    ///
    /// # Errors
    /// As [`Tree::patched`], and where the result has no `apiVersion` or `kind`.
    pub fn patched(&self, operations: &[Operation]) -> Result<Self, PatchError> {
        self.with_new_tree(self.tree().patched(operations)?).ok_or(PatchError::Unnamed)
    }
}
