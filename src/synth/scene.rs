//! One record put into words.

use rand::{Rng as _, RngCore as _};
use rand_chacha::ChaCha8Rng;

use super::chance::{SHOP, STORY, per_mille, pick};
use super::line::Line;
use super::ordinary::{Shelf, Tongue, fill};
use super::people::{Person, Town};
use super::plan::{Act, Record};
use super::stories::{Bought, Story, Told};
use crate::domain::time::{DAY_MS, MINUTE_MS};
use crate::domain::{AgeBand, OrderAct, Reporter, Sender, Time};

/// The nth event of a run; `None` if the record is of another town.
pub(super) fn line(town: &Town, nth: usize, record: &Record) -> Option<String> {
    let person = town.people.get(record.person as usize)?;
    let tongue = town.book.tongues.get(usize::from(person.tongue))?;
    let mut line = Line::new();
    line.text("eventId", &format!("g{}-{nth}", town.settings.seed))
        .text("personId", &town.person_id(record.person))
        .text("occurredAt", &record.at.to_string())
        .text("source", "generator")
        .text("locale", tongue.locale);
    age(&mut line, person.age_band);
    let scene = Scene {
        town,
        record,
        person,
        tongue,
    };
    match record.act {
        Act::Told => scene.told(&mut line)?,
        act => scene.ordinary(act, &mut line)?,
    }
    line.close();
    Some(line.finish())
}

fn age(line: &mut Line, band: AgeBand) {
    if band != AgeBand::Unspecified {
        line.text("ageBand", &format!("AGE_BAND_{}", band.name()));
    }
}

/// The same for every order of the same title: FNV-1a, since an item's id tells nothing that its title does not.
fn item_id(title: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("i-{:016x}", title.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// Goods on their way into a line.
struct Good<'a> {
    title: &'a str,
    category: &'a str,
    quantity: u32,
}

impl Good<'_> {
    fn write(&self, line: &mut Line) {
        line.text("itemId", &item_id(self.title))
            .text("title", self.title)
            .text("category", self.category)
            .number("quantity", self.quantity);
    }
}

/// One record with all that is known around it.
struct Scene<'a> {
    town: &'a Town,
    record: &'a Record,
    person: &'a Person,
    tongue: &'a Tongue,
}

impl<'a> Scene<'a> {
    /// A step of the person's story.
    fn told(&self, line: &mut Line) -> Option<()> {
        let part = self.town.parts.get(self.person.part? as usize)?;
        let story = self.town.book.stories.get(part.story as usize)?;
        let step = self.record.draw as usize;
        let chosen = part.combination;
        match &story.steps.get(step)?.told {
            Told::Chat { sender, text } => {
                let order = story
                    .order_talked_of(step)
                    .map(|order| self.order_id(order));
                self.chat(line, *sender, order.as_deref(), text.text(chosen));
            }
            Told::Search { query } => {
                line.object("search").text("query", query.text(chosen));
            }
            Told::Browse { title, category } => {
                self.browse(
                    line,
                    &Good {
                        title: title.text(chosen),
                        category,
                        quantity: 1,
                    },
                );
            }
            Told::Purchase(bought) => self.bought(line, bought, chosen),
            Told::Logistics {
                order,
                step,
                expected_in_ms,
            } => {
                let expected = expected_in_ms.map(|ms| self.record.at.plus_ms(ms));
                self.parcel(line, &self.order_id(*order), step.name(), expected);
            }
            Told::Concern { reporter, text } => {
                let by = match reporter {
                    Reporter::Himself => self.town.person_id(self.record.person),
                    _ => self.opaque("r", story_topic(story, step)),
                };
                line.object("concern")
                    .text("reporter", reporter.name())
                    .text("reporterId", &by)
                    .text("text", text.text(chosen));
            }
        }
        Some(())
    }

    fn bought(&self, line: &mut Line, bought: &Bought, chosen: u64) {
        let Bought {
            order,
            act,
            title,
            category,
            quantity,
            note,
            delivery_note,
        } = bought;
        let good = Good {
            title: title.text(chosen),
            category,
            quantity: *quantity,
        };
        self.purchase(line, &self.order_id(*order), *act, &[good]);
        line.text_if("note", note.as_ref().map(|note| note.text(chosen)))
            .text_if(
                "deliveryNote",
                delivery_note.as_ref().map(|note| note.text(chosen)),
            );
    }

    /// An event of everyday life.
    fn ordinary(&self, act: Act, line: &mut Line) -> Option<()> {
        let mut rng = self.town.chance.on(self.record.person, self.record.topic);
        let draw = self.record.draw;
        match act {
            Act::Told => return None,
            Act::Search => {
                let query = self.filled(&self.tongue.search, draw, self.good(&mut rng)?.title)?;
                line.object("search").text("query", &query);
            }
            Act::Browse => {
                // Half the looks go to what the visit is about, half to something else.
                let good = match draw % 2 {
                    0 => self.good(&mut rng)?,
                    _ => self.good(&mut self.town.chance.on(self.record.person, STORY | draw))?,
                };
                self.browse(
                    line,
                    &Good {
                        quantity: 1,
                        ..good
                    },
                );
            }
            Act::Chat(sender, after_order) => {
                let lines = match sender {
                    Sender::Buyer => &self.tongue.buyer,
                    _ => &self.tongue.merchant,
                };
                let text = self.filled(lines, draw, self.good(&mut rng)?.title)?;
                self.chat(
                    line,
                    sender,
                    after_order.then(|| self.order_id(0)).as_deref(),
                    &text,
                );
            }
            Act::Order(act) => self.order(line, act, &mut rng)?,
            Act::Parcel(step) => {
                let promised = self
                    .town
                    .settings
                    .start
                    .plus_ms(i64::from(draw) * MINUTE_MS);
                self.parcel(line, &self.order_id(0), step.name(), Some(promised));
            }
            Act::Profile => {
                let days = self.record.at.since_ms(self.town.settings.start) / DAY_MS;
                age(line.object("profile"), self.person.age_band);
                line.number(
                    "accountAgeDays",
                    u32::from(self.person.account_age_days) + days as u32,
                );
            }
        }
        Some(())
    }

    /// Goods and remarks come from the visit's stream alone, so they are the same at every step of the order.
    fn order(&self, line: &mut Line, act: OrderAct, rng: &mut ChaCha8Rng) -> Option<()> {
        let mut goods = vec![self.good(rng)?];
        for _ in 0..[0, 0, 0, 0, 0, 0, 0, 1, 1, 2][rng.random_range(0..10)] {
            let good = self.good(rng)?;
            if goods.iter().all(|known| known.title != good.title) {
                goods.push(good);
            }
        }
        self.purchase(line, &self.order_id(0), act, &goods);
        let title = goods.first()?.title;
        for (key, texts, share) in [
            ("note", &self.tongue.note, 150),
            ("deliveryNote", &self.tongue.delivery_note, 250),
        ] {
            let (written, draw) = (per_mille(rng, share), rng.next_u32());
            if written && act != OrderAct::Cart {
                line.text(key, &self.filled(texts, draw, title)?);
            }
        }
        Some(())
    }

    /// Something this person would buy. The first from the visit's stream is what the visit is about.
    fn good(&self, rng: &mut ChaCha8Rng) -> Option<Good<'a>> {
        let watched = per_mille(rng, 80);
        let shelf: &Shelf = match self.person.watched.filter(|_| watched) {
            Some(shelf) => self.tongue.watched.get(usize::from(shelf))?,
            None if per_mille(rng, 700) => {
                let taste = self.person.tastes[rng.random_range(0..3)];
                self.tongue.everyday.get(usize::from(taste))?
            }
            None => pick(rng.next_u32(), &self.tongue.everyday)?,
        };
        Some(Good {
            title: pick(rng.next_u32(), &shelf.titles)?,
            category: &shelf.category,
            quantity: if per_mille(rng, 150) {
                rng.random_range(2..5)
            } else {
                1
            },
        })
    }

    fn filled(
        &self,
        texts: &'a [String],
        draw: u32,
        item: &str,
    ) -> Option<std::borrow::Cow<'a, str>> {
        let city = pick(self.person.city_draw, &self.tongue.city)?;
        // The low bits are free, `pick` uses the high ones.
        Some(fill(pick(draw, texts)?, item, 2 + draw % 8, city))
    }

    fn chat(&self, line: &mut Line, sender: Sender, order: Option<&str>, text: &str) {
        line.object("chat")
            .text("conversationId", &self.opaque("c", self.record.topic))
            .text("sender", sender.name())
            .text("merchantId", &self.shop())
            .text_if("orderId", order)
            .text("text", text);
    }

    fn browse(&self, line: &mut Line, good: &Good<'_>) {
        let dwell_ms = 800 + self.record.draw / 4 % 90_000;
        line.object("browse").object("item");
        good.write(line);
        line.close().text(
            "dwell",
            &format!("{}.{:03}s", dwell_ms / 1_000, dwell_ms % 1_000),
        );
    }

    fn purchase(&self, line: &mut Line, order: &str, act: OrderAct, goods: &[Good<'_>]) {
        line.object("purchase")
            .text("orderId", order)
            .text("merchantId", &self.shop())
            .list("items", goods, |line, good| good.write(line))
            .text("status", act.name());
    }

    fn parcel(&self, line: &mut Line, order: &str, step: &str, expected: Option<Time>) {
        let expected = expected.map(|time| time.to_string());
        line.object("logistics")
            .text("orderId", order)
            .text("status", step)
            .text_if("expectedDelivery", expected.as_deref());
    }

    /// The nth order of this topic; a visit has one.
    fn order_id(&self, nth: u32) -> String {
        self.opaque("o", self.record.topic + nth)
    }

    fn opaque(&self, kind: &str, topic: u32) -> String {
        format!(
            "{kind}-{:016x}",
            self.town.chance.opaque(self.record.person, topic)
        )
    }

    /// The shop of this visit or story: there is one for fifty persons, and a few are much larger than the rest.
    fn shop(&self) -> String {
        let shops = 20 + self.town.settings.persons / 50;
        let mut rng = self
            .town
            .chance
            .on(self.record.person, SHOP | self.record.topic);
        let shop = rng.random_range(0..shops).min(rng.random_range(0..shops));
        format!(
            "m-{:012x}",
            self.town.chance.opaque48((1 << 40) | u64::from(shop))
        )
    }
}

/// A reporter is somebody of their own: numbered behind the orders of the story.
fn story_topic(story: &Story, step: usize) -> u32 {
    STORY + (story.steps.len() + step) as u32
}
