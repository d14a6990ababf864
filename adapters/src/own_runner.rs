use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant as Clock};

use rackhand_core::exchange::{Cause, Exchange, Input, Next, Why};
use rackhand_core::time::Instant;

fn run<E: Exchange>(mut exchange: E, to: SocketAddr) -> Result<E::Output, E::Error> {
    let clock = Clock::now();
    let now = || Instant::ZERO.after(clock.elapsed());
    let left = |deadline: Instant| deadline.since(now()).max(Duration::from_millis(1));
    let (mut tx, mut window, mut unread) = ([0; 256], [0; 256], 0);
    let mut stream: Option<TcpStream> = None;
    let mut input = Input::Start;
    loop {
        let shown = if matches!(input, Input::Received(_) | Input::Closed { .. }) { unread } else { 0 };
        let step = exchange.step(now(), input, &mut tx)?;
        let waits_for_more = shown > 0 && step.used == 0;
        window.copy_within(step.used.min(unread)..unread, 0);
        unread -= step.used.min(unread);

        let done: Result<bool, std::io::Error> = match step.next {
            Next::Done(output) => return Ok(output),
            Next::Wait { until, close } => {
                stream = stream.filter(|_| !close);
                std::thread::sleep(left(until));
                Ok(false)
            }
            Next::Open { deadline, .. } => {
                (stream, unread) = (None, 0);
                TcpStream::connect_timeout(&to, left(deadline)).map(|open| {
                    stream = Some(open);
                    true
                })
            }
            Next::Send { len, deadline } => stream.as_mut().map_or(Err(ErrorKind::NotConnected.into()), |stream| {
                stream.set_write_timeout(Some(left(deadline)))?;
                stream.write_all(&tx[..len]).map(|()| true)
            }),
            Next::Receive { .. } if unread > 0 && !waits_for_more => Ok(true),
            Next::Receive { deadline } if now() < deadline => {
                stream.as_mut().map_or(Err(ErrorKind::NotConnected.into()), |stream| {
                    stream.set_read_timeout(Some(left(deadline)))?;
                    match stream.read(&mut window[unread..])? {
                        0 => Err(ErrorKind::UnexpectedEof.into()),
                        read => {
                            unread += read;
                            Ok(true)
                        }
                    }
                })
            }
            Next::Receive { .. } => Ok(false),
        };
        input = match (done, step.next) {
            (Ok(true), Next::Open { .. }) => Input::Opened { kept: false },
            (Ok(true), Next::Send { .. }) => Input::Sent,
            (Ok(true), _) => Input::Received(&mut window[..unread]),
            (Ok(false), _) => Input::TimedOut,
            (Err(error), _) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Input::TimedOut,
            (Err(_), _) => {
                stream = None;
                Input::Closed { why: Why { cause: Cause::Other, sent: true }, unread: &mut window[..unread] }
            }
        };
    }
}
