//! The sockets behind core's [`Link`]s.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rackhand_core::exchange::{Cause, Next};
use rackhand_core::operation::{Host, InterfaceName, Link};
use socket2::{Domain, Protocol, Socket as Socket2, Type};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::cause_of;
use super::raw::Raw;
#[cfg(feature = "tls")]
use super::tls::Session;
use crate::drive::Kind;

/// How long an address may be silent before the next one is tried as well: the Connection Attempt Delay of RFC 8305, section 8.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A link that can be opened, and is kept between operations until it fails.
#[derive(Debug)]
pub struct Channel {
    link: Link,
    socket: Option<Socket>,
    /// A byte of the last send may have left.
    left: bool,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    /// On the heap: it is some kilobyte long.
    #[cfg(feature = "tls")]
    Tls(Box<Session>),
    /// Connected to its one peer.
    Udp(UdpSocket),
    Broadcast(UdpSocket, SocketAddr),
    Raw(Raw),
}

impl Channel {
    /// A channel to whatever `link` names; nothing is opened yet.
    #[must_use]
    pub const fn new(link: Link) -> Self {
        Self { link, socket: None, left: false }
    }

    /// Whether it carries a stream or datagrams.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.link {
            Link::Tcp { .. } | Link::Tls { .. } => Kind::Stream,
            _ => Kind::Datagrams,
        }
    }

    /// Closes it.
    pub fn close(&mut self) {
        self.socket = None;
    }

    pub(super) const fn anything_left(&self) -> bool {
        self.left
    }

    /// A demand was not met in time. What it had begun is over, but a link that only stayed silent is still a link.
    pub(super) fn give_up<T>(&mut self, demand: &Next<T>) {
        if !matches!(demand, Next::Receive { .. }) {
            self.close();
        }
    }

    /// Opens it; 1 when it was open already.
    pub(super) async fn open(&mut self, fresh: bool) -> Result<usize, Cause> {
        self.left = false;
        if fresh {
            self.close();
        } else if self.socket.is_some() {
            return Ok(1);
        }
        self.socket = Some(match &self.link {
            Link::Tcp { host, port } => Socket::Tcp(tcp(host, *port).await?),
            #[cfg(feature = "tls")]
            Link::Tls { host, port, trust } => {
                Socket::Tls(Box::new(Session::open(host, trust, tcp(host, *port)).await?))
            }
            Link::Udp { host, port } => Socket::Udp(udp(host, *port).await?),
            Link::Broadcast { address, port, interface } => {
                let socket = broadcast(*address, interface.as_ref()).map_err(|error| cause_of(&error))?;
                Socket::Broadcast(socket, SocketAddr::new(*address, *port))
            }
            Link::Raw { interface, ethertype } => Socket::Raw(Raw::open(interface.as_str(), *ethertype)?),
            _ => return Err(Cause::Unsupported),
        });
        Ok(0)
    }

    /// Sends all of `bytes`.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.left = false;
        let sent = match self.socket.as_mut().ok_or(Cause::Reset)? {
            Socket::Tcp(stream) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    stream.writable().await.map_err(|error| cause_of(&error))?;
                    match stream.try_write(rest) {
                        Ok(written) => {
                            self.left |= written > 0;
                            rest = rest.get(written..).unwrap_or(&[]);
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(error) => return Err(cause_of(&error)),
                    }
                }
                Ok(bytes.len())
            }
            #[cfg(feature = "tls")]
            Socket::Tls(session) => {
                // How much of it has left in records cannot be told.
                self.left = true;
                session.send(bytes).await?;
                Ok(bytes.len())
            }
            Socket::Udp(socket) => socket.send(bytes).await,
            Socket::Broadcast(socket, to) => socket.send_to(bytes, *to).await,
            Socket::Raw(raw) => raw.send(bytes).map(|()| bytes.len()),
        };
        sent.map_err(|error| cause_of(&error))?;
        self.left = true;
        Ok(())
    }

    /// Reads what comes next into `room`.
    pub(super) async fn receive(&mut self, room: &mut [u8]) -> Result<usize, Cause> {
        let read = match self.socket.as_mut().ok_or(Cause::Reset)? {
            Socket::Tcp(stream) => match stream.read(room).await {
                Ok(0) => return Err(Cause::Ended),
                read => read,
            },
            #[cfg(feature = "tls")]
            Socket::Tls(session) => return session.receive(room).await,
            Socket::Udp(socket) => socket.recv(room).await,
            Socket::Broadcast(socket, _) => socket.recv(room).await,
            // Nothing that is sent in bare frames is answered.
            Socket::Raw(_) => return std::future::pending().await,
        };
        read.map_err(|error| cause_of(&error))
    }
}

/// The addresses of `host`.
async fn addresses(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Cause> {
    match host {
        Host::Ip(address) => Ok(vec![SocketAddr::new(*address, port)]),
        Host::Name(name) => {
            lookup_host((name.as_str(), port)).await.map(Iterator::collect).map_err(|_| Cause::NoSuchHost)
        }
    }
}

async fn tcp(host: &Host, port: u16) -> Result<TcpStream, Cause> {
    let stream = first_of(addresses(host, port).await?).await?;
    // Requests are small and answered one by one: waiting to fill a segment only costs time.
    stream.set_nodelay(true).map_err(|error| cause_of(&error))?;
    Ok(stream)
}

/// The first connection that stands, to one of the addresses of one host: RFC 8305, section 5. The next address is tried when
/// the one before has failed or was silent for a while, so that one behind which nobody is costs no deadline.
async fn first_of(addresses: Vec<SocketAddr>) -> Result<TcpStream, Cause> {
    let mut last = Cause::NoSuchHost;
    let mut rest = addresses.into_iter();
    // What is still being tried when this ends ends with it.
    let mut tries = JoinSet::new();
    loop {
        if let Some(address) = rest.next() {
            tries.spawn(TcpStream::connect(address));
        }
        let tried = if rest.len() > 0 {
            let Ok(tried) = timeout(ATTEMPT_DELAY, tries.join_next()).await else { continue };
            tried
        } else {
            tries.join_next().await
        };
        match tried {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => last = cause_of(&error),
            // The runtime is ending.
            Some(Err(_)) => last = Cause::Other,
            None => return Err(last),
        }
    }
}

async fn udp(host: &Host, port: u16) -> Result<UdpSocket, Cause> {
    let to = addresses(host, port).await?.into_iter().next().ok_or(Cause::NoSuchHost)?;
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.map_err(|error| cause_of(&error))?;
    socket.connect(to).await.map_err(|error| cause_of(&error))?;
    Ok(socket)
}

/// A socket that may send to everybody, by `interface` if one is named.
fn broadcast(to: IpAddr, interface: Option<&InterfaceName>) -> std::io::Result<UdpSocket> {
    let (domain, any) = match to {
        IpAddr::V4(_) => (Domain::IPV4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
        IpAddr::V6(_) => (Domain::IPV6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
    };
    let socket = Socket2::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if to.is_ipv4() {
        socket.set_broadcast(true)?;
    }
    if let Some(interface) = interface {
        bind_to(&socket, interface)?;
    }
    socket.bind(&any.into())?;
    UdpSocket::from_std(socket.into())
}

/// Everything that the socket sends leaves by this interface, whatever the routing table says.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
fn bind_to(socket: &Socket2, interface: &InterfaceName) -> std::io::Result<()> {
    socket.bind_device(Some(interface.as_str().as_bytes()))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
fn bind_to(_: &Socket2, _: &InterfaceName) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::time::Instant;

    use tokio::net::TcpListener;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// A listener that lets nobody in: its queue is full, and Linux leaves further SYNs unanswered.
    struct Swallows {
        address: SocketAddr,
        listener: Socket2,
        queue: Vec<TcpStream>,
    }

    impl Swallows {
        async fn at(ip: IpAddr) -> Self {
            let listener = Socket2::new(Domain::for_address((ip, 0).into()), Type::STREAM, None).unwrap();
            listener.bind(&SocketAddr::new(ip, 0).into()).unwrap();
            listener.listen(0).unwrap();
            let address = listener.local_addr().unwrap().as_socket().unwrap();
            let mut queue = Vec::new();
            while let Ok(stream) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
                queue.push(stream.unwrap());
                assert!(queue.len() < 16, "the queue has no end");
            }
            Self { address, listener, queue }
        }
    }

    async fn listens(ip: IpAddr) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// 127.0.0.`last`.
    fn ip(last: u8) -> IpAddr {
        [127, 0, 0, last].into()
    }

    #[tokio::test]
    async fn an_address_that_is_silent_does_not_keep_the_next_one_from_being_tried() {
        let mut silent = vec![Swallows::at(ip(2)).await, Swallows::at(ip(3)).await];
        // Where there is IPv6 the silent one is the address that a resolver names first.
        if TcpListener::bind("[::1]:0").await.is_ok() {
            silent.insert(0, Swallows::at(Ipv6Addr::LOCALHOST.into()).await);
        }
        let (_listener, good) = listens(ip(1)).await;
        let addresses: Vec<_> = silent.iter().map(|silent| silent.address).chain([good]).collect();
        let begun = Instant::now();
        let stream = timeout(LONG, first_of(addresses.clone())).await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let least = ATTEMPT_DELAY * u32::try_from(silent.len()).unwrap();
        assert!((least..LONG / 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        // The last one is waited for, however long that takes: the deadline is the runner's.
        let alone = timeout(2 * ATTEMPT_DELAY, first_of(vec![addresses[0]])).await;
        assert!(alone.is_err(), "{alone:?}");
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_at_once_and_the_last_failure_is_told() {
        let (listener, free) = listens(ip(2)).await;
        drop(listener);
        let (_listener, good) = listens(ip(1)).await;
        // So many that it shows on a busy machine, too, if each were waited for.
        let addresses = [vec![free; 20], vec![good]].concat();
        let begun = Instant::now();
        let stream = first_of(addresses).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(begun.elapsed() < 10 * ATTEMPT_DELAY, "{:?}", begun.elapsed());
        assert_eq!(first_of(vec![free, free]).await.err(), Some(Cause::Refused));
        assert_eq!(first_of(Vec::new()).await.err(), Some(Cause::NoSuchHost));
    }

    #[tokio::test]
    async fn one_that_wins_late_is_taken_all_the_same() {
        // The first answers only after the second was begun, and the second never does.
        let (first, second) = (Swallows::at(ip(2)).await, Swallows::at(ip(3)).await);
        let connecting = tokio::spawn(first_of(vec![first.address, second.address]));
        tokio::time::sleep(2 * ATTEMPT_DELAY).await;
        // Somebody is let in, and with the next SYN so is this one.
        for _ in 0..first.queue.len() {
            drop(first.listener.accept().unwrap());
        }
        let stream = timeout(LONG, connecting).await.unwrap().unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), first.address);
    }
}
