//! The stories of `stories.yaml`: who they are about, what is true of them, and their steps with several wordings each.

use super::SynthError;
use super::ordinary::Tongue;
use super::yaml::{At, read};
use crate::domain::time::{SECOND_MS, parse_length_ms};
use crate::domain::{AgeBand, Level, OrderAct, ParcelStep, Reporter, RiskType, Sender};

const FILE: &str = "stories.yaml";

/// Steps that the file gives the same time follow each other by so much; two lines of a talk are never written in the
/// same millisecond.
pub(super) const TIE_MS: i64 = 20 * SECOND_MS;

/// Carries one wording of a story to the next. A prime that divides no number of wordings, so that repeating a story
/// goes through all its combinations before one comes back.
const STRIDE: u64 = 1_000_003;

/// One story.
pub(super) struct Story {
    pub id: String,
    /// Index of its [`Tongue`].
    pub tongue: u8,
    pub crisis: bool,
    pub expect: Level,
    pub types: Vec<RiskType>,
    /// `None` where the story does not say.
    pub age_band: Option<AgeBand>,
    pub steps: Vec<Step>,
    /// How many combinations of wordings there are.
    pub combinations: u64,
}

/// One event of a story.
pub(super) struct Step {
    /// After the story's start.
    pub at_ms: i64,
    pub told: Told,
}

/// What happens in a step. Orders are numbered within the story.
pub(super) enum Told {
    Chat {
        sender: Sender,
        text: Wordings,
    },
    Search {
        query: Wordings,
    },
    Browse {
        title: Wordings,
        category: String,
    },
    Purchase(Bought),
    Logistics {
        order: u32,
        step: ParcelStep,
        expected_in_ms: Option<i64>,
    },
    Concern {
        reporter: Reporter,
        text: Wordings,
    },
}

/// A step of an order.
pub(super) struct Bought {
    pub order: u32,
    pub act: OrderAct,
    pub title: Wordings,
    pub category: String,
    pub quantity: u32,
    pub note: Option<Wordings>,
    pub delivery_note: Option<Wordings>,
}

/// Ways to say the same thing; a digit of the number that chooses among all combinations of a story.
pub(super) struct Wordings {
    texts: Vec<String>,
    /// The value of this digit.
    place: u64,
}

impl Wordings {
    /// The wording of a combination.
    pub fn text(&self, combination: u64) -> &str {
        let index = combination / self.place % self.texts.len() as u64;
        self.texts.get(index as usize).map_or("", String::as_str)
    }
}

impl Story {
    /// From the first step to the last.
    pub fn length_ms(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.at_ms)
    }

    /// The combination of the nth person with this story.
    pub fn combination(&self, offset: u64, nth: u64) -> u64 {
        (offset % self.combinations + nth % self.combinations * STRIDE) % self.combinations
    }

    /// The order that a line of talk at this step is about: the last one made before it.
    pub fn order_talked_of(&self, step: usize) -> Option<u32> {
        self.steps
            .iter()
            .take(step)
            .rev()
            .find_map(|step| match &step.told {
                Told::Purchase(bought) => Some(bought.order),
                _ => None,
            })
    }
}

/// Reads `stories.yaml`.
pub(super) fn load(text: &str, tongues: &[Tongue]) -> Result<Vec<Story>, SynthError> {
    read(FILE, text, |root| {
        root.only(&["stories"])?;
        let at = root.get("stories")?;
        let stories: Vec<Story> = at
            .list()?
            .iter()
            .map(|at| story(at, tongues))
            .collect::<Result<_, _>>()?;
        match [true, false]
            .iter()
            .all(|crisis| stories.iter().any(|s| s.crisis == *crisis))
        {
            true => Ok(stories),
            false => Err(at.fault("crisis and harmless stories")),
        }
    })
}

fn story(at: &At<'_>, tongues: &[Tongue]) -> Result<Story, SynthError> {
    at.only(&[
        "id", "locale", "label", "expect", "types", "age_band", "steps",
    ])?;
    let tongue = |name: &str| tongues.iter().position(|tongue| tongue.locale == name);
    let crisis = |name: &str| match name {
        "crisis" => Some(true),
        "harmless" => Some(false),
        _ => None,
    };
    let age_band = |name: &str| AgeBand::from_name(name.strip_prefix("AGE_BAND_")?);
    let mut reader = Steps {
        orders: Vec::new(),
        digits: Vec::new(),
        combinations: 1,
    };
    let steps = reader.steps(&at.get("steps")?)?;
    Ok(Story {
        id: at.get("id")?.text()?.to_owned(),
        // The locales fit a byte, there are two.
        tongue: at
            .get("locale")?
            .named(tongue, "a locale of ordinary.yaml")? as u8,
        crisis: at.get("label")?.named(crisis, "`crisis` or `harmless`")?,
        expect: at.get("expect")?.named(Level::from_name, "a level")?,
        types: at
            .get("types")?
            .list()?
            .iter()
            .map(|kind| kind.named(RiskType::from_name, "a kind of danger"))
            .collect::<Result<_, _>>()?,
        age_band: at
            .find("age_band")
            .map(|at| at.named(age_band, "an age band"))
            .transpose()?,
        steps,
        combinations: reader.combinations,
    })
}

/// Reads the steps of one story in order, numbering its orders and wordings.
struct Steps<'a> {
    orders: Vec<&'a str>,
    /// What was worded before, with its place: the same choice said twice, such as the title of one order, is made once.
    digits: Vec<(Vec<String>, u64)>,
    combinations: u64,
}

impl<'a> Steps<'a> {
    fn steps(&mut self, at: &At<'a>) -> Result<Vec<Step>, SynthError> {
        let mut steps: Vec<Step> = Vec::new();
        let mut stated_last = 0;
        for at in at.list()? {
            let stated = at
                .get("at")?
                .named(after_ms, "a length such as 0m, 5h or 2d")?;
            if stated < stated_last {
                return Err(at.fault("steps in the order of their times"));
            }
            stated_last = stated;
            let at_ms = stated.max(steps.last().map_or(0, |before| before.at_ms + TIE_MS));
            steps.push(Step {
                at_ms,
                told: self.told(&at)?,
            });
        }
        if steps.is_empty() {
            Err(at.fault("at least one step"))
        } else {
            Ok(steps)
        }
    }

    fn told(&mut self, at: &At<'a>) -> Result<Told, SynthError> {
        let kinds = [
            "search",
            "chat",
            "browse",
            "purchase",
            "logistics",
            "concern",
        ];
        let mut found = kinds
            .iter()
            .filter_map(|kind| Some((*kind, at.find(kind)?)));
        let (Some((kind, inner)), None) = (found.next(), found.next()) else {
            return Err(at.fault("one kind of event"));
        };
        at.only(&["at", kind])?;
        self.kind(kind, &inner)
    }

    fn kind(&mut self, kind: &str, at: &At<'a>) -> Result<Told, SynthError> {
        Ok(match kind {
            "search" => Told::Search {
                query: self.wordings(at)?,
            },
            "chat" => {
                at.only(&["sender", "text"])?;
                Told::Chat {
                    sender: at.get("sender")?.named(Sender::from_name, "a sender")?,
                    text: self.wordings(&at.get("text")?)?,
                }
            }
            "browse" => {
                at.only(&["title", "category"])?;
                Told::Browse {
                    title: self.wordings(&at.get("title")?)?,
                    category: at.get("category")?.text()?.to_owned(),
                }
            }
            "purchase" => Told::Purchase(self.bought(at)?),
            "logistics" => {
                at.only(&["order", "status", "expected_in"])?;
                Told::Logistics {
                    order: self.order(&at.get("order")?)?,
                    step: at
                        .get("status")?
                        .named(ParcelStep::from_name, "a parcel's step")?,
                    expected_in_ms: at
                        .find("expected_in")
                        .map(|at| at.named(after_ms, "a length"))
                        .transpose()?,
                }
            }
            _ => {
                at.only(&["reporter", "text"])?;
                Told::Concern {
                    reporter: at
                        .get("reporter")?
                        .named(Reporter::from_name, "a reporter")?,
                    text: self.wordings(&at.get("text")?)?,
                }
            }
        })
    }

    fn bought(&mut self, at: &At<'a>) -> Result<Bought, SynthError> {
        at.only(&[
            "order",
            "status",
            "title",
            "category",
            "quantity",
            "note",
            "delivery_note",
        ])?;
        Ok(Bought {
            order: self.order(&at.get("order")?)?,
            act: at
                .get("status")?
                .named(OrderAct::from_name, "an order's step")?,
            title: self.wordings(&at.get("title")?)?,
            category: at.get("category")?.text()?.to_owned(),
            quantity: at.get("quantity")?.number()?,
            note: at.find("note").map(|at| self.wordings(&at)).transpose()?,
            delivery_note: at
                .find("delivery_note")
                .map(|at| self.wordings(&at))
                .transpose()?,
        })
    }

    fn order(&mut self, at: &At<'a>) -> Result<u32, SynthError> {
        let name = at.text()?;
        let known = self.orders.iter().position(|order| *order == name);
        let number = known.unwrap_or_else(|| {
            self.orders.push(name);
            self.orders.len() - 1
        });
        Ok(number as u32)
    }

    fn wordings(&mut self, at: &At<'a>) -> Result<Wordings, SynthError> {
        let texts = at.texts()?;
        if let Some((_, place)) = self.digits.iter().find(|(known, _)| *known == texts) {
            return Ok(Wordings {
                texts,
                place: *place,
            });
        }
        let place = self.combinations;
        self.digits.push((texts.clone(), place));
        self.combinations = place
            .checked_mul(texts.len() as u64)
            .filter(|all| *all < u64::MAX / STRIDE / 2)
            .ok_or_else(|| at.fault("fewer combinations of wordings"))?;
        Ok(Wordings { texts, place })
    }
}

/// A length that may also be nothing.
fn after_ms(text: &str) -> Option<i64> {
    if text == "0m" {
        Some(0)
    } else {
        parse_length_ms(text)
    }
}
