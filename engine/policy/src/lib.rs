//! The policy file, and the verdict that it leads to: what to run over which objects, what a finding means, which
//! exceptions hold, and whether the set may go on.

mod verdict;

pub use verdict::{
    Action, Applied, Decision, Finding, Location, RuleInfo, Snippet, Summary, Verdict,
};
