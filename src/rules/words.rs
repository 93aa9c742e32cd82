//! Groups of words that patterns name: `{en-day}` stands for the alternatives of the group `en-day`.
//!
//! They keep a pattern as short as the sentence that it describes, and a list of words in one place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fields::Fields;
use super::patterns::PATTERN_BYTES_MAX;
use super::problem::{Problems, did_you_mean};
use super::yaml::{Node, Place};

/// What is wrong, and what to do.
type Fault = (String, String);

/// All groups of a pack, filled in.
#[derive(Debug, Default)]
pub(super) struct WordGroups {
    groups: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    file: String,
    place: Place,
    /// The alternatives as they are written, each with its place.
    any: Vec<(String, Place)>,
    /// What stands for the name in a pattern; none while it is being filled in, or where it cannot be.
    filled: Option<String>,
    used: AtomicBool,
}

impl WordGroups {
    /// Reads the entries of all `words:`, then fills in those that name others.
    pub(super) fn read<'n>(
        entries: impl Iterator<Item = (&'n str, &'n Node)>,
        problems: &mut Problems,
    ) -> Self {
        let mut out = Self::default();
        for (file, node) in entries {
            let Some((id, group)) = read_group(file, node, problems) else {
                continue;
            };
            if out.groups.contains_key(&id) {
                let message = format!("the group of words `{id}` stands twice");
                problems.add(file, node.place, message, "rename one");
                continue;
            }
            out.groups.insert(id, group);
        }
        let mut open = out.groups.keys().cloned().collect::<Vec<String>>();
        // Each round fills in those that name none that is still open.
        loop {
            let before = open.len();
            open.retain(|id| !out.try_to_fill(id, problems));
            if open.is_empty() || open.len() == before {
                break;
            }
        }
        for id in open {
            let group = &out.groups[&id];
            let message = format!("the group of words `{id}` names itself, or others that do");
            problems.add(&group.file, group.place, message, "write one of them out");
        }
        out
    }

    /// False where a group that it names is not filled in yet.
    fn try_to_fill(&mut self, id: &str, problems: &mut Problems) -> bool {
        let group = &self.groups[id];
        let named = |text: &str| -> Vec<String> {
            let names = parts(text).filter_map(|part| match part {
                Part::Name(name) => Some(name.to_owned()),
                Part::Text(_) => None,
            });
            names.collect()
        };
        let waits = |name: &String| self.groups.get(name).is_some_and(|g| g.filled.is_none());
        if group
            .any
            .iter()
            .flat_map(|(text, _)| named(text))
            .any(|name| waits(&name))
        {
            return false;
        }
        let mut alternatives = Vec::new();
        for (text, place) in &group.any {
            let filled = self
                .fill(text)
                .and_then(|text| match regex_syntax::parse(&text) {
                    Ok(_) => Ok(text.into_owned()),
                    Err(error) => {
                        let message = format!("`{text}` does not parse: {}", error_line(&error));
                        Err((message, "each entry is a whole alternative".to_owned()))
                    }
                });
            match filled {
                Ok(text) => alternatives.push(text),
                Err((message, hint)) => problems.add(&group.file, *place, message, hint),
            }
        }
        let filled = format!("(?:{})", alternatives.join("|"));
        if let Some(group) = self.groups.get_mut(id) {
            group.filled = Some(filled);
        }
        true
    }

    /// A pattern with its groups of words filled in.
    ///
    /// # Errors
    /// Where it names a group that does not exist, or grows too long.
    pub(super) fn fill<'t>(&self, pattern: &'t str) -> Result<Cow<'t, str>, Fault> {
        if !parts(pattern).any(|part| matches!(part, Part::Name(_))) {
            return Ok(Cow::Borrowed(pattern));
        }
        let mut out = String::new();
        for part in parts(pattern) {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name) => {
                    let Some(group) = self.groups.get(name) else {
                        let near = did_you_mean(name, self.groups.keys().map(String::as_str));
                        let hint = match near.is_empty() {
                            true => {
                                "give it under `words:`, or write `\\{` for the sign".to_owned()
                            }
                            false => near,
                        };
                        return Err((format!("no group of words is called `{name}`"), hint));
                    };
                    group.used.store(true, Ordering::Relaxed);
                    // What could not be filled in was reported where it stands.
                    out.push_str(group.filled.as_deref().unwrap_or_default());
                }
            }
            if out.len() > PATTERN_BYTES_MAX {
                let message = "with its words filled in it is longer than 4 KiB";
                return Err((message.to_owned(), "split it".to_owned()));
            }
        }
        Ok(Cow::Owned(out))
    }

    /// Notes the groups that no pattern names.
    pub(super) fn report_unused(&self, problems: &mut Problems) {
        // Groups that go in a circle are named by one another.
        let unused = |group: &Group| group.filled.is_some() && !group.used.load(Ordering::Relaxed);
        for (id, group) in self.groups.iter().filter(|(_, group)| unused(group)) {
            let message = format!("no pattern names the group of words `{id}`");
            problems.add(&group.file, group.place, message, "use it or delete it");
        }
    }
}

fn read_group(file: &str, node: &Node, problems: &mut Problems) -> Option<(String, Group)> {
    let mut fields = Fields::open(file, node, &["id", "any"], problems)?;
    let id_node = fields.need("id")?;
    let id = fields.text_of(id_node, "id")?;
    if !is_name(id) {
        let message = format!("`{id}` cannot name a group of words");
        fields.problem(
            id_node.place,
            message,
            "a small letter, then small letters, digits and `-`",
        );
        return None;
    }
    let any = fields.texts("any");
    if any.is_empty() {
        let message = format!("the group of words `{id}` is empty");
        fields.problem(fields.place, message, "give it `any: [one, other]`");
    }
    let group = Group {
        file: file.to_owned(),
        place: node.place,
        any: any
            .into_iter()
            .map(|(text, place)| (text.to_owned(), place))
            .collect(),
        filled: None,
        used: AtomicBool::new(false),
    };
    Some((id.to_owned(), group))
}

fn is_name(text: &str) -> bool {
    let letter = |c: u8| c.is_ascii_lowercase();
    text.bytes().next().is_some_and(letter)
        && text
            .bytes()
            .all(|c| letter(c) || c.is_ascii_digit() || c == b'-')
}

fn error_line(error: &regex_syntax::Error) -> String {
    error
        .to_string()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// A pattern cut at the names of groups. What a backslash makes another thing, such as `\{` or `\p{…}`, is text.
fn parts(pattern: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let mut at = 0;
        while let Some(c) = rest[at..].chars().next() {
            let next = at + c.len_utf8();
            if c == '\\' {
                let escaped = rest[next..].chars().next();
                at = next + escaped.map_or(0, char::len_utf8);
                let braced = matches!(escaped, Some('p' | 'P' | 'x' | 'u' | 'U'));
                if braced && rest[at..].starts_with('{') {
                    at += rest[at..].find('}').map_or(1, |end| end + 1);
                }
                continue;
            }
            let name = (c == '{')
                .then(|| rest[next..].split_once('}'))
                .flatten()
                .map(|(name, _)| name)
                .filter(|name| is_name(name));
            if let Some(name) = name {
                if at > 0 {
                    let text = &rest[..at];
                    rest = &rest[at..];
                    return Some(Part::Text(text));
                }
                rest = &rest[next + name.len() + 1..];
                return Some(Part::Name(name));
            }
            at = next;
        }
        let text = std::mem::take(&mut rest);
        (!text.is_empty()).then_some(Part::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_all_other_braces() {
        use Part::{Name, Text};
        for (pattern, expected) in [
            ("{day}", vec![Name("day")]),
            ("on {day}s?", vec![Text("on "), Name("day"), Text("s?")]),
            ("{a}{b-2}", vec![Name("a"), Name("b-2")]),
            ("a{2,3}", vec![Text("a{2,3}")]),
            (r"\{day}", vec![Text(r"\{day}")]),
            (r"\\{day}", vec![Text(r"\\"), Name("day")]),
            (r"\p{han}{day}", vec![Text(r"\p{han}"), Name("day")]),
            (r"\x{e4}", vec![Text(r"\x{e4}")]),
            ("{Day}", vec![Text("{Day}")]),
            ("{day", vec![Text("{day")]),
            (r"\", vec![Text(r"\")]),
            ("", vec![]),
        ] {
            assert_eq!(parts(pattern).collect::<Vec<_>>(), expected, "{pattern}");
        }
    }
}
