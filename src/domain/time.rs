//! Instants and lengths in milliseconds. No clock is read here: `now` is always an argument.

use std::fmt;

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Time(i64);

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Time {
    /// From milliseconds since 1970-01-01 UTC.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by so many milliseconds, saturating.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if it lies before.
    pub const fn since_ms(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339; digits below a millisecond are cut off.
    ///
    /// # Errors
    /// Where the text is no RFC 3339 instant with an offset.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        let instant: jiff::Timestamp = text.parse()?;
        Ok(Self(floor_ms(instant.as_nanosecond())))
    }

    /// The hour of day, 0 to 23, in a zone.
    pub fn hour_in(self, zone: &jiff::tz::TimeZone) -> i64 {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or(0, |t| i64::from(zone.to_datetime(t).hour()))
    }
}

fn floor_ms(nanoseconds: i128) -> i64 {
    // A jiff timestamp spans ±10,000 years, so milliseconds always fit.
    nanoseconds.div_euclid(1_000_000) as i64
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads a length such as `90s`, `15m`, `72h` or `7d`; at most ten years, more than nothing.
pub fn parse_length_ms(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "s" => SECOND_MS,
        "m" => MINUTE_MS,
        "h" => HOUR_MS,
        "d" => DAY_MS,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ms = number.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (ms > 0 && ms <= 3_650 * DAY_MS).then_some(ms)
}
