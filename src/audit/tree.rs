//! RFC 6962 Merkle tree hashing, kept as the frontier of full subtrees: appending a leaf costs the logarithm of the size,
//! and the root of any size can be computed from the frontier alone.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: `SHA-256(0x00 || bytes)`, RFC 6962 section 2.1.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// A tree that grows at its end.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Hashes of the full subtrees from left (largest) to right, one for each bit of `size`.
    full: Vec<Hash>,
}

/// A stored frontier that does not fit its size.
#[derive(Debug, thiserror::Error)]
#[error("the stored tree head is damaged: {hashes} bytes of hashes for a tree of {size} leaves")]
pub struct Damaged {
    size: u64,
    hashes: usize,
}

impl Frontier {
    /// From what was stored.
    ///
    /// # Errors
    /// The number of hashes does not fit the size.
    pub fn from_stored(size: u64, hashes: &[u8]) -> Result<Self, Damaged> {
        let (chunks, rest) = hashes.as_chunks::<32>();
        if chunks.len() != size.count_ones() as usize || !rest.is_empty() {
            return Err(Damaged {
                size,
                hashes: hashes.len(),
            });
        }
        Ok(Self {
            size,
            full: chunks.to_vec(),
        })
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes to store.
    pub fn stored(&self) -> Vec<u8> {
        self.full.concat()
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one of the size is a full subtree of the same height, which joins with this one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.full.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.full.push(hash);
        self.size += 1;
    }

    /// The root; of an empty tree the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut hashes = self.full.iter().rev();
        match hashes.next() {
            None => Sha256::digest([]).into(),
            Some(last) => hashes.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::hex;

    /// The leaves and roots of the Certificate Transparency reference implementation's tests.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_of_every_size_agree_with_the_reference_vectors() {
        let mut tree = Frontier::default();
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(hex(&tree.root()), *expected, "size {size}");
            let stored =
                Frontier::from_stored(size as u64, &tree.stored()).expect("what we store we read");
            assert_eq!(stored, tree);
            if let Some(leaf) = LEAVES.get(size) {
                tree.push(leaf_hash(leaf));
            }
        }
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_size_is_refused() {
        for (size, bytes) in [(1, 0), (3, 32), (2, 33), (0, 32)] {
            assert!(
                Frontier::from_stored(size, &vec![0; bytes]).is_err(),
                "{size} {bytes}"
            );
        }
    }
}
