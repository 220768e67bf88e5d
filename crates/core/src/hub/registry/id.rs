//! The id of a connection, as the registry keeps it.

use std::sync::Arc;

use uuid::Uuid;

/// An id, as it is kept. Most are those that the server has given. As a text they would take 64 bytes more.
pub(super) enum Id {
    Uuid(Uuid),
    Other(Arc<str>),
}

impl Id {
    /// Calls `take` with the text.
    pub(super) fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        match self {
            Self::Uuid(uuid) => take(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Self::Other(text) => take(text),
        }
    }

    /// The id as a text.
    pub(super) fn to_shared(&self) -> Arc<str> {
        match self {
            Self::Uuid(_) => self.with_text(|text| text.into()),
            Self::Other(text) => Arc::clone(text),
        }
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.with_text(|text| text == id)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        // A UUID may be written in other ways, which are other ids.
        let uuid = Uuid::try_parse(text).ok().map(Self::Uuid);
        uuid.filter(|id| id.is(text))
            .unwrap_or_else(|| Self::Other(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were_given() {
        let uuid = "2571c2af-6508-46d9-b792-0c1d82e2b97d";
        assert!(matches!(Id::from(uuid), Id::Uuid(_)));
        let others = [
            "",
            "user:1",
            "2571C2AF-6508-46D9-B792-0C1D82E2B97D",
            "2571c2af650846d9b7920c1d82e2b97d",
            "{2571c2af-6508-46d9-b792-0c1d82e2b97d}",
            "urn:uuid:2571c2af-6508-46d9-b792-0c1d82e2b97d",
            "00000000-0000-0000-0000-00000000000\u{e9}",
        ];
        for text in others.into_iter().chain([uuid]) {
            let id = Id::from(text);
            assert_eq!(&*id.to_shared(), text);
            assert!(id.is(text) && !id.is("2571c2af-6508-46d9-b792-0c1d82e2b97e"));
            assert!(text == uuid || matches!(id, Id::Other(_)), "{text}");
        }
        assert_eq!(size_of::<Option<Id>>(), 24);
    }
}
