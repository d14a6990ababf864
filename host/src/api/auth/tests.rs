//! On tokio's paused clock, which stands still while bcrypt runs on its thread.

use std::fs;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

struct Bench {
    _folder: tempfile::TempDir,
    path: PathBuf,
    auth: Arc<Auth>,
    router: Router,
}

impl Bench {
    fn new(users: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("htpasswd");
        write(&path, users);
        let auth = Auth::open(&path).unwrap();
        let layer = axum::middleware::from_fn_with_state(Arc::clone(&auth), require);
        let router = Router::new().fallback(any(|| async { "in" })).layer(layer);
        Self { _folder: folder, path, auth, router }
    }

    async fn get(&self, path: &str, header: Option<&str>, peer: &str) -> Response {
        let mut request = Request::get(path);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(SocketAddr::new(peer.parse().unwrap(), 1)));
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn login(&self, login: &str, peer: &str) -> StatusCode {
        self.get("/v1/nodes", Some(&basic(login)), peer).await.status()
    }
}

fn write(path: &Path, users: &[(&str, &str)]) {
    let lines = users.iter().map(|(user, password)| format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap()));
    fs::write(path, lines.collect::<String>()).unwrap();
}

fn basic(login: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(login))
}

async fn message(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let inner: serde_json::Value = serde_json::from_str(body["error_message"].as_str().unwrap()).unwrap();
    inner["faultstring"].as_str().unwrap().to_owned()
}

const OK: StatusCode = StatusCode::OK;
const NO: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test(start_paused = true)]
async fn public_routes_are_open_and_no_others() {
    let bench = Bench::new(&[("ann", "secret")]);
    for path in ["/", "/v1", "/v1/", "/healthz", "/v1?x=y"] {
        assert_eq!(bench.get(path, None, "::1").await.status(), OK, "{path}");
    }
    for path in ["/v1/nodes", "//", "/v1//", "/V1", "/healthz/", "/metrics", "/v1/../", "/%76%31"] {
        assert_eq!(bench.get(path, None, "::1").await.status(), NO, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_is_wanted() {
    let bench = Bench::new(&[("ann", "secret")]);
    let response = bench.get("/v1/nodes", None, "::1").await;
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Basic realm=\"Baremetal API\"");
    assert_eq!(message(response).await, "Authorization required");
    for (header, text) in [
        ("Basic", "Could not parse Authorization header"),
        ("Bearer abc", "Unsupported authorization type"),
        ("Basic ***", "Could not decode authorization token"),
        (&basic("ann"), "Could not decode authorization token"),
        (&basic("ann:wrong"), "Incorrect username or password"),
        (&basic("eve:secret"), "Incorrect username or password"),
        (&basic(":"), "Incorrect username or password"),
    ] {
        let response = bench.get("/v1/nodes", Some(header), "::1").await;
        assert_eq!((response.status(), message(response).await), (NO, text.to_owned()), "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_login_gets_in_and_is_remembered() {
    let bench = Bench::new(&[("ann", "se:cret"), ("bob", "")]);
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(bench.login("ann:se:cret", "::1").await, OK);
    }
    assert_eq!(bench.get("/v1", Some("basic YW5uOnNlOmNyZXQ"), "::1").await.status(), OK);
    assert_eq!(bench.login("bob:", "::1").await, OK);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let users = bench.auth.users().await.unwrap();
    assert_eq!(lock(&users.good).len(), 2);
    // Nothing that is nearly the remembered one passes for it.
    for login in ["ann:se:creT", "ann:se:cret ", "ann:", "bob:se:cret", "ann:se:cre"] {
        assert_eq!(bench.login(login, "::1").await, NO, "{login}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_slows_its_address_alone() {
    let bench = Bench::new(&[("ann", "secret"), ("bob", "secret")]);
    assert_eq!(bench.login("ann:secret", "10.0.0.1").await, OK);
    let begun = Instant::now();
    for _ in 0..5 {
        assert_eq!(bench.login("ann:wrong", "10.0.0.1").await, NO);
    }
    // The first at once, every other one second after the one before.
    let slowed = begun.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(5)).contains(&slowed), "{slowed:?}");
    let begun = Instant::now();
    assert_eq!(bench.login("ann:secret", "10.0.0.1").await, OK);
    assert_eq!(bench.login("bob:secret", "10.0.0.2").await, OK);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // One that is not remembered waits even if it is good, and then the address is free again.
    let bench = Bench::new(&[("ann", "secret"), ("bob", "secret")]);
    assert_eq!(bench.login("bob:wrong", "::ffff:10.0.0.1").await, NO);
    let begun = Instant::now();
    assert_eq!(bench.login("bob:secret", "10.0.0.1").await, OK);
    assert!(begun.elapsed() >= PAUSE);
    let begun = Instant::now();
    assert_eq!(bench.login("ann:secret", "10.0.0.1").await, OK);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn one_address_tries_one_at_a_time() {
    let bench = Arc::new(Bench::new(&[("ann", "secret")]));
    let begun = Instant::now();
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..8 {
        let bench = Arc::clone(&bench);
        // Other addresses of the same /64.
        tries.spawn(async move { bench.login("ann:wrong", &format!("2001:db8::{number}")).await });
    }
    while let Some(status) = tries.join_next().await {
        assert_eq!(status.unwrap(), NO);
    }
    assert!(begun.elapsed() >= 7 * PAUSE, "{:?}", begun.elapsed());
    // And a client that hangs up does not save the second.
    let bench = Bench::new(&[("ann", "secret")]);
    let begun = Instant::now();
    for _ in 0..4 {
        let login = bench.login("ann:wrong", "::1");
        assert!(tokio::time::timeout(Duration::ZERO, login).await.is_err());
    }
    assert_eq!(bench.login("ann:secret", "::1").await, OK);
    assert!(begun.elapsed() >= 4 * PAUSE, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_bounded() {
    let bench = Arc::new(Bench::new(&[("ann", "secret")]));
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..WAITING_OF_ONE + 10 {
        let bench = Arc::clone(&bench);
        tries.spawn(async move { bench.login("ann:wrong", "::1").await });
    }
    let mut refused = 0;
    while let Some(status) = tries.join_next().await {
        refused += usize::from(status.unwrap() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10);
    // Of many requests with one good password, one is tried.
    for _ in 0..WAITING_OF_ONE {
        let bench = Arc::clone(&bench);
        tries.spawn(async move { bench.login("ann:secret", "10.0.0.1").await });
    }
    let begun = Instant::now();
    while let Some(status) = tries.join_next().await {
        assert_eq!(status.unwrap(), OK);
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_table_of_addresses_is_bounded() {
    let bench = Bench::new(&[("ann", "secret")]);
    let address = |number: usize| IpAddr::from((0x0a01_0000 + u32::try_from(number).unwrap()).to_be_bytes());
    let held: Vec<_> = (0..ADDRESSES).map(|number| bench.auth.address(address(number)).unwrap()).collect();
    assert!(bench.auth.address("10.9.9.9".parse().unwrap()).is_none());
    // One that is known has its place.
    assert!(bench.auth.address(address(0)).is_some());
    // Those that failed a moment ago are not forgotten either.
    for address in &held {
        *address.turn.lock().await = Some(Instant::now() + PAUSE);
    }
    drop(held);
    assert!(bench.auth.address("10.9.9.9".parse().unwrap()).is_none());
    tokio::time::advance(PAUSE).await;
    assert!(bench.auth.address("10.9.9.9".parse().unwrap()).is_some());
    assert_eq!(lock(&bench.auth.addresses).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_noticed() {
    let bench = Bench::new(&[("ann", "secret"), ("bob", "secret")]);
    assert_eq!(bench.login("ann:secret", "10.0.0.1").await, OK);
    write(&bench.path, &[("ann", "other")]);
    tokio::time::advance(LOOK).await;
    assert_eq!(bench.login("ann:secret", "10.0.0.1").await, NO);
    assert_eq!(bench.login("ann:other", "10.0.0.2").await, OK);
    assert_eq!(bench.login("bob:secret", "10.0.0.3").await, NO);
    // Out of order: nobody gets in, remembered or not, and it is said where to look.
    fs::write(&bench.path, "ann:plain").unwrap();
    tokio::time::advance(LOOK).await;
    let response = bench.get("/v1/nodes", Some(&basic("ann:other")), "10.0.0.4").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!message(response).await.contains("plain"));
    fs::remove_file(&bench.path).unwrap();
    tokio::time::advance(LOOK).await;
    assert_eq!(bench.login("ann:other", "10.0.0.4").await, StatusCode::SERVICE_UNAVAILABLE);
    write(&bench.path, &[("ann", "secret")]);
    tokio::time::advance(LOOK).await;
    assert_eq!(bench.login("ann:secret", "10.0.0.4").await, OK);
}

#[test]
fn addresses_and_names_are_cut() {
    for (peer, expected) in [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "::"),
    ] {
        assert_eq!(network(peer.parse().unwrap()), expected.parse::<IpAddr>().unwrap());
    }
    assert_eq!(shown("a\nb\u{1b}[1m"), "a\\nb\\u{1b}[1m");
    assert_eq!(shown(&"x".repeat(1000)).len(), 64);
}
