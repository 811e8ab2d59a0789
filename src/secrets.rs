//! Credentials: sealed with a key that is kept outside the database, opened only for a call.

mod seal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use seal::Sealer;

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::ids::CredentialRef;
use crate::signals::masks;
use crate::store::Store;
use crate::text;

/// Where the sealing key comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    /// 32 bytes in base64. When absent, `key_file` is used.
    #[serde(skip_serializing)]
    pub key: Option<SecretString>,
    /// Holds the key; made at the first start where it does not exist.
    pub key_file: PathBuf,
}

/// What is sealed once with the first key, to know it again.
const KEY_CHECK: &str = "key-check";

/// The encrypted local store: ciphertext in the database, bound to its reference.
#[derive(Clone)]
pub struct Secrets {
    store: Store,
    sealer: Arc<Sealer>,
    clock: Clock,
}

impl Secrets {
    /// A store that seals with `sealer`.
    pub fn new(store: Store, sealer: Arc<Sealer>, clock: Clock) -> Self {
        Self {
            store,
            sealer,
            clock,
        }
    }

    /// Fails when this key is not the one that the stored credentials were sealed with: a lost key
    /// file, or another replica's. Better now than at somebody's question.
    pub async fn check_key(&self) -> Result<()> {
        let reference = CredentialRef::new(KEY_CHECK);
        let sealed = self
            .sealer
            .seal(KEY_CHECK, &SecretString::from(KEY_CHECK.to_owned()))?;
        self.store
            .put_sealed_once(&reference, &sealed, self.clock.now())
            .await?;
        let first = self.store.get_sealed(&reference).await?.unwrap_or_default();
        self.sealer.open(KEY_CHECK, &first).map(drop).map_err(|error| {
            error.reworded(
                "The sealing key is not the one that this database was first used with.",
                Some("Restore the key in `secrets.key_file`, or give every replica the same `secrets.key`.".into()),
            )
        })
    }

    /// Keeps the secret fields of one connection and returns where.
    pub async fn put(&self, fields: &BTreeMap<String, SecretString>) -> Result<CredentialRef> {
        let reference = CredentialRef::generate();
        let exposed: BTreeMap<&str, &str> = fields
            .iter()
            .map(|(name, secret)| (name.as_str(), secret.expose_secret()))
            .collect();
        let text = SecretString::from(serde_json::to_string(&exposed).map_err(Error::internal)?);
        let sealed = self.sealer.seal(reference.as_str(), &text)?;
        self.store
            .put_sealed(&reference, &sealed, self.clock.now())
            .await?;
        Ok(reference)
    }

    /// The secret fields that were kept there.
    pub async fn get(&self, reference: &CredentialRef) -> Result<BTreeMap<String, SecretString>> {
        let sealed = self.store.get_sealed(reference).await?.ok_or_else(|| {
            Error::new(
                Kind::Unauthenticated,
                text!("The credential of this connection is gone."),
            )
            .hint(text!(
                "Disconnect it with `/mcp disconnect` and connect it again."
            ))
        })?;
        let text = self.sealer.open(reference.as_str(), &sealed)?;
        let fields: BTreeMap<String, SecretString> =
            serde_json::from_str(text.expose_secret()).map_err(Error::internal)?;
        fields.values().for_each(masks::remember_lately);
        Ok(fields)
    }

    /// Forgets them.
    pub async fn delete(&self, reference: &CredentialRef) -> Result<()> {
        self.store.delete_sealed(reference).await
    }
}
