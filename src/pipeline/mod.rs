//! The walk of a batch and nothing else.
//!
//! [`Walk::screen`] takes one readable or unreadable event through normalising and matching: pure, on any thread.
//! [`Committer::commit`] takes screened events, in order, through the one transaction, and does not come back before they
//! are durable: it waits out a store that fails, refreshes a filter that is out of date, and sets aside the one event that
//! makes a batch fail.

mod active;
mod commit;
mod door;
mod screen;

pub use active::ActivePersons;
pub use commit::{Committer, Fate, Fenced};
pub use door::{Door, Stopping};
pub use screen::{Screened, Walk};
