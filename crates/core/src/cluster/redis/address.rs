//! Addresses of Redis as applications write them.
//!
//! ```text
//! redis://user:password@host:6379/0                        rediss: with TLS
//! unix:///run/redis/redis.sock?db=0&user=…&password=…
//! redis+sentinel://user:password@host:26379,host/master/0  rediss+sentinel: with TLS
//! redis+cluster://user:password@host:6379,host             rediss+cluster: with TLS
//! ```
//!
//! User and password are percent-decoded. For sentinels, they are those of the master; the sentinels' own are
//! `sentinelUser` and `sentinelPassword` behind the `?`. The master's name and the number of the database may stand
//! there too, as `master` and `db`.

use std::fmt;
use std::path::PathBuf;

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where a server listens. Written without user and password, for errors.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A host, without the brackets of IPv6, and a port.
    Tcp(String, u16),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A user and a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// `None` is the user `default`.
    pub user: Option<String>,
    /// Is not asked for when `None`.
    pub password: Option<String>,
}

/// How servers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One server.
    Single,
    /// The sentinels at the addresses name it.
    Sentinel,
    /// Each server of a Redis Cluster knows the others.
    Cluster,
}

/// Addresses, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Addresses {
    pub kind: Kind,
    pub tls: bool,
    /// The server, the sentinels, or some servers of the cluster; never empty.
    pub endpoints: Vec<Endpoint>,
    pub login: Login,
    pub sentinel_login: Login,
    /// The name that the sentinels know the master by; empty for other kinds.
    pub master: String,
    pub database: u32,
}

impl Addresses {
    /// Reads one address, or several of sentinels or of a cluster. What the first of several says beside its host
    /// holds for all; the others may repeat it.
    ///
    /// # Errors
    /// What is wrong, to stand behind the name of the option. It holds no password.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, String> {
        let mut texts = texts.iter().map(AsRef::as_ref);
        let Some(first) = texts.next() else {
            return Err("has no address".into());
        };
        let mut all = one(first)?;
        for text in texts {
            let more = one(text)?;
            if all.kind == Kind::Single || more.kind == Kind::Single {
                return Err(
                    "has several addresses, which are possible with redis+sentinel: and redis+cluster: only"
                        .into(),
                );
            }
            if (more.kind, more.tls) != (all.kind, all.tls) {
                return Err("has addresses of different kinds".into());
            }
            let differs =
                |theirs: &Login, ours: &Login| *theirs != Login::default() && theirs != ours;
            if differs(&more.login, &all.login)
                || differs(&more.sentinel_login, &all.sentinel_login)
                || !(more.master.is_empty() || more.master == all.master)
                || !(more.database == 0 || more.database == all.database)
            {
                return Err(
                    "has addresses that differ in user, password, master or database".into(),
                );
            }
            all.endpoints.extend(more.endpoints);
        }
        if all.kind == Kind::Sentinel && all.master.is_empty() {
            return Err(
                "does not name the master: redis+sentinel://host:26379/NAME or ?master=NAME".into(),
            );
        }
        if all.kind == Kind::Cluster && all.database != 0 {
            return Err("has a database number, and a Redis Cluster has database 0 only".into());
        }
        Ok(all)
    }
}

fn one(text: &str) -> Result<Addresses, String> {
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let (kind, tls) = match scheme.to_ascii_lowercase().as_str() {
        "redis" => (Kind::Single, false),
        "rediss" => (Kind::Single, true),
        "redis+sentinel" => (Kind::Sentinel, false),
        "rediss+sentinel" => (Kind::Sentinel, true),
        "redis+cluster" => (Kind::Cluster, false),
        "rediss+cluster" => (Kind::Cluster, true),
        "unix" => return unix(rest),
        _ => {
            return Err(
                "must begin with redis:, rediss:, unix:, redis+sentinel: or redis+cluster:".into(),
            );
        }
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(format!("must begin with {scheme}://"));
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = match authority.rsplit_once('@') {
        None => (Login::default(), authority),
        Some((login, hosts)) => (read_login(login)?, hosts),
    };
    let port = if kind == Kind::Sentinel {
        SENTINEL_PORT
    } else {
        REDIS_PORT
    };
    let endpoints = hosts
        .split(',')
        .map(|host| endpoint(host, port))
        .collect::<Result<Vec<_>, _>>()?;
    if kind == Kind::Single && endpoints.len() > 1 {
        return Err(
            "has several hosts, which are possible with redis+sentinel: and redis+cluster: only"
                .into(),
        );
    }
    let mut addresses = Addresses {
        kind,
        tls,
        endpoints,
        login,
        sentinel_login: Login::default(),
        master: String::new(),
        database: 0,
    };
    let path = path.trim_end_matches('/');
    let (master, database) = match kind {
        Kind::Sentinel => path.split_once('/').unwrap_or((path, "")),
        Kind::Single | Kind::Cluster => ("", path),
    };
    addresses.master = decoded(master)?;
    if !database.is_empty() {
        addresses.database = read_database(database)?;
    }
    read_query(&mut addresses, query)?;
    Ok(addresses)
}

fn unix(rest: &str) -> Result<Addresses, String> {
    if !cfg!(unix) {
        return Err("is a Unix socket, which this system does not have".into());
    }
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (login, path) = match rest.split_once('/') {
        Some((login, _)) if !login.is_empty() => match login.strip_suffix('@') {
            None => return Err("must have a path that begins with / behind unix:".into()),
            Some(login) => (read_login(login)?, &rest[login.len() + 1..]),
        },
        Some(_) => (Login::default(), rest),
        None => return Err("must have a path that begins with / behind unix:".into()),
    };
    let mut addresses = Addresses {
        kind: Kind::Single,
        tls: false,
        endpoints: vec![Endpoint::Unix(decoded(path)?.into())],
        login,
        sentinel_login: Login::default(),
        master: String::new(),
        database: 0,
    };
    read_query(&mut addresses, query)?;
    Ok(addresses)
}

fn read_query(addresses: &mut Addresses, query: &str) -> Result<(), String> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value)?;
        let of_sentinels = addresses.kind == Kind::Sentinel;
        match name {
            "db" => addresses.database = read_database(&value)?,
            "user" | "username" => addresses.login.user = Some(value),
            "pass" | "password" => addresses.login.password = Some(value),
            "master" if of_sentinels => addresses.master = value,
            "sentinelUser" if of_sentinels => addresses.sentinel_login.user = Some(value),
            "sentinelPassword" if of_sentinels => addresses.sentinel_login.password = Some(value),
            _ => {
                let known = "db, user and password; for sentinels also master, sentinelUser and sentinelPassword";
                return Err(format!(
                    "has \"{name}\" behind its ?, and known are {known}"
                ));
            }
        }
    }
    Ok(())
}

fn endpoint(text: &str, default: u16) -> Result<Endpoint, String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            // What is no port is said to be none below.
            Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or_default())),
            None => return Err("has a [ without a ]".into()),
        },
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("has no host".into());
    }
    let port = match port {
        None => default,
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => port,
            _ => {
                return Err(format!(
                    "has a port that is not from 1 to 65535, of host {host}"
                ));
            }
        },
    };
    Ok(Endpoint::Tcp(decoded(host)?, port))
}

fn read_login(text: &str) -> Result<Login, String> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    Ok(Login {
        user: (!user.is_empty()).then(|| decoded(user)).transpose()?,
        password: password.map(decoded).transpose()?,
    })
}

fn read_database(text: &str) -> Result<u32, String> {
    (text.parse()).map_err(|_| "has a database that is not a number".to_owned())
}

fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "has a % that is not followed by two hexadecimal digits of UTF-8".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let digits = part.get(..2).ok_or_else(wrong)?;
        let byte = data_encoding::HEXLOWER_PERMISSIVE
            .decode(digits.as_bytes())
            .map_err(|_| wrong())?;
        bytes.extend_from_slice(&byte);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Addresses {
        Addresses::parse(&[text]).unwrap_or_else(|error| panic!("{text} {error}"))
    }

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp(host.into(), port)
    }

    fn login(user: &str, password: &str) -> Login {
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Login {
            user: set(user),
            password: set(password),
        }
    }

    #[test]
    fn one_server() {
        let plain = read("redis://127.0.0.1");
        assert_eq!(plain.endpoints, [tcp("127.0.0.1", 6379)]);
        assert_eq!(
            (plain.kind, plain.tls, plain.database),
            (Kind::Single, false, 0)
        );
        let full = read("rediss://us%40er:p%3Ass%2F@[::1]:7000/3");
        assert_eq!(full.endpoints, [tcp("::1", 7000)]);
        assert!(full.login == login("us@er", "p:ss/"));
        assert_eq!((full.tls, full.database), (true, 3));
        assert!(read("redis://:secret@h").login == login("", "secret"));
        assert!(read("redis://h?user=a&password=b&db=2").login == login("a", "b"));
        assert_eq!(full.endpoints[0].to_string(), "[::1]:7000");
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket() {
        for text in ["unix:///run/a%20b/r.sock?db=4", "unix:/run/a b/r.sock?db=4"] {
            let unix = read(text);
            assert_eq!(unix.endpoints, [Endpoint::Unix("/run/a b/r.sock".into())]);
            assert_eq!(unix.database, 4);
        }
        let with = read("unix://me:pw@/run/r.sock");
        assert!(with.login == login("me", "pw"));
        assert_eq!(with.endpoints, [Endpoint::Unix("/run/r.sock".into())]);
    }

    #[test]
    fn sentinels() {
        let one = read("redis+sentinel://u:p@a,b:7000/mymaster/2?sentinelPassword=s");
        assert_eq!(one.endpoints, [tcp("a", 26379), tcp("b", 7000)]);
        assert_eq!((one.master.as_str(), one.database), ("mymaster", 2));
        assert!(one.login == login("u", "p") && one.sentinel_login == login("", "s"));
        let several = ["redis+sentinel://a?master=m&db=1", "redis+sentinel://b/m"];
        let several = Addresses::parse(&several).unwrap();
        assert_eq!(several.endpoints, [tcp("a", 26379), tcp("b", 26379)]);
        assert_eq!((several.master.as_str(), several.database), ("m", 1));
    }

    #[test]
    fn a_cluster() {
        let cluster = read("rediss+cluster://a:1,b");
        assert_eq!((cluster.kind, cluster.tls), (Kind::Cluster, true));
        assert_eq!(cluster.endpoints, [tcp("a", 1), tcp("b", 6379)]);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let cases: &[(&[&str], &str)] = &[
            (&[], "no address"),
            (&["http://h"], "must begin with redis:"),
            (&["redis:h"], "must begin with redis://"),
            (&["redis://"], "no host"),
            (&["redis://:s3cret@h:99999"], "port"),
            (&["redis://:s3cret@h:x"], "port"),
            (&["redis://[::1"], "without a ]"),
            (&["redis://[::1]6379"], "port"),
            (&["redis://h/x"], "database"),
            (&["redis://:s3cret%zz@h"], "%"),
            (&["redis://h?x=s3cret"], "\"x\""),
            (&["redis://a,b"], "several hosts"),
            (&["redis://a", "redis://b"], "several addresses"),
            (
                &["redis+cluster://a", "redis+sentinel://b/m"],
                "different kinds",
            ),
            (
                &["redis+cluster://u:s3cret@a", "redis+cluster://v@b"],
                "differ",
            ),
            (&["redis+sentinel://a"], "name the master"),
            (&["redis+cluster://a/1"], "database 0"),
            (&["unix:run"], "path"),
            (&["unix://x/run"], "path"),
        ];
        for (texts, part) in cases {
            let Err(error) = Addresses::parse(texts) else {
                panic!("{texts:?} was taken");
            };
            assert!(error.contains(part), "{texts:?}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
