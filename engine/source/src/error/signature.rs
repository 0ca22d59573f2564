//! Why a commit's signature does not suffice.

/// What is wrong with a signature that is demanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("it is not signed")]
    Unsigned,
    /// There is one, made in another way than the policy names.
    #[error("it is signed with {found}, but a signature with {wanted} is demanded")]
    OtherFormat {
        /// How it is signed.
        found: String,
        /// How it has to be signed.
        wanted: String,
    },
    /// The commit does not read like one that Git writes.
    #[error("its signature cannot be told from its content")]
    Malformed,
    /// The program that verifies is not there.
    #[error("its signature cannot be verified, as the program `{program}` is not found")]
    NoProgram {
        /// The program.
        program: String,
    },
    /// The file of those who may sign cannot be read.
    #[error("its signature cannot be verified, as `{path}` cannot be read: {cause}")]
    NoKeys {
        /// The file.
        path: String,
        /// What the system says.
        cause: String,
    },
    /// The program that verifies could not do its work.
    #[error("its signature cannot be verified: `{program}` {cause}")]
    Broken {
        /// The program.
        program: String,
        /// What happened.
        cause: String,
    },
    /// The signature is by a key that is not on the list.
    #[error("it is signed by a key that `{path}` does not list")]
    UnknownKey {
        /// The file of those who may sign.
        path: String,
    },
    /// The signature is wrong, or of a key that is expired or revoked.
    #[error("its signature does not hold: {cause}")]
    Bad {
        /// What the program says.
        cause: String,
    },
}

impl SignatureError {
    /// What to do about it, where that is not plain.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            SignatureError::Unsigned => Some("sign the commit (`git commit -S`), or do not demand a signature"),
            SignatureError::OtherFormat { .. } => {
                Some("sign it as demanded (`gpg.format`), or change what is demanded")
            }
            SignatureError::NoProgram { .. } => Some("install OpenSSH's client for `ssh-keygen`, GnuPG for `gpgv`"),
            SignatureError::NoKeys { .. } => {
                Some("name a file of allowed signers for SSH, or for OpenPGP a keyring that `gpg --export` wrote")
            }
            SignatureError::UnknownKey { .. } => Some("let someone sign who is on the list, or add the key to it"),
            SignatureError::Malformed | SignatureError::Broken { .. } | SignatureError::Bad { .. } => None,
        }
    }
}
