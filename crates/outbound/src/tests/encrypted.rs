//! TLS: whom it believes. The certificates beside this file are of an authority made for these tests, for `secure.example`,
//! and good for a hundred years.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{LIMITS, Turns, body, get};
use crate::{AllowList, Client, OutboundError};

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const SERVER: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key");

/// Answers everything with one answer; says on which port.
async fn serve(answer: &'static str) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let (certificate, key) =
        (CertificateDer::from_pem_slice(SERVER).unwrap(), PrivateKeyDer::from_pem_slice(KEY).unwrap());
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((plain, _)) = listener.accept().await {
            let Ok(mut wire) = acceptor.accept(plain).await else { continue };
            let mut asked = [0; 4_096];
            // a question of these tests comes in one piece
            if wire.read(&mut asked).await.is_ok() {
                let _ = wire.write_all(answer.as_bytes()).await;
                let _ = wire.shutdown().await;
            }
        }
    });
    port
}

fn client(trusting: bool) -> Client {
    let mut authorities = RootCertStore::empty();
    if trusting {
        authorities.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
    }
    let allowed = AllowList::parse(&["127.0.0.1"]).unwrap();
    Client::with(allowed, LIMITS, None, authorities, Turns::new(&[&["127.0.0.1"]])).unwrap()
}

#[tokio::test]
async fn only_the_one_who_is_named_is_believed() {
    let port = serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
    assert_eq!(body(get(&client(true), &format!("https://secure.example:{port}/")).await.unwrap()), b"hi");
    for (trusting, host) in [(true, "other.example"), (true, "127.0.0.1"), (false, "secure.example")] {
        let error = get(&client(trusting), &format!("https://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(&error, OutboundError::Connect { reason, .. } if reason.contains("certificate")), "{error}");
    }
}

#[tokio::test]
async fn nobody_is_led_away_from_encryption() {
    let port = serve("HTTP/1.1 302 Found\r\nLocation: http://secure.example/\r\nContent-Length: 0\r\n\r\n").await;
    let error = get(&client(true), &format!("https://secure.example:{port}/")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Redirect { reason: "http, away from https", .. }), "{error}");
}
