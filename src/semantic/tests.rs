//! The starter model as it ships: what is refused, what a text scores, and that its reasons are the words a person would mark.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::file::FILE_MAX;
use super::{FORMAT, Head, Model, Problem, Tokens};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/starter.model")
}

fn bytes() -> Vec<u8> {
    std::fs::read(path()).expect("the starter model")
}

fn starter() -> &'static Model {
    static STARTER: LazyLock<Model> =
        LazyLock::new(|| Model::load(&path()).expect("the starter model"));
    &STARTER
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let whole = bytes();
    for length in [0, 7, 8, 23, 24, 100, whole.len() / 2, whole.len() - 1] {
        let refused = Model::from_bytes(&whole[..length]).expect_err("cut off");
        let expected = matches!(refused, Problem::Length { .. } | Problem::NotAModel);
        assert!(expected, "{length} bytes: {refused}");
    }
    let mut longer = whole;
    longer.push(0);
    let refused = Model::from_bytes(&longer).expect_err("added to");
    assert!(refused.to_string().contains("copy it again"), "{refused}");
}

#[test]
fn a_file_with_any_bit_flipped_is_refused() {
    let whole = bytes();
    // Every part of the file: head, description, slots, checksum.
    let places = (0..64).chain((64..whole.len()).step_by(whole.len() / 97));
    for place in places.chain([whole.len() - 32, whole.len() - 1]) {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(Model::from_bytes(&flipped).is_err(), "byte {place}");
    }
}

#[test]
fn a_file_of_an_older_or_newer_format_is_refused_by_its_number() {
    let whole = bytes();
    for (format, advice) in [
        (FORMAT - 1, "train it again"),
        (FORMAT + 1, "newer lifeguard"),
    ] {
        let mut other = whole.clone();
        other[8..12].copy_from_slice(&format.to_le_bytes());
        let refused = Model::from_bytes(&other).expect_err("another format");
        assert!(matches!(refused, Problem::Format { found } if found == format));
        assert!(refused.to_string().contains(advice), "{refused}");
    }
}

#[test]
fn a_file_larger_than_any_model_is_not_read_to_its_end() {
    let refused = Model::from_bytes(&vec![0; FILE_MAX + 1]).expect_err("too large");
    assert!(matches!(refused, Problem::TooLarge));
}

#[test]
fn the_shipped_file_says_where_it_comes_from() {
    let about = starter().about();
    assert!(bytes().len() <= FILE_MAX);
    assert!(!about.sources.is_empty());
    for source in &about.sources {
        assert_eq!(source.sha256.len(), 64, "{}", source.name);
        assert_ne!(source.licence, "unstated", "{}", source.name);
    }
}

/// Of each example the stretches a person marked as what it is about stand in 【】.
const MARKED: &str = include_str!("texts/marked.txt");
/// Pieces of a text that are shown.
const SHOWN: usize = 3;

#[test]
fn the_reasons_are_the_words_a_person_would_mark() {
    let mut tokens = Tokens::default();
    let (mut shown, mut marked_pieces, mut wrong) = (0, 0, Vec::new());
    let (mut partly, mut partly_right, mut by_chance) = (0, 0, 0.0);
    for line in MARKED
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let (head, line) = line.split_once(' ').expect("a head, a space, a text");
        let head = Head::from_name(head).expect("a head");
        let (mut text, mut marked, mut inside) = (String::new(), Vec::new(), false);
        for c in line.chars() {
            match c {
                '【' => inside = true,
                '】' => inside = false,
                c => {
                    text.push(c);
                    marked.push(inside);
                }
            }
        }
        let reasons: Vec<_> = starter()
            .explain(&text, head, &mut tokens)
            .into_iter()
            .filter(|reason| reason.weight > 0)
            .take(SHOWN)
            .collect();
        let touches = |first: u32, last: u32| marked[first as usize..last as usize].contains(&true);
        let right = reasons.iter().filter(|r| touches(r.start, r.end)).count();
        // Where half of a text or more is marked, any piece would do: those lines say nothing about the choice.
        let share = marked.iter().filter(|m| **m).count() as f64 / marked.len() as f64;
        if share <= 0.5 {
            partly += reasons.len();
            partly_right += right;
            by_chance += share * reasons.len() as f64;
        }
        shown += reasons.len();
        marked_pieces += right;
        if right == 0 {
            wrong.push(line.to_owned());
        }
    }
    assert!(shown > 60, "{shown}");
    assert!(
        wrong.is_empty(),
        "no reason touches what is marked: {wrong:#?}"
    );
    assert!(
        marked_pieces * 10 >= shown * 8,
        "{marked_pieces} of {shown} pieces touch what is marked"
    );
    assert!(
        partly >= 25 && partly_right * 4 >= partly * 3,
        "of texts marked by half or less, {partly_right} of {partly} pieces touch it; {by_chance:.0} would by chance"
    );
}
