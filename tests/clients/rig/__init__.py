"""What the tests with the real clients stand on: the daemon, devices, the clients, and a record of all that was said."""
