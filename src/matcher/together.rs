//! Several texts read as one: a sentence that is cut over messages and fields.

use smallvec::SmallVec;

use super::Matcher;
use super::Scratch;
use super::texts::Line;
use crate::domain::{Draft, Earlier, Field, PersonText};
use crate::text::{is_han, piece_of};

/// A piece's place in a line.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its first character in the line, in characters, and one past its last.
    stretch: (u32, u32),
    /// For a piece of the event itself: its field, and how many characters stand before it in its own text.
    own: Option<(Field, u32)>,
}

impl Matcher {
    /// Signals that show only where an event's pieces (`own`) are read together with those before them, and with each other.
    ///
    /// Whoever asks for the postage in the middle of a sentence goes on with it afterwards, so the pieces in which a sentence
    /// was begun are read with the event's own once more without what lies between.
    pub fn read_together(
        &self,
        before: &[Earlier],
        own: &[(Field, PersonText)],
        scratch: &mut Scratch,
        out: &mut Vec<Draft>,
    ) {
        self.read_line(before.iter().map(|e| &e.text), own, scratch, out);
        let opening = before.iter().filter(|earlier| earlier.opens);
        if (1..before.len()).contains(&opening.clone().count()) {
            self.read_line(opening.map(|e| &e.text), own, scratch, out);
        }
    }

    fn read_line<'t>(
        &self,
        before: impl Iterator<Item = &'t PersonText>,
        own: &[(Field, PersonText)],
        scratch: &mut Scratch,
        out: &mut Vec<Draft>,
    ) {
        let (mut raw, mut parts): (String, SmallVec<[Part; 10]>) = Default::default();
        let mut chars = 0;
        let earlier = before.map(|text| (text.reveal(), None));
        let own = own
            .iter()
            .map(|(field, text)| (text.reveal(), Some(*field)));
        for (text, field) in earlier.chain(own) {
            let Some((skipped, piece)) = piece_of(text) else {
                continue;
            };
            let before = raw.chars().next_back();
            let both_han = |before| is_han(before) && piece.starts_with(is_han);
            if before.is_some_and(|before| !both_han(before)) {
                raw.push(' ');
                chars += 1;
            }
            raw.push_str(piece);
            let end = chars + piece.chars().count() as u32;
            parts.push(Part {
                stretch: (chars, end),
                own: field.map(|field| (field, skipped)),
            });
            chars = end;
        }
        if parts.len() < 2 {
            return;
        }
        let place = |first: u32, last: u32| {
            // A space between two pieces belongs to neither.
            let begins = parts.iter().position(|part| first < part.stretch.1)?;
            let ends = parts.iter().rposition(|part| last >= part.stretch.0)?;
            let Part { stretch, own } = parts[ends];
            let (field, skipped) = own?;
            let end = (last + 1).min(stretch.1) - stretch.0;
            (begins < ends).then_some((field, skipped, skipped + end))
        };
        let text = PersonText::new(raw);
        let line = Line {
            text: &text,
            place: &place,
        };
        self.line(&line, scratch, out);
    }
}
