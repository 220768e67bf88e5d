//! Whether a connected engine does all that it is asked. A Redis without memory passes messages on, and keeps none.

use std::time::{Duration, Instant};

use super::engine::EngineError;

/// How long nothing may fail before all is well again. A server at its limit takes some messages and refuses others.
const CALM: Duration = Duration::from_secs(1);

/// What the engine could not do last, if that still holds.
#[derive(Debug, Default)]
pub struct Strain(Option<Failing>);

#[derive(Debug)]
struct Failing {
    error: EngineError,
    last: Instant,
    /// The engine has kept or written something since.
    works: bool,
}

impl Strain {
    /// The engine could not do something. True when the application is to be told.
    pub fn failed(&mut self, error: &EngineError, now: Instant) -> bool {
        let is_new = self.0.is_none();
        self.0 = Some(Failing {
            error: error.clone(),
            last: now,
            works: false,
        });
        is_new
    }

    /// The engine has kept or written something.
    pub fn worked(&mut self) {
        if let Some(failing) = &mut self.0 {
            failing.works = true;
        }
    }

    /// Whether it is over by now. True once.
    pub fn is_over(&mut self, now: Instant) -> bool {
        let works = |failing: &mut Failing| failing.works && now - failing.last >= CALM;
        self.0.take_if(works).is_some()
    }

    /// Forgets it: the connection is lost.
    pub fn forget(&mut self) {
        self.0 = None;
    }

    /// What the engine cannot do.
    pub fn error(&self) -> Option<&EngineError> {
        self.0.as_ref().map(|failing| &failing.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_told_once_and_over_after_a_calm_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let error = EngineError::Unable("full".into());
        let mut strain = Strain::default();
        strain.worked();
        assert!(!strain.is_over(at(0)));
        assert!(strain.failed(&error, at(0)));
        assert!(!strain.failed(&error, at(200)));
        assert_eq!(strain.error(), Some(&error));
        assert!(!strain.is_over(at(5000)), "nothing has worked since");
        strain.worked();
        assert!(!strain.failed(&error, at(5000)));
        strain.worked();
        assert!(!strain.is_over(at(5900)));
        assert!(strain.is_over(at(6000)));
        assert!(!strain.is_over(at(7000)), "once");
        assert!(strain.failed(&error, at(8000)));
        strain.forget();
        assert_eq!(strain.error(), None);
    }
}
