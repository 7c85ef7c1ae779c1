"""Each rule of the house: an offence is found, and what looks like one is not."""

from __future__ import annotations

import pytest

from tools import style
from tools.sources import Sources


def problems_of(sample):
    return style.check(Sources(sample.root))


def test_check__clean_project__finds_nothing(sample):
    sample.write_contract(
        "Vault.vy",
        '''
# neither tx.origin nor block.number: a comment may name them
@external
def close(size: uint256):
    """
    @notice Never uses tx.origin.
    """
    assert size != 0, "vault: zero amount"
    assert size < max_value(uint256)
    raise "vault: unknown position"
''',
    )
    sample.write("contracts/interfaces/IVault.vyi", "# pragma version 0.4.3\n")
    sample.write("package-lock.json", '{"packages": {"node_modules/x": {"version": "1"}}}')
    sample.write("requirements.lock", "x==1 --hash=sha256:00\n")
    assert problems_of(sample) == []


def test_check__pragma_missing__is_found(sample):
    sample.write("contracts/Vault.vy", "# pragma version 0.4.3\n# pragma nonreentrancy on\n")
    assert problems_of(sample) == [
        "contracts/Vault.vy: '#pragma optimize gas' is missing at the head"
    ]


def test_check__pragma_below_the_head__is_found(sample):
    sample.write("contracts/IVault.vyi", "\n\n\n# pragma version 0.4.3\n")
    assert len(problems_of(sample)) == 1


@pytest.mark.parametrize("name", ["tx.origin", "block.number"])
def test_check__forbidden_name__is_found_with_its_line(sample, name):
    sample.write_contract("Vault.vy", f"@external\ndef f():\n    x: uint256 = {name}\n")
    assert problems_of(sample) == [f"contracts/Vault.vy:6: {name} is not to be used"]


def test_check__experimental_pragma__is_found(sample):
    sample.write_contract("Vault.vy", "#pragma experimental-codegen\n")
    assert problems_of(sample) == ["contracts/Vault.vy:4: experimental settings are not to be used"]


@pytest.mark.parametrize(
    "text", ["zero amount", "Vault: zero amount", "vault: zero NAV", "vault:zero", "vault: "]
)
def test_check__malformed_revert_string__is_found(sample, text):
    sample.write_contract("Vault.vy", f'@external\ndef f():\n    raise "{text}"\n')
    [problem] = problems_of(sample)
    assert problem.startswith("contracts/Vault.vy:6: revert string") and "lower case" in problem


def test_check__revert_string_of_33_bytes__is_found(sample):
    text = "vault: " + "x" * 26
    sample.write_contract("Vault.vy", f'@external\ndef f():\n    assert self.a(1, 2), "{text}"\n')
    [problem] = problems_of(sample)
    assert "has 33 bytes, at most 32" in problem


def test_check__revert_string_twice__names_both_places(sample):
    sample.write_contract("Vault.vy", '@external\ndef f():\n    raise "vault: zero amount"\n')
    sample.write_contract(
        "modules/limits.vy",
        '@internal\ndef _f(a: uint256):\n    assert (\n        a\n    ), "vault: zero amount"\n',
    )
    [problem] = problems_of(sample)
    assert problem == (
        "contracts/modules/limits.vy:8: revert string 'vault: zero amount' "
        "is also at contracts/Vault.vy:6"
    )


def test_check__revert_string_of_a_mock__is_free(sample):
    sample.write_contract("mocks/MockToken.vy", '@external\ndef f():\n    raise "Paused"\n')
    assert problems_of(sample) == []


def test_check__comma_inside_the_condition__is_no_reason(sample):
    sample.write_contract("Vault.vy", '@external\ndef f():\n    assert self.g(1, "Text")\n')
    assert problems_of(sample) == []


@pytest.mark.parametrize(("lines", "count"), [(60, 0), (61, 1)])
def test_check__function_at_the_limit__docstring_is_not_counted(sample, lines, count):
    signature = "def f(\n    a: uint256\n):\n"
    docstring = '    """\n    @notice Long.\n    """\n'
    body = "    pass\n" * (lines - 3)
    sample.write_contract("Vault.vy", f"@external\n{signature}{docstring}{body}\n\n# end\n")
    assert len(problems_of(sample)) == count


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("contracts/Vault.vy", style.MAX_CONTRACT),
        ("contracts/modules/limits.vy", style.MAX_MODULE),
        ("bulkhead/model.py", style.MAX_PYTHON),
        ("tests/unit/test_model.py", style.MAX_TEST),
    ],
)
def test_check__file_over_its_limit__is_found(sample, name, limit):
    head = "\n".join(style.PRAGMAS) + "\n"
    sample.write(name, head + "#\n" * (limit - 3))
    assert problems_of(sample) == []
    sample.write(name, head + "#\n" * (limit - 2))
    assert problems_of(sample) == [f"{name}: {limit + 1} lines, at most {limit}"]


def test_check__name_taken__is_found(sample):
    sample.write_contract("oracles/Vault.vy", "")
    sample.write_contract("Vault.vy", "")
    assert problems_of(sample) == [
        "contracts/oracles/Vault.vy: the name is taken by contracts/Vault.vy"
    ]


def test_check__lock_file_with_an_address__is_found(sample):
    sample.write("package-lock.json", '{"packages": {"node_modules/x": {"resolved": "y"}}}')
    sample.write("requirements.lock", "--index-url https://example.org/simple\n")
    assert problems_of(sample) == [
        "requirements.lock: names an address",
        "package-lock.json: node_modules/x has a resolved address",
    ]
