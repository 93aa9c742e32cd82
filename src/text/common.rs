//! How common characters and words are in talk, roughly: only the order matters, for choosing what a gate looks for.

use super::sound;

/// The commonest characters of Chinese talk: they filter little.
const COMMON: &str = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间知什两次使身者被高已亲其进此话常与活正感吗呢吧啊哦您请亲货店买";

fn rank(c: char) -> Option<usize> {
    COMMON.chars().position(|k| k == c)
}

/// The more common in talk, the larger.
pub fn char_weight(c: char) -> usize {
    rank(c).map_or(1, |i| 200 - i / 2)
}

/// How often a literal may be expected in talk, roughly: only the order matters, for choosing which of several literals a
/// pattern is gated by.
pub fn expected_share(literal: &str) -> f64 {
    let words = literal
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty());
    if literal.is_ascii() {
        // Letters of a word follow one another by habit, words less so.
        let share: f64 = words
            .map(|word| {
                let common = COMMON_WORDS.contains(&word);
                let by_length = 0.4_f64.powi(word.len() as i32);
                if common {
                    0.3_f64.max(by_length)
                } else {
                    by_length
                }
            })
            .product();
        return share.max(1e-9);
    }
    literal
        .chars()
        .filter(|c| !c.is_ascii())
        .enumerate()
        .map(|(i, c)| {
            let share = rank(c).map_or(0.0015, |i| 0.3 / (i as f64 + 6.0));
            // A character is likelier beside the one it makes a word with.
            if i == 0 {
                share
            } else {
                (share * 12.0).min(0.6)
            }
        })
        .product()
}

/// Words that filter little, the commonest first.
const COMMON_WORDS: &[&str] = &[
    "i", "the", "to", "a", "it", "is", "you", "and", "of", "in", "my", "me", "for", "on", "this",
    "that", "be", "we", "was", "have", "with", "not", "do", "can", "will", "just", "so", "all",
    "want", "no", "if", "what", "how", "but", "are", "at", "as", "or", "get", "out", "up", "go",
    "need", "like", "would", "there", "any", "more", "am", "been", "had", "don", "t", "s", "m",
    "your", "when", "by", "after", "one", "once", "take", "from", "they", "her", "his", "he",
    "she", "long", "many", "should", "could", "much", "about", "use", "does", "did", "has",
];

/// The more common in talk, the larger.
pub fn word_weight(word: &str) -> usize {
    COMMON_WORDS
        .iter()
        .position(|w| *w == word)
        .map_or(1, |i| 100 - i)
}

/// A symbol of the sound view is as common as the commonest character that has it.
pub fn symbol_weight(symbol: char) -> usize {
    COMMON
        .chars()
        .position(|c| sound::of_han(c).is_some_and(|s| s.class().symbol() == symbol))
        .map_or(1, |i| 200 - i / 2)
}

/// The more common a letter in English, the larger.
pub fn letter_weight(letter: u8) -> u32 {
    "etaoinsrhldcumfpgwybvkxjq"
        .bytes()
        .position(|l| l == letter)
        .map_or(1, |i| 26 - i as u32)
}
