//! The scripts that run in Redis, each one atomic step.

use std::sync::LazyLock;

use redis::{Arg, Cmd};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The commands that the scripts run, as rules of an ACL.
pub const SCRIPTS_RUN: &str =
    "+hmget +hset +hdel +del +xadd +pexpire +time +publish +spublish +get +set";

/// A script, with the digest that Redis knows it by.
pub struct Script {
    body: &'static str,
    digest: String,
}

/// Keeps a message and publishes it; also published with the package, for other programs.
pub static PUBLISH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../../../lua/publish.lua")));

/// Where a history stands; begins one if there is none.
pub static HEAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("head.lua")));

/// Takes an id.
pub static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("claim.lua")));

/// Frees an id.
pub static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

impl Script {
    fn new(body: &'static str) -> Self {
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, body.as_bytes());
        Self {
            body,
            digest: data_encoding::HEXLOWER.encode(digest.as_ref()),
        }
    }

    /// A command that runs the script by its digest.
    pub fn command(&self, keys: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.digest).arg(keys.len()).arg(keys);
        command
    }

    /// The same command with the script itself.
    pub fn with_body(&self, command: &Cmd) -> Cmd {
        let mut with_body = redis::cmd("EVAL");
        with_body.arg(self.body);
        for argument in command.args_iter().skip(2) {
            if let Arg::Simple(bytes) = argument {
                with_body.arg(bytes);
            }
        }
        with_body
    }
}
