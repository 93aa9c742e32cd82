//! What the settings name but do not hold: secrets are read from their files here, after loading and only when needed.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::origin::{Origin, short};
use super::problem::{ConfigProblem, ConfigProblems, Fault};
use super::settings::{Settings, StoreKind};
use crate::store::{self, KeyFileError, MasterKey, PostgresUrl};

/// The largest file of a secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A text that hides itself and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// Files without which nothing is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeFiles {
    /// The master key's.
    pub master_key: PathBuf,
    /// The access tokens'.
    pub tokens: PathBuf,
}

impl Settings {
    /// The store's own settings; reads the PostgreSQL address from its file.
    ///
    /// # Errors
    /// The file is missing, empty or too large.
    pub fn store(&self) -> Result<store::Settings, ConfigProblem> {
        const KEY: &str = "store.postgres_url_file";
        match self.store.kind {
            StoreKind::Sqlite => Ok(store::Settings::Sqlite {
                path: self.store.path.clone(),
            }),
            StoreKind::Postgres => {
                let path = required(KEY, self.store.postgres_url_file.as_deref())?;
                let url = PostgresUrl(self.secret(KEY, path)?.reveal().to_owned());
                Ok(store::Settings::Postgres {
                    url,
                    connections_max: self.store.connections_max,
                })
            }
        }
    }

    /// The files needed to serve; other commands do without them.
    ///
    /// # Errors
    /// One or both are not set.
    pub fn serve_files(&self) -> Result<ServeFiles, ConfigProblems> {
        let master_key = required("keys.master_key_file", self.keys.master_key_file.as_deref());
        let tokens = required("access.tokens_file", self.access.tokens_file.as_deref());
        match (master_key, tokens) {
            (Ok(master_key), Ok(tokens)) => Ok(ServeFiles {
                master_key: master_key.to_owned(),
                tokens: tokens.to_owned(),
            }),
            (master_key, tokens) => Err(ConfigProblems::new(
                [master_key.err(), tokens.err()]
                    .into_iter()
                    .flatten()
                    .collect(),
            )),
        }
    }

    /// Reads the master key.
    ///
    /// # Errors
    /// Its file is not set, cannot be read or holds something else.
    pub fn master_key(&self) -> Result<MasterKey, ConfigProblem> {
        const KEY: &str = "keys.master_key_file";
        let path = required(KEY, self.keys.master_key_file.as_deref())?;
        MasterKey::from_file(path).map_err(|error| match error {
            KeyFileError::Unreadable { source, .. } => self.unusable(KEY, path, source.to_string()),
            KeyFileError::Malformed { .. } => {
                let reason = "it must hold 32 random bytes in base64, such as `openssl rand -base64 32` writes";
                self.unusable(KEY, path, reason.to_owned())
            }
        })
    }

    /// Reads the SASL password; nothing if SASL is off.
    ///
    /// # Errors
    /// Its file is missing, empty or too large.
    pub fn sasl_password(&self) -> Result<Option<Secret>, ConfigProblem> {
        let path = self.kafka.sasl_password_file.as_deref();
        path.map(|path| self.secret("kafka.sasl_password_file", path))
            .transpose()
    }

    /// The text of a file without the line break that editors leave at its end.
    fn secret(&self, key: &'static str, path: &Path) -> Result<Secret, ConfigProblem> {
        let mut text = Zeroizing::new(String::new());
        File::open(path)
            .and_then(|file| file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text))
            .map_err(|error| self.unusable(key, path, error.to_string()))?;
        if text.len() as u64 > SECRET_BYTES_MAX {
            return Err(self.unusable(
                key,
                path,
                format!("it is larger than {SECRET_BYTES_MAX} bytes"),
            ));
        }
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(self.unusable(key, path, "it is empty".to_owned())),
            kept => Ok(Secret(Zeroizing::new(kept.to_owned()))),
        }
    }

    fn unusable(&self, key: &'static str, path: &Path, reason: String) -> ConfigProblem {
        let path = short(&path.display().to_string());
        ConfigProblem {
            origin: self.origin(key),
            fault: Fault::SecretFile { key, path, reason },
        }
    }
}

fn required<'a>(key: &'static str, path: Option<&'a Path>) -> Result<&'a Path, ConfigProblem> {
    path.ok_or(ConfigProblem {
        origin: Origin::Default,
        fault: Fault::Required(key),
    })
}
