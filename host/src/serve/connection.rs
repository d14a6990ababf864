//! One connection, from its handshake to its end. Every phase of it is bounded in time.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::debug;

use super::awaited::Awaited;
use super::crowd::{Pass, Phase};
use super::listener::Limits;

/// Who asks: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The largest head of a request.
const HEAD: usize = 64 * 1024;

/// How long, and for how many bytes, one goes on listening after the last answer: who is not heard out may lose the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 4 * 1024 * 1024;

/// What every connection is given.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) router: Router,
    pub(super) limits: Limits,
    /// True when the daemon ends.
    pub(super) ending: watch::Receiver<bool>,
}

/// Serves it until it ends or has to.
pub(super) async fn run(stream: TcpStream, peer: SocketAddr, common: Common, pass: Pass) {
    let pass = Arc::new(pass);
    // An answer is one or two small writes: none of them shall wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        () = pass.put_out() => debug!(%peer, "closed for another: it was silent longest"),
        () = speak(stream, peer, common, &pass) => {}
    }
}

async fn speak(stream: TcpStream, peer: SocketAddr, mut common: Common, pass: &Arc<Pass>) {
    let Some(tls) = common.tls.take() else { return converse(stream, peer, common, pass).await };
    let mut ending = common.ending.clone();
    let shaken = tokio::select! {
        shaken = timeout(common.limits.handshake, handshake(stream, tls)) => shaken,
        _ = ending.wait_for(|ending| *ending) => return,
    };
    match shaken {
        Ok(Ok(Some(stream))) => {
            pass.ready();
            converse(stream, peer, common, pass).await;
        }
        Ok(Ok(None)) => debug!(%peer, "spoke plain HTTP where TLS is spoken"),
        Ok(Err(error)) => debug!(%peer, "no TLS handshake: {error}"),
        Err(_) => debug!(%peer, "no TLS handshake in time"),
    }
}

/// None if the client does not speak TLS; it was told then.
async fn handshake(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // A handshake begins with 22; a method is made of letters.
    if !first.iter().all(u8::is_ascii_alphabetic) {
        return TlsAcceptor::from(tls).accept(stream).await.map(Some);
    }
    let mut stream = stream;
    let body = "{\"error_message\": \"{\\\"faultcode\\\": \\\"Client\\\", \\\"faultstring\\\": \\\"This port speaks HTTPS: use \
                https:// in the URL.\\\", \\\"debuginfo\\\": null}\"}";
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    linger(stream).await;
    Ok(None)
}

async fn converse<S>(stream: S, peer: SocketAddr, common: Common, pass: &Arc<Pass>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Common { router, limits, mut ending, .. } = common;
    let place = Arc::clone(pass);
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, place) = (router.clone(), Arc::clone(&place));
        async move {
            if !place.begin() {
                return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
            }
            let mut request = request.map(|body| Body::new(Awaited::new(body, Arc::clone(&place))));
            request.extensions_mut().insert(Peer(peer));
            let answer = router.oneshot(request).await.map_err(|never| match never {});
            place.finish();
            answer
        }
    });
    let io = TokioIo::new(Listened { stream, pass: Arc::clone(pass) });
    // hyper's own bound on the time for a head also bounds the time between two requests, which may be much longer: both are
    // watched here.
    // Who has said all and closes his side is answered, and who is gone altogether is taken at his word.
    let mut conn = http1::Builder::new()
        .max_buf_size(HEAD)
        .header_read_timeout(None)
        .half_close(true)
        .serve_connection(io, service);
    let mut leaving = false;
    let ended = loop {
        let now = Instant::now();
        let end = limits.end_of(pass.phase());
        if end.is_some_and(|end| end <= now) {
            debug!(%peer, "silent for too long");
            return;
        }
        // A phase that begins meanwhile is not told: none ends sooner than this.
        let soon = now + limits.head.min(limits.idle);
        let wake = end.map_or(soon, |end| end.min(soon));
        tokio::select! {
            ended = &mut conn => break ended,
            () = sleep_until(wake) => {}
            _ = ending.wait_for(|ending| *ending), if !leaving => {
                leaving = true;
                if matches!(pass.phase(), Phase::New(_) | Phase::Head(_)) {
                    return;
                }
                Pin::new(&mut conn).graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        debug!(%peer, "{error}");
    }
    // When the daemon ends, nobody is waited for who has his answer.
    if !leaving {
        linger(conn.into_parts().io.into_inner().stream).await;
    }
}

/// Says that this was all, and lets the client come to the end of what it says: if unread bytes are thrown away, TCP throws
/// away the answer too.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let rest = async {
        if stream.shutdown().await.is_ok() {
            let _ = tokio::io::copy(&mut stream.take(LINGER_BYTES), &mut tokio::io::sink()).await;
        }
    };
    let _ = timeout(LINGER, rest).await;
}

impl Limits {
    /// Until when a phase may last.
    fn end_of(&self, phase: Phase) -> Option<Instant> {
        match phase {
            Phase::New(since) | Phase::Head(since) => Some(since + self.head),
            Phase::Writing(since) | Phase::Idle(since) => Some(since + self.idle),
            // Whoever answers has bounds of its own.
            Phase::Busy | Phase::Body(_) | Phase::Out => None,
        }
    }
}

/// A stream that tells when bytes come, and when they go.
struct Listened<S> {
    stream: S,
    pass: Arc<Pass>,
}

impl<S> Listened<S> {
    fn taken(&self, bytes: usize) -> usize {
        if bytes > 0 {
            self.pass.taken();
        }
        bytes
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listened<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pass.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listened<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        Poll::Ready(Ok(self.taken(written)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Hyper asks for this when it has nothing left to write.
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.pass.written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        Poll::Ready(Ok(self.taken(written)))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
