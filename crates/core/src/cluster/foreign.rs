//! What programs that are no nodes may publish.

use crate::envelope;
use crate::hub::is_reserved;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Published<'a> {
    #[serde(borrow, rename = "n")]
    _name: &'a serde_json::value::RawValue,
    #[serde(borrow, rename = "p", default)]
    _payload: Option<&'a serde_json::value::RawValue>,
}

/// Checks an envelope.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<(), &'static str> {
    let Ok(envelope) = envelope::scan(text) else {
        return Err("its text is not an envelope");
    };
    if is_reserved(&envelope.name.decode()) {
        return Err("its name begins with _ and is reserved");
    }
    match serde_json::from_str::<Published<'_>>(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("it has keys besides \"n\" and \"p\""),
    }
}
