//! Sealing: AES-256-GCM with a random nonce; a sealed text opens only under the label it was sealed with.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};

use super::SecretsConfig;
use crate::error::{Error, Kind, Result};
use crate::signals::masks;
use crate::text;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Holds the key; says nothing of it when printed.
pub struct Sealer {
    key: RandomizedNonceKey,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(•••)")
    }
}

impl Sealer {
    /// Takes the configured key, else the key file's, else makes a key file.
    pub fn from_config(config: &SecretsConfig) -> Result<Self> {
        let encoded = match &config.key {
            Some(key) => key.clone(),
            None => read_or_create(&config.key_file)?,
        };
        masks::remember(&encoded);
        Self::from_base64(&encoded)
    }

    /// A sealer with 32 bytes of key in base64.
    pub fn from_base64(encoded: &SecretString) -> Result<Self> {
        let bytes = BASE64
            .decode(encoded.expose_secret().trim())
            .ok()
            .filter(|bytes| bytes.len() == KEY_BYTES)
            .ok_or_else(|| {
                Error::new(Kind::Invalid, "The sealing key is not 32 bytes in base64.")
                    .hint("Make one with `openssl rand -base64 32` and set `secrets.key`.")
            })?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(Error::internal)?;
        Ok(Self { key })
    }

    /// Seals a text under a label.
    pub fn seal(&self, label: &str, text: &SecretString) -> Result<String> {
        let mut bytes = text.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(label), &mut bytes)
            .map_err(Error::internal)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&bytes);
        Ok(BASE64.encode(sealed))
    }

    /// Opens what was sealed under the same label with the same key.
    pub fn open(&self, label: &str, sealed: &str) -> Result<SecretString> {
        let opened = BASE64.decode(sealed).ok().and_then(|bytes| {
            let (nonce, ciphertext) = bytes.split_at_checked(NONCE_BYTES)?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut ciphertext = ciphertext.to_vec();
            let plain = self
                .key
                .open_in_place(nonce, Aad::from(label), &mut ciphertext)
                .ok()?;
            String::from_utf8(plain.to_vec()).ok()
        });
        opened.map(SecretString::from).ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                text!("A stored credential cannot be opened with the current key."),
            )
            .hint(text!("Ask your admin to restore the key that `secrets.key_file` or `secrets.key` held before."))
        })
    }
}

fn read_or_create(path: &Path) -> Result<SecretString> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn create(path: &Path) -> Result<SecretString> {
    let mut bytes = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Error::internal)?;
    let encoded = BASE64.encode(bytes);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unreadable(path, error))?;
    }
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(encoded.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(|error| unreadable(path, error))?;
    Ok(SecretString::from(encoded))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        format!("The key file `{}` cannot be read or made.", path.display()),
    )
    .hint("Check the folder's permissions, or set `secrets.key`.")
    .source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::from_base64(&SecretString::from(BASE64.encode([byte; KEY_BYTES]))).unwrap()
    }

    #[test]
    fn opens_only_with_its_key_and_label() {
        let secret = SecretString::from("hunter2");
        let sealed = sealer(1).seal("sec_a", &secret).unwrap();
        assert!(!sealed.contains("hunter2"));
        assert_eq!(
            sealer(1).open("sec_a", &sealed).unwrap().expose_secret(),
            "hunter2"
        );
        assert!(sealer(1).open("sec_b", &sealed).is_err());
        assert!(sealer(2).open("sec_a", &sealed).is_err());
        assert!(sealer(1).open("sec_a", "").is_err());
        assert!(sealer(1).open("sec_a", "not base64").is_err());
    }

    #[test]
    fn a_key_file_is_made_once_and_only_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let config = SecretsConfig {
            key: None,
            key_file: folder.path().join("deep/patchbay.key"),
        };
        let sealed = Sealer::from_config(&config)
            .unwrap()
            .seal("x", &"y".into())
            .unwrap();
        assert!(
            Sealer::from_config(&config)
                .unwrap()
                .open("x", &sealed)
                .is_ok()
        );
        let mode = std::fs::metadata(&config.key_file)
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
