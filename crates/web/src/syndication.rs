//! What feeds have in common: ids that stay, and texts that are texts, whatever is in them.

use quick_xml::{Writer, events::BytesText};
use sha2::{Digest, Sha256};

/// The namespace of Atom.
pub(crate) const ATOM: &str = "http://www.w3.org/2005/Atom";

/// An id for ever: a UUID of version 8 (RFC 9562) over what it is of.
pub(crate) fn uuid(of: &str) -> String {
    let hash = Sha256::digest(of);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// What XML 1.0 can hold of a text: control characters are in no text of ours, and an operator's file is not ours.
fn sound(text: &str) -> String {
    let known = |letter: char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|letter| if known(letter) { letter } else { '\u{fffd}' }).collect()
}

/// An element of a text alone.
pub(crate) fn element(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> std::io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(&sound(text)))?;
    Ok(())
}

/// An Atom link.
pub(crate) fn link(writer: &mut Writer<Vec<u8>>, rel: &str, href: &str) -> std::io::Result<()> {
    empty(writer, "link", &[("rel", rel), ("href", href)])
}

/// An element of attributes alone.
pub(crate) fn empty(writer: &mut Writer<Vec<u8>>, name: &str, attributes: &[(&str, &str)]) -> std::io::Result<()> {
    let attributes: Vec<(&str, String)> = attributes.iter().map(|(name, value)| (*name, sound(value))).collect();
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    writer.create_element(name).with_attributes(attributes).write_empty()?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use quick_xml::{Reader, events::Event};

    /// Every element's name, in order; fails on what is no XML.
    pub(crate) fn names(text: &str) -> Vec<String> {
        let mut reader = Reader::from_str(text);
        let mut found = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) | Event::Empty(tag) => found.push(tag.name().as_ref().to_owned()),
                Event::Eof => return found,
                _ => {}
            }
        }
    }
}
