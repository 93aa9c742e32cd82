//! Examples by category: ways of hiding what is meant (E), and harmless talk that looks like risk (B).
//!
//! Half of each file's category is held back while the pack is tuned; rates of those halves are what is promised. Files
//! live in the pack's `tests/categories`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use super::play;
use crate::domain::Level;
use crate::pipeline::Committer;
use crate::rules::load::Files;
use crate::rules::{Data, Node, Problems, parse_yaml};

pub(super) const FOLDER: &str = "tests/categories/";
/// Of the held-back examples of each evasion category, so many in a hundred must be found.
const FOUND_LEAST: usize = 90;
/// Of all harmless examples, at most so many in a hundred may open a case.
const ALARMS_MOST: usize = 2;
/// Reported, without a bar: implicit talk and private codewords.
const NO_BAR: [&str; 2] = ["E18", "E19"];
const BETWEEN_EVENTS_MS: i64 = 120_000;

/// One category in one language, one half.
pub(super) struct Examples {
    category: String,
    language: String,
    held_back: bool,
    file: String,
    examples: Vec<Example>,
}

struct Example {
    line: usize,
    events: Vec<(i64, Map<String, Value>)>,
    at_least: Option<Level>,
    at_most: Option<Level>,
}

/// Reads the category files of a pack.
pub(super) fn read(files: &Files) -> anyhow::Result<Vec<Examples>> {
    let mut problems = Problems::default();
    let mut out = Vec::new();
    for (file, text) in files.iter().filter(|(name, _)| name.starts_with(FOLDER)) {
        let Some(root) = parse_yaml(file, text, &mut problems) else {
            continue;
        };
        match read_file(file, &root) {
            Ok(examples) => out.push(examples),
            Err((place, why)) => problems.report(file, place, &format!("{why:#}")),
        }
    }
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(problems.into())
    }
}

type Misplaced = ((usize, usize), anyhow::Error);

fn read_file(file: &str, root: &Node) -> Result<Examples, Misplaced> {
    let at_root = |why: anyhow::Error| (root.place, why);
    let text = |key: &str| -> anyhow::Result<String> {
        let Some(Node {
            data: Data::Scalar { text, .. },
            ..
        }) = super::entry(root, key)
        else {
            anyhow::bail!("`{key}` is missing: category, locale, half, examples")
        };
        Ok(text.clone())
    };
    let category = text("category").map_err(at_root)?;
    let locale = text("locale").map_err(at_root)?;
    let half = text("half").map_err(at_root)?;
    if !["own", "unseen"].contains(&half.as_str()) {
        return Err(at_root(anyhow::anyhow!("`half` is own or unseen")));
    }
    let Some(Node {
        data: Data::List(items),
        ..
    }) = super::entry(root, "examples")
    else {
        return Err(at_root(anyhow::anyhow!("`examples` must be a list")));
    };
    let examples = items
        .iter()
        .map(|item| read_example(item, &locale).map_err(|why| (item.place, why)))
        .collect::<Result<_, _>>()?;
    Ok(Examples {
        category,
        language: locale.chars().take(2).collect(),
        held_back: half == "unseen",
        file: file.to_owned(),
        examples,
    })
}

fn read_example(node: &Node, locale: &str) -> anyhow::Result<Example> {
    let Value::Object(mut fields) = node.to_json() else {
        anyhow::bail!("an example is a map")
    };
    let mut level = |key: &str| -> anyhow::Result<Option<Level>> {
        fields
            .remove(key)
            .map(|name| {
                let name = name.as_str().unwrap_or_default().to_owned();
                Level::from_name(&name).with_context(|| format!("`{name}` is no level"))
            })
            .transpose()
    };
    let (at_least, at_most) = (level("at_least")?, level("at_most")?);
    let said = match fields.remove("events") {
        Some(Value::Array(events)) => events,
        Some(_) => anyhow::bail!("`events` must be a list"),
        None => vec![Value::Object(fields)],
    };
    let events = said
        .into_iter()
        .enumerate()
        .map(|(i, said)| Ok((i as i64 * BETWEEN_EVENTS_MS, event(said, locale, i)?)))
        .collect::<anyhow::Result<_>>()?;
    Ok(Example {
        line: node.place.0,
        events,
        at_least,
        at_most,
    })
}

fn event(said: Value, locale: &str, number: usize) -> anyhow::Result<Map<String, Value>> {
    let Value::Object(said) = said else {
        anyhow::bail!("an event is a map")
    };
    let mut entries = said.into_iter();
    let (Some((place, text)), None) = (entries.next(), entries.next()) else {
        anyhow::bail!("an event has one of chat, search, note, delivery_note")
    };
    let order = format!("o{number}");
    let (kind, content) = match place.as_str() {
        "chat" => ("chat", json!({"sender": "BUYER", "text": text})),
        "search" => ("search", json!({"query": text})),
        "note" => (
            "purchase",
            json!({"orderId": order, "status": "PAID", "note": text}),
        ),
        "delivery_note" => (
            "purchase",
            json!({"orderId": order, "status": "PAID", "deliveryNote": text}),
        ),
        other => anyhow::bail!("`{other}` is none of chat, search, note, delivery_note"),
    };
    let mut event = Map::new();
    event.insert(kind.to_owned(), content);
    event.insert("locale".to_owned(), locale.into());
    Ok(event)
}

/// What became of the examples of one half.
#[derive(Clone, Copy, Default)]
struct Tally {
    examples: usize,
    /// At SUPPORT or above.
    found: usize,
    /// At the level asked, or above it.
    placed: usize,
    /// A case opened, higher than is right.
    alarms: usize,
    /// Above what is right.
    above: usize,
}

/// Runs all examples, prints the rates, and says whether the bars are kept.
pub(super) async fn run(
    engine: &Committer,
    files: &[Examples],
    show_misses: bool,
) -> anyhow::Result<bool> {
    if files.is_empty() {
        return Ok(true);
    }
    let mut tallies: BTreeMap<(char, u32, &str), [Tally; 2]> = BTreeMap::new();
    for file in files {
        let (letter, number) = file.category.split_at(1);
        let key = (
            if letter == "E" { '0' } else { '1' },
            number.parse().unwrap_or(0),
            file.language.as_str(),
        );
        let tally = &mut tallies.entry(key).or_default()[usize::from(file.held_back)];
        for (i, example) in file.examples.iter().enumerate() {
            let name = format!("{}-{i}", file.file);
            let verdict = play(engine, &example.events, &name)
                .await
                .with_context(|| format!("{}:{}", file.file, example.line))?;
            let level = verdict.assessment.level();
            let short = example.at_least.is_some_and(|least| level < least);
            let above = example.at_most.is_some_and(|most| level > most);
            tally.examples += 1;
            tally.found += usize::from(level >= Level::Support);
            tally.placed += usize::from(!short);
            tally.above += usize::from(above);
            tally.alarms += usize::from(above && level.opens_case());
            if show_misses && !file.held_back && (short || above) {
                let rules: Vec<&str> = verdict
                    .assessment
                    .evidence
                    .iter()
                    .map(|e| &*e.rule)
                    .collect();
                println!(
                    "{}:{}: {} is {} by {}",
                    file.file,
                    example.line,
                    if above { "too high," } else { "too low," },
                    level.name(),
                    if rules.is_empty() {
                        "no rule".to_owned()
                    } else {
                        rules.join(", ")
                    }
                );
            }
        }
    }
    Ok(report(&tallies))
}

fn report(tallies: &BTreeMap<(char, u32, &str), [Tally; 2]>) -> bool {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "category",
        "",
        "held back",
        "found",
        "at its level",
        "alarms",
        "own",
        "found",
        "at its level",
        "alarms",
    ]);
    let mut short = Vec::new();
    let mut evasion: BTreeMap<u32, Tally> = BTreeMap::new();
    let (mut harmless, mut harmless_held) = (Tally::default(), Tally::default());
    let add = |sum: &mut Tally, t: &Tally| {
        sum.examples += t.examples;
        sum.found += t.found;
        sum.placed += t.placed;
        sum.alarms += t.alarms;
        sum.above += t.above;
    };
    for ((kind, number, language), [own, held]) in tallies {
        let name = format!("{}{number}", if *kind == '0' { 'E' } else { 'B' });
        let mut row = vec![name, (*language).to_owned()];
        for t in [held, own] {
            row.push(t.examples.to_string());
            if *kind == '0' {
                row.extend([t.found.to_string(), t.placed.to_string(), String::new()]);
            } else {
                let right = t.placed - t.above.min(t.placed);
                row.extend([String::new(), right.to_string(), t.alarms.to_string()]);
            }
        }
        table.add_row(row);
        if *kind == '0' {
            add(evasion.entry(*number).or_default(), held);
        } else {
            add(&mut harmless, own);
            add(&mut harmless, held);
            add(&mut harmless_held, held);
        }
    }
    for column in 2..10 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    for (number, t) in &evasion {
        let name = format!("E{number}");
        if t.found * 100 < FOUND_LEAST * t.examples && !NO_BAR.contains(&name.as_str()) {
            short.push(format!("{name} {}/{}", t.found, t.examples));
        }
    }
    let total = evasion.values().fold(Tally::default(), |mut sum, t| {
        add(&mut sum, t);
        sum
    });
    println!(
        "held back: {} of {} evasions found, {} at the level asked; harmless: {} alarms of {} ({} of {} held back)",
        total.found,
        total.examples,
        total.placed,
        harmless.alarms,
        harmless.examples,
        harmless_held.alarms,
        harmless_held.examples
    );
    let calm = harmless.alarms * 100 <= ALARMS_MOST * harmless.examples;
    if !short.is_empty() {
        println!("below {FOUND_LEAST} %: {}", short.join(", "));
    }
    if !calm {
        println!("more than {ALARMS_MOST} % alarms");
    }
    short.is_empty() && calm
}
