//! Whether a document may be handed to the parser of feeds: XML that is whole, declares no entities of its own, and is neither
//! deep nor wide beyond what any feed needs. The parser resolves namespaces and compares attributes in time that grows with
//! both.

use quick_xml::{
    Reader,
    encoding::DecodingReader,
    events::{BytesStart, Event},
};

/// Elements within each other. XHTML in Atom goes to some twenty.
const MOST_DEPTH: usize = 64;
/// Attributes of an element; the root of an RSS feed declares up to thirty namespaces.
const MOST_ATTRIBUTES: usize = 48;
/// Tags, texts and comments in all.
const MOST_EVENTS: usize = 400_000;

/// What is wrong with it, if anything.
pub(super) fn check(document: &[u8]) -> Result<(), String> {
    let mut reader = Reader::from_reader(DecodingReader::new(document));
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    let mut roots = 0_usize;
    for _ in 0..MOST_EVENTS {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|error| format!("it is no well-formed XML: {error}"))? {
            Event::DocType(declared) if declared.contains(&['[', '<'][..]) => {
                return Err("it declares entities or elements of its own".to_owned());
            }
            Event::Start(tag) => {
                attributes(&tag)?;
                roots += usize::from(depth == 0);
                depth += 1;
                if depth > MOST_DEPTH {
                    return Err(format!("its elements lie more than {MOST_DEPTH} deep"));
                }
            }
            Event::Empty(tag) => attributes(&tag)?,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof if depth > 0 => return Err("it breaks off within an element".to_owned()),
            Event::Eof if roots != 1 => return Err("it is no XML document".to_owned()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
    Err(format!("it has more than {MOST_EVENTS} tags and texts"))
}

fn attributes(tag: &BytesStart<'_>) -> Result<(), String> {
    let mut attributes = tag.attributes();
    // the check for doubles compares each with all before it
    let count = attributes.with_checks(false).take(MOST_ATTRIBUTES + 1).count();
    if count > MOST_ATTRIBUTES { Err(format!("an element has more than {MOST_ATTRIBUTES} attributes")) } else { Ok(()) }
}
