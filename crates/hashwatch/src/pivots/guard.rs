//! Whether a document may be handed to the parser of feeds, and as what: XML that is whole, declares no entities of its own, and
//! is neither deep nor wide beyond what any feed needs. The parser resolves namespaces and compares attributes in time that grows
//! with both, and repeats some of what it reads once for each of many others.
//!
//! It is decoded here, once: what was looked at in one encoding could be read in another, and be another document.

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
const MOST_EVENTS: usize = 200_000;
/// Bytes of the addresses (`xml:base`) that links within an element are relative to: each such link is stored with all of it.
const MOST_BASE_BYTES: usize = 256;
/// The namespace of Media RSS. The parser gives each group of an entry a copy of all that stands beside the groups, and we read
/// none of it: under another name it is passed over.
const MEDIA: &str = "http://search.yahoo.com/mrss/";

/// The document for the parser, in UTF-8; or what is wrong with it, which may hold pieces of it.
pub(super) fn checked(document: &[u8]) -> Result<String, String> {
    let text = decoded(document)?;
    check(&text)?;
    Ok(text.replace(MEDIA, "urn:passed-over"))
}

/// Without its declaration, so that nobody decodes it again.
fn decoded(document: &[u8]) -> Result<String, String> {
    let document = document.trim_ascii_start();
    // what comes after may not be of the encoding that is assumed until it is declared
    let head = document.windows(2).position(|pair| pair == b"?>").map_or(document, |end| &document[..end + 2]);
    let mut reader = Reader::from_reader(DecodingReader::new(head));
    let mut buffer = Vec::new();
    let declared = match reader.read_event_into(&mut buffer) {
        Ok(Event::Decl(declared)) => declared.encoder(),
        _ => None,
    };
    let found = reader.get_ref().encoding();
    // a declaration that could be read byte by byte is of no encoding in which it could not
    let declared = declared.filter(|declared| declared.is_ascii_compatible() && found.is_ascii_compatible());
    let (text, _, damaged) = declared.unwrap_or(found).decode(document);
    if damaged || text.contains('\0') {
        return Err("it holds what is no text in its encoding".to_owned());
    }
    let declaration = text.strip_prefix("<?xml").filter(|rest| rest.starts_with(char::is_whitespace));
    let text = declaration.and_then(|rest| Some(rest.split_once("?>")?.1)).unwrap_or(&text).trim_start();
    if text.starts_with('<') { Ok(text.to_owned()) } else { Err("it is no XML document".to_owned()) }
}

fn check(text: &str) -> Result<(), String> {
    let mut reader = Reader::from_reader(DecodingReader::new(text.as_bytes()));
    let mut buffer = Vec::new();
    // what each adds to the addresses of the links within it
    let mut open: Vec<usize> = Vec::new();
    let mut roots = 0_usize;
    for _ in 0..MOST_EVENTS {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|error| format!("it is no well-formed XML: {error}"))? {
            Event::Decl(_) => return Err("it declares twice what it is".to_owned()),
            Event::DocType(declared) if declared.contains(&['[', '<'][..]) => {
                return Err("it declares entities or elements of its own".to_owned());
            }
            Event::Start(tag) => {
                roots += usize::from(open.is_empty());
                open.push(attributes(&tag, &open)?);
                if open.len() > MOST_DEPTH {
                    return Err(format!("its elements lie more than {MOST_DEPTH} deep"));
                }
            }
            Event::Empty(tag) => {
                attributes(&tag, &open)?;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Eof if !open.is_empty() => return Err("it breaks off within an element".to_owned()),
            Event::Eof if roots != 1 => return Err("it is no XML document".to_owned()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
    Err(format!("it has more than {MOST_EVENTS} tags and texts"))
}

/// Bytes of the address that it gives to links within it.
fn attributes(tag: &BytesStart<'_>, open: &[usize]) -> Result<usize, String> {
    let mut attributes = tag.attributes();
    let (mut count, mut base) = (0_usize, 0_usize);
    // the check for doubles compares each with all before it
    for attribute in attributes.with_checks(false).take(MOST_ATTRIBUTES + 1) {
        count += 1;
        base += attribute.map_or(0, |found| if found.key.as_ref() == "xml:base" { found.value.len() } else { 0 });
    }
    if count > MOST_ATTRIBUTES {
        return Err(format!("an element has more than {MOST_ATTRIBUTES} attributes"));
    }
    if base > 0 && base + open.iter().sum::<usize>() > MOST_BASE_BYTES {
        return Err(format!("its links are relative to addresses of more than {MOST_BASE_BYTES} bytes"));
    }
    Ok(base)
}
