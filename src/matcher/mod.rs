//! Text and goods become signals.
//!
//! The walk of a text, cheapest first, since a million ordinary texts must pass for each one that matters:
//! 1. [`gate`]: one pass over the raw characters looks up neighbours in small tables; almost every text ends here;
//! 2. one Aho-Corasick automaton over the folded view, for all terms and all literals that patterns need;
//! 3. patterns whose literal was found, run over the folded view;
//! 4. [`masked`]: terms that people disguise, in the bare and in the sound view;
//! 5. [`guards`], each asked only about the hits it may excuse;
//! 6. spans in the raw text, through the map of the folding.
//!
//! Beside it, where a rule set has a model, [`scores`] reads every text as a whole.
//!
//! Pure: no clock, no I/O, the same answer every time. Must never decide how bad something is; that is `assess`.

mod gate;
mod goods;
mod guards;
mod literals;
mod masked;
mod scores;
mod steps;
mod texts;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::domain::{
    Act, Draft, Event, EventKind, Facts, Field, PersonText, Sender, signal::engine,
};
use crate::rules::Ruleset;
use crate::semantic::Tokens;
use crate::text::fold_into;

/// Memory that a worker keeps from text to text.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: String,
    tokens: Tokens,
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
    pub fn find(&self, event: &Event, scratch: &mut Scratch, out: &mut Vec<Draft>) {
        match &event.kind {
            EventKind::Chat { sender, text, .. } => {
                self.text(Field::Chat, Some(*sender), text, scratch, out)
            }
            EventKind::Search { query } => {
                self.text(Field::Search, None, query, scratch, out);
                scratch.folded.clear();
                fold_into(query.reveal(), &mut scratch.folded);
                if let Some(category) = self.goods.in_query(&scratch.folded) {
                    out.push(Draft::of_goods(
                        engine::WATCHED_GOODS,
                        looked_at(Act::Search, category, Vec::new()),
                    ));
                }
            }
            EventKind::Browse { item, .. } => {
                if let Some(category) = self.goods.category_of(item, scratch) {
                    let items = vec![self.goods.title_hash(item, scratch)];
                    out.push(Draft::of_goods(
                        engine::WATCHED_GOODS,
                        looked_at(Act::Browse, category, items),
                    ));
                }
            }
            EventKind::Purchase {
                order,
                merchant,
                items,
                act,
                note,
                delivery_note,
            } => {
                self.text(Field::Note, None, note, scratch, out);
                self.text(Field::DeliveryNote, None, delivery_note, scratch, out);
                out.push(self.goods.purchase(order, merchant, items, *act, scratch));
            }
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
                out.push(Draft::of_goods(engine::PARCEL, facts).only_if_known());
            }
            EventKind::Concern { text, .. } => {
                out.push(Draft::of_goods(engine::CONCERN_REPORT, Facts::default()));
                self.text(Field::Concern, None, text, scratch, out);
            }
            EventKind::Profile { .. } => {
                out.push(Draft::of_goods(engine::PROFILE, Facts::default()).only_if_known());
            }
            EventKind::MerchantAnswer { text, .. } => {
                out.push(Draft::of_goods(engine::MERCHANT_ANSWER, Facts::default()));
                self.text(Field::Answer, None, text, scratch, out);
            }
        }
    }

    /// Looks for text signals alone, in any text: for bytes that could not be decoded.
    pub fn scan_text(&self, text: &str) -> Vec<Draft> {
        let mut out = Vec::new();
        self.text(
            Field::Chat,
            Some(Sender::Buyer),
            &PersonText::new(text),
            &mut Scratch::default(),
            &mut out,
        );
        out
    }

    /// False only for texts in which nothing can be found: the cheap first look by itself.
    pub fn may_hold(&self, text: &str) -> bool {
        self.texts.may_hold(text)
    }

    fn text(
        &self,
        field: Field,
        sender: Option<Sender>,
        text: &PersonText,
        scratch: &mut Scratch,
        out: &mut Vec<Draft>,
    ) {
        let raw = text.reveal();
        self.texts.find(&self.rules, field, sender, raw, out);
        if let Some(scores) = &self.scores {
            scores.find(&self.rules, field, sender, raw, &mut scratch.tokens, out);
        }
    }
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
