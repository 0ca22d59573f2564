//! Changing a tree: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386). The tree is not touched; a new one comes out.

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
