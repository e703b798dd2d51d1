from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.checksums import Algorithm, decode_checksums, encode_checksums, file_digest
from formats.errors import EncodeError, FormatError

ABC = {"md5": "900150983cd24fb0d6963f7d28e17f72"}  # RFC 1321, A.5
ABC["sha256"] = (  # FIPS 180-2, B.1
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_the_published_digest_of_abc(tmp_path: Path, algorithm: Algorithm) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_digest(path, algorithm) == ABC[algorithm]


def test_a_large_file_is_hashed_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    data = os.urandom(3_000_001)
    path.write_bytes(data)
    assert file_digest(path) == hashlib.sha256(data).hexdigest()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(
    names=st.lists(NAMES, unique=True, max_size=5), algorithm=st.sampled_from(("md5", "sha256"))
)
@settings(max_examples=100, deadline=None)
def test_a_list_survives_writing_and_reading(names: list[str], algorithm: Algorithm) -> None:
    digests = {name: hashlib.new(algorithm, name.encode()).hexdigest() for name in names}
    written = encode_checksums(digests, algorithm)
    assert list(decode_checksums(written, algorithm).items()) == list(digests.items())


def test_the_binary_form_is_written() -> None:
    assert encode_checksums({"IMAGE.DAT": ABC["md5"]}) == f"{ABC['md5']} *IMAGE.DAT\n".encode()


@pytest.mark.parametrize(
    "line",
    [
        "{} *DDPID",
        "{}  DDPID",
        "{} *DDPID\r",
        "# made by hand\n{} *DDPID\n\n; end",
        "\ufeff{} *DDPID",
        "\n\r\n{} *DDPID\n{} *DDPID",
    ],
)
def test_lists_of_other_programs_are_read(line: str) -> None:
    text = line.replace("{}", ABC["md5"].upper())
    assert decode_checksums(text.encode()) == {"DDPID": ABC["md5"]}


def test_names_in_latin_1_are_read() -> None:
    listed = f"{ABC['md5']} *Björk.wav\n".encode("latin-1")
    assert decode_checksums(listed) == {"Björk.wav": ABC["md5"]}


@pytest.mark.parametrize(
    "line", ["hello", "{} *", "{}x *name", "{}*name", "12 *name", "{}{} *name", "{}\tname"]
)
def test_what_is_no_line_of_a_list_is_refused_with_its_number(line: str) -> None:
    text = f"{ABC['md5']} *first\n\n" + line.replace("{}", ABC["md5"])
    with pytest.raises(FormatError, match="line 3: "):
        decode_checksums(text.encode())


def test_two_checksums_for_one_file_are_refused() -> None:
    text = f"{'0' * 32} *a\n{'1' * 32} *a\n"
    with pytest.raises(FormatError, match="line 2: 'a' comes twice"):
        decode_checksums(text.encode())


@pytest.mark.parametrize(
    ("name", "digest"), [("", ABC["md5"]), ("a\0b", ABC["md5"]), ("a", "12"), ("a", "G" * 32)]
)
def test_what_a_list_cannot_hold_is_refused(name: str, digest: str) -> None:
    with pytest.raises(EncodeError):
        encode_checksums({name: digest})


@given(
    st.binary(max_size=100) | st.binary(max_size=10).map(lambda end: b"0" * 32 + b" *" + end)
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    try:
        digests = decode_checksums(data)
    except FormatError:
        return
    assert all(len(digest) == 32 for digest in digests.values())


@pytest.mark.oracle
@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_coreutils_checks_our_list(tmp_path: Path, algorithm: Algorithm) -> None:
    program = shutil.which(f"{algorithm}sum")
    if program is None:
        assert not os.environ.get("REQUIRE_ORACLES"), f"{algorithm}sum is not installed"
        pytest.skip(f"{algorithm}sum is not installed")
    names = ["IMAGE.DAT", "Björk 日本語.wav", "back\\slash", "two\nlines"]
    for name in names:
        (tmp_path / name).write_text(name)
    digests = {name: file_digest(tmp_path / name, algorithm) for name in names}
    (tmp_path / "list").write_bytes(encode_checksums(digests, algorithm))
    subprocess.run([program, "--check", "--strict", "list"], cwd=tmp_path, check=True)
    theirs = subprocess.run([program, *names], cwd=tmp_path, check=True, capture_output=True)
    assert decode_checksums(theirs.stdout, algorithm) == digests
