//! What the learned scorer looks for.

/// What is scored, in the order of a model's weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Head {
    /// Harm to oneself, wished, thought of, planned or under way.
    SelfHarm,
    /// Harm to other people.
    HarmToOthers,
    /// Worry about somebody else.
    Concern,
    /// A poisoning by accident.
    Accident,
}

/// How many things are scored.
pub const HEADS: usize = 4;

impl Head {
    /// All, in order.
    pub const ALL: [Self; HEADS] = [
        Self::SelfHarm,
        Self::HarmToOthers,
        Self::Concern,
        Self::Accident,
    ];

    /// As files say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfHarm => "self_harm",
            Self::HarmToOthers => "harm_to_others",
            Self::Concern => "concern",
            Self::Accident => "accident",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|head| head.name() == name)
    }

    /// Its place among the weights.
    pub fn index(self) -> usize {
        self as usize
    }
}
