//! The simulated BMC in literal bytes: every datagram is written from the specification of IPMI 2.0 and from what was recorded of other
//! BMCs, and no codec of ours is involved. Sessions are of cipher suite 0, which hides nothing; what the others hide is compared with
//! recordings in vectors_ipmi.rs, and tried with foreign clients in host/tests/peers_ipmi.rs.
//!
//! In a script `SSSSSSSS` is the BMC's id of the session, learnt where it comes first, and `..` any byte.

use rackhand_adapters::sim::Bmc;
use rackhand_adapters::sim::bmc::{Config, Shape};
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::ipmi::CipherSuite;
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;

struct Play {
    bmc: Bmc<u8>,
    now: Instant,
    session: Option<String>,
}

fn config() -> Config {
    let mut config = Config::new("root", Secret::new("calvin").unwrap());
    config.guid = 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF_u128.to_be_bytes();
    config.suites = [3, 17, 0].map(|id| CipherSuite::by_id(id).unwrap()).to_vec();
    config
}

impl Play {
    fn new(config: Config) -> Self {
        Self { bmc: Bmc::new(config, 5), now: Instant::ZERO, session: None }
    }

    /// Sends a datagram; these come back, and no others.
    #[track_caller]
    fn says(&mut self, datagram: &str, answers: &[&str]) {
        let text = datagram.replace([' ', '|'], "").replace("SSSSSSSS", self.session.as_deref().unwrap_or("00000000"));
        let (mut rx, mut tx, mut heard) = (hex::decode(&text).unwrap(), [0; 512], Vec::new());
        let mut reply = self.bmc.respond(self.now, Event::Received { peer: 1, rx: &mut rx }, &mut tx);
        loop {
            if let Some((_, len)) = reply.send {
                heard.push(hex::encode(&tx[..len]));
            }
            if reply.again.is_none_or(|again| again > self.now) {
                break;
            }
            reply = self.bmc.respond(self.now, Event::Due, &mut tx);
        }
        assert_eq!(heard.len(), answers.len(), "{text}: {heard:?}");
        for (heard, wanted) in heard.iter().zip(answers) {
            let wanted = wanted.replace([' ', '|'], "");
            if let (None, Some(place)) = (&self.session, wanted.find("SSSSSSSS")) {
                self.session = Some(heard[place..place + 8].to_owned());
            }
            let wanted = wanted.replace("SSSSSSSS", self.session.as_deref().unwrap_or(""));
            assert_eq!(heard.len(), wanted.len(), "{heard} instead of {wanted}");
            let same = heard.bytes().zip(wanted.bytes()).all(|(heard, wanted)| wanted == b'.' || heard == wanted);
            assert!(same, "{heard} instead of {wanted}");
        }
    }

    /// Opens a session of cipher suite 0.
    #[track_caller]
    fn opens(&mut self) {
        self.says(
            "0600ff07 06 10 00000000 00000000 2000 | 00 04 0000 a4a3a2a0 0000000800000000 0100000800000000 0200000800000000",
            &["0600ff07 06 11 00000000 00000000 2400 | 00 00 04 00 a4a3a2a0 SSSSSSSS 0000000800000000 0100000800000000 0200000800000000"],
        );
        self.says(
            "0600ff07 06 12 00000000 00000000 2000 | 01 000000 SSSSSSSS cf4dcc803b5c65f2743fd028f62e57f8 14 0000 04 726f6f74",
            &["0600ff07 06 13 00000000 00000000 2800 | 01 00 0000 a4a3a2a0 ................................ \
               00112233445566778899aabbccddeeff"],
        );
        self.says(
            "0600ff07 06 14 00000000 00000000 0800 | 02 00 0000 SSSSSSSS",
            &["0600ff07 06 15 00000000 00000000 0800 | 02 00 0000 a4a3a2a0"],
        );
    }
}

#[test]
fn pings_are_answered_and_acknowledged_where_that_is_wanted() {
    let mut play = Play::new(config());
    let pong = "0600ff06 000011be 40 01 00 10 000011be 00000000 81 00 000000000000";
    play.says("0600ff06 000011be 80 01 00 00", &[pong]);
    play.says("06002a06 000011be 80 01 00 00", &["06002a86", pong]);
    // An acknowledgement, and a pong, are nobody's questions.
    play.says("06002a86", &[]);
    play.says(pong, &[]);
}

#[test]
fn what_there_is_is_told_without_a_session() {
    let mut play = Play::new(config());
    play.says(
        "0600ff07 00 00000000 00000000 09 | 2018c8 81 00 38 8e04 b5",
        &["0600ff07 00 00000000 00000000 10 | 811c63 20 00 38 00 0195040300000000 0b"],
    );
    play.says(
        "0600ff07 00 00000000 00000000 09 | 2018c8 81 00 38 0e04 35",
        &["0600ff07 00 00000000 00000000 10 | 811c63 20 00 38 00 0115040000000000 8e"],
    );
    // Suites 3, 17 and 0 are fifteen bytes, so there is no second part.
    play.says(
        "0600ff07 06 00 00000000 00000000 0a00 | 2018c8 81 04 54 0e0080 99",
        &["0600ff07 06 00 00000000 00000000 1800 | 811c63 20 04 54 00 01 c003014181 c011034481 c000004080 e8"],
    );
    // Nothing else is answered to whoever has not logged in: here, the power.
    play.says("0600ff07 00 00000000 00000000 07 | 2000e0 81 04 01 7a", &[]);
    play.says("0600ff07 06 00 00000000 00000000 0700 | 2000e0 81 04 01 7a", &[]);
    // A wrong check.
    play.says("0600ff07 00 00000000 00000000 09 | 2018c8 81 00 38 8e04 b6", &[]);

    let mut kg = Play::new(Config { kg: Some([1; 20]), ..config() });
    kg.says(
        "0600ff07 00 00000000 00000000 09 | 2018c8 81 00 38 8e04 b5",
        &["0600ff07 00 00000000 00000000 10 | 811c63 20 00 38 00 0195240300000000 eb"],
    );
    let mut old = Play::new(config());
    old.bmc.faults().add_named("only-15").unwrap();
    old.says(
        "0600ff07 00 00000000 00000000 09 | 2018c8 81 00 38 8e04 b5",
        &["0600ff07 00 00000000 00000000 08 | 811c63 20 00 38 cc dc"],
    );
    old.says("0600ff07 06 00 00000000 00000000 0a00 | 2018c8 81 04 54 0e0080 99", &[]);
}

#[test]
fn a_session_that_hides_nothing() {
    let mut play = Play::new(config());
    play.opens();
    // Set Session Privilege Level, Get Device ID, Chassis Control: on.
    play.says(
        "0600ff07 06 00 SSSSSSSS 01000000 0800 | 2018c8 81 04 3b 04 3c",
        &["0600ff07 06 00 a4a3a2a0 01000000 0900 | 811c63 20 04 3b 00 04 9d"],
    );
    play.says(
        "0600ff07 06 00 SSSSSSSS 02000000 0700 | 2018c8 81 0c 01 72",
        &["0600ff07 06 00 a4a3a2a0 02000000 1700 | 811c63 20 0c 01 00 20 01 02 15 02 bf 570100 7100 00000000 11"],
    );
    play.says(
        "0600ff07 06 00 SSSSSSSS 03000000 0800 | 2000e0 81 10 02 01 6c",
        &["0600ff07 06 00 a4a3a2a0 03000000 0800 | 81047b 20 10 02 00 ce"],
    );
    play.now = play.now.after_millis(400);
    play.says(
        "0600ff07 06 00 SSSSSSSS 04000000 0700 | 2000e0 81 14 01 6a",
        &["0600ff07 06 00 a4a3a2a0 04000000 0b00 | 81047b 20 14 01 00 01 10 40 7a"],
    );
    // The same number again is dropped.
    play.says("0600ff07 06 00 SSSSSSSS 04000000 0700 | 2000e0 81 14 01 6a", &[]);
    // ipmitool's chassis bootdev pxe options=persistent,efiboot, and what it reads then.
    play.says(
        "0600ff07 06 00 SSSSSSSS 05000000 0d00 | 2000e0 81 20 08 05 e004000000 6e",
        &["0600ff07 06 00 a4a3a2a0 05000000 0800 | 81047b 20 20 08 00 b8"],
    );
    play.says(
        "0600ff07 06 00 SSSSSSSS 06000000 0a00 | 2000e0 81 24 09 050000 4d",
        &["0600ff07 06 00 a4a3a2a0 06000000 0f00 | 81047b 20 24 09 00 0105 e004000000 c9"],
    );
    // Close Session.
    let close = |id: &str| {
        let sum = hex::decode(id).unwrap().iter().fold(0x81_u8 + 0x1c + 0x3c, |sum, byte| sum.wrapping_add(*byte));
        format!("0600ff07 06 00 SSSSSSSS 07000000 0b00 | 2018c8 81 1c 3c SSSSSSSS {:02x}", sum.wrapping_neg())
    };
    let id = play.session.clone().unwrap();
    play.says(&close(&id), &["0600ff07 06 00 a4a3a2a0 07000000 0800 | 811c63 20 1c 3c 00 88"]);
    play.says("0600ff07 06 00 SSSSSSSS 08000000 0700 | 2018c8 81 0c 01 72", &[]);
}

#[test]
fn sensor_data_records() {
    let mut play = Play::new(config());
    play.opens();
    play.says(
        "0600ff07 06 00 SSSSSSSS 01000000 0700 | 2028b8 81 04 22 59",
        &["0600ff07 06 00 a4a3a2a0 01000000 0a00 | 812c53 20 04 22 00 0100 b9"],
    );
    // The first one's header: id 1, version 51h, type 12h, 18 bytes; id 4 is next.
    play.says(
        "0600ff07 06 00 SSSSSSSS 02000000 0d00 | 2028b8 81 08 23 0100 0000 00 05 4e",
        &["0600ff07 06 00 a4a3a2a0 02000000 0f00 | 812c53 20 08 23 00 0400 0100511212 3b"],
    );
    // The last one is Node Manager's discovery record, whole.
    play.says(
        "0600ff07 06 00 SSSSSSSS 03000000 0d00 | 2028b8 81 0c 23 0100 ffff 00 ff 52",
        &["0600ff07 06 00 a4a3a2a0 03000000 1a00 | 812c53 20 0c 23 00 ffff 1000 51c0 0b 5701000d012c60 19181a1b 2f"],
    );
    // A part, with a reservation that there never was.
    play.says(
        "0600ff07 06 00 SSSSSSSS 04000000 0d00 | 2028b8 81 10 23 0900 1000 05 0b 23",
        &["0600ff07 06 00 a4a3a2a0 04000000 0800 | 812c53 20 10 23 c5 e8"],
    );
}

/// Get Node Manager Version over the bridge, as ipmitool and as others ask, in the three shapes that its answer has.
#[test]
fn the_bridge() {
    let ok = "811c63 20 18 34 00 94";
    // Who asks in the BMC's name is answered at 20h, who asks in its own at 81h.
    for (from, inner, outer, version) in [
        ("20", "a6", "ed", "20bc24 2c 18 ca 00 570100 0503070102 88"),
        ("81", "45", "ed", "81bcc3 2c 18 ca 00 570100 0503070102 88"),
    ] {
        let asked = format!(
            "0600ff07 06 00 SSSSSSSS 01000000 1200 | 2018c8 81 18 34 46 2cb81c {from} 18 ca 570100 {inner} {outer}"
        );
        let packet = |number: u8, message: &str| {
            let len = message.replace(' ', "").len() / 2;
            format!("0600ff07 06 00 a4a3a2a0 {number:02x}000000 {len:02x}00 | {message}")
        };
        let inline = format!("811c63 20 18 34 00 {version} ..");
        for (shape, wanted) in [
            (Shape::Separate, vec![packet(1, ok), packet(2, version)]),
            (Shape::Reordered, vec![packet(1, version), packet(2, ok)]),
            (Shape::Inline, vec![packet(1, &inline)]),
        ] {
            let mut play = Play::new(Config { shape, ..config() });
            play.opens();
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            play.says(&asked, &wanted);
        }
    }
}

#[test]
fn refusals_of_the_opening() {
    let mut play = Play::new(config());
    // Suite 8 is not there: HMAC-MD5.
    play.says(
        "0600ff07 06 10 00000000 00000000 2000 | 07 04 0000 a4a3a2a0 0000000802000000 0100000802000000 0200000801000000",
        &["0600ff07 06 11 00000000 00000000 0800 | 07 04 0000 a4a3a2a0"],
    );
    // RAKP messages of no session.
    play.says(
        "0600ff07 06 12 00000000 00000000 2000 | 01 000000 01020304 cf4dcc803b5c65f2743fd028f62e57f8 14 0000 04 726f6f74",
        &["0600ff07 06 13 00000000 00000000 0800 | 01 02 0000 00000000"],
    );
    play.says(
        "0600ff07 06 14 00000000 00000000 0800 | 02 00 0000 01020304",
        &["0600ff07 06 15 00000000 00000000 0800 | 02 02 0000 00000000"],
    );
    // A user that there is not; the session is gone then.
    play.says(
        "0600ff07 06 10 00000000 00000000 2000 | 00 04 0000 a4a3a2a0 0000000800000000 0100000800000000 0200000800000000",
        &["0600ff07 06 11 00000000 00000000 2400 | 00 00 04 00 a4a3a2a0 SSSSSSSS 0000000800000000 0100000800000000 0200000800000000"],
    );
    let nobody =
        "0600ff07 06 12 00000000 00000000 1d00 | 01 000000 SSSSSSSS cf4dcc803b5c65f2743fd028f62e57f8 14 0000 01 78";
    play.says(nobody, &["0600ff07 06 13 00000000 00000000 0800 | 01 0d 0000 a4a3a2a0"]);
    play.says(nobody, &["0600ff07 06 13 00000000 00000000 0800 | 01 02 0000 00000000"]);
}
