//! How connections are named in the log.

use std::fmt;

use super::Hub;
use super::connection::{Connection, NumberName};

/// A connection's name: the id the application knows it by, as in the log of the JavaScript side; before
/// it has one, its number and where it comes from. For log lines alone: it takes the registry's lock.
pub struct LogName<'a> {
    hub: &'a Hub,
    connection: &'a Connection,
}

impl Hub {
    /// What to call a connection in the log. The caller holds no lock.
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
            // Applications choose ids, perhaps from what peers send.
            Some(id) => write!(f, "connection {}", id.escape_debug()),
            None => fmt::Display::fmt(&NumberName(self.connection), f),
        }
    }
}
