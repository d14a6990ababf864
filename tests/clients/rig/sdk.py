"""openstacksdk's connection to a daemon."""

import openstack


def connect(url: str, auth_type: str = "none", cacert: str | None = None, **auth) -> openstack.connection.Connection:
    """A connection that nothing of the environment has a part in."""
    config = openstack.config.OpenStackConfig(load_envvars=False, config_files=[], vendor_files=[], secure_files=[])
    cloud = config.get_one(auth_type=auth_type, auth={"endpoint": url, **auth}, cacert=cacert)
    return openstack.connection.Connection(config=cloud)
