"""The rules of each input field, shared by validation, OpenAPI and error messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from model.archive.tables import OTHER, archive_tables
from model.decision.whitelist import TIERS
from model.profile.dictionary import Text

MEMBER_ID = r"^[A-Za-z0-9_-]{1,64}$"
ACTOR = r"^[\x21-\x7e]{1,128}$"
NUMBER = r"^[0-9]{1,18}$"
IDEMPOTENCY_KEY = r"^[\x21-\x7e]{1,128}$"
MIN_PASSWORD, MAX_PASSWORD = 12, 128
MAX_MONTHS = 60
MAX_PAGE = 500
#: Days within which a visit is recorded; later nobody remembers it exactly.
MOST_DAYS_SINCE_VISIT = 30


def _loan_bounds() -> tuple[int, tuple[str, ...]]:
    columns = archive_tables()["loans"].columns
    maximum = columns["amount"].maximum
    return int(maximum or 0), tuple(columns["purpose"].choices)


#: The largest amount of a loan in the archive, in yuan, and the purposes it can have.
MAX_AMOUNT_YUAN, PURPOSES = _loan_bounds()


def one_of(words: Sequence[str]) -> str:
    """Return a pattern of exactly one of `words`."""
    return f"^({'|'.join(map(re.escape, words))})$"


PURPOSE = one_of(PURPOSES)
#: Kinds of income, and the crops whose yields are compared with a normal one.
INCOMES = tuple(archive_tables()["incomes"].columns["kind"].choices)
CROPS = tuple(name for name in archive_tables()["plots"].columns["crop"].choices if name != OTHER)


def _code(digits: int) -> Text:
    return Text(f"{digits} 位行政区划代码", f"an administrative code of {digits} digits")


EXPECTED: Mapping[str, Text] = {
    "member_id": Text(
        "会员编号：1 至 64 个字母、数字、- 或 _",
        "a member id: 1 to 64 letters, digits, - or _",
    ),
    "amount_yuan": Text(
        f"整数（元），1 至 {MAX_AMOUNT_YUAN:,}",
        f"a whole number of yuan from 1 to {MAX_AMOUNT_YUAN:,}",
    ),
    "months": Text(
        f"整数（月），1 至 {MAX_MONTHS}", f"a whole number of months from 1 to {MAX_MONTHS}"
    ),
    "purpose": Text(f"以下之一：{'、'.join(PURPOSES)}", f"one of {', '.join(PURPOSES)}"),
    "revolving": Text(
        "true 表示申请循环额度（在期限内随借随还），缺省为 false",
        "true for a line of credit, drawn and repaid within its term; false without it",
    ),
    "repaid_on": Text(
        "还款日期，如 2023-10-08：不早于放款日，不晚于今天",
        "the day of the repayment, such as 2023-10-08: from the day of the payment to today",
    ),
    "repayment": Text("还款序号，1 至 999999", "the number of a repayment, 1 to 999999"),
    "Idempotency-Key": Text(
        "1 至 128 个可打印 ASCII 字符，不含空格",
        "1 to 128 printable ASCII characters without spaces",
    ),
    "county": _code(6),
    "township": _code(9),
    "village": _code(12),
    "village_code": _code(12),
    "tier": Text(f"以下之一：{'、'.join(reversed(TIERS))}", f"one of {', '.join(reversed(TIERS))}"),
    "level": Text(
        "以下之一：total、county、township、village", "one of total, county, township, village"
    ),
    "id_number": Text("15 或 18 位身份证号码", "an id number of 15 or 18 characters"),
    "phone": Text("手机号码", "a mobile phone number"),
    "name": Text("姓名，1 至 64 个字", "a name of 1 to 64 characters"),
    "village_named": Text("12 位村代码，或村名", "the village's code of 12 digits, or its name"),
    "change": Text("以下之一：ENTERS、LEAVES、RISES、FALLS", "one of ENTERS, LEAVES, RISES, FALLS"),
    "cursor": Text(
        "上一页返回的 next_cursor，原样传回", "the next_cursor of the previous page, unchanged"
    ),
    "page_size": Text(f"整数，1 至 {MAX_PAGE}", f"a whole number from 1 to {MAX_PAGE}"),
    "decision_id": Text("决策编号（UUID，小写）", "a decision id: a UUID in lower case"),
    "counted_as": Text(
        "以下之一：borrowers、running、current、overdue_1_29、overdue_30_59、overdue_60_89、"
        "overdue_from_90、judged、defaulted",
        "one of borrowers, running, current, overdue_1_29, overdue_30_59, overdue_60_89,"
        " overdue_from_90, judged, defaulted",
    ),
    "outcome": Text("以下之一：APPROVE、REFER、DECLINE", "one of APPROVE, REFER, DECLINE"),
    "since": Text(
        "起始日（中国日期，含当日），如 2023-10-01", "the first day in China, such as 2023-10-01"
    ),
    "until": Text(
        "截止日（中国日期，含当日），如 2023-10-31", "the last day in China, such as 2023-10-31"
    ),
    "number": Text("放款序号，1 至 999999", "the number of a disbursement, 1 to 999999"),
    "difference_id": Text("对账差异编号：一个 UUID", "the id of a difference: a UUID"),
    "side": Text("BANK（以银行为准）或 LEDGER（以账本为准）", "BANK or LEDGER: whose figures hold"),
    "bank_yuan": Text(
        f"所见差异的银行未还本金，整数（元），0 至 {MAX_AMOUNT_YUAN}",
        "the bank's figure of the difference as it was shown, whole yuan",
    ),
    "ledger_yuan": Text(
        f"所见差异的账本未还本金，整数（元），0 至 {MAX_AMOUNT_YUAN}",
        "the ledger's figure of the difference as it was shown, whole yuan",
    ),
    "settled": Text(
        "true 列出已处理的差异，缺省为 false",
        "true for those that a person settled; false without it",
    ),
    "proposal_id": Text("待复核事项编号（UUID，小写）", "a proposal's id: a UUID in lower case"),
    "reviewer": Text("审核人账号", "the account of a reviewer"),
    "verdict": Text("APPROVE 或 DECLINE", "APPROVE or DECLINE"),
    "reason_code": Text(
        "审核理由代码，见 /v1/policy 的 review_reasons",
        "one of the codes in review_reasons of /v1/policy",
    ),
    "note": Text(
        "5 至 1000 个字的说明，不得含会员姓名，以及证件号、电话等长数字",
        "a note of 5 to 1,000 characters without the member's name and without id or phone numbers"
        " (no 7 digits in a row)",
    ),
    "statement": Text(
        "会员的陈述，至多 1000 个字，不得含会员姓名，以及证件号、电话等长数字",
        "the statement of the member, at most 1,000 characters, without the member's name and"
        " without id or phone numbers",
    ),
    "purposes": Text(
        "授权事项，一项或多项：personal_information、credit_bureau、data_sharing；不填即审批所需的全部事项",
        "one or more of personal_information, credit_bureau, data_sharing; left out, all that a"
        " decision needs",
    ),
    "recipient": Text("被授权方：bank 或 post；不填即 bank", "bank or post; left out, the bank"),
    "evidence": Text("以下之一：paper、electronic、voice", "one of paper, electronic, voice"),
    "visited_on": Text(
        f"走访日期，如 2023-10-08：今天或此前 {MOST_DAYS_SINCE_VISIT} 天内",
        f"the day of the visit, such as 2023-10-08: today or of the {MOST_DAYS_SINCE_VISIT} days"
        " before",
    ),
    "proof": Text(
        "以下之一：document、photograph、measurement、witness",
        "one of document, photograph, measurement, witness",
    ),
    "visit_id": Text("走访编号：一个 UUID", "the id of a visit: a UUID"),
    "reason": Text(
        "以下之一：wrong_member、wrong_figures、not_made、false_evidence",
        "one of wrong_member, wrong_figures, not_made, false_evidence",
    ),
    "incomes": Text(
        f"收入类型（{'、'.join(INCOMES)}）到年收入的对应，整数元，没有该项收入为 0",
        f"kind of income ({', '.join(INCOMES)}) to whole yuan a year, 0 where there is none",
    ),
    "harvests": Text(
        "作物到 season（走访前同类最近一季收获，如 2023-S）和 kg_per_mu（每亩公斤数）的对应",
        "crop to season (the last harvest of its kind before the visit, such as 2023-S) and"
        " kg_per_mu",
    ),
    "resident_since": Text(
        "自哪天起住在档案中的村，不晚于走访日期",
        "the day since which the member lives in the village on record, not after the visit",
    ),
    "lang": Text("zh 或 en", "zh or en"),
    "actor": Text(
        "账号：1 至 128 个可打印 ASCII 字符", "an account: 1 to 128 printable ASCII characters"
    ),
    "grant_type": Text("password 或 refresh_token", "password or refresh_token"),
    "code": Text("身份验证器显示的 6 位数字", "the six digits that the authenticator shows"),
    "refresh_token": Text("上次登录或刷新所得的刷新令牌", "the refresh token that came last"),
    "session_id": Text("会话编号（UUID，小写）", "a session's id: a UUID in lower case"),
    "account_name": Text(
        "账号：2 至 64 个小写字母、数字、点、横线或下划线",
        "an account: 2 to 64 lower-case letters, digits, dots, dashes or underscores",
    ),
    "username": Text("账号", "the account's name"),
    "password": Text("密码", "the account's password"),
    "scope": Text("最多 256 个字符，服务不使用", "at most 256 characters; not used"),
    "client_id": Text("最多 256 个字符，服务不使用", "at most 256 characters; not used"),
    "current_password": Text("现用密码", "the current password"),
    "new_password": Text(
        f"{MIN_PASSWORD} 至 {MAX_PASSWORD} 个字符，不含账号名，与原密码不同，且不是常见密码",
        f"{MIN_PASSWORD} to {MAX_PASSWORD} characters; it must not contain the account's name,"
        " equal the current password, or consist of common words, rows, counts and years",
    ),
    "action": Text(
        "以下之一：add、grant、reset、enable、reset-factor",
        "one of add, grant, reset, enable, reset-factor",
    ),
    "account": Text(
        "账号：2 至 64 个小写字母、数字、点、横线或下划线；新增时不得已存在，其他操作须已存在",
        "an account: 2 to 64 lower-case letters, digits, dots, dashes or underscores; a new one to"
        " add, else one that exists",
    ),
    "roles": Text("角色，见 docs/reference/roles.md", "roles of docs/reference/roles.md"),
    "places": Text(
        "辖区代码（6、9 或 12 位），空字符串为全部",
        "codes of 6, 9 or 12 digits; the empty text is everywhere",
    ),
    "because": Text("5 至 500 个字的理由", "a reason of 5 to 500 characters"),
    "act": Text(
        "以下之一：promote、publish、rollback、adopt", "one of promote, publish, rollback, adopt"
    ),
    "subject": Text(
        "命令显示的 64 位摘要，或名单目录名",
        "the digest of 64 characters that the command prints, or the name of an edition's folder",
    ),
    "edition": Text(
        "名单目录名，如 2023-10-01-0a1b2c3d4e5f",
        "the name of an edition's folder, such as 2023-10-01-0a1b2c3d4e5f",
    ),
    "against": Text(
        "与哪一期名单比较：目录名；不填即现用名单",
        "the edition to compare with, by the name of its folder; left out, the one in use",
    ),
    "import_id": Text("导入编号，见 GET /v1/imports", "the id of an import, from GET /v1/imports"),
    "file_number": Text("文件序号，从 1 起", "the number of a file in the import, from 1"),
    "order_id": Text("申请编号：8 位十六进制", "an order's id: 8 hexadecimal digits"),
    "digest": Text("评分卡的 64 位摘要", "a card's digest: 64 hexadecimal digits"),
    "other_digest": Text("另一评分卡的 64 位摘要", "another card's digest, likewise"),
    "run_id": Text("运行编号：32 位十六进制", "a run's id: 32 hexadecimal digits"),
    "body": Text("一个 JSON 对象", "one JSON object"),
}
