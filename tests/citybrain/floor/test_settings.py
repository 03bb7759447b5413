"""Settings from the environment, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.errors import ConfigError
from citybrain.floor.settings import Settings, from_environment, to_environment


def test_nothing_given_means_the_local_defaults() -> None:
    assert from_environment({"HOME": "/root"}) == Settings()


def test_values_take_the_type_of_their_field() -> None:
    given = {
        "CITYBRAIN_PARTITIONS": "12",
        "CITYBRAIN_DATA": "/srv/city",
        "CITYBRAIN_CITY": "baotou",
    }
    settings = from_environment(given)
    assert (settings.partitions, settings.data, settings.city) == (12, Path("/srv/city"), "baotou")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        from_environment({"CITYBRAIN_KAFAK": "x:1", "CITYBRAIN_PARTITIONS": "many"})
    assert str(caught.value) == (
        "environment: CITYBRAIN_KAFAK: unknown setting; did you mean 'CITYBRAIN_KAFKA'?\n"
        "environment: CITYBRAIN_PARTITIONS: 'many' is not a whole number; "
        "give one, for example 4"
    )


@pytest.mark.parametrize(("text", "value"), [("true", True), ("FALSE", False)])
def test_yes_and_no_are_words(text: str, value: bool) -> None:
    assert from_environment({"CITYBRAIN_SCREENS_OPEN": text}).screens_open is value


def test_yes_and_no_are_nothing_else() -> None:
    with pytest.raises(ConfigError) as caught:
        from_environment({"CITYBRAIN_SCREENS_OPEN": "yes"})
    assert str(caught.value) == (
        "environment: CITYBRAIN_SCREENS_OPEN: 'yes' is neither true nor false; give one of the two"
    )


def test_files_and_addresses_of_sign_in_follow_from_settings() -> None:
    settings = Settings(data=Path("/d"), screens_host="0.0.0.0", screens_port=80)  # noqa: S104
    assert settings.accounts_path == Path("/d/accounts.sqlite")
    assert settings.session_key_path == Path("/d/secrets/session.key")
    assert settings.screens_address == "http://127.0.0.1:80"
    assert Settings(screens_url="https://wall.example/").screens_address == "https://wall.example"


def test_folders_follow_from_settings() -> None:
    settings = Settings(cities=Path("/c"), city="wuhai", data=Path("/d"))
    assert (settings.city_folder, settings.keys_path) == (Path("/c/wuhai"), Path("/d/keys.json"))


def test_password_is_read_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    settings = Settings(data=tmp_path, store_password_file=secret)
    assert settings.writer_login() == ("writer", "s3cret")
    assert settings.reader_login() == ("writer", "s3cret")  # a store with one user alone
    assert Settings(data=tmp_path).writer_login() == ("writer", "")
    assert settings.kafka_login() is None


def test_reader_and_kafka_have_passwords_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "kafka.secret").write_text("k\n")
    (tmp_path / "secrets" / "store-reader.secret").write_text("r\n")
    settings = Settings(data=tmp_path)
    assert settings.kafka_login() == ("citybrain", "k")
    assert settings.reader_login() == ("reader", "r")


@given(
    partitions=st.integers(1, 1000),
    database=st.text("abcdefgh_", min_size=1),
    keys_file=st.none() | st.just(Path("/k/keys.json")),
)
def test_environment_round_trip(partitions: int, database: str, keys_file: Path | None) -> None:
    settings = Settings(partitions=partitions, database=database, keys_file=keys_file)
    assert from_environment(to_environment(settings)) == settings
