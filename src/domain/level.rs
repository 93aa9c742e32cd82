//! How urgent, and what kind.

use super::event::named;

named!(
    /// How urgent it is, in rising order. A case opens from [`Level::Elevated`].
    Level {
        /// Nothing to do.
        None = "NONE",
        /// T4: show help.
        Support = "SUPPORT",
        /// T3: a human looks within two hours.
        Elevated = "ELEVATED",
        /// T2: within ten minutes.
        High = "HIGH",
        /// T1: within three minutes.
        Critical = "CRITICAL",
        /// T0: within sixty seconds.
        Emergency = "EMERGENCY",
    }
);

impl Level {
    /// 0 for NONE to 5 for EMERGENCY.
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The next level up; EMERGENCY stays.
    pub fn raised(self) -> Self {
        Self::ALL.get(self as usize + 1).copied().unwrap_or(self)
    }

    /// True where a case is due.
    pub fn opens_case(self) -> bool {
        self >= Level::Elevated
    }
}

named!(
    /// What kind of danger.
    RiskType {
        /// A wish to die, or an act.
        SelfHarm = "SELF_HARM",
        /// Self-injury without a wish to die.
        SelfInjury = "SELF_INJURY",
        /// Company in dying, or being urged on.
        Pact = "PACT",
        /// Harm to another person.
        HarmToOthers = "HARM_TO_OTHERS",
        /// Harm to an animal.
        HarmToAnimals = "HARM_TO_ANIMALS",
        /// A poisoning accident, happening now.
        AccidentalPoisoning = "ACCIDENTAL_POISONING",
        /// Worry about somebody else.
        ConcernForOther = "CONCERN_FOR_OTHER",
        /// Somebody directs or forces the buyer.
        Coercion = "COERCION",
        /// Worrying, kind unclear.
        Unclear = "UNCLEAR",
    }
);

/// A set of kinds, as bits in the order of [`RiskType::ALL`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct TypeSet(u16);

impl TypeSet {
    /// From the stored bits; unknown bits are dropped.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & ((1 << RiskType::ALL.len()) - 1))
    }

    /// The bits to store.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Adds a kind.
    pub fn insert(&mut self, kind: RiskType) {
        self.0 |= 1 << kind as u16;
    }

    /// Both together.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if the kind is in it.
    pub fn contains(self, kind: RiskType) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    /// The kinds in order.
    pub fn iter(self) -> impl Iterator<Item = RiskType> {
        RiskType::ALL
            .iter()
            .copied()
            .filter(move |kind| self.contains(*kind))
    }

    /// Their names in order.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(RiskType::name).collect()
    }
}
