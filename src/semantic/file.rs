//! The model file: written once, read whole, checked before anything of it is believed.
//!
//! ```text
//! 8 bytes   "LGMODEL\n"
//! u32 LE    format version, 1
//! u32 LE    bits of a slot number, 8 to 18
//! u32 LE    bytes of the description, a multiple of 8
//! u32 LE    0
//! …         the description: JSON of `About`, filled up with spaces
//! u64 LE …  2^bits slots: 16 bits of the piece's hash, then four weights of 12 bits, the first head lowest
//! 32 bytes  SHA-256 of all before
//! ```

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{HEADS, Head, Model};

const MAGIC: &[u8; 8] = b"LGMODEL\n";
/// The only format that this build reads and writes.
pub const FORMAT: u32 = 1;
const HEADER: usize = 24;
const CHECKSUM: usize = 32;
/// A larger file is refused before it is read.
pub const FILE_MAX: usize = 4 << 20;
const BITS: std::ops::RangeInclusive<u32> = 8..=18;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be read.
    #[error("the model cannot be read")]
    Read(#[from] std::io::Error),
    /// Something else altogether.
    #[error(
        "this is not a model file (it does not begin as one); `lifeguard model train` makes one"
    )]
    NotAModel,
    /// Made by another version.
    #[error(
        "the model is written in format {found}, this build reads format {FORMAT}: {}",
        if *found > FORMAT { "use a newer lifeguard, or train again with this one" } else { "train it again" }
    )]
    Format {
        /// The file's.
        found: u32,
    },
    /// Not as long as it says.
    #[error(
        "the model file has {found} bytes and should have {expected}: it was cut off or added to; copy it again"
    )]
    Length {
        /// The file's.
        found: usize,
        /// By its own header.
        expected: usize,
    },
    /// Larger than any model.
    #[error("the model file has more than {FILE_MAX} bytes, more than any model")]
    TooLarge,
    /// Its checksum disagrees.
    #[error("the model file is damaged (its checksum does not agree); copy it again")]
    Damaged,
    /// The checksum holds and still it makes no sense.
    #[error("the model file's description cannot be used: {0}")]
    Description(String),
}

/// Where a model comes from and what it was measured at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct About {
    /// A name for people.
    pub name: String,
    /// The version of the program that trained it.
    pub trained_by: String,
    /// The day it was trained, as given by whoever trained it.
    pub trained_on: String,
    /// The random seed.
    pub seed: u64,
    /// What it was trained on.
    pub sources: Vec<Source>,
    /// Passes over the texts.
    pub epochs: u32,
    /// Pieces that weigh something.
    pub pieces: u32,
    /// Added to every score, one a head.
    pub bias: [i32; HEADS],
    /// From score to probability, one a head.
    pub calibration: [Vec<Knot>; HEADS],
    /// Alarms among ordinary texts, one a head.
    pub curves: [Curve; HEADS],
}

/// One file that a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Its name without folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Lines read.
    pub lines: u64,
    /// What it was used as.
    pub used_as: String,
    /// Weight of a line, in thousandths.
    pub weight: u32,
    /// Its licence.
    pub licence: String,
}

/// A point of a straight-line curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knot(
    /// Score.
    pub i32,
    /// Millionths.
    pub u32,
);

/// How many of a million ordinary texts score at least so high; the highest score first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Curve(pub Vec<Knot>);

impl Curve {
    /// The lowest score that at most so many reach; one that nothing reaches, if the curve does not say. Between knots it
    /// goes straight, which is never too low: the tail of the scores bends the other way.
    pub fn threshold(&self, alarms_per_million: u32) -> i32 {
        let after = self.0.partition_point(|knot| knot.1 <= alarms_per_million);
        let Some(rarer) = after.checked_sub(1).and_then(|i| self.0.get(i)) else {
            return i32::MAX;
        };
        let Some(commoner) = self.0.get(after) else {
            return rarer.0;
        };
        let across = i64::from(commoner.1) - i64::from(rarer.1);
        let along = i64::from(alarms_per_million) - i64::from(rarer.1);
        let down = (i64::from(rarer.0) - i64::from(commoner.0)) * along / across.max(1);
        (i64::from(rarer.0) - down) as i32
    }
}

/// The value at a score, straight between knots, level beyond them. Knots rise in both.
pub fn interpolate(knots: &[Knot], score: i32) -> u32 {
    let after = knots.partition_point(|knot| knot.0 <= score);
    match (
        after.checked_sub(1).and_then(|i| knots.get(i)),
        knots.get(after),
    ) {
        (None, None) => 0,
        (None, Some(knot)) | (Some(knot), None) => knot.1,
        (Some(a), Some(b)) => {
            let (across, along) = (
                i64::from(b.0) - i64::from(a.0),
                i64::from(score) - i64::from(a.0),
            );
            (i64::from(a.1) + (i64::from(b.1) - i64::from(a.1)) * along / across.max(1)) as u32
        }
    }
}

impl About {
    fn check(&self) -> Result<(), String> {
        for head in Head::ALL {
            let knots = &self.calibration[head.index()];
            let rising = |w: &[Knot]| w[0].0 < w[1].0 && w[0].1 <= w[1].1;
            if knots.is_empty()
                || !knots.windows(2).all(rising)
                || knots.iter().any(|k| k.1 > 1_000_000)
            {
                return Err(format!("the calibration of {} does not rise", head.name()));
            }
            let curve = &self.curves[head.index()].0;
            let falling = |w: &[Knot]| w[0].0 >= w[1].0 && w[0].1 <= w[1].1;
            if curve.is_empty() || !curve.windows(2).all(falling) {
                return Err(format!("the alarm curve of {} does not fall", head.name()));
            }
        }
        Ok(())
    }
}

impl Model {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Where it cannot be read, was cut off, is damaged, or is of another format.
    pub fn load(path: &Path) -> Result<Self, Problem> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(FILE_MAX as u64 + 1)
            .read_to_end(&mut bytes)?;
        Self::from_bytes(&bytes)
    }

    /// Checks the bytes of a file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > FILE_MAX {
            return Err(Problem::TooLarge);
        }
        let number = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
        };
        if !bytes.starts_with(MAGIC) {
            return Err(Problem::NotAModel);
        }
        let (Some(format), Some(bits), Some(described)) = (number(8), number(12), number(16))
        else {
            return Err(Problem::Length {
                found: bytes.len(),
                expected: HEADER,
            });
        };
        if format != FORMAT {
            return Err(Problem::Format { found: format });
        }
        if !BITS.contains(&bits) || described as usize > FILE_MAX {
            return Err(Problem::Damaged);
        }
        let slots_at = HEADER + described as usize;
        let end = slots_at + (8 << bits);
        if bytes.len() != end + CHECKSUM {
            return Err(Problem::Length {
                found: bytes.len(),
                expected: end + CHECKSUM,
            });
        }
        let sum = Sha256::digest(&bytes[..end]);
        if sum[..] != bytes[end..] {
            return Err(Problem::Damaged);
        }
        let about: About = serde_json::from_slice(&bytes[HEADER..slots_at])
            .map_err(|error| Problem::Description(error.to_string()))?;
        about.check().map_err(Problem::Description)?;
        let slots = bytes[slots_at..end]
            .as_chunks::<8>()
            .0
            .iter()
            .map(|slot| u64::from_le_bytes(*slot))
            .collect();
        Ok(Self::assemble(about, hex(&sum), bits, slots))
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Where the description cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Problem> {
        let mut about =
            serde_json::to_vec(&self.about).map_err(|e| Problem::Description(e.to_string()))?;
        about.resize(about.len().next_multiple_of(8), b' ');
        let mut bytes = MAGIC.to_vec();
        for number in [FORMAT, self.bits, about.len() as u32, 0] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(about);
        bytes.extend(self.slots.iter().flat_map(|slot| slot.to_le_bytes()));
        bytes.extend(Sha256::digest(&bytes));
        Ok(bytes)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
