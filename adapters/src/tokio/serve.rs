//! Puts a [`Responder`] behind real sockets, or before an interface.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rackhand_core::ethernet::{Frame, Mac};
use rackhand_core::exchange::{Cause, Event, Reply, Responder};
use rackhand_core::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::Clock;
use super::raw::Frames;
#[cfg(feature = "tls")]
use super::tls::Identity;

/// Unread bytes that are kept of one client.
const WINDOW: usize = 64 * 1024;
/// Bytes of an answer.
const TX: usize = 64 * 1024;
/// How long nobody is let in after somebody could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take for its handshake.
#[cfg(feature = "tls")]
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Clients in the middle of a handshake; the next one waits outside.
const MOST_WAITING: usize = 64;

/// A device that is being served; it ends when this is dropped.
#[derive(Debug)]
pub struct Server<R> {
    device: Arc<Mutex<R>>,
    place: Place,
    served_by: ServedBy,
}

/// Where a device can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Address(SocketAddr),
    Interface(String),
}

#[derive(Debug)]
enum ServedBy {
    Task(JoinHandle<()>),
    /// A thread that looks at this flag every now and then.
    Thread(Arc<AtomicBool>),
}

impl<R> Server<R> {
    /// Where it listens; an unspecified address when it listens to an interface.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self.place {
            Place::Address(address) => address,
            Place::Interface(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
        }
    }

    /// Where it listens, in words.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.place {
            Place::Address(address) => address.to_string(),
            Place::Interface(name) => format!("interface {name}"),
        }
    }

    /// The device itself, to look at or to change by hand.
    pub fn device(&self) -> MutexGuard<'_, R> {
        lock(&self.device)
    }
}

impl<R> Drop for Server<R> {
    fn drop(&mut self) {
        match &self.served_by {
            ServedBy::Task(task) => task.abort(),
            ServedBy::Thread(end) => end.store(true, Ordering::Relaxed),
        }
    }
}

/// A device stays what it was even if somebody who looked at it panicked.
fn lock<R>(device: &Mutex<R>) -> MutexGuard<'_, R> {
    device.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves `device` to whoever connects to `listener`. Clients are numbered in the order in which they come.
///
/// # Errors
/// The listener has no address.
pub fn serve_stream<R>(listener: TcpListener, device: R) -> io::Result<Server<R>>
where
    R: Responder<u64> + Send + 'static,
{
    serve_door(listener, device, Door::Open)
}

/// Serves `device` to whoever connects to `listener` and speaks TLS. Clients are numbered in the order in which their handshakes
/// are done.
///
/// # Errors
/// The listener has no address.
#[cfg(feature = "tls")]
pub fn serve_stream_tls<R>(listener: TcpListener, device: R, identity: &Identity) -> io::Result<Server<R>>
where
    R: Responder<u64> + Send + 'static,
{
    serve_door(listener, device, Door::Tls(identity.config().into()))
}

fn serve_door<R>(listener: TcpListener, device: R, door: Door) -> io::Result<Server<R>>
where
    R: Responder<u64> + Send + 'static,
{
    let address = listener.local_addr()?;
    let device = Arc::new(Mutex::new(device));
    let task = tokio::spawn(Streams::new(device.clone()).run(listener, door));
    Ok(Server { device, place: Place::Address(address), served_by: ServedBy::Task(task) })
}

/// Serves `device` to whoever sends a datagram to `socket`.
///
/// # Errors
/// The socket has no address.
pub fn serve_datagrams<R>(socket: UdpSocket, device: R) -> io::Result<Server<R>>
where
    R: Responder<SocketAddr> + Send + 'static,
{
    let address = socket.local_addr()?;
    let device = Arc::new(Mutex::new(device));
    let task = tokio::spawn(datagrams(socket, device.clone()));
    Ok(Server { device, place: Place::Address(address), served_by: ServedBy::Task(task) })
}

/// Shows `device` every frame that comes by at an interface, header included, as a sleeping network card sees them; what it
/// answers is not sent. Needs CAP_NET_RAW.
///
/// # Errors
/// There is no such interface, or this program may not listen to it.
pub fn serve_frames<R>(interface: &str, device: R) -> Result<Server<R>, Cause>
where
    R: Responder<Mac> + Send + 'static,
{
    let mut frames = Frames::open(interface)?;
    let device = Arc::new(Mutex::new(device));
    let end = Arc::new(AtomicBool::new(false));
    let server = Server {
        device: device.clone(),
        place: Place::Interface(interface.to_owned()),
        served_by: ServedBy::Thread(end.clone()),
    };
    let clock = Clock::start();
    // Reading frames blocks; a thread of its own ends within the time that one read may take.
    std::thread::spawn(move || {
        let mut due = None;
        while !end.load(Ordering::Relaxed) {
            let mut frame = frames.next().unwrap_or_else(|_| {
                // The interface is down or gone. It may come back; until then there is nothing to read in a hurry.
                std::thread::sleep(Duration::from_millis(20));
                None
            });
            let now = clock.now();
            let event = match frame.as_deref_mut() {
                Some(rx) => Event::Received { peer: source(rx), rx },
                None if due.is_some_and(|due| due <= now) => Event::Due,
                None => continue,
            };
            due = lock(&device).respond(now, event, &mut []).again;
        }
    });
    Ok(server)
}

/// Who sent a frame; nobody, when it is none.
fn source(frame: &[u8]) -> Mac {
    Frame::parse(frame).map_or(Mac::from_octets([0; 6]), |frame| frame.source)
}

async fn datagrams<R: Responder<SocketAddr>>(socket: UdpSocket, device: Arc<Mutex<R>>) {
    let clock = Clock::start();
    let (mut rx, mut tx) = (vec![0; WINDOW], vec![0; TX]);
    let mut due = None;
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut rx) => Some(received),
            () = sleep(clock, due) => None,
        };
        let event = match received {
            Some(Ok((len, peer))) => Event::Received { peer, rx: rx.get_mut(..len).unwrap_or(&mut []) },
            // An ICMP message about an earlier answer: no matter.
            Some(Err(_)) => continue,
            None => Event::Due,
        };
        let reply = lock(&device).respond(clock.now(), event, &mut tx);
        due = reply.again;
        if let Some((peer, len)) = reply.send {
            let answer = tx.get(..len).unwrap_or(&[]);
            // Whoever does not take an answer asks again.
            let _ = socket.send_to(answer, peer).await;
        }
    }
}

async fn sleep(clock: Clock, until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(clock.at(until)).await,
        None => std::future::pending().await,
    }
}

/// A client's connection, whatever it is made of.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Line = Box<dyn Stream>;

/// What stands between a client's connection and the device.
enum Door {
    Open,
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

#[cfg(feature = "tls")]
async fn pass(acceptor: tokio_rustls::TlsAcceptor, stream: TcpStream, tell: mpsc::Sender<News>) {
    // Who does not pass, or not in time, was never here.
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        let _ = tell.send(News::Here(Box::new(stream))).await;
    }
}

struct Client {
    unread: Vec<u8>,
    writer: WriteHalf<Line>,
    reader: JoinHandle<()>,
}

impl Client {
    /// Sends all of `bytes` at once. False when they cannot be taken at once.
    fn send(&mut self, mut bytes: &[u8]) -> bool {
        let mut at_once = Context::from_waker(Waker::noop());
        let mut writer = Pin::new(&mut self.writer);
        while !bytes.is_empty() {
            match writer.as_mut().poll_write(&mut at_once, bytes) {
                Poll::Ready(Ok(written)) if written > 0 => bytes = bytes.get(written..).unwrap_or(&[]),
                _ => return false,
            }
        }
        matches!(writer.poll_flush(&mut at_once), Poll::Ready(Ok(())))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
        // Says that this is the end, if that can be said at once.
        let _ = Pin::new(&mut self.writer).poll_shutdown(&mut Context::from_waker(Waker::noop()));
    }
}

/// What others tell the device's own task.
enum News {
    #[cfg(feature = "tls")]
    Here(Line),
    Bytes(u64, Vec<u8>),
    End(u64),
}

struct Streams<R> {
    device: Arc<Mutex<R>>,
    clock: Clock,
    clients: HashMap<u64, Client>,
    /// Clients that there ever were.
    count: u64,
    tx: Vec<u8>,
    due: Option<Instant>,
}

impl<R: Responder<u64>> Streams<R> {
    fn new(device: Arc<Mutex<R>>) -> Self {
        Self { device, clock: Clock::start(), clients: HashMap::new(), count: 0, tx: vec![0; TX], due: None }
    }

    async fn run(mut self, listener: TcpListener, door: Door) {
        let (tell, mut news) = mpsc::channel(64);
        // Those at the door; who is still there when this ends is sent away.
        let mut waiting = JoinSet::<()>::new();
        loop {
            tokio::select! {
                stream = accept(&listener), if waiting.len() < MOST_WAITING => {
                    let _ = stream.set_nodelay(true);
                    match &door {
                        Door::Open => self.welcome(Box::new(stream), &tell),
                        #[cfg(feature = "tls")]
                        Door::Tls(acceptor) => {
                            waiting.spawn(pass(acceptor.clone(), stream, tell.clone()));
                        }
                    }
                }
                Some(_) = waiting.join_next() => {}
                Some(news) = news.recv() => match news {
                    #[cfg(feature = "tls")]
                    News::Here(line) => self.welcome(line, &tell),
                    News::Bytes(peer, bytes) => self.bytes(peer, &bytes),
                    News::End(peer) => {
                        self.clients.remove(&peer);
                        self.respond(|_| Event::Closed { peer }, None);
                    }
                },
                () = sleep(self.clock, self.due) => {
                    self.due = None;
                    self.respond(|_| Event::Due, None);
                }
            }
        }
    }

    fn welcome(&mut self, line: Line, tell: &mpsc::Sender<News>) {
        let (reader, writer) = split(line);
        self.count = self.count.saturating_add(1);
        let peer = self.count;
        let reader = tokio::spawn(read(peer, reader, tell.clone()));
        self.clients.insert(peer, Client { unread: Vec::new(), writer, reader });
        self.respond(|_| Event::Opened { peer }, None);
    }

    fn bytes(&mut self, peer: u64, bytes: &[u8]) {
        let Some(client) = self.clients.get_mut(&peer) else { return };
        client.unread.extend_from_slice(bytes);
        if client.unread.len() > WINDOW {
            self.hang_up(peer);
            return;
        }
        // Again while something of it was used: the rest may be a message too.
        while let Some(client) = self.clients.get_mut(&peer)
            && !client.unread.is_empty()
        {
            let mut unread = std::mem::take(&mut client.unread);
            let used = self.respond(|rx| Event::Received { peer, rx }, Some(&mut unread));
            unread.drain(..used.min(unread.len()));
            if let Some(client) = self.clients.get_mut(&peer) {
                client.unread = unread;
            }
            if used == 0 {
                return;
            }
        }
    }

    fn hang_up(&mut self, peer: u64) {
        if self.clients.remove(&peer).is_some() {
            self.respond(|_| Event::Closed { peer }, None);
        }
    }

    /// Tells the device what happened and does what it answers; returns the bytes that it used.
    fn respond(&mut self, event: impl FnOnce(&mut [u8]) -> Event<'_, u64>, rx: Option<&mut Vec<u8>>) -> usize {
        let rx = rx.map_or(&mut [][..], Vec::as_mut_slice);
        let reply: Reply<u64> = lock(&self.device).respond(self.clock.now(), event(rx), &mut self.tx);
        self.due = reply.again;
        if let Some((peer, len)) = reply.send
            && let Some(client) = self.clients.get_mut(&peer)
        {
            let answer = self.tx.get(..len).unwrap_or(&[]);
            // Answers are small; a client that does not read them is not waited for.
            if !client.send(answer) {
                self.hang_up(peer);
            }
        }
        if let Some(peer) = reply.close {
            self.hang_up(peer);
        }
        reply.used
    }
}

/// The next client. When none can be let in, out of file descriptors say, it waits on and is asked for again a little later:
/// asking at once would be a loop that never rests. Those who are here are served meanwhile.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn read(peer: u64, mut reader: ReadHalf<Line>, tell: mpsc::Sender<News>) {
    let mut buffer = vec![0; 4096];
    loop {
        let news = match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => News::End(peer),
            Ok(len) => News::Bytes(peer, buffer.get(..len).unwrap_or(&[]).to_vec()),
        };
        let end = matches!(news, News::End(_));
        if tell.send(news).await.is_err() || end {
            return;
        }
    }
}
