//! What other nodes do for a request: their connections are asked the same.

use std::sync::Arc;

use super::{ASKED_COST, Answer, AnswersElsewhere, Requests};

impl Requests {
    /// So many other nodes are asked. Returns whether the request is complete, because all have answered already or
    /// none is asked.
    pub(in crate::hub) fn expect(&self, key: u32, nodes: usize) -> bool {
        let mut state = self.lock();
        let Some(request) = state.requests.get_mut(&key) else {
            return false;
        };
        request.elsewhere.is_open = false;
        request.elsewhere.is_asked |= nodes > 0;
        request.elsewhere.waiting += nodes.cast_signed();
        request.becomes_complete()
    }

    /// Notes answers of connections on another node: the last of them when it `is_done`. Returns whether the request is
    /// complete with that; `None` when its connections would pass `most` bytes, and nothing was noted.
    pub(in crate::hub) fn answer_elsewhere(
        &self,
        key: u32,
        answers: &AnswersElsewhere<'_>,
        is_done: bool,
        most: usize,
    ) -> Option<bool> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(request) = state.requests.get_mut(&key) else {
            return Some(false);
        };
        if request.is_complete {
            return Some(false);
        }
        let AnswersElsewhere {
            responses,
            errors,
            too_large,
            silent,
        } = answers;
        let count = responses.len() + errors.len() + too_large.len() + silent.len();
        if (state.asked + count).saturating_mul(ASKED_COST) > most {
            return None;
        }
        state.asked += count;
        request.elsewhere.answered += count;
        request
            .elsewhere
            .silent
            .extend(silent.iter().map(|&id| Arc::from(id)));
        request.elsewhere.waiting -= isize::from(is_done);
        let too_large = too_large
            .iter()
            .map(|&id| (Arc::from(id), Answer::TooLarge));
        request.answers.extend(too_large);
        for &(id, payload) in responses {
            state.note(key, id.into(), Ok(payload), most);
        }
        for &(id, error) in errors {
            state.note(key, id.into(), Err(error), most);
        }
        let request = state.requests.get_mut(&key)?;
        Some(request.becomes_complete())
    }

    /// The answers of other nodes are not complete, and are not waited for. Returns whether the request is complete
    /// with that.
    pub(in crate::hub) fn miss(&self, key: u32, nodes: Vec<Box<str>>) -> bool {
        let mut state = self.lock();
        let Some(request) = state.requests.get_mut(&key) else {
            return false;
        };
        request.elsewhere.waiting -= nodes.len().cast_signed();
        request.elsewhere.missing.extend(nodes);
        request.becomes_complete()
    }

    /// Connections here are not waited for any more. Returns whether the request is complete with that.
    pub(in crate::hub) fn wait_elsewhere_only(&self, key: u32) -> bool {
        let mut state = self.lock();
        let Some(request) = state.requests.get_mut(&key) else {
            return false;
        };
        for asked in request.asked.values_mut() {
            asked.waiting = false;
        }
        request.waiting = 0;
        request.becomes_complete()
    }
}
