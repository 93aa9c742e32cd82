//! Keys: one key-encryption key from a file, one data key for each person, wrapped by it. Destroying a person's wrapped
//! key destroys their words wherever copies lie.

use std::path::Path;

use base64::Engine as _;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::StoreError;

const NONCE_BYTES: usize = 24;

/// The key-encryption key. Not shown by `Debug`.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<master key>")
    }
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("the key file {path} cannot be read")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It does not hold 32 bytes in base64.
    #[error(
        "the key file {path} must hold 32 random bytes in base64, such as `openssl rand -base64 32` writes"
    )]
    Malformed {
        /// Which.
        path: String,
    },
}

impl MasterKey {
    /// Reads 32 bytes in base64.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| KeyFileError::Unreadable {
                path: shown.clone(),
                source,
            })?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .map(Zeroizing::new)
            .map_err(|_| KeyFileError::Malformed {
                path: shown.clone(),
            })?;
        let key = bytes
            .as_slice()
            .try_into()
            .map_err(|_| KeyFileError::Malformed { path: shown })?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// A key that dies with the process: for `assess`, the demo and tests.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn ephemeral() -> Result<Self, StoreError> {
        Ok(Self(random_key()?))
    }

    pub(crate) fn new_data_key(&self, person: &str) -> Result<(DataKey, Vec<u8>), StoreError> {
        let key = random_key()?;
        let wrapped = seal(&self.0, format!("person-key\0{person}").as_bytes(), &*key)?;
        Ok((DataKey(key), wrapped))
    }

    pub(crate) fn unwrap_data_key(
        &self,
        person: &str,
        wrapped: &[u8],
    ) -> Result<DataKey, StoreError> {
        let bytes = open(&self.0, format!("person-key\0{person}").as_bytes(), wrapped)?;
        let key = bytes
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Damaged("a data key has 32 bytes"))?;
        Ok(DataKey(Zeroizing::new(key)))
    }

    /// Seals bytes that belong to no known person, such as an event that cannot be read.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, place.as_bytes(), plain)
    }

    pub(crate) fn open(
        &self,
        place: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        open(&self.0, place.as_bytes(), sealed)
    }
}

/// The key of one person.
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Seals a text; `place` (table, row, person) goes into the seal, so that rows cannot be swapped.
    pub(crate) fn seal(&self, place: &str, plain: &str) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, place.as_bytes(), plain.as_bytes())
    }

    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let bytes = open(&self.0, place.as_bytes(), sealed)?;
        String::from_utf8(bytes.to_vec())
            .map_err(|_| StoreError::Damaged("a sealed text is not UTF-8"))
    }
}

fn random_key() -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(|_| no_randomness())?;
    Ok(key)
}

fn no_randomness() -> StoreError {
    StoreError::Unavailable("the system gives no random bytes".to_owned())
}

fn seal(key: &[u8; 32], place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| no_randomness())?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed = cipher
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: place,
            },
        )
        .map_err(|_| StoreError::Damaged("sealing failed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (nonce, body) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(StoreError::Damaged("a sealed value is too short"))?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: body,
                aad: place,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| StoreError::WrongKey)
}
