//! triage.yaml: how axes and types become a level.

use std::collections::BTreeMap;

use super::condition::Condition;
use super::pack::condition;
use super::yaml::Node;

pub const LEVELS: [&str; 6] = [
    "NONE",
    "SUPPORT",
    "ELEVATED",
    "HIGH",
    "CRITICAL",
    "EMERGENCY",
];
pub const TYPES: [&str; 9] = [
    "SELF_HARM",
    "SELF_INJURY",
    "PACT",
    "HARM_TO_OTHERS",
    "HARM_TO_ANIMALS",
    "ACCIDENTAL_POISONING",
    "CONCERN_FOR_OTHER",
    "COERCION",
    "UNCLEAR",
];
pub struct Triage {
    /// The matrix column of each means stage.
    pub column: [usize; 7],
    pub matrix: Vec<Vec<u8>>,
    pub harm: Vec<u8>,
    /// By index into `TYPES`: the level, and the level with goods.
    pub types: BTreeMap<usize, (u8, u8)>,
    pub modifiers: Vec<Condition>,
    pub raise_at_most: u8,
}

pub fn position(node: &Node, names: &[&str]) -> Result<usize, String> {
    let name = node.text()?;
    names
        .iter()
        .position(|known| *known == name)
        .ok_or_else(|| node.error("no such name"))
}

fn level(node: &Node) -> Result<u8, String> {
    position(node, &LEVELS).map(|level| level as u8)
}

fn levels(node: &Node, length: usize) -> Result<Vec<u8>, String> {
    let row: Vec<u8> = node.list()?.iter().map(level).collect::<Result<_, _>>()?;
    if row.len() == length {
        Ok(row)
    } else {
        Err(node.error(format!("not {length} levels")))
    }
}

pub fn read(node: &Node, signals: &BTreeMap<String, usize>) -> Result<Triage, String> {
    node.only(&[
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
    ])?;
    let columns = node.need("columns")?;
    let mut column = [usize::MAX; 7];
    let groups = columns.list()?;
    for (number, group) in groups.iter().enumerate() {
        for stage in group.list()? {
            column[usize::from(stage.stage(6)?)] = number;
        }
    }
    if column.contains(&usize::MAX) {
        return Err(columns.error("a means stage has no column"));
    }
    let matrix = node.need("matrix")?;
    let rows = matrix.list()?;
    if rows.len() != 7 {
        return Err(matrix.error("not 7 rows"));
    }
    let mut types = BTreeMap::new();
    for (name, entry) in node
        .get("types")
        .map_or(Ok(Vec::new()), |types| types.entries())?
    {
        entry.only(&["level", "with_goods"])?;
        let known = TYPES.iter().position(|kind| *kind == name);
        let alone = level(&entry.need("level")?)?;
        let with_goods = entry
            .get("with_goods")
            .map_or(Ok(alone), |node| level(&node))?;
        types.insert(
            known.ok_or_else(|| entry.error("no such type"))?,
            (alone, with_goods),
        );
    }
    let mut modifiers = Vec::new();
    for modifier in node.items("modifiers")? {
        modifier.only(&["id", "title", "when"])?;
        modifiers.push(condition(&modifier, signals)?);
    }
    Ok(Triage {
        column,
        matrix: rows
            .iter()
            .map(|row| levels(row, groups.len()))
            .collect::<Result<_, _>>()?,
        harm: levels(&node.need("harm")?, 6)?,
        types,
        modifiers,
        raise_at_most: level(&node.need("raise_at_most")?)?,
    })
}
