//! Which rooms have a history.

use std::collections::HashMap;

/// What is kept of a room's messages, and how much of it a client is given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Most messages kept, 1 or more.
    pub size: usize,
    /// How long a message is kept, and a room without members, in milliseconds.
    pub ttl: u64,
    /// Most messages of one replay.
    pub max_replay: usize,
    /// While other nodes cannot be reached, messages are delivered at once and not kept, instead of waiting.
    pub local_when_down: bool,
}

/// Rules by the names of rooms.
#[derive(Debug)]
pub struct Rules<R = Rule> {
    rooms: HashMap<Box<str>, R>,
    /// The longest first.
    prefixes: Vec<(Box<str>, R)>,
}

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Self {
            rooms: HashMap::new(),
            prefixes: Vec::new(),
        }
    }
}

impl<R: Copy> Rules<R> {
    /// Sets the rule of a room, or with a `*` at the end of `pattern` that of all rooms whose names begin
    /// with what stands before it.
    pub fn set(&mut self, pattern: &str, rule: R) {
        let Some(prefix) = pattern.strip_suffix('*') else {
            self.rooms.insert(pattern.into(), rule);
            return;
        };
        self.prefixes.retain(|(known, _)| **known != *prefix);
        self.prefixes.push((prefix.into(), rule));
        self.prefixes
            .sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
    }

    /// The rule of a room: that of its name, else that of the longest prefix.
    pub fn find(&self, name: &str) -> Option<R> {
        if let Some(rule) = self.rooms.get(name) {
            return Some(*rule);
        }
        let mut prefixes = self.prefixes.iter();
        let found = prefixes.find(|(prefix, _)| name.starts_with(&**prefix));
        found.map(|(_, rule)| *rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_match_holds() {
        let rule = |size| Rule {
            size,
            ttl: 1,
            max_replay: 1,
            local_when_down: false,
        };
        let mut rules = Rules::default();
        assert_eq!(rules.find("news"), None);
        rules.set("news", rule(1));
        rules.set("news*", rule(2));
        rules.set("news:sport:*", rule(3));
        rules.set("n*", rule(4));
        let size = |name| rules.find(name).map(|rule| rule.size);
        assert_eq!(size("news"), Some(1));
        assert_eq!(size("news:"), Some(2));
        assert_eq!(size("news:sport:"), Some(3));
        assert_eq!(size("news:sport:1"), Some(3));
        assert_eq!(size("new"), Some(4));
        assert_eq!(size("old"), None);
        assert_eq!(size(""), None);
    }

    #[test]
    fn a_star_alone_is_for_all_and_the_last_rule_holds() {
        let rule = |size| Rule {
            size,
            ttl: 1,
            max_replay: 1,
            local_when_down: false,
        };
        let mut rules = Rules::default();
        rules.set("*", rule(1));
        rules.set("*", rule(2));
        assert_eq!(rules.find("").map(|rule| rule.size), Some(2));
        assert_eq!(rules.find("*").map(|rule| rule.size), Some(2));
        assert_eq!(rules.prefixes.len(), 1);
    }
}
