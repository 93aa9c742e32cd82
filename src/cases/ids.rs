//! Ids of what we make, derived from what it is about: made twice, it is the same; read by an outsider, it says nothing,
//! since a key of the store goes in.

use sha2::{Digest as _, Sha256};

use crate::domain::ids::hex;

/// The store's own secret for ids.
#[derive(Clone, Copy)]
pub struct IdKey(pub [u8; 32]);

impl IdKey {
    /// `PREFIX-` and sixteen hexadecimal digits over the parts.
    pub fn derive(&self, prefix: &str, parts: &[&[u8]]) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        for part in [prefix.as_bytes()].iter().chain(parts) {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        format!("{prefix}-{}", hex(&hasher.finalize()[..8]))
    }
}
