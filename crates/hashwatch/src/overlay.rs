//! An operator's own entries, looked at again while hashwatch runs.

use std::{path::PathBuf, time::Instant};

use hashwatch_registry::Registry;

use crate::watched::{LOOK_EVERY, Watched};

/// Looks at the file.
pub(crate) struct Overlay {
    file: Watched,
    looked: Instant,
}

/// What came of a change.
pub(crate) enum Change {
    /// Another registry, or the same one once more.
    To(Box<Registry>),
    /// It cannot be used: how many things are wrong, and what.
    Refused(usize, String),
}

impl Overlay {
    /// A file that a registry was just made of.
    pub(crate) fn new(path: PathBuf, registry: &Registry) -> Overlay {
        let name = path.display().to_string();
        let text = registry.files().iter().find(|(file, _)| *file == name).map(|(_, text)| text.clone());
        Overlay { file: Watched::new(path, text), looked: Instant::now() }
    }

    /// Whether it is time for another look.
    pub(crate) fn is_due(&self) -> bool {
        self.looked.elapsed() >= LOOK_EVERY
    }

    /// What has changed since the last look, if something has.
    pub(crate) fn changed(&mut self) -> Option<Change> {
        self.looked = Instant::now();
        let name = self.file.name();
        Some(match self.file.changed()? {
            Err(reason) => Change::Refused(1, reason.clone()),
            Ok(text) => match Registry::with_overlay(&name, text) {
                Ok(registry) => Change::To(Box::new(registry)),
                Err(errors) => Change::Refused(errors.0.len(), errors.to_string()),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::fs;

    use super::*;

    fn entry(slug: &str) -> String {
        format!(
            "[[pool]]\nslug = {slug:?}\nname = \"N\"\ntag = [{{ text = \"/n-{slug}/\", source = \"simulated\" }}]\n"
        )
    }

    /// What is there after another look.
    fn look(overlay: &mut Overlay) -> Option<Change> {
        overlay.looked = overlay.looked.checked_sub(LOOK_EVERY).unwrap();
        assert!(overlay.is_due());
        overlay.changed()
    }

    #[test]
    fn a_change_counts_once_it_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.toml");
        let first = entry("one");
        fs::write(&path, &first).unwrap();
        let registry = Registry::with_overlay(&path.display().to_string(), &first).unwrap();
        let mut overlay = Overlay::new(path.clone(), &registry);
        assert!(!overlay.is_due() && look(&mut overlay).is_none());
        // half of it, then the whole
        fs::write(&path, "[[pool]]").unwrap();
        assert!(look(&mut overlay).is_none());
        fs::write(&path, entry("two")).unwrap();
        assert!(look(&mut overlay).is_none());
        let Some(Change::To(registry)) = look(&mut overlay) else { panic!("another registry") };
        assert!(registry.pool("two").is_some() && registry.pool("one").is_none());
        assert!(look(&mut overlay).is_none(), "once");
        // what is wrong is told once, and what is right after it is taken
        fs::write(&path, "[[pool]]\nslug = \"Bad Slug\"").unwrap();
        assert!(look(&mut overlay).is_none());
        let Some(Change::Refused(count, why)) = look(&mut overlay) else { panic!("refused") };
        assert!(count >= 2 && why.contains("own.toml") && why.contains("slug"), "{why}");
        assert!(look(&mut overlay).is_none());
        fs::remove_file(&path).unwrap();
        assert!(look(&mut overlay).is_none());
        assert!(matches!(look(&mut overlay), Some(Change::Refused(1, _))));
        fs::write(&path, entry("two")).unwrap();
        assert!(look(&mut overlay).is_none());
        assert!(matches!(look(&mut overlay), Some(Change::To(_))));
    }
}
