//! Text and goods become signals.
//!
//! The walk of a text, cheapest first, since a million ordinary texts must pass for each one that matters:
//! 1. [`gate`]: one pass over the raw characters looks up neighbours in small tables; most texts end here;
//! 2. the patterns of which all literals were seen: few of them match, and where none does the text ends here;
//! 3. one Aho-Corasick automaton over the folded view, for all terms and all literals that patterns need;
//! 4. patterns whose literal was found, run over the folded view;
//! 5. [`masked`]: terms that people disguise, in the bare and in the sound view;
//! 6. the same terms and patterns in the text's *readings*, where what touches a word or sign that was read otherwise counts;
//! 7. [`guards`], each asked only about the hits it may excuse;
//! 8. spans in the raw text, through the map of the folding.
//!
//! Beside it, where a rule set has a model, [`scores`] reads every text as a whole, and [`together`] reads several texts of a person
//! as one, where a sentence may have been cut.
//!
//! Pure: no clock, no I/O, the same answer every time. Must never decide how bad something is; that is `assess`.

mod endings;
mod gate;
mod goods;
mod guards;
mod literals;
mod masked;
mod scores;
mod steps;
mod texts;
mod together;
mod ways;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use self::texts::{Line, Look, Written};
use self::ways::Seen;
use crate::domain::{
    Act, Draft, Event, EventKind, Facts, Field, Needs, PersonText, Sender, Span, View,
    signal::{engine, unite},
};
use crate::rules::Ruleset;
use crate::semantic::Tokens;
use crate::text::reading::{Reading, readings_of};
use crate::text::{fold_into, piece_of};

/// Memory that a worker keeps from text to text.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: String,
    tokens: Tokens,
    seen: Seen,
}

/// Finds signals; shared by all workers, built once for a rule set.
#[derive(Debug)]
pub struct Matcher {
    rules: Arc<Ruleset>,
    texts: texts::Texts,
    goods: goods::WatchedGoods,
    scores: Option<scores::Scores>,
}

impl Matcher {
    /// Builds the automata of a rule set.
    ///
    /// # Errors
    /// Where the terms together exceed what an automaton can hold.
    pub fn new(rules: Arc<Ruleset>) -> Result<Self, aho_corasick::BuildError> {
        Ok(Self {
            texts: texts::Texts::new(&rules)?,
            goods: goods::WatchedGoods::new(&rules)?,
            scores: scores::Scores::new(&rules),
            rules,
        })
    }

    /// The rule set in force here.
    pub fn rules(&self) -> &Arc<Ruleset> {
        &self.rules
    }

    /// Appends the signals of one event; nothing for the great majority.
    ///
    /// Of a stranger, signs that count in company only are looked for where there is company; where there is none they may
    /// be left out, since nothing would come of them.
    pub fn find(&self, event: &Event, who: Who, scratch: &mut Scratch, out: &mut Vec<Draft>) {
        let written = |field, sender, text| Written {
            field,
            sender,
            text,
        };
        let texts: SmallVec<[Written<'_>; 2]> = match &event.kind {
            EventKind::Chat { sender, text, .. } => {
                smallvec![written(Field::Chat, Some(*sender), text)]
            }
            EventKind::Search { query } => smallvec![written(Field::Search, None, query)],
            EventKind::Purchase {
                note,
                delivery_note,
                ..
            } => smallvec![
                written(Field::Note, None, note),
                written(Field::DeliveryNote, None, delivery_note)
            ],
            EventKind::Concern { text, .. } => smallvec![written(Field::Concern, None, text)],
            EventKind::MerchantAnswer { text, .. } => {
                smallvec![written(Field::Answer, None, text)]
            }
            EventKind::Browse { .. } | EventKind::Logistics { .. } | EventKind::Profile { .. } => {
                SmallVec::new()
            }
        };
        let of_kind = self.of_kind(event, scratch);
        let stands = of_kind.as_ref().is_some_and(|d| d.needs == Needs::Nothing);
        let piece = piece(&texts);
        let mut together = Vec::new();
        if piece.as_ref().is_some_and(|piece| piece.spans.len() > 1) {
            let own: Vec<(Field, PersonText)> = texts
                .iter()
                .map(|written| (written.field, written.text.clone()))
                .collect();
            self.read_together(&[], &own, scratch, &mut together);
        }
        let stands = stands || together.iter().any(|d| d.needs == Needs::Nothing);
        self.texts_of(&texts, who, stands, scratch, out);
        unite(out, &together);
        out.extend(of_kind);
        // Whatever is handed on says that it is a piece: another thread may learn meanwhile that its person had just opened a
        // sentence, and only the transaction knows.
        if who == Who::JustOpened || !out.is_empty() {
            out.extend(piece);
        }
    }

    /// The signals of a line of several texts.
    fn line(&self, line: &Line<'_>, scratch: &mut Scratch, out: &mut Vec<Draft>) {
        let Scratch { folded, seen, .. } = scratch;
        let raw = line.text.reveal();
        let look = self.texts.look(&self.rules, raw, seen);
        self.texts.find(&self.rules, line, &look, seen, out);
        for reading in readings_of(raw, folded) {
            self.texts.find_read(&self.rules, line, &reading, seen, out);
        }
    }

    /// The signal that an event is by its kind and its goods.
    fn of_kind(&self, event: &Event, scratch: &mut Scratch) -> Option<Draft> {
        match &event.kind {
            EventKind::Chat { .. } => None,
            EventKind::Search { query } => {
                scratch.folded.clear();
                fold_into(query.reveal(), &mut scratch.folded);
                let category = self.goods.in_query(&scratch.folded)?;
                Some(Draft::of_goods(
                    engine::WATCHED_GOODS,
                    looked_at(Act::Search, category, Vec::new()),
                ))
            }
            EventKind::Browse { item, .. } => {
                let category = self.goods.category_of(item, scratch)?;
                let items = vec![self.goods.title_hash(item, scratch)];
                Some(Draft::of_goods(
                    engine::WATCHED_GOODS,
                    looked_at(Act::Browse, category, items),
                ))
            }
            EventKind::Purchase {
                order,
                merchant,
                items,
                act,
                ..
            } => Some(self.goods.purchase(order, merchant, items, *act, scratch)),
            EventKind::Logistics {
                order,
                step,
                expected,
            } => {
                let facts = Facts {
                    act: Act::from_name(step.name()),
                    order: order.as_str().to_owned(),
                    expected: *expected,
                    ..Facts::default()
                };
                Some(Draft::of_goods(engine::PARCEL, facts).only_if_known())
            }
            EventKind::Concern { .. } => {
                Some(Draft::of_goods(engine::CONCERN_REPORT, Facts::default()))
            }
            EventKind::Profile { .. } => {
                Some(Draft::of_goods(engine::PROFILE, Facts::default()).only_if_known())
            }
            EventKind::MerchantAnswer { .. } => {
                Some(Draft::of_goods(engine::MERCHANT_ANSWER, Facts::default()))
            }
        }
    }

    /// Looks for text signals alone, in any text: for bytes that could not be decoded.
    pub fn scan_text(&self, text: &str) -> Vec<Draft> {
        let text = PersonText::new(text);
        let said = [Written {
            field: Field::Chat,
            sender: Some(Sender::Buyer),
            text: &text,
        }];
        let mut out = Vec::new();
        self.texts_of(
            &said,
            Who::Stranger,
            false,
            &mut Scratch::default(),
            &mut out,
        );
        out
    }

    /// False only for texts of a stranger in which nothing can be found but in a reading: the cheap first look by itself.
    pub fn may_hold(&self, text: &str, scratch: &mut Scratch) -> bool {
        self.texts.look(&self.rules, text, &mut scratch.seen).any()
    }

    /// The signals of an event's texts; `company` says that the event has a signal beside them.
    fn texts_of(
        &self,
        texts: &[Written<'_>],
        who: Who,
        company: bool,
        scratch: &mut Scratch,
        out: &mut Vec<Draft>,
    ) {
        let Scratch {
            folded,
            tokens,
            seen,
        } = scratch;
        let looks: SmallVec<[Look; 2]> = texts
            .iter()
            .map(|written| self.texts.look(&self.rules, written.text.reveal(), seen))
            .collect();
        let read: SmallVec<[(&Written<'_>, Reading); 2]> = texts
            .iter()
            .flat_map(|written| {
                let readings = readings_of(written.text.reveal(), folded);
                readings.into_iter().map(move |reading| (written, reading))
            })
            .collect();
        let mut scored = Vec::new();
        if let Some(scores) = &self.scores {
            for written in texts {
                let readings = read.iter().filter(|(of, _)| std::ptr::eq(*of, written));
                let readings = readings.map(|(_, reading)| reading);
                scores.find(&self.rules, written, readings, tokens, &mut scored);
            }
        }
        let both = || texts.iter().zip(&looks);
        let closely = company
            || who != Who::Stranger
            || !scored.is_empty()
            || both().any(|(written, look)| {
                look.any() && self.texts.holds(&self.rules, written, look, folded)
            })
            || read.iter().any(|(written, reading)| {
                self.texts.holds_read(&self.rules, written, reading, seen)
            });
        if closely {
            for (written, look) in both() {
                self.texts.find(&self.rules, written, look, seen, out);
            }
            for (written, reading) in &read {
                self.texts
                    .find_read(&self.rules, *written, reading, seen, out);
            }
        }
        out.extend(scored);
    }
}

/// Whether anything is remembered of the person of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Nothing is.
    Stranger,
    /// It may be.
    PerhapsKnown,
    /// And something that opened a sentence, not long ago.
    JustOpened,
}

/// The sign that texts may be parts of a longer sentence.
fn piece(texts: &[Written<'_>]) -> Option<Draft> {
    let spans: Vec<Span> = texts
        .iter()
        .filter(|written| match written.field {
            Field::Chat => written.sender == Some(Sender::Buyer),
            Field::Search | Field::Note | Field::DeliveryNote => true,
            Field::Concern | Field::Answer => false,
        })
        .filter_map(|written| {
            let (start, piece) = piece_of(written.text.reveal())?;
            Some(Span {
                field: written.field,
                start,
                end: start + piece.chars().count() as u32,
                view: View::Raw,
            })
        })
        .collect();
    (!spans.is_empty()).then(|| Draft {
        name: engine::PIECE.into(),
        facts: Facts::default(),
        spans,
        needs: Needs::Opening,
    })
}

fn looked_at(act: Act, category: &str, items: Vec<u64>) -> Facts {
    Facts {
        act: Some(act),
        category: category.to_owned(),
        quantity: 1,
        items,
        ..Facts::default()
    }
}
