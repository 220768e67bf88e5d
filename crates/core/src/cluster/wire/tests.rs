use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    Origin {
        node: NodeId([1, 2, 3, 4, 5, 6, 7, 8]),
        sequence: 0x0a0b_0c0d,
    }
}

#[test]
fn bytes_are_as_documented() {
    let plain = write_broadcast(origin(), &Scope::<&str>::default(), "{}").unwrap();
    assert_eq!(
        plain,
        b"\x01\x01\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d{}"
    );
    let scope = Scope {
        rooms: vec!["a", "bc"],
        except: vec!["x"],
        except_rooms: vec![],
        id: Some("d"),
    };
    let full = write_broadcast(origin(), &scope, "{}").unwrap();
    let fields = b"\x00\x02\x00\x01a\x00\x02bc\x00\x01\x00\x01x\x00\x01d{}";
    assert_eq!(full[2], 1 | 2 | 8);
    assert_eq!(&full[15..], fields);
}

#[test]
fn what_a_history_has_kept_is_found() {
    let position = Position::parse("k3f9:42:7c").unwrap();
    let written = write_kept(&position.to_string(), b"{\"n\":\"x\"}");
    assert_eq!(&written[..3], b"\x01\x02\x0a");
    let message = &b"{\"n\":\"x\"}"[..];
    assert_eq!(read(&written), Ok(Message::Kept { position, message }));
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut newer = write_control(origin(), "{}");
    newer[0] = 2;
    assert_eq!(read(&newer), Err(Unreadable::Version(2)));
    for (index, byte) in [(1, 9), (2, 0x80)] {
        let mut unknown = write_control(origin(), "{}");
        unknown[index] = byte;
        assert_eq!(read(&unknown), Err(Unreadable::Unknown));
    }
    let many = b"\x01\x01\x01\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d\xff\xff\x00\x00";
    for malformed in [
        &b""[..],
        b"\x01",
        b"\x01\x01\x00",
        b"{\xff",
        b"\x01\x02\x03abc",
        many,
    ] {
        assert_eq!(read(malformed), Err(Unreadable::Malformed), "{malformed:?}");
    }
}

#[test]
fn lists_that_are_too_long_are_not_written() {
    let scope = Scope {
        rooms: vec![""; usize::from(u16::MAX) + 1],
        ..Scope::default()
    };
    assert_eq!(write_broadcast(origin(), &scope, ""), None);
    let long = "x".repeat(70_000);
    let scope = Scope {
        except: vec![long.as_str()],
        ..Scope::default()
    };
    assert_eq!(write_broadcast(origin(), &scope, ""), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        rooms in prop::collection::vec(".{0,8}", 0..4),
        except in prop::collection::vec(".{0,8}", 0..4),
        except_rooms in prop::collection::vec(".{0,8}", 0..4),
        id in prop::option::of("[a-z0-9]{1,20}"),
        text in ".{0,40}",
        sequence: u32,
    ) {
        let origin = Origin { sequence, ..origin() };
        let scope = Scope { rooms, except, except_rooms, id };
        let written = write_broadcast(origin, &scope, &text).unwrap();
        let as_read = Scope {
            rooms: scope.rooms.iter().map(String::as_str).collect(),
            except: scope.except.iter().map(String::as_str).collect(),
            except_rooms: scope.except_rooms.iter().map(String::as_str).collect(),
            id: scope.id.as_deref(),
        };
        let expected = Message::Broadcast { origin, scope: as_read, text: &text };
        prop_assert_eq!(read(&written), Ok(expected));
        // Cut anywhere in its fields, it is no other message.
        for end in 1..written.len() - text.len() {
            prop_assert!(read(&written[..end]).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(data: Vec<u8>) {
        let _ = read(&data);
        let mut with_version = vec![VERSION, Kind::Broadcast as u8];
        with_version.extend(data);
        let _ = read(&with_version);
    }
}
