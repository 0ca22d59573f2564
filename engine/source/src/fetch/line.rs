//! What all connections of one fetch share: the deadline, how much may come, the secret that nothing may show, and the
//! first thing that went wrong.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::credentials::Account;
use crate::deadline::Deadline;
use crate::error::FetchCause;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) deadline: Deadline,
    pub(super) account: Option<Account>,
    limit: u64,
    received: AtomicU64,
    cause: Mutex<Option<FetchCause>>,
}

impl Line {
    pub(super) fn new(deadline: Deadline, limit: u64, account: Option<Account>) -> Self {
        Line { deadline, account, limit, received: AtomicU64::new(0), cause: Mutex::default() }
    }

    /// Counts bytes that came in, and refuses what is too much or too late.
    pub(super) fn count(&self, bytes: usize) -> Result<(), FetchCause> {
        let before = self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) > self.limit {
            return Err(self.note(FetchCause::TooMuch(self.limit)));
        }
        if self.deadline.is_over() {
            return Err(self.note(FetchCause::TimedOut(self.deadline.granted)));
        }
        Ok(())
    }

    /// Keeps the first cause, as the others follow from it.
    pub(super) fn note(&self, cause: FetchCause) -> FetchCause {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| cause.clone());
        cause
    }

    pub(super) fn cause(&self) -> Option<FetchCause> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `text` without the password, should a server have sent it back.
    pub(super) fn masked(&self, text: &str) -> String {
        match self.account.as_ref().map(Account::parts) {
            Some((_, password)) if password.len() > 3 => text.replace(password, "…"),
            Some(_) | None => text.to_owned(),
        }
    }
}
