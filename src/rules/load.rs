//! Reading a pack: every file is read and checked, every problem is noted, and only a pack without any becomes a
//! [`Ruleset`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};

use super::condition::{Condition, Scope};
use super::fields::{Fields, sections};
use super::problem::{Problems, did_you_mean};
use super::set::{Gives, Rule, RuleState, Ruleset};
use super::words::WordGroups;
use super::yaml::{self, Node, Place};
use super::{goods, scores, signals, triage};
use crate::domain::ids::hex;
use crate::domain::{RiskType, View};
use crate::text::fold;

/// The files of a pack: path relative to it, with `/`, and content.
pub type Files = BTreeMap<String, String>;

const FILES_MAX: usize = 2_000;
const RULES_MAX: usize = 5_000;
const TERMS_MAX: usize = 600_000;
const TERM_CHARS_MAX: usize = 64;
/// Of one line of a lexicon.
const EXPANSIONS_MAX: usize = 500;

/// Reads a pack from a directory, with a private folder beside it if there is one.
///
/// # Errors
/// Every problem of the pack, each with its place.
pub fn load_dir(dir: &Path, private: Option<&Path>) -> Result<Ruleset, Problems> {
    load_files(&read_dir(dir, private)?)
}

const FOLDERS: [(&str, &str); 6] = [
    ("lexicons", ".txt"),
    ("signals", ".yaml"),
    ("rules", ".yaml"),
    ("playbooks", ".yaml"),
    ("tests", ".yaml"),
    ("tests/categories", ".yaml"),
];

/// Reads the files of a pack that judging or testing needs; others, such as its README, are left alone.
///
/// A private folder holds what must not lie where the pack does, such as words that a group uses among itself. It has the
/// pack's folders, without `pack.yaml` and `triage.yaml`, and its files are added to the pack's: none may stand for another,
/// so that nothing of the pack is switched off unseen.
///
/// # Errors
/// Files that cannot be read, are not UTF-8, or stand in both.
pub fn read_dir(dir: &Path, private: Option<&Path>) -> Result<Files, Problems> {
    let mut files = Files::new();
    let mut problems = Problems::default();
    for name in ["pack.yaml", "triage.yaml"] {
        read_file(dir, name, &mut files, &mut problems);
    }
    read_folders(dir, &mut files, &mut problems);
    if let Some(private) = private {
        let mut added = Files::new();
        for name in ["pack.yaml", "triage.yaml"] {
            if private.join(name).exists() {
                problems.add(
                    name,
                    (0, 0),
                    format!(
                        "{} has this file; a private folder adds to the pack's folders only",
                        private.display()
                    ),
                    "change the pack's own, or take it away",
                );
            }
        }
        read_folders(private, &mut added, &mut problems);
        if added.is_empty() && problems.is_empty() {
            let place = private.display();
            problems.add(
                "private",
                (0, 0),
                format!("nothing to read in {place}"),
                "a private folder holds lexicons/*.txt, signals/*.yaml, rules/*.yaml; is this it, and may it be read?",
            );
        }
        for (name, text) in added {
            match files.entry(name) {
                Entry::Occupied(taken) => problems.add(
                    taken.key(),
                    (0, 0),
                    "the pack and the private folder both have this file",
                    "rename the private one; a lexicon goes by its name up to the first dot, so words.private.txt adds to words.txt",
                ),
                Entry::Vacant(free) => {
                    free.insert(text);
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// Every file that a pack may consist of, save the two at its top.
fn read_folders(dir: &Path, files: &mut Files, problems: &mut Problems) {
    for (folder, ending) in FOLDERS {
        let entries = match std::fs::read_dir(dir.join(folder)) {
            Ok(entries) => entries,
            // A missing folder is an empty one; what then lacks is reported by name.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                let place = dir.join(folder);
                problems.add(
                    folder,
                    (0, 0),
                    format!("{} cannot be read: {error}", place.display()),
                    "may it be read by the one who runs this?",
                );
                continue;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if name.starts_with('.') || name.ends_with('~') || entry.path().is_dir() {
                // What editors and version control leave behind.
            } else if !name.ends_with(ending) {
                // Words in a file that nobody reads would be people whom nobody finds.
                problems.add(
                    &path,
                    (0, 0),
                    format!("this file is not read: its name does not end in {ending}"),
                    "rename it, or take it away",
                );
            } else if files.len() >= FILES_MAX {
                problems.add(
                    &path,
                    (0, 0),
                    format!("a pack has at most {FILES_MAX} files"),
                    "put several lexicons of one meaning into one file",
                );
                return;
            } else {
                read_file(dir, &path, files, problems);
            }
        }
    }
}

fn read_file(dir: &Path, name: &str, files: &mut Files, problems: &mut Problems) {
    match std::fs::read(dir.join(name)).map(String::from_utf8) {
        Ok(Ok(text)) => {
            files.insert(name.to_owned(), text);
        }
        Ok(Err(_)) => problems.add(name, (0, 0), "the file is not UTF-8", "save it as UTF-8"),
        Err(error) => problems.add(
            name,
            (0, 0),
            format!("the file cannot be read: {error}"),
            format!("a pack needs it; is {} the pack's folder?", dir.display()),
        ),
    }
}

/// Makes a rule set of files that were read.
///
/// # Errors
/// Every problem of the pack, each with its place.
pub fn load_files(files: &Files) -> Result<Ruleset, Problems> {
    let mut problems = Problems::default();
    let trees: BTreeMap<&str, Node> = files
        .iter()
        .filter(|(name, _)| name.ends_with(".yaml"))
        .filter_map(|(name, text)| {
            yaml::parse(name, text, &mut problems).map(|tree| (name.as_str(), tree))
        })
        .collect();
    let lexicons = Lexicons::read(files, &mut problems);
    let in_folder = |folder: &'static str| {
        trees
            .iter()
            .filter(move |(name, _)| name.starts_with(folder))
    };

    let (guards, texts, scores, watched) =
        read_signals(in_folder("signals/"), &lexicons, &mut problems);
    let scope = Scope {
        signals: (texts.iter().map(|s| s.id.clone()))
            .chain(scores.iter().map(|s| s.id.clone()))
            .collect(),
    };
    let rules = read_rules(in_folder("rules/"), &scope, &mut problems);
    let mut tables = trees
        .get("triage.yaml")
        .and_then(|tree| triage::read("triage.yaml", tree, &scope, &mut problems))
        .unwrap_or_default();
    for (name, tree) in in_folder("playbooks/") {
        triage::read_help(name, tree, &mut tables.help, &mut problems);
    }
    for language in ["zh", "en"] {
        if !tables.help.contains_key(language) {
            problems.add(
                "playbooks",
                (0, 0),
                format!("no help texts in `{language}`"),
                "give `help:` with zh and en",
            );
        }
    }
    lexicons.report_unused(&mut problems);
    let head = trees
        .get("pack.yaml")
        .and_then(|tree| Head::read(tree, &mut problems));
    match head {
        Some(head) if problems.is_empty() => Ok(Ruleset {
            name: head.name,
            version: head.version,
            hash: hash(files).into(),
            time_zone: head.time_zone,
            guards,
            openings: texts
                .iter()
                .filter(|signal| signal.opens)
                .map(|signal| signal.id.clone())
                .collect(),
            signals: texts,
            scores,
            model: None,
            goods: watched,
            rules: rules
                .into_iter()
                .filter(|rule| rule.state == RuleState::Live)
                .collect(),
            triage: tables,
            unmasking: head.unmasking,
        }),
        _ => Err(problems),
    }
}

/// SHA-256 over every file that judging depends on: for each its path, its length and its bytes.
fn hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files.iter().filter(|(name, _)| !name.starts_with("tests/")) {
        hasher.update((name.len() as u64).to_be_bytes());
        hasher.update(name);
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hex(&hasher.finalize())
}

struct Head {
    name: String,
    version: String,
    time_zone: jiff::tz::TimeZone,
    unmasking: [i64; View::ALL.len()],
}

/// The weights of the views.
fn read_unmasking(tree: Option<&Node>, problems: &mut Problems) -> Option<[i64; View::ALL.len()]> {
    let mut weights = [1000; View::ALL.len()];
    let Some(tree) = tree else {
        return Some(weights);
    };
    let masked = &View::ALL[2..];
    let names: Vec<&str> = masked.iter().map(|view| view.name()).collect();
    let mut fields = Fields::open("pack.yaml", tree, &names, problems)?;
    for view in masked {
        weights[*view as usize] = fields.thousandths(view.name())?;
    }
    Some(weights)
}

impl Head {
    fn read(tree: &Node, problems: &mut Problems) -> Option<Self> {
        let known = [
            "name",
            "version",
            "engine",
            "time_zone",
            "required_metadata",
            "unmasking",
        ];
        let mut fields = Fields::open("pack.yaml", tree, &known, problems)?;
        let masked = fields.get("unmasking");
        let unmasking = read_unmasking(masked, &mut *fields.problems);
        let (name, version) = (fields.text("name"), fields.text("version"));
        if let Some(node) = fields.need("engine") {
            let ours = env!("CARGO_PKG_VERSION");
            let wanted = fields.text_of(node, "engine").unwrap_or_default();
            match (parse_version(wanted), parse_version(ours)) {
                (Some(wanted), Some(ours)) if wanted <= ours => {}
                _ => fields.problem(
                    node.place,
                    format!("the pack needs engine {wanted}, this is {ours}"),
                    "update lifeguard, or the pack",
                ),
            }
        }
        let zone = match fields.get("time_zone") {
            None => Some(jiff::tz::TimeZone::UTC),
            Some(node) => {
                let name = fields.text_of(node, "time_zone")?;
                let zone = jiff::tz::TimeZone::get(name).ok();
                if zone.is_none() {
                    fields.problem(
                        node.place,
                        format!("`{name}` is no time zone"),
                        "an IANA name such as Asia/Shanghai",
                    );
                }
                zone
            }
        };
        Some(Self {
            name: name?.to_owned(),
            version: version?.to_owned(),
            time_zone: zone?,
            unmasking: unmasking?,
        })
    }
}

fn parse_version(text: &str) -> Option<(u64, u64, u64)> {
    let mut parts = text.split('.').map(|part| part.parse::<u64>().ok());
    let major = parts.next()??;
    Some((
        major,
        parts.next().unwrap_or(Some(0))?,
        parts.next().unwrap_or(Some(0))?,
    ))
}

type Signals = (
    Vec<signals::Guard>,
    Vec<signals::TextSignal>,
    Vec<scores::ScoreSignal>,
    Vec<goods::Goods>,
);

/// What each part is read as, in the order of the parts. Compiling patterns takes most of the time that a pack needs to load,
/// and whoever tries a rule waits for it.
fn on_all_cores<P: Copy + Sync, T: Send>(
    parts: &[P],
    read: impl Fn(&P, &mut Problems) -> Option<T> + Sync,
    problems: &mut Problems,
) -> Vec<(P, T)> {
    let next = AtomicUsize::new(0);
    let some_of_them = || {
        let (mut done, mut problems) = (Vec::new(), Problems::default());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else {
                return (done, problems);
            };
            done.extend(read(part, &mut problems).map(|it| (at, it)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<(usize, T)> = Vec::new();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(some_of_them)).collect();
        let mut take = |(done, found): (Vec<(usize, T)>, Problems)| {
            all.extend(done);
            problems.append(found);
        };
        take(some_of_them());
        for other in others {
            take(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(at, it)| (parts[at], it)).collect()
}

fn read_signals<'t>(
    trees: impl Iterator<Item = (&'t &'t str, &'t Node)>,
    lexicons: &Lexicons,
    problems: &mut Problems,
) -> Signals {
    let mut parts: Vec<(&str, &str, &Node)> = Vec::new();
    for (file, tree) in trees {
        for (section, nodes) in sections(
            file,
            tree,
            &["words", "guards", "signals", "scores", "goods"],
            problems,
        ) {
            parts.extend(nodes.into_iter().map(|node| (section, *file, node)));
        }
    }
    let (mut guards, mut texts, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    let mut scored: Vec<scores::ScoreSignal> = Vec::new();
    let twice = |problems: &mut Problems, file: &str, node: &Node, id: &str| {
        let message = format!("the signal `{id}` stands twice");
        problems.add(file, node.place, message, "rename one");
    };
    let of_words = parts.iter().filter(|(section, _, _)| *section == "words");
    let words = WordGroups::read(of_words.map(|(_, file, node)| (*file, *node)), problems);
    let mut guard_index: BTreeMap<String, usize> = BTreeMap::new();
    for (_, file, node) in parts.iter().filter(|(section, _, _)| *section == "guards") {
        if let Some(guard) = signals::read_guard(file, node, lexicons, problems) {
            if guard_index
                .insert(guard.id.to_string(), guards.len())
                .is_some()
            {
                problems.add(
                    file,
                    node.place,
                    format!("the guard `{}` stands twice", guard.id),
                    "rename one",
                );
            }
            guards.push(guard);
        }
    }
    let of_texts: Vec<(&str, &Node)> = parts
        .iter()
        .filter(|(section, _, _)| *section == "signals")
        .map(|(_, file, node)| (*file, *node))
        .collect();
    let read = |(file, node): &(&str, &Node), problems: &mut Problems| {
        signals::read_signal(file, node, lexicons, &words, &guard_index, problems)
    };
    for ((file, node), signal) in on_all_cores(&of_texts, read, problems) {
        if texts
            .iter()
            .any(|s: &signals::TextSignal| s.id == signal.id)
        {
            twice(problems, file, node, &signal.id);
        }
        texts.push(signal);
    }
    for (section, file, node) in &parts {
        match *section {
            "scores" => {
                if let Some(signal) = scores::read(file, node, problems) {
                    let named = |id: &Arc<str>| *id == signal.id;
                    if texts.iter().any(|s| named(&s.id)) || scored.iter().any(|s| named(&s.id)) {
                        twice(problems, file, node, &signal.id);
                    }
                    scored.push(signal);
                }
            }
            "goods" => watched.extend(goods::read(file, node, lexicons, problems)),
            _ => {}
        }
    }
    words.report_unused(problems);
    (guards, texts, scored, watched)
}

fn read_rules<'t>(
    trees: impl Iterator<Item = (&'t &'t str, &'t Node)>,
    scope: &Scope,
    problems: &mut Problems,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (file, tree) in trees {
        for (_, nodes) in sections(file, tree, &["rules"], problems) {
            for node in nodes {
                let Some(rule) = read_rule(file, node, scope, problems) else {
                    continue;
                };
                if rules.iter().any(|r| r.id == rule.id) {
                    problems.add(
                        file,
                        node.place,
                        format!("the rule `{}` stands twice", rule.id),
                        "rename one",
                    );
                }
                rules.push(rule);
            }
        }
    }
    if rules.len() > RULES_MAX {
        problems.add(
            "rules",
            (0, 0),
            format!("{} rules are more than {RULES_MAX}", rules.len()),
            "retire some",
        );
    }
    if rules.is_empty() {
        problems.add(
            "rules",
            (0, 0),
            "the pack has no rules",
            "write rules/*.yaml",
        );
    }
    rules
}

fn read_rule(file: &str, node: &Node, scope: &Scope, problems: &mut Problems) -> Option<Rule> {
    let known = [
        "id",
        "title",
        "owner",
        "reason",
        "false_alarms",
        "state",
        "when",
        "gives",
    ];
    let mut fields = Fields::open(file, node, &known, problems)?;
    let id = fields.text("id");
    let title = triage::read_title(&mut fields);
    for key in ["owner", "reason", "false_alarms"] {
        fields.text(key);
    }
    let state = fields
        .need("state")
        .and_then(|n| fields.choice(n, "state", RuleState::ALL, RuleState::name));
    let when = fields.need("when");
    let text = when.and_then(|n| fields.text_of(n, "when"));
    let condition = match (when, text) {
        (Some(node), Some(text)) => Condition::compile(file, node, text, scope, fields.problems),
        _ => None,
    };
    let gives = fields
        .need("gives")
        .and_then(|n| read_gives(file, n, fields.problems));
    Some(Rule {
        id: id?.into(),
        title: title?,
        state: state?,
        when: condition?,
        gives: gives?,
    })
}

fn read_gives(file: &str, node: &Node, problems: &mut Problems) -> Option<Gives> {
    let known = ["type", "intent", "harm", "means", "points", "half_life"];
    let mut fields = Fields::open(file, node, &known, problems)?;
    let kind = fields
        .need("type")
        .and_then(|n| fields.choice(n, "type", RiskType::ALL, RiskType::name));
    let mut stage = |key: &str, most: i64| fields.number(key, 1..=most).unwrap_or(0) as u8;
    let (intent, harm, means) = (stage("intent", 6), stage("harm", 5), stage("means", 6));
    let points = fields.thousandths("points");
    let half_life_ms = fields.length_ms("half_life");
    Some(Gives {
        kind: kind?,
        intent,
        harm,
        means,
        points: points?,
        half_life_ms: half_life_ms?,
    })
}

/// Word lists by id.
pub(crate) struct Lexicons {
    lists: BTreeMap<String, Lexicon>,
}

struct Lexicon {
    file: String,
    terms: Vec<String>,
    used: AtomicBool,
}

/// The terms that a line stands for: `{a|b|}` is any of its alternatives, the empty one included.
///
/// # Errors
/// What is wrong, and what to do.
fn expand(line: &str) -> Result<Vec<String>, (String, &'static str)> {
    const NOT_NESTED: &str = "write {one|other}, not nested";
    let mut terms = vec![String::new()];
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after
            .split_once('}')
            .ok_or_else(|| ("a `{` is not closed".to_owned(), NOT_NESTED))?;
        if inside.contains('{') {
            return Err(("a `{` stands inside another".to_owned(), NOT_NESTED));
        }
        let choices: Vec<&str> = inside.split('|').collect();
        if terms.len() * choices.len() > EXPANSIONS_MAX {
            let message = format!("the line stands for more than {EXPANSIONS_MAX} terms");
            return Err((message, "split it into several lines"));
        }
        terms = terms
            .iter()
            .flat_map(|head| {
                choices
                    .iter()
                    .map(move |choice| format!("{head}{before}{choice}"))
            })
            .collect();
        rest = after;
    }
    if rest.contains('}') {
        return Err(("a `}` without a `{`".to_owned(), NOT_NESTED));
    }
    terms.iter_mut().for_each(|term| term.push_str(rest));
    Ok(terms)
}

/// Why a term cannot be looked for, and what to do.
fn unusable(term: &str, folded: &str) -> Option<(String, &'static str)> {
    match folded.chars().count() {
        0 => Some((
            format!("nothing is left of `{term}` after folding"),
            "remove it",
        )),
        _ if !folded.chars().any(|c| c.is_alphanumeric() || !c.is_ascii()) => Some((
            format!("`{term}` has no letter, digit or picture"),
            "signs alone are in every second text",
        )),
        1 if folded.is_ascii() => Some((
            format!("`{term}` is a single letter"),
            "it would be found everywhere",
        )),
        n if n > TERM_CHARS_MAX => Some((
            "the term is longer than 64 characters".to_owned(),
            "use a pattern",
        )),
        _ => None,
    }
}

impl Lexicons {
    fn read(files: &Files, problems: &mut Problems) -> Self {
        let mut lists: BTreeMap<String, Lexicon> = BTreeMap::new();
        let mut total = 0;
        for (name, text) in files
            .iter()
            .filter(|(name, _)| name.starts_with("lexicons/"))
        {
            let id = name
                .trim_start_matches("lexicons/")
                .split('.')
                .next()
                .unwrap_or_default();
            let list = lists.entry(id.to_owned()).or_insert_with(|| Lexicon {
                file: name.clone(),
                terms: Vec::new(),
                used: AtomicBool::new(false),
            });
            for (line, text) in text.lines().enumerate() {
                let term = text.split('#').next().unwrap_or_default().trim();
                if term.is_empty() {
                    continue;
                }
                let place: Place = (
                    line + 1,
                    text.chars().take_while(|c| c.is_whitespace()).count() + 1,
                );
                let written = match expand(term) {
                    Ok(written) => written,
                    Err((message, hint)) => {
                        problems.add(name, place, message, hint);
                        continue;
                    }
                };
                for term in &written {
                    let folded = fold(term).trim().to_owned();
                    if let Some((message, hint)) = unusable(term, &folded) {
                        problems.add(name, place, message, hint);
                        break;
                    }
                    list.terms.push(folded);
                }
                total += written.len();
            }
        }
        if total > TERMS_MAX {
            problems.add(
                "lexicons",
                (0, 0),
                format!("{total} terms are more than {TERMS_MAX}"),
                "",
            );
        }
        for list in lists.values_mut() {
            list.terms.sort();
            list.terms.dedup();
        }
        Self { lists }
    }

    pub(crate) fn terms(&self, id: &str, place: Place, fields: &mut Fields<'_, '_>) -> Vec<String> {
        match self.lists.get(id) {
            Some(list) => {
                list.used.store(true, Ordering::Relaxed);
                list.terms.clone()
            }
            None => {
                let hint = did_you_mean(id, self.lists.keys().map(String::as_str));
                let hint = if hint.is_empty() {
                    format!("write lexicons/{id}.txt")
                } else {
                    hint
                };
                fields.problem(place, format!("no lexicon is called `{id}`"), hint);
                Vec::new()
            }
        }
    }

    fn report_unused(&self, problems: &mut Problems) {
        for (id, list) in &self.lists {
            if !list.used.load(Ordering::Relaxed) {
                problems.add(
                    &list.file,
                    (0, 0),
                    format!("no signal, guard or goods uses the lexicon `{id}`"),
                    "remove it, or name it",
                );
            }
        }
    }
}

/// So that a rule set can be shared by workers.
const fn _shared<T: Send + Sync>() {}
const _: () = _shared::<Arc<Ruleset>>();
