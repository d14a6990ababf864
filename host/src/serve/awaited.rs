//! A request's body, for which one may wait in vain.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::crowd::Pass;

/// The body, which tells when it is waited for: whoever announces one and does not send it is as silent as one who says nothing.
pub(super) struct Awaited {
    body: Incoming,
    pass: Arc<Pass>,
    /// Since when it is waited for, if it ever was. A body that trickles gains nothing.
    since: Option<Instant>,
}

impl Awaited {
    pub(super) const fn new(body: Incoming, pass: Arc<Pass>) -> Self {
        Self { body, pass, since: None }
    }
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            let since = *self.since.get_or_insert_with(Instant::now);
            self.pass.awaits(since);
            return Poll::Pending;
        };
        // From here on it is answered, unless it had to go before.
        if !self.pass.begin() {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
