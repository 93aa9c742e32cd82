//! Regular expressions, each with the literals that gate it: a text without any of them is never shown to the engine.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use crate::text::common::{BEGIN, END, expected_share};
use crate::text::fold;

/// One compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Runs over the folded view.
    pub regex: Regex,
    /// The ways to match it: every match has what one of them needs, at most [`SETS_MAX`] sets each.
    pub ways: Vec<Needs>,
    /// The share of ordinary texts that show what a way needs, roughly: so many are looked at closely for it.
    pub share: f64,
}

/// What more texts than these show, roughly, is not asked for beside something rarer.
const BESIDE_SHARE_MAX: f64 = 0.1;
/// Where fewer texts than these show what is asked for already, asking for more costs more than it saves.
const RARE_ENOUGH: f64 = 1e-3;
/// A way to match is gated by at most so many sets of literals.
pub const SETS_MAX: usize = 3;

/// A longer pattern, its words filled in, is refused.
pub(super) const PATTERN_BYTES_MAX: usize = 4096;
const COMPILED_BYTES_MAX: usize = 1024 * 1024;
/// More alternatives than this make a gate that filters nothing and costs memory.
const GATE_LITERALS_MAX: usize = 512;

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn compile(source: &str) -> Result<Self, (String, String)> {
        if source.len() > PATTERN_BYTES_MAX {
            return Err(("the pattern is longer than 4 KiB".into(), "split it".into()));
        }
        let regex = RegexBuilder::new(source)
            .size_limit(COMPILED_BYTES_MAX)
            .nest_limit(32)
            .build()
            .map_err(|error| {
                (
                    format!("the pattern does not compile: {}", last_line(&error)),
                    String::new(),
                )
            })?;
        let written = regex_syntax::parse(source).map_err(|error| {
            (
                format!("the pattern does not parse: {error}"),
                String::new(),
            )
        })?;
        let hir = as_folded(written.clone());
        let regex = match hir == written {
            true => regex,
            // What is too large or too deep was refused as it is written.
            false => Regex::new(&hir.to_string()).map_err(|error| {
                (
                    format!("the pattern does not compile: {}", last_line(&error)),
                    String::new(),
                )
            })?,
        };
        // Signs alone are in every second text.
        let says = |l: &String| l.chars().any(|c| c.is_alphanumeric() || !c.is_ascii());
        let ways =
            ways(&to_the_ends(&hir)).filter(|ways| ways.iter().flatten().flatten().all(says));
        let mut ways = ways.ok_or_else(|| {
            (
                "no literal of two characters or more is needed by every match".to_owned(),
                "give the pattern a fixed word, or a group whose alternatives all have one"
                    .to_owned(),
            )
        })?;
        for set in ways.iter_mut().flatten() {
            set.iter_mut().for_each(|literal| *literal = tidy(literal));
            *set = fewest(set).cloned().collect();
            set.sort();
            set.dedup();
        }
        let share = of_ways(&ways);
        Ok(Self { regex, ways, share })
    }
}

/// A class of more characters than these is left as it is written.
const CLASS_FOLDED_MAX: usize = 256;

/// What a pattern asks for as the folded view shows it: every literal folded, every small class with the folded ones beside
/// its own. Written in traditional characters, capitals or Cyrillic, a pattern would match nothing otherwise.
fn as_folded(hir: Hir) -> Hir {
    let each = |parts: Vec<Hir>| parts.into_iter().map(as_folded).collect();
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            let folded: String = text.chars().map(shown_as).collect();
            Hir::literal(folded.into_bytes())
        }
        HirKind::Class(Class::Unicode(mut class)) => {
            // What a class leaves out is left out in both ways of writing.
            let leaves_out = class.iter().any(|range| range.end() == char::MAX);
            if leaves_out {
                class.negate();
            }
            add_folded(&mut class);
            if leaves_out {
                class.negate();
            }
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(class) => Hir::class(class),
        HirKind::Repetition(mut repetition) => {
            *repetition.sub = as_folded(*repetition.sub);
            Hir::repetition(repetition)
        }
        HirKind::Capture(mut capture) => {
            *capture.sub = as_folded(*capture.sub);
            Hir::capture(capture)
        }
        HirKind::Concat(parts) => Hir::concat(each(parts)),
        HirKind::Alternation(parts) => Hir::alternation(each(parts)),
    }
}

fn add_folded(class: &mut ClassUnicode) {
    if class.iter().map(|range| range.len()).sum::<usize>() <= CLASS_FOLDED_MAX {
        let own = class.iter().flat_map(|range| range.start()..=range.end());
        let folded = own.filter_map(|c| one_char(&shown_as(c)));
        let folded: Vec<_> = folded.map(|c| ClassUnicodeRange::new(c, c)).collect();
        folded.into_iter().for_each(|range| class.push(range));
    }
}

/// A letter or digit as the folded view shows it; a sign, and what that view drops, as it is.
fn shown_as(c: char) -> String {
    let mut alone = [0; 4];
    let alone = c.encode_utf8(&mut alone);
    match c.is_alphanumeric() {
        true => Some(fold(alone)).filter(|folded| !folded.trim().is_empty()),
        false => None,
    }
    .unwrap_or_else(|| alone.to_owned())
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

/// What a match needs: one literal of each of these sets, the rarest set first.
pub type Needs = Vec<Vec<String>>;

/// Stands in a literal where no letter or digit may stand beside it.
pub const EDGE: char = '\0';

/// What stands in a literal for a place, [`EDGE`], [`BEGIN`] or [`END`], and is no character of the text.
pub fn is_place(c: char) -> bool {
    matches!(c, EDGE | BEGIN | END)
}

/// A class of more signs than these is not looked through.
const SIGNS_MAX: usize = 64;

/// The same without the signs that may stand between a word and the begin or the end of the text: the gate spells whatever
/// is no letter or digit as one space, so that it still sees that the word is the first or the last one.
fn to_the_ends(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Capture(capture) => to_the_ends(&capture.sub),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(to_the_ends).collect()),
        HirKind::Concat(parts) => {
            let place = |at: usize, look: Look| *parts[at].kind() == HirKind::Look(look);
            let kept = |at: &usize| {
                let begins = (0..*at).rev().find(|before| !is_signs(&parts[*before]));
                let ends = (*at + 1..parts.len()).find(|after| !is_signs(&parts[*after]));
                let at_an_end = begins.is_some_and(|at| place(at, Look::Start))
                    || ends.is_some_and(|at| place(at, Look::End));
                !(is_signs(&parts[*at]) && at_an_end)
            };
            let kept = (0..parts.len()).filter(kept);
            Hir::concat(kept.map(|at| to_the_ends(&parts[at])).collect())
        }
        _ => hir.clone(),
    }
}

/// White space, punctuation and the like, as often as they come.
fn is_signs(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => is_signs(&repetition.sub),
        HirKind::Capture(capture) => is_signs(&capture.sub),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().map(|range| range.len()).sum::<usize>() <= SIGNS_MAX
                && class
                    .iter()
                    .flat_map(|range| range.start()..=range.end())
                    .all(|c| !c.is_alphanumeric())
        }
        _ => false,
    }
}

/// More ways than this are looked at together.
const WAYS_MAX: usize = 256;

/// The ways in which a match can come about, each with what it needs; between them they cover every match.
fn ways(hir: &Hir) -> Option<Vec<Needs>> {
    match hir.kind() {
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Alternation(parts) => {
            let each: Option<Vec<Vec<Needs>>> = parts.iter().map(ways).collect();
            each.map(|each| each.concat())
                .filter(|ways| ways.len() <= WAYS_MAX)
                .or_else(|| Some(vec![vec![required(hir)?]]))
        }
        HirKind::Concat(parts) => {
            let known: Vec<Part> = parts.iter().map(Part::of).collect();
            let together = of_concat(known.iter()).map(|needs| vec![needs]);
            // An alternation taken apart is worth it where its ways are rarer than all of them at once.
            (0..parts.len())
                .filter_map(|at| ways_through(parts, &known, at))
                .filter(|apart| apart.len() <= WAYS_MAX)
                .chain(together)
                .min_by(|a, b| of_ways(a).total_cmp(&of_ways(b)))
        }
        _ => Some(vec![vec![required(hir)?]]),
    }
}

/// What is known of one part of a concatenation, found out once: it stands in as many ways as its neighbours have choices.
struct Part {
    /// The finite set of texts that it matches, where it is small.
    exact: Option<Vec<String>>,
    /// Literals of which every match of it contains one, and the share of ordinary texts that show one.
    required: Option<(f64, Vec<String>)>,
}

impl Part {
    fn of(hir: &Hir) -> Self {
        Self {
            exact: exact_or_empty(hir),
            required: required(hir).map(|set| (share(&set), set)),
        }
    }
}

/// The ways of a concatenation, told apart by the alternation at this place.
fn ways_through(parts: &[Hir], known: &[Part], at: usize) -> Option<Vec<Needs>> {
    let mut part = &parts[at];
    while let HirKind::Capture(capture) = part.kind() {
        part = &capture.sub;
    }
    let HirKind::Alternation(choices) = part.kind() else {
        return None;
    };
    // Single characters and short words are as well looked at together.
    if choices.len() > WAYS_MAX / 4 {
        return None;
    }
    // A choice may be one word with what stands beside it.
    let (from, to) = (at.saturating_sub(1), (at + 2).min(parts.len()));
    let through = |choice: &Hir| {
        let choice = std::slice::from_ref(choice);
        let near = Hir::concat([&parts[from..at], choice, &parts[at + 1..to]].concat());
        let near: Vec<Part> = match near.kind() {
            HirKind::Concat(parts) => parts.iter().map(Part::of).collect(),
            _ => vec![Part::of(&near)],
        };
        of_concat(known[..from].iter().chain(&near).chain(&known[to..]))
    };
    choices.iter().map(through).collect()
}

/// How often a text would be looked at closely, roughly.
fn of_ways(ways: &[Needs]) -> f64 {
    let of_one = |needs: &Needs| needs.iter().map(|set| share(set).min(1.0)).product::<f64>();
    // Each way costs memory, and time where its literals are seen.
    ways.iter().map(of_one).sum::<f64>() + 1e-5 * ways.len() as f64
}

fn of_concat<'p>(parts: impl Iterator<Item = &'p Part> + Clone) -> Option<Needs> {
    let mut candidates = candidates(parts.clone());
    // Of equally rare ones the longest says most.
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.2.len().cmp(&a.2.len())));
    // Rare words that need not touch say more than one, if they cannot be the same letters.
    let mut chosen: Vec<(Vec<String>, Range<usize>)> = Vec::new();
    let mut together = 1.0;
    for (share, set, parts) in candidates {
        let apart = |other: &Range<usize>| other.end <= parts.start || parts.end <= other.start;
        let more = chosen.is_empty()
            || chosen.len() < SETS_MAX && together > RARE_ENOUGH && share < BESIDE_SHARE_MAX;
        if more && chosen.iter().all(|(_, other)| apart(other)) {
            together *= share.min(1.0);
            chosen.push((set, parts));
        }
    }
    if chosen.is_empty() {
        return None;
    }
    // Beside them even single Chinese characters say something.
    let mut singles: Vec<_> = parts
        .enumerate()
        .filter_map(|(i, part)| {
            let says =
                |l: &String| !l.is_ascii() && l.chars().all(char::is_alphanumeric) || pictured(l);
            let exact = part.exact.as_ref().filter(|set| says_something(set))?;
            let set = Some(exact).filter(|set| set.iter().all(says))?;
            Some((share(set), set.clone(), i..i + 1))
        })
        .filter(|(share, _, _)| *share < BESIDE_SHARE_MAX)
        .collect();
    singles.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (share, set, part) in singles {
        let apart = |other: &Range<usize>| other.end <= part.start || part.end <= other.start;
        let more = chosen.len() < SETS_MAX && together > RARE_ENOUGH;
        if more && chosen.iter().all(|(_, other)| apart(other)) {
            together *= share;
            chosen.push((set, part));
        }
    }
    Some(chosen.into_iter().map(|(set, _)| set).collect())
}

/// A place counts beside a letter or digit only; there it says that the word begins or ends, or that the text does.
fn tidy(literal: &str) -> String {
    let chars: Vec<char> = literal.chars().collect();
    let letters: Vec<usize> = (0..chars.len()).filter(|i| !is_place(chars[*i])).collect();
    let (Some(first), Some(last)) = (letters.first(), letters.last()) else {
        return String::new();
    };
    let (before, after) = (&chars[..*first], &chars[*last + 1..]);
    let place = |places: &[char], end: char| match places {
        [] => None,
        places if places.contains(&end) => Some(end),
        _ => Some(EDGE),
    };
    let mut out: String = letters.iter().map(|i| chars[*i]).collect();
    if chars[*first].is_ascii_alphanumeric() {
        out.extend(place(after, END).filter(|_| chars[*last].is_ascii_alphanumeric()));
        out.insert_str(0, &String::from_iter(place(before, BEGIN)));
    } else if chars[*last].is_ascii_alphanumeric() {
        out.extend(place(after, END));
    }
    out
}

/// Two characters say something, and so does one picture.
fn tells(literal: &str) -> bool {
    length(literal) >= 2 || pictured(literal)
}

/// Has a pictograph: dingbats, arrows of the later blocks, emoji.
fn pictured(literal: &str) -> bool {
    let picture = |c| matches!(u32::from(c), 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1FAFF);
    literal.chars().any(picture)
}

/// How many characters a literal has without its places.
fn length(literal: &str) -> usize {
    literal.chars().filter(|c| !is_place(*c)).count()
}

fn share(literals: &[String]) -> f64 {
    let of_one = |l: &String| expected_share(&l.replace(EDGE, " "));
    fewest(literals).map(of_one).sum()
}

/// Of more literals than these it is not asked which holds which.
const COMPARED_MAX: usize = 48;

/// Those literals that hold no other one: whoever looks for the shorter has found the longer.
fn fewest(literals: &[String]) -> impl Iterator<Item = &String> {
    let few = literals.len() <= COMPARED_MAX;
    let holds_none = move |l: &&String| {
        let inside = |other: &String| other.len() < l.len() && l.contains(other.as_str());
        !few || !literals.iter().any(inside)
    };
    literals.iter().filter(holds_none)
}

/// Literals of which every match of `hir` contains at least one, or `None`.
fn required(hir: &Hir) -> Option<Vec<String>> {
    if let Some(exact) = exact(hir)
        && exact.iter().all(|literal| tells(literal))
    {
        return Some(exact);
    }
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min >= 1 => required(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(required(part)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= GATE_LITERALS_MAX).then_some(all)
        }
        HirKind::Concat(parts) => best_of(parts),
        _ => None,
    }
}

/// The best gate of a concatenation: the one that ordinary talk shows least.
fn best_of(parts: &[Hir]) -> Option<Vec<String>> {
    let known: Vec<Part> = parts.iter().map(Part::of).collect();
    candidates(known.iter())
        .into_iter()
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, set, _)| set)
}

/// The gates that a concatenation offers, each with its share of ordinary texts and the parts it rests on: the gate of one
/// part, or runs of exact parts joined, optional ones included.
fn candidates<'p>(
    parts: impl Iterator<Item = &'p Part> + Clone,
) -> Vec<(f64, Vec<String>, Range<usize>)> {
    let says = |set: &[String]| {
        set.iter().all(|literal| {
            literal.chars().filter(|c| c.is_alphanumeric()).count() >= 2 || pictured(literal)
        })
    };
    let mut out: Vec<(f64, Vec<String>, Range<usize>)> = Vec::new();
    for (i, part) in parts.clone().enumerate() {
        if let Some((share, set)) = part.required.as_ref().filter(|(_, set)| says(set)) {
            out.push((*share, set.clone(), i..i + 1));
        }
    }
    let (mut run, mut start) = (vec![String::new()], 0);
    for (i, part) in parts.enumerate() {
        (run, start) = match &part.exact {
            Some(exact) if run.len() * exact.len() <= GATE_LITERALS_MAX => {
                (joined(&run, exact), start)
            }
            Some(exact) => (exact.clone(), i),
            None => (vec![String::new()], i + 1),
        };
        // A run of one part is its gate.
        if start < i && run.iter().all(|literal| tells(literal)) && says(&run) {
            out.push((share(&run), run.clone(), start..i + 1));
        }
    }
    out
}

/// Every head followed by every tail.
fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let with = |head: &String, tail: &String| {
        let mut both = String::with_capacity(head.len() + tail.len());
        both.push_str(head);
        both.push_str(tail);
        both
    };
    heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| with(head, tail)))
        .collect()
}

/// The finite set of texts that `hir` matches, where it is small; no empty text among them.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    exact_or_empty(hir).filter(|set| says_something(set))
}

fn says_something(set: &[String]) -> bool {
    !set.is_empty() && set.iter().all(|text| length(text) > 0)
}

fn exact_or_empty(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![String::new()]),
        HirKind::Look(Look::Start) => Some(vec![BEGIN.to_string()]),
        HirKind::Look(Look::End) => Some(vec![END.to_string()]),
        HirKind::Look(
            Look::WordAscii
            | Look::WordUnicode
            | Look::WordStartAscii
            | Look::WordEndAscii
            | Look::WordStartUnicode
            | Look::WordEndUnicode,
        ) => Some(vec![EDGE.to_string()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            (!text.contains(is_place)).then(|| vec![text.to_owned()])
        }
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            let chars: Vec<char> = class
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .take(33)
                .collect();
            (chars.len() <= 32).then(|| chars.into_iter().map(String::from).collect())
        }
        HirKind::Capture(capture) => exact_or_empty(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut set = exact_or_empty(&repetition.sub)?;
            set.push(String::new());
            Some(set)
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(exact_or_empty(part)?);
                if all.len() > GATE_LITERALS_MAX {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let next = exact_or_empty(part)?;
                if all.len() * next.len() > GATE_LITERALS_MAX {
                    return None;
                }
                all = joined(&all, &next);
            }
            Some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, fold};

    #[test]
    fn a_pattern_is_asked_of_the_folded_view_however_it_is_written() {
        for (source, texts) in [
            ("活下去没意思", vec!["活下去沒意思"]),
            ("自殺的念頭", vec!["自杀的念头", "自殺的念頭"]),
            ("[甚甚]麼[殺]了", vec!["甚么杀了"]),
            ("Want to (?:DIE|Go)", vec!["want to die", "WANT TO GO"]),
            (r"\bnie mam siły\b", vec!["nie mam siły", "nie mam sily"]),
            ("хочу умереть", vec!["Хочу умереть", "хочу умереть"]),
            (r"消えたい|ばか", vec!["消えたい", "ばか"]),
            (r"(?:đời|捱){1,2}唔落", vec!["捱唔落", "đời捱唔落"]),
            (r"我欠的都还了", vec!["我欠的都還了"]),
            (r"\x{6BBA}了人", vec!["杀了人"]),
        ] {
            let pattern = Pattern::compile(source).expect(source);
            for text in texts {
                assert!(
                    pattern.regex.is_match(&fold(text)),
                    "{source} of {text}: {}",
                    pattern.regex
                );
            }
        }
        let not_the = Pattern::compile("[^Ａ殺]了[A-C]").expect("it compiles");
        assert!(!not_the.regex.is_match("杀了a"), "{}", not_the.regex);
        assert!(not_the.regex.is_match("病了c"), "{}", not_the.regex);
    }

    #[test]
    fn every_pattern_is_gated_by_literals_its_matches_need() {
        for (source, gate) in [
            ("活(?:着|下去)没意思", vec!["没意思"]),
            (
                "(?:对|给)(?:一个)?(?:大人|人)(?:来说)?.{0,4}够",
                vec!["对人", "给人", "大人", "一个人"],
            ),
            ("(?:喝|吃)下去", vec!["下去", "吃下去", "喝下去"]),
            ("want(?:ed)? to di?e", vec!["want"]),
            ("(?:foo|bar)[^,]{0,5}x", vec!["bar", "foo"]),
        ] {
            let pattern = Pattern::compile(source).expect(source);
            for literal in pattern.ways.iter().flat_map(|needs| &needs[0]) {
                assert!(
                    gate.iter().any(|g| literal.contains(g)),
                    "{source}: {:?} should rest on {gate:?}",
                    pattern.ways
                );
            }
        }
    }

    #[test]
    fn a_pattern_without_a_fixed_word_is_refused() {
        for source in ["[a-z]+", "a|bc", ".*", "(?:ab)?", "____|blank"] {
            assert!(Pattern::compile(source).is_err(), "{source}");
        }
    }
}
