//! Scripts, styles and pictures, bundled from `web/src` and carried in the binary: `/static/<file>`.
//!
//! A file is known by a URL that holds a hash of its bytes (`/static/app.1f0c2b3a4d5e.js`), so that a browser may keep it for
//! ever. The chart code is fetched by app.js under a name in which the bundler has put a hash already.

use std::borrow::Cow;

use axum::{
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

/// The bundle, compressed siblings (`.br`) included.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Bundle;

/// A file as it is sent.
pub(crate) struct Asset {
    pub(crate) bytes: Cow<'static, [u8]>,
    /// The same bytes, compressed once and for all when the bundle was built.
    pub(crate) brotli: Option<Cow<'static, [u8]>>,
    pub(crate) content_type: &'static str,
    /// Asked for by a name with its hash: these bytes for ever.
    pub(crate) immutable: bool,
}

/// Files of the site by name.
pub(crate) struct Assets;

impl Assets {
    /// The URL of a file, with a hash of its bytes in the name.
    pub(crate) fn url(name: &str) -> String {
        format!("/static/{}", hashed(name).unwrap_or_else(|| name.to_owned()))
    }

    /// A file by its name, with the hash or without.
    pub(crate) fn get(name: &str) -> Option<Asset> {
        let known = unhashed(name).filter(|plain| hashed(plain).as_deref() == Some(name));
        let plain = known.as_deref().unwrap_or(name);
        if !public(plain) {
            return None;
        }
        Some(Asset {
            bytes: Bundle::get(plain)?.data,
            brotli: Bundle::get(&format!("{plain}.br")).map(|file| file.data),
            content_type: content_type(plain),
            immutable: known.is_some() || plain.starts_with("charts-"),
        })
    }

    /// The chart definitions as a script for QuickJS; none where the bundle is not UTF-8.
    pub(crate) fn server_script() -> Option<String> {
        String::from_utf8(Bundle::get("server.js")?.data.into_owned()).ok()
    }
}

/// `app.js` -> `app.<hash>.js`.
fn hashed(name: &str) -> Option<String> {
    let hash = hex::encode(&Bundle::get(name)?.metadata.sha256_hash()[..6]);
    let (stem, extension) = name.rsplit_once('.')?;
    Some(format!("{stem}.{hash}.{extension}"))
}

/// `app.<hash>.js` -> `app.js`.
fn unhashed(name: &str) -> Option<String> {
    let (rest, extension) = name.rsplit_once('.')?;
    let (stem, _) = rest.rsplit_once('.')?;
    Some(format!("{stem}.{extension}"))
}

/// What the binary alone reads is not served, nor the compressed siblings under names of their own.
fn public(name: &str) -> bool {
    name != "server.js" && !name.ends_with(".br") && !name.starts_with('.')
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `GET /static/{file}`.
pub(crate) async fn asset(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    // a name that is not UTF-8 is the name of no file
    let Some(asset) = path.ok().and_then(|Path(name)| Assets::get(&name)) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = HeaderMap::from_iter([
        (header::CONTENT_TYPE, fixed(asset.content_type)),
        (header::CACHE_CONTROL, fixed(cache)),
        (header::VARY, fixed("accept-encoding")),
    ]);
    match asset.brotli {
        Some(packed) if accepts_brotli(&headers) => {
            answer.insert(header::CONTENT_ENCODING, fixed("br"));
            (answer, packed.into_owned()).into_response()
        }
        _ => (answer, asset.bytes.into_owned()).into_response(),
    }
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let listed = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    listed.split(',').any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        coding.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_to_the_bytes() {
        for name in ["app.js", "app.css", "theme.js"] {
            let url = Assets::url(name);
            let file = url.strip_prefix("/static/").unwrap();
            assert_ne!(file, name, "the name carries a hash");
            let asset = Assets::get(file).unwrap();
            assert!(asset.immutable && asset.brotli.is_some());
            assert_eq!(asset.bytes, Assets::get(name).unwrap().bytes);
            assert!(!Assets::get(name).unwrap().immutable);
        }
    }

    #[test]
    fn only_the_sites_own_files_are_served() {
        for name in ["server.js", "app.js.br", ".built", "../build.mjs", "app.000000000000.js", ""] {
            assert!(Assets::get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn brotli_goes_to_those_who_ask_for_it() {
        let asks = |text: &'static str| {
            accepts_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert!(asks("gzip, deflate, br, zstd") && asks("br;q=0.5"));
        assert!(!asks("gzip") && !asks("br;q=0") && !accepts_brotli(&HeaderMap::new()));
    }
}
