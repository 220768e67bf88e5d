use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::cluster::forms::{Demand, Part};

/// What version 1.0 says. A later version has to read it, and to write what that version can read: lines are added here,
/// and none is changed.
const CONTROLS: [&str; 12] = [
    r#"{"beat":{"name":"a","pid":7,"version":"1.0.0","connections":2,"rooms":3,"sent":99}}"#,
    r#"{"beat":{"name":"a","pid":7,"version":"1.0.0","connections":2,"rooms":3,"hello":true,"sent":99}}"#,
    r#"{"bye":{}}"#,
    r#"{"ask":{"key":4,"what":{"end":{}}}}"#,
    r#"{"ask":{"key":4,"what":{"end":{}},"timeout":5000}}"#,
    r#"{"answer":{"key":4,"with":{"count":2}}}"#,
    r#"{"answer":{"key":4,"with":{},"more":true}}"#,
    r#"{"present":{"room":"a","seq":1}}"#,
    r#"{"present":{"room":"a","seq":2,"set":[["x",{"name":"Ada"}],["y",null]],"gone":["z"]}}"#,
    r#"{"whoIs":{"rooms":["a","b"]}}"#,
    r#"{"here":{"present":{"room":"a","seq":3,"set":[["x",1]]},"first":true,"more":false}}"#,
    r#"{"here":{"present":{"room":"a","seq":3},"first":false,"more":true}}"#,
];

const DEMANDS: [&str; 12] = [
    r#"{"count":{"whom":{}}}"#,
    r#"{"count":{"whom":{"rooms":["a"],"ids":["x"],"except":["y"],"exceptRooms":["b"]}}}"#,
    r#"{"fetch":{"whom":{"rooms":["a"]},"limit":10}}"#,
    r#"{"close":{"whom":{"ids":["x"]},"code":4000,"reason":"gone"}}"#,
    r#"{"join":{"whom":{},"room":"a"}}"#,
    r#"{"leave":{"whom":{},"room":"a"}}"#,
    r#"{"tell":{"whom":{"ids":["x"]},"message":{"n":"hi"}}}"#,
    r#"{"send":{"whom":{},"message":{"n":"hi","p":1,"i":"1"},"atLeast":3}}"#,
    r#"{"end":{}}"#,
    r#"{"claim":{"id":"x","takeOver":true}}"#,
    r#"{"message":{"message":{"n":"reload","i":"1"}}}"#,
    r#"{"note":{"message":{"n":"reload"}}}"#,
];

const PARTS: [&str; 3] = [
    "{}",
    r#"{"count":3,"values":[["x",{"a":1}]],"bare":["y"],"errors":[["z",{"name":"E"}]],"tooLarge":["v"],"silent":["w"]}"#,
    r#"{"failed":true}"#,
];

/// Reads texts, which must not change when they are written again; and with a field that is not known.
fn hold<T: DeserializeOwned + Serialize + Debug>(texts: &[&str]) {
    for text in texts {
        let read: T = serde_json::from_str(text).unwrap();
        assert_eq!(&serde_json::to_string(&read).unwrap(), text);
        let end = text.trim_end_matches('}').len();
        let comma = if text[..end].ends_with('{') { "" } else { "," };
        let more = format!(
            r#"{}{comma}"later":{{"deep":[1]}}{}"#,
            &text[..end],
            &text[end..]
        );
        let read: T = serde_json::from_str(&more).unwrap();
        assert_eq!(&serde_json::to_string(&read).unwrap(), text, "{more}");
    }
}

#[test]
fn what_version_1_0_says_is_read_and_written() {
    // A question and an answer are read apart, when they are needed: what is unknown in them is passed on.
    let is_raw = |text: &&str| text.contains(r#""what":"#) || text.contains(r#""with":"#);
    for text in CONTROLS.into_iter().filter(is_raw) {
        let read: Control = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
    let others: Vec<&str> = CONTROLS.into_iter().filter(|text| !is_raw(text)).collect();
    hold::<Control>(&others);
    hold::<Part>(&PARTS);
    for text in DEMANDS {
        let read: Demand = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}

#[test]
fn what_is_not_known_is_refused() {
    assert!(serde_json::from_str::<Control>(r#"{"gossip":{}}"#).is_err());
    assert!(serde_json::from_str::<Demand>(r#"{"later":{"whom":{}}}"#).is_err());
    // A field that is known has to be what it was.
    assert!(serde_json::from_str::<Control>(r#"{"whoIs":{"rooms":"all"}}"#).is_err());
    assert!(serde_json::from_str::<Control>(r#"{"beat":{"name":"a"}}"#).is_err());
}
