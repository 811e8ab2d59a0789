//! Sealed secrets: ciphertext only; the key is never in the database.

use chrono::{DateTime, Utc};

use super::{Store, on_db};
use crate::error::Result;
use crate::ids::CredentialRef;

impl Store {
    /// Keeps a sealed secret.
    pub async fn put_sealed(
        &self,
        reference: &CredentialRef,
        sealed: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "insert into sealed_secrets (reference, sealed, created_at)
            values ($1, $2, $3)
            on conflict (reference) do update set sealed = excluded.sealed";
        on_db!(self, c => sqlx::query(SQL)
            .bind(reference)
            .bind(sealed)
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Keeps a sealed secret unless there is one under that reference.
    pub async fn put_sealed_once(
        &self,
        reference: &CredentialRef,
        sealed: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "insert into sealed_secrets (reference, sealed, created_at)
            values ($1, $2, $3)
            on conflict (reference) do nothing";
        on_db!(self, c => sqlx::query(SQL)
            .bind(reference)
            .bind(sealed)
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// A sealed secret, if it is there.
    pub async fn get_sealed(&self, reference: &CredentialRef) -> Result<Option<String>> {
        const SQL: &str = "select sealed from sealed_secrets where reference = $1";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL).bind(reference).fetch_optional(c).await?))
    }

    /// Forgets a sealed secret.
    pub async fn delete_sealed(&self, reference: &CredentialRef) -> Result<()> {
        const SQL: &str = "delete from sealed_secrets where reference = $1";
        on_db!(self, c => sqlx::query(SQL).bind(reference).execute(c).await.map(drop))?;
        Ok(())
    }
}
