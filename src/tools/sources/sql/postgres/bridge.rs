//! A way to a server whose name the certificate is checked against and whose address is checked here.
//!
//! sqlx takes one host, for both: given a name, it looks the name up once more. Through a socket on
//! this machine it still checks the certificate against the name, and connects where we did.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener};

use crate::tasks::Companion;

/// A socket in a folder of its own that leads to one server, once.
pub(super) struct Bridge {
    folder: Folder,
    work: Companion,
}

/// Gone when dropped.
struct Folder(PathBuf);

impl Bridge {
    /// Leads whoever connects first to `server`; `port` is part of the socket's name.
    pub(super) fn to(mut server: TcpStream, port: u16) -> io::Result<Self> {
        let name = format!("patchbay-{}", ulid::Ulid::generate());
        let folder = Folder(std::env::temp_dir().join(name));
        // Nobody else on this machine gets in.
        DirBuilder::new().mode(0o700).create(&folder.0)?;
        let socket = folder.0.join(format!(".s.PGSQL.{port}"));
        let listener = UnixListener::bind(socket)?;
        let work = Companion::new(async move {
            if let Ok((mut client, _)) = listener.accept().await {
                drop(listener);
                // Whichever side broke off, the other one notices.
                copy_bidirectional(&mut client, &mut server).await.ok();
            }
        });
        Ok(Self { folder, work })
    }

    /// Where its socket is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// What has to be kept for as long as the connection through it; the socket is not needed then.
    pub(super) fn into_work(self) -> Companion {
        self.work
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in a folder for temporary files is swept by others.
        fs::remove_dir_all(&self.0).ok();
    }
}
