//! The sockets behind core's [`Link`]s.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rackhand_core::exchange::{Cause, Next};
use rackhand_core::operation::{Host, InterfaceName, Link};
use socket2::{Domain, Protocol, Socket as Socket2, Type};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket, lookup_host};

use super::cause_of;
use super::raw::Raw;
use crate::drive::Kind;

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
            Link::Tcp { .. } => Kind::Stream,
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
            Link::Tcp { host, port } => {
                let stream = tcp(host, *port).await?;
                // Requests are small and answered one by one: waiting to fill a segment only costs time.
                stream.set_nodelay(true).map_err(|error| cause_of(&error))?;
                Socket::Tcp(stream)
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
    let mut last = Cause::NoSuchHost;
    for address in addresses(host, port).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = cause_of(&error),
        }
    }
    Err(last)
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
