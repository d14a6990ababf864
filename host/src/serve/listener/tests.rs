//! Over real sockets on loopback. Every wait is for something, with a bound.

use std::net::SocketAddr;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::api::body::bounded;
use crate::serve::Peer;

/// Far longer than anything here takes on a machine that is busy with other things.
const LONG: Duration = Duration::from_secs(30);

const SECOND: Duration = Duration::from_secs(1);

/// More than all buffers between a server and a client who does not read.
const LARGE: usize = 64 * 1024 * 1024;

struct Server {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// A request for /wait has begun.
    begun: Arc<Notify>,
    /// What /wait waits for.
    go: Arc<Semaphore>,
}

impl Server {
    async fn start(limits: Limits, tls: Option<Arc<ServerConfig>>) -> Self {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let wait = {
            let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
            || async move {
                begun.notify_one();
                go.acquire().await.unwrap().forget();
                "waited"
            }
        };
        let router = Router::new()
            .route("/", get(|Extension(Peer(peer)): Extension<Peer>| async move { peer.to_string() }))
            .route("/wait", get(wait))
            .route(
                "/panic",
                get(|| async {
                    if true {
                        panic!("on purpose")
                    }
                }),
            )
            .route("/large", get(|| async { Body::from(vec![b'x'; LARGE]) }))
            .route("/", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(axum::middleware::from_fn(bounded));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let ended = async {
            let _ = ended.await;
        };
        let task = tokio::spawn(serve(listener, tls, router, limits, ended));
        Self { address, end, task, begun, go }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn end(self) {
        self.end.send(()).unwrap();
        timeout(LONG, self.task).await.unwrap().unwrap();
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// One answer: its head and body.
async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    let all = async {
        loop {
            let mut byte = [0];
            if stream.read(&mut byte).await.unwrap() == 0 {
                break;
            }
            text.push(byte[0] as char);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let len =
                    head.to_lowercase().split_once("content-length: ").unwrap().1.lines().next().unwrap().to_owned();
                if body.len() == len.parse::<usize>().unwrap() {
                    break;
                }
            }
        }
    };
    timeout(LONG, all).await.unwrap();
    text
}

/// Waits for the other side's end; a reset is one too.
async fn closed(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut rest = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.expect("the connection is kept");
    rest
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const WAIT: &str = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_request_is_answered_and_its_peer_known() {
    let server = Server::start(Limits::new(10), None).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        say(&mut client, GET).await;
        let answer = hear(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{}", client.local_addr().unwrap())), "{answer}");
    }
    server.end().await;
    assert_eq!(closed(&mut client).await, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_silent_clients_keep_nobody_out() {
    // In a house that is larger than the crowd, and in one that is smaller.
    for most in [2048, 100] {
        let server = Server::start(Limits { head: LONG * 10, ..Limits::new(most) }, None).await;
        let mut silent = Vec::new();
        for _ in 0..1000 {
            silent.push(server.connect().await);
        }
        let begun = Instant::now();
        let mut client = server.connect().await;
        say(&mut client, GET).await;
        assert!(hear(&mut client).await.starts_with("HTTP/1.1 200 "));
        // Far below any bound on silence.
        assert!(begun.elapsed() < LONG / 3, "{:?}", begun.elapsed());
        if most < silent.len() {
            // Those who came first made room.
            for first in silent.iter_mut().take(1000 - most) {
                closed(first).await;
            }
        }
        server.end().await;
    }
}

#[tokio::test]
async fn when_all_are_being_answered_newcomers_wait() {
    let server = Server::start(Limits::new(2), None).await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for client in [&mut one, &mut two] {
        say(client, WAIT).await;
        timeout(LONG, server.begun.notified()).await.unwrap();
    }
    let mut three = server.connect().await;
    say(&mut three, GET).await;
    let mut byte = [0];
    assert!(timeout(SECOND / 5, three.read(&mut byte)).await.is_err(), "more than two at a time");
    server.go.add_permits(1);
    assert!(hear(&mut three).await.starts_with("HTTP/1.1 200 "));
    server.go.add_permits(1);
    server.end().await;
}

#[tokio::test]
async fn who_announces_a_body_and_does_not_send_it_gives_way() {
    let server = Server::start(Limits::new(2), None).await;
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        say(&mut client, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await;
        // He is told to go on when his body is waited for.
        let mut go_on = [0; 25];
        timeout(LONG, client.read_exact(&mut go_on)).await.unwrap().unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100 "));
        waiting.push(client);
    }
    let begun = Instant::now();
    let mut third = server.connect().await;
    say(&mut third, GET).await;
    assert!(hear(&mut third).await.starts_with("HTTP/1.1 200 "));
    // Far below the bound on a body.
    assert!(begun.elapsed() < LONG / 3, "{:?}", begun.elapsed());
    closed(&mut waiting[0]).await;
    say(&mut waiting[1], "ab").await;
    assert!(hear(&mut waiting[1]).await.ends_with("\r\n\r\n2"));
    server.end().await;
}

#[tokio::test]
async fn who_reads_slowly_is_answered_whole_and_who_does_not_read_is_not_waited_for() {
    const LARGE_REQUEST: &str = "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let server = Server::start(Limits { idle: SECOND, ..Limits::new(10) }, None).await;
    let mut slow = server.connect().await;
    say(&mut slow, LARGE_REQUEST).await;
    let begun = Instant::now();
    let (mut heard, mut part) = (Vec::new(), vec![0; LARGE / 32]);
    loop {
        let bytes = timeout(LONG, slow.read(&mut part)).await.unwrap().unwrap();
        heard.extend_from_slice(&part[..bytes]);
        if bytes == 0 {
            break;
        }
        // As often as not there is less than asked for: slow by what came.
        sleep(SECOND * 4 * u32::try_from(bytes).unwrap() / u32::try_from(LARGE).unwrap()).await;
    }
    assert!(begun.elapsed() > SECOND * 3, "this was not slow: {:?}", begun.elapsed());
    let head = heard.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(heard.len() - head, LARGE);
    let mut deaf = server.connect().await;
    say(&mut deaf, LARGE_REQUEST).await;
    sleep(SECOND * 3).await;
    assert!(closed(&mut deaf).await.len() < LARGE, "it is waited for, for ever");
    server.end().await;
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let limits = Limits { head: SECOND / 2, ..Limits::new(10) };
    let server = Server::start(limits, None).await;
    let begun = Instant::now();
    let (mut reader, mut writer) = server.connect().await.into_split();
    let trickle = async {
        say(&mut writer, "GET / HTTP/1.1\r\nHost: x\r\nX: ").await;
        // Ends with an error when the other side is closed, which is what this is about.
        while writer.write_all(b"x").await.is_ok() {
            sleep(SECOND / 50).await;
        }
    };
    let (trickled, ()) = tokio::join!(timeout(LONG, trickle), async { assert_eq!(closed(&mut reader).await, b"") });
    trickled.unwrap();
    assert!(begun.elapsed() >= limits.head && begun.elapsed() < LONG);
    // And one that says nothing at all.
    let begun = Instant::now();
    closed(&mut server.connect().await).await;
    assert!(begun.elapsed() >= limits.head && begun.elapsed() < LONG);
    server.end().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_idle_time_and_not_for_ever() {
    let limits = Limits { head: SECOND / 5, idle: SECOND, ..Limits::new(10) };
    let server = Server::start(limits, None).await;
    let mut client = server.connect().await;
    say(&mut client, GET).await;
    hear(&mut client).await;
    // Longer than a head may take.
    sleep(SECOND / 2).await;
    say(&mut client, GET).await;
    assert!(hear(&mut client).await.starts_with("HTTP/1.1 200 "));
    let begun = Instant::now();
    assert_eq!(closed(&mut client).await, b"");
    assert!(begun.elapsed() >= SECOND * 9 / 10 && begun.elapsed() < LONG, "{:?}", begun.elapsed());
    // A second head that trickles is cut off by the head's bound.
    let mut client = server.connect().await;
    say(&mut client, GET).await;
    hear(&mut client).await;
    say(&mut client, "GET /").await;
    closed(&mut client).await;
    server.end().await;
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let server = Server::start(Limits::new(10), None).await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let (_, answer) = tokio::join!(writer.write_all(head.as_bytes()), closed(&mut reader));
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let mut client = server.connect().await;
    say(&mut client, "no HTTP at all\r\n\r\n").await;
    let answer = String::from_utf8(closed(&mut client).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    server.end().await;
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let server = Server::start(Limits::new(10), None).await;
    let body = "x".repeat(3_000_000);
    let told = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    for request in [told, chunked] {
        // Said to its end before anything is read: the answer must not be lost by that.
        let mut client = server.connect().await;
        say(&mut client, &request).await;
        let answer = hear(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("error_message"), "{answer}");
    }
    let mut client = server.connect().await;
    say(&mut client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").await;
    assert!(hear(&mut client).await.ends_with("\r\n\r\n3"));
    server.end().await;
}

/// Many clients speak to their end before they listen, and give up when they cannot. On the paused clock, so that no time is
/// lost while the client is about to speak.
#[tokio::test(start_paused = true)]
async fn who_is_refused_may_speak_to_the_end() {
    let server = Server::start(Limits::new(10), None).await;
    let mut client = server.connect().await;
    say(&mut client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n").await;
    say(&mut client, &"x".repeat(500_000)).await;
    assert!(hear(&mut client).await.starts_with("HTTP/1.1 413 "));
    for _ in 0..15 {
        say(&mut client, &"x".repeat(100_000)).await;
    }
    let mut rest = Vec::new();
    assert_eq!(timeout(LONG, client.read_to_end(&mut rest)).await.unwrap().unwrap(), 0);
    server.end().await;
}

/// On the paused clock: it goes on by itself when both sides sleep.
#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_refused() {
    let server = Server::start(Limits::new(10), None).await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    say(&mut writer, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let trickle = tokio::spawn(async move {
        while writer.write_all(b"1\r\nx\r\n").await.is_ok() {
            sleep(SECOND).await;
        }
    });
    let begun = Instant::now();
    let mut answer = [0; 13];
    timeout(LONG * 4, reader.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408 ");
    assert!(begun.elapsed() < 2 * LONG);
    timeout(LONG * 4, reader.read_to_end(&mut Vec::new())).await.unwrap().ok();
    trickle.abort();
}

#[tokio::test]
async fn the_end_waits_for_a_running_request_alone() {
    let server = Server::start(Limits { grace: LONG, head: LONG, ..Limits::new(10) }, None).await;
    let mut running = server.connect().await;
    say(&mut running, WAIT).await;
    timeout(LONG, server.begun.notified()).await.unwrap();
    let mut idle = server.connect().await;
    say(&mut idle, GET).await;
    hear(&mut idle).await;
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    say(&mut half, "GET / HT").await;
    let begun = Instant::now();
    let Server { end, task, address, go, .. } = server;
    end.send(()).unwrap();
    for other in [&mut idle, &mut silent, &mut half] {
        assert_eq!(closed(other).await, b"");
    }
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!task.is_finished());
    go.add_permits(1);
    let answer = hear(&mut running).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("waited"), "{answer}");
    assert_eq!(closed(&mut running).await, b"");
    timeout(LONG, task).await.unwrap().unwrap();
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let server = Server::start(Limits { grace: SECOND / 2, ..Limits::new(10) }, None).await;
    let mut running = server.connect().await;
    say(&mut running, WAIT).await;
    timeout(LONG, server.begun.notified()).await.unwrap();
    let begun = Instant::now();
    server.end().await;
    assert!(begun.elapsed() >= SECOND / 2);
    closed(&mut running).await;
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_alone() {
    let server = Server::start(Limits::new(10), None).await;
    let mut client = server.connect().await;
    say(&mut client, "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(closed(&mut client).await, b"");
    let mut client = server.connect().await;
    say(&mut client, GET).await;
    assert!(hear(&mut client).await.starts_with("HTTP/1.1 200 "));
    server.end().await;
}

fn tls() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert"), folder.path().join("key"));
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(made.cert.der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (crate::serve::tls::load(&cert, &key).unwrap(), Arc::new(client))
}

#[tokio::test]
async fn tls_is_spoken_and_plain_http_is_told_so() {
    let (server_config, client_config) = tls();
    let limits = Limits { handshake: SECOND / 2, ..Limits::new(10) };
    let server = Server::start(limits, Some(server_config)).await;
    let connector = tokio_rustls::TlsConnector::from(client_config);
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = connector.connect(name, server.connect().await).await.unwrap();
    for _ in 0..2 {
        say(&mut client, GET).await;
        assert!(hear(&mut client).await.starts_with("HTTP/1.1 200 "));
    }
    let mut plain = server.connect().await;
    say(&mut plain, GET).await;
    let answer = hear(&mut plain).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let inner: serde_json::Value = serde_json::from_str(body["error_message"].as_str().unwrap()).unwrap();
    assert_eq!(inner["faultcode"], "Client");
    // Neither silence nor half a handshake nor rubbish holds a place.
    let (mut silent, mut half, mut rubbish) = (server.connect().await, server.connect().await, server.connect().await);
    half.write_all(b"\x16\x03\x01").await.unwrap();
    rubbish.write_all(&[0xff; 100]).await.unwrap();
    for other in [&mut silent, &mut half, &mut rubbish] {
        closed(other).await;
    }
    // Still there after all this.
    say(&mut client, GET).await;
    assert!(hear(&mut client).await.starts_with("HTTP/1.1 200 "));
    server.end().await;
    assert_eq!(closed(&mut client).await, b"");
}
