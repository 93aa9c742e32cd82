//! A rule pack, read from its directory. What a pack may not contain is only checked where a
//! mistake could change a verdict; finding every fault is the business of `rules check`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::tz::TimeZone;
use regex::Regex;

use super::condition::Condition;
use super::disguise::Disguises;
use super::event;
use super::fold::Folder;
use super::grammar::duration;
use super::matching::{Guard, GuardKind, Guise, Lexicons, Phrases};
use super::regexes;
use super::terms::{files, lexicons};
use super::texts::Field;
use super::triage::{self, TYPES, Triage, position};
use super::view::RESERVED;
use super::yaml::{self, Node};

pub struct Pack {
    pub folder: Folder,
    pub lexicons: Lexicons,
    /// What is looked for in disguise, if any signal asks for it.
    pub disguises: Option<Disguises>,
    pub unmasking: Unmasking,
    pub zone: TimeZone,
    /// The number of every signal id, the reserved ones first.
    pub signals: BTreeMap<String, usize>,
    pub texts: Vec<TextSignal>,
    pub goods: Vec<Goods>,
    /// `large_quantity` by category.
    pub large: BTreeMap<String, u64>,
    /// Only the live ones.
    pub rules: Vec<Rule>,
    pub triage: Triage,
}

/// What a signal is worth that was seen only through a disguise, in thousandths.
pub struct Unmasking {
    bare: i64,
    sound: i64,
    loose: i64,
}

impl Unmasking {
    pub fn of(&self, guise: Guise) -> i64 {
        match guise {
            Guise::Raw | Guise::Folded => 1000,
            Guise::Bare => self.bare,
            Guise::Sound => self.sound,
            Guise::Loose => self.loose,
        }
    }
}

pub struct TextSignal {
    pub id: usize,
    pub fields: Vec<Field>,
    pub speakers: Vec<String>,
    pub phrases: Phrases,
    /// Counts in company only.
    pub beside: bool,
    /// Characters of the texts it is looked for in, at most.
    pub longest: usize,
    /// What is written soon after it is read together with it.
    pub opens: bool,
}

impl TextSignal {
    /// Whether it is looked for in a field, where `sender` said what stands there if it is a chat.
    pub fn asks(&self, field: Field, sender: &str) -> bool {
        let said_by = || self.speakers.iter().any(|who| who == sender);
        self.fields.contains(&field) && (field != Field::Chat || said_by())
    }
}

pub struct Goods {
    pub category: String,
    pub codes: Vec<String>,
    pub titles: Option<usize>,
}

pub struct Rule {
    pub id: String,
    pub when: Condition,
    /// Index into `TYPES`.
    pub kind: usize,
    pub intent: u8,
    pub harm: u8,
    pub means: u8,
    /// In thousandths.
    pub points: i64,
    /// In milliseconds.
    pub half_life: i64,
}

impl Pack {
    pub fn opens(&self, signal: usize) -> bool {
        let is_it = |text: &TextSignal| text.id == signal && text.opens;
        self.texts.iter().any(is_it)
    }

    pub fn load(dir: &Path) -> Result<Pack, String> {
        let main = yaml::read(&dir.join("pack.yaml"))?;
        let zone = main.need("time_zone")?;
        let zone = TimeZone::get(zone.text()?).map_err(|e| zone.error(e))?;
        let unmasking = unmasking(&main)?;
        let folder = Folder::new();
        let lexicons = lexicons(&dir.join("lexicons"), &folder)?;
        let files = |name: &str| -> Result<Vec<Node>, String> {
            files(&dir.join(name), "yaml")?
                .iter()
                .map(|path| yaml::read(path))
                .collect()
        };

        let signal_files = files("signals")?;
        let mut guards = BTreeMap::new();
        let mut words = BTreeMap::new();
        for file in &signal_files {
            file.only(&["words", "guards", "signals", "goods", "scores"])?;
            for node in file.items("words")? {
                node.only(&["id", "any"])?;
                let any = node.need("any")?.list()?;
                let any: Result<Vec<&str>, String> = any.iter().map(Node::text).collect();
                words.insert(
                    node.need("id")?.text()?.to_owned(),
                    format!("(?:{})", any?.join("|")),
                );
            }
            for node in file.items("guards")? {
                let guard = guard(&node, &lexicons)?;
                guards.insert(guard.id.clone(), guard);
            }
        }
        let mut signals: BTreeMap<String, usize> = RESERVED
            .iter()
            .enumerate()
            .map(|(number, id)| (id.to_string(), number))
            .collect();
        let (mut texts, mut goods, mut large) = (Vec::new(), Vec::new(), BTreeMap::new());
        for file in &signal_files {
            for node in file.items("signals")? {
                let (id, number) = (node.need("id")?.text()?.to_owned(), signals.len());
                if signals.insert(id.clone(), number).is_some() {
                    return Err(node.error(format!("a second signal `{id}`")));
                }
                texts.push(text_signal(
                    &node, number, &lexicons, &words, &guards, &folder,
                )?);
            }
            // Without a model, which the oracle never has, no score signal is given: rules may name them.
            for node in file.items("scores")? {
                let (id, number) = (node.need("id")?.text()?.to_owned(), signals.len());
                if signals.insert(id, number).is_some() {
                    return Err(node.error("a second signal of that name"));
                }
            }
            for node in file.items("goods")? {
                let entry = watched(&node, &lexicons)?;
                if let Some(limit) = node.get("large_quantity") {
                    large
                        .entry(entry.category.clone())
                        .or_insert(limit.whole()?);
                }
                goods.push(entry);
            }
        }

        let mut rules = Vec::new();
        for file in files("rules")? {
            file.only(&["rules"])?;
            for node in file.items("rules")? {
                let rule = rule(&node, &signals)?;
                if node.need("state")?.text()? == "live" {
                    rules.push(rule);
                }
            }
        }
        let disguised: BTreeSet<usize> = texts
            .iter()
            .flat_map(|signal| signal.phrases.disguised.iter().copied())
            .collect();
        let disguises = Disguises::new(&disguised, &lexicons);
        let triage = triage::read(&yaml::read(&dir.join("triage.yaml"))?, &signals)?;
        Ok(Pack {
            folder,
            lexicons,
            disguises,
            unmasking,
            zone,
            signals,
            texts,
            goods,
            large,
            rules,
            triage,
        })
    }
}

/// Without it a disguise changes nothing.
fn unmasking(main: &Node) -> Result<Unmasking, String> {
    let given = main.get("unmasking");
    let weight = |view: &str| -> Result<i64, String> {
        given.as_ref().map_or(Ok(1000), |given| {
            let weight = given.need(view)?;
            Ok((weight.real()? * 1000.0).round() as i64)
        })
    };
    if let Some(given) = &given {
        given.only(&["bare", "sound", "loose"])?;
    }
    Ok(Unmasking {
        bare: weight("bare")?,
        sound: weight("sound")?,
        loose: weight("loose")?,
    })
}

fn lexicon(node: &Node, lexicons: &Lexicons) -> Result<usize, String> {
    let name = node.text()?;
    lexicons
        .number(name)
        .ok_or_else(|| node.error(format!("no lexicon `{name}`")))
}

fn guard(node: &Node, lexicons: &Lexicons) -> Result<Guard, String> {
    node.only(&["id", "kind", "lexicon", "within", "except"])?;
    let kind = match node.need("kind")?.text()? {
        "before" => GuardKind::Before,
        "after" => GuardKind::After,
        "covers" => GuardKind::Covers,
        "statement" => GuardKind::Statement,
        other => return Err(node.error(format!("no kind `{other}`"))),
    };
    let within = match kind {
        GuardKind::Before | GuardKind::After => node.need("within")?.whole()?,
        GuardKind::Covers | GuardKind::Statement => 0,
    };
    Ok(Guard {
        id: node.need("id")?.text()?.to_owned(),
        kind,
        lexicon: lexicon(&node.need("lexicon")?, lexicons)?,
        within: usize::try_from(within).map_err(|e| node.error(e))?,
        except: node
            .get("except")
            .map(|except| lexicon(&except, lexicons))
            .transpose()?,
    })
}

/// A pattern with its groups of words written out, however deep they lie.
fn filled(pattern: &str, words: &BTreeMap<String, String>) -> Result<String, String> {
    let name = Regex::new(r"(?s)\\[pPxuU]\{[^}]*\}|\\.|\{([a-z][a-z0-9-]*)\}")
        .map_err(|e| e.to_string())?;
    let mut text = pattern.to_owned();
    for _ in 0..32 {
        let mut unknown = None;
        let next = name.replace_all(&text, |found: &regex::Captures<'_>| match found.get(1) {
            None => found[0].to_owned(),
            Some(id) => words.get(id.as_str()).cloned().unwrap_or_else(|| {
                unknown = Some(id.as_str().to_owned());
                String::new()
            }),
        });
        let next = next.into_owned();
        if let Some(id) = unknown {
            return Err(format!("no words `{id}`"));
        }
        if next == text {
            return Ok(text);
        }
        text = next;
    }
    Err("words that name one another in a circle".to_owned())
}

fn text_signal(
    node: &Node,
    id: usize,
    lexicons: &Lexicons,
    words: &BTreeMap<String, String>,
    guards: &BTreeMap<String, Guard>,
    folder: &Folder,
) -> Result<TextSignal, String> {
    node.only(&[
        "id",
        "fields",
        "speaker",
        "lexicons",
        "patterns",
        "unless",
        "disguised",
        "ends",
        "beside",
        "longest",
        "opens",
    ])?;
    let longest = match node.get("longest") {
        None => usize::MAX,
        Some(value) => usize::try_from(value.whole()?).map_err(|e| value.error(e))?,
    };
    let truth = |key: &str| node.get(key).map_or(Ok(false), |value| value.truth());
    let (beside, opens) = (truth("beside")?, truth("opens")?);
    let mut fields = Vec::new();
    for name in node.need("fields")?.list()? {
        let known = Field::named(name.text()?);
        fields.push(known.ok_or_else(|| name.error("no such field"))?);
    }
    let mut speakers = node.texts("speaker")?;
    if node.get("speaker").is_none() {
        speakers.push("BUYER".to_owned());
    }
    if let Some(wrong) = speakers
        .iter()
        .find(|who| !event::SENDERS.contains(&who.as_str()))
    {
        return Err(node.error(format!("no speaker `{wrong}`")));
    }
    let mut patterns = Vec::new();
    for pattern in node.items("patterns")? {
        let filled = filled(pattern.text()?, words).map_err(|e| pattern.error(e))?;
        let asked = regexes::folded(&filled, folder).map_err(|e| pattern.error(e))?;
        patterns.push(Regex::new(&asked).map_err(|e| pattern.error(e))?);
    }
    let mut unless = Vec::new();
    for name in node.items("unless")? {
        let guard = guards
            .get(name.text()?)
            .ok_or_else(|| name.error("no such guard"))?;
        unless.push(guard.clone());
    }
    let named = |key: &str| -> Result<Vec<usize>, String> {
        let names = node.items(key)?;
        names.iter().map(|name| lexicon(name, lexicons)).collect()
    };
    let phrases = Phrases {
        lexicons: named("lexicons")?,
        patterns,
        unless,
        disguised: named("disguised")?,
        ends: named("ends")?,
    };
    Ok(TextSignal {
        id,
        fields,
        speakers,
        phrases,
        beside,
        longest,
        opens,
    })
}

fn watched(node: &Node, lexicons: &Lexicons) -> Result<Goods, String> {
    node.only(&["category", "codes", "titles", "large_quantity"])?;
    Ok(Goods {
        category: node.need("category")?.text()?.to_owned(),
        codes: node.texts("codes")?,
        titles: node
            .get("titles")
            .map(|titles| lexicon(&titles, lexicons))
            .transpose()?,
    })
}

fn rule(node: &Node, signals: &BTreeMap<String, usize>) -> Result<Rule, String> {
    node.only(&[
        "id",
        "title",
        "owner",
        "reason",
        "false_alarms",
        "state",
        "when",
        "gives",
    ])?;
    let gives = node.need("gives")?;
    gives.only(&["type", "intent", "harm", "means", "points", "half_life"])?;
    let stage = |key: &str, highest: u8| gives.get(key).map_or(Ok(0), |node| node.stage(highest));
    let half_life = gives.need("half_life")?;
    Ok(Rule {
        id: node.need("id")?.text()?.to_owned(),
        when: condition(node, signals)?,
        kind: position(&gives.need("type")?, &TYPES)?,
        intent: stage("intent", 6)?,
        harm: stage("harm", 5)?,
        means: stage("means", 6)?,
        points: (gives.need("points")?.real()? * 1000.0).round() as i64,
        half_life: duration(half_life.text()?)
            .ok()
            .filter(|length| *length > 0)
            .ok_or_else(|| half_life.error("not a half-life"))?,
    })
}

pub fn condition(node: &Node, signals: &BTreeMap<String, usize>) -> Result<Condition, String> {
    let when = node.need("when")?;
    Condition::parse(when.text()?, signals).map_err(|e| when.error(e))
}
