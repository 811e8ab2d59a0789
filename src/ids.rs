//! Identifiers: prefixed ULIDs for what Patchbay creates, plain newtypes for what Slack names.

use serde::{Deserialize, Serialize};

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier that was made elsewhere.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! made_here {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        text_newtype!($(#[$doc])* $name);

        impl $name {
            /// A fresh identifier; later ones sort after earlier ones.
            pub fn generate() -> Self {
                Self(format!(concat!($prefix, "_{}"), ulid::Ulid::generate()))
            }
        }
    };
}

text_newtype!(/// A Slack workspace, `T…`.
    TeamId);
text_newtype!(/// A person in Slack, `U…` or `W…`.
    UserId);
text_newtype!(/// A Slack conversation, `C…`, `D…` or `G…`.
    ChannelId);
text_newtype!(/// A Slack message timestamp, which is also its identity within a channel.
    MessageTs);

made_here!(/// One person's connection to a service.
    ConnectionId, "con");
made_here!(/// One question to the agent and all that it takes to answer it.
    RunId, "run");
made_here!(/// One delivery from Slack, stored before it is acknowledged.
    InboxId, "inb");
made_here!(/// One decision a person is asked for.
    ApprovalId, "apr");
made_here!(/// One row of usage.
    UsageId, "use");
made_here!(/// One claim on a piece of work; a stale one writes nothing.
    LeaseToken, "lea");
made_here!(/// One credential in the secret store.
    CredentialRef, "sec");
made_here!(/// One change of a workspace's cards.
    CardChangeId, "cch");
made_here!(/// One card of a workspace.
    CardId, "car");
