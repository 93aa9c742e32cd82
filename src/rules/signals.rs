//! Guards and text signals: what to look for in a text, and what excuses it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fields::Fields;
use super::load::Lexicons;
use super::patterns::Pattern;
use super::problem::did_you_mean;
use super::words::WordGroups;
use super::yaml::{Node, Place};
use crate::domain::event::named;
use crate::domain::{Field, Sender, signal::engine};
use crate::text::is_trimming;

named!(
    /// How a guard stands to the hit it excuses.
    GuardKind {
        /// It ends before the hit, in the same clause.
        Before = "before",
        /// It starts after the hit, in the same clause.
        After = "after",
        /// It contains the hit.
        Covers = "covers",
        /// It stands in the same sentence.
        Statement = "statement",
    }
);

/// Words that excuse a hit.
#[derive(Debug)]
pub struct Guard {
    /// Its id.
    pub id: Arc<str>,
    /// How it stands to the hit.
    pub kind: GuardKind,
    /// Folded terms.
    pub terms: Vec<String>,
    /// For before and after: at most so many folded characters between.
    pub within: usize,
    /// Folded terms that say that it is meant all the same: in a sentence with one of them the guard excuses nothing.
    pub except: Vec<String>,
}

/// A sign in a text.
#[derive(Clone, Debug)]
pub struct TextSignal {
    /// Its id; the name of the remembered signal.
    pub id: Arc<str>,
    /// The texts it is looked for in.
    pub fields: Vec<Field>,
    /// Who may have said it, for talk.
    pub speakers: Vec<Sender>,
    /// Folded terms.
    pub terms: Vec<String>,
    /// Patterns over the folded view.
    pub patterns: Vec<Pattern>,
    /// Indexes of the guards that excuse a hit.
    pub unless: Vec<usize>,
    /// Folded terms that are looked for in disguise only.
    pub disguised: Vec<String>,
    /// Folded terms that count only where the text ends with one of them.
    pub ends: Vec<String>,
    /// Remembered only in company: common words that mean something beside others.
    pub beside: bool,
    /// Looked for in texts of at most so many characters only: pieces of a sentence.
    pub longest: Option<u32>,
    /// What the person writes soon after is read together with the text that has this sign.
    pub opens: bool,
}

pub(super) fn read_guard(
    file: &str,
    node: &Node,
    lexicons: &Lexicons,
    problems: &mut super::Problems,
) -> Option<Guard> {
    let mut fields = Fields::open(
        file,
        node,
        &["id", "kind", "lexicon", "within", "except"],
        problems,
    )?;
    let id = fields.text("id")?;
    let kind_node = fields.need("kind")?;
    let kind = fields.choice(kind_node, "kind of guard", GuardKind::ALL, GuardKind::name)?;
    let lexicon_node = fields.need("lexicon")?;
    let lexicon = fields.text_of(lexicon_node, "lexicon")?;
    let terms = lexicons.terms(lexicon, lexicon_node.place, &mut fields);
    let except = match fields.get("except") {
        None => Vec::new(),
        Some(node) => {
            let name = fields.text_of(node, "except")?;
            lexicons.terms(name, node.place, &mut fields)
        }
    };
    let near = matches!(kind, GuardKind::Before | GuardKind::After);
    let within = fields.number("within", 0..=200);
    if near && within.is_none() {
        fields.problem(
            fields.place,
            format!("guard `{id}` needs `within`"),
            "how many characters may lie between guard and hit",
        );
    }
    Some(Guard {
        id: id.into(),
        kind,
        terms,
        within: within.unwrap_or(0) as usize,
        except,
    })
}

pub(super) fn read_signal(
    file: &str,
    node: &Node,
    lexicons: &Lexicons,
    words: &WordGroups,
    guards: &BTreeMap<String, usize>,
    problems: &mut super::Problems,
) -> Option<TextSignal> {
    let known = [
        "id",
        "fields",
        "speaker",
        "lexicons",
        "patterns",
        "disguised",
        "ends",
        "unless",
        "beside",
        "longest",
        "opens",
    ];
    let mut fields = Fields::open(file, node, &known, problems)?;
    let id_node = fields.need("id")?;
    let id = fields.text_of(id_node, "id")?;
    if engine::ALL.contains(&id) {
        fields.problem(
            id_node.place,
            format!("`{id}` is a signal of the engine itself"),
            "choose another id",
        );
    }
    let mut patterns = Vec::new();
    for (source, place) in fields.texts("patterns") {
        match words
            .fill(source)
            .and_then(|filled| Pattern::compile(&filled))
        {
            Ok(pattern) => patterns.push(pattern),
            Err((message, hint)) => fields.problem(place, message, hint),
        }
    }
    let mut named = |key: &str| {
        let mut terms = Vec::new();
        for (lexicon, place) in fields.texts(key) {
            let of_lexicon = lexicons.terms(lexicon, place, &mut fields);
            if key == "ends" {
                no_signs_at_the_end(lexicon, &of_lexicon, place, &mut fields);
            }
            terms.extend(of_lexicon);
        }
        terms.sort();
        terms.dedup();
        terms
    };
    let (terms, disguised, ends) = (named("lexicons"), named("disguised"), named("ends"));
    if terms.is_empty() && patterns.is_empty() && disguised.is_empty() && ends.is_empty() {
        fields.problem(
            fields.place,
            format!("signal `{id}` looks for nothing"),
            "give it `lexicons`, `patterns`, `disguised` or `ends`",
        );
    }
    let mut unless = Vec::new();
    for (guard, place) in fields.texts("unless") {
        match guards.get(guard) {
            Some(index) => unless.push(*index),
            None => {
                let hint = did_you_mean(guard, guards.keys().map(String::as_str));
                fields.problem(place, format!("no guard is called `{guard}`"), hint);
            }
        }
    }
    let beside = fields.flag("beside").unwrap_or(false);
    let opens = fields.flag("opens").unwrap_or(false);
    let longest = fields.number("longest", 1..=1000).map(|n| n as u32);
    let texts = read_fields(&mut fields, id);
    let speakers = read_speakers(&mut fields);
    let buyers = |field: &Field| !matches!(field, Field::Concern | Field::Answer);
    if opens && !(speakers == [Sender::Buyer] && texts.iter().all(buyers)) {
        fields.problem(
            fields.place,
            format!("signal `{id}` opens a sentence that somebody else says"),
            "only what a buyer writes is read together: chat of BUYER, search, note, delivery_note",
        );
    }
    Some(TextSignal {
        id: id.into(),
        fields: texts,
        speakers,
        terms,
        patterns,
        unless,
        disguised,
        ends,
        beside,
        longest,
        opens,
    })
}

/// Reports the terms that no text can end with.
fn no_signs_at_the_end(lexicon: &str, terms: &[String], place: Place, fields: &mut Fields<'_, '_>) {
    for term in terms.iter().filter(|term| term.ends_with(is_trimming)) {
        fields.problem(
            place,
            format!(
                "`{term}` of the lexicon `{lexicon}` can never end a text: signs there are left out"
            ),
            "take the sign at its end away",
        );
    }
}

/// The texts that a signal is looked for in.
pub(super) fn read_fields(fields: &mut Fields<'_, '_>, id: &str) -> Vec<Field> {
    let places = fields.list("fields");
    if places.is_empty() {
        fields.problem(
            fields.place,
            format!("signal `{id}` names no `fields`"),
            "such as [chat, search]",
        );
    }
    let mut texts: Vec<Field> = Vec::new();
    for place in places {
        texts.extend(fields.choice(place, "field", Field::ALL, Field::name));
    }
    texts
}

/// Who may have said it; the buyer, where nobody is named.
pub(super) fn read_speakers(fields: &mut Fields<'_, '_>) -> Vec<Sender> {
    let mut speakers = Vec::new();
    for node in fields.list("speaker") {
        speakers.extend(fields.choice(node, "speaker", Sender::ALL, Sender::name));
    }
    if speakers.is_empty() {
        speakers.push(Sender::Buyer);
    }
    speakers
}
