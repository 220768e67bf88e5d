//! The log of the core. It is written to stderr, like that of the `debug` package, one line for each event, in the
//! order of time. It is off by default, and is turned on for the whole process.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use env_filter::{Builder, Filter, ParseError};
use log::{Log, Metadata, Record};

/// The name of the crates in the log.
const NAMESPACE: &str = "line:core";

/// The name of the crates in filters.
const ADDON: &str = env!("CARGO_CRATE_NAME");

/// The name of the core in the names of its modules. Filters need not use it.
const CORE: &str = "line_socket_core";

/// Levels of modules in the log: `transport:session`.
const LEVELS: usize = 2;

/// How often a line is offered to a stderr that is full, and the pause between.
const OFFERS: u32 = 50;
const OFFERED_EVERY: Duration = Duration::from_millis(2);

static LOGGER: OnceLock<StderrLog> = OnceLock::new();

/// Turns the log on, with a filter as in `RUST_LOG`: levels, and modules with levels, e.g. `debug` or
/// `info,line_socket_native::transport=trace`. It can be turned on once in a process: the filter of a second
/// worker thread is only checked.
///
/// # Errors
/// What is wrong with the filter.
pub fn start(filter: &str) -> Result<(), ParseError> {
    // The filter is checked as it was given, so that the error names it so.
    Builder::new().try_parse(filter)?;
    let filter = Builder::new().try_parse(&for_both_crates(filter))?.build();
    let logger = LOGGER.get_or_init(|| StderrLog {
        filter,
        dated: !io::stderr().is_terminal(),
        stuck: AtomicBool::new(false),
    });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(logger.filter.filter());
    }
    Ok(())
}

/// The filter with every directive for modules of the addon repeated for those of the core.
fn for_both_crates(filter: &str) -> String {
    let (directives, text) = filter.split_at(filter.find('/').unwrap_or(filter.len()));
    let mut both = directives.to_owned();
    for directive in directives.split(',') {
        match directive.trim().strip_prefix(ADDON) {
            Some(rest) if rest.is_empty() || rest.starts_with("::") || rest.starts_with('=') => {
                both.extend([",", CORE, rest]);
            }
            _ => {}
        }
    }
    both + text
}

/// Writes to stderr what a filter lets through.
struct StderrLog {
    filter: Filter,
    /// Lines begin with the time, as those of `debug` do except on a terminal.
    dated: bool,
    /// Stderr is not read: lines are offered only once.
    stuck: AtomicBool,
}

impl Log for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.filter.matches(record) {
            return;
        }
        let time = self.dated.then(SystemTime::now);
        let line = line(record, time);
        let offers = if self.stuck.load(Relaxed) { 1 } else { OFFERS };
        let written = write(&mut io::stderr().lock(), line.as_bytes(), offers);
        self.stuck.store(!written, Relaxed);
    }

    fn flush(&self) {}
}

/// `2026-01-31T12:00:00.000Z line:core:transport:acceptor DEBUG …`, or without the time.
fn line(record: &Record<'_>, time: Option<SystemTime>) -> String {
    let time = time.map_or_else(
        || String::from(" "),
        |time| humantime::format_rfc3339_millis(time).to_string(),
    );
    let namespace = namespace(record.target());
    format!("{time} {namespace} {} {}\n", record.level(), record.args())
}

/// The name of a module as one of the namespaces of `debug`. The files that a module is split into have its name.
fn namespace(module: &str) -> String {
    let path = module
        .strip_prefix(CORE)
        .or_else(|| module.strip_prefix(ADDON));
    match path {
        Some(path) => path
            .split("::")
            .skip(1)
            .take(LEVELS)
            .fold(String::from(NAMESPACE), |namespace, name| {
                namespace + ":" + name
            }),
        None => module.to_owned(),
    }
}

/// Writes a line. Waits a little when stderr is full, because Node makes pipes non-blocking. False when the line
/// could not be written and is lost. Other errors are ignored, because there is no place to report them.
fn write(out: &mut impl Write, mut line: &[u8], offers: u32) -> bool {
    for offer in 1..=offers {
        while !line.is_empty() {
            match out.write(line) {
                Ok(taken) => line = line.get(taken..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return true,
            }
        }
        if line.is_empty() {
            return true;
        }
        if offer < offers {
            std::thread::sleep(OFFERED_EVERY);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_at(time: Option<SystemTime>) -> String {
        let mut builder = Record::builder();
        builder.level(log::Level::Debug).target(module_path!());
        line(&builder.args(format_args!("{:?}", "a\nb")).build(), time)
    }

    #[test]
    fn a_namespace_has_two_levels_of_modules() {
        for (module, expected) in [
            ("line_socket_core", "line:core"),
            ("line_socket_core::hub", "line:core:hub"),
            (
                "line_socket_core::transport::session::reading",
                "line:core:transport:session",
            ),
            ("line_socket_native::log", "line:core:log"),
            ("tokio::net", "tokio::net"),
        ] {
            assert_eq!(namespace(module), expected, "{module}");
        }
    }

    #[test]
    fn a_line_reads_as_one_of_debug() {
        let rest = "line:core:log:tests DEBUG \"a\\nb\"\n";
        let dated = line_at(Some(SystemTime::UNIX_EPOCH));
        assert_eq!(dated, format!("1970-01-01T00:00:00.000Z {rest}"));
        assert_eq!(line_at(None), format!("  {rest}"));
    }

    #[test]
    fn other_crates_keep_their_names() {
        assert_eq!(namespace("tungstenite::protocol"), "tungstenite::protocol");
        assert_eq!(namespace("line_socket_native"), "line:core");
        assert_eq!(
            namespace("line_socket_core::hub::routing"),
            "line:core:hub:routing"
        );
    }

    #[test]
    fn a_filter_is_for_both_crates() {
        let both =
            "off,line_socket_native::hub=trace,other=warn,line_socket_core::hub=trace/text,x";
        let given = "off,line_socket_native::hub=trace,other=warn/text,x";
        assert_eq!(for_both_crates(given), both);
        assert_eq!(
            for_both_crates("line_socket_native"),
            "line_socket_native,line_socket_core"
        );
        assert_eq!(
            for_both_crates("line_socket_natives=info"),
            "line_socket_natives=info"
        );
    }

    #[test]
    fn a_bad_filter_is_told() {
        let problem = start("info,transport=loud").unwrap_err();
        assert!(problem.to_string().contains("loud"), "{problem}");
    }

    /// Accepts some bytes, then none for some offers.
    struct Slow {
        taken: Vec<u8>,
        room: usize,
        refusals: u32,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 && self.refusals > 0 {
                self.refusals -= 1;
                return Err(ErrorKind::WouldBlock.into());
            }
            let count = match self.room {
                0 => bytes.len(),
                room => room.min(bytes.len()),
            };
            self.room = 0;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_waits_a_little_for_whoever_reads_it() {
        let mut slow = Slow {
            taken: Vec::new(),
            room: 3,
            refusals: 2,
        };
        assert!(write(&mut slow, b"whole line\n", 3));
        assert_eq!(slow.taken, b"whole line\n");
        slow.refusals = 9;
        assert!(!write(&mut slow, b"lost\n", 2), "and no longer");
    }
}
