//! What comes of a round of one application.

/// What came of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The cluster is as Git says, and nothing had to be written.
    Unchanged,
    /// The cluster was brought to where Git says.
    Applied,
    /// Others have changed the cluster, and that is told only.
    Drifted,
    /// Another application has to be healthy first.
    Waiting,
    /// The revision has failed before.
    Quarantined,
    /// The revision does not pass the gate, or cannot be applied: nothing was written.
    Refused,
    /// It was applied and is not as it should be.
    Failed,
    /// It failed, and the last healthy revision was applied.
    RolledBack,
    /// Another run was at work on it: it is left to that one until the next round.
    Busy,
    /// Git or the cluster did not answer.
    Unreachable,
    /// Its file is wrong, is one of two, or says a cluster that is not known; or it comes after itself.
    Unread,
}

impl Outcome {
    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Applied => "applied",
            Self::Drifted => "drifted",
            Self::Waiting => "waiting",
            Self::Quarantined => "quarantined",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Unread => "unread",
        }
    }

    pub(crate) const fn is_good(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Applied)
    }
}
