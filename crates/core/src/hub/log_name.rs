//! How connections are named in the log.

use std::fmt;

use super::Hub;
use super::connection::{Connection, NumberName};

/// A connection's name: its id, as in the log of the JavaScript side, or, before it has one, its number and its
/// address. It is for log lines only, because it takes the registry's lock.
pub struct LogName<'a> {
    hub: &'a Hub,
    connection: &'a Connection,
}

impl Hub {
    /// The name of a connection in the log. The caller must hold no lock.
    pub fn log_name<'a>(&'a self, connection: &'a Connection) -> LogName<'a> {
        LogName {
            hub: self,
            connection,
        }
    }
}

impl fmt::Display for LogName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.hub.registry().id_of(self.connection);
        match id {
            // Escaped, because applications choose ids, perhaps from what peers send.
            Some(id) => write!(f, "connection {}", id.escape_debug()),
            None => fmt::Display::fmt(&NumberName(self.connection), f),
        }
    }
}
