//! Starting and stopping, and the upgrades that wait for the application.

use std::io;
use std::net::SocketAddr;

use napi::Result;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use line_socket_core::{Address, Binding, Counter, Options, Verdict};

use super::lend;
use super::state::ServerCore;

/// Where and how a server listens.
#[napi(object, object_to_js = false)]
pub struct ListenOptions {
    /// An IP address. One of IPv6 may have `%` and the number of an interface. Absent: every address.
    pub host: Option<String>,
    pub port: u32,
    pub backlog: i32,
    /// Path of a Unix domain socket, instead of host and port.
    pub socket_path: Option<String>,
    /// Permissions of the Unix domain socket, as in chmod(2).
    pub mode: Option<u32>,
    pub ipv6_only: bool,
    pub reuse_port: bool,
    /// Number of io threads.
    pub threads: u32,
}

/// The outcome of a start.
#[napi(object, object_from_js = false)]
pub struct Started {
    /// The system's error number; 0 when it runs.
    pub error: i32,
    /// The number of the io thread that `stop` and `join` take.
    pub thread: u32,
    /// The address listened on; empty when there is none.
    pub address: String,
    pub port: u32,
}

#[napi]
impl ServerCore {
    /// Listens and starts the io threads.
    ///
    /// # Errors
    /// Node's.
    #[napi]
    pub fn start(&self, options: ListenOptions, on_wake: Function<'_, (), ()>) -> Result<Started> {
        let port = options.port as u16;
        let address = match (options.socket_path, options.host) {
            #[cfg(unix)]
            (Some(path), _) => Address::Unix(path.into()),
            // JavaScript has refused it with a better error.
            #[cfg(not(unix))]
            (Some(_), _) => return Ok(failed(EINVAL)),
            (None, Some(host)) => {
                let Some(address) = socket_address(&host, port) else {
                    return Ok(failed(EINVAL));
                };
                Address::Tcp(address)
            }
            (None, None) => Address::AnyHost { port },
        };
        let binding = Binding {
            ipv6_only: options.ipv6_only,
            reuse_port: options.reuse_port,
            mode: options.mode,
        };
        self.launch(
            Some((address, binding, options.backlog)),
            options.threads,
            &on_wake,
        )
    }

    /// Starts the io threads without a listener, for what is handed over.
    ///
    /// # Errors
    /// Node's.
    #[napi]
    pub fn run(&self, threads: u32, on_wake: Function<'_, (), ()>) -> Result<Started> {
        self.launch(None, threads, &on_wake)
    }

    fn launch(
        &self,
        listener: Option<(Address, Binding, i32)>,
        threads: u32,
        on_wake: &Function<'_, (), ()>,
    ) -> Result<Started> {
        let mut server = self.state()?;
        let number = server.next_thread;
        let threads = threads as usize;
        let options = match listener {
            Some((address, binding, backlog)) => Options {
                address: Some(address),
                backlog,
                binding,
                number,
                threads,
                tls: server.tls.clone(),
            },
            None => Options {
                address: None,
                backlog: 0,
                binding: Binding::default(),
                number,
                threads,
                tls: None,
            },
        };
        Ok(match server.launch(options, on_wake)? {
            Ok(address) => Started {
                error: 0,
                thread: number,
                address: address.map_or_else(String::new, |address| address.ip().to_string()),
                port: address.map_or(0, |address| address.port().into()),
            },
            Err(error) => failed(error_number(&error)),
        })
    }

    /// Has the io thread lend its sockets to the thread of JavaScript where that is cheaper. It is for Node alone, whose libuv
    /// is the one it says it is.
    ///
    /// # Errors
    /// Node's.
    #[napi]
    pub fn lend(&self, thread: u32, on_wake: Function<'_, (), ()>) -> Result<()> {
        let mut server = self.state()?;
        let threads = &server.threads;
        let found = threads.iter().find(|(number, _)| *number == thread);
        if let Some(driver) = found.and_then(|(_, io_thread)| io_thread.lend()) {
            server.lend = lend::Lend::new(thread, driver, &server.wake, &on_wake);
        }
        Ok(())
    }

    /// Closes a listener and, if `cut`, every connection.
    #[napi]
    pub fn stop(&self, thread: u32, cut: bool) -> Result<()> {
        let server = self.state()?;
        if let Some((_, found)) = server.threads.iter().find(|(number, _)| *number == thread) {
            found.stop(cut);
        }
        let refused = server.gate.clear();
        let stats = &server.hub.stats;
        stats.add(Counter::RefusedStopping, refused as u64);
        Ok(())
    }

    /// To be called after the event that a thread ends: waits until it has ended, and lets the process end when
    /// it was the last.
    #[napi]
    pub fn join(&self, thread: u32) -> Result<()> {
        let mut server = self.state()?;
        let index = server
            .threads
            .iter()
            .position(|(number, _)| *number == thread);
        if let Some(index) = index {
            let (_, ended) = server.threads.swap_remove(index);
            ended.join();
            lend::end(&mut server.lend, thread);
        }
        server.disarm_if_idle();
        Ok(())
    }

    /// Begins the closing handshake of connections that have not begun theirs: JavaScript does not know of
    /// them.
    #[napi]
    pub fn close_unknown(&self, code: u32, reason: String) -> Result<()> {
        self.state()?.hub.close_unknown(code as u16, &reason);
        Ok(())
    }

    /// Sets whether upgrades wait for `accept` or `refuse`.
    #[napi]
    pub fn ask(&self, asking: bool) -> Result<()> {
        self.state()?.gate.set_asking(asking);
        Ok(())
    }

    /// Accepts an upgrade that waits, with these lines and the subprotocol that they name. False when it does not
    /// wait any more.
    #[napi]
    pub fn accept(&self, key: u32, head: String, protocol: Option<String>) -> Result<bool> {
        let head = head.into_bytes();
        let verdict = Verdict::Accept { head, protocol };
        Ok(self.state()?.gate.decide(key, verdict))
    }

    /// Refuses an upgrade that waits. False when it does not wait any more.
    #[napi]
    pub fn refuse(&self, key: u32, status: u32, message: Option<String>) -> Result<bool> {
        let status = status as u16;
        let verdict = Verdict::Refuse { status, message };
        Ok(self.state()?.gate.decide(key, verdict))
    }
}

fn failed(error: i32) -> Started {
    Started {
        error,
        thread: 0,
        address: String::new(),
        port: 0,
    }
}

fn socket_address(host: &str, port: u16) -> Option<SocketAddr> {
    let address = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    address.parse().ok()
}

/// The system's number of an invalid argument.
const EINVAL: i32 = 22;

fn error_number(error: &io::Error) -> i32 {
    // An error without a number (an unsuitable socket path) counts as an invalid argument.
    error.raw_os_error().unwrap_or(EINVAL)
}
