//! The gate against a plain search, guards one by one, spans in the raw text.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use regex_syntax::hir::{Hir, HirKind};

use super::gate::Gate;
use super::literals::stands_alone;
use super::texts::{Look, Written};
use super::ways::{PatternAt, Seen};
use super::{Scratch, Who};
use crate::domain::limits::{SPANS_MAX, TEXT_BYTES_MAX};
use crate::domain::{Field, Needs, PersonText, Sender};
use crate::rules::GuardKind;
use crate::text::reading::readings;
use crate::text::{Shapes, fold, fold_into, fold_mapped, shape, sound};

proptest! {
    #[test]
    fn a_text_with_a_literal_always_passes_the_gate(
        literals in prop::collection::vec("[a-z]{2,6}|[死活想走离开农药了]{1,4}|[a-z]{1,2}[想走]", 1..20),
        before in "\\PC{0,12}",
        after in "\\PC{0,12}",
        pick in any::<prop::sample::Index>(),
    ) {
        let mut gate = Gate::new(&Shapes::default());
        for (literal, number) in literals.iter().zip(0..) {
            gate.add(&fold(literal), false, super::gate::Waiting::term(number));
        }
        let text = format!("{before} {} {after}", pick.get(&literals));
        let folded = fold(&text);
        gate.finish();
        if literals.iter().any(|l| folded.contains(&fold(l))) {
            let (opened, found) = gate.look(&text);
            prop_assert!(opened.written || !found.terms.is_empty(), "{:?} in {:?}", literals, text);
        }
    }

    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn every_folded_byte_knows_its_raw_character(text in "\\PC{0,60}") {
        let folded = fold_mapped(&text);
        let count = text.chars().count();
        prop_assert_eq!(folded.raw_of_byte.len(), folded.text.len());
        prop_assert!(folded.raw_of_byte.iter().all(|raw| (*raw as usize) < count));
        prop_assert!(folded.raw_of_byte.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn separators_inside_a_word_never_hide_it(word in "[死活想走离开农药]{2,5}", cut in 1_usize..4, mark in "[ ·/|_*~-]{1,4}") {
        let chars: Vec<char> = word.chars().collect();
        let cut = cut.min(chars.len() - 1);
        let hidden: String = chars[..cut].iter().chain(&mark.chars().collect::<Vec<_>>()).chain(&chars[cut..]).collect();
        prop_assert!(fold(&hidden).contains(&word), "{}", hidden);
    }
}

fn written(text: &PersonText) -> Written<'_> {
    Written {
        field: Field::Chat,
        sender: Some(Sender::Buyer),
        text,
    }
}

fn shipped() -> &'static super::Matcher {
    static SHIPPED: LazyLock<super::Matcher> = LazyLock::new(|| {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let rules =
            crate::rules::load_dir(&dir, None).unwrap_or_else(|problems| panic!("{problems}"));
        super::Matcher::new(Arc::new(rules)).expect("the automata")
    });
    &SHIPPED
}

/// The same with no word in it about where it stands, which no strategy can make: most of what this makes matches all the same.
fn without_places(hir: Hir) -> Hir {
    let each = |parts: Vec<Hir>| parts.into_iter().map(without_places).collect();
    match hir.into_kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Repetition(mut repetition) => {
            *repetition.sub = without_places(*repetition.sub);
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => without_places(*capture.sub),
        HirKind::Concat(parts) => Hir::concat(each(parts)),
        HirKind::Alternation(parts) => Hir::alternation(each(parts)),
    }
}

/// What people say: terms, words that texts end with, and what patterns match, all of which are found in some dress.
fn said() -> impl Strategy<Value = String> {
    let rules = shipped().rules();
    let terms = rules.signals.iter().flat_map(|s| s.terms.iter().cloned());
    let disguised: Vec<String> = rules
        .signals
        .iter()
        .flat_map(|s| s.disguised.iter().cloned())
        .collect();
    let patterns = rules
        .signals
        .iter()
        .flat_map(|s| &s.patterns)
        .map(|p| without_places(regex_syntax::parse(p.regex.as_str()).expect("it parsed before")))
        .filter_map(|hir| proptest::string::string_regex_parsed(&hir).ok())
        .map(Strategy::boxed)
        .collect::<Vec<_>>();
    let ends = rules.signals.iter().flat_map(|s| s.ends.iter().cloned());
    prop_oneof![
        3 => prop::sample::select(terms.collect::<Vec<_>>()),
        1 => prop::sample::select(ends.collect::<Vec<_>>()),
        6 => prop::sample::select(disguised),
        3 => proptest::strategy::Union::new(patterns),
    ]
}

/// Ways to write a character so that a person still reads it.
#[derive(Clone, Copy, Debug)]
enum Dress {
    Plain,
    Parted(char),
    Invisible,
    Wide,
    Capital,
    Typed,
    TypedApart,
    Initial,
    Digit,
    SameSound(usize),
    Alike(usize),
    InParts,
    Twice,
    Sign,
}

fn dress() -> impl Strategy<Value = Dress> {
    prop_oneof![
        8 => Just(Dress::Plain),
        2 => prop::sample::select(vec![' ', '.', ',', '-', '*', '·', '!', '。', '\u{3000}', '…', '?']).prop_map(Dress::Parted),
        1 => Just(Dress::Invisible),
        1 => Just(Dress::Wide),
        1 => Just(Dress::Capital),
        2 => Just(Dress::Typed),
        1 => Just(Dress::TypedApart),
        1 => Just(Dress::Initial),
        2 => Just(Dress::Digit),
        2 => (0_usize..9).prop_map(Dress::SameSound),
        2 => (0_usize..9).prop_map(Dress::Alike),
        2 => Just(Dress::InParts),
        1 => Just(Dress::Twice),
        1 => Just(Dress::Sign),
    ]
}

fn put_on(c: char, dress: Dress, out: &mut String) {
    let name = || sound::of_han(c).map(|s| s.name());
    let nth = |from: &str, n: usize| from.chars().cycle().nth(n);
    let same_sound = |n: usize| {
        let syllable = sound::of_han(c)?;
        ('\u{4e00}'..='\u{6000}')
            .filter(|other| sound::of_han(*other) == Some(syllable))
            .nth(n)
    };
    let written = match dress {
        Dress::Plain => None,
        Dress::Parted(mark) => Some(format!("{c}{mark}")),
        Dress::Invisible => Some(format!("{c}\u{200b}")),
        Dress::Wide if c.is_ascii_graphic() => {
            char::from_u32(u32::from(c) + 0xFEE0).map(String::from)
        }
        Dress::Capital => Some(c.to_uppercase().collect()),
        Dress::Typed => name().map(str::to_owned),
        Dress::TypedApart => name().map(|name| format!(" {name} ")),
        Dress::Initial => name().map(|name| name[..1].to_owned()),
        Dress::Digit => sound::of_han(c)
            .and_then(sound::digit_for)
            .map(String::from),
        Dress::SameSound(n) => same_sound(n).map(String::from),
        Dress::Alike(n) => {
            let like = shape::like(c);
            nth(&like.all().collect::<String>(), n).map(String::from)
        }
        Dress::InParts => shape::split(c).first().map(|parts| (*parts).to_owned()),
        Dress::Twice => Some(format!("{c}{c}")),
        Dress::Sign => match c {
            'i' => Some("!".to_owned()),
            'a' => Some("@".to_owned()),
            's' => Some("$".to_owned()),
            'o' => Some("0".to_owned()),
            _ => None,
        },
        Dress::Wide => None,
    };
    match written {
        Some(written) => out.push_str(&written),
        None => out.push(c),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_gate_never_hides_what_a_look_at_everything_finds(
        said in said(),
        dresses in prop::collection::vec(dress(), 1..12),
        backwards in prop::bool::weighted(0.1),
        before in prop::sample::select(vec!["", "", "", " ~", "老板你好,", "我", "please ", "在吗 ", "2件", "😭", "哦!", "ok"]),
        after in prop::sample::select(vec!["", "", "", " /", "了", ",发货吧", " please", "123", "。谢谢", "😭😭", "kg", " 吗?", " … ", "\u{301}．\u{200b}", "·~"]),
    ) {
        let mut text = before.to_owned();
        let chars: Vec<char> = if backwards { said.chars().rev().collect() } else { said.chars().collect() };
        for (c, dress) in chars.into_iter().zip(dresses.iter().cycle()) {
            put_on(c, *dress, &mut text);
        }
        text.push_str(after);
        let matcher = shipped();
        let (mut behind, mut everything) = (Vec::new(), Vec::new());
        let said = PersonText::new(text.clone());
        matcher.texts_of(&[written(&said)], Who::Stranger, false, &mut Scratch::default(), &mut behind);
        let seen = &mut Seen::default();
        matcher.texts.find(&matcher.rules, &written(&said), &Look::everywhere(), seen, &mut everything);
        for reading in readings(&fold_mapped(&text)) {
            matcher.texts.find_read(&matcher.rules, &written(&said), &reading, seen, &mut everything);
        }
        // What has no company counts for nothing.
        if everything.iter().any(|draft| draft.needs == Needs::Nothing) {
            prop_assert_eq!(behind, everything, "{:?}", text);
        } else {
            prop_assert!(behind.iter().all(|draft| draft.needs != Needs::Nothing), "{:?}", text);
        }
    }
}

#[test]
fn every_pattern_that_matches_is_asked() {
    let matcher = shipped();
    let mut runner = TestRunner::deterministic();
    let (mut matched, mut at_an_end) = (0, 0);
    let signals = matcher.rules.signals.iter().zip(0..);
    for (signal, number) in signals.filter(|(signal, _)| !signal.beside) {
        for (pattern, at) in signal.patterns.iter().zip(0..) {
            let hir = regex_syntax::parse(pattern.regex.as_str()).expect("it parsed before");
            let bare = without_places(hir.clone());
            let Ok(said) = proptest::string::string_regex_parsed(&bare) else {
                continue;
            };
            let at = PatternAt {
                signal: number,
                number: at,
            };
            for (before, after) in ["", "", "", " ~", "…\u{200b}"]
                .into_iter()
                .zip(["", "", " ", " /", "。 "])
            {
                let said = said.new_tree(&mut runner).expect("a text").current();
                let text = format!("{before}{said}{after}");
                let folded = fold(&text);
                let fits = |n: u32| text.chars().count() <= n as usize;
                if !pattern.regex.is_match(&folded) || !signal.longest.is_none_or(fits) {
                    continue;
                }
                matched += 1;
                let places = hir.properties().look_set();
                at_an_end += usize::from(places.contains_anchor());
                let look = matcher
                    .texts
                    .look(&matcher.rules, &text, &mut Seen::default());
                assert!(look.asks(at), "{} #{}: {text:?}", signal.id, at.number);
            }
        }
    }
    assert!(
        matched > 5_000 && at_an_end > 300,
        "{matched}, {at_an_end} at an end"
    );
}

#[test]
fn what_the_gate_once_hid_passes_it() {
    for text in [
        "please ne ed! t o !di e",
        "老板, ne ed! t o !di e",
        "okb愿活",
    ] {
        assert!(shipped().may_hold(text, &mut Scratch::default()), "{text}");
    }
}

#[test]
fn folding_undoes_what_hides_a_word() {
    for (raw, folded) in [
        ("難受", "难受"),
        ("难 受", "难受"),
        ("难\u{200b}受", "难受"),
        ("难·/·受", "难受"),
        ("ＳＡＤ", "sad"),
        ("Café", "cafe"),
        ("want  to\tleave", "want to leave"),
        ("a\r\nb", "a\nb"),
        ("你好，世界！", "你好,世界!"),
        ("① ㎏ ½", "1 kg 1⁄2"),
        ("", ""),
        ("\u{200b}\u{feff}", ""),
        ("走 。 了", "走 。 了"),
    ] {
        assert_eq!(fold(raw), folded, "{raw:?}");
    }
}

#[test]
fn a_long_run_of_separators_is_left_as_it_stands() {
    assert_eq!(fold("难········受"), "难受");
    assert_eq!(fold("难·········受"), "难·········受");
}

#[test]
fn words_of_letters_stand_alone() {
    for (text, start, end, expected) in [
        ("die", 0, 3, true),
        ("diet", 0, 3, false),
        ("a die b", 2, 5, true),
        ("xdie", 1, 4, false),
        ("想die了", 3, 6, true),
    ] {
        assert_eq!(
            stands_alone(text, start, end),
            expected,
            "{text} {start} {end}"
        );
    }
}

/// Texts that somebody might send to keep us busy, each made of one unit.
fn hostile() -> Vec<String> {
    let every_script: String = ('\0'..=char::MAX).step_by(97).collect();
    let both_ways = "\u{202e}\u{5d0}\u{5d1}想死\u{202c} abc \u{627}\u{628}\u{2067}自杀\u{2069}";
    let mut units: Vec<String> = [
        "\u{301}",
        "\u{20dd}\u{301}",
        "a",
        "A",
        "i",
        "1",
        "8",
        "@",
        "!",
        " ",
        "·",
        "*",
        ".",
        "\n",
        "\r",
        "\u{fdfa}",
        "…",
        "死",
        "女",
        "想",
        "你好",
        "\u{202e}",
        "😭",
        "🐟",
        "ⓐ",
        "ß",
        "한",
        "พ",
        "死 ",
        "死,",
        "想死",
        "想死 ",
        "想,死,",
        "紫砂",
        "自杀",
        "没有自杀",
        "自杀率",
        "没有,自杀,",
        "不是不想活",
        "玩游戏想死,",
        "xiangsi",
        "xiang si ",
        "xs",
        "x死",
        "4",
        "nan4",
        "kill myself ",
        "i want to die. ",
        "not suicidal ",
        "k i l l",
        "多少",
        "多少离开",
        "喝多少走",
        "how much ",
        "女子马上",
        "我不想活了",
        "笑死我了",
        "too",
    ]
    .map(str::to_owned)
    .into();
    units.extend([every_script, both_ways.to_owned()]);
    units
}

#[test]
fn the_work_grows_with_the_text_and_no_faster() {
    let matcher = shipped();
    let steps = |text: &str| {
        let mut out = Vec::new();
        super::steps::taken();
        matcher.may_hold(text, &mut Scratch::default());
        let said = PersonText::new(text);
        let texts = &matcher.texts;
        let (look, seen) = (Look::everywhere(), &mut Seen::default());
        texts.find(&matcher.rules, &written(&said), &look, seen, &mut out);
        let begin = std::time::Instant::now();
        for reading in readings(&fold_mapped(text)) {
            texts.find_read(&matcher.rules, &written(&said), &reading, seen, &mut out);
        }
        // Reading counts no steps of its own; a square would take minutes.
        assert!(
            begin.elapsed().as_secs() < 20,
            "{:?}",
            &text[..text.len().min(20)]
        );
        assert!(out.len() <= matcher.rules.signals.len());
        assert!(out.iter().all(|draft| draft.spans.len() <= SPANS_MAX));
        super::steps::taken()
    };
    for unit in hostile() {
        let of_length = |bytes: usize| -> String {
            // Whole units, so that a word cut off at the end is not read as another at one length only.
            if unit.len() < 64 {
                return unit.repeat(bytes / unit.len());
            }
            let full = unit.chars().cycle().scan(0, |length, c| {
                *length += c.len_utf8();
                (*length <= bytes).then_some(c)
            });
            full.collect()
        };
        let mut length = 8 * 1024;
        let mut once = steps(&of_length(length));
        while 2 * length <= TEXT_BYTES_MAX {
            let twice = steps(&of_length(2 * length));
            assert!(
                twice * 10 <= once * 22 + 50_000,
                "{:?} at {length} bytes: {once} steps, twice as long {twice}",
                unit.chars().take(20).collect::<String>()
            );
            (once, length) = (twice, 2 * length);
        }
    }
}

#[test]
fn folding_makes_no_more_than_eighteen_characters_of_one() {
    struct Count(usize);
    impl crate::text::Sink for Count {
        fn push(&mut self, _c: char, _raw: u32) {
            self.0 += 1;
        }
    }
    for unit in ["\u{301}", "a", " ", "·", "\u{fdfa}", "死", "\u{202e}", "\r"] {
        let text = unit.repeat(TEXT_BYTES_MAX / unit.len());
        let mut count = Count(0);
        fold_into(&text, &mut count);
        assert!(
            count.0 <= 18 * text.chars().count(),
            "{unit:?}: {}",
            count.0
        );
    }
}

/// Rules with one signal and one guard of each kind.
fn guarded() -> super::Matcher {
    let files = [
        ("pack.yaml", "name: g\nversion: '1'\nengine: '0.1'\n"),
        ("lexicons/hit.txt", "自杀\n"),
        ("lexicons/not.txt", "没有\n"),
        ("lexicons/after.txt", "率\n"),
        ("lexicons/name.txt", "自杀小队\n"),
        ("lexicons/news.txt", "新闻\n"),
        (
            "signals/s.yaml",
            "guards:\n  - {id: before, kind: before, lexicon: not, within: 3}\n  - {id: after, kind: after, lexicon: after, within: 0}\n\
             \x20 - {id: covers, kind: covers, lexicon: name}\n  - {id: statement, kind: statement, lexicon: news}\n\
             signals:\n  - {id: hit, fields: [chat], lexicons: [hit], unless: [before, after, covers, statement]}\n",
        ),
        (
            "rules/r.yaml",
            "rules:\n  - {id: r, title: {zh: a, en: a}, owner: o, reason: r, false_alarms: f, state: live, \
             when: \"within('hit', '1d')\", gives: {type: SELF_HARM, intent: 3, points: 1, half_life: 1d}}\n",
        ),
        ("triage.yaml", include_str!("../../rules/triage.yaml")),
        (
            "playbooks/h.yaml",
            include_str!("../../rules/playbooks/help.yaml"),
        ),
    ];
    let mut files: std::collections::BTreeMap<String, String> = files
        .into_iter()
        .map(|(n, t)| (n.to_owned(), t.to_owned()))
        .collect();
    // The pack's modifiers name its own signals; this test has none of them.
    let triage = files.remove("triage.yaml").expect("just inserted");
    let (head, rest) = triage.split_once("modifiers:").expect("it has modifiers");
    let tail = rest.find("\nraise_at_most").map_or("", |at| &rest[at..]);
    files.insert(
        "triage.yaml".to_owned(),
        format!("{head}modifiers: []{tail}"),
    );
    let rules = crate::rules::load_files(&files).unwrap_or_else(|problems| panic!("{problems}"));
    super::Matcher::new(Arc::new(rules)).expect("the automata")
}

#[test]
fn a_guard_excuses_its_own_statement_only() {
    let matcher = guarded();
    for (text, spans) in [
        ("我想自杀", vec![(2, 4)]),
        ("我没有自杀", vec![]),
        ("我没有,自杀", vec![(4, 6)]),
        ("没有想过要自杀", vec![]),
        ("没有想过想要自杀", vec![(6, 8)]),
        ("自杀率", vec![]),
        ("自杀小队好看", vec![]),
        ("看了自杀小队后我想自杀", vec![(9, 11)]),
        ("新闻里说自杀", vec![]),
        ("新闻。我想自杀", vec![(5, 7)]),
        ("我没有自杀。但我想自 杀", vec![(9, 12)]),
        ("想自\u{200b}殺", vec![(1, 4)]),
    ] {
        let found = matcher.scan_text(text);
        let found: Vec<(u32, u32)> = found
            .iter()
            .flat_map(|d| &d.spans)
            .map(|s| (s.start, s.end))
            .collect();
        assert_eq!(found, spans, "{text}");
    }
}

#[test]
fn no_shop_pest_or_yesterday_in_the_sentence_hides_who_says_it_outright() {
    // What is told, quoted or tested may be in these very words; it is offered help all the same.
    const TOLD: [&str; 4] = ["media", "works-told", "staff-frames", "staff-tests"];
    const CHINESE: [&str; 3] = [
        "我今晚就要结束自己的生命",
        "我已经决定去死了",
        "遗书写好了,今晚就走",
    ];
    const ENGLISH: [&str; 3] = [
        "i am going to kill myself tonight",
        "i have decided to kill myself on friday",
        "i wrote my suicide note and i am doing it tonight",
    ];
    const OUTRIGHT: [&str; 7] = [
        "plan-with-time",
        "core-plan",
        "decided",
        "suicide-letter",
        "en-plan",
        "en-timed",
        "wider-plan",
    ];
    let matcher = shipped();
    let guards = || matcher.rules().guards.iter();
    let told: Vec<&String> = guards()
        .filter(|guard| TOLD.contains(&&*guard.id))
        .flat_map(|guard| &guard.terms)
        .collect();
    assert!(
        TOLD.iter()
            .all(|id| guards().any(|guard| &&*guard.id == id))
    );
    let (mut asked, mut hidden) = (0, Vec::new());
    let statements = guards().filter(|guard| guard.kind == GuardKind::Statement);
    for guard in statements.filter(|guard| !TOLD.contains(&&*guard.id)) {
        let some = guard.terms.iter().step_by(guard.terms.len() / 40 + 1);
        for (term, at) in some.zip((0..3).cycle()) {
            let text = match term.is_ascii() {
                true => format!("{term}, {}", ENGLISH[at]),
                false => format!("{term},{}", CHINESE[at]),
            };
            if told.iter().any(|term| text.contains(term.as_str())) {
                continue;
            }
            asked += 1;
            let found = matcher.scan_text(&text);
            if !found.iter().any(|draft| OUTRIGHT.contains(&&*draft.name)) {
                hidden.push(format!("{}: {text}", guard.id));
            }
        }
    }
    assert!(asked > 1000, "{asked} terms were asked about");
    assert!(
        hidden.is_empty(),
        "{}\n{} of {asked}",
        hidden.join("\n"),
        hidden.len()
    );
}
