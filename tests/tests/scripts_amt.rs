//! Conversations with AMT as literal text, written from RFC 9112, RFC 7616 and DSP0226: no codec of ours is involved. Hashes are
//! those of amt.md's worked example.

use std::time::Duration;

use Line::{Asks, Ends, GetsAndEnds, GetsText, IsRefused, Opens, OpensInVain, OpensKept, SendsText, Silence};
use rackhand_adapters::drive::Kind;
use rackhand_core::amt::{AmtFailure, AmtTrouble};
use rackhand_core::exchange::{Cause, TlsProblem};
use rackhand_core::operation::{
    Action, BootDevice, Error, ErrorKind, HardwareType, Memory, Operation, Outcome, PowerState, PowerTarget, Target,
    Value,
};
use rackhand_tests::script::{Line, play};

const TIMEOUT: Duration = Duration::from_secs(120);
/// The client's nonce of the worked example.
const SEED: [u8; 32] = {
    let mut seed = [0; 32];
    let nonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    let mut at = 0;
    while at < nonce.len() {
        seed[at] = nonce[at];
        at += 1;
    }
    seed
};

fn target() -> Target {
    let info = [
        ("amt_address", Value::Str("192.0.2.7")),
        ("amt_username", Value::Str("admin")),
        ("amt_password", Value::Str("Adm1n!Pass")),
    ];
    let mut target = Target::new(HardwareType::StagingAmt, info.into_iter(), std::iter::empty()).expect("a target");
    if let Target::Amt(amt) = &mut target {
        // It is awake.
        amt.options.awake_interval_ms = 0;
    }
    target
}

fn operation(action: &Action) -> Operation {
    Operation::new(&target(), action, TIMEOUT, &Memory::Nothing, &SEED).expect("an operation")
}

fn plays(action: &Action, script: &[Line<'_>]) -> Result<Outcome, Error> {
    play(operation(action), Kind::Stream, script).0
}

const BODY: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" "#,
    r#"xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" "#,
    r#"xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>"#,
    r#"<a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>"#,
    r#"<a:To s:mustUnderstand="true">/wsman</a:To>"#,
    r#"<w:ResourceURI s:mustUnderstand="true">http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"#,
    r#"CIM_AssociatedPowerManagementService</w:ResourceURI><a:MessageID s:mustUnderstand="true">1</a:MessageID>"#,
    r#"<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"#,
    r#"<w:OperationTimeout>PT60S</w:OperationTimeout></s:Header><s:Body/></s:Envelope>"#,
);

const HEAD: &str =
    "POST /wsman HTTP/1.1\r\nHost: 192.0.2.7:16992\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n";

const LOGIN: &str = concat!(
    r#"Authorization: Digest username="admin", realm="Digest:10DF0000000000000000000000000000", "#,
    r#"nonce="+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc", uri="/wsman", qop=auth, nc=00000001, cnonce="0123456789abcdef", "#,
    r#"response="97e40832769d0326496271d4ca9da34d""#,
    "\r\n",
);

/// As AMT 8 asks who we are.
const CHALLENGE: &str = concat!(
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ",
    r#"Digest realm="Digest:10DF0000000000000000000000000000", nonce="+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc",stale="false",qop="auth""#,
    "\r\nContent-Type: text/html\r\nServer: Intel(R) Active Management Technology 9.0.30\r\n",
    "Content-Length: 12\r\nConnection: close\r\n\r\n<html/>     ",
);

fn ok(class: &str, body: &str) -> String {
    let base = if class.starts_with("CIM") {
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
    } else {
        "http://intel.com/wbem/wscim/1/amt-schema/1/"
    };
    let body = format!(
        "<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:g=\"{base}{class}\"><a:Header/><a:Body>{body}\
         </a:Body></a:Envelope>"
    );
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:04X}\r\n{body}\r\n0\r\n\r\n", body.len())
}

fn power(state: u32) -> String {
    let class = "CIM_AssociatedPowerManagementService";
    let codes = if state == 2 { "8" } else { "2" };
    ok(
        class,
        &format!(
            "<g:{class}><g:AvailableRequestedPowerStates>{codes}</g:AvailableRequestedPowerStates><g:PowerState>{state}\
         </g:PowerState></g:{class}>"
        ),
    )
}

fn returned(class: &str, method: &str, value: u32) -> String {
    ok(class, &format!("<g:{method}_OUTPUT><g:ReturnValue>{value}</g:ReturnValue></g:{method}_OUTPUT>"))
}

const FORCES_PXE: &str = "<g:AMT_BootCapabilities><g:ForcePXEBoot>true</g:ForcePXEBoot></g:AMT_BootCapabilities>";

const BIOS_SETUP_AND_SOL: &str = concat!(
    "<g:AMT_BootSettingData><g:BIOSSetup>true</g:BIOSSetup>",
    "<g:InstanceID>Intel(r) AMT:BootSettingData 0</g:InstanceID><g:UseSOL>true</g:UseSOL></g:AMT_BootSettingData>",
);

fn content_length(body: &str) -> String {
    format!("Content-Length: {:>10}\r\n\r\n{body}", body.len())
}

#[test]
fn a_status_with_its_login_byte_for_byte() {
    let first = format!("{HEAD}{}", content_length(BODY));
    let second = format!("{HEAD}{LOGIN}{}", content_length(&BODY.replace(">1</a:MessageID>", ">2</a:MessageID>")));
    let script = [Opens, SendsText(&first), GetsText(CHALLENGE), Opens, SendsText(&second), GetsText(&power(2))];
    assert_eq!(plays(&Action::GetPower, &script), Ok(Outcome::Power(PowerState::On)));
}

#[test]
fn the_nonce_and_the_connection_are_kept_for_the_next_one() {
    let answer = power(8);
    let script = [Opens, Asks(&[]), GetsText(CHALLENGE), Opens, Asks(&["nc=00000001"]), GetsText(&answer)];
    let mut first = operation(&Action::GetPower);
    assert_eq!(play(&mut first, Kind::Stream, &script).0, Ok(Outcome::Power(PowerState::Off)));
    assert!(first.keeps_link());
    let memory = first.memory();
    let again = || Operation::new(&target(), &Action::GetPower, TIMEOUT, &memory, &SEED).expect("an operation");
    let script = [OpensKept, Asks(&["nc=00000002", "682513aad5f866eb2ace8e4c6934797c"]), GetsText(&answer)];
    assert_eq!(play(again(), Kind::Stream, &script).0, Ok(Outcome::Power(PowerState::Off)));
    // The device has closed it meanwhile: once more, on a new one. And it has forgotten the nonce, without saying so.
    let script = [
        OpensKept,
        Asks(&["nc=00000002"]),
        Ends,
        Opens,
        Asks(&["nc=00000003"]),
        GetsText(CHALLENGE),
        Opens,
        Asks(&["nc=00000001"]),
        GetsText(&answer),
    ];
    assert_eq!(play(again(), Kind::Stream, &script).0, Ok(Outcome::Power(PowerState::Off)));
}

#[test]
fn a_wrong_password_is_tried_once() {
    let script = [Opens, Asks(&[]), GetsText(CHALLENGE), Opens, Asks(&["Authorization: Digest"]), GetsText(CHALLENGE)];
    for action in [Action::GetPower, Action::SetPower(PowerTarget::On), Action::Disarm, Action::Describe] {
        let error = plays(&action, &script).expect_err("a wrong password");
        assert_eq!(error.kind(), ErrorKind::Access, "{error}");
        assert!(matches!(error, Error::Amt { failure: AmtFailure::Unauthorized, contact: true, .. }), "{error:?}");
        assert!(!error.to_string().contains("Adm1n!Pass") && error.to_string().contains("password"), "{error}");
    }
}

/// What says that it was wrong may be cut, or never end: it was wrong all the same.
#[test]
fn a_wrong_password_is_tried_once_however_the_answer_ends() {
    let cut = CHALLENGE.trim_end_matches(' ').trim_end_matches("<html/>");
    for ends in [GetsAndEnds(cut), GetsText(cut)] {
        let login = [Opens, Asks(&[]), GetsText(CHALLENGE), Opens, Asks(&["Authorization: Digest"]), ends];
        let hangs = matches!(login[5], GetsText(_));
        let script = login.iter().copied().chain(hangs.then_some(Silence)).collect::<Vec<_>>();
        for action in [Action::GetPower, Action::SetPower(PowerTarget::On), Action::Disarm] {
            let error = plays(&action, &script).expect_err("a wrong password");
            assert!(matches!(error, Error::Amt { failure: AmtFailure::Unauthorized, .. }), "{action:?}: {error:?}");
        }
    }
}

/// A nonce that was kept, a new one, and that is all: whatever a device says of the second, the account is not tried again.
#[test]
fn two_answers_to_challenges_are_the_most() {
    let mut first = operation(&Action::GetPower);
    let on = power(2);
    let script = [Opens, Asks(&[]), GetsText(CHALLENGE), Opens, Asks(&["nc=00000001"]), GetsText(&on)];
    assert_eq!(play(&mut first, Kind::Stream, &script).0, Ok(Outcome::Power(PowerState::On)));
    let again = Operation::new(&target(), &Action::GetPower, TIMEOUT, &first.memory(), &SEED).expect("an operation");
    let stale = CHALLENGE.replace("stale=\"false\"", "stale=\"true\"");
    let script = [OpensKept, Asks(&["nc=00000002"]), GetsText(&stale), Opens, Asks(&["nc=00000001"]), GetsText(&stale)];
    let error = play(again, Kind::Stream, &script).0.expect_err("a wrong password");
    assert_eq!(error.kind(), ErrorKind::Access, "{error}");
}

#[test]
fn a_login_that_cannot_be_given_is_not_tried() {
    let basic = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let error = plays(&Action::GetPower, &[Opens, Asks(&[]), GetsText(basic)]).expect_err("no digest");
    assert!(matches!(error, Error::Amt { trouble: Some(AmtTrouble::Challenge(_)), .. }), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("does not offer digest") && !words.contains("password"), "{words}");
}

/// Certificates, and whatever else of TLS only a person can mend: drivers.md, "For all drivers".
#[test]
fn what_only_a_person_can_mend_is_tried_once() {
    let pinned = Cause::TlsCertificate { seen: None, problem: TlsProblem::WrongFingerprint };
    let others =
        [Cause::TlsVersion, Cause::TlsNotSpoken, Cause::TlsClientCertificate, Cause::NoCaFile, Cause::BadCaFile];
    let start = Action::StartFrom { boot: BootDevice::Pxe, target: PowerTarget::Reboot };
    let switch = PowerTarget::ALL.map(Action::SetPower);
    for action in switch.into_iter().chain([start, Action::GetPower, Action::Disarm, Action::Describe]) {
        for cause in others.into_iter().chain([pinned]) {
            let error = plays(&action, &[Line::FailsToOpen(cause)]).expect_err("no TLS");
            assert_eq!(error.kind(), ErrorKind::Access, "{action:?}: {error}");
            assert!(error.to_string().contains(&cause.to_string()), "{action:?}: {error}");
        }
    }
    // What was read before is no excuse, and neither is a request that may have arrived.
    let off = power(8);
    for action in [Action::Describe, Action::SetPower(PowerTarget::On)] {
        let script = [Opens, Asks(&["transfer/Get<"]), GetsText(&off), Asks(&[]), Ends, Line::FailsToOpen(pinned)];
        let error = plays(&action, &script).expect_err("another certificate");
        assert_eq!(error.kind(), ErrorKind::Access, "{action:?}: {error}");
    }
}

/// A device that shows another certificate in the middle is not even asked to disarm, and the error says so.
#[test]
fn what_is_armed_behind_another_certificate_stays_armed() {
    let off = power(8);
    let order = returned("CIM_BootConfigSetting", "ChangeBootOrder", 0);
    let settings = ok("AMT_BootSettingData", BIOS_SETUP_AND_SOL);
    let pinned = Cause::TlsCertificate { seen: None, problem: TlsProblem::WrongFingerprint };
    let script = [
        Opens,
        Asks(&["AssociatedPower"]),
        GetsText(&off),
        Asks(&["AMT_BootCapabilities"]),
        GetsText(&ok("AMT_BootCapabilities", FORCES_PXE)),
        Asks(&["AMT_BootSettingData"]),
        GetsText(&settings),
        Asks(&["<p:ChangeBootOrder_INPUT"]),
        GetsText(&order),
        Asks(&["transfer/Put<"]),
        GetsText(&settings),
        Asks(&["<p:Role>1</p:Role>"]),
        Ends,
        Line::FailsToOpen(pinned),
    ];
    let action = Action::StartFrom { boot: BootDevice::Pxe, target: PowerTarget::On };
    let error = plays(&action, &script).expect_err("another certificate");
    assert_eq!(error.kind(), ErrorKind::Access, "{error}");
    assert!(matches!(error, Error::Amt { left_armed: true, .. }), "{error:?}");
}

#[test]
fn a_power_request_whose_answer_is_lost_is_not_repeated() {
    let (off, on) = (power(8), power(2));
    let request =
        ["RequestPowerStateChange_INPUT", "<p:PowerState>2</p:PowerState><p:ManagedElement>", "ManagedSystem"];
    // On a kept connection, too: something of it may have arrived.
    let script = [
        Opens,
        Asks(&["transfer/Get<"]),
        GetsText(&off),
        Asks(&request),
        Ends,
        Opens,
        Asks(&["transfer/Get<"]),
        GetsText(&on),
    ];
    assert_eq!(plays(&Action::SetPower(PowerTarget::On), &script), Ok(Outcome::Power(PowerState::On)));
}

/// Whatever was not accepted is asked for again, and not only when all the time is up that an operating system may take.
#[test]
fn not_now_is_asked_again_after_a_pause() {
    let class = "CIM_AssociatedPowerManagementService";
    let codes =
        [2, 8, 12, 14].map(|code| format!("<g:AvailableRequestedPowerStates>{code}</g:AvailableRequestedPowerStates>"));
    let state =
        |state| ok(class, &format!("<g:{class}>{}<g:PowerState>{state}</g:PowerState></g:{class}>", codes.concat()));
    let (on, off) = (state(2), state(8));
    let [not_now, done] = [2, 0].map(|value| returned("CIM_PowerManagementService", "RequestPowerStateChange", value));
    let fault = ok("CIM_X", "<a:Fault><a:Code><a:Value>a:Receiver</a:Value></a:Code></a:Fault>");
    for (target, code, before, after) in [
        (PowerTarget::SoftOff, "12", &on, &off),
        (PowerTarget::SoftReboot, "14", &on, &on),
        (PowerTarget::Off, "8", &on, &off),
        (PowerTarget::On, "2", &off, &on),
    ] {
        let request = format!("<p:PowerState>{code}</p:PowerState>");
        for refusal in [&not_now, &fault] {
            let script = [
                Opens,
                Asks(&["AssociatedPower"]),
                GetsText(before),
                Asks(&[&request]),
                GetsText(refusal),
                Line::Waits(5000),
                Asks(&["AssociatedPower"]),
                GetsText(before),
                Asks(&[&request]),
                GetsText(&done),
                Line::Waits(2000),
                Asks(&["AssociatedPower"]),
                GetsText(after),
            ];
            let state = if *after == on { PowerState::On } else { PowerState::Off };
            assert_eq!(plays(&Action::SetPower(target), &script), Ok(Outcome::Power(state)), "{target}");
        }
        // It could not even be sent.
        let script = [
            Opens,
            Asks(&["AssociatedPower"]),
            GetsText(before),
            Line::BreaksUnsent,
            IsRefused,
            Line::ClosesAndWaits(5000),
            Opens,
            Asks(&["AssociatedPower"]),
            GetsText(before),
            // The device closes connections that are kept: this goes over a new one.
            Opens,
            Asks(&[&request]),
            GetsText(&done),
            Line::Waits(2000),
            Asks(&["AssociatedPower"]),
            GetsText(after),
        ];
        let state = if *after == on { PowerState::On } else { PowerState::Off };
        assert_eq!(plays(&Action::SetPower(target), &script), Ok(Outcome::Power(state)), "{target}");
    }
}

#[test]
fn a_busy_device_is_given_time() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    let fault = ok(
        "CIM_X",
        "<a:Fault><a:Code><a:Value>a:Receiver</a:Value><a:Subcode><a:Value xmlns:q=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">q:EndpointUnavailable</a:Value></a:Subcode></a:Code></a:Fault>",
    );
    let script = [
        Opens,
        Asks(&[]),
        GetsText(busy),
        Line::Waits(1000),
        Asks(&[]),
        GetsText(&fault),
        Line::Waits(2000),
        Asks(&[]),
        GetsText(&power(2)),
    ];
    assert_eq!(plays(&Action::GetPower, &script), Ok(Outcome::Power(PowerState::On)));
}

#[test]
fn an_answer_may_end_with_its_connection_and_must_be_whole() {
    let whole = power(2).replacen("Transfer-Encoding: chunked\r\n", "", 1);
    let body = whole.split_once("\r\n\r\n").expect("a head").1;
    let xml = body.split_once("\r\n").expect("a chunk").1.trim_end_matches("\r\n0\r\n\r\n");
    let until_the_end = format!("HTTP/1.0 200 OK\r\n\r\n{xml}");
    let script = [Opens, Asks(&[]), GetsAndEnds(&until_the_end)];
    assert_eq!(plays(&Action::GetPower, &script), Ok(Outcome::Power(PowerState::On)));
    let cut = &until_the_end[..until_the_end.len() - 20];
    let script = [
        Opens,
        Asks(&[]),
        GetsAndEnds(cut),
        Line::ClosesAndWaits(2000),
        Opens,
        Asks(&[]),
        GetsAndEnds(cut),
        Line::ClosesAndWaits(2000),
        Opens,
        Asks(&[]),
        GetsAndEnds(cut),
    ];
    let error = plays(&Action::GetPower, &script).expect_err("a document that is cut");
    assert!(matches!(
        error,
        Error::Amt { failure: AmtFailure::BadAnswer, trouble: Some(AmtTrouble::Unreadable(_)), .. }
    ));
}

#[test]
fn a_sleeping_device_is_woken() {
    let mut asleep = target();
    if let Target::Amt(amt) = &mut asleep {
        amt.options.awake_interval_ms = 60_000;
    }
    let operation = Operation::new(&asleep, &Action::GetPower, TIMEOUT, &Memory::Nothing, &SEED).expect("an operation");
    let on = power(2);
    let script = [
        IsRefused,
        Line::ClosesAndWaits(1000),
        OpensInVain,
        Line::ClosesAndWaits(2000),
        IsRefused,
        Line::ClosesAndWaits(4000),
        Opens,
        Asks(&[]),
        GetsText(&on),
    ];
    assert_eq!(play(operation, Kind::Stream, &script).0, Ok(Outcome::Power(PowerState::On)));
    // One that is known to be awake is not waited for in that way: a try is a try.
    let script = [IsRefused, Line::ClosesAndWaits(2000), Silent, Line::ClosesAndWaits(2000), IsRefused];
    let error = plays(&Action::GetPower, &script).expect_err("nobody");
    assert_eq!(error.kind(), ErrorKind::NoContact);
    assert!(matches!(error, Error::Amt { trouble: Some(AmtTrouble::Closed(Cause::Refused)), .. }), "{error:?}");
    assert!(error.to_string().contains("16993"), "{error}");
}
use OpensInVain as Silent;

#[test]
fn a_start_from_pxe_step_by_step() {
    let (off, on) = (power(8), power(2));
    let capabilities = ok("AMT_BootCapabilities", FORCES_PXE);
    let settings = ok("AMT_BootSettingData", BIOS_SETUP_AND_SOL);
    let order = returned("CIM_BootConfigSetting", "ChangeBootOrder", 0);
    let role = returned("CIM_BootService", "SetBootConfigRole", 0);
    let request = returned("CIM_PowerManagementService", "RequestPowerStateChange", 0);
    let put = [
        "transfer/Put<",
        "<p:AMT_BootSettingData xmlns:p=\"http://intel.com/wbem/wscim/1/amt-schema/1/AMT_BootSettingData\">",
        "<p:BIOSSetup>false</p:BIOSSetup><p:InstanceID>Intel(r) AMT:BootSettingData 0</p:InstanceID><p:UseSOL>false</p:UseSOL>",
    ];
    let script = [
        Opens,
        Asks(&["AssociatedPower"]),
        GetsText(&off),
        Asks(&["AMT_BootCapabilities"]),
        GetsText(&capabilities),
        Asks(&["AMT_BootSettingData"]),
        GetsText(&settings),
        Asks(&["<p:ChangeBootOrder_INPUT", "/></s:Body>"]),
        GetsText(&order),
        Asks(&put),
        GetsText(&settings),
        Asks(&["Intel(r) AMT Boot Service", "SetBootConfigRole_INPUT", "<p:Role>1</p:Role>"]),
        GetsText(&role),
        Asks(&["<p:Source>", "CIM_BootSourceSetting", "Intel(r) AMT: Force PXE Boot"]),
        GetsText(&order),
        Asks(&["<p:PowerState>2</p:PowerState>"]),
        GetsText(&request),
        Line::Waits(2000),
        Asks(&["AssociatedPower"]),
        GetsText(&on),
    ];
    let action = Action::StartFrom { boot: BootDevice::Pxe, target: PowerTarget::On };
    let outcome = Outcome::Started { state: PowerState::On, boot_device_used: true, left_armed: false };
    assert_eq!(plays(&action, &script), Ok(outcome));
}

#[test]
fn silence_in_the_middle_of_an_answer_is_no_answer() {
    let on = power(2);
    let half = &on[..on.len() / 2];
    let script = [
        Opens,
        Asks(&[]),
        GetsText(half),
        Silence,
        Line::ClosesAndWaits(2000),
        Opens,
        Asks(&[]),
        Silence,
        Line::ClosesAndWaits(2000),
        Opens,
        Asks(&[]),
        GetsText(&on),
    ];
    assert_eq!(plays(&Action::GetPower, &script), Ok(Outcome::Power(PowerState::On)));
}
