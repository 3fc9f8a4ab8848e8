"""The tool that mutates the engine knows every module and its tests, and its mutants are the changes that it says."""

from pathlib import Path

import pytest

from tests.mutation import modules
from tests.mutation.mutants import Module

SOURCE = '''
"""What nobody changes."""
LIMIT_MOST = 50

class Thing:
    least: int = setting(Whole(1, 1000), default=0)

    def share(self, amount, parts):
        """Share it out."""
        assert parts > 0
        if parts > amount:
            raise ValueError(f"{parts + 1} are too many")
        return np.minimum(amount // parts, 9)
'''


def test_the_table_names_modules_of_the_engine():
    assert modules.CONCERN.keys() <= set(modules.names())


@pytest.mark.parametrize("name", modules.names())
def test_the_tests_that_concern_a_module_are_there(name):
    assert modules.path_of(name).exists()
    assert modules.tests_of(name)
    for test in modules.tests_of(name):
        assert Path(modules.BASE_DIR, test.partition("::")[0]).exists()


def test_a_module_is_changed_in_one_spot_at_a_time():
    module = Module(SOURCE)
    found = [module.mutant(change) for change in module.changes]
    assert {(each.inside, each.was, each.becomes) for each in found} == {
        ("Thing", "least: int = setting(Whole(1, 1000), default=0)", "least: int = setting(Whole(2, 1000), default=0)"),
        ("Thing", "least: int = setting(Whole(1, 1000), default=0)", "least: int = setting(Whole(1, 1000), default=1)"),
        ("Thing.share", "if parts > amount:", "if parts >= amount:"),
        ("Thing.share", "if parts > amount:", "if parts <= amount:"),
        ("Thing.share", "raise ValueError(f'{parts + 1} are too many')", "pass"),
        ("Thing.share", "return np.minimum(amount // parts, 9)", "return np.maximum(amount // parts, 9)"),
        ("Thing.share", "return np.minimum(amount // parts, 9)", "return np.minimum(amount * parts, 9)"),
        ("Thing.share", "return np.minimum(amount // parts, 9)", "return np.minimum(amount // parts, 10)"),
    }
    assert [each.line for each in found] == sorted(each.line for each in found)
    assert Module(SOURCE).lines == module.lines
