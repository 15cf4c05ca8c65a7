"""A branch that sends files, with and without members in the archive."""

import pytest

from tests.support.sending_branch import SendingBranch, member


@pytest.fixture
def branch(tmp_path):
    return SendingBranch(tmp_path)


@pytest.fixture
def known(branch):
    """A branch whose members 0 to 4 are in the archive."""
    branch.imported("members.csv", "members", [member(n) for n in range(5)])
    return branch
