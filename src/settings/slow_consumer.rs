//! The option `slowConsumer`.

use napi_derive::napi;

/// What happens to a client that does not read what is sent to it.
#[napi(string_enum = "lowercase")]
pub enum SlowConsumer {
    Close,
    Drop,
}

impl From<SlowConsumer> for line_socket_core::SlowConsumer {
    fn from(policy: SlowConsumer) -> Self {
        match policy {
            SlowConsumer::Close => Self::Close,
            SlowConsumer::Drop => Self::Drop,
        }
    }
}
