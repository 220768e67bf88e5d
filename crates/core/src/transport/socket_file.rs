//! The file of a Unix domain socket.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file of a socket that has been bound. It is removed when this is dropped, unless the path has another
/// file by then, of a second server.
#[derive(Debug)]
pub struct SocketFile {
    /// Absolute, because the process may change its working directory.
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    /// The file at `path`, just made by binding a socket.
    ///
    /// # Errors
    /// The system's.
    pub fn new(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let identity = identity(&path.symlink_metadata()?);
        Ok(Self { path, identity })
    }

    /// Sets who may connect: those who may write to the file. `mode` are the bits of chmod(2).
    ///
    /// # Errors
    /// The system's.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        std::fs::set_permissions(&self.path, PermissionsExt::from_mode(mode))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let now = self.path.symlink_metadata();
        if now.is_ok_and(|now| identity(&now) == self.identity) {
            // It does not matter if the file is gone already.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Device and inode.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
