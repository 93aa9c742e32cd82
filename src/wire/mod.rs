//! Generated protobuf, and its conversion to and from `domain`. What cannot be converted is an [`Unreadable`] with a
//! reason that holds none of the content.

mod event;
mod json;
mod out;
mod unknown;

/// The generated types and services.
#[allow(
    missing_docs,
    clippy::all,
    reason = "generated; the comments are in proto/"
)]
pub mod pb {
    tonic::include_proto!("lifeguard.v1");
}

pub use event::{Decoded, Unreadable, decode_protobuf, event_from_pb};
pub use json::{decode_json, json_to_pb};
pub use out::{help, hold, level, notice_to_pb, task, timestamp, types};

/// The compiled contract, for reflection and for counting unknown fields.
pub const DESCRIPTORS: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/lifeguard_descriptor.bin"));
