//! Clients that say nothing, too much, too slowly, or are gone too early.

use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::common::daemon::{Daemon, Home};
use super::common::http::Client;
use super::common::need;
use super::common::process::{RACKHAND, command, until};
use super::common::rack::Rack;

/// So many connections that say nothing; none, with a word about it, where this process may not have them.
fn silent(daemon: &Daemon, count: usize) -> Option<Vec<Client>> {
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        match Client::connect(daemon.address) {
            Ok(client) => clients.push(client),
            // EMFILE, for which there is no kind.
            Err(error) if error.raw_os_error() == Some(24) => {
                need::missing("not enough file descriptors; see ulimit -n");
                return None;
            }
            Err(error) => panic!("{error}"),
        }
    }
    Some(clients)
}

fn descriptors(daemon: &Daemon) -> usize {
    fs::read_dir(format!("/proc/{}/fd", daemon.running.pid())).unwrap().count()
}

/// Memory that it has, in KiB.
fn memory(daemon: &Daemon) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.running.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_thousand_silent_clients_hold_nobody_and_leave_nothing() {
    const CROWD: usize = 1000;
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.create("node", &json!({}));
    // Clients who are answered and go are listened to for a moment; those here are too few to count.
    let before = descriptors(&daemon) + 2;
    let mut after = Vec::new();
    for _ in 0..12 {
        let Some(clients) = silent(&daemon, CROWD) else { return };
        let begun = Instant::now();
        assert_eq!(daemon.mark("node", 1).status, 200);
        assert!(begun.elapsed() < Duration::from_secs(10), "another had to wait: {:?}", begun.elapsed());
        until("all to be taken", || (descriptors(&daemon) >= CROWD).then_some(()));
        drop(clients);
        until("all to be let go", || (descriptors(&daemon) <= before).then_some(()));
        after.push(memory(&daemon));
    }
    // An allocator keeps much for the next time, and after a few crowds it has enough; what leaks goes on growing.
    assert!(after[11] < after[5] + 4096, "memory grows with every crowd: {after:?} KiB");
    daemon.stop();
}

#[test]
fn with_few_descriptors_silent_clients_keep_no_machine_from_being_powered() {
    let rack = Rack::new(20, 1);
    let home = Home::new(&super::quiet(""));
    // As with 1,024 of them and a thousand clients, only sooner.
    let daemon =
        Daemon::start(home.with(command(None, "sh", &["-c", "ulimit -n 128 && exec \"$0\" \"$@\"", RACKHAND])));
    let Some(_clients) = silent(&daemon, 200) else { return };
    for device in 0..20 {
        daemon.create(&format!("node-{device}"), &rack.driver_info(device, 1));
    }
    for device in 0..20 {
        assert_eq!(daemon.power(&format!("node-{device}"), "power on").status, 202);
    }
    for device in 0..20 {
        daemon.reaches(&format!("node-{device}"), "power on");
    }
    let log = daemon.stop().stderr;
    assert!(!log.contains("ERROR"), "{log}");
}

/// Whether the daemon has hung up, instead of answering or after it.
fn is_closed<T>(result: &std::io::Result<T>) -> bool {
    let gone =
        [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted];
    result.as_ref().is_err_and(|error| gone.contains(&error.kind()))
}

#[test]
fn bodies_and_heads_without_end_are_ended() {
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.create("node", &json!({}));
    let head = |more: &str| format!("PATCH /v1/nodes/node HTTP/1.1\r\nHost: rackhand\r\n{more}\r\n\r\n");

    // These take their time, all at once.
    let mut promised = daemon.client();
    promised.send(format!("{}[{{\"op\":", head("Content-Length: 80")).as_bytes()).unwrap();
    let mut headless = daemon.client();
    let mut slow = daemon.client();
    let begun = Instant::now();
    headless.send(b"PATCH /v1/nodes/node HTTP/1.1\r\n").unwrap();

    let mut told = daemon.client();
    told.send(format!("{}[", head("Content-Length: 10000000000")).as_bytes()).unwrap();
    let answer = told.answer().unwrap();
    assert!(answer.status == 413 && answer.fault().contains("may have up to 1048576 bytes"), "{answer:?}");

    let mut endless = daemon.client();
    endless.send(head("Transfer-Encoding: chunked").as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let sent = (0..4000).map(|_| endless.send(chunk.as_bytes())).take_while(Result::is_ok).count();
    assert!(sent < 4000, "it reads without end");
    // Its answer is lost if the client goes on talking all the same.
    let answer = endless.answer();
    assert!(is_closed(&answer) || answer.as_ref().is_ok_and(|answer| answer.status == 413), "{answer:?}");

    let mut wide = daemon.client();
    let sent = wide.send(head(&format!("X-Much: {}", "x".repeat(200_000))).as_bytes());
    let answer = sent.and_then(|()| wide.answer());
    assert!(is_closed(&answer) || answer.as_ref().is_ok_and(|answer| answer.status == 431), "{answer:?}");

    // A byte now and then does not buy more time.
    let mut sent = 0;
    let many = head(&format!("X-Much: {}", "x".repeat(2000)));
    while sent < many.len() && slow.send(&many.as_bytes()[sent..=sent]).is_ok() {
        sent += 1;
        thread::sleep(Duration::from_millis(20));
    }
    assert!(sent < many.len() && begun.elapsed() < Duration::from_secs(20), "{sent} after {:?}", begun.elapsed());
    let rest = headless.rest();
    assert!(is_closed(&rest) || rest.is_ok_and(|rest| rest.is_empty()), "half a head was answered");
    let answer = promised.answer().unwrap();
    assert!(answer.status == 408 && answer.fault().contains("did not arrive within 30 s"), "{answer:?}");
    assert_eq!(daemon.node("node")["extra"], json!({}));
    daemon.stop();
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    const ROW: usize = 300;
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.create("node", &json!({}));
    let mut client = daemon.client();
    let mut row = Vec::new();
    for number in 0..ROW {
        let patch = json!([{"op": "add", "path": "/extra/mark", "value": number}]);
        row.extend(Client::request("PATCH", "/v1/nodes/node", Some(&patch)));
    }
    client.send(&row).unwrap();
    for number in 0..ROW {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, &answer.json()["extra"]["mark"]), (200, &json!(number)));
    }

    // Who asks and asks and does not listen fills his own buffers, and no others.
    let before = memory(&daemon);
    let mut deaf = std::net::TcpStream::connect(daemon.address).unwrap();
    deaf.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let row = Client::request("GET", "/v1/nodes/detail", None).repeat(200);
    let stuck = (0..2000).any(|_| std::io::Write::write_all(&mut deaf, &row).is_err());
    assert!(stuck, "it takes requests without end");
    assert_eq!(daemon.mark("node", "other").status, 200);
    let grown = memory(&daemon).saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB for one client");
    drop(deaf);
    daemon.stop();
}

#[test]
fn a_client_that_hangs_up_gets_the_whole_or_nothing() {
    let rack = Rack::new(10, 4);
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    let mut random = fastrand::Rng::with_seed(7);
    for number in 0..40 {
        daemon.create(&format!("node-{number}"), &rack.driver_info(number % 10, number / 10 + 1));
    }
    for number in 0..40 {
        let path = format!("/v1/nodes/node-{number}/states/power");
        let request = Client::request("PUT", &path, Some(&json!({"target": "power on"})));
        // Every other one hangs up before all is said.
        let said = if number % 2 == 0 { request.len() } else { random.usize(1..request.len()) };
        let mut client = daemon.client();
        client.send(&request[..said]).unwrap();
        drop(client);
    }
    // Who hung up only after he had said all is taken at his word.
    for number in (0..40).step_by(2) {
        let name = format!("node-{number}");
        until("a whole request to be carried out", || (daemon.node(&name)["power_state"] == "power on").then_some(()));
    }
    until("everything to end", || {
        let figures = daemon.gets(200, "GET", "/metrics", None).body;
        let none = ["rackhand_nodes_locked 0", "rackhand_tasks_running 0", "rackhand_tasks_queued 0"];
        none.iter().all(|line| figures.lines().any(|it| it == *line)).then_some(())
    });
    for number in 0..40 {
        let node = daemon.node(&format!("node-{number}"));
        let state = (number % 2 == 0).then_some("power on");
        assert!(node["reservation"].is_null() && node["last_error"].is_null(), "{node}");
        assert_eq!(node["power_state"].as_str(), state, "{node}");
        assert_eq!(rack.is_on(number % 10, number / 10 + 1), state.is_some(), "{node}");
    }
    daemon.stop();
}
