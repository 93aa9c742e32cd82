//! "Did you mean …?" for a key that is not there.

use super::keys::{KeyInfo, known_keys};

/// Known keys that may have been meant, at most three, best guess only where there is one.
pub(super) fn keys_near(given: &str) -> Vec<&'static str> {
    let same = keys_where(|info| flat(info.key) == flat(given));
    if !same.is_empty() {
        return same;
    }
    let (section, name) = given.split_once('.').unwrap_or(("", given));
    let in_section = || known_keys().iter().filter(|info| info.section() == section);
    // Inside a known section only its names are compared: `kafka.foo` is not near `kafka.tls`.
    let near = nearest(name, 4, in_section().map(|info| (info.name(), info.key))).or_else(|| {
        nearest(
            given,
            8,
            known_keys().iter().map(|info| (info.key, info.key)),
        )
    });
    if let Some(key) = near {
        return vec![key];
    }
    let longer = |info: &KeyInfo| info.section() == section && is_part(info.name(), name);
    let lengthened = keys_where(longer);
    if lengthened.is_empty() {
        keys_where(|info| info.name() == name)
    } else {
        lengthened
    }
}

/// The section that may have been meant.
pub(super) fn section_near(given: &str) -> Option<&'static str> {
    nearest(
        given,
        4,
        known_keys()
            .iter()
            .map(|info| (info.section(), info.section())),
    )
}

/// The word that may have been meant.
pub(super) fn word_near(given: &str, words: &[&'static str]) -> Option<&'static str> {
    nearest(
        &given.to_lowercase(),
        4,
        words.iter().map(|word| (*word, *word)),
    )
}

/// The key that takes the secret as a file, for a key that would take it by value: `store.postgres_url`.
pub(super) fn file_key_of(given: &str) -> Option<&'static str> {
    let wanted = format!("{}_file", flat(given));
    known_keys()
        .iter()
        .find(|info| flat(info.key) == wanted)
        .map(|info| info.key)
}

/// One edit, and one more for each `chars_per_edit` characters, are forgiven.
fn nearest(
    given: &str,
    chars_per_edit: usize,
    known: impl Iterator<Item = (&'static str, &'static str)>,
) -> Option<&'static str> {
    known
        .map(|(compared, answer)| {
            (
                strsim::damerau_levenshtein(given, compared),
                compared,
                answer,
            )
        })
        .filter(|(distance, compared, _)| *distance <= 1 + compared.len() / chars_per_edit)
        .min()
        .map(|(_, _, answer)| answer)
}

fn keys_where(holds: impl Fn(&KeyInfo) -> bool) -> Vec<&'static str> {
    known_keys()
        .iter()
        .filter(|info| holds(info))
        .map(|info| info.key)
        .take(3)
        .collect()
}

/// True if one is the other with words before or after it, such as `listen` and `listen_address`.
fn is_part(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short.len() >= 3 && (long.starts_with(short) || long.ends_with(short))
}

/// Without case and kinds of punctuation, so that `GRPC-LISTEN` is `grpc.listen`.
fn flat(key: &str) -> String {
    key.to_lowercase()
        .split(['.', '-', '_', '"'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}
