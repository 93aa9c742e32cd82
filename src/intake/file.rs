//! JSONL files: one event a line. A line that is too long is read to its end and set aside, never held whole.

use std::io::{self, BufRead};

use crate::domain::limits::EVENT_BYTES_MAX;

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Its bytes without the line end; of a line that is too long only the beginning, one byte more than an event may have.
    pub bytes: Vec<u8>,
}

/// Reads lines with a bound on each. Empty lines are passed over; a byte order mark at the very beginning too.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// From a buffered reader.
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    fn read_one(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            let room = (EVENT_BYTES_MAX + 1).saturating_sub(bytes.len());
            bytes.extend_from_slice(&part[..part.len().min(room)]);
            let used = end.map_or(available.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(bytes));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut bytes = match self.read_one() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            self.number += 1;
            if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Some(Ok(Line {
                    number: self.number,
                    bytes,
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        Lines::new(io::BufReader::with_capacity(7, bytes))
            .map(|line| {
                line.map(|l| (l.number, l.bytes))
                    .expect("memory does not fail")
            })
            .collect()
    }

    #[test]
    fn lines_keep_their_numbers_whatever_lies_between() {
        let text = b"\xef\xbb\xbf{\"a\":1}\r\n\n   \n{\"b\":2}\n\nlast";
        let expected = vec![
            (1, b"{\"a\":1}".to_vec()),
            (4, b"{\"b\":2}".to_vec()),
            (6, b"last".to_vec()),
        ];
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn a_line_without_end_is_not_held_whole() {
        let mut text = vec![b'x'; 3 * EVENT_BYTES_MAX];
        text.extend_from_slice(b"\nnext");
        let found = lines(&text);
        assert_eq!(found[0].1.len(), EVENT_BYTES_MAX + 1);
        assert_eq!(found[1], (2, b"next".to_vec()));
    }
}
