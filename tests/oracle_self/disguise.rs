//! Terms in disguise: sections 1.2 to 1.4 and 1.6, and what section 3 makes of them.

use super::oracle::Oracle;
use super::oracle::matching::Guise::{self, Bare, Folded, Loose, Raw, Sound};
use super::oracle::matching::Span;
use super::oracle::pieces::{Kind, cut};
use super::oracle::units::{Sounds, class};
use super::small::{self, chat, rule};
use super::{HOUR, explain, judge};

fn looking_for(terms: &str) -> Oracle {
    Oracle::load(small::disguised(terms, "", "").path()).unwrap()
}

fn sights(oracle: &Oracle, text: &str) -> Vec<(Span, Guise)> {
    oracle.sights("low", text).into_iter().collect()
}

/// The views of all hits.
fn guises(oracle: &Oracle, text: &str) -> Vec<Guise> {
    oracle.sights("low", text).into_values().collect()
}

/// Where readings, that may see the same, are not asked.
fn check_hidden(oracle: &Oracle, table: &[(&str, &[Guise])]) {
    for (text, expected) in table {
        let sights = oracle.sights("hidden", text);
        assert_eq!(
            sights.into_values().collect::<Vec<_>>(),
            *expected,
            "{text:?}"
        );
    }
}

fn check(oracle: &Oracle, table: &[(&str, &[Guise])]) {
    for (text, expected) in table {
        assert_eq!(guises(oracle, text), *expected, "{text:?}");
    }
}

/// One letter a piece: Han, Word, Number, Emoji, Other, mark left out, Barrier.
fn kinds(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let letter = |kind| match kind {
        Kind::Han => 'H',
        Kind::Word => 'W',
        Kind::Number => 'N',
        Kind::Emoji => 'E',
        Kind::Other => 'O',
        Kind::Mark => '-',
        Kind::Barrier => 'B',
    };
    let pieces = cut(&text, |c| c == '🔥');
    pieces.iter().map(|piece| letter(piece.kind)).collect()
}

#[test]
fn cuts_pieces_and_finds_barriers() {
    for (text, expected) in [
        ("", ""),
        ("好困a1b22🔥한", "HHWEO"),
        ("🔥1,22", "ENBN"),
        // Signs belong to a word where a letter or digit follows.
        ("a!b|c*d@e$f", "W"),
        ("$a", "W"),
        ("@5", "N"),
        ("!a", "-W"),
        ("a!!b", "W-W"),
        ("ab! bc", "WBW"),
        // A slight mark between words of letters.
        ("ab!!bc", "W-W"),
        ("ab.-.bc", "W-W"),
        ("ab....bc", "WBW"),
        ("ab - bc", "W-W"),
        ("ab\nbc", "WBW"),
        ("ab.12", "WBN"),
        ("$$ab", "-W"),
        // One space beside a word.
        ("ab cd", "W-W"),
        ("好困 cd 好困", "HH-W-HH"),
        ("ab  cd", "W-W"),
        ("ab    cd", "WBW"),
        ("12 34", "NBN"),
        ("ab,cd", "W-W"),
        // Eight characters beside a stretch of one.
        ("好困。困", "HH-H"),
        ("好困,,,,,,,,困困", "HHBHH"),
        ("好,,,,,,,,困困", "H-HH"),
        ("好,,,,,,,,,困困", "HBHH"),
        ("好\n困。心累", "H-H-HH"),
        ("..好困..", "-HH-"),
    ] {
        assert_eq!(kinds(text), expected, "{text:?}");
    }
}

#[test]
fn undoes_parts_looks_and_repeats() {
    let oracle = looking_for("难受\n不想活了\n");
    let bare = |text| {
        let all = sights(&oracle, text);
        all.into_iter()
            .filter(|(_, guise)| *guise == Bare)
            .map(|(span, _)| span)
            .collect::<Vec<_>>()
    };
    // Two parts, three parts, and not across a mark.
    assert_eq!(bare("我又隹受"), [(1, 4)]);
    assert_eq!(bare("不想氵千口了"), [(0, 6)]);
    assert_eq!(bare("不想水舌了"), [(0, 5)]);
    check(
        &looking_for("不想活\n"),
        &[("不想水舌", &[Bare]), ("不想水,舌", &[])],
    );
    // Rare and common look-alikes; a wanted one stays itself.
    assert_eq!(bare("寉受"), [(0, 2)]);
    assert_eq!(bare("谁受"), [(0, 2)]);
    assert_eq!(bare("活受"), []);
    // Repeats, also across a mark that is left out; the stretch grows.
    assert_eq!(bare("难难受受了"), [(0, 4)]);
    assert_eq!(bare("难,难难受"), [(0, 5)]);
    assert_eq!(bare("难。受"), [(0, 3)]);
    assert_eq!(bare("好难。受了"), []);
    // Reversed from three characters on, neighbours swapped from four on.
    assert_eq!(bare("受难"), []);
    assert_eq!(bare("了活想不"), [(0, 4)]);
    assert_eq!(bare("想不活了"), [(0, 4)]);
    assert_eq!(bare("不想了活"), [(0, 4)]);
    assert_eq!(bare("了想活不"), []);
    // What is neither Han nor left out stands between.
    assert_eq!(bare("难3受"), []);
    assert_eq!(bare("难a受"), []);
}

#[test]
fn of_several_wanted_characters_the_smallest_counts() {
    // 茱 is a rare look-alike of both 花 and 茶, 亻匕 are the parts of both 仑 and 化. That a term is
    // not looked for itself keeps its characters wanted.
    check(&looking_for("茶香\n"), &[("茱香", &[Bare])]);
    check(&looking_for("茶香\n花a\n"), &[("茱香", &[])]);
    check(&looking_for("花香\n茶a\n"), &[("茱香", &[Bare])]);
    check(&looking_for("化了\n"), &[("亻匕了", &[Bare])]);
    check(&looking_for("化了\n仑a\n"), &[("亻匕了", &[])]);
}

#[test]
fn a_term_with_repeats_is_looked_for_without() {
    let oracle = looking_for("天天难受\n");
    check(
        &oracle,
        &[
            ("天难受", &[Bare]),
            ("天天天难受", &[Bare, Raw]),
            // A swap may bring equal neighbours apart.
            ("天难天受", &[Bare]),
        ],
    );
    // The plain hit and the one that the bare view makes of the longer stretch are two.
    let expected = [((0, 5), Bare), ((1, 5), Raw)];
    assert_eq!(sights(&oracle, "天天天难受"), expected);
}

#[test]
fn reads_words_by_their_keys() {
    let oracle = looking_for("so very tired\n");
    check(
        &oracle,
        &[
            ("so very tired", &[Raw]),
            ("SO very tired", &[Raw]),
            ("ѕo very tired", &[Folded]),
            ("s0 v3ry t1r*ed", &[Bare]),
            ("5o very t|red", &[Bare]),
            ("$oo veryy tiiired", &[Bare]),
            ("sov3rytired", &[Bare]),
            ("s.o v.e.r.y t.i.r.e.d", &[Bare]),
            ("so very, tired", &[]),
            // Reversed as a whole, one word reversed, rotated or without a vowel.
            ("derit yrev os", &[Bare]),
            ("so yrev tired", &[Bare]),
            ("so irel tired", &[Bare]),
            ("so very gverq", &[Bare]),
            ("so vry tired", &[Bare]),
            ("so very tird", &[Bare]),
            // Only where the reading has it.
            ("so very trd", &[Sound]),
            ("os very tired", &[]),
            ("s very tired", &[]),
            // Eight keys or more stand inside a word as well.
            ("xso v3ry tiredx", &[Bare]),
        ],
    );
    assert_eq!(sights(&oracle, "oh sso very tired!"), [((3, 17), Bare)]);
}

#[test]
fn short_forms_stand_free_and_shorter_ones_are_none() {
    // Seven keys.
    let oracle = looking_for("so tired\n");
    check(
        &oracle,
        &[
            ("s0 tired", &[Bare]),
            ("我s0 tired了", &[Bare]),
            ("xs0 tired", &[]),
            ("s0 tired22x", &[]),
            // Eight characters: reversed.
            ("derit os", &[Bare]),
        ],
    );
    // Seven characters are reversed as the word that they are.
    check(
        &looking_for("a tired\n"),
        &[("a t1red", &[Bare]), ("derit a", &[])],
    );
    check(&looking_for("atired\n"), &[("derit4", &[Bare])]);
    // Six keys, and five in the form with a vowel left out.
    check(
        &looking_for("sadly i\n"),
        &[("$adly i", &[Bare]), ("sdly i", &[])],
    );
    check(
        &looking_for("i cry\n"),
        &[("1 cry", &[Sound]), ("i cry", &[Raw])],
    );
    // Five keys: only the reading sees it.
    check(&looking_for("so fed\n"), &[("s0 fed", &[Sound])]);
}

#[test]
fn classes_of_syllables() {
    for (one, other, same) in [
        ("zhang", "zan", true),
        ("chi", "ci", true),
        ("shen", "seng", true),
        ("nan", "lang", true),
        ("xing", "xin", true),
        ("huang", "huan", true),
        ("n", "l", false),
        ("ng", "n", false),
        ("dong", "don", false),
        ("hui", "fei", false),
    ] {
        assert_eq!(class(one) == class(other), same, "{one} {other}");
    }
}

#[test]
fn cuts_letters_into_syllables() {
    let sounds = Sounds::new();
    let spelled = |word: &str| {
        let text: Vec<char> = word.chars().collect();
        let looks = super::oracle::looks::Looks::new(std::iter::empty());
        let units = sounds.units(&text, &cut(&text, |_| false), &looks);
        let units = units
            .iter()
            .map(|unit| text[unit.span.0..unit.span.1].iter().collect());
        units.collect::<Vec<String>>().join(" ")
    };
    for (word, expected) in [
        ("nanshou", "nan shou"),
        ("xian", "xian"),
        ("fangan", "fang an"),
        ("bxhl", "b x h l"),
        ("bxianghl", "b xiang h l"),
        ("n*an2shou", "n*an shou"),
        // Twenty for two syllables, less than thirty-five for a syllable and a letter.
        ("nana", "na na"),
        ("1234", "1 2 3 4"),
        ("12345", "12345"),
    ] {
        assert_eq!(spelled(word), expected, "{word}");
    }
    let most = "b".repeat(40);
    assert_eq!(spelled(&most).len(), 79);
    assert_eq!(spelled(&format!("{most}1")).len(), 79);
    assert_eq!(spelled(&format!("{most}b")), format!("{most}b"));
}

#[test]
fn hears_terms_of_four() {
    let oracle = looking_for("不想活了\n");
    check(
        &oracle,
        &[
            ("不象活了", &[Sound]),
            ("补像货乐", &[Sound]),
            ("bu想huo了", &[Sound]),
            ("不 xiang 活 le", &[Sound]),
            ("不。象。活。了", &[Sound]),
            ("好不,象活了", &[]),
            ("不想🔥了", &[Sound]),
            ("8想活6", &[Sound]),
            // Nothing but the exact syllable from letters; classes are for characters.
            ("不xian活了", &[]),
            ("不现活了", &[Sound]),
            // One by class only and one from an ordinary word.
            ("不现货了", &[]),
            ("不想火了", &[Sound]),
            // 不详 is a word.
            ("不详活了", &[Loose]),
            // A digit before a counter or another digit.
            ("不想活6个", &[]),
            ("不想活6 个", &[Sound]),
            ("不想活66", &[]),
            ("不想活6,", &[Sound]),
            ("8个想活了", &[]),
        ],
    );
    assert_eq!(sights(&oracle, "我bu2xiang3 活6!"), [((1, 13), Sound)]);
}

#[test]
fn hears_single_letters() {
    let oracle = looking_for("不想活了\n");
    check(
        &oracle,
        &[
            ("不想hl", &[Sound]),
            ("不xhl", &[Loose]),
            ("不xhle", &[Sound]),
            // Not here and there.
            ("b想hl", &[]),
            ("b想hle", &[]),
            ("不想h乐", &[Sound]),
            // Nothing left out between.
            ("不想h 了", &[]),
            ("不想.h了", &[]),
            // Not with digits.
            ("不想h6", &[]),
            // Letters alone make one run by itself.
            ("bxhl", &[Loose]),
            ("我bxhl了", &[Loose]),
            ("bxhuol", &[]),
            ("bxhuole", &[Sound]),
            ("bxhlx", &[]),
            ("abxhl", &[]),
            ("bxhl2", &[]),
            ("b*xhl", &[]),
            ("b3xhl", &[Loose]),
        ],
    );
    check(
        &looking_for("难受\n"),
        &[("nsh", &[]), ("难s", &[]), ("n受", &[])],
    );
}

#[test]
fn hears_terms_of_two_and_three() {
    check_hidden(
        &looking_for("难受\n"),
        &[
            ("南受", &[Sound]),
            ("难shou", &[Sound]),
            ("南瘦", &[Loose]),
            ("nanshou", &[Loose]),
            ("南shou", &[Loose]),
            ("蓝受", &[]),
            // 海南 is a word, and only the other unit is asked.
            ("海南受", &[]),
            ("南享受", &[]),
            ("南受罪", &[Sound]),
        ],
    );
    check_hidden(
        &looking_for("心好累\n"),
        &[
            ("心豪累", &[Sound]),
            ("新豪垒", &[Sound]),
            ("星好累", &[Loose]),
            ("xin好累", &[Sound]),
            ("心hl", &[Loose]),
            ("心hao累", &[Sound]),
        ],
    );
}

#[test]
fn hears_at_most_four_digits() {
    check(
        &looking_for("要不要\n"),
        &[("181", &[Loose]), ("要8要", &[Sound])],
    );
    let oracle = looking_for("不了一二三\n");
    check(
        &oracle,
        &[
            ("8612三", &[Sound]),
            ("不6123", &[]),
            ("8 6 1 2 三", &[Sound]),
            ("86 12三", &[]),
        ],
    );
}

#[test]
fn a_rare_look_alike_is_heard_as_what_it_looks_like() {
    // 寉 looks like 难; both are in one hit of sound, and 难 is then the very character.
    let oracle = looking_for("难受\n");
    check(
        &oracle,
        &[("寉瘦", &[Sound]), ("寉受", &[Bare]), ("谁瘦", &[])],
    );
}

#[test]
fn long_terms_and_terms_without_a_syllable_are_not_heard() {
    check(
        &looking_for("天还没亮我就困了\n"),
        &[("天还没量我就困了", &[Sound])],
    );
    check(
        &looking_for("天还没亮我就好困了\n"),
        &[("天还没量我就好困了", &[])],
    );
    check(&looking_for("困\n"), &[("kun", &[]), ("困", &[Raw])]);
    check(&looking_for("困㐀\n"), &[("kun㐀", &[]), ("困㐀", &[Raw])]);
}

#[test]
fn guards_are_asked_about_disguises_too() {
    let oracle = looking_for("难受\n");
    check(&oracle, &[("不南受", &[]), ("不,南受", &[Sound])]);
    // Only a signal that asks for it looks deeper.
    assert!(oracle.hits("wish", "想,死").is_empty());
}

#[test]
fn the_very_term_is_no_disguise() {
    let hidden = |terms: &str, text: &str| {
        looking_for(terms)
            .sights("hidden", text)
            .into_values()
            .collect::<Vec<_>>()
    };
    assert_eq!(hidden("难受\n", "好难受,難受,难 受"), []);
    assert_eq!(hidden("难受\n", "难受受"), [Bare]);
    assert_eq!(hidden("难受\n", "很难.受了"), []);
    assert_eq!(hidden("难受\n", "难.受"), [Bare]);
    assert_eq!(hidden("天天难受\n", "天天难受"), []);
    assert_eq!(hidden("天天难受\n", "天难受"), [Bare]);
    assert_eq!(hidden("so very tired\n", "So very tired"), []);
    assert_eq!(hidden("so very tired\n", "So verry tired"), [Bare]);
    // One term may be the disguise of another.
    assert_eq!(hidden("不想活了\n了活想不\n", "不想活了"), [Bare]);
}

#[test]
fn a_disguise_weighs_less() {
    let gives = "type: UNCLEAR, intent: 2, points: 1, half_life: 2h";
    let two = rule("r", "within('low', '1d')", gives) + &rule("s", "within('calm', '1d')", gives);
    let level = |main: &str, lines: &[String]| {
        let oracle = Oracle::load(small::disguised("难受\n", main, &two).path()).unwrap();
        judge(&oracle, lines).level
    };
    let weights = "unmasking: {bare: 1, sound: 0.999, loose: 0.4}\n";
    let one = |text| [chat("1", 0, text)];
    assert_eq!(level(weights, &one("难受")), "ELEVATED");
    assert_eq!(level(weights, &one("难,受")), "ELEVATED");
    assert_eq!(level(weights, &one("南受")), "NONE");
    assert_eq!(level("", &one("南受")), "ELEVATED");
    assert_eq!(level(weights, &one("南受,难受")), "ELEVATED");
    // What was seen at the anchor's time counts, not what was seen before.
    let later = [chat("1", 0, "南瘦"), chat("2", HOUR, "南受")];
    assert_eq!(level(weights, &later), "NONE");
    let together = [chat("1", 0, "南瘦"), chat("2", 0, "难受")];
    assert_eq!(level(weights, &together), "ELEVATED");
    assert!(Oracle::load(small::disguised("难受\n", "unmasking: {bare: 1}\n", "").path()).is_err());
}

#[test]
fn remembers_the_plainest_view() {
    let oracle = looking_for("难受\n");
    let steps = explain(&oracle, &[chat("1", 0, "你好,南瘦,南受,寉受")]);
    assert_eq!(steps[0].signals, ["calm", "low"]);
    assert_eq!(steps[0].guises, [Raw, Bare]);
}
