//! The words everyone uses: plain data that core and ground share, with no input or output of its own.

pub mod card;
pub mod channel;
pub mod chat;
pub mod connection;
pub mod fingerprint;
pub mod hidden;
pub mod language;
pub mod money;
pub mod post;
pub mod preview;
pub mod principal;
pub mod progress;
pub mod run;
pub mod secret;
pub mod split;
pub mod text;
pub mod thread;
pub mod tool;
pub mod trace;
pub mod usage;
