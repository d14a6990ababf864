//! The fields of a node, and the microversion that each came with (ironic-api.md, sections 2 and 8).

use crate::api::Error;
use crate::api::version::Version;
use crate::model::Interface;

macro_rules! fields {
    ($($variant:ident $name:literal $since:literal,)*) => {
        /// A field of a node, in the order in which Ironic sends them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field { $($variant,)* }

        impl Field {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in JSON.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The minor number of the microversion that it came with.
            pub(super) const fn since(self) -> u16 {
                match self { $(Self::$variant => $since,)* }
            }
        }
    };
}

fields! {
    Uuid "uuid" 1,
    CreatedAt "created_at" 1,
    UpdatedAt "updated_at" 1,
    AutomatedClean "automated_clean" 47,
    BiosInterface "bios_interface" 40,
    BootInterface "boot_interface" 31,
    BootMode "boot_mode" 75,
    CleanStep "clean_step" 7,
    ConductorGroup "conductor_group" 46,
    ConsoleEnabled "console_enabled" 1,
    ConsoleInterface "console_interface" 31,
    DeployInterface "deploy_interface" 31,
    DeployStep "deploy_step" 44,
    Description "description" 51,
    Driver "driver" 1,
    DriverInfo "driver_info" 1,
    DriverInternalInfo "driver_internal_info" 3,
    Extra "extra" 1,
    Fault "fault" 42,
    InspectionFinishedAt "inspection_finished_at" 6,
    InspectionStartedAt "inspection_started_at" 6,
    InspectInterface "inspect_interface" 31,
    InstanceInfo "instance_info" 1,
    InstanceUuid "instance_uuid" 1,
    LastError "last_error" 1,
    Lessee "lessee" 65,
    Maintenance "maintenance" 1,
    MaintenanceReason "maintenance_reason" 1,
    ManagementInterface "management_interface" 31,
    Name "name" 5,
    NetworkData "network_data" 66,
    NetworkInterface "network_interface" 20,
    Owner "owner" 50,
    PowerInterface "power_interface" 31,
    PowerState "power_state" 1,
    Properties "properties" 1,
    Protected "protected" 48,
    ProtectedReason "protected_reason" 48,
    ProvisionState "provision_state" 1,
    ProvisionUpdatedAt "provision_updated_at" 1,
    RaidConfig "raid_config" 12,
    RaidInterface "raid_interface" 31,
    RescueInterface "rescue_interface" 38,
    Reservation "reservation" 1,
    ResourceClass "resource_class" 21,
    Retired "retired" 61,
    RetiredReason "retired_reason" 61,
    SecureBoot "secure_boot" 75,
    Shard "shard" 82,
    StorageInterface "storage_interface" 33,
    TargetPowerState "target_power_state" 1,
    TargetProvisionState "target_provision_state" 1,
    TargetRaidConfig "target_raid_config" 12,
    Traits "traits" 37,
    VendorInterface "vendor_interface" 31,
    Conductor "conductor" 49,
    AllocationUuid "allocation_uuid" 52,
    ChassisUuid "chassis_uuid" 1,
    Links "links" 1,
    Ports "ports" 1,
    States "states" 14,
    Portgroups "portgroups" 24,
    Volume "volume" 32,
}

/// What a list shows of each node, unless it is asked for more.
const BRIEF: [Field; 7] = [
    Field::Uuid,
    Field::InstanceUuid,
    Field::Maintenance,
    Field::PowerState,
    Field::ProvisionState,
    Field::Name,
    Field::Links,
];

/// What `…/states` shows.
const STATES: [Field; 11] = [
    Field::BootMode,
    Field::ConsoleEnabled,
    Field::LastError,
    Field::PowerState,
    Field::ProvisionState,
    Field::ProvisionUpdatedAt,
    Field::RaidConfig,
    Field::SecureBoot,
    Field::TargetPowerState,
    Field::TargetProvisionState,
    Field::TargetRaidConfig,
];

/// The fields that an answer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection(Vec<Field>);

impl Selection {
    fn of(fields: &[Field], version: Version) -> Self {
        Self(fields.iter().copied().filter(|field| version.has(field.since())).collect())
    }

    /// Everything that the version has.
    pub(super) fn whole(version: Version) -> Self {
        Self::of(Field::ALL, version)
    }

    /// What a list shows.
    pub(super) fn brief(version: Version) -> Self {
        Self::of(&BRIEF, version)
    }

    /// What `…/states` shows.
    pub(super) fn states(version: Version) -> Self {
        Self::of(&STATES, version)
    }

    /// The fields that a client names, and the links.
    pub(super) fn named(names: &str, version: Version) -> Result<Self, Error> {
        version.need(8, "fields")?;
        let mut fields = Vec::new();
        let mut unknown = Vec::new();
        for name in names.split(',').map(str::trim) {
            match Field::from_name(name) {
                Some(field) => {
                    version.need(field.since(), &format!("the field '{name}'"))?;
                    fields.push(field);
                }
                None => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            return Err(Error::InvalidParameterValue(format!(
                "Field(s) \"{}\" are not valid: nodes have none of that name.",
                unknown.join(", ")
            )));
        }
        fields.push(Field::Links);
        // In the order of the table, whatever the order of asking.
        Ok(Self(Field::ALL.iter().copied().filter(|field| fields.contains(field)).collect()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Field> {
        self.0.iter().copied()
    }
}

impl Field {
    /// The field of this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The interface whose implementation it chooses.
    pub(super) fn interface(self) -> Option<Interface> {
        let named = |interface: &&Interface| interface.field() == self.name();
        Interface::ALL.iter().find(named).copied()
    }
}
