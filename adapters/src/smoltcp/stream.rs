//! A slot's TCP socket.

use ::smoltcp::iface::SocketHandle;
use ::smoltcp::socket::tcp::{RecvError, Socket, State};
use ::smoltcp::time::Duration;
use ::smoltcp::wire::IpEndpoint;
use rackhand_core::exchange::Cause;

use super::Net;
use super::peer::is_reachable;
use super::slot::{Progress, Said};
use super::slots::next_port;

/// How long the stack repeats what a peer does not acknowledge: only our farewell, since the demands before it end sooner.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Goes on opening. A connection from before is ended first, in good order until it is `enough`: small devices serve one
/// client, and one that does not learn that we are gone turns us away.
pub(super) fn open<D: ?Sized>(
    socket: SocketHandle,
    net: &mut Net<'_, '_, D>,
    to: IpEndpoint,
    port: &mut u16,
    progress: Progress,
    enough: bool,
) -> Said {
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    match (progress, it.state()) {
        (Progress::New, _) if it.is_open() => {
            if enough {
                it.abort();
            } else {
                it.close();
            }
            Said::Wait(Progress::New)
        }
        // Its end came in this turn: the stack has yet to tell the peer.
        (Progress::New, _) if it.remote_endpoint().is_some() => Said::Wait(Progress::Parting),
        (Progress::New | Progress::Parting, _) if !is_reachable(net.interface, to.addr) => {
            Said::Gone(Cause::Unreachable)
        }
        (Progress::New | Progress::Parting, _) => {
            it.set_timeout(None);
            // Requests are small and answered one by one: waiting to fill a segment only costs time.
            it.set_nagle_enabled(false);
            it.set_ack_delay(None);
            match it.connect(net.interface.context(), to, next_port(port)) {
                Ok(()) => Said::Wait(Progress::Begun),
                Err(_) => Said::Gone(Cause::Unreachable),
            }
        }
        (_, State::Established | State::CloseWait) => {
            it.set_timeout(Some(UNACKNOWLEDGED));
            Said::Met
        }
        // The stack closes what has lost its address; else only a refusal ends a connection that was never there.
        (_, State::Closed) if !is_reachable(net.interface, to.addr) => Said::Gone(Cause::Unreachable),
        (_, State::Closed) => Said::Gone(Cause::Refused),
        (progress, _) => Said::Wait(progress),
    }
}

/// Hands over what the socket has room for.
pub(super) fn send<D: ?Sized>(
    socket: SocketHandle,
    net: &mut Net<'_, '_, D>,
    bytes: &[u8],
    progress: Progress,
) -> Said {
    let sent = if let Progress::Sent(count) = progress { count } else { 0 };
    let rest = bytes.get(sent..).unwrap_or(&[]);
    match net.sockets.get_mut::<Socket<'_>>(socket).send_slice(rest) {
        Ok(count) if count >= rest.len() => Said::Met,
        Ok(count) => Said::Wait(Progress::Sent(sent.saturating_add(count))),
        Err(_) => Said::Gone(Cause::Reset),
    }
}

/// Takes what has arrived.
pub(super) fn receive<D: ?Sized>(socket: SocketHandle, net: &mut Net<'_, '_, D>, room: &mut [u8]) -> Said {
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    match it.recv_slice(room) {
        Ok(0) => Said::Wait(Progress::New),
        Ok(count) => Said::Read(count),
        Err(RecvError::Finished) => Said::Gone(Cause::Ended),
        Err(RecvError::InvalidState) => Said::Gone(Cause::Reset),
    }
}

/// Ends it in good order.
pub(super) fn close<D: ?Sized>(socket: SocketHandle, net: &mut Net<'_, '_, D>) {
    net.sockets.get_mut::<Socket<'_>>(socket).close();
}

/// Ends it at once, if it has not ended in good order.
pub(super) fn abort<D: ?Sized>(socket: SocketHandle, net: &mut Net<'_, '_, D>) {
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    if it.is_open() {
        it.abort();
    }
}
