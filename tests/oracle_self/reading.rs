//! Readings: section 1.5.

use super::oracle::Oracle;
use super::oracle::english::{LANGUAGE, bones, key, long_sound, sound};
use super::oracle::fold::Folder;
use super::oracle::matching::Guise::{self, Loose, Raw, Sound};
use super::oracle::matching::Span;
use super::oracle::reading::readings;
use super::small;

fn read(text: &str) -> Vec<String> {
    let folded = Folder::new().fold(text);
    readings(&folded)
        .iter()
        .map(|reading| reading.folded.text())
        .collect()
}

fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(read(text), *expected, "{text:?}");
    }
}

fn sights(terms: &str, text: &str) -> Vec<(Span, Guise)> {
    let oracle = Oracle::load(small::disguised(terms, "", "").path()).unwrap();
    oracle.sights("plain", text).into_iter().collect()
}

#[test]
fn keys_bones_and_sounds() {
    for (word, expected) in [
        ("t1r3d", "tired"),
        ("k!ll", "ki"),
        ("$a++((<", "satc"),
        ("2b", "b"),
    ] {
        assert_eq!(key(word), expected, "{word}");
    }
    assert_eq!(
        [bones("sleepy"), bones("b8dd"), bones("you")],
        ["slp", "bd", ""]
    );
    for (word, expected) in [
        ("though", "FO"),
        ("caught", "KOT"),
        ("weight", "WAT"),
        ("would", "WUD"),
        ("night", "NIT"),
        ("ghost", "GOST"),
        ("aghast", "AST"),
        ("known", "NON"),
        ("climb", "KLIM"),
        ("climber", "KLIMBY"),
        ("city", "SITI"),
        ("quick", "KWIK"),
        ("boxes", "BOKSES"),
        ("make", "MAK"),
        ("the", "FE"),
        ("toughe", "TO"),
        ("heart", "HYT"),
        ("early", "YLI"),
        ("fury", "FURI"),
        ("sofa", "SOFY"),
        ("spa", "SPA"),
        ("young", "QONG"),
        ("lower", "LOWY"),
        ("lowly", "LOLI"),
        ("knighted", "NITED"),
        ("eyes", "IS"),
        ("m8", "MQ"),
    ] {
        assert_eq!(sound(word), expected, "{word}");
    }
    for (word, expected) in [
        ("early", "AL"),
        ("young", "QNG"),
        ("together", "TGF"),
        ("daddy", "DD"),
    ] {
        assert_eq!(long_sound(word), expected, "{word}");
    }
}

#[test]
fn what_a_written_word_means() {
    for (written, expected) in [
        // Nothing: a word, too short, without a letter, too long.
        ("tired", None),
        ("do'nt", None),
        ("x", None),
        ("123", None),
        ("tiiiiiiiiiiiiiiiiiiiiiired", None),
        // Stars.
        ("ti*ed", Some("tired")),
        ("t***d", None),
        ("t1*ed", None),
        // The same key, also without its apostrophes.
        ("t1red", Some("tired")),
        ("tiiired", Some("tired")),
        ("t'i'r'3'd", Some("tired")),
        // Reversed and swapped, as written and by the key.
        ("derit", Some("tired")),
        ("tierd", Some("tired")),
        ("t1erd", Some("tired")),
        // One character more or less.
        ("nothng", Some("nothing")),
        ("nothinkg", Some("nothing")),
        // Bones.
        ("frvr", Some("forever")),
        // Sounds.
        ("nevva", Some("never")),
        // Rotated.
        ("gverq", Some("tired")),
    ] {
        assert_eq!(LANGUAGE.means(written), expected, "{written}");
    }
    assert_eq!(LANGUAGE.parted("iamtired").unwrap(), ["i", "am", "tired"]);
    assert_eq!(LANGUAGE.parted("qqq"), None);
}

#[test]
fn spelled_out_text_is_written_together() {
    check(&[
        ("t i r e d", &["tired"]),
        ("so t.i.r.e.d now", &["so tired now"]),
        ("t-i-r-e-d", &["tired"]),
        ("s o  t i r e d", &["so tired"]),
        ("s.o.t.i.r.e.d", &["so tired"]),
        ("t.i.r.3.d", &["tired"]),
        // Less than two thirds are letters, but of the last three.
        ("t.1.r.3.d", &["t.1.red"]),
        // Two and three are too few, and digits are no word.
        ("s o cold", &[]),
        ("s<a<d", &[]),
        ("s<a<d<d", &["sad"]),
        ("1 2 3 a", &[]),
        // Changed, whether or not it reads otherwise.
        ("o-k", &["ok"]),
        // Not one and the same character.
        ("a.m,x", &[]),
    ]);
}

#[test]
fn words_signs_and_letters_are_read() {
    check(&[
        ("so t1red!", &["so tired!"]),
        ("so $leepy", &["so sleepy"]),
        ("gr8 2day", &["great today"]),
        // Single letters beside words.
        ("how r u", &["how are you"]),
        ("u know", &["you know"]),
        ("b 2 cold", &["b to cold"]),
        ("room 2", &[]),
        ("room 2, u", &[]),
        // Signs of Chinese.
        ("累ㄋ", &["累了"]),
        ("ㄋ", &[]),
        ("累 💤 ⏰", &["累 睡 醒"]),
        ("💤💤累", &["睡睡累"]),
        ("💤", &[]),
        ("ok💤ok", &["ok sleep ok"]),
        ("ok 💤", &["ok sleep"]),
        // Only what is heard: one reading; both: two.
        ("在芥", &["在界"]),
        ("累ㄋ芥", &["累了芥", "累了界"]),
        ("eye t1red", &["eye tired", "i tired"]),
    ]);
}

#[test]
fn guises_of_chinese_words_are_read() {
    let table: &[(&str, &str, &[&str])] = &[
        ("a homophone", "不项活了", &["不想活了"]),
        ("a rare look-alike", "恚死", &["想死"]),
        (
            "a common look-alike in a longer word",
            "生不如歼",
            &["生不如死"],
        ),
        ("a common look-alike in a word of two", "悲死", &[]),
        ("one drawn nearly alike in a word of two", "慧死", &["想死"]),
        ("all characters of a word in looks", "目条", &["自杀"]),
        ("all characters of another word", "句话", &[]),
        ("a word in signs and in looks", "要经主", &["要轻生"]),
        ("a word in signs and in looks by sound", "要青生", &[]),
        ("a digit", "想4了", &["想死了"]),
        ("a digit at the beginning", "8想活", &["不想活"]),
        ("a digit for another syllable", "想5了", &[]),
        ("pinyin without a space", "不xiang活了", &["不想活了"]),
        ("pinyin with spaces", "不 xiang 活 le", &["不想活了"]),
        ("nothing but pinyin", "bu  xiang huo le", &["不想活了"]),
        ("pinyin after another mark", "南-shou", &["南-show"]),
        ("pinyin written together", "nanshou", &[]),
        ("pinyin behind an apostrophe", "难'shou", &["难'show"]),
        ("pinyin of a class only", "不xian活", &[]),
        ("a digit and letters", "不 4 xin", &[]),
        ("all by sound", "桶裤", &[]),
        ("all by sound, a word in sounds", "南瘦", &["难受"]),
        (
            "the same is only heard",
            "不项活,南瘦",
            &["不想活,南瘦", "不想活,难受"],
        ),
        ("by sound, half an ordinary word", "好南瘦子", &[]),
        ("all by sound, letters too", "南shou", &["南show"]),
        ("two of three, one by looks", "乙辇子", &[]),
        ("two of three of a word in looks", "不恚货", &["不想活"]),
        ("all by looks, a word in looks", "恚毙", &["想死"]),
        ("all, one by looks, a word in looks", "恚斯", &["想死"]),
        ("all, one a digit", "4乐", &[]),
        ("two of three by sound", "不项货", &["不想活"]),
        ("an ordinary word", "轻声", &[]),
        ("beside an ordinary word", "海南受", &[]),
        ("a longer ordinary word", "没遗址", &[]),
        ("the very character of an ordinary word", "活卓越", &[]),
        (
            "the very characters are not asked",
            "不想货了",
            &["不想活了"],
        ),
        ("the word as it stands", "不想活了", &[]),
        ("a word of the table protects its characters", "该死", &[]),
        ("only its own characters", "等死,登死", &["等死,等死"]),
        ("a part that few characters share", "埋由", &["理由"]),
        ("one a part of the other", "原望", &["愿望"]),
        ("a part that many share", "沅着", &[]),
        ("the longer word", "先走一布", &["先走一步"]),
        (
            "the shorter one where the longer does not count",
            "不项活6个",
            &["不想活6个"],
        ),
        ("a digit before a counter", "想4天", &[]),
        ("a digit before a point", "想4.", &[]),
        ("a digit, a space and a counter", "想4 天", &["想死 天"]),
        ("a digit that is not the last", "活8下去", &["活不下去"]),
        ("a digit beside a digit", "想44", &[]),
        ("plain and heard", "项死,想4", &["想死,想4", "想死,想死"]),
        ("before a sign", "世芥,在芥", &["世界,在芥", "世界,在界"]),
        (
            "before an english word",
            "so t1red xiang si",
            &["so tired 想死"],
        ),
        (
            "heard behind fillers",
            "好☆好☆想4",
            &["好好想4", "好好想死"],
        ),
        ("a word in signs by a digit", "定好6", &["定好了"]),
        ("a word in signs by another character", "定好乐", &[]),
        ("digits and signs in a syllable", "j1 hu@", &["计划"]),
        ("what is in use stands for no look-alike", "还想活", &[]),
        ("all characters of three are others", "窝步像", &["我不想"]),
        ("all characters of two are others", "步像", &[]),
        ("guises that overlap", "我不项货了", &["我不想活了"]),
        (
            "across white space that was dropped",
            "我们卟 洅累ㄋ",
            &["我们不再累了"],
        ),
    ];
    for (what, text, expected) in table {
        assert_eq!(read(text), *expected, "{what}: {text:?}");
    }
}

#[test]
fn what_is_done_to_writing_itself_is_undone() {
    check(&[
        ("了上不用我", &["我用不上了"]),
        ("了上不用我 了没就我底月", &["我用不上了月底我就没了"]),
        ("死我刻此门敲要不!", &["不要敲门此刻我死!"]),
        ("了解一下", &[]),
        ("x了上不用我", &[]),
        ("还亻责三十万", &["还债三十万"]),
        ("马上好", &[]),
        ("足艮着", &["跟着"]),
        ("都都好,我我我走", &["都好,我走"]),
        ("哈哈哈", &[]),
        ("好好", &[]),
    ]);
}

#[test]
fn hits_in_guises() {
    for (text, expected) in [
        ("我说bu xiang huo le!", vec![((2, 17), Sound)]),
        ("不项活了,不想活了", vec![((0, 4), Sound), ((5, 9), Raw)]),
        ("不项活ㄋ", vec![((0, 4), Sound)]),
        // A digit in a word of three characters is not only heard.
        ("8想活了", vec![((0, 4), Sound)]),
        ("8想活6", vec![((0, 4), Sound)]),
        ("8想活6个", vec![]),
    ] {
        assert_eq!(sights("不想活了\n", text), expected, "{text:?}");
    }
    // One change that is heard.
    assert_eq!(sights("想死\n", "要4,想4"), [((3, 5), Loose)]);
    // Two changes that are heard.
    assert_eq!(sights("想死救我\n", "想4救5"), [((0, 4), Sound)]);
    // Only the units that differ are changed.
    assert_eq!(sights("不想\n", "不项活了"), [((0, 2), Sound)]);
}

#[test]
fn fillers_are_taken_out() {
    check(&[
        ("好…困", &[]),
        ("好1好1困", &["好好困"]),
        ("好1好2困", &[]),
        ("好,好,困", &[]),
        ("好☆好☆困☆", &["好好困☆"]),
        ("好☆好☆困1好1困", &["好好困好困"]),
        ("好x好x困", &["好好困"]),
    ]);
}

#[test]
fn hits_count_where_they_overlap_a_change() {
    for (text, expected) in [
        ("好困", vec![((0, 2), Raw)]),
        ("好困,累ㄋ", vec![((0, 2), Raw), ((3, 5), Sound)]),
        ("累俄了", vec![]),
        ("累嘞", vec![((0, 2), Loose)]),
        ("很累嘞", vec![((1, 3), Loose)]),
        ("好☆困☆了", vec![((0, 3), Sound)]),
        // Patterns, and guards that only the reading has.
        ("s00 cold", vec![((0, 8), Sound)]),
        ("s0o  v3ry cold", vec![((0, 14), Sound)]),
        ("卟累ㄋ", vec![]),
        ("卟,累ㄋ", vec![((2, 4), Sound)]),
        ("我们卟累ㄋ", vec![]),
        ("我们卟 佷累ㄋ", vec![((5, 7), Sound)]),
    ] {
        assert_eq!(sights("好困\n累了\n", text), expected, "{text:?}");
    }
    // Two that are heard are enough.
    assert_eq!(sights("界了\n", "芥嘞"), [((0, 2), Sound)]);
    // Everything that stands for a word.
    assert_eq!(
        sights("so tired\n", "I'm s00 t i r e d."),
        [((4, 17), Sound)]
    );
}

#[test]
fn a_signal_of_a_reading_is_remembered() {
    let oracle = Oracle::load(small::disguised("累了\n", "", "").path()).unwrap();
    let body = serde_json::json!({"orderId": "a", "deliveryNote": "累ㄋ"});
    let steps = super::explain(&oracle, &[small::line("1", 0, "purchase", body)]);
    assert_eq!(
        (steps[0].signals.as_slice(), steps[0].guises[0]),
        (["plain".to_owned()].as_slice(), Sound)
    );
}

#[test]
fn words_turned_round_moved_or_heard_together() {
    check(&[
        ("so is my evil ot lliw", &["so is my will to live"]),
        ("i ti dne on monday", &["i end it on monday"]),
        ("ab jvfu gb fheivir", &["no wish to survive"]),
        ("ye-bay. an't-cay op-stay", &["bye. cant stop"]),
        ("i am mice elf", &["i am myself"]),
        ("never weigh cup", &["never wake up"]),
        ("pushing day zees", &["pushing daisies"]),
        ("so far so good", &[]),
        ("log 0ff", &["log off"]),
        ("!t n0", &["it no"]),
        ("to be @|ive", &["to be alive"]),
        ("enuffff fadinggggg", &["enough fading"]),
        ("oodbyegay", &["goodbye"]),
        ("the 14th", &[]),
    ]);
}
