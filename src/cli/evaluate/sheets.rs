//! The tables, laid out once for the terminal and for the page.

use super::measure::share;
use super::report::{Corpus, FiredRow, Group, Report, Share};
use crate::cli::page::Sheet;

/// Rules and signals shown of each file; the JSON file has all.
const FIRED_SHOWN: usize = 15;

/// All tables that have something to say.
pub(super) fn sheets(report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![
        alarms(report),
        recall(report),
        curves(report),
        folds(report),
    ];
    sheets.push(fired_overall("Rules over all files", &report.rules_overall));
    sheets.push(fired_overall(
        "Signals over all files",
        &report.signals_overall,
    ));
    for corpus in &report.corpora {
        sheets.extend(fired(corpus));
    }
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

fn alarms(report: &Report) -> Sheet {
    let mut rows: Vec<Vec<String>> = report.corpora.iter().map(corpus_row).collect();
    for group in &report.benign {
        let mut row = vec![group.name.clone(), group.lines.to_string()];
        row.extend(shares(group).map(counted));
        row.extend([String::new(), String::new()]);
        rows.push(row);
    }
    Sheet::new(
        "Lines at each level or above: count, and per 100,000",
        "Refused: longer than the service takes. Bad: no corpus line.",
        &[
            "corpus",
            "lines",
            "SUPPORT+",
            "ELEVATED+",
            "HIGH+",
            "refused",
            "bad",
        ],
        rows,
    )
}

fn corpus_row(corpus: &Corpus) -> Vec<String> {
    let mut row = vec![corpus.name.clone(), corpus.all.lines.to_string()];
    row.extend(shares(&corpus.all).map(counted));
    row.extend([corpus.refused.to_string(), corpus.bad.to_string()]);
    row
}

fn shares(group: &Group) -> [Share; 3] {
    [group.support, group.elevated, group.high]
}

fn counted(share: Share) -> String {
    format!("{} · {:.1}", share.lines, share.per_100k)
}

fn recall(report: &Report) -> Sheet {
    // A file of benign lines only has nothing to recall.
    let labelled = report
        .corpora
        .iter()
        .filter(|corpus| corpus.groups.iter().any(|group| group.name != "label 0"));
    let rows = labelled.flat_map(|corpus| {
        corpus.groups.iter().map(|group| {
            let mut row = vec![
                corpus.name.clone(),
                group.name.clone(),
                group.lines.to_string(),
            ];
            row.extend(shares(group).map(|share| format!("{} · {:.3}", share.lines, share.share)));
            row
        })
    });
    Sheet::new(
        "Recall: count, and share",
        "For label 0 and for lines without a label the share is no recall but what it is: a share.",
        &[
            "corpus",
            "lines of",
            "lines",
            "SUPPORT+",
            "ELEVATED+",
            "HIGH+",
        ],
        rows.collect(),
    )
}

fn curves(report: &Report) -> Sheet {
    let budgets = report.curves.first().map(|curve| &curve.budgets);
    let mut header: Vec<String> = ["corpus", "positives", "lines", "against benign"]
        .map(str::to_owned)
        .into();
    header.extend(
        budgets
            .into_iter()
            .flatten()
            .map(|b| format!("at {}", b.per_100k)),
    );
    let rows = report.curves.iter().map(|curve| {
        let mut row = vec![
            curve.corpus.clone(),
            curve.positives.clone(),
            curve.positive_lines.to_string(),
            format!("{} {}", curve.benign_lines, curve.languages.join(", ")),
        ];
        row.extend(curve.budgets.iter().map(|budget| match budget.at {
            Some(at) => format!("{:.3}", at.recall),
            None => "?".to_owned(),
        }));
        row
    });
    Sheet {
        rows: rows.collect(),
        header,
        ..Sheet::new(
            "Recall by a threshold on the score, at so many false alarms per 100,000",
            "?: a single alarm would exceed it; the benign lines are too few to tell.",
            &[],
            Vec::new(),
        )
    }
}

fn folds(report: &Report) -> Sheet {
    let rows = report.folds.iter().flat_map(|folds| {
        let parts = folds.folds.iter().enumerate().map(|(number, fold)| {
            let of = |found: u64| decimals(share(found, fold.lines));
            vec![
                (number + 1).to_string(),
                fold.lines.to_string(),
                of(fold.found_with_all),
                of(fold.found_without),
                String::new(),
                fold.terms_taken.to_string(),
                fold.patterns_taken.to_string(),
            ]
        });
        parts.chain([vec![
            "mean".to_owned(),
            folds.lines.to_string(),
            decimals(folds.recall_with_all),
            decimals(folds.recall_without),
            decimals(folds.loss),
            String::new(),
            String::new(),
        ]])
    });
    Sheet::new(
        "Recall at SUPPORT on each fold, with all terms and without those only it speaks for",
        "Lines with level 4 or above, one fold after the other.",
        &[
            "fold",
            "lines",
            "all terms",
            "chosen again",
            "loss",
            "terms taken",
            "patterns taken",
        ],
        rows.collect(),
    )
}

fn decimals(value: f64) -> String {
    format!("{value:.3}")
}

fn fired(corpus: &Corpus) -> [Sheet; 2] {
    [("rules", &corpus.rules), ("signals", &corpus.signals)].map(|(what, rows)| {
        let title = format!("{}: {what} by lines at SUPPORT or above", corpus.name);
        let shown = rows.iter().take(FIRED_SHOWN);
        let shown = shown.map(|row| {
            let numbers = [row.lines, row.support, row.elevated, row.high];
            with_id(row, &numbers)
        });
        Sheet {
            closer: true,
            ..Sheet::new(
                &title,
                "Lines in which it speaks, by the level the line reached, whatever took it there.",
                &["id", "lines", "SUPPORT+", "ELEVATED+", "HIGH+"],
                shown.collect(),
            )
        }
    })
}

fn fired_overall(title: &str, rows: &[FiredRow]) -> Sheet {
    Sheet::new(
        title,
        "Most false alarms first; beside them how many lines labelled as risk it speaks in.",
        &[
            "id",
            "benign",
            "benign SUPPORT+",
            "benign ELEVATED+",
            "label 1",
        ],
        rows.iter()
            .take(FIRED_SHOWN)
            .map(|row| {
                let benign = [row.benign_lines, row.benign_support, row.benign_elevated];
                with_id(row, &[&benign[..], &[row.risk_lines]].concat())
            })
            .collect(),
    )
}

fn with_id(row: &FiredRow, numbers: &[u64]) -> Vec<String> {
    std::iter::once(row.id.clone())
        .chain(numbers.iter().map(u64::to_string))
        .collect()
}
