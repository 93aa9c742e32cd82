//! Texts read together (section 2.1): the pieces that a buyer wrote, and the line that they make.

use super::event::Event;
use super::fold::is_han;
use super::matching::Span;
use super::pack::Pack;
use super::texts::{Field, sender, texts};
use super::view::{Moment, PIECE};

const MINUTES: i64 = 60_000;
const REACH: i64 = 15 * MINUTES;
const LONGEST_PIECE: usize = 60;
const MOST_BEFORE: usize = 8;
const TRIMMINGS: &str = ".,;:…-–—~|/\\_、。，；：～｜";

/// What is left of a text without its trimmings; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub field: Field,
    /// Where it stands in the text of its field.
    pub span: Span,
    chars: Vec<char>,
    /// Of an earlier event's: whether a signal that opens was seen in it.
    pub opens: bool,
}

/// The pieces of an event, in the order of its fields.
pub fn pieces(event: &Event) -> Vec<Piece> {
    let by_buyer = |field: &Field| match field {
        Field::Chat => sender(event) == "BUYER",
        Field::Search | Field::Note | Field::DeliveryNote => true,
        Field::Concern | Field::Answer => false,
    };
    texts(event)
        .into_iter()
        .filter(|(field, _)| by_buyer(field))
        .filter_map(|(field, text)| trimmed(field, text))
        .collect()
}

/// Whether a character at an end of a text says nothing there.
pub fn is_trimming(c: char) -> bool {
    c.is_whitespace() || TRIMMINGS.contains(c)
}

fn trimmed(field: Field, text: &str) -> Option<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let stays = |c: &char| !is_trimming(*c);
    let start = chars.iter().position(stays)?;
    let end = chars.iter().rposition(stays)? + 1;
    (end - start <= LONGEST_PIECE).then(|| Piece {
        field,
        span: (start, end),
        chars: chars[start..end].to_vec(),
        opens: false,
    })
}

/// Of a person's moments, which stand in their order, those near enough before a time.
pub fn near(moments: &[Moment], now: i64) -> Vec<&Moment> {
    let is_near = |moment: &&Moment| (now - REACH..=now).contains(&moment.at);
    moments.iter().filter(is_near).collect()
}

/// Whether what is written near these moments is read together with them.
pub fn is_open(pack: &Pack, near: &[&Moment]) -> bool {
    let mut signals = near.iter().flat_map(|moment| &moment.signals);
    signals.any(|signal| pack.opens(signal.id))
}

/// The pieces that come before an event's own.
pub fn before(pack: &Pack, near: &[&Moment]) -> Vec<Piece> {
    let mut all: Vec<Piece> = near.iter().flat_map(|moment| said(pack, moment)).collect();
    let too_many = all.len().saturating_sub(MOST_BEFORE);
    all.split_off(too_many)
}

/// The pieces by which a moment joins the line of a later one.
fn said(pack: &Pack, moment: &Moment) -> Vec<Piece> {
    let mut pieces = pieces(&moment.event);
    for piece in &mut pieces {
        let openers = moment.signals.iter().filter(|s| pack.opens(s.id));
        let mut fields = openers.flat_map(|signal| signal.spans.keys());
        piece.opens = fields.any(|(field, _)| *field == piece.field);
    }
    if !moment.signals.iter().any(|signal| signal.id == PIECE) {
        pieces.retain(|piece| piece.opens);
    }
    pieces
}

/// The lines of an event: of all that came before and its own pieces; and of those alone that open, where
/// others are among them.
pub fn lines(before: Vec<Piece>, own: Vec<Piece>) -> Vec<Line> {
    let opening: Vec<Piece> = before.iter().filter(|piece| piece.opens).cloned().collect();
    let second = (!opening.is_empty() && opening.len() < before.len())
        .then(|| Line::new(opening, own.clone()));
    let mut lines = vec![Line::new(before, own)];
    lines.extend(second);
    lines
}

/// Pieces put together, the event's own at the end.
pub struct Line {
    pub text: String,
    pieces: Vec<Piece>,
    /// How many of the pieces are not the event's own.
    foreign: usize,
    /// Where each piece begins in the line.
    starts: Vec<usize>,
    /// The piece that each character of the line belongs to.
    owners: Vec<usize>,
}

impl Line {
    pub fn new(before: Vec<Piece>, own: Vec<Piece>) -> Line {
        let mut line = Line {
            text: String::new(),
            foreign: before.len(),
            pieces: before.into_iter().chain(own).collect(),
            starts: Vec::new(),
            owners: Vec::new(),
        };
        for (number, piece) in line.pieces.iter().enumerate() {
            let joins = |last: char| is_han(last) && is_han(piece.chars[0]);
            if line.text.chars().last().is_some_and(|last| !joins(last)) {
                line.text.push(' ');
                line.owners.push(number);
            }
            line.starts.push(line.owners.len());
            line.text.extend(&piece.chars);
            line.owners
                .resize(line.owners.len() + piece.chars.len(), number);
        }
        line
    }

    /// Where a hit in the line stands in the event's own texts, if it counts.
    pub fn place(&self, (start, end): Span) -> Option<(Field, Span)> {
        let (first, mut last) = (self.owners[start], self.owners[end - 1]);
        // A space between two pieces ends the earlier one.
        let is_space = end - 1 < self.starts[last];
        last -= usize::from(is_space);
        let end = end - usize::from(is_space);
        let counts = first != last && last >= self.foreign;
        counts.then(|| {
            let piece = &self.pieces[last];
            let (begins, length) = (piece.span.0, end - self.starts[last]);
            (piece.field, (begins, begins + length))
        })
    }
}
