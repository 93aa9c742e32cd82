//! The gate against a plain search, guards one by one, spans in the raw text.

use std::sync::Arc;

use proptest::prelude::*;

use super::gate::Gate;
use super::literals::stands_alone;
use crate::text::{Shapes, fold, fold_into, fold_mapped};

proptest! {
    #[test]
    fn a_text_with_a_literal_always_passes_the_gate(
        literals in prop::collection::vec("[a-z]{2,6}|[死活想走离开农药了]{1,4}|[a-z]{1,2}[想走]", 1..20),
        before in "\\PC{0,12}",
        after in "\\PC{0,12}",
        pick in any::<prop::sample::Index>(),
    ) {
        let mut gate = Gate::new(&Shapes::default());
        for literal in &literals {
            gate.add(&fold(literal), false, super::gate::Waiting::alone());
        }
        let text = format!("{before} {} {after}", pick.get(&literals));
        let folded = fold(&text);
        gate.finish();
        if literals.iter().any(|l| folded.contains(&fold(l))) {
            prop_assert!(gate.look(&text).written, "{:?} in {:?}", literals, text);
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

#[test]
fn hostile_texts_take_linear_time() {
    // Steps are counted by the sink: one call for each folded character, whatever the text is made of.
    struct Count(usize);
    impl crate::text::Sink for Count {
        fn push(&mut self, _c: char, _raw: u32) {
            self.0 += 1;
        }
    }
    for unit in ["\u{301}", "a", " ", "·", "\u{fdfa}", "死", "\u{202e}", "\r"] {
        let text = unit.repeat(64 * 1024 / unit.len());
        let mut count = Count(0);
        fold_into(&text, &mut count);
        // The longest expansion in Unicode is 18 characters.
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
