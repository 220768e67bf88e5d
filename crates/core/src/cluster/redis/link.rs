//! A connection to one server.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisError, Value,
};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::address::{Endpoint, Login};
use super::errors::{self, Context};
use super::limiter::Limiter;
use super::session::Incoming;
use super::stream::{Failure, Stream};
use super::tls::Tls;
use crate::boxed;
use crate::cluster::engine::EngineError;

/// What has become of a connection that has failed.
const LOST: &str = "was lost";

/// What all connections of an engine have in common.
pub struct Dialing {
    pub login: Login,
    pub database: u32,
    pub tls: Option<Tls>,
    pub timeout: Duration,
    /// What the names of channels and keys begin with, for errors.
    pub prefix: Box<str>,
}

/// A connection. It ends when the link is dropped.
pub struct Link {
    connection: MultiplexedConnection,
    driver: AbortHandle,
    failure: Failure,
    pub endpoint: Arc<Endpoint>,
    dialing: Arc<Dialing>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    /// Connects and logs in. `incoming` gets messages of subscriptions that are not too large; `ended` is called when the
    /// connection ends by itself.
    ///
    /// # Errors
    /// The server cannot be reached in time, or does not let the user in.
    pub async fn open(
        dialing: &Arc<Dialing>,
        endpoint: &Arc<Endpoint>,
        incoming: Option<&Arc<Incoming>>,
        ended: impl FnOnce(EngineError) + Send + 'static,
    ) -> Result<Self, EngineError> {
        let opening = Self::connect(dialing, endpoint, incoming, ended);
        let Ok(opened) = timeout(dialing.timeout, opening).await else {
            let what = format!("cannot be reached: no answer in {:?}", dialing.timeout);
            return Err(errors::lost(endpoint, &what, Some("ETIMEDOUT")));
        };
        opened
    }

    async fn connect(
        dialing: &Arc<Dialing>,
        endpoint: &Arc<Endpoint>,
        incoming: Option<&Arc<Incoming>>,
        ended: impl FnOnce(EngineError) + Send + 'static,
    ) -> Result<Self, EngineError> {
        let limiter = Limiter::new(incoming.map(Incoming::messages));
        let (stream, failure) = Stream::connect(endpoint, dialing.tls.as_ref(), limiter)
            .await
            .map_err(|error| errors::system(endpoint, "cannot be reached", &error))?;
        let mut info = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(dialing.database.into())
            .set_skip_set_lib_name();
        if let Some(user) = &dialing.login.user {
            info = info.set_username(user);
        }
        if let Some(password) = &dialing.login.password {
            info = info.set_password(password);
        }
        let mut config = AsyncConnectionConfig::new().set_response_timeout(Some(dialing.timeout));
        if let Some(incoming) = incoming {
            config = config.set_push_sender(Arc::clone(incoming));
        }
        let (connection, driver) = MultiplexedConnection::new_with_config(&info, stream, config)
            .await
            .map_err(|error| match failure.take() {
                Some(error) => errors::system(endpoint, "cannot be reached", &error),
                None => errors::redis(
                    &error,
                    Context {
                        server: endpoint,
                        command: "HELLO",
                        prefix: &dialing.prefix,
                    },
                ),
            })?;
        let driver = boxed::spawn(driver);
        let abort = driver.abort_handle();
        boxed::spawn({
            let (endpoint, failure) = (Arc::clone(endpoint), failure.clone());
            async move {
                match driver.await {
                    // The link was dropped.
                    Err(error) if error.is_cancelled() => {}
                    _ => ended(why(&endpoint, &failure)),
                }
            }
        });
        Ok(Self {
            connection,
            driver: abort,
            failure,
            endpoint: Arc::clone(endpoint),
            dialing: Arc::clone(dialing),
        })
    }

    /// Sends commands and waits for the answers to all of them, which may be errors. `command` is what errors name.
    ///
    /// # Errors
    /// The connection is lost, or the answers take too long.
    pub async fn ask(&self, command: &str, pipeline: &Pipeline) -> Result<Vec<Value>, EngineError> {
        let count = pipeline.len();
        let mut connection = self.connection.clone();
        (connection.send_packed_commands(pipeline, 0, count).await)
            .map_err(|error| self.failed(&error, command))
    }

    /// Subscribes to channels with one command.
    ///
    /// # Errors
    /// As for [`Self::ask`], or the server refuses it.
    pub async fn subscribe(&self, channels: &[String]) -> Result<(), EngineError> {
        let mut connection = self.connection.clone();
        (connection.subscribe(channels).await).map_err(|error| self.failed(&error, "SUBSCRIBE"))
    }

    /// Ends subscriptions with one command.
    ///
    /// # Errors
    /// As for [`Self::subscribe`].
    pub async fn unsubscribe(&self, channels: &[String]) -> Result<(), EngineError> {
        let mut connection = self.connection.clone();
        (connection.unsubscribe(channels).await).map_err(|error| self.failed(&error, "UNSUBSCRIBE"))
    }

    /// Subscribes to a pattern.
    ///
    /// # Errors
    /// As for [`Self::subscribe`].
    pub async fn subscribe_to_pattern(&self, pattern: &str) -> Result<(), EngineError> {
        let mut connection = self.connection.clone();
        (connection.psubscribe(pattern).await).map_err(|error| self.failed(&error, "PSUBSCRIBE"))
    }

    /// Ends the subscription to a pattern.
    ///
    /// # Errors
    /// As for [`Self::subscribe`].
    pub async fn unsubscribe_from_pattern(&self, pattern: &str) -> Result<(), EngineError> {
        let mut connection = self.connection.clone();
        (connection.punsubscribe(pattern).await)
            .map_err(|error| self.failed(&error, "PUNSUBSCRIBE"))
    }

    fn failed(&self, error: &RedisError, command: &str) -> EngineError {
        if error.is_io_error() && !error.is_timeout() {
            why(&self.endpoint, &self.failure)
        } else {
            errors::redis(error, self.context(command))
        }
    }

    /// For errors.
    pub fn context<'a>(&'a self, command: &'a str) -> Context<'a> {
        Context {
            server: &self.endpoint,
            command,
            prefix: &self.dialing.prefix,
        }
    }
}

/// Whoever hears first of the error of the stream tells it.
fn why(endpoint: &Endpoint, failure: &Failure) -> EngineError {
    match failure.take() {
        Some(error) => errors::system(endpoint, LOST, &error),
        None => errors::lost(endpoint, failure.deed(), None),
    }
}
