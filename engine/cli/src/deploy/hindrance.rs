//! Why there is no approved set: told to a person as `sluice check` tells it, or given as reasons to the agent's log.

use std::io;

use serde::Serialize;
use sluice_apply::{Action, Failure, Place, Reference, Step, StoreError};
use sluice_policy::{ConfigError, Decision, Finding, Location, Verdict};
use sluice_report::{Format, Options, Verbosity, is_fault, object_name};

use crate::exit::Exit;
use crate::looking::LookError;
use crate::output::{self, Color};
use crate::policy::ChoiceError;

/// Reasons that are given in full: one log line is no report.
const MOST: usize = 10;

/// Why there is no approved set.
pub(crate) struct Hindrance {
    /// The commit that it is about; empty for a folder, and where there is none.
    pub(crate) revision: String,
    pub(crate) cause: Cause,
}

/// What keeps a set from being approved.
pub(crate) enum Cause {
    /// The source or the policy.
    Look(Box<LookError>),
    /// The cluster that policies ask.
    Store(Box<StoreError>),
    /// What the gate says.
    Verdict(Box<Verdict>),
    /// Anything else.
    Other { exit: Exit, message: String, help: Option<&'static str> },
    /// What a person was told already.
    Told(Exit),
}

/// One reason.
#[derive(Serialize)]
struct Reason {
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// File, line and column.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// The first reasons, and how many more there are.
#[derive(Default, Serialize)]
pub(crate) struct Reasons {
    #[serde(rename = "reasons", skip_serializing_if = "Vec::is_empty")]
    first: Vec<Reason>,
    #[serde(rename = "moreReasons", skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
}

impl From<LookError> for Cause {
    fn from(error: LookError) -> Self {
        Self::Look(Box::new(error))
    }
}

impl From<StoreError> for Cause {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl Hindrance {
    /// What the program ends with.
    pub(crate) fn exit(&self) -> Exit {
        match &self.cause {
            Cause::Look(error) => error.exit(),
            Cause::Store(error) => super::exit_of(error),
            Cause::Verdict(verdict) => verdict.decision.into(),
            Cause::Other { exit, .. } | Cause::Told(exit) => *exit,
        }
    }

    /// Says it to a person.
    pub(crate) fn tell(&self, color: Color) -> Exit {
        match &self.cause {
            Cause::Look(error) => error.tell(),
            Cause::Store(error) => super::tell_store(error),
            Cause::Verdict(verdict) => {
                let report = Options {
                    format: Format::Human,
                    color: color.applies(&io::stderr()),
                    verbosity: Verbosity::Normal,
                    width: None,
                    tool_version: env!("CARGO_PKG_VERSION"),
                    jobs: 1,
                };
                // Standard error may be closed; the exit code says it all the same.
                let _ = sluice_report::write(verdict, &report, &mut io::stderr().lock());
                self.exit()
            }
            Cause::Other { exit, message, help } => {
                output::complain(message, *help);
                *exit
            }
            Cause::Told(exit) => *exit,
        }
    }

    /// The reasons, for a log.
    pub(crate) fn reasons(&self) -> Reasons {
        match &self.cause {
            Cause::Look(error) => match error.as_ref() {
                LookError::Path(error) => Reasons::one(error, Some(error.help())),
                LookError::Policy(error) => Reasons::of_file(error),
                LookError::Source(error) => Reasons::one(error, error.help().as_deref()),
            },
            Cause::Store(error) => Reasons::one(error, Some(&super::help_of(error))),
            Cause::Verdict(verdict) => Reasons::of_verdict(verdict),
            Cause::Other { message, help, .. } => Reasons::one(message, *help),
            Cause::Told(_) => Reasons::default(),
        }
    }
}

impl Reasons {
    fn one(message: &dyn ToString, help: Option<&str>) -> Self {
        let help = help.filter(|help| !help.is_empty()).map(String::from);
        let reason = Reason { rule: None, place: None, object: None, message: message.to_string(), help };
        Self { first: vec![reason], more: None }
    }

    /// What keeps an object from being applied; none where it can be.
    pub(crate) fn of_step(step: &Step) -> Option<Self> {
        let Action::Refused { message, help } = &step.action else { return None };
        Some(Self::of_object(&step.reference, message, help, step.refused_at()))
    }

    /// What kept an object from being written.
    pub(crate) fn of_failure(Failure { reference, message, help, place }: &Failure) -> Self {
        Self::of_object(reference, message, help, place.clone())
    }

    fn of_object(reference: &Reference, message: &str, help: &str, place: Option<Place>) -> Self {
        let reason = Reason {
            rule: None,
            place: place.map(|place| place.to_string()),
            object: Some(reference.to_string()),
            message: message.to_owned(),
            help: Some(help.to_owned()).filter(|help| !help.is_empty()),
        };
        Self { first: vec![reason], more: None }
    }

    /// What is wrong with a policy or an application file.
    pub(crate) fn of_file(error: &ChoiceError) -> Self {
        match error {
            ChoiceError::Unusable { message, help } => Self::one(message, Some(help)),
            ChoiceError::Invalid(errors) => {
                let of = |error: &ConfigError| Reason {
                    place: error.location.as_ref().map(place),
                    help: Some(error.help.clone()).filter(|help| !help.is_empty()),
                    message: error.message.clone(),
                    rule: None,
                    object: None,
                };
                Self::first(errors.iter().map(of))
            }
        }
    }

    /// The findings that deny. Where the gate could not decide, what kept it from that comes first.
    fn of_verdict(verdict: &Verdict) -> Self {
        let mut denying: Vec<&Finding> = verdict.findings.iter().filter(|finding| finding.denies()).collect();
        if verdict.decision == Decision::Undecided {
            denying.sort_by_key(|finding| !is_fault(finding));
        }
        let of = |finding: &Finding| Reason {
            rule: Some(finding.rule.clone()),
            place: finding.location.as_ref().map(place),
            object: finding.resource.as_ref().map(object_name),
            message: finding.message.clone(),
            help: Some(finding.help.to_string()).filter(|help| !help.is_empty()),
        };
        Self::first(denying.into_iter().map(of))
    }

    fn first(mut reasons: impl Iterator<Item = Reason>) -> Self {
        Self { first: reasons.by_ref().take(MOST).collect(), more: Some(reasons.count()).filter(|more| *more > 0) }
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", location.file, location.line, location.column)
}
