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
    let strings: Vec<_> = batch.strings.iter().collect();
    let quoted = format!("\"{}\"", &longest[1..]);
    let expected = [
        (&*format!("{longest}x"), true),
        ("\u{e9}", false),
        (&*quoted, true),
        ("\"\u{e9}\"", false),
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
    assert!(batch.strings.iter().eq([(&*text, true)]));
    batch.clear();
    // Only a little this time: it is given back.
    batch.put_apart("x");
    batch.clear();
    assert_eq!(batch.strings.text.capacity(), 0);
}
