//! The presence of rooms: which have it, who is in them, and what has changed.

use std::fmt::Write;
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::Utf16String;
use napi_derive::napi;

use line_socket_core::{Change, Changes};

use super::names;
use super::rooms::{TEXT, in_parts, pairs_in_parts, push_list, push_name};
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
    /// Ids and infos, as texts of JSON: `[[id,info],…]`.
    pub members: Vec<String>,
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
        Ok(listed.map(|listed| PresenceList {
            count: u32::try_from(listed.count).unwrap_or(u32::MAX),
            members: pairs_in_parts(&listed.members, |(id, info)| (id, info.as_deref())),
            is_held: listed.is_held,
        }))
    }

    /// Takes the changes that were announced, as texts of JSON: `[[room,count,joined,left,[[change,id,info],…]],…]`, where
    /// `change` is `join`, `leave` or `change`. A room comes again when its changes are large.
    #[napi]
    pub fn take_presence(&self) -> Result<Vec<String>> {
        let server = self.state()?;
        let mut registry = server.hub.registry();
        let taken = registry.presence().map(line_socket_core::Presence::take);
        drop(registry);
        let mut texts = vec![String::from("[")];
        for changes in taken.unwrap_or_default() {
            push_changes(&mut texts, &changes);
        }
        for text in &mut texts {
            text.push(']');
        }
        Ok(texts)
    }
}

type MemberChange = (Change, Arc<str>, Option<Arc<str>>);

/// Adds the changes of a room to the last of some texts, or to further ones.
fn push_changes(texts: &mut Vec<String>, changes: &Changes) {
    let (mut joined, mut left) = (changes.joined, changes.left);
    let size = |(_, id, info): &MemberChange| id.len() + info.as_ref().map_or(0, |info| info.len());
    for members in in_parts(&changes.members, size) {
        if texts.last().is_none_or(|text| text.len() >= TEXT) {
            texts.push(String::from("["));
        }
        let Some(out) = texts.last_mut() else { return };
        if out.len() > 1 {
            out.push(',');
        }
        push_part(out, &changes.room, (changes.count, joined, left), members);
        // They are told once.
        (joined, left) = (0, 0);
    }
}

fn push_part(
    out: &mut String,
    room: &str,
    (count, joined, left): (usize, usize, usize),
    members: &[MemberChange],
) {
    out.push('[');
    push_name(out, room);
    let _ = write!(out, ",{count},{joined},{left},");
    push_list(out, members, |out, (change, id, info)| {
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
