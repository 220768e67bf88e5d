//! The descriptor of a runtime's selector, which tokio does not tell. It is the selector that waits for a socket which is
//! given to the runtime for that purpose.

use tokio::runtime::Runtime;

/// A descriptor of the selector; `None` where it is not found.
#[cfg(target_os = "linux")]
pub(super) fn find(runtime: &Runtime) -> Option<i32> {
    use std::fs::{metadata, read_dir, read_to_string};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    let _runtime = runtime.enter();
    let (socket, _peer) = tokio::net::UnixStream::pair().ok()?;
    let number = socket.as_raw_fd().to_string();
    let inode = format!(
        "ino:{:x}",
        metadata(format!("/proc/self/fd/{number}")).ok()?.ino()
    );
    // One line for each descriptor that a selector waits for, see proc(5).
    let waits = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        words.next() == Some("tfd:")
            && words.next() == Some(&number)
            && words.any(|word| word == inode)
    };
    let descriptors = read_dir("/proc/self/fdinfo").ok()?;
    descriptors
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|descriptor: &i32| {
            let info = read_to_string(format!("/proc/self/fdinfo/{descriptor}"));
            info.is_ok_and(|info| info.lines().any(waits))
        })
}

/// A descriptor of the selector: other systems do not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn find(_: &Runtime) -> Option<i32> {
    None
}
