//! Against libvirt's test driver, which keeps domains inside this process.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rackhand_core::operation::{Action, BootDevice, ErrorKind, Outcome, PowerState, PowerTarget, Value};
use rackhand_core::wol::Mac;
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;
use virt::connect::Connect;

use super::known::Pace;
use super::orders::Order;
use super::power::Button;
use super::session::Session;
use super::{Access, Error, Hypervisor, Hypervisors, LibvirtTarget, Policy};

const PATIENCE: Duration = Duration::from_secs(30);

/// A definition that was read so long ago may be another by now.
const JUST_READ: Duration = Duration::from_millis(2100);

fn mac(number: usize) -> Mac {
    let [.., high, low] = number.to_be_bytes();
    Mac::from_octets([0x52, 0x54, 0, 0, high, low])
}

/// A domain of the test driver whose interfaces have these addresses.
fn domain(name: &str, macs: &[Mac]) -> String {
    let mut xml = format!(
        "<domain type='test'><name>{name}</name><memory unit='KiB'>8192</memory><os><type>hvm</type></os><devices>"
    );
    for mac in macs {
        write!(xml, "<interface type='network'><mac address='{mac}'/><source network='default'/></interface>").unwrap();
    }
    xml + "</devices></domain>"
}

/// A hypervisor with these domains, all of them running; they live as long as its connection.
struct Bed {
    hypervisor: Hypervisor,
    _file: NamedTempFile,
}

fn access(uri: &str) -> Access {
    let policy = Policy { own_machine: true, ..Policy::default() };
    Access::new(&[("libvirt_uri", Value::Str(uri))].into_iter(), &policy).unwrap()
}

fn bed(domains: &[String]) -> Bed {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("<node>{}</node>", domains.concat())).unwrap();
    let access = access(&format!("test://{}", file.path().display()));
    Bed { hypervisor: Hypervisor::new(access, PATIENCE), _file: file }
}

impl Bed {
    /// Does something behind the driver's back.
    async fn behind<T: Send + 'static>(
        &self,
        act: impl Fn(&Connect) -> Result<T, virt::error::Error> + Send + Sync + 'static,
    ) -> T {
        self.session(move |session| act(&session.connection).map_err(|said| session.explain(&said))).await
    }

    async fn session<T: Send + 'static>(
        &self,
        act: impl Fn(&Session) -> Result<T, Error> + Send + Sync + 'static,
    ) -> T {
        self.hypervisor.ask(Instant::now() + PATIENCE, act).await.unwrap()
    }

    async fn is_active(&self, name: &'static str) -> bool {
        self.behind(move |connection| connection.lookup_domain_by_name(name)?.is_active()).await
    }

    async fn reach(&self, number: usize, target: PowerTarget) -> Result<Outcome, Error> {
        self.hypervisor.perform(&[mac(number)], &Action::SetPower(target), PATIENCE).await
    }

    async fn state(&self, number: usize) -> Result<Outcome, Error> {
        self.hypervisor.perform(&[mac(number)], &Action::GetPower, PATIENCE).await
    }
}

const ON: Result<Outcome, Error> = Ok(Outcome::Power(PowerState::On));
const OFF: Result<Outcome, Error> = Ok(Outcome::Power(PowerState::Off));

#[tokio::test]
async fn each_target_is_reached_from_each_state() {
    let bed = bed(&[domain("a", &[mac(1), mac(2)]), domain("b", &[mac(3)])]);
    for (target, on) in [
        (PowerTarget::On, true),
        (PowerTarget::Reboot, true),
        (PowerTarget::Off, false),
        (PowerTarget::Off, false),
        (PowerTarget::SoftOff, false),
        (PowerTarget::Reboot, true),
        (PowerTarget::SoftReboot, true),
        (PowerTarget::SoftOff, false),
        (PowerTarget::SoftReboot, true),
        (PowerTarget::Off, false),
        (PowerTarget::On, true),
    ] {
        let state = if on { ON } else { OFF };
        assert_eq!(bed.reach(1, target).await, state, "{target}");
        assert_eq!(bed.is_active("a").await, on, "{target}");
        assert_eq!(bed.state(2).await, state, "{target}");
        assert!(bed.is_active("b").await, "nobody asked for that");
    }
    // What a reboot brings is another start.
    let id = async || bed.behind(|connection| Ok(connection.lookup_domain_by_name("a")?.id())).await;
    let before = id().await;
    bed.reach(1, PowerTarget::Reboot).await.unwrap();
    assert_ne!(id().await, before);
    // A domain that was paused is on, and stays paused.
    bed.behind(|connection| connection.lookup_domain_by_name("a")?.suspend()).await;
    assert_eq!(bed.state(1).await, ON);
    assert_eq!(bed.reach(1, PowerTarget::On).await, ON);
    let short = bed.hypervisor.perform(&[mac(1)], &Action::SetPower(PowerTarget::Reboot), Duration::from_secs(9)).await;
    assert!(short.unwrap_err().to_string().contains("at least 10 s"));
    let odd = bed.hypervisor.perform(&[mac(1)], &Action::Disarm, PATIENCE).await.unwrap_err();
    assert_eq!(
        (odd.kind(), odd.to_string().as_str()),
        (ErrorKind::Unsupported, "staging-libvirt does not support disarming")
    );
}

/// They wait for each other, and none is left off, whenever its time is up.
#[tokio::test]
async fn who_reboots_many_at_once_leaves_none_off() {
    let domains: Vec<_> = (0..60).map(|number| domain(&format!("d{number}"), &[mac(number)])).collect();
    let bed = bed(&domains);
    let (tell, told) = channel::<()>();
    // One call takes so long that the others are in a hurry.
    let slow = bed.hypervisor.clone();
    let told = Mutex::new(told);
    let slow = tokio::spawn(async move {
        slow.wait(Instant::now() + PATIENCE, move |_| told.lock().unwrap().recv().map_err(|_| Error::internal("gone")))
            .await
    });
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..60 {
        let hypervisor = bed.hypervisor.clone();
        let reboot = Action::SetPower(PowerTarget::Reboot);
        asking.spawn(async move { hypervisor.perform(&[mac(number)], &reboot, Duration::from_secs(10)).await });
    }
    while let Some(answer) = asking.join_next().await {
        assert_eq!(answer.unwrap(), ON);
    }
    tell.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), Ok(()));
    for number in 0..60 {
        assert_eq!(bed.state(number).await, ON, "{number}");
    }
}

#[tokio::test]
async fn two_hundred_are_told_apart_whoever_asks_at_once() {
    let domains: Vec<_> = (0..200).map(|number| domain(&format!("d{number}"), &[mac(number)])).collect();
    let bed = bed(&domains);
    bed.behind(|connection| {
        for number in (0..200).step_by(3) {
            connection.lookup_domain_by_name(&format!("d{number}"))?.destroy()?;
        }
        Ok(())
    })
    .await;
    for _ in 0..3 {
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..200 {
            let hypervisor = bed.hypervisor.clone();
            asking.spawn(async move { (number, hypervisor.is_active(&[mac(number)]).await) });
        }
        while let Some(answer) = asking.join_next().await {
            let (number, state) = answer.unwrap();
            assert_eq!(state, Ok(number % 3 != 0), "{number}");
        }
    }
    let all = bed.hypervisor.domains(PATIENCE).await.unwrap();
    assert_eq!(all.len(), 200);
    assert!(all.iter().all(|it| it.macs.len() == 1) && all.iter().filter(|it| !it.running).count() == 67);
}

#[tokio::test]
async fn what_others_do_meanwhile_is_seen() {
    let bed = bed(&[domain("a", &[mac(1)]), domain("b", &[mac(2)]), domain("c", &[mac(2)])]);
    assert_eq!(bed.state(1).await, ON);
    let both = bed.state(2).await.unwrap_err();
    assert!(both.to_string().contains("more than one") && both.to_string().contains("b, c"), "{both}");
    let both = bed.reach(2, PowerTarget::Off).await.unwrap_err();
    assert!(both.to_string().contains("b, c"), "{both}");
    assert!(bed.is_active("b").await && bed.is_active("c").await);
    let none = bed.state(9).await.unwrap_err();
    assert!(none.name() == "NodeNotFound" && none.to_string().contains("52:54:00:00:00:09"), "{none}");
    // One of the two is undefined.
    bed.behind(|connection| {
        let domain = connection.lookup_domain_by_name("c")?;
        domain.destroy()?;
        domain.undefine()
    })
    .await;
    assert_eq!(bed.state(2).await, ON);
    // The other is defined with another address: what is changed goes by the definition as it is now.
    bed.behind(|connection| {
        let old = connection.lookup_domain_by_name("b")?;
        old.destroy()?;
        old.undefine()?;
        connection.define_domain_xml(&domain("b", &[mac(7)])).map(drop)
    })
    .await;
    assert_eq!(bed.reach(7, PowerTarget::On).await, ON);
    assert_eq!(bed.reach(2, PowerTarget::Off).await.unwrap_err().name(), "NodeNotFound");
    assert!(bed.is_active("b").await);
    // Who asks for one that is not there, again and again, does not have all definitions read each time.
    for _ in 0..50 {
        assert_eq!(bed.state(9).await.unwrap_err().name(), "NodeNotFound");
    }
    assert_eq!(bed.state(2).await.unwrap_err().name(), "NodeNotFound");
    // One without a definition is not switched off: it would be gone.
    bed.behind(|connection| connection.create_domain_xml(&domain("t", &[mac(8)]), 0).map(drop)).await;
    assert_eq!(bed.state(8).await, ON);
    assert_eq!(bed.reach(8, PowerTarget::On).await, ON);
    for target in [PowerTarget::Off, PowerTarget::SoftOff, PowerTarget::Reboot] {
        let refused = bed.reach(8, target).await.unwrap_err();
        assert!(refused.to_string().contains("transient"), "{refused}");
    }
    assert!(bed.is_active("t").await);
}

/// An address that another domain has by now is looked for at once, and a domain that is kept from us keeps nobody from theirs.
#[tokio::test]
async fn an_address_moves_and_a_definition_is_kept_from_us() {
    let bed = bed(&[domain("a", &[mac(1)]), domain("b", &[mac(2)]), domain("c", &[mac(3)])]);
    for number in 1..=3 {
        assert_eq!(bed.state(number).await, ON);
    }
    // What was read just now is not read again for that.
    tokio::time::sleep(JUST_READ).await;
    bed.behind(|connection| {
        let uuid = |name| connection.lookup_domain_by_name(name)?.uuid_string();
        let with = |name, macs: &[Mac]| {
            let uuid = format!("</name><uuid>{}</uuid>", uuid(name)?);
            connection.define_domain_xml(&domain(name, macs).replace("</name>", &uuid))
        };
        with("a", &[mac(9)])?;
        with("b", &[mac(2), mac(1)]).map(drop)
    })
    .await;
    assert_eq!(bed.reach(1, PowerTarget::Off).await, OFF);
    assert!(bed.is_active("a").await && !bed.is_active("b").await);

    bed.session(|session| {
        let domain = session.connection.lookup_domain_by_name("c").map_err(|said| session.explain(&said))?;
        let uuid = domain.uuid().map_err(|said| session.explain(&said))?;
        session.unreadable(uuid, domain, Error::access("access denied"))
    })
    .await;
    assert_eq!((bed.state(1).await, bed.state(9).await), (OFF, ON));
    let none = bed.state(4).await.unwrap_err();
    assert_eq!(none.name(), "NodeNotFound");
    assert!(none.to_string().ends_with("04; the definition of c cannot be read: access denied"), "{none}");
    let all = bed.hypervisor.domains(PATIENCE).await.unwrap();
    let told: Vec<_> = all.iter().map(|it| (it.name.as_str(), it.macs.len(), it.wrong.as_deref())).collect();
    assert_eq!(told, [("a", 1, None), ("b", 2, None), ("c", 0, Some("access denied"))]);
    // It is told of no more when it can be read again.
    tokio::time::sleep(JUST_READ).await;
    assert_eq!(bed.reach(3, PowerTarget::On).await, ON);
}

/// Whoever was told that nothing was done can rely on it.
#[tokio::test]
async fn a_button_that_is_called_off_is_not_pressed() {
    let bed = bed(&[domain("a", &[mac(1)])]);
    let press = async |button: Arc<Button>| {
        let deadline = Instant::now() + PATIENCE;
        let order = bed.hypervisor.power_order(&[mac(1)], true);
        bed.hypervisor.ask_once(deadline, move |session| session.press(&[mac(1)], &order, &button)).await
    };
    let button = Arc::new(Button::default());
    assert!(!button.may_be_pressed());
    let refused = press(Arc::clone(&button)).await.unwrap_err();
    assert!(refused.to_string().contains("nothing was done") && bed.is_active("a").await, "{refused}");
    // The guest heeds it at once. Of an answer that came too late this would be all that is known.
    let button = Arc::new(Button::default());
    assert_eq!(press(Arc::clone(&button)).await, Ok(false));
    assert!(button.may_be_pressed() && !bed.is_active("a").await);
}

/// What goes on although nobody waits for it any longer does not undo what was ordered since, or what was told as not done.
#[tokio::test]
async fn an_order_that_is_overtaken_goes_no_further() {
    let bed = bed(&[domain("a", &[mac(1)])]);
    let tried = async |order: &Order, up: bool| {
        let order = order.clone();
        let call = move |session: &Session| {
            let brought = match up {
                true => session.bring_up(&[mac(1)], &order),
                false => session.bring_down(&[mac(1)], &order, || ()),
            };
            Ok(brought.map_err(|error| error.to_string()))
        };
        bed.session(call).await
    };
    let old = bed.hypervisor.power_order(&[mac(1)], false);
    assert_eq!(bed.reach(1, PowerTarget::Off).await, OFF);
    assert!(tried(&old, true).await.unwrap_err().contains("newer order"));
    assert!(!bed.is_active("a").await);
    // One that wants it on, too, is no reason to leave it off.
    let new = bed.hypervisor.power_order(&[mac(1)], false);
    assert_eq!(tried(&old, true).await, Ok(()));
    assert!(tried(&old, false).await.unwrap_err().contains("newer order"));
    assert!(bed.is_active("a").await);
    // Nor is it switched off by a call of which everybody was told that there is no answer; but started it is, where that is left.
    let hypervisor = bed.hypervisor.clone();
    let call = move |session: &Session| {
        hypervisor.hang_up();
        let down = session.bring_down(&[mac(1)], &new, || ()).map_err(|error| (error.kind(), error.to_string()));
        session
            .connection
            .lookup_domain_by_name("a")
            .and_then(|it| it.destroy())
            .map_err(|said| session.explain(&said))?;
        Ok((down, session.bring_up(&[mac(1)], &new)))
    };
    let (down, up) = bed.hypervisor.ask_once(Instant::now() + PATIENCE, call).await.unwrap();
    let (kind, text) = down.unwrap_err();
    assert!(kind == ErrorKind::NoContact && text.contains("nothing more was done"), "{text}");
    assert_eq!(up, Ok(()));
}

type Call = JoinHandle<Result<(), Error>>;

/// As many calls as may take long at a time, each until what is given with it is dropped; to be done within `time`.
fn occupied(hypervisor: &Hypervisor, time: Duration, owed: bool) -> (Vec<Sender<()>>, Vec<Call>) {
    let call = |_| {
        let (end, ended) = channel::<()>();
        let (ended, hypervisor) = (Mutex::new(ended), hypervisor.clone());
        let hangs = move |_: &Session| {
            let _ = ended.lock().unwrap().recv();
            Ok(())
        };
        let call = async move {
            match owed {
                true => hypervisor.owe(Instant::now() + time, hangs).await,
                false => hypervisor.wait(Instant::now() + time, hangs).await,
            }
        };
        (end, tokio::spawn(call))
    };
    (0..3).map(call).unzip()
}

/// Starts are a few at a time, but one that is owed is made when its turn comes, after time is up too.
#[tokio::test]
async fn a_start_that_is_owed_is_made_late_rather_than_never() {
    let bed = bed(&[domain("a", &[mac(1)])]);
    assert_eq!(bed.reach(1, PowerTarget::Off).await, OFF);
    let (free, others) = occupied(&bed.hypervisor, PATIENCE, true);
    while bed.hypervisor.free_places() > 0 {
        tokio::task::yield_now().await;
    }
    // Whose turn it is knows what he waits for.
    let on = Action::SetPower(PowerTarget::On);
    assert!(tokio::time::timeout(PATIENCE, bed.hypervisor.turn(&on)).await.unwrap().is_some());
    let order = bed.hypervisor.power_order(&[mac(1)], false);
    let up = move |session: &Session| session.bring_up(&[mac(1)], &order);
    let error = bed.hypervisor.owe(Instant::now() + Duration::from_millis(50), up).await.unwrap_err();
    assert!(error.to_string().contains("started when that comes"), "{error}");
    drop(free);
    for other in others {
        other.await.unwrap().unwrap();
    }
    let patience = Instant::now() + PATIENCE;
    while !bed.is_active("a").await {
        assert!(Instant::now() < patience, "it is never started");
    }
}

#[tokio::test]
async fn starts_and_stops_take_turns_and_who_waits_for_a_guest_does_not() {
    let bed = bed(&[domain("a", &[mac(1)])]);
    let turn = async |target| {
        let action = Action::SetPower(target);
        tokio::time::timeout(Duration::from_millis(20), bed.hypervisor.turn(&action)).await
    };
    let mut turns = Vec::new();
    for target in [PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot] {
        turns.push(turn(target).await.unwrap().unwrap());
    }
    assert!(turn(PowerTarget::On).await.is_err());
    for target in [PowerTarget::SoftOff, PowerTarget::SoftReboot] {
        assert!(turn(target).await.unwrap().is_none());
    }
    turns.pop();
    assert!(turn(PowerTarget::On).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_owed_is_tried_until_it_can_be_made() {
    let bed = bed(&[]);
    let left = Mutex::new(vec![ErrorKind::NoContact; 2]);
    let call = move |_: &Session| left.lock().unwrap().pop().map_or(Ok(7), |_| Err(Error::no_contact("nobody there")));
    assert_eq!(bed.hypervisor.owe(Instant::now() + PATIENCE, call).await, Ok(7));
    // What libvirt refuses is refused.
    let call = |_: &Session| Err::<(), _>(Error::failed("no memory"));
    assert_eq!(bed.hypervisor.owe(Instant::now() + PATIENCE, call).await, Err(Error::failed("no memory")));
}

/// Three that hang while the hypervisor answers do not have the others wait for as long as each of them has time.
#[tokio::test]
async fn what_is_stuck_is_told_to_those_behind_it() {
    let mut bed = bed(&[domain("a", &[mac(1)])]);
    bed.hypervisor = Hypervisor::new(bed.hypervisor.access().clone(), Duration::from_secs(2));
    let (free, stuck) = occupied(&bed.hypervisor, Duration::from_secs(3), false);
    for one in stuck {
        assert!(one.await.unwrap().unwrap_err().to_string().contains("not done in time"));
    }
    assert!(bed.hypervisor.is_busy(), "it is not forgotten while they hang");
    let told = bed.reach(1, PowerTarget::Reboot).await.unwrap_err().to_string();
    assert!(told.contains("3 other starts or stops") && told.contains("nothing was done"), "{told}");
    assert_eq!(bed.state(1).await, ON);
    drop(free);
    assert_eq!(bed.reach(1, PowerTarget::Reboot).await, ON);
}

/// Whether a domain was started with its boot order for one start is asked once for each of its starts.
#[tokio::test]
async fn each_start_is_looked_at_once() {
    let bed = bed(&[domain("a", &[mac(1)]), domain("b", &[mac(2)]), domain("c", &[mac(3)])]);
    let set = Action::SetBootDevice { device: BootDevice::Pxe, persistent: false, efi: None };
    bed.hypervisor.perform(&[mac(1)], &set, PATIENCE).await.unwrap();
    let found = || bed.session(|session| Ok(session.find_known(&[mac(1)]).map(|it| (it.once, it.not_from))));
    assert_eq!(found().await, Some((true, None)));
    let read = async |nodes: usize| {
        let macs: Vec<_> = (1..=nodes).map(|number| vec![mac(number)]).collect();
        let states = bed.session(move |session| session.states(&macs)).await;
        assert!(states.into_iter().all(|state| state == Ok(true)));
    };
    let id = async || bed.behind(|connection| Ok(connection.lookup_domain_by_name("a")?.id())).await;
    for nodes in [1, 3] {
        read(nodes).await;
        assert_eq!(found().await, Some((true, id().await)), "{nodes}");
    }
    for nodes in [1, 3] {
        bed.hypervisor.perform(&[mac(1)], &set, PATIENCE).await.unwrap();
        bed.behind(|connection| {
            let domain = connection.lookup_domain_by_name("a")?;
            domain.destroy()?;
            domain.create().map(drop)
        })
        .await;
        read(nodes).await;
        assert_eq!(found().await, Some((false, id().await)), "{nodes}: it was, and that is undone");
    }
}

#[tokio::test]
async fn a_domain_is_told_by_the_name_that_it_has() {
    let bed = bed(&[domain("a", &[mac(1)])]);
    assert_eq!(bed.reach(1, PowerTarget::Off).await, OFF);
    bed.behind(|connection| connection.lookup_domain_by_name("a")?.rename("b", 0)).await;
    let name = bed.session(|session| {
        let listing = session.list(Pace::Quick)?;
        let found = session.find(&[mac(1)], &listing, true)?;
        Ok((found.name.clone(), session.told(&found, found.domain.name())?))
    });
    assert_eq!(name.await, ("b".to_owned(), "b".to_owned()));
}

/// A hypervisor of which the definitions take longer to be read than a call may.
#[test]
fn who_has_no_time_reads_no_definitions() {
    let domains: Vec<_> = (0..5).map(|number| domain(&format!("d{number}"), &[mac(number)])).collect();
    let bed = bed(&domains);
    let session = Session::open(bed.hypervisor.access(), Duration::ZERO).unwrap();
    for _ in 0..2 {
        let listing = session.list(Pace::Quick).unwrap();
        for now in [true, false] {
            let slow = session.find(&[mac(1)], &listing, now).map(drop).unwrap_err();
            assert!(slow.kind() == ErrorKind::NoContact && slow.to_string().contains("of 5 domains"), "{slow}");
        }
    }
    let listing = session.list(Pace::Patient).unwrap();
    assert!(session.find(&[mac(1)], &listing, true).is_ok());
    // For an address that no domain has, all would be read again.
    std::thread::sleep(JUST_READ);
    let listing = session.list(Pace::Quick).unwrap();
    let slow = session.find(&[mac(9)], &listing, true).map(drop).unwrap_err();
    assert!(slow.to_string().contains("of 5 domains"), "{slow}");
    let listing = session.list(Pace::Patient).unwrap();
    assert_eq!(session.find(&[mac(9)], &listing, true).map(drop).unwrap_err().name(), "NodeNotFound");
    let listing = session.list(Pace::Quick).unwrap();
    let lately = session.find(&[mac(9)], &listing, true).map(drop).unwrap_err();
    assert_eq!(lately.name(), "NodeNotFound", "{lately}");
}

/// As a machine does that hangs: the kernel takes connections for it.
#[tokio::test]
async fn who_is_silent_is_not_waited_for_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("qemu+tcp://{}/system", listener.local_addr().unwrap());
    let patience = Duration::from_millis(300);
    let hypervisors = Hypervisors::new(patience);
    let hung = hypervisors.get(&access(&uri));
    let ask = |hypervisor: &Hypervisor| {
        let hypervisor = hypervisor.clone();
        async move {
            let begun = Instant::now();
            (hypervisor.perform(&[mac(1)], &Action::GetPower, PATIENCE).await, begun.elapsed())
        }
    };
    let (first, took) = ask(&hung).await;
    let first = first.unwrap_err();
    assert!(first.kind() == ErrorKind::NoContact && first.to_string().contains("has not answered"), "{first}");
    assert!(took >= patience, "{took:?}");
    // From then on at once; and whoever else there is does not notice.
    let good = bed(&[domain("a", &[mac(1)])]);
    for _ in 0..100 {
        let (again, took) = ask(&hung).await;
        if took < patience {
            assert!(again.unwrap_err().to_string().contains("asked again in"));
        }
        assert_eq!(good.state(1).await, ON);
    }
    assert_eq!(hypervisors.len(), 1);
    hypervisors.sweep(Duration::ZERO);
    assert!(hypervisors.is_empty());
    // It comes to its senses, and says that it has nothing to do with libvirt.
    drop(listener);
    let patience = Instant::now() + PATIENCE;
    loop {
        let error = ask(&hung).await.0.unwrap_err().to_string();
        if !error.contains("has not answered") {
            break;
        }
        assert!(Instant::now() < patience, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uri = format!("qemu+tcp://{free}/system");
    let info = [("libvirt_uri", Value::Str(&uri))];
    let target = LibvirtTarget::new(&info.into_iter(), ["525400000001"].into_iter(), &Policy::default()).unwrap();
    let hypervisor = Hypervisor::new(target.access, PATIENCE);
    let error = hypervisor.perform(&target.macs, &Action::GetPower, PATIENCE).await.unwrap_err();
    assert!(error.kind() == ErrorKind::NoContact && error.to_string().contains("Connection refused"), "{error}");
}
