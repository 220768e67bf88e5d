//! The presence of rooms: which have it, who is in them, and what has changed.

use std::fmt::Write;

use napi::Result;
use napi::bindgen_prelude::Utf16String;
use napi_derive::napi;

use line_socket_core::{Change, Changes};

use super::names;
use super::rooms::{push_list, push_name, push_pairs};
use super::state::ServerCore;

/// What is told of changes of presence: see `types/presence.d.ts`.
#[napi(string_enum = "lowercase")]
pub enum PresenceEvents {
    Each,
    Batched,
    None,
}

/// How the presence of a room works: see `types/presence.d.ts`.
#[napi(object, object_to_js = false)]
pub struct PresenceRule {
    pub leave_delay: u32,
    pub events: PresenceEvents,
}

/// Members of a room with presence.
#[napi(object, object_from_js = false)]
pub struct PresenceList {
    /// How many there are.
    pub count: u32,
    /// Ids and infos, as JSON: `[[id,info],…]`.
    pub members: String,
    /// Members of other nodes are among them.
    pub is_held: bool,
}

#[napi]
impl ServerCore {
    /// Gives a room presence, or with a `*` at the end of its name all rooms whose names begin with what
    /// stands before it.
    #[napi]
    pub fn keep_presence(&self, room: Utf16String, rule: PresenceRule) -> Result<()> {
        let rule = line_socket_core::PresenceRule {
            leave_delay: u64::from(rule.leave_delay),
            tell: match rule.events {
                PresenceEvents::Each => line_socket_core::Tell::Each,
                PresenceEvents::Batched => line_socket_core::Tell::Batched,
                PresenceEvents::None => line_socket_core::Tell::Never,
            },
        };
        let server = self.state()?;
        server.hub.keep_presence(&names::encode(&room), rule);
        Ok(())
    }

    /// Whether changes in a room are announced from now on. False when the room has no presence.
    #[napi]
    pub fn watch_presence(&self, room: Utf16String, watched: bool) -> Result<bool> {
        let server = self.state()?;
        let mut registry = server.hub.registry();
        let presence = registry.presence();
        Ok(presence.is_some_and(|presence| presence.watch(&names::encode(&room), watched)))
    }

    /// At most `limit` members of a room. Null when the room has no presence.
    #[napi]
    pub fn list_presence(&self, room: Utf16String, limit: u32) -> Result<Option<PresenceList>> {
        let server = self.state()?;
        let room = names::encode(&room);
        let mut registry = server.hub.registry();
        let listed = registry
            .presence()
            .and_then(|presence| presence.list(&room, limit as usize));
        drop(registry);
        Ok(listed.map(|listed| {
            let mut members = String::new();
            let pairs = listed
                .members
                .iter()
                .map(|(id, info)| (id, info.as_deref()));
            push_pairs(&mut members, pairs);
            PresenceList {
                count: u32::try_from(listed.count).unwrap_or(u32::MAX),
                members,
                is_held: listed.is_held,
            }
        }))
    }

    /// Takes the changes that were announced, as JSON: `[[room,count,joined,left,[[change,id,info],…]],…]`, where
    /// `change` is `join`, `leave` or `change`.
    #[napi]
    pub fn take_presence(&self) -> Result<String> {
        let server = self.state()?;
        let mut registry = server.hub.registry();
        let taken = registry.presence().map(line_socket_core::Presence::take);
        drop(registry);
        let mut out = String::new();
        push_list(&mut out, taken.unwrap_or_default(), |out, changes| {
            push_changes(out, &changes);
        });
        Ok(out)
    }
}

fn push_changes(out: &mut String, changes: &Changes) {
    out.push('[');
    push_name(out, &changes.room);
    let (count, joined, left) = (changes.count, changes.joined, changes.left);
    let _ = write!(out, ",{count},{joined},{left},");
    push_list(out, &changes.members, |out, (change, id, info)| {
        out.push_str(match change {
            Change::Join => "[\"join\",",
            Change::Leave => "[\"leave\",",
            Change::Info => "[\"change\",",
        });
        push_name(out, id);
        if let Some(info) = info {
            out.push(',');
            out.push_str(info);
        }
        out.push(']');
    });
    out.push(']');
}
