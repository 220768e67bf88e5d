use std::sync::{Mutex, PoisonError};

use proptest::prelude::*;

use super::*;

type Delivered = Arc<Mutex<Vec<(Vec<u8>, Vec<u8>)>>>;

/// A limiter of a connection with subscriptions, and what it delivers.
fn limiter(limit: usize) -> (Limiter, Dropped, Delivered) {
    let (dropped, delivered) = (Dropped::default(), Delivered::default());
    let messages = Messages {
        limit,
        dropped: dropped.clone(),
        deliver: Box::new({
            let delivered = Arc::clone(&delivered);
            move |channel, data| {
                let mut delivered = delivered.lock().unwrap_or_else(PoisonError::into_inner);
                delivered.push((channel.to_vec(), data.to_vec()));
            }
        }),
    };
    (Limiter::new(Some(messages)), dropped, delivered)
}

/// Passes bytes as the stream does: what waits is passed when the rest was read.
fn pass_all(
    limiter: &mut Limiter,
    mut bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    while !bytes.is_empty() {
        let mut some = Vec::new();
        let taken = limiter.pass(bytes, &mut some)?;
        assert!(taken > 0);
        out.append(&mut some);
        bytes = &bytes[taken..];
    }
    Ok(())
}

fn passed(mut limiter: Limiter, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    pass_all(&mut limiter, bytes, &mut out).map(|()| out)
}

#[test]
fn a_string_above_the_limit_becomes_empty() {
    let input = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$8\r\n12$5\r\n78\r\n+OK\r\n$-1\r\n:5\r\n";
    let (small, dropped, delivered) = limiter(7);
    assert_eq!(
        passed(small, input).unwrap(),
        b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$0\r\n\r\n+OK\r\n$-1\r\n:5\r\n"
    );
    assert!(dropped.take_one() && !dropped.take_one());
    assert!(delivered.lock().unwrap().is_empty());
    let (large, dropped, delivered) = limiter(8);
    assert_eq!(passed(large, input).unwrap(), b"+OK\r\n$-1\r\n:5\r\n");
    assert!(!dropped.take_one());
    assert_eq!(
        *delivered.lock().unwrap(),
        [(b"a".to_vec(), b"12$5\r\n78".to_vec())]
    );
    assert_eq!(passed(Limiter::new(None), input).unwrap(), input);
}

#[test]
fn memory_does_not_grow_with_what_is_announced() {
    let huge = [&b"$9223372036854775807\r\n"[..], &vec![b'x'; 100_000]].concat();
    let (mut small, ..) = limiter(10);
    let mut out = Vec::new();
    pass_all(&mut small, &huge, &mut out).unwrap();
    assert_eq!(out, b"$0\r\n\r\n");
    assert!(small.header.capacity() < 100);
    assert!(passed(Limiter::new(None), &huge).is_err());
}

#[test]
fn an_answer_is_bounded_whatever_its_form() {
    for (begin, more) in [
        ("+", "x"),
        ("-ERR ", "x"),
        ("*2147483647\r\n", ":1\r\n"),
        (">9223372036854775807\r\n", "$1\r\na\r\n"),
        ("%9223372036854775807\r\n", "+a\r\n"),
        ("|9223372036854775807\r\n", "#t\r\n"),
        ("", "*2\r\n_\r\n"),
    ] {
        let (mut limiter, ..) = limiter(10);
        let mut out = Vec::new();
        pass_all(&mut limiter, begin.as_bytes(), &mut out).unwrap();
        let more = more.repeat(1000);
        let most = 2 * BESIDES / more.len();
        let error = (0..most).find_map(|_| pass_all(&mut limiter, more.as_bytes(), &mut out).err());
        assert_eq!(error, Some(TOO_LARGE), "{begin:?}");
        assert!(out.len() <= BESIDES + 2 * more.len());
        // Many small answers are as many as one likes.
        let (mut limiter, ..) = super::tests::limiter(10);
        for _ in 0..most {
            pass_all(
                &mut limiter,
                "+OK\r\n".repeat(1000).as_bytes(),
                &mut Vec::new(),
            )
            .unwrap();
        }
    }
}

#[test]
fn small_values_count_as_what_becomes_of_them() {
    let (limiter, ..) = limiter(10);
    let many = BESIDES / VALUE;
    let list = |count: usize| format!("*{many}\r\n{}", ":1\r\n".repeat(count));
    assert_eq!(passed(limiter, list(many).as_bytes()), Err(TOO_LARGE));
    let (limiter, ..) = super::tests::limiter(10);
    assert!(passed(limiter, list(many / 2).as_bytes()).is_ok());
}

#[test]
fn what_is_not_of_the_protocol_is_an_error() {
    for bytes in [
        "HTTP/1.1 400 Bad Request\r\n",
        "\0",
        "$abc\r\n",
        "$-2\r\n",
        "%-1\r\n",
        "!-1\r\n",
        "*1\r\n\r\n",
        "$11111111111111111111111",
    ] {
        let (limiter, ..) = limiter(10);
        assert!(passed(limiter, bytes.as_bytes()).is_err(), "{bytes:?}");
        assert!(
            passed(Limiter::new(None), bytes.as_bytes()).is_err(),
            "{bytes:?}"
        );
    }
}

#[test]
fn nothing_overtakes_what_waits_to_be_read() {
    let message = |text: &str| format!(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n{text}\r\n");
    let input = [&message("1")[..], "+OK\r\n", &message("2")].concat();
    let (mut limiter, _, delivered) = limiter(10);
    let mut out = Vec::new();
    let taken = limiter.pass(input.as_bytes(), &mut out).unwrap();
    assert_eq!(
        (&out[..], delivered.lock().unwrap().len()),
        (&b"+OK\r\n"[..], 1)
    );
    out.clear();
    let rest = &input.as_bytes()[taken..];
    assert_eq!(limiter.pass(rest, &mut out), Ok(rest.len()));
    assert!(out.is_empty());
    assert_eq!(delivered.lock().unwrap()[1].1, b"2");
}

proptest! {
    #[test]
    fn cuts_between_bytes_change_nothing(
        strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8),
        cuts in prop::collection::vec(1_usize..90, 40),
        limit in 9_usize..25,
    ) {
        // Each string is a message, between other answers.
        let mut input = Vec::new();
        for string in &strings {
            input.extend(format!("*1\r\n:1\r\n>3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n${}\r\n", string.len()).as_bytes());
            input.extend(string);
            input.extend(b"\r\n");
        }
        let (mut limiter, dropped, delivered) = limiter(limit);
        let (mut rest, mut out) = (&input[..], Vec::new());
        for cut in cuts {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            pass_all(&mut limiter, part, &mut out).unwrap();
            rest = after;
        }
        pass_all(&mut limiter, rest, &mut out).unwrap();
        // What was not delivered at once is read by another limiter, which gets it whole.
        let (second, _, others) = super::tests::limiter(limit);
        let left = passed(second, &out).unwrap();
        prop_assert_eq!(left, b"*1\r\n:1\r\n".repeat(strings.len()));
        let all: Vec<_> = [&delivered, &others].iter().flat_map(|list| list.lock().unwrap().clone()).map(|(_, data)| data).collect();
        let mut all = all;
        let mut expected: Vec<_> = strings.iter().map(|string| if string.len() > limit { Vec::new() } else { string.clone() }).collect();
        all.sort();
        expected.sort();
        prop_assert_eq!(all, expected);
        let count = strings.iter().filter(|string| string.len() > limit).count();
        prop_assert_eq!((0..=count).filter(|_| dropped.take_one()).count(), count);
    }

    #[test]
    fn any_bytes_pass_or_wait_or_are_an_error(bytes: Vec<u8>) {
        let mut limiter = Limiter::new(None);
        let mut out = Vec::new();
        if pass_all(&mut limiter, &bytes, &mut out).is_ok() {
            prop_assert_eq!([out, limiter.header].concat(), bytes);
        }
    }
}
