//! What is publicly known of miners and markets: the built-in dossier with the operator's own entries, looked at again while
//! hashwatch runs.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use hashwatch_registry::{Dossier, Registry, RegistryErrors};
use tokio::sync::watch;

use crate::{
    BadUsage,
    watched::{LOOK_EVERY, Watched},
};

/// The dossier as it is, and from now on whenever the entries change. Bad entries at the start are refused; later ones are told to
/// the log, and the former stay.
pub(crate) fn follow(overlay: Option<PathBuf>) -> anyhow::Result<watch::Receiver<Arc<Dossier>>> {
    let Some(path) = overlay else { return Ok(watch::channel(Arc::new(Dossier::builtin().clone())).1) };
    let text = Watched::new(path.clone(), None).read().with_context(|| format!("reading {}", path.display()))?;
    let name = path.display().to_string();
    let dossier =
        read(&name, &text).map_err(|errors| BadUsage(format!("the operator's own entries are refused: {errors}")))?;
    let (send, receive) = watch::channel(Arc::new(dossier));
    let mut file = Watched::new(path, Some(text));
    tokio::spawn(async move {
        // until nobody reads it any more
        while tokio::time::timeout(LOOK_EVERY, send.closed()).await.is_err() {
            match tokio::task::block_in_place(|| Some(file.changed()?.clone())) {
                None => {}
                Some(Err(reason)) => {
                    tracing::warn!("what the operator adds to what is known of miners stays as it was: {reason}")
                }
                Some(Ok(text)) => match tokio::task::block_in_place(|| read(&name, &text)) {
                    Ok(dossier) => drop(send.send_replace(Arc::new(dossier))),
                    Err(errors) => {
                        tracing::warn!("what the operator adds to what is known of miners stays as it was: {errors}")
                    }
                },
            }
        }
    });
    Ok(receive)
}

fn read(name: &str, text: &str) -> Result<Dossier, RegistryErrors> {
    Dossier::with_overlay(name, text, &Registry::with_overlay(name, text)?)
}
