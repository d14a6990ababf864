"""No password is let out. What all tests record is searched when they are done: `rig` in conftest.py."""

import subprocess

import pytest

from rig.record import Record


def test_a_password_that_was_let_out_is_found(tmp_path):
    """The search itself: each spelling, in the middle of other words."""
    mac = "02:0a:ff:00:01:02"
    for password, let_out in [
        ("pwabc123", b"x pwabc123 y"),
        ("pwabc123", b"PWABC123"),
        ("pwabc123", b"Basic b3BlcmF0b3I6cHdhYmMxMjM="),
        ("pwabc123", b"Basic YTpwd2FiYzEyMw=="),
        ("pwabc123", b"Basic YWI6cHdhYmMxMjM="),
        ("pwabc123", b"00 7077616263313233 00"),
        ("p w/1", b"?password=p%20w%2F1"),
        (mac, b"magic 020aff000102"),
        (mac, b"magic 02-0A-FF-00-01-02"),
    ]:
        record = Record(tmp_path)
        record.password("a password", password)
        record.keep("here", b"nothing to see")
        assert record.leaks() == []
        record.keep("here", let_out)
        assert len(record.leaks()) >= 1, let_out


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["serve", "--help"], ["sim", "iboot", "--help"], ["serve", "--nosuch"], ["serve", "--config", "/nosuch"]],
    ids=" ".join,
)
def test_help_and_errors_are_recorded(rig, arguments):
    # What is in the environment of a program is what clap would print as its default.
    env = {f"OS_{name}": rig.record.password(f"$OS_{name}") for name in ("PASSWORD", "TOKEN")}
    done = subprocess.run([rig.program, *arguments], env=env, capture_output=True, timeout=30)
    assert done.stdout + done.stderr
    rig.record.keep("program", done.stdout + done.stderr)


def test_a_configuration_that_is_wrong_does_not_repeat_its_secrets(rig):
    secret = rig.record.password("a password in a configuration")
    file = rig.folder / "wrong.toml"
    for text in (
        f'[database]\nconnection = "postgresql://user:{secret}@host/db"\n',
        f'[iboot]\npassword = "{secret}"\n',
        f'[iboot\npassword = "{secret}"\n',
        f'password = "{secret}"\n',
    ):
        file.write_text(text)
        done = subprocess.run([rig.program, "serve", "--config", file], capture_output=True, timeout=30)
        assert done.returncode == 2, done.stderr
        rig.record.keep("program", done.stdout + done.stderr)
    users = rig.folder / "wrong-htpasswd"
    users.write_text(f"operator:{secret}\n")
    file.write_text(f'[DEFAULT]\nauth_strategy = "http_basic"\nhttp_basic_auth_user_file = "{users}"\n')
    done = subprocess.run([rig.program, "serve", "--config", file], capture_output=True, timeout=30)
    assert done.returncode == 2, done.stderr
    rig.record.keep("program", done.stdout + done.stderr)
