//! Errors to statuses, all of them, here. No message holds anything of a person.

use tonic::Status;

use crate::access::Denied;
use crate::pipeline::Stopping;
use crate::store::StoreError;

pub(super) fn denied(denied: Denied) -> Status {
    match denied {
        Denied::Unknown => Status::unauthenticated(denied.to_string()),
        Denied::Forbidden => Status::permission_denied(denied.to_string()),
    }
}

pub(super) fn stopping(stopping: Stopping) -> Status {
    Status::unavailable(stopping.to_string())
}

/// The commit was never answered: the sender must send again, and repeats add nothing.
pub(super) fn unanswered() -> Status {
    Status::unavailable("the event was not acknowledged; send it again")
}

pub(super) fn store(error: StoreError) -> Status {
    match error {
        StoreError::NoSuchCase => Status::not_found(error.to_string()),
        StoreError::Refused(refusal) => Status::failed_precondition(refusal.to_string()),
        StoreError::ValueRefused(_) => {
            Status::invalid_argument("the store refuses a value of this request")
        }
        error => {
            tracing::error!(%error, "a request failed in the store");
            Status::unavailable("the store is not available; try again")
        }
    }
}
