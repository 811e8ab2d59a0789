//! Decisions people were asked for: each is made once, by the one it was asked of.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, in_transaction, on_db, outbox};
use crate::domain::post::{ApprovalRequest, Decided, Post};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{ApprovalId, RunId, UserId};

/// Where a decision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ApprovalState {
    /// Not made yet.
    Pending,
    /// Yes.
    Approved,
    /// No, or not answered in time.
    Denied,
}

/// A decision as it stands.
#[derive(Clone, Debug, FromRow)]
pub struct Approval {
    /// Which call of the run.
    pub call_id: String,
    /// Who was asked.
    pub approver_id: UserId,
    /// What was asked.
    pub request: Json<ApprovalRequest>,
    /// SHA-256 of the exact call, as the person saw it.
    pub arguments_hash: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Until when it could be made.
    pub expires_at: DateTime<Utc>,
    /// When it was, or when nobody had made it in time.
    pub decided_at: Option<DateTime<Utc>>,
}

impl Approval {
    /// What its person decided; `None` when they did not, or not in time.
    pub fn decided(&self) -> Option<Decided> {
        let allowed = match self.state {
            ApprovalState::Approved => true,
            ApprovalState::Denied if !self.has_expired() => false,
            ApprovalState::Denied | ApprovalState::Pending => return None,
        };
        let by = self.approver_id.clone();
        Some(Decided::new(by, allowed, &self.request))
    }

    /// Whether nobody decided it in time.
    pub fn has_expired(&self) -> bool {
        self.state == ApprovalState::Denied
            && self.decided_at.is_some_and(|at| at >= self.expires_at)
    }
}

/// What a click on Approve or Deny came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It counts; the run goes on.
    Made,
    /// It was decided or had expired before.
    TooLate,
    /// It was asked of somebody else, or there is no such question.
    NotYours,
}

/// Inserts a pending decision inside a transaction of either database.
macro_rules! insert {
    ($tx:ident, $run:expr, $call_id:expr, $approver:expr, $request:expr, $expires_at:expr, $now:expr) => {
        sqlx::query(
            "insert into approvals
                (id, run_id, call_id, team_id, approver_id, request, arguments_hash, state, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9)
             on conflict (run_id, call_id) do update set expires_at = excluded.expires_at
                 where approvals.state = 'pending'",
        )
        .bind(&$request.id)
        .bind($run)
        .bind($call_id)
        .bind(&$approver.team)
        .bind(&$approver.user)
        .bind(sqlx::types::Json($request))
        .bind($request.arguments_hash())
        .bind($now)
        .bind($expires_at)
        .execute(&mut *$tx)
        .await?
    };
}
pub(super) use insert;

/// Lets a waiting run go on, inside a transaction of either database.
macro_rules! wake {
    ($tx:ident, $run:expr, $now:expr) => {
        let woken =
            sqlx::query("update runs set state = 'queued' where id = $1 and state = 'waiting'")
                .bind($run)
                .execute(&mut *$tx)
                .await?
                .rows_affected();
        if woken == 1 {
            outbox::begin_anew!($tx, $run);
            outbox::show!($tx, $run, &Post::thinking(), $now);
        }
    };
}

impl Store {
    /// All decisions of a run, in the order they were asked.
    pub async fn approvals_of(&self, run: &RunId) -> Result<Vec<Approval>> {
        const SQL: &str =
            "select call_id, approver_id, request, arguments_hash, state, created_at, expires_at, decided_at
            from approvals
            where run_id = $1
            order by created_at, id";
        Ok(on_db!(self, c => sqlx::query_as(SQL).bind(run).fetch_all(c).await?))
    }

    /// Makes a decision and lets the run go on, in one commit. Of two clicks one counts.
    pub async fn decide(
        &self,
        approver: &Principal,
        id: &ApprovalId,
        state: ApprovalState,
        now: DateTime<Utc>,
    ) -> Result<Decision> {
        // Whatever changes a run takes the run first and its questions then: of two that did it the
        // other way around each would wait for the other.
        const TAKE: &str = "update runs
            set lease_token = lease_token
            where id = (select run_id from approvals
                        where id = $1 and team_id = $2 and approver_id = $3)";
        const DECIDE: &str = "update approvals
            set state = $4, decided_at = $5
            where id = $1 and team_id = $2 and approver_id = $3
              and state = 'pending' and expires_at > $5
            returning run_id";
        const THEIRS: &str =
            "select count(*) from approvals where id = $1 and team_id = $2 and approver_id = $3";
        let decision = in_transaction!(self, tx => {
            sqlx::query(TAKE)
                .bind(id)
                .bind(&approver.team)
                .bind(&approver.user)
                .execute(&mut *tx).await?;
            let run: Option<RunId> = sqlx::query_scalar(DECIDE)
                .bind(id)
                .bind(&approver.team)
                .bind(&approver.user)
                .bind(state)
                .bind(now)
                .fetch_optional(&mut *tx).await?;
            match run {
                Some(run) => {
                    wake!(tx, &run, now);
                    Decision::Made
                }
                None => {
                    let theirs: i64 = sqlx::query_scalar(THEIRS)
                        .bind(id)
                        .bind(&approver.team)
                        .bind(&approver.user)
                        .fetch_one(&mut *tx).await?;
                    if theirs == 1 { Decision::TooLate } else { Decision::NotYours }
                }
            }
        });
        Ok(decision)
    }

    /// Denies one question that nobody answered in time and lets its run go on; false when there
    /// is none.
    pub async fn expire_approval(&self, now: DateTime<Utc>) -> Result<bool> {
        const NEXT: &str = "select id, run_id from approvals
            where state = 'pending' and expires_at <= $1
            order by expires_at limit 1";
        // The run first, as in `decide`.
        const TAKE: &str = "update runs set lease_token = lease_token where id = $1";
        const EXPIRE: &str = "update approvals
            set state = 'denied', decided_at = $2
            where id = $1 and state = 'pending' and expires_at <= $2
            returning run_id";
        let expired = in_transaction!(self, tx => {
            let next: Option<(ApprovalId, RunId)> =
                sqlx::query_as(NEXT).bind(now).fetch_optional(&mut *tx).await?;
            let run: Option<RunId> = match next {
                None => None,
                Some((id, run)) => {
                    sqlx::query(TAKE).bind(&run).execute(&mut *tx).await?;
                    sqlx::query_scalar(EXPIRE).bind(&id).bind(now).fetch_optional(&mut *tx).await?
                }
            };
            match run {
                Some(run) => {
                    wake!(tx, &run, now);
                    true
                }
                None => false,
            }
        });
        Ok(expired)
    }
}
