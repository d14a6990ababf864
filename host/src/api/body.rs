//! A bound on the request's body: neither a huge one nor one that never ends may occupy the daemon.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::answer::fault;

/// The largest body: far above any that the API has.
const LARGEST: usize = 1024 * 1024;

/// How long the whole body may take to arrive.
const LONGEST: Duration = Duration::from_secs(30);

/// A middleware that takes in the whole body before it hands the request on.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let too_large = || {
        let text = format!("The body of a request may have up to {LARGEST} bytes.");
        fault(StatusCode::PAYLOAD_TOO_LARGE, &text)
    };
    // Told in advance: nobody need wait for the bytes.
    if body.size_hint().lower() > LARGEST as u64 {
        return too_large();
    }
    match timeout(LONGEST, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(whole)) => next.run(Request::from_parts(head, Body::from(whole.to_bytes()))).await,
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        // The client is gone, or its chunks are none.
        Ok(Err(_)) => fault(StatusCode::BAD_REQUEST, "The body of the request could not be read."),
        Err(_) => {
            let text = format!("The body of the request did not arrive within {} s.", LONGEST.as_secs());
            fault(StatusCode::REQUEST_TIMEOUT, &text)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    async fn send(body: Body) -> (StatusCode, String) {
        let router = Router::new()
            .route("/", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(axum::middleware::from_fn(bounded));
        let response = router.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
        let status = response.status();
        let text = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(text.to_vec()).unwrap())
    }

    /// A body whose next piece is there when `wait` is over, and of which there is no last one.
    fn endless(piece: usize, wait: Duration) -> Body {
        struct Endless(usize, Duration, std::pin::Pin<Box<tokio::time::Sleep>>);

        impl HttpBody for Endless {
            type Data = Bytes;
            type Error = Infallible;

            fn poll_frame(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
                std::task::ready!(self.2.as_mut().poll(cx));
                self.2 = Box::pin(tokio::time::sleep(self.1));
                std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from(vec![b'x'; self.0])))))
            }
        }

        Body::new(Endless(piece, wait, Box::pin(tokio::time::sleep(wait))))
    }

    #[tokio::test]
    async fn what_fits_arrives_whole() {
        assert_eq!(send(Body::empty()).await, (StatusCode::OK, "0".to_owned()));
        assert_eq!(send(Body::from(vec![b'x'; LARGEST])).await, (StatusCode::OK, LARGEST.to_string()));
    }

    #[tokio::test(start_paused = true)]
    async fn too_large_is_413() {
        for body in [Body::from(vec![b'x'; LARGEST + 1]), endless(100_000, Duration::ZERO)] {
            let (status, text) = send(body).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            let text: serde_json::Value = serde_json::from_str(&text).unwrap();
            let inner: serde_json::Value = serde_json::from_str(text["error_message"].as_str().unwrap()).unwrap();
            assert_eq!(inner["faultcode"], "Client");
            assert!(inner["faultstring"].as_str().unwrap().contains("1048576"));
            assert!(inner["debuginfo"].is_null());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn endless_is_408() {
        let begun = tokio::time::Instant::now();
        let (status, text) = send(endless(1, Duration::from_secs(1))).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert!(text.contains("30 s"));
        assert!((LONGEST..LONGEST + Duration::from_secs(1)).contains(&begun.elapsed()));
    }
}
