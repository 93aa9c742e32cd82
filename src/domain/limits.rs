//! Limits on everything that comes in, each with a stated answer when it is exceeded: the event is quarantined.

use super::time::Time;

/// An encoded event, in bytes.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// One text field, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// One id, in bytes.
pub const ID_BYTES_MAX: usize = 256;
/// Items of one purchase.
pub const ITEMS_MAX: usize = 256;
/// Events of one `SubmitBatch`.
pub const BATCH_EVENTS_MAX: usize = 1_000;
/// Signals of one person that are read to judge them; older ones are summarised by the stored state.
pub const SIGNALS_READ_MAX: usize = 512;
/// Hits of one signal that are kept as spans.
pub const SPANS_MAX: usize = 32;
/// Characters of a text that may be one piece of a sentence.
pub const PIECE_CHARS_MAX: usize = 60;
/// Pieces written before an event that are read together with its own.
pub const PIECES_MAX: usize = 8;
/// How long after a sign that a sentence goes on elsewhere it is waited for.
pub const PIECES_MS: i64 = 15 * super::time::MINUTE_MS;
/// Earliest believed `occurred_at`: 2000-01-01 UTC.
pub const OCCURRED_MIN: Time = Time::from_ms(946_684_800_000);
/// Latest believed `occurred_at`: 2100-01-01 UTC.
pub const OCCURRED_MAX: Time = Time::from_ms(4_102_444_800_000);
/// How far a source's clock may run ahead of ours; what is later is read as this.
pub const CLOCK_AHEAD_MS_MAX: i64 = 5 * super::time::MINUTE_MS;

/// When an event happened, as far as its source's clock is believed: one that runs ahead must not make goods or words look as if
/// they were yet to come, nor those of all others old.
pub fn believed(occurred_at: Time, arrived_at: Time) -> Time {
    occurred_at.min(arrived_at.plus_ms(CLOCK_AHEAD_MS_MAX))
}
