//! The payloads, as JSON text exactly as `JSON.stringify` writes it: an echo can then be compared
//! byte by byte.

use std::fmt::Write as _;

/// A JSON string of `size` ASCII characters between its quotes.
#[must_use]
pub fn text(size: usize) -> String {
    let letters = ('a'..='z').cycle().take(size);
    std::iter::once('"')
        .chain(letters)
        .chain(std::iter::once('"'))
        .collect()
}

/// A JSON array of flat and nested objects, as many as fit into `size` bytes (but at least one).
#[must_use]
pub fn objects(size: usize) -> String {
    let mut json = String::from("[");
    for id in 1000.. {
        let mut object = String::new();
        write!(
            object,
            "{{\"id\":{id},\"name\":\"user {id}\",\"active\":{},\"score\":{}.5,\"tags\":[\"red\",\"green\"],\"at\":{{\"x\":{},\"y\":-{}}}}}",
            id % 2 == 0,
            id % 100,
            id % 640,
            1 + id % 480,
        )
        .expect("writing to a String cannot fail");
        let first = json.len() == 1;
        // The closing bracket and the comma have to fit as well.
        if !first && json.len() + object.len() + 2 > size {
            break;
        }
        if !first {
            json.push(',');
        }
        json.push_str(&object);
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_size_asked_for() {
        assert_eq!(text(3), "\"abc\"");
        assert_eq!(text(64).len(), 66);
    }

    #[test]
    fn objects_come_close_to_the_size_asked_for() {
        assert!((900..=1024).contains(&objects(1024).len()));
        assert!((65_400..=65_536).contains(&objects(65_536).len()));
        assert!(objects(0).starts_with("[{\"id\":1000,"));
    }
}
