//! From axes to a level, and what follows from a level.

use std::collections::BTreeMap;

use super::condition::{Condition, Scope};
use super::fields::Fields;
use super::set::Title;
use super::yaml::{Data, Node};
use crate::domain::time::{HOUR_MS, MINUTE_MS};
use crate::domain::{HelpLine, Level, RiskType};

/// The triage tables of a pack.
#[derive(Debug, Default)]
pub struct Triage {
    /// For each means stage, its column.
    pub column_of_means: [usize; 7],
    /// One row for each intent stage.
    pub matrix: Vec<Vec<Level>>,
    /// One level for each stage of harm to others.
    pub harm: Vec<Level>,
    /// Levels of kinds outside the matrix.
    pub types: BTreeMap<usize, TypeLevel>,
    /// What raises a level by one.
    pub modifiers: Vec<Modifier>,
    /// Modifiers do not raise above this.
    pub raise_at_most: Option<Level>,
    /// Within how many milliseconds a human must have seen a case, by level.
    pub clocks_ms: BTreeMap<usize, i64>,
    /// Holds are asked for from this level on.
    pub holds_from: Option<Level>,
    /// A hold ends after so many milliseconds unless a person renews it.
    pub holds_expire_ms: i64,
    /// When the shop asks what it is for.
    pub purpose_question: PurposeQuestion,
    /// When saying nothing more is a sign, if it is.
    pub silence: Option<Silence>,
    /// Help by language.
    pub help: BTreeMap<String, Help>,
}

/// The level of a kind.
#[derive(Clone, Copy, Debug)]
pub struct TypeLevel {
    /// As such.
    pub level: Level,
    /// Where watched goods are in the cart or further.
    pub with_goods: Level,
}

/// Raises a level by one.
#[derive(Debug)]
pub struct Modifier {
    /// Its id.
    pub id: String,
    /// For people.
    pub title: Title,
    /// When it holds.
    pub when: Condition,
}

/// When the shop asks what it is for.
#[derive(Clone, Debug, Default)]
pub struct PurposeQuestion {
    /// Only up to this intent.
    pub intent_at_most: u8,
    /// Only at these means stages.
    pub means: Vec<u8>,
}

/// When saying nothing more is a sign.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// Whoever stands at this level or above when they speak is waited for.
    pub from: Level,
    /// For so many milliseconds.
    pub after_ms: i64,
}

/// The longest time after which saying nothing is told; a node keeps in memory whom it waits for.
const SILENCE_MS_MAX: i64 = 6 * HOUR_MS;

/// Help texts of one language.
#[derive(Clone, Debug)]
pub struct Help {
    /// What to show.
    pub text: String,
    /// The card for an accident happening now.
    pub emergency: String,
    /// Numbers to call.
    pub lines: Vec<HelpLine>,
}

const KNOWN: &[&str] = &[
    "columns",
    "matrix",
    "harm",
    "types",
    "modifiers",
    "raise_at_most",
    "clocks",
    "holds",
    "purpose_question",
    "silence",
];

pub(super) fn read(
    file: &str,
    root: &Node,
    scope: &Scope,
    problems: &mut super::Problems,
) -> Option<Triage> {
    let mut fields = Fields::open(file, root, KNOWN, problems)?;
    let mut triage = Triage::default();
    let width = read_columns(&mut fields, &mut triage);
    read_matrix(&mut fields, &mut triage, width);
    let harm = fields.list("harm");
    if harm.len() != 6 {
        fields.problem(fields.place, "`harm` needs six levels, for H0 to H5", "");
    }
    triage.harm = harm
        .into_iter()
        .map(|n| level(&mut fields, n).unwrap_or(Level::None))
        .collect();
    triage.harm.resize(6, Level::None);
    read_types(&mut fields, &mut triage);
    for node in fields.list("modifiers") {
        triage
            .modifiers
            .extend(read_modifier(file, node, scope, fields.problems));
    }
    triage.raise_at_most = fields
        .get("raise_at_most")
        .and_then(|n| level(&mut fields, n));
    read_clocks(&mut fields, &mut triage);
    if let Some(node) = fields.need("holds")
        && let Some(mut holds) = Fields::open(file, node, &["from", "expires"], fields.problems)
    {
        triage.holds_from = holds.need("from").and_then(|n| level(&mut holds, n));
        triage.holds_expire_ms = holds.length_ms("expires").unwrap_or_default();
    }
    if let Some(node) = fields.need("purpose_question")
        && let Some(mut ask) =
            Fields::open(file, node, &["intent_at_most", "means"], fields.problems)
    {
        triage.purpose_question.intent_at_most =
            ask.number("intent_at_most", 0..=6).unwrap_or(0) as u8;
        for (text, place) in ask.texts("means") {
            match text.parse::<u8>() {
                Ok(stage) if stage <= 6 => triage.purpose_question.means.push(stage),
                _ => ask.problem(place, "a means stage is 0 to 6", ""),
            }
        }
    }
    if let Some(node) = fields.get("silence") {
        triage.silence = read_silence(file, node, fields.problems);
    }
    Some(triage)
}

fn read_silence(file: &str, node: &Node, problems: &mut super::Problems) -> Option<Silence> {
    let mut silence = Fields::open(file, node, &["from", "after"], problems)?;
    let from = silence
        .need("from")
        .and_then(|n| level(&mut silence, n).map(|level| (level, n.place)));
    let after_ms = silence.length_ms("after");
    let (from, place) = from?;
    let after_ms = after_ms?;
    if !from.opens_case() {
        silence.problem(
            place,
            "nobody is waited for without a case",
            "`from` is ELEVATED or above",
        );
        return None;
    }
    if !(MINUTE_MS..=SILENCE_MS_MAX).contains(&after_ms) {
        silence.problem(silence.place, "`after` is at least 1m and at most 6h", "");
        return None;
    }
    Some(Silence { from, after_ms })
}

fn level(fields: &mut Fields<'_, '_>, node: &Node) -> Option<Level> {
    match &node.data {
        Data::Scalar { text, .. } if Level::from_name(text).is_some() => Level::from_name(text),
        _ => {
            let names: Vec<&str> = Level::ALL.iter().map(|l| l.name()).collect();
            fields.problem(
                node.place,
                "this is no level",
                format!("one of {}", names.join(", ")),
            );
            None
        }
    }
}

fn read_columns(fields: &mut Fields<'_, '_>, triage: &mut Triage) -> usize {
    let columns = fields.list("columns");
    let mut seen = [false; 7];
    for (index, node) in columns.iter().enumerate() {
        let Data::List(stages) = &node.data else {
            fields.problem(
                node.place,
                "a column is a list of means stages",
                "such as [3, 4]",
            );
            continue;
        };
        for stage in stages {
            let text = fields.text_of(stage, "means stage").unwrap_or_default();
            match text.parse::<usize>() {
                Ok(stage) if stage <= 6 && !seen[stage] => {
                    seen[stage] = true;
                    triage.column_of_means[stage] = index;
                }
                _ => fields.problem(stage.place, "each means stage from 0 to 6 stands once", ""),
            }
        }
    }
    if seen.contains(&false) {
        fields.problem(
            fields.place,
            "`columns` must name every means stage from 0 to 6",
            "",
        );
    }
    columns.len().max(1)
}

fn read_matrix(fields: &mut Fields<'_, '_>, triage: &mut Triage, width: usize) {
    let rows = fields.list("matrix");
    if rows.len() != 7 {
        fields.problem(fields.place, "`matrix` needs seven rows, for I0 to I6", "");
    }
    for row in rows {
        let mut levels = Vec::new();
        if let Data::List(cells) = &row.data {
            levels.extend(
                cells
                    .iter()
                    .map(|n| level(fields, n).unwrap_or(Level::None)),
            );
        }
        if levels.len() != width {
            fields.problem(
                row.place,
                format!("a row needs {width} levels, one for each column"),
                "",
            );
            levels.resize(width, Level::None);
        }
        triage.matrix.push(levels);
    }
    triage.matrix.resize(7, vec![Level::None; width]);
}

fn read_types(fields: &mut Fields<'_, '_>, triage: &mut Triage) {
    let Some(node) = fields.need("types") else {
        return;
    };
    let names: Vec<&str> = RiskType::ALL.iter().map(|t| t.name()).collect();
    let file = fields.file;
    let Some(types) = Fields::open(file, node, &names, fields.problems) else {
        return;
    };
    let found: Vec<(RiskType, &Node)> = RiskType::ALL
        .iter()
        .filter_map(|t| types.get(t.name()).map(|n| (*t, n)))
        .collect();
    for (kind, node) in found {
        let Some(mut entry) = Fields::open(file, node, &["level", "with_goods"], fields.problems)
        else {
            continue;
        };
        let Some(base) = entry.need("level").and_then(|n| level(&mut entry, n)) else {
            continue;
        };
        let with_goods = entry
            .get("with_goods")
            .and_then(|n| level(&mut entry, n))
            .unwrap_or(base);
        triage.types.insert(
            kind as usize,
            TypeLevel {
                level: base,
                with_goods,
            },
        );
    }
}

fn read_clocks(fields: &mut Fields<'_, '_>, triage: &mut Triage) {
    let Some(node) = fields.need("clocks") else {
        return;
    };
    let names = ["ELEVATED", "HIGH", "CRITICAL", "EMERGENCY"];
    let file = fields.file;
    let Some(mut clocks) = Fields::open(file, node, &names, fields.problems) else {
        return;
    };
    for name in names {
        if let (Some(level), Some(ms)) = (Level::from_name(name), clocks.length_ms(name)) {
            triage.clocks_ms.insert(level as usize, ms);
        }
    }
}

fn read_modifier(
    file: &str,
    node: &Node,
    scope: &Scope,
    problems: &mut super::Problems,
) -> Option<Modifier> {
    let mut fields = Fields::open(file, node, &["id", "title", "when"], problems)?;
    let id = fields.text("id")?.to_owned();
    let title = read_title(&mut fields)?;
    let when = fields.need("when")?;
    let text = fields.text_of(when, "when")?;
    let when = Condition::compile(file, when, text, scope, fields.problems)?;
    Some(Modifier { id, title, when })
}

pub(super) fn read_title(fields: &mut Fields<'_, '_>) -> Option<Title> {
    let node = fields.need("title")?;
    let file = fields.file;
    let mut title = Fields::open(file, node, &["zh", "en"], fields.problems)?;
    let (zh, en) = (title.text("zh"), title.text("en"));
    Some(Title {
        zh: zh?.to_owned(),
        en: en?.to_owned(),
    })
}

pub(super) fn read_help(
    file: &str,
    node: &Node,
    into: &mut BTreeMap<String, Help>,
    problems: &mut super::Problems,
) {
    let Some(root) = Fields::open(file, node, &["help"], problems) else {
        return;
    };
    let Some(Node {
        data: Data::Map(languages),
        ..
    }) = root.get("help")
    else {
        return;
    };
    for (language, _, node) in languages {
        let Some(mut fields) = Fields::open(file, node, &["text", "emergency", "lines"], problems)
        else {
            continue;
        };
        let (text, emergency) = (fields.text("text"), fields.text("emergency"));
        let mut lines = Vec::new();
        for line in fields.list("lines") {
            if let Some(mut line) = Fields::open(file, line, &["name", "number"], fields.problems)
                && let (Some(name), Some(number)) = (line.text("name"), line.text("number"))
            {
                lines.push(HelpLine {
                    name: name.to_owned(),
                    number: number.to_owned(),
                });
            }
        }
        if let (Some(text), Some(emergency)) = (text, emergency) {
            into.insert(
                language.clone(),
                Help {
                    text: text.to_owned(),
                    emergency: emergency.to_owned(),
                    lines,
                },
            );
        }
    }
}
