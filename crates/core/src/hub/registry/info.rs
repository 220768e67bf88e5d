//! What others get to know of connections: what the application has noted of them, and their presence in rooms.

use std::collections::HashMap;
use std::sync::Arc;

use super::Registry;
use super::id::Id;
use crate::hub::presence::Presence;

impl Registry {
    /// Notes what the application has others know of a connection, as JSON text; `None` for nothing.
    pub fn set_info(&mut self, slot: u32, info: Option<&str>) {
        if self.member(slot).is_none() {
            return;
        }
        match info {
            Some(info) => self.infos.insert(slot, info.into()),
            None => self.infos.remove(&slot),
        };
        if self.infos.is_empty() {
            self.infos = HashMap::new();
        }
        if self.presence.is_some()
            && let Some(id) = self.slots[slot as usize].id.as_ref().map(Id::to_shared)
        {
            for name in self.rooms_of(slot) {
                let info = self.info_of(slot);
                if let Some(presence) = &mut self.presence {
                    presence.changed(&name, &id, info);
                }
            }
        }
    }

    /// The presence of rooms, if any has it.
    pub fn presence(&mut self) -> Option<&mut Presence> {
        self.presence.as_deref_mut()
    }

    /// The presence of rooms.
    pub(in crate::hub) fn presence_or_make(
        &mut self,
        make: impl FnOnce() -> Presence,
    ) -> &mut Presence {
        let peers = &self.peers;
        self.presence.get_or_insert_with(|| {
            let mut presence = Box::new(make());
            presence.set_peers(peers.clone());
            presence
        })
    }

    /// What [`Registry::set_info`] has noted.
    pub fn info_of(&self, slot: u32) -> Option<Arc<str>> {
        self.infos.get(&slot).cloned()
    }

    /// A connection has another id.
    pub(super) fn renamed(&mut self, slot: u32, old: Option<&Id>, id: &str) {
        if self.presence.is_none() {
            return;
        }
        let old = old.map(Id::to_shared);
        let id = &id.into();
        for name in self.rooms_of(slot) {
            let info = self.info_of(slot);
            if let Some(presence) = &mut self.presence {
                if let Some(old) = &old {
                    presence.left(&name, slot, old, false);
                }
                presence.joined(&name, slot, id, info);
            }
        }
    }
}
