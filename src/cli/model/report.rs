//! The training report: what was measured on lines that a model had not seen, and what the model rests on.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::recall::{BUDGETS, Recall, recall};
use super::train::Known;
use crate::cli::page::{Lines, STYLE, Sheet, escaped, figure, table};
use crate::semantic::train::{Fold, Line, Measured, Settings, Truth, calibration_of, train};
use crate::semantic::{About, HEADS, Head, Model, Source, Tokens, calibrated};

/// Everything that the page and the JSON file say; no text of a person, and of pieces only what many writers share.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Name, day, seed.
    name: String,
    trained_on: String,
    seed: u64,
    sources: Vec<Source>,
    /// Pieces that weigh something.
    pieces: u32,
    /// Passes of each fold.
    epochs: Vec<u32>,
    budgets_per_100_000: [u32; BUDGETS.len()],
    recall: Vec<RecallRow>,
    reliability: Vec<Reliability>,
    learning: Vec<Learnt>,
    top_pieces: Vec<TopPieces>,
    drift: Vec<Drift>,
}

/// Recall of a head's lines: all of them, those of a file, or those of a level.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecallRow {
    head: &'static str,
    of: String,
    #[serde(flatten)]
    recall: Recall,
}

/// What was promised and what came: each fold by a calibration from the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reliability {
    head: &'static str,
    bins: Vec<Bin>,
    /// Mean square of promise minus outcome; lower is better.
    brier: f64,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bin {
    lines: u64,
    predicted: f64,
    observed: f64,
}

/// Recall when only so many of the risk lines were there to learn from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Learnt {
    risk_lines: u64,
    share: f64,
    recall: [f64; BUDGETS.len()],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TopPieces {
    head: &'static str,
    towards: Vec<Piece>,
    away: Vec<Piece>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    text: String,
    weight: i32,
}

/// Alarms of the previous model and of this one over the same lines.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Drift {
    head: &'static str,
    alarms_per_100_000: u32,
    risk: Sides,
    ordinary: Sides,
    /// Population stability index of the scores of ordinary lines over tenths of the previous model's; above 0.25 is a shift;
    /// nothing where there are too few of them.
    stability: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sides {
    both: u64,
    only_previous: u64,
    only_this: u64,
}

/// What the report is made of.
pub(super) struct Made<'a> {
    pub model: &'a Model,
    pub settings: &'a Settings,
    pub measured: &'a Measured,
    pub lines: &'a [Line],
    pub known: &'a [Known],
    pub sources: &'a [Source],
    pub previous: Option<&'a Model>,
}

/// A piece is shown if so many writers have it: what few wrote stays theirs.
const PIECE_WRITERS_MIN: u32 = 20;
const PIECES_SHOWN: usize = 25;
const EDGES: [u32; 9] = [
    10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 600_000, 800_000, 900_000,
];
/// Eighths of the risk lines that the learning curve learns from.
const EIGHTHS: [u64; 3] = [1, 2, 4];

impl Report {
    /// `learning` trains again on parts of the risk lines, which takes as long again for each.
    pub(super) fn new(
        made: &Made<'_>,
        learning: bool,
        tell: &(dyn Fn() + Sync),
    ) -> Result<Self, String> {
        let about = made.model.about();
        Ok(Self {
            name: about.name.clone(),
            trained_on: about.trained_on.clone(),
            seed: about.seed,
            sources: made.sources.to_vec(),
            pieces: about.pieces,
            epochs: made.measured.epochs.clone(),
            budgets_per_100_000: BUDGETS,
            recall: recalls(made),
            reliability: Head::ALL
                .into_iter()
                .filter_map(|head| reliability(made, head))
                .collect(),
            learning: if learning {
                learnt(made, tell)?
            } else {
                Vec::new()
            },
            top_pieces: top_pieces(made),
            drift: made
                .previous
                .map_or_else(Vec::new, |previous| drift(made, previous)),
        })
    }

    /// For a terminal.
    pub(super) fn print(&self) {
        println!(
            "{} pieces, passes of the folds {:?}",
            self.pieces, self.epochs
        );
        for sheet in self.sheets().iter().filter(|sheet| !sheet.closer) {
            println!("\n{}", sheet.title);
            let first = sheet
                .rows
                .iter()
                .map(|row| row[0].chars().count())
                .max()
                .unwrap_or(0)
                .max(12);
            for row in std::iter::once(&sheet.header).chain(&sheet.rows) {
                let cells: Vec<String> = row[1..].iter().map(|cell| format!("{cell:>9}")).collect();
                println!("{:<first$} {}", row[0], cells.join(" "));
            }
        }
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.recall_sheet()];
        if !self.learning.is_empty() {
            let rows = self.learning.iter().map(|l| {
                let shares = l.recall.map(|r| format!("{r:.3}"));
                [
                    vec![format!("{} risk lines ({:.3})", l.risk_lines, l.share)],
                    shares.to_vec(),
                ]
                .concat()
            });
            sheets.push(Sheet::new(
                "Learning curve, self_harm: recall at alarms per 100,000",
                "Learnt from a part of the risk lines; measured on lines not seen. Still rising at its end, more lines would help.",
                &budget_header("learnt from", &[]),
                rows.collect(),
            ));
        }
        let rows = self.reliability.iter().flat_map(|of| {
            of.bins.iter().map(|bin| {
                vec![
                    of.head.to_owned(),
                    bin.lines.to_string(),
                    format!("{:.3}", bin.predicted),
                    format!("{:.3}", bin.observed),
                ]
            })
        });
        sheets.push(Sheet::new(
            "Reliability",
            "Lines by the probability that was promised for them (by a calibration from the other folds), and the share that was risk.",
            &["head", "lines", "promised", "came"],
            rows.collect(),
        ));
        if !self.drift.is_empty() {
            let rows = self.drift.iter().map(|d| {
                let sides =
                    |s: &Sides| [s.both, s.only_previous, s.only_this].map(|n| n.to_string());
                let first = format!("{} at {}", d.head, d.alarms_per_100_000);
                [
                    vec![first],
                    sides(&d.risk).to_vec(),
                    sides(&d.ordinary).to_vec(),
                    vec![
                        d.stability
                            .map_or_else(|| "-".to_owned(), |s| format!("{s:.3}")),
                    ],
                ]
                .concat()
            });
            sheets.push(Sheet::new(
                "Drift against the previous model",
                "Lines that raise an alarm with both models, with the previous one only, with this one only; this one has learnt from them.",
                &["alarms per 100,000", "risk both", "previous", "this", "ord. both", "previous", "this", "stability"],
                rows.collect(),
            ));
        }
        for of in &self.top_pieces {
            let row = |piece: &Piece| vec![piece.text.clone(), piece.weight.to_string()];
            let mut sheet = Sheet::new(
                &format!("Pieces of {}", of.head),
                "The heaviest of those that at least 20 writers have, all alike, towards it and away from it.",
                &["piece", "weight"],
                of.towards.iter().chain(&of.away).map(row).collect(),
            );
            sheet.closer = true;
            sheets.push(sheet);
        }
        sheets
    }

    fn recall_sheet(&self) -> Sheet {
        let rows = self.recall.iter().map(|row| {
            let shares = row
                .recall
                .found
                .map(|n| format!("{:.3}", n as f64 / row.recall.lines.max(1) as f64));
            [
                vec![
                    format!("{} {}", row.head, row.of),
                    row.recall.lines.to_string(),
                ],
                shares.to_vec(),
            ]
            .concat()
        });
        let seen = self.recall.iter().filter(|row| row.of == "all").map(|row| {
            let alarms = row
                .recall
                .alarms
                .map(|n| format!("{:.1}", n as f64 * 1e5 / row.recall.ordinary.max(1) as f64));
            [
                vec![
                    format!("{} alarms seen", row.head),
                    row.recall.ordinary.to_string(),
                ],
                alarms.to_vec(),
            ]
            .concat()
        });
        Sheet::new(
            "Recall at alarms per 100,000",
            "Every line scored by a model that has not seen its writer, thresholds fixed on the other folds.",
            &budget_header("lines", &["number"]),
            rows.chain(seen).collect(),
        )
    }

    /// One page that needs no other file.
    pub(super) fn page(&self) -> anyhow::Result<String> {
        let mut page = String::new();
        let name = escaped(&self.name);
        write!(
            page,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>Training of {name}</title>\
             <style>{STYLE}</style></head>\n<body>\n<h1>Training of {name}</h1>\n\
             <p class=\"note\">Trained {}, seed {}, {} pieces. No figure here is of a line that the model had seen, unless it says so.</p>\n",
            escaped(&self.trained_on),
            self.seed,
            self.pieces,
        )?;
        let budgets = BUDGETS.map(f64::from);
        let of_all = self.recall.iter().filter(|row| row.of == "all").map(|row| {
            let share = |n: u64| n as f64 / row.recall.lines.max(1) as f64;
            let points = budgets
                .into_iter()
                .zip(row.recall.found.map(share))
                .collect();
            (format!("{} ({} lines)", row.head, row.recall.lines), points)
        });
        let plot = Lines {
            x_is: "alarms per 100,000 ordinary lines",
            y_is: "recall",
            logarithmic: true,
            x: 0.9..1_100.0,
            lines: of_all.collect(),
        };
        figure(
            &mut page,
            &plot.svg()?,
            "Recall against false alarms, each head",
        )?;
        if !self.learning.is_empty() {
            let most = self
                .learning
                .iter()
                .map(|l| l.risk_lines)
                .max()
                .unwrap_or(1) as f64;
            let at = |i: usize| {
                let points = self
                    .learning
                    .iter()
                    .map(|l| (l.risk_lines as f64, l.recall[i]));
                (format!("at {} per 100,000", BUDGETS[i]), points.collect())
            };
            let plot = Lines {
                x_is: "risk lines learnt from",
                y_is: "recall",
                logarithmic: false,
                x: 0.0..most * 1.02,
                lines: (0..BUDGETS.len()).map(at).collect(),
            };
            figure(&mut page, &plot.svg()?, "Learning curve of self_harm")?;
        }
        let promised = self.reliability.iter().map(|of| {
            let points = of
                .bins
                .iter()
                .map(|bin| (bin.predicted, bin.observed))
                .collect();
            (format!("{}, Brier score {:.4}", of.head, of.brier), points)
        });
        let ideal = ("as promised".to_owned(), vec![(0.0, 0.0), (1.0, 1.0)]);
        let plot = Lines {
            x_is: "promised probability",
            y_is: "share that was risk",
            logarithmic: false,
            x: 0.0..1.0,
            lines: promised.chain([ideal]).collect(),
        };
        figure(&mut page, &plot.svg()?, "Reliability of the probabilities")?;
        for sheet in self.sheets() {
            table(&mut page, &sheet)?;
        }
        page.push_str("</body></html>\n");
        Ok(page)
    }
}

fn budget_header(first: &'static str, more: &[&'static str]) -> Vec<&'static str> {
    const NAMES: [&str; BUDGETS.len()] = ["1", "10", "50", "100", "1000"];
    [&[first], more, &NAMES].concat()
}

fn is(made: &Made<'_>, line: usize, head: Head) -> bool {
    made.lines[line].truth[head.index()] == Truth::Yes
}

fn recalls(made: &Made<'_>) -> Vec<RecallRow> {
    let mut rows = Vec::new();
    for head in Head::ALL {
        let mut add = |of: String, wanted: &dyn Fn(usize) -> bool| {
            let risk = |line: usize| is(made, line, head) && wanted(line);
            let ordinary = |line: usize| made.known[line].traffic;
            let recall = recall(
                head,
                made.settings.folds,
                &made.measured.lines,
                risk,
                ordinary,
            );
            if recall.lines > 0 {
                rows.push(RecallRow {
                    head: head.name(),
                    of,
                    recall,
                });
            }
        };
        add("all".to_owned(), &|_| true);
        for (file, source) in made.sources.iter().enumerate() {
            add(source.name.clone(), &|line| made.known[line].file == file);
        }
        for level in 0..=10 {
            add(format!("level {level:>2}"), &|line| {
                made.known[line].level == Some(level)
            });
        }
    }
    rows
}

fn reliability(made: &Made<'_>, head: Head) -> Option<Reliability> {
    let score = |of: &Fold| of.scores[head.index()];
    let truth = |of: &Fold| made.lines[of.line].truth[head.index()];
    let known = || {
        made.measured
            .lines
            .iter()
            .filter(|of| truth(of) != Truth::Unknown)
    };
    let mut bins: Vec<Bin> = (0..=EDGES.len()).map(|_| Bin::default()).collect();
    let (mut square, mut lines) = (0.0, 0_u64);
    for fold in 0..made.settings.folds {
        let mut others: Vec<(i32, f64, bool)> = known()
            .filter(|of| of.fold != fold)
            .map(|of| {
                (
                    score(of),
                    f64::from(made.lines[of.line].weight),
                    truth(of) == Truth::Yes,
                )
            })
            .collect();
        if !others.iter().any(|(_, _, risk)| *risk) {
            return None;
        }
        let knots = calibration_of(&mut others);
        for of in known().filter(|of| of.fold == fold) {
            let promised = calibrated(&knots, score(of));
            let came = f64::from(u8::from(truth(of) == Truth::Yes));
            let bin = &mut bins[EDGES.partition_point(|edge| *edge <= promised)];
            let promised = f64::from(promised) / 1e6;
            bin.lines += 1;
            bin.predicted += promised;
            bin.observed += came;
            square += (promised - came) * (promised - came);
            lines += 1;
        }
    }
    bins.retain(|bin| bin.lines > 0);
    for bin in &mut bins {
        bin.predicted /= bin.lines as f64;
        bin.observed /= bin.lines as f64;
    }
    Some(Reliability {
        head: head.name(),
        bins,
        brier: square / lines.max(1) as f64,
    })
}

fn learnt(made: &Made<'_>, tell: &(dyn Fn() + Sync)) -> Result<Vec<Learnt>, String> {
    let head = Head::SelfHarm;
    let all = (0..made.lines.len())
        .filter(|line| is(made, *line, head))
        .count() as u64;
    let point = |measured: &Measured, of: &dyn Fn(usize) -> usize, risk_lines: u64| {
        let ordinary = |line: usize| made.known[of(line)].traffic;
        let risk = |line: usize| is(made, of(line), head);
        let recall = recall(head, made.settings.folds, &measured.lines, risk, ordinary);
        Learnt {
            risk_lines,
            share: risk_lines as f64 / all.max(1) as f64,
            recall: recall.found.map(|n| n as f64 / recall.lines.max(1) as f64),
        }
    };
    let mut points = Vec::new();
    for eighths in EIGHTHS {
        // The writers that stay are the same in every larger part. Lines left out teach nothing and are still measured.
        let stays = |line: &Line| line.group.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 61 < eighths;
        let risk = |line: &Line| line.truth.contains(&Truth::Yes);
        let part: Vec<Line> = made
            .lines
            .iter()
            .cloned()
            .map(|line| {
                let truth = if risk(&line) && !stays(&line) {
                    [Truth::Unknown; HEADS]
                } else {
                    line.truth
                };
                Line { truth, ..line }
            })
            .collect();
        let left = part
            .iter()
            .filter(|line| line.truth[head.index()] == Truth::Yes)
            .count() as u64;
        let about = About {
            sources: Vec::new(),
            ..made.model.about().clone()
        };
        let (_, measured) = train(part, made.settings, about, tell)?;
        points.push(point(&measured, &|line| line, left));
    }
    points.push(point(made.measured, &|line| line, all));
    Ok(points)
}

/// How many writers have the piece of each slot, and how it is written where all write it alike: a piece that leaves a word
/// out, stands for any number or for the length of a text would show what one person wrote.
struct Spread {
    writers: Vec<u32>,
    /// `None` where it is not written alike.
    texts: HashMap<usize, Option<String>>,
}

impl Spread {
    fn of(model: &Model, lines: &[Line]) -> Self {
        let mut out = Self {
            writers: vec![0; model.slots()],
            texts: HashMap::new(),
        };
        let (mut tokens, mut seen) = (Tokens::default(), HashSet::new());
        for line in lines {
            let raw = line.text.reveal();
            tokens.read(raw);
            tokens.pieces(0, tokens.len(), |hash, first, last| {
                let Some(slot) = model.slot_of(hash) else {
                    return;
                };
                let enough = out.writers[slot] >= PIECE_WRITERS_MIN * 2;
                if enough || !seen.insert((slot, line.group)) {
                    return;
                }
                out.writers[slot] += 1;
                let (from, to) = tokens.raw(first, last);
                let piece = raw.chars().skip(from as usize).take((to - from) as usize);
                let piece: String = piece.flat_map(char::to_lowercase).collect();
                let known = out.texts.entry(slot).or_insert_with(|| Some(piece.clone()));
                if known.as_ref().is_some_and(|known| *known != piece) {
                    *known = None;
                }
            });
        }
        out
    }

    /// The heaviest pieces that enough writers have, all of them alike; `sign` says of which direction.
    fn heaviest(&self, model: &Model, head: Head, sign: i32) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = self
            .texts
            .iter()
            .filter(|(slot, _)| self.writers[**slot] >= PIECE_WRITERS_MIN)
            .filter_map(|(slot, text)| {
                Some(Piece {
                    text: text.clone()?,
                    weight: model.weight_of(*slot, head),
                })
            })
            .filter(|piece| piece.weight * sign > 0)
            .collect();
        pieces.sort_by(|a, b| (b.weight * sign, &a.text).cmp(&(a.weight * sign, &b.text)));
        pieces.truncate(PIECES_SHOWN);
        pieces
    }
}

fn top_pieces(made: &Made<'_>) -> Vec<TopPieces> {
    let spread = Spread::of(made.model, made.lines);
    let of_head = |head: Head| TopPieces {
        head: head.name(),
        towards: spread.heaviest(made.model, head, 1),
        away: spread.heaviest(made.model, head, -1),
    };
    Head::ALL.map(of_head).into()
}

fn drift(made: &Made<'_>, previous: &Model) -> Vec<Drift> {
    let mut tokens = Tokens::default();
    let scores: Vec<_> = made
        .lines
        .iter()
        .map(|line| {
            let raw = line.text.reveal();
            (
                previous.score(raw, &mut tokens),
                made.model.score(raw, &mut tokens),
            )
        })
        .collect();
    let mut out = Vec::new();
    for head in Head::ALL {
        let ordinary = |line: usize| made.known[line].traffic;
        let of = |line: usize| (scores[line].0[head.index()], scores[line].1[head.index()]);
        let stability = stability((0..scores.len()).filter(|l| ordinary(*l)).map(of).collect());
        for budget in [50, 100] {
            let (before, now) = (
                previous.threshold(head, budget * 10),
                made.model.threshold(head, budget * 10),
            );
            let (mut risk, mut usual) = (Sides::default(), Sides::default());
            for line in 0..scores.len() {
                let side = match (is(made, line, head), ordinary(line)) {
                    (true, _) => &mut risk,
                    (false, true) => &mut usual,
                    (false, false) => continue,
                };
                match (of(line).0 >= before, of(line).1 >= now) {
                    (true, true) => side.both += 1,
                    (true, false) => side.only_previous += 1,
                    (false, true) => side.only_this += 1,
                    (false, false) => {}
                }
            }
            out.push(Drift {
                head: head.name(),
                alarms_per_100_000: budget,
                risk,
                ordinary: usual,
                stability,
            });
        }
    }
    out
}

/// Population stability index of pairs of scores, before and now.
fn stability(scores: Vec<(i32, i32)>) -> Option<f64> {
    const TENTHS: usize = 10;
    if scores.len() < 10 * TENTHS {
        return None;
    }
    let mut before: Vec<i32> = scores.iter().map(|(before, _)| *before).collect();
    before.sort_unstable();
    let edges: Vec<i32> = (1..TENTHS)
        .map(|i| before[i * before.len() / TENTHS])
        .collect();
    let shares = |of: &dyn Fn(&(i32, i32)) -> i32| {
        let mut counts = [0.5_f64; TENTHS];
        scores
            .iter()
            .for_each(|pair| counts[edges.partition_point(|edge| *edge <= of(pair))] += 1.0);
        counts.map(|n| n / scores.len() as f64)
    };
    let (a, b) = (shares(&|p| p.0), shares(&|p| p.1));
    let shifted = a.iter().zip(b).map(|(a, b)| (b - a) * libm::log(b / a));
    Some(shifted.sum())
}

#[cfg(test)]
mod tests {
    use super::stability;

    #[test]
    fn scores_that_stay_are_stable_and_scores_that_move_are_not() {
        let same: Vec<(i32, i32)> = (0..1_000).map(|i| (i, i)).collect();
        assert!(stability(same.clone()).is_some_and(|s| s < 0.001));
        let moved = same.into_iter().map(|(a, b)| (a, b + 400)).collect();
        assert!(stability(moved).is_some_and(|s| s > 0.25));
        assert_eq!(stability(vec![(1, 1); 10]), None);
    }
}
