//! `staging-amt`: Intel AMT.

use std::sync::Arc;

use rackhand_core::amt::AmtOptions;
use rackhand_core::operation::{HardwareType, PowerTarget, Setting, Target};
use serde_json::Value;

use super::codec::{self, Codec};
use super::links::Links;
use super::{Capabilities, Device, Driver, DriverError};
use crate::config::{Amt as Options, AmtProtocol};
use crate::model::Node;

const TABLE: Capabilities = Capabilities {
    hardware: HardwareType::StagingAmt,
    power_targets: &PowerTarget::ALL,
    tells_power: true,
    required: &[Setting::AmtAddress, Setting::AmtUsername, Setting::AmtPassword],
    defaults: &[
        (Setting::AmtProtocol, "what the option [amt_driver] protocol says"),
        (Setting::AmtPort, "16992 with http and 16993 with https"),
        (Setting::AmtTlsInsecure, "false"),
    ],
    power: &["staging-amt"],
    management: &["staging-amt"],
    vendor: &["no-vendor"],
    vendor_methods: &[],
};

/// The hardware type.
pub(super) struct Amt {
    protocol: AmtProtocol,
    options: AmtOptions,
    links: Arc<Links>,
}

impl Amt {
    pub(super) fn new(options: &Options, links: Arc<Links>) -> Self {
        Self { protocol: options.protocol, options: options.options(), links }
    }
}

impl Driver for Amt {
    fn capabilities(&self) -> &'static Capabilities {
        &TABLE
    }

    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        let name = Setting::AmtProtocol.as_str();
        let own = match node.driver_info.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(_) => true,
        };
        let target = if own {
            codec::target(TABLE.hardware, &node.driver_info, addresses)?
        } else {
            let mut info = node.driver_info.clone();
            info.insert(name.to_owned(), self.protocol.as_str().into());
            codec::target(TABLE.hardware, &info, addresses)?
        };
        let Target::Amt(mut target) = target else { return Err(DriverError::internal("another target than AMT's")) };
        target.options = self.options;
        Ok(Box::new(Codec::remembering(Target::Amt(target), Arc::clone(&self.links))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rackhand_core::operation::{Action, Outcome, PowerState};
    use serde_json::json;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::model::ProvisionState;

    /// Speaks for a machine that is on, to users that begin with a digest; tells each request's connection and count.
    async fn machine(listener: TcpListener, asked: mpsc::UnboundedSender<String>) {
        for connection in 1.. {
            let (stream, _) = listener.accept().await.unwrap();
            let asked = asked.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                while let Some(head) = request(&mut stream).await {
                    let count = head.split("nc=").nth(1).map(|rest| rest.chars().take(8).collect::<String>());
                    let let_in = count.is_some() && head.contains("username=\"admin\"");
                    asked.send(format!("{connection} {}", count.as_deref().unwrap_or("-"))).unwrap();
                    let answer = if let_in { ON } else { NOT_YET };
                    let _ = stream.get_mut().write_all(answer.as_bytes()).await;
                    if !let_in {
                        return;
                    }
                }
            });
        }
    }

    /// The head of a request that has come with its body.
    async fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let length = head.split("Content-Length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        Some(head)
    }

    const NOT_YET: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"Digest:10DF\", \
                           nonce=\"+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc\",stale=\"false\",qop=\"auth\"\r\nConnection: close\r\n\
                           Content-Length: 0\r\n\r\n";

    const ON: &str = concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=UTF-8\r\nContent-Length: 389\r\n\r\n",
        r#"<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope" "#,
        r#"xmlns:g="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AssociatedPowerManagementService">"#,
        "<a:Header></a:Header><a:Body><g:CIM_AssociatedPowerManagementService>",
        "<g:AvailableRequestedPowerStates>8</g:AvailableRequestedPowerStates><g:PowerState>2</g:PowerState>",
        "</g:CIM_AssociatedPowerManagementService></a:Body></a:Envelope>",
    );

    #[tokio::test]
    async fn the_next_conversation_goes_on_where_the_last_one_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, mut requests) = mpsc::unbounded_channel();
        let server = tokio::spawn(machine(listener, asked));
        let links = Arc::new(Links::new(Duration::ZERO));
        let driver = Amt::new(&Options::default(), Arc::clone(&links));
        let device = |user: &str| {
            let mut node = node();
            for (key, value) in
                [("amt_address", json!("127.0.0.1")), ("amt_port", json!(port)), ("amt_username", json!(user))]
            {
                node.driver_info.insert(key.to_owned(), value);
            }
            driver.prepare(&node, &[]).unwrap()
        };
        let patience = Duration::from_secs(60);
        let ask = async |device: &dyn Device| device.perform(&Action::GetPower, patience).await;
        for _ in 0..2 {
            assert_eq!(ask(device("admin").as_ref()).await, Ok(Outcome::Power(PowerState::On)));
        }
        assert_eq!(links.open(), 1);
        device("admin").forget();
        assert_eq!(links.open(), 0);
        assert_eq!(ask(device("admin").as_ref()).await, Ok(Outcome::Power(PowerState::On)));
        // Another user does not come in by the first one's connection, and is not let in by his own either.
        let refused = ask(device("odd").as_ref()).await.unwrap_err();
        assert!(refused.is_access() && refused.is_final() && refused.label() == "access", "{refused}");
        assert_eq!(links.open(), 0);
        let mut seen = Vec::new();
        while let Ok(request) = requests.try_recv() {
            seen.push(request);
        }
        let admin = ["1 -", "2 00000001", "2 00000002", "3 -", "4 00000001"];
        assert_eq!(seen, [&admin[..], &["5 -", "6 00000001"]].concat());
        server.abort();
    }

    fn node() -> Node {
        let mut node = Node::new(Uuid::new_v4(), "staging-amt".to_owned(), ProvisionState::Enroll);
        for (key, value) in [("amt_address", "vpro"), ("amt_username", "admin"), ("amt_password", "hunter2")] {
            node.driver_info.insert(key.to_owned(), json!(value));
        }
        node
    }

    fn address(protocol: AmtProtocol, extra: &[(&str, Value)]) -> Result<String, String> {
        let options = Options { protocol, ..Options::default() };
        let driver = Amt::new(&options, Arc::new(Links::new(Duration::ZERO)));
        let mut node = node();
        for (key, value) in extra {
            node.driver_info.insert((*key).to_owned(), value.clone());
        }
        let device = driver.prepare(&node, &[]).map_err(|error| error.to_string())?;
        Ok(device.address().unwrap().to_owned())
    }

    #[test]
    fn the_option_is_the_protocol_of_nodes_that_name_none() {
        use AmtProtocol::{Http, Https};
        assert_eq!(address(Http, &[]).unwrap(), "vpro:16992");
        for none in [json!(null), json!("")] {
            assert_eq!(address(Https, &[("amt_protocol", none)]).unwrap(), "vpro:16993");
        }
        assert_eq!(address(Https, &[("amt_protocol", json!("http"))]).unwrap(), "vpro:16992");
        assert_eq!(address(Https, &[("amt_port", json!("7"))]).unwrap(), "vpro:7");
        // What belongs to https only is judged by the protocol that there is then.
        let insecure = ("amt_tls_insecure", json!(true));
        assert!(address(Https, std::slice::from_ref(&insecure)).is_ok());
        let wrong = address(Http, &[insecure]).unwrap_err();
        assert!(wrong.contains("amt_tls_insecure") && !wrong.contains("hunter2"), "{wrong}");
        let wrong = address(Http, &[("amt_address", json!(null)), ("amt_username", json!(""))]).unwrap_err();
        assert!(wrong.contains("amt_address, amt_username"), "{wrong}");
    }
}
