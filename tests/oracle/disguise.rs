//! The terms that are looked for in disguise, in the two deeper views (section 1.2).

use std::collections::{BTreeMap, BTreeSet};

use super::bare::Forms;
use super::fold::{Folded, is_han};
use super::looks::Looks;
use super::matching::{Guise, Lexicons, Span};
use super::pieces;
use super::sound::Heard;
use super::units::Sounds;

/// Where the terms of each lexicon are found in disguise.
pub type Disguised = BTreeMap<usize, Vec<(Span, Guise)>>;

/// Everything that is looked for in disguise.
pub struct Disguises {
    looks: Looks,
    sounds: Sounds,
    forms: Forms,
    heard: Heard,
}

impl Disguises {
    /// `named` are the disguised lexicons of all signals; without any there is nothing to look for.
    pub fn new(named: &BTreeSet<usize>, lexicons: &Lexicons) -> Option<Disguises> {
        if named.is_empty() {
            return None;
        }
        let is_named = |(lexicon, _): &(usize, &[char])| named.contains(lexicon);
        let terms: Vec<(usize, &[char])> = lexicons.terms().filter(is_named).collect();
        let sounds = Sounds::new();
        let (mut forms, mut heard) = (Forms::default(), Heard::default());
        for &(lexicon, term) in &terms {
            if term.iter().all(|c| is_han(*c)) {
                forms.add_han(lexicon, term);
                heard.add(lexicon, term, &sounds);
            } else if term.iter().all(char::is_ascii) {
                forms.add_letters(lexicon, term);
            }
        }
        Some(Disguises {
            looks: Looks::new(terms.into_iter().map(|(_, term)| term)),
            sounds,
            forms,
            heard,
        })
    }

    pub fn find(&self, folded: &Folded) -> Disguised {
        let pieces = pieces::cut(&folded.chars, |c| self.sounds.is_emoji(c));
        let mut found = Disguised::new();
        for (lexicon, span) in self.forms.find(folded, &pieces, &self.looks) {
            let hits = found.entry(lexicon).or_default();
            hits.push((span, Guise::Bare));
        }
        for (lexicon, span, guise) in self.heard.find(folded, &pieces, &self.looks, &self.sounds) {
            found.entry(lexicon).or_default().push((span, guise));
        }
        found
    }
}
