//! Bodies up to a number of bytes, both as they are sent and once they are decompressed.

use std::{fmt::Display, io::Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::{
    body::Body,
    header::{CONTENT_ENCODING, HeaderMap},
};

use crate::OutboundError;

/// The whole body. `target` is for messages.
pub(crate) async fn read<B>(
    headers: &HeaderMap,
    mut body: B,
    limit: usize,
    target: &str,
) -> Result<Bytes, OutboundError>
where
    B: Body<Data = Bytes, Error: Display> + Unpin,
{
    let too_large = || OutboundError::TooLarge { target: target.to_owned(), limit };
    // what announces itself as too large is not waited for
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    // copied as it comes: a piece of one byte holds on to all that was received with it
    let mut sent = Vec::new();
    while let Some(piece) = body.frame().await {
        let broken = |error: B::Error| OutboundError::Broken { target: target.to_owned(), reason: error.to_string() };
        // what follows the body is no part of it
        let Ok(piece) = piece.map_err(broken)?.into_data() else { continue };
        if piece.len() > limit - sent.len() {
            return Err(too_large());
        }
        sent.extend_from_slice(&piece);
    }
    let coded = |reason| OutboundError::Coding { target: target.to_owned(), reason };
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = codings.next().map_or("identity", |coding| coding.to_str().unwrap_or_default());
    if codings.next().is_some() {
        return Err(coded("it is compressed more than once"));
    }
    match coding.to_ascii_lowercase().as_str() {
        "identity" | "" => Ok(sent.into()),
        "gzip" | "x-gzip" => decompressed(&sent, limit).map_err(|_| coded("it is no gzip"))?.ok_or_else(too_large),
        _ => Err(coded("it is compressed in a way that was not asked for")),
    }
}

/// Reads a body to its end and keeps nothing of it.
pub(crate) async fn pass_over<B>(mut body: B, limit: usize, target: &str) -> Result<(), OutboundError>
where
    B: Body<Data = Bytes, Error: Display> + Unpin,
{
    let mut left = limit;
    while let Some(piece) = body.frame().await {
        let broken = |error: B::Error| OutboundError::Broken { target: target.to_owned(), reason: error.to_string() };
        let Ok(piece) = piece.map_err(broken)?.into_data() else { continue };
        let too_large = || OutboundError::TooLarge { target: target.to_owned(), limit };
        left = left.checked_sub(piece.len()).ok_or_else(too_large)?;
    }
    Ok(())
}

/// None where it would be too large; no more is ever held.
fn decompressed(sent: &[u8], limit: usize) -> std::io::Result<Option<Bytes>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    MultiGzDecoder::new(sent).take(most.saturating_add(1)).read_to_end(&mut plain)?;
    Ok((plain.len() <= limit).then(|| plain.into()))
}
