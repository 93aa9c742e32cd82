//! Counts fields that this version does not know, in protobuf bytes: prost drops them without a word, and a source that
//! sends what we ignore must be told once.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use prost::Message as _;
use prost_types::field_descriptor_proto::Type;

/// For a message: each field number, and the message it holds, if it holds one.
type Fields = HashMap<u32, Option<usize>, FixedState>;

struct Messages {
    fields: Vec<Fields>,
    event: usize,
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
    let set = prost_types::FileDescriptorSet::decode(super::DESCRIPTORS).unwrap_or_default();
    let mut all: Vec<(String, prost_types::DescriptorProto)> = Vec::new();
    for file in &set.file {
        for message in &file.message_type {
            all.push((
                format!(".{}.{}", file.package(), message.name()),
                message.clone(),
            ));
        }
    }
    let index: HashMap<&str, usize> = all
        .iter()
        .enumerate()
        .map(|(i, (name, _))| (name.as_str(), i))
        .collect();
    let fields = all
        .iter()
        .map(|(_, message)| {
            message
                .field
                .iter()
                .map(|f| {
                    let held = (f.r#type() == Type::Message)
                        .then(|| index.get(f.type_name()).copied())
                        .flatten();
                    (f.number().unsigned_abs(), held)
                })
                .collect()
        })
        .collect();
    let event = index.get(".lifeguard.v1.Event").copied().unwrap_or(0);
    Messages { fields, event }
});

/// Counts unknown fields of an event that prost has already accepted, nested messages included.
pub(super) fn count(bytes: &[u8]) -> u32 {
    count_in(bytes, MESSAGES.event, 0)
}

fn count_in(mut bytes: &[u8], message: usize, depth: usize) -> u32 {
    let mut unknown = 0;
    while let Some((key, rest)) = varint(bytes) {
        bytes = rest;
        let known = u32::try_from(key >> 3)
            .ok()
            .and_then(|number| MESSAGES.fields[message].get(&number));
        let body;
        (body, bytes) = match key & 7 {
            0 => match varint(bytes) {
                Some((_, rest)) => (&[][..], rest),
                None => return unknown,
            },
            1 => bytes.split_at(bytes.len().min(8)),
            5 => bytes.split_at(bytes.len().min(4)),
            2 => match varint(bytes) {
                Some((length, rest)) => rest.split_at(
                    rest.len()
                        .min(usize::try_from(length).unwrap_or(usize::MAX)),
                ),
                None => return unknown,
            },
            // Groups: prost has read them, no message here has any.
            _ => return unknown + 1,
        };
        match known {
            None => unknown += 1,
            Some(Some(held)) if depth < 8 => unknown += count_in(body, *held, depth + 1),
            Some(_) => {}
        }
    }
    unknown
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}
