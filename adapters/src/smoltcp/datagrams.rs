//! A slot's UDP socket, and bare frames past it.

use ::smoltcp::iface::SocketHandle;
use ::smoltcp::phy::{Device, TxToken};
use ::smoltcp::socket::udp::{RecvError, SendError, Socket};
use ::smoltcp::wire::{HardwareAddress, IpEndpoint};
use rackhand_core::buffer::TxWriter;
use rackhand_core::ethernet::{Frame, Mac};
use rackhand_core::exchange::Cause;
use rackhand_core::time::Instant;

use super::peer::is_reachable;
use super::slot::{Progress, Said};
use super::slots::next_port;
use super::{Net, stack_time};

/// Opens it with a port of its own.
pub(super) fn open<D: ?Sized>(socket: SocketHandle, net: &mut Net<'_, '_, D>, to: IpEndpoint, port: &mut u16) -> Said {
    if !is_reachable(net.interface, to.addr) {
        return Said::Gone(Cause::Unreachable);
    }
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    it.close();
    match it.bind(next_port(port)) {
        Ok(()) => Said::Met,
        Err(_) => Said::Gone(Cause::Other),
    }
}

/// Hands a datagram over, and waits until it has left: until then its receiver may be nobody's neighbour.
pub(super) fn send<D: ?Sized>(
    socket: SocketHandle,
    net: &mut Net<'_, '_, D>,
    bytes: &[u8],
    to: IpEndpoint,
    progress: Progress,
) -> Said {
    // A stack that has lost its address drops what it was given, and its queue looks as if it had been sent.
    if !is_reachable(net.interface, to.addr) {
        return Said::Gone(Cause::Unreachable);
    }
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    if progress == Progress::Begun {
        return if it.send_queue() == 0 { Said::Met } else { Said::Wait(progress) };
    }
    match it.send_slice(bytes, to) {
        Ok(()) => Said::Wait(Progress::Begun),
        Err(SendError::BufferFull) => Said::Wait(Progress::New),
        Err(SendError::Unaddressable) => Said::Gone(Cause::Unreachable),
    }
}

/// Takes one datagram from `from`; those of others are dropped.
pub(super) fn receive<D: ?Sized>(
    socket: SocketHandle,
    net: &mut Net<'_, '_, D>,
    room: &mut [u8],
    from: IpEndpoint,
) -> Said {
    let it = net.sockets.get_mut::<Socket<'_>>(socket);
    // The queue has few places, and nothing fills it while it is emptied.
    while let Ok((_, meta)) = it.peek() {
        if meta.endpoint != from {
            let _ = it.recv();
            continue;
        }
        return match it.recv_slice(room) {
            Ok((count, _)) => Said::Read(count),
            Err(RecvError::Truncated) => Said::TooLong,
            Err(RecvError::Exhausted) => Said::Wait(Progress::New),
        };
    }
    Said::Wait(Progress::New)
}

/// Sends a bare frame to everybody.
pub(super) fn send_frame<D: Device + ?Sized>(
    net: &mut Net<'_, '_, D>,
    payload: &[u8],
    ethertype: u16,
    now: Instant,
) -> Said {
    // Ethernet is all that has such frames.
    #[allow(irrefutable_let_patterns, reason = "depends on what else turns smoltcp's features on")]
    let HardwareAddress::Ethernet(source) = net.interface.hardware_addr() else {
        return Said::Gone(Cause::Unsupported);
    };
    let Some(token) = net.device.transmit(stack_time(now)) else { return Said::Wait(Progress::New) };
    let frame = Frame { destination: Mac::BROADCAST, source: Mac::from_octets(source.0), ethertype, payload };
    let len = Frame::HEADER_LEN.saturating_add(payload.len());
    // The room is as long as the frame.
    let written = token.consume(len, |room| frame.emit(&mut TxWriter::new(room)));
    if written.is_ok() { Said::Met } else { Said::Gone(Cause::Other) }
}

/// Closes it; what was still to be sent is gone.
pub(super) fn close<D: ?Sized>(socket: SocketHandle, net: &mut Net<'_, '_, D>) {
    net.sockets.get_mut::<Socket<'_>>(socket).close();
}
