//! One line of JSON, written straight into a string: that cannot fail, and keeps the order of its keys.

use std::fmt::Write as _;

/// A line under construction. A comma goes in front of whatever follows something.
pub(super) struct Line(String);

impl Line {
    /// Opens the outermost object.
    pub fn new() -> Self {
        let mut line = String::with_capacity(512);
        line.push('{');
        Self(line)
    }

    /// A text under a key.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).quoted(value)
    }

    /// A text under a key, left out if there is none.
    pub fn text_if(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// A number under a key.
    pub fn number(&mut self, key: &str, value: u32) -> &mut Self {
        self.key(key);
        // Writing to a String cannot fail.
        let _infallible = write!(self.0, "{value}");
        self
    }

    /// Opens an object under a key.
    pub fn object(&mut self, key: &str) -> &mut Self {
        self.key(key);
        self.0.push('{');
        self
    }

    /// A list of objects under a key, each filled by `each`.
    pub fn list<T>(
        &mut self,
        key: &str,
        of: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.key(key);
        self.0.push('[');
        for entry in of {
            self.comma();
            self.0.push('{');
            each(self, entry);
            self.0.push('}');
        }
        self.0.push(']');
        self
    }

    /// Closes an object.
    pub fn close(&mut self) -> &mut Self {
        self.0.push('}');
        self
    }

    /// Closes the outermost object.
    pub fn finish(mut self) -> String {
        self.close();
        self.0
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        self.quoted(key);
        self.0.push(':');
        self
    }

    fn comma(&mut self) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
    }

    fn quoted(&mut self, text: &str) -> &mut Self {
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                c if c < ' ' => {
                    let _infallible = write!(self.0, "\\u{:04x}", u32::from(c));
                }
                c => self.0.push(c),
            }
        }
        self.0.push('"');
        self
    }
}
