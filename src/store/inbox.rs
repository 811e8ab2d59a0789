//! Deliveries from Slack: stored once, before they are acknowledged.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, in_transaction, on_db, outbox, runs};
use crate::domain::run::Run;
use crate::error::Result;
use crate::ids::{InboxId, LeaseToken, TeamId};

/// One delivery that is about to be acknowledged.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its identity here.
    pub id: InboxId,
    /// What every redelivery of it has in common.
    pub dedupe_key: String,
    /// The workspace it came from.
    pub team: TeamId,
    /// The edge's name for its kind.
    pub kind: &'static str,
    /// What the edge needs to finish it or to say that it did not; an object, secrets sealed.
    pub payload: Value,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// What a delivery turns into.
#[derive(Clone, Debug)]
pub enum Arrival<'a> {
    /// Handled at once by this process, which holds it until then.
    Handle {
        /// This process's claim.
        lease: LeaseToken,
        /// From when on it counts as abandoned.
        until: DateTime<Utc>,
    },
    /// A question for the agent: the run takes over.
    Run(&'a Run),
    /// Nothing more is wanted once it is stored.
    Done,
}

/// The state, claim and end of the claim with which a delivery is stored.
pub(super) fn parts(
    arrival: &Arrival<'_>,
    now: DateTime<Utc>,
) -> (&'static str, LeaseToken, DateTime<Utc>) {
    match arrival {
        Arrival::Handle { lease, until } => ("received", lease.clone(), *until),
        Arrival::Run(_) | Arrival::Done => ("done", LeaseToken::new(""), now),
    }
}

/// Inserts a delivery inside a transaction of either database; 0 rows where it was here before.
macro_rules! insert {
    ($tx:ident, $delivery:expr, $state:expr, $lease:expr, $until:expr) => {
        sqlx::query(
            "insert into inbox
                (id, dedupe_key, team_id, kind, payload, state, lease_token, lease_until, received_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (dedupe_key) do nothing",
        )
        .bind(&$delivery.id)
        .bind(&$delivery.dedupe_key)
        .bind(&$delivery.team)
        .bind($delivery.kind)
        .bind(sqlx::types::Json(&$delivery.payload))
        .bind($state)
        .bind(&$lease)
        .bind($until)
        .bind($delivery.received_at)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}
pub(super) use insert;

/// Whether a delivery was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// First time.
    New,
    /// It was here before; nothing was written.
    Duplicate,
}

/// A delivery that was acknowledged and never finished.
#[derive(Clone, Debug, FromRow)]
pub struct Unfinished {
    /// Its identity here.
    pub id: InboxId,
    /// The workspace it came from.
    #[sqlx(rename = "team_id")]
    pub team: TeamId,
    /// The edge's name for its kind.
    pub kind: String,
    /// What the edge stored.
    pub payload: Json<Value>,
}

impl Store {
    /// Stores a delivery, and the run it asks for, in one commit.
    pub async fn receive(&self, delivery: &Delivery, arrival: Arrival<'_>) -> Result<Stored> {
        let (state, lease, until) = parts(&arrival, delivery.received_at);
        let stored = in_transaction!(self, tx => {
            if insert!(tx, delivery, state, lease, until) == 0 {
                Stored::Duplicate
            } else {
                if let Arrival::Run(run) = &arrival {
                    runs::insert!(tx, run);
                    outbox::insert!(tx, run, None::<&crate::ids::MessageTs>);
                }
                Stored::New
            }
        });
        Ok(stored)
    }

    /// Holds on to a delivery for long enough to show its outcome; false when somebody else has
    /// taken it over, who then says what became of it.
    pub async fn hold_delivery(
        &self,
        id: &InboxId,
        lease: &LeaseToken,
        until: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "update inbox
            set lease_until = $3
            where id = $1 and lease_token = $2 and state = 'received'";
        let held = on_db!(self, c => sqlx::query(SQL)
            .bind(id)
            .bind(lease)
            .bind(until)
            .execute(c).await?.rows_affected());
        Ok(held == 1)
    }

    /// Marks a delivery as finished and forgets what it said.
    pub async fn finish_delivery(&self, id: &InboxId, now: DateTime<Utc>) -> Result<()> {
        const SQL: &str = "update inbox
            set state = 'done', payload = $2, finished_at = $3
            where id = $1";
        on_db!(self, c => sqlx::query(SQL)
            .bind(id)
            .bind(Json(serde_json::json!({})))
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Takes one delivery whose holder is gone, if there is one.
    pub async fn take_unfinished(
        &self,
        now: DateTime<Utc>,
        lease: &LeaseToken,
        until: DateTime<Utc>,
    ) -> Result<Option<Unfinished>> {
        const SQL: &str = "update inbox
            set lease_token = $1, lease_until = $2
            where id = (select id from inbox
                        where state = 'received' and lease_until < $3
                        order by lease_until limit 1)
              and state = 'received' and lease_until < $3
            returning id, team_id, kind, payload";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(lease)
            .bind(until)
            .bind(now)
            .fetch_optional(c).await?))
    }
}
