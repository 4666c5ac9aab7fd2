//! A mail that nobody waits for any more, and the next ones.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

#[derive(Clone, Default)]
struct Counts {
    connections: Arc<AtomicUsize>,
    mails: Arc<AtomicUsize>,
}

/// Thinks a second about the first mail, refuses the second, and takes the others.
async fn talk(mut stream: TcpStream, counts: Counts) {
    counts.connections.fetch_add(1, Ordering::Relaxed);
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let mut answer = Some("220 localhost");
    loop {
        if let Some(answer) = answer
            && write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err()
        {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        answer = match line.as_str() {
            "." => Some(end(&counts).await),
            "DATA" => Some("354 go on"),
            "QUIT" => return,
            line if ["EHLO", "MAIL", "RCPT", "NOOP"].iter().any(|command| line.starts_with(command)) => {
                Some("250 fine")
            }
            // a line of a mail
            _ => None,
        };
    }
}

async fn end(counts: &Counts) -> &'static str {
    match counts.mails.fetch_add(1, Ordering::Relaxed) {
        0 => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            "250 taken"
        }
        1 => "554 not this one",
        _ => "250 taken",
    }
}

fn message() -> Message {
    let address: Mailbox = "alerts@watch.example".parse().unwrap();
    Message::builder().from(address.clone()).to(address).body(String::new()).unwrap()
}

#[tokio::test]
async fn a_mail_that_broke_off_takes_its_connection_with_it() {
    let (listener, counts) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Counts::default());
    let (port, counted) = (listener.local_addr().unwrap().port(), counts.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, counts.clone()));
        }
    });
    let mailer = Mailer::new(&MailSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security: Security::None,
        login: None,
        authority: None,
        from: "alerts@watch.example".to_owned(),
        reply_to: None,
    })
    .unwrap();
    assert!(timeout(Duration::from_millis(300), mailer.send(message())).await.is_err(), "nobody waits any more");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = mailer.send(message()).await.unwrap_err();
    assert_eq!(refused.reason, "the mail server refuses with 554", "the answer to the first is not the second's");
    for _ in 0..2 {
        mailer.send(message()).await.unwrap();
    }
    assert_eq!(counted.connections.load(Ordering::Relaxed), 3, "what ended well is gone on with");
    assert_eq!(counted.mails.load(Ordering::Relaxed), 4);
}
