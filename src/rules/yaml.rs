//! YAML as data only: a tree that knows its places. Anchors, aliases, tags, second documents and duplicate keys are
//! refused, since each hides what a file says; nesting and size are bounded.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::problem::Problems;

/// The largest rule file, in bytes.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
const NESTING_MAX: usize = 16;

/// A place: line and character column, from 1.
pub type Place = (usize, usize);

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub place: Place,
    /// What it is.
    pub data: Data,
}

/// How a word is written, which tells where its characters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// As a block below its key.
    Block,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// A plain or quoted word.
    Scalar { text: String, style: Style },
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in order.
    Map(Vec<(String, Place, Node)>),
}

impl Node {
    /// What kind it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.data {
            Data::Scalar { .. } => "a value",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The same value as JSON: plain words that are whole numbers, true, false or nothing become those.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.data {
            Data::List(items) => items.iter().map(Node::to_json).collect(),
            Data::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, _, node)| (key.clone(), node.to_json()))
                    .collect(),
            ),
            Data::Scalar {
                text,
                style: Style::Plain,
            } => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "" | "~" | "null" => Value::Null,
                text => text
                    .parse::<i64>()
                    .map_or_else(|_| Value::String(text.to_owned()), Value::from),
            },
            Data::Scalar { text, .. } => Value::String(text.clone()),
        }
    }

    /// The place of a character inside a word, as well as it can be told.
    pub fn place_at(&self, offset: usize) -> Place {
        let (line, column) = self.place;
        match &self.data {
            Data::Scalar { text, style } if !text.contains('\n') => match style {
                Style::Plain => (line, column + offset),
                Style::Quoted => (line, column + 1 + offset),
                Style::Block => self.place,
            },
            _ => self.place,
        }
    }

    /// True for nothing at all: an empty value or `~`.
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, style: Style::Plain } if text.is_empty() || text == "~" || text == "null")
    }
}

/// Reads one file into a tree; `None` where it cannot be read, with the problem noted.
pub fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > FILE_BYTES_MAX {
        problems.add(
            file,
            (0, 0),
            "the file is larger than 1 MiB",
            "split it into several files",
        );
        return None;
    }
    let mut reader = Reader {
        file,
        problems,
        parser: Parser::new_from_str(text),
        failed: false,
    };
    let mut root = None;
    while let Some((event, place)) = reader.next() {
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                reader.refuse(
                    place,
                    "a second document in one file",
                    "put it into a file of its own",
                );
                return None;
            }
            Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            event => root = Some(reader.node(event, place, 0)?),
        }
    }
    (!reader.failed).then_some(root).flatten()
}

struct Reader<'a, 'p> {
    file: &'a str,
    problems: &'p mut Problems,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    failed: bool,
}

impl<'a> Reader<'a, '_> {
    fn refuse(&mut self, place: Place, message: &str, hint: &str) {
        self.failed = true;
        self.problems.add(self.file, place, message, hint);
    }

    fn next(&mut self) -> Option<(Event<'a>, Place)> {
        match self.parser.next_event()? {
            Ok((event, span)) => Some((event, place_of(&span.start))),
            Err(error) => {
                let place = place_of(error.marker());
                self.refuse(place, &format!("this is not YAML: {}", error.info()), "");
                None
            }
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Option<Node> {
        if depth > NESTING_MAX {
            self.refuse(place, "nested deeper than 16 levels", "");
            return None;
        }
        match event {
            Event::Alias(_) => {
                self.refuse(place, "aliases are not allowed", "write the value out");
                None
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_only(place, anchor, tag.is_some());
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                Some(Node {
                    place,
                    data: Data::Scalar {
                        text: text.into_owned(),
                        style,
                    },
                })
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_only(place, anchor, tag.is_some());
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => {
                            return Some(Node {
                                place,
                                data: Data::List(items),
                            });
                        }
                        (event, at) => items.push(self.node(event, at, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_only(place, anchor, tag.is_some());
                self.mapping(place, depth)
            }
            _ => {
                self.refuse(place, "something unexpected", "");
                None
            }
        }
    }

    fn mapping(&mut self, place: Place, depth: usize) -> Option<Node> {
        let mut entries: Vec<(String, Place, Node)> = Vec::new();
        loop {
            let (event, key_place) = self.next()?;
            if event == Event::MappingEnd {
                return Some(Node {
                    place,
                    data: Data::Map(entries),
                });
            }
            let key = match self.node(event, key_place, depth + 1)?.data {
                Data::Scalar { text, .. } => text,
                _ => {
                    self.refuse(key_place, "a key must be a word", "");
                    return None;
                }
            };
            if entries.iter().any(|(known, _, _)| *known == key) {
                self.refuse(
                    key_place,
                    &format!("the key `{key}` stands twice"),
                    "keep one of them",
                );
            }
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            entries.push((key, key_place, value));
        }
    }

    fn plain_only(&mut self, place: Place, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.refuse(place, "anchors are not allowed", "write the value out");
        }
        if tagged {
            self.refuse(
                place,
                "tags are not allowed",
                "remove the word that begins with `!`",
            );
        }
    }
}

fn place_of(marker: &Marker) -> Place {
    (marker.line(), marker.col() + 1)
}
