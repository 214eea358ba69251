"""A country in one file, and back: database, key files (encrypted as they are) and settings.

The file is a tar: `manifest.json` first (every other member with its size and SHA-256), then
`database.dump` (pg_dump's custom format), then `files/...` from the data folder. It appears under
its name when it is complete and on the disk, not before.
Not here: whether the sums are right after restoring. The caller asks the ledger before it says so.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from nagara.kernel.instant import Instant
from nagara.storage.engine import binaries, without_secrets
from nagara.storage.lock import LOCK_FILE
from nagara.storage.refusals import BackupBroken

FORMAT: Final = 1
MEMBERS_MAX: Final = 10_000
MANIFEST_BYTES_MAX: Final = 4 << 20
KEPT_FILE_BYTES_MAX: Final = 16 << 20
_MANIFEST, _DUMP, _FILES = "manifest.json", "database.dump", "files"
_CHUNK_BYTES: Final = 1 << 20
# what the database and the supervisor make themselves
_NOT_KEPT: Final = frozenset({"postgres", "postgres.new", "run", LOCK_FILE, "postgres.log"})
_SCHEMAS: Final = (
    "SELECT nspname FROM pg_namespace "
    "WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')"
)
Progress = Callable[[int], None]


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file inside, as it must be found again."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the backup holds and where it comes from."""

    format: int
    nagara: str
    country: str
    made_at: str
    members: dict[str, Member]


def write_backup(
    target: Path, *, url: str, data: Path, country: str, version: str, at: Instant, moved: Progress
) -> Manifest:
    """Write the backup to `target`, which must not exist. `moved(bytes)` is called as it grows.

    Raises BackupBroken; then there is no file.
    """
    if target.exists():
        raise BackupBroken(reason=f"{target} is there already")
    with _scratch(target.parent) as scratch:
        dump = scratch / _DUMP
        _dump(url, dump, moved)
        kept = _kept_files(data)
        members = {_DUMP: Member(dump.stat().st_size, _file_sha256(dump))}
        for name, content in kept.items():
            members[name] = Member(len(content), hashlib.sha256(content).hexdigest())
        manifest = Manifest(FORMAT, version, country, str(at), members)
        whole = scratch / "whole.tar"
        with whole.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
                tar.add(dump, _DUMP, filter=_nobodys)
                for name, content in kept.items():
                    _add(tar, name, content)
            file.flush()
            os.fsync(file.fileno())
        whole.rename(target)
        _sync_folder(target.parent)
    return manifest


@contextmanager
def opened_backup(source: Path, scratch_in: Path) -> Iterator[tuple[Manifest, Path]]:
    """The backup unpacked and checked against its manifest, in a folder that is gone afterwards.

    Raises BackupBroken where anything is missing, changed, doubled or not named.
    """
    with _scratch(scratch_in) as scratch:
        try:
            with tarfile.open(source, mode="r:") as tar:
                manifest = _unpack(tar, scratch)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BackupBroken(reason=f"{source} cannot be read: {error}") from None
        yield manifest, scratch


def restore_files(unpacked: Path, manifest: Manifest, data: Path) -> None:
    """Put the kept files into the data folder, closed to everybody else."""
    for name in manifest.members:
        if name != _DUMP:
            target = data.joinpath(*PurePosixPath(name).parts[1:])
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(unpacked / name, target)
            target.chmod(0o600)


def restore_database(unpacked: Path, url: str, moved: Progress) -> None:
    """Fill an empty database in one transaction. Raises BackupBroken with the tool's reason."""
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    address, environment = unspoken(url)
    command = [str(binaries() / "pg_restore"), *options, f"--dbname={address}"]
    dump = unpacked / _DUMP
    with dump.open("rb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            while chunk := file.read(_CHUNK_BYTES):
                process.stdin.write(chunk)
                moved(len(chunk))
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended early and says why below
        said = process.stderr.read()
        process.stderr.close()
        if process.wait() != 0:
            raise BackupBroken(reason=_last_line(said))


def is_empty(url: str) -> bool:
    """Whether the database holds no schema of anybody's."""
    with psycopg.connect(url) as connection:
        return connection.execute(_SCHEMAS).rowcount == 0


def empty(url: str) -> None:
    """Take away what a restoring that failed has put into a database which was empty."""
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(_SCHEMAS).fetchall():
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


def estimated_bytes(url: str) -> int:
    """About how large the database is, for a progress bar."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


def _dump(url: str, target: Path, moved: Progress) -> None:
    # the queue's tables are made anew by the worker, and hold nothing to keep
    options = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=procrastinate"]
    address, environment = unspoken(url)
    command = [str(binaries() / "pg_dump"), *options, f"--dbname={address}"]
    with target.open("xb") as file, tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, env=environment)
        assert process.stdout is not None
        with process.stdout as output:
            while chunk := output.read(_CHUNK_BYTES):
                file.write(chunk)
                moved(len(chunk))
        if process.wait() != 0:
            words.seek(0)
            raise BackupBroken(reason=_last_line(words.read()))


def unspoken(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which everybody would see among the processes."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = without_secrets()
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parts), environment


def _kept_files(data: Path) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(data.rglob("*")):
        inside = path.relative_to(data)
        if inside.parts[0].removesuffix(".1") in _NOT_KEPT or not path.is_file():
            continue
        if path.is_symlink() or path.stat().st_size > KEPT_FILE_BYTES_MAX:
            raise BackupBroken(reason=f"{path} is a link, or too large to be a file of ours")
        found[f"{_FILES}/{inside.as_posix()}"] = path.read_bytes()
    return found


def _unpack(tar: tarfile.TarFile, scratch: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != _MANIFEST or first.size > MANIFEST_BYTES_MAX:
        raise BackupBroken(reason="it does not begin with a manifest")
    manifest = _parse_manifest(_content(tar, first))
    missing = dict(manifest.members)
    while (info := tar.next()) is not None:
        member = missing.pop(info.name, None)
        if member is None or not info.isreg() or info.size != member.size:
            raise BackupBroken(reason=f"{info.name[:80]} is not as the manifest says")
        target = scratch / info.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source = tar.extractfile(info)
        assert source is not None
        with source, target.open("xb") as file:
            shutil.copyfileobj(source, file, _CHUNK_BYTES)
        if _file_sha256(target) != member.sha256:
            raise BackupBroken(reason=f"{info.name} was changed")
    if missing:
        raise BackupBroken(reason=f"{min(missing)} is missing")
    return manifest


def _parse_manifest(content: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError:
        raise BackupBroken(reason="its manifest cannot be read") from None
    if manifest.format != FORMAT:
        raise BackupBroken(reason=f"its form is {manifest.format}; this version reads {FORMAT}")
    if _DUMP not in manifest.members or len(manifest.members) > MEMBERS_MAX:
        raise BackupBroken(reason="its manifest names no database, or too many files")
    for name in manifest.members:
        path = PurePosixPath(name)
        inside = path.parts[:1] == (_FILES,) and len(path.parts) > 1 and ".." not in path.parts
        if name != _DUMP and not (inside and path.parts[1] not in _NOT_KEPT):
            raise BackupBroken(reason=f"its manifest names a file that is not ours: {name[:80]}")
    return manifest


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(info)
    if source is None:
        raise BackupBroken(reason=f"{info.name} is no file")
    with source:
        return source.read()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


def _nobodys(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "the tool ended without a word"


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    try:
        path = Path(tempfile.mkdtemp(prefix=".nagara-backup-", dir=folder))
    except OSError as error:
        raise BackupBroken(reason=f"cannot write in {folder}: {error.strerror}") from None
    try:
        yield path
    except OSError as error:
        raise BackupBroken(reason=str(error)) from error
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
