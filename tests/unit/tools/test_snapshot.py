"""Committed files: how they are written, and that a stale one is noticed."""

from __future__ import annotations

import json

from tools.snapshot import LINE_LENGTH, render, update


def test_render__nested_value__is_the_same_json_within_the_line_length():
    value = {
        "short": {"a": 1, "b": [1, 2]},
        "flat": {"a": 1, "b": "x"},
        "long": {f"field_{i}": i for i in range(20)},
        "empty": {},
        "list": [{"name": "owner"}, []],
    }
    text = render(value)
    assert json.loads(text) == value
    assert max(len(line) for line in text.splitlines()) <= LINE_LENGTH
    assert '  "flat": {"a": 1, "b": "x"},\n' in text


def test_update__missing_file__is_reported_and_not_written(tmp_path):
    path = tmp_path / "abi" / "Vault.json"
    [problem] = update(path, "new\n", name="abi/Vault.json", write=False)
    assert problem.startswith("abi/Vault.json: not what the sources give") and "+new" in problem
    assert not path.exists()


def test_update__write__brings_the_file_up_to_date(tmp_path):
    path = tmp_path / "abi" / "Vault.json"
    assert update(path, "new\n", name="x", write=True) == []
    assert path.read_text() == "new\n"
    assert update(path, "new\n", name="x", write=False) == []


def test_update__long_difference__is_cut(tmp_path):
    path = tmp_path / "size.json"
    [problem] = update(path, "line\n" * 500, name="x", write=False)
    assert len(problem.splitlines()) < 40 and "lines more" in problem
