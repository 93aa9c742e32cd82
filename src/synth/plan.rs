//! When what happens: every event as a record without words, in the order of time.

use rand::{Rng as _, RngCore as _};
use rand_chacha::ChaCha8Rng;

use super::Settings;
use super::chance::{STORY, VISITS, per_mille};
use super::people::{Town, shares};
use super::stories::Story;
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use crate::domain::{OrderAct, ParcelStep, Sender, Time};

/// People here live by UTC+8.
const ZONE_MS: i64 = 8 * HOUR_MS;

/// How busy each hour of the local day is, of 100: a quiet night, a lunch break, the evening on the sofa.
const BUSY: [u32; 24] = [
    20, 10, 5, 3, 3, 4, 8, 18, 30, 40, 48, 50, 55, 48, 45, 45, 46, 48, 55, 75, 90, 100, 90, 50,
];

/// One event, not yet in words. Ten million are held at a time.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub at: Time,
    pub person: u32,
    /// The visit it belongs to; events of one visit share order, talk and goods.
    pub topic: u32,
    /// Chooses the words. For [`Act::Parcel`] the promised delivery, in minutes after the start; for [`Act::Told`]
    /// the step.
    pub draw: u32,
    pub act: Act,
}

/// What a record is about.
#[derive(Clone, Copy)]
pub(super) enum Act {
    /// A step of the person's story.
    Told,
    Search,
    Browse,
    /// A line of talk before (`false`) or after an order.
    Chat(Sender, bool),
    Order(OrderAct),
    Parcel(ParcelStep),
    Profile,
}

/// Plans everything.
pub(super) fn plan(town: &Town) -> Vec<Record> {
    let Town {
        settings,
        book,
        chance,
        parts,
        ..
    } = town;
    let stories: Vec<(u32, &Story)> = parts
        .iter()
        .filter_map(|part| Some((part.person, book.stories.get(part.story as usize)?)))
        .collect();
    let told: u64 = stories
        .iter()
        .map(|(_, story)| story.steps.len() as u64)
        .sum();
    let ordinary = settings.events.saturating_sub(told);
    let window = Window::new(settings);
    let mut records = Vec::with_capacity((told + ordinary) as usize);
    for (person, story) in stories {
        tell(
            person,
            story,
            &window,
            &mut chance.on(person, STORY),
            &mut records,
        );
    }
    for (person, left) in (0..).zip(shares(settings.persons, ordinary, chance)) {
        let rng = chance.on(person, VISITS);
        Diary {
            records: &mut records,
            left,
            window: &window,
            person,
            topic: 0,
            rng,
        }
        .fill();
    }
    // A stable sort: what happens in the same millisecond stays in the order of persons and steps.
    records.sort_by_key(|record| record.at);
    records
}

fn tell(
    person: u32,
    story: &Story,
    window: &Window,
    rng: &mut ChaCha8Rng,
    records: &mut Vec<Record>,
) {
    let start = window.start_of(story.length_ms(), rng);
    records.extend((0..).zip(&story.steps).map(|(draw, step)| Record {
        at: start.plus_ms(step.at_ms),
        person,
        topic: STORY,
        draw,
        act: Act::Told,
    }));
}

/// The days to fill.
struct Window {
    start: Time,
    end: Time,
}

impl Window {
    fn new(settings: &Settings) -> Self {
        let end = settings.start.plus_ms(i64::from(settings.days) * DAY_MS);
        Self {
            start: settings.start,
            end,
        }
    }

    /// An instant within so long after the start, likelier in busy hours.
    fn within(&self, length_ms: i64, rng: &mut ChaCha8Rng) -> Time {
        loop {
            let at = self.start.plus_ms(rng.random_range(0..length_ms.max(1)));
            let hour = (at.ms() + ZONE_MS).rem_euclid(DAY_MS) / HOUR_MS;
            if rng.random_range(0..100) < BUSY[hour as usize] {
                return at;
            }
        }
    }

    /// Where a story of that length starts: anywhere, if it then ends in time; else early on the first day, and it
    /// runs past the end.
    fn start_of(&self, length_ms: i64, rng: &mut ChaCha8Rng) -> Time {
        let room_ms = self.end.since_ms(self.start) - length_ms;
        self.within(if room_ms > 0 { room_ms } else { DAY_MS }, rng)
    }

    /// An hour of daylight so many days later, for a courier.
    fn courier_hour(after: Time, days: i64, rng: &mut ChaCha8Rng) -> Time {
        let midnight = after.plus_ms(-(after.ms() + ZONE_MS).rem_euclid(DAY_MS));
        midnight.plus_ms(days * DAY_MS + rng.random_range(9 * HOUR_MS..20 * HOUR_MS))
    }
}

/// The ordinary events of one person.
struct Diary<'a> {
    records: &'a mut Vec<Record>,
    /// Events still to be written.
    left: u64,
    window: &'a Window,
    person: u32,
    topic: u32,
    rng: ChaCha8Rng,
}

impl Diary<'_> {
    /// Visit after visit. Each writes at least its first event, so this ends.
    fn fill(&mut self) {
        while self.left > 0 {
            self.visit();
            self.topic += 1;
        }
    }

    fn write(&mut self, at: Time, act: Act) {
        let draw = self.rng.next_u32();
        self.write_drawn(at, act, draw);
    }

    /// What lies past the window or the person's share is left out, as if one had stopped listening.
    fn write_drawn(&mut self, at: Time, act: Act, draw: u32) {
        if self.left > 0 && at < self.window.end {
            self.left -= 1;
            self.records.push(Record {
                at,
                person: self.person,
                topic: self.topic,
                draw,
                act,
            });
        }
    }

    fn after(&mut self, at: Time, from_ms: i64, to_ms: i64) -> Time {
        at.plus_ms(self.rng.random_range(from_ms..to_ms))
    }

    /// Looking for something, perhaps asking, perhaps buying.
    fn visit(&mut self) {
        let length_ms = self.window.end.since_ms(self.window.start);
        let mut at = self.window.within(length_ms, &mut self.rng);
        if per_mille(&mut self.rng, 25) {
            self.write(at, Act::Profile);
        }
        for _ in 0..self.rng.random_range(1..3_u32) {
            self.write(at, Act::Search);
            at = self.after(at, 5 * SECOND_MS, MINUTE_MS);
        }
        for _ in 0..self.rng.random_range(0..4_u32) {
            self.write(at, Act::Browse);
            at = self.after(at, 10 * SECOND_MS, 3 * MINUTE_MS);
        }
        if per_mille(&mut self.rng, 400) {
            at = self.talk(at, false);
        }
        if per_mille(&mut self.rng, 350) {
            self.order(at);
        }
    }

    /// Some lines, the buyer first; gives the instant after the last.
    fn talk(&mut self, mut at: Time, after_order: bool) -> Time {
        for line in 0..self.rng.random_range(2..7_u32) {
            let sender = if line % 2 == 0 {
                Sender::Buyer
            } else {
                Sender::Merchant
            };
            self.write(at, Act::Chat(sender, after_order));
            at = self.after(at, 15 * SECOND_MS, 3 * MINUTE_MS);
        }
        at
    }

    fn order(&mut self, at: Time) {
        self.write(at, Act::Order(OrderAct::Cart));
        if per_mille(&mut self.rng, 120) {
            return;
        }
        let placed = self.after(at, 30 * SECOND_MS, 10 * MINUTE_MS);
        self.write(placed, Act::Order(OrderAct::Placed));
        if per_mille(&mut self.rng, 40) {
            let cancelled = self.after(placed, 30 * MINUTE_MS, 2 * HOUR_MS);
            return self.write(cancelled, Act::Order(OrderAct::Cancelled));
        }
        let paid = self.after(placed, 5 * SECOND_MS, 5 * MINUTE_MS);
        self.write(paid, Act::Order(OrderAct::Paid));
        if per_mille(&mut self.rng, 40) {
            let cancelled = self.after(paid, 10 * MINUTE_MS, HOUR_MS);
            self.write(cancelled, Act::Order(OrderAct::Cancelled));
            let refunded = self.after(cancelled, MINUTE_MS, 5 * HOUR_MS);
            return self.write(refunded, Act::Order(OrderAct::Refunded));
        }
        self.parcel(paid);
    }

    fn parcel(&mut self, paid: Time) {
        let packed = self.after(paid, HOUR_MS, 12 * HOUR_MS);
        let shipped = self.after(packed, HOUR_MS, 6 * HOUR_MS);
        let moving = self.after(shipped, 4 * HOUR_MS, 20 * HOUR_MS);
        let days = self.rng.random_range(1..4);
        let delivered = Window::courier_hour(moving, days, &mut self.rng);
        let last_leg = self.after(delivered, -4 * HOUR_MS, -HOUR_MS);
        // One parcel in ten comes a day later than promised.
        let late_ms = if per_mille(&mut self.rng, 100) {
            DAY_MS
        } else {
            -2 * HOUR_MS
        };
        let promised = delivered.plus_ms(-late_ms);
        // Not before the start: a parcel takes longer than it is late.
        let minutes = (promised.since_ms(self.window.start) / MINUTE_MS).max(0) as u32;

        self.write_drawn(packed, Act::Parcel(ParcelStep::Packed), minutes);
        self.write_drawn(shipped, Act::Parcel(ParcelStep::Shipped), minutes);
        self.write_drawn(moving, Act::Parcel(ParcelStep::InTransit), minutes);
        if per_mille(&mut self.rng, 20) {
            let held = self.after(moving, MINUTE_MS, 3 * HOUR_MS);
            self.write_drawn(held, Act::Parcel(ParcelStep::Held), minutes);
        }
        self.write_drawn(last_leg, Act::Parcel(ParcelStep::OutForDelivery), minutes);
        self.write_drawn(delivered, Act::Parcel(ParcelStep::Delivered), minutes);
        self.afterwards(delivered, minutes);
    }

    fn afterwards(&mut self, delivered: Time, minutes: u32) {
        if per_mille(&mut self.rng, 150) {
            let asked = self.after(delivered, 10 * MINUTE_MS, 3 * HOUR_MS);
            self.talk(asked, true);
        }
        if per_mille(&mut self.rng, 50) {
            let days = self.rng.random_range(1..4);
            let returned = Window::courier_hour(delivered, days, &mut self.rng);
            self.write_drawn(returned, Act::Parcel(ParcelStep::Returned), minutes);
            let refunded = self.after(returned, HOUR_MS, 8 * HOUR_MS);
            self.write(refunded, Act::Order(OrderAct::Refunded));
        }
    }
}
