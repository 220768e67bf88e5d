//! Takes fields from the front of a message. Nothing is allocated before its bytes are there.

/// The message ends too early, or a text is not UTF-8.
#[derive(Debug)]
pub struct Malformed;

pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = (self.rest.split_at_checked(count)).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = (self.rest.split_first_chunk()).ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.length()?;
        str::from_utf8(self.bytes(length)?).map_err(|_| Malformed)
    }

    pub fn list(&mut self) -> Result<Vec<&'a str>, Malformed> {
        let count = self.length()?;
        // Each text has a length of 2 bytes.
        if count > self.rest.len() / 2 {
            return Err(Malformed);
        }
        (0..count).map(|_| self.text()).collect()
    }

    /// All that is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}
