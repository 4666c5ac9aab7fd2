//! Watching feeds for announcements of listed miners: what is found is put before the operator as drafts, to accept or to refuse.
//!
//! Nothing goes from a feed into the data: one release names several figures of MW that mean different things, and which is
//! which is for a person to read. What feeds say is somebody else's text: it is kept short, and inert wherever it is shown.

mod candidate;
mod drafts;
mod feed;
mod guard;
mod settings;
mod skeleton;
mod text;
mod watch;

pub(crate) use self::{
    drafts::{Draft, Drafts, State},
    settings::PivotsSection,
    skeleton::skeleton,
    text::plain,
    watch::Watch,
};
