//! Which pieces are worth a slot.

use std::collections::HashMap;

use super::{Data, Truth, Vocabulary};
use crate::semantic::{HEADS, Head, place};

/// A piece seen in fewer risk lines says nothing about people, only about a line.
const RISK_LINES_MIN: u32 = 2;
/// Likewise for pieces of benign lines alone.
const BENIGN_LINES_MIN: u32 = 8;

#[derive(Clone, Copy, Default)]
struct Count {
    yes: [u32; HEADS],
    no: u32,
    last: u32,
}

/// Gives slots to the pieces that part a head's lines from the others best; two that want one slot: the better has it.
pub(super) fn pick(data: &Data, rows: &[u32], bits: u32) -> Vocabulary {
    let mut counts: HashMap<u64, Count, foldhash::fast::FixedState> = HashMap::default();
    let (mut yes_lines, mut no_lines) = ([0_u32; HEADS], 0_u32);
    for row in rows {
        let line = *row as usize;
        let risk = data.risk(line);
        if !risk && data.truths[line].contains(&Truth::Unknown) {
            continue;
        }
        for head in Head::ALL {
            yes_lines[head.index()] += u32::from(data.is(line, head) == Truth::Yes);
        }
        no_lines += u32::from(!risk);
        for piece in data.pieces(line) {
            let count = counts.entry(*piece).or_default();
            if count.last == row + 1 {
                continue; // once a line
            }
            count.last = row + 1;
            for head in Head::ALL {
                count.yes[head.index()] += u32::from(data.is(line, head) == Truth::Yes);
            }
            count.no += u32::from(!risk);
        }
    }
    let mut ranked: Vec<(f64, u64)> = counts
        .into_iter()
        .filter(|(_, c)| c.yes.iter().sum::<u32>() >= RISK_LINES_MIN || c.no >= BENIGN_LINES_MIN)
        .map(|(piece, c)| {
            let best =
                Head::ALL.map(|h| telling(c.yes[h.index()], yes_lines[h.index()], c.no, no_lines));
            (best.into_iter().fold(0.0, f64::max), piece)
        })
        .collect();
    // Equals by their hash, so that the order of a map never matters.
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut tags = vec![None; 1 << bits];
    let room = tags.len() * 3 / 4;
    for (_, piece) in ranked.into_iter().take(room) {
        let (at, tag) = place(piece, bits);
        if tags[at].is_none() {
            tags[at] = Some(tag as u16);
        }
    }
    Vocabulary { bits, tags }
}

/// How far apart the shares of two groups of lines are, in standard deviations (a line more on each side keeps it finite).
fn telling(yes: u32, yes_lines: u32, no: u32, no_lines: u32) -> f64 {
    if yes_lines == 0 || no_lines == 0 {
        return 0.0;
    }
    let share = |n: u32, of: u32| (f64::from(n) + 0.5) / (f64::from(of) + 1.0);
    let (p, q) = (share(yes, yes_lines), share(no, no_lines));
    let spread = p * (1.0 - p) / f64::from(yes_lines) + q * (1.0 - q) / f64::from(no_lines);
    ((p - q) / spread.sqrt()).abs()
}
