"""The examination of an installation: what is unsafe or stale in it, and what to do.

It reads only, and makes, migrates and repairs nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from api.access.administrators import TWO, administrators_in
from api.access.issuer import NAME as TOKEN_KEY
from api.core.calendar import CHINA, date_in_china
from api.core.settings import CHECKPOINTS, Settings
from api.editions.blind_index import SEARCH_KEY
from api.editions.demo import demo_day
from api.editions.manifest import current_folder, editions_folder, read_manifest
from api.ledger.database import Location, open_engine
from api.ledger.keys import BLIND, SEAL, VAULT
from api.ledger.schema import refuse_other_release
from api.ledger.store import ledger_exists, unreadable_message
from api.ledger.tables import entries
from api.operation.check import Check, note, ok, unsafe
from api.operation.doctor_of_access import examine_access
from data.publishing.home_policy import adopted
from data.publishing.signing import FILES, keys_folder
from model.errors import ContractError, EditionError, LedgerError
from model.policy.publication import publication_limits_on

_SIGNING = tuple(FILES.values())
_SECRETS = (VAULT, BLIND, SEAL, SEARCH_KEY, *_SIGNING, TOKEN_KEY)
_OTHERS, _OTHERS_WRITE = 0o007, 0o002


def examine(settings: Settings, now: datetime, uid: int) -> list[Check]:
    """Examine the installation of `settings` as the account `uid` at `now`, in UTC."""
    location = Location.of(settings)
    return [
        *_account(uid),
        *_modes(settings.home, location),
        *_keys(settings.home, location),
        *_outside(settings, location),
        *examine_access(settings, date_in_china(now)),
        *_policy(settings.home),
        *_edition(settings.home, date_in_china(now)),
        *_ledger(location, now),
        *_clock(now),
    ]


def _account(uid: int) -> Iterator[Check]:
    if uid == 0:
        yield unsafe(
            "ROOT", "以 root 运行；请为服务建立专用账号",
            "this runs as root; give the service an account of its own (docs/use/deployment.md)",
        )  # fmt: skip
    else:
        yield ok("ROOT", "未以 root 运行", "not root")


def _modes(home: Path, location: Location) -> Iterator[Check]:
    open_files = [path for path in _secrets(home) if path.stat().st_mode & 0o077]
    stores = [home, keys_folder(home), editions_folder(home), location.outside]
    stores += [location.file] if location.file else []
    open_stores = [
        path
        for path in stores
        if path.exists() and path.stat().st_mode & (_OTHERS if path.is_file() else _OTHERS_WRITE)
    ]
    for path in (*open_files, *open_stores):
        rights = "600" if path.is_file() else "o-rwx"
        yield unsafe(
            "MODES", f"{path} 对其他账号开放；请运行 chmod {rights} {path}",
            f"{path}: other accounts can use it; run: chmod {rights} {path}",
        )  # fmt: skip
    if not open_files and not open_stores:
        yield ok("MODES", "文件权限正确", "no key or store is open to other accounts")


def _secrets(home: Path) -> list[Path]:
    keys = keys_folder(home)
    return [keys / name for name in _SECRETS if (keys / name).is_file()]


def _keys(home: Path, location: Location) -> Iterator[Check]:
    keys = keys_folder(home)
    here = [name for name in _SIGNING if (keys / name).exists()]
    if here and (keys / SEAL).exists():
        named = ", ".join(here)
        yield unsafe(
            "KEYS_TOGETHER", f"签署密钥 {named} 与服务密钥同在 {keys}；请移至签署用的机器",
            f"{keys}: keys that sign what the service uses ({named}) lie beside the service's own,"
            " so who holds the service can publish; move them to the machine that publishes",
        )  # fmt: skip
    elif location.file and _same_disk(keys, location.file):
        yield note(
            "KEYS_TOGETHER", "密钥与账本在同一磁盘；备份时请分开存放",
            "keys and ledger are on one disk; keep their backups apart",
        )  # fmt: skip
    else:
        yield ok("KEYS_TOGETHER", "签署密钥不在本机", "no key that publishes is here")


def _outside(settings: Settings, location: Location) -> Iterator[Check]:
    if settings.checkpoints is None:
        yield unsafe(
            "OUTSIDE_FILE", f"未设置 {CHECKPOINTS}：封签只在账本旁，无法发现账本被整体替换；"
            "请指定另一磁盘上的文件",
            f"{CHECKPOINTS} is not set: the seals lie beside the ledger, and a ledger replaced as a"
            " whole would not be found; name a file on another disk",
        )  # fmt: skip
    elif location.file and _same_disk(location.outside, location.file):
        yield note(
            "OUTSIDE_FILE", "封签文件与账本在同一磁盘；放在另一磁盘更安全",
            "the checkpoint file is on the ledger's disk; another disk is safer",
        )  # fmt: skip
    else:
        yield ok("OUTSIDE_FILE", "封签文件在账本之外", "the checkpoint file lies apart")


def _policy(home: Path) -> Iterator[Check]:
    try:
        in_use = adopted(home)
    except ContractError as error:
        yield unsafe("POLICY", "采用的政策未通过校验，详情见英文说明", str(error))
        return
    if in_use:
        yield ok(
            "POLICY", f"采用的政策 {in_use.name}", f"the policy that was adopted: {in_use.name}"
        )
    else:
        yield ok(
            "POLICY", "随软件附带的政策，尚未另行采用", "the policy that is shipped; none adopted"
        )


def _edition(home: Path, today: date) -> Iterator[Check]:
    try:
        manifest = read_manifest(current_folder(home))
        plays_on = demo_day(home)
    except EditionError as error:
        yield unsafe("STALE_EDITION", "没有可用的名单，详情见英文说明", str(error))
        return
    if plays_on:
        yield note(
            "DEMO", f"这是演示环境，按 {plays_on} 计算名单天数；切勿据此放款",
            f"this is a demo that plays on {plays_on}; never lend on it",
        )  # fmt: skip
    age = manifest.age_days(today)
    limits = publication_limits_on(manifest.plays_on or today)
    use = limits.freshness(age)
    if age < 0:
        yield unsafe(
            "CLOCK", f"名单日期 {manifest.as_of} 晚于今天；请检查时钟",
            f"the edition's date, {manifest.as_of}, is after today; check the clock",
        )  # fmt: skip
    if use == "fresh":
        yield ok("STALE_EDITION", f"名单已 {age} 天", f"the edition is {age} days old")
    else:
        yield unsafe(
            "STALE_EDITION", f"名单已 {age} 天，超过 {limits.referred_edition_days} 天；请重新生成",
            f"the edition is {age} days old and its use is {use} (fresh up to"
            f" {limits.referred_edition_days}); run rongzi whitelist",
        )  # fmt: skip


def _ledger(location: Location, now: datetime) -> Iterator[Check]:
    try:
        if not ledger_exists(location):
            yield note("LEDGER", "尚无账本", "there is no ledger yet; the service makes it")
            return
        engine = open_engine(location.url, writes=False)
        try:
            with engine.connect() as connection, connection.begin():
                refuse_other_release(connection)
                yield from _last_entry(connection, now)
                yield from _administrators(connection)
                if engine.dialect.name == "postgresql":
                    yield from _database_role(connection)
        finally:
            engine.dispose()
    except DBAPIError as error:
        yield unsafe("LEDGER", "账本无法读取，详情见英文说明", unreadable_message(error))
    except LedgerError as error:
        yield unsafe("LEDGER", "账本不可用，详情见英文说明", str(error))


def _last_entry(connection: Connection, now: datetime) -> Iterator[Check]:
    statement = select(entries.c.recorded_at).order_by(entries.c.seq.desc()).limit(1)
    last = connection.execute(statement).scalar()
    if last is None or datetime.fromisoformat(last) <= now:
        yield ok("LEDGER", "账本可读", "the ledger can be read and is of this release")
    else:
        yield unsafe(
            "CLOCK", f"账本最后一笔记于 {last}，晚于现在；请检查时钟",
            f"the ledger's last entry was recorded at {last}, after now; check the clock",
        )  # fmt: skip


def _administrators(connection: Connection) -> Iterator[Check]:
    found = administrators_in(connection)
    if not found.now and not found.lost_at:
        return  # an identity provider keeps the accounts, or there are none yet
    if len(found.now) < TWO:
        yield unsafe(
            "ADMINISTRATORS", "管理员不足两名，一人即可增设管理员；请尽快补足两名",
            "fewer than two administrators, so one adds another alone; have two",
        )  # fmt: skip
    ended = [each for each in found.alone if each.until]
    if ended:
        times = "; ".join(each.text for each in ended)
        yield note(
            "ADMINISTRATORS", f"曾经只有一名管理员：{times}",
            f"one administrator was alone {times}; see who was added then",
        )  # fmt: skip
    elif len(found.now) >= TWO:
        yield ok("ADMINISTRATORS", "管理员不少于两名", "at least two administrators")


def _database_role(connection: Connection) -> Iterator[Check]:
    owns = text("SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'entries'")
    is_super = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if connection.execute(owns).scalar() or connection.execute(is_super).scalar():
        yield unsafe(
            "DATABASE_ROLE", "数据库账号可修改账本表结构；请使用 upgrade-ledger --grant 的专用账号",
            "this database account owns the ledger's tables and could rewrite them; serve with the"
            " account that rongzi upgrade-ledger grants the service's rights",
        )  # fmt: skip
    else:
        yield ok("DATABASE_ROLE", "数据库账号权限受限", "the database account cannot alter tables")


def _clock(now: datetime) -> Iterator[Check]:
    program = shutil.which("timedatectl")
    command = [program or "", "show", "-p", "NTPSynchronized", "--value"]
    done = (
        subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        if program
        else None
    )
    answer = done.stdout.strip() if done and done.returncode == 0 else ""
    time = f"{now.astimezone(CHINA):%F %T}"
    if answer == "yes":
        yield ok(
            "CLOCK", f"时钟已同步，北京时间 {time}", f"the clock is synchronised: {time} in China"
        )
    elif answer == "no":
        yield unsafe(
            "CLOCK", "时钟未与时间服务器同步，有效期、领取和封签都靠它；请启用 NTP",
            "the clock is not synchronised; validity, claims and seals depend on it: enable NTP",
        )  # fmt: skip
    else:
        yield note(
            "CLOCK", f"无法得知时钟是否同步，请核对：现在是北京时间 {time}",
            f"whether the clock is synchronised is not known here; check it: {time} in China",
        )  # fmt: skip


def _same_disk(one: Path, other: Path) -> bool:
    def device(path: Path) -> int:
        present = next(each for each in (path, *path.resolve().parents) if each.exists())
        return present.stat().st_dev

    return device(one) == device(other)
