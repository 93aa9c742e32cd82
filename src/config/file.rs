//! The layer of the TOML file, with the line and column of every value.

use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys;
use super::layers::Layers;
use super::origin::{Origin, short};
use super::problem::Fault;
use super::suggest;
use super::value::{article, from_toml};

/// The largest config file, in bytes; a larger one is somebody's mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Lays the file over what is there.
pub(super) fn read(path: &Path, layers: &mut Layers) {
    match read_text(path) {
        Ok(text) => FileLayer {
            path,
            text: &text,
            layers,
        }
        .lay(),
        Err((origin, reason)) => {
            layers.file_unread = true;
            layers.report(origin, Fault::Unreadable(reason));
        }
    }
}

fn read_text(path: &Path) -> Result<String, (Origin, String)> {
    let whole = |reason: String| {
        (
            Origin::File {
                path: path.to_owned(),
                line: 0,
                column: 0,
            },
            reason,
        )
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| whole(error.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(whole(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    // A byte order mark would count as the first column.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            (
                place(path, &before, before.len()),
                "it is not UTF-8 from here".to_owned(),
            )
        })
}

/// Line and column, in characters, of a byte.
fn place(path: &Path, text: &str, byte: usize) -> Origin {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before[line_start..].chars().count();
    Origin::File {
        path: path.to_owned(),
        line,
        column,
    }
}

struct FileLayer<'a> {
    path: &'a Path,
    text: &'a str,
    layers: &'a mut Layers,
}

impl<'a> FileLayer<'a> {
    fn lay(&mut self) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let at = self.place(&error.span().unwrap_or_default());
            // Not the error itself: it shows the line, which may hold a secret.
            self.layers
                .report(at, Fault::Syntax(error.message().to_owned()));
        }
        if errors.is_empty() {
            self.table("", table.into_inner());
        } else {
            // What the parser makes of the rest is a guess; problems found in it would mislead.
            self.layers.file_unread = true;
        }
    }

    fn table(&mut self, prefix: &str, table: DeTable<'a>) {
        for (name, value) in table {
            let at = self.place(&name.span());
            let key = dotted(prefix, name.get_ref());
            self.entry(&key, at, value);
        }
    }

    fn entry(&mut self, key: &str, at: Origin, value: Spanned<DeValue<'a>>) {
        if let Some(info) = keys::find(key) {
            let at = self.place(&value.span());
            return self.layers.put(info, from_toml(info, value), at);
        }
        let toml_type = value.get_ref().type_str();
        match (value.into_inner(), keys::find_section(key)) {
            (DeValue::Table(inner), Some(_)) => self.table(key, inner),
            (_, Some(section)) => {
                let (wanted, found) = ("a section".to_owned(), article(toml_type).to_owned());
                self.layers.report(
                    at,
                    Fault::WrongForm {
                        key: section,
                        wanted,
                        found,
                        near: "",
                    },
                );
            }
            (DeValue::Table(inner), None) => self.unknown_section(key, at, inner),
            (_, None) => self.layers.unknown_key(key, at),
        }
    }

    /// One complaint for a misspelt section; for one that resembles nothing, one for each key, which may be known elsewhere.
    fn unknown_section(&mut self, key: &str, at: Origin, inner: DeTable<'a>) {
        match suggest::section_near(key) {
            Some(near) => {
                let near = vec![near.to_owned()];
                self.layers.report(
                    at,
                    Fault::Unknown {
                        kind: "key",
                        name: short(key),
                        near,
                    },
                );
            }
            None if inner.is_empty() => self.layers.unknown_key(key, at),
            None => self.table(key, inner),
        }
    }

    fn place(&self, span: &Range<usize>) -> Origin {
        place(self.path, self.text, span.start)
    }
}

/// A name that needs quotes keeps them, so that `"grpc.listen"` at the top is not `grpc.listen`.
fn dotted(prefix: &str, name: &str) -> String {
    let is_bare = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let name = if is_bare {
        name.to_owned()
    } else {
        format!("{name:?}")
    };
    if prefix.is_empty() {
        name
    } else {
        format!("{prefix}.{name}")
    }
}
