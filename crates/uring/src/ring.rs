//! A ring of the kernel's.
//!
//! # Why there is `unsafe` code
//!
//! The kernel is given addresses of bytes and numbers of descriptors, and the compiler cannot know for how long it uses them. Here
//! it does not use them for long: [`Ring::send`] borrows both, and returns when the kernel has answered every send that it has
//! taken. What the kernel has not taken stays in the queue; then the ring is never used again, and the kernel never looks there.

use std::hint::spin_loop;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;

use io_uring::{IoUring, Probe, opcode, types};

use crate::Send;

/// Most sends that the kernel is given with one system call. More would not be cheaper.
const MOST: usize = 32;

/// The kernel answers at once when the socket takes nothing, and raises no signal when the stream is broken.
const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

/// A ring of the kernel's. It takes one file descriptor and about 16 KiB.
pub struct Ring {
    ring: IoUring,
    /// The kernel would not take what it was given: it is in the queue still.
    is_unusable: bool,
}

impl Ring {
    /// Makes a ring.
    ///
    /// # Errors
    /// What the kernel says: it is older than Linux 5.6, or rings are forbidden (`sysctl kernel.io_uring_disabled`, or the rules of a
    /// container), or the process may open no more files.
    pub fn new() -> io::Result<Self> {
        let ring = IoUring::builder().dontfork().build(MOST as u32)?;
        let mut probe = Probe::new();
        ring.submitter().register_probe(&mut probe)?;
        if !probe.is_supported(opcode::Send::CODE) {
            return Err(ErrorKind::Unsupported.into());
        }
        Ok(Self {
            ring,
            is_unusable: false,
        })
    }

    /// Sends, without waiting for any socket. [`Send::sent`] says what was sent, also after an error.
    ///
    /// # Errors
    /// What the kernel says when it refuses to take something to send. The ring sends nothing more.
    pub fn send(&mut self, sends: &mut [Send<'_>]) -> io::Result<()> {
        if self.is_unusable {
            return Err(ErrorKind::Unsupported.into());
        }
        let result = sends
            .chunks_mut(MOST)
            .try_for_each(|part| self.send_part(part));
        self.is_unusable = result.is_err();
        result
    }

    /// The same for what finds room in the queue, which is empty.
    fn send_part(&mut self, part: &mut [Send<'_>]) -> io::Result<()> {
        let (submitter, mut queue, mut answers) = self.ring.split();
        let mut left = 0;
        for (number, send) in part.iter().enumerate() {
            let bytes = send.bytes;
            // What a larger send leaves is sent by the caller.
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let entry =
                opcode::Send::new(types::Fd(send.socket.as_raw_fd()), bytes.as_ptr(), length)
                    .flags(FLAGS)
                    .build()
                    .user_data(number as u64);
            // SAFETY: `part` borrows the descriptor and the bytes for longer than this function takes. It returns when all entries
            // that the kernel has taken are answered, after which the kernel uses neither. Those that it has not taken are never
            // offered again: see `is_unusable`. Nothing in between can panic.
            if unsafe { queue.push(&entry) }.is_err() {
                break;
            }
            left += 1;
        }
        queue.sync();

        let mut take_answers = |left: &mut usize| {
            answers.sync();
            for answer in &mut answers {
                *left -= 1;
                if let Some(send) = part.get_mut(answer.user_data() as usize) {
                    send.sent = usize::try_from(answer.result()).unwrap_or(0);
                }
            }
        };
        let mut refused = Ok(());
        while refused.is_ok() && left > 0 {
            let result = submitter.submit_and_wait(left);
            take_answers(&mut left);
            queue.sync();
            // The kernel says how many it has taken, also when a signal comes meanwhile. Who says that none, although there are
            // some, would say so for ever: the rules of a container may make up any answer. Where there are none left, a signal
            // has interrupted the wait for answers.
            refused = match result {
                Ok(0) if !queue.is_empty() => Err(ErrorKind::WriteZero.into()),
                Err(error) if !queue.is_empty() || error.kind() != ErrorKind::Interrupted => {
                    Err(error)
                }
                _ => Ok(()),
            };
        }
        // A send with `MSG_DONTWAIT` is answered before the system call returns.
        while left > queue.len() {
            spin_loop();
            take_answers(&mut left);
        }
        refused
    }
}
