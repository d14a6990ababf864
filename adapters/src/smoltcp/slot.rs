//! One operation at a time over one socket.

use core::convert::Infallible;

use ::smoltcp::iface::SocketHandle;
use ::smoltcp::phy::Device;
use rackhand_core::exchange::{Cause, Exchange, Next};
use rackhand_core::operation::Link;
use rackhand_core::time::{Instant, Share};

use super::peer::Peer;
use super::{Net, datagrams, neighbour, stream};
use crate::drive::{Demand, Drive, Kind, RunError};

/// Steps of one operation in a turn, so that a peer that keeps it busy takes nobody else's.
const STEPS: usize = 8;

/// A place for one operation.
pub struct Slot<'b, E> {
    socket: SocketHandle,
    kind: Kind,
    /// The buffer to send from and the window, while nothing runs.
    idle: Option<(&'b mut [u8], &'b mut [u8])>,
    run: Option<Run<'b, E>>,
}

/// An operation, and what it has demanded.
struct Run<'b, E> {
    drive: Drive<'b, E>,
    peer: Peer,
    /// Nothing before the first step.
    next: Option<Next<Infallible>>,
    /// What became of the present demand so far, and since when it is there.
    progress: Progress,
    since: Instant,
    /// The peer's neighbour was asked for.
    asked: bool,
    /// A byte of the last send may have left.
    left: bool,
    /// The last turn was over before the operation had to wait.
    busy: bool,
}

/// How far the present demand is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was not begun.
    #[default]
    New,
    /// A connection from before is over, and its peer is being told.
    Parting,
    /// A connection was asked for, or a datagram was handed over.
    Begun,
    /// So many bytes were handed over.
    Sent(usize),
}

/// What a socket says to a demand.
pub(super) enum Said {
    /// Not yet.
    Wait(Progress),
    /// The link is open, or all was sent.
    Met,
    /// So many bytes are in the window.
    Read(usize),
    /// The window is too short for what has arrived.
    TooLong,
    /// The link is gone.
    Gone(Cause),
}

type Result1<E> = Result<<E as Exchange>::Output, RunError<<E as Exchange>::Error>>;

impl<'b, E: Exchange> Slot<'b, E> {
    /// A slot for connections over the TCP socket `socket`; the operation sends from `tx` and is shown `window`.
    #[must_use]
    pub const fn stream(socket: SocketHandle, tx: &'b mut [u8], window: &'b mut [u8]) -> Self {
        Self { socket, kind: Kind::Stream, idle: Some((tx, window)), run: None }
    }

    /// A slot for datagrams over the UDP socket `socket`, and for bare frames.
    #[must_use]
    pub const fn datagrams(socket: SocketHandle, tx: &'b mut [u8], window: &'b mut [u8]) -> Self {
        Self { socket, kind: Kind::Datagrams, idle: Some((tx, window)), run: None }
    }

    /// Whether an operation over `link` may begin here.
    pub(super) const fn takes(&self, link: &Link) -> bool {
        // TLS is a stream, too, if one that cannot be opened here.
        let stream = matches!(link, Link::Tcp { .. } | Link::Tls { .. });
        self.idle.is_some() && stream == matches!(self.kind, Kind::Stream)
    }

    /// Begins; nothing happens before the next turn.
    pub(super) fn begin(&mut self, exchange: E, link: &Link, interface: &str) {
        let Some((tx, window)) = self.idle.take() else { return };
        let drive = Drive::new(exchange, self.kind, tx, window);
        let peer = Peer::of(link, interface);
        self.run = Some(Run {
            drive,
            peer,
            next: None,
            progress: Progress::New,
            since: Instant::ZERO,
            asked: false,
            left: false,
            busy: true,
        });
    }

    /// When this slot must be looked at, whatever arrives.
    pub(super) fn due(&self) -> Option<Instant> {
        let run = self.run.as_ref()?;
        Some(match run.next {
            _ if run.busy => Instant::ZERO,
            // It is busy until its first turn.
            None => Instant::ZERO,
            Some(Next::Wait { until, .. }) => until,
            _ if run.progress == Progress::Parting => Instant::ZERO,
            Some(_) if run.progress == Progress::Begun && !run.asked => run.since.after_millis(1),
            Some(Next::Open { deadline, .. }) if run.progress == Progress::New => run.patience(deadline),
            Some(Next::Open { deadline, .. } | Next::Send { deadline, .. } | Next::Receive { deadline }) => deadline,
            Some(Next::Done(never)) => match never {},
        })
    }

    /// A turn: how the operation ended, if it did.
    pub(super) fn poll<D: Device + ?Sized>(
        &mut self,
        now: Instant,
        net: &mut Net<'_, '_, D>,
        port: &mut u16,
    ) -> Option<Result1<E>> {
        let run = self.run.as_mut()?;
        let ended = run.poll(now, self.socket, net, port)?;
        hang_up(self.kind, self.socket, net);
        self.idle = self.run.take().map(|run| run.drive.into_buffers());
        Some(ended)
    }
}

impl<E: Exchange> Run<'_, E> {
    fn poll<D: Device + ?Sized>(
        &mut self,
        now: Instant,
        socket: SocketHandle,
        net: &mut Net<'_, '_, D>,
        port: &mut u16,
    ) -> Option<Result1<E>> {
        self.busy = false;
        for _ in 0..STEPS {
            let demand = match self.next {
                None => {
                    // Whatever the operation before has left behind is over.
                    if self.drive.kind() == Kind::Stream {
                        stream::abort(socket, net);
                    }
                    self.drive.start(now)
                }
                Some(Next::Done(never)) => match never {},
                Some(Next::Wait { until, close }) => {
                    if close {
                        hang_up(self.drive.kind(), socket, net);
                    }
                    if now < until {
                        return None;
                    }
                    self.drive.timed_out(now)
                }
                Some(Next::Open { deadline, .. } | Next::Send { deadline, .. } | Next::Receive { deadline })
                    if now >= deadline =>
                {
                    self.give_up(socket, net);
                    self.drive.timed_out(now)
                }
                Some(Next::Receive { .. }) if self.drive.has_unread() => self.drive.received(now, 0),
                Some(demand) => self.turn(demand, now, socket, net, port)?,
            };
            (self.progress, self.since, self.asked) = (Progress::New, now, false);
            match demand {
                Ok(Next::Done(output)) => return Some(Ok(output)),
                Err(error) => return Some(Err(error)),
                Ok(Next::Open { fresh, deadline }) => self.next = Some(Next::Open { fresh, deadline }),
                Ok(Next::Send { len, deadline }) => {
                    self.left = false;
                    self.next = Some(Next::Send { len, deadline });
                }
                Ok(Next::Receive { deadline }) => self.next = Some(Next::Receive { deadline }),
                Ok(Next::Wait { until, close }) => self.next = Some(Next::Wait { until, close }),
            }
        }
        self.busy = true;
        None
    }

    /// Until when a connection from before may take its leave: part of the time that there is for the next one.
    const fn patience(&self, deadline: Instant) -> Instant {
        self.since.part_way(deadline, Share::Quarter)
    }

    /// What the socket makes of a demand; none while it has to be waited for.
    fn turn<D: Device + ?Sized>(
        &mut self,
        demand: Next<Infallible>,
        now: Instant,
        socket: SocketHandle,
        net: &mut Net<'_, '_, D>,
        port: &mut u16,
    ) -> Option<Demand<E>> {
        let said = match (demand, self.peer) {
            (Next::Done(never), _) => match never {},
            (Next::Wait { .. }, _) => return None,
            (Next::Open { .. }, Peer::Nobody(cause)) => Said::Gone(cause),
            (_, Peer::Nobody(_)) => Said::Gone(Cause::Reset),
            (Next::Open { deadline, .. }, Peer::Stream(to)) => {
                let enough = now >= self.patience(deadline);
                stream::open(socket, net, to, port, self.progress, enough)
            }
            (Next::Send { len, .. }, Peer::Stream(_)) => {
                stream::send(socket, net, self.drive.to_send(len), self.progress)
            }
            (Next::Receive { .. }, Peer::Stream(_)) => stream::receive(socket, net, self.drive.room()),
            (Next::Open { .. }, Peer::Datagrams(to) | Peer::Broadcast(to)) => datagrams::open(socket, net, to, port),
            (Next::Send { len, .. }, Peer::Datagrams(to) | Peer::Broadcast(to)) => {
                datagrams::send(socket, net, self.drive.to_send(len), to, self.progress)
            }
            (Next::Receive { .. }, Peer::Datagrams(from)) => datagrams::receive(socket, net, self.drive.room(), from),
            (Next::Open { .. }, Peer::Frames(_)) => Said::Met,
            (Next::Send { len, .. }, Peer::Frames(ethertype)) => {
                datagrams::send_frame(net, self.drive.to_send(len), ethertype, now)
            }
            // Nobody answers.
            (Next::Receive { .. }, Peer::Broadcast(_) | Peer::Frames(_)) => Said::Wait(Progress::New),
        };
        Some(match said {
            Said::Wait(progress) => {
                self.left |= matches!(progress, Progress::Sent(1..));
                self.progress = progress;
                self.ask_for_neighbour(now, net);
                return None;
            }
            Said::Met if matches!(demand, Next::Open { .. }) => {
                self.left = false;
                self.drive.opened(now, false)
            }
            Said::Met => {
                self.left = true;
                self.drive.sent(now)
            }
            Said::Read(count) => self.drive.received(now, count),
            Said::TooLong => Err(RunError::WindowFull { len: self.drive.room().len() }),
            Said::Gone(cause) => {
                let left = self.left && !matches!(demand, Next::Open { .. });
                hang_up(self.drive.kind(), socket, net);
                self.drive.closed(now, cause, left)
            }
        })
    }

    /// Somebody near answers within a millisecond. When nothing has come by then, the stack may not even have asked who it is.
    fn ask_for_neighbour<D: Device + ?Sized>(&mut self, now: Instant, net: &mut Net<'_, '_, D>) {
        let (Peer::Stream(to) | Peer::Datagrams(to) | Peer::Broadcast(to)) = self.peer else { return };
        if self.progress == Progress::Begun && !self.asked && now > self.since {
            self.asked = true;
            neighbour::ask(net, to.addr, now);
        }
    }

    /// A demand was not met in time. What it had begun is over, but a link that only stayed silent is still a link.
    fn give_up<D: ?Sized>(&self, socket: SocketHandle, net: &mut Net<'_, '_, D>) {
        match (self.next, self.drive.kind()) {
            (Some(Next::Receive { .. }), _) => {}
            (_, Kind::Stream) => stream::abort(socket, net),
            (_, Kind::Datagrams) => datagrams::close(socket, net),
        }
    }
}

fn hang_up<D: ?Sized>(kind: Kind, socket: SocketHandle, net: &mut Net<'_, '_, D>) {
    match kind {
        Kind::Stream => stream::close(socket, net),
        Kind::Datagrams => datagrams::close(socket, net),
    }
}
