//! The doors by which events come in: files here, Kafka in [`kafka`]; gRPC is in `serve`. What cannot be read becomes a
//! quarantine item; nothing is dropped.

pub mod file;
pub mod kafka;
