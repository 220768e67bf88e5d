//! Errors of Redis and of the system, for people.

use std::io;

use redis::{RedisError, ServerError};

use super::address::Endpoint;
use super::scripts::SCRIPTS_RUN;
use crate::cluster::engine::EngineError;

/// What was sent to which server, to be named in errors.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub server: &'a Endpoint,
    /// The command, in capital letters.
    pub command: &'a str,
    /// What the names of channels and keys begin with.
    pub prefix: &'a str,
}

/// The connection to a server was lost, or could not be made. `what` goes on behind the server's address.
pub fn lost(server: &Endpoint, what: &str, code: Option<&str>) -> EngineError {
    EngineError::Lost {
        message: format!("Redis at {server} {what}"),
        code: code.map(str::to_owned),
    }
}

/// The system's error `error` of a connection. `doing` is such as `cannot be reached`.
pub fn system(server: &Endpoint, doing: &str, error: &io::Error) -> EngineError {
    let code = name_of(error);
    let what = match code {
        Some(code) => format!("{doing}: {code} ({error})"),
        None => format!("{doing}: {error}"),
    };
    lost(server, &what, code)
}

/// The name that Node gives a system's error.
fn name_of(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset => "ECONNRESET",
        Kind::ConnectionAborted => "ECONNABORTED",
        Kind::NotFound => "ENOENT",
        Kind::PermissionDenied => "EACCES",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::NetworkUnreachable => "ENETUNREACH",
        Kind::NetworkDown => "ENETDOWN",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::BrokenPipe => "EPIPE",
        _ if error.to_string().contains("lookup address") => "ENOTFOUND",
        _ => return None,
    })
}

/// What an answer that is an error means.
pub struct Answered {
    pub error: EngineError,
    /// The server is of no use now: another one may have its place, or it will serve again after a while.
    pub reconnect: bool,
}

/// Reads an error that a server has answered.
pub fn server(error: &ServerError, context: Context<'_>) -> Answered {
    let Context {
        server,
        command,
        prefix,
    } = context;
    let details = error.details().unwrap_or_default();
    // Redis 6.2 puts the errors of commands in a script into the text.
    let code = (CODES.iter().copied())
        .find(|code| error.code() == *code || details.contains(&format!("-{code} ")))
        .unwrap_or(error.code());
    let is_acl = code == "NOPERM"
        || details.contains("ACL failure")
        || details.contains("executing the script");
    let answer = format!("{code} {details}");
    let message = match code {
        _ if is_acl => {
            let rules = acl_rules(details, command, prefix);
            return refused(format!(
                "Redis at {server} does not let the user run {command} ({answer}). Add \"{rules}\" to the user's ACL rules"
            ));
        }
        "NOAUTH" => {
            return refused(format!(
                "Redis at {server} wants a password ({answer}). Add it to the address, as in redis://:password@host"
            ));
        }
        "WRONGPASS" => {
            return refused(format!(
                "Redis at {server} does not know this user with this password ({answer}). Check them in the address"
            ));
        }
        "READONLY" => "is a read-only replica",
        "LOADING" => "is still loading its data",
        "MASTERDOWN" => "is a replica without its master",
        "CLUSTERDOWN" => "says that its cluster is down",
        "OOM" => "has no memory left below its maxmemory",
        "MISCONF" => "does not write, because it cannot save its data to disk",
        "NOREPLICAS" => "does not write, because it has too few replicas",
        "TRYAGAIN" => "is moving the slot of these keys to another server",
        "BUSY" => "is busy running a script",
        _ if details.contains("cluster support disabled") => {
            return refused(format!(
                "Redis at {server} is not part of a Redis Cluster: write redis: in place of redis+cluster:"
            ));
        }
        _ => {
            return refused(format!(
                "Redis at {server} has refused {command} ({answer})"
            ));
        }
    };
    Answered {
        error: EngineError::Unable(format!(
            "Redis at {server} {message}: it has refused {command} ({answer})"
        )),
        reconnect: matches!(code, "READONLY" | "LOADING" | "MASTERDOWN" | "CLUSTERDOWN"),
    }
}

/// Codes that have a meaning here.
const CODES: [&str; 12] = [
    "NOPERM",
    "NOAUTH",
    "WRONGPASS",
    "READONLY",
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "OOM",
    "MISCONF",
    "NOREPLICAS",
    "TRYAGAIN",
    "BUSY",
];

fn refused(message: String) -> Answered {
    Answered {
        error: EngineError::Refused(message),
        reconnect: false,
    }
}

/// The rules that allow what was refused. `details` are texts of Redis such as "…no permissions to run the 'publish'
/// command", "…to access one of the channels…" and "The user executing the script can't access at least one of the
/// keys…".
fn acl_rules(details: &str, command: &str, prefix: &str) -> String {
    if details.contains("channel") && command == "PSUBSCRIBE" {
        // A pattern has to stand in the rules as it is.
        format!("&{prefix}:r:*")
    } else if details.contains("channel") {
        format!("&{prefix}:*")
    } else if details.contains("keys") || details.contains("a key") {
        format!("~{prefix}:*")
    } else {
        let quoted = details.split('\'').nth(1).filter(|name| is_command(name));
        match quoted {
            Some(name) => format!("+{name}"),
            // Redis does not say which one.
            None if details.contains("executing the script") => SCRIPTS_RUN.to_owned(),
            None => format!("+{}", command.to_ascii_lowercase()),
        }
    }
}

fn is_command(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'|')
}

/// Reads an error of the crate: of the connection, or an answer of the server while it was made.
pub fn redis(error: &RedisError, context: Context<'_>) -> EngineError {
    if error.is_timeout() {
        let what = format!("has not answered {} in time", context.command);
        return lost(context.server, &what, Some("ETIMEDOUT"));
    }
    if error.is_io_error() {
        return lost(context.server, "has closed the connection", None);
    }
    let all = error.clone().into_server_errors();
    match all.as_ref().and_then(|all| all.first()) {
        Some((_, first)) => server(first, context).error,
        None => EngineError::Refused(format!(
            "Redis at {} has refused {}: {error}",
            context.server, context.command
        )),
    }
}
