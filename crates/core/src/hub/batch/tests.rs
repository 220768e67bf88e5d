use super::*;
use crate::hub::record::Kind;
use crate::hub::testing::{Seen, events_of};

#[test]
fn parts_come_back_as_they_were_put() {
    let mut batch = Batch::default();
    let long = "x".repeat(INLINE + 1);
    let record = Record {
        name: batch.put("name"),
        id: batch.put_quoted("id"),
        payload: batch.put("ö"),
        error: batch.put(&long),
        ..Record::new(Kind::Message, 7)
    };
    batch.records.push(record);
    assert_eq!(record.name, Field::inline(4));
    assert_eq!(record.id, Field::inline(4));
    assert_eq!(record.payload, Field::string(0));
    assert_eq!(record.error, Field::string(1));
    assert_eq!(batch.text, br#"name"id""#);
    let expected = Seen {
        name: Some("name".into()),
        id: Some(r#""id""#.into()),
        payload: Some("ö".into()),
        error: Some(long),
        ..Seen::new(Kind::Message, 7)
    };
    assert_eq!(events_of(&batch), [expected]);
}

#[test]
fn what_is_long_or_not_ascii_travels_by_itself() {
    let mut batch = Batch::default();
    assert_eq!(batch.put(""), Field::inline(0));
    let longest = "x".repeat(INLINE);
    assert_eq!(batch.put(&longest), Field::inline(INLINE));
    assert_eq!(batch.put(&format!("{longest}x")), Field::string(0));
    assert_eq!(batch.put("\u{e9}"), Field::string(1));
    // The quotes count.
    assert_eq!(batch.put_quoted(&longest[2..]), Field::inline(INLINE));
    assert_eq!(batch.put_quoted(&longest[1..]), Field::string(2));
    assert_eq!(batch.put_quoted("\u{e9}"), Field::string(3));
    let strings: Vec<_> = batch.strings.take_all().collect();
    let quoted = format!("\"{}\"", &longest[1..]);
    let expected = [
        Part::Ascii(&format!("{longest}x")),
        Part::Text("\u{e9}"),
        Part::Ascii(&quoted),
        Part::Text("\"\u{e9}\""),
    ];
    assert_eq!(strings, expected);
    assert!(batch.text.is_ascii());
}

#[test]
fn an_emptied_batch_keeps_only_moderate_memory() {
    let mut batch = Batch {
        text: vec![b'x'; 100 * BATCH_TEXT],
        ..Batch::default()
    };
    batch.push(Record::new(Kind::Message, 9));
    batch.put_apart(&"x".repeat(3 * BATCH_STRINGS));
    batch.clear();
    assert!(batch.text.capacity() <= 2 * BATCH_TEXT);
    assert_eq!(batch.strings.text.capacity(), 0);
    assert_eq!((batch.records.len(), batch.cost()), (0, 0));
}

#[test]
fn the_buffer_of_strings_is_used_again_while_it_is_needed() {
    let mut batch = Batch::default();
    let text = "x".repeat(BATCH_STRINGS / 2);
    batch.put_apart(&text);
    let buffer = batch.strings.text.as_ptr();
    batch.clear();
    assert_eq!(batch.put_apart(&text), Field::string(0));
    assert_eq!(batch.strings.text.as_ptr(), buffer);
    assert!(batch.strings.take_all().eq([Part::Ascii(&text)]));
    batch.clear();
    // Only a little this time: it is given back.
    batch.put_apart("x");
    batch.clear();
    assert_eq!(batch.strings.text.capacity(), 0);
}

#[test]
fn large_parts_have_memory_of_their_own() {
    let large = "\u{e9}".repeat(HEAVY);
    let mut batch = Batch::default();
    assert_eq!(batch.put(&"x".repeat(HEAVY)), Field::string(0));
    assert_eq!(batch.put(&large), Field::string(1));
    assert_eq!(batch.cost(), HEAVY + large.len());
    assert_eq!(batch.strings.get(1), Some(&*large));
    assert!(batch.strings.text.len() == HEAVY && !batch.is_full());
    let parts: Vec<_> = batch.strings.take_all().collect();
    assert_eq!(parts[1], Part::Heavy(large.clone().into_bytes()));
    drop(parts);
    assert_eq!(batch.strings.take(1), Some(Part::Heavy(Vec::new())));
    batch.put(&"x".repeat(BATCH_STRINGS));
    assert!(batch.is_full());
    batch.clear();
    assert!(!batch.is_full());
}

#[test]
fn an_event_of_another_batch_is_adopted_without_a_copy_of_large_parts() {
    let large = "x".repeat(HEAVY + 1);
    let mut other = Batch::default();
    let record = Record {
        name: other.put("name"),
        id: other.put_quoted("id"),
        payload: other.put(&large),
        error: other.put("\u{e9}"),
        ..Record::new(Kind::Message, 7)
    };
    let bytes = other.strings.get(0).unwrap().as_ptr();
    let mut batch = Batch::default();
    let first = Record {
        payload: batch.put("first"),
        ..Record::new(Kind::Message, 6)
    };
    batch.push(first);
    let cost = batch.cost() + other.cost() + EVENT_COST;
    let record = batch.adopt(other, record);
    batch.push(record);
    assert_eq!(batch.cost(), cost);
    assert_eq!(batch.strings.get(0).unwrap().as_ptr(), bytes);
    let expected = [
        Seen {
            payload: Some("first".into()),
            ..Seen::new(Kind::Message, 6)
        },
        Seen {
            name: Some("name".into()),
            id: Some(r#""id""#.into()),
            payload: Some(large),
            error: Some("\u{e9}".into()),
            ..Seen::new(Kind::Message, 7)
        },
    ];
    assert_eq!(events_of(&batch), expected);
}
