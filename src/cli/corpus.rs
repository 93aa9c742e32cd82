//! Corpus files: labelled texts, one JSON object a line, plain or gzip. They hold people's own words, so what is wrong with
//! a line is said without a word of it, and no text leaves here except towards the matcher.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use serde::Deserialize;

use crate::domain::PersonText;
use crate::domain::limits::{EVENT_BYTES_MAX, TEXT_BYTES_MAX};
use crate::intake::file::{self, Lines};
use crate::semantic::Head;

/// The highest value of the authors' scale of urgency.
pub(in crate::cli) const LEVEL_MAX: u8 = 10;

/// A file to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called in the report: its name, never the folder of the machine it lay on.
    pub name: String,
    /// Its lines are queries.
    pub searches: bool,
    /// Its lines without a label are benign.
    pub benign: bool,
}

impl Source {
    pub(in crate::cli) fn new(path: &Path, benign: bool) -> Self {
        let name = path.file_name().unwrap_or_else(|| OsStr::new("corpus"));
        let name = name.to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let name = name.strip_suffix(".jsonl").unwrap_or(name).to_owned();
        Self {
            path: path.to_owned(),
            searches: name.to_lowercase().contains("queries"),
            name,
            benign,
        }
    }

    /// The file's size, compressed as it is; an error where it cannot be read at all.
    pub(in crate::cli) fn bytes(&self) -> anyhow::Result<u64> {
        let opened = || -> io::Result<u64> {
            let about = File::open(&self.path)?.metadata()?;
            if about.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok(about.len())
        };
        opened().with_context(|| format!("{} cannot be opened", self.path.display()))
    }

    /// The raw lines. Gzip is known by its first bytes, since names lie.
    pub(in crate::cli) fn lines(
        &self,
        progress: &ProgressBar,
    ) -> io::Result<Lines<Box<dyn BufRead>>> {
        let file = progress.wrap_read(File::open(&self.path)?);
        let mut file = BufReader::with_capacity(1 << 16, file);
        let zipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        Ok(Lines::new(if zipped {
            let unzipped = MultiGzDecoder::new(file);
            Box::new(BufReader::with_capacity(1 << 16, unzipped)) as Box<dyn BufRead>
        } else {
            Box::new(file)
        }))
    }

    /// Reads one line.
    pub(in crate::cli) fn read(&self, line: &file::Line) -> Result<Text, Unfit> {
        if line.bytes.len() > EVENT_BYTES_MAX {
            return Err(Unfit::TooLong);
        }
        let written: Written = serde_json::from_slice(&line.bytes).map_err(|error| {
            // serde's own message would quote the line.
            Unfit::Bad(match error.classify() {
                serde_json::error::Category::Eof => "ends too early",
                serde_json::error::Category::Data => {
                    "not a corpus line: needs `text`; `lang` and `kind` are texts, `label` 0, 1 or null, `level` 0 to 10"
                }
                _ => "not JSON",
            })
        })?;
        if written.text.len() > TEXT_BYTES_MAX {
            return Err(Unfit::TooLong);
        }
        let head = match written.head.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(name) => Some(Some(Head::from_name(name).ok_or(Unfit::Bad(
                "`head` is self_harm, harm_to_others, concern, accident or none",
            ))?)),
        };
        let label = match written.label {
            None => head.map(|head| head.is_some()),
            Some(0) => Some(false),
            Some(1) => Some(true),
            Some(_) => return Err(Unfit::Bad("`label` is 0, 1 or null")),
        };
        if written.level.is_some_and(|level| level > LEVEL_MAX) {
            return Err(Unfit::Bad("`level` is 0 to 10"));
        }
        if written.hour.is_some_and(|hour| hour > 23) {
            return Err(Unfit::Bad("`hour` is 0 to 23"));
        }
        Ok(Text {
            text: PersonText::new(written.text),
            language: language(written.lang.as_deref().unwrap_or_default()),
            search: self.searches || written.kind.as_deref().is_some_and(is_search),
            label,
            level: written.level,
            benign: label.map_or(self.benign, |risk| !risk),
            head: head.flatten().filter(|_| label == Some(true)),
            group: written.group,
            hour: written.hour,
        })
    }
}

/// One line of a corpus.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) struct Text {
    /// The words.
    pub text: PersonText,
    /// Primary language subtag; empty if not said.
    pub language: String,
    /// A query rather than talk.
    pub search: bool,
    /// Risk, benign, or not known.
    pub label: Option<bool>,
    /// The authors' scale, 0 to 10.
    pub level: Option<u8>,
    /// A false alarm if it raises one.
    pub benign: bool,
    /// What kind of risk, where the file says it.
    pub head: Option<Head>,
    /// Whose line it is, where the file says it.
    pub group: Option<String>,
    /// The hour of the day it was written in, where the file says it.
    pub hour: Option<u8>,
}

/// Why a line is not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Unfit {
    /// The service would refuse it too.
    TooLong,
    /// What is wrong with it.
    Bad(&'static str),
}

/// The line as written. No `Debug`: it holds the words bare.
#[derive(Deserialize)]
struct Written {
    text: String,
    lang: Option<String>,
    label: Option<u8>,
    level: Option<u8>,
    kind: Option<String>,
    head: Option<String>,
    group: Option<String>,
    hour: Option<u8>,
}

fn is_search(kind: &str) -> bool {
    ["search", "query", "queries"].contains(&kind)
}

/// The primary subtag, so that figures by language stay few whatever a file says.
fn language(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    if primary.len() <= 8 && primary.bytes().all(|b| b.is_ascii_alphabetic()) {
        primary.to_ascii_lowercase()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, benign: bool, line: &str) -> Result<Text, Unfit> {
        let line = file::Line {
            number: 1,
            bytes: line.as_bytes().to_vec(),
        };
        Source::new(Path::new(name), benign).read(&line)
    }

    #[test]
    fn a_line_is_what_it_says_and_what_its_file_is() {
        let plain = r#"{"text":"发货了吗","lang":"zh-CN","label":0}"#;
        let text = read("a/talk.jsonl.gz", false, plain).expect("a line");
        assert_eq!(
            (text.language.as_str(), text.search, text.benign, text.level),
            ("zh", false, true, None)
        );
        for (name, benign, line, search, is_benign) in [
            ("zh_queries.jsonl", false, r#"{"text":"a"}"#, true, false),
            ("x", false, r#"{"text":"a","kind":"search"}"#, true, false),
            ("x", false, r#"{"text":"a","kind":"agent"}"#, false, false),
            ("x", true, r#"{"text":"a","label":null}"#, false, true),
            ("x", true, r#"{"text":"a","label":1}"#, false, false),
            ("x", false, r#"{"text":"a","mood":{}}"#, false, false),
        ] {
            let text = read(name, benign, line).expect(line);
            assert_eq!((text.search, text.benign), (search, is_benign), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_without_its_words() {
        let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(TEXT_BYTES_MAX + 1));
        for (line, word) in [
            ("", "too early"),
            (r#"{"text":"hello""#, "too early"),
            ("hello", "not JSON"),
            (r#""hello""#, "not a corpus line"),
            (r#"{"words":"hello"}"#, "not a corpus line"),
            (r#"{"text":"a","label":"hello"}"#, "not a corpus line"),
            (r#"{"text":"a","text":"hello"}"#, "not a corpus line"),
            (r#"{"text":"hello \ud83d"}"#, "not JSON"),
            (r#"{"text":"hello","label":2}"#, "`label`"),
            (r#"{"text":"hello","level":11}"#, "`level`"),
            (r#"{"text":"hello","level":-1}"#, "not a corpus line"),
        ] {
            match read("x", false, line) {
                Err(Unfit::Bad(said)) => {
                    assert!(
                        said.contains(word) && !said.contains("hello"),
                        "{line}: {said}"
                    );
                }
                other => panic!("{line}: {other:?}"),
            }
        }
        assert_eq!(read("x", false, &long), Err(Unfit::TooLong));
    }

    #[test]
    fn a_file_is_named_without_its_folder_and_endings() {
        let source = Source::new(Path::new("/some/where/zh_made_up.jsonl.gz"), false);
        assert_eq!(source.name, "zh_made_up");
    }
}
