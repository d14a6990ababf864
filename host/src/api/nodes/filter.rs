//! Which nodes a list shows (ironic-api.md, section 4).

use uuid::Uuid;

use crate::api::Error;
use crate::api::query::Query;
use crate::api::version::Version;
use crate::conductor::Conductor;
use crate::model::{Node, ProvisionState};

/// A condition, the argument that asks for it, and its value as given.
struct Condition {
    name: &'static str,
    value: String,
    test: Test,
}

enum Test {
    Driver,
    ProvisionState(Option<ProvisionState>),
    Maintenance(bool),
    Associated(bool),
    Instance(Uuid),
    ConductorGroup,
    Owner,
    Lessee,
    Project,
    ResourceClass,
    Retired(bool),
    Shard,
    Sharded(bool),
    DescriptionContains,
    /// What holds for all nodes here, or for none.
    Always(bool),
}

/// An argument that is a truth value, the microversion that it came with, and its test.
type Flag = (&'static str, u16, fn(bool) -> Test);

/// What a list is restricted to: all of it must hold.
#[derive(Default)]
pub(super) struct Filter(Vec<Condition>);

/// Ironic's provision states that no node here is ever in; asking for them is no mistake.
const OTHER_STATES: [&str; 26] = [
    "active",
    "adopt failed",
    "adopting",
    "clean failed",
    "clean hold",
    "clean wait",
    "cleaning",
    "deleted",
    "deleting",
    "deploy failed",
    "deploy hold",
    "deploying",
    "error",
    "inspect failed",
    "inspect wait",
    "inspecting",
    "rebuild",
    "rescue",
    "rescue failed",
    "rescue wait",
    "rescuing",
    "service failed",
    "servicing",
    "unrescue failed",
    "unrescuing",
    "wait call-back",
];

impl Filter {
    /// Takes it from a query.
    pub(super) fn take(query: &mut Query, version: Version, conductor: &Conductor) -> Result<Self, Error> {
        let mut filter = Self::default();
        let mut text = |name: &'static str, since: u16, test: fn(&str) -> Result<Test, Error>| {
            if let Some(value) = query.take(name) {
                version.need(since, &format!("the filter '{name}'"))?;
                let test = test(&value)?;
                filter.0.push(Condition { name, value, test });
            }
            Ok::<_, Error>(())
        };
        text("driver", 16, |_| Ok(Test::Driver))?;
        text("provision_state", 9, provision_state)?;
        text("instance_uuid", 1, |value| uuid("instance_uuid", value).map(Test::Instance))?;
        text("chassis_uuid", 1, |value| uuid("chassis_uuid", value).map(|_| Test::Always(false)))?;
        text("conductor_group", 46, |_| Ok(Test::ConductorGroup))?;
        text("owner", 50, |_| Ok(Test::Owner))?;
        text("lessee", 65, |_| Ok(Test::Lessee))?;
        text("project", 65, |_| Ok(Test::Project))?;
        text("resource_class", 21, |_| Ok(Test::ResourceClass))?;
        text("fault", 42, fault)?;
        text("shard", 82, |_| Ok(Test::Shard))?;
        text("description_contains", 51, |_| Ok(Test::DescriptionContains))?;
        // Not arguments that nobody knows: Ironic, too, says at 1.82 which version they need.
        for name in ["parent_node", "include_children"] {
            if query.take(name).is_some() {
                version.need(83, &format!("the filter '{name}'"))?;
            }
        }
        if let Some(value) = query.take("conductor") {
            version.need(49, "the filter 'conductor'")?;
            let test = Test::Always(value == conductor.host);
            filter.0.push(Condition { name: "conductor", value, test });
        }
        let flags: [Flag; 4] = [
            ("maintenance", 1, Test::Maintenance),
            ("associated", 1, Test::Associated),
            ("retired", 61, Test::Retired),
            ("sharded", 82, Test::Sharded),
        ];
        for (name, since, test) in flags {
            if let Some(flag) = query.flag(name)? {
                version.need(since, &format!("the filter '{name}'"))?;
                filter.0.push(Condition { name, value: flag.to_string(), test: test(flag) });
            }
        }
        Ok(filter)
    }

    /// Whether the list shows `node`.
    pub(super) fn matches(&self, node: &Node) -> bool {
        self.0.iter().all(|condition| condition.holds(node))
    }

    /// What asked for it.
    pub(super) fn arguments(self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.into_iter().map(|condition| (condition.name, condition.value))
    }
}

impl Condition {
    fn holds(&self, node: &Node) -> bool {
        let value = self.value.as_str();
        // Several can be named, with commas between them.
        let is =
            |field: &Option<String>| field.as_deref().is_some_and(|field| value.split(',').any(|one| one == field));
        match self.test {
            Test::Driver => node.driver == value,
            Test::ProvisionState(state) => state == Some(node.provision_state),
            Test::Maintenance(flag) => node.maintenance == flag,
            Test::Associated(flag) => node.instance_uuid.is_some() == flag,
            Test::Instance(uuid) => node.instance_uuid == Some(uuid),
            Test::ConductorGroup => node.conductor_group == value,
            Test::Owner => node.owner.as_deref() == Some(value),
            Test::Lessee => node.lessee.as_deref() == Some(value),
            Test::Project => [&node.owner, &node.lessee].iter().any(|it| it.as_deref() == Some(value)),
            Test::ResourceClass => node.resource_class.as_deref() == Some(value),
            Test::Retired(flag) => node.retired == flag,
            Test::Shard => is(&node.shard),
            Test::Sharded(flag) => node.shard.is_some() == flag,
            Test::DescriptionContains => node
                .description
                .as_deref()
                .is_some_and(|description| description.to_lowercase().contains(&value.to_lowercase())),
            Test::Always(holds) => holds,
        }
    }
}

fn uuid(name: &str, value: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(value).map_err(|_| Error::InvalidParameterValue(format!("Expected UUID for {name}: {value}")))
}

/// Ironic's reasons for maintenance, none of which there is here.
fn fault(value: &str) -> Result<Test, Error> {
    const FAULTS: [&str; 4] = ["clean failure", "power failure", "rescue abort failure", "service failure"];
    if FAULTS.contains(&value) {
        return Ok(Test::Always(false));
    }
    let wrong = format!("Unrecognized fault \"{value}\" is specified, allowed faults are {}", FAULTS.join(", "));
    Err(Error::InvalidParameterValue(wrong))
}

fn provision_state(value: &str) -> Result<Test, Error> {
    use ProvisionState::{Available, Enroll, Manageable, Verifying};

    let ours = [Enroll, Verifying, Manageable, Available].into_iter().find(|state| state.as_str() == value);
    if ours.is_some() || OTHER_STATES.contains(&value) {
        return Ok(Test::ProvisionState(ours));
    }
    Err(Error::InvalidParameterValue(format!("Provision state \"{value}\" is not valid")))
}
