//! The sizes of the reads into which a peer's bytes are cut. The input determines them.

/// Sizes of reads, repeated for as long as there are bytes.
#[derive(Debug, Clone, Copy)]
pub struct Cuts<'a>(&'a [u8]);

/// Most sizes in one input.
const MOST: usize = 15;

impl<'a> Cuts<'a> {
    /// Takes the sizes off the front of `data`: their number in the low half of a byte, then a byte
    /// each. What is left is what the peer sends.
    pub fn take(data: &'a [u8]) -> (Self, &'a [u8]) {
        let Some((&first, rest)) = data.split_first() else {
            return (Self(&[]), data);
        };
        let number = (usize::from(first) & MOST).min(rest.len());
        let (sizes, rest) = rest.split_at(number);
        (Self(sizes), rest)
    }

    /// Where the reads of `length` bytes end, the last of them at `length`.
    pub fn ends(self, length: usize) -> impl Iterator<Item = usize> {
        // There is no read without bytes, so 0 stands for a large read.
        let size = |size: u8| if size == 0 { 4096 } else { usize::from(size) };
        let mut sizes = self.0.iter().map(move |&byte| size(byte)).cycle();
        let mut end = 0;
        std::iter::from_fn(move || {
            if end == length {
                return None;
            }
            let size = sizes.next().unwrap_or(length);
            end = length.min(end + size);
            Some(end)
        })
    }
}
